/* Receivers of events: /api/v1/webhooks and their deliveries. A secret is told once, when it is made. */
#include "app/engine/webhooks.h"

#include "firmware/base/text.h"
#include "web/api/caller.h"
#include "web/api/conditional.h"
#include "web/api/cursor.h"
#include "web/api/errors.h"
#include "web/api/handlers.h"
#include "web/api/object.h"
#include "web/api/render.h"
#include "web/api/small_body.h"

#include <inttypes.h>

/* ---- writing -------------------------------------------------------------------------------- */

static void write_events(struct gv_json_out *out, uint32_t bits)
{
    gv_jo_key(out, "events");
    gv_jo_array(out);
    for (uint32_t i = 0; i < GV_WEBHOOK_EVENTS; i++) {
        if ((bits & (1u << i)) != 0) {
            gv_jo_string(out, gv_webhook_event_name((enum gv_webhook_event)i));
        }
    }
    gv_jo_array_end(out);
}

static void write_members(struct gv_json_out *out, const struct gv_webhook_status *status)
{
    const struct gv_webhook *webhook = &status->webhook;
    gv_render_etag(out, gv_webhook_version(webhook));
    gv_jo_kint(out, "id", (int64_t)webhook->id);
    gv_jo_kstring(out, "name", webhook->name);
    gv_jo_kstring(out, "url", webhook->url);
    write_events(out, webhook->events);
    gv_render_utc(out, "created_at", webhook->created_at);
    gv_jo_kbool(out, "enabled", webhook->disabled_at.s == 0);
    gv_render_utc_or_null(out, "disabled_at", webhook->disabled_at);
    gv_jo_kstring(out, "disabled_reason", webhook->disabled_why);
    gv_jo_kint(out, "pending", status->pending);
    gv_jo_kint(out, "attempts", status->attempts);
}

static void write_delivery(struct gv_json_out *out, const struct gv_delivery *delivery)
{
    gv_jo_object(out);
    gv_jo_kint(out, "id", (int64_t)delivery->id);
    gv_jo_kstring(out, "uuid", delivery->uuid);
    gv_jo_kstring(out, "event", gv_webhook_event_name(delivery->event));
    gv_jo_kstring(out, "state", delivery->state == GV_DELIVERY_DONE ? "delivered" : "pending");
    gv_render_utc(out, "created_at", delivery->created_at);
    gv_jo_kint(out, "attempts", delivery->attempts);
    gv_render_utc_or_null(out, "first_at", delivery->first_at);
    gv_render_utc_or_null(out, "next_at",
                          delivery->state == GV_DELIVERY_DONE ? (struct gv_utc){0}
                                                              : delivery->next_at);
    gv_render_utc_or_null(out, "delivered_at", delivery->done_at);
    gv_render_int_or_null(out, "status", delivery->status, delivery->status != 0);
    gv_jo_kstring(out, "error", delivery->error);
    gv_jo_object_end(out);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* The number in the path. Returns: false: 404 was answered. */
static bool read_id(struct gv_exchange *x, uint64_t *id)
{
    if (gv_parse_u64(id, x->params[0], INT64_MAX) && *id > 0) {
        return true;
    }
    gv_api_refuse(x, GV_ERR_NOT_FOUND, "webhook.unknown", "there is no such webhook or delivery");
    return false;
}

static enum gv_err read_events(gv_json_ref object, struct gv_webhook_change *change,
                               struct gv_fail *fail)
{
    struct gv_json_iter it;
    struct gv_view name;
    const gv_json_ref list = gv_json_get(object, "events");
    change->has_events = list != NULL;
    change->events = 0;
    if (list != NULL && gv_json_type(list) != GV_JSON_ARRAY) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/events", "json.type", "events must be an array");
    }
    for (gv_json_ref e = gv_json_first(&it, list); e != NULL; e = gv_json_next(&it)) {
        const uint32_t bit = gv_json_string(e, &name) ? gv_webhook_event_bit(name) : 0;
        if (bit == 0) {
            return gv_fail_at(fail, GV_ERR_INVALID, "/events", "webhook.events",
                              "an event is listing.created, revealed, pending, sold, closed, "
                              "reorged or extended, with \"listing.\" before it");
        }
        change->events |= bit;
    }
    return GV_OK;
}

