/* Price database: block records, day prices and history in a file of its own.
 *
 *   prices_meta            version and the seed of the txid tags
 *   prices_block           newest blocks: hash, time, day, price of the window that ends there
 *     └─ prices_part       their record (record.h) in pieces of GV_PRICE_PART_BYTES
 *   prices_day             price of each day
 *   prices_sample          the price of the past, rows of many samples in rings of slots
 *
 * Nothing here is the truth about anything: whoever deletes the file loses the history of prices, and
 * the rest is read from the node again. It is committed without waiting for the disk, apart from the
 * auctions' database, so neither can hold up or fill the other. What is read back is checked; a row
 * that cannot be is GV_ERR_INVALID. The SQL is what SQLite and PostgreSQL both speak.
 * Common results: GV_OK; GV_ERR_STORAGE (the storage refused); GV_ERR_INVALID (the file is spoiled).
 * Thread: the one that opened the storage. */
#ifndef GV_APP_PRICES_DB_H
#define GV_APP_PRICES_DB_H

#include "app/prices/published.h"
#include "app/prices/record.h"
#include "hal/iface/storage.h"

/* Pieces are small so that the storage's heap, which the auctions need as well, stays small. */
#define GV_PRICE_PART_BYTES    32768u
#define GV_PRICE_DB_STATEMENTS 15u

struct gv_price_db {
    struct gv_storage *storage;
    uint64_t seed;
    struct gv_stmt statements[GV_PRICE_DB_STATEMENTS];
    uint8_t piece[GV_PRICE_PART_BYTES];
};

/** Make or check the schema, prepare all statements. Keeps storage.
 *  In:      seed: random, for a new database.
 *  Returns: as common; "prices.schema". */
GV_MUST_USE enum gv_err gv_price_db_open(struct gv_price_db *db, struct gv_storage *storage,
                                         uint64_t seed, struct gv_fail *fail);
/** Finishes the statements; the storage stays open. A zeroed one is allowed. */
void gv_price_db_close(struct gv_price_db *db);

/* ---- blocks --------------------------------------------------------------------------------------- */

struct gv_price_block {
    uint32_t height;
    struct gv_hash256 hash;
    int64_t time_s;
    int64_t day;          /* that it is counted to, from 1970-01-01 */
    uint32_t price_cents; /* 0: none */
};

enum gv_price_part {
    GV_PRICE_PART_TXIDS = 0, /* stored: never renumber */
    GV_PRICE_PART_AMOUNTS = 1,
};

GV_MUST_USE enum gv_err gv_price_db_put_block(struct gv_price_db *db,
                                              const struct gv_price_block *block);
GV_MUST_USE enum gv_err gv_price_db_put_record(struct gv_price_db *db, uint32_t height,
                                               const struct gv_record *record);
/** Visit the blocks, ascending height, until visit returns false. */
GV_MUST_USE enum gv_err
gv_price_db_each_block(struct gv_price_db *db,
                       bool (*visit)(void *ctx, const struct gv_price_block *block), void *ctx);
/** Visit the pieces of one part of a record, in order, until visit returns false. */
GV_MUST_USE enum gv_err gv_price_db_each_piece(struct gv_price_db *db, uint32_t height,
                                               enum gv_price_part part,
                                               bool (*visit)(void *ctx, struct gv_view piece),
                                               void *ctx);
/** Drop the blocks of a height and above (a reorg), or those below one. */
GV_MUST_USE enum gv_err gv_price_db_drop_from(struct gv_price_db *db, uint32_t height);
GV_MUST_USE enum gv_err gv_price_db_drop_below(struct gv_price_db *db, uint32_t height);

/* ---- days ----------------------------------------------------------------------------------------- */

GV_MUST_USE enum gv_err gv_price_db_put_day(struct gv_price_db *db,
                                            const struct gv_prices_day *day);
GV_MUST_USE enum gv_err
gv_price_db_each_day(struct gv_price_db *db,
                     void (*visit)(void *ctx, const struct gv_prices_day *day), void *ctx);
/** Drop the days above `last` (a reorg) and below `first`. */
GV_MUST_USE enum gv_err gv_price_db_drop_days(struct gv_price_db *db, int64_t first, int64_t last);

/* ---- history -------------------------------------------------------------------------------------- */

/** A row of samples, in place of the one that its slot held. In: number: tells the time of the row. */
GV_MUST_USE enum gv_err gv_price_db_put_samples(struct gv_price_db *db, uint32_t slot,
                                                int64_t number, struct gv_view samples);
/** Visit the rows in slots first_slot to before end_slot, ascending number. */
GV_MUST_USE enum gv_err
gv_price_db_each_samples(struct gv_price_db *db, uint32_t first_slot, uint32_t end_slot,
                         void (*visit)(void *ctx, int64_t number, struct gv_view samples),
                         void *ctx);

/* ---- transactions --------------------------------------------------------------------------------- */

GV_MUST_USE enum gv_err gv_price_db_begin(struct gv_price_db *db);
/** Commit when err is GV_OK, else roll back. Returns: err, or what the commit gave. */
GV_MUST_USE enum gv_err gv_price_db_end(struct gv_price_db *db, enum gv_err err);

#endif
