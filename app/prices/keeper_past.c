/* The history of the live price in the database.
 *
 * Each grain is kept in rows of many samples. A row of seconds is written every minute; a row of a
 * coarser grain only when it is over, because until then all of it can be told from the finer one. A
 * row takes the place of the oldest. So a minute costs one page, and a cut of the power at most the
 * last minute. */
#include "app/prices/keeper_parts.h"

#define SAMPLE_BYTES   8u
#define ROW_SAMPLES    60u /* the most in a row */
#define CONFIDENCE_MAX 1000u

struct grain {
    enum gv_oracle_step step;
    uint32_t samples; /* of a row */
    uint32_t rows;    /* that are kept: row n in slot n % rows, counted from first_slot */
    uint32_t first_slot;
};

/* The coarsest first: what is restored later may overwrite. */
static const struct grain grains[] = {
    {GV_ORACLE_STEP_HOUR, 24, GV_ORACLE_HOURS / 24, 0},
    {GV_ORACLE_STEP_MINUTE, 60, GV_ORACLE_MINUTES / 60, 1000},
    {GV_ORACLE_STEP_SECOND, 60, GV_ORACLE_SECONDS / 60, 2000},
};
#define GRAINS (sizeof(grains) / sizeof(grains[0]))

static int64_t row_seconds(const struct grain *grain)
{
    return (int64_t)grain->step * (int64_t)grain->samples;
}

/* ---- loading ---------------------------------------------------------------------------------------- */

struct load {
    struct gv_keeper *keeper;
    const struct grain *grain;
    bool spoiled;
};

static bool read_row(struct gv_view samples, struct gv_oracle_past *past)
{
    struct gv_reader r = gv_reader_of(samples);
    for (uint32_t i = 0; r.left > 0; i++) {
        past[i].price_cents = gv_read_u32le(&r);
        past[i].confidence_permille = gv_read_u32le(&r);
        if (past[i].confidence_permille > CONFIDENCE_MAX) {
            return false;
        }
    }
    return true;
}

static void load_row(void *ctx, int64_t number, struct gv_view samples)
{
    struct load *load = ctx;
    struct gv_oracle_past past[ROW_SAMPLES];
    const struct grain *grain = load->grain;
    if (samples.n != (size_t)grain->samples * SAMPLE_BYTES || !read_row(samples, past)) {
        load->spoiled = true;
        return;
    }
    const int64_t from_s = number * row_seconds(grain);
    gv_oracle_service_restore(load->keeper->config.oracle, grain->step, from_s, past,
                              grain->samples);
    if (from_s > load->keeper->flushed_s) {
        load->keeper->flushed_s = from_s;
    }
}

enum gv_err gv_keeper_load_past(struct gv_keeper *k)
{
    k->flushed_s = 0;
    for (size_t i = 0; i < GRAINS; i++) {
        struct load load = {.keeper = k, .grain = &grains[i]};
        enum gv_err err = gv_price_db_each_samples(
            &k->db, grains[i].first_slot, grains[i].first_slot + grains[i].rows, load_row, &load);
        if (err == GV_OK && load.spoiled) {
            err = GV_ERR_INVALID;
        }
        if (err != GV_OK) {
            return err;
        }
    }
    return GV_OK;
}

/* ---- writing ---------------------------------------------------------------------------------------- */

struct flush {
    struct gv_keeper *keeper;
    bool begun;
};

static enum gv_err put_row(struct flush *flush, const struct grain *grain, int64_t number,
                           struct gv_view row)
{
    if (!flush->begun) {
        const enum gv_err err = gv_price_db_begin(&flush->keeper->db);
        if (err != GV_OK) {
            return err;
        }
        flush->begun = true;
    }
    const uint32_t slot = grain->first_slot + (uint32_t)(number % (int64_t)grain->rows);
    return gv_price_db_put_samples(&flush->keeper->db, slot, number, row);
}

static enum gv_err write_row(struct flush *flush, const struct grain *grain, int64_t number)
{
    struct gv_oracle_past past[ROW_SAMPLES];
    uint8_t bytes[ROW_SAMPLES * SAMPLE_BYTES];
    struct gv_writer w = gv_writer_of(bytes, sizeof(bytes));
    bool empty = true;
    gv_oracle_service_history(flush->keeper->config.oracle, grain->step,
                              number * row_seconds(grain), past, grain->samples);
    for (uint32_t i = 0; i < grain->samples; i++) {
        gv_write_u32le(&w, past[i].price_cents);
        gv_write_u32le(&w, past[i].price_cents != 0 ? past[i].confidence_permille : 0);
        empty = empty && past[i].price_cents == 0;
    }
    return empty ? GV_OK : put_row(flush, grain, number, gv_written(&w));
}

/* Seconds up to the one that is being filled; of the others the rows that are over. */
static enum gv_err flush_grain(struct flush *flush, const struct grain *grain, int64_t now_s)
{
    const int64_t now_row = now_s / row_seconds(grain);
    const int64_t end = grain->step == GV_ORACLE_STEP_SECOND ? now_row + 1 : now_row;
    int64_t at = flush->keeper->flushed_s / row_seconds(grain);
    at = at > end - (int64_t)grain->rows ? at : end - (int64_t)grain->rows;
    enum gv_err err = GV_OK;
    for (at = at > 0 ? at : 0; at < end && err == GV_OK; at++) {
        err = write_row(flush, grain, at);
    }
    return err;
}

enum gv_err gv_keeper_flush_past(struct gv_keeper *k)
{
    struct flush flush = {.keeper = k};
    const int64_t now_s = gv_clock_utc(k->config.clock).s;
    enum gv_err err = GV_OK;
    if (k->flushed_s > now_s) { /* by a clock that was ahead: what is written is not known */
        k->flushed_s = 0;
    }
    for (size_t i = 0; i < GRAINS && err == GV_OK; i++) {
        err = flush_grain(&flush, &grains[i], now_s);
    }
    if (flush.begun) {
        err = gv_price_db_end(&k->db, err);
    }
    if (err == GV_OK) {
        k->flushed_s = now_s;
    }
    return err;
}
