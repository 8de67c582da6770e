/* Shelf: the backup files in DATA/backups, one <id>.gavel each, and <id>.check beside those that were
 * tried. What is being written has another ending until it is whole.
 * Thread: any; names are checked, so no id leads elsewhere. */
#ifndef GV_FIRMWARE_BOOT_BACKUP_SHELF_H
#define GV_FIRMWARE_BOOT_BACKUP_SHELF_H

#include "app/backup/backup.h"
#include "hal/linux/files.h"

/** DATA/backups/<name><suffix>. Returns: false when it does not fit. */
GV_MUST_USE bool gv_shelf_path(char path[GV_FILE_PATH_MAX], const char *data_dir, const char *name,
                               const char *suffix);
/** Is it the form of an id: digits, two dashes, four hex digits? */
bool gv_shelf_is_id(const char *id);
void gv_shelf_id(char id[GV_BACKUP_ID_MAX], const struct gv_archive_header *header);

/** Make the folder, and throw away what a crash left half-written. */
GV_MUST_USE enum gv_err gv_shelf_open(const char *data_dir, struct gv_fail *fail);
/** Newest first. Returns: rows filled. */
uint32_t gv_shelf_list(const char *data_dir, struct gv_backup rows[GV_BACKUPS_MAX]);
/** Header of a backup. Returns: GV_OK; GV_ERR_NOT_FOUND "backup.unknown"; what the header says. */
GV_MUST_USE enum gv_err gv_shelf_header(const char *data_dir, const char *id,
                                        uint8_t bytes[GV_ARCHIVE_HEADER_LEN],
                                        struct gv_archive_header *header, struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_shelf_remove(const char *data_dir, const char *id, struct gv_fail *fail);
/** Note how a trial restore went. */
void gv_shelf_mark(const char *data_dir, const char *id, struct gv_utc at, bool good);
/** Of automatic backups keep the newest `keep` (at least 1) that passed their trial, and between them at most as many
 *  others. */
void gv_shelf_prune(const char *data_dir, uint32_t keep);

#endif
