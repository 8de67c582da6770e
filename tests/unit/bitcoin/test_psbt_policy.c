/* The listing policy on PSBTs that are made to order: locks, prices, payouts, sizes, surplus
 * signatures. Rows are those of tests/api/cases.md. */
#include "app/bitcoin/psbt_check.h"
#include "tests/unit/bitcoin/cmocka_include.h"
#include "tests/unit/bitcoin/signer.h"

static uint8_t served[GV_PSBT_SERVED_MAX];

static struct gv_psbt_verdict judge(const struct signer_plan *plan)
{
    struct gv_psbt_terms terms;
    struct gv_psbt_verdict verdict;
    const struct gv_view psbt = signer_psbt(&terms, plan);
    gv_psbt_check(&verdict, served, psbt, &terms);
    return verdict;
}

static void expect(const struct signer_plan *plan, bool valid, bool locked, const char *code)
{
    const struct gv_psbt_verdict verdict = judge(plan);
    assert_string_equal(verdict.code, code);
    assert_int_equal(verdict.valid, valid);
    assert_int_equal(verdict.listable, strcmp(code, "psbt.ok") == 0);
    assert_int_equal(verdict.locked, locked);
}

static void row_1_locked_and_unlocked_rungs_are_told_apart(void **state)
{
    (void)state;
    struct signer_plan plan = signer_plan();
    expect(&plan, true, true, "psbt.ok");
    plan.locktime = 0;
    expect(&plan, true, false, "psbt.ok");
    plan.locktime = 899999;
    expect(&plan, true, false, "psbt.ok");
    plan.locktime = 900000;
    plan.sequence = 0xffffffffu;
    expect(&plan, true, false, "psbt.ok");
}

static void row_5_a_final_witness_is_taken_and_served_as_the_partial_one(void **state)
{
    (void)state;
    static uint8_t first[GV_PSBT_SERVED_MAX];
    struct signer_plan plan = signer_plan();
    const struct gv_psbt_verdict partial = judge(&plan);
    memcpy(first, served, partial.served_len);
    plan.final = true;
    expect(&plan, true, true, "psbt.ok");
    const struct gv_psbt_verdict final = judge(&plan);
    assert_int_equal(final.served_len, partial.served_len);
    assert_memory_equal(served, first, final.served_len);
}

static void row_9_a_sighash_field_is_exactly_0x83(void **state)
{
    (void)state;
    static const uint32_t wrong[] = {0x01, 0x03, 0x81, 0x82, 0x01000083, 0x8300};
    struct signer_plan plan = signer_plan();
    plan.sighash_field = 0x83;
    expect(&plan, true, true, "psbt.ok");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        plan.sighash_field = wrong[i];
        expect(&plan, false, false, "psbt.sighash_field_mismatch");
    }
}

static void row_14_the_price_covers_the_utxo(void **state)
{
    (void)state;
    struct signer_plan plan = signer_plan();
    plan.price_sat = plan.utxo_sat;
    expect(&plan, true, true, "psbt.ok");
    plan.price_sat = plan.utxo_sat - 1;
    expect(&plan, true, true, "psbt.price_below_utxo");
}

static void row_14_the_output_is_the_price_to_the_satoshi(void **state)
{
    (void)state;
    struct gv_psbt_terms terms;
    struct gv_psbt_verdict verdict;
    const struct signer_plan plan = signer_plan();
    const struct gv_view psbt = signer_psbt(&terms, &plan);
    static const int64_t steps[] = {-1, 1};
    for (size_t i = 0; i < 2; i++) {
        terms.price_sat = (uint64_t)((int64_t)plan.price_sat + steps[i]);
        gv_psbt_check(&verdict, served, psbt, &terms);
        assert_false(verdict.valid);
        assert_string_equal(verdict.code, "psbt.price_mismatch");
    }
}

static void row_24_surplus_signatures_are_refused(void **state)
{
    (void)state;
    struct signer_plan plan = signer_plan();
    plan.second_sig = true;
    expect(&plan, false, false, "psbt.extra_signature");
    plan.second_sig = false;
    plan.both = true;
    expect(&plan, false, false, "psbt.extra_signature");
}

