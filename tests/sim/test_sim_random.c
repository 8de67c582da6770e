/* Seeded runs: a node grows, reorganises, replaces, evicts, prunes, restarts and goes silent in any
 * order while the box follows; after every settled step the market must be what the node holds, and
 * at every moment no PSBT may be shown above the tip.
 *
 *   test_sim_random [--seed N] [--runs N] [--steps N]      a failure prints seed and step */
#include "tests/sim/sim_world.h"

#include "firmware/base/assert.h"
#include "hal/sim/entropy.h"

#include <stdio.h>
#include <stdlib.h>

#define START_HEIGHT 110u
#define HELD_MIN     12u /* blocks the node always keeps */

static struct gv_sim_random choices;
static struct gv_sim_switches switches;
static uint32_t floor_height; /* deeper reorganisations would reach pruned or funding blocks */

static uint32_t below(uint32_t bound)
{
    return gv_sim_random_below(&choices, bound);
}

static bool healthy(void)
{
    return !switches.unreachable && !switches.warming_up && !switches.unauthorized &&
           !switches.busy && !switches.in_ibd && switches.headers_ahead == 0;
}

static uint32_t height(void)
{
    return gv_sim_node_height(&gv_sim_node);
}

/* ---- what can happen --------------------------------------------------------------------------- */

static void mine_mempool(void)
{
    gv_sim_node_mine(&gv_sim_node, true, NULL, 0);
}

static void mine_empty(void)
{
    gv_sim_node_mine(&gv_sim_node, false, NULL, 0);
}

/* A listed coin that no block has spent. Returns: false when there is none. */
static bool pick_coin(uint32_t *coin)
{
    for (uint32_t tries = 0; tries < SIM_COINS_MAX; tries++) {
        *coin = below(SIM_COINS_MAX);
        if (gv_sim_coin(*coin)->id != 0 && gv_sim_truth(*coin).kind != SIM_IN_BLOCK) {
            return true;
        }
    }
    return false;
}

/* A purchase with any PSBT, revealed or leaked, or any other spend. */
static const struct sim_tx *some_spend(uint32_t coin)
{
    const struct gv_offer *offer = &gv_sim_coin(coin)->offer;
    bool sale = below(4) != 0;
    uint32_t rung = sale ? offer->start + below(offer->end - offer->start + 1) : 0;
    return gv_sim_make_spend(coin, rung, below(3));
}

static void send_spend(void)
{
    uint32_t coin = 0;
    if (pick_coin(&coin)) {
        (void)gv_sim_send(some_spend(coin));
    }
}

static void send_double(void)
{
    uint32_t coins[2];
    uint32_t rungs[2];
    if (!pick_coin(&coins[0]) || !pick_coin(&coins[1]) || coins[0] == coins[1]) {
        return;
    }
    for (uint32_t i = 0; i < 2; i++) {
        rungs[i] = gv_sim_coin(coins[i])->offer.start;
    }
    (void)gv_sim_send(gv_sim_make_double(coins, rungs));
}

static void mine_unseen(void)
{
    uint32_t coin = 0;
    if (pick_coin(&coin)) {
        struct gv_sim_tx tx = gv_sim_tx_of(some_spend(coin));
        gv_sim_node_mine(&gv_sim_node, false, &tx, 1);
    }
}

static void evict(void)
{
    uint32_t coin = 0;
    if (pick_coin(&coin)) {
        struct sim_truth truth = gv_sim_truth(coin);
        if (truth.kind == SIM_IN_MEMPOOL) {
            (void)gv_sim_node_evict(&gv_sim_node, truth.tx->txid.b);
        }
    }
}

static uint32_t some_depth(void)
{
    uint32_t room = height() - floor_height;
    uint32_t depth = 1 + below(below(8) == 0 ? 40 : 5);
    return depth < room ? depth : room;
}

static void reorganise(void)
{
    uint32_t depth = some_depth();
    uint32_t coin = 0;
    if (depth == 0) {
        return;
    }
    if (below(2) == 0 && pick_coin(&coin)) {
        struct gv_sim_tx tx = gv_sim_tx_of(some_spend(coin));
        gv_sim_node_reorg(&gv_sim_node, depth, &tx, 1);
    } else {
        gv_sim_node_reorg(&gv_sim_node, depth, NULL, 0);
    }
}

static void invalidate(void)
{
    uint32_t depth = some_depth();
    if (depth > 0) {
        gv_sim_node_disconnect(&gv_sim_node, depth);
    }
}

static void restart_node(void)
{
    gv_sim_node_restart(&gv_sim_node);
}

static void grow_and_prune(void)
{
    uint32_t blocks = 1 + below(30);
    for (uint32_t i = 0; i < blocks; i++) {
        gv_sim_node_mine(&gv_sim_node, below(2) == 0, NULL, 0);
    }
    if (height() > HELD_MIN + floor_height) {
        uint32_t lowest = height() - HELD_MIN - below(10);
        gv_sim_prune(lowest);
        floor_height = lowest > floor_height ? lowest : floor_height;
    }
}

