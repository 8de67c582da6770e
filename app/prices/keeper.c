#include "app/prices/keeper_parts.h"

#include "app/bitcoin/block.h"
#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/mem.h"

#include <inttypes.h>
#include <string.h>

#define FLUSH_MS 60000u
/* A node that does not answer, or is behind, is asked again. */
#define RETRY_MS 5000u
/* The newest blocks come one by one, or two at a time: that is not worth a change of state. */
#define LATE_BLOCKS 2u
/* A header may be known a moment before its block. */
#define IN_STEP_BLOCKS 1u
#define PERMILLE       1000u
/* Blocks compared with the node's in a step: each is a call, and a step that takes long is taken for a
 * thread that hangs. */
#define SETTLE_MAX 16u

static struct gv_keeper instance;
static union gv_keeper_work instance_work;

struct gv_keeper *gv_keeper_instance(void)
{
    return &instance;
}

void gv_keeper_init(struct gv_keeper *k, const struct gv_keeper_config *config)
{
    k->config = *config;
    k->work = &instance_work;
    k->open = false;
    k->view = (struct gv_prices_view){.state = GV_PRICES_FILLING};
    k->told_cents = 0;
    k->values_max = GV_PRICES_VALUES;
    gv_rpc_init(&k->rpc, k->config.http, k->config.rpc);
}

/* ---- publishing ------------------------------------------------------------------------------------- */

/* The guard goes by it when it would be trusted itself. */
static void tell_guard(struct gv_keeper *k)
{
    const struct gv_price_fact *const fact = &k->view.fact;
    const bool good = (k->view.state == GV_PRICES_OK || k->view.state == GV_PRICES_SHORT) &&
                      (double)fact->confidence_e4 >= GV_ORACLE_CONFIDENCE_LEAST * 1e4;
    const struct gv_oracle_item item = {.kind = GV_ORACLE_ITEM_BLOCK,
                                        .value = good ? fact->price_cents : 0};
    if (item.value != k->told_cents) {
        gv_oracle_service_push(k->config.oracle, &item);
        k->told_cents = item.value;
    }
}

static void publish(struct gv_keeper *k, enum gv_prices_state state)
{
    if (state != k->view.state) {
        gv_log(GV_LOG_INFO, "prices", "state=%s height=%" PRIu32 " blocks=%" PRIu32,
               gv_prices_state_text(state), k->view.height, k->view.fact.blocks);
    }
    k->view.state = state;
    gv_prices_publish(k->config.prices, &k->view);
    tell_guard(k);
}

void gv_keeper_publish_off(struct gv_keeper *k)
{
    k->view = (struct gv_prices_view){.state = GV_PRICES_FILLING};
    publish(k, GV_PRICES_OFF);
}

/* ---- open and close --------------------------------------------------------------------------------- */

static bool load_block(void *ctx, const struct gv_price_block *block)
{
    struct gv_keeper *k = ctx;
    if (k->blocks == GV_PRICES_RECORDS_MAX ||
        (k->blocks > 0 && block->height != k->block[k->blocks - 1].height + 1)) {
        return false; /* not what was written; the rest is read again */
    }
    k->block[k->blocks++] = *block;
    const struct gv_prices_tip tip = {
        .height = block->height, .price_cents = block->price_cents, .time_s = block->time_s};
    gv_prices_publish_tip(k->config.prices, &tip);
    return true;
}

static void load_day(void *ctx, const struct gv_prices_day *day)
{
    const struct gv_keeper *k = ctx;
    gv_prices_publish_day(k->config.prices, day);
}

enum gv_err gv_keeper_open(struct gv_keeper *k, struct gv_storage *storage, struct gv_fail *fail)
{
    k->blocks = 0;
    k->floor = 0;
    k->priced = false;
    k->flush_at.ms = gv_clock_mono(k->config.clock).ms + FLUSH_MS;
    enum gv_err err = gv_price_db_open(&k->db, storage, k->config.seed, fail);
    if (err != GV_OK) {
        return err;
    }
    k->open = true;
    err = gv_price_db_each_block(&k->db, load_block, k);
    if (err == GV_OK) {
        err = gv_price_db_each_day(&k->db, load_day, k);
    }
    if (err == GV_OK) {
        err = gv_keeper_load_past(k);
    }
    if (err != GV_OK) {
        gv_price_db_close(&k->db);
        k->open = false;
        return gv_fail(fail, err, "prices.load", "the database of prices cannot be read");
    }
    publish(k, GV_PRICES_FILLING);
    return GV_OK;
}

static void give_back(struct gv_keeper *k)
{
    if (k->resident) {
        gv_mem_idle(k->work, sizeof(*k->work));
        k->resident = false;
    }
}

