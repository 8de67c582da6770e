/* Box key: the P-256 key of this box, 32 bytes in a file with mode 0600, made at first start. It signs
 * tokens and results. Thread: open main; the signer any. */
#ifndef GV_HAL_LINUX_BOX_KEY_H
#define GV_HAL_LINUX_BOX_KEY_H

#include "hal/iface/entropy.h"
#include "hal/iface/signer.h"

struct gv_box_key {
    uint8_t secret[32];
    const struct gv_entropy *entropy;
};

/** Read the key, or make one when there is none. Keeps entropy.
 *  Returns: GV_OK; GV_ERR_CRYPTO "box_key.file" (not 32 bytes, or no key of the curve); GV_ERR_IO;
 *  GV_ERR_FULL.   Out: signer: uses `key`, which must outlive it. */
GV_MUST_USE enum gv_err gv_box_key_open(struct gv_box_key *key, struct gv_signer *signer,
                                        const char *path, const struct gv_entropy *entropy,
                                        struct gv_fail *fail);
void gv_box_key_close(struct gv_box_key *key);

#endif
