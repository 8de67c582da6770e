/* Orders in the engine: the durable side of the three-phase order auction.
 *
 *   sequencer thread ── post intake (bids, claims of a poll round) ─┐
 *                    ── post tick (every two seconds) ──────────────┼─► engine ─► one commit per batch
 *                    ── post snapshot (a solver has connected) ─────┘                 │
 *          lines to send, verdicts  ◄── done(ctx), after the commit ──────────────────┘
 *   http workers ── add orders, read pages ─► the same queue
 *
 * The sequencer owns the sockets and nothing else: what it is to send are finished lines of wire.h, to be
 * appended to every connection as they are. They are handed over only after the steps they tell of
 * have been committed, with their rows in the hash-chained event log.
 * A posted call is lent to the engine until `done` has been called: the poster goes on with another one.
 * `done` runs on the engine thread, must not block and may only wake the poster (atomic flag, poller's
 * wake); with self_serve it runs before the post returns.
 * Times: in calls and lines UTC seconds as on the wire, converted here to and from the book's clock, which
 * no step of the wall clock moves (app/auction/orders/clock.h). Rows that are read are in the book's time,
 * with `now_s` of the same clock beside them: subtract, do not compare with another clock.
 * Refused bids leave no row, only a count by reason; accepted ones are a row and an event each. A claim under
 * a false name leaves an audit row, one for each round at most.
 * Results of reads and changes: GV_OK; GV_ERR_NOT_FOUND; GV_ERR_FULL; GV_ERR_STORAGE; GV_ERR_TIMEOUT;
 * GV_ERR_UNAVAILABLE ("orders.off": the module is switched off). Thread: any but the engine's. */
#ifndef GV_APP_ENGINE_ORDERS_H
#define GV_APP_ENGINE_ORDERS_H

#include "app/auction/orders/book.h"
#include "app/auction/orders/wire.h"
#include "app/engine/accounts.h"
#include "app/store/orders.h"

#include <stdatomic.h>

/** What counts as a fulfilment. */
enum gv_order_escrow {
    GV_ORDER_CLAIM, /* the bare claim, as in the original: unsafe, for loopback only */
    GV_ORDER_PROOF, /* a deposit of at least min_output_amount before the deadline */
};

/** Kept by gv_engine_open (gv_engine_config.orders; NULL there: the module is off and costs no memory). */
struct gv_engine_orders_config {
    struct gv_order_rules rules;
    enum gv_order_escrow escrow;
    bool authenticated; /* only registered solvers whose line was proven may bid and claim */
    uint32_t
        bond_percent;    /* proof mode: of min_output, locked while a solver is committed; 0..100 */
    bool forfeit;        /* proof mode: a failed solver loses the bond, else it is unlocked */
    uint32_t cooldown_s; /* after each failure a solver gets no new commitment; 0: none */
    bool demo;           /* one sample order every second tick */
    uint32_t keep_s;     /* orders that have ended, and events, stay so long; 0: for ever */
};

/* ---- the sequencer: posted calls ------------------------------------------------------------------ */

/** The part that all posted calls share. In: done, ctx. Out, valid once done: err, fail. */
struct gv_order_call {
    void (*done)(void *ctx, struct gv_order_call *call);
    void *ctx;
    enum gv_err err; /* GV_OK; GV_ERR_STORAGE: nothing has happened, not even to good items */
    struct gv_fail fail;
};

/* Lines of one poll round: at 15,000 a second a commit may take 30 ms before they wait. */
#define GV_ORDER_INTAKE_MAX 512u

/** A bid or claim as it came, and what became of it. */
struct gv_order_item {
    enum gv_order_line_kind kind; /* GV_ORDER_LINE_BID or GV_ORDER_LINE_CLAIM */
    union {
        struct gv_order_wire_bid bid; /* as parsed; valid_till in UTC; min_output is set here */
        struct gv_order_wire_claim claim;
    };
    bool proven;                    /* gv_solver_proven says that its solver wrote it */
    bool must_be_proven;            /* it came through an authenticated port */
    char peer[GV_ADDRESS_TEXT_MAX]; /* for the row */
    enum gv_err err;                /* out; GV_OK: it is stored */
    char code[GV_ORDER_REASON_MAX]; /* out: the broken rule ("orders.late"), "" when GV_OK */
};

struct gv_order_intake {
    struct gv_order_call call;
    uint32_t count;              /* 1..GV_ORDER_INTAKE_MAX */
    struct gv_order_item *items; /* lent */
};

/* Steps (commitments, ends) of one tick; what is left is done by the next one. */
#define GV_ORDER_STEPS_MAX 256u
/* Lines of one tick: a batch of GV_ORDER_BATCH_MAX descriptions that are all quotation marks, 2.2 kB
 * each, and a commitment or closure of at most 300 bytes for each step. */
