/* Record: what the prices need of one block, so that no block is read twice.
 *
 *   block ──┬─► txids, 64 keyed bits each, ascending         later blocks look for their parents there
 *           └─► amounts of payments that pass every rule but one, each with the distance to the newest
 *               block before its own that holds a parent
 *
 * The rule that is left, "spends nothing seen earlier in the window", depends on where the window
 * begins: a payment counts in a window from block f on exactly when its newest parent lies before f.
 * So a window slides, and a day is cut out, without looking at a block again. A payment with a parent
 * in its own block counts in no window.
 * Two txids that share 64 keyed bits would cost one payment; nobody can aim at that.
 * Limits: blocks up to GV_BLOCK_BYTES_MAX; parents up to GV_RECORD_REACH blocks back.
 * Source: UTXOracle 9.1, step 1. Thread: one owner at a time (pure). */
#ifndef GV_APP_PRICES_RECORD_H
#define GV_APP_PRICES_RECORD_H

#include "app/bitcoin/block.h"
#include "app/oracle/filter.h"

/* No transaction weighs less than four times its 60 bytes, none with two outputs less than four times
 * 69, no input less than four times 41. */
#define GV_RECORD_TXS_MAX      (GV_BLOCK_BYTES_MAX / 240u)
#define GV_RECORD_PAYMENTS_MAX (GV_BLOCK_BYTES_MAX / 276u)
#define GV_RECORD_INPUTS_MAX   (GV_BLOCK_BYTES_MAX / 164u)
#define GV_RECORD_REACH        255u

struct gv_record_key {
    uint64_t tag;     /* of a txid */
    uint32_t payment; /* who spends it; unused for txids */
};

struct gv_record_payment {
    uint64_t sats[GV_ORACLE_OUTPUTS];
    uint8_t value_count; /* 0: a parent is in its own block */
    uint8_t distance;    /* 0: no parent met */
};

struct gv_record {
    uint32_t txids;
    uint32_t inputs;
    uint32_t payments;
    struct gv_record_key txid[GV_RECORD_TXS_MAX];
    struct gv_record_key input[GV_RECORD_INPUTS_MAX];
    struct gv_record_payment payment[GV_RECORD_PAYMENTS_MAX];
};

/** Read a block. In: block: parsed. seed: random, the same for all blocks that are to meet. */
void gv_record_read(struct gv_record *record, const struct gv_block *block, uint64_t seed);

/** Look for parents among txids of the block `distance` blocks before. The nearest block first.
 *  In: tags: little-endian, 8 bytes each, ascending; all of a block or a part of it.
 *      distance: 1..GV_RECORD_REACH. */
void gv_record_meet(struct gv_record *record, struct gv_view tags, uint32_t distance);

/* ---- as stored ---------------------------------------------------------------------------------- */

/* 8 bytes each: a tag, or an amount with its distance above. */
#define GV_RECORD_ITEM_BYTES 8u

/** Write txids or amounts from *at on, as many as fit. Out: at: first that is left.
 *  Returns: bytes written; 0: nothing is left. */
size_t gv_record_write_txids(const struct gv_record *record, uint32_t *at, uint8_t *out,
                             size_t cap);
size_t gv_record_write_amounts(const struct gv_record *record, uint32_t *at, uint8_t *out,
                               size_t cap);

struct gv_record_amount {
    uint64_t sats;
    uint32_t distance;
};
/** Read one stored amount. Returns: false when it is none that was ever written. */
bool gv_record_read_amount(struct gv_record_amount *amount, struct gv_reader *r);

#endif
