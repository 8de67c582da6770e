/* Wide search: a price between 100 and 10,000,000 USD, where the published slide ends at 10,000 and
 * 507,000 and prefers the upper end's multiples.
 *
 * Each position is judged by what USD amounts add to their bins over the bins around them, less a
 * penalty for payments that would be unusually large or small at that price. Both take into account
 * that amounts under 1000 sat and of 1 BTC are not seen. In the other bins that step 3 clears, only the
 * round amounts of bitcoin themselves are left out, so that 100,000 USD can be told. Around the best
 * position the price is the centre of the points, as published.
 * This is gavel's own; it never changes the published result. Thread: as gv_oracle_estimate. */
#ifndef GV_APP_ORACLE_WIDE_H
#define GV_APP_ORACLE_WIDE_H

#include "app/oracle/estimate.h"

#define GV_ORACLE_WIDE_FIRST (-400) /* 10,000,000 USD */
#define GV_ORACLE_WIDE_LAST  600    /* 100 USD */
#define GV_ORACLE_WIDE_COUNT 1001u

struct gv_oracle_wide {
    double price;
    double margin; /* over the best position elsewhere, in units of log likelihood; up to about 6 */
    int32_t best;  /* position */
    int32_t runner_up;
    uint32_t points; /* within 5 % of the price */
};

/** Search. Uses the raw counts and the points; scratch->histogram is overwritten.
 *  Returns: GV_OK; GV_ERR_NOT_FOUND "oracle.no_values", "oracle.no_points". */
GV_MUST_USE enum gv_err gv_oracle_wide(struct gv_oracle_wide *wide, struct gv_oracle_values *values,
                                       struct gv_oracle_scratch *scratch, struct gv_fail *fail);

#endif
