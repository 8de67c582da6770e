/* An order, a bid, a commitment: the values of the three-phase order auction.
 *
 * Amounts are integers without unit, at most GV_ORDER_AMOUNT_MAX, so that every JavaScript reader and every
 * SQL integer holds them. Times are whole seconds of the *book's clock*: a clock that never jumps, set to
 * UTC when the box starts (clock.h). Who speaks to the outside converts (app/engine). Plain values, copied
 * between threads. Source: public program "Order-Auction Mini-Sim". */
#ifndef GV_APP_AUCTION_ORDERS_ORDER_H
#define GV_APP_AUCTION_ORDERS_ORDER_H

#include "firmware/base/bytes.h"
#include "firmware/base/limits.h"

#define GV_ORDER_AMOUNT_MAX ((UINT64_C(1) << 53) - 1)
#define GV_ORDER_TEXT_MAX   1024u /* bytes of a description */
#define GV_SOLVER_ID_MAX    64u   /* characters of [A-Za-z0-9._-] */

/** Stored as numbers: never renumber. */
enum gv_order_state {
    GV_ORDER_PENDING = 0,    /* waits for its batch */
    GV_ORDER_IN_AUCTION = 1, /* announced, takes bids */
    GV_ORDER_COMMITTED = 2,  /* one solver works on it; bids are taken for the case that he fails */
    GV_ORDER_FULFILLED = 3,
    GV_ORDER_EXPIRED = 4,
};
#define GV_ORDER_STATES 5u
/** "pending", "in_auction", ... Returns: a static string. */
const char *gv_order_state_text(enum gv_order_state state);

struct gv_solver_id {
    char text[GV_SOLVER_ID_MAX + 1];
};
/** Returns: GV_OK; GV_ERR_INVALID "orders.solver_id". */
GV_MUST_USE enum gv_err gv_solver_id_parse(struct gv_solver_id *id, struct gv_view text,
                                           struct gv_fail *fail);
bool gv_solver_id_equal(const struct gv_solver_id *a, const struct gv_solver_id *b);

/** What a solver offers. min_output follows from the other two, see gv_order_min_output. */
struct gv_order_bid {
    uint64_t order_id;
    struct gv_solver_id solver;
    uint64_t max_input;
    double rate;
    uint64_t min_output;
    int64_t valid_till_s;
};

/** The least amount that a bid promises: floor(max_input x rate), the product rounded to an IEEE double as
 *  the original does (140 x 1.4 = 196, 100 x 0.29 = 28), integers from there on.
 *  Returns: GV_OK; GV_ERR_INVALID "orders.rate" (not finite, not above zero, or a product over
 *  GV_ORDER_AMOUNT_MAX), "orders.max_input" (over GV_ORDER_AMOUNT_MAX). */
GV_MUST_USE enum gv_err gv_order_min_output(uint64_t *min_output, uint64_t max_input, double rate,
                                            struct gv_fail *fail);

/** One solver's duty: deliver at least `output` for `input` until the deadline. */
struct gv_order_commitment {
    struct gv_solver_id solver;
    uint32_t round; /* 1, 2, ... of this order */
    uint64_t input;
    uint64_t output;
    int64_t deadline_s; /* the claim may come in this second, not later */
};

struct gv_order {
    uint64_t id;
    int64_t created_s;
    int64_t announced_s; /* set while it is in auction */
    enum gv_order_state state;
    struct gv_order_commitment commitment; /* the newest; round 0: none yet */
    bool claimed;                          /* its claim came in time: final, whatever follows */
    uint32_t
        forged_round; /* the newest round in which somebody claimed under a false name; not stored */
};

#endif
