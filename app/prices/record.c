#include "app/prices/record.h"

#include "app/oracle/tables.h"
#include "firmware/base/assert.h"

#include <string.h>

#define DISTANCE_SHIFT 56u
#define SATS_MASK      ((UINT64_C(1) << DISTANCE_SHIFT) - 1u)
_Static_assert(GV_RECORD_REACH == 255u, "a distance has eight bits");
_Static_assert(GV_ORACLE_SAT_BELOW <= SATS_MASK, "an amount has the rest");

/* ---- keys ----------------------------------------------------------------------------------------- */

/* Source: MurmurHash3, 64-bit finalizer (a bijection). */
static uint64_t mix(uint64_t v)
{
    v = (v ^ (v >> 33)) * 0xff51afd7ed558ccdu;
    v = (v ^ (v >> 33)) * 0xc4ceb9fe1a85ec53u;
    return v ^ (v >> 33);
}

static uint64_t tag_of(const struct gv_hash256 *txid, uint64_t seed)
{
    struct gv_reader r = gv_reader_of(gv_view_of(txid->b, sizeof(txid->b)));
    uint64_t tag = seed;
    for (size_t i = 0; i < sizeof(txid->b) / sizeof(tag); i++) {
        tag = mix(tag ^ gv_read_u64le(&r));
    }
    return tag;
}

static void sift_down(struct gv_record_key *key, uint32_t at, uint32_t n)
{
    const struct gv_record_key moved = key[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= n) {
            break;
        }
        if (child + 1 < n && key[child + 1].tag > key[child].tag) {
            child++;
        }
        if (key[child].tag <= moved.tag) {
            break;
        }
        key[at] = key[child];
        at = child;
    }
    key[at] = moved;
}

/* Heapsort: in place, and n log n whatever a miner puts into his block. */
static void sort(struct gv_record_key *key, uint32_t n)
{
    for (uint32_t i = n / 2; i > 0; i--) {
        sift_down(key, i - 1, n);
    }
    for (uint32_t end = n; end > 1; end--) {
        const struct gv_record_key last = key[end - 1];
        key[end - 1] = key[0];
        key[0] = last;
        sift_down(key, 0, end - 1);
    }
}

/* Index of the first key that is not below a tag. */
static uint32_t first_from(const struct gv_record_key *key, uint32_t n, uint64_t tag)
{
    uint32_t low = 0;
    uint32_t high = n;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (key[middle].tag < tag) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* ---- reading a block -------------------------------------------------------------------------------- */

static void add_payment(struct gv_record *record, const struct gv_oracle_tx *tx, uint64_t seed)
{
    GV_ASSERT(record->payments < GV_RECORD_PAYMENTS_MAX);
    struct gv_record_payment *payment = &record->payment[record->payments];
    memcpy(payment->sats, tx->sats, sizeof(payment->sats));
    payment->value_count = tx->value_count;
    payment->distance = 0;
    for (uint32_t i = 0; i < tx->input_count; i++) {
        GV_ASSERT(record->inputs < GV_RECORD_INPUTS_MAX);
        record->input[record->inputs++] = (struct gv_record_key){
            .tag = tag_of(&tx->input[i].txid, seed), .payment = record->payments};
    }
    record->payments++;
}

/* By consensus a parent stands before its child, so the whole block may be searched. */
static void drop_children(struct gv_record *record)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < record->inputs; i++) {
        while (at < record->txids && record->txid[at].tag < record->input[i].tag) {
            at++;
        }
        if (at < record->txids && record->txid[at].tag == record->input[i].tag) {
            record->payment[record->input[i].payment].value_count = 0;
        }
    }
}

void gv_record_read(struct gv_record *record, const struct gv_block *block, uint64_t seed)
{
    struct gv_block_txs it = gv_block_txs(block);
    struct gv_tx tx;
    record->txids = 0;
    record->inputs = 0;
    record->payments = 0;
    while (gv_block_next_tx(&it, &tx)) {
        struct gv_oracle_tx judged;
        gv_oracle_filter(&judged, &tx);
        GV_ASSERT(record->txids < GV_RECORD_TXS_MAX);
        record->txid[record->txids++] =
            (struct gv_record_key){.tag = tag_of(&judged.txid, seed), .payment = 0};
        if (judged.value_count > 0) {
            add_payment(record, &judged, seed);
        }
    }
    sort(record->txid, record->txids);
    sort(record->input, record->inputs);
    drop_children(record);
}

void gv_record_meet(struct gv_record *record, struct gv_view tags, uint32_t distance)
{
    GV_ASSERT(distance >= 1);
    GV_ASSERT(distance <= GV_RECORD_REACH);
    struct gv_reader r = gv_reader_of(tags);
    uint32_t at = 0;
    for (bool first = true; r.left >= GV_RECORD_ITEM_BYTES; first = false) {
        const uint64_t tag = gv_read_u64le(&r);
        if (first) {
            at = first_from(record->input, record->inputs, tag);
        }
        while (at < record->inputs && record->input[at].tag < tag) {
            at++;
        }
        for (; at < record->inputs && record->input[at].tag == tag; at++) {
            struct gv_record_payment *payment = &record->payment[record->input[at].payment];
            payment->distance = payment->distance == 0 ? (uint8_t)distance : payment->distance;
        }
    }
}

/* ---- as stored -------------------------------------------------------------------------------------- */

size_t gv_record_write_txids(const struct gv_record *record, uint32_t *at, uint8_t *out, size_t cap)
{
    struct gv_writer w = gv_writer_of(out, cap);
    while (*at < record->txids && w.cap - w.n >= GV_RECORD_ITEM_BYTES) {
        gv_write_u64le(&w, record->txid[*at].tag);
        ++*at;
    }
    return w.n;
}

size_t gv_record_write_amounts(const struct gv_record *record, uint32_t *at, uint8_t *out,
                               size_t cap)
{
    struct gv_writer w = gv_writer_of(out, cap);
    while (*at < record->payments &&
           w.cap - w.n >= (size_t)GV_ORACLE_OUTPUTS * GV_RECORD_ITEM_BYTES) {
        const struct gv_record_payment *payment = &record->payment[*at];
        for (uint32_t i = 0; i < payment->value_count; i++) {
            gv_write_u64le(&w, (uint64_t)payment->distance << DISTANCE_SHIFT | payment->sats[i]);
        }
        ++*at;
    }
    return w.n;
}

bool gv_record_read_amount(struct gv_record_amount *amount, struct gv_reader *r)
{
    const uint64_t v = gv_read_u64le(r);
    amount->sats = v & SATS_MASK;
    amount->distance = (uint32_t)(v >> DISTANCE_SHIFT);
    return !r->bad && amount->sats > GV_ORACLE_SAT_ABOVE && amount->sats < GV_ORACLE_SAT_BELOW;
}
