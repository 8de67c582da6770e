/* Judgement: everything that stands beside a price when it is published.
 * Thread: as the window it is made from. */
#ifndef GV_APP_ORACLE_JUDGEMENT_H
#define GV_APP_ORACLE_JUDGEMENT_H

#include "app/oracle/quality.h"

struct gv_oracle_judgement {
    double confidence;
    struct gv_oracle_verdict verdict;
    bool has_spot; /* and an interval: only of a price that is trusted */
    double spot;
    struct gv_oracle_interval interval;
    bool has_wide;
    double wide; /* price by the wide search */
};

/** Judge the estimate of a window. Uses the window's scratch memory.
 *  In/out: guard: remembers good prices. In: block_usd: price of the last blocks, 0: unknown.
 *          now_ms: UTC. */
void gv_oracle_judge(struct gv_oracle_judgement *judgement, struct gv_oracle_guard *guard,
                     struct gv_oracle_window *window, const struct gv_oracle_estimate *estimate,
                     double block_usd, int64_t now_ms);

#endif
