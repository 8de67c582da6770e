# The slow part of the image: Debian's packages for arm64, installed under emulation, as a tar in the cache.
# Needs: common.sh, apt.sh.

image_suite=trixie

# The base address of one of Debian's archives here, "debian" or "debian-security".
image_mirror() {
    apt_bases | grep -E "/$1\$" | head -n 1 | grep . || die "this machine has no apt source of $1 to take the mirror from"
}

# foreign_programs: programs for arm64 run here, or we say what is missing.
foreign_programs() {
    [ "$(dpkg --print-architecture)" != arm64 ] || return 0
    local formats=/proc/sys/fs/binfmt_misc
    [ -e $formats/qemu-aarch64 ] && return 0
    if [ "$(id -u)" -eq 0 ]; then
        [ -e $formats/status ] || mount -t binfmt_misc binfmt_misc $formats || true
        update-binfmts --enable qemu-aarch64 || true
    fi
    [ -e $formats/qemu-aarch64 ] ||
        die "programs for arm64 do not start here: as root, mount binfmt_misc and update-binfmts --enable qemu-aarch64"
}

# image_root: prints the tar with every package of firmware/image/packages installed. Made anew when the list or this
# file changes, and after a month, so that an image of today has the security fixes of this month.
image_root() {
    local list=$root/firmware/image/packages key tar
    key=$(cat "$list" "$toolchain/lib/image_root.sh" | sha256sum | cut -c1-12)
    tar=$cache/image/root-$key.tar
    with_lock "image-$key" make_image_root "$list" "$tar" || return 1
    echo "$tar"
}

make_image_root() { # LIST TAR
    local main security include suite=$image_suite
    [ -z "$(find "$2" -mtime -31 2>/dev/null)" ] || return 0
    foreign_programs
    main=$(image_mirror debian)
    security=$(image_mirror debian-security)
    include=$(sed -E -e 's/#.*//' -e '/^ *$/d' "$1" | paste -sd,)
    mkdir -p "$(dirname "$2")"
    note "installing Debian $suite for arm64 under emulation (about ten minutes, once a month)"
    # The packages' own initrd is thrown away (the image makes its own), so it is kept small. The firmware of the boards
    # is only unpacked: its scripts want a mounted boot partition.
    mmdebstrap --architectures=arm64 --variant=minbase --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        --extract-hook='mkdir -p "$1/etc/initramfs-tools/conf.d" && echo MODULES=list >"$1/etc/initramfs-tools/conf.d/zz"' \
        --include="$include" \
        --customize-hook='rm "$1/etc/initramfs-tools/conf.d/zz" "$1"/boot/initrd*' \
        --customize-hook='cd "$1/tmp" && APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get download raspi-firmware:arm64' \
        --customize-hook='dpkg-deb -x "$1"/tmp/raspi-firmware*.deb "$1/tmp/boards" && mv "$1/tmp/boards/usr/lib/raspi-firmware" "$1/boot/firmware" && rm -r "$1/tmp/boards" "$1"/tmp/raspi-firmware*' \
        $suite "$2.new.tar" \
        "deb $main $suite main non-free-firmware" "deb $main $suite-updates main non-free-firmware" \
        "deb $security $suite-security main non-free-firmware" \
        "deb $main $suite-backports main non-free-firmware" || return 1
    mv "$2.new.tar" "$2"
}
