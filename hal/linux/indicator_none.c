#include "hal/linux/indicator_none.h"

#include "firmware/base/log.h"

static const char *name_of(enum gv_indication what)
{
    switch (what) {
    case GV_INDICATE_STARTING:
        return "starting";
    case GV_INDICATE_READY:
        return "ready";
    case GV_INDICATE_NODE_WAIT:
        return "node_wait";
    case GV_INDICATE_SALE:
        return "sale";
    case GV_INDICATE_BROKEN:
        return "broken";
    }
    return "unknown";
}

static void op_show(void *ctx, enum gv_indication what)
{
    struct gv_indicator_none *none = ctx;
    int now = (int)what + 1;
    if (atomic_exchange(&none->shown, now) != now) {
        gv_log(GV_LOG_INFO, "indicator", "shows=%s", name_of(what));
    }
}

struct gv_indicator gv_indicator_none(struct gv_indicator_none *none)
{
    static const struct gv_indicator_ops indicator_ops = {.show = op_show};
    return (struct gv_indicator){.ops = &indicator_ops, .ctx = none};
}
