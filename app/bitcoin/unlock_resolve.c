#include "app/bitcoin/sig.h"
#include "app/bitcoin/unlock.h"
#include "app/bitcoin/unlock_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

enum gv_err gv_unlock_refuse(struct gv_fail *fail, const char *code, const char *text)
{
    return gv_fail(fail, GV_ERR_INVALID, code, "%s", text);
}

bool gv_unlock_is_segwit(enum gv_unlock_type type)
{
    switch (type) {
    case GV_UNLOCK_P2WPKH:
    case GV_UNLOCK_P2SH_P2WPKH:
    case GV_UNLOCK_P2WSH_MULTISIG:
    case GV_UNLOCK_P2SH_P2WSH_MULTISIG:
    case GV_UNLOCK_P2TR_KEY:
    case GV_UNLOCK_P2TR_SCRIPT:
        return true;
    case GV_UNLOCK_UNKNOWN:
    case GV_UNLOCK_P2PKH:
    case GV_UNLOCK_P2SH_MULTISIG:
        break;
    }
    return false;
}

static const char *name_of(const struct gv_unlock *unlock)
{
    switch (unlock->type) {
    case GV_UNLOCK_UNKNOWN:
        break;
    case GV_UNLOCK_P2PKH:
        return "p2pkh";
    case GV_UNLOCK_P2SH_MULTISIG:
        return "p2sh";
    case GV_UNLOCK_P2WPKH:
        return "p2wpkh";
    case GV_UNLOCK_P2SH_P2WPKH:
        return "p2sh-p2wpkh";
    case GV_UNLOCK_P2WSH_MULTISIG:
        return "p2wsh";
    case GV_UNLOCK_P2SH_P2WSH_MULTISIG:
        return "p2sh-p2wsh";
    case GV_UNLOCK_P2TR_KEY:
        return "p2tr";
    case GV_UNLOCK_P2TR_SCRIPT:
        return "p2tr-script";
    }
    return gv_script_type_name(gv_script_classify(unlock->prevout.script));
}

void gv_unlock_name(char out[GV_UNLOCK_NAME_MAX], const struct gv_unlock *unlock)
{
    const char *const name = name_of(unlock);
    if (unlock->multisig.keys == 0) {
        gv_format_cut(out, GV_UNLOCK_NAME_MAX, "%s", name);
    } else {
        gv_format_cut(out, GV_UNLOCK_NAME_MAX, "%s-%uof%u", name, unlock->multisig.need,
                      unlock->multisig.keys);
    }
}

void gv_unlock_begin(struct gv_unlock *unlock, const struct gv_tx_output *prevout)
{
    unlock->type = GV_UNLOCK_UNKNOWN;
    unlock->final = false;
    unlock->prevout = *prevout;
    unlock->redeem = gv_view_of(NULL, 0);
    unlock->witness_script = gv_view_of(NULL, 0);
    unlock->multisig.keys = 0;
    unlock->sigs = 0;
}

/* ---- scripts ---------------------------------------------------------------------------------- */

static enum gv_err resolve_witness_script(struct gv_unlock *unlock, struct gv_view program,
                                          struct gv_view script, struct gv_fail *fail)
{
    struct gv_hash256 hash;
    if (script.p == NULL) {
        return gv_unlock_refuse(fail, "psbt.script_mismatch", "the witness script is missing");
    }
    gv_sha256_of(&hash, script);
    if (!gv_view_equal(program, gv_view_of(hash.b, sizeof hash.b))) {
        return gv_unlock_refuse(fail, "psbt.script_mismatch",
                                "the witness script does not hash to the script that is spent");
    }
    if (!gv_multisig_parse(&unlock->multisig, script)) {
        unlock->multisig.keys = 0;
        return gv_unlock_refuse(fail, "psbt.script_type",
                                "the witness script is no multisig script, other scripts are not "
                                "supported");
    }
    unlock->witness_script = script;
    return GV_OK;
}

static bool hashes_to(struct gv_view script, struct gv_view hash160)
{
    struct gv_hash160 hash;
    gv_hash160_of(&hash, script);
    return gv_view_equal(hash160, gv_view_of(hash.b, sizeof hash.b));
}

