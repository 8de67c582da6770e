/* Trail: the newest price points in the order they came, numbered, for charts.
 *
 * A point is what one amount says about the price: a USD amount divided by it, inside the limits of
 * the chart. Points are numbered without gaps; who has seen number n asks for what follows.
 * Limits: GV_ORACLE_TRAIL points. Thread: one owner at a time. */
#ifndef GV_APP_ORACLE_TRAIL_H
#define GV_APP_ORACLE_TRAIL_H

#include "app/oracle/window.h"

/* What clients of the published design keep. */
#define GV_ORACLE_TRAIL 1200u

struct gv_oracle_point {
    int64_t time_ms; /* UTC, of the transaction */
    double price;    /* USD for a bitcoin */
};

struct gv_oracle_trail {
    struct gv_oracle_point point[GV_ORACLE_TRAIL]; /* number n at n % GV_ORACLE_TRAIL */
    uint64_t first;                                /* number of the oldest point held */
    uint64_t next;                                 /* number that the next one gets */
};

void gv_oracle_trail_init(struct gv_oracle_trail *trail);

/** Add the points of one payment. In: estimate: gives the rough price and the limits. */
void gv_oracle_trail_add(struct gv_oracle_trail *trail, const struct gv_oracle_estimate *estimate,
                         const struct gv_oracle_payment *payment);

/** Replace all points by those of the newest payments of a window, oldest first. Numbers go on. */
void gv_oracle_trail_rebuild(struct gv_oracle_trail *trail,
                             const struct gv_oracle_estimate *estimate,
                             const struct gv_oracle_window *window);

/** Copy points out, the oldest first.
 *  In:      from: number of the first one wanted; those that are gone are left out.
 *  Out:     from: number behind the last one copied.
 *  Returns: number of points, at most points_max. */
uint32_t gv_oracle_trail_copy(const struct gv_oracle_trail *trail, uint64_t *from,
                              struct gv_oracle_point *point, uint32_t points_max);

#endif
