/* Wire: the lines of the order auction, as its first programs write and read them.
 *
 *   sequencer ──► solver   {"NewOrderBatch":[{"id":3,"description":"..","creation_time":17}, ...]}
 *                          {"CommitmentNotification":{"order_id":3,"solver_id":"s1",
 *                              "input_amount":174,"min_output_amount":167,"deadline":27}}
 *                          {"AuctionClosedNoWinner":3}
 *   solver ──► sequencer   {"SubmitBid":{"order_id":3,"solver_id":"s1","max_input":174,
 *                              "conversion_rate":0.96,"valid_till":33}}
 *                          {"FulfillmentComplete":{"order_id":3,"solver_id":"s1"}}
 *
 * One JSON value per line. Read as their parser does: members in any order, or an array in the order
 * above; unknown members are ignored, repeated or missing ones refused; integers are digits only.
 * Members of ours: "auth" in bids and claims. Written compact, with the members in the order above.
 * Times on the wire are UTC seconds. Thread: any (pure). Source: tests/vectors/orders. */
#ifndef GV_APP_AUCTION_ORDERS_WIRE_H
#define GV_APP_AUCTION_ORDERS_WIRE_H

#include "app/auction/orders/order.h"
#include "firmware/base/crypto.h"
#include "firmware/base/json.h"

#define GV_ORDER_LINE_MAX 65536u
/* yyjson's values of the longest line (16 bytes each, one per two bytes of text at worst). */
#define GV_ORDER_LINE_ARENA (GV_ORDER_LINE_MAX / 2u * 16u + 4096u)
#define GV_ORDER_AUTH_MAX   192u
#define GV_ORDER_RATE_MAX   32u /* characters of a rate as it was written */

enum gv_order_line_kind {
    GV_ORDER_LINE_BLANK, /* nothing but white space: ends the connection, as in the original */
    GV_ORDER_LINE_BATCH,
    GV_ORDER_LINE_COMMITMENT,
    GV_ORDER_LINE_CLOSED,
    GV_ORDER_LINE_BID,
    GV_ORDER_LINE_CLAIM,
};

/** A bid as sent: min_output of `bid` is not set, its solver is checked, its numbers are not. */
struct gv_order_wire_bid {
    struct gv_order_bid bid;
    char rate_text[GV_ORDER_RATE_MAX]; /* as written */
    char auth[GV_ORDER_AUTH_MAX];      /* "" when absent */
};

struct gv_order_wire_claim {
    uint64_t order_id;
    struct gv_solver_id solver;
    char auth[GV_ORDER_AUTH_MAX];
};

struct gv_order_wire_commitment {
    uint64_t order_id;
    struct gv_order_commitment commitment; /* round 0: the wire does not tell it */
};

/** An order of a batch. */
struct gv_order_wire_order {
    uint64_t id;
    struct gv_view description;
    uint64_t created_s;
};

struct gv_order_line {
    enum gv_order_line_kind kind;
    union {
        struct gv_order_wire_bid bid;
        struct gv_order_wire_claim claim;
        struct gv_order_wire_commitment commitment;
        uint64_t closed;
        struct {
            size_t count;
            gv_json_ref orders; /* see gv_order_wire_order_at */
        } batch;
    };
};

/** Read a line without its end.
 *  In:      text: changed in place, GV_JSON_PADDING writable bytes behind it; it and the arena must
 *           outlive a batch.
 *  Returns: GV_OK; GV_ERR_INVALID "json.*", "orders.message" (no such message), "orders.member" (a
 *           member is missing, repeated or of the wrong type), "orders.solver_id"; GV_ERR_TOO_LARGE. */
GV_MUST_USE enum gv_err gv_order_line_parse(struct gv_order_line *line, struct gv_arena *arena,
                                            char *text, size_t text_len, struct gv_fail *fail);
/** One order of a batch. In: it: of gv_json_first/next over line->batch.orders. */
GV_MUST_USE enum gv_err gv_order_wire_order_read(struct gv_order_wire_order *order, gv_json_ref v,
                                                 struct gv_fail *fail);

/* ---- writing: each a whole line with its '\n'; `out->full` when it did not fit -------------------- */

void gv_order_write_batch_begin(struct gv_json_out *out);
void gv_order_write_batch_order(struct gv_json_out *out, const struct gv_order_wire_order *order);
void gv_order_write_batch_end(struct gv_json_out *out);
void gv_order_write_commitment(struct gv_json_out *out,
                               const struct gv_order_wire_commitment *commitment);
void gv_order_write_closed(struct gv_json_out *out, uint64_t order_id);
/** "auth" is left out when empty. */
void gv_order_write_bid(struct gv_json_out *out, const struct gv_order_wire_bid *bid);
void gv_order_write_claim(struct gv_json_out *out, const struct gv_order_wire_claim *claim);

/* Random bytes, and their text in base64url with its NUL. */
#define GV_ORDER_DOMAIN_BYTES 16u
#define GV_ORDER_DOMAIN_TEXT  23u
/** What a solver signs (BIP340): the tagged hash "gavel/order-line" of the box's signing domain and, behind
 *  it, the message as written above, without "auth" and without the end of the line; the rate in its
 *  shortest form. The domain is the box's own and never on the wire: boxes count their orders from one
 *  alike, and a line that was signed for one of them is worth nothing at another.
 *  In: domain: text of GV_ORDER_DOMAIN_TEXT. */
void gv_order_bid_digest(struct gv_hash256 *digest, const char *domain,
                         const struct gv_order_wire_bid *bid);
void gv_order_claim_digest(struct gv_hash256 *digest, const char *domain,
                           const struct gv_order_wire_claim *claim);

/** A double in its shortest form that reads back the same, with a fraction or exponent: 1.0, 0.29, 1e300.
 *  In: v: finite. Out: text, GV_ORDER_RATE_MAX bytes. */
void gv_order_rate_format(char text[GV_ORDER_RATE_MAX], double v);

#endif