void gv_keeper_close(struct gv_keeper *k)
{
    if (!k->open) {
        return;
    }
    if (gv_keeper_flush_past(k) != GV_OK) {
        gv_log(GV_LOG_UNUSUAL, "prices", "the newest history was not written");
    }
    gv_price_db_close(&k->db);
    k->open = false;
    give_back(k);
}

/* ---- the chain -------------------------------------------------------------------------------------- */

static const struct gv_price_block *newest(const struct gv_keeper *k)
{
    return k->blocks > 0 ? &k->block[k->blocks - 1] : NULL;
}

/* Forget the newest `count` blocks; what was published of them as well. */
static enum gv_err drop_newest(struct gv_keeper *k, uint32_t count)
{
    const uint32_t from = k->block[k->blocks - count].height;
    enum gv_err err = gv_price_db_begin(&k->db);
    if (err == GV_OK) {
        err = gv_price_db_end(&k->db, gv_price_db_drop_from(&k->db, from));
    }
    if (err != GV_OK) {
        return err;
    }
    gv_log(GV_LOG_INFO, "prices", "dropped blocks=%" PRIu32 " from=%" PRIu32, count, from);
    k->blocks -= count;
    k->priced = false;
    gv_prices_publish_tip(k->config.prices, &(struct gv_prices_tip){.height = from});
    return GV_OK;
}

/* Drop blocks that are not on the chain (any more), the newest first. Out: more: there may be others. */
static enum gv_err settle(struct gv_keeper *k, bool *more, struct gv_fail *fail)
{
    const uint32_t most = k->blocks < SETTLE_MAX ? k->blocks : SETTLE_MAX;
    uint32_t wrong = 0;
    for (; wrong < most; wrong++) {
        const struct gv_price_block *const block = &k->block[k->blocks - 1 - wrong];
        struct gv_hash256 hash = k->chain.best_hash;
        if (block->height > k->chain.blocks) {
            continue;
        }
        if (block->height < k->chain.blocks) {
            const enum gv_err err = gv_rpc_block_hash(&k->rpc, block->height, &hash, fail);
            if (err != GV_OK) {
                return err;
            }
        }
        if (gv_hash256_equal(&hash, &block->hash)) {
            break;
        }
    }
    *more = wrong == SETTLE_MAX;
    return wrong > 0 ? drop_newest(k, wrong) : GV_OK;
}

/* The first block that is wanted and may be there. */
static uint32_t first_wanted(const struct gv_keeper *k)
{
    const uint32_t tip = k->chain.blocks;
    const uint32_t reach = tip >= GV_PRICES_FILL ? tip - (GV_PRICES_FILL - 1) : 0;
    const uint32_t held = k->chain.pruned ? k->chain.prune_height : 0;
    const uint32_t first = reach > held ? reach : held;
    return first > k->floor ? first : k->floor;
}

static enum gv_err choose_next(struct gv_keeper *k, uint32_t *height)
{
    const uint32_t first = first_wanted(k);
    if (k->blocks > 0 && newest(k)->height + 1 < first) { /* away for days */
        const enum gv_err err = drop_newest(k, k->blocks);
        if (err != GV_OK) {
            return err;
        }
    }
    *height = k->blocks > 0 ? newest(k)->height + 1 : first;
    return GV_OK;
}

/* ---- a block ---------------------------------------------------------------------------------------- */

struct meeting {
    struct gv_record *record;
    uint32_t distance;
};

static bool meet_piece(void *ctx, struct gv_view piece)
{
    const struct meeting *meeting = ctx;
    gv_record_meet(meeting->record, piece, meeting->distance);
    return true;
}

static enum gv_err meet_parents(struct gv_keeper *k)
{
    struct meeting meeting = {.record = &k->work->read.record};
    const uint32_t reach = k->blocks < GV_RECORD_REACH ? k->blocks : GV_RECORD_REACH;
    enum gv_err err = GV_OK;
    for (uint32_t d = 1; d <= reach && err == GV_OK; d++) {
        meeting.distance = d;
        err = gv_price_db_each_piece(&k->db, k->block[k->blocks - d].height, GV_PRICE_PART_TXIDS,
                                     meet_piece, &meeting);
    }
    return err;
}

