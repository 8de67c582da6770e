/* Signatures: ECDSA and Schnorr verification, and what a taproot output key commits to.
 *
 * The only module that sees libsecp256k1. It verifies and never signs, so the library's static
 * context (no secrets, no blinding, no allocation) is all it needs. Strictness is that of relay
 * policy: strict DER (BIP66), low S (BIP146), no hybrid keys.
 * Thread: any (pure). */
#ifndef GV_APP_BITCOIN_SIG_H
#define GV_APP_BITCOIN_SIG_H

#include "firmware/base/bytes.h"
#include "firmware/base/crypto.h"

/** A public key that is a point of the curve, in the library's own form. */
struct gv_pubkey {
    _Alignas(8) uint8_t opaque[64];
};

/** Parse 33 (02, 03) or 65 (04) bytes. Returns: false for hybrid keys and for no curve point. */
GV_MUST_USE bool gv_pubkey_parse(struct gv_pubkey *out, struct gv_view key);

enum gv_sig {
    GV_SIG_GOOD,
    GV_SIG_NOT_DER, /* not the one strict encoding */
    GV_SIG_HIGH_S,
    GV_SIG_FALSE, /* well formed, but not of this key over this digest */
};

/** DER signature with its trailing sighash byte has the only form BIP66 allows. */
bool gv_sig_is_strict_der(struct gv_view sig_and_type);

/** Verify a strict DER signature, given without its sighash byte. */
GV_MUST_USE enum gv_sig gv_ecdsa_verify(struct gv_view der, const struct gv_pubkey *key,
                                        const struct gv_hash256 *digest);

/** BIP340. In: sig: 64 bytes. key: 32 bytes. Returns: false for everything else, too. */
GV_MUST_USE bool gv_schnorr_verify(struct gv_view sig, struct gv_view key, struct gv_view message);

/* ---- taproot -------------------------------------------------------------------------------- */

#define GV_TAPSCRIPT_LEAF      0xc0u
#define GV_TAPROOT_CONTROL_MIN 33u
#define GV_TAPROOT_CONTROL_MAX (33u + 32u * 128u)

/** Hash of one leaf of the script tree. In: version: with its lowest bit clear. */
void gv_taproot_leaf(struct gv_hash256 *out, uint8_t version, struct gv_view script);

/** The output key is the internal key tweaked with the script tree.
 *  In: output_key, internal_key: 32 bytes. merkle_root: 32 bytes, or none (n = 0). odd: parity of
 *      the output key's Y. Returns: false when it is not, or a key is no point. */
GV_MUST_USE bool gv_taproot_commits(struct gv_view output_key, bool odd,
                                    struct gv_view internal_key, struct gv_view merkle_root);

/** The control block leads from the leaf to the output key (BIP341 script validation rules). */
GV_MUST_USE bool gv_taproot_control_leads(struct gv_view output_key, struct gv_view control,
                                          const struct gv_hash256 *leaf);

#endif
