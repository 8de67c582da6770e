/* Orders: the bids and claims of one poll round, judged one after the other, stored together. */
#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <string.h>

/* What was refused says why, and is counted; nothing else remains of it. */
static void refuse(struct gv_orders *orders, struct gv_order_item *item, const struct gv_fail *fail)
{
    item->err = fail->err;
    gv_format_cut(item->code, sizeof(item->code), "%s", fail->code);
    struct gv_order_reason *reasons = orders->status.refused;
    uint32_t i = 0;
    while (i < GV_ORDER_REASONS - 1 && reasons[i].code[0] != '\0' &&
           strcmp(reasons[i].code, item->code) != 0) {
        i++;
    }
    gv_format_cut(reasons[i].code, sizeof(reasons[i].code), "%s", item->code);
    reasons[i].count++;
}

static enum gv_err check_solver(struct gv_engine *engine, const struct gv_order_item *item,
                                const struct gv_solver_id *id, struct gv_fail *fail)
{
    const struct gv_solver *solver = gv_orders_solver(&engine->orders, id);
    const bool registered = solver != NULL && (solver->has_secret || solver->has_pubkey);
    /* Who is registered is spoken for by nobody else, also where strangers may bid. */
    const bool needed = engine->config.orders->authenticated || item->must_be_proven || registered;
    if (needed && !(registered && item->proven)) {
        return gv_fail(fail, GV_ERR_UNAUTHORIZED, "orders.auth",
                       "the line does not prove that this solver wrote it");
    }
    return GV_OK;
}

/* ---- bids ----------------------------------------------------------------------------------------- */

static enum gv_err judge_bid(struct gv_engine *engine, struct gv_order_item *item,
                             struct gv_order_bid *bid, struct gv_fail *fail)
{
    struct gv_orders *orders = &engine->orders;
    enum gv_err err = check_solver(engine, item, &bid->solver, fail);
    if (err != GV_OK) {
        return err;
    }
    const struct gv_solver *solver = gv_orders_solver(orders, &bid->solver);
    if (solver != NULL && solver->suspended_until_s > orders->clock.now_s) {
        return gv_fail(fail, GV_ERR_FORBIDDEN, "orders.suspended", "this solver is suspended");
    }
    err = gv_order_min_output(&bid->min_output, bid->max_input, bid->rate, fail);
    if (err != GV_OK) {
        return err;
    }
    bid->valid_till_s = gv_order_clock_from_utc(&orders->clock, bid->valid_till_s);
    return gv_order_book_bid(&orders->book, bid, fail);
}