static enum gv_err read_change(struct gv_exchange *x, struct gv_webhook_change *change,
                               struct gv_fail *fail)
{
    static const char *const members[] = {"name", "url", "events", "enabled", NULL};
    struct gv_json json;
    *change = (struct gv_webhook_change){.events = 0};
    enum gv_err err = gv_small_body(x, members, &json, fail);
    if (err == GV_OK) {
        change->has_name = gv_json_get(json.root, "name") != NULL;
        err = gv_member_text_if_there(json.root, "name", change->name, sizeof(change->name), fail);
    }
    if (err == GV_OK) {
        change->has_url = gv_json_get(json.root, "url") != NULL;
        err = gv_member_text_if_there(json.root, "url", change->url, sizeof(change->url), fail);
    }
    if (err == GV_OK) {
        err = read_events(json.root, change, fail);
    }
    const gv_json_ref enabled = err == GV_OK ? gv_json_get(json.root, "enabled") : NULL;
    change->has_enabled = enabled != NULL;
    if (enabled != NULL && !gv_json_bool(enabled, &change->enabled)) {
        err = gv_fail_at(fail, GV_ERR_INVALID, "/enabled", "json.type", "enabled is true or false");
    }
    return err;
}

/* ---- handlers ------------------------------------------------------------------------------- */

void gv_handle_webhooks(struct gv_exchange *x)
{
    struct gv_webhook_status all[GV_WEBHOOKS_MAX];
    struct gv_json_out out;
    const uint32_t n = gv_engine_webhooks(gv_api_of(x)->config.engine, all);
    gv_object_begin(x, &out);
    gv_jo_key(&out, "items");
    gv_jo_array(&out);
    for (uint32_t i = 0; i < n; i++) {
        gv_jo_object(&out);
        write_members(&out, &all[i]);
        gv_jo_object_end(&out);
    }
    gv_jo_array_end(&out);
    write_events(&out, GV_WEBHOOK_EVENTS_ALL); /* what may be asked for */
    gv_jo_kint(&out, "max", GV_WEBHOOKS_MAX);
    gv_object_send(x, &out, 200);
}

/* Out: status: of the receiver. Returns: false when there is none (any more). */
static bool find(struct gv_engine *engine, uint64_t id, struct gv_webhook_status *status)
{
    struct gv_webhook_status all[GV_WEBHOOKS_MAX];
    const uint32_t n = gv_engine_webhooks(engine, all);
    for (uint32_t i = 0; i < n; i++) {
        if (all[i].webhook.id == id) {
            *status = all[i];
            return true;
        }
    }
    return false;
}

/* In: secret: NULL but for a new one. */
static void answer_one(struct gv_exchange *x, uint64_t id, const char *secret, int http_status)
{
    struct gv_webhook_status status;
    struct gv_json_out out;
    if (!find(gv_api_of(x)->config.engine, id, &status)) {
        gv_api_refuse(x, GV_ERR_NOT_FOUND, "webhook.unknown", "there is no such webhook");
        return;
    }
    gv_object_begin(x, &out);
    write_members(&out, &status);
    if (secret != NULL) {
        gv_jo_kstring(&out, "secret", secret);
    }
    gv_object_send(x, &out, http_status);
    gv_secure_zero(out.p, out.n);
}

void gv_handle_webhook_create(struct gv_exchange *x)
{
    struct gv_webhook_change change;
    struct gv_actor actor;
    struct gv_fail fail = {.err = GV_OK};
    char secret[GV_WEBHOOK_SECRET_TEXT];
    char path[40];
    uint64_t id = 0;
    enum gv_err err = read_change(x, &change, &fail);
    if (err == GV_OK) {
        gv_caller_actor(x, &actor);
        err = gv_engine_webhook_create(gv_api_of(x)->config.engine, &actor, change.name, change.url,
                                       change.has_events ? change.events : GV_WEBHOOK_EVENTS_ALL,
                                       &id, secret, &fail);
    }
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_format_cut(path, sizeof(path), "/api/v1/webhooks/%" PRIu64, id);
    gv_reply_header(x, "Location", path);
    answer_one(x, id, secret, 201);
    gv_secure_zero(secret, sizeof(secret));
}

void gv_handle_webhook_change(struct gv_exchange *x)
{
    struct gv_webhook_change change;
    struct gv_actor actor;
    struct gv_expect expect;
    struct gv_fail fail = {.err = GV_OK};
    uint64_t id = 0;
    if (!read_id(x, &id) || !gv_api_expect(x, true, &expect)) {
        return;
    }
    enum gv_err err = read_change(x, &change, &fail);
    if (err == GV_OK) {
        gv_caller_actor(x, &actor);
        err = gv_engine_webhook_change(gv_api_of(x)->config.engine, &actor, id, &change, &expect,
                                       &fail);
    }
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    answer_one(x, id, NULL, 200);
}

