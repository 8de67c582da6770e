/* What the box writes for wallets to sign: rungs of a ladder and purchases around a seller's pair.
 * Fee estimates are held against real purchases of the same shape. */
#include "app/bitcoin/evidence.h"
#include "app/bitcoin/ladder.h"
#include "app/bitcoin/pair_match.h"
#include "app/bitcoin/purchase.h"
#include "app/bitcoin/script.h"
#include "app/bitcoin/sighash.h"
#include "firmware/base/text.h"
#include "tests/unit/bitcoin/cmocka_include.h"
#include "tests/unit/bitcoin/signer.h"
#include "tests/unit/bitcoin/vectors.h"

static const uint8_t p2wpkh[22] = {0, 20, 7};
static const uint8_t p2tr[34] = {0x51, 32, 9};
static const uint8_t p2pkh[25] = {0x76, 0xa9, 20, [23] = 0x88, [24] = 0xac};

/* ---- ladder ---------------------------------------------------------------------------------------- */

static struct gv_ladder_rung good_rung(void)
{
    return (struct gv_ladder_rung){
        .outpoint = {.txid = {.b = {1}}, .vout = 3},
        .prevout = {10000, gv_view_of(p2tr, sizeof p2tr)},
        .payout = gv_view_of(p2wpkh, sizeof p2wpkh),
        .block = 900000,
        .price = {50000},
    };
}

static void a_rung_is_locked_to_its_block_and_asks_for_0x83(void **state)
{
    (void)state;
    uint8_t bytes[GV_PSBT_SERVED_MAX];
    struct gv_writer w = gv_writer_of(bytes, sizeof bytes);
    const struct gv_ladder_rung rung = good_rung();
    struct gv_psbt psbt;
    struct gv_tx_input in;
    struct gv_tx_output out;
    assert_int_equal(gv_ladder_write(&w, &rung, NULL), GV_OK);
    assert_int_equal(gv_psbt_parse(&psbt, gv_written(&w), NULL), GV_OK);
    assert_int_equal(psbt.tx_version, 2);
    assert_int_equal(psbt.locktime, 900000);
    assert_int_equal(psbt.input_count, 1);
    assert_int_equal(psbt.output_count, 1);
    assert_true(gv_tx_input_at(&psbt.tx, 0, &in));
    assert_true(gv_tx_output_at(&psbt.tx, 0, &out));
    assert_true(gv_outpoint_equal(&in.outpoint, &rung.outpoint));
    assert_int_equal(in.sequence, GV_LADDER_SEQUENCE);
    assert_int_equal(out.value_sat, 50000);
    assert_true(gv_view_equal(out.script, rung.payout));
    const struct gv_view sighash = psbt.input.field[GV_PSBT_IN_SIGHASH_TYPE];
    assert_int_equal(sighash.n, 4);
    assert_int_equal(sighash.p[0], GV_SIGHASH_LISTING);
    assert_int_equal(psbt.input.field[GV_PSBT_IN_WITNESS_UTXO].n, 8 + 1 + sizeof p2tr);

    struct gv_psbt_verdict verdict;
    static uint8_t served[GV_PSBT_SERVED_MAX];
    const struct gv_psbt_terms terms = {.outpoint = rung.outpoint,
                                        .prevout = rung.prevout,
                                        .price_sat = 50000,
                                        .has_block = true,
                                        .block = 900000};
    gv_psbt_check(&verdict, served, gv_written(&w), &terms);
    assert_string_equal(verdict.code, "psbt.no_signature");
}

