#include "app/store/orders.h"
#include "app/store/query.h"

static enum gv_err run_for(struct gv_store *store, enum gv_sql sql, const char *about, uint64_t id)
{
    struct gv_query q = gv_query_start(store, sql, about);
    gv_query_put_int(&q, (int64_t)id);
    return gv_query_run(&q);
}

/* ---- what was cut ---------------------------------------------------------------------------------- */

enum gv_err gv_store_orders_cut_get(struct gv_store *store, struct gv_orders_cut *cut)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_CUT_GET, "oa_cut");
    *cut = (struct gv_orders_cut){.event_at_s = INT64_MIN};
    if (gv_query_next(&q)) {
        cut->order = gv_query_get_uint(&q, INT64_MAX - 1);
        cut->bid = gv_query_get_uint(&q, INT64_MAX - 1);
        cut->event = gv_query_get_uint(&q, INT64_MAX - 1);
        cut->event_at_s = gv_query_get_int(&q);
        gv_query_get_hash(&q, &cut->event_hash);
    }
    return gv_query_end(&q);
}

enum gv_err gv_store_orders_cut_put(struct gv_store *store, const struct gv_orders_cut *cut)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_CUT_PUT, "oa_cut");
    gv_query_put_int(&q, (int64_t)cut->order);
    gv_query_put_int(&q, (int64_t)cut->bid);
    gv_query_put_int(&q, (int64_t)cut->event);
    gv_query_put_int(&q, cut->event_at_s);
    gv_query_put_blob(&q, gv_view_of(cut->event_hash.b, sizeof(cut->event_hash.b)));
    return gv_query_run(&q);
}

/* ---- cutting --------------------------------------------------------------------------------------- */

static enum gv_err read_oldest(struct gv_store *store, int64_t before_s, uint64_t *id,
                               uint32_t *bids)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_ORDER_OLDEST, "oa_order");
    *id = 0;
    *bids = 0;
    if (gv_query_next(&q)) {
        const uint64_t oldest = gv_query_get_uint(&q, INT64_MAX - 1);
        const bool has_ended = gv_query_get_uint(&q, GV_ORDER_STATES - 1) > GV_ORDER_COMMITTED;
        const bool is_old = gv_query_get_int(&q) < before_s;
        *bids = (uint32_t)gv_query_get_uint(&q, UINT32_MAX);
        *id = has_ended && is_old ? oldest : 0;
    }
    return gv_query_end(&q);
}

enum gv_err gv_store_orders_cut_oldest(struct gv_store *store, int64_t before_s, uint64_t *id,
                                       uint32_t *bids)
{
    static const enum gv_sql deletes[] = {GV_SQL_OA_BID_CUT, GV_SQL_OA_CLAIM_CUT,
                                          GV_SQL_OA_ESCROW_CUT, GV_SQL_OA_COMMITMENT_CUT,
                                          GV_SQL_OA_ORDER_CUT};
    enum gv_err err = read_oldest(store, before_s, id, bids);
    for (size_t i = 0; err == GV_OK && *id != 0 && i < sizeof(deletes) / sizeof(deletes[0]); i++) {
        err = run_for(store, deletes[i], "oa_order", *id);
    }
    return err;
}

enum gv_err gv_store_events_cut(struct gv_store *store, int64_t before_s, uint32_t rows_max,
                                struct gv_orders_cut *cut)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_EVENT_OLD, "oa_event");
    const uint64_t before = cut->event;
    gv_query_put_int(&q, (int64_t)(before + rows_max));
    gv_query_put_int(&q, before_s);
    if (gv_query_next(&q)) {
        cut->event = gv_query_get_uint(&q, INT64_MAX - 1);
        cut->event_at_s = gv_query_get_int(&q);
        gv_query_get_hash(&q, &cut->event_hash);
    }
    const enum gv_err err = gv_query_end(&q);
    return err == GV_OK && cut->event != before
               ? run_for(store, GV_SQL_OA_EVENT_CUT, "oa_event", cut->event)
               : err;
}
