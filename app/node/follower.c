#include "app/node/follower_parts.h"

#include "firmware/base/assert.h"
#include "firmware/base/beat.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "firmware/base/wait.h"

#include <inttypes.h>
#include <string.h>

#define BACKOFF_FIRST_MS 250u
/* A chain that moves while it is read is read again, but not in a spin. */
#define MOVED_MS 100u
/* Rounds that may find it moved without getting a block further. After them it is not the chain that
 * moves: the node lacks a block that it should have. */
#define MOVED_MAX 50u
/* Spenders are asked between rounds at most this often: a fee storm evicts hundreds a second. */
#define SPENDERS_EVERY_MS 1000u
/* An indexer that does not answer costs this thread its time-out, so it is asked less often. */
#define INDEXER_DOWN_POLLS 4u
/* Headers come before their blocks: a node this near its best header is in step. */
#define IN_STEP_BLOCKS 1u
/* How long one turn of the thread may wait. */
#define TURN_MS 250u

static struct gv_follower instance;

struct gv_follower *gv_follower_instance(void)
{
    return &instance;
}

void gv_follower_init(struct gv_follower *f, const struct gv_follower_config *config)
{
    GV_ASSERT(config->poll_ms > 0);
    GV_ASSERT(config->poll_ms <= 60000);
    f->config = *config;
    gv_rpc_init(&f->rpc, config->http, config->rpc);
    memset(&f->notify, 0, sizeof(f->notify));
    memset(&f->status, 0, sizeof(f->status));
    memset(&f->chain, 0, sizeof(f->chain));
    memset(&f->walked_to, 0, sizeof(f->walked_to));
    f->status.network = config->network;
    f->status.mempool_txs = -1;
    f->failure[0] = '\0';
    f->subscribe_due = true;
    f->subscribed = false;
    f->tip_hint = false;
    f->spenders_hint = false;
    f->pending = 0;
    f->moved = 0;
    memset(&f->moved_at, 0, sizeof(f->moved_at));
    f->backoff_ms = BACKOFF_FIRST_MS;
    f->round_at = gv_clock_mono(config->clock);
    f->spenders_at = f->round_at;
    f->check_at = f->round_at;
    f->indexer_at = f->round_at;
    f->feed_seen = 0;
    f->fill = (struct gv_fill){.phase = config->tap != NULL ? GV_FILL_DUE : GV_FILL_DONE};
    atomic_init(&f->stop, false);

    gv_wait_init(&f->wake);
    int rc = pthread_mutex_init(&f->lock, NULL);
    GV_ASSERT(rc == 0);
}

enum gv_err gv_follower_engine_result(enum gv_err err, struct gv_fail *fail)
{
    if (err == GV_OK) {
        return GV_OK;
    }
    return gv_fail(fail, err, "engine.refused", "the engine could not record it: %s",
                   gv_err_text(err));
}

/* ---- status ------------------------------------------------------------------------------------ */

static void note_chain(struct gv_follower *f)
{
    const struct gv_rpc_chain *chain = &f->chain;
    f->status.initial_download = chain->initial_download;
    f->status.pruned = chain->pruned;
    f->status.blocks = chain->blocks;
    f->status.headers = chain->headers;
    f->status.prune_height = chain->prune_height;
    f->status.tip_hash = chain->best_hash;
    f->status.tip_time = chain->time;
    f->status.verification_progress = chain->verification_progress;
    f->status.checked_at = gv_clock_utc(f->config.clock);
}

static void send_status(struct gv_follower *f)
{
    f->status.feed_enabled = f->subscribed;
    f->status.feed_alive = f->subscribed && f->notify.messages > f->feed_seen;
    f->status.feed_messages = f->notify.messages;
    f->status.feed_gaps = f->notify.gaps;
    memcpy(f->status.feed_topics, f->notify.counts, sizeof(f->status.feed_topics));
    enum gv_err err = gv_engine_node_status(f->config.engine, &f->status);
    if (err != GV_OK) {
        gv_log(GV_LOG_UNUSUAL, "node", "status_not_taken reason=%s", gv_err_slug(err));
    }
}

