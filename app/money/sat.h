/* Satoshis: a struct of its own, so that money cannot be mixed up with other integers.
 *
 * Every operation is checked: the result is written only when it lies in 0 .. GV_SAT_MAX.
 * Thread: any (pure). */
#ifndef GV_APP_MONEY_SAT_H
#define GV_APP_MONEY_SAT_H

#include "firmware/base/err.h"

#include <stdint.h>

/* 21,000,000 bitcoin. Source: Bitcoin Core consensus/amount.h, MAX_MONEY. */
#define GV_SAT_MAX 2100000000000000u

struct gv_sat {
    uint64_t v;
};

/** Returns: whether v is an amount that can exist. Out: out, untouched otherwise. */
GV_MUST_USE static inline bool gv_sat_of(struct gv_sat *out, uint64_t v)
{
    if (v > GV_SAT_MAX) {
        return false;
    }
    out->v = v;
    return true;
}

/** Returns: false (out untouched) when the sum is above GV_SAT_MAX. */
GV_MUST_USE static inline bool gv_sat_add(struct gv_sat *out, struct gv_sat a, struct gv_sat b)
{
    if (a.v > GV_SAT_MAX || b.v > GV_SAT_MAX - a.v) {
        return false;
    }
    out->v = a.v + b.v;
    return true;
}

/** Returns: false (out untouched) when b is more than a. */
GV_MUST_USE static inline bool gv_sat_sub(struct gv_sat *out, struct gv_sat a, struct gv_sat b)
{
    if (a.v > GV_SAT_MAX || b.v > a.v) {
        return false;
    }
    out->v = a.v - b.v;
    return true;
}

#endif
