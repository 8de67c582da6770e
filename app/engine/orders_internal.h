/* Inside of the engine: order auctions. Private to app/engine (engine_internal.h includes it).
 *
 *   engine_orders.c         load, clock, adding, publication     thread: the one that serves
 *   engine_orders_intake.c  bids and claims                      thread: the one that serves
 *   engine_orders_tick.c    the tick's steps, lines, snapshots   thread: the one that serves
 *   engine_orders_cut.c     deleting what is old                 thread: the one that serves
 *   engine_orders_money.c   escrow, the registry's changes       thread: the one that serves
 *   engine_orders_read.c    pages, checking the log              thread: the one that serves
 *   engine_orders_calls.c   what callers ask                     thread: any
 *   solvers.c               proving lines                        thread: any
 */
#ifndef GV_APP_ENGINE_ORDERS_INTERNAL_H
#define GV_APP_ENGINE_ORDERS_INTERNAL_H

#include "app/auction/orders/clock.h"
#include "app/engine/solvers.h"

/* The signing domain among what the box remembers about itself. */
#define GV_ORDERS_DOMAIN_NAME "orders.domain"

enum gv_orders_op {
    GV_ORDERS_OP_INTAKE, /* the first three are posted: answered by their `done` */
    GV_ORDERS_OP_TICK,
    GV_ORDERS_OP_SNAPSHOT,
    GV_ORDERS_OP_ADD,
    GV_ORDERS_OP_REGISTER,
    GV_ORDERS_OP_SUSPEND,
    GV_ORDERS_OP_DEPOSIT,
    GV_ORDERS_OP_ORDER_DEPOSIT,
    GV_ORDERS_OP_PAGE, /* what follows only reads */
    GV_ORDERS_OP_GET,
    GV_ORDERS_OP_BIDS,
    GV_ORDERS_OP_COMMITMENTS,
    GV_ORDERS_OP_CLAIMS,
    GV_ORDERS_OP_LOG,
    GV_ORDERS_OP_VERIFY_LOG, /* a step of it */
    GV_ORDERS_OP_VERIFY_LEDGER,
};

/** How far log and ledger are verified. Zeros before the first step; handed on from step to step. */
struct gv_orders_verify {
    bool done;              /* of the log, or of the ledger */
    uint64_t first;         /* event that was kept at the newest step of the log */
    uint64_t count;         /* good events from there on */
    uint64_t event;         /* the newest of them, */
    struct gv_hash256 last; /* and its hash */
    uint64_t event_end;     /* where the log ended at the first step */
    uint64_t entry;         /* of the ledger: moved again so far */
    uint64_t entry_newest;  /* where the ledger ended at the newest step */
};

struct gv_orders_command {
    enum gv_orders_op op;
    struct gv_actor actor;
    struct gv_expect expect; /* of a suspension */
    union {
        struct gv_order_call *call; /* of what is posted: the first member of the next three */
        struct gv_order_intake *intake;
        struct gv_order_tick *tick;
        struct gv_order_snapshot *snapshot;
        struct {
            struct gv_order_upload *upload; /* owned */
            uint64_t first_id;
        } add;
        struct {
            struct gv_solver_id id;
            bool has_pubkey;
            bool has_secret;
            uint8_t pubkey[32];
            struct gv_hash256 secret_hash;
            int64_t until_s;
        } solver;
        struct {
            struct gv_solver_id id;
            uint64_t order_id;
            int64_t amount;
            char proof[GV_ORDER_PROOF_MAX];
        } deposit;
        struct {
            uint64_t id;
            uint64_t from; /* or before */
            uint32_t state;
            uint32_t rows_max;
            uint32_t count;
        } read;
        struct gv_orders_verify verify;
    };
};

/** Pages, for the reader who holds the lock (engine_internal.h, audit_page). */
union gv_orders_page {
    struct gv_order_row orders[GV_ORDER_PAGE];
    struct gv_order_bid_row bids[GV_ORDER_PAGE];
    struct gv_order_commitment_row commitments[GV_ORDER_PAGE];
    struct gv_order_claim_row claims[GV_ORDER_PAGE];
    struct gv_order_event_row events[GV_ORDER_LOG_PAGE];
};

/** What decides about a solver's seat, beside what is stored. */
struct gv_solver_duty {
    uint32_t committed; /* orders, now */
    uint64_t turn;      /* of his newest commitment, counted since the start; 0: none */
};

struct gv_orders {
    struct gv_order_clock clock;
    bool clock_set;
    struct gv_order_book book;
    struct gv_orders_newest newest;
    struct gv_orders_cut cut;
    int64_t cut_again_s; /* the book's clock: not looked for before */
    struct gv_ledger ledger;
    struct gv_ledger recomputed; /* of the verification that goes on */
    uint32_t bids_left_out;      /* of those stored, when they were loaded */
    uint32_t solver_count;
    struct gv_solver solvers[GV_SOLVERS_MAX];
    struct gv_solver_duty duties[GV_SOLVERS_MAX]; /* of the same solvers */
    struct gv_orders_status status;               /* what the next publication shows */

    /* the batch */
    bool changed;
    bool solvers_changed;
    uint64_t turns;      /* commitments since the start */
    uint32_t news_count; /* may be above GV_EVENT_ROWS_MAX: then they are not told one by one */
    struct gv_order_news news[GV_EVENT_ROWS_MAX];
    bool news_owed;                  /* that much has changed */
    int64_t news_told_s;             /* when that was told last */
    struct gv_order_event_row event; /* the one being written */
    struct gv_order_row row;         /* the one being written or announced */

