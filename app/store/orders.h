/* Store: order auctions. See store.h for the common rules: every write runs in the caller's
 * transaction, what is read back is checked.
 *
 *   oa_order ─┬─ oa_bid          every bid that was accepted
 *             └─ oa_commitment ─┬─ oa_claim    one row per round and solver, refused ones too
 *                               └─ oa_escrow   what is deposited for the round
 *   oa_solver, oa_account ── oa_ledger         balances and the entries that made them (append-only)
 *   oa_event                                   append-only, hash-chained like the audit log
 *   oa_cut                                     one row: what remains of old orders and events
 *
 * Times are seconds of the book's clock. Ids and sequence numbers are given by the engine. Thread: engine. */
#ifndef GV_APP_STORE_ORDERS_H
#define GV_APP_STORE_ORDERS_H

#include "app/auction/orders/ledger.h"
#include "app/auction/orders/order.h"
#include "app/store/store.h"

#define GV_ORDER_RATE_TEXT  32u
#define GV_ORDER_PEER_MAX   48u
#define GV_ORDER_PROOF_MAX  96u
#define GV_ORDER_REASON_MAX 32u
/* A new order whose description is all quotation marks; a batch of GV_ORDER_BATCH_MAX ids. */
#define GV_ORDER_EVENT_KIND_MAX 24u
#define GV_ORDER_EVENT_MAX      2560u

/* ---- orders --------------------------------------------------------------------------------------- */

struct gv_order_row {
    struct gv_order order; /* its commitment: the newest */
    uint64_t batch;        /* sequence number of its BatchCreated event; 0: not announced */
    int64_t updated_s;
    char description[GV_ORDER_TEXT_MAX + 1];
};

GV_MUST_USE enum gv_err gv_store_order_insert(struct gv_store *store,
                                              const struct gv_order_row *row);
/** Write state, batch (unless 0), round and time. */
GV_MUST_USE enum gv_err gv_store_order_update(struct gv_store *store, const struct gv_order *order,
                                              uint64_t batch, int64_t updated_s);
/** Returns also: GV_ERR_NOT_FOUND. */
GV_MUST_USE enum gv_err gv_store_order_get(struct gv_store *store, uint64_t id,
                                           struct gv_order_row *row);
/** Orders below an id, newest first. In: state: one, or GV_ORDER_STATES for all. */
GV_MUST_USE enum gv_err gv_store_orders_page(struct gv_store *store, uint32_t state,
                                             uint64_t before, struct gv_order_row *rows,
                                             uint32_t rows_max, uint32_t *count);
/** Visit the open orders, ascending id, until `visit` fails. */
GV_MUST_USE enum gv_err
gv_store_orders_open(struct gv_store *store,
                     enum gv_err (*visit)(void *ctx, const struct gv_order *order), void *ctx);

/** What was given out last; zeros when there is none. Numbers of rows that were cut are not given out again. */
struct gv_orders_newest {
    uint64_t order;
    uint64_t bid;
    uint64_t entry; /* of the ledger */
    uint64_t event;
    struct gv_hash256 event_hash;
    int64_t at_s; /* of that event; INT64_MIN: none */
};
GV_MUST_USE enum gv_err gv_store_orders_newest(struct gv_store *store,
                                               struct gv_orders_newest *newest);

/* ---- bids, commitments, claims -------------------------------------------------------------------- */

struct gv_order_bid_row {
    uint64_t seq;
    struct gv_order_bid bid;
    int64_t at_s;
    char rate_text[GV_ORDER_RATE_TEXT]; /* as it was sent */
    char peer[GV_ORDER_PEER_MAX];
};
GV_MUST_USE enum gv_err gv_store_bid_insert(struct gv_store *store,
                                            const struct gv_order_bid_row *row);
GV_MUST_USE enum gv_err gv_store_bids_page(struct gv_store *store, uint64_t order_id,
                                           uint64_t before, struct gv_order_bid_row *rows,
                                           uint32_t rows_max, uint32_t *count);
/** Visit the bids for open orders in the order of their arrival. */
GV_MUST_USE enum gv_err
gv_store_bids_open(struct gv_store *store,
                   enum gv_err (*visit)(void *ctx, const struct gv_order_bid *bid), void *ctx);

