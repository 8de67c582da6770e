/* Notify: one message of the node's feed, decoded and counted.
 *
 * The publisher drops what is not read in time, and tells so only by the counter that each topic
 * carries: a jump is a gap, a step back is a restart of the node. What comes out is a hint with the
 * bytes it was made of, never a fact. Hashes on the wire are in printed order and are turned into
 * internal order here.
 * Thread: one owner. Source: Bitcoin Core doc/zmq.md; shapes observed on bitcoind 29. */
#ifndef GV_APP_NODE_NOTIFY_H
#define GV_APP_NODE_NOTIFY_H

#include "app/bitcoin/tx_types.h"
#include "app/engine/market.h"
#include "hal/iface/feed.h"

enum gv_notice_kind {
    GV_NOTICE_TX,           /* a transaction entered the mempool, or a block with it came or went */
    GV_NOTICE_TIP,          /* the tip changed: hashblock, rawblock */
    GV_NOTICE_CONNECTED,    /* a block was connected (sequence C) */
    GV_NOTICE_DISCONNECTED, /* a block was disconnected (sequence D) */
    GV_NOTICE_ADDED,        /* a transaction entered the mempool (sequence A) */
    GV_NOTICE_REMOVED,      /* one left it for another reason than a block (sequence R) */
};

struct gv_notice {
    enum gv_notice_kind kind;
    bool lost;              /* messages of this topic were lost before this one */
    bool restarted;         /* the node has restarted (lost is set as well) */
    struct gv_view tx;      /* GV_NOTICE_TX: serialized, as long as the feed message lives */
    struct gv_hash256 hash; /* the others, but GV_NOTICE_TIP from rawblock: zero there */
};

struct gv_notify {
    struct {
        bool seen;
        uint32_t counter; /* of the newest message */
    } topics[GV_FEED_TOPICS];
    struct gv_feed_count counts[GV_FEED_TOPICS];
    uint64_t messages;
    uint64_t gaps;
};

/** "rawtx", "rawblock", "hashblock", "sequence". Returns: a static string. */
const char *gv_notify_topic_name(unsigned topic);

/** Forget the counters (a new subscription); the totals stay. */
void gv_notify_restart(struct gv_notify *notify);

/** Decode one message and count it.
 *  Returns: GV_OK; GV_ERR_INVALID (unknown topic, wrong length, unknown letter): nothing was
 *           counted, the message is to be dropped. */
GV_MUST_USE enum gv_err gv_notify_decode(struct gv_notify *notify,
                                         const struct gv_feed_message *message,
                                         struct gv_notice *notice);

#endif
