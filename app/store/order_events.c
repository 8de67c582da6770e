#include "app/store/link.h"
#include "app/store/orders.h"
#include "app/store/query.h"
#include "firmware/base/assert.h"

#include <string.h>

static void hash_row(struct gv_hash256 *hash, const struct gv_order_event_row *row)
{
    struct gv_sha256 sha;
    gv_link_begin(&sha, "gavel/orders", &row->prev_hash, row->seq, row->at_s);
    gv_link_text(&sha, row->kind);
    gv_link_text(&sha, row->json);
    gv_sha256_finish(&sha, hash);
}

enum gv_err gv_store_event_append(struct gv_store *store, struct gv_orders_newest *newest,
                                  struct gv_order_event_row *row)
{
    row->seq = newest->event + 1;
    row->prev_hash = newest->event_hash;
    hash_row(&row->hash, row);
    struct gv_query q = gv_query_start(store, GV_SQL_OA_EVENT_INSERT, "oa_event");
    gv_query_put_int(&q, (int64_t)row->seq);
    gv_query_put_int(&q, row->at_s);
    gv_query_put_text(&q, row->kind);
    gv_query_put_text(&q, row->json);
    gv_query_put_blob(&q, gv_view_of(row->prev_hash.b, sizeof(row->prev_hash.b)));
    gv_query_put_blob(&q, gv_view_of(row->hash.b, sizeof(row->hash.b)));
    const enum gv_err err = gv_query_run(&q);
    if (err == GV_OK) {
        newest->event = row->seq;
        newest->event_hash = row->hash;
        newest->at_s = row->at_s;
    }
    return err;
}

static void get_row(struct gv_query *q, struct gv_order_event_row *row)
{
    row->seq = gv_query_get_uint(q, INT64_MAX - 1);
    row->at_s = gv_query_get_int(q);
    gv_query_get_text(q, row->kind, sizeof(row->kind));
    gv_query_get_text(q, row->json, sizeof(row->json));
    gv_query_get_hash(q, &row->prev_hash);
    gv_query_get_hash(q, &row->hash);
}

static struct gv_query start(struct gv_store *store, uint64_t from, int64_t rows_max)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_EVENT_FROM, "oa_event");
    gv_query_put_int(&q, from > INT64_MAX ? INT64_MAX : (int64_t)from);
    gv_query_put_int(&q, rows_max);
    return q;
}

enum gv_err gv_store_events_page(struct gv_store *store, uint64_t from,
                                 struct gv_order_event_row *rows, uint32_t rows_max,
                                 uint32_t *count)
{
    struct gv_query q = start(store, from, rows_max);
    *count = 0;
    while (*count < rows_max && gv_query_next(&q)) {
        get_row(&q, &rows[*count]);
        *count += q.corrupt ? 0u : 1u;
    }
    return gv_query_end(&q);
}

enum gv_err gv_store_events_verify_more(struct gv_store *store, uint32_t rows_max, uint64_t *good,
                                        struct gv_hash256 *last)
{
    const uint64_t from = *good + 1;
    struct gv_order_event_row row;
    struct gv_hash256 computed;
    struct gv_orders_cut cut;
    bool fits = true;
    const enum gv_err cut_err = gv_store_orders_cut_get(store, &cut);
    if (cut_err != GV_OK) {
        return cut_err;
    }
    if (cut.event > *good) {
        *good = cut.event;
        *last = cut.event_hash;
    }
    struct gv_query q =
        start(store, from, rows_max); /* a row that should have been cut does not fit */
    while (fits && gv_query_next(&q)) {
        get_row(&q, &row);
        hash_row(&computed, &row);
        fits = !q.corrupt && row.seq == *good + 1 && gv_hash256_equal(&row.prev_hash, last) &&
               gv_hash256_equal(&row.hash, &computed);
        if (fits) {
            (*good)++;
            *last = row.hash;
        }
    }
    const enum gv_err err = gv_query_end(&q);
    return fits ? err : GV_ERR_CRYPTO;
}

enum gv_err gv_store_event_last(struct gv_store *store, struct gv_orders_newest *newest)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_EVENT_LAST, "oa_event");
    if (gv_query_next(&q)) {
        newest->event = gv_query_get_uint(&q, INT64_MAX - 1);
        gv_query_get_hash(&q, &newest->event_hash);
        newest->at_s = gv_query_get_int(&q);
    }
    return gv_query_end(&q);
}