void gv_handle_webhook_delete(struct gv_exchange *x)
{
    struct gv_actor actor;
    struct gv_expect expect;
    struct gv_fail fail = {.err = GV_OK};
    uint64_t id = 0;
    if (!read_id(x, &id) || !gv_api_expect(x, false, &expect)) {
        return;
    }
    gv_caller_actor(x, &actor);
    if (gv_engine_webhook_delete(gv_api_of(x)->config.engine, &actor, id, &expect, &fail) !=
        GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_reply_status(x, 204);
    gv_reply_empty(x);
}

static void answer_queued(struct gv_exchange *x, uint64_t delivery)
{
    struct gv_json_out out;
    gv_object_begin(x, &out);
    gv_jo_kint(&out, "delivery_id", (int64_t)delivery);
    gv_object_send(x, &out, 202);
}

void gv_handle_webhook_test(struct gv_exchange *x)
{
    struct gv_fail fail = {.err = GV_OK};
    uint64_t id = 0;
    uint64_t delivery = 0;
    if (!read_id(x, &id)) {
        return;
    }
    const enum gv_err err =
        gv_engine_webhook_ping(gv_api_of(x)->config.engine, id, &delivery, &fail);
    if (err == GV_ERR_STATE) {
        gv_reply_fail(x, 409, &fail);
    } else if (err != GV_OK) {
        gv_api_fail(x, &fail);
    } else {
        answer_queued(x, delivery);
    }
}

void gv_handle_redeliver(struct gv_exchange *x)
{
    struct gv_fail fail = {.err = GV_OK};
    uint64_t id = 0;
    uint64_t fresh = 0;
    if (!read_id(x, &id)) {
        return;
    }
    const enum gv_err err = gv_engine_redeliver(gv_api_of(x)->config.engine, id, &fresh, &fail);
    if (err == GV_ERR_STATE) {
        gv_reply_fail(x, 409, &fail);
    } else if (err != GV_OK) {
        gv_api_fail(x, &fail);
    } else {
        answer_queued(x, fresh);
    }
}

/* Newest first. A page has at most GV_DELIVERIES_PAGE - 1 rows: one more tells that there is a next. */
static enum gv_err read_page(struct gv_exchange *x, uint64_t id, struct gv_page *page,
                             struct gv_delivery rows[GV_DELIVERIES_PAGE], uint32_t *n,
                             struct gv_fail *fail)
{
    enum gv_err err = gv_page_read(page, x, gv_page_mark(gv_view_of(&id, sizeof(id))), fail);
    if (err != GV_OK) {
        return err;
    }
    if (page->limit >= GV_DELIVERIES_PAGE) {
        page->limit = GV_DELIVERIES_PAGE - 1;
    }
    const uint64_t before = page->has_after ? page->after.id : INT64_MAX;
    err = gv_engine_deliveries(gv_api_of(x)->config.engine, id, before, page->limit + 1, rows, n,
                               fail);
    for (uint32_t i = 0; i < *n && err == GV_OK; i++) {
        gv_page_offer(page, 0, rows[i].id);
    }
    return err;
}

void gv_handle_deliveries(struct gv_exchange *x)
{
    struct gv_delivery rows[GV_DELIVERIES_PAGE];
    struct gv_page page;
    struct gv_fail fail = {.err = GV_OK};
    struct gv_json_out out;
    char cursor[GV_CURSOR_TEXT_MAX];
    uint64_t id = 0;
    uint32_t n = 0;
    if (!read_id(x, &id)) {
        return;
    }
    if (read_page(x, id, &page, rows, &n, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_object_begin(x, &out);
    gv_jo_key(&out, "items");
    gv_jo_array(&out);
    for (uint32_t i = 0; i < gv_page_rows(&page); i++) {
        write_delivery(&out, &rows[i]);
    }
    gv_jo_array_end(&out);
    gv_jo_key(&out, "next_cursor");
    if (gv_page_next(&page, cursor)) {
        gv_jo_string(&out, cursor);
        gv_page_link(x, cursor);
    } else {
        gv_jo_null(&out);
    }
    gv_object_send(x, &out, 200);
}
