/* Solvers: who may bid and claim, how a line is proven to be theirs, and the money they have in escrow.
 *
 * A solver is registered by the operator with a secret (shown once, kept as a hash), a BIP340 public key, or
 * both. A bid or claim proves its solver by the member "auth":
 *   "key:<secret>"            the secret itself: only where nobody listens (loopback, TLS)
 *   "sig:<128 hex digits>"    BIP340 over gv_order_bid_digest / gv_order_claim_digest (wire.h)
 * A signature covers the box's signing domain (gv_orders_status), order, amounts and validity, so it is
 * worth nothing for another bid or at another box; a claim sent again is the same claim. Limits: it does
 * not name the round, which the wire does not tell: with the original's rules, where an order may come
 * back to who has failed it, a claim that came too late counts when somebody sends it again in the later
 * round. A box that was set back to an old backup gives out the numbers since then once more.
 * Solvers that nobody registered exist where lines need no proof; they are listed once they have been
 * committed, as long as there is room, so that their wins and failures count.
 * Escrow is a double-entry ledger (app/auction/orders/ledger.h); money goes in and out by the operator's
 * word. Thread: any but the engine's, unless said otherwise. Results as in orders.h. */
#ifndef GV_APP_ENGINE_SOLVERS_H
#define GV_APP_ENGINE_SOLVERS_H

#include "app/engine/orders.h"

/* "gvs_", 43 characters of base64url, NUL. */
#define GV_SOLVER_SECRET_TEXT 48u

/** What is needed to prove lines; a copy for the sequencer thread. */
struct gv_solver_credential {
    struct gv_solver_id id;
    bool has_secret;
    bool has_pubkey;
    struct gv_hash256 secret_hash;
    uint8_t pubkey[32]; /* BIP340, x only */
};
struct gv_solver_registry {
    uint64_t generation;               /* 0: never fetched */
    char domain[GV_ORDER_DOMAIN_TEXT]; /* "": nobody signs */
    uint32_t count;
    struct gv_solver_credential items[GV_SOLVERS_MAX];
};
/** Bring a copy up to date; cheap when nothing has changed. */
void gv_engine_solver_registry(struct gv_engine *engine, struct gv_solver_registry *registry);
/** Was this line written by the solver it names? Pure; about 60 us for a signature.
 *  In: kind: GV_ORDER_LINE_BID or GV_ORDER_LINE_CLAIM, item's union filled. */
bool gv_solver_proven(const struct gv_solver_registry *registry, const struct gv_order_item *item);

/** How a secret is kept. */
void gv_solver_secret_hash(struct gv_hash256 *hash, struct gv_view secret);

/** Register a solver, or give it new credentials. In: pubkey: 32 bytes or empty. Out: secret: shown
 *  once, "" unless wanted. Returns also: GV_ERR_INVALID "orders.pubkey"; GV_ERR_FULL "orders.solvers". */
GV_MUST_USE enum gv_err
gv_engine_solver_register(struct gv_engine *engine, const struct gv_actor *actor,
                          const struct gv_solver_id *id, struct gv_view pubkey, bool want_secret,
                          char secret[GV_SOLVER_SECRET_TEXT], struct gv_fail *fail);
/** Of what the operator may change: his suspension, and what ends with it. */
GV_MUST_USE uint64_t gv_solver_version(const struct gv_solver *solver);

/** No bid and no new commitment until a time of the book's clock; what he is committed to he may still
 *  claim. 0 ends a suspension and the cool-down. In: expect: versions of the solver that are meant; NULL:
 *  any. Returns also: GV_ERR_STATE "http.changed". */
GV_MUST_USE enum gv_err gv_engine_solver_suspend(struct gv_engine *engine,
                                                 const struct gv_actor *actor,
                                                 const struct gv_solver_id *id, int64_t until_s,
                                                 const struct gv_expect *expect,
                                                 struct gv_fail *fail);
/** Money that the operator has seen arrive (amount > 0) or sent back (amount < 0, of what is available).
 *  In: proof: what shows it (a txid, a receipt), for the log; 1..GV_ORDER_PROOF_MAX - 1 printable
 *  characters. Returns also: GV_ERR_INVALID "orders.amount", "orders.proof"; GV_ERR_CONFLICT
 *  "orders.not_covered". */
GV_MUST_USE enum gv_err gv_engine_solver_deposit(struct gv_engine *engine,
                                                 const struct gv_actor *actor,
                                                 const struct gv_solver_id *id, int64_t amount,
                                                 const char *proof, struct gv_fail *fail);
/** A deposit for the current round of an order, from outside the ledger. Reaching min_output_amount in
 *  time fulfils the order. Returns also: GV_ERR_STATE "orders.not_committed", "orders.late",
 *  "orders.claim_mode". */
GV_MUST_USE enum gv_err gv_engine_order_deposit(struct gv_engine *engine,
                                                const struct gv_actor *actor, uint64_t order_id,
                                                uint64_t amount, const char *proof,
                                                struct gv_fail *fail);

/** One line of the league table, which is in no order. */
struct gv_solver_status {
    struct gv_solver
        solver; /* wins, failures, suspension, cool-down; registered: has a secret or key */
    uint64_t available;
    uint64_t locked;
};
/** Copy them all. Returns: number copied. */
uint32_t gv_engine_solvers(struct gv_engine *engine,
                           struct gv_solver_status solvers[GV_SOLVERS_MAX]);

#endif
