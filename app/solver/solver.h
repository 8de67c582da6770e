/* Solver: one program's side of the order auction, in one poll loop.
 *
 *   order port ──► batches ──► bids (a connection and a line each)
 *              ──► commitments for us ──► work, many at a time ──► claims (a connection and a line each)
 *
 * Works with the original's sequencer and with ours. Connected and told nothing is normal: the original
 * serves one solver at a time and leaves the others waiting. When the order connection is lost it is made
 * again after GV_SOLVER_RECONNECT_MS. An order that is told of twice is bid for once, a commitment that is
 * told twice is worked on once; a claim is sent once, because a repeated one undoes the first at the
 * original. One that could not even be begun to be sent is tried again until the deadline's second ends.
 * Encrypted connections are greeted before anything is said. What is said is proven by a secret that goes
 * with it (auth), or by a signature over it (signer).
 * Limits: GV_SOLVER_SHOTS_MAX connections of bids and claims, GV_SOLVER_JOBS_MAX commitments at a time.
 * Thread: one. Source: app/auction/orders/wire.h. */
#ifndef GV_APP_SOLVER_SOLVER_H
#define GV_APP_SOLVER_SOLVER_H

#include "app/auction/orders/wire.h"
#include "app/bitcoin/sign.h"
#include "app/solver/strategy.h"
#include "hal/iface/clock.h"
#include "hal/iface/entropy.h"
#include "hal/iface/tcp.h"

#define GV_SOLVER_RECONNECT_MS 5000u
#define GV_SOLVER_SHOTS_MAX    128u
#define GV_SOLVER_JOBS_MAX     256u
#define GV_SOLVER_SEEN_MAX     1024u
/* A bid with its auth at its longest. */
#define GV_SOLVER_LINE_MAX 640u

struct gv_solver_config {
    struct gv_tcp tcp;
    const struct gv_clock *clock; /* kept */
    uint32_t order_target;
    uint32_t bid_target;
    uint32_t claim_target;
    struct gv_solver_id id;
    const struct gv_strategy *strategy; /* kept */
    char auth[GV_ORDER_AUTH_MAX];       /* "" with the original, and with a signer */
    const struct gv_signer *signer;     /* kept; signs every bid and claim; NULL: none */
    char domain[GV_ORDER_DOMAIN_TEXT];  /* of the box, for what is signed (wire.h) */
    struct gv_entropy entropy;          /* for the signer */
};

/** A bid or claim on its way. */
struct gv_shot {
    bool used;
    bool greeted;
    struct gv_net net;
    uint64_t since_ms;
    uint32_t job; /* of a claim; GV_SOLVER_JOBS_MAX: a bid */
    uint64_t order_id;
    uint32_t n;
    uint32_t sent;
    char line[GV_SOLVER_LINE_MAX];
};

enum gv_job_state {
    GV_JOB_FREE,
    GV_JOB_WORKS,
    GV_JOB_CLAIMED, /* or given up: kept until the deadline has passed, so that it is known again */
};

struct gv_job {
    enum gv_job_state state;
    uint64_t order_id;
    int64_t deadline_s;
    uint64_t claim_at_ms;
    uint64_t forget_at_ms;
};

struct gv_seen {
    uint64_t order_id;
    uint64_t created_s;
};

struct gv_solver_counts {
    uint64_t connects;
    uint64_t orders;
    uint64_t bids;
    uint64_t commitments; /* ours */
    uint64_t claims;
    uint64_t unsent; /* bids and claims that could not be sent */
};

struct gv_solver {
    struct gv_solver_config config;
    bool dialled;
    bool greeted;
    bool connected;
    uint64_t dial_at_ms;
    struct gv_net net;
    bool skips; /* the rest of a line that is too long */
    uint32_t n;
    char line[GV_ORDER_LINE_MAX + GV_JSON_PADDING];
    struct gv_shot shots[GV_SOLVER_SHOTS_MAX];
    struct gv_job jobs[GV_SOLVER_JOBS_MAX];
    struct gv_seen seen[GV_SOLVER_SEEN_MAX]; /* the newest orders, round and round */
    uint32_t seen_next;
    struct gv_solver_counts counts;
    _Alignas(16) uint8_t arena[GV_ORDER_LINE_ARENA];
};

void gv_solver_init(struct gv_solver *solver, const struct gv_solver_config *config);
/** One turn; waits at most timeout_ms. */
void gv_solver_step(struct gv_solver *solver, uint32_t timeout_ms);
void gv_solver_close(struct gv_solver *solver);

#endif
