#include "app/bitcoin/sig.h"
#include "app/bitcoin/sighash.h"
#include "app/bitcoin/unlock.h"
#include "app/bitcoin/unlock_internal.h"
#include "firmware/base/assert.h"

/* ---- the digest ---------------------------------------------------------------------------------- */

static void key_hash_script(uint8_t code[25], struct gv_view key_hash)
{
    static const uint8_t head[3] = {GV_OP_DUP, GV_OP_HASH160, 20};
    memcpy(code, head, sizeof head);
    memcpy(code + 3, key_hash.p, 20);
    code[23] = GV_OP_EQUALVERIFY;
    code[24] = GV_OP_CHECKSIG;
}

static void digest_of(struct gv_hash256 *out, const struct gv_unlock *unlock,
                      const struct gv_tx *tx)
{
    const struct gv_tapscript leaf = {.leaf = unlock->tap_leaf, .code_separator = UINT32_MAX};
    const uint64_t amount = unlock->prevout.value_sat;
    uint8_t code[25];
    bool defined = true;
    switch (unlock->type) {
    case GV_UNLOCK_P2PKH:
        gv_sighash_legacy(out, tx, 0, unlock->prevout.script, GV_SIGHASH_LISTING);
        break;
    case GV_UNLOCK_P2SH_MULTISIG:
        gv_sighash_legacy(out, tx, 0, unlock->redeem, GV_SIGHASH_LISTING);
        break;
    case GV_UNLOCK_P2WPKH:
    case GV_UNLOCK_P2SH_P2WPKH:
        key_hash_script(code, unlock->program);
        gv_sighash_segwit_v0(out, tx, 0, gv_view_of(code, sizeof code), amount, GV_SIGHASH_LISTING);
        break;
    case GV_UNLOCK_P2WSH_MULTISIG:
    case GV_UNLOCK_P2SH_P2WSH_MULTISIG:
        gv_sighash_segwit_v0(out, tx, 0, unlock->witness_script, amount, GV_SIGHASH_LISTING);
        break;
    case GV_UNLOCK_P2TR_KEY:
    case GV_UNLOCK_P2TR_SCRIPT:
        defined = gv_sighash_taproot(out, tx, 0, &unlock->prevout, gv_view_of(NULL, 0),
                                     unlock->type == GV_UNLOCK_P2TR_SCRIPT ? &leaf : NULL,
                                     GV_SIGHASH_LISTING);
        GV_ASSERT(defined);
        break;
    case GV_UNLOCK_UNKNOWN:
        GV_ASSERT(unlock->type != GV_UNLOCK_UNKNOWN);
    }
}

/* ---- one signature --------------------------------------------------------------------------------- */

static enum gv_err check_type_byte(struct gv_view sig, struct gv_fail *fail)
{
    const uint8_t type = sig.p[sig.n - 1];
    if (type == GV_SIGHASH_LISTING) {
        return GV_OK;
    }
    return gv_fail(fail, GV_ERR_INVALID, "psbt.wrong_sighash",
                   "a signature has sighash type 0x%02x; a listing needs 0x83, "
                   "SINGLE|ANYONECANPAY",
                   type);
}

static enum gv_err check_form(struct gv_view sig, struct gv_fail *fail)
{
    if (sig.n == 0) {
        return gv_unlock_refuse(fail, "psbt.bad_signature", "a signature is empty");
    }
    if (!gv_sig_is_strict_der(sig)) {
        return gv_unlock_refuse(fail, "psbt.bad_der",
                                "a signature is not in the strict DER form that nodes ask for");
    }
    return check_type_byte(sig, fail);
}

static enum gv_err check_key(struct gv_pubkey *out, const struct gv_unlock *unlock,
                             struct gv_view key, struct gv_fail *fail)
{
    if (gv_unlock_is_segwit(unlock->type) && key.n != 33) {
        return gv_unlock_refuse(fail, "psbt.pubkey_form",
                                "segwit takes compressed public keys of 33 bytes only");
    }
    if (gv_pubkey_parse(out, key)) {
        return GV_OK;
    }
    return gv_unlock_refuse(fail, unlock->final ? "psbt.bad_signature" : "psbt.parse_key",
                            "a public key is no point of the curve");
}