static void row_32_locks_that_block_the_sale_are_refused(void **state)
{
    (void)state;
    struct signer_plan plan = signer_plan();
    plan.locktime = 900001;
    expect(&plan, true, false, "psbt.locktime");
    plan.locktime = 500000000; /* a time */
    expect(&plan, true, false, "psbt.locktime");
    plan.locktime = 499999999;
    expect(&plan, true, false, "psbt.locktime");

    plan = signer_plan();
    plan.sequence = 144;
    expect(&plan, true, false, "psbt.relative_locktime");
    plan.sequence = 0x00400001; /* 512 seconds */
    expect(&plan, true, false, "psbt.relative_locktime");
    plan.sequence = 0; /* no delay at all */
    expect(&plan, true, false, "psbt.ok");
    plan.sequence = 144;
    plan.tx_version = 1; /* without BIP68 */
    expect(&plan, true, false, "psbt.ok");
}

static void row_33_locked_sequences(void **state)
{
    (void)state;
    struct signer_plan plan = signer_plan();
    plan.sequence = 0xfffffffeu;
    expect(&plan, true, true, "psbt.ok");
    plan.sequence = 0x80000000u;
    expect(&plan, true, true, "psbt.ok");
    plan.tx_version = 3;
    expect(&plan, true, true, "psbt.tx_version");
    plan.tx_version = 0;
    expect(&plan, true, true, "psbt.tx_version");
    plan.tx_version = -1;
    expect(&plan, true, true, "psbt.tx_version");
}

static void expect_text(const char *text, size_t n, const char *code)
{
    uint8_t out[64];
    size_t out_len = 0;
    struct gv_fail fail = {.code = ""};
    const enum gv_err err =
        gv_psbt_decode_text(out, &out_len, sizeof out, gv_view_of(text, n), &fail);
    assert_int_equal(err, code == NULL ? GV_OK : GV_ERR_INVALID);
    if (code != NULL) {
        assert_string_equal(fail.code, code);
    }
}

static void row_29_base64_is_canonical(void **state)
{
    (void)state;
    char most[89];
    expect_text("cHNidP8A", 8, NULL);
    expect_text("cHNidP8=", 8, NULL);
    expect_text("cHNidP8 ", 8, "psbt.parse_base64");
    expect_text("cHNi\ndP8=", 9, "psbt.parse_base64");
    expect_text("cHNidP_A", 8, "psbt.parse_base64"); /* URL alphabet */
    expect_text("cHNidP8", 7, "psbt.parse_base64");
    expect_text("cHNidP9=", 8, "psbt.parse_base64"); /* spare bits */
    expect_text("cHNidP8A\0", 9, "psbt.parse_base64");
    expect_text("", 0, "psbt.parse_empty");
    expect_text("70736274ff0100", 14, "psbt.parse_base64_or_magic");
    memset(most, 'A', sizeof most);
    expect_text(most, 88, "psbt.parse_size"); /* 66 bytes do not fit 64 */
}

static void row_30_a_listing_takes_16_kib(void **state)
{
    (void)state;
    struct signer_plan plan = signer_plan();
    struct gv_psbt_terms terms;
    const size_t plain = signer_psbt(&terms, &plan).n;
    /* An unknown value of n bytes costs n and five bytes of key and length. */
    plan.junk_bytes = (uint32_t)(GV_PSBT_BYTES_MAX - plain - 5);
    assert_int_equal(signer_psbt(&terms, &plan).n, GV_PSBT_BYTES_MAX);
    expect(&plan, true, true, "psbt.ok");
    plan.junk_bytes++;
    expect(&plan, true, true, "psbt.too_large");
}

static void row_30_a_checked_full_utxo_does_not_count(void **state)
{
    (void)state;
    struct signer_plan plan = signer_plan();
    struct gv_psbt_terms terms;
    plan.full_utxo_script_bytes = 40000;
    assert_true(signer_psbt(&terms, &plan).n > 40000);
    expect(&plan, true, true, "psbt.ok");
    assert_true(judge(&plan).served_len < 400);
    plan.junk_bytes = GV_PSBT_BYTES_MAX;
    expect(&plan, true, true, "psbt.too_large");
}

