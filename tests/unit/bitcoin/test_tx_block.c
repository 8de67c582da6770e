/* Transactions and blocks: a real block in full, the same block cut off and altered, and the merkle
 * root against a naive computation for every number of leaves. */
#include "app/bitcoin/block.h"
#include "firmware/base/text.h"
#include "tests/unit/bitcoin/cmocka_include.h"
#include "tests/unit/bitcoin/vectors.h"

static uint8_t bytes[16384];

static struct gv_view real_block(void)
{
    const struct gv_view raw = vectors_file("blocks/block482683.bin");
    assert_int_equal(raw.n, 9288);
    memcpy(bytes, raw.p, raw.n);
    return gv_view_of(bytes, raw.n);
}

static bool hash_is(const struct gv_hash256 *hash, const char *text)
{
    char hex[65];
    gv_hex_encode_reversed(hex, gv_view_of(hash->b, sizeof hash->b));
    return strcmp(hex, text) == 0;
}

/* ---- a real block ------------------------------------------------------------------------------ */

static void a_real_block_is_read_in_full(void **state)
{
    (void)state;
    struct gv_block block;
    struct gv_tx tx;
    struct gv_hash256 txid;
    uint32_t segwit = 0;
    uint32_t inputs = 0;
    uint32_t outputs = 0;
    uint64_t sats = 0;
    bool seen = false;
    assert_int_equal(gv_block_parse(&block, real_block(), NULL), GV_OK);
    assert_true(hash_is(&block.header.hash,
                        "000000000000000000c238240ef6dcb26c37e75e16514e6ffc0aef7eee73e747"));
    assert_int_equal(block.header.time, 1504119737);
    assert_int_equal(block.tx_count, 12);
    struct gv_block_txs it = gv_block_txs(&block);
    for (uint32_t i = 0; gv_block_next_tx(&it, &tx); i++) {
        struct gv_tx_outputs each = gv_tx_outputs(&tx);
        struct gv_tx_output output;
        assert_int_equal(gv_tx_is_coinbase(&tx), i == 0);
        segwit += tx.has_witness ? 1 : 0;
        inputs += tx.input_count;
        outputs += tx.output_count;
        while (gv_tx_next_output(&each, &output)) {
            sats += output.value_sat;
        }
        gv_tx_txid(&txid, &tx);
        seen =
            seen || hash_is(&txid, "ef2346f36c2ddd6f54422bd400a417eb93b19f7a33a943ef2095da3f2acd46"
                                   "cb");
    }
    assert_int_equal(segwit, 2);
    assert_int_equal(inputs, 52);
    assert_int_equal(outputs, 25);
    assert_int_equal(sats, 24529107298);
    assert_true(seen);
}

