/* Signing: BIP340 with one key, for programs that own one (gavel-solver). The box itself never signs, and
 * nothing of this is linked into it.
 * The library keeps one blinded context on its heap for the life of the program. Thread: one for all of it. */
#ifndef GV_APP_BITCOIN_SIGN_H
#define GV_APP_BITCOIN_SIGN_H

#include "firmware/base/bytes.h"
#include "firmware/base/crypto.h"

/** A key that signs. Wipe it with gv_secure_zero. */
struct gv_signer {
    _Alignas(8) uint8_t keypair[96]; /* in the library's own form */
    uint8_t pubkey[32];              /* x only */
};

/** In: secret, seed (unpredictable): 32 bytes each; the seed is used up.
 *  Returns: GV_OK; GV_ERR_INVALID "sign.key": zero, or not below the order of the group. */
GV_MUST_USE enum gv_err gv_signer_open(struct gv_signer *signer, const uint8_t secret[32],
                                       uint8_t seed[32], struct gv_fail *fail);

/** In: aux: 32 unpredictable bytes (BIP340, "auxiliary random data"). */
void gv_schnorr_sign(uint8_t sig[64], const struct gv_signer *signer,
                     const struct gv_hash256 *digest, const uint8_t aux[32]);

#endif
