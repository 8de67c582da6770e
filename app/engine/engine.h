/* Engine: the one thread that owns every listing, spend, block and key.
 *
 * Accounts and the audit log: accounts.h.
 *
 *   http workers ─┐                       ┌─► storage (one transaction per batch)
 *   node thread  ─┼─► queue (by value) ─► engine ─► market (published picture)
 *   control      ─┘                       └─► events (live stream)
 *
 * It takes a batch of commands, runs each to completion, commits once, and only then publishes and
 * answers: commit before you tell. When storage fails the batch is rolled back, memory is reloaded
 * from storage, and every caller of the batch gets GV_ERR_STORAGE (503): nothing half-done.
 * Deterministic: it reads time only through gv_clock, once per batch.
 * Callers block until the answer; a worker gives up after GV_ENGINE_WAIT_MS (GV_ERR_TIMEOUT: it may
 * or may not have happened); the node thread waits as long as it takes. After gv_engine_stop every
 * call is GV_ERR_UNAVAILABLE "engine.stopped". Every function below: any thread but the engine's. */
#ifndef GV_APP_ENGINE_ENGINE_H
#define GV_APP_ENGINE_ENGINE_H

#include "app/account/actor.h"
#include "app/bitcoin/evidence.h"
#include "app/chain/watch.h"
#include "app/engine/market.h"
#include "app/engine/submission.h"
#include "app/store/api_key.h"
#include "hal/iface/clock.h"
#include "hal/iface/entropy.h"
#include "hal/iface/storage.h"

struct gv_engine;
struct gv_engine_orders_config; /* orders.h */

/* A group commit on a slow card takes under a second; this much means that storage hangs. */
#define GV_ENGINE_WAIT_MS 15000u

/** What happened, told after the commit, in order. For the live stream and the indicator. */
enum gv_event_kind {
    GV_EVENT_TIP,      /* height, liveness or node state changed */
    GV_EVENT_LISTING,  /* listing `id` was created or its row changed */
    GV_EVENT_LISTINGS, /* more than GV_EVENT_ROWS_MAX rows changed at once: read the list again */
    GV_EVENT_ORDER,    /* order auctions: see `order` */
    GV_EVENT_ORDERS,   /* more than GV_EVENT_ROWS_MAX of those at once: read them again */
};
/* A block can change every row. Half of what a live client may lag behind (GV_LIVE_RING), so that
 * one block never overflows a client that reads. */
#define GV_EVENT_ROWS_MAX 8u

struct gv_order_news; /* orders.h */

struct gv_event {
    enum gv_event_kind kind;
    uint64_t sequence; /* market sequence that contains it */
    uint64_t id;       /* GV_EVENT_LISTING */
    bool sold;         /* GV_EVENT_LISTING, GV_EVENT_LISTINGS: one has just become sold */
    const struct gv_order_news *order; /* GV_EVENT_ORDER; lent */
};
/** Thread: engine; must not block. The market already shows the new state. */
typedef void gv_event_sink(void *ctx, const struct gv_event *event);

struct gv_engine_config {
    struct gv_storage *storage;
    const struct gv_clock *clock;
    const struct gv_entropy *entropy;
    const struct gv_seal_key *seal_key; /* kept; seals unrevealed PSBTs at rest */
    struct gv_market *market;
    struct gv_watch *watch;
    gv_event_sink *on_event; /* may be NULL */
    void *on_event_ctx;
    enum gv_network network;
    uint32_t final_depth;                         /* confirmations, 1..100 */
    const struct gv_engine_orders_config *orders; /* kept; NULL: no order auctions */
    /* No engine thread: every call serves the queue itself. For the simulator and tests, which then
     * have one thread and a reproducible order. */
    bool self_serve;
};

/** The one instance (static memory). */
struct gv_engine *gv_engine_instance(void);

/** Migrate and load everything, publish the first picture. Does not start a thread.
 *  Returns: GV_OK; GV_ERR_STORAGE; GV_ERR_FULL (more listings stored than the board holds);
 *  GV_ERR_CRYPTO (the seal key does not fit the database). */
GV_MUST_USE enum gv_err gv_engine_open(struct gv_engine *engine,
                                       const struct gv_engine_config *config, struct gv_fail *fail);
/** Serve commands until gv_engine_stop; the body of the engine thread. */
void gv_engine_run(struct gv_engine *engine);
/** Serve what is queued without waiting (simulator and tests). Returns: commands served. */
uint32_t gv_engine_step(struct gv_engine *engine);
void gv_engine_stop(struct gv_engine *engine);
void gv_engine_close(struct gv_engine *engine);

/* ---- listings (http workers) ------------------------------------------------------------------ */

