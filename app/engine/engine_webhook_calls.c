/* Receivers and outbox: what callers ask of the engine, and how they wait. */
#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

/* Post, wait, and give the slot back unless the wait was in vain. Out: answer: may be NULL. */
static enum gv_err call(struct gv_engine *engine, struct gv_command *command, uint32_t timeout_ms,
                        struct gv_webhook_command *answer, struct gv_fail *fail)
{
    const enum gv_err err = gv_command_ask(engine, command, timeout_ms, fail);
    if (err != GV_OK) {
        return err;
    }
    if (answer != NULL) {
        *answer = command->webhook;
    }
    gv_command_release(engine, command);
    return GV_OK;
}

/* A command about one id that needs nothing else. Out: result: of the command. */
static enum gv_err call_id(struct gv_engine *engine, enum gv_webhook_op op, uint64_t id,
                           uint64_t *result, struct gv_fail *fail)
{
    struct gv_webhook_command answer = {.result = 0};
    struct gv_command *command = gv_command_acquire(engine, GV_COMMAND_WEBHOOK, GV_COMMANDS_MARGIN);
    if (command == NULL) {
        return gv_command_busy(fail);
    }
    command->webhook.op = op;
    command->webhook.id = id;
    const enum gv_err err = call(engine, command, GV_ENGINE_WAIT_MS, &answer, fail);
    if (err == GV_OK) {
        *result = answer.result;
    }
    return err;
}

static enum gv_err check(const struct gv_webhook_change *change, struct gv_fail *fail)
{
    enum gv_err err = change->has_name ? gv_webhook_check_name(change->name, fail) : GV_OK;
    if (err == GV_OK && change->has_url) {
        err = gv_webhook_check_url(change->url, fail);
    }
    if (err == GV_OK && change->has_events &&
        (change->events == 0 || (change->events & ~GV_WEBHOOK_EVENTS_ALL) != 0)) {
        err = gv_fail_at(fail, GV_ERR_INVALID, "/events", "webhook.events",
                         "a webhook needs known events, at least one");
    }
    return err;
}

