# From tarballs to a source tree with Debian's patch series applied.
# Needs: common.sh.

# unpack TARBALL PATCHES TREE: the patched source is at TREE afterwards; PATCHES "-" means none.
unpack() {
    local tarball=$1 patches=$2 tree=$3 patch
    mkdir -p "$tree"
    tar -xf "$tarball" -C "$tree" --strip-components=1 --no-same-owner
    [ "$patches" != - ] || return 0
    tar -xf "$patches" -C "$tree" --no-same-owner debian
    [ -f "$tree/debian/patches/series" ] || return 0
    while read -r patch _; do
        case $patch in '' | '#'*) continue ;; esac
        patch -d "$tree" -p1 --quiet --forward --no-backup-if-mismatch \
            <"$tree/debian/patches/$patch" >&2 || die "$patch of $patches does not apply"
    done <"$tree/debian/patches/series"
}
