/* A whole box in one thread: real engine on the fault disk, real follower, scripted node, clock that
 * is told. The truth is what the node holds; `gv_sim_check` compares the market with it.
 *
 * Coins are outputs of one funding transaction in block 1, each listed at most once. Every
 * transaction that spends a coin is remembered with what it means for the listing.
 * One instance, static. Thread: one. */
#ifndef GV_TESTS_SIM_SIM_WORLD_H
#define GV_TESTS_SIM_SIM_WORLD_H

#include "app/node/tap.h"
#include "hal/sim/node.h"
#include "tests/sim/sim_wire.h"
#include "tests/support/engine_world.h"

#define SIM_COINS_MAX   24u
#define SIM_TXS_MAX     1024u
#define SIM_POLL_MS     15000u
#define SIM_RAW_MAX     640u
#define SIM_COINS_OF_TX 2u

struct sim_coin {
    struct gv_offer offer;
    uint64_t id; /* 0: not listed yet */
    bool lost;   /* its spend was pruned before we could see it */
    bool known;  /* the market has shown a spend, by this transaction: */
    struct gv_hash256 known_txid;
};

struct sim_tx {
    struct gv_hash256 txid;
    uint32_t coins_n;
    uint32_t coins[SIM_COINS_OF_TX];
    uint32_t rungs[SIM_COINS_OF_TX]; /* block of the PSBT that was used; 0: another spend */
    int32_t at;                      /* the node's index of it; -1: not known yet */
    uint8_t raw[SIM_RAW_MAX];
    size_t raw_n;
    struct gv_sim_outpoint spends[SIM_COINS_OF_TX + 1];
    struct gv_sim_output makes[SIM_COINS_OF_TX + 2];
};

enum sim_spend_kind {
    SIM_UNSPENT,
    SIM_IN_MEMPOOL,
    SIM_IN_BLOCK
};
struct sim_truth {
    enum sim_spend_kind kind;
    const struct sim_tx *tx;
    uint32_t height; /* SIM_IN_BLOCK */
    struct gv_hash256 block_hash;
};

extern struct gv_sim_node gv_sim_node; /* the script acts on it directly */

/** An empty box beside a node with funded coins at height `height`. In: seed: for messages. */
void gv_sim_open(uint64_t seed, uint32_t height);
void gv_sim_close(void);
/** Stop and start the box; the disk stays. */
void gv_sim_restart_box(void);
/** Let somebody look along from now on (app/node/tap.h). Keeps tap. */
void gv_sim_use_tap(const struct gv_tap *tap);
/** Follow a node that should be on this network, from now on. */
void gv_sim_use_network(enum gv_network network);

struct sim_coin *gv_sim_coin(uint32_t coin);
/** List a coin: s, e and b relative to the tip. Returns: the engine's answer. */
enum gv_err gv_sim_list(uint32_t coin, uint32_t start_in, uint32_t blocks, uint32_t after);

/** A purchase with the PSBT of block `rung`, or with rung = 0 some other spend. `variant` makes
 *  otherwise equal transactions differ. */
const struct sim_tx *gv_sim_make_spend(uint32_t coin, uint32_t rung, uint32_t variant);
/** One transaction that buys two coins. */
const struct sim_tx *gv_sim_make_double(const uint32_t coins[2], const uint32_t rungs[2]);
struct gv_sim_tx gv_sim_tx_of(const struct sim_tx *tx);
/** To the mempool. Returns false when the node refuses it. */
bool gv_sim_send(const struct sim_tx *tx);
struct sim_truth gv_sim_truth(uint32_t coin);

/** Spoil one answer in `one_in` (sim_wire.h); 0: none. Facts may be wrong meanwhile, so nothing is
 *  checked until it ends. */
void gv_sim_spoil(uint32_t one_in);
/** Let ms pass and give the follower one turn. */
void gv_sim_turn(uint32_t ms);
/** Let one poll period and a little pass, in turns of a second: everything must be found by now. */
void gv_sim_settle(void);
/** Before pruning: note which spends will never be seen. Then prune. */
void gv_sim_prune(uint32_t lowest_held);

/** What must hold at every moment: no PSBT above the tip, none while not live, and no spend is
 *  forgotten that the node still holds. */
void gv_sim_check_safety(void);
/** What must hold after settling beside a healthy node: the market is the truth. */
void gv_sim_check(void);
/** What must hold after settling beside an unhealthy node: nothing is live. */
void gv_sim_check_dark(void);

/** Print seed, step and the text, and fail the program. */
_Noreturn void gv_sim_fail(const char *fmt, ...) GV_PRINTF(1, 2);
/** Number shown in messages from now on. */
void gv_sim_set_step(uint32_t step);

#endif
