/* Backup work: making an archive, unpacking and trying one, making its contents this box's own.
 *
 *   make    database ─► copy (one snapshot) ─► credentials out ─► archive on the shelf
 *   unpack  archive ─► folder: database, settings; seal key in memory   (every byte authenticated)
 *   try     structure, schema brought up to date and nothing but ours, seal key fits, audit chain whole
 *   stage   try, then every seal made anew with this box's key
 * The folder of a trial or restore (and of an empty database to compare with, "schema") holds nothing else and is
 * emptied before and after. Of the box that restores, users, sessions, keys, seal key and TLS keys stay: a backup
 * never holds them.
 * Thread: the backup thread; static memory, one job at a time. */
#ifndef GV_FIRMWARE_BOOT_BACKUP_WORK_H
#define GV_FIRMWARE_BOOT_BACKUP_WORK_H

#include "app/backup/backup.h"
#include "hal/iface/clock.h"
#include "hal/iface/entropy.h"

struct gv_backup_box {
    const char *data_dir;
    const struct gv_seal_key *seal_key;
    const struct gv_entropy *entropy;
    const struct gv_clock *clock;
    /** A step goes on. Returns: false to give up. */
    bool (*progress)(const char *step, uint64_t done, uint64_t all);
};

/** A key with what it was derived by. */
struct gv_backup_key {
    uint8_t salt[GV_ARCHIVE_SALT_LEN];
    uint32_t rounds;
    struct gv_seal_key key;
};

/** The key that the box keeps for backups without a passphrase: DATA/backup.key, sealed.
 *  Returns: GV_OK; GV_ERR_NOT_FOUND; GV_ERR_CRYPTO (not of this box). */
GV_MUST_USE enum gv_err gv_backup_key_read(const struct gv_backup_box *box,
                                           struct gv_backup_key *key);
GV_MUST_USE enum gv_err gv_backup_key_write(const struct gv_backup_box *box,
                                            const struct gv_backup_key *key, struct gv_fail *fail);
/** Is this the key of an archive with this head? */
GV_MUST_USE bool gv_backup_key_fits(const struct gv_backup_key *key,
                                    const struct gv_archive_header *header);

/** Returns: GV_OK with the id of the new backup, which is durable; GV_ERR_STORAGE, GV_ERR_IO (disk full,
 *  nothing is left behind), GV_ERR_CLOSED (given up). */
GV_MUST_USE enum gv_err gv_backup_make(const struct gv_backup_box *box,
                                       const struct gv_backup_key *key, uint32_t flags,
                                       char id[GV_BACKUP_ID_MAX], struct gv_fail *fail);

/** Trial restore into DATA/trial, which is empty afterwards.
 *  Returns: GV_OK; GV_ERR_CRYPTO "backup.passphrase", "backup.damaged"; whatever is wrong with it. */
GV_MUST_USE enum gv_err gv_backup_try(const struct gv_backup_box *box, const char *id,
                                      const struct gv_seal_key *key, struct gv_fail *fail);
/** Make DATA/restore ready for the next start (backup_restore.h). Returns: as gv_backup_try. */
GV_MUST_USE enum gv_err gv_backup_stage(const struct gv_backup_box *box,
                                        const struct gv_backup_request *request,
                                        const struct gv_seal_key *key, struct gv_fail *fail);

/** Tables whose rows belong to a box, not to its auctions; referring ones first, NULL-terminated. */
extern const char *const gv_backup_own_tables[];

#endif
