/* Strategy: whether and what a solver bids for an order, and how long it works on one.
 *
 * random: as the first demonstration program: seven of ten orders, 50 to 199 at a rate of 0.8 up to 1.2, for
 *         15 to 59 seconds; works 1 second up to 2 less than there are. Its generator begins with the order's
 *         id; here with the solver's name, too, so that several of them do not all bid the same.
 * fixed:  every order on the same terms.
 * script: a line for an order, or "*" for all others; "#" begins a comment:
 *           ORDER MAX_INPUT RATE VALIDITY_S WORK_S        7 100 1.25 60 2
 *           ORDER MAX_INPUT RATE VALIDITY_S never         8 100 1.25 60 never    (commits and does not deliver)
 *           ORDER pass                                    * pass
 * Pure: the same order gets the same answer. Thread: any. */
#ifndef GV_APP_SOLVER_STRATEGY_H
#define GV_APP_SOLVER_STRATEGY_H

#include "firmware/base/bytes.h"

#define GV_STRATEGY_ROWS_MAX 256u

struct gv_strategy_terms {
    bool bids;
    uint64_t max_input;
    double rate;
    uint32_t validity_s;
    bool delivers;
    uint32_t work_s; /* random: chosen when the work begins */
};

struct gv_strategy_row {
    bool any; /* "*" */
    uint64_t order_id;
    struct gv_strategy_terms terms;
};

enum gv_strategy_kind {
    GV_STRATEGY_RANDOM,
    GV_STRATEGY_FIXED,
    GV_STRATEGY_SCRIPT,
};

struct gv_strategy {
    enum gv_strategy_kind kind;
    uint64_t seed;                  /* random */
    struct gv_strategy_terms fixed; /* fixed */
    uint32_t rows_n;                /* script */
    struct gv_strategy_row rows[GV_STRATEGY_ROWS_MAX];
};

void gv_strategy_random(struct gv_strategy *strategy, const char *name);
void gv_strategy_fixed(struct gv_strategy *strategy, const struct gv_strategy_terms *terms);
/** Returns: GV_OK; GV_ERR_INVALID "solver.script" with the line; GV_ERR_TOO_LARGE. */
GV_MUST_USE enum gv_err gv_strategy_script(struct gv_strategy *strategy, struct gv_view text,
                                           struct gv_fail *fail);

void gv_strategy_terms(const struct gv_strategy *strategy, uint64_t order_id,
                       struct gv_strategy_terms *terms);
/** Seconds of work when `left_s` are left until the deadline; may be more than there are. */
uint32_t gv_strategy_work(const struct gv_strategy *strategy, uint64_t order_id, int64_t left_s);

/** A rate as people write it: a positive decimal number. Returns: false for anything else. */
GV_MUST_USE bool gv_strategy_rate(double *rate, struct gv_view text);

#endif
