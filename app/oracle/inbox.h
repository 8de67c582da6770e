/* Inbox: what the node thread has seen, on its way to the oracle thread.
 *
 *   node thread ──push──► ring of packed items ──pop──► oracle thread
 *
 * Pushing never waits: with a full ring the item is refused and counted, and the price goes on
 * without it. A state (node, fill, block) is told once, so a flood of transactions leaves it room.
 * Items are packed (32 bytes, 8 an amount, 20 an input), because a burst of thousands is rare and
 * memory is not; when the ring has run empty after one, its pages go back to the system.
 * Txids are carried with the bytes the window tells them apart by; the rest comes out as zero.
 * Limits: GV_ORACLE_INBOX_ITEMS of any content fit, and GV_ORACLE_INBOX_STATES more.
 * Thread: push any, pop the one consumer. */
#ifndef GV_APP_ORACLE_INBOX_H
#define GV_APP_ORACLE_INBOX_H

#include "app/oracle/filter.h"

#include <pthread.h>

enum gv_oracle_item_kind {
    GV_ORACLE_ITEM_TX,      /* announced by the mempool or by a block */
    GV_ORACLE_ITEM_MINED,   /* part of a connected block */
    GV_ORACLE_ITEM_SPENDS,  /* further inputs of the transaction before: tx.txid and tx.input */
    GV_ORACLE_ITEM_REMOVED, /* dropped by the node; only tx.txid counts */
    GV_ORACLE_ITEM_NODE,    /* `value` 1: the node is in step with its network */
    GV_ORACLE_ITEM_FILL,    /* `value`: thousandths of the first fill that are done */
    GV_ORACLE_ITEM_BLOCK,   /* `value`: cents, price of the last blocks; 0: none to rely on */
};

struct gv_oracle_item {
    enum gv_oracle_item_kind kind;
    uint32_t value;
    int64_t time_ms; /* UTC */
    struct gv_oracle_tx tx;
};

#define GV_ORACLE_ITEM_HEAD  32u
#define GV_ORACLE_ITEM_INPUT 20u
#define GV_ORACLE_ITEM_BYTES_MAX                                                                   \
    (GV_ORACLE_ITEM_HEAD + GV_ORACLE_OUTPUTS * 8u + GV_ORACLE_INPUTS_MAX * GV_ORACLE_ITEM_INPUT)
_Static_assert(GV_ORACLE_ITEM_BYTES_MAX <= GV_ORACLE_INBOX_ITEM_BYTES, "as counted in limits.h");
_Static_assert(GV_ORACLE_ITEM_HEAD <= GV_ORACLE_INBOX_STATE_BYTES, "as counted in limits.h");

struct gv_oracle_inbox_stats {
    uint64_t pushed;
    uint64_t refused;    /* the ring was full */
    uint32_t high_water; /* bytes */
};

struct gv_oracle_inbox {
    uint32_t head; /* first byte held */
    uint32_t used;
    uint32_t touched; /* bytes written to since the pages went back */
    bool closed;
    struct gv_oracle_inbox_stats stats;
    pthread_mutex_t lock;
    pthread_cond_t not_empty; /* on CLOCK_MONOTONIC */
    _Alignas(16) uint8_t ring[GV_ORACLE_INBOX_BYTES];
};

/** Empty. Touches nothing of the ring. */
void gv_oracle_inbox_init(struct gv_oracle_inbox *inbox);

/** Returns: GV_OK; GV_ERR_FULL; GV_ERR_CLOSED. */
GV_MUST_USE enum gv_err gv_oracle_inbox_push(struct gv_oracle_inbox *inbox,
                                             const struct gv_oracle_item *item);

/** Take the oldest item, waiting up to timeout_ms. Returns: false when there is none. */
bool gv_oracle_inbox_pop(struct gv_oracle_inbox *inbox, struct gv_oracle_item *item,
                         uint32_t timeout_ms);

/** Refuse further items and wake the consumer. */
void gv_oracle_inbox_close(struct gv_oracle_inbox *inbox);

void gv_oracle_inbox_stats(struct gv_oracle_inbox *inbox, struct gv_oracle_inbox_stats *stats);

#endif
