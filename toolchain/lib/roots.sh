# Clean Debian roots for tests, made by mmdebstrap once and kept in the cache.
# Needs: common.sh, apt.sh.

# debian_root SUITE ARCH PACKAGE,... FOLDER: unpacked to FOLDER. Older than a month it is made anew.
debian_root() {
    local key tar
    key=$(sha256sum <<<"$1 $2 $3" | cut -c1-12)
    tar=$cache/root/$1-$2-$key.tar
    with_lock "root-$key" make_root "$1" "$2" "$3" "$tar" || return 1
    mkdir -p "$4"
    tar -xf "$tar" -C "$4"
}
make_root() { # SUITE ARCH PACKAGES TAR
    local base
    [ -z "$(find "$4" -mtime -31 2>/dev/null)" ] || return 0
    base=$(apt_bases | grep -v security | head -n 1)
    [ -n "$base" ] || die "this machine has no apt sources to take a Debian mirror from"
    mkdir -p "$(dirname "$4")"
    note "making a root of $1 for $2"
    mmdebstrap --quiet --architectures="$2" --variant=minbase --include="$3" "$1" "$4.new.tar" "deb $base $1 main" || return 1
    mv "$4.new.tar" "$4"
}
