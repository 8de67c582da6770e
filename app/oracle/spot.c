#include "app/oracle/spot.h"

#include <math.h>
#include <string.h>

#define SAT_PER_BTC 1e8
/* The scale: this much on either side of the near price, in cells of a two-thousandth. */
#define REACH_PART 0.045
#define CELL_PART  0.0005
#define CELLS      180u
/* Points farther than this from the price do not count for it. */
#define KERNEL_PART  0.0075
#define PASSES       6u
#define WEIGHT_LEAST 12.0

struct cell {
    double weight;
    double squares; /* of the single weights */
    double price;   /* weighted sums */
    double price_2;
    double age_ms;
};

struct scale {
    double low; /* price where the first cell begins */
    double step;
    struct cell cell[CELLS];
};

static void add_point(struct scale *scale, double price, double weight, double age_ms)
{
    const double place = (price - scale->low) / scale->step;
    if (!(place >= 0.0) || !(place < (double)CELLS)) {
        return;
    }
    struct cell *const cell = &scale->cell[(uint32_t)place];
    cell->weight += weight;
    cell->squares += weight * weight;
    cell->price += weight * price;
    cell->price_2 += weight * price * price;
    cell->age_ms += weight * age_ms;
}

static void add_payment(struct scale *scale, const struct gv_oracle_payment *payment, double weight,
                        double age_ms)
{
    for (uint32_t i = 0; i < payment->value_count; i++) {
        if (gv_oracle_is_round(payment->sats[i])) {
            continue;
        }
        const double btc = (double)payment->sats[i] / SAT_PER_BTC;
        for (uint32_t j = 0; j < GV_ORACLE_AMOUNTS; j++) {
            add_point(scale, gv_oracle_usd[j] / btc, weight, age_ms);
        }
    }
}

/* The points of the GV_ORACLE_SPOT_MS before now_ms. In: at: where the walk stands, at a time not
 * before now_ms or at the newest. Out: at: behind them. */
static void lay_out(struct scale *scale, const struct gv_oracle_window *window, uint32_t *at,
                    double near_usd, int64_t now_ms)
{
    struct gv_oracle_payment payment;
    memset(scale, 0, sizeof *scale);
    scale->low = near_usd - REACH_PART * near_usd;
    scale->step = CELL_PART * near_usd;
    while (gv_oracle_window_next(window, at, &payment)) {
        const int64_t age_ms = now_ms - payment.time_ms;
        if (age_ms >= GV_ORACLE_SPOT_MS) {
            return;
        }
        if (age_ms >= 0) {
            const double weight = 1.0 - (double)age_ms / (double)GV_ORACLE_SPOT_MS;
            add_payment(scale, &payment, weight, (double)age_ms);
        }
    }
}

static double cell_price(const struct scale *scale, uint32_t i)
{
    const struct cell *const cell = &scale->cell[i];
    return cell->weight > 0.0 ? cell->price / cell->weight
                              : scale->low + ((double)i + 0.5) * scale->step;
}

/* Biweight: 1 in the middle, 0 from the border on, smooth in between. */
static double kernel(double distance, double reach)
{
    const double part = distance / reach;
    const double left = 1.0 - part * part;
    return left > 0.0 ? left * left : 0.0;
}

static double densest(const struct scale *scale, double reach)
{
    double best = 0.0;
    double best_price = 0.0;
    for (uint32_t i = 0; i < CELLS; i++) {
        const double middle = scale->low + ((double)i + 0.5) * scale->step;
        double density = 0.0;
        for (uint32_t j = 0; j < CELLS; j++) {
            const double to = scale->low + ((double)j + 0.5) * scale->step;
            density += scale->cell[j].weight * kernel(to - middle, reach);
        }
        if (density > best) {
            best = density;
            best_price = middle;
        }
    }
    return best_price;
}

/* One step of the mean that ignores what is far away; its measures. Returns: false without any. */
static bool refine(struct gv_oracle_spot *spot, const struct scale *scale, double reach)
{
    struct cell sum = {0};
    for (uint32_t i = 0; i < CELLS; i++) {
        const struct cell *const cell = &scale->cell[i];
        const double part = kernel(cell_price(scale, i) - spot->price, reach);
        sum.weight += part * cell->weight;
        sum.squares += part * part * cell->squares;
        sum.price += part * cell->price;
        sum.price_2 += part * cell->price_2;
        sum.age_ms += part * cell->age_ms;
    }
    if (!(sum.weight > 0.0)) {
        return false;
    }
    const double mean = sum.price / sum.weight;
    const double variance = sum.price_2 / sum.weight - mean * mean;
    spot->price = mean;
    spot->weight = sum.weight * sum.weight / sum.squares;
    spot->deviation = variance > 0.0 ? sqrt(variance) / mean : 0.0;
    spot->age_s = sum.age_ms / sum.weight / 1000.0;
    return true;
}

static bool find(struct gv_oracle_spot *spot, const struct gv_oracle_window *window, uint32_t *at,
                 double near_usd, int64_t now_ms)
{
    struct scale scale;
    const double reach = KERNEL_PART * near_usd;
    lay_out(&scale, window, at, near_usd, now_ms);
    spot->price = densest(&scale, reach);
    for (uint32_t pass = 0; pass < PASSES; pass++) {
        if (!refine(spot, &scale, reach)) {
            return false;
        }
    }
    return spot->weight >= WEIGHT_LEAST;
}

bool gv_oracle_spot(struct gv_oracle_spot *out, const struct gv_oracle_window *window,
                    double near_usd, int64_t now_ms)
{
    struct gv_oracle_spot earlier;
    struct gv_oracle_spot spot;
    uint32_t at = window->newest;
    double squares = 0.0;
    uint32_t steps = 0;
    if (!find(&spot, window, &at, near_usd, now_ms)) {
        return false;
    }
    double later = spot.price;
    while (steps < GV_ORACLE_SPOT_STEPS) {
        now_ms -= GV_ORACLE_SPOT_STEP_MS;
        if (!find(&earlier, window, &at, near_usd, now_ms)) {
            break;
        }
        const double change = (later - earlier.price) / spot.price;
        squares += change * change;
        later = earlier.price;
        steps++;
    }
    spot.steps = steps;
    spot.variation = steps > 0 ? sqrt(squares / (double)steps) : 0.0;
    *out = spot;
    return true;
}
