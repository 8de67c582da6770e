#include "app/prices/db.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

#define VERSION 2
/* A block's time and height, a day and a count are far below this. */
#define INT_MAX_ALLOWED INT64_C(0xffffffff)
#define DAY_MAX         2932896 /* 9999-12-31 */

enum sql {
    META_PUT,
    META_GET,
    BLOCK_PUT,
    BLOCK_EACH,
    BLOCK_DROP_FROM,
    BLOCK_DROP_BELOW,
    PART_PUT,
    PART_EACH,
    PART_DROP_FROM,
    PART_DROP_BELOW,
    DAY_PUT,
    DAY_EACH,
    DAY_DROP,
    SAMPLE_PUT,
    SAMPLE_EACH,
    SQL_COUNT
};
_Static_assert((unsigned)SQL_COUNT <= GV_PRICE_DB_STATEMENTS, "every statement has its place");

static const char *const texts[SQL_COUNT] = {
    [META_PUT] = "INSERT INTO prices_meta (name, value) VALUES ($1, $2) "
                 "ON CONFLICT (name) DO NOTHING",
    [META_GET] = "SELECT value FROM prices_meta WHERE name = $1",
    [BLOCK_PUT] = "INSERT INTO prices_block (height, hash, time, day, price_cents) "
                  "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (height) DO UPDATE SET "
                  "hash = excluded.hash, time = excluded.time, day = excluded.day, "
                  "price_cents = excluded.price_cents",
    [BLOCK_EACH] = "SELECT height, hash, time, day, price_cents FROM prices_block ORDER BY height",
    [BLOCK_DROP_FROM] = "DELETE FROM prices_block WHERE height >= $1",
    [BLOCK_DROP_BELOW] = "DELETE FROM prices_block WHERE height < $1",
    [PART_PUT] = "INSERT INTO prices_part (height, part, piece, data) VALUES ($1, $2, $3, $4)",
    [PART_EACH] = "SELECT data FROM prices_part WHERE height = $1 AND part = $2 ORDER BY piece",
    [PART_DROP_FROM] = "DELETE FROM prices_part WHERE height >= $1",
    [PART_DROP_BELOW] = "DELETE FROM prices_part WHERE height < $1",
    [DAY_PUT] = "INSERT INTO prices_day (day, complete, price_cents, rough_usd, low_cents, "
                "high_cents, deviation_e4, confidence_e4, outputs, blocks) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (day) DO UPDATE SET "
                "complete = excluded.complete, price_cents = excluded.price_cents, "
                "rough_usd = excluded.rough_usd, low_cents = excluded.low_cents, "
                "high_cents = excluded.high_cents, deviation_e4 = excluded.deviation_e4, "
                "confidence_e4 = excluded.confidence_e4, outputs = excluded.outputs, "
                "blocks = excluded.blocks",
    [DAY_EACH] = "SELECT day, complete, price_cents, rough_usd, low_cents, high_cents, "
                 "deviation_e4, confidence_e4, outputs, blocks FROM prices_day ORDER BY day",
    [DAY_DROP] = "DELETE FROM prices_day WHERE day < $1 OR day > $2",
    [SAMPLE_PUT] = "INSERT INTO prices_sample (slot, number, data) VALUES ($1, $2, $3) "
                   "ON CONFLICT (slot) DO UPDATE SET number = excluded.number, "
                   "data = excluded.data",
    [SAMPLE_EACH] = "SELECT number, data FROM prices_sample WHERE slot >= $1 AND slot < $2 "
                    "ORDER BY number",
};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS prices_meta (name TEXT PRIMARY KEY, value BIGINT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS prices_block (height INTEGER PRIMARY KEY, hash BYTEA NOT NULL, "
    "time BIGINT NOT NULL, day BIGINT NOT NULL, price_cents BIGINT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS prices_part (height BIGINT NOT NULL, part INTEGER NOT NULL, "
    "piece INTEGER NOT NULL, data BYTEA NOT NULL, PRIMARY KEY (height, part, piece));"
    "CREATE TABLE IF NOT EXISTS prices_day (day INTEGER PRIMARY KEY, complete INTEGER NOT NULL, "
    "price_cents BIGINT NOT NULL, rough_usd BIGINT NOT NULL, low_cents BIGINT NOT NULL, "
    "high_cents BIGINT NOT NULL, deviation_e4 BIGINT NOT NULL, confidence_e4 BIGINT NOT NULL, "
    "outputs BIGINT NOT NULL, blocks BIGINT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS prices_sample (slot INTEGER PRIMARY KEY, number BIGINT NOT NULL, "
    "data BYTEA NOT NULL)";

/* ---- one run of a statement: parameters and columns in order, the first error sticks ----------------- */

struct run {
    struct gv_storage *storage;
    struct gv_stmt *stmt;
    enum gv_err err;
    int put;
    int got;
    bool corrupt;
};

static struct run start(struct gv_price_db *db, enum sql sql)
{
    struct run run = {.storage = db->storage, .stmt = &db->statements[sql]};
    GV_ASSERT(run.stmt->handle != NULL);
    run.err = gv_storage_reset(run.storage, run.stmt);
    return run;
}

static void put_int(struct run *run, int64_t v)
{
    run->put++;
    if (run->err == GV_OK) {
        run->err = gv_storage_bind_int(run->storage, run->stmt, run->put, v);
    }
}

static void put_text(struct run *run, const char *text)
{
    run->put++;
    if (run->err == GV_OK) {
        run->err = gv_storage_bind_text(run->storage, run->stmt, run->put, gv_view_str(text));
    }
}

static void put_blob(struct run *run, struct gv_view v)
{
    run->put++;
    if (run->err == GV_OK) {
        run->err = gv_storage_bind_blob(run->storage, run->stmt, run->put, v);
    }
}

static bool next(struct run *run)
{
    bool has_row = false;
    run->got = 0;
    if (run->err == GV_OK && !run->corrupt) {
        run->err = gv_storage_step(run->storage, run->stmt, &has_row);
    }
    return run->err == GV_OK && has_row;
}

static int64_t get_int(struct run *run, int64_t max)
{
    const int64_t v = gv_storage_column_int(run->storage, run->stmt, run->got++);
    if (v < 0 || v > max) {
        run->corrupt = true;
        return 0;
    }
    return v;
}

static uint32_t get_u32(struct run *run)
{
    return (uint32_t)get_int(run, INT_MAX_ALLOWED);
}

static struct gv_view get_blob(struct run *run)
{
    return gv_storage_column_blob(run->storage, run->stmt, run->got++);
}

static enum gv_err end(struct run *run)
{
    const enum gv_err err = gv_storage_reset(run->storage, run->stmt);
    if (run->corrupt) {
        return GV_ERR_INVALID;
    }
    return run->err != GV_OK ? run->err : err;
}

static enum gv_err finish(struct run *run)
{
    (void)next(run);
    return end(run);
}

/* ---- open and close --------------------------------------------------------------------------------- */

/* The first value stays. */
static enum gv_err put_meta(struct gv_price_db *db, const char *name, int64_t value)
{
    struct run run = start(db, META_PUT);
    put_text(&run, name);
    put_int(&run, value);
    return finish(&run);
}

static enum gv_err get_meta(struct gv_price_db *db, const char *name, int64_t *value)
{
    struct run run = start(db, META_GET);
    put_text(&run, name);
    if (next(&run)) {
        *value = gv_storage_column_int(db->storage, run.stmt, 0);
    } else {
        run.corrupt = true;
    }
    return end(&run);
}

static enum gv_err prepare(struct gv_price_db *db, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        const enum gv_err err = gv_storage_prepare(db->storage, &db->statements[i], texts[i]);
        if (err != GV_OK) {
            return err;
        }
    }
    return GV_OK;
}

/* A file of another version is not worth a migration: it is set aside, and made anew. */
static enum gv_err set_up(struct gv_price_db *db, uint64_t seed)
{
    int64_t version = 0;
    int64_t kept = 0;
    enum gv_err err = gv_storage_exec(db->storage, schema);
    if (err == GV_OK) {
        err = prepare(db, META_PUT, META_GET + 1);
    }
    if (err == GV_OK) {
        err = put_meta(db, "version", VERSION);
    }
    if (err == GV_OK) {
        err = put_meta(db, "seed", (int64_t)(seed >> 1));
    }
    if (err == GV_OK) {
        err = get_meta(db, "version", &version);
    }
    if (err == GV_OK) {
        err = get_meta(db, "seed", &kept);
    }
    db->seed = (uint64_t)kept;
    if (err == GV_OK && version != VERSION) {
        err = GV_ERR_INVALID;
    }
    return err == GV_OK ? prepare(db, META_GET + 1, SQL_COUNT) : err;
}

enum gv_err gv_price_db_open(struct gv_price_db *db, struct gv_storage *storage, uint64_t seed,
                             struct gv_fail *fail)
{
    memset(db->statements, 0, sizeof(db->statements));
    db->storage = storage;
    enum gv_err err = gv_price_db_begin(db);
    if (err == GV_OK) {
        err = gv_price_db_end(db, set_up(db, seed));
    }
    if (err != GV_OK) {
        gv_price_db_close(db);
        return gv_fail(fail, err, "prices.schema", "the database of prices cannot be used");
    }
    return GV_OK;
}

void gv_price_db_close(struct gv_price_db *db)
{
    for (uint32_t i = 0; i < (uint32_t)SQL_COUNT; i++) {
        if (db->statements[i].handle != NULL) {
            gv_storage_finish(db->storage, &db->statements[i]);
        }
    }
}

enum gv_err gv_price_db_begin(struct gv_price_db *db)
{
    return gv_storage_begin(db->storage);
}

enum gv_err gv_price_db_end(struct gv_price_db *db, enum gv_err err)
{
    if (err == GV_OK) {
        err = gv_storage_commit(db->storage);
        gv_storage_settle(db->storage); /* only the keeper waits */
        return err;
    }
    gv_storage_rollback(db->storage);
    return err;
}

/* ---- blocks ----------------------------------------------------------------------------------------- */

enum gv_err gv_price_db_put_block(struct gv_price_db *db, const struct gv_price_block *block)
{
    struct run run = start(db, BLOCK_PUT);
    put_int(&run, block->height);
    put_blob(&run, gv_view_of(block->hash.b, sizeof(block->hash.b)));
    put_int(&run, block->time_s);
    put_int(&run, block->day);
    put_int(&run, block->price_cents);
    return finish(&run);
}

static enum gv_err put_piece(struct gv_price_db *db, uint32_t height, enum gv_price_part part,
                             uint32_t piece, size_t n)
{
    struct run run = start(db, PART_PUT);
    put_int(&run, height);
    put_int(&run, (int64_t)part);
    put_int(&run, piece);
    put_blob(&run, gv_view_of(db->piece, n));
    return finish(&run);
}

typedef size_t write_fn(const struct gv_record *record, uint32_t *at, uint8_t *out, size_t cap);

static enum gv_err put_part(struct gv_price_db *db, uint32_t height, enum gv_price_part part,
                            const struct gv_record *record, write_fn *write)
{
    enum gv_err err = GV_OK;
    uint32_t at = 0;
    for (uint32_t piece = 0; err == GV_OK; piece++) {
        const size_t n = write(record, &at, db->piece, sizeof(db->piece));
        if (n == 0) {
            break;
        }
        err = put_piece(db, height, part, piece, n);
    }
    return err;
}

enum gv_err gv_price_db_put_record(struct gv_price_db *db, uint32_t height,
                                   const struct gv_record *record)
{
    enum gv_err err = put_part(db, height, GV_PRICE_PART_TXIDS, record, gv_record_write_txids);
    if (err == GV_OK) {
        err = put_part(db, height, GV_PRICE_PART_AMOUNTS, record, gv_record_write_amounts);
    }
    return err;
}

static void get_block(struct run *run, struct gv_price_block *block)
{
    block->height = get_u32(run);
    const struct gv_view hash = get_blob(run);
    if (hash.n == sizeof(block->hash.b)) {
        memcpy(block->hash.b, hash.p, hash.n);
    } else {
        run->corrupt = true;
    }
    block->time_s = get_int(run, INT_MAX_ALLOWED);
    block->day = get_int(run, DAY_MAX);
    block->price_cents = get_u32(run);
}

enum gv_err gv_price_db_each_block(struct gv_price_db *db,
                                   bool (*visit)(void *ctx, const struct gv_price_block *block),
                                   void *ctx)
{
    struct run run = start(db, BLOCK_EACH);
    while (next(&run)) {
        struct gv_price_block block;
        get_block(&run, &block);
        if (!run.corrupt && !visit(ctx, &block)) {
            break;
        }
    }
    return end(&run);
}

enum gv_err gv_price_db_each_piece(struct gv_price_db *db, uint32_t height, enum gv_price_part part,
                                   bool (*visit)(void *ctx, struct gv_view piece), void *ctx)
{
    struct run run = start(db, PART_EACH);
    put_int(&run, height);
    put_int(&run, (int64_t)part);
    while (next(&run)) {
        const struct gv_view piece = get_blob(&run);
        if (piece.n % GV_RECORD_ITEM_BYTES != 0) {
            run.corrupt = true;
        } else if (!visit(ctx, piece)) {
            break;
        }
    }
    return end(&run);
}

static enum gv_err drop(struct gv_price_db *db, enum sql blocks, enum sql parts, uint32_t height)
{
    struct run run = start(db, blocks);
    put_int(&run, height);
    const enum gv_err err = finish(&run);
    if (err != GV_OK) {
        return err;
    }
    run = start(db, parts);
    put_int(&run, height);
    return finish(&run);
}

enum gv_err gv_price_db_drop_from(struct gv_price_db *db, uint32_t height)
{
    return drop(db, BLOCK_DROP_FROM, PART_DROP_FROM, height);
}

enum gv_err gv_price_db_drop_below(struct gv_price_db *db, uint32_t height)
{
    return drop(db, BLOCK_DROP_BELOW, PART_DROP_BELOW, height);
}

/* ---- days ------------------------------------------------------------------------------------------- */

enum gv_err gv_price_db_put_day(struct gv_price_db *db, const struct gv_prices_day *day)
{
    struct run run = start(db, DAY_PUT);
    put_int(&run, day->day);
    put_int(&run, day->complete ? 1 : 0);
    put_int(&run, day->fact.price_cents);
    put_int(&run, day->fact.rough_usd);
    put_int(&run, day->fact.low_cents);
    put_int(&run, day->fact.high_cents);
    put_int(&run, day->fact.deviation_e4);
    put_int(&run, day->fact.confidence_e4);
    put_int(&run, day->fact.outputs);
    put_int(&run, day->fact.blocks);
    return finish(&run);
}

enum gv_err gv_price_db_each_day(struct gv_price_db *db,
                                 void (*visit)(void *ctx, const struct gv_prices_day *day),
                                 void *ctx)
{
    struct run run = start(db, DAY_EACH);
    while (next(&run)) {
        struct gv_prices_day day = {.day = get_int(&run, DAY_MAX)};
        day.complete = get_int(&run, 1) == 1;
        day.fact.price_cents = get_u32(&run);
        day.fact.rough_usd = get_u32(&run);
        day.fact.low_cents = get_u32(&run);
        day.fact.high_cents = get_u32(&run);
        day.fact.deviation_e4 = get_u32(&run);
        day.fact.confidence_e4 = get_u32(&run);
        day.fact.outputs = get_u32(&run);
        day.fact.blocks = get_u32(&run);
        if (!run.corrupt) {
            visit(ctx, &day);
        }
    }
    return end(&run);
}

enum gv_err gv_price_db_drop_days(struct gv_price_db *db, int64_t first, int64_t last)
{
    struct run run = start(db, DAY_DROP);
    put_int(&run, first);
    put_int(&run, last);
    return finish(&run);
}

/* ---- history ---------------------------------------------------------------------------------------- */

enum gv_err gv_price_db_put_samples(struct gv_price_db *db, uint32_t slot, int64_t number,
                                    struct gv_view samples)
{
    struct run run = start(db, SAMPLE_PUT);
    put_int(&run, slot);
    put_int(&run, number);
    put_blob(&run, samples);
    return finish(&run);
}

enum gv_err gv_price_db_each_samples(struct gv_price_db *db, uint32_t first_slot, uint32_t end_slot,
                                     void (*visit)(void *ctx, int64_t number,
                                                   struct gv_view samples),
                                     void *ctx)
{
    struct run run = start(db, SAMPLE_EACH);
    put_int(&run, first_slot);
    put_int(&run, end_slot);
    while (next(&run)) {
        const int64_t number = get_int(&run, INT_MAX_ALLOWED);
        const struct gv_view samples = get_blob(&run);
        if (!run.corrupt) {
            visit(ctx, number, samples);
        }
    }
    return end(&run);
}
