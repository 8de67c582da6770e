/* Faulty storage: a SQLite VFS on the fault disk, so that the real engine meets failing hardware.
 *
 *   gv_fault_init ── gv_sqlite_open(.., GV_FAULT_VFS, ..) ── work ── power fails at the k-th sync
 *        └── every call answers SQLITE_IOERR ── close ── gv_fault_restart ── open again, look
 *
 * It promises SQLite nothing that a disk may break: sectors of 512 bytes, no atomic write, no
 * protection of neighbouring bytes in a sector (SQLITE_IOCAP_POWERSAFE_OVERWRITE unset).
 * Limits: one database at a time; see fault_disk.h. gv_memory_init first.
 * Thread: the databases by one thread at a time; the fault functions any. */
#ifndef GV_HAL_SIM_FAULT_STORAGE_H
#define GV_HAL_SIM_FAULT_STORAGE_H

#include "hal/sim/fault_disk.h"

#define GV_FAULT_VFS "gvfault"

/** Empty the disk, forget planned faults, register the VFS. No database may be open. */
void gv_fault_init(void);

/** Fail the power at the k-th sync from now (1 is the next); 0: not at all. */
void gv_fault_crash_at_sync(uint32_t k, enum gv_disk_moment moment);
/** Answer the n-th write from now with SQLITE_FULL, once; 0: not at all. */
void gv_fault_refuse_write(uint32_t n);
/** True from the planned crash until the restart. */
bool gv_fault_crashed(void);
/** Writes asked for since gv_fault_init. */
uint32_t gv_fault_writes(void);
/** Power on again, with what survived chosen by `seed`. All connections must be closed. */
void gv_fault_restart(uint64_t seed);

/** A workload and the judgement over what a crash left of it. */
struct gv_fault_run {
    /** Open, work until done or the first error, close. Starts with an empty disk each time. */
    void (*work)(void *ctx);
    /** Open what is there after the restart and fail the test unless it is right. */
    void (*check)(void *ctx);
    void *ctx;
};

/** Run `work` once for each of its syncs, each moment and `seeds` outcomes, with the power failing
 *  there, and `check` after each; ends when the work is done before the crash comes.
 *  Returns: the number of syncs of the whole work, 0 if it made none. */
uint32_t gv_fault_each_sync(const struct gv_fault_run *run, uint32_t seeds);

/** Run `work` once for each of its writes, with that write refused, and `check` after each.
 *  Returns: the number of writes of the whole work. */
uint32_t gv_fault_each_write(const struct gv_fault_run *run);

#endif