static void a_block_cut_off_anywhere_is_refused(void **state)
{
    (void)state;
    struct gv_block block;
    const struct gv_view raw = real_block();
    for (size_t n = 0; n < raw.n; n++) {
        assert_int_equal(gv_block_parse(&block, gv_view_of(raw.p, n), NULL), GV_ERR_INVALID);
    }
    bytes[raw.n] = 0;
    struct gv_fail fail;
    assert_int_equal(gv_block_parse(&block, gv_view_of(bytes, raw.n + 1), &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "block.trailing");
}

/* Witnesses are not under the merkle root, everything else of a transaction is. */
static void a_changed_byte_breaks_the_merkle_root(void **state)
{
    (void)state;
    struct gv_block block;
    struct gv_tx tx;
    const struct gv_view raw = real_block();
    assert_int_equal(gv_block_parse(&block, raw, NULL), GV_OK);
    struct gv_block_txs it = gv_block_txs(&block);
    while (gv_block_next_tx(&it, &tx)) {
        struct gv_block other;
        const size_t at = (size_t)(tx.raw.p - raw.p) + tx.outputs_at;
        bytes[at] ^= 1;
        assert_int_equal(gv_block_parse(&other, raw, NULL), GV_ERR_INVALID);
        bytes[at] ^= 1;
    }
}

static void only_the_first_transaction_is_a_coinbase(void **state)
{
    (void)state;
    struct gv_block block;
    struct gv_fail fail;
    struct gv_tx tx;
    const struct gv_view raw = real_block();
    assert_int_equal(gv_block_parse(&block, raw, NULL), GV_OK);
    struct gv_block_txs it = gv_block_txs(&block);
    assert_true(gv_block_next_tx(&it, &tx));
    bytes[(size_t)(tx.raw.p - raw.p) + tx.inputs_at] ^= 1; /* its outpoint is not null any more */
    assert_int_equal(gv_block_parse(&block, raw, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "block.coinbase");
}

/* ---- merkle root -------------------------------------------------------------------------------- */

#define LEAVES_MAX 70u

static void pair_hash(struct gv_hash256 *out, const struct gv_hash256 *left,
                      const struct gv_hash256 *right)
{
    uint8_t both[64];
    memcpy(both, left->b, 32);
    memcpy(both + 32, right->b, 32);
    gv_sha256d_of(out, gv_view_of(both, sizeof both));
}

static void naive_root(struct gv_hash256 *out, uint32_t leaves)
{
    static struct gv_hash256 row[LEAVES_MAX + 1];
    for (uint32_t i = 0; i < leaves; i++) {
        gv_sha256_of(&row[i], gv_view_of(&i, sizeof i));
    }
    while (leaves > 1) {
        if (leaves % 2 == 1) {
            row[leaves] = row[leaves - 1];
            leaves++;
        }
        for (uint32_t i = 0; i < leaves / 2; i++) {
            struct gv_hash256 parent;
            pair_hash(&parent, &row[2 * i], &row[2 * i + 1]);
            row[i] = parent;
        }
        leaves /= 2;
    }
    *out = row[0];
}

static void the_merkle_root_is_the_naive_one(void **state)
{
    (void)state;
    for (uint32_t leaves = 1; leaves <= LEAVES_MAX; leaves++) {
        struct gv_merkle merkle;
        struct gv_hash256 root;
        struct gv_hash256 expected;
        gv_merkle_init(&merkle);
        for (uint32_t i = 0; i < leaves; i++) {
            struct gv_hash256 leaf;
            gv_sha256_of(&leaf, gv_view_of(&i, sizeof i));
            gv_merkle_add(&merkle, &leaf);
        }
        gv_merkle_root(&root, &merkle);
        naive_root(&expected, leaves);
        assert_memory_equal(root.b, expected.b, 32);
        assert_false(merkle.ambiguous);
    }
}

static void a_repeated_tail_is_ambiguous(void **state)
{
    (void)state;
    /* 1 2 3 and 1 2 3 3 have one root (CVE-2012-2459): the second must be noticed. */
    struct gv_merkle merkle;
    gv_merkle_init(&merkle);
    for (uint32_t i = 0; i < 4; i++) {
        const struct gv_hash256 leaf = {.b = {(uint8_t)(i < 3 ? i : 2)}};
        gv_merkle_add(&merkle, &leaf);
    }
    assert_true(merkle.ambiguous);
}

/* ---- transactions --------------------------------------------------------------------------------- */

static const char segwit_hex[] = "02000000000101000000000000000000000000000000000000000000000000000"
                                 "0000000000000ffffffff00fdffffff"
                                 "01e8030000000000000151" /* one output of 1,000 sat */
                                 "0201aa02bbcc"           /* a witness of two items */
                                 "07000000";

static struct gv_view segwit_tx(void)
{
    const size_t n = (sizeof segwit_hex - 1) / 2;
    assert_int_equal(gv_hex_decode(bytes, n, segwit_hex, 2 * n), GV_OK);
    return gv_view_of(bytes, n);
}

static void weight_counts_the_witness_once(void **state)
{
    (void)state;
    struct gv_tx tx;
    struct gv_tx_input in;
    struct gv_stack stack;
    const struct gv_view raw = segwit_tx();
    assert_int_equal(gv_tx_parse(&tx, raw, NULL), GV_OK);
    assert_int_equal(tx.locktime, 7);
    assert_int_equal(gv_tx_weight(&tx), 4 * (raw.n - 8) + 8);
    assert_int_equal(gv_tx_vsize(&tx), (gv_tx_weight(&tx) + 3) / 4);
    assert_true(gv_tx_input_at(&tx, 0, &in));
    assert_false(gv_tx_input_at(&tx, 1, &in));
    assert_int_equal(gv_stack_parse(&stack, in.witness), GV_WIRE_OK);
    assert_int_equal(stack.count, 2);
    assert_int_equal(stack.item[1].n, 2);
    assert_int_equal(stack.item[1].p[1], 0xcc);
}

static void malformed_transactions_are_named(void **state)
{
    (void)state;
    struct gv_tx tx;
    struct gv_fail fail;
    struct gv_view raw = segwit_tx();
    for (size_t n = 0; n < raw.n; n++) {
        assert_int_equal(gv_tx_parse(&tx, gv_view_of(raw.p, n), &fail), GV_ERR_INVALID);
    }
    bytes[5] = 2; /* flag */
    assert_int_equal(gv_tx_parse(&tx, raw, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "tx.form");

    raw = segwit_tx();
    bytes[raw.n] = 0;
    assert_int_equal(gv_tx_parse(&tx, gv_view_of(bytes, raw.n + 1), &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "tx.trailing");

    raw = segwit_tx();
    bytes[6] = 0xfc; /* 252 inputs cannot fit */
    assert_int_equal(gv_tx_parse(&tx, raw, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "tx.size");

    /* Witness form with nothing but empty stacks. */
    raw = segwit_tx();
    memmove(bytes + raw.n - 9, bytes + raw.n - 4, 4);
    bytes[raw.n - 10] = 0;
    assert_int_equal(gv_tx_parse(&tx, gv_view_of(bytes, raw.n - 5), &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "tx.form");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_real_block_is_read_in_full),
        cmocka_unit_test(a_block_cut_off_anywhere_is_refused),
        cmocka_unit_test(a_changed_byte_breaks_the_merkle_root),
        cmocka_unit_test(only_the_first_transaction_is_a_coinbase),
        cmocka_unit_test(the_merkle_root_is_the_naive_one),
        cmocka_unit_test(a_repeated_tail_is_ambiguous),
        cmocka_unit_test(weight_counts_the_witness_once),
        cmocka_unit_test(malformed_transactions_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
