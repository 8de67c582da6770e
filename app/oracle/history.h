/* History: the price of the past at three grains, in rings of fixed size.
 *
 *   1 s for an hour ─┐
 *   1 min for a week ├─ each keeps the last price of its step
 *   1 h for two years┘
 *
 * A step without a price is a hole, not a line drawn through it. Times are UTC; a clock that is set
 * back writes over what it has written, one that leaps leaves holes.
 * Limits: GV_ORACLE_HISTORY_BYTES (limits.h). Thread: one owner at a time. */
#ifndef GV_APP_ORACLE_HISTORY_H
#define GV_APP_ORACLE_HISTORY_H

#include "firmware/base/limits.h"

#include <stdbool.h>
#include <stdint.h>

#define GV_ORACLE_SECONDS 3600u
#define GV_ORACLE_MINUTES (7u * 24u * 60u)
#define GV_ORACLE_HOURS   (2u * 366u * 24u)

struct gv_oracle_sample {
    uint32_t price_cents; /* USD for a bitcoin; 0: none */
    uint32_t rest;        /* step number's high part and confidence, see history.c */
};

struct gv_oracle_history {
    struct gv_oracle_sample second[GV_ORACLE_SECONDS];
    struct gv_oracle_sample minute[GV_ORACLE_MINUTES];
    struct gv_oracle_sample hour[GV_ORACLE_HOURS];
};
_Static_assert(sizeof(struct gv_oracle_history) <= GV_ORACLE_HISTORY_BYTES,
               "as counted in limits.h");

/** The grains there are, as seconds a step. */
enum gv_oracle_step {
    GV_ORACLE_STEP_SECOND = 1,
    GV_ORACLE_STEP_MINUTE = 60,
    GV_ORACLE_STEP_HOUR = 3600,
};

struct gv_oracle_past {
    uint32_t price_cents;
    uint32_t confidence_permille;
};

/** Note a price in all grains. In: at_s: UTC, not negative; price_cents: not 0 (asserted). */
void gv_oracle_history_put(struct gv_oracle_history *history, int64_t at_s,
                           const struct gv_oracle_past *past);

/** Put a price back that was kept somewhere else, into its grain and the coarser ones, wherever there
 *  is no newer one. Ascending times. In: as gv_oracle_history_put. */
void gv_oracle_history_restore(struct gv_oracle_history *history, enum gv_oracle_step step,
                               int64_t at_s, const struct gv_oracle_past *past);

/** The price of the step that at_s lies in. Returns: false when there is none (any more). */
bool gv_oracle_history_get(const struct gv_oracle_history *history, enum gv_oracle_step step,
                           int64_t at_s, struct gv_oracle_past *past);

/** Steps that a grain keeps. */
uint32_t gv_oracle_history_length(enum gv_oracle_step step);

#endif
