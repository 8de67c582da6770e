#include "firmware/boot/accounts.h"

#include "firmware/base/json.h"
#include "firmware/base/text.h"

#include <errno.h>
#include <unistd.h>

static struct gv_boot_accounts instance;

struct gv_boot_accounts *gv_boot_accounts_instance(void)
{
    return &instance;
}

static enum gv_err read_jwks(struct gv_jwks_shelf *shelf, const char *path, struct gv_fail *fail)
{
    static struct gv_jwks jwks;
    static char text[GV_JWKS_BYTES_MAX + GV_JSON_PADDING];
    static _Alignas(16) uint8_t memory[GV_JWKS_BYTES_MAX * 4u];
    struct gv_arena arena;
    size_t n = 0;
    if (path[0] == '\0') {
        return GV_OK;
    }
    const enum gv_err err = gv_file_read(path, text, GV_JWKS_BYTES_MAX, &n, fail);
    if (err != GV_OK) {
        return err;
    }
    gv_arena_init(&arena, memory, sizeof(memory));
    const enum gv_err parsed = gv_jwks_parse(&jwks, &arena, text, n, fail);
    if (parsed == GV_OK) {
        gv_jwks_shelf_put(shelf, &jwks);
    }
    return parsed;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

void gv_boot_accounts_tick(struct gv_boot_accounts *accounts, const struct gv_config *config)
{
    struct stat now;
    struct gv_fail fail = {.err = GV_OK};
    const char *path = config->auth_jwks_file;
    if (path[0] == '\0' || stat(path, &now) != 0 || is_same_file(&now, &accounts->jwks_file)) {
        return;
    }
    accounts->jwks_file = now;
    if (read_jwks(&accounts->jwks, path, &fail) == GV_OK) {
        gv_log(GV_LOG_INFO, "account", "keys of the issuer were read again");
    } else {
        gv_log(GV_LOG_BROKEN, "account", "keys of the issuer stay as they were: %s", fail.text);
    }
}

static enum gv_err set_claim_path(struct gv_boot_accounts *accounts, const struct gv_config *config,
                                  struct gv_fail *fail)
{
    const bool named = config->claim_file[0] != '\0';
    const bool fits =
        gv_format(accounts->claim_path, sizeof(accounts->claim_path), "%s%s",
                  named ? config->claim_file : config->data_dir, named ? "" : "/claim-code.txt");
    return fits ? GV_OK
                : gv_fail(fail, GV_ERR_INVALID, "boot.path", "setup.claim_file is too long");
}

enum gv_err gv_boot_accounts_open(struct gv_boot_accounts *accounts, const struct gv_config *config,
                                  const struct gv_entropy *entropy, struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    if (!gv_format(path, sizeof(path), "%s/box.key", config->data_dir)) {
        return gv_fail(fail, GV_ERR_INVALID, "boot.path", "general.data_dir is too long");
    }
    enum gv_err err = set_claim_path(accounts, config, fail);
    if (err == GV_OK) {
        err = gv_box_key_open(&accounts->key, &accounts->signer, path, entropy, fail);
    }
    gv_jwks_shelf_init(&accounts->jwks);
    (void)stat(config->auth_jwks_file, &accounts->jwks_file); /* before it is read */
    return err != GV_OK ? err : read_jwks(&accounts->jwks, config->auth_jwks_file, fail);
}

void gv_boot_accounts_close(struct gv_boot_accounts *accounts)
{
    gv_box_key_close(&accounts->key);
}

/* The log is the console's, too. The code opens nothing once the box is claimed. */
void gv_boot_show_claim(void *ctx, const char *code)
{
    char text[160];
    struct gv_fail fail = {.err = GV_OK};
    const char *path = instance.claim_path;
    (void)ctx;
    if (code == NULL) {
        if (unlink(path) != 0 && errno != ENOENT) {
            gv_log(GV_LOG_UNUSUAL, "setup", "cannot remove %s errno=%d", path, errno);
        }
        return;
    }
    gv_log(GV_LOG_INFO, "setup", "nobody owns this box yet: claim code %s file=%s", code, path);
    gv_format_cut(text, sizeof(text),
                  "Claim code of this gavel box: %s\n"
                  "Enter it on the box's page to become its owner.\n",
                  code);
    if (gv_file_write_private(path, gv_view_str(text), &fail) != GV_OK) {
        gv_log(GV_LOG_UNUSUAL, "setup", "claim code not written to a file: %s", fail.text);
    }
    gv_secure_zero(text, sizeof(text));
}