static void change_switches(void)
{
    struct gv_sim_switches next = {.drops_feed = below(3) == 0, .no_feed = below(6) == 0};
    switch (below(12)) {
    case 0:
        next.unreachable = true;
        break;
    case 1:
        next.warming_up = true;
        break;
    case 2:
        next.unauthorized = true;
        break;
    case 3:
        next.busy = true;
        break;
    case 4:
        next.in_ibd = true;
        break;
    case 5:
        next.headers_ahead = 1 + below(3);
        break;
    default:
        break;
    }
    switches = next;
    gv_sim_node_switch(&gv_sim_node, next);
}

static void list_coin(void)
{
    gv_sim_settle(); /* an upload is checked against a settled box */
    for (uint32_t coin = 0; coin < SIM_COINS_MAX; coin++) {
        if (gv_sim_coin(coin)->id == 0) {
            enum gv_err err = gv_sim_list(coin, 1 + below(3), 2 + below(6), below(4));
            if ((err == GV_OK) != healthy()) {
                gv_sim_fail("listing coin %u: %s", coin, gv_err_slug(err));
            }
            return;
        }
    }
}

static const struct {
    uint32_t weight;
    void (*act)(void);
} actions[] = {
    {20, mine_mempool},      {8, mine_empty},     {14, send_spend},     {3, send_double},
    {5, mine_unseen},        {6, evict},          {6, reorganise},      {3, invalidate},
    {2, restart_node},       {2, grow_and_prune}, {8, change_switches}, {8, list_coin},
    {3, gv_sim_restart_box},
};
#define ACTIONS (sizeof(actions) / sizeof(actions[0]))

static void act(void)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < ACTIONS; i++) {
        sum += actions[i].weight;
    }
    uint32_t at = below(sum);
    for (size_t i = 0; i < ACTIONS; i++) {
        if (at < actions[i].weight) {
            actions[i].act();
            return;
        }
        at -= actions[i].weight;
    }
}

/* The scripted node holds a bounded history. */
static bool room_left(void)
{
    return gv_sim_node.blocks_n + 80 < GV_SIM_BLOCKS_MAX && gv_sim_node.txs_n + 80 < GV_SIM_TXS_MAX;
}

/* The node goes on while it is being read: now and then something happens between two requests. */
static void interrupt(const char *request)
{
    (void)request;
    static void (*const sudden[])(void) = {mine_mempool, mine_empty, send_spend, mine_unseen,
                                           evict,        reorganise, invalidate, restart_node};
    if (below(12) == 0 && room_left()) {
        sudden[below(sizeof(sudden) / sizeof(sudden[0]))]();
    }
}

/* ---- runs -------------------------------------------------------------------------------------- */

static void settle_and_check(void)
{
    gv_sim_settle();
    if (healthy()) {
        gv_sim_check();
    } else {
        gv_sim_check_dark();
    }
}

static void run(uint64_t seed, uint32_t steps)
{
    choices = gv_sim_random_of(seed);
    switches = (struct gv_sim_switches){.unreachable = false};
    floor_height = START_HEIGHT - 40;
    gv_sim_open(seed, START_HEIGHT);
    settle_and_check();
    for (uint32_t i = 0; i < 4; i++) {
        list_coin();
    }
    for (uint32_t step = 1; step <= steps && room_left(); step++) {
        gv_sim_set_step(step);
        act();
        gv_sim_set_interrupt(below(2) == 0 ? interrupt : NULL);
        for (uint32_t turns = below(4); turns > 0; turns--) {
            gv_sim_turn(below(3000));
        }
        gv_sim_set_interrupt(NULL);
        if (below(3) == 0) {
            settle_and_check();
        }
    }
    switches = (struct gv_sim_switches){.unreachable = false};
    gv_sim_node_switch(&gv_sim_node, switches);
    gv_sim_settle();
    settle_and_check();
    gv_sim_close();
}

static uint64_t number_after(int argc, char **argv, const char *name, uint64_t standard)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return strtoull(argv[i + 1], NULL, 10);
        }
    }
    return standard;
}

int main(int argc, char **argv)
{
    uint64_t seed = number_after(argc, argv, "--seed", 1);
    uint64_t runs = number_after(argc, argv, "--runs", 20);
    uint32_t steps = (uint32_t)number_after(argc, argv, "--steps", 300);
    for (uint64_t i = 0; i < runs; i++) {
        run(seed + i, steps);
    }
    printf("%llu runs from seed %llu, %u steps each: the market was always the truth\n",
           (unsigned long long)runs, (unsigned long long)seed, steps);
    return 0;
}
