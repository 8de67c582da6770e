#include "app/oracle/quality.h"

#include <math.h>

double gv_oracle_margin(const struct gv_oracle_slide *slide)
{
    return slide->best_score > 0.0
               ? (slide->best_score - slide->runner_up_score) / slide->best_score
               : 0.0;
}

/* ---- confidence ----------------------------------------------------------------------------------- */

#define BANDS   7u
#define MARGINS 5u

static const double band_outputs[BANDS] = {50, 100, 200, 400, 800, 1600, 3200};
static const double margin_at[MARGINS] = {0.0, 0.01, 0.02, 0.04, 0.08};
/* Measured share of right prices by number of outputs and margin, where the wide search finds the
 * same price, */
static const double right_agreed[BANDS][MARGINS] = {
    {0.35, 0.37, 0.42, 0.48, 0.59}, {0.47, 0.49, 0.57, 0.65, 0.76}, {0.52, 0.62, 0.70, 0.82, 0.91},
    {0.72, 0.84, 0.89, 0.94, 0.97}, {0.85, 0.91, 0.94, 0.97, 0.99}, {0.88, 0.93, 0.98, 0.99, 0.99},
    {0.90, 0.95, 0.98, 0.99, 0.99},
};
/* and where it finds another: many outputs and a clear margin are then a clear mistake. */
static const double right_alone[BANDS][MARGINS] = {
    {0.05, 0.08, 0.09, 0.13, 0.13}, {0.12, 0.13, 0.13, 0.14, 0.18}, {0.13, 0.14, 0.18, 0.25, 0.27},
    {0.14, 0.12, 0.14, 0.14, 0.10}, {0.05, 0.05, 0.05, 0.05, 0.04}, {0.03, 0.02, 0.02, 0.01, 0.01},
    {0.03, 0.02, 0.02, 0.01, 0.01},
};

/* Place of a value between ascending marks. Out: part of the way to the next one, 0..1. */
static uint32_t place(const double *mark, uint32_t n, double v, double *part)
{
    uint32_t i = 0;
    while (i + 2 < n && v >= mark[i + 1]) {
        i++;
    }
    *part = (v - mark[i]) / (mark[i + 1] - mark[i]);
    *part = *part < 0.0 ? 0.0 : *part;
    *part = *part > 1.0 ? 1.0 : *part;
    return i;
}

static double between(double a, double b, double part)
{
    return a + (b - a) * part;
}

double gv_oracle_confidence(const struct gv_oracle_estimate *estimate,
                            const struct gv_oracle_wide *wide)
{
    const double outputs = (double)estimate->outputs;
    const double price = estimate->near.price;
    const bool agreed = wide != NULL && fabs(wide->price - price) < 0.06 * price;
    const double(*const right)[MARGINS] = agreed ? right_agreed : right_alone;
    double down = 0.0;
    double across = 0.0;
    const uint32_t i = place(band_outputs, BANDS, outputs, &down);
    const uint32_t j = place(margin_at, MARGINS, gv_oracle_margin(&estimate->slide), &across);
    const double confidence = between(between(right[i][j], right[i][j + 1], across),
                                      between(right[i + 1][j], right[i + 1][j + 1], across), down);
    return outputs < band_outputs[0] ? confidence * outputs / band_outputs[0] : confidence;
}

double gv_oracle_confidence_count(uint32_t active)
{
    const double n = (double)active;
    if (active < 100) {
        return 0.3 * n / 100.0;
    }
    if (active < 1000) {
        return 0.3 + 0.5 * (n - 100.0) / 900.0;
    }
    const double confidence = 0.8 + 0.2 * (n - 1000.0) / 5000.0;
    return confidence < 1.0 ? confidence : 1.0;
}

/* ---- interval -------------------------------------------------------------------------------------- */

/* Movement from step to step that is assumed while none is known, and at least. */
#define VARIATION_UNKNOWN 0.006
#define VARIATION_LEAST   0.0008
/* Mean age of a quote when it is paid. */
#define QUOTE_AGE_S 240.0
/* Half width in standard deviations, found by calibration: more than a Gaussian's 1.64, because the
 * movement is estimated from a few steps. */
