#include "tests/bench/oracle_naive.h"

#include "firmware/base/assert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STENCIL_BIN 199

static double spike[GV_ORACLE_STENCIL];

static double score(const double *histogram, const double *stencil, int32_t position)
{
    double sum = 0.0;
    for (uint32_t n = 0; n < GV_ORACLE_STENCIL; n++) {
        sum += histogram[STENCIL_BIN + position + (int32_t)n] * stencil[n];
    }
    return sum;
}

static uint32_t rough_price(const double *histogram)
{
    double best = 0.0;
    double total = 0.0;
    int32_t at = 0;
    for (int32_t d = GV_ORACLE_SLIDE_FIRST; d <= GV_ORACLE_SLIDE_LAST; d++) {
        const double smooth = score(histogram, gv_oracle_smooth, d);
        double b = score(histogram, spike, d);
        b = d < 150 ? b + smooth * 0.65 : b;
        if (b > best) {
            best = b;
            at = d;
        }
        total += b;
    }
    const double up = score(histogram, spike, at + 1);
    const double down = score(histogram, spike, at - 1);
    const double average = total / (double)GV_ORACLE_SLIDES;
    const double a1 = best - average;
    const double a2 = fabs((down > up ? down : up) - average);
    const double p1 = 100.0 / gv_oracle_edge[GV_ORACLE_BIN_ORIGIN + at];
    const double p2 = 100.0 / gv_oracle_edge[GV_ORACLE_BIN_ORIGIN + at + (down > up ? -1 : 1)];
    return (uint32_t)(a1 / (a1 + a2) * p1 + a2 / (a1 + a2) * p2);
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

double oracle_naive_price(const uint64_t *sats, uint32_t n, double *point)
{
    static uint32_t counts[GV_ORACLE_BINS];
    static double histogram[GV_ORACLE_BINS];
    struct gv_oracle_centre centre;
    struct gv_oracle_centre wide;
    uint32_t points = 0;
    memset(counts, 0, sizeof counts);
    for (uint32_t i = 0; i < GV_ORACLE_SPIKES; i++) {
        spike[gv_oracle_spike[i].at] = gv_oracle_spike[i].weight;
    }
    for (uint32_t i = 0; i < n; i++) {
        counts[gv_oracle_bin_of(sats[i])]++;
    }
    GV_ASSERT(gv_oracle_clean(histogram, counts) > 0.0);
    const uint32_t rough = rough_price(histogram);
    for (uint32_t i = 0; i < n; i++) {
        points += gv_oracle_points_of(point + points, sats[i], rough);
    }
    qsort(point, points, sizeof *point, by_size);
    const double usd = (double)rough;
    GV_ASSERT(gv_oracle_centre(&centre, point, points, usd - 0.05 * usd, usd + 0.05 * usd));
    GV_ASSERT(gv_oracle_centre(&wide, point, points, centre.price - 0.1 * centre.price,
                               centre.price + 0.1 * centre.price));
    return centre.price;
}
