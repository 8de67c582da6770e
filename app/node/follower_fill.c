/* The fill: what the tap missed before the feed ran, or while messages were lost, or that was out of its
 * time before the clock was set.
 *
 * First the blocks of the tap's window, which give a price within seconds, then the mempool: its txids,
 * and one by one when each entered and what it is. `getrawmempool true` would say all of it at once,
 * and cost the node a gigabyte on a bad day. Each slice is short, and the feed is read between two.
 * What cannot be read is left out: the feed brings the rest with time. */
#include "app/node/follower_parts.h"

#include "firmware/base/log.h"
#include "firmware/base/mem.h"

#include <inttypes.h>

/* Calls of one slice: some 50 ms of a small node. */
#define HEADERS_SLICE 32u
#define ENTRIES_SLICE 32u
/* Blocks read at most; a window of a day has 144, and a pruned node keeps 288 at least. */
#define BLOCKS_MAX 288u
/* Blocks are the first half of the progress, the mempool is the second. */
#define PERMILLE      1000u
#define PERMILLE_HALF 500u
/* Lost messages come in groups, and each fill asks for the whole mempool. */
#define AGAIN_MS 60000u
/* Steps of UTC below this are nothing to a window of hours. */
#define LEAP_S 60

void gv_follower_tell_mined(struct gv_follower *f, const struct gv_block *block)
{
    if (f->config.tap == NULL) {
        return;
    }
    const struct gv_utc time = {.s = block->header.time};
    struct gv_block_txs txs = gv_block_txs(block);
    struct gv_tx tx;
    while (gv_block_next_tx(&txs, &tx)) {
        f->config.tap->mined(f->config.tap->ctx, &tx, time);
    }
}

static void tell_progress(const struct gv_follower *f, uint32_t from, uint32_t done, uint32_t all)
{
    const uint32_t part = all == 0 ? PERMILLE_HALF : PERMILLE_HALF * done / all;
    f->config.tap->filled(f->config.tap->ctx, from + part);
}

/* UTC was set since the last round. A box without a clock of its own starts in the past: when it hears the
 * time, its window is hours old at once, and empty. */
static bool has_leapt(struct gv_follower *f)
{
    const int64_t mono_s = (int64_t)(gv_follower_now(f).ms / 1000u);
    const int64_t ahead_s = gv_clock_utc(f->config.clock).s - mono_s;
    const int64_t leap_s = ahead_s - f->fill.ahead_s;
    f->fill.ahead_s = ahead_s;
    return leap_s > LEAP_S || leap_s < -LEAP_S;
}

void gv_follower_fill_begin(struct gv_follower *f)
{
    struct gv_fill *fill = &f->fill;
    if (has_leapt(f)) {
        gv_follower_fill_again(f);
    }
    if (fill->phase != GV_FILL_DUE || gv_follower_now(f).ms < fill->again_at.ms) {
        return;
    }
    fill->phase = GV_FILL_BACK;
    fill->again = false;
    fill->cursor = f->chain.best_hash;
    fill->last = f->chain.blocks;
    fill->first = f->chain.blocks + 1;
    fill->again_at = gv_follower_after(f, AGAIN_MS);
}

void gv_follower_fill_again(struct gv_follower *f)
{
    f->fill.again = true;
    if (f->fill.phase == GV_FILL_DONE && f->config.tap != NULL) {
        f->fill.phase = GV_FILL_DUE;
    }
}

/* Down to the first block that may hold a transaction of the window. Its time is its miner's word,
 * good to about two hours; what is too old is refused by the window. */
static enum gv_err step_back(struct gv_follower *f, struct gv_fail *fail)
{
    struct gv_fill *fill = &f->fill;
    const int64_t since = gv_clock_utc(f->config.clock).s - (int64_t)f->config.tap->fill_s;
    for (uint32_t i = 0; i < HEADERS_SLICE; i++) {
        struct gv_hash256 prev;
        struct gv_utc time;
        uint32_t height = 0;
        const enum gv_err err = gv_rpc_header(&f->rpc, &fill->cursor, &prev, &time, &height, fail);
        if (err != GV_OK) {
            return err;
        }
        const bool held = !f->chain.pruned || height >= f->chain.prune_height;
        if (!held || time.s < since || height == 0 || fill->last - height >= BLOCKS_MAX) {
            fill->phase = GV_FILL_BLOCKS;
            fill->next = fill->first;
            return GV_OK;
        }
        fill->first = height;
        fill->cursor = prev;
    }
    return GV_OK;
}

