/* Spot: the price of now, where the published price is the median of the whole window and lags by
 * an hour and a half when the market drifts.
 *
 * The points of recent payments near the published price are weighted by their age and laid out on
 * a fine scale; the price is where they are densest, refined by a mean that ignores what is far
 * away. Payments without a USD amount make points anywhere, so a median would be drawn to the middle
 * of the limits. This is gavel's own; it never changes the published result.
 * Cost: one pass over the payments of the last 140 minutes. Thread: as the window. */
#ifndef GV_APP_ORACLE_SPOT_H
#define GV_APP_ORACLE_SPOT_H

#include "app/oracle/window.h"

#define GV_ORACLE_SPOT_MS (20 * INT64_C(60000))
/* The price is looked up again this far apart, to see how much it moves. */
#define GV_ORACLE_SPOT_STEP_MS (30 * INT64_C(60000))
#define GV_ORACLE_SPOT_STEPS   4u

struct gv_oracle_spot {
    double price;
    double weight;    /* effective number of points that agree on it */
    double deviation; /* of those points, in parts of the price */
    double age_s;     /* mean age of those points */
    double variation; /* of the price from step to step, root mean square in parts of it */
    uint32_t steps;   /* that the variation is known from; 0: none, variation is then 0 */
};

/** In:      near_usd: the published price, or another that is within 4 % of the truth. now_ms: UTC.
 *  Returns: false when there are too few points to tell; out is then left alone. */
GV_MUST_USE bool gv_oracle_spot(struct gv_oracle_spot *out, const struct gv_oracle_window *window,
                                double near_usd, int64_t now_ms);

#endif
