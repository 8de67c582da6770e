/* Restore: what was staged in DATA/restore takes the place of the database at the next start, before
 * anything opens it.
 *
 *   restore/gavel.db        whole, tried, sealed by this box's key
 *   restore/settings.conf   when wanted
 *   restore/ready           which backup, and who wanted it; the last to be written: without it the
 *                           folder means nothing
 *
 * Every step can be cut off and done again: keep this box's own rows (one transaction in the staged
 * file), keep the old database as previous.db, rename, settings, remove `ready`. Until the rename the
 * old database is untouched; after it the new one is complete.
 * Thread: main at start; the rest the backup thread. */
#ifndef GV_FIRMWARE_BOOT_BACKUP_RESTORE_H
#define GV_FIRMWARE_BOOT_BACKUP_RESTORE_H

#include "app/backup/backup.h"
#include "hal/linux/files.h"

/** Make DATA/<folder> and empty it. Out: path: of the database in it. */
GV_MUST_USE enum gv_err gv_restore_folder(char path[GV_FILE_PATH_MAX], const char *data_dir,
                                          const char *folder, struct gv_fail *fail);
void gv_restore_clear(const char *data_dir, const char *folder);
/** Everything is there. In: actor: who wanted it, for the audit log of the restored database.
 *  settings: n = 0: none. Returns: GV_OK once durable; GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_restore_ready(const char *data_dir, const char *id,
                                         const struct gv_actor *actor, struct gv_view settings,
                                         struct gv_fail *fail);

/** Do what is ready; without it clear what a crash left. A restore that cannot be done is given up with a
 *  line in the log, and the old database stays. The folder must be locked.
 *  Returns: true when settings were restored: start the program again. */
GV_MUST_USE bool gv_restore_apply(const char *data_dir, struct gv_utc now);
/** What this database was restored from. Returns: false when it never was. */
bool gv_restore_origin(const char *data_dir, char id[GV_BACKUP_ID_MAX], struct gv_utc *at);

/** Was it restored, and the audit log has not been told? Out: id; actor: who wanted it. */
GV_MUST_USE bool gv_restore_untold(const char *data_dir, char id[GV_BACKUP_ID_MAX],
                                   struct gv_actor *actor);
void gv_restore_told(const char *data_dir);

#endif
