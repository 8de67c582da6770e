/* Shows: a record tells of each payment the nearest block with a parent, and comes back as it was written. */
#include "app/prices/record.h"
#include "tests/unit/bitcoin/cmocka_include.h"

#include <string.h>

#define SEED 77u

static struct gv_record record;
static uint8_t raw[4096];
static uint8_t stored[4096];

/* ---- blocks ------------------------------------------------------------------------------------------ */

static struct gv_hash256 txid_of(uint8_t n)
{
    struct gv_hash256 txid;
    memset(txid.b, n, sizeof(txid.b));
    return txid;
}

/* A transaction that spends one output. Returns: its txid. */
static struct gv_hash256 write_tx(struct gv_writer *w, const struct gv_hash256 *parent,
                                  uint32_t vout, uint64_t a, uint64_t b)
{
    const size_t from = w->n;
    struct gv_hash256 txid;
    gv_write_u32le(w, 2);
    gv_write_compact(w, 1);
    gv_write_bytes(w, gv_view_of(parent->b, 32));
    gv_write_u32le(w, vout);
    gv_write_compact(w, 2);
    gv_write_bytes(w, gv_view_of("\x51\x51", 2));
    gv_write_u32le(w, 0);
    gv_write_compact(w, 2);
    gv_write_u64le(w, a);
    gv_write_compact(w, 0);
    gv_write_u64le(w, b);
    gv_write_compact(w, 0);
    gv_write_u32le(w, 0);
    gv_sha256d_of(&txid, gv_view_of(w->p + from, w->n - from));
    return txid;
}

/* Coinbase, a payment of parents 1, a child of it, a payment of parents 2, one of the largest dust. */
static struct gv_hash256 read_sample(void)
{
    struct gv_writer w = gv_writer_of(raw, sizeof(raw));
    struct gv_hash256 txid[5];
    struct gv_hash256 root;
    struct gv_merkle merkle;
    struct gv_block block;
    const struct gv_hash256 none = {{0}};
    const struct gv_hash256 parents[] = {txid_of(1), txid_of(2), txid_of(3)};
    uint8_t header[GV_BLOCK_HEADER_BYTES] = {1};
    gv_write_bytes(&w, gv_view_of(header, sizeof(header)));
    gv_write_compact(&w, 5);
    txid[0] = write_tx(&w, &none, 0xffffffff, 5000000000, 1);
    txid[1] = write_tx(&w, &parents[0], 0, 1001, 2002);
    txid[2] = write_tx(&w, &txid[1], 0, 3003, 4004);
    txid[3] = write_tx(&w, &parents[1], 7, 1000, 5005);
    txid[4] = write_tx(&w, &parents[2], 7, 1000, 10000000000000);
    gv_merkle_init(&merkle);
    for (uint32_t i = 0; i < 5; i++) {
        gv_merkle_add(&merkle, &txid[i]);
    }
    gv_merkle_root(&root, &merkle);
    memcpy(raw + 36, root.b, sizeof(root.b));
    assert_int_equal(gv_block_parse(&block, gv_written(&w), NULL), GV_OK);
    gv_record_read(&record, &block, SEED);
    return txid[1];
}

/* The tag that a block holding the parents of payments 1 and 2 would have stored. */
static struct gv_view tags_of(uint32_t input, uint32_t n)
{
    struct gv_writer w = gv_writer_of(stored, sizeof(stored));
    for (uint32_t i = 0; i < n; i++) {
        gv_write_u64le(&w, record.input[input + i].tag);
    }
    return gv_written(&w);
}

static uint32_t read_amounts(struct gv_record_amount *amount)
{
    uint32_t at = 0;
    uint32_t n = 0;
    const size_t bytes = gv_record_write_amounts(&record, &at, stored, sizeof(stored));
    struct gv_reader r = gv_reader_of(gv_view_of(stored, bytes));
    while (r.left > 0) {
        assert_true(gv_record_read_amount(&amount[n], &r));
        n++;
    }
    assert_int_equal(gv_record_write_amounts(&record, &at, stored, sizeof(stored)), 0);
    return n;
}

