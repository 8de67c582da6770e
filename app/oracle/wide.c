#include "app/oracle/wide.h"

#include <math.h>

#define STENCIL_BIN 199
#define SAT_PER_BTC 100000000u
/* Share of amounts that are USD amounts. */
#define SPIKE_PART 0.11
/* Real amounts are less regular than independent draws: the excess is taken for half of what it
 * says, and all of it together for no more than this. */
#define TRUST        0.5
#define EVIDENCE_MAX 6.0
/* A position with less of the spikes' weight in sight is not judged. */
#define SEEN_LEAST 0.15
/* Middle and deviation of all amounts in bins, as the smooth stencil has them. */
#define BULK_MIDDLE    411.0
#define BULK_DEVIATION 201.0
/* The middle of all amounts is known to about a factor of 1.7. */
#define MIDDLE_DEVIATION 45.0
/* The background of a bin: these many bins on either side, behind the spike's own neighbours. */
#define BACK_NEAR 4u
#define BACK_FAR  9u

#define NEAR_PART 0.05

_Static_assert(GV_ORACLE_WIDE_COUNT == GV_ORACLE_WIDE_LAST - GV_ORACLE_WIDE_FIRST + 1, "positions");
_Static_assert(GV_ORACLE_BIN_ORIGIN + GV_ORACLE_WIDE_LAST < GV_ORACLE_EDGES, "edges are there");

/* Natural logarithm by the series of 2 artanh((x-1)/(x+1)) behind powers of two: the same bits on
 * every machine, which the C library's does not promise. In: x > 0. */
static double ln(double x)
{
    double result = 0.0;
    while (x > 1.5) {
        x = x / 2.0;
        result += 0x1.62e42fefa39efp-1;
    }
    while (x < 0.75) {
        x = x * 2.0;
        result -= 0x1.62e42fefa39efp-1;
    }
    const double y = (x - 1.0) / (x + 1.0);
    double power = y;
    double sum = 0.0;
    for (uint32_t i = 1; i < 24; i += 2) {
        sum += power / (double)i;
        power = power * y * y;
    }
    return result + 2.0 * sum;
}

/* A bin that step 3 clears of round amounts of bitcoin. Below one bitcoin those amounts are known one
 * by one and are not chained: what is chained is what else there is. */
static bool is_restored(uint32_t bin)
{
    return gv_oracle_bin_is_round(bin) && gv_oracle_first_sat[bin] < SAT_PER_BTC;
}

static bool is_cleared(uint32_t bin)
{
    return gv_oracle_bin_is_round(bin) && !is_restored(bin);
}

/* ---- scores -------------------------------------------------------------------------------------- */

/* Gaussian of all amounts at a stencil index, up to a factor: the smooth stencil without its slope. */
static double bulk(uint32_t index)
{
    return (gv_oracle_smooth[index] - 0.0000005 * (double)index) / 0.0015;
}

/* What one amount in the bin of a spike says: ln(1 + spike / background). */
static void spike_weights(double weight[GV_ORACLE_SPIKES])
{
    double total = 0.0;
    for (uint32_t i = 0; i < GV_ORACLE_SPIKES; i++) {
        total += gv_oracle_spike[i].weight;
    }
    for (uint32_t i = 0; i < GV_ORACLE_SPIKES; i++) {
        /* 2.5066.. is the square root of two pi. */
        const double back = (1.0 - SPIKE_PART) * bulk(gv_oracle_spike[i].at) /
                            (BULK_DEVIATION * 0x1.40d931ff62706p+1);
        weight[i] = ln(1.0 + SPIKE_PART * gv_oracle_spike[i].weight / total / back);
    }
}

/* Bins around each bin, on average; one side is enough at the ends. */
static void find_background(double back[GV_ORACLE_BINS], const double *count)
{
    for (uint32_t i = GV_ORACLE_BIN_FIRST; i <= GV_ORACLE_BIN_LAST; i++) {
        double sum = 0.0;
        uint32_t n = 0;
        for (uint32_t j = BACK_NEAR; j <= BACK_FAR; j++) {
            if (i >= GV_ORACLE_BIN_FIRST + 1 + j) {
                sum += count[i - j];
                n++;
            }
            if (i + j <= GV_ORACLE_BIN_LAST) {
                sum += count[i + j];
                n++;
            }
        }
        back[i] = sum / (double)n;
    }
}

/* Mean bin of all amounts, relative to the stencil's place at position 0. */
static double mean_index(const double *count)
{
    double sum = 0.0;
    double moment = 0.0;
    for (uint32_t i = GV_ORACLE_BIN_FIRST; i <= GV_ORACLE_BIN_LAST; i++) {
        sum += count[i];
        moment += count[i] * (double)i;
    }
    return moment / sum - STENCIL_BIN;
}

