/* Steps 3 to 5: the histogram is cleaned, the stencils slide over it. */
#include "app/oracle/estimate.h"

#include <math.h>

#define SMOOTH_PART 0.65
/* Above this position, below 18,000 USD, the smooth stencil is left out. */
#define SMOOTH_END 150
/* The stencil's first element lies this far below the bin of the slide's 100 USD. */
#define STENCIL_BIN 199
/* Positions scored together: independent sums, which the processor can add side by side while each
 * of them keeps its order. */
#define LANES 6u

_Static_assert(GV_ORACLE_SLIDES % LANES == 0, "positions come in whole groups");
_Static_assert(GV_ORACLE_SLIDES == GV_ORACLE_SLIDE_LAST - GV_ORACLE_SLIDE_FIRST + 1, "positions");
_Static_assert(STENCIL_BIN + GV_ORACLE_SLIDE_LAST + 1 + GV_ORACLE_STENCIL <= GV_ORACLE_BINS,
               "the stencil stays inside the histogram");

/* The bins of 1k 10k 20k 30k 50k 100k 200k 300k 500k sat, .01 .02 .03 .05 .1 .2 .3 .5 and 1 BTC. */
static const uint16_t round_bins[] = {201, 401, 461, 496, 540,  601,  661,  696,  740,
                                      801, 861, 896, 940, 1001, 1061, 1096, 1140, 1201};

bool gv_oracle_bin_is_round(uint32_t bin)
{
    for (uint32_t i = 0; i < sizeof round_bins / sizeof round_bins[0]; i++) {
        if (round_bins[i] == bin) {
            return true;
        }
    }
    return false;
}

double gv_oracle_clean(double histogram[GV_ORACLE_BINS], const uint32_t counts[GV_ORACLE_BINS])
{
    for (uint32_t i = 0; i < GV_ORACLE_BINS; i++) {
        const bool kept = i >= GV_ORACLE_BIN_FIRST && i <= GV_ORACLE_BIN_LAST;
        histogram[i] = kept ? (double)counts[i] : 0.0;
    }
    for (uint32_t i = 0; i < sizeof round_bins / sizeof round_bins[0]; i++) {
        const uint32_t bin = round_bins[i];
        histogram[bin] = 0.5 * (histogram[bin + 1] + histogram[bin - 1]);
    }
    double sum = 0.0;
    for (uint32_t i = GV_ORACLE_BIN_FIRST; i <= GV_ORACLE_BIN_LAST; i++) {
        sum += histogram[i];
    }
    for (uint32_t i = GV_ORACLE_BIN_FIRST; i <= GV_ORACLE_BIN_LAST; i++) {
        histogram[i] /= sum;
        if (histogram[i] > GV_ORACLE_BIN_CAP) {
            histogram[i] = GV_ORACLE_BIN_CAP;
        }
    }
    return sum;
}

/* The spike stencil at one position; its zero elements add nothing. */
static double spike_score(const double *histogram, int32_t position)
{
    const double *const from = histogram + STENCIL_BIN + position;
    double score = 0.0;
    for (uint32_t i = 0; i < GV_ORACLE_SPIKES; i++) {
        score += from[gv_oracle_spike[i].at] * gv_oracle_spike[i].weight;
    }
    return score;
}

/* The smooth stencil at every position. */
static void smooth_scores(double score[GV_ORACLE_SLIDES], const double *histogram)
{
    for (uint32_t first = 0; first < GV_ORACLE_SLIDES; first += LANES) {
        const double *const from = histogram + STENCIL_BIN + GV_ORACLE_SLIDE_FIRST + first;
        double sum[LANES] = {0};
        for (uint32_t n = 0; n < GV_ORACLE_STENCIL; n++) {
            for (uint32_t lane = 0; lane < LANES; lane++) {
                sum[lane] += from[n + lane] * gv_oracle_smooth[n];
            }
        }
        for (uint32_t lane = 0; lane < LANES; lane++) {
            score[first + lane] = sum[lane];
        }
    }
}

static void find_best(struct gv_oracle_slide *slide, const double *histogram)
{
    smooth_scores(slide->score, histogram);
    slide->best = 0;
    slide->best_score = 0.0;
    slide->total = 0.0;
    for (uint32_t i = 0; i < GV_ORACLE_SLIDES; i++) {
        const int32_t position = GV_ORACLE_SLIDE_FIRST + (int32_t)i;
        double score = spike_score(histogram, position);
        if (position < SMOOTH_END) {
            score = score + slide->score[i] * SMOOTH_PART;
        }
        slide->score[i] = score;
        if (score > slide->best_score) {
            slide->best_score = score;
            slide->best = position;
        }
        slide->total += score;
    }
    slide->average = slide->total / (double)GV_ORACLE_SLIDES;
}

static void find_runner_up(struct gv_oracle_slide *slide)
{
    slide->runner_up = slide->best;
    slide->runner_up_score = 0.0;
    for (uint32_t i = 0; i < GV_ORACLE_SLIDES; i++) {
        const int32_t position = GV_ORACLE_SLIDE_FIRST + (int32_t)i;
        const int32_t away =
            position > slide->best ? position - slide->best : slide->best - position;
        if (away > GV_ORACLE_RUNNER_UP_AWAY && slide->score[i] > slide->runner_up_score) {
            slide->runner_up_score = slide->score[i];
            slide->runner_up = position;
        }
    }
}

static double usd_at(int32_t position)
{
    return 100.0 / gv_oracle_edge[GV_ORACLE_BIN_ORIGIN + position];
}

enum gv_err gv_oracle_slide(struct gv_oracle_slide *slide, const double histogram[GV_ORACLE_BINS],
                            struct gv_fail *fail)
{
    find_best(slide, histogram);
    find_runner_up(slide);
    slide->up = spike_score(histogram, slide->best + 1);
    slide->down = spike_score(histogram, slide->best - 1);
    slide->neighbour = slide->down > slide->up ? -1 : 1;
    const double neighbour_score = slide->down > slide->up ? slide->down : slide->up;
    slide->usd_best = usd_at(slide->best);
    slide->usd_neighbour = usd_at(slide->best + slide->neighbour);

    const double above = slide->best_score - slide->average;
    const double distance = fabs(neighbour_score - slide->average);
    if (!(above + distance > 0.0)) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "oracle.flat", "no price stands out");
    }
    slide->weight_best = above / (above + distance);
    slide->weight_neighbour = distance / (above + distance);
    slide->rough_usd = (uint32_t)(slide->weight_best * slide->usd_best +
                                  slide->weight_neighbour * slide->usd_neighbour);
    return GV_OK;
}
