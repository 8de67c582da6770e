#include "app/engine/engine.h"

#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/beat.h"
#include "firmware/base/log.h"

/* What limits.h counts for one listing. */
_Static_assert(sizeof(struct gv_record) + sizeof(struct gv_market_row) +
                       sizeof(struct gv_prepared) + GV_PUBLISH_BYTES / GV_LISTINGS_MAX +
                       sizeof(struct gv_spend_view) + 2u * sizeof(struct gv_watch_entry) <=
                   GV_LISTING_BYTES,
               "limits.h must count everything that is kept per listing");

#define IDLE_WAIT_MS 1000u

static struct gv_engine instance;

struct gv_engine *gv_engine_instance(void)
{
    return &instance;
}

/* ---- open and close ----------------------------------------------------------------------------- */

enum gv_err gv_engine_open(struct gv_engine *engine, const struct gv_engine_config *config,
                           struct gv_fail *fail)
{
    GV_ASSERT(config->market->render != NULL);
    GV_ASSERT(config->final_depth >= 1);
    engine->config = *config;
    enum gv_err err =
        gv_store_open(&engine->store, config->storage, config->seal_key, config->entropy, fail);
    if (err != GV_OK) {
        return err;
    }
    engine->record_count = 0;
    engine->node = (struct gv_node_status){.network = config->network};
    engine->in_transaction = false;
    engine->prepared_count = 0;
    engine->psbts_len = 0;
    memset(&engine->view, 0, sizeof(engine->view));
    int rc = pthread_mutex_init(&engine->view.lock, NULL);
    GV_ASSERT(rc == 0);
    rc = pthread_mutex_init(&engine->audit_reader, NULL);
    GV_ASSERT(rc == 0);
    rc = pthread_mutex_init(&engine->replay_reader, NULL);
    GV_ASSERT(rc == 0);
    rc = pthread_mutex_init(&engine->delivery_reader, NULL);
    GV_ASSERT(rc == 0);
    gv_orders_open(engine);
    err = gv_load(engine, fail);
    if (err != GV_OK) {
        gv_orders_close(engine);
        pthread_mutex_destroy(&engine->delivery_reader);
        pthread_mutex_destroy(&engine->audit_reader);
        pthread_mutex_destroy(&engine->replay_reader);
        pthread_mutex_destroy(&engine->view.lock);
        gv_store_close(&engine->store);
        return err;
    }
    gv_calls_init(engine);
    for (uint32_t i = 0; i < engine->record_count; i++) {
        engine->records[i].watched = false; /* the set starts without us */
    }
    engine->now = gv_clock_utc(config->clock);
    engine->seen_at = engine->now;
    engine->failures_at = (struct gv_utc){0};
    engine->node_changed = true;
    gv_publish(engine);
    gv_log(GV_LOG_INFO, "engine", "open listings=%u keys=%u height=%u", engine->record_count,
           engine->keys.count, engine->tip.height.v);
    return GV_OK;
}

void gv_engine_stop(struct gv_engine *engine)
{
    atomic_store(&engine->stopping, true);
    gv_queue_close(&engine->queue);
}

void gv_engine_close(struct gv_engine *engine)
{
    gv_engine_stop(engine);
    (void)gv_engine_step(engine);
    /* A stale memory does not know what it holds in the watch set; it ends with the process. */
    for (uint32_t i = 0; i < engine->record_count && !engine->stale; i++) {
        if (engine->records[i].watched) {
            gv_watch_drop(engine->config.watch, &engine->records[i].listing.terms.utxo);
        }
    }
    gv_calls_deinit(engine);
    gv_store_close(&engine->store);
    gv_orders_close(engine);
    pthread_mutex_destroy(&engine->audit_reader);
    pthread_mutex_destroy(&engine->replay_reader);
    pthread_mutex_destroy(&engine->delivery_reader);
    pthread_mutex_destroy(&engine->view.lock);
    gv_secure_zero(&engine->view.environment_key, sizeof(engine->view.environment_key));
    gv_secure_zero(&engine->view.people, sizeof(engine->view.people));
    gv_secure_zero(&engine->accounts, sizeof(engine->accounts));
}

