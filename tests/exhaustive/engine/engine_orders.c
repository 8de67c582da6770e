/* Shows that the engine is right for every order of events in a tiny world: one listing of two rungs,
 * three transactions that may spend its coin, and a node that mines, forgets and reorganises.
 *
 * All legal sequences up to a depth are played from a fresh listing. After each event the engine's
 * answer is compared with a model that only looks at the node as it is now (blocks and mempool) and
 * at two facts of the past: when the present spender was first seen, and the highest rung shown. */
#include "firmware/base/log.h"
#include "tests/support/engine_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    DEPTH_STANDARD = 5,
    DEPTH_MAX = 8,
    SEQUENCES_PER_DISK = 64
};

/* 1: buys with the first rung. 2: buys with the second. 3: the seller takes the coin back. */
enum {
    TX_NONE,
    TX_FIRST,
    TX_SECOND,
    TX_SELLER
};

enum event {
    SEE_FIRST,
    SEE_SECOND,
    SEE_SELLER,
    EVICT,
    MINE_MEMPOOL, /* a block with what the mempool holds */
    MINE_EMPTY,   /* a block of others */
    MINE_SELLER,  /* a block with the seller's transaction, whatever the mempool holds */
    UNDO_KEEP,    /* the last block is undone, its transaction is back in the mempool */
    UNDO_DROP,    /* the last block is undone, its transaction is gone */
    NODE_AWAY,    /* unreachable for a moment */
    RESTART,
    EVENTS,
};

static const char *const event_names[EVENTS] = {
    "see-first",   "see-second", "see-seller", "evict",     "mine-mempool", "mine-empty",
    "mine-seller", "undo-keep",  "undo-drop",  "node-away", "restart",
};

/* ---- the model -------------------------------------------------------------------------------------- */

struct model {
    uint32_t base; /* height before the first event */
    uint32_t blocks;
    uint8_t block_tx[DEPTH_MAX + 1];
    uint8_t mempool;
    /* the present spender */
    uint8_t tx;
    bool confirmed;
    uint32_t height;
    bool leak;
    uint32_t revealed_high;
    enum event last; /* twice the same pause shows nothing new */
};

static uint32_t tip_of(const struct model *model)
{
    return model->base + model->blocks;
}

static uint32_t rung_of(const struct model *model, uint8_t tx)
{
    return model->base + (tx == TX_FIRST ? 1 : 2);
}

static uint8_t confirmed_tx(const struct model *model, uint32_t *height)
{
    for (uint32_t i = 0; i < model->blocks; i++) {
        if (model->block_tx[i] != TX_NONE) {
            *height = model->base + i + 1;
            return model->block_tx[i];
        }
    }
    return TX_NONE;
}

/* Look at the node: who spends the coin now? */
static void look(struct model *model)
{
    uint32_t height = 0;
    uint8_t in_block = confirmed_tx(model, &height);
    uint8_t tx = in_block != TX_NONE ? in_block : model->mempool;
    if (tx != model->tx && tx != TX_NONE) {
        uint32_t sight = in_block != TX_NONE ? height - 1 : tip_of(model);
        uint32_t rung = rung_of(model, tx);
        model->leak = tx != TX_SELLER && rung > sight && rung > model->revealed_high;
    }
    model->tx = tx;
    model->confirmed = in_block != TX_NONE;
    model->height = model->confirmed ? height : 0;
}

/* Rungs at base + 1 and base + 2; finished at base + 3; expired from base + 4. */
static uint32_t shown_rung(const struct model *model)
{
    uint32_t above = model->blocks;
    if (model->tx != TX_NONE || above == 0 || above >= 4) {
        return 0;
    }
    return model->base + (above == 1 ? 1 : 2);
}

static enum gv_dutch_status status_of(const struct model *model)
{
    if (model->tx != TX_NONE) {
        return model->tx == TX_SELLER ? GV_DUTCH_CLOSED : GV_DUTCH_SOLD;
    }
    static const enum gv_dutch_status by_height[] = {GV_DUTCH_UPCOMING, GV_DUTCH_ACTIVE,
                                                     GV_DUTCH_ACTIVE, GV_DUTCH_FINISHED};
    return model->blocks < 4 ? by_height[model->blocks] : GV_DUTCH_EXPIRED;
}

