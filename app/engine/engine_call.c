#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/wait.h"

#include <errno.h>

void gv_calls_init(struct gv_engine *engine)
{
    gv_pool_init(&engine->pool, "commands", engine->slots, sizeof(engine->slots[0]),
                 engine->slot_next, engine->slot_used, GV_COMMANDS_MAX);
    gv_queue_init(&engine->queue, engine->queued, sizeof(struct gv_command *), GV_COMMANDS_MAX);
    for (uint32_t i = 0; i < GV_COMMANDS_MAX; i++) {
        int rc = pthread_mutex_init(&engine->gates[i].lock, NULL);
        GV_ASSERT(rc == 0);
        gv_wait_init(&engine->gates[i].answered);
    }
    atomic_store(&engine->stopping, false);
}

void gv_calls_deinit(struct gv_engine *engine)
{
    for (uint32_t i = 0; i < GV_COMMANDS_MAX; i++) {
        pthread_cond_destroy(&engine->gates[i].answered);
        pthread_mutex_destroy(&engine->gates[i].lock);
    }
    gv_queue_deinit(&engine->queue);
    gv_pool_deinit(&engine->pool);
}

static struct gv_gate *gate_of(struct gv_engine *engine, const struct gv_command *command)
{
    return &engine->gates[gv_pool_index(&engine->pool, command)];
}

struct gv_command *gv_command_acquire(struct gv_engine *engine, enum gv_command_kind kind,
                                      uint32_t margin)
{
    struct gv_command *command = gv_pool_acquire(&engine->pool, margin);
    if (command == NULL) {
        return NULL;
    }
    command->kind = kind;
    command->request = gv_log_request();
    struct gv_gate *gate = gate_of(engine, command);
    pthread_mutex_lock(&gate->lock);
    gate->done = false;
    gate->abandoned = false;
    pthread_mutex_unlock(&gate->lock);
    return command;
}

void gv_command_release(struct gv_engine *engine, struct gv_command *command)
{
    if (gv_command_has_submission(command) && command->create.submission != NULL) {
        gv_submission_unwatch(command->create.submission, engine->config.watch);
        gv_submission_release(command->create.submission);
    }
    if (command->kind == GV_COMMAND_KEY_CREATE) {
        gv_secure_zero(command->key_create.text, sizeof(command->key_create.text));
    } else if (command->kind == GV_COMMAND_ACCOUNT) {
        gv_secure_zero(&command->account, sizeof(command->account));
    }
    if (command->kind == GV_COMMAND_WEBHOOK) {
        gv_secure_zero(&command->webhook, sizeof(command->webhook));
    }
    if (command->kind == GV_COMMAND_ORDERS && command->orders.op == GV_ORDERS_OP_ADD) {
        gv_order_upload_release(command->orders.add.upload);
    }
    gv_pool_release(&engine->pool, command);
}

enum gv_err gv_command_post(struct gv_engine *engine, struct gv_command *command)
{
    enum gv_err err = gv_queue_push(&engine->queue, &command, 0);
    GV_ASSERT(err != GV_ERR_FULL); /* as many places as slots */
    return err;
}

enum gv_err gv_command_wait(struct gv_engine *engine, struct gv_command *command,
                            uint32_t timeout_ms)
{
    struct timespec deadline = gv_wait_until(timeout_ms);
    struct gv_gate *gate = gate_of(engine, command);
    int rc = 0;
    pthread_mutex_lock(&gate->lock);
    while (!gate->done && rc != ETIMEDOUT) {
        rc = timeout_ms == 0 ? pthread_cond_wait(&gate->answered, &gate->lock)
                             : pthread_cond_timedwait(&gate->answered, &gate->lock, &deadline);
    }
    gate->abandoned = !gate->done;
    enum gv_err err = gate->done ? GV_OK : GV_ERR_TIMEOUT;
    pthread_mutex_unlock(&gate->lock);
    return err;
}

void gv_command_abandon(struct gv_engine *engine, struct gv_command *command)
{
    struct gv_gate *gate = gate_of(engine, command);
    pthread_mutex_lock(&gate->lock);
    gate->abandoned = true;
    pthread_mutex_unlock(&gate->lock);
}

enum gv_err gv_command_call(struct gv_engine *engine, struct gv_command *command,
                            uint32_t timeout_ms)
{
    if (gv_command_post(engine, command) != GV_OK) {
        return gv_fail(&command->fail, GV_ERR_UNAVAILABLE, "engine.stopped",
                       "the service is shutting down");
    }
    if (engine->config.self_serve) {
        (void)gv_engine_step(engine);
    }
    enum gv_err err = gv_command_wait(engine, command, timeout_ms);
    return err == GV_OK ? command->err : err;
}

enum gv_err gv_command_ask(struct gv_engine *engine, struct gv_command *command,
                           uint32_t timeout_ms, struct gv_fail *fail)
{
    const enum gv_err err = gv_command_call(engine, command, timeout_ms);
    if (err == GV_ERR_TIMEOUT) {
        return gv_fail(fail, err, "engine.timeout", "the engine did not answer in time");
    }
    if (err != GV_OK) {
        if (fail != NULL) {
            *fail = command->fail;
        }
        gv_command_release(engine, command);
    }
    return err;
}

enum gv_err gv_command_tell(struct gv_engine *engine, struct gv_command *command,
                            struct gv_fail *fail)
{
    const enum gv_err err = gv_command_ask(engine, command, GV_ENGINE_WAIT_MS, fail);
    if (err == GV_OK) {
        gv_command_release(engine, command);
    }
    return err;
}

enum gv_err gv_command_busy(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_FULL, "engine.busy", "too many commands are waiting");
}

void gv_command_answer(struct gv_engine *engine, struct gv_command *command)
{
    struct gv_gate *gate = gate_of(engine, command);
    pthread_mutex_lock(&gate->lock);
    bool abandoned = gate->abandoned;
    if (!abandoned) {
        gate->done = true;
        pthread_cond_signal(&gate->answered);
    }
    pthread_mutex_unlock(&gate->lock);
    if (abandoned) {
        gv_command_release(engine, command);
    }
}