/* Mean stencil index that is expected of the amounts above 1000 sat at a position. */
static double expected_index(int32_t position)
{
    const int32_t seen = (int32_t)GV_ORACLE_BIN_FIRST - STENCIL_BIN - position;
    double sum = 0.0;
    double moment = 0.0;
    for (uint32_t n = seen > 0 ? (uint32_t)seen : 0; n < GV_ORACLE_STENCIL; n++) {
        const double part = bulk(n);
        sum += part;
        moment += part * (double)n;
    }
    return moment / sum;
}

static double penalty(int32_t position, double mean)
{
    const double off = (mean - (double)position - expected_index(position)) / MIDDLE_DEVIATION;
    return off * off / 2.0;
}

/* Excess over the background at the spikes, raised for those out of sight (by the power 3/4 of the
 * weight that is seen, found by trial): a position is not blamed for spikes below 1000
 * sat or in bins that were cleared of round amounts of bitcoin. */
static double spike_score(const double weight[GV_ORACLE_SPIKES], const double *count,
                          const double *back, int32_t position)
{
    double excess = 0.0;
    double seen = 0.0;
    double total = 0.0;
    for (uint32_t i = 0; i < GV_ORACLE_SPIKES; i++) {
        const int32_t bin = STENCIL_BIN + position + (int32_t)gv_oracle_spike[i].at;
        total += weight[i];
        if (bin > (int32_t)GV_ORACLE_BIN_FIRST && bin <= (int32_t)GV_ORACLE_BIN_LAST &&
            !is_cleared((uint32_t)bin)) {
            excess += (count[bin] - back[bin]) * weight[i];
            seen += weight[i];
        }
    }
    const double part = seen / total;
    return part > SEEN_LEAST ? excess / (sqrt(part) * sqrt(sqrt(part))) : 0.0;
}

static void search(struct gv_oracle_wide *wide, const double *count)
{
    double back[GV_ORACLE_BINS];
    double score[GV_ORACLE_WIDE_COUNT];
    double weight[GV_ORACLE_SPIKES];
    const double mean = mean_index(count);
    uint32_t best = 0;
    double top = 0.0;
    spike_weights(weight);
    find_background(back, count);
    for (uint32_t i = 0; i < GV_ORACLE_WIDE_COUNT; i++) {
        score[i] = spike_score(weight, count, back, GV_ORACLE_WIDE_FIRST + (int32_t)i);
        top = score[i] > top ? score[i] : top;
    }
    const double unit = top * TRUST < EVIDENCE_MAX ? TRUST : EVIDENCE_MAX / top;
    for (uint32_t i = 0; i < GV_ORACLE_WIDE_COUNT; i++) {
        score[i] = score[i] * unit - penalty(GV_ORACLE_WIDE_FIRST + (int32_t)i, mean);
        best = score[i] > score[best] ? i : best;
    }
    uint32_t second = best < GV_ORACLE_WIDE_COUNT / 2 ? GV_ORACLE_WIDE_COUNT - 1 : 0;
    for (uint32_t i = 0; i < GV_ORACLE_WIDE_COUNT; i++) {
        const uint32_t away = i > best ? i - best : best - i;
        second = away > GV_ORACLE_RUNNER_UP_AWAY && score[i] > score[second] ? i : second;
    }
    wide->best = GV_ORACLE_WIDE_FIRST + (int32_t)best;
    wide->runner_up = GV_ORACLE_WIDE_FIRST + (int32_t)second;
    wide->margin = score[best] - score[second];
}

enum gv_err gv_oracle_wide(struct gv_oracle_wide *wide, struct gv_oracle_values *values,
                           struct gv_oracle_scratch *scratch, struct gv_fail *fail)
{
    const double sum = gv_oracle_clean(scratch->histogram, values->counts);
    if (!(sum > 0.0)) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "oracle.no_values",
                       "no amount that can tell a price");
    }
    for (uint32_t i = GV_ORACLE_BIN_FIRST; i <= GV_ORACLE_BIN_LAST; i++) {
        scratch->histogram[i] *= sum;
        if (is_restored(i)) {
            const double left = (double)values->chained[i];
            const double most = GV_ORACLE_BIN_CAP * sum;
            scratch->histogram[i] = left < most ? left : most;
        }
    }
    search(wide, scratch->histogram);
    double price = 100.0 / gv_oracle_edge[GV_ORACLE_BIN_ORIGIN + wide->best];
    struct gv_oracle_centre centre;
    /* Twice, because the position alone is up to a bin off. */
    for (uint32_t pass = 0; pass < 2; pass++) {
        const double low = price - NEAR_PART * price;
        const double high = price + NEAR_PART * price;
        const uint32_t n = gv_oracle_points_between(scratch, values, low, high);
        if (!gv_oracle_centre(&centre, scratch->point, n, low, high)) {
            return gv_fail(fail, GV_ERR_NOT_FOUND, "oracle.no_points",
                           "no amount near a usual one at %u USD", (unsigned)price);
        }
        price = centre.price;
    }
    wide->price = price;
    wide->points = centre.points;
    return GV_OK;
}
