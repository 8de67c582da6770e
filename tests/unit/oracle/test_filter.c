/* The transaction filter: real blocks give the recorded counts and digests, and each rule holds at
 * its border. */
#include "tests/unit/oracle/cases.h"

#include "app/oracle/block_report.h"
#include "firmware/base/text.h"
#include "tests/unit/bitcoin/cmocka_include.h"

#include <stdio.h>

static _Alignas(16) uint8_t memory[GV_ORACLE_WINDOW_BYTES(GV_ORACLE_BLOCK_TX_MAX)];
static struct gv_oracle_window window;

static void check_digest(const struct gv_hash256 *hash, gv_json_ref root, const char *key)
{
    char text[65];
    gv_hex_encode(text, gv_view_of(hash->b, sizeof hash->b));
    if (!gv_view_is(vectors_text(root, key), text)) {
        fail_msg("%s: got %s", key, text);
    }
}

static void check_block(const char *height)
{
    static uint8_t raw[2u << 20];
    struct gv_oracle_block_report report;
    struct gv_fail fail;
    char path[64];
    char hash[65];
    (void)snprintf(path, sizeof path, "blocks/block%s.bin", height);
    const struct gv_view file = vectors_file(path);
    assert_true(file.n <= sizeof raw);
    memcpy(raw, file.p, file.n);
    (void)snprintf(path, sizeof path, "blocks/block%s.json", height);
    gv_json_ref root = vectors_json(path);
    gv_oracle_window_init(&window, memory, sizeof memory, GV_ORACLE_BLOCK_TX_MAX,
                          GV_ORACLE_WINDOW_MS, 7);
    if (gv_oracle_block_report(&report, &window, gv_view_of(raw, file.n), &fail) != GV_OK) {
        fail_msg("%s", fail.text);
    }
    gv_hex_encode_reversed(hash, gv_view_of(report.hash.b, sizeof report.hash.b));
    assert_true(gv_view_is(vectors_text(root, "hash"), hash));
    const struct {
        const char *key;
        uint64_t value;
    } member[] = {
        {"bytes", report.bytes},
        {"time", report.time_s},
        {"transactions", report.transactions},
        {"segwit_transactions", report.segwit_transactions},
        {"inputs", report.inputs},
        {"outputs", report.outputs},
        {"sum_output_sats", report.output_sats},
        {"over_5_inputs", report.over_5_inputs},
        {"not_2_outputs", report.not_2_outputs},
        {"coinbase", report.coinbase},
        {"op_return", report.op_return},
        {"witness_over_limit", report.witness_over_limit},
        {"passing_transactions", report.passing},
        {"passing_without_the_same_window_rule", report.passing_but_parent},
        {"filtered_outputs", report.filtered_outputs},
        {"filtered_outputs_sum_sats", report.filtered_sats},
    };
    for (size_t i = 0; i < sizeof member / sizeof member[0]; i++) {
        if (member[i].value != vectors_u64(root, member[i].key)) {
            fail_msg("block %s: %s is %llu", height, member[i].key,
                     (unsigned long long)member[i].value);
        }
    }
    check_digest(&report.passing_txids, root, "passing_txids_sha256");
    check_digest(&report.filtered_list, root, "filtered_sats_sha256");
}

static void real_blocks_give_the_recorded_counts_and_digests(void **state)
{
    (void)state;
    check_block("300025");
    check_block("413567");
    check_block("482683");
    check_block("866342");
}

/* ---- borders --------------------------------------------------------------------------------------- */

/* What a made-up transaction has. */
struct shape {
    uint32_t inputs;
    uint32_t outputs;
    uint64_t sats;       /* of the first output; the others have 5000 */
    uint32_t item[2];    /* lengths of two witness items of the last input; 0: none */
    uint8_t opcode;      /* first of the last output's script */
    bool null_input;     /* the last input spends the null outpoint */
    bool null_hash_only; /* the same with another index */
    bool empty_last_script;
};

static const struct shape good = {.inputs = 1, .outputs = 2, .sats = 123456, .opcode = 0x51};

static struct gv_tx make(struct shape shape)
{
    static uint8_t raw[4096];
    static const uint8_t zeros[1024];
    struct gv_tx tx;
    struct gv_fail fail;
    const bool witness = shape.item[0] + shape.item[1] > 0;
    struct gv_writer w = gv_writer_of(raw, sizeof raw);
    gv_write_u32le(&w, 2);
    if (witness) {
        gv_write_u8(&w, 0);
        gv_write_u8(&w, 1);
    }
    gv_write_compact(&w, shape.inputs);
    for (uint32_t i = 1; i <= shape.inputs; i++) {
        uint8_t txid[32] = {(uint8_t)i};
        const bool last = i == shape.inputs;
        txid[0] = last && (shape.null_input || shape.null_hash_only) ? 0 : txid[0];
        gv_write_bytes(&w, gv_view_of(txid, sizeof txid));
        gv_write_u32le(&w, last && shape.null_input ? 0xffffffffu : i);
        gv_write_compact(&w, 0);
        gv_write_u32le(&w, 0xffffffffu);
    }
    gv_write_compact(&w, shape.outputs);
    for (uint32_t i = 1; i <= shape.outputs; i++) {
        const bool last = i == shape.outputs;
        gv_write_u64le(&w, i == 1 ? shape.sats : 5000);
        gv_write_compact(&w, last && shape.empty_last_script ? 0 : 1);
        if (!(last && shape.empty_last_script)) {
            gv_write_u8(&w, last ? shape.opcode : 0x51);
        }
    }
    for (uint32_t i = 1; witness && i <= shape.inputs; i++) {
        const bool last = i == shape.inputs;
        gv_write_compact(&w, last ? 2 : 0);
        if (last) {
            gv_write_var_bytes(&w, gv_view_of(zeros, shape.item[0]));
            gv_write_var_bytes(&w, gv_view_of(zeros, shape.item[1]));
        }
    }
    gv_write_u32le(&w, 0);
    assert_false(w.full);
    if (gv_tx_parse(&tx, gv_written(&w), &fail) != GV_OK) {
        fail_msg("%s", fail.text);
    }
    return tx;
}