static void expect_no_rung(const struct gv_ladder_rung *rung, const char *code)
{
    uint8_t bytes[GV_PSBT_SERVED_MAX];
    struct gv_writer w = gv_writer_of(bytes, sizeof bytes);
    struct gv_fail fail;
    assert_int_equal(gv_ladder_write(&w, rung, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, code);
}

static void rungs_that_could_not_be_listed_are_not_made(void **state)
{
    (void)state;
    struct gv_ladder_rung rung = good_rung();
    rung.prevout.script = gv_view_of(p2pkh, sizeof p2pkh);
    expect_no_rung(&rung, "ladder.script_type");
    rung = good_rung();
    rung.payout = gv_view_of("\x6a", 1);
    expect_no_rung(&rung, "ladder.payout");
    rung = good_rung();
    rung.prevout.value_sat = 100;
    rung.price.v = 293;
    expect_no_rung(&rung, "ladder.dust");
    rung = good_rung();
    rung.price.v = 9999;
    expect_no_rung(&rung, "ladder.price_below_utxo");
    rung = good_rung();
    rung.block = 0;
    expect_no_rung(&rung, "ladder.block");
    rung.block = 500000000;
    expect_no_rung(&rung, "ladder.block");
}

/* ---- purchase -------------------------------------------------------------------------------------- */

static uint8_t served[GV_PSBT_SERVED_MAX];
static size_t served_len;
static struct gv_psbt_terms listing;
static struct gv_purchase_coin coins[GV_PURCHASE_INPUTS_MAX + 1];

static struct gv_spk spk(const uint8_t *bytes, size_t n)
{
    struct gv_spk out;
    assert_true(gv_spk_set(&out, gv_view_of(bytes, n)));
    return out;
}

static struct gv_purchase_order good_order(void)
{
    const struct signer_plan plan = signer_plan();
    struct gv_psbt_verdict verdict;
    const struct gv_view psbt = signer_psbt(&listing, &plan);
    gv_psbt_check(&verdict, served, psbt, &listing);
    assert_true(verdict.listable);
    served_len = verdict.served_len;
    memset(coins, 0, sizeof coins);
    for (uint32_t i = 0; i <= GV_PURCHASE_INPUTS_MAX; i++) {
        coins[i].outpoint.vout = i;
        coins[i].amount.v = 200000;
        coins[i].script = spk(p2wpkh, sizeof p2wpkh);
    }
    return (struct gv_purchase_order){.coins = coins,
                                      .coin_count = 2,
                                      .receive = spk(p2tr, sizeof p2tr),
                                      .receive_value = {546},
                                      .change = spk(p2wpkh, sizeof p2wpkh),
                                      .fee_rate_sat_per_kvb = 10000};
}

static struct gv_view served_view(void)
{
    return gv_view_of(served, served_len);
}

static void the_pair_stands_at_index_one_behind_the_buyer(void **state)
{
    (void)state;
    static uint8_t bytes[GV_PURCHASE_BYTES_MAX];
    struct gv_writer w = gv_writer_of(bytes, sizeof bytes);
    const struct gv_purchase_order order = good_order();
    struct gv_purchase result;
    struct gv_psbt psbt;
    struct gv_tx_input in[3];
    struct gv_tx_output out[3];
    assert_int_equal(gv_purchase_write(&w, &result, served_view(), &order, NULL), GV_OK);
    assert_int_equal(gv_psbt_parse(&psbt, gv_written(&w), NULL), GV_OK);
    assert_int_equal(psbt.tx_version, 2);
    assert_int_equal(psbt.locktime, 900000);
    assert_int_equal(psbt.input_count, 3);
    assert_int_equal(psbt.output_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(gv_tx_input_at(&psbt.tx, i, &in[i]));
        assert_true(gv_tx_output_at(&psbt.tx, i, &out[i]));
    }
    assert_true(gv_outpoint_equal(&in[0].outpoint, &coins[0].outpoint));
    assert_true(gv_outpoint_equal(&in[1].outpoint, &listing.outpoint));
    assert_true(gv_outpoint_equal(&in[2].outpoint, &coins[1].outpoint));
    assert_int_equal(in[1].sequence, 0xfffffffdu);
    assert_int_equal(out[0].value_sat, 546);
    assert_true(gv_view_equal(out[0].script, gv_spk_view(&order.receive)));
    assert_int_equal(out[1].value_sat, 250000);
    assert_true(result.has_change);
    assert_int_equal(out[2].value_sat, result.change.v);
    const uint64_t all_in = 2 * 200000 + 10000;
    assert_int_equal(all_in, 546 + 250000 + result.change.v + result.fee.v);
    assert_int_equal(result.fee.v, (uint64_t)result.vsize * 10);
}

/* With the seller's final scripts put in, the sold test recognises the purchase. */
static void the_sellers_signature_holds_in_the_purchase(void **state)
{
    (void)state;
    static uint8_t bytes[GV_PURCHASE_BYTES_MAX];
    struct gv_writer w = gv_writer_of(bytes, sizeof bytes);
    const struct gv_purchase_order order = good_order();
    struct gv_purchase result;
    struct gv_psbt whole;
    struct gv_psbt sold;
    struct gv_spend_evidence evidence;
    struct gv_tx_output pair;
    assert_int_equal(gv_purchase_write(&w, &result, served_view(), &order, NULL), GV_OK);
    assert_int_equal(gv_psbt_parse(&whole, gv_written(&w), NULL), GV_OK);
    assert_int_equal(gv_psbt_parse(&sold, served_view(), NULL), GV_OK);
    assert_true(gv_tx_output_at(&sold.tx, 0, &pair));
    gv_evidence_of(&evidence, &whole.tx, 1);
    assert_false(gv_pair_signed_by(&evidence, &listing.prevout, &pair, served_view()));
    const struct gv_view witness = sold.input.field[GV_PSBT_IN_FINAL_SCRIPTWITNESS];
    memcpy(evidence.proof, witness.p, witness.n);
    evidence.witness_len = (uint16_t)witness.n;
    assert_true(gv_pair_signed_by(&evidence, &listing.prevout, &pair, served_view()));
    assert_true(gv_pair_signed_by(&evidence, &listing.prevout, &pair, gv_view_of(NULL, 0)));
    evidence.locktime++;
    assert_false(gv_pair_signed_by(&evidence, &listing.prevout, &pair, gv_view_of(NULL, 0)));
}

static void change_below_dust_goes_to_the_fee(void **state)
{
    (void)state;
    static uint8_t bytes[GV_PURCHASE_BYTES_MAX];
    struct gv_purchase_order order = good_order();
    struct gv_purchase result;
    struct gv_writer w = gv_writer_of(bytes, sizeof bytes);
    assert_int_equal(gv_purchase_write(&w, &result, served_view(), &order, NULL), GV_OK);
    const uint64_t spare = result.change.v;
    /* Exactly dust is kept, one less is not. */
    coins[0].amount.v -= spare - 294;
    w.n = 0;
    assert_int_equal(gv_purchase_write(&w, &result, served_view(), &order, NULL), GV_OK);
    assert_true(result.has_change);
    assert_int_equal(result.change.v, 294);
    coins[0].amount.v--;
    w.n = 0;
    assert_int_equal(gv_purchase_write(&w, &result, served_view(), &order, NULL), GV_OK);
    assert_false(result.has_change);
    assert_int_equal(result.fee.v, 200000 - (spare - 294) - 1 + 200000 + 10000 - 250546);
    struct gv_psbt psbt;
    assert_int_equal(gv_psbt_parse(&psbt, gv_written(&w), NULL), GV_OK);
    assert_int_equal(psbt.output_count, 2);
}

static void expect_refused(const struct gv_purchase_order *order, const char *code)
{
    static uint8_t bytes[GV_PURCHASE_BYTES_MAX];
    struct gv_writer w = gv_writer_of(bytes, sizeof bytes);
    struct gv_purchase result;
    struct gv_fail fail;
    assert_int_equal(gv_purchase_write(&w, &result, served_view(), order, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, code);
    assert_int_equal(w.n, 0);
}

static void funds_are_enough_to_the_satoshi(void **state)
{
    (void)state;
    static uint8_t bytes[GV_PURCHASE_BYTES_MAX];
    struct gv_purchase_order order = good_order();
    struct gv_purchase result;
    struct gv_writer w = gv_writer_of(bytes, sizeof bytes);
    coins[0].amount.v = 40546 + 400; /* more than the fee, less than fee and dust */
    order.fee_rate_sat_per_kvb = 1000;
    assert_int_equal(gv_purchase_write(&w, &result, served_view(), &order, NULL), GV_OK);
    assert_false(result.has_change);
    coins[0].amount.v += result.vsize - result.fee.v; /* nothing to spare */
    w.n = 0;
    assert_int_equal(gv_purchase_write(&w, &result, served_view(), &order, NULL), GV_OK);
    assert_int_equal(result.fee.v, result.vsize);
    coins[0].amount.v--;
    expect_refused(&order, "purchase.insufficient_funds");
}

static void shapes_that_lose_the_asset_or_money_are_refused(void **state)
{
    (void)state;
    static const uint8_t op_return[2] = {0x6a, 0};
    static const uint8_t p2wsh[34] = {0, 32};
    struct gv_purchase_order order = good_order();
    order.coin_count = 0;
    expect_refused(&order, "purchase.inputs");
    order.coin_count = GV_PURCHASE_INPUTS_MAX + 1;
    expect_refused(&order, "purchase.inputs");
    order = good_order();
    coins[1].script = spk(p2wsh, sizeof p2wsh);
    expect_refused(&order, "purchase.script_type");
    order = good_order();
    coins[1].outpoint = coins[0].outpoint;
    expect_refused(&order, "purchase.duplicate_input");
    order = good_order();
    coins[0].outpoint = listing.outpoint;
    expect_refused(&order, "purchase.duplicate_input");
    order = good_order();
    order.receive = spk(op_return, sizeof op_return);
    expect_refused(&order, "purchase.receive");
    order = good_order();
    order.receive_value.v = 329;
    expect_refused(&order, "purchase.receive");
    order = good_order();
    order.change = spk(op_return, sizeof op_return);
    expect_refused(&order, "purchase.change");
    order = good_order();
    order.fee_rate_sat_per_kvb = GV_FEE_RATE_MIN - 1;
    expect_refused(&order, "purchase.fee_rate");
    order.fee_rate_sat_per_kvb = GV_FEE_RATE_MAX + 1;
    expect_refused(&order, "purchase.fee_rate");
    order = good_order();
    coins[0].amount.v = GV_SAT_MAX;
    expect_refused(&order, "purchase.value_range");
    order = good_order();
    served_len--;
    expect_refused(&order, "purchase.psbt");
}

static void thirty_two_inputs_fit_the_buffer(void **state)
{
    (void)state;
    static uint8_t bytes[GV_PURCHASE_BYTES_MAX];
    struct gv_writer w = gv_writer_of(bytes, sizeof bytes);
    struct gv_purchase_order order = good_order();
    struct gv_purchase result;
    struct gv_psbt psbt;
    for (uint32_t i = 0; i < GV_PURCHASE_INPUTS_MAX; i++) {
        coins[i].script = spk(p2tr, sizeof p2tr);
    }
    order.coin_count = GV_PURCHASE_INPUTS_MAX;
    assert_int_equal(gv_purchase_write(&w, &result, served_view(), &order, NULL), GV_OK);
    assert_int_equal(gv_psbt_parse(&psbt, gv_written(&w), NULL), GV_OK);
    assert_int_equal(psbt.input_count, GV_PURCHASE_INPUTS_MAX + 1);
    struct gv_writer small = gv_writer_of(bytes, 500);
    assert_int_equal(gv_purchase_write(&small, &result, served_view(), &order, NULL), GV_ERR_FULL);
}

/* ---- fees against real purchases ---------------------------------------------------------------------- */

static struct gv_spk output_spk(const struct gv_tx *tx, uint32_t index)
{
    struct gv_tx_output out;
    assert_true(gv_tx_output_at(tx, index, &out));
    return spk(out.script.p, out.script.n);
}

/* The buyer's coins of a joined case, in their order. */
static void take_coins(gv_json_ref prevouts, uint32_t seller)
{
    struct gv_json_iter it;
    uint32_t at = 0;
    uint32_t count = 0;
    for (gv_json_ref e = gv_json_first(&it, prevouts); e != NULL; e = gv_json_next(&it), at++) {
        uint8_t script[64];
        if (at == seller) {
            continue;
        }
        const struct gv_view txid = vectors_text(e, "txid");
        assert_int_equal(
            gv_hex_decode_reversed(coins[count].outpoint.txid.b, 32, (const char *)txid.p, txid.n),
            GV_OK);
        coins[count].outpoint.vout = (uint32_t)vectors_u64(e, "vout");
        coins[count].amount.v = vectors_u64(e, "amount_sat");
        const struct gv_view view = vectors_hex(e, "scriptPubKey", script, sizeof script);
        coins[count].script = spk(view.p, view.n);
        count++;
    }
    assert_int_equal(count, 2);
}

static bool check_estimate(gv_json_ref e)
{
    static uint8_t tx_bytes[4096];
    static uint8_t bytes[GV_PURCHASE_BYTES_MAX];
    uint8_t script[64];
    struct gv_tx tx;
    struct gv_purchase result;
    struct gv_psbt_verdict verdict;
    gv_json_ref prevout = gv_json_get(e, "prevout");
    const struct gv_view txid = vectors_text(prevout, "txid");
    memset(&listing, 0, sizeof listing);
    assert_int_equal(
        gv_hex_decode_reversed(listing.outpoint.txid.b, 32, (const char *)txid.p, txid.n), GV_OK);
    listing.outpoint.vout = (uint32_t)vectors_u64(prevout, "vout");
    listing.prevout.value_sat = vectors_u64(prevout, "amount_sat");
    listing.prevout.script = vectors_hex(prevout, "scriptPubKey", script, sizeof script);
    listing.price_sat = vectors_u64(e, "price_sat");
    vectors_judge(&verdict, served, vectors_text(e, "seller_psbt"), &listing);
    served_len = verdict.served_len;
    const uint32_t seller = (uint32_t)vectors_u64(e, "seller_index");
    if (served_len == 0 || seller != 1) {
        return false;
    }
    const struct gv_view raw = vectors_hex(e, "final_tx", tx_bytes, sizeof tx_bytes);
    assert_int_equal(gv_tx_parse(&tx, raw, NULL), GV_OK);
    take_coins(gv_json_get(e, "prevouts"), seller);
    const struct gv_purchase_order order = {.coins = coins,
                                            .coin_count = 2,
                                            .receive = output_spk(&tx, 0),
                                            .receive_value = {1000000},
                                            .change = output_spk(&tx, 2),
                                            .fee_rate_sat_per_kvb = 5000};
    struct gv_writer w = gv_writer_of(bytes, sizeof bytes);
    assert_int_equal(gv_purchase_write(&w, &result, served_view(), &order, NULL), GV_OK);
    /* Real signatures are up to two bytes shorter than the estimate has them, one at each input. */
    const uint64_t vsize = vectors_u64(e, "vsize");
    assert_true(result.vsize >= vsize);
    assert_true(result.vsize <= vsize + 4);
    return true;
}

static void estimated_sizes_are_those_of_real_purchases(void **state)
{
    (void)state;
    struct gv_json_iter it;
    uint32_t checked = 0;
    gv_json_ref root = vectors_json("psbt/joined.json");
    for (gv_json_ref e = gv_json_first(&it, root); e != NULL; e = gv_json_next(&it)) {
        checked += check_estimate(e) ? 1 : 0;
    }
    assert_int_equal(checked, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rung_is_locked_to_its_block_and_asks_for_0x83),
        cmocka_unit_test(rungs_that_could_not_be_listed_are_not_made),
        cmocka_unit_test(the_pair_stands_at_index_one_behind_the_buyer),
        cmocka_unit_test(the_sellers_signature_holds_in_the_purchase),
        cmocka_unit_test(change_below_dust_goes_to_the_fee),
        cmocka_unit_test(funds_are_enough_to_the_satoshi),
        cmocka_unit_test(shapes_that_lose_the_asset_or_money_are_refused),
        cmocka_unit_test(thirty_two_inputs_fit_the_buffer),
        cmocka_unit_test(estimated_sizes_are_those_of_real_purchases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