/* Logged once per change, not once per attempt. */
static void note_success(struct gv_follower *f)
{
    if (!f->status.reachable || f->failure[0] != '\0') {
        gv_log(GV_LOG_INFO, "node", "up chain=%s blocks=%" PRIu32 " headers=%" PRIu32 " pruned=%d",
               f->chain.chain, f->chain.blocks, f->chain.headers, f->chain.pruned);
    }
    f->status.reachable = true;
    f->status.error[0] = '\0';
    f->failure[0] = '\0';
    f->backoff_ms = BACKOFF_FIRST_MS;
}

static void note_failure(struct gv_follower *f, const struct gv_fail *fail)
{
    if (strcmp(f->failure, fail->code) != 0) {
        gv_log(GV_LOG_UNUSUAL, "node", "down code=%s text=\"%s\"", fail->code, fail->text);
        gv_format_cut(f->failure, sizeof(f->failure), "%s", fail->code);
    }
    f->status.reachable = false;
    gv_format_cut(f->status.error, sizeof(f->status.error), "%s", fail->text);
    f->subscribe_due = true;
    f->round_at = gv_follower_after(f, f->backoff_ms);
    f->backoff_ms *= 2;
    if (f->backoff_ms > f->config.poll_ms) {
        f->backoff_ms = f->config.poll_ms;
    }
}

/* ---- one round ----------------------------------------------------------------------------------- */

static enum gv_err check_network(const struct gv_follower *f, struct gv_fail *fail)
{
    const char *ours = gv_network_name(f->config.network);
    if (strcmp(f->chain.chain, ours) == 0) {
        return GV_OK;
    }
    return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.wrong_network",
                   "the node is on %s, gavel is set to %s", f->chain.chain, ours);
}

/* Chain first, then the mempool, so that a spend which has just been mined is not taken for one
 * that vanished. Out: done: the engine stands at the node's tip. */
