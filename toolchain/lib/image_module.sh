# The image's one kernel module (firmware/image/kernel), made by the kernel's own build system with Debian's headers and
# compiler in a root of their own: no emulation.
# Needs: common.sh, apt.sh, image_root.sh.

# image_module KERNEL: prints the module for that kernel, kept in the cache.
image_module() {
    local key module
    key=$({ echo "$1" && cat "$root"/firmware/image/kernel/* "$toolchain/lib/image_module.sh"; } | sha256sum | cut -c1-12)
    module=$cache/image/gavel_tryboot-$key.ko
    with_lock "image-module" make_image_module "$1" "$module" || return 1
    echo "$module"
}

make_image_module() { # KERNEL MODULE
    local main
    [ ! -s "$2" ] || return 0
    main=$(image_mirror debian)
    # A header's package leaves its suite when the next kernel comes: then the cached root file system is too old.
    mmdebstrap --variant=apt --architectures="$(dpkg --print-architecture),arm64" \
        --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --include="linux-headers-$1:arm64,make" \
        --customize-hook="mkdir \"\$1/module\" && cp $root/firmware/image/kernel/* \"\$1/module/\"" \
        --customize-hook="chroot \"\$1\" make -C /usr/src/linux-headers-$1 M=/module ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-" \
        --customize-hook="chroot \"\$1\" aarch64-linux-gnu-strip --strip-debug /module/gavel_tryboot.ko" \
        --customize-hook="cp \"\$1/module/gavel_tryboot.ko\" $2.new" \
        $image_suite /dev/null \
        "deb $main $image_suite main" "deb $main $image_suite-backports main" ||
        die "no module for $1; when Debian has its headers no more, remove $cache/image/root-*.tar"
    mv "$2.new" "$2"
}
