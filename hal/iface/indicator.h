/* Indicator: what a box shows without a screen (an LED, or nothing). Thread: any, never blocks. */
#ifndef GV_HAL_IFACE_INDICATOR_H
#define GV_HAL_IFACE_INDICATOR_H

enum gv_indication {
    GV_INDICATE_STARTING,
    GV_INDICATE_READY,
    GV_INDICATE_NODE_WAIT, /* node unreachable, syncing or behind */
    GV_INDICATE_SALE,      /* something was just sold */
    GV_INDICATE_BROKEN,    /* a person must look */
};

struct gv_indicator_ops {
    void (*show)(void *ctx, enum gv_indication what);
};

struct gv_indicator {
    const struct gv_indicator_ops *ops;
    void *ctx;
};

static inline void gv_indicator_show(const struct gv_indicator *indicator, enum gv_indication what)
{
    indicator->ops->show(indicator->ctx, what);
}

#endif
