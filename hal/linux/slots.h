/* Slots of the SD card on Linux: the roots are partitions, the rest lies in the folders a/ and b/ of the boot partition,
 * and what a start chooses is one letter of its config.txt ("os_prefix=a/"), overwritten in place: one byte of one
 * sector, no name and no length changes. tryboot.txt is a copy of config.txt with the other letter; the boards' firmware
 * reads it instead when a restart was asked for with "tryboot", once.
 * The caller has the boot partition mounted (or nothing of it is used), and is root. One instance. Thread: one. */
#ifndef GV_HAL_LINUX_SLOTS_H
#define GV_HAL_LINUX_SLOTS_H

#include "hal/iface/slots.h"

struct gv_linux_slots_config {
    const char *cmdline;  /* /proc/cmdline, which names the slot that runs */
    const char *roots[2]; /* the partitions of slots a and b, or files of a fixed size */
    const char *card;     /* the boot partition's mount point */
    const char *record;   /* a file */
};

/** Keeps the config's strings. */
struct gv_slots gv_linux_slots(const struct gv_linux_slots_config *config);

#endif
