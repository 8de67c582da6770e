#include "firmware/boot/seal_key.h"

#include "firmware/base/text.h"
#include "hal/linux/files.h"

enum gv_err gv_seal_key_ensure(struct gv_seal_key *key, const char *data_dir, bool database_exists,
                               const struct gv_entropy *entropy, struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    size_t n = 0;
    if (!gv_format(path, sizeof(path), "%s/seal.key", data_dir)) {
        return gv_fail(fail, GV_ERR_INVALID, "seal.path", "general.data_dir is too long");
    }
    enum gv_err err = gv_file_read(path, key->b, sizeof(key->b), &n, fail);
    if (err == GV_OK && n != sizeof(key->b)) {
        return gv_fail(fail, GV_ERR_CRYPTO, "seal.length", "%s must hold exactly %zu bytes", path,
                       sizeof(key->b));
    }
    if (err != GV_ERR_NOT_FOUND) {
        return err;
    }
    if (database_exists) {
        return gv_fail(fail, GV_ERR_CRYPTO, "seal.missing",
                       "%s is missing: the PSBTs in the database cannot be opened without it",
                       path);
    }
    gv_entropy_fill(entropy, key->b, sizeof(key->b));
    return gv_file_write_private(path, gv_view_of(key->b, sizeof(key->b)), fail);
}