static enum gv_err store_bid(struct gv_engine *engine, const struct gv_order_item *item,
                             const struct gv_order_bid *bid)
{
    struct gv_orders *orders = &engine->orders;
    const struct gv_order_wire_bid *wire = &item->bid;
    struct gv_json_out out;
    struct gv_order_bid_row row = {
        .seq = orders->newest.bid + 1, .bid = *bid, .at_s = orders->clock.now_s};
    memcpy(row.rate_text, wire->rate_text, sizeof(row.rate_text));
    memcpy(row.peer, item->peer, sizeof(row.peer));
    if (gv_store_bid_insert(&engine->store, &row) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    orders->newest.bid = row.seq;
    gv_order_event_begin(engine, &out, "BidReceived");
    gv_jo_object(&out);
    gv_jo_key(&out, "order_id");
    gv_jo_uint(&out, bid->order_id);
    gv_jo_kstring(&out, "solver_id", bid->solver.text);
    gv_jo_key(&out, "max_input");
    gv_jo_uint(&out, bid->max_input);
    gv_jo_key(&out, "conversion_rate");
    gv_jo_raw(&out, wire->rate_text, strlen(wire->rate_text));
    gv_jo_kint(&out, "valid_till", wire->bid.valid_till_s);
    gv_jo_object_end(&out);
    return gv_order_event_end(engine, &out);
}

static enum gv_err take_bid(struct gv_engine *engine, struct gv_order_item *item)
{
    struct gv_fail fail = {.err = GV_OK};
    struct gv_order_bid bid = item->bid.bid;
    if (judge_bid(engine, item, &bid, &fail) != GV_OK) {
        refuse(&engine->orders, item, &fail);
        return GV_OK;
    }
    item->bid.bid.min_output = bid.min_output;
    engine->orders.status.bids++;
    gv_orders_tell(engine, &(struct gv_order_news){.kind = GV_ORDER_NEWS_BID,
                                                   .order_id = bid.order_id,
                                                   .count = 1,
                                                   .solver = bid.solver,
                                                   .input = bid.max_input,
                                                   .output = bid.min_output,
                                                   .until_s = bid.valid_till_s});
    return store_bid(engine, item, &bid);
}

/* ---- claims --------------------------------------------------------------------------------------- */

static enum gv_err store_claim(struct gv_engine *engine, const struct gv_order *order,
                               const struct gv_solver_id *solver, const char *reason)
{
    struct gv_order_claim_row row = {.order_id = order->id,
                                     .round = order->commitment.round,
                                     .solver = *solver,
                                     .at_s = engine->orders.clock.now_s,
                                     .accepted = reason[0] == '\0'};
    gv_format_cut(row.reason, sizeof(row.reason), "%s", reason);
    return gv_store_claim_put(&engine->store, &row);
}

enum gv_err gv_orders_claimed(struct gv_engine *engine, const struct gv_order *order)
{
    struct gv_orders *orders = &engine->orders;
    const struct gv_order_commitment *commitment = &order->commitment;
    struct gv_json_out out;
    bool repeated = false;
    if (store_claim(engine, order, &commitment->solver, "") != GV_OK) {
        return GV_ERR_STORAGE;
    }
    gv_order_event_begin(engine, &out, "ClaimAccepted");
    gv_jo_object(&out);
    gv_jo_key(&out, "order_id");
    gv_jo_uint(&out, order->id);
    gv_jo_kstring(&out, "solver_id", commitment->solver.text);
    gv_jo_object_end(&out);
    if (gv_order_event_end(engine, &out) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    const enum gv_err err = gv_order_book_claim(&orders->book, order->id, &commitment->solver,
                                                orders->clock.now_s, &repeated, NULL);
    GV_ASSERT(err == GV_OK);
    orders->status.claims++;
    gv_orders_tell(engine, &(struct gv_order_news){.kind = GV_ORDER_NEWS_CLAIM,
                                                   .order_id = order->id,
                                                   .count = 1,
                                                   .solver = commitment->solver,
                                                   .round = commitment->round,
                                                   .input = commitment->input,
                                                   .output = commitment->output,
                                                   .until_s = commitment->deadline_s});
    return GV_OK;
}

/* Returns: GV_OK; GV_ERR_STORAGE; another: refused. Out: repeated: it is known. */
static enum gv_err judge_claim(struct gv_engine *engine, const struct gv_order_wire_claim *claim,
                               bool *repeated, struct gv_fail *fail)
{
    struct gv_orders *orders = &engine->orders;
    enum gv_err err = gv_order_book_may_claim(&orders->book, claim->order_id, &claim->solver,
                                              orders->clock.now_s, repeated, fail);
    if (err == GV_OK && !*repeated && engine->config.orders->escrow == GV_ORDER_PROOF) {
        err = gv_orders_cover(engine, gv_order_book_find(&orders->book, claim->order_id), fail);
    }
    return err;
}

/* One row a round: whoever forges a thousand fills a counter, not the disk. */
static enum gv_err audit_forged(struct gv_engine *engine, const struct gv_order_item *item)
{
    const struct gv_order_wire_claim *claim = &item->claim;
    struct gv_actor actor = {.who = "unproven", .route = "orders claim"};
    if (!gv_order_book_note_forged(&engine->orders.book, claim->order_id)) {
        return GV_OK;
    }
    gv_format_cut(actor.address, sizeof(actor.address), "%s", item->peer);
    return gv_audit_by(engine, "orders.claim_forged", claim->solver.text, &actor,
                       "order=%" PRIu64 " round=%" PRIu32, claim->order_id,
                       gv_order_book_find(&engine->orders.book, claim->order_id)->commitment.round);
}

static enum gv_err take_claim(struct gv_engine *engine, struct gv_order_item *item)
{
    struct gv_orders *orders = &engine->orders;
    const struct gv_order_wire_claim *claim = &item->claim;
    struct gv_fail fail = {.err = GV_OK};
    bool repeated = false;
    if (check_solver(engine, item, &claim->solver, &fail) != GV_OK) {
        refuse(orders, item, &fail);
        return audit_forged(engine, item);
    }
    const enum gv_err err = judge_claim(engine, claim, &repeated, &fail);
    const struct gv_order *order = gv_order_book_find(&orders->book, claim->order_id);
    if (err == GV_ERR_STORAGE) {
        return err;
    }
    if (err != GV_OK) {
        /* A row of a stranger would let him fill the table under names of his own making. */
        const bool known = gv_orders_solver(orders, &claim->solver) != NULL;
        refuse(orders, item, &fail);
        return order == NULL || !known ? GV_OK
                                       : store_claim(engine, order, &claim->solver, item->code);
    }
    return repeated ? GV_OK : gv_orders_claimed(engine, order);
}

enum gv_err gv_do_orders_intake(struct gv_engine *engine, struct gv_order_intake *intake)
{
    GV_ASSERT(intake->count <= GV_ORDER_INTAKE_MAX);
    enum gv_err err = GV_OK;
    for (uint32_t i = 0; i < intake->count && err == GV_OK; i++) {
        struct gv_order_item *item = &intake->items[i];
        item->err = GV_OK;
        item->code[0] = '\0';
        GV_ASSERT(item->kind == GV_ORDER_LINE_BID || item->kind == GV_ORDER_LINE_CLAIM);
        err = item->kind == GV_ORDER_LINE_BID ? take_bid(engine, item) : take_claim(engine, item);
    }
    return err;
}
