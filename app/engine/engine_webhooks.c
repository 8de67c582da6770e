/* Receivers: what owners do with them. */
#include "app/engine/engine_internal.h"
#include "app/store/webhooks.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <string.h>

static struct gv_hook *find(struct gv_engine *engine, uint64_t id)
{
    for (uint32_t i = 0; i < engine->hooks.count; i++) {
        if (engine->hooks.items[i].webhook.id == id) {
            return &engine->hooks.items[i];
        }
    }
    return NULL;
}

static enum gv_err unknown(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_NOT_FOUND, "webhook.unknown", "there is no such webhook");
}

/* The address stays out: it may carry a token of its own. */
static enum gv_err audit(struct gv_engine *engine, const char *kind, const struct gv_actor *actor,
                         const struct gv_webhook *webhook)
{
    char subject[32];
    gv_format_cut(subject, sizeof(subject), "webhook:%" PRIu64, webhook->id);
    return gv_audit_by(engine, kind, subject, actor, "events=%" PRIx32 " enabled=%d name=%s",
                       webhook->events, webhook->disabled_at.s == 0, webhook->name);
}

static enum gv_err create(struct gv_engine *engine, struct gv_webhook_command *command,
                          struct gv_fail *fail)
{
    struct gv_hooks *hooks = &engine->hooks;
    uint8_t secret[GV_WEBHOOK_SECRET_LEN];
    if (hooks->count == GV_WEBHOOKS_MAX) {
        return gv_fail(fail, GV_ERR_FULL, "webhook.full",
                       "there are %u webhooks, no more are possible", GV_WEBHOOKS_MAX);
    }
    struct gv_hook *hook = &hooks->items[hooks->count];
    *hook = (struct gv_hook){
        .webhook = {.id = hooks->newest_id + 1,
                    .events = command->change.events,
                    .created_at = engine->now},
    };
    memcpy(hook->webhook.name, command->change.name, sizeof(hook->webhook.name));
    memcpy(hook->webhook.url, command->change.url, sizeof(hook->webhook.url));
    gv_entropy_fill(engine->config.entropy, secret, sizeof(secret));
    enum gv_err err = gv_batch_begin(engine);
    if (err == GV_OK) {
        err = gv_store_webhook_insert(&engine->store, &hook->webhook, secret);
    }
    if (err == GV_OK) {
        err = audit(engine, "webhook.created", &command->actor, &hook->webhook);
    }
    if (err == GV_OK) {
        hooks->count++;
        hooks->newest_id = hook->webhook.id;
        engine->hooks_changed = true;
        command->result = hook->webhook.id;
        gv_webhook_secret_text(command->secret, secret);
    }
    gv_secure_zero(secret, sizeof(secret));
    return err == GV_OK ? GV_OK : GV_ERR_STORAGE;
}

/* Try again at once, and count the day anew. */
static enum gv_err revive(struct gv_engine *engine, struct gv_hook *hook)
{
    hook->webhook.disabled_at.s = 0;
    hook->webhook.disabled_why[0] = '\0';
    if (hook->pending == 0) {
        return GV_OK;
    }
    hook->head.attempts = 0;
    hook->head.first_at.s = 0;
    hook->head.next_at = engine->now;
    return gv_store_delivery_update(&engine->store, &hook->head);
}

static enum gv_err change(struct gv_engine *engine, struct gv_webhook_command *command,
                          struct gv_fail *fail)
{
    const struct gv_webhook_change *wanted = &command->change;
    struct gv_hook *hook = find(engine, command->id);
    if (hook == NULL) {
        return unknown(fail);
    }
    struct gv_webhook *webhook = &hook->webhook;
    enum gv_err err = gv_expect_check(&command->expect, gv_webhook_version(webhook), fail);
    if (err != GV_OK) {
        return err;
    }
    err = gv_batch_begin(engine);
    if (wanted->has_name) {
        memcpy(webhook->name, wanted->name, sizeof(webhook->name));
    }
    if (wanted->has_url) {
        memcpy(webhook->url, wanted->url, sizeof(webhook->url));
    }
    if (wanted->has_events) {
        webhook->events = wanted->events;
    }
    if (err == GV_OK && wanted->has_enabled && wanted->enabled) {
        err = revive(engine, hook);
    } else if (wanted->has_enabled && !wanted->enabled && webhook->disabled_at.s == 0) {
        webhook->disabled_at = engine->now;
        gv_format_cut(webhook->disabled_why, sizeof(webhook->disabled_why), "by the owner");
    }
    engine->hooks_changed = true;
    if (err == GV_OK) {
        err = gv_store_webhook_update(&engine->store, webhook);
    }
    if (err == GV_OK) {
        err = audit(engine, "webhook.changed", &command->actor, webhook);
    }
    return err == GV_OK ? GV_OK : GV_ERR_STORAGE;
}

