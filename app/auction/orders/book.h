/* Order book: every open order with its bids, and the one tick that moves them.
 *
 *    PENDING ──batch──► IN_AUCTION ──best bid──► COMMITTED ──claim in time──► FULFILLED
 *                          │                        │ ├─no claim, another bid──► COMMITTED
 *                          └──no valid bid──► EXPIRED ◄┘ no claim, no other bid
 *
 * Pure: time comes in, and everything that happens goes out as a step, in order: what is stored,
 * logged, told and paid follows from the steps. Orders are looked at in ascending id, so the same input
 * gives the same steps. An order that has ended leaves the book with its bids.
 * Selection: highest min_output; then, in the first round only, the lower valid_till; then the bid that
 * came last. A solver who failed an order never gets it again (rules.original: only not at once).
 * Fulfilment is judged when the grace has passed, by the claim that came first.
 * Limits: GV_ORDERS_MAX orders, GV_ORDER_BIDS_MAX bids in all (limits.h); the book is one struct of fixed
 * size. Thread: engine. Source: public program "Order-Auction Mini-Sim". */
#ifndef GV_APP_AUCTION_ORDERS_BOOK_H
#define GV_APP_AUCTION_ORDERS_BOOK_H

#include "app/auction/orders/order.h"

/* One order takes this many bids, of one solver this many: nobody can crowd out the others. */
#define GV_ORDER_BIDS_PER_ORDER  1024u
#define GV_ORDER_BIDS_PER_SOLVER 32u
#define GV_ORDER_BATCH_MAX       64u

struct gv_order_rules {
    uint32_t batch;     /* orders announced in one tick, 1..GV_ORDER_BATCH_MAX */
    uint32_t collect_s; /* seconds from an order's creation to its first selection; however long it
                           waited for its batch, half of them from its announcement */
    uint32_t commit_s;  /* seconds that a committed solver has, unless his bid ends earlier */
    uint32_t grace_s;   /* seconds from the deadline to the judgement */
    uint32_t
        work_s; /* a bid with less than this left is passed over: its solver could not finish */
    bool
        original; /* as the original does: reassignment excludes the solver that failed just now only,
                      and an order that waited too long for its batch ends as it is announced */
};
/** The original's numbers: 5, 5, 10, 2; and 4 seconds of work, which its solver needs to survive. */
extern const struct gv_order_rules gv_order_rules_default;

#define GV_NO_BID UINT32_MAX

struct gv_order_slot {
    struct gv_order order;
    uint32_t first_bid; /* newest first; GV_NO_BID: none */
    uint32_t bid_count;
};

struct gv_order_bid_slot {
    struct gv_order_bid bid;
    uint64_t number; /* of arrival, in the whole book */
    uint32_t next;
    bool failed; /* its solver failed this order */
};

struct gv_order_book {
    struct gv_order_rules rules;
    uint64_t bids_seen;
    uint32_t count;
    uint32_t bid_count;
    uint32_t free_bid;
    struct gv_order_slot slots[GV_ORDERS_MAX]; /* ascending id */
    struct gv_order_bid_slot bids[GV_ORDER_BIDS_MAX];
};

void gv_order_book_init(struct gv_order_book *book, const struct gv_order_rules *rules);

/** Returns: the order, NULL when it is not in the book. */
const struct gv_order *gv_order_book_find(const struct gv_order_book *book, uint64_t id);
/** Visit the bids of an order, the newest first, until `visit` returns false. */
void gv_order_book_bids(const struct gv_order_book *book, uint64_t id,
                        bool (*visit)(void *ctx, const struct gv_order_bid_slot *bid), void *ctx);

/** A new order, or one from storage, in its state.
 *  In: order->id: above every one in the book (asserted); state: not an ended one.
 *  Returns: GV_OK; GV_ERR_FULL "orders.full". */
GV_MUST_USE enum gv_err gv_order_book_add(struct gv_order_book *book, const struct gv_order *order,
                                          struct gv_fail *fail);

/** Take a bid. In: bid: checked by gv_order_min_output.
 *  Returns: GV_OK; GV_ERR_NOT_FOUND "orders.unknown"; GV_ERR_STATE "orders.not_announced",
 *  "orders.solver_failed"; GV_ERR_FULL "orders.solver_bids", "orders.order_bids", "orders.bids". */
GV_MUST_USE enum gv_err gv_order_book_bid(struct gv_order_book *book,
                                          const struct gv_order_bid *bid, struct gv_fail *fail);
/** As stored: the solver of this bid has failed the order. */
void gv_order_book_mark_failed(struct gv_order_book *book, uint64_t id,
                               const struct gv_solver_id *solver);

/** Take the claim of the committed solver that he has done his duty. The first one in time is final.
 *  Returns: GV_OK (*repeated: there was one already); GV_ERR_NOT_FOUND "orders.unknown"; GV_ERR_STATE
 *  "orders.not_committed", "orders.late"; GV_ERR_FORBIDDEN "orders.other_solver". */
GV_MUST_USE enum gv_err gv_order_book_claim(struct gv_order_book *book, uint64_t id,
                                            const struct gv_solver_id *solver, int64_t now_s,
                                            bool *repeated, struct gv_fail *fail);

/** As gv_order_book_claim, without taking it. */
GV_MUST_USE enum gv_err gv_order_book_may_claim(const struct gv_order_book *book, uint64_t id,
                                                const struct gv_solver_id *solver, int64_t now_s,
                                                bool *repeated, struct gv_fail *fail);

/** Somebody has claimed under the name of another. Returns: true once for each round of a committed order:
 *  then it is worth a row. */
bool gv_order_book_note_forged(struct gv_order_book *book, uint64_t id);

/* ---- the tick ------------------------------------------------------------------------------------- */

enum gv_order_step_kind {
    GV_ORDER_STEP_ANNOUNCED, /* of the batch of this tick */
    GV_ORDER_STEP_SELECTED,  /* first commitment */
    GV_ORDER_STEP_FULFILLED, /* the order has ended */
    GV_ORDER_STEP_FAILED, /* the committed solver did not deliver; REASSIGNED or EXPIRED follows */
    GV_ORDER_STEP_REASSIGNED, /* next commitment */
    GV_ORDER_STEP_EXPIRED,    /* the order has ended */
};

struct gv_order_step {
    enum gv_order_step_kind kind;
    struct gv_order order;           /* as it is now */
    struct gv_solver_id prev_solver; /* GV_ORDER_STEP_REASSIGNED */
};

struct gv_order_sink {
    void (*step)(void *ctx, const struct gv_order_step *step);
    /** May this bid become a commitment (is its bond covered)? NULL: every one may. */
    bool (*may_commit)(void *ctx, const struct gv_order_bid *bid);
    void *ctx;
};

/** Announce, select, judge, reassign: everything that is due at now_s. The steps of the selection come
 *  before those of the judgement.
 *  In:      moves_max: so many orders are selected or judged at most, UINT32_MAX for all.
 *  Returns: true when it was not enough: the next tick goes on. */
bool gv_order_book_tick(struct gv_order_book *book, int64_t now_s, uint32_t moves_max,
                        const struct gv_order_sink *sink);

#endif
