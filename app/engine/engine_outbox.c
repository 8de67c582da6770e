/* Outbox: what happened becomes rows for the receivers, in the same transaction; rows leave by outbox
 * threads and come back with what became of them. */
#include "app/engine/engine_internal.h"
#include "app/store/webhooks.h"
#include "firmware/base/assert.h"
#include "firmware/base/json.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <inttypes.h>

/* ---- queues ------------------------------------------------------------------------------------- */

enum gv_err gv_hook_refresh(struct gv_engine *engine, struct gv_hook *hook)
{
    const enum gv_err err =
        gv_store_delivery_head(&engine->store, hook->webhook.id, &hook->head, &hook->pending);
    engine->hooks_changed = true;
    return err == GV_ERR_NOT_FOUND ? GV_OK : err;
}

static enum gv_lane lane_of(const struct gv_hook *hook)
{
    return hook->head.attempts == 0 ? GV_LANE_FAST : GV_LANE_SLOW;
}

static bool waits(const struct gv_hook *hook)
{
    return hook->pending > 0 && hook->webhook.disabled_at.s == 0 && hook->in_flight == 0;
}

void gv_outbox_publish(struct gv_engine *engine)
{
    int64_t due_s[GV_LANES] = {INT64_MAX, INT64_MAX};
    struct gv_hooks_view *view = &engine->view.hooks;
    pthread_mutex_lock(&engine->view.lock);
    view->count = engine->hooks.count;
    for (uint32_t i = 0; i < engine->hooks.count; i++) {
        const struct gv_hook *hook = &engine->hooks.items[i];
        view->statuses[i] = (struct gv_webhook_status){
            .webhook = hook->webhook,
            .pending = hook->pending,
            .attempts = hook->pending > 0 ? hook->head.attempts : 0,
        };
        const enum gv_lane lane = lane_of(hook);
        if (waits(hook) && hook->head.next_at.s < due_s[lane]) {
            due_s[lane] = hook->head.next_at.s;
        }
    }
    pthread_mutex_unlock(&engine->view.lock);
    for (unsigned i = 0; i < GV_LANES; i++) {
        atomic_store(&engine->lanes.due_s[i], due_s[i]);
    }
    engine->hooks_changed = false;
}

