# From a root file system to a disk image, without mounting anything: every file system is made from a folder.
# Needs: common.sh; SOURCE_DATE_EPOCH.

# MBR, because the ROM of the older boards reads nothing else. A fixed disk id gives every partition a name that is the
# same on SD, USB and in emulation: 6a7e1001-01 the boards' firmware and both slots' kernels, -02 and -03 the roots of
# slots a and b, -04 data, which grows to the end of the card at the first start.
disk_id=6a7e1001
root_compression=15
boot_mib=192 slot_mib=400 data_mib=64 first_mib=4

boot_partition() { # FOLDER FILE
    # A serial number of each release, the same whoever builds it: no computer takes one card for another.
    truncate -s ${boot_mib}M "$2"
    mkfs.vfat -F 32 -n GAVELBOOT -i "$(printf %08x "$SOURCE_DATE_EPOCH")" --invariant "$2" >/dev/null
    find "$1" -exec touch --no-dereference -d "@$SOURCE_DATE_EPOCH" {} +
    (cd "$1" && mcopy -s -m -i "$2" ./* ::)
}

root_partition() { # FOLDER FILE
    # zstd: unpacked four times as fast as xz on the smallest board. Nothing of the builder's clock gets in, of his checkout
    # neither: one time for all files, which mksquashfs takes from its command line or the environment, never both.
    local at=$SOURCE_DATE_EPOCH
    env -u SOURCE_DATE_EPOCH mksquashfs "$1" "$2" -mkfs-time "$at" -all-time "$at" -noappend -quiet -no-progress \
        -comp zstd -Xcompression-level "$root_compression" -b 256K -processors "$jobs" >/dev/null
    [ "$(stat -c %s "$2")" -le $((slot_mib << 20)) ] || die "the root file system is larger than its slot of $slot_mib MiB"
}

data_partition() { # FILE
    # Folders by debugfs, not from a tree: the times of a tree would be those of its making.
    local E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH
    export E2FSPROGS_FAKE_TIME
    truncate -s ${data_mib}M "$1"
    # Room for the growing: one file system of 64 MiB must be able to become one of 2 TB.
    mke2fs -q -t ext4 -L GAVELDATA -U "6a7e1001-0000-4000-8000-676176656c64" -m 1 \
        -E "hash_seed=6a7e1001-0000-4000-8000-676176656c64,root_owner=0:0,resize=536870912" -b 4096 -i 16384 "$1"
    printf 'mkdir %s\n' gavel bitcoin system system/systemd | debugfs -w -f - "$1" >/dev/null 2>&1
}

disk() { # BOOT ROOT DATA FILE
    local slot_b=$((first_mib + boot_mib + slot_mib)) data=$((first_mib + boot_mib + 2 * slot_mib)) end
    end=$((data + data_mib))
    rm -f "$4"
    truncate -s ${end}M "$4"
    sfdisk -q "$4" <<TABLE
label: dos
label-id: 0x$disk_id
unit: sectors
start=${first_mib}MiB, size=${boot_mib}MiB, type=c, bootable
start=$((first_mib + boot_mib))MiB, size=${slot_mib}MiB, type=83
start=${slot_b}MiB, size=${slot_mib}MiB, type=83
start=${data}MiB, size=${data_mib}MiB, type=83
TABLE
    dd if="$1" of="$4" bs=1M seek=$first_mib conv=notrunc,sparse status=none
    dd if="$2" of="$4" bs=1M seek=$((first_mib + boot_mib)) conv=notrunc,sparse status=none
    # Its zeros too: on a card that was a box's before, the journal of the former life would be left.
    dd if="$3" of="$4" bs=1M seek=$data conv=notrunc status=none
}
