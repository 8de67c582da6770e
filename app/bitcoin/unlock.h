/* Unlock: how one input satisfies the script it spends, and whether every signature in it is a good
 * SINGLE|ANYONECANPAY one.
 *
 * Signatures come from two places, the fields of a PSBT input or a finished scriptSig and witness;
 * both are brought into one form, verified by one function, and can be written as final scripts.
 * Known: P2PKH, P2SH multisig, P2WPKH, P2SH-P2WPKH, P2WSH and P2SH-P2WSH multisig, P2TR key path,
 * P2TR script path of one key. Failures carry "psbt." codes (the words of the vector files).
 * Limits: 16 keys and signatures. Views point into the lent bytes.
 * Source: BIP16, BIP141, BIP143, BIP341, BIP342. Thread: any (pure). */
#ifndef GV_APP_BITCOIN_UNLOCK_H
#define GV_APP_BITCOIN_UNLOCK_H

#include "app/bitcoin/psbt.h"
#include "app/bitcoin/script.h"

enum gv_unlock_type {
    GV_UNLOCK_UNKNOWN,
    GV_UNLOCK_P2PKH,
    GV_UNLOCK_P2SH_MULTISIG,
    GV_UNLOCK_P2WPKH,
    GV_UNLOCK_P2SH_P2WPKH,
    GV_UNLOCK_P2WSH_MULTISIG,
    GV_UNLOCK_P2SH_P2WSH_MULTISIG,
    GV_UNLOCK_P2TR_KEY,
    GV_UNLOCK_P2TR_SCRIPT,
};

struct gv_unlock_sig {
    struct gv_view key; /* n = 0: not told, to be found among the keys in their order */
    struct gv_view sig; /* with its sighash byte */
};

struct gv_unlock {
    enum gv_unlock_type type;
    bool final;                  /* taken from finished scripts, not from signature fields */
    struct gv_tx_output prevout; /* the truth: what the input spends */
    struct gv_view program;      /* key hash of single-key types, output key of P2TR */
    struct gv_view redeem;       /* P2SH */
    struct gv_view witness_script;
    struct gv_multisig multisig; /* of the multisig types */
    struct gv_view tap_script;   /* P2TR script path: leaf script, its key, proof, hash */
    struct gv_view tap_key;
    struct gv_view tap_control;
    struct gv_hash256 tap_leaf;
    uint32_t sigs;
    struct gv_unlock_sig sig[GV_MULTISIG_KEYS_MAX];
};

/** The input's signatures are in its witness, and its digest does not depend on its index. */
bool gv_unlock_is_segwit(enum gv_unlock_type type);

#define GV_UNLOCK_NAME_MAX 32u

/** Short name: "p2wpkh", "p2wsh-2of3", "p2tr-script"; before the type is known, the name of the
 *  prevout script. */
void gv_unlock_name(char out[GV_UNLOCK_NAME_MAX], const struct gv_unlock *unlock);

/** Resolve the script of a finished input. In: witness: serialised stack, n = 0: none.
 *  Returns: GV_OK; GV_ERR_INVALID "psbt.script_type", "psbt.script_mismatch", "psbt.witness_shape".
 *  Out:     unlock: keeps the views of prevout, script_sig and witness. */
GV_MUST_USE enum gv_err gv_unlock_of_final(struct gv_unlock *unlock,
                                           const struct gv_tx_output *prevout,
                                           struct gv_view script_sig, struct gv_view witness,
                                           struct gv_fail *fail);

/** As above for a PSBT input, final or with signature fields.
 *  Returns: also "psbt.extra_signature" (signatures that the spend has no use for). */
GV_MUST_USE enum gv_err gv_unlock_of_psbt(struct gv_unlock *unlock,
                                          const struct gv_tx_output *prevout,
                                          const struct gv_psbt_map *input, struct gv_fail *fail);

/** Verify every signature over input 0 of `tx`, which has one input and one output.
 *  Returns: GV_OK: enough signatures, all strict, 0x83 and good; GV_ERR_INVALID
 *           "psbt.no_signature", "psbt.extra_signature", "psbt.bad_der", "psbt.wrong_sighash",
 *           "psbt.high_s", "psbt.parse_key", "psbt.pubkey_form", "psbt.bad_signature".
 *  Out:     unlock->sig: as many signatures as the script needs, in its order. */
GV_MUST_USE enum gv_err gv_unlock_verify(struct gv_unlock *unlock, const struct gv_tx *tx,
                                         struct gv_fail *fail);

/** Append the final scriptSig and witness stack of a verified segwit input. */
void gv_unlock_write_final(struct gv_writer *script_sig, struct gv_writer *witness,
                           const struct gv_unlock *unlock);

#endif
