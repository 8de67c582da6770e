/* Wear: bytes that we write to the box's disk, by class, since start and in the last day. Cards die of it.
 *
 *   durable  the database: WAL frames at commit, and the pages that a checkpoint copies home
 *   soft     what is kept in memory and written once a minute
 *   files    settings, keys, certificates
 *   backup   copies of the database, backup files, trial restores
 * Counted where we write, so a file system's own journal and a card's inner copying come on top.
 * Thread: any. */
#ifndef GV_HAL_LINUX_WEAR_H
#define GV_HAL_LINUX_WEAR_H

#include <stddef.h>
#include <stdint.h>

enum gv_wear {
    GV_WEAR_DURABLE,
    GV_WEAR_SOFT,
    GV_WEAR_FILES,
    GV_WEAR_BACKUP,
};
#define GV_WEAR_CLASSES 4u

void gv_wear_add(enum gv_wear wear, uint64_t bytes);
/** Bytes since start. */
uint64_t gv_wear_total(enum gv_wear wear);
/** Bytes in the last 24 hours, to the hour; since start when that is less. */
uint64_t gv_wear_day(enum gv_wear wear);
/** "durable"; a static string. */
const char *gv_wear_name(enum gv_wear wear);
/** Note the hour. Call at least once an hour. In: mono_s: seconds that never go back. */
void gv_wear_tick(uint64_t mono_s);

#endif
