/* Market: the published picture of everything that readers may see.
 *
 * The engine changes it after each commit, under the write lock and for microseconds; HTTP workers
 * and the live thread read under the read lock and copy out before they do any I/O. A GET never
 * touches storage or the node. `sequence` grows with every publication (ETag, live stream).
 *
 * Each row carries its text for the original's list routes, rendered once per change by the
 * renderer that the web layer lends at boot, so a list is a concatenation.
 * Thread: publish functions engine only; the rest any. */
#ifndef GV_APP_ENGINE_MARKET_H
#define GV_APP_ENGINE_MARKET_H

#include "app/auction/dutch/dutch.h"
#include "app/auction/dutch/ladder_root.h"
#include "app/bitcoin/address.h"

#include <pthread.h>

/** Topics of the node's feed that are subscribed to. */
#define GV_FEED_TOPICS 4u

/** What came of one topic, and how often its counter jumped. */
struct gv_feed_count {
    uint64_t messages;
    uint64_t gaps;
};

/** What we know about our node (and about the remote indexer), for pages and for fail-closed. */
struct gv_node_status {
    bool reachable;        /* last RPC round succeeded */
    bool initial_download; /* initialblockdownload */
    bool pruned;
    bool feed_alive;   /* a ZMQ message came since the last (re)connect */
    bool feed_enabled; /* configured or discovered */
    uint32_t blocks;   /* validated tip */
    uint32_t headers;
    uint32_t prune_height; /* lowest block held; 0 when not pruned */
    struct gv_hash256 tip_hash;
    struct gv_utc tip_time;
    struct gv_utc checked_at; /* last successful round */
    enum gv_network network;
    uint64_t feed_gaps;
    uint64_t feed_messages;
    struct gv_feed_count feed_topics[GV_FEED_TOPICS]; /* of these; as gv_notify_topic_name counts */
    uint64_t reorgs;
    int64_t mempool_txs; /* -1: unknown */
    double verification_progress;
    char error[GV_FAIL_TEXT_MAX]; /* why not reachable; "" */
    bool indexer_reachable;       /* Counterparty API */
    bool indexer_ready;
    uint32_t indexer_height;
};

struct gv_market_row {
    struct gv_dutch_listing listing;
    enum gv_dutch_status status;
    struct gv_reveal reveal;
    bool has_price; /* price shown at this tip */
    struct gv_sat price;
    struct gv_ladder_proof proof; /* of the revealed rung; count = 0: none */
    uint64_t sequence;            /* market sequence of the last change of this row */
    uint16_t text_len;            /* of text */
    uint16_t psbt_at;             /* base64 of the revealed PSBT inside text */
    uint16_t psbt_len;            /* 0: nothing is revealed */
    char text[GV_LISTING_JSON_MAX];
};

/** Renders a row's text: the listing object of the original's list routes.
 *  In: psbt: the revealed PSBT, empty when none. Must set text, text_len, psbt_at, psbt_len. */
typedef void gv_row_renderer(struct gv_market_row *row, struct gv_view psbt);

struct gv_market {
    pthread_rwlock_t lock;
    gv_row_renderer *render;
    uint64_t sequence;
    struct gv_tip tip;
    struct gv_node_status node;
    uint32_t status_counts[GV_DUTCH_STATUSES];
    uint32_t count;
    uint32_t final_depth;                       /* confirmations from which a spend is final */
    struct gv_market_row rows[GV_LISTINGS_MAX]; /* ascending id, [0, count) */
};

void gv_market_init(struct gv_market *market, gv_row_renderer *render, uint32_t final_depth);

/* ---- readers ------------------------------------------------------------------------------- */

struct gv_market_head {
    uint64_t sequence;
    struct gv_tip tip;
    struct gv_node_status node;
    uint32_t status_counts[GV_DUTCH_STATUSES];
    uint32_t count;
    uint32_t final_depth;
};

void gv_market_head(struct gv_market *market, struct gv_market_head *head);

/** Call `visit` with the row under the read lock.
 *  Out: tip: the one the row was published for, set before the visit; may be NULL.
 *  Returns: GV_OK; GV_ERR_NOT_FOUND. */
GV_MUST_USE enum gv_err gv_market_with(struct gv_market *market, uint64_t id, struct gv_tip *tip,
                                       void (*visit)(void *ctx, const struct gv_market_row *row),
                                       void *ctx);

/** Visit rows newest first under one read lock, from below `before_id` (0: from the newest) until
 *  `visit` returns false.
 *  Out: tip: the one the rows were published for, set before the first visit; may be NULL.
 *  Returns: the id at which it stopped (that row was not consumed), 0 when all rows were visited.
 *  Resume with before_id = stop id + 1. */
uint64_t gv_market_each(struct gv_market *market, uint64_t before_id, struct gv_tip *tip,
                        bool (*visit)(void *ctx, const struct gv_market_row *row), void *ctx);

/** Id of the newest row; 0 when there is none. */
uint64_t gv_market_newest(struct gv_market *market);

/* ---- publisher (engine) ---------------------------------------------------------------------- */

void gv_market_write_begin(struct gv_market *market);
/** The row of a listing id, appended when new (NULL when full). Inside write_begin/end only. */
struct gv_market_row *gv_market_row_for(struct gv_market *market, uint64_t id);
/** Take a retired listing's row out. Inside write_begin/end only. */
void gv_market_row_drop(struct gv_market *market, uint64_t id);
/** Recount statuses, raise the sequence, unlock. Returns: the new sequence. */
uint64_t gv_market_write_end(struct gv_market *market);

#endif
