# From tarballs to a source tree with Debian's patch series and then our own patches applied.
# Needs: common.sh.

# unpack NAME TARBALL PATCHES TREE: the patched source is at TREE afterwards; PATCHES "-" means none of Debian's.
unpack() {
    local component=$1 tarball=$2 patches=$3 tree=$4 patch
    mkdir -p "$tree"
    tar -xf "$tarball" -C "$tree" --strip-components=1 --no-same-owner
    if [ "$patches" != - ]; then
        tar -xf "$patches" -C "$tree" --no-same-owner debian
        while read -r patch _; do
            case $patch in '' | '#'*) continue ;; esac
            apply "$tree" "$tree/debian/patches/$patch"
        done < <(cat "$tree/debian/patches/series" 2>/dev/null)
    fi
    for patch in "$toolchain/patches/$component"/*.patch; do
        [ ! -e "$patch" ] || apply "$tree" "$patch"
    done
}
apply() { # TREE PATCH
    patch -d "$1" -p1 --quiet --forward --no-backup-if-mismatch <"$2" >&2 || die "$2 does not apply"
}
