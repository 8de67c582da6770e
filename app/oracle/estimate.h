/* Estimate: the price that a set of amounts gives, by the published algorithm to the last bit.
 *
 *   counts ──clean──► histogram ──slide──► rough price ──points──► central price ──► axis
 *
 * All of it is IEEE double arithmetic in the published order; this folder is compiled without fused
 * multiply-add. The order in which the amounts arrived does not matter: equal sets, equal bits.
 * Cost: 342 positions of the stencils, then one ordered walk over the amounts near 14 USD amounts.
 * Source: UTXOracle 9.1, steps 3 to 8. Thread: any; the scratch memory has one owner at a time. */
#ifndef GV_APP_ORACLE_ESTIMATE_H
#define GV_APP_ORACLE_ESTIMATE_H

#include "app/oracle/values.h"

#define GV_ORACLE_SLIDE_FIRST (-141) /* 506,991 USD */
#define GV_ORACLE_SLIDE_LAST  200    /* 10,000 USD */
#define GV_ORACLE_SLIDES      342u
/* A score this far from the best is another price, not the shoulder of the same peak. */
#define GV_ORACLE_RUNNER_UP_AWAY 12

/** Where the stencils fit best. */
struct gv_oracle_slide {
    double score[GV_ORACLE_SLIDES]; /* from GV_ORACLE_SLIDE_FIRST up */
    double best_score;
    double total;
    double average;
    double up; /* spike scores of the neighbours */
    double down;
    double weight_best;
    double weight_neighbour;
    double usd_best; /* USD for a bitcoin at both positions */
    double usd_neighbour;
    double runner_up_score; /* the best one more than GV_ORACLE_RUNNER_UP_AWAY from the best */
    int32_t best;           /* position, GV_ORACLE_SLIDE_FIRST.._LAST */
    int32_t neighbour;      /* +1 or -1 */
    int32_t runner_up;
    uint32_t rough_usd;
};

/** Median and deviation of sorted price points. */
struct gv_oracle_centre {
    double price;
    double deviation; /* median distance from it */
    uint32_t points;  /* inside the limits */
};

struct gv_oracle_estimate {
    struct gv_oracle_slide slide;
    struct gv_oracle_centre near; /* within 5 % of the rough price; near.price is the price */
    struct gv_oracle_centre wide; /* within 10 % of the price: only the deviation is used */
    double curve_sum;
    double spread; /* deviation in parts of its limits' distance: 0.25 is noise */
    double axis;   /* half height of the chart, in parts of the price */
    double axis_up;
    double axis_down;
    uint32_t outputs;
    uint32_t points; /* all price points */
    uint32_t points_on_axis;
};

/** Memory an estimate works in. The caller owns the array behind `point`, which must hold
 *  GV_ORACLE_POINTS_PER_VALUE elements for each slot of the values. */
struct gv_oracle_scratch {
    double histogram[GV_ORACLE_BINS];
    double *point;
    uint32_t points_max;
};

/* The limits that points are collected in are less than 1.37 times apart, and no three of the USD
 * amounts are: an amount makes at most two points there. */
#define GV_ORACLE_POINTS_PER_VALUE 2u

/** Everything. Puts the values in order where they are not.
 *  Returns: GV_OK; GV_ERR_NOT_FOUND where the published program stops with an error:
 *           "oracle.no_values" (nothing is left in the histogram), "oracle.flat" (no position
 *           stands out), "oracle.no_points" (no price point near the rough price).
 *  Out:     estimate: only on GV_OK. scratch->histogram: cleaned and normalised. */
GV_MUST_USE enum gv_err gv_oracle_estimate(struct gv_oracle_estimate *estimate,
                                           struct gv_oracle_values *values,
                                           struct gv_oracle_scratch *scratch, struct gv_fail *fail);

/* ---- the steps, also for others than the estimate ------------------------------------------------ */

/* Step 3 lets no bin have a larger part of all. */
#define GV_ORACLE_BIN_CAP 0.008

/** Step 3: clean and normalise raw counts.
 *  Returns: the sum before normalising; 0: no estimate is possible, histogram is not finite. */
double gv_oracle_clean(double histogram[GV_ORACLE_BINS], const uint32_t counts[GV_ORACLE_BINS]);

/** The bins that step 3 clears of round amounts of bitcoin. */
bool gv_oracle_bin_is_round(uint32_t bin);

/** Step 5: slide the stencils, find the rough price.
 *  Returns: GV_OK; GV_ERR_NOT_FOUND "oracle.flat". */
GV_MUST_USE enum gv_err gv_oracle_slide(struct gv_oracle_slide *slide,
                                        const double histogram[GV_ORACLE_BINS],
                                        struct gv_fail *fail);

/** Step 6 for one amount: its price points, in the order of the USD amounts.
 *  Returns: how many there are. */
uint32_t gv_oracle_points_of(double point[GV_ORACLE_AMOUNTS], uint64_t sats, uint32_t rough_usd);

/** All price points in low..high, both excluded, in ascending order.
 *  In:      low, high: inside 0.8 and 1.333 times the rough price they belong to, and so close that
 *           GV_ORACLE_POINTS_PER_VALUE holds (high < 1.4 * low, asserted).
 *  Returns: how many there are, at most points_max (asserted). */
uint32_t gv_oracle_points_between(struct gv_oracle_scratch *scratch,
                                  struct gv_oracle_values *values, double low, double high);

/** Number of price points of a rough price, all of them, and of those strictly in low..high. */
uint32_t gv_oracle_count_points(struct gv_oracle_values *values, uint32_t rough_usd);
uint32_t gv_oracle_count_points_in(struct gv_oracle_values *values, uint32_t rough_usd, double low,
                                   double high);

/** Step 7: centre of the points strictly in low..high.
 *  In:      point: ascending.
 *  Returns: false when there is none; out is then left alone. */
GV_MUST_USE bool gv_oracle_centre(struct gv_oracle_centre *out, const double *point, uint32_t n,
                                  double low, double high);

/** Step 8. In: near.price. Out: wide, spread, axis, axis_up, axis_down.
 *  Returns: as gv_oracle_centre. */
GV_MUST_USE bool gv_oracle_axis(struct gv_oracle_estimate *estimate, const double *point,
                                uint32_t n);

#endif
