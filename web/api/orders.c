/* Order auctions: /api/v1/orders, its log and its solvers. */
#include "app/engine/solvers.h"

#include "firmware/base/text.h"
#include "web/api/caller.h"
#include "web/api/conditional.h"
#include "web/api/cursor.h"
#include "web/api/errors.h"
#include "web/api/handlers.h"
#include "web/api/idempotency.h"
#include "web/api/object.h"
#include "web/api/orders_render.h"
#include "web/api/orders_upload.h"

#include <inttypes.h>
#include <string.h>

/* Rows of a page: as many of the longest as the worker's answer holds. */
#define ORDERS_PAGE 20u /* 2.8 kB: a description of quotation marks */
#define BIDS_PAGE   49u
#define EVENTS_PAGE 12u /* 4.6 kB: the same, as text within a text */

/* ---- answers -------------------------------------------------------------------------------------- */

static void begin(struct gv_exchange *x, struct gv_json_out *out)
{
    struct gv_orders_status status;
    gv_engine_orders_status(gv_api_of(x)->config.engine, &status);
    gv_object_begin(x, out);
    gv_jo_kint(out, "now_s", status.now_s);
}

static void end_page(struct gv_exchange *x, struct gv_json_out *out, const struct gv_page *page)
{
    char cursor[GV_CURSOR_TEXT_MAX];
    gv_jo_array_end(out);
    gv_jo_key(out, "next_cursor");
    if (gv_page_next(page, cursor)) {
        gv_jo_string(out, cursor);
        gv_page_link(x, cursor);
    } else {
        gv_jo_null(out);
    }
    gv_object_send_live(x, out);
}

/* The number in the path. Returns: false: 404 was answered. */
static bool read_id(struct gv_exchange *x, uint64_t *id)
{
    if (gv_parse_u64(id, x->params[0], INT64_MAX) && *id > 0) {
        return true;
    }
    gv_api_refuse(x, GV_ERR_NOT_FOUND, "orders.unknown", "there is no such order");
    return false;
}

static void limit_page(struct gv_page *page, uint32_t rows_max)
{
    page->limit = page->limit < rows_max ? page->limit : rows_max;
}

/* ---- reading -------------------------------------------------------------------------------------- */

static enum gv_err read_state(const struct gv_exchange *x, uint32_t *state, struct gv_fail *fail)
{
    char text[16];
    bool present = false;
    const enum gv_err err = gv_query_text(x, "state", text, sizeof(text), &present, fail);
    *state = GV_ORDER_ANY_STATE;
    if (err != GV_OK || !present) {
        return err;
    }
    for (uint32_t i = 0; i < GV_ORDER_STATES; i++) {
        if (strcmp(text, gv_order_state_text((enum gv_order_state)i)) == 0) {
            *state = i;
            return GV_OK;
        }
    }
    return gv_fail(fail, GV_ERR_INVALID, "query.state",
                   "state is pending, in_auction, committed, fulfilled or expired");
}

void gv_handle_orders(struct gv_exchange *x)
{
    struct gv_order_row rows[ORDERS_PAGE + 1];
    struct gv_page page;
    struct gv_json_out out;
    struct gv_fail fail = {.err = GV_OK};
    uint32_t state = 0;
    uint32_t count = 0;
    enum gv_err err = read_state(x, &state, &fail);
    if (err == GV_OK) {
        err = gv_page_read(&page, x, gv_page_mark(gv_view_of(&state, sizeof(state))), &fail);
    }
    if (err == GV_OK) {
        limit_page(&page, ORDERS_PAGE);
        err = gv_engine_orders_page(gv_api_of(x)->config.engine, state,
                                    page.has_after ? page.after.id : INT64_MAX, page.limit + 1,
                                    rows, &count, &fail);
    }
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    begin(x, &out);
    gv_jo_key(&out, "items");
    gv_jo_array(&out);
    for (uint32_t i = 0; i < count; i++) {
        gv_page_offer(&page, 0, rows[i].order.id);
    }
    for (uint32_t i = 0; i < gv_page_rows(&page); i++) {
        gv_render_order(&out, &rows[i]);
    }
    end_page(x, &out, &page);
}

