/* A keeper over the scripted node and the faulty disk, and the published algorithm beside it, naively: all
 * blocks of a range read anew, a list of all txids, no record of anything. */
#ifndef GV_TESTS_UNIT_PRICES_PRICE_WORLD_H
#define GV_TESTS_UNIT_PRICES_PRICE_WORLD_H

#include "app/prices/keeper_parts.h"
#include "hal/linux/sqlite_storage.h"
#include "hal/sim/clock.h"
#include "hal/sim/fault_storage.h"
#include "hal/sim/node.h"
#include "tests/unit/bitcoin/cmocka_include.h"

#define WORLD_START_S 1700005800 /* ten minutes before a border of days, at height 0 */

struct price_world {
    struct gv_sim_node node;
    struct gv_http http;
    struct gv_sim_clock sim_clock;
    struct gv_clock clock;
    struct gv_rpc_config rpc_config;
    struct gv_rpc rpc; /* of the naive reader */
    struct gv_sqlite sqlite;
    struct gv_storage storage;
    struct gv_keeper *keeper;
    struct gv_prices *prices;
    struct gv_oracle_service *oracle;
    uint64_t random;
    uint32_t made; /* transactions */
};

extern struct price_world world;

int world_set_up(void **state); /* an empty chain, an empty disk, the keeper open */
int world_tear_down(void **state);

uint32_t world_random(uint32_t below);
/** Mine blocks of about `payments` payments each, a third of which spend earlier ones. */
void world_mine(uint32_t blocks, uint32_t payments);
/** Take blocks off the chain and mine one more than that, with other payments. */
void world_reorg(uint32_t depth);

enum gv_err world_open(void);
void world_close(void);
/** Steps until the keeper wants to wait. Returns: what the last step gave. */
enum gv_err world_work(void);

/** The published price of the blocks first..last. */
struct gv_price_fact world_naive(uint32_t first, uint32_t last);
/** The day that the block of a height is counted to. */
int64_t world_day(uint32_t height);
void world_assert_fact(const struct gv_price_fact *fact, const struct gv_price_fact *naive);
/** What is published is the naive price of the window that ends with the node's tip. */
void world_assert_window(void);

#endif