#define GV_ORDER_LINES_MAX 262144u

struct gv_order_tick {
    struct gv_order_call call;
    char *lines; /* lent, GV_ORDER_LINES_MAX bytes */
    /* out */
    size_t lines_len; /* whole lines: announcements, commitments, closures, in the order to send */
    bool more;        /* steps are left: tick again without waiting */
    uint32_t announced;
    uint32_t committed; /* first commitments and reassignments */
    uint32_t fulfilled;
    uint32_t failed;
    uint32_t expired;
};

/** What a solver that connects must hear: orders in auction, and commitments that can still be kept
 *  (also after a restart). The solver takes part in broadcasts from the moment the first page is done;
 *  it may then hear of an order twice, which is harmless. */
struct gv_order_snapshot {
    struct gv_order_call call;
    uint64_t after; /* in-out: order id to go on from; 0 at the start */
    char *lines;    /* lent, GV_ORDER_LINES_MAX bytes */
    size_t lines_len;
    bool more; /* post it again for the next page */
};

/** Post. Returns: GV_OK: `done` will be called; GV_ERR_FULL "engine.busy", GV_ERR_UNAVAILABLE
 *  "engine.stopped", "orders.off": it will not, and nothing has happened. */
GV_MUST_USE enum gv_err gv_engine_orders_intake(struct gv_engine *engine,
                                                struct gv_order_intake *intake,
                                                struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_engine_orders_tick(struct gv_engine *engine, struct gv_order_tick *tick,
                                              struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_engine_orders_snapshot(struct gv_engine *engine,
                                                  struct gv_order_snapshot *snapshot,
                                                  struct gv_fail *fail);

/* ---- live stream ---------------------------------------------------------------------------------- */

enum gv_order_news_kind {
    GV_ORDER_NEWS_ADDED, /* pending; one for all orders of a request */
    GV_ORDER_NEWS_BATCH, /* announced; one for all orders of a tick */
    GV_ORDER_NEWS_BID,
    GV_ORDER_NEWS_COMMITMENT,
    GV_ORDER_NEWS_CLAIM,
    GV_ORDER_NEWS_FULFILLED,
    GV_ORDER_NEWS_FAILED,
    GV_ORDER_NEWS_REASSIGNED,
    GV_ORDER_NEWS_EXPIRED,
};
/** "added", "batch", ... Returns: a static string. */
const char *gv_order_news_text(enum gv_order_news_kind kind);

/** What has just been committed (gv_event.order). */
struct gv_order_news {
    enum gv_order_news_kind kind;
    uint64_t order_id;          /* the first of an addition or a batch */
    uint32_t count;             /* orders of an addition or a batch, else 1 */
    struct gv_solver_id solver; /* "" when none is concerned */
    uint32_t round;
    uint64_t input;
    uint64_t output;
    int64_t until_s; /* validity of the bid, deadline of the commitment; the book's clock */
    int64_t now_s;   /* the book's clock */
};

/* ---- adding orders (http workers, CSV, command line) ---------------------------------------------- */

/* Orders of one request, and their descriptions with a NUL behind each. */
#define GV_ORDER_UPLOAD_MAX   1000u
#define GV_ORDER_UPLOAD_BYTES 16384u

/** New orders on their way into the engine; from a pool of GV_ORDER_UPLOADS_MAX. */
struct gv_order_upload {
    uint32_t count;
    uint32_t len;
    char text[GV_ORDER_UPLOAD_BYTES];
    /* The answer is kept under this key in the orders' transaction (replay.h); NULL: it is not. */
    void (*answer)(uint64_t first_id, uint32_t count, struct gv_replay *replay);
    struct gv_hash256 replay_key;
    struct gv_hash256 replay_body;
};

/** NULL when all are busy. Given back by gv_engine_orders_add, or by: */
GV_MUST_USE struct gv_order_upload *gv_order_upload_acquire(void);
void gv_order_upload_release(struct gv_order_upload *upload);
/** Append a description: 1..GV_ORDER_TEXT_MAX bytes of UTF-8 without control characters.
 *  Returns: GV_OK; GV_ERR_INVALID "orders.description"; GV_ERR_TOO_LARGE "orders.too_many". */
GV_MUST_USE enum gv_err gv_order_upload_put(struct gv_order_upload *upload,
                                            struct gv_view description, struct gv_fail *fail);
/** Store them all, or none. Takes the upload over in every case.
 *  Returns also: GV_ERR_FULL "orders.full". Out: first_id: the others follow it without a gap. */
GV_MUST_USE enum gv_err gv_engine_orders_add(struct gv_engine *engine, const struct gv_actor *actor,
                                             struct gv_order_upload *upload, uint64_t *first_id,
                                             struct gv_fail *fail);

/* ---- reads ---------------------------------------------------------------------------------------- */

#define GV_ORDER_PAGE      50u
#define GV_ORDER_LOG_PAGE  20u /* events: 2.7 kB each */
#define GV_ORDER_ANY_STATE GV_ORDER_STATES

/** Orders of a state (or GV_ORDER_ANY_STATE) below an id, newest first. In: rows_max: at most GV_ORDER_PAGE;
 *  so for the others. */
GV_MUST_USE enum gv_err gv_engine_orders_page(struct gv_engine *engine, uint32_t state,
                                              uint64_t before, uint32_t rows_max,
                                              struct gv_order_row *rows, uint32_t *count,
                                              struct gv_fail *fail);
/** One order, also an ended one. Returns also: GV_ERR_NOT_FOUND "orders.unknown". */
GV_MUST_USE enum gv_err gv_engine_order_get(struct gv_engine *engine, uint64_t id,
                                            struct gv_order_row *row, struct gv_fail *fail);
/** Its bids below a sequence number, newest first. */
GV_MUST_USE enum gv_err gv_engine_order_bids(struct gv_engine *engine, uint64_t id, uint64_t before,
                                             uint32_t rows_max, struct gv_order_bid_row *rows,
                                             uint32_t *count, struct gv_fail *fail);
/** Its commitments with their escrow and outcome, first round first. */
GV_MUST_USE enum gv_err gv_engine_order_commitments(struct gv_engine *engine, uint64_t id,
                                                    uint32_t rows_max,
                                                    struct gv_order_commitment_row *rows,
                                                    uint32_t *count, struct gv_fail *fail);
/** Its claims, refused ones too. */
GV_MUST_USE enum gv_err gv_engine_order_claims(struct gv_engine *engine, uint64_t id,
                                               uint32_t rows_max, struct gv_order_claim_row *rows,
                                               uint32_t *count, struct gv_fail *fail);
/** The event log from a sequence number on, oldest first. In: rows_max: at most GV_ORDER_LOG_PAGE. */
GV_MUST_USE enum gv_err gv_engine_orders_log(struct gv_engine *engine, uint64_t from,
                                             uint32_t rows_max, struct gv_order_event_row *rows,
                                             uint32_t *count, struct gv_fail *fail);
/** Events that are good. */
struct gv_orders_verified {
    uint64_t first; /* the oldest one that is kept */
    uint64_t
        count; /* from that on; what came while the log was verified is not always among them */
    struct gv_hash256 last;
};
/** Recompute the event log's chain and the escrow ledger, step by step: the engine serves others in between.
 *  Returns also: GV_ERR_CRYPTO "orders.log_broken" (text names the first bad sequence number),
 *  "orders.ledger_broken"; GV_ERR_FULL "engine.busy", also while somebody else has it verified.
 *  Out: verified: on GV_OK. */
GV_MUST_USE enum gv_err gv_engine_orders_verify(struct gv_engine *engine,
                                                struct gv_orders_verified *verified,
                                                struct gv_fail *fail);

/** Why bids and claims were refused, as counted. */
#define GV_ORDER_REASONS 24u
struct gv_order_reason {
    char code[GV_ORDER_REASON_MAX]; /* "" behind the last */
    uint64_t count;
};

/** Counters since the start, and how things stand; a copy of what was committed last. */
struct gv_orders_status {
    bool on;
    struct gv_engine_orders_config config;
    int64_t now_s;              /* the book's clock at the last batch */
    int64_t utc_ahead_s;        /* the wall clock minus the book's */
    uint32_t open[3];           /* by state: pending, in auction, committed */
    uint32_t bids_open;         /* held for open orders */
    uint64_t newest_id;         /* of an order */
    uint64_t newest_event;      /* sequence number of the log */
    uint64_t oldest_event;      /* of the oldest one that is kept; one above the newest: none is */
    struct gv_hash256 log_hash; /* of that event: keep a copy elsewhere */
    char
        domain[GV_ORDER_DOMAIN_TEXT]; /* of signed lines (wire.h); "" until a public key is there */
    uint64_t bids;                    /* accepted */
    uint64_t claims;
    uint64_t ticks;
    uint64_t announced, committed, reassigned, fulfilled, failed, expired;
    uint64_t orders_cut, events_cut; /* deleted for their age */
    uint64_t seats_taken_over;       /* from strangers, by others */
    struct gv_order_reason refused[GV_ORDER_REASONS];
};
void gv_engine_orders_status(struct gv_engine *engine, struct gv_orders_status *status);

#endif
