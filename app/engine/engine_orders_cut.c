/* Orders: what is older than it must be kept is deleted, a few rows with every tick, oldest first. What
 * remains of it is one row: the numbers that were given out, and the hash that the log goes on from. */
#include "app/engine/engine_internal.h"
#include "firmware/base/log.h"

#include <inttypes.h>

/* Rows of one tick: some milliseconds. At the usual pace of ticks 128 events a second, far above what
 * a card could hold for days. */
#define CUT_EVENTS 256u
#define CUT_BIDS   256u
#define CUT_ORDERS GV_ORDER_BATCH_MAX
/* How often it is looked for when nothing was left over. */
#define CUT_EVERY_S 60

/* Out: more: there may be others. */
static enum gv_err cut_orders(struct gv_engine *engine, int64_t before_s, bool *more)
{
    struct gv_orders *orders = &engine->orders;
    uint32_t bids = 0;
    uint64_t id = 1;
    enum gv_err err = GV_OK;
    for (uint32_t i = 0; err == GV_OK && id != 0 && i < CUT_ORDERS && bids < CUT_BIDS; i++) {
        uint32_t of_order = 0;
        err = gv_store_orders_cut_oldest(&engine->store, before_s, &id, &of_order);
        bids += of_order;
        orders->status.orders_cut += id != 0;
    }
    *more = *more || id != 0;
    return err;
}

static enum gv_err cut_events(struct gv_engine *engine, int64_t before_s, bool *more)
{
    struct gv_orders_cut *cut = &engine->orders.cut;
    const uint64_t before = cut->event;
    const enum gv_err err = gv_store_events_cut(&engine->store, before_s, CUT_EVENTS, cut);
    engine->orders.status.events_cut += cut->event - before;
    *more = *more || cut->event - before == CUT_EVENTS;
    return err;
}

enum gv_err gv_orders_forget(struct gv_engine *engine)
{
    struct gv_orders *orders = &engine->orders;
    const int64_t keep_s = engine->config.orders->keep_s;
    const int64_t now_s = orders->clock.now_s;
    const struct gv_orders_cut before = orders->cut;
    const uint64_t orders_cut = orders->status.orders_cut;
    bool more = false;
    if (keep_s == 0 || now_s < orders->cut_again_s) {
        return GV_OK;
    }
    if (cut_orders(engine, now_s - keep_s, &more) != GV_OK ||
        cut_events(engine, now_s - keep_s, &more) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    orders->cut_again_s = more ? now_s : now_s + CUT_EVERY_S;
    if (orders->cut.event == before.event && orders->status.orders_cut == orders_cut) {
        return GV_OK;
    }
    orders->cut.order = orders->newest.order;
    orders->cut.bid = orders->newest.bid;
    if (!more) {
        gv_log(GV_LOG_INFO, "orders", "old rows deleted: the log is kept from event=%" PRIu64,
               orders->cut.event + 1);
    }
    return gv_store_orders_cut_put(&engine->store, &orders->cut);
}