static enum gv_err read_node(struct gv_follower *f, bool *done, struct gv_fail *fail)
{
    *done = false;
    enum gv_err err = gv_rpc_blockchain(&f->rpc, &f->chain, fail);
    if (err == GV_OK) {
        err = check_network(f, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    note_chain(f);
    if (f->subscribe_due) {
        gv_follower_subscribe(f);
    }
    if (f->chain.initial_download) {
        *done = true; /* nothing of it is live, and its blocks will be asked for afterwards */
        return GV_OK;
    }
    err = gv_follower_walk(f, done, fail);
    if (err != GV_OK || !*done) {
        return err;
    }
    err = gv_follower_poll_spenders(f, fail);
    if (err == GV_OK && gv_follower_now(f).ms >= f->check_at.ms) {
        err = gv_follower_check_outputs(f, fail);
        if (err == GV_OK) {
            f->check_at = gv_follower_after(f, f->config.cross_check_ms);
        }
    }
    return err;
}

static void ask_indexer(struct gv_follower *f)
{
    if (f->config.indexer == NULL || gv_follower_now(f).ms < f->indexer_at.ms) {
        return;
    }
    f->config.indexer(f->config.indexer_ctx, &f->status);
    uint32_t polls = f->status.indexer_reachable ? 1 : INDEXER_DOWN_POLLS;
    f->indexer_at = gv_follower_after(f, polls * f->config.poll_ms);
    send_status(f);
}

/* Read again soon, unless that has led nowhere too often. */
static void note_moved(struct gv_follower *f, const struct gv_fail *fail)
{
    bool further = !gv_hash256_equal(&f->moved_at, &f->walked_to);
    f->moved_at = f->walked_to;
    f->moved = further ? 0 : f->moved + 1;
    if (f->moved < MOVED_MAX) {
        f->round_at = gv_follower_after(f, MOVED_MS);
    } else {
        f->moved = MOVED_MAX;
        note_failure(f, fail);
    }
}

/* The node may be caught up with while the walk is still under way: a price needs only the node. */
static void tell_in_step(struct gv_follower *f)
{
    if (f->config.tap != NULL) {
        f->config.tap->in_step(f->config.tap->ctx,
                               f->status.reachable && !f->chain.initial_download &&
                                   f->chain.headers - f->chain.blocks <= IN_STEP_BLOCKS);
    }
}

static void run_round(struct gv_follower *f)
{
    struct gv_fail fail = {.err = GV_OK};
    bool done = false;
    f->tip_hint = false;
    enum gv_err err = read_node(f, &done, &fail);
    if (err == GV_OK) {
        f->moved = 0;
        note_success(f);
        f->round_at = gv_follower_after(f, done ? f->config.poll_ms : 0);
    } else if (err == GV_ERR_AGAIN) {
        note_moved(f, &fail);
    } else {
        note_failure(f, &fail);
    }
    send_status(f);
    tell_in_step(f);
    ask_indexer(f);
    if (err == GV_OK && done && !f->chain.initial_download) {
        gv_follower_fill_begin(f);
    }
}

/* A pending spend may have left the mempool: settled between two rounds. */
static void run_spenders(struct gv_follower *f)
{
    struct gv_fail fail = {.err = GV_OK};
    f->spenders_at = gv_follower_after(f, SPENDERS_EVERY_MS);
    enum gv_err err = gv_follower_poll_spenders(f, &fail);
    if (err != GV_OK) {
        f->tip_hint = true; /* the round will find out what is wrong, and say it */
    }
}

/* ---- turns --------------------------------------------------------------------------------------- */

/* While the node is away hints are stale, and the back-off rules. */
static bool heeds_hints(const struct gv_follower *f)
{
    return f->failure[0] == '\0';
}

static uint32_t time_left(const struct gv_follower *f, uint32_t max_wait_ms)
{
    uint64_t now = gv_follower_now(f).ms;
    uint64_t at = f->round_at.ms;
    if (heeds_hints(f) && f->spenders_hint && f->spenders_at.ms < at) {
        at = f->spenders_at.ms;
    }
    if ((heeds_hints(f) && f->tip_hint) || at <= now || gv_follower_filling(f)) {
        return 0;
    }
    return at - now < max_wait_ms ? (uint32_t)(at - now) : max_wait_ms;
}

void gv_follower_step(struct gv_follower *f, uint32_t max_wait_ms)
{
    uint32_t wait_ms = time_left(f, max_wait_ms);
    if (f->subscribed) {
        gv_follower_receive(f, wait_ms);
    } else {
        gv_follower_wait(f, wait_ms);
    }
    uint64_t now = gv_follower_now(f).ms;
    if (atomic_load(&f->stop)) {
        return;
    }
    if (now >= f->round_at.ms || (f->tip_hint && heeds_hints(f))) {
        run_round(f);
    } else if (f->spenders_hint && now >= f->spenders_at.ms && heeds_hints(f)) {
        run_spenders(f);
    } else if (gv_follower_filling(f)) {
        gv_follower_fill_step(f);
    }
}

void gv_follower_wait(struct gv_follower *f, uint32_t wait_ms)
{
    if (wait_ms == 0) {
        return;
    }
    const struct timespec until = gv_wait_until(wait_ms);
    pthread_mutex_lock(&f->lock);
    int rc = 0;
    while (!atomic_load(&f->stop) && rc == 0) {
        rc = pthread_cond_timedwait(&f->wake, &f->lock, &until);
    }
    pthread_mutex_unlock(&f->lock);
}

void gv_follower_run(struct gv_follower *f)
{
    while (!atomic_load(&f->stop)) {
        gv_beat();
        gv_follower_step(f, TURN_MS);
    }
}

void gv_follower_stop(struct gv_follower *f)
{
    pthread_mutex_lock(&f->lock);
    atomic_store(&f->stop, true);
    pthread_cond_broadcast(&f->wake);
    pthread_mutex_unlock(&f->lock);
}
