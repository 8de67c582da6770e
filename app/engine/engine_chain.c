#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/log.h"

struct gv_tip gv_tip_of(const struct gv_engine *engine)
{
    const struct gv_node_status *node = &engine->node;
    const struct gv_chain *chain = &engine->chain;
    struct gv_tip tip = {.known = chain->count > 0, .height = {chain->tip}};
    if (tip.known) {
        tip.live = node->reachable && !node->initial_download && node->blocks == node->headers &&
                   node->blocks == chain->tip &&
                   gv_hash256_equal(&node->tip_hash, &chain->hashes[chain->tip % GV_CHAIN_RING]);
    }
    return tip;
}

static void tip_moved(struct gv_engine *engine)
{
    engine->tip = gv_tip_of(engine);
    engine->chain_changed = true;
    engine->dirty = true;
}

/* The block just reported is the node's tip as far as anybody knows: stay live on it. */
static void follow_live_tip(struct gv_engine *engine, struct gv_utc time)
{
    struct gv_node_status *node = &engine->node;
    node->blocks = engine->chain.tip;
    node->headers = engine->chain.tip;
    node->tip_hash = engine->chain.hashes[engine->chain.tip % GV_CHAIN_RING];
    node->tip_time = time;
    engine->node_changed = true;
}

static void append(struct gv_chain *chain, uint32_t height, const struct gv_hash256 *hash)
{
    chain->tip = height;
    chain->hashes[height % GV_CHAIN_RING] = *hash;
    if (chain->count < GV_CHAIN_RING) {
        chain->count++;
    }
}

/* ---- spends that blocks decide -------------------------------------------------------------------- */

static enum gv_err confirm(struct gv_engine *engine, struct gv_record *record,
                           const struct gv_block_report *block,
                           const struct gv_spend_evidence *evidence)
{
    const struct gv_dutch_spend *old = &record->listing.spend;
    struct gv_dutch_spend spend = *old;
    bool known = old->state == GV_SPEND_PENDING && gv_hash256_equal(&old->txid, &evidence->txid);
    if (!known) { /* a known one keeps the judgement of its first sight */
        enum gv_err err =
            gv_judge_spend(engine, &record->listing, evidence, block->height - 1, &spend);
        if (err != GV_OK) {
            return err;
        }
    }
    spend.state = GV_SPEND_CONFIRMED;
    spend.block = block->height;
    spend.block_hash = block->hash;
    spend.block_time = block->time;
    return gv_set_spend(engine, record, &spend, "spend.confirmed");
}

/* Linear, like every search by outpoint: a few spends a day against a few thousand records. */
static enum gv_err confirm_all(struct gv_engine *engine, const struct gv_block_report *block)
{
    enum gv_err err = GV_OK;
    for (uint32_t s = 0; s < block->spend_count && err == GV_OK; s++) {
        for (uint32_t i = 0; i < engine->record_count && err == GV_OK; i++) {
            struct gv_record *record = &engine->records[i];
            if (gv_outpoint_equal(&record->listing.terms.utxo, &block->spends[s].outpoint)) {
                err = confirm(engine, record, block, &block->spends[s]);
            }
        }
    }
    return err;
}

/* Confirmed spends above `height` are undone; the mempool is asked next. */
static enum gv_err unconfirm_above(struct gv_engine *engine, int64_t height)
{
    enum gv_err err = GV_OK;
    for (uint32_t i = 0; i < engine->record_count && err == GV_OK; i++) {
        struct gv_dutch_spend spend = engine->records[i].listing.spend;
        if (spend.state == GV_SPEND_CONFIRMED && (int64_t)spend.block > height) {
            spend.state = GV_SPEND_PENDING;
            spend.block = 0;
            spend.block_hash = (struct gv_hash256){{0}};
            spend.block_time = (struct gv_utc){0};
            err = gv_set_spend(engine, &engine->records[i], &spend, "spend.unconfirmed");
        }
    }
    return err;
}

/* ---- blocks ----------------------------------------------------------------------------------------- */