static enum gv_sig verify_one(struct gv_view sig, const struct gv_pubkey *key,
                              const struct gv_hash256 *digest)
{
    return gv_ecdsa_verify(gv_view_of(sig.p, sig.n - 1), key, digest);
}

static enum gv_err report(enum gv_sig result, struct gv_fail *fail)
{
    switch (result) {
    case GV_SIG_GOOD:
        return GV_OK;
    case GV_SIG_NOT_DER:
        return gv_unlock_refuse(fail, "psbt.bad_der", "a signature is not in strict DER form");
    case GV_SIG_HIGH_S:
        return gv_unlock_refuse(fail, "psbt.high_s",
                                "a signature has a high S value, which nodes do not relay");
    case GV_SIG_FALSE:
        break;
    }
    return gv_unlock_refuse(fail, "psbt.bad_signature",
                            "a signature does not match this outpoint, amount, sequence, lock time "
                            "and output");
}

/* ---- single key -------------------------------------------------------------------------------------- */

static enum gv_err verify_single(const struct gv_unlock *unlock, const struct gv_hash256 *digest,
                                 struct gv_fail *fail)
{
    const struct gv_unlock_sig *const only = &unlock->sig[0];
    struct gv_pubkey key;
    struct gv_hash160 hash;
    enum gv_err err = check_form(only->sig, fail);
    if (err == GV_OK) {
        err = check_key(&key, unlock, only->key, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    gv_hash160_of(&hash, only->key);
    if (!gv_view_equal(unlock->program, gv_view_of(hash.b, sizeof hash.b))) {
        return gv_unlock_refuse(fail, "psbt.bad_signature",
                                "the signing key is not the key of the script that is spent");
    }
    return report(verify_one(only->sig, &key, digest), fail);
}

static enum gv_err verify_taproot(const struct gv_unlock *unlock, const struct gv_hash256 *digest,
                                  struct gv_fail *fail)
{
    const bool by_script = unlock->type == GV_UNLOCK_P2TR_SCRIPT;
    const struct gv_view key = by_script ? unlock->tap_key : unlock->program;
    const struct gv_unlock_sig *const only = &unlock->sig[0];
    if (only->sig.n == 64) {
        return gv_unlock_refuse(fail, "psbt.wrong_sighash",
                                "the signature has sighash type DEFAULT; a listing needs 0x83, "
                                "SINGLE|ANYONECANPAY");
    }
    if (only->sig.n != 65) {
        return gv_unlock_refuse(fail, "psbt.bad_signature",
                                "a taproot signature for a listing has 65 bytes");
    }
    const enum gv_err err = check_type_byte(only->sig, fail);
    if (err != GV_OK) {
        return err;
    }
    if (only->key.n != 0 && !gv_view_equal(only->key, key)) {
        return gv_unlock_refuse(fail, "psbt.bad_signature",
                                "the signing key is not the key of the leaf script");
    }
    const bool good = gv_schnorr_verify(gv_view_of(only->sig.p, 64), key,
                                        gv_view_of(digest->b, sizeof digest->b));
    return report(good ? GV_SIG_GOOD : GV_SIG_FALSE, fail);
}

/* ---- multisig ---------------------------------------------------------------------------------------- */

/* Signatures in their script order: each matches a later key than the one before. */
static enum gv_err verify_in_order(const struct gv_unlock *unlock, const struct gv_hash256 *digest,
                                   struct gv_fail *fail)
{
    const struct gv_multisig *const multisig = &unlock->multisig;
    uint32_t next_key = 0;
    for (uint32_t i = 0; i < unlock->sigs; i++) {
        enum gv_sig result = GV_SIG_FALSE;
        enum gv_err err = check_form(unlock->sig[i].sig, fail);
        while (err == GV_OK && result == GV_SIG_FALSE && next_key < multisig->keys) {
            struct gv_pubkey key;
            err = check_key(&key, unlock, multisig->key[next_key], fail);
            if (err == GV_OK) {
                result = verify_one(unlock->sig[i].sig, &key, digest);
            }
            next_key++;
        }
        if (err == GV_OK) {
            err = report(result, fail);
        }
        if (err != GV_OK) {
            return err;
        }
    }
    return GV_OK;
}

static bool key_index(const struct gv_multisig *multisig, struct gv_view key, uint32_t *index)
{
    for (uint32_t i = 0; i < multisig->keys; i++) {
        if (gv_view_equal(multisig->key[i], key)) {
            *index = i;
            return true;
        }
    }
    return false;
}

/* Signatures by key, in any order and perhaps more than needed: all must be good. */
static enum gv_err verify_by_key(struct gv_unlock *unlock, const struct gv_hash256 *digest,
                                 struct gv_fail *fail)
{
    struct gv_unlock_sig by_key[GV_MULTISIG_KEYS_MAX] = {0};
    for (uint32_t i = 0; i < unlock->sigs; i++) {
        const struct gv_unlock_sig *const one = &unlock->sig[i];
        struct gv_pubkey key;
        uint32_t index = 0;
        enum gv_err err = check_form(one->sig, fail);
        if (err == GV_OK) {
            err = check_key(&key, unlock, one->key, fail);
        }
        if (err == GV_OK && !key_index(&unlock->multisig, one->key, &index)) {
            err = gv_unlock_refuse(fail, "psbt.bad_signature",
                                   "a signing key is none of the keys of the script");
        }
        if (err == GV_OK) {
            err = report(verify_one(one->sig, &key, digest), fail);
        }
        if (err != GV_OK) {
            return err;
        }
        by_key[index] = *one;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < unlock->multisig.keys && kept < unlock->multisig.need; i++) {
        if (by_key[i].sig.n != 0) {
            unlock->sig[kept] = by_key[i];
            kept++;
        }
    }
    unlock->sigs = kept;
    return GV_OK;
}

/* ---- all --------------------------------------------------------------------------------------------- */

enum gv_err gv_unlock_verify(struct gv_unlock *unlock, const struct gv_tx *tx, struct gv_fail *fail)
{
    const bool many = unlock->multisig.keys != 0;
    const uint32_t need = many ? unlock->multisig.need : 1;
    struct gv_hash256 digest;
    if (unlock->sigs < need) {
        return gv_fail(fail, GV_ERR_INVALID, "psbt.no_signature",
                       "the input has %u of the %u signatures it needs", (unsigned)unlock->sigs,
                       (unsigned)need);
    }
    if (!many && unlock->sigs > 1) {
        return gv_unlock_refuse(fail, "psbt.extra_signature",
                                "the input carries more than the one signature it needs");
    }
    digest_of(&digest, unlock, tx);
    if (unlock->type == GV_UNLOCK_P2TR_KEY || unlock->type == GV_UNLOCK_P2TR_SCRIPT) {
        return verify_taproot(unlock, &digest, fail);
    }
    if (!many) {
        return verify_single(unlock, &digest, fail);
    }
    return unlock->final ? verify_in_order(unlock, &digest, fail)
                         : verify_by_key(unlock, &digest, fail);
}

void gv_unlock_write_final(struct gv_writer *script_sig, struct gv_writer *witness,
                           const struct gv_unlock *unlock)
{
    GV_ASSERT(gv_unlock_is_segwit(unlock->type));
    if (unlock->redeem.n != 0) {
        gv_script_write_push(script_sig, unlock->redeem);
    }
    if (unlock->multisig.keys != 0) {
        gv_write_compact(witness, unlock->sigs + 2u);
        gv_write_compact(witness, 0);
        for (uint32_t i = 0; i < unlock->sigs; i++) {
            gv_write_var_bytes(witness, unlock->sig[i].sig);
        }
        gv_write_var_bytes(witness, unlock->witness_script);
        return;
    }
    const bool by_script = unlock->type == GV_UNLOCK_P2TR_SCRIPT;
    const bool by_key = unlock->type == GV_UNLOCK_P2TR_KEY;
    gv_write_compact(witness, by_script ? 3 : (by_key ? 1 : 2));
    gv_write_var_bytes(witness, unlock->sig[0].sig);
    if (by_script) {
        gv_write_var_bytes(witness, unlock->tap_script);
        gv_write_var_bytes(witness, unlock->tap_control);
    } else if (!by_key) {
        gv_write_var_bytes(witness, unlock->sig[0].key);
    }
}
