# Source tarballs: operator's folder, then our cache, then Debian's archive by the ordinary apt client.
# Every file is compared with its SHA-256 of third.lock.
# Needs: common.sh, apt.sh.

dist=$cache/dist
mkdir -p "$dist"

# Source indexes of every suite at once; a suite that a mirror lacks is only a warning of apt's.
source_apt() {
    local bases base suite keep="signed-by=$debian_keyring" lines=
    [ -z "${source_apt_ready:-}" ] || return 0
    source_apt_ready=1
    bases=$(apt_bases)
    [ -n "$bases" ] || die "this machine has no apt sources to take a Debian mirror from"
    for base in $bases; do
        case $base in
        *-security) for suite in trixie-security bookworm-security; do
            lines+="deb-src [$keep] $base $suite main"$'\n'
        done ;;
        *) for suite in trixie bookworm; do
            lines+="deb-src [$keep] $base $suite main"$'\n'
        done
            # sid is the last resort; on a frozen mirror its index may be past its date.
            lines+="deb-src [$keep check-valid-until=no] $base sid main"$'\n' ;;
        esac
    done
    private_apt "$cache/apt-source" "$(dpkg --print-architecture)" <<<"$lines"
    note "reading the source indexes of Debian"
    apt-get -qq update >&2 || note "some index could not be read; going on with the others"
}

# Revisions of PACKAGE whose upstream part is UPSTREAM, best first: the reviewed one, then newest first.
revisions() { # PACKAGE UPSTREAM REVIEWED
    apt-cache showsrc --only-source "$1" 2>/dev/null | awk '/^Version:/ { print $2 }' | sort -uVr |
        awk -v upstream="$2" -v reviewed="$3" '
            { plain = $0; sub(/^[0-9]+:/, "", plain); sub(/-[^-]*$/, "", plain) }
            plain == upstream && $0 == reviewed { first = $0 "\n" }
            plain == upstream && $0 != reviewed { rest = rest $0 "\n" }
            END { printf "%s%s", first, rest }'
}

# One file into the cache: from_apt WHAT PACKAGE REVISION FILE, WHAT being --tar-only or --diff-only.
from_apt() {
    local what=$1 package=$2 revision=$3 file=$4 work
    work=$(mktemp -d -p "$cache")
    (cd "$work" && apt-get -qq source --download-only --only-source "$what" "$package=$revision") \
        >"$work/log" 2>&1 || true
    [ ! -f "$work/$file" ] || mv "$work/$file" "$dist/$file"
    rm -rf "$work"
    [ -f "$dist/$file" ]
}

# Sets $fetched when GAVEL_DISTDIR or the cache has the file with the wanted hash.
find_file() { # FILE SHA256
    local dir
    for dir in "${GAVEL_DISTDIR:-}" "$dist"; do
        fetched=$dir/$1
        if [ -n "$dir" ] && sha256_is "$fetched" "$2"; then return 0; fi
    done
    return 1
}

# fetch_orig NAME: $fetched is the path of the pinned upstream tarball.
fetch_orig() {
    local upstream revision
    lock_read "$1"
    find_file "$orig" "$orig_sha256" && return 0
    rm -f "$dist/$orig"
    upstream=${orig#*_}
    upstream=${upstream%.orig.*}
    source_apt
    for revision in $(revisions "$package" "$upstream" "$patches"); do
        note "fetching $orig ($package $revision)"
        from_apt --tar-only "$package" "$revision" "$orig" || continue
        find_file "$orig" "$orig_sha256" && return 0
        rm -f "$dist/$orig"
        die "$orig of the archive is not the file of third.lock (SHA-256 $orig_sha256)"
    done
    die "cannot get $name $version: no Debian suite gives $orig (SHA-256 $orig_sha256);
  put that file into a folder and set GAVEL_DISTDIR to it"
}

# fetch_patches NAME: $fetched is the path of Debian's patch tarball, empty when the row has none.
# A revision vanishes from the archive when a newer one replaces it: that one, hash-checked by the
# signed index, is taken with a warning, so that a new security fix does not break the build.
fetch_patches() {
    local upstream revision file
    lock_read "$1"
    fetched=
    [ "$patches" != - ] || return 0
    find_file "${package}_${patches#*:}.debian.tar.xz" "$patches_sha256" && return 0
    upstream=${orig#*_}
    upstream=${upstream%.orig.*}
    source_apt
    for revision in $(revisions "$package" "$upstream" "$patches"); do
        file=${package}_${revision#*:}.debian.tar.xz
        from_apt --diff-only "$package" "$revision" "$file" || continue
        fetched=$dist/$file
        [ "$revision" != "$patches" ] || sha256_is "$fetched" "$patches_sha256" ||
            die "$file of the archive is not the file of third.lock (SHA-256 $patches_sha256)"
        [ "$revision" = "$patches" ] ||
            note "warning: $package $patches was reviewed, the archive has $revision now; taking that"
        return 0
    done
    die "cannot get Debian's patches for $name $version: ${package}_${patches#*:}.debian.tar.xz
  (SHA-256 $patches_sha256); put that file into a folder and set GAVEL_DISTDIR to it"
}

# One line per row of third.lock: NAME, path of the tarball, path of the patches or "-". Under a lock,
# because several variants may be built at once and apt wants its folder alone.
fetch_all() {
    local component tarball
    for component in $(lock_rows | awk '{ print $1 }'); do
        fetch_orig "$component"
        tarball=$fetched
        fetch_patches "$component"
        echo "$component $tarball ${fetched:--}"
    done
}
