#include "app/bitcoin/sign.h"

#include "firmware/base/assert.h"

#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>
#include <string.h>

_Static_assert(sizeof(((struct gv_signer *)NULL)->keypair) == sizeof(secp256k1_keypair),
               "the library's own form");

static secp256k1_context *context;

enum gv_err gv_signer_open(struct gv_signer *signer, const uint8_t secret[32], uint8_t seed[32],
                           struct gv_fail *fail)
{
    secp256k1_keypair pair;
    secp256k1_xonly_pubkey pubkey;
    if (context == NULL) {
        context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    }
    const int blinded = secp256k1_context_randomize(context, seed);
    GV_ASSERT(blinded == 1);
    gv_secure_zero(seed, 32);
    if (secp256k1_keypair_create(context, &pair, secret) != 1) {
        return gv_fail(fail, GV_ERR_INVALID, "sign.key", "that is no secret key of secp256k1");
    }
    memcpy(signer->keypair, &pair, sizeof(pair));
    gv_secure_zero(&pair, sizeof(pair));
    int done = secp256k1_keypair_xonly_pub(context, &pubkey, NULL,
                                           (const secp256k1_keypair *)signer->keypair);
    GV_ASSERT(done == 1);
    done = secp256k1_xonly_pubkey_serialize(context, signer->pubkey, &pubkey);
    GV_ASSERT(done == 1);
    return GV_OK;
}

void gv_schnorr_sign(uint8_t sig[64], const struct gv_signer *signer,
                     const struct gv_hash256 *digest, const uint8_t aux[32])
{
    const int done = secp256k1_schnorrsig_sign32(context, sig, digest->b,
                                                 (const secp256k1_keypair *)signer->keypair, aux);
    GV_ASSERT(done == 1);
}
