/* Steps 6 to 8: price points around the rough price, their centre, the axis. */
#include "app/oracle/estimate.h"

#include "firmware/base/assert.h"

#include <math.h>

#define SAT_PER_BTC 1e8
/* An amount belongs to a USD amount when it is this near at the rough price. */
#define POINT_PART 0.25
#define NEAR_PART  0.05
#define WIDE_PART  0.1
/* The points for both centres are in 0.855..1.155 of the rough price. */
#define COLLECT_LOW  0.85
#define COLLECT_HIGH 1.16

static double btc(uint64_t sats)
{
    return (double)sats / SAT_PER_BTC;
}

/* ---- points --------------------------------------------------------------------------------------- */

uint32_t gv_oracle_points_of(double point[GV_ORACLE_AMOUNTS], uint64_t sats, uint32_t rough_usd)
{
    const double value = btc(sats);
    uint32_t n = 0;
    if (gv_oracle_is_round(sats)) {
        return 0;
    }
    for (uint32_t i = 0; i < GV_ORACLE_AMOUNTS; i++) {
        const double usd = gv_oracle_usd[i];
        const double middle = usd / (double)rough_usd;
        const double high = middle + POINT_PART * middle;
        const double low = middle - POINT_PART * middle;
        if (low < value && value < high) {
            point[n++] = usd / value;
        }
    }
    return n;
}

/* Amounts first..last, both included. */
struct range {
    uint64_t first_sat;
    uint64_t last_sat;
};

/* The conditions below are monotonous in the amount, so that each is decided once, by trying the
 * amounts around the border, and not again for every value. */

/* low < sats / 1e8 < high, in doubles. In: 0 < low < high < 1e6. */
static struct range range_of_btc(double low, double high)
{
    struct range range = {(uint64_t)(low * SAT_PER_BTC), (uint64_t)(high * SAT_PER_BTC) + 1};
    while (range.first_sat > 1 && btc(range.first_sat - 1) > low) {
        range.first_sat--;
    }
    while (!(btc(range.first_sat) > low)) {
        range.first_sat++;
    }
    while (btc(range.last_sat + 1) < high) {
        range.last_sat++;
    }
    while (!(btc(range.last_sat) < high)) {
        range.last_sat--;
    }
    return range;
}

/* low < usd / (sats / 1e8) < high, in doubles. In: 0 < low < high. */
static struct range range_of_price(double usd, double low, double high)
{
    struct range range = {(uint64_t)(usd / high * SAT_PER_BTC),
                          (uint64_t)(usd / low * SAT_PER_BTC) + 1};
    while (range.first_sat > 1 && usd / btc(range.first_sat - 1) < high) {
        range.first_sat--;
    }
    while (range.first_sat == 0 || !(usd / btc(range.first_sat) < high)) {
        range.first_sat++;
    }
    while (usd / btc(range.last_sat + 1) > low) {
        range.last_sat++;
    }
    while (range.last_sat > 0 && !(usd / btc(range.last_sat) > low)) {
        range.last_sat--;
    }
    return range;
}

static struct range range_of_points(double usd, uint32_t rough_usd)
{
    const double middle = usd / (double)rough_usd;
    return range_of_btc(middle - POINT_PART * middle, middle + POINT_PART * middle);
}

uint32_t gv_oracle_count_points(struct gv_oracle_values *values, uint32_t rough_usd)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < GV_ORACLE_AMOUNTS; i++) {
        const struct range range = range_of_points(gv_oracle_usd[i], rough_usd);
        n += gv_oracle_values_between(values, range.first_sat, range.last_sat);
    }
    return n;
}

uint32_t gv_oracle_count_points_in(struct gv_oracle_values *values, uint32_t rough_usd, double low,
                                   double high)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < GV_ORACLE_AMOUNTS; i++) {
        const struct range all = range_of_points(gv_oracle_usd[i], rough_usd);
        struct range range = range_of_price(gv_oracle_usd[i], low, high);
        range.first_sat = range.first_sat > all.first_sat ? range.first_sat : all.first_sat;
        range.last_sat = range.last_sat < all.last_sat ? range.last_sat : all.last_sat;
        n += gv_oracle_values_between(values, range.first_sat, range.last_sat);
    }
    return n;
}

/* Behind the last point of a run. */
#define RUN_END HUGE_VAL

static double next_point(struct gv_oracle_walk *walk, double usd)
{
    const uint64_t sats = gv_oracle_walk_next(walk);
    return sats == 0 ? RUN_END : usd / btc(sats);
}

/* Descending amounts are ascending prices, so the points of each USD amount come in order, and all
 * of them by merging fourteen runs. */
uint32_t gv_oracle_points_between(struct gv_oracle_scratch *scratch,
                                  struct gv_oracle_values *values, double low, double high)
{
    struct gv_oracle_walk walk[GV_ORACLE_AMOUNTS];
    double head[GV_ORACLE_AMOUNTS];
    GV_ASSERT(high < 1.4 * low);
    for (uint32_t i = 0; i < GV_ORACLE_AMOUNTS; i++) {
        const struct range range = range_of_price(gv_oracle_usd[i], low, high);
        gv_oracle_walk_begin(&walk[i], values, range.first_sat, range.last_sat);
        head[i] = next_point(&walk[i], gv_oracle_usd[i]);
    }
    for (uint32_t n = 0;; n++) {
        uint32_t least = 0;
        for (uint32_t i = 1; i < GV_ORACLE_AMOUNTS; i++) {
            least = head[i] < head[least] ? i : least;
        }
        if (!(head[least] < RUN_END)) {
            return n;
        }
        GV_ASSERT(n < scratch->points_max);
        scratch->point[n] = head[least];
        head[least] = next_point(&walk[least], gv_oracle_usd[least]);
    }
}

