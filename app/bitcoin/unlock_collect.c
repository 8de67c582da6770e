#include "app/bitcoin/sig.h"
#include "app/bitcoin/unlock.h"
#include "app/bitcoin/unlock_internal.h"

/* BIP341: the last of two or more witness items is an annex when it begins with this byte. */
#define ANNEX_TAG 0x50u

static void add_sig(struct gv_unlock *unlock, struct gv_view key, struct gv_view sig)
{
    unlock->sig[unlock->sigs] = (struct gv_unlock_sig){.key = key, .sig = sig};
    unlock->sigs++;
}

static enum gv_err bad_shape(struct gv_fail *fail, const char *text)
{
    return gv_unlock_refuse(fail, "psbt.witness_shape", text);
}

/* ---- finished scripts --------------------------------------------------------------------------- */

/* The pushes of a scriptSig, as a stack. Returns: false when it does anything else. */
static bool pushes_of(struct gv_stack *out, struct gv_view script_sig)
{
    struct gv_reader r = gv_reader_of(script_sig);
    struct gv_script_op op;
    out->count = 0;
    while (gv_script_next(&r, &op)) {
        if (op.opcode > GV_OP_PUSHDATA4 || out->count == GV_STACK_ITEMS_MAX) {
            return false;
        }
        out->item[out->count] = op.data;
        out->count++;
    }
    return !r.bad;
}

/* Empty item, as many signatures as are needed, script. */
static enum gv_err take_multisig(struct gv_unlock *unlock, const struct gv_stack *stack,
                                 struct gv_fail *fail)
{
    if (stack->count != unlock->multisig.need + 2u || stack->item[0].n != 0) {
        return bad_shape(fail,
                         "a multisig spend is an empty item, the signatures it needs, and its "
                         "script");
    }
    for (uint32_t i = 0; i < unlock->multisig.need; i++) {
        add_sig(unlock, gv_view_of(NULL, 0), stack->item[i + 1]);
    }
    return GV_OK;
}

static enum gv_err take_single(struct gv_unlock *unlock, const struct gv_stack *stack,
                               struct gv_fail *fail)
{
    if (stack->count != 2) {
        return bad_shape(fail, "a single-key spend is one signature and one key");
    }
    add_sig(unlock, stack->item[1], stack->item[0]);
    return GV_OK;
}

static enum gv_err take_taproot(struct gv_unlock *unlock, const struct gv_stack *stack,
                                struct gv_fail *fail)
{
    const struct gv_view none = {0};
    if (stack->count == 1) {
        add_sig(unlock, none, stack->item[0]);
        return GV_OK;
    }
    if (stack->count != 3 || (stack->item[2].n > 0 && stack->item[2].p[0] == ANNEX_TAG)) {
        return bad_shape(fail, "a taproot spend is one signature, or signature, script and control "
                               "block, without an annex");
    }
    add_sig(unlock, none, stack->item[0]);
    return gv_unlock_resolve_leaf(unlock, stack->item[1], stack->item[2], fail);
}

/* Where scriptSig and witness must stand for a type, beyond the signatures. */
static enum gv_err check_places(const struct gv_unlock *unlock, struct gv_view script_sig,
                                struct gv_view witness, struct gv_fail *fail)
{
    struct gv_view push;
    if (!gv_unlock_is_segwit(unlock->type)) {
        if (witness.n != 0) {
            return bad_shape(fail, "a legacy input has no witness");
        }
        return GV_OK;
    }
    if (witness.n == 0) {
        return bad_shape(fail, "the witness is missing");
    }
    if (unlock->redeem.n == 0 && script_sig.n != 0) {
        return bad_shape(fail, "a native segwit input has no scriptSig");
    }
    if (unlock->redeem.n != 0 && !gv_script_single_push(script_sig, &push)) {
        return bad_shape(fail, "the scriptSig of wrapped segwit is one push of the redeem script");
    }
    return GV_OK;
}

enum gv_err gv_unlock_of_final(struct gv_unlock *unlock, const struct gv_tx_output *prevout,
                               struct gv_view script_sig, struct gv_view witness,
                               struct gv_fail *fail)
{
    const struct gv_view none = {0};
    struct gv_stack pushes;
    struct gv_stack stack = {.count = 0};
    gv_unlock_begin(unlock, prevout);
    unlock->final = true;
    if (!pushes_of(&pushes, script_sig)) {
        return bad_shape(fail, "the scriptSig does more than push");
    }
    if (witness.n != 0 && gv_stack_parse(&stack, witness) != GV_WIRE_OK) {
        return bad_shape(fail, "the witness is no stack");
    }
    if (stack.count > GV_STACK_ITEMS_MAX) {
        return bad_shape(fail, "the witness has more items than any supported script takes");
    }