/** Insert a checked listing.
 *  In-out: submission: lent; it comes back without its watch reference, or as NULL when the engine did
 *  not answer in time and keeps it.
 *  Returns: GV_OK with *id; GV_ERR_CONFLICT "dutch.utxo_listed" (text names the outpoint and its
 *  status); GV_ERR_INVALID "dutch.started" (tip reached start), "dutch.utxo_spent" (watch fired);
 *  GV_ERR_UNAVAILABLE "node.not_live"; GV_ERR_FULL; GV_ERR_STORAGE; GV_ERR_TIMEOUT. */
GV_MUST_USE enum gv_err gv_engine_create_dutch(struct gv_engine *engine,
                                               struct gv_submission **submission, uint64_t *id,
                                               struct gv_fail *fail);

/** Insert all parked listings in one transaction, or none: every one is checked before the first is
 *  written. In-out: submission: as above; parked[i].id is set on GV_OK.
 *  Returns: as gv_engine_create_dutch; also GV_ERR_CONFLICT "dutch.utxo_listed" for an outpoint that
 *  comes twice. Out: refused: the one to blame, or as many as are parked when none is. */
GV_MUST_USE enum gv_err gv_engine_create_all(struct gv_engine *engine,
                                             struct gv_submission **submission, uint32_t *refused,
                                             struct gv_fail *fail);

/** Add checked rungs to a listing: those of the blocks behind its end, to submission->terms.end_block.
 *  In-out: submission: as for gv_engine_create_dutch.
 *  Returns: GV_OK; GV_ERR_NOT_FOUND; GV_ERR_CONFLICT "dutch.not_open", "dutch.changed" (extended by
 *  somebody else meanwhile); GV_ERR_INVALID "dutch.extension"; otherwise as gv_engine_create_dutch. */
GV_MUST_USE enum gv_err gv_engine_extend_dutch(struct gv_engine *engine,
                                               struct gv_submission **submission, uint64_t id,
                                               struct gv_fail *fail);

/** The kept answer of an Idempotency-Key (replay.h).
 *  Returns: GV_OK; GV_ERR_NOT_FOUND; GV_ERR_FULL; GV_ERR_STORAGE; GV_ERR_TIMEOUT; GV_ERR_UNAVAILABLE. */
GV_MUST_USE enum gv_err gv_engine_replay(struct gv_engine *engine, const struct gv_hash256 *key,
                                         struct gv_replay *replay, struct gv_fail *fail);

/** A listing that was retired from memory: when GV_LISTINGS_MAX are held, a new one pushes out the
 *  oldest that was spent more than GV_SETTLED_DEPTH blocks ago. It is listed no more, but kept.
 *  Returns: GV_OK (also for one that is not retired); GV_ERR_NOT_FOUND; GV_ERR_FULL;
 *  GV_ERR_STORAGE; GV_ERR_TIMEOUT. */
GV_MUST_USE enum gv_err gv_engine_dutch_retired(struct gv_engine *engine, uint64_t id,
                                                struct gv_dutch_listing *listing);

/** What earlier listings of an outpoint mean for a new one (a warning before and after listing).
 *  Returns: GV_OK; GV_ERR_FULL; GV_ERR_STORAGE; GV_ERR_TIMEOUT; GV_ERR_UNAVAILABLE. */
GV_MUST_USE enum gv_err gv_engine_dutch_prior(struct gv_engine *engine,
                                              const struct gv_outpoint *outpoint,
                                              struct gv_dutch_prior *prior, struct gv_fail *fail);

/* Beyond this depth a spend is no longer watched: no pruned node can undo it. */
#define GV_SETTLED_DEPTH 288u

/* ---- chain (node thread) ------------------------------------------------------------------------ */

/** A block that became part of the active chain, with the spends of watched outpoints in it. */
struct gv_block_report {
    uint32_t height;
    struct gv_hash256 hash;
    struct gv_hash256 prev;
    struct gv_utc time;
    uint32_t spend_count;
    const struct gv_spend_evidence *spends; /* lent until the call returns */
};

/** Where the block scan stands: the newest stored block. known = false on a new database. */
struct gv_chain_cursor {
    bool known;
    uint32_t height;
    struct gv_hash256 hash;
};
void gv_engine_cursor(struct gv_engine *engine, struct gv_chain_cursor *cursor);
/** Stored hash at a height within the ring. Returns false when not held. Any thread. */
GV_MUST_USE bool gv_engine_block_hash(struct gv_engine *engine, uint32_t height,
                                      struct gv_hash256 *hash);

/** Start (or restart after a prune gap) the scan at a block without looking into it. Spends that
 *  were confirmed above it become pending. Only height and hash of the block matter. */
GV_MUST_USE enum gv_err gv_engine_chain_jump(struct gv_engine *engine,
                                             const struct gv_block_report *block);
/** Append the block after the cursor: spends and cursor in one transaction.
 *  Returns: GV_OK; GV_ERR_STATE when prev is not the cursor's hash; GV_ERR_STORAGE. */
GV_MUST_USE enum gv_err gv_engine_chain_connect(struct gv_engine *engine,
                                                const struct gv_block_report *block);
