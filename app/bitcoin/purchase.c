#include "app/bitcoin/purchase.h"

#include "app/bitcoin/psbt.h"
#include "app/bitcoin/script.h"

#define SELLER_INDEX 1u
#define OUTPUTS_MAX  3u
/* Replaceable: a buyer can raise the fee. */
#define BUYER_SEQUENCE 0xfffffffdu

/* What the served PSBT says. */
struct seller {
    struct gv_psbt psbt;
    struct gv_psbt_write_input input;
    struct gv_tx_output payout;
};

static enum gv_err refuse(struct gv_fail *fail, const char *code, const char *text)
{
    return gv_fail(fail, GV_ERR_INVALID, code, "%s", text);
}

/* ---- the seller's part --------------------------------------------------------------------------- */

static enum gv_err read_seller(struct seller *seller, struct gv_view served, struct gv_fail *fail)
{
    struct gv_tx_input in;
    if (gv_psbt_parse(&seller->psbt, served, NULL) != GV_OK || seller->psbt.version != 0 ||
        seller->psbt.input_count != 1 || seller->psbt.output_count != 1) {
        return refuse(fail, "purchase.psbt", "the listing's PSBT is not in its served form");
    }
    const struct gv_view *const field = seller->psbt.input.field;
    if (field[GV_PSBT_IN_WITNESS_UTXO].p == NULL ||
        field[GV_PSBT_IN_FINAL_SCRIPTWITNESS].p == NULL ||
        !gv_tx_input_at(&seller->psbt.tx, 0, &in) ||
        !gv_tx_output_at(&seller->psbt.tx, 0, &seller->payout)) {
        return refuse(fail, "purchase.psbt", "the listing's PSBT is not finalised");
    }
    struct gv_reader utxo = gv_reader_of(field[GV_PSBT_IN_WITNESS_UTXO]);
    seller->input = (struct gv_psbt_write_input){
        .outpoint = in.outpoint,
        .sequence = in.sequence,
        .script_sig = field[GV_PSBT_IN_FINAL_SCRIPTSIG],
        .witness = field[GV_PSBT_IN_FINAL_SCRIPTWITNESS],
    };
    seller->input.utxo.value_sat = gv_read_u64le(&utxo);
    seller->input.utxo.script = gv_read_var_bytes(&utxo);
    return GV_OK;
}

/* ---- the buyer's part ---------------------------------------------------------------------------- */

/* Weight of a signed input: four times the plain bytes, plus the witness. 0: not supported. */
static uint32_t input_weight(struct gv_view script)
{
    switch (gv_script_classify(script)) {
    case GV_SCRIPT_P2PKH: /* 36 + 1 + 107 + 4, and an empty witness stack */
        return 4u * 148u + 1u;
    case GV_SCRIPT_P2SH: /* scriptSig 23 */
        return 4u * (36u + 1u + 23u + 4u) + 108u;
    case GV_SCRIPT_P2WPKH: /* stack 1, signature 1 + 72, key 1 + 33 */
        return 4u * 41u + 108u;
    case GV_SCRIPT_P2TR: /* stack 1, signature 1 + 64 */
        return 4u * 41u + 66u;
    case GV_SCRIPT_NONSTANDARD:
    case GV_SCRIPT_P2PK:
    case GV_SCRIPT_P2WSH:
    case GV_SCRIPT_MULTISIG:
    case GV_SCRIPT_NULLDATA:
    case GV_SCRIPT_ANCHOR:
    case GV_SCRIPT_WITNESS_UNKNOWN:
        break;
    }
    return 0;
}

static bool is_payable(struct gv_view script)
{
    return input_weight(script) != 0 || gv_script_classify(script) == GV_SCRIPT_P2WSH;
}