/* Read the block of a height into the record. Out: block: without its price. */
static enum gv_err read_block(struct gv_keeper *k, uint32_t height, struct gv_price_block *block,
                              struct gv_fail *fail)
{
    struct gv_block parsed;
    size_t n = 0;
    uint8_t *const bytes = k->work->read.block;
    memset(block, 0, sizeof(*block));
    block->height = height;
    enum gv_err err = gv_rpc_block_hash(&k->rpc, height, &block->hash, fail);
    if (err == GV_OK) {
        k->resident = true;
        err = gv_rpc_block(&k->rpc, &block->hash, bytes, GV_BLOCK_BYTES_MAX, &n, fail);
    }
    if (err == GV_ERR_NOT_FOUND) {
        k->floor = height + 1; /* pruned meanwhile */
    }
    if (err != GV_OK) {
        return err;
    }
    if (gv_block_parse(&parsed, gv_view_of(bytes, n), NULL) != GV_OK ||
        !gv_hash256_equal(&parsed.header.hash, &block->hash)) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.bad_block", "the block is not what it is");
    }
    if (k->blocks > 0 && !gv_hash256_equal(&parsed.header.prev, &newest(k)->hash)) {
        return gv_fail(fail, GV_ERR_AGAIN, "node.moved", "the chain changed while it was read");
    }
    block->time_s = parsed.header.time;
    block->day = block->time_s / GV_DAY_S;
    if (k->blocks > 0 && block->day < newest(k)->day) {
        block->day = newest(k)->day;
    }
    gv_record_read(&k->work->read.record, &parsed, k->db.seed);
    return GV_OK;
}

/* What a block brings, collected in its transaction and published after the commit. */
struct news {
    struct gv_prices_day ended; /* day 0: none */
    struct gv_prices_day running;
    struct gv_price_fact fact;
    uint64_t displaced;
    bool priced;
};

static enum gv_err price_newest(struct gv_keeper *k, bool is_tip, struct news *news)
{
    struct gv_price_block *const block = &k->block[k->blocks - 1];
    const uint32_t first = gv_keeper_window_first(k, block->height);
    if (!is_tip && block->height - first + 1 < GV_PRICES_WINDOW) {
        return GV_OK;
    }
    const enum gv_err err = gv_keeper_price(k, first, block->height, &news->fact, &news->displaced);
    if (err != GV_OK) {
        return err;
    }
    news->priced = true;
    block->price_cents = news->fact.price_cents;
    return gv_price_db_put_block(&k->db, block);
}

static enum gv_err price_days(struct gv_keeper *k, bool is_tip, struct news *news)
{
    const int64_t day = k->block[k->blocks - 1].day;
    const int64_t before = k->blocks > 1 ? k->block[k->blocks - 2].day : day;
    enum gv_err err = GV_OK;
    if (day > before) {
        err = gv_keeper_day(k, before, true, &news->ended);
    }
    if (err == GV_OK && is_tip) {
        err = gv_keeper_day(k, day, false, &news->running);
    }
    if (err == GV_OK) {
        const int64_t oldest = day - ((int64_t)GV_PRICES_DAYS - 1);
        err = gv_price_db_drop_days(&k->db, oldest > 0 ? oldest : 0, day);
    }
    return err;
}

/* Inside a transaction; the block is the newest in memory when this succeeds. */
static enum gv_err add_block(struct gv_keeper *k, const struct gv_price_block *block,
                             struct news *news)
{
    const bool is_tip = block->height == k->chain.blocks;
    enum gv_err err = meet_parents(k);
    if (err == GV_OK) {
        err = gv_price_db_put_block(&k->db, block);
    }
    if (err == GV_OK) {
        err = gv_price_db_put_record(&k->db, block->height, &k->work->read.record);
    }
    if (err == GV_OK && k->blocks == GV_PRICES_RECORDS_MAX) {
        err = gv_price_db_drop_below(&k->db, k->block[1].height);
        k->blocks--;
        memmove(k->block, k->block + 1, k->blocks * sizeof(k->block[0]));
    }
    if (err != GV_OK) {
        return err;
    }
    k->block[k->blocks++] = *block;
    err = price_newest(k, is_tip, news);
    return err == GV_OK ? price_days(k, is_tip, news) : err;
}

static void note(struct gv_keeper *k, const struct news *news)
{
    const struct gv_price_block *const block = newest(k);
    const struct gv_prices_tip tip = {
        .height = block->height, .price_cents = block->price_cents, .time_s = block->time_s};
    gv_prices_publish_tip(k->config.prices, &tip);
    gv_prices_publish_last_day(k->config.prices, block->day);
    if (news->ended.day != 0) {
        gv_prices_publish_day(k->config.prices, &news->ended);
    }
    if (news->running.day != 0) {
        gv_prices_publish_day(k->config.prices, &news->running);
    }
    if (news->priced) {
        k->view.fact = news->fact;
        k->view.height = block->height;
        k->view.time_s = block->time_s;
        k->view.displaced += news->displaced;
        k->priced = true;
    }
}

