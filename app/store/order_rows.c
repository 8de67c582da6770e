#include "app/store/orders.h"
#include "app/store/query.h"

#include <string.h>

enum gv_err gv_store_order_insert(struct gv_store *store, const struct gv_order_row *row)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_ORDER_INSERT, "oa_order");
    gv_query_put_int(&q, (int64_t)row->order.id);
    gv_query_put_text(&q, row->description);
    gv_query_put_int(&q, row->order.created_s);
    gv_query_put_int(&q, (int64_t)row->order.state);
    gv_query_put_int(&q, (int64_t)row->batch);
    gv_query_put_int(&q, row->order.commitment.round);
    gv_query_put_int(&q, row->updated_s);
    return gv_query_run(&q);
}

enum gv_err gv_store_order_update(struct gv_store *store, const struct gv_order *order,
                                  uint64_t batch, int64_t updated_s)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_ORDER_UPDATE, "oa_order");
    gv_query_put_int(&q, (int64_t)order->state);
    gv_query_put_int(&q, (int64_t)batch);
    gv_query_put_int(&q, (int64_t)batch);
    gv_query_put_int(&q, order->commitment.round);
    gv_query_put_int(&q, updated_s);
    gv_query_put_int(&q, (int64_t)order->id);
    return gv_query_run(&q);
}

static void get_row(struct gv_query *q, struct gv_order_row *row)
{
    memset(row, 0, sizeof(*row));
    struct gv_order *order = &row->order;
    struct gv_order_commitment *commitment = &order->commitment;
    order->id = gv_query_get_uint(q, INT64_MAX - 1);
    gv_query_get_text(q, row->description, sizeof(row->description));
    order->created_s = gv_query_get_int(q);
    order->state = (enum gv_order_state)gv_query_get_uint(q, GV_ORDER_STATES - 1);
    row->batch = gv_query_get_uint(q, INT64_MAX);
    commitment->round = (uint32_t)gv_query_get_uint(q, UINT32_MAX);
    row->updated_s = gv_query_get_int(q);
    /* Its announcement is the newest change of an order in auction. */
    order->announced_s = order->state == GV_ORDER_IN_AUCTION ? row->updated_s : 0;
    gv_query_get_text(q, commitment->solver.text, sizeof(commitment->solver.text));
    commitment->input = gv_query_get_uint(q, GV_ORDER_AMOUNT_MAX);
    commitment->output = gv_query_get_uint(q, GV_ORDER_AMOUNT_MAX);
    commitment->deadline_s = gv_query_get_int(q);
    order->claimed = gv_query_get_bool(q);
    q->corrupt = q->corrupt || (commitment->round == 0) != (commitment->solver.text[0] == '\0') ||
                 (order->state == GV_ORDER_COMMITTED && commitment->round == 0);
}

enum gv_err gv_store_order_get(struct gv_store *store, uint64_t id, struct gv_order_row *row)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_ORDER_GET, "oa_order");
    gv_query_put_int(&q, id > INT64_MAX ? 0 : (int64_t)id);
    const bool found = gv_query_next(&q);
    if (found) {
        get_row(&q, row);
    }
    const enum gv_err err = gv_query_end(&q);
    return err == GV_OK && !found ? GV_ERR_NOT_FOUND : err;
}

enum gv_err gv_store_orders_page(struct gv_store *store, uint32_t state, uint64_t before,
                                 struct gv_order_row *rows, uint32_t rows_max, uint32_t *count)
{
    const bool of_state = state < GV_ORDER_STATES;
    struct gv_query q = gv_query_start(
        store, of_state ? GV_SQL_OA_ORDER_STATE_BEFORE : GV_SQL_OA_ORDER_BEFORE, "oa_order");
    if (of_state) {
        gv_query_put_int(&q, state);
    }
    gv_query_put_int(&q, before > INT64_MAX ? INT64_MAX : (int64_t)before);
    gv_query_put_int(&q, rows_max);
    *count = 0;
    while (*count < rows_max && gv_query_next(&q)) {
        get_row(&q, &rows[*count]);
        *count += q.corrupt ? 0u : 1u;
    }
    return gv_query_end(&q);
}

enum gv_err gv_store_orders_open(struct gv_store *store,
                                 enum gv_err (*visit)(void *ctx, const struct gv_order *order),
                                 void *ctx)
{
    enum gv_err err = GV_OK;
    struct gv_query q = gv_query_start(store, GV_SQL_OA_ORDER_OPEN, "oa_order");
    while (err == GV_OK && gv_query_next(&q)) {
        struct gv_order_row row;
        get_row(&q, &row);
        err = q.corrupt ? GV_OK : visit(ctx, &row.order);
    }
    const enum gv_err end = gv_query_end(&q);
    return err != GV_OK ? err : end;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

enum gv_err gv_store_orders_newest(struct gv_store *store, struct gv_orders_newest *newest)
{
    struct gv_orders_cut cut;
    enum gv_err err = gv_store_orders_cut_get(store, &cut);
    if (err != GV_OK) {
        return err;
    }
    *newest = (struct gv_orders_newest){
        .event = cut.event, .event_hash = cut.event_hash, .at_s = cut.event_at_s};
    struct gv_query q = gv_query_start(store, GV_SQL_OA_ORDER_NEWEST, "oa_order");
    if (gv_query_next(&q)) {
        newest->order = larger(cut.order, gv_query_get_uint(&q, INT64_MAX - 1));
        newest->bid = larger(cut.bid, gv_query_get_uint(&q, INT64_MAX - 1));
        newest->entry = gv_query_get_uint(&q, INT64_MAX - 1);
    }
    err = gv_query_end(&q);
    return err == GV_OK ? gv_store_event_last(store, newest) : err;
}