static enum gv_err check_coins(const struct gv_purchase_order *order, const struct seller *seller,
                               struct gv_fail *fail)
{
    if (order->coin_count == 0 || order->coin_count > GV_PURCHASE_INPUTS_MAX) {
        return gv_fail(fail, GV_ERR_INVALID, "purchase.inputs",
                       "a purchase takes 1 to %u inputs of the buyer, not %u",
                       GV_PURCHASE_INPUTS_MAX, (unsigned)order->coin_count);
    }
    for (uint32_t i = 0; i < order->coin_count; i++) {
        const struct gv_purchase_coin *const coin = &order->coins[i];
        if (input_weight(gv_spk_view(&coin->script)) == 0) {
            return gv_fail(fail, GV_ERR_INVALID, "purchase.script_type",
                           "input %u is neither P2WPKH, P2TR, P2SH-P2WPKH nor P2PKH", (unsigned)i);
        }
        bool twice = gv_outpoint_equal(&coin->outpoint, &seller->input.outpoint);
        for (uint32_t k = 0; k < i; k++) {
            twice = twice || gv_outpoint_equal(&coin->outpoint, &order->coins[k].outpoint);
        }
        if (twice) {
            return gv_fail(fail, GV_ERR_INVALID, "purchase.duplicate_input",
                           "input %u is spent twice, or is what the seller sells", (unsigned)i);
        }
    }
    return GV_OK;
}

static enum gv_err check_outputs(const struct gv_purchase_order *order, struct gv_fail *fail)
{
    const struct gv_view receive = gv_spk_view(&order->receive);
    if (!is_payable(receive)) {
        return refuse(fail, "purchase.receive",
                      "the asset must go to an ordinary address: it moves to the first output");
    }
    if (order->receive_value.v < gv_script_dust(receive).v) {
        return gv_fail(fail, GV_ERR_INVALID, "purchase.receive",
                       "the receiving output needs at least %llu sat",
                       (unsigned long long)gv_script_dust(receive).v);
    }
    if (!is_payable(gv_spk_view(&order->change))) {
        return refuse(fail, "purchase.change", "the change must go to an ordinary address");
    }
    if (order->fee_rate_sat_per_kvb < GV_FEE_RATE_MIN ||
        order->fee_rate_sat_per_kvb > GV_FEE_RATE_MAX) {
        return gv_fail(fail, GV_ERR_INVALID, "purchase.fee_rate",
                       "the fee rate must lie between 1 and 2000 sat/vB");
    }
    return GV_OK;
}

/* ---- fee and change ------------------------------------------------------------------------------- */

static uint32_t output_bytes(struct gv_view script)
{
    return (uint32_t)(8u + gv_compact_size(script.n) + script.n);
}

/* Signed transaction without a change output. */
static uint32_t base_weight(const struct gv_purchase_order *order, const struct seller *seller)
{
    const struct gv_psbt_write_input *const in = &seller->input;
    /* version, input and output counts, lock time; marker and flag */
    uint32_t weight = 4u * (4u + 1u + 1u + 4u) + 2u;
    for (uint32_t i = 0; i < order->coin_count; i++) {
        weight += input_weight(gv_spk_view(&order->coins[i].script));
    }
    weight += 4u * (uint32_t)(40u + gv_compact_size(in->script_sig.n) + in->script_sig.n);
    weight += (uint32_t)in->witness.n;
    weight += 4u * output_bytes(gv_spk_view(&order->receive));
    weight += 4u * output_bytes(seller->payout.script);
    return weight;
}

static struct gv_sat fee_of(uint32_t vsize, uint64_t rate_sat_per_kvb)
{
    return (struct gv_sat){(rate_sat_per_kvb * vsize + 999u) / 1000u};
}

/* Everything that goes in, and everything that must come out before fee and change. */
static bool sums(struct gv_sat *in, struct gv_sat *out, const struct gv_purchase_order *order,
                 const struct seller *seller)
{
    struct gv_sat payout;
    if (!gv_sat_of(in, seller->input.utxo.value_sat) ||
        !gv_sat_of(&payout, seller->payout.value_sat)) {
        return false;
    }
    for (uint32_t i = 0; i < order->coin_count; i++) {
        if (!gv_sat_add(in, *in, order->coins[i].amount)) {
            return false;
        }
    }
    return gv_sat_add(out, payout, order->receive_value);
}