static void row_19_a_full_utxo_is_that_of_the_outpoint(void **state)
{
    (void)state;
    struct signer_plan plan = signer_plan();
    struct gv_psbt_terms terms;
    struct gv_psbt_verdict verdict;
    plan.full_utxo_script_bytes = 50;
    const struct gv_view psbt = signer_psbt(&terms, &plan);
    terms.outpoint.vout = 1;
    gv_psbt_check(&verdict, served, psbt, &terms);
    assert_string_equal(verdict.code, "psbt.utxo_mismatch");
    terms.outpoint.vout = 0;
    terms.prevout.value_sat++;
    gv_psbt_check(&verdict, served, psbt, &terms);
    assert_string_equal(verdict.code, "psbt.utxo_mismatch");
    terms.prevout.value_sat--;
    gv_psbt_check(&verdict, served, psbt, &terms);
    assert_string_equal(verdict.code, "psbt.ok");
}

static void payouts_are_ordinary_addresses_above_dust(void **state)
{
    (void)state;
    static const uint8_t p2pkh[25] = {0x76, 0xa9, 20, [23] = 0x88, [24] = 0xac};
    static const uint8_t op_return[3] = {0x6a, 1, 1};
    static const uint8_t anything[1] = {0x51};
    static const uint8_t long_script[GV_SPK_MAX + 1] = {0x51};
    struct signer_plan plan = signer_plan();
    plan.utxo_sat = 100;
    plan.payout = gv_view_of(p2pkh, sizeof p2pkh);
    plan.price_sat = 546;
    expect(&plan, true, true, "psbt.ok");
    plan.price_sat = 545;
    expect(&plan, true, true, "psbt.dust_output");
    plan = signer_plan();
    plan.payout = gv_view_of(op_return, sizeof op_return);
    expect(&plan, true, true, "psbt.output_script");
    plan.payout = gv_view_of(anything, sizeof anything);
    expect(&plan, true, true, "psbt.output_script");
    plan.payout = gv_view_of(long_script, sizeof long_script);
    expect(&plan, false, false, "psbt.output_script");
}

static void without_a_block_only_times_are_judged(void **state)
{
    (void)state;
    struct gv_psbt_terms terms;
    struct gv_psbt_verdict verdict;
    struct signer_plan plan = signer_plan();
    plan.locktime = 499999999;
    struct gv_view psbt = signer_psbt(&terms, &plan);
    terms.has_block = false;
    gv_psbt_check(&verdict, served, psbt, &terms);
    assert_true(verdict.listable);
    assert_true(verdict.locked);
    plan.locktime = 500000000;
    psbt = signer_psbt(&terms, &plan);
    terms.has_block = false;
    gv_psbt_check(&verdict, served, psbt, &terms);
    assert_string_equal(verdict.code, "psbt.locktime");
}

static void the_verdict_tells_what_was_signed(void **state)
{
    (void)state;
    const struct signer_plan plan = signer_plan();
    const struct gv_psbt_verdict verdict = judge(&plan);
    assert_int_equal(verdict.value_sat, plan.price_sat);
    assert_int_equal(verdict.tx_version, 2);
    assert_int_equal(verdict.locktime, 900000);
    assert_int_equal(verdict.sequence, 0xfffffffdu);
    assert_true(gv_view_equal(gv_spk_view(&verdict.payout), plan.payout));
    assert_string_equal(verdict.script_type, "p2wpkh");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_1_locked_and_unlocked_rungs_are_told_apart),
        cmocka_unit_test(row_5_a_final_witness_is_taken_and_served_as_the_partial_one),
        cmocka_unit_test(row_9_a_sighash_field_is_exactly_0x83),
        cmocka_unit_test(row_14_the_price_covers_the_utxo),
        cmocka_unit_test(row_14_the_output_is_the_price_to_the_satoshi),
        cmocka_unit_test(row_24_surplus_signatures_are_refused),
        cmocka_unit_test(row_29_base64_is_canonical),
        cmocka_unit_test(row_30_a_listing_takes_16_kib),
        cmocka_unit_test(row_30_a_checked_full_utxo_does_not_count),
        cmocka_unit_test(row_19_a_full_utxo_is_that_of_the_outpoint),
        cmocka_unit_test(row_32_locks_that_block_the_sale_are_refused),
        cmocka_unit_test(row_33_locked_sequences),
        cmocka_unit_test(payouts_are_ordinary_addresses_above_dust),
        cmocka_unit_test(without_a_block_only_times_are_judged),
        cmocka_unit_test(the_verdict_tells_what_was_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
