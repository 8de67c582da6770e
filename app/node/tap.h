/* Tap: what the follower sees of transactions, for whoever wants to look along.
 *
 * The price oracle counts all of the node's transactions; the follower reads them anyway to find
 * spends. Nothing that the tap's owner does can change what the engine is told. The calls are made
 * in the order of the node's events, on the node thread, and must not block.
 * `announced` hears everything that rawtx sends: what enters the mempool, and again what a block
 * connects or disconnects. `mined` hears the transactions of each block on the chain that was read,
 * possibly more than once. Messages can be lost: a fill (follower_fill.c) follows.
 * Thread: the node thread. */
#ifndef GV_APP_NODE_TAP_H
#define GV_APP_NODE_TAP_H

#include "app/bitcoin/tx.h"
#include "firmware/base/time.h"

struct gv_tap {
    void *ctx;
    void (*announced)(void *ctx, const struct gv_tx *tx);
    /** Dropped from the mempool for another reason than a block. */
    void (*removed)(void *ctx, const struct gv_hash256 *txid);
    void (*mined)(void *ctx, const struct gv_tx *tx, struct gv_utc block_time);
    /** Found in the mempool while filling. */
    void (*waiting)(void *ctx, const struct gv_tx *tx, struct gv_utc entered);
    /** After every round: does the node answer, and is it at the tip of its network? */
    void (*in_step)(void *ctx, bool in_step);
    /** Thousandths of the fill that are done; 1000: complete. */
    void (*filled)(void *ctx, uint32_t permille);
    /** How far back a fill has to go. */
    uint32_t fill_s;
};

#endif
