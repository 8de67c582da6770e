/* Rules of an upload that need no chain and no signature: numbers and ladder. */
#include "app/auction/dutch/dutch.h"

#include "firmware/base/assert.h"

#include <inttypes.h>
#include <stdio.h>

/* Heights from here on are Unix times in nLockTime. Source: Bitcoin Core LOCKTIME_THRESHOLD. */
#define HEIGHT_LIMIT 500000000

static enum gv_err invalid(struct gv_fail *fail, const char *pointer, const char *code,
                           const char *text)
{
    return gv_fail_at(fail, GV_ERR_INVALID, pointer, code, "%s", text);
}

static enum gv_err check_range(struct gv_fail *fail, const char *pointer, int64_t v, int64_t min,
                               int64_t max)
{
    if (v >= min && v <= max) {
        return GV_OK;
    }
    return gv_fail_at(fail, GV_ERR_INVALID, pointer, "dutch.range",
                      "%s must be an integer from %" PRId64 " to %" PRId64, pointer + 1, min, max);
}

static enum gv_err check_ranges(const struct gv_dutch_numbers *n, struct gv_fail *fail)
{
    const struct {
        const char *pointer;
        int64_t value, min, max;
    } rows[] = {
        {"/start_block", n->start_block, 1, HEIGHT_LIMIT - 1},
        {"/end_block", n->end_block, 1, HEIGHT_LIMIT - 1},
        {"/blocks_after_end", n->blocks_after_end, 0, GV_DUTCH_BLOCKS_AFTER_END_MAX},
        {"/start_price_sats", n->start_price, 1, (int64_t)GV_SAT_MAX},
        {"/end_price_sats", n->end_price, 1, (int64_t)GV_SAT_MAX},
        {"/price_decrement", n->price_decrement, 0, (int64_t)GV_SAT_MAX},
        {"/reserve_price_sats", n->reserve, 0, n->start_price},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const enum gv_err err =
            check_range(fail, rows[i].pointer, rows[i].value, rows[i].min, rows[i].max);
        if (err != GV_OK) {
            return err;
        }
    }
    return GV_OK;
}

/* start - decrement * blocks may miss the end price by at most one satoshi per block, because the
 * decrement is rounded. No overflow: at most 2,015 blocks times 21e14. */
static bool slope_fits(const struct gv_dutch_numbers *n, int64_t blocks)
{
    const int64_t miss = n->start_price - n->price_decrement * blocks - n->end_price;
    return miss <= blocks && miss >= -blocks;
}

int64_t gv_dutch_floor(const struct gv_dutch_numbers *n)
{
    return n->reserve > n->end_price ? n->reserve : n->end_price;
}

bool gv_dutch_floor_reached(const struct gv_dutch_terms *terms, struct gv_sat shown)
{
    return shown.v <= terms->end_price.v;
}

enum gv_err gv_dutch_check_numbers(const struct gv_dutch_numbers *n, struct gv_fail *fail)
{
    const enum gv_err err = check_ranges(n, fail);
    if (err != GV_OK) {
        return err;
    }
    if (n->end_block < n->start_block) {
        return invalid(fail, "/end_block", "dutch.end_before_start",
                       "end_block must not be below start_block");
    }
    const int64_t blocks = n->end_block - n->start_block;
    if (blocks >= (int64_t)GV_RUNGS_MAX) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/end_block", "dutch.too_long",
                          "an auction may run over at most %u blocks", GV_RUNGS_MAX);
    }
    if (blocks == 0) {
        if (n->start_price == n->end_price && n->price_decrement == 0) {
            return GV_OK;
        }
        return invalid(fail, "/end_block", "dutch.fixed_price",
                       "with start_block equal to end_block the price is fixed: start_price_sats "
                       "must equal end_price_sats and price_decrement must be 0");
    }
    if (n->end_price >= n->start_price) {
        return invalid(fail, "/end_price_sats", "dutch.not_falling",
                       "end_price_sats must be below start_price_sats in a Dutch auction");
    }
    if (n->price_decrement == 0) {
        return invalid(fail, "/price_decrement", "dutch.no_decrement",
                       "price_decrement must be above 0 in a Dutch auction");
    }
    if (!slope_fits(n, blocks)) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/price_decrement", "dutch.slope",
                          "start_price_sats - price_decrement x %" PRId64
                          " must meet end_price_sats within %" PRId64 " satoshi",
                          blocks, blocks);
    }
    return GV_OK;
}

/* ---- ladder ---------------------------------------------------------------------------------- */

static enum gv_err fail_rung(struct gv_fail *fail, uint32_t position, const char *member,
                             const char *code, const char *text, int64_t number)
{
    char pointer[64];
    snprintf(pointer, sizeof(pointer), "/psbts/%" PRIu32 "/%s", position, member);
    return gv_fail_at(fail, GV_ERR_INVALID, pointer, code, "%s (%" PRId64 ")", text, number);
}