static enum gv_err remove_one(struct gv_engine *engine, const struct gv_webhook_command *command,
                              struct gv_fail *fail)
{
    struct gv_hooks *hooks = &engine->hooks;
    struct gv_hook *hook = find(engine, command->id);
    if (hook == NULL) {
        return unknown(fail);
    }
    const enum gv_err err =
        gv_expect_check(&command->expect, gv_webhook_version(&hook->webhook), fail);
    if (err != GV_OK) {
        return err;
    }
    if (gv_batch_begin(engine) != GV_OK ||
        gv_store_webhook_delete(&engine->store, command->id) != GV_OK ||
        audit(engine, "webhook.deleted", &command->actor, &hook->webhook) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    const size_t at = (size_t)(hook - hooks->items);
    hooks->count--;
    memmove(hook, hook + 1, (hooks->count - at) * sizeof(*hook));
    engine->hooks_changed = true;
    return GV_OK;
}

static enum gv_err enabled(const struct gv_hook *hook, struct gv_fail *fail)
{
    return hook->webhook.disabled_at.s == 0
               ? GV_OK
               : gv_fail(fail, GV_ERR_STATE, "webhook.disabled", "this webhook is disabled: %s",
                         hook->webhook.disabled_why);
}

static enum gv_err ping(struct gv_engine *engine, struct gv_webhook_command *command,
                        struct gv_fail *fail)
{
    char body[GV_WEBHOOK_BODY_MAX];
    struct gv_hook *hook = find(engine, command->id);
    const enum gv_err err = hook == NULL ? unknown(fail) : enabled(hook, fail);
    if (err != GV_OK) {
        return err;
    }
    const size_t n = gv_outbox_write(engine, body, GV_WEBHOOK_PING, NULL);
    return gv_outbox_add(engine, hook, GV_WEBHOOK_PING, gv_view_of(body, n), &command->result);
}

static enum gv_err redeliver(struct gv_engine *engine, struct gv_webhook_command *command,
                             struct gv_fail *fail)
{
    char body[GV_WEBHOOK_BODY_MAX];
    struct gv_delivery old;
    size_t n = 0;
    enum gv_err err = gv_store_delivery_get(&engine->store, command->id, &old, body, &n);
    if (err != GV_OK) {
        return err == GV_ERR_NOT_FOUND
                   ? gv_fail(fail, err, "webhook.delivery_unknown", "there is no such delivery")
                   : GV_ERR_STORAGE;
    }
    struct gv_hook *hook = find(engine, old.webhook_id);
    err = hook == NULL ? unknown(fail) : enabled(hook, fail);
    return err != GV_OK
               ? err
               : gv_outbox_add(engine, hook, old.event, gv_view_of(body, n), &command->result);
}

static enum gv_err list(struct gv_engine *engine, struct gv_webhook_command *command,
                        struct gv_fail *fail)
{
    if (find(engine, command->id) == NULL) {
        return unknown(fail);
    }
    return gv_store_deliveries_page(&engine->store, command->id, command->list.before,
                                    engine->delivery_page, command->list.rows_max,
                                    &command->list.count);
}

enum gv_err gv_do_webhook(struct gv_engine *engine, struct gv_command *command)
{
    struct gv_webhook_command *webhook = &command->webhook;
    switch (webhook->op) {
    case GV_WEBHOOK_OP_CREATE:
        return create(engine, webhook, &command->fail);
    case GV_WEBHOOK_OP_CHANGE:
        return change(engine, webhook, &command->fail);
    case GV_WEBHOOK_OP_DELETE:
        return remove_one(engine, webhook, &command->fail);
    case GV_WEBHOOK_OP_PING:
        return ping(engine, webhook, &command->fail);
    case GV_WEBHOOK_OP_REDELIVER:
        return redeliver(engine, webhook, &command->fail);
    case GV_WEBHOOK_OP_LIST:
        return list(engine, webhook, &command->fail);
    case GV_WEBHOOK_OP_TAKE:
        return gv_outbox_take(engine, webhook);
    case GV_WEBHOOK_OP_DONE:
        return gv_outbox_done(engine, webhook);
    }
    GV_UNREACHABLE("webhook command outside its enumeration");
}

/* ---- start -------------------------------------------------------------------------------------- */

static enum gv_err take_webhook(void *ctx, const struct gv_webhook *row)
{
    struct gv_hooks *hooks = ctx;
    if (hooks->count == GV_WEBHOOKS_MAX) {
        return GV_ERR_FULL;
    }
    hooks->items[hooks->count] = (struct gv_hook){.webhook = *row};
    hooks->count++;
    hooks->newest_id = row->id;
    return GV_OK;
}

enum gv_err gv_load_webhooks(struct gv_engine *engine)
{
    struct gv_hooks *hooks = &engine->hooks;
    *hooks = (struct gv_hooks){.count = 0};
    enum gv_err err = gv_store_webhooks_each(&engine->store, take_webhook, hooks);
    for (uint32_t i = 0; i < hooks->count && err == GV_OK; i++) {
        err = gv_hook_refresh(engine, &hooks->items[i]);
    }
    engine->hooks_changed = true;
    return err;
}