static enum gv_err resolve_p2sh(struct gv_unlock *unlock, struct gv_view redeem,
                                struct gv_view witness_script, struct gv_fail *fail)
{
    if (redeem.p == NULL) {
        return gv_unlock_refuse(fail, "psbt.script_mismatch", "the redeem script is missing");
    }
    if (!hashes_to(redeem, gv_view_of(unlock->prevout.script.p + 2, 20))) {
        return gv_unlock_refuse(fail, "psbt.script_mismatch",
                                "the redeem script does not hash to the script that is spent");
    }
    unlock->redeem = redeem;
    const enum gv_script_type type = gv_script_classify(redeem);
    if (type == GV_SCRIPT_P2WPKH) {
        unlock->type = GV_UNLOCK_P2SH_P2WPKH;
        unlock->program = gv_view_of(redeem.p + 2, 20);
        return GV_OK;
    }
    if (type == GV_SCRIPT_P2WSH) {
        const enum gv_err err =
            resolve_witness_script(unlock, gv_view_of(redeem.p + 2, 32), witness_script, fail);
        if (err == GV_OK) {
            unlock->type = GV_UNLOCK_P2SH_P2WSH_MULTISIG;
        }
        return err;
    }
    if (type == GV_SCRIPT_MULTISIG && gv_multisig_parse(&unlock->multisig, redeem)) {
        unlock->type = GV_UNLOCK_P2SH_MULTISIG;
        return GV_OK;
    }
    return gv_unlock_refuse(fail, "psbt.script_type",
                            "the redeem script is of a kind that is not supported");
}

enum gv_err gv_unlock_resolve(struct gv_unlock *unlock, struct gv_view redeem,
                              struct gv_view witness_script, struct gv_fail *fail)
{
    const struct gv_view script = unlock->prevout.script;
    enum gv_err err = GV_OK;
    switch (gv_script_classify(script)) {
    case GV_SCRIPT_P2PKH:
        unlock->type = GV_UNLOCK_P2PKH;
        unlock->program = gv_view_of(script.p + 3, 20);
        return GV_OK;
    case GV_SCRIPT_P2WPKH:
        unlock->type = GV_UNLOCK_P2WPKH;
        unlock->program = gv_view_of(script.p + 2, 20);
        return GV_OK;
    case GV_SCRIPT_P2TR:
        unlock->type = GV_UNLOCK_P2TR_KEY;
        unlock->program = gv_view_of(script.p + 2, 32);
        return GV_OK;
    case GV_SCRIPT_P2SH:
        return resolve_p2sh(unlock, redeem, witness_script, fail);
    case GV_SCRIPT_P2WSH:
        err = resolve_witness_script(unlock, gv_view_of(script.p + 2, 32), witness_script, fail);
        if (err == GV_OK) {
            unlock->type = GV_UNLOCK_P2WSH_MULTISIG;
        }
        return err;
    case GV_SCRIPT_NONSTANDARD:
    case GV_SCRIPT_P2PK:
    case GV_SCRIPT_MULTISIG:
    case GV_SCRIPT_NULLDATA:
    case GV_SCRIPT_ANCHOR:
    case GV_SCRIPT_WITNESS_UNKNOWN:
        break;
    }
    return gv_unlock_refuse(fail, "psbt.script_type",
                            "the script that is spent is of a kind that is not supported");
}

/* <32-byte key> OP_CHECKSIG */
static bool is_single_key_leaf(struct gv_view script)
{
    return script.n == 34 && script.p[0] == 32 && script.p[33] == GV_OP_CHECKSIG;
}

enum gv_err gv_unlock_resolve_leaf(struct gv_unlock *unlock, struct gv_view script,
                                   struct gv_view control, struct gv_fail *fail)
{
    GV_ASSERT(unlock->type == GV_UNLOCK_P2TR_KEY);
    unlock->type = GV_UNLOCK_P2TR_SCRIPT;
    if (control.n == 0 || (control.p[0] & 0xfeu) != GV_TAPSCRIPT_LEAF ||
        !is_single_key_leaf(script)) {
        return gv_unlock_refuse(fail, "psbt.script_type",
                                "a taproot script path of this kind is not supported");
    }
    gv_taproot_leaf(&unlock->tap_leaf, GV_TAPSCRIPT_LEAF, script);
    if (!gv_taproot_control_leads(unlock->program, control, &unlock->tap_leaf)) {
        return gv_unlock_refuse(fail, "psbt.script_mismatch",
                                "the taproot control block does not lead to the output key");
    }
    unlock->tap_script = script;
    unlock->tap_control = control;
    unlock->tap_key = gv_view_of(script.p + 1, 32);
    return GV_OK;
}