/* Every block inside the range, none twice, none missing. */
static enum gv_err check_blocks(const struct gv_dutch_numbers *n, const struct gv_dutch_rung *rungs,
                                uint32_t count, struct gv_fail *fail)
{
    uint8_t seen[(GV_RUNGS_MAX + 7u) / 8u] = {0};
    const uint32_t first = (uint32_t)n->start_block;
    const uint32_t expected = (uint32_t)(n->end_block - n->start_block) + 1u;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = rungs[i].block - first; /* wraps far out of range when below */
        if (at >= expected) {
            return fail_rung(fail, i, "block_number", "dutch.block_outside",
                             "block_number is outside start_block..end_block", rungs[i].block);
        }
        if (((uint32_t)seen[at / 8u] >> (at % 8u)) & 1u) {
            return fail_rung(fail, i, "block_number", "dutch.block_twice",
                             "block_number occurs twice", rungs[i].block);
        }
        seen[at / 8u] = (uint8_t)(seen[at / 8u] | (1u << (at % 8u)));
    }
    for (uint32_t at = 0; at < expected; at++) {
        if ((((uint32_t)seen[at / 8u] >> (at % 8u)) & 1u) == 0) {
            return gv_fail_at(fail, GV_ERR_INVALID, "/psbts", "dutch.block_missing",
                              "there is no PSBT for block %" PRIu32, first + at);
        }
    }
    return GV_OK;
}

/* Cyclic sort: each rung has exactly one place, so every swap settles one. */
static void sort_rungs(uint32_t first, struct gv_dutch_rung *rungs, uint16_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        order[i] = (uint16_t)i;
    }
    for (uint32_t i = 0; i < count; i++) {
        while (rungs[i].block - first != i) {
            const uint32_t home = rungs[i].block - first;
            const struct gv_dutch_rung rung = rungs[home];
            const uint16_t position = order[home];
            rungs[home] = rungs[i];
            order[home] = order[i];
            rungs[i] = rung;
            order[i] = position;
        }
    }
}

/* Sorted rungs: no price above the one before it. */
static enum gv_err check_falling(const struct gv_dutch_rung *rungs, const uint16_t *order,
                                 uint32_t count, struct gv_fail *fail)
{
    for (uint32_t i = 1; i < count; i++) {
        if (rungs[i].price.v > rungs[i - 1].price.v) {
            return fail_rung(fail, order[i], "price_sats", "dutch.price_rises",
                             "the price must not rise from one block to the next", rungs[i].block);
        }
    }
    return GV_OK;
}

enum gv_err gv_dutch_check_ladder(const struct gv_dutch_numbers *n, struct gv_dutch_rung *rungs,
                                  uint16_t *order, uint32_t count, struct gv_fail *fail)
{
    GV_ASSERT(count >= 1);
    GV_ASSERT(count <= GV_RUNGS_MAX);
    const enum gv_err err = check_blocks(n, rungs, count, fail);
    if (err != GV_OK) {
        return err;
    }
    sort_rungs((uint32_t)n->start_block, rungs, order, count);
    if (rungs[0].price.v != (uint64_t)n->start_price) {
        return fail_rung(fail, order[0], "price_sats", "dutch.first_price",
                         "the first block's price must equal start_price_sats", n->start_price);
    }
    const enum gv_err falling = check_falling(rungs, order, count, fail);
    if (falling != GV_OK) {
        return falling;
    }
    if (rungs[count - 1].price.v != (uint64_t)gv_dutch_floor(n)) {
        return fail_rung(fail, order[count - 1], "price_sats", "dutch.last_price",
                         "the last block's price must equal end_price_sats, or the reserve",
                         gv_dutch_floor(n));
    }
    return GV_OK;
}

/* ---- extension -------------------------------------------------------------------------------------- */

enum gv_err gv_dutch_check_extendable(const struct gv_dutch_listing *listing, struct gv_height tip,
                                      int64_t end_block, struct gv_fail *fail)
{
    const struct gv_dutch_terms *terms = &listing->terms;
    const enum gv_dutch_status status = gv_dutch_status(listing, tip);
    if (gv_dutch_hides_floor(terms)) {
        return gv_fail(fail, GV_ERR_CONFLICT, "dutch.has_reserve",
                       "a listing with a reserve ends at its floor: list again for less");
    }
    if (status != GV_DUTCH_UPCOMING && status != GV_DUTCH_ACTIVE && status != GV_DUTCH_FINISHED) {
        return gv_fail(fail, GV_ERR_CONFLICT, "dutch.not_open", "the listing is %s",
                       gv_dutch_status_text(status));
    }
    if (end_block <= terms->end_block || end_block <= tip.v || end_block >= HEIGHT_LIMIT) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/end_block", "dutch.extension",
                          "end_block must be above the present end %" PRIu32
                          " and above the current block %" PRIu32,
                          terms->end_block, tip.v);
    }
    if (end_block - terms->start_block >= (int64_t)GV_RUNGS_MAX) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/end_block", "dutch.too_long",
                          "a ladder has at most %u blocks in all", GV_RUNGS_MAX);
    }
    return GV_OK;
}

enum gv_err gv_dutch_check_extension(const struct gv_dutch_terms *terms, int64_t end_block,
                                     struct gv_dutch_rung *rungs, uint16_t *order, uint32_t count,
                                     struct gv_fail *fail)
{
    const struct gv_dutch_numbers numbers = {.start_block = (int64_t)terms->end_block + 1,
                                             .end_block = end_block};
    GV_ASSERT(count >= 1);
    GV_ASSERT(count <= GV_RUNGS_MAX);
    const enum gv_err err = check_blocks(&numbers, rungs, count, fail);
    if (err != GV_OK) {
        return err;
    }
    sort_rungs((uint32_t)numbers.start_block, rungs, order, count);
    if (rungs[0].price.v > terms->end_price.v) {
        return fail_rung(fail, order[0], "price_sats", "dutch.price_rises",
                         "the price must not rise above the present end price",
                         (int64_t)terms->end_price.v);
    }
    return check_falling(rungs, order, count, fail);
}
