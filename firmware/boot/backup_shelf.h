/* Shelf: the backup files in DATA/backups, one <id>.gavel each, <id>.check beside those that were tried, and
 * <id>.night beside those that this box made by night. What is being written has another ending until it is whole.
 * Thread: any; names are checked, so no id leads elsewhere. */
#ifndef GV_FIRMWARE_BOOT_BACKUP_SHELF_H
#define GV_FIRMWARE_BOOT_BACKUP_SHELF_H

#include "app/backup/backup.h"
#include "firmware/boot/backup_work.h"
#include "hal/linux/files.h"

/* Twice what backups.keep allows, and room. */
#define GV_NIGHTS_MAX 64u

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
/** The same of those that this box made by night. What a head says of itself does not count: files are brought
 *  from elsewhere. */
uint32_t gv_shelf_nights(const char *data_dir, struct gv_backup rows[GV_NIGHTS_MAX]);
/** Header of a backup. Returns: GV_OK; GV_ERR_NOT_FOUND "backup.unknown"; what the header says. */
GV_MUST_USE enum gv_err gv_shelf_header(const char *data_dir, const char *id,
                                        uint8_t bytes[GV_ARCHIVE_HEADER_LEN],
                                        struct gv_archive_header *header, struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_shelf_remove(const char *data_dir, const char *id, struct gv_fail *fail);
/** Note how a trial restore went. */
void gv_shelf_mark(const char *data_dir, const char *id, struct gv_utc at, bool good);
/** Note that this box makes this one by night, before it has its name. Returns: GV_OK once durable; GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_shelf_mark_night(const char *data_dir, const char *id,
                                            struct gv_fail *fail);
/** Nights of a release that made no marks: when nothing is marked, mark those whose head says made by night with this key,
 *  which no other box has. Afterwards what a head says does not count. In: key: the box's own. Thread: main at start. */
void gv_shelf_mark_earlier(const char *data_dir, const struct gv_backup_key *key);
/** Of those made by night keep the newest `keep` (at least 1) that passed their trial, and between them at most as many
 *  others. One dated after now was made by a clock that was wrong, and counts as the oldest. */
void gv_shelf_prune(const char *data_dir, uint32_t keep, struct gv_utc now);

#endif
