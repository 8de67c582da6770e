/* The book's clock: whole seconds that follow UTC when the box starts and the monotonic clock from then on.
 *
 * A step of the wall clock moves no deadline; what is told to the outside is converted with the
 * difference of the two at that moment. Differences of a second are phase, not steps, and are kept
 * from flickering. After a restart the clock goes on from UTC, but never behind a time that is stored.
 * Pure. Thread: the owner's. */
#ifndef GV_APP_AUCTION_ORDERS_CLOCK_H
#define GV_APP_AUCTION_ORDERS_CLOCK_H

#include "firmware/base/time.h"

struct gv_order_clock {
    int64_t base_s;
    struct gv_mono base;
    int64_t now_s;
    int64_t utc_ahead_s; /* UTC = book + this */
};

/** In: stored_s: the latest time in storage, INT64_MIN for none. */
void gv_order_clock_init(struct gv_order_clock *clock, struct gv_utc utc, struct gv_mono mono,
                         int64_t stored_s);
/** Bring now_s and utc_ahead_s up to date. */
void gv_order_clock_set(struct gv_order_clock *clock, struct gv_utc utc, struct gv_mono mono);
/** Convert; times outside the years of UTC that JavaScript knows stay at the edge. */
int64_t gv_order_clock_to_utc(const struct gv_order_clock *clock, int64_t book_s);
int64_t gv_order_clock_from_utc(const struct gv_order_clock *clock, int64_t utc_s);

#endif
