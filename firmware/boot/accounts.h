/* What accounts need of the machine: the box's key, the keys of another issuer of tokens, and the
 * claim code on the console and in its file. Thread: main. */
#ifndef GV_FIRMWARE_BOOT_ACCOUNTS_H
#define GV_FIRMWARE_BOOT_ACCOUNTS_H

#include "app/account/jwks.h"
#include "app/config/config.h"
#include "hal/linux/box_key.h"
#include "hal/linux/files.h"

#include <sys/stat.h>

struct gv_boot_accounts {
    struct gv_box_key key;
    struct gv_signer signer;
    struct gv_jwks_shelf jwks;
    struct stat jwks_file; /* as it was read */
    char claim_path[GV_FILE_PATH_MAX];
};

/** The one instance (static memory). */
struct gv_boot_accounts *gv_boot_accounts_instance(void);

/** Open <data_dir>/box.key (made at first start) and the configured JWKS file.
 *  Returns: GV_OK; GV_ERR_INVALID (paths, a malformed key set); GV_ERR_CRYPTO; GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_boot_accounts_open(struct gv_boot_accounts *accounts,
                                              const struct gv_config *config,
                                              const struct gv_entropy *entropy,
                                              struct gv_fail *fail);
/** Read the JWKS file again when it is another: what is malformed leaves the keys as they were, with a
 *  line in the log. Once a second. */
void gv_boot_accounts_tick(struct gv_boot_accounts *accounts, const struct gv_config *config);
void gv_boot_accounts_close(struct gv_boot_accounts *accounts);

/** gv_api_config.show_claim. */
void gv_boot_show_claim(void *ctx, const char *code);

#endif
