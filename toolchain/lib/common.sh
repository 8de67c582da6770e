# Sourced by the programs of this folder: messages, the cache folder, locks, the lock file.
# Needs: $toolchain (absolute path of this folder).

note() { echo "gavel: $*" >&2; }
die() {
    echo "gavel: error: $*" >&2
    exit 1
}

# Words, orders and the times on a FAT are the same wherever this runs.
export LC_ALL=C.UTF-8 TZ=UTC0

root=$(dirname "$toolchain")
cache=${GAVEL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gavel}
jobs=${GAVEL_JOBS:-2}
mkdir -p "$cache"

# with_lock NAME COMMAND...: one at a time per machine and cache, however many clones call.
with_lock() {
    local name=$1
    shift
    mkdir -p "$cache/locks"
    (
        flock 9
        "$@"
    ) 9>"$cache/locks/$name"
}

# Rows of the lock file without comments.
lock_rows() { grep -Ev '^(#|$)' "$toolchain/third.lock"; }

# The row of one component, as variables.
lock_read() { # NAME
    local row
    row=$(lock_rows | awk -v name="$1" '$1 == name')
    [ -n "$row" ] || die "third.lock has no row $1"
    read -r name version package orig orig_sha256 patches patches_sha256 licence <<<"$row"
}

sha256_is() { # FILE HASH
    [ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$2" ]
}