static bool legal(const struct model *model, enum event event)
{
    uint32_t height = 0;
    bool spent = confirmed_tx(model, &height) != TX_NONE;
    switch (event) {
    case SEE_FIRST:
        return !spent && model->mempool != TX_FIRST;
    case SEE_SECOND:
        return !spent && model->mempool != TX_SECOND;
    case SEE_SELLER:
        return !spent && model->mempool != TX_SELLER;
    case EVICT:
    case MINE_MEMPOOL:
        return model->mempool != TX_NONE;
    case MINE_SELLER:
        return !spent && model->mempool != TX_SELLER;
    case UNDO_KEEP:
        return model->blocks > 0 && model->block_tx[model->blocks - 1] != TX_NONE;
    case UNDO_DROP:
        return model->blocks > 0;
    case MINE_EMPTY:
        return true;
    case NODE_AWAY:
    case RESTART:
        return model->last != NODE_AWAY && model->last != RESTART;
    case EVENTS:
        return false;
    }
    return false;
}

static void mine_in_model(struct model *model, uint8_t tx)
{
    model->block_tx[model->blocks] = tx;
    model->blocks++;
    if (tx != TX_NONE) {
        model->mempool = TX_NONE;
    }
}

static void apply_to_model(struct model *model, enum event event)
{
    switch (event) {
    case SEE_FIRST:
    case SEE_SECOND:
    case SEE_SELLER:
        model->mempool = (uint8_t)(TX_FIRST + (int)event);
        break;
    case EVICT:
        model->mempool = TX_NONE;
        break;
    case MINE_MEMPOOL:
        mine_in_model(model, model->mempool);
        break;
    case MINE_EMPTY:
        mine_in_model(model, TX_NONE);
        break;
    case MINE_SELLER:
        mine_in_model(model, TX_SELLER);
        break;
    case UNDO_KEEP:
        model->blocks--;
        model->mempool = model->block_tx[model->blocks];
        break;
    case UNDO_DROP:
        model->blocks--;
        break;
    case NODE_AWAY:
    case RESTART:
    case EVENTS:
        break;
    }
    model->last = event;
    look(model);
    uint32_t rung = shown_rung(model);
    if (rung > model->revealed_high) {
        model->revealed_high = rung;
    }
}

/* ---- the engine ---------------------------------------------------------------------------------------- */

static struct gv_offer offer;
static uint64_t listing_id;
static uint32_t branch; /* every block of a world is another one */

static struct gv_spend_evidence evidence_of(uint8_t tx)
{
    /* Transactions of different sequences have different ids. */
    uint32_t number = offer.coin * 4 + tx;
    if (tx == TX_SELLER) {
        return gv_world_other_spend(&offer, number);
    }
    return gv_world_sale(&offer, offer.start + tx - TX_FIRST, number);
}

static void mine_in_engine(uint8_t tx)
{
    struct gv_spend_evidence evidence = evidence_of(tx == TX_NONE ? TX_SELLER : tx);
    branch++;
    assert_int_equal(gv_world_mine(branch, &evidence, tx == TX_NONE ? 0 : 1), GV_OK);
}

static void see(uint8_t tx)
{
    struct gv_spend_evidence evidence = evidence_of(tx);
    assert_int_equal(gv_engine_mempool_spend(gv_world_engine(), &evidence), GV_OK);
}

static void clear(void)
{
    struct gv_outpoint outpoint = gv_offer_outpoint(&offer);
    assert_int_equal(gv_engine_mempool_clear(gv_world_engine(), &outpoint), GV_OK);
}

/* As the follower reports it. In: before: the model before the event. */
static void apply_to_engine(const struct model *before, enum event event)
{
    switch (event) {
    case SEE_FIRST:
    case SEE_SECOND:
    case SEE_SELLER:
        see((uint8_t)(TX_FIRST + (int)event));
        break;
    case EVICT:
        clear();
        break;
    case MINE_MEMPOOL:
        mine_in_engine(before->mempool);
        break;
    case MINE_EMPTY:
        mine_in_engine(TX_NONE);
        break;
    case MINE_SELLER:
        mine_in_engine(TX_SELLER);
        break;
    case UNDO_KEEP:
        gv_world_unwind_to(tip_of(before) - 1);
        see(before->block_tx[before->blocks - 1]);
        break;
    case UNDO_DROP:
        gv_world_unwind_to(tip_of(before) - 1);
        if (before->mempool == TX_NONE) {
            clear();
        }
        break;
    case NODE_AWAY:
        assert_int_equal(gv_world_node(false), GV_OK);
        assert_true(gv_world_shows(listing_id, &offer, 0));
        assert_int_equal(gv_world_node(true), GV_OK);
        break;
    case RESTART:
        gv_world_restart();
        assert_int_equal(gv_world_node(true), GV_OK);
        break;
    case EVENTS:
        break;
    }
}