void gv_handle_orders_status(struct gv_exchange *x)
{
    struct gv_orders_status status;
    struct gv_json_out out;
    gv_engine_orders_status(gv_api_of(x)->config.engine, &status);
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_render_orders_status(&out, &status);
    gv_api_live(x, &out);
}

static enum gv_err write_history(struct gv_exchange *x, struct gv_json_out *out, uint64_t id,
                                 struct gv_fail *fail)
{
    struct gv_engine *engine = gv_api_of(x)->config.engine;
    struct gv_order_commitment_row commitments[GV_ORDER_PAGE];
    struct gv_order_claim_row claims[GV_ORDER_PAGE];
    uint32_t commitment_count = 0;
    uint32_t claim_count = 0;
    enum gv_err err = gv_engine_order_commitments(engine, id, GV_ORDER_PAGE, commitments,
                                                  &commitment_count, fail);
    if (err == GV_OK) {
        err = gv_engine_order_claims(engine, id, GV_ORDER_PAGE, claims, &claim_count, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    gv_jo_key(out, "commitments");
    gv_jo_array(out);
    for (uint32_t i = 0; i < commitment_count; i++) {
        gv_render_order_commitment(out, &commitments[i]);
    }
    gv_jo_array_end(out);
    gv_jo_key(out, "claims");
    gv_jo_array(out);
    for (uint32_t i = 0; i < claim_count; i++) {
        gv_render_order_claim(out, &claims[i]);
    }
    gv_jo_array_end(out);
    return GV_OK;
}

void gv_handle_order(struct gv_exchange *x)
{
    struct gv_order_row row;
    struct gv_json_out out;
    struct gv_fail fail = {.err = GV_OK};
    uint64_t id = 0;
    if (!read_id(x, &id)) {
        return;
    }
    enum gv_err err = gv_engine_order_get(gv_api_of(x)->config.engine, id, &row, &fail);
    if (err == GV_OK) {
        begin(x, &out);
        gv_jo_key(&out, "order");
        gv_render_order(&out, &row);
        err = write_history(x, &out, id, &fail);
    }
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_object_send_live(x, &out);
}

void gv_handle_order_bids(struct gv_exchange *x)
{
    struct gv_engine *engine = gv_api_of(x)->config.engine;
    struct gv_order_bid_row rows[BIDS_PAGE + 1];
    struct gv_order_row row;
    struct gv_page page;
    struct gv_json_out out;
    struct gv_fail fail = {.err = GV_OK};
    uint64_t id = 0;
    uint32_t count = 0;
    if (!read_id(x, &id)) {
        return;
    }
    enum gv_err err = gv_page_read(&page, x, gv_page_mark(gv_view_of(&id, sizeof(id))), &fail);
    if (err == GV_OK) {
        err = gv_engine_order_get(engine, id, &row, &fail);
    }
    if (err == GV_OK) {
        limit_page(&page, BIDS_PAGE);
        err = gv_engine_order_bids(engine, id, page.has_after ? page.after.id : INT64_MAX,
                                   page.limit + 1, rows, &count, &fail);
    }
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    begin(x, &out);
    gv_jo_key(&out, "items");
    gv_jo_array(&out);
    for (uint32_t i = 0; i < count; i++) {
        gv_page_offer(&page, 0, rows[i].seq);
    }
    for (uint32_t i = 0; i < gv_page_rows(&page); i++) {
        gv_render_order_bid(&out, &rows[i]);
    }
    end_page(x, &out, &page);
}

void gv_handle_orders_log(struct gv_exchange *x)
{
    struct gv_order_event_row rows[EVENTS_PAGE];
    struct gv_json_out out;
    struct gv_fail fail = {.err = GV_OK};
    uint64_t from = 0;
    uint32_t count = 0;
    enum gv_err err = gv_query_number(x, "from", INT64_MAX, 1, &from, &fail);
    if (err == GV_OK) {
        err = gv_engine_orders_log(gv_api_of(x)->config.engine, from, EVENTS_PAGE, rows, &count,
                                   &fail);
    }
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    begin(x, &out);
    gv_jo_key(&out, "items");
    gv_jo_array(&out);
    for (uint32_t i = 0; i < count; i++) {
        gv_render_order_event(&out, &rows[i]);
    }
    gv_jo_array_end(&out);
    gv_jo_key(&out, "next_from"); /* also of the last page: what will come has this number */
    gv_jo_uint(&out, count == 0 ? from : rows[count - 1].seq + 1);
    gv_object_send_live(x, &out);
}

void gv_handle_orders_verify(struct gv_exchange *x)
{
    struct gv_orders_verified verified;
    struct gv_json_out out;
    struct gv_fail fail = {.err = GV_OK};
    char hex[sizeof(verified.last.b) * 2 + 1];
    const enum gv_err err = gv_engine_orders_verify(gv_api_of(x)->config.engine, &verified, &fail);
    if (err != GV_OK && err != GV_ERR_CRYPTO) {
        gv_api_fail(x, &fail);
        return;
    }
    begin(x, &out);
    gv_jo_kbool(&out, "good", err == GV_OK);
    if (err == GV_OK) {
        gv_hex_encode(hex, gv_view_of(verified.last.b, sizeof(verified.last.b)));
        gv_jo_key(&out, "from");
        gv_jo_uint(&out, verified.first);
        gv_jo_key(&out, "entries");
        gv_jo_uint(&out, verified.count);
        gv_jo_kstring(&out, "last_hash", hex);
    } else {
        gv_jo_kstring(&out, "code", fail.code);
        gv_jo_kstring(&out, "problem", fail.text);
    }
    gv_object_send_live(x, &out);
}

/* ---- adding --------------------------------------------------------------------------------------- */

static void write_added(uint64_t first_id, uint32_t count, struct gv_replay *replay)
{
    struct gv_json_out out;
    gv_json_out_init(&out, replay->text, sizeof(replay->text));
    gv_jo_object(&out);
    gv_jo_key(&out, "first_id");
    gv_jo_uint(&out, first_id);
    gv_jo_key(&out, "last_id");
    gv_jo_uint(&out, first_id + count - 1);
    gv_jo_kint(&out, "count", count);
    gv_jo_object_end(&out);
    replay->text_len = (uint32_t)out.n;
    replay->status = 201;
    gv_format_cut(replay->location, sizeof(replay->location), "/api/v1/orders/%" PRIu64, first_id);
}

/* The body is read; what it holds becomes orders. */
static void add(struct gv_exchange *x, size_t n, const struct gv_idempotency *idempotency)
{
    struct gv_order_upload *upload = gv_order_upload_acquire();
    struct gv_fail fail = {.err = GV_OK};
    struct gv_actor actor;
    struct gv_replay replay;
    uint64_t first_id = 0;
    if (upload == NULL) {
        gv_api_refuse(x, GV_ERR_FULL, "orders.busy", "too many orders are being added just now");
        return;
    }
    enum gv_err err = gv_orders_upload_parse(upload, x, n, &fail);
    if (err != GV_OK) {
        gv_order_upload_release(upload);
        gv_api_fail(x, &fail);
        return;
    }
    const uint32_t count = upload->count;
    upload->answer = idempotency->used ? write_added : NULL;
    upload->replay_key = idempotency->key;
    upload->replay_body = idempotency->body;
    gv_caller_actor(x, &actor);
    err = gv_engine_orders_add(gv_api_of(x)->config.engine, &actor, upload, &first_id, &fail);
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    write_added(first_id, count, &replay);
    gv_replay_send(x, &replay);
}

void gv_handle_orders_add(struct gv_exchange *x)
{
    struct gv_api_worker *worker = gv_api_worker_of(x);
    struct gv_idempotency idempotency;
    struct gv_orders_status status;
    struct gv_fail fail = {.err = GV_OK};
    size_t n = 0;
    gv_engine_orders_status(gv_api_of(x)->config.engine, &status);
    if (!status.on) {
        gv_api_refuse(x, GV_ERR_UNAVAILABLE, "orders.off", "order auctions are switched off");
        return;
    }
    if ((gv_body_expect_type(x, "text/csv", NULL) != GV_OK &&
         gv_body_expect_type(x, "application/json", &fail) != GV_OK) ||
        gv_body_read(x, worker->body, GV_SMALL_BODY_MAX, &n, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    if (gv_idempotency_begin(&idempotency, x, false, gv_view_of(worker->body, n))) {
        add(x, n, &idempotency);
        gv_idempotency_end(&idempotency, x);
    }
}