    pthread_mutex_t verifier; /* held by the caller who has log and ledger verified */
    pthread_mutex_t reader;
    union gv_orders_page page;
};

/** Copies for other threads, under the view's lock. */
struct gv_orders_view {
    struct gv_orders_status status;
    struct gv_solver_registry registry;
    uint32_t solver_count;
    struct gv_solver_status solvers[GV_SOLVERS_MAX];
};

struct gv_engine;
struct gv_command;

/** engine_orders.c */
void gv_orders_open(struct gv_engine *engine);
void gv_orders_close(struct gv_engine *engine);
/** Part of gv_load. */
GV_MUST_USE enum gv_err gv_load_orders(struct gv_engine *engine);
/** Bring the book's clock up to date; before every batch. */
void gv_orders_set_clock(struct gv_engine *engine);
GV_MUST_USE enum gv_err gv_do_orders(struct gv_engine *engine, struct gv_command *command);
/** Lines of solvers? */
bool gv_orders_is_intake(const struct gv_command *command);
bool gv_orders_only_reads(const struct gv_orders_command *command);
/** Tell the poster; before the command is given back. */
void gv_orders_done(const struct gv_command *command);
/** Copy to the view and tell the events; after the commit. */
void gv_orders_publish(struct gv_engine *engine);
/** Store the new order in orders.row. */
GV_MUST_USE enum gv_err gv_orders_insert(struct gv_engine *engine);
/** For the live stream, once the batch is committed. */
void gv_orders_tell(struct gv_engine *engine, const struct gv_order_news *news);

/** Begin an event: write its members, then end it. Out: out: inside {"<kind>": ... }. */
void gv_order_event_begin(struct gv_engine *engine, struct gv_json_out *out, const char *kind);
GV_MUST_USE enum gv_err gv_order_event_end(struct gv_engine *engine, struct gv_json_out *out);

/** engine_orders_intake.c */
GV_MUST_USE enum gv_err gv_do_orders_intake(struct gv_engine *engine,
                                            struct gv_order_intake *intake);
/** Take a claim that may be taken: row, event, book. */
GV_MUST_USE enum gv_err gv_orders_claimed(struct gv_engine *engine, const struct gv_order *order);

/** engine_orders_tick.c */
GV_MUST_USE enum gv_err gv_do_orders_tick(struct gv_engine *engine, struct gv_order_tick *tick);
GV_MUST_USE enum gv_err gv_do_orders_snapshot(struct gv_engine *engine,
                                              struct gv_order_snapshot *snapshot);

/** engine_orders_cut.c: part of a tick. */
GV_MUST_USE enum gv_err gv_orders_forget(struct gv_engine *engine);

/** engine_orders_money.c */
struct gv_solver *gv_orders_solver(struct gv_orders *orders, const struct gv_solver_id *id);
/** As gv_orders_solver, seated if he was not. When all seats are taken he gets that of a stranger: of those without a
 *  key, an account, a commitment, a suspension and a cool-down, of the one who was not committed for longest. Only his
 *  wins and failures are forgotten by that. Out: solver: NULL: there is no such one. */
GV_MUST_USE enum gv_err gv_orders_solver_seat(struct gv_engine *engine,
                                              const struct gv_solver_id *id,
                                              struct gv_solver **solver);
/** He has been committed to an order, or no longer is. */
void gv_orders_count_duty(struct gv_orders *orders, const struct gv_solver *solver, bool begins);
/** Is the bond of this bid covered, and its solver free? */
bool gv_orders_may_commit(const struct gv_engine *engine, const struct gv_order_bid *bid);
/** Lock the bond of a new commitment. */
GV_MUST_USE enum gv_err gv_orders_lock_bond(struct gv_engine *engine,
                                            struct gv_order_commitment_row *row);
/** Bring what is held for a commitment up to its output, out of what its solver has available.
 *  Returns also: GV_ERR_CONFLICT "orders.not_covered". */
GV_MUST_USE enum gv_err gv_orders_cover(struct gv_engine *engine, const struct gv_order *order,
                                        struct gv_fail *fail);
/** Pay, unlock or forfeit what is held, and count for the solver. */
GV_MUST_USE enum gv_err gv_orders_settle(struct gv_engine *engine, const struct gv_order *order,
                                         bool fulfilled);
/** Make the signing domain when a solver has a public key and the box has no domain yet: with the first key, and with
 *  the first tick after solvers came out of another box's backup. It is kept. */
GV_MUST_USE enum gv_err gv_orders_have_domain(struct gv_engine *engine);
GV_MUST_USE enum gv_err gv_do_solver_register(struct gv_engine *engine,
                                              const struct gv_orders_command *command,
                                              struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_do_solver_suspend(struct gv_engine *engine,
                                             const struct gv_orders_command *command,
                                             struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_do_solver_deposit(struct gv_engine *engine,
                                             const struct gv_orders_command *command,
                                             struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_do_order_deposit(struct gv_engine *engine,
                                            const struct gv_orders_command *command,
                                            struct gv_fail *fail);

/** engine_orders_calls.c: the pool of uploads. */
void gv_order_uploads_init(void);
void gv_order_uploads_deinit(void);

/** engine_orders_read.c */
GV_MUST_USE enum gv_err gv_do_orders_read(struct gv_engine *engine,
                                          struct gv_orders_command *command, struct gv_fail *fail);

#endif
