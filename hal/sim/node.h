/* Scripted node: a pruned bitcoind of the simulator, behind the HTTP and feed interfaces.
 *
 *   script ── send, mine, disconnect, reorg, evict, prune, switches ──► chain and mempool
 *                                                                        │         │
 *   app/node ◄── gv_http: JSON-RPC 1.0 and 2.0, single and batch ────────┘         │
 *            ◄── gv_feed: rawtx, rawblock, sequence, in bitcoind's order ──────────┘
 *
 * It parses no transaction: the script gives each one's bytes together with its txid, what it
 * spends and what it makes. Blocks are real enough to be checked (header, proof of work of
 * regtest, merkle root, BIP34 coinbase); scripts and amounts are taken as they come.
 * Limits: the GV_SIM_*_MAX below; exceeding one is a mistake of the script and aborts.
 * Thread: any (one lock): a script and the code under test may run in different threads.
 * Source: answers, errors and the order of messages as observed on bitcoind 29. */
#ifndef GV_HAL_SIM_NODE_H
#define GV_HAL_SIM_NODE_H

#include "firmware/base/time.h"
#include "hal/iface/feed.h"
#include "hal/iface/http.h"

#include <pthread.h>

#define GV_SIM_TXS_MAX         4096u
#define GV_SIM_LINKS_MAX       16384u /* outpoints spent, and outputs made, by all transactions */
#define GV_SIM_BLOCKS_MAX      2048u
#define GV_SIM_BLOCK_TXS_MAX   1024u
#define GV_SIM_BLOCK_BYTES_MAX (1024u * 1024u)
#define GV_SIM_SCRIPT_MAX      64u
#define GV_SIM_BYTES_MAX       (16u * 1024u * 1024u) /* raw transactions and blocks */
#define GV_SIM_FEED_MAX        8192u                 /* messages waiting: the high-water mark */
#define GV_SIM_REQUEST_MAX     (512u * 1024u)
#define GV_SIM_REPLY_MAX       (8u * 1024u * 1024u)

/* ---- what the script says ------------------------------------------------------------------- */

/* Ids are in internal byte order, the reverse of how they are printed. */
struct gv_sim_outpoint {
    uint8_t txid[32];
    uint32_t vout;
};

struct gv_sim_output {
    uint64_t sat;
    uint8_t script[GV_SIM_SCRIPT_MAX];
    uint32_t script_n;
};

/** One transaction. The node copies everything. */
struct gv_sim_tx {
    uint8_t txid[32];
    struct gv_view raw;
    const struct gv_sim_outpoint *spends;
    uint32_t spends_n;
    const struct gv_sim_output *makes;
    uint32_t makes_n;
};

/** Things that go wrong, or are not as usual. All false: a healthy node at its tip. */
struct gv_sim_switches {
    bool unreachable;       /* connection refused */
    bool warming_up;        /* every call: -28 */
    bool unauthorized;      /* every call: 401, as after a new cookie */
    bool busy;              /* every call: 503, work queue depth exceeded */
    bool in_ibd;            /* initialblockdownload */
    uint32_t headers_ahead; /* headers known beyond the blocks */
    bool drops_feed;        /* messages are counted but lost */
    bool no_feed;           /* getzmqnotifications is empty */
};

/* ---- the node ------------------------------------------------------------------------------- */

struct gv_sim_stored_tx {
    uint8_t txid[32];
    uint32_t raw_at;
    uint32_t raw_n;
    uint32_t spends_at;
    uint32_t spends_n;
    uint32_t makes_at;
    uint32_t makes_n;
    int32_t block; /* index of the active block that holds it; -1: none */
    bool in_mempool;
    bool is_coinbase;
};

struct gv_sim_stored_block {
    uint8_t hash[32];
    uint8_t header[80];
    int32_t previous; /* index; -1: genesis */
    uint32_t height;
    uint32_t raw_at;
    uint32_t raw_n;
    uint32_t txs_at; /* into block_txs */
    uint32_t txs_n;
    bool active;
};

enum gv_sim_topic {
    GV_SIM_RAWTX,
    GV_SIM_RAWBLOCK,
    GV_SIM_SEQUENCE,
    GV_SIM_TOPICS
};

struct gv_sim_message {
    enum gv_sim_topic topic;
    uint32_t counter;
    uint32_t at; /* into bytes, unless short_n */
    uint32_t n;
    uint8_t short_body[41];
    uint8_t short_n;
};

