/* Backup thread: one job at a time beside everything else, and the nightly backup with its trial restore.
 * A night is a day after the newest that was made here by night; the box must have a key (a backup was made with a
 * passphrase once) and a clock that was set.
 * Thread: start and stop main. */
#ifndef GV_FIRMWARE_BOOT_BACKUP_THREAD_H
#define GV_FIRMWARE_BOOT_BACKUP_THREAD_H

#include "app/config/changes.h"
#include "app/engine/engine.h"
#include "firmware/boot/backup_work.h"

struct gv_backup_thread_config {
    struct gv_backup_box box;   /* without progress */
    struct gv_engine *engine;   /* for the audit log */
    struct gv_changes *changes; /* backups.nightly and backups.keep, as they are now */
    bool (*has_listings)(void); /* is there something that a restore would replace? */
    void (*restart)(void *ctx); /* a restore is ready */
};

/** Keeps what config points to. Returns: GV_OK; GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_backup_thread_start(const struct gv_backup_thread_config *config,
                                               struct gv_fail *fail);
/** Gives up what runs; nothing half-done stays. */
void gv_backup_thread_stop(void);

/** For web and control. */
extern const struct gv_backup_ops gv_backup_thread_ops;

#endif
