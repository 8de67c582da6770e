# From tarballs to a source tree with Debian's patch series applied.
# Needs: common.sh, fetch.sh.

# unpack NAME FOLDER: the patched tree of NAME is at FOLDER afterwards.
unpack() {
    local component=$1 tree=$2 tarball series patch
    fetch_orig "$component"
    tarball=$fetched
    fetch_patches "$component"
    series=$fetched
    mkdir -p "$tree"
    tar -xf "$tarball" -C "$tree" --strip-components=1 --no-same-owner
    [ -n "$series" ] || return 0
    tar -xf "$series" -C "$tree" --no-same-owner debian
    [ -f "$tree/debian/patches/series" ] || return 0
    while read -r patch _; do
        case $patch in '' | '#'*) continue ;; esac
        patch -d "$tree" -p1 --quiet --forward --no-backup-if-mismatch \
            <"$tree/debian/patches/$patch" >&2 || die "$component: Debian's patch $patch does not apply"
    done <"$tree/debian/patches/series"
}