/** Caller's storage (some 30 MB, most of it never touched: make it static). Private. */
struct gv_sim_node {
    pthread_mutex_t lock;
    pthread_cond_t published;
    struct gv_sim_switches switches;
    const char *user_pass; /* NULL: everybody */
    int64_t start_s;

    struct gv_sim_stored_tx txs[GV_SIM_TXS_MAX];
    uint32_t txs_n;
    struct gv_sim_outpoint spends[GV_SIM_LINKS_MAX];
    uint32_t spends_n;
    struct gv_sim_output makes[GV_SIM_LINKS_MAX];
    uint32_t makes_n;
    uint64_t mempool_sequence;

    struct gv_sim_stored_block blocks[GV_SIM_BLOCKS_MAX];
    uint32_t blocks_n;
    uint32_t block_txs[GV_SIM_TXS_MAX * 2]; /* a transaction may be in blocks of two branches */
    uint32_t block_txs_n;
    int32_t tip;
    uint32_t lowest_held;

    uint8_t bytes[GV_SIM_BYTES_MAX];
    uint32_t bytes_n;

    bool subscribed[GV_SIM_TOPICS];
    uint32_t counters[GV_SIM_TOPICS];
    struct gv_sim_message feed[GV_SIM_FEED_MAX];
    uint32_t feed_head;
    uint32_t feed_n;
    uint8_t feed_body[41]; /* of the message received last */

    char request[GV_SIM_REQUEST_MAX];
    _Alignas(16) uint8_t request_arena[GV_SIM_REQUEST_MAX * 4];
    char reply[GV_SIM_REPLY_MAX];
    char hex[2u * GV_SIM_BLOCK_BYTES_MAX + 3u];
};

/** A regtest chain of one block. In: start: time of the genesis block. */
void gv_sim_node_init(struct gv_sim_node *node, struct gv_utc start);
void gv_sim_node_deinit(struct gv_sim_node *node);

/** Both keep `node`; they may belong to different threads. */
struct gv_http gv_sim_node_http(struct gv_sim_node *node);
struct gv_feed gv_sim_node_feed(struct gv_sim_node *node);

/** Ask for these credentials ("user:password", kept) from now on; NULL: for none. */
void gv_sim_node_require(struct gv_sim_node *node, const char *user_pass);
void gv_sim_node_switch(struct gv_sim_node *node, struct gv_sim_switches switches);

/* ---- what happens --------------------------------------------------------------------------- */

/** A transaction reaches the mempool; those it conflicts with, and what hangs on them, are
 *  replaced. Returns false when it is there or mined already, or spends what a block spent. */
bool gv_sim_node_send(struct gv_sim_node *node, const struct gv_sim_tx *tx);

/** Drop a transaction and what hangs on it, as a full mempool does. False: not in the mempool. */
bool gv_sim_node_evict(struct gv_sim_node *node, const uint8_t txid[32]);

/** Mine a block of the whole mempool (or none of it) and of transactions that were never in the
 *  mempool; what conflicts with these is dropped from it. */
void gv_sim_node_mine(struct gv_sim_node *node, bool take_mempool, const struct gv_sim_tx *unseen,
                      uint32_t unseen_n);

/** invalidateblock: take `depth` blocks off the tip; their transactions return to the mempool. */
void gv_sim_node_disconnect(struct gv_sim_node *node, uint32_t depth);

/** Replace the last `depth` blocks by `depth + 1` new ones, the first of which holds `unseen`. */
void gv_sim_node_reorg(struct gv_sim_node *node, uint32_t depth, const struct gv_sim_tx *unseen,
                       uint32_t unseen_n);

/** Forget the blocks below `lowest_held`; their headers stay. */
void gv_sim_node_prune(struct gv_sim_node *node, uint32_t lowest_held);

/** Stop and start: counters begin anew, subscribers get the mempool again. */
void gv_sim_node_restart(struct gv_sim_node *node);

uint32_t gv_sim_node_height(struct gv_sim_node *node);
void gv_sim_node_tip(struct gv_sim_node *node, uint8_t hash[32]);
/** The coinbase output of the tip, to be spent by the next transactions: outpoint and value. */
struct gv_sim_outpoint gv_sim_node_coinbase(struct gv_sim_node *node, uint64_t *sat);

#endif