/* ---- one batch ---------------------------------------------------------------------------------- */

enum gv_err gv_batch_begin(struct gv_engine *engine)
{
    if (engine->in_transaction) {
        return GV_OK;
    }
    enum gv_err err = gv_storage_begin(engine->config.storage);
    engine->in_transaction = err == GV_OK;
    return err == GV_OK ? GV_OK : GV_ERR_STORAGE;
}

static enum gv_err dispatch(struct gv_engine *engine, struct gv_command *command)
{
    switch (command->kind) {
    case GV_COMMAND_CREATE:
        return gv_do_create(engine, command);
    case GV_COMMAND_CREATE_ALL:
        return gv_do_create_all(engine, command);
    case GV_COMMAND_EXTEND:
        return gv_do_extend(engine, command);
    case GV_COMMAND_RETIRED:
        return gv_do_retired(engine, command);
    case GV_COMMAND_PRIOR:
        return gv_do_prior(engine, command);
    case GV_COMMAND_JUMP:
        return gv_do_jump(engine, command);
    case GV_COMMAND_CONNECT:
        return gv_do_connect(engine, command);
    case GV_COMMAND_DISCONNECT:
        return gv_do_disconnect(engine);
    case GV_COMMAND_MEMPOOL_SPEND:
        return gv_do_mempool_spend(engine, command);
    case GV_COMMAND_MEMPOOL_CLEAR:
        return gv_do_mempool_clear(engine, command);
    case GV_COMMAND_SPENDER_UNKNOWN:
        return gv_do_spender_unknown(engine, command);
    case GV_COMMAND_NODE_STATUS:
        gv_do_node_status(engine, command);
        return GV_OK;
    case GV_COMMAND_KEY_CREATE:
        return gv_do_key_create(engine, command);
    case GV_COMMAND_KEY_REVOKE:
        return gv_do_key_revoke(engine, command);
    case GV_COMMAND_AUDIT_VERIFY:
        return gv_do_audit_verify(engine, command);
    case GV_COMMAND_AUDIT_LIST:
        return gv_do_audit_list(engine, command);
    case GV_COMMAND_REPLAY:
        return gv_do_replay(engine, command);
    case GV_COMMAND_ACCOUNT:
        return gv_do_account(engine, command);
    case GV_COMMAND_NOTE:
        return gv_do_note(engine, command);
    case GV_COMMAND_WEBHOOK:
        return gv_do_webhook(engine, command);
    case GV_COMMAND_ORDERS:
        return gv_do_orders(engine, command);
    }
    GV_UNREACHABLE("command outside its enumeration");
}

/* A row that cannot be read is its reader's trouble, and no reason to undo what others write. */
static bool only_reads(const struct gv_command *command)
{
    return command->kind == GV_COMMAND_RETIRED || command->kind == GV_COMMAND_PRIOR ||
           command->kind == GV_COMMAND_AUDIT_VERIFY || command->kind == GV_COMMAND_AUDIT_LIST ||
           command->kind == GV_COMMAND_REPLAY ||
           (command->kind == GV_COMMAND_WEBHOOK && command->webhook.op == GV_WEBHOOK_OP_LIST) ||
           (command->kind == GV_COMMAND_ORDERS && gv_orders_only_reads(&command->orders));
}