    const struct gv_view redeem = pushes.count > 0 ? pushes.item[pushes.count - 1] : none;
    const struct gv_view script = stack.count > 0 ? stack.item[stack.count - 1] : none;
    enum gv_err err = gv_unlock_resolve(unlock, redeem, script, fail);
    if (err == GV_OK) {
        err = check_places(unlock, script_sig, witness, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    switch (unlock->type) {
    case GV_UNLOCK_P2PKH:
        return take_single(unlock, &pushes, fail);
    case GV_UNLOCK_P2SH_MULTISIG:
        return take_multisig(unlock, &pushes, fail);
    case GV_UNLOCK_P2WPKH:
    case GV_UNLOCK_P2SH_P2WPKH:
        return take_single(unlock, &stack, fail);
    case GV_UNLOCK_P2WSH_MULTISIG:
    case GV_UNLOCK_P2SH_P2WSH_MULTISIG:
        return take_multisig(unlock, &stack, fail);
    case GV_UNLOCK_P2TR_KEY:
    case GV_UNLOCK_P2TR_SCRIPT:
        return take_taproot(unlock, &stack, fail);
    case GV_UNLOCK_UNKNOWN:
        break;
    }
    return gv_unlock_refuse(fail, "psbt.script_type", "the script is of an unknown kind");
}

/* ---- signature fields ------------------------------------------------------------------------------ */

static enum gv_err extra(struct gv_fail *fail)
{
    return gv_unlock_refuse(fail, "psbt.extra_signature",
                            "the input carries signatures that its spend has no use for");
}

static bool holds_field(const struct gv_psbt_map *input, uint64_t type)
{
    struct gv_reader r = gv_reader_of(input->entries);
    struct gv_psbt_entry entry;
    while (gv_psbt_next_entry(&r, &entry)) {
        if (entry.type == type) {
            return true;
        }
    }
    return false;
}

static enum gv_err collect_partial(struct gv_unlock *unlock, const struct gv_psbt_map *input,
                                   struct gv_fail *fail)
{
    struct gv_reader r = gv_reader_of(input->entries);
    struct gv_psbt_entry entry;
    while (gv_psbt_next_entry(&r, &entry)) {
        if (entry.type != GV_PSBT_IN_PARTIAL_SIG) {
            continue;
        }
        if (unlock->sigs == GV_MULTISIG_KEYS_MAX) {
            return extra(fail);
        }
        add_sig(unlock, entry.key_data, entry.value);
    }
    return GV_OK;
}

/* The leaf that a script path signature names by its hash. */
static enum gv_err collect_leaf(struct gv_unlock *unlock, const struct gv_psbt_map *input,
                                struct gv_view leaf_hash, struct gv_fail *fail)
{
    struct gv_reader r = gv_reader_of(input->entries);
    struct gv_psbt_entry entry;
    while (gv_psbt_next_entry(&r, &entry)) {
        if (entry.type != GV_PSBT_IN_TAP_LEAF_SCRIPT) {
            continue;
        }
        const struct gv_view script = gv_view_of(entry.value.p, entry.value.n - 1);
        struct gv_hash256 hash;
        gv_taproot_leaf(&hash, entry.value.p[script.n], script);
        if (gv_view_equal(leaf_hash, gv_view_of(hash.b, sizeof hash.b))) {
            return gv_unlock_resolve_leaf(unlock, script, entry.key_data, fail);
        }
    }
    return gv_unlock_refuse(fail, "psbt.script_mismatch",
                            "the leaf script of the taproot signature is missing");
}

static enum gv_err collect_taproot(struct gv_unlock *unlock, const struct gv_psbt_map *input,
                                   struct gv_fail *fail)
{
    const struct gv_view key_sig = input->field[GV_PSBT_IN_TAP_KEY_SIG];
    struct gv_view key = {0};
    struct gv_view leaf_hash = {0};
    struct gv_reader r = gv_reader_of(input->entries);
    struct gv_psbt_entry entry;
    if (key_sig.p != NULL) {
        add_sig(unlock, key, key_sig);
    }
    while (gv_psbt_next_entry(&r, &entry)) {
        if (entry.type == GV_PSBT_IN_PARTIAL_SIG) {
            return extra(fail);
        }
        if (entry.type != GV_PSBT_IN_TAP_SCRIPT_SIG) {
            continue;
        }
        if (unlock->sigs > 0) {
            return extra(fail);
        }
        key = gv_view_of(entry.key_data.p, 32);
        leaf_hash = gv_view_of(entry.key_data.p + 32, 32);
        add_sig(unlock, key, entry.value);
    }
    return leaf_hash.n == 0 ? GV_OK : collect_leaf(unlock, input, leaf_hash, fail);
}

enum gv_err gv_unlock_of_psbt(struct gv_unlock *unlock, const struct gv_tx_output *prevout,
                              const struct gv_psbt_map *input, struct gv_fail *fail)
{
    const struct gv_view script_sig = input->field[GV_PSBT_IN_FINAL_SCRIPTSIG];
    const struct gv_view witness = input->field[GV_PSBT_IN_FINAL_SCRIPTWITNESS];
    if (script_sig.p != NULL || witness.p != NULL) {
        const enum gv_err err = gv_unlock_of_final(unlock, prevout, script_sig, witness, fail);
        if (err == GV_OK && (holds_field(input, GV_PSBT_IN_PARTIAL_SIG) ||
                             holds_field(input, GV_PSBT_IN_TAP_KEY_SIG) ||
                             holds_field(input, GV_PSBT_IN_TAP_SCRIPT_SIG))) {
            return extra(fail);
        }
        return err;
    }
    gv_unlock_begin(unlock, prevout);
    const enum gv_err err = gv_unlock_resolve(unlock, input->field[GV_PSBT_IN_REDEEM_SCRIPT],
                                              input->field[GV_PSBT_IN_WITNESS_SCRIPT], fail);
    if (err != GV_OK) {
        return err;
    }
    if (unlock->type == GV_UNLOCK_P2TR_KEY) {
        return collect_taproot(unlock, input, fail);
    }
    return collect_partial(unlock, input, fail);
}