/** Stored as numbers: never renumber. */
enum gv_order_outcome {
    GV_ORDER_OUTCOME_OPEN = 0,
    GV_ORDER_OUTCOME_FULFILLED = 1,
    GV_ORDER_OUTCOME_FAILED = 2,
};
/** Stored as numbers: never renumber. */
enum gv_order_hold {
    GV_ORDER_HOLD_NONE = 0,
    GV_ORDER_HOLD_LOCKED = 1,    /* the money is in the solver's locked account */
    GV_ORDER_HOLD_PAID = 2,      /* fulfilled: output paid, the rest unlocked */
    GV_ORDER_HOLD_RETURNED = 3,  /* failed: unlocked */
    GV_ORDER_HOLD_FORFEITED = 4, /* failed: bond kept, the rest unlocked */
};

struct gv_order_commitment_row {
    uint64_t order_id;
    struct gv_order_commitment commitment;
    int64_t at_s;
    enum gv_order_outcome outcome;
    enum gv_order_hold hold;
    uint64_t bond;      /* part of `deposited` that was locked at the commitment */
    uint64_t deposited; /* bond and deposits for this round */
};
/** Insert the commitment; what is held for it is gv_store_escrow_put's. */
GV_MUST_USE enum gv_err gv_store_commitment_insert(struct gv_store *store,
                                                   const struct gv_order_commitment_row *row);
GV_MUST_USE enum gv_err gv_store_commitment_end(struct gv_store *store, uint64_t order_id,
                                                uint32_t round, enum gv_order_outcome outcome);
/** Write what is held for a round. In: proof: of the newest deposit, "" for the bond. */
GV_MUST_USE enum gv_err gv_store_escrow_put(struct gv_store *store,
                                            const struct gv_order_commitment_row *row,
                                            const char *proof);
/** Commitments of an order from a round on, first round first. */
GV_MUST_USE enum gv_err gv_store_commitments_page(struct gv_store *store, uint64_t order_id,
                                                  uint32_t from_round,
                                                  struct gv_order_commitment_row *rows,
                                                  uint32_t rows_max, uint32_t *count);
/** Visit the failed commitments of open orders. */
GV_MUST_USE enum gv_err gv_store_failures_open(
    struct gv_store *store,
    enum gv_err (*visit)(void *ctx, uint64_t order_id, const struct gv_solver_id *solver),
    void *ctx);

struct gv_order_claim_row {
    uint64_t order_id;
    uint32_t round; /* of the order when it came; 0: before any */
    struct gv_solver_id solver;
    int64_t at_s;
    bool accepted;
    char reason[GV_ORDER_REASON_MAX]; /* "" when accepted */
};
/** The first claim of a solver in a round, of those accepted and of those refused, is kept. */
GV_MUST_USE enum gv_err gv_store_claim_put(struct gv_store *store,
                                           const struct gv_order_claim_row *row);
GV_MUST_USE enum gv_err gv_store_claims_page(struct gv_store *store, uint64_t order_id,
                                             struct gv_order_claim_row *rows, uint32_t rows_max,
                                             uint32_t *count);

/* ---- solvers and money ---------------------------------------------------------------------------- */

struct gv_solver {
    struct gv_solver_id id;
    bool has_secret;
    bool has_pubkey;
    struct gv_hash256 secret_hash;
    uint8_t pubkey[32];
    uint64_t wins;
    uint64_t failures;
    int64_t suspended_until_s; /* by the operator */
    int64_t cool_until_s;      /* after a failure */
};
GV_MUST_USE enum gv_err gv_store_solver_put(struct gv_store *store, const struct gv_solver *solver);
GV_MUST_USE enum gv_err gv_store_solver_delete(struct gv_store *store,
                                               const struct gv_solver_id *id);
GV_MUST_USE enum gv_err
gv_store_solvers_each(struct gv_store *store,
                      enum gv_err (*visit)(void *ctx, const struct gv_solver *solver), void *ctx);