enum gv_err gv_hook_disable(struct gv_engine *engine, struct gv_hook *hook, const char *why)
{
    char subject[32];
    char detail[GV_AUDIT_DETAIL_MAX];
    hook->webhook.disabled_at = engine->now;
    gv_format_cut(hook->webhook.disabled_why, sizeof(hook->webhook.disabled_why), "%s", why);
    engine->hooks_changed = true;
    gv_format_cut(subject, sizeof(subject), "webhook:%" PRIu64, hook->webhook.id);
    gv_format_cut(detail, sizeof(detail), "pending=%" PRIu32 " why=%s", hook->pending, why);
    gv_log(GV_LOG_UNUSUAL, "engine", "webhook.disabled %s %s", subject, detail);
    if (gv_batch_begin(engine) != GV_OK ||
        gv_store_webhook_update(&engine->store, &hook->webhook) != GV_OK ||
        gv_store_audit(&engine->store, engine->now, "webhook.disabled", subject, detail) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    return GV_OK;
}

enum gv_err gv_outbox_add(struct gv_engine *engine, struct gv_hook *hook,
                          enum gv_webhook_event event, struct gv_view body, uint64_t *id)
{
    uint8_t random[16];
    struct gv_delivery delivery = {
        .webhook_id = hook->webhook.id,
        .event = event,
        .created_at = engine->now,
        .next_at = engine->now,
    };
    gv_entropy_fill(engine->config.entropy, random, sizeof(random));
    gv_uuid_text(delivery.uuid, random);
    if (gv_batch_begin(engine) != GV_OK ||
        gv_store_delivery_insert(&engine->store, &delivery, body) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    if (hook->pending == 0) {
        hook->head = delivery;
    }
    hook->pending++;
    engine->hooks_changed = true;
    *id = delivery.id;
    return GV_OK;
}

/* ---- events ------------------------------------------------------------------------------------- */

static void write_spend(struct gv_json_out *out, const struct gv_dutch_spend *spend)
{
    static const char *const states[] = {"none", "pending", "confirmed", "unknown"};
    gv_jo_key(out, "spend");
    if (spend->state == GV_SPEND_NONE) {
        gv_jo_null(out);
        return;
    }
    gv_jo_object(out);
    gv_jo_kstring(out, "state", states[spend->state]);
    gv_jo_kstring(out, "outcome", spend->outcome == GV_OUTCOME_SOLD ? "sold" : "closed");
    gv_jo_key(out, "txid");
    if (spend->state == GV_SPEND_UNKNOWN) {
        gv_jo_null(out);
    } else {
        gv_jo_hash(out, spend->txid.b);
    }
    if (spend->state == GV_SPEND_CONFIRMED) {
        gv_jo_kint(out, "block", spend->block);
        gv_jo_key(out, "block_hash");
        gv_jo_hash(out, spend->block_hash.b);
    }
    if (spend->outcome == GV_OUTCOME_SOLD) {
        gv_jo_kint(out, "rung", spend->sold_rung);
        gv_jo_kint(out, "price_sats", (int64_t)spend->sold_price.v);
        gv_jo_kbool(out, "early_leak", spend->early_leak);
        gv_jo_kbool(out, "asset_returned", spend->asset_returned);
    }
    gv_jo_kstring(out, "recipient", spend->recipient);
    gv_jo_object_end(out);
}

static void write_listing(struct gv_json_out *out, const struct gv_engine *engine,
                          const struct gv_dutch_listing *listing)
{
    char text[32];
    char utxo[GV_HEX_MAX + 11u];
    const struct gv_dutch_terms *terms = &listing->terms;
    gv_outpoint_text(utxo, &terms->utxo);
    gv_jo_kint(out, "listing_id", (int64_t)listing->id);
    gv_jo_kint(out, "height", engine->chain.tip);
    gv_jo_kstring(out, "utxo", utxo);
    gv_jo_key(out, "asset");
    gv_jo_object(out);
    gv_jo_kstring(out, "name", terms->asset_name);
    gv_format_cut(text, sizeof(text), "%" PRId64, terms->asset_qty_base);
    gv_jo_kstring(out, "quantity", text); /* may pass 2^53 */
    gv_jo_kbool(out, "divisible", terms->asset_divisible);
    gv_jo_object_end(out);
    gv_jo_kint(out, "start_block", terms->start_block);
    gv_jo_kint(out, "end_block", terms->end_block);
    gv_jo_kint(out, "start_price_sats", (int64_t)terms->start_price.v);
    gv_jo_key(out, "end_price_sats");
    if (gv_dutch_hides_floor(terms)) {
        gv_jo_null(out);
    } else {
        gv_jo_int(out, (int64_t)terms->end_price.v);
    }
    write_spend(out, &listing->spend);
}

size_t gv_outbox_write(struct gv_engine *engine, char body[GV_WEBHOOK_BODY_MAX],
                       enum gv_webhook_event event, const struct gv_dutch_listing *listing)
{
    struct gv_json_out out;
    uint8_t random[16];
    char text[GV_UUID_MAX];
    char at[GV_ISO_MAX];
    gv_entropy_fill(engine->config.entropy, random, sizeof(random));
    gv_uuid_text(text, random);
    gv_utc_format(engine->now, at);
    gv_json_out_init(&out, body, GV_WEBHOOK_BODY_MAX);
    gv_jo_object(&out);
    gv_jo_kstring(&out, "id", text);
    gv_jo_kstring(&out, "type", gv_webhook_event_name(event));
    gv_jo_kstring(&out, "created_at", at);
    gv_jo_key(&out, "data");
    gv_jo_object(&out);
    if (listing != NULL) {
        write_listing(&out, engine, listing);
    }
    gv_jo_object_end(&out);
    gv_jo_object_end(&out);
    GV_ASSERT(!out.full); /* GV_WEBHOOK_BODY_MAX is the sum */
    return out.n;
}

enum gv_err gv_outbox_tell(struct gv_engine *engine, enum gv_webhook_event event,
                           const struct gv_dutch_listing *listing)
{
    char body[GV_WEBHOOK_BODY_MAX];
    size_t n = 0;
    enum gv_err err = GV_OK;
    for (uint32_t i = 0; i < engine->hooks.count && err == GV_OK; i++) {
        struct gv_hook *hook = &engine->hooks.items[i];
        uint64_t id = 0;
        if (hook->webhook.disabled_at.s != 0 || (hook->webhook.events & (1u << event)) == 0) {
            continue;
        }
        if (hook->pending >= GV_WEBHOOK_PENDING_MAX) {
            err = gv_hook_disable(engine, hook, "too many deliveries are waiting");
            continue;
        }
        if (n == 0) { /* one event, one id, however many are told */
            n = gv_outbox_write(engine, body, event, listing);
        }
        err = gv_outbox_add(engine, hook, event, gv_view_of(body, n), &id);
    }
    return err;
}

/* What a change of the spend state means to those who were told the old one. */
enum gv_err gv_outbox_tell_spend(struct gv_engine *engine, const struct gv_dutch_listing *listing,
                                 enum gv_spend_state old)
{
    enum gv_webhook_event event = GV_WEBHOOK_REORGED;
    switch (listing->spend.state) {
    case GV_SPEND_NONE:
        break;
    case GV_SPEND_PENDING:
        event = old == GV_SPEND_CONFIRMED ? GV_WEBHOOK_REORGED : GV_WEBHOOK_PENDING;
        break;
    case GV_SPEND_CONFIRMED:
        event = listing->spend.outcome == GV_OUTCOME_SOLD ? GV_WEBHOOK_SOLD : GV_WEBHOOK_CLOSED;
        break;
    case GV_SPEND_UNKNOWN:
        event = GV_WEBHOOK_CLOSED;
        break;
    }
    return gv_outbox_tell(engine, event, listing);
}

/* ---- outbox threads ----------------------------------------------------------------------------- */

static struct gv_hook *next_due(struct gv_engine *engine, enum gv_lane lane)
{
    struct gv_hook *best = NULL;
    for (uint32_t i = 0; i < engine->hooks.count; i++) {
        struct gv_hook *hook = &engine->hooks.items[i];
        if (waits(hook) && lane_of(hook) == lane && hook->head.next_at.s <= engine->now.s &&
            (best == NULL || hook->head.next_at.s < best->head.next_at.s)) {
            best = hook;
        }
    }
    return best;
}

enum gv_err gv_outbox_take(struct gv_engine *engine, struct gv_webhook_command *command)
{
    struct gv_outgoing *outgoing = command->take.outgoing;
    uint8_t secret[GV_WEBHOOK_SECRET_LEN];
    struct gv_hook *hook = next_due(engine, command->take.lane);
    if (hook == NULL) {
        return GV_ERR_NOT_FOUND;
    }
    enum gv_err err = gv_store_delivery_get(&engine->store, hook->head.id, &outgoing->delivery,
                                            outgoing->body, &outgoing->body_n);
    if (err == GV_OK) {
        err = gv_store_webhook_secret(&engine->store, hook->webhook.id, secret);
    }
    if (err == GV_ERR_CRYPTO) {
        return gv_hook_disable(engine, hook, "its secret cannot be opened") == GV_OK
                   ? GV_ERR_NOT_FOUND
                   : GV_ERR_STORAGE;
    }
    if (err != GV_OK) {
        return GV_ERR_STORAGE;
    }
    gv_webhook_secret_text(outgoing->secret, secret);
    gv_secure_zero(secret, sizeof(secret));
    gv_format_cut(outgoing->url, sizeof(outgoing->url), "%s", hook->webhook.url);
    hook->in_flight = hook->head.id;
    engine->hooks_changed = true;
    return GV_OK;
}

static struct gv_hook *in_flight(struct gv_engine *engine, uint64_t delivery)
{
    for (uint32_t i = 0; i < engine->hooks.count; i++) {
        struct gv_hook *hook = &engine->hooks.items[i];
        /* After a reload of memory nothing is in flight; the head is still the same. */
        if (hook->in_flight == delivery || (hook->pending > 0 && hook->head.id == delivery)) {
            return hook;
        }
    }
    return NULL;
}

/* The receiver took it. */
static enum gv_err finish(struct gv_engine *engine, struct gv_hook *hook,
                          struct gv_delivery *delivery)
{
    delivery->state = GV_DELIVERY_DONE;
    delivery->done_at = engine->now;
    if (gv_store_delivery_update(&engine->store, delivery) != GV_OK ||
        gv_store_deliveries_prune(&engine->store, hook->webhook.id) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    return gv_hook_refresh(engine, hook) == GV_OK ? GV_OK : GV_ERR_STORAGE;
}

static enum gv_err postpone(struct gv_engine *engine, struct gv_hook *hook,
                            struct gv_delivery *delivery)
{
    delivery->next_at.s = engine->now.s + gv_webhook_backoff_s(delivery->attempts);
    hook->head = *delivery;
    if (gv_store_delivery_update(&engine->store, delivery) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    if (engine->now.s - delivery->first_at.s >= GV_WEBHOOK_GIVE_UP_S) {
        return gv_hook_disable(engine, hook, delivery->error);
    }
    return GV_OK;
}

enum gv_err gv_outbox_done(struct gv_engine *engine, struct gv_webhook_command *command)
{
    struct gv_delivery delivery;
    struct gv_hook *hook = in_flight(engine, command->id);
    if (hook == NULL) {
        return GV_OK; /* the receiver was deleted meanwhile */
    }
    hook->in_flight = 0;
    engine->hooks_changed = true;
    enum gv_err err = gv_store_delivery_get(&engine->store, command->id, &delivery, NULL, NULL);
    if (err != GV_OK || delivery.state != GV_DELIVERY_PENDING) {
        return err == GV_ERR_STORAGE ? err : GV_OK;
    }
    delivery.attempts++;
    delivery.first_at = delivery.first_at.s == 0 ? engine->now : delivery.first_at;
    delivery.status = command->done.status;
    gv_format_cut(delivery.error, sizeof(delivery.error), "%s", command->done.error);
    if (gv_batch_begin(engine) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    return delivery.error[0] == '\0' ? finish(engine, hook, &delivery)
                                     : postpone(engine, hook, &delivery);
}