static struct gv_oracle_tx judge(struct shape shape)
{
    struct gv_oracle_tx judged;
    const struct gv_tx tx = make(shape);
    gv_oracle_filter(&judged, &tx);
    return judged;
}

static void each_rule_holds_at_its_border(void **state)
{
    (void)state;
    struct shape shape = good;
    assert_int_equal(judge(shape).broken, 0);
    assert_int_equal(judge(shape).value_count, 2);
    shape.inputs = 5;
    assert_int_equal(judge(shape).broken, 0);
    assert_int_equal(judge(shape).input_count, 5);
    shape.inputs = 6;
    assert_int_equal(judge(shape).broken, GV_ORACLE_RULE_INPUTS);
    assert_int_equal(judge(shape).value_count, 0);
    assert_int_equal(judge(shape).input_count, 5);
    shape = good;
    shape.outputs = 1;
    assert_int_equal(judge(shape).broken, GV_ORACLE_RULE_OUTPUTS);
    shape.outputs = 3;
    assert_int_equal(judge(shape).broken, GV_ORACLE_RULE_OUTPUTS);
    shape = good;
    shape.opcode = 0x6a;
    assert_int_equal(judge(shape).broken, GV_ORACLE_RULE_DATA);
    shape.empty_last_script = true;
    assert_int_equal(judge(shape).broken, 0);
}

static void only_the_null_outpoint_makes_a_coinbase(void **state)
{
    (void)state;
    struct shape shape = good;
    shape.inputs = 2;
    shape.null_input = true;
    assert_int_equal(judge(shape).broken, GV_ORACLE_RULE_COINBASE);
    assert_int_equal(judge(shape).input_count, 1);
    shape.null_input = false;
    shape.null_hash_only = true;
    assert_int_equal(judge(shape).broken, 0);
}

static void witness_items_of_an_input_sum_up_to_500_bytes(void **state)
{
    (void)state;
    struct shape shape = good;
    shape.inputs = 2;
    shape.item[0] = 500;
    assert_int_equal(judge(shape).broken, 0);
    shape.item[1] = 1;
    assert_int_equal(judge(shape).broken, GV_ORACLE_RULE_WITNESS);
    shape.item[0] = 499;
    assert_int_equal(judge(shape).broken, 0);
    shape.item[0] = 0;
    shape.item[1] = 501;
    assert_int_equal(judge(shape).broken, GV_ORACLE_RULE_WITNESS);
}

static void an_amount_out_of_range_is_dropped_alone(void **state)
{
    (void)state;
    static const uint64_t out[] = {0, 999, 1000, 10000000000000u, UINT64_MAX};
    static const uint64_t in[] = {1001, 9999999999999u};
    struct shape shape = good;
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++) {
        shape.sats = out[i];
        const struct gv_oracle_tx tx = judge(shape);
        assert_int_equal(tx.broken, 0);
        assert_int_equal(tx.value_count, 1);
        assert_int_equal(tx.sats[0], 5000);
    }
    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) {
        shape.sats = in[i];
        assert_int_equal(judge(shape).value_count, 2);
        assert_int_equal(judge(shape).sats[0], in[i]);
    }
}

static void all_inputs_of_a_large_transaction_can_be_read_in_parts(void **state)
{
    (void)state;
    struct shape shape = good;
    shape.inputs = 12;
    const struct gv_tx tx = make(shape);
    struct gv_tx_inputs inputs = gv_tx_inputs(&tx);
    struct gv_oracle_tx part;
    static const uint8_t counts[] = {5, 5, 2};
    uint32_t vout = 0; /* of the made-up inputs: 1, 2, .. */
    for (size_t i = 0; i < sizeof counts; i++) {
        assert_true(gv_oracle_filter_inputs(&part, &inputs));
        assert_int_equal(part.input_count, counts[i]);
        for (uint32_t j = 0; j < part.input_count; j++) {
            assert_int_equal(part.input[j].vout, ++vout);
        }
    }
    assert_false(gv_oracle_filter_inputs(&part, &inputs));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_blocks_give_the_recorded_counts_and_digests),
        cmocka_unit_test(each_rule_holds_at_its_border),
        cmocka_unit_test(only_the_null_outpoint_makes_a_coinbase),
        cmocka_unit_test(witness_items_of_an_input_sum_up_to_500_bytes),
        cmocka_unit_test(an_amount_out_of_range_is_dropped_alone),
        cmocka_unit_test(all_inputs_of_a_large_transaction_can_be_read_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