/** Take the cursor's block off: its spends become pending until the mempool says otherwise. */
GV_MUST_USE enum gv_err gv_engine_chain_disconnect(struct gv_engine *engine);

/** A mempool transaction spends a watched outpoint (already confirmed by gettxspendingprevout). */
GV_MUST_USE enum gv_err gv_engine_mempool_spend(struct gv_engine *engine,
                                                const struct gv_spend_evidence *evidence);
/** The outpoint is unspent, in the chain and in the mempool: a pending or unknown spend is undone. */
GV_MUST_USE enum gv_err gv_engine_mempool_clear(struct gv_engine *engine,
                                                const struct gv_outpoint *outpoint);
/** The outpoint left the UTXO set, is not in the mempool, and the block that spent it is pruned. */
GV_MUST_USE enum gv_err gv_engine_spender_unknown(struct gv_engine *engine,
                                                  const struct gv_outpoint *outpoint);
/** Node and indexer state changed (or a heartbeat). Tip liveness follows from it and the cursor:
 *  live = reachable, not in initial download, blocks == headers == cursor height, tip_hash == cursor
 *  hash. A block that is connected or disconnected while the tip is live keeps it live (it is proof
 *  of what the node's chain is); only this call makes a tip live. To show nothing while walking a
 *  gap of several blocks, report the node's new height before the walk. */
GV_MUST_USE enum gv_err gv_engine_node_status(struct gv_engine *engine,
                                              const struct gv_node_status *status);

/** Spend state as the engine knows it: lets the node thread skip what is settled. */
enum gv_spend_state gv_engine_spend_state(struct gv_engine *engine,
                                          const struct gv_outpoint *outpoint,
                                          struct gv_hash256 *txid);

/* ---- API keys (control socket; lookups by http workers) ------------------------------------------ */

/** Make a key; its text is returned once and not stored. */
GV_MUST_USE enum gv_err gv_engine_key_create(struct gv_engine *engine, const struct gv_actor *actor,
                                             const char *name, uint32_t scopes,
                                             struct gv_utc expires_at, char text[GV_KEY_TEXT_MAX],
                                             struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_engine_key_revoke(struct gv_engine *engine, const struct gv_actor *actor,
                                             const char *id, struct gv_fail *fail);
/** Copy all keys. Returns: number copied. */
uint32_t gv_engine_key_list(struct gv_engine *engine, struct gv_api_key *keys, uint32_t keys_max);
/** Stored scopes of a presented key, compared in constant time over all keys. Notes its use.
 *  Returns: GV_OK with *scopes and id; GV_ERR_UNAUTHORIZED (unknown, expired, revoked). */
GV_MUST_USE enum gv_err gv_engine_key_check(struct gv_engine *engine, struct gv_view presented,
                                            uint32_t *scopes, char id[GV_KEY_ID_LEN + 1]);
/** The same for a key's id, after it was presented. It is not used by this.
 *  Returns: stored scopes; 0 when it is unknown, expired or revoked. */
uint32_t gv_engine_key_known(struct gv_engine *engine, struct gv_view id);
/** The key from the environment (the original's API_KEY): auctions read and write, and
 *  GV_KEY_LEGACY_UNLOCKED; never admin.
 *  Start-up only. Returns: GV_ERR_INVALID when empty or the original's public default. */
GV_MUST_USE enum gv_err gv_engine_key_environment(struct gv_engine *engine, const char *text,
                                                  struct gv_fail *fail);

/* ---- audit (control socket) ---------------------------------------------------------------------- */

/** Recompute the hash chain of the audit log, a piece at a time: the engine serves others in between.
 *  Returns: GV_OK with the number of entries and the hash of the last one, to compare with a copy
 *  kept elsewhere; GV_ERR_CRYPTO "audit.broken" (text names the first bad entry); GV_ERR_STORAGE;
 *  GV_ERR_FULL; GV_ERR_TIMEOUT; GV_ERR_UNAVAILABLE. */
GV_MUST_USE enum gv_err gv_engine_audit_verify(struct gv_engine *engine, uint64_t *entries,
                                               struct gv_hash256 *last, struct gv_fail *fail);

/** Append a row to the audit log: what somebody did that no other command records. Longer texts are cut.
 *  In: kind: a static string ("settings.changed"). Returns: GV_OK; GV_ERR_STORAGE; GV_ERR_FULL;
 *  GV_ERR_TIMEOUT; GV_ERR_UNAVAILABLE. */
#define GV_ENGINE_NOTE_MAX 320u
GV_MUST_USE enum gv_err gv_engine_note(struct gv_engine *engine, const struct gv_actor *actor,
                                       const char *kind, const char *subject, const char *detail,
                                       struct gv_fail *fail);

struct gv_engine_stats {
    uint64_t commands;
    uint64_t batches;
    uint64_t commits_failed;
    uint32_t queue_high_water;
    uint64_t queue_refused;
};
void gv_engine_stats(struct gv_engine *engine, struct gv_engine_stats *stats);

#endif