static void compare_spend(const struct model *model, const struct gv_dutch_spend *spend)
{
    if (model->tx == TX_NONE) {
        assert_int_equal(spend->state, GV_SPEND_NONE);
        return;
    }
    struct gv_hash256 txid = gv_txid_of(offer.coin * 4 + model->tx);
    assert_int_equal(spend->state, model->confirmed ? GV_SPEND_CONFIRMED : GV_SPEND_PENDING);
    assert_memory_equal(spend->txid.b, txid.b, sizeof(txid.b));
    assert_int_equal(spend->block, model->height);
    assert_int_equal(spend->early_leak, model->leak);
    assert_int_equal(spend->sold_rung, model->tx == TX_SELLER ? 0 : rung_of(model, model->tx));
}

static void compare(const struct model *model)
{
    struct gv_market_row row = gv_world_row(listing_id);
    struct gv_outpoint outpoint = gv_offer_outpoint(&offer);
    assert_int_equal(row.status, status_of(model));
    assert_true(gv_world_shows(listing_id, &offer, shown_rung(model)));
    compare_spend(model, &row.listing.spend);
    assert_int_equal(row.listing.revealed_high, model->revealed_high);
    assert_true(gv_watch_has(gv_world_watch(), &outpoint));
}

/* ---- all sequences ---------------------------------------------------------------------------------------- */

static uint32_t sequences;
static uint32_t depth;

static void fresh_disk(void)
{
    if (sequences > 0) {
        gv_world_close();
    }
    gv_world_format();
    assert_int_equal(gv_world_open(true), GV_OK);
    assert_int_equal(gv_world_start(100), GV_OK);
}

static void play(const enum event *events, uint32_t n)
{
    if (sequences % SEQUENCES_PER_DISK == 0) {
        fresh_disk();
    }
    sequences++;
    struct gv_chain_cursor cursor;
    gv_engine_cursor(gv_world_engine(), &cursor);
    struct model model = {.base = cursor.height, .last = EVENTS};
    offer = gv_offer_of(sequences);
    offer.start = model.base + 1;
    offer.end = model.base + 2;
    offer.after = 2;
    listing_id = gv_world_list(&offer);
    for (uint32_t i = 0; i < n; i++) {
        apply_to_engine(&model, events[i]);
        apply_to_model(&model, events[i]);
        compare(&model);
    }
}

static void print_sequence(const enum event *events, uint32_t n)
{
    print_error("failed sequence:");
    for (uint32_t i = 0; i < n; i++) {
        print_error(" %s", event_names[events[i]]);
    }
    print_error("\n");
}

static enum event playing[DEPTH_MAX];
static bool completed;

/* Every legal sequence of exactly `depth` events; shorter ones are their beginnings. An explicit stack:
 * the model before each place. */
static void every_order_of_events_agrees_with_the_model(void **state)
{
    (void)state;
    struct model before[DEPTH_MAX + 1] = {{.base = 1000, .last = EVENTS}};
    uint32_t at = 0;
    int next[DEPTH_MAX] = {0};
    completed = false;
    for (;;) {
        if (next[at] == EVENTS) {
            if (at == 0) {
                break;
            }
            at--;
            next[at]++;
            continue;
        }
        playing[at] = (enum event)next[at];
        if (!legal(&before[at], playing[at])) {
            next[at]++;
            continue;
        }
        if (at + 1 == depth) {
            play(playing, depth);
            next[at]++;
            continue;
        }
        before[at + 1] = before[at];
        apply_to_model(&before[at + 1], playing[at]);
        at++;
        next[at] = 0;
    }
    completed = true;
    print_message("%u sequences of %u events\n", sequences, depth);
    assert_true(sequences > 1000);
}

static int report(void **state)
{
    (void)state;
    if (!completed) {
        print_sequence(playing, depth);
    }
    if (sequences > 0) {
        gv_world_close();
    }
    return 0;
}

int main(void)
{
    const char *wanted = getenv("GAVEL_EXHAUSTIVE_DEPTH");
    depth = wanted != NULL ? (uint32_t)strtoul(wanted, NULL, 10) : DEPTH_STANDARD;
    if (depth < 4 || depth > DEPTH_MAX) {
        (void)fprintf(stderr, "GAVEL_EXHAUSTIVE_DEPTH: 4 .. %d\n", DEPTH_MAX);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_order_of_events_agrees_with_the_model, report),
    };
    gv_log_set_level(GV_LOG_BROKEN);
    return cmocka_run_group_tests_name("engine_orders", tests, NULL, NULL);
}