static enum gv_err settle(struct gv_purchase *out, const struct gv_purchase_order *order,
                          const struct seller *seller, struct gv_fail *fail)
{
    const struct gv_view change_script = gv_spk_view(&order->change);
    const uint32_t plain = base_weight(order, seller);
    const uint32_t with_change = plain + 4u * output_bytes(change_script);
    const struct gv_sat plain_fee = fee_of((plain + 3u) / 4u, order->fee_rate_sat_per_kvb);
    const struct gv_sat change_fee = fee_of((with_change + 3u) / 4u, order->fee_rate_sat_per_kvb);
    struct gv_sat in;
    struct gv_sat paid;
    struct gv_sat need;
    if (!sums(&in, &paid, order, seller) || !gv_sat_add(&need, paid, plain_fee)) {
        return refuse(fail, "purchase.value_range", "the amounts add up to more than can exist");
    }
    struct gv_sat rest;
    if (!gv_sat_sub(&rest, in, need)) {
        return gv_fail(
            fail, GV_ERR_INVALID, "purchase.insufficient_funds",
            "the inputs hold %llu sat, the purchase needs %llu sat: %llu sat are missing",
            (unsigned long long)in.v, (unsigned long long)need.v,
            (unsigned long long)(need.v - in.v));
    }

    *out = (struct gv_purchase){.fee = {plain_fee.v + rest.v}, .vsize = (plain + 3u) / 4u};
    const uint64_t extra = change_fee.v - plain_fee.v;
    if (rest.v >= extra && rest.v - extra >= gv_script_dust(change_script).v) {
        out->fee = change_fee;
        out->change = (struct gv_sat){rest.v - extra};
        out->vsize = (with_change + 3u) / 4u;
        out->has_change = true;
    }
    return GV_OK;
}

/* ---- the PSBT ---------------------------------------------------------------------------------------- */

static struct gv_psbt_write_input coin_input(const struct gv_purchase_coin *coin)
{
    const struct gv_view script = gv_spk_view(&coin->script);
    struct gv_psbt_write_input input = {.outpoint = coin->outpoint, .sequence = BUYER_SEQUENCE};
    if (gv_script_classify(script) != GV_SCRIPT_P2PKH) {
        input.utxo.value_sat = coin->amount.v;
        input.utxo.script = script;
    }
    return input;
}

enum gv_err gv_purchase_write(struct gv_writer *w, struct gv_purchase *out, struct gv_view served,
                              const struct gv_purchase_order *order, struct gv_fail *fail)
{
    struct gv_psbt_write_input inputs[GV_PURCHASE_INPUTS_MAX + 1];
    struct gv_tx_output outputs[OUTPUTS_MAX];
    struct seller seller;
    enum gv_err err = read_seller(&seller, served, fail);
    if (err == GV_OK) {
        err = check_coins(order, &seller, fail);
    }
    if (err == GV_OK) {
        err = check_outputs(order, fail);
    }
    if (err == GV_OK) {
        err = settle(out, order, &seller, fail);
    }
    if (err != GV_OK) {
        return err;
    }

    inputs[0] = coin_input(&order->coins[0]);
    inputs[SELLER_INDEX] = seller.input;
    for (uint32_t i = 1; i < order->coin_count; i++) {
        inputs[SELLER_INDEX + i] = coin_input(&order->coins[i]);
    }
    outputs[0] = (struct gv_tx_output){order->receive_value.v, gv_spk_view(&order->receive)};
    outputs[SELLER_INDEX] = seller.payout;
    outputs[2] = (struct gv_tx_output){out->change.v, gv_spk_view(&order->change)};
    gv_psbt_write(w, seller.psbt.tx_version, seller.psbt.locktime, inputs, order->coin_count + 1u,
                  outputs, out->has_change ? 3 : 2);
    if (w->full) {
        return gv_fail(fail, GV_ERR_FULL, "purchase.full", "the buffer for the purchase is full");
    }
    return GV_OK;
}