/** Append an entry and write the two balances that it has made. */
struct gv_ledger_row {
    uint64_t seq;
    int64_t at_s;
    struct gv_ledger_entry entry;
    uint64_t order_id; /* 0: none */
    uint32_t round;
    char proof[GV_ORDER_PROOF_MAX];
};
GV_MUST_USE enum gv_err gv_store_ledger_append(struct gv_store *store,
                                               const struct gv_ledger_row *row,
                                               const struct gv_ledger *ledger);
/** Read the balances. Returns also: GV_ERR_FULL; GV_ERR_CRYPTO (they do not add up to zero). */
GV_MUST_USE enum gv_err gv_store_ledger_load(struct gv_store *store, struct gv_ledger *ledger);
/** Move up to rows_max entries again, those behind *seq; fewer are left at the end.
 *  Returns also: GV_ERR_CRYPTO: entry *seq + 1 is missing or cannot be moved. In-out: seq: of the last that was
 *  moved; balances: those before the first entry are gv_ledger_init's. */
GV_MUST_USE enum gv_err gv_store_ledger_verify_more(struct gv_store *store, uint32_t rows_max,
                                                    uint64_t *seq, struct gv_ledger *balances);

/* ---- event log ------------------------------------------------------------------------------------ */

struct gv_order_event_row {
    uint64_t seq; /* 1, 2, 3, ... */
    int64_t at_s;
    char kind[GV_ORDER_EVENT_KIND_MAX]; /* "BidReceived" */
    char json[GV_ORDER_EVENT_MAX];      /* {"BidReceived":{...}} */
    struct gv_hash256 prev_hash;
    struct gv_hash256 hash;
};
/** Append an event. In: row: time, kind and json; the rest is set here. In-out: newest: moves on. */
GV_MUST_USE enum gv_err gv_store_event_append(struct gv_store *store,
                                              struct gv_orders_newest *newest,
                                              struct gv_order_event_row *row);
/** The newest event's number, hash and time, when one is kept; part of gv_store_orders_newest. */
GV_MUST_USE enum gv_err gv_store_event_last(struct gv_store *store,
                                            struct gv_orders_newest *newest);
GV_MUST_USE enum gv_err gv_store_events_page(struct gv_store *store, uint64_t from,
                                             struct gv_order_event_row *rows, uint32_t rows_max,
                                             uint32_t *count);
/** Recompute the chain of up to rows_max events behind *good, or from what was cut on when that is later; fewer
 *  are left at the end. Returns also: GV_ERR_CRYPTO: event *good + 1 is the first bad one. In-out: good, with
 *  its hash; zeros before the first. */
GV_MUST_USE enum gv_err gv_store_events_verify_more(struct gv_store *store, uint32_t rows_max,
                                                    uint64_t *good, struct gv_hash256 *last);

/* ---- retention ------------------------------------------------------------------------------------ */

/** What remains of rows that were deleted, oldest first. */
struct gv_orders_cut {
    uint64_t order; /* given out by then */
    uint64_t bid;
    uint64_t event; /* the newest that was cut: the log is kept from the next one; 0: all of it */
    struct gv_hash256 event_hash;
    int64_t event_at_s;
};
GV_MUST_USE enum gv_err gv_store_orders_cut_get(struct gv_store *store, struct gv_orders_cut *cut);
GV_MUST_USE enum gv_err gv_store_orders_cut_put(struct gv_store *store,
                                                const struct gv_orders_cut *cut);
/** Delete the oldest order with its bids (GV_ORDER_BIDS_PER_ORDER at most), commitments, claims and what was
 *  held, when it has ended before a time. Its entries of the ledger stay: money is accounted for from the
 *  first day on. Out: id: 0: there is none; bids: that were deleted. */
GV_MUST_USE enum gv_err gv_store_orders_cut_oldest(struct gv_store *store, int64_t before_s,
                                                   uint64_t *id, uint32_t *bids);
/** Delete at most rows_max events that are older than a time. In-out: cut: its event moves on. */
GV_MUST_USE enum gv_err gv_store_events_cut(struct gv_store *store, int64_t before_s,
                                            uint32_t rows_max, struct gv_orders_cut *cut);

#endif