/* Everything up to the commit. Returns: GV_OK; GV_ERR_STORAGE: nothing has happened. */
static enum gv_err run(struct gv_engine *engine, struct gv_command **batch, uint32_t n)
{
    if (engine->stale && gv_load(engine, NULL) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t outer = gv_log_set_request(batch[i]->request);
        batch[i]->err = dispatch(engine, batch[i]);
        (void)gv_log_set_request(outer);
        if (batch[i]->err == GV_ERR_STORAGE && !only_reads(batch[i])) {
            return GV_ERR_STORAGE;
        }
    }
    if (engine->dirty && gv_note_reveals(engine) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    if (gv_write_soft(engine) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    if (!engine->in_transaction) {
        return GV_OK;
    }
    engine->in_transaction = false; /* a refused commit has rolled back */
    return gv_storage_commit(engine->config.storage) == GV_OK ? GV_OK : GV_ERR_STORAGE;
}

/* Storage refused: memory goes back to what storage holds, nobody is told anything else. */
static void undo(struct gv_engine *engine, struct gv_command **batch, uint32_t n)
{
    if (engine->in_transaction) {
        gv_storage_rollback(engine->config.storage);
        engine->in_transaction = false;
    }
    for (uint32_t i = 0; i < n; i++) {
        batch[i]->err = gv_fail(&batch[i]->fail, GV_ERR_STORAGE, "storage.refused",
                                "the database refused to write; nothing was changed");
    }
    engine->node = engine->config.market->node; /* as last published */
    if (gv_load(engine, NULL) != GV_OK) {
        gv_log(GV_LOG_BROKEN, "engine", "database unreadable: nothing is revealed until it is");
        gv_publish_dark(engine);
    }
}

static void count(struct gv_engine *engine, uint32_t n, bool failed)
{
    pthread_mutex_lock(&engine->view.lock);
    engine->view.stats.commands += n;
    engine->view.stats.batches++;
    engine->view.stats.commits_failed += failed;
    pthread_mutex_unlock(&engine->view.lock);
}

static void serve(struct gv_engine *engine, struct gv_command **batch, uint32_t n)
{
    bool in_flood = false;
    engine->now = gv_clock_utc(engine->config.clock);
    gv_orders_set_clock(engine);
    bool good = run(engine, batch, n) == GV_OK;
    if (!good) {
        undo(engine, batch, n);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (good && batch[i]->err == GV_OK && gv_command_has_submission(batch[i])) {
            gv_keep_submission(engine, batch[i]);
        }
    }
    if (good) {
        gv_publish(engine);
    }
    count(engine, n, !good);
    for (uint32_t i = 0; i < n; i++) {
        in_flood |= gv_orders_is_intake(batch[i]);
        gv_orders_done(batch[i]);
        gv_command_answer(engine, batch[i]);
    }
    /* The tick has its deadlines, and comes to every flood of bids: the log is copied back after it. */
    if (!in_flood) {
        gv_storage_settle(engine->config.storage);
    }
}

void gv_engine_run(struct gv_engine *engine)
{
    struct gv_command *batch[GV_COMMAND_BATCH];
    for (;;) {
        bool stopping = atomic_load(&engine->stopping);
        gv_beat();
        uint32_t n = gv_queue_pop(&engine->queue, batch, GV_COMMAND_BATCH, IDLE_WAIT_MS);
        if (n > 0) {
            serve(engine, batch, n);
        } else if (stopping) {
            return;
        }
    }
}

uint32_t gv_engine_step(struct gv_engine *engine)
{
    struct gv_command *batch[GV_COMMAND_BATCH];
    uint32_t served = 0;
    for (;;) {
        uint32_t n = gv_queue_pop(&engine->queue, batch, GV_COMMAND_BATCH, 0);
        if (n == 0) {
            return served;
        }
        serve(engine, batch, n);
        served += n;
    }
}

void gv_engine_stats(struct gv_engine *engine, struct gv_engine_stats *stats)
{
    struct gv_pool_stats pool = gv_pool_stats(&engine->pool);
    pthread_mutex_lock(&engine->view.lock);
    *stats = engine->view.stats;
    pthread_mutex_unlock(&engine->view.lock);
    stats->queue_high_water = pool.capacity - pool.low_water;
    stats->queue_refused = pool.refused;
}
