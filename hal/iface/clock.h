/* Clock: the only source of time for everything above the HAL.
 * Thread: any. */
#ifndef GV_HAL_IFACE_CLOCK_H
#define GV_HAL_IFACE_CLOCK_H

#include "firmware/base/time.h"

struct gv_clock_ops {
    struct gv_mono (*mono)(void *ctx); /* never goes back */
    struct gv_utc (*utc)(void *ctx);   /* may step */
};

struct gv_clock {
    const struct gv_clock_ops *ops;
    void *ctx;
};

static inline struct gv_mono gv_clock_mono(const struct gv_clock *clock)
{
    return clock->ops->mono(clock->ctx);
}

static inline struct gv_utc gv_clock_utc(const struct gv_clock *clock)
{
    return clock->ops->utc(clock->ctx);
}

#endif