static enum gv_err step_blocks(struct gv_follower *f, struct gv_fail *fail)
{
    struct gv_fill *fill = &f->fill;
    if (fill->next > fill->last) {
        fill->phase = GV_FILL_POOL;
        return GV_OK;
    }
    struct gv_hash256 hash;
    struct gv_block block;
    enum gv_err err = gv_rpc_block_hash(&f->rpc, fill->next, &hash, fail);
    if (err == GV_OK) {
        err = gv_follower_fetch_block(f, &hash, &block, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    gv_follower_tell_mined(f, &block);
    fill->next++;
    tell_progress(f, 0, fill->next - fill->first, fill->last + 1 - fill->first);
    return GV_OK;
}

static enum gv_err step_pool(struct gv_follower *f, struct gv_fail *fail)
{
    struct gv_fill *fill = &f->fill;
    fill->entry = 0;
    const enum gv_err err =
        gv_rpc_mempool_txids(&f->rpc, f->waiting, GV_FILL_TXIDS_MAX, &fill->entries, fail);
    if (err == GV_OK) {
        fill->phase = GV_FILL_ENTRIES;
    }
    return err;
}

/* One that has left the mempool meanwhile is told by the feed, or never counted. */
static enum gv_err fill_entry(struct gv_follower *f, const struct gv_hash256 *txid, int64_t since,
                              struct gv_fail *fail)
{
    struct gv_utc entered;
    size_t len = 0;
    struct gv_tx tx;
    enum gv_err err = gv_rpc_mempool_time(&f->rpc, txid, &entered, fail);
    if (err == GV_ERR_NOT_FOUND || (err == GV_OK && entered.s < since)) {
        return GV_OK;
    }
    if (err == GV_OK) {
        err = gv_rpc_mempool_tx(&f->rpc, txid, f->bytes, sizeof(f->bytes), &len, fail);
    }
    if (err == GV_OK && gv_tx_parse(&tx, gv_view_of(f->bytes, len), NULL) == GV_OK) {
        f->config.tap->waiting(f->config.tap->ctx, &tx, entered);
    }
    return err == GV_ERR_NOT_FOUND ? GV_OK : err;
}

static enum gv_err step_entries(struct gv_follower *f, struct gv_fail *fail)
{
    struct gv_fill *fill = &f->fill;
    const int64_t since = gv_clock_utc(f->config.clock).s - (int64_t)f->config.tap->fill_s;
    for (uint32_t i = 0; i < ENTRIES_SLICE && fill->entry < fill->entries; i++) {
        const enum gv_err err = fill_entry(f, &f->waiting[fill->entry++], since, fail);
        if (err != GV_OK) {
            return err;
        }
    }
    if (fill->entry == fill->entries) {
        fill->phase = fill->again ? GV_FILL_DUE : GV_FILL_DONE;
        gv_mem_idle(f->waiting, sizeof(f->waiting));
        gv_log(GV_LOG_INFO, "node", "filled blocks=%" PRIu32 " mempool=%" PRIu32,
               fill->last + 1 - fill->first, fill->entries);
    }
    tell_progress(f, PERMILLE_HALF, fill->entry, fill->entries);
    return GV_OK;
}

/* A call that fails while the node is there (a reorg, a method that is not allowed) ends its phase. */
static void skip_phase(struct gv_follower *f, const struct gv_fail *fail)
{
    gv_log(GV_LOG_UNUSUAL, "node", "fill_cut code=%s text=\"%s\"", fail->code, fail->text);
    if (f->fill.phase == GV_FILL_BACK || f->fill.phase == GV_FILL_BLOCKS) {
        f->fill.phase = GV_FILL_POOL;
        return;
    }
    f->fill.phase = f->fill.again ? GV_FILL_DUE : GV_FILL_DONE; /* messages were lost meanwhile */
    f->config.tap->filled(f->config.tap->ctx, PERMILLE);
}

void gv_follower_fill_step(struct gv_follower *f)
{
    struct gv_fail fail = {.err = GV_OK};
    enum gv_err err = GV_OK;
    switch (f->fill.phase) {
    case GV_FILL_BACK:
        err = step_back(f, &fail);
        break;
    case GV_FILL_BLOCKS:
        err = step_blocks(f, &fail);
        break;
    case GV_FILL_POOL:
        err = step_pool(f, &fail);
        break;
    case GV_FILL_ENTRIES:
        err = step_entries(f, &fail);
        break;
    case GV_FILL_DUE:
    case GV_FILL_DONE:
        break;
    }
    if (err != GV_OK) {
        skip_phase(f, &fail);
    }
}
