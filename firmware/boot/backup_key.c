/* The box's key for backups: derived once from a passphrase, kept sealed by the seal key. Whoever reads the
 * database alone cannot open backups with it, and whoever has a backup alone needs the passphrase. */
#include "firmware/base/text.h"
#include "firmware/boot/backup_work.h"
#include "hal/linux/files.h"

#include <string.h>

#define SEALED_LEN (GV_SEAL_KEY_LEN + GV_SEAL_OVERHEAD)
#define FILE_LEN   (GV_ARCHIVE_SALT_LEN + 4u + SEALED_LEN)

static const char bound_to[] = "gavel/backup.key";

enum gv_err gv_backup_key_read(const struct gv_backup_box *box, struct gv_backup_key *key)
{
    char path[GV_FILE_PATH_MAX];
    uint8_t bytes[FILE_LEN];
    size_t n = 0;
    if (!gv_format(path, sizeof(path), "%s/backup.key", box->data_dir)) {
        return GV_ERR_NOT_FOUND;
    }
    const enum gv_err err = gv_file_read(path, bytes, sizeof(bytes), &n, NULL);
    if (err != GV_OK || n != sizeof(bytes)) {
        return err == GV_ERR_NOT_FOUND ? err : GV_ERR_CRYPTO;
    }
    struct gv_reader r = gv_reader_of(gv_view_of(bytes, n));
    memcpy(key->salt, gv_read_bytes(&r, sizeof(key->salt)).p, sizeof(key->salt));
    key->rounds = gv_read_u32le(&r);
    if (key->rounds == 0 || key->rounds > GV_ARCHIVE_ROUNDS_MAX) {
        return GV_ERR_CRYPTO;
    }
    return gv_unseal(key->key.b, box->seal_key, gv_view_str(bound_to),
                     gv_read_bytes(&r, SEALED_LEN));
}

enum gv_err gv_backup_key_write(const struct gv_backup_box *box, const struct gv_backup_key *key,
                                struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    uint8_t bytes[FILE_LEN];
    uint8_t nonce[GV_SEAL_NONCE_LEN];
    struct gv_writer w = gv_writer_of(bytes, sizeof(bytes));
    if (!gv_format(path, sizeof(path), "%s/backup.key", box->data_dir)) {
        return gv_fail(fail, GV_ERR_INVALID, "backup.path", "general.data_dir is too long");
    }
    gv_write_bytes(&w, gv_view_of(key->salt, sizeof(key->salt)));
    gv_write_u32le(&w, key->rounds);
    gv_entropy_fill(box->entropy, nonce, sizeof(nonce));
    gv_seal(bytes + gv_written(&w).n, box->seal_key, nonce, gv_view_str(bound_to),
            gv_view_of(key->key.b, sizeof(key->key.b)));
    return gv_file_write_private(path, gv_view_of(bytes, sizeof(bytes)), fail);
}

bool gv_backup_key_fits(const struct gv_backup_key *key, const struct gv_archive_header *header)
{
    return key->rounds == header->rounds && memcmp(key->salt, header->salt, sizeof(key->salt)) == 0;
}
