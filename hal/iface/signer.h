/* Signer: the box's own key, which signs what the box vouches for, and the verifying of others'.
 * The private key stays behind this interface.
 * Signatures are ES256 (P-256, SHA-256; r and s, 32 bytes each) and RS256 (PKCS #1 v1.5).
 * Thread: any. */
#ifndef GV_HAL_IFACE_SIGNER_H
#define GV_HAL_IFACE_SIGNER_H

#include "firmware/base/crypto.h"

#define GV_POINT_LEN     64u /* x and y of a point on P-256 */
#define GV_SIGNATURE_LEN 64u

struct gv_signer_ops { /* every entry mandatory */
    enum gv_err (*sign)(void *ctx, const struct gv_hash256 *hash,
                        uint8_t signature[GV_SIGNATURE_LEN]);
    enum gv_err (*verify_es256)(void *ctx, const uint8_t point[GV_POINT_LEN],
                                const struct gv_hash256 *hash,
                                const uint8_t signature[GV_SIGNATURE_LEN]);
    enum gv_err (*verify_rs256)(void *ctx, struct gv_view modulus, struct gv_view exponent,
                                const struct gv_hash256 *hash, struct gv_view signature);
};

struct gv_signer {
    const struct gv_signer_ops *ops;
    void *ctx;
    uint8_t point[GV_POINT_LEN]; /* the box's public key */
};

/** Returns: GV_OK; GV_ERR_FULL (the library's memory is exhausted). */
GV_MUST_USE static inline enum gv_err gv_signer_sign(const struct gv_signer *signer,
                                                     const struct gv_hash256 *hash,
                                                     uint8_t signature[GV_SIGNATURE_LEN])
{
    return signer->ops->sign(signer->ctx, hash, signature);
}

/** Returns: GV_OK: the signature is good; GV_ERR_CRYPTO: it is not, or the key is none; GV_ERR_FULL. */
GV_MUST_USE static inline enum gv_err
gv_signer_verify_es256(const struct gv_signer *signer, const uint8_t point[GV_POINT_LEN],
                       const struct gv_hash256 *hash, const uint8_t signature[GV_SIGNATURE_LEN])
{
    return signer->ops->verify_es256(signer->ctx, point, hash, signature);
}

GV_MUST_USE static inline enum gv_err gv_signer_verify_rs256(const struct gv_signer *signer,
                                                             struct gv_view modulus,
                                                             struct gv_view exponent,
                                                             const struct gv_hash256 *hash,
                                                             struct gv_view signature)
{
    return signer->ops->verify_rs256(signer->ctx, modulus, exponent, hash, signature);
}

#endif