#define WIDTH 2.25

struct gv_oracle_interval gv_oracle_interval(const struct gv_oracle_spot *spot)
{
    const double step_s = (double)GV_ORACLE_SPOT_STEP_MS / 1000.0;
    const double known = spot->steps > 0 ? spot->variation : VARIATION_UNKNOWN;
    const double variation = known > VARIATION_LEAST ? known : VARIATION_LEAST;
    const double noise = spot->deviation * spot->deviation / spot->weight;
    const double lag = variation * variation * (spot->age_s + QUOTE_AGE_S) / step_s;
    const double half = WIDTH * sqrt(noise + lag) * spot->price;
    return (struct gv_oracle_interval){.low = spot->price - half, .high = spot->price + half};
}

/* ---- guard ----------------------------------------------------------------------------------------- */

/* Movement that is believed: at once, and for each hour since the price was good, up to a bound. The
 * nearest wrong locks are 4/3 and 3/4. */
#define MOVE_AT_ONCE  0.06
#define MOVE_PER_HOUR 0.04
#define MOVE_MAX      0.2
/* Against the price of the last day's blocks. */
#define MOVE_BLOCK 0.2
#define HOUR_MS    3600000.0
/* A good price is forgotten after a day. */
#define GOOD_MS (24 * GV_ORACLE_HOUR_MS)

static bool is_near(double usd, double known, double part)
{
    return usd < known * (1.0 + part) && usd > known / (1.0 + part);
}

static double believed_move(const struct gv_oracle_guard *guard, int64_t now_ms)
{
    const double hours = (double)(now_ms - guard->good_ms) / HOUR_MS;
    const double part = MOVE_AT_ONCE + MOVE_PER_HOUR * (hours > 0.0 ? hours : 0.0);
    return part < MOVE_MAX ? part : MOVE_MAX;
}

/* Has the price stood at the same wrong place so long that it must be the right one? */
static bool persists(struct gv_oracle_guard *guard, double usd, double confidence, int64_t now_ms)
{
    if (guard->suspect_usd <= 0.0 || !is_near(usd, guard->suspect_usd, MOVE_AT_ONCE) ||
        confidence < GV_ORACLE_PERSIST_CONFIDENCE) {
        guard->suspect_usd = usd;
        guard->suspect_ms = now_ms;
        return false;
    }
    return now_ms - guard->suspect_ms >= GV_ORACLE_PERSIST_MS;
}

struct gv_oracle_verdict gv_oracle_guard(struct gv_oracle_guard *guard, double usd,
                                         double confidence, double block_usd, int64_t now_ms)
{
    struct gv_oracle_verdict verdict = {.trust = GV_ORACLE_TRUSTED};
    const bool has_good = guard->good_usd > 0.0 && now_ms - guard->good_ms < GOOD_MS;
    bool far = false;
    if (has_good) {
        verdict.ratio = usd / guard->good_usd;
        far = !is_near(usd, guard->good_usd, believed_move(guard, now_ms));
    } else if (block_usd > 0.0) {
        verdict.ratio = usd / block_usd;
        far = !is_near(usd, block_usd, MOVE_BLOCK);
    }
    if (far && has_good && block_usd > 0.0 && is_near(usd, block_usd, MOVE_BLOCK) &&
        !is_near(guard->good_usd, block_usd, MOVE_BLOCK)) {
        far = false; /* what was held for good was the wrong one */
    }
    if (far && !persists(guard, usd, confidence, now_ms)) {
        verdict.trust = GV_ORACLE_WRONG_LOCK;
        return verdict;
    }
    if (confidence < GV_ORACLE_CONFIDENCE_LEAST) {
        verdict.trust = GV_ORACLE_UNSURE;
        return verdict;
    }
    guard->good_usd = usd;
    guard->good_ms = now_ms;
    guard->suspect_usd = 0.0;
    return verdict;
}
