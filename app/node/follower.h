/* Follower: keeps the engine in step with the node. Feeds are hints, RPC is the truth.
 *
 *   ZMQ hint or poll ─► getblockchaininfo ─► fork point ─► disconnect.. connect.. ─► node_status
 *   rawtx hit ─► gettxspendingprevout ─► mempool_spend        poll: spenders of the whole watch set
 *
 * Blocks decide about spends: the matched transaction comes from the block itself, so a pruned node
 * without txindex is enough. A counter gap, a silent feed or a restart of either side costs at most
 * one poll period. Below the prune height the outpoints are asked one by one (gettxout).
 * An unreachable node is asked again after 0.25 s, 0.5 s, .. up to the poll period.
 * Owns: one gv_rpc, one block buffer (GV_BLOCK_BYTES_MAX), evidence for one block.
 * Thread: the node thread (or the simulator), one call at a time. */
#ifndef GV_APP_NODE_FOLLOWER_H
#define GV_APP_NODE_FOLLOWER_H

#include "app/engine/engine.h"
#include "app/node/rpc.h"
#include "app/node/tap.h"
#include "hal/iface/feed.h"

struct gv_follower_config {
    struct gv_engine *engine;
    struct gv_watch *watch;
    struct gv_http *http;
    struct gv_feed *feed;     /* NULL: polling only */
    const struct gv_tap *tap; /* NULL: nobody looks along */
    const struct gv_clock *clock;
    const struct gv_rpc_config *rpc;
    enum gv_network network; /* the node's chain must be this one */
    char zmq_endpoints[512]; /* comma separated; "" = ask the node; "off" = none */
    uint32_t poll_ms;        /* 1,000 .. 60,000; default 15,000 */
    uint32_t cross_check_ms; /* gettxout of every live outpoint; default one hour */
    /* Ask the indexer for its state at every poll; may be NULL. Fills indexer_* of the status. */
    void (*indexer)(void *ctx, struct gv_node_status *status);
    void *indexer_ctx;
};

struct gv_follower;
/** The one instance (static memory). */
struct gv_follower *gv_follower_instance(void);
/** Copies *config and keeps what it points to. No request is made. */
void gv_follower_init(struct gv_follower *follower, const struct gv_follower_config *config);
/** One turn: handle feed messages for up to max_wait_ms, then a round of polling when it is due.
 *  With max_wait_ms = 0 it never waits. */
void gv_follower_step(struct gv_follower *follower, uint32_t max_wait_ms);
/** The body of the node thread, until gv_follower_stop. */
void gv_follower_run(struct gv_follower *follower);
/** Any thread. The step under way ends first (at most one RPC time-out). */
void gv_follower_stop(struct gv_follower *follower);

#endif
