#include "app/node/follower_parts.h"

#include "app/bitcoin/block.h"
#include "firmware/base/log.h"

#include <inttypes.h>
#include <string.h>

/* Blocks connected in one round: between slices the status is told and a stop is heard. */
#define SLICE_BLOCKS 16u

static enum gv_err moved(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_AGAIN, "node.moved", "the chain changed while it was read");
}

/* Hash of the node's block at a height that it had when the round began. */
static enum gv_err node_hash(struct gv_follower *f, uint32_t height, struct gv_hash256 *hash,
                             struct gv_fail *fail)
{
    enum gv_err err = gv_rpc_block_hash(&f->rpc, height, hash, fail);
    return err == GV_ERR_NOT_FOUND ? moved(fail) : err;
}

/* ---- jumping ------------------------------------------------------------------------------------ */

/* Start the scan behind a block that is not looked into; every outpoint is asked about afterwards. */
static enum gv_err jump_to(struct gv_follower *f, const struct gv_hash256 *hash,
                           struct gv_fail *fail)
{
    struct gv_block_report report = {.hash = *hash};
    enum gv_err err =
        gv_rpc_header(&f->rpc, hash, &report.prev, &report.time, &report.height, fail);
    if (err == GV_ERR_NOT_FOUND) {
        return moved(fail);
    }
    if (err == GV_OK) {
        err = gv_follower_engine_result(gv_engine_chain_jump(f->config.engine, &report), fail);
    }
    if (err == GV_OK) {
        f->check_at = gv_follower_now(f);
        f->walked_to = *hash;
        gv_log(GV_LOG_INFO, "node", "scan_starts height=%" PRIu32, report.height);
    }
    return err;
}

/* The newest block from which on the node can still give every block, within the ring. */
static enum gv_err jump_over_gap(struct gv_follower *f, struct gv_fail *fail)
{
    uint32_t tip = f->chain.blocks;
    uint32_t anchor = tip > GV_CHAIN_RING ? tip - GV_CHAIN_RING : 0;
    if (f->chain.pruned && f->chain.prune_height > anchor + 1) {
        anchor = f->chain.prune_height - 1;
    }
    if (anchor > tip) {
        anchor = tip;
    }
    struct gv_hash256 hash;
    enum gv_err err = node_hash(f, anchor, &hash, fail);
    return err == GV_OK ? jump_to(f, &hash, fail) : err;
}

/* ---- the fork point ------------------------------------------------------------------------------ */

/* Highest block that engine and node share. Out: found: it lies within the engine's ring. */
static enum gv_err find_fork(struct gv_follower *f, const struct gv_chain_cursor *cursor,
                             uint32_t *fork, bool *found, struct gv_fail *fail)
{
    uint32_t height = cursor->height < f->chain.blocks ? cursor->height : f->chain.blocks;
    *found = false;
    for (;; height--) {
        struct gv_hash256 ours;
        struct gv_hash256 theirs;
        if (!gv_engine_block_hash(f->config.engine, height, &ours)) {
            return GV_OK;
        }
        enum gv_err err = node_hash(f, height, &theirs, fail);
        if (err != GV_OK) {
            return err;
        }
        if (gv_hash256_equal(&ours, &theirs)) {
            *fork = height;
            *found = true;
            return GV_OK;
        }
        if (height == 0) {
            return GV_OK;
        }
    }
}

/* Take blocks off until the engine stands at `height`, or as far as its ring goes. */
static enum gv_err disconnect_to(struct gv_follower *f, uint32_t height, struct gv_fail *fail)
{
    struct gv_chain_cursor cursor;
    gv_engine_cursor(f->config.engine, &cursor);
    uint32_t from = cursor.height;
    while (cursor.known && cursor.height > height) {
        enum gv_err err = gv_engine_chain_disconnect(f->config.engine);
        if (err == GV_ERR_STATE) {
            break; /* the end of the ring */
        }
        if (err != GV_OK) {
            return gv_follower_engine_result(err, fail);
        }
        gv_engine_cursor(f->config.engine, &cursor);
    }
    f->status.reorgs++;
    gv_log(GV_LOG_UNUSUAL, "node", "reorg from=%" PRIu32 " fork=%" PRIu32, from, cursor.height);
    return GV_OK;
}

/* ---- connecting ---------------------------------------------------------------------------------- */

/* Evidence of all watched outpoints that a transaction of the block spends. */
static bool collect_tx(struct gv_follower *f, const struct gv_tx *tx, uint32_t *count)
{
    struct gv_tx_inputs inputs = gv_tx_inputs(tx);
    struct gv_tx_input input;
    for (uint32_t i = 0; gv_tx_next_input(&inputs, &input); i++) {
        if (!gv_watch_has(f->config.watch, &input.outpoint)) {
            continue;
        }
        gv_watch_fire(f->config.watch, &input.outpoint);
        if (*count == GV_WATCH_MAX) {
            return false; /* more spends than outpoints: no block is like that */
        }
        gv_evidence_of(&f->spends[*count], tx, i);
        (*count)++;
    }
    return true;
}