/* What a receiver is made of, and what comes back. NOLINTNEXTLINE(readability-function-size) */
enum gv_err gv_engine_webhook_create(struct gv_engine *engine, const struct gv_actor *actor,
                                     const char *name, const char *url, uint32_t events,
                                     uint64_t *id, char secret[GV_WEBHOOK_SECRET_TEXT],
                                     struct gv_fail *fail)
{
    struct gv_webhook_command answer = {.result = 0};
    struct gv_webhook_change change = {
        .has_name = true, .has_url = true, .has_events = true, .events = events};
    /* What does not fit is too long for the checks as well. */
    gv_format_cut(change.name, sizeof(change.name), "%s", name);
    gv_format_cut(change.url, sizeof(change.url), "%s", url);
    enum gv_err err = gv_webhook_check_name(name, fail);
    if (err == GV_OK) {
        err = gv_webhook_check_url(url, fail);
    }
    if (err == GV_OK) {
        err = check(&change, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    struct gv_command *command = gv_command_acquire(engine, GV_COMMAND_WEBHOOK, GV_COMMANDS_MARGIN);
    if (command == NULL) {
        return gv_command_busy(fail);
    }
    command->webhook.op = GV_WEBHOOK_OP_CREATE;
    command->webhook.actor = *actor;
    command->webhook.change = change;
    err = call(engine, command, GV_ENGINE_WAIT_MS, &answer, fail);
    if (err == GV_OK) {
        *id = answer.result;
        memcpy(secret, answer.secret, GV_WEBHOOK_SECRET_TEXT);
    }
    gv_secure_zero(&answer, sizeof(answer));
    return err;
}

/* A command that changes one receiver. Out: command: set on GV_OK. */
static enum gv_err begin_change(struct gv_engine *engine, enum gv_webhook_op op,
                                const struct gv_actor *actor, uint64_t id,
                                const struct gv_expect *expect, struct gv_command **command,
                                struct gv_fail *fail)
{
    *command = gv_command_acquire(engine, GV_COMMAND_WEBHOOK, GV_COMMANDS_MARGIN);
    if (*command == NULL) {
        return gv_command_busy(fail);
    }
    struct gv_webhook_command *webhook = &(*command)->webhook;
    webhook->op = op;
    webhook->actor = *actor;
    webhook->id = id;
    webhook->expect = gv_expect_of(expect);
    return GV_OK;
}

enum gv_err gv_engine_webhook_change(struct gv_engine *engine, const struct gv_actor *actor,
                                     uint64_t id, const struct gv_webhook_change *change,
                                     const struct gv_expect *expect, struct gv_fail *fail)
{
    enum gv_err err = check(change, fail);
    if (err != GV_OK) {
        return err;
    }
    struct gv_command *command = NULL;
    err = begin_change(engine, GV_WEBHOOK_OP_CHANGE, actor, id, expect, &command, fail);
    if (err != GV_OK) {
        return err;
    }
    command->webhook.change = *change;
    return call(engine, command, GV_ENGINE_WAIT_MS, NULL, fail);
}

enum gv_err gv_engine_webhook_delete(struct gv_engine *engine, const struct gv_actor *actor,
                                     uint64_t id, const struct gv_expect *expect,
                                     struct gv_fail *fail)
{
    struct gv_command *command = NULL;
    const enum gv_err err =
        begin_change(engine, GV_WEBHOOK_OP_DELETE, actor, id, expect, &command, fail);
    return err != GV_OK ? err : call(engine, command, GV_ENGINE_WAIT_MS, NULL, fail);
}

enum gv_err gv_engine_webhook_ping(struct gv_engine *engine, uint64_t id, uint64_t *delivery,
                                   struct gv_fail *fail)
{
    return call_id(engine, GV_WEBHOOK_OP_PING, id, delivery, fail);
}

enum gv_err gv_engine_redeliver(struct gv_engine *engine, uint64_t delivery, uint64_t *fresh,
                                struct gv_fail *fail)
{
    return call_id(engine, GV_WEBHOOK_OP_REDELIVER, delivery, fresh, fail);
}

uint32_t gv_engine_webhooks(struct gv_engine *engine,
                            struct gv_webhook_status statuses[GV_WEBHOOKS_MAX])
{
    pthread_mutex_lock(&engine->view.lock);
    const uint32_t n = engine->view.hooks.count;
    memcpy(statuses, engine->view.hooks.statuses, n * sizeof(statuses[0]));
    pthread_mutex_unlock(&engine->view.lock);
    return n;
}

enum gv_err gv_engine_deliveries(struct gv_engine *engine, uint64_t webhook, uint64_t before,
                                 uint32_t rows_max, struct gv_delivery rows[GV_DELIVERIES_PAGE],
                                 uint32_t *count, struct gv_fail *fail)
{
    struct gv_webhook_command answer = {.result = 0};
    GV_ASSERT(rows_max <= GV_DELIVERIES_PAGE);
    *count = 0;
    struct gv_command *command = gv_command_acquire(engine, GV_COMMAND_WEBHOOK, GV_COMMANDS_MARGIN);
    if (command == NULL) {
        return gv_command_busy(fail);
    }
    command->webhook.op = GV_WEBHOOK_OP_LIST;
    command->webhook.id = webhook;
    command->webhook.list.before = before;
    command->webhook.list.rows_max = rows_max;
    pthread_mutex_lock(&engine->delivery_reader);
    const enum gv_err err = call(engine, command, GV_ENGINE_WAIT_MS, &answer, fail);
    if (err == GV_OK) {
        *count = answer.list.count;
        memcpy(rows, engine->delivery_page, *count * sizeof(rows[0]));
    }
    pthread_mutex_unlock(&engine->delivery_reader);
    return err;
}

/* ---- outbox threads ----------------------------------------------------------------------------- */

bool gv_engine_outbox_due(struct gv_engine *engine, enum gv_lane lane, struct gv_utc now)
{
    return atomic_load(&engine->lanes.due_s[lane]) <= now.s;
}

enum gv_err gv_engine_outbox_take(struct gv_engine *engine, enum gv_lane lane,
                                  struct gv_outgoing *outgoing)
{
    struct gv_command *command = gv_command_acquire(engine, GV_COMMAND_WEBHOOK, GV_COMMANDS_MARGIN);
    if (command == NULL) {
        return GV_ERR_FULL;
    }
    command->webhook.op = GV_WEBHOOK_OP_TAKE;
    command->webhook.take.lane = lane;
    command->webhook.take.outgoing = outgoing;
    return call(engine, command, 0, NULL, NULL);
}

enum gv_err gv_engine_outbox_done(struct gv_engine *engine, uint64_t delivery, uint32_t status,
                                  const char *error)
{
    struct gv_command *command = gv_command_acquire(engine, GV_COMMAND_WEBHOOK, 0);
    if (command == NULL) {
        return GV_ERR_FULL;
    }
    command->webhook.op = GV_WEBHOOK_OP_DONE;
    command->webhook.id = delivery;
    command->webhook.done.status = status;
    gv_format_cut(command->webhook.done.error, sizeof(command->webhook.done.error), "%s", error);
    return call(engine, command, 0, NULL, NULL);
}