/* ---- centre --------------------------------------------------------------------------------------- */

/* Index of the first point for which "point > limit" (or, inclusive, "point >= limit") holds. */
static uint32_t first_above(const double *point, uint32_t n, double limit, bool inclusive)
{
    uint32_t low = 0;
    uint32_t high = n;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (point[middle] > limit || (inclusive && point[middle] >= limit)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* Index of the point with the least sum of distances. The rounding of the sums decides between the
 * two middle points of an even number, so they are taken in the published order. */
static uint32_t centre_index(const double *x, uint32_t m)
{
    double total = 0.0;
    for (uint32_t i = 0; i < m; i++) {
        total += x[i];
    }
    uint32_t best = 0;
    double best_distance = HUGE_VAL;
    double before = 0.0;
    for (uint32_t i = 0; i < m; i++) {
        const double with = before + x[i];
        const double left = x[i] * (double)i - before;
        const double right = (total - with) - x[i] * (double)(m - 1 - i);
        const double distance = left + right;
        if (distance < best_distance) {
            best_distance = distance;
            best = i;
        }
        before = with;
    }
    return best;
}

/* Median distance of sorted points from the one at `centre`: going outwards from it, the distances
 * come in order. */
static double median_distance(const double *x, uint32_t m, uint32_t centre)
{
    uint32_t left = centre; /* points left of it are not taken yet */
    uint32_t right = centre;
    double previous = 0.0;
    double distance = 0.0;
    for (uint32_t taken = 0; taken <= m / 2; taken++) {
        previous = distance;
        const double down = left > 0 ? x[centre] - x[left - 1] : HUGE_VAL;
        const double up = right < m ? x[right] - x[centre] : HUGE_VAL;
        if (up <= down) {
            distance = up;
            right++;
        } else {
            distance = down;
            left--;
        }
    }
    return m % 2 == 1 ? distance : (previous + distance) / 2.0;
}

bool gv_oracle_centre(struct gv_oracle_centre *out, const double *point, uint32_t n, double low,
                      double high)
{
    const uint32_t first = first_above(point, n, low, false);
    const uint32_t end = first_above(point, n, high, true);
    if (end <= first) {
        return false;
    }
    const uint32_t m = end - first;
    const uint32_t centre = centre_index(point + first, m);
    out->points = m;
    out->price = point[first + centre];
    out->deviation = median_distance(point + first, m, centre);
    return true;
}

/* ---- the whole -------------------------------------------------------------------------------------- */

bool gv_oracle_axis(struct gv_oracle_estimate *estimate, const double *point, uint32_t n)
{
    const double price = estimate->near.price;
    const double low = price - WIDE_PART * price;
    const double high = price + WIDE_PART * price;
    if (!gv_oracle_centre(&estimate->wide, point, n, low, high)) {
        return false;
    }
    estimate->spread = estimate->wide.deviation / (high - low);
    double axis = 0.05 + (estimate->spread - 0.17) * ((0.15 - 0.05) / (0.20 - 0.17));
    axis = axis < 0.05 ? 0.05 : axis;
    axis = axis > 0.2 ? 0.2 : axis;
    estimate->axis = axis;
    estimate->axis_up = price + axis * price;
    estimate->axis_down = price - axis * price;
    return true;
}

static bool find_centres(struct gv_oracle_estimate *estimate, const double *point, uint32_t n)
{
    const double rough = (double)estimate->slide.rough_usd;
    return gv_oracle_centre(&estimate->near, point, n, rough - NEAR_PART * rough,
                            rough + NEAR_PART * rough) &&
           gv_oracle_axis(estimate, point, n);
}

enum gv_err gv_oracle_estimate(struct gv_oracle_estimate *estimate, struct gv_oracle_values *values,
                               struct gv_oracle_scratch *scratch, struct gv_fail *fail)
{
    estimate->outputs = values->count;
    estimate->curve_sum = gv_oracle_clean(scratch->histogram, values->counts);
    if (!(estimate->curve_sum > 0.0)) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "oracle.no_values",
                       "no amount that can tell a price");
    }
    const enum gv_err err = gv_oracle_slide(&estimate->slide, scratch->histogram, fail);
    if (err != GV_OK) {
        return err;
    }
    const uint32_t rough = estimate->slide.rough_usd;
    const uint32_t n = gv_oracle_points_between(scratch, values, COLLECT_LOW * (double)rough,
                                                COLLECT_HIGH * (double)rough);
    if (!find_centres(estimate, scratch->point, n)) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "oracle.no_points",
                       "no amount near a usual one at the rough price of %u USD", rough);
    }
    estimate->points = gv_oracle_count_points(values, rough);
    estimate->points_on_axis =
        gv_oracle_count_points_in(values, rough, estimate->axis_down, estimate->axis_up);
    return GV_OK;
}
