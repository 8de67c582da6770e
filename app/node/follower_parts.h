/* Follower, inside: the state that its parts share, and what each part does for a round.
 *
 *   follower.c          rounds, back-off, status        follower_mempool.c  spends not yet mined
 *   follower_feed.c     subscriptions, messages         follower_check.c    outpoints one by one
 *   follower_chain.c    disconnect and connect blocks     follower_fill.c  what the tap missed
 *
 * Private to app/node. Thread: the node thread; only `stop` is shared. */
#ifndef GV_APP_NODE_FOLLOWER_PARTS_H
#define GV_APP_NODE_FOLLOWER_PARTS_H

#include "app/node/follower.h"
#include "app/node/notify.h"

#include "app/bitcoin/block.h"

#include <stdatomic.h>

/* DUE ─begin─► BACK ─► BLOCKS ─► POOL ─► ENTRIES ─► DONE ─messages lost, clock set─► DUE */
enum gv_fill_phase {
    GV_FILL_DUE,     /* waits for a round that ends at the tip */
    GV_FILL_BACK,    /* headers, down to the first block of the window */
    GV_FILL_BLOCKS,  /* blocks, upwards */
    GV_FILL_POOL,    /* the list of the mempool */
    GV_FILL_ENTRIES, /* its transactions, one by one */
    GV_FILL_DONE,
};

struct gv_fill {
    enum gv_fill_phase phase;
    struct gv_hash256 cursor; /* GV_FILL_BACK: next header to ask for */
    uint32_t first;           /* heights of the blocks to read */
    uint32_t next;
    uint32_t last;
    uint32_t entries;        /* in follower->waiting */
    uint32_t entry;          /* next one */
    bool again;              /* messages were lost since it began */
    int64_t ahead_s;         /* of UTC before the monotonic clock, in the last round */
    struct gv_mono again_at; /* a lost message is followed by a fill, but not each by one */
};

struct gv_follower {
    struct gv_follower_config config;
    struct gv_rpc rpc;
    struct gv_notify notify;
    struct gv_node_status status;
    struct gv_rpc_chain chain;      /* as the current round found it */
    struct gv_hash256 walked_to;    /* newest block the engine has, by this round */
    char failure[GV_FAIL_CODE_MAX]; /* of the last round, as logged; "" when it succeeded */
    bool subscribe_due;             /* the node was away: subscribe in the next round */
    bool subscribed;                /* messages may come */
    bool tip_hint;                  /* the chain may have changed: a round now */
    bool spenders_hint;             /* a pending spend may have vanished */
    uint32_t pending;               /* watched outpoints with a spend in the mempool */
    uint32_t moved;                 /* rounds in a row that got no further than moved_at */
    struct gv_hash256 moved_at;
    uint32_t backoff_ms;
    struct gv_mono round_at;    /* when the next round is due */
    struct gv_mono spenders_at; /* before it, spenders_hint has to wait */
    struct gv_mono check_at;    /* when every outpoint is asked about again */
    struct gv_mono indexer_at;
    uint64_t feed_seen; /* notify.messages at the last subscription */

    struct gv_fill fill;

    atomic_bool stop;
    pthread_mutex_t lock;
    pthread_cond_t wake;

    _Alignas(16) uint8_t bytes[GV_BLOCK_BYTES_MAX]; /* one block, or one transaction */
    struct gv_spend_evidence spends[GV_WATCH_MAX];
    struct gv_hash256 waiting[GV_FILL_TXIDS_MAX]; /* of the mempool, while filling */
};
_Static_assert(sizeof(struct gv_spend_evidence) <= GV_EVIDENCE_BYTES, "as counted in limits.h");

/* GV_ERR_AGAIN from a part: the node's chain moved while it was being read; do the round again. */

/** Subscribe anew (after the node was away). Never fails: without a feed there is polling. */
void gv_follower_subscribe(struct gv_follower *f);
/** Take messages for up to wait_ms; sets hints. */
void gv_follower_receive(struct gv_follower *f, uint32_t wait_ms);
/** Wait without a feed, until gv_follower_stop at most. */
void gv_follower_wait(struct gv_follower *f, uint32_t wait_ms);

/** The block by its hash, parsed, in f->bytes. Returns also: GV_ERR_AGAIN: it is gone. */
GV_MUST_USE enum gv_err gv_follower_fetch_block(struct gv_follower *f,
                                                const struct gv_hash256 *hash,
                                                struct gv_block *block, struct gv_fail *fail);
/** The tap hears the transactions of a block. */
void gv_follower_tell_mined(struct gv_follower *f, const struct gv_block *block);

/** A round stands at the tip: start the fill that is due. */
void gv_follower_fill_begin(struct gv_follower *f);
/** A slice of it, some 50 ms of the node's time. */
void gv_follower_fill_step(struct gv_follower *f);
/** Messages were lost: fill once more, after a while. */
void gv_follower_fill_again(struct gv_follower *f);

static inline bool gv_follower_filling(const struct gv_follower *f)
{
    return f->fill.phase != GV_FILL_DUE && f->fill.phase != GV_FILL_DONE && f->failure[0] == '\0';
}

/** Bring the engine's chain to f->chain.best_hash, or one slice nearer to it.
 *  Out: done: it is there. */
GV_MUST_USE enum gv_err gv_follower_walk(struct gv_follower *f, bool *done, struct gv_fail *fail);

/** A transaction of the feed: tell the engine about watched outpoints it spends. */
void gv_follower_take_tx(struct gv_follower *f, struct gv_view raw);
/** Ask for the mempool spender of every watched outpoint and settle all differences. */
GV_MUST_USE enum gv_err gv_follower_poll_spenders(struct gv_follower *f, struct gv_fail *fail);

/** gettxout of every watched outpoint: what is gone without a known spend is told as such. */
GV_MUST_USE enum gv_err gv_follower_check_outputs(struct gv_follower *f, struct gv_fail *fail);

/** An engine call's result in the words of a round. */
GV_MUST_USE enum gv_err gv_follower_engine_result(enum gv_err err, struct gv_fail *fail);

static inline struct gv_mono gv_follower_now(const struct gv_follower *f)
{
    return gv_clock_mono(f->config.clock);
}

static inline struct gv_mono gv_follower_after(const struct gv_follower *f, uint32_t ms)
{
    return (struct gv_mono){.ms = gv_follower_now(f).ms + ms};
}

#endif
