#include "app/store/orders.h"
#include "app/store/query.h"

#include <stdlib.h>
#include <string.h>

static int64_t key_of(uint64_t v)
{
    return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

/* ---- bids ----------------------------------------------------------------------------------------- */

enum gv_err gv_store_bid_insert(struct gv_store *store, const struct gv_order_bid_row *row)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_BID_INSERT, "oa_bid");
    gv_query_put_int(&q, (int64_t)row->seq);
    gv_query_put_int(&q, (int64_t)row->bid.order_id);
    gv_query_put_text(&q, row->bid.solver.text);
    gv_query_put_int(&q, (int64_t)row->bid.max_input);
    gv_query_put_text(&q, row->rate_text);
    gv_query_put_int(&q, (int64_t)row->bid.min_output);
    gv_query_put_int(&q, row->bid.valid_till_s);
    gv_query_put_int(&q, row->at_s);
    gv_query_put_text(&q, row->peer);
    return gv_query_run(&q);
}

static void get_bid(struct gv_query *q, struct gv_order_bid_row *row)
{
    memset(row, 0, sizeof(*row));
    row->seq = gv_query_get_uint(q, INT64_MAX - 1);
    row->bid.order_id = gv_query_get_uint(q, INT64_MAX - 1);
    gv_query_get_text(q, row->bid.solver.text, sizeof(row->bid.solver.text));
    row->bid.max_input = gv_query_get_uint(q, GV_ORDER_AMOUNT_MAX);
    gv_query_get_text(q, row->rate_text, sizeof(row->rate_text));
    row->bid.min_output = gv_query_get_uint(q, GV_ORDER_AMOUNT_MAX);
    row->bid.valid_till_s = gv_query_get_int(q);
    row->at_s = gv_query_get_int(q);
    gv_query_get_text(q, row->peer, sizeof(row->peer));
    row->bid.rate = strtod(row->rate_text, NULL);
}

enum gv_err gv_store_bids_page(struct gv_store *store, uint64_t order_id, uint64_t before,
                               struct gv_order_bid_row *rows, uint32_t rows_max, uint32_t *count)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_BID_BEFORE, "oa_bid");
    gv_query_put_int(&q, key_of(order_id));
    gv_query_put_int(&q, key_of(before));
    gv_query_put_int(&q, rows_max);
    *count = 0;
    while (*count < rows_max && gv_query_next(&q)) {
        get_bid(&q, &rows[*count]);
        *count += q.corrupt ? 0u : 1u;
    }
    return gv_query_end(&q);
}

enum gv_err gv_store_bids_open(struct gv_store *store,
                               enum gv_err (*visit)(void *ctx, const struct gv_order_bid *bid),
                               void *ctx)
{
    enum gv_err err = GV_OK;
    struct gv_query q = gv_query_start(store, GV_SQL_OA_BID_OPEN, "oa_bid");
    while (err == GV_OK && gv_query_next(&q)) {
        struct gv_order_bid_row row;
        get_bid(&q, &row);
        err = q.corrupt ? GV_OK : visit(ctx, &row.bid);
    }
    const enum gv_err end = gv_query_end(&q);
    return err != GV_OK ? err : end;
}

/* ---- commitments and what is held for them -------------------------------------------------------- */

enum gv_err gv_store_commitment_insert(struct gv_store *store,
                                       const struct gv_order_commitment_row *row)
{
    const struct gv_order_commitment *c = &row->commitment;
    struct gv_query q = gv_query_start(store, GV_SQL_OA_COMMITMENT_INSERT, "oa_commitment");
    gv_query_put_int(&q, (int64_t)row->order_id);
    gv_query_put_int(&q, c->round);
    gv_query_put_text(&q, c->solver.text);
    gv_query_put_int(&q, (int64_t)c->input);
    gv_query_put_int(&q, (int64_t)c->output);
    gv_query_put_int(&q, c->deadline_s);
    gv_query_put_int(&q, row->at_s);
    return gv_query_run(&q);
}

enum gv_err gv_store_commitment_end(struct gv_store *store, uint64_t order_id, uint32_t round,
                                    enum gv_order_outcome outcome)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_COMMITMENT_END, "oa_commitment");
    gv_query_put_int(&q, (int64_t)outcome);
    gv_query_put_int(&q, (int64_t)order_id);
    gv_query_put_int(&q, round);
    return gv_query_run(&q);
}