static enum gv_err take_block(struct gv_keeper *k, uint32_t height, struct gv_fail *fail)
{
    struct gv_price_block block;
    struct news news;
    memset(&news, 0, sizeof(news));
    enum gv_err err = read_block(k, height, &block, fail);
    if (err != GV_OK) {
        return err;
    }
    k->priced = false;
    err = gv_price_db_begin(&k->db);
    if (err == GV_OK) {
        err = gv_price_db_end(&k->db, add_block(k, &block, &news));
    }
    if (err != GV_OK) {
        return gv_fail(fail, err, "prices.block", "block %" PRIu32 " could not be kept", height);
    }
    note(k, &news);
    return GV_OK;
}

/* ---- steps ------------------------------------------------------------------------------------------ */

/* After a start nothing new may come for a while: the price is made from what is held. */
static enum gv_err price_again(struct gv_keeper *k)
{
    struct news news;
    memset(&news, 0, sizeof(news));
    if (k->priced || k->blocks == 0) {
        return GV_OK;
    }
    enum gv_err err = gv_price_db_begin(&k->db);
    if (err == GV_OK) {
        err = price_newest(k, true, &news);
        err = gv_price_db_end(&k->db, err == GV_OK ? price_days(k, true, &news) : err);
    }
    if (err == GV_OK) {
        note(k, &news);
    }
    return err;
}

static void publish_progress(struct gv_keeper *k, uint32_t missing)
{
    const uint32_t all = k->chain.blocks + 1 - first_wanted(k);
    const uint32_t done = all > missing ? all - missing : 0;
    const uint32_t window =
        k->blocks > 0 ? newest(k)->height - gv_keeper_window_first(k, newest(k)->height) + 1 : 0;
    k->view.progress_permille = missing == 0 ? PERMILLE : PERMILLE * done / all;
    if (k->view.fact.price_cents == 0) {
        k->view.fact.blocks = window;
    }
    publish(k, missing > LATE_BLOCKS       ? GV_PRICES_FILLING
               : window < GV_PRICES_WINDOW ? GV_PRICES_SHORT
                                           : GV_PRICES_OK);
}

/* Go on towards the tip by one block. */
static enum gv_err advance(struct gv_keeper *k, uint32_t *wait_ms, struct gv_fail *fail)
{
    uint32_t next = 0;
    bool more = false;
    enum gv_err err = gv_rpc_blockchain(&k->rpc, &k->chain, fail);
    if (err != GV_OK) {
        return err;
    }
    if (k->chain.initial_download || k->chain.headers - k->chain.blocks > IN_STEP_BLOCKS) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.behind", "the node is behind its network");
    }
    err = settle(k, &more, fail);
    if (err == GV_OK && more) {
        *wait_ms = 0;
        return GV_OK;
    }
    if (err == GV_OK) {
        err = choose_next(k, &next);
    }
    if (err != GV_OK) {
        return err;
    }
    const uint32_t missing = next <= k->chain.blocks ? k->chain.blocks + 1 - next : 0;
    if (missing == 0) {
        err = price_again(k);
        give_back(k);
    } else {
        *wait_ms = 0;
        err = take_block(k, next, fail);
    }
    if (err == GV_OK) {
        publish_progress(k, missing > 0 ? missing - 1 : 0);
    }
    return err;
}

enum gv_err gv_keeper_step(struct gv_keeper *k, uint32_t *wait_ms, struct gv_fail *fail)
{
    GV_ASSERT(k->open);
    const uint64_t now_ms = gv_clock_mono(k->config.clock).ms;
    *wait_ms = GV_KEEPER_WAIT_MS;
    enum gv_err err = GV_OK;
    if (now_ms >= k->flush_at.ms) {
        k->flush_at.ms = now_ms + FLUSH_MS;
        err = gv_keeper_flush_past(k);
        if (err != GV_OK) {
            return gv_fail(fail, err, "prices.history", "the history could not be written");
        }
    }
    err = advance(k, wait_ms, fail);
    if (err == GV_OK || err == GV_ERR_INVALID) {
        return err;
    }
    if (err == GV_ERR_STORAGE || err == GV_ERR_CONFLICT) {
        return GV_ERR_STORAGE;
    }
    /* The node; whatever it says, it is asked again. */
    gv_log(GV_LOG_DEBUG, "prices", "waiting code=%s text=\"%s\"", fail->code, fail->text);
    *wait_ms = RETRY_MS;
    if (err != GV_ERR_AGAIN && err != GV_ERR_NOT_FOUND) {
        give_back(k);
        publish(k, GV_PRICES_NODE_BEHIND);
    }
    return GV_OK;
}