/* ---- claims ------------------------------------------------------------------------------------------ */

static void all_txids_are_kept_and_amounts_of_those_that_pass(void **state)
{
    struct gv_record_amount amount[8];
    (void)state;
    (void)read_sample();
    assert_int_equal(record.txids, 5);
    for (uint32_t i = 1; i < record.txids; i++) {
        assert_true(record.txid[i - 1].tag < record.txid[i].tag);
    }
    assert_int_equal(read_amounts(amount), 3); /* the child's are in no window */
    assert_int_equal(amount[0].sats, 1001);
    assert_int_equal(amount[1].sats, 2002);
    assert_int_equal(amount[2].sats, 5005);
    assert_int_equal(amount[2].distance, 0);
}

static void the_nearest_parent_counts(void **state)
{
    struct gv_record_amount amount[8];
    (void)state;
    (void)read_sample();
    assert_int_equal(record.inputs, 3);
    gv_record_meet(&record, tags_of(0, 3), 3);
    gv_record_meet(&record, tags_of(0, 3), 200);
    assert_int_equal(read_amounts(amount), 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(amount[i].distance, 3);
    }
}

static void a_txid_beside_those_of_the_parents_changes_nothing(void **state)
{
    struct gv_record_amount amount[8];
    (void)state;
    (void)read_sample();
    for (uint32_t i = 0; i < record.inputs; i++) {
        struct gv_writer w = gv_writer_of(stored, sizeof(stored));
        gv_write_u64le(&w, record.input[i].tag - 1);
        gv_write_u64le(&w, record.input[i].tag + 1);
        gv_record_meet(&record, gv_written(&w), 1);
    }
    assert_int_equal(read_amounts(amount), 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(amount[i].distance, 0);
    }
}

static void tags_are_keyed(void **state)
{
    (void)state;
    (void)read_sample();
    struct gv_block block;
    const uint64_t before = record.txid[0].tag;
    size_t n = sizeof(raw);
    while (gv_block_parse(&block, gv_view_of(raw, n), NULL) != GV_OK) {
        n--;
    }
    gv_record_read(&record, &block, SEED + 1);
    for (uint32_t i = 0; i < record.txids; i++) {
        assert_true(record.txid[i].tag != before);
    }
}

static void pieces_hold_what_fits(void **state)
{
    uint32_t at = 0;
    (void)state;
    (void)read_sample();
    assert_int_equal(gv_record_write_txids(&record, &at, stored, 20), 16);
    assert_int_equal(gv_record_write_txids(&record, &at, stored, 20), 16);
    assert_int_equal(gv_record_write_txids(&record, &at, stored, 20), 8);
    assert_int_equal(gv_record_write_txids(&record, &at, stored, 20), 0);
}

static void an_amount_that_was_never_written_is_refused(void **state)
{
    static const uint64_t wrong[] = {0, 1000, 10000000000000, UINT64_MAX};
    struct gv_record_amount amount;
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct gv_writer w = gv_writer_of(stored, sizeof(stored));
        gv_write_u64le(&w, wrong[i]);
        struct gv_reader r = gv_reader_of(gv_written(&w));
        assert_false(gv_record_read_amount(&amount, &r));
    }
    struct gv_reader cut = gv_reader_of(gv_view_of(stored, 7));
    assert_false(gv_record_read_amount(&amount, &cut));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_txids_are_kept_and_amounts_of_those_that_pass),
        cmocka_unit_test(the_nearest_parent_counts),
        cmocka_unit_test(a_txid_beside_those_of_the_parents_changes_nothing),
        cmocka_unit_test(tags_are_keyed),
        cmocka_unit_test(pieces_hold_what_fits),
        cmocka_unit_test(an_amount_that_was_never_written_is_refused),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