enum gv_err gv_store_escrow_put(struct gv_store *store, const struct gv_order_commitment_row *row,
                                const char *proof)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_ESCROW_PUT, "oa_escrow");
    gv_query_put_int(&q, (int64_t)row->order_id);
    gv_query_put_int(&q, row->commitment.round);
    gv_query_put_int(&q, (int64_t)row->hold);
    gv_query_put_int(&q, (int64_t)row->bond);
    gv_query_put_int(&q, (int64_t)row->deposited);
    gv_query_put_text(&q, proof);
    return gv_query_run(&q);
}

static void get_commitment(struct gv_query *q, struct gv_order_commitment_row *row)
{
    memset(row, 0, sizeof(*row));
    row->order_id = gv_query_get_uint(q, INT64_MAX - 1);
    row->commitment.round = (uint32_t)gv_query_get_uint(q, UINT32_MAX);
    gv_query_get_text(q, row->commitment.solver.text, sizeof(row->commitment.solver.text));
    row->commitment.input = gv_query_get_uint(q, GV_ORDER_AMOUNT_MAX);
    row->commitment.output = gv_query_get_uint(q, GV_ORDER_AMOUNT_MAX);
    row->commitment.deadline_s = gv_query_get_int(q);
    row->at_s = gv_query_get_int(q);
    row->outcome = (enum gv_order_outcome)gv_query_get_uint(q, GV_ORDER_OUTCOME_FAILED);
    row->hold = (enum gv_order_hold)gv_query_get_uint(q, GV_ORDER_HOLD_FORFEITED);
    row->bond = gv_query_get_uint(q, GV_ORDER_AMOUNT_MAX);
    row->deposited = gv_query_get_uint(q, GV_ORDER_AMOUNT_MAX);
    q->corrupt = q->corrupt || row->bond > row->deposited;
}

enum gv_err gv_store_commitments_page(struct gv_store *store, uint64_t order_id,
                                      uint32_t from_round, struct gv_order_commitment_row *rows,
                                      uint32_t rows_max, uint32_t *count)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_COMMITMENT_EACH, "oa_commitment");
    gv_query_put_int(&q, key_of(order_id));
    gv_query_put_int(&q, from_round);
    gv_query_put_int(&q, rows_max);
    *count = 0;
    while (*count < rows_max && gv_query_next(&q)) {
        get_commitment(&q, &rows[*count]);
        *count += q.corrupt ? 0u : 1u;
    }
    return gv_query_end(&q);
}

enum gv_err gv_store_failures_open(struct gv_store *store,
                                   enum gv_err (*visit)(void *ctx, uint64_t order_id,
                                                        const struct gv_solver_id *solver),
                                   void *ctx)
{
    enum gv_err err = GV_OK;
    struct gv_query q = gv_query_start(store, GV_SQL_OA_COMMITMENT_FAILED, "oa_commitment");
    while (err == GV_OK && gv_query_next(&q)) {
        struct gv_solver_id solver = {.text = ""};
        const uint64_t order_id = gv_query_get_uint(&q, INT64_MAX - 1);
        gv_query_get_text(&q, solver.text, sizeof(solver.text));
        err = q.corrupt ? GV_OK : visit(ctx, order_id, &solver);
    }
    const enum gv_err end = gv_query_end(&q);
    return err != GV_OK ? err : end;
}

/* ---- claims --------------------------------------------------------------------------------------- */

enum gv_err gv_store_claim_put(struct gv_store *store, const struct gv_order_claim_row *row)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_CLAIM_PUT, "oa_claim");
    gv_query_put_int(&q, (int64_t)row->order_id);
    gv_query_put_int(&q, row->round);
    gv_query_put_text(&q, row->solver.text);
    gv_query_put_int(&q, row->accepted);
    gv_query_put_int(&q, row->at_s);
    gv_query_put_text(&q, row->reason);
    return gv_query_run(&q);
}

enum gv_err gv_store_claims_page(struct gv_store *store, uint64_t order_id,
                                 struct gv_order_claim_row *rows, uint32_t rows_max,
                                 uint32_t *count)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_CLAIM_EACH, "oa_claim");
    gv_query_put_int(&q, key_of(order_id));
    gv_query_put_int(&q, rows_max);
    *count = 0;
    while (*count < rows_max && gv_query_next(&q)) {
        struct gv_order_claim_row *row = &rows[*count];
        memset(row, 0, sizeof(*row));
        row->order_id = gv_query_get_uint(&q, INT64_MAX - 1);
        row->round = (uint32_t)gv_query_get_uint(&q, UINT32_MAX);
        gv_query_get_text(&q, row->solver.text, sizeof(row->solver.text));
        row->accepted = gv_query_get_bool(&q);
        row->at_s = gv_query_get_int(&q);
        gv_query_get_text(&q, row->reason, sizeof(row->reason));
        *count += q.corrupt ? 0u : 1u;
    }
    return gv_query_end(&q);
}
