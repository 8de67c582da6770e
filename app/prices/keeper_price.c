/* Prices of runs of blocks, from their stored amounts. */
#include "app/prices/keeper_parts.h"

#include "app/oracle/quality.h"
#include "firmware/base/assert.h"

#include <string.h>

/* ---- amounts ---------------------------------------------------------------------------------------- */

struct collect {
    struct gv_keeper *keeper;
    uint32_t first;
    uint32_t height; /* of the block whose amounts come */
    uint64_t displaced;
    bool spoiled;
};

/* A payment counts when its newest parent lies before the first block. */
static bool counts(const struct collect *collect, const struct gv_record_amount *amount)
{
    return amount->distance == 0 ||
           (int64_t)collect->height - (int64_t)amount->distance < (int64_t)collect->first;
}

static bool take_piece(void *ctx, struct gv_view piece)
{
    struct collect *collect = ctx;
    struct gv_keeper *k = collect->keeper;
    struct gv_reader r = gv_reader_of(piece);
    while (r.left > 0) {
        struct gv_record_amount amount;
        if (!gv_record_read_amount(&amount, &r)) {
            collect->spoiled = true;
            return false;
        }
        if (!counts(collect, &amount)) {
            continue;
        }
        if (k->values.count == k->values_max) {
            collect->displaced++;
        } else {
            gv_oracle_values_put(&k->values, k->values.count, amount.sats);
        }
    }
    return true;
}

/* The newest block first, so that with too many amounts the oldest are left out. */
static enum gv_err collect_amounts(struct gv_keeper *k, uint32_t first, uint32_t last,
                                   uint64_t *displaced)
{
    struct collect collect = {.keeper = k, .first = first};
    k->resident = true;
    gv_oracle_values_init(&k->values, k->work->estimate.slot, k->values_max);
    for (uint32_t i = 0; i <= last - first; i++) {
        collect.height = last - i;
        enum gv_err err = gv_price_db_each_piece(&k->db, collect.height, GV_PRICE_PART_AMOUNTS,
                                                 take_piece, &collect);
        if (err == GV_OK && collect.spoiled) {
            err = GV_ERR_INVALID;
        }
        if (err != GV_OK) {
            return err;
        }
    }
    *displaced = collect.displaced;
    return GV_OK;
}

/* ---- price ------------------------------------------------------------------------------------------ */

/* Not below zero, and far below what 32 bits hold (the slide ends at 507,000 USD). */
static uint32_t scaled(double v, double scale)
{
    return (uint32_t)(v * scale + 0.5);
}

enum gv_err gv_keeper_price(struct gv_keeper *k, uint32_t first, uint32_t last,
                            struct gv_price_fact *fact, uint64_t *displaced)
{
    struct gv_oracle_estimate estimate;
    struct gv_oracle_wide wide;
    GV_ASSERT(first <= last);
    memset(fact, 0, sizeof(*fact));
    const enum gv_err err = collect_amounts(k, first, last, displaced);
    if (err != GV_OK) {
        return err;
    }
    k->scratch.point = k->work->estimate.point;
    k->scratch.points_max = sizeof(k->work->estimate.point) / sizeof(k->work->estimate.point[0]);
    fact->blocks = last - first + 1;
    fact->outputs = k->values.count;
    if (k->values.count < GV_ORACLE_OUTPUTS_LEAST ||
        gv_oracle_estimate(&estimate, &k->values, &k->scratch, NULL) != GV_OK) {
        return GV_OK;
    }
    const bool has_wide = gv_oracle_wide(&wide, &k->values, &k->scratch, NULL) == GV_OK;
    fact->price_cents = scaled(estimate.near.price, 100.0);
    fact->rough_usd = estimate.slide.rough_usd;
    fact->low_cents = scaled(estimate.axis_down, 100.0);
    fact->high_cents = scaled(estimate.axis_up, 100.0);
    fact->deviation_e4 = scaled(estimate.spread, 1e4);
    fact->confidence_e4 = scaled(gv_oracle_confidence(&estimate, has_wide ? &wide : NULL), 1e4);
    return GV_OK;
}

uint32_t gv_keeper_window_first(const struct gv_keeper *k, uint32_t last)
{
    GV_ASSERT(k->blocks > 0);
    const uint32_t oldest = k->block[0].height;
    GV_ASSERT(last >= oldest);
    return last - oldest >= GV_PRICES_WINDOW ? last - (GV_PRICES_WINDOW - 1) : oldest;
}

/* ---- days ------------------------------------------------------------------------------------------- */

/* Blocks of a day among those that are held. Returns: false when there is none. */
static bool find_day(const struct gv_keeper *k, int64_t number, uint32_t *first, uint32_t *last)
{
    bool found = false;
    for (uint32_t i = 0; i < k->blocks; i++) {
        if (k->block[i].day == number) {
            *first = found ? *first : k->block[i].height;
            *last = k->block[i].height;
            found = true;
        }
    }
    return found;
}

enum gv_err gv_keeper_day(struct gv_keeper *k, int64_t number, bool ended,
                          struct gv_prices_day *day)
{
    struct gv_prices_day kept;
    int64_t behind = 0;
    uint32_t first = 0;
    uint32_t last = 0;
    uint64_t displaced = 0;
    memset(day, 0, sizeof(*day));
    day->day = number;
    if (!find_day(k, number, &first, &last)) {
        return GV_OK;
    }
    /* Its beginning is known when the block before it is, or there is none. */
    const bool begun = first > k->block[0].height || first == 0;
    const bool fits = last - first <= GV_RECORD_REACH;
    first = fits ? first : last - GV_RECORD_REACH;
    const enum gv_err err = gv_keeper_price(k, first, last, &day->fact, &displaced);
    day->complete = ended && begun && fits && displaced == 0;
    if (err != GV_OK) {
        return err;
    }
    const bool has = gv_prices_days(k->config.prices, number, number, &kept, 1, &behind) == 1;
    const bool worse = has && ended && kept.complete && !day->complete;
    if (worse || (has && day->fact.price_cents == 0)) {
        *day = kept;
        return GV_OK;
    }
    return day->fact.price_cents != 0 ? gv_price_db_put_day(&k->db, day) : GV_OK;
}
