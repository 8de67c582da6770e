/* Fault disk: files in static memory that forget, as a real disk does when the power fails.
 *
 * Every write is volatile until its file is synced. A power failure keeps what was synced; of
 * everything else each 512-byte sector is, by a seeded choice, written, not written or garbage,
 * and a changed file size has taken effect or not. Creating and deleting a file is durable at
 * once (SQLite syncs the folder where that matters).
 * Limits: GV_DISK_FILES_MAX files, GV_DISK_BYTES altogether (a page that is overwritten counts
 * twice until it is synced). Thread: any (one lock). */
#ifndef GV_HAL_SIM_FAULT_DISK_H
#define GV_HAL_SIM_FAULT_DISK_H

#include "firmware/base/bytes.h"

#define GV_DISK_FILES_MAX 4
#define GV_DISK_NAME_MAX  64
#define GV_DISK_BYTES     (64u * 1024u * 1024u)
#define GV_DISK_SECTOR    512u

enum gv_disk_moment {
    GV_DISK_BEFORE_SYNC, /* the power fails as the sync is asked for */
    GV_DISK_AFTER_SYNC,  /* the sync has happened, but nobody hears of it */
};

struct gv_disk_file;

/** Empty the disk, forget all planned faults and counters. No file may be open. */
void gv_disk_format(void);

/** Returns: the file, or NULL (no such file and not `create`, disk full, no power). */
struct gv_disk_file *gv_disk_open(const char *name, bool create);
bool gv_disk_exists(const char *name);
/** GV_ERR_IO without power, GV_ERR_NOT_FOUND, GV_OK. */
GV_MUST_USE enum gv_err gv_disk_delete(const char *name);

/* Each of these is GV_OK or GV_ERR_IO (no power); write also GV_ERR_FULL (disk full, or told to). */

/** Out: got: bytes before the end of the file; the rest of out is zeroed. */
GV_MUST_USE enum gv_err gv_disk_read(struct gv_disk_file *file, uint8_t *out, size_t n,
                                     uint64_t offset, size_t *got);
GV_MUST_USE enum gv_err gv_disk_write(struct gv_disk_file *file, struct gv_view data,
                                      uint64_t offset);
GV_MUST_USE enum gv_err gv_disk_truncate(struct gv_disk_file *file, uint64_t bytes);
GV_MUST_USE enum gv_err gv_disk_sync(struct gv_disk_file *file);
GV_MUST_USE enum gv_err gv_disk_size(struct gv_disk_file *file, uint64_t *bytes);

/* ---- faults --------------------------------------------------------------------------------- */

/** Fail the power at the k-th sync from now (1 is the next); 0: not at all. */
void gv_disk_crash_at_sync(uint32_t k, enum gv_disk_moment moment);
/** Answer the n-th write from now with "full", once; 0: not at all. */
void gv_disk_refuse_write(uint32_t n);
bool gv_disk_has_power(void);
/** Writes asked for since gv_disk_format. */
uint32_t gv_disk_writes(void);

/** Fail the power now if it has not failed yet, decide what survived, and switch it on again. */
void gv_disk_restart(uint64_t seed);

#endif