enum gv_err gv_do_jump(struct gv_engine *engine, struct gv_command *command)
{
    const struct gv_block_report *block = command->block;
    if (gv_batch_begin(engine) != GV_OK ||
        gv_store_chain_prune(&engine->store, UINT32_MAX) != GV_OK ||
        gv_store_chain_append(&engine->store, block->height, &block->hash) != GV_OK ||
        unconfirm_above(engine, block->height) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    engine->chain.count = 0;
    append(&engine->chain, block->height, &block->hash);
    tip_moved(engine);
    gv_log(GV_LOG_INFO, "engine", "chain_starts height=%u", block->height);
    return GV_OK;
}

enum gv_err gv_do_connect(struct gv_engine *engine, struct gv_command *command)
{
    const struct gv_block_report *block = command->block;
    struct gv_chain *chain = &engine->chain;
    if (chain->count == 0 || block->height != chain->tip + 1 ||
        !gv_hash256_equal(&block->prev, &chain->hashes[chain->tip % GV_CHAIN_RING])) {
        return GV_ERR_STATE;
    }
    if (gv_batch_begin(engine) != GV_OK ||
        gv_store_chain_append(&engine->store, block->height, &block->hash) != GV_OK ||
        confirm_all(engine, block) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    if (block->height >= GV_CHAIN_RING &&
        gv_store_chain_prune(&engine->store, block->height - GV_CHAIN_RING + 1) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    bool live = engine->tip.live;
    append(chain, block->height, &block->hash);
    if (live) {
        follow_live_tip(engine, block->time);
    }
    tip_moved(engine);
    return GV_OK;
}

enum gv_err gv_do_disconnect(struct gv_engine *engine)
{
    struct gv_chain *chain = &engine->chain;
    if (chain->count == 0) {
        return GV_ERR_STATE;
    }
    if (gv_batch_begin(engine) != GV_OK ||
        gv_store_chain_drop(&engine->store, chain->tip) != GV_OK ||
        unconfirm_above(engine, (int64_t)chain->tip - 1) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    bool live = engine->tip.live;
    chain->count--;
    chain->tip = chain->count > 0 ? chain->tip - 1 : 0;
    if (live && chain->count > 0) {
        follow_live_tip(engine, engine->node.tip_time);
    }
    tip_moved(engine);
    return GV_OK;
}

void gv_do_node_status(struct gv_engine *engine, struct gv_command *command)
{
    struct gv_tip before = engine->tip;
    engine->node = *command->node;
    engine->node_changed = true;
    engine->tip = gv_tip_of(engine);
    if (before.live != engine->tip.live) {
        engine->dirty = true;
        gv_log(GV_LOG_INFO, "engine", "tip live=%d height=%u", engine->tip.live,
               engine->tip.height.v);
    }
}

/* ---- callers ---------------------------------------------------------------------------------------- */

static enum gv_err call_block(struct gv_engine *engine, enum gv_command_kind kind,
                              const struct gv_block_report *block)
{
    struct gv_command *command = gv_command_acquire(engine, kind, 0);
    if (command == NULL) {
        return GV_ERR_FULL;
    }
    command->block = block;
    enum gv_err err = gv_command_call(engine, command, 0);
    gv_command_release(engine, command);
    return err;
}

enum gv_err gv_engine_chain_jump(struct gv_engine *engine, const struct gv_block_report *block)
{
    return call_block(engine, GV_COMMAND_JUMP, block);
}

enum gv_err gv_engine_chain_connect(struct gv_engine *engine, const struct gv_block_report *block)
{
    return call_block(engine, GV_COMMAND_CONNECT, block);
}

enum gv_err gv_engine_chain_disconnect(struct gv_engine *engine)
{
    return call_block(engine, GV_COMMAND_DISCONNECT, NULL);
}

enum gv_err gv_engine_node_status(struct gv_engine *engine, const struct gv_node_status *status)
{
    struct gv_command *command = gv_command_acquire(engine, GV_COMMAND_NODE_STATUS, 0);
    if (command == NULL) {
        return GV_ERR_FULL;
    }
    command->node = status;
    enum gv_err err = gv_command_call(engine, command, 0);
    gv_command_release(engine, command);
    return err;
}

void gv_engine_cursor(struct gv_engine *engine, struct gv_chain_cursor *cursor)
{
    pthread_mutex_lock(&engine->view.lock);
    const struct gv_chain *chain = &engine->view.chain;
    *cursor = (struct gv_chain_cursor){.known = chain->count > 0, .height = chain->tip};
    if (cursor->known) {
        cursor->hash = chain->hashes[chain->tip % GV_CHAIN_RING];
    }
    pthread_mutex_unlock(&engine->view.lock);
}

bool gv_engine_block_hash(struct gv_engine *engine, uint32_t height, struct gv_hash256 *hash)
{
    pthread_mutex_lock(&engine->view.lock);
    const struct gv_chain *chain = &engine->view.chain;
    bool held = chain->count > 0 && height <= chain->tip && chain->tip - height < chain->count;
    if (held) {
        *hash = chain->hashes[height % GV_CHAIN_RING];
    }
    pthread_mutex_unlock(&engine->view.lock);
    return held;
}