enum gv_err gv_follower_fetch_block(struct gv_follower *f, const struct gv_hash256 *hash,
                                    struct gv_block *block, struct gv_fail *fail)
{
    size_t len = 0;
    enum gv_err err = gv_rpc_block(&f->rpc, hash, f->bytes, sizeof(f->bytes), &len, fail);
    if (err == GV_ERR_NOT_FOUND) {
        /* Pruned or reorganised away since the round began. If not, the node's own words will be
         * told as the failure. */
        fail->err = GV_ERR_AGAIN;
        return GV_ERR_AGAIN;
    }
    if (err != GV_OK) {
        return err;
    }
    struct gv_fail detail = {.err = GV_OK};
    if (gv_block_parse(block, gv_view_of(f->bytes, len), &detail) != GV_OK) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.bad_block", "getblock: %s", detail.text);
    }
    if (!gv_hash256_equal(&block->header.hash, hash)) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.bad_block",
                       "getblock: the block has another hash than asked for");
    }
    return GV_OK;
}

static enum gv_err connect_next(struct gv_follower *f, const struct gv_chain_cursor *cursor,
                                struct gv_fail *fail)
{
    struct gv_block_report report = {.height = cursor->height + 1, .spends = f->spends};
    struct gv_block block;
    enum gv_err err = node_hash(f, report.height, &report.hash, fail);
    if (err == GV_OK) {
        err = gv_follower_fetch_block(f, &report.hash, &block, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    report.prev = block.header.prev;
    report.time = (struct gv_utc){.s = block.header.time};
    struct gv_block_txs txs = gv_block_txs(&block);
    struct gv_tx tx;
    while (gv_block_next_tx(&txs, &tx)) {
        if (!collect_tx(f, &tx, &report.spend_count)) {
            return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.bad_block",
                           "getblock: an output is spent twice in one block");
        }
    }
    err = gv_engine_chain_connect(f->config.engine, &report);
    if (err == GV_ERR_STATE) {
        return moved(fail); /* its parent is not the cursor's block */
    }
    f->walked_to = report.hash;
    if (err == GV_OK) {
        gv_follower_tell_mined(f, &block);
    }
    return gv_follower_engine_result(err, fail);
}

/* Bring the cursor onto the node's chain: disconnect to the fork point, jump over a gap. */
static enum gv_err settle_fork(struct gv_follower *f, const struct gv_chain_cursor *cursor,
                               struct gv_fail *fail)
{
    uint32_t fork = 0;
    bool found = false;
    enum gv_err err = find_fork(f, cursor, &fork, &found, fail);
    if (err == GV_OK && (!found || fork < cursor->height)) {
        err = disconnect_to(f, found ? fork : 0, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    bool pruned = f->chain.pruned && fork < f->chain.blocks && fork + 1 < f->chain.prune_height;
    if (found && !pruned) {
        return GV_OK;
    }
    gv_log(GV_LOG_UNUSUAL, "node", "gap reason=%s",
           found ? "pruned" : "reorg deeper than the ring");
    return jump_over_gap(f, fail);
}

/* A new database has nothing to look for in old blocks. One that holds listings has lost its ring
 * (a crash within a deep reorg). */
static enum gv_err first_jump(struct gv_follower *f, struct gv_fail *fail)
{
    if (gv_watch_count(f->config.watch) > 0) {
        return jump_over_gap(f, fail);
    }
    return jump_to(f, &f->chain.best_hash, fail);
}

enum gv_err gv_follower_walk(struct gv_follower *f, bool *done, struct gv_fail *fail)
{
    struct gv_chain_cursor cursor;
    gv_engine_cursor(f->config.engine, &cursor);
    if (!cursor.known) {
        enum gv_err err = first_jump(f, fail);
        if (err != GV_OK) {
            return err;
        }
        gv_engine_cursor(f->config.engine, &cursor);
    }
    f->walked_to = cursor.hash;
    if (!gv_hash256_equal(&cursor.hash, &f->chain.best_hash)) {
        enum gv_err err = settle_fork(f, &cursor, fail);
        if (err != GV_OK) {
            return err;
        }
    }
    for (uint32_t i = 0; i < SLICE_BLOCKS && !atomic_load(&f->stop); i++) {
        gv_engine_cursor(f->config.engine, &cursor);
        if (cursor.height >= f->chain.blocks) {
            break;
        }
        enum gv_err err = connect_next(f, &cursor, fail);
        if (err != GV_OK) {
            return err;
        }
    }
    gv_engine_cursor(f->config.engine, &cursor);
    f->walked_to = cursor.hash;
    *done = gv_hash256_equal(&cursor.hash, &f->chain.best_hash);
    if (!*done && cursor.height >= f->chain.blocks) {
        return moved(fail);
    }
    return GV_OK;
}
