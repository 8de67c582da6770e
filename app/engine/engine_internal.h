/* Inside of the engine: its state, its commands, and the steps of one batch.
 *
 *   gv_command_call ─► queue ─► batch ─► dispatch ─► settle ─► commit ─► publish ─► reply
 *                                           │           │
 *                                           └─ storage ─┴─► undo: rollback, load again
 *
 * State changed by a command lives in `records`, `chain`, `keys`, `node`: the serving thread alone
 * reads and writes them, and until the commit nobody else sees them. What other threads read is
 * copied to `view` (under its mutex) and to the market after the commit.
 * Private to app/engine. Thread: the one that serves, unless said otherwise. */
#ifndef GV_APP_ENGINE_ENGINE_INTERNAL_H
#define GV_APP_ENGINE_ENGINE_INTERNAL_H

#include "app/engine/accounts_internal.h"
#include "app/engine/engine.h"
#include "app/engine/orders_internal.h"
#include "app/engine/webhooks_internal.h"
#include "app/store/store.h"
#include "firmware/base/pool.h"
#include "firmware/base/queue.h"

#include <stdatomic.h>

/* ---- commands -------------------------------------------------------------------------------- */

enum gv_command_kind {
    GV_COMMAND_CREATE,
    GV_COMMAND_CREATE_ALL,
    GV_COMMAND_EXTEND,
    GV_COMMAND_RETIRED,
    GV_COMMAND_PRIOR,
    GV_COMMAND_JUMP,
    GV_COMMAND_CONNECT,
    GV_COMMAND_DISCONNECT,
    GV_COMMAND_MEMPOOL_SPEND,
    GV_COMMAND_MEMPOOL_CLEAR,
    GV_COMMAND_SPENDER_UNKNOWN,
    GV_COMMAND_NODE_STATUS,
    GV_COMMAND_KEY_CREATE,
    GV_COMMAND_KEY_REVOKE,
    GV_COMMAND_AUDIT_VERIFY,
    GV_COMMAND_AUDIT_LIST,
    GV_COMMAND_REPLAY,
    GV_COMMAND_ACCOUNT,
    GV_COMMAND_NOTE,
    GV_COMMAND_WEBHOOK,
    GV_COMMAND_ORDERS,
};

/** By value, but for what the node thread lends: it waits without a deadline. */
struct gv_command {
    enum gv_command_kind kind;
    uint64_t request; /* that it serves, for the log; 0: none */
    enum gv_err err;  /* the answer */
    struct gv_fail fail;
    union {
        struct {
            struct gv_submission *submission; /* owned; NULL: its caller has taken it back */
            uint64_t id; /* made, or to be extended; the parked one that failed */
        } create;
        struct {
            uint64_t id;
            struct gv_dutch_listing listing;
        } retired;
        struct {
            struct gv_outpoint outpoint;
            struct gv_dutch_prior prior;
        } prior;
        const struct gv_block_report *block;
        const struct gv_spend_evidence *evidence;
        const struct gv_node_status *node;
        struct gv_outpoint outpoint;
        struct {
            char name[GV_KEY_NAME_MAX];
            uint32_t scopes;
            struct gv_utc expires_at;
            char text[GV_KEY_TEXT_MAX]; /* a secret */
            struct gv_actor actor;
        } key_create;
        struct {
            char id[GV_KEY_ID_LEN + 1];
            struct gv_actor actor;
        } key_revoke;
        struct {
            uint64_t entries;       /* good ones so far */
            struct gv_hash256 last; /* of these */
            bool done;
        } audit;
        struct {
            uint64_t before;
            char kind[GV_AUDIT_KIND_MAX];
            char subject[GV_AUDIT_SUBJECT_MAX]; /* not "": the newest about it, of any kind */
            uint32_t rows_max;
            uint32_t count;
        } audit_list;
        struct gv_hash256 replay_key;
        struct gv_account_command account; /* secrets in it */
        struct {
            struct gv_actor actor;
            const char *kind;
            char subject[64];
            char detail[GV_ENGINE_NOTE_MAX];
        } note;
        struct gv_webhook_command webhook; /* a secret in it */
        struct gv_orders_command orders;   /* an upload in it */
    };
};

/** Does it own a submission, in `create`? */
static inline bool gv_command_has_submission(const struct gv_command *command)
{
    return command->kind == GV_COMMAND_CREATE || command->kind == GV_COMMAND_CREATE_ALL ||
           command->kind == GV_COMMAND_EXTEND;
}

/** Where a caller waits for its command; one per slot of the command pool. */
struct gv_gate {
    pthread_mutex_t lock;
    pthread_cond_t answered; /* on CLOCK_MONOTONIC */
    bool done;
    bool abandoned; /* the caller gave up: whoever answers gives the slot back */
};

/* ---- state ----------------------------------------------------------------------------------- */

struct gv_record {
    struct gv_dutch_listing listing;
    bool watched;                      /* we hold a reference in the watch set */
    bool changed;                      /* its facts, since the last publication */
    enum gv_dutch_status shown_status; /* in the market (also below) */
    struct gv_reveal shown_reveal;
};

/** The newest block hashes: heights tip - count + 1 .. tip, each at height % GV_CHAIN_RING. */
struct gv_chain {
    uint32_t count;
    uint32_t tip;
    struct gv_hash256 hashes[GV_CHAIN_RING];
};

struct gv_keys {
    uint32_t count;
    struct gv_api_key items[GV_API_KEYS_MAX];
};

struct gv_spend_view {
    struct gv_outpoint outpoint;
    enum gv_spend_state state;
    struct gv_hash256 txid;
};

/** Copies for other threads. */
struct gv_view_state {
    pthread_mutex_t lock;
    struct gv_chain chain;
    struct gv_keys keys;
    struct gv_accounts_view people;
    struct gv_hooks_view hooks;
    struct gv_orders_view orders;
    bool has_environment_key;
    struct gv_hash256 environment_key;
    uint32_t spend_count;
    struct gv_spend_view spends[GV_LISTINGS_MAX]; /* only outpoints that are spent */
    struct gv_engine_stats stats;
};

/** One row on its way into the market. */
struct gv_prepared {
    uint32_t record;
    uint32_t psbt_at;  /* in gv_engine.psbts */
    uint16_t psbt_len; /* its proof lies behind it */
    enum gv_dutch_status status;
    struct gv_reveal reveal;
    struct gv_sat price;
    bool sold; /* has just become sold */
};

/* Revealed PSBTs of one publication: a P2WPKH one has 240 bytes, a 2-of-3 P2WSH one 500. When they
 * are longer on average, the publication is done in several turns. */
#define GV_PUBLISH_BYTES (GV_LISTINGS_MAX * 512u + GV_PSBT_SERVED_MAX + GV_PROOF_BYTES)
#define GV_PROOF_BYTES   ((uint32_t)sizeof(struct gv_ladder_proof))

/* One batch of commands may retire a listing for each that it makes. */
#define GV_RETIRED_MAX (GV_COMMAND_BATCH * GV_BATCH_MAX)

struct gv_engine {
    struct gv_engine_config config;
    struct gv_store store;

    uint32_t record_count;
    struct gv_record records[GV_LISTINGS_MAX]; /* ascending id */
    uint64_t newest_id;
    struct gv_utc newest_at;
    struct gv_chain chain;
    struct gv_keys keys;
    struct gv_accounts accounts;
    struct gv_hooks hooks;
    struct gv_orders orders; /* untouched, and so not resident, unless switched on */
    struct gv_node_status node;
    struct gv_tip tip;

    /* the batch */
    struct gv_utc now;
    bool in_transaction;
    bool stale;         /* memory could not be loaded again: nothing is served until it can */
    bool dirty;         /* tip or a record changed: rows must be looked at */
    bool rung_due;      /* one that should be shown could not be read */
    bool chain_changed; /* the view's copy is old (also below) */
    bool keys_changed;
    bool accounts_changed;
    bool hooks_changed;
    bool node_changed;
    struct gv_utc seen_at; /* soft facts were last written down (also below) */
    struct gv_utc failures_at;
    uint32_t retired_count;
    uint64_t retired[GV_RETIRED_MAX]; /* rows to take out of the market */

    /* publication */
    uint32_t prepared_count;
    struct gv_prepared prepared[GV_LISTINGS_MAX];
    uint32_t psbts_len;
    uint8_t psbts[GV_PUBLISH_BYTES]; /* a proof behind each, where there is one */

    uint32_t tree_n;
    struct gv_hash256 tree[GV_LADDER_NODES_MAX]; /* of the ladder that is stored or proven now */

    struct gv_view_state view;
    struct gv_lanes lanes; /* of the outbox, for its threads */

    /* One page of deliveries, for the reader who holds the lock. Commands are served in order: one
     * whose reader gave up is over before the next reader's begins. */
    pthread_mutex_t delivery_reader;
    struct gv_delivery delivery_page[GV_DELIVERIES_PAGE];

    /* One page of the audit log, for the reader who holds the lock. Commands are served in order: one
     * whose reader gave up is over before the next reader's begins. */
    pthread_mutex_t audit_reader;
    struct gv_audit_row audit_page[GV_AUDIT_PAGE];

    struct gv_replay replay; /* the one that is being kept */
    /* The one that was found, for the reader who holds the lock (as above). */
    pthread_mutex_t replay_reader;
    struct gv_replay replay_page;

    /* calls */
    atomic_bool stopping;
    struct gv_pool pool;
    struct gv_command slots[GV_COMMANDS_MAX];
    uint32_t slot_next[GV_COMMANDS_MAX];
    uint8_t slot_used[GV_COMMANDS_MAX];
    struct gv_gate gates[GV_COMMANDS_MAX];
    struct gv_queue queue;
    struct gv_command *queued[GV_COMMANDS_MAX];
};

/* ---- engine_call.c: from a caller to the engine and back --------------------------------------- */

void gv_calls_init(struct gv_engine *engine);
void gv_calls_deinit(struct gv_engine *engine);

/** A zeroed command, or NULL unless more than `margin` slots are free. Any thread. */
GV_MUST_USE struct gv_command *gv_command_acquire(struct gv_engine *engine,
                                                  enum gv_command_kind kind, uint32_t margin);
void gv_command_release(struct gv_engine *engine, struct gv_command *command);

/** Queue it. Returns: GV_OK; GV_ERR_CLOSED (the command is still the caller's). Any thread. */
GV_MUST_USE enum gv_err gv_command_post(struct gv_engine *engine, struct gv_command *command);
/** Wait for the answer of a posted command; timeout_ms 0: for ever. Any thread.
 *  Returns: GV_OK: read command->err, then release it; GV_ERR_TIMEOUT: it is the engine's now. */
GV_MUST_USE enum gv_err gv_command_wait(struct gv_engine *engine, struct gv_command *command,
                                        uint32_t timeout_ms);
/** Nobody will wait for it: whoever answers gives the slot back. Before it is posted. Any thread. */
void gv_command_abandon(struct gv_engine *engine, struct gv_command *command);
/** Post, wait and return the command's answer. Returns also: GV_ERR_TIMEOUT (do not touch it any
 *  more); GV_ERR_UNAVAILABLE "engine.stopped". Release it unless GV_ERR_TIMEOUT. */
GV_MUST_USE enum gv_err gv_command_call(struct gv_engine *engine, struct gv_command *command,
                                        uint32_t timeout_ms);
/** As gv_command_call, told in `fail` (may be NULL): on GV_OK the command holds what was answered and must
 *  still be released, otherwise it is gone. timeout_ms 0: for ever. Any thread. */
GV_MUST_USE enum gv_err gv_command_ask(struct gv_engine *engine, struct gv_command *command,
                                       uint32_t timeout_ms, struct gv_fail *fail);
/** As gv_command_ask within GV_ENGINE_WAIT_MS, for a command that answers with nothing but its verdict: it is
 *  gone in any case, unless it timed out. Any thread. */
GV_MUST_USE enum gv_err gv_command_tell(struct gv_engine *engine, struct gv_command *command,
                                        struct gv_fail *fail);
/** No slot was to be had. Returns: GV_ERR_FULL "engine.busy". */
enum gv_err gv_command_busy(struct gv_fail *fail);
/** Hand the answered command back to its caller. */
void gv_command_answer(struct gv_engine *engine, struct gv_command *command);

/* ---- the steps of a batch ------------------------------------------------------------------------ */

/** Open the batch's transaction unless it is open; before every write. */
GV_MUST_USE enum gv_err gv_batch_begin(struct gv_engine *engine);

/** Commands. Returns: the answer; GV_ERR_STORAGE of one that writes undoes the whole batch. */
GV_MUST_USE enum gv_err gv_do_create(struct gv_engine *engine, struct gv_command *command);
GV_MUST_USE enum gv_err gv_do_create_all(struct gv_engine *engine, struct gv_command *command);
GV_MUST_USE enum gv_err gv_do_extend(struct gv_engine *engine, struct gv_command *command);
GV_MUST_USE enum gv_err gv_do_replay(struct gv_engine *engine, struct gv_command *command);
/** Build the tree of a submission's rungs; its root becomes that of submission->terms. */
void gv_ladder_commit(struct gv_engine *engine, struct gv_submission *submission);
/** Store the rungs of a submission under a listing, and the tree that was built last. */
GV_MUST_USE enum gv_err gv_store_rungs(struct gv_engine *engine,
                                       const struct gv_dutch_listing *listing,
                                       const struct gv_submission *submission);
/** A command that works on a submission, which comes back without watch references; or as NULL, when
 *  the engine did not answer in time. In-out: id. Any thread. */
GV_MUST_USE enum gv_err gv_submission_call(struct gv_engine *engine, enum gv_command_kind kind,
                                           struct gv_submission **submission, uint64_t *id,
                                           struct gv_fail *fail);
/** Keep the answer of a new listing, when its submission asks for it. */
GV_MUST_USE enum gv_err gv_replay_keep(struct gv_engine *engine,
                                       const struct gv_submission *submission,
                                       const struct gv_dutch_listing *listing);
GV_MUST_USE enum gv_err gv_do_retired(struct gv_engine *engine, struct gv_command *command);
GV_MUST_USE enum gv_err gv_do_prior(struct gv_engine *engine, struct gv_command *command);
GV_MUST_USE enum gv_err gv_do_jump(struct gv_engine *engine, struct gv_command *command);
GV_MUST_USE enum gv_err gv_do_connect(struct gv_engine *engine, struct gv_command *command);
GV_MUST_USE enum gv_err gv_do_disconnect(struct gv_engine *engine);
GV_MUST_USE enum gv_err gv_do_mempool_spend(struct gv_engine *engine, struct gv_command *command);
GV_MUST_USE enum gv_err gv_do_mempool_clear(struct gv_engine *engine, struct gv_command *command);
GV_MUST_USE enum gv_err gv_do_spender_unknown(struct gv_engine *engine, struct gv_command *command);
void gv_do_node_status(struct gv_engine *engine, struct gv_command *command);
GV_MUST_USE enum gv_err gv_do_key_create(struct gv_engine *engine, struct gv_command *command);
GV_MUST_USE enum gv_err gv_do_key_revoke(struct gv_engine *engine, struct gv_command *command);
GV_MUST_USE enum gv_err gv_do_audit_verify(struct gv_engine *engine, struct gv_command *command);
GV_MUST_USE enum gv_err gv_do_audit_list(struct gv_engine *engine, struct gv_command *command);
GV_MUST_USE enum gv_err gv_do_account(struct gv_engine *engine, struct gv_command *command);

/** engine_audit.c: an audit row that names who, from where and by which route; and a log line. */
GV_MUST_USE enum gv_err gv_audit_by(struct gv_engine *engine, const char *kind, const char *subject,
                                    const struct gv_actor *actor, const char *fmt, ...)
    GV_PRINTF(5, 6);
/** engine_accounts.c: give up the seats of sessions that have ended by themselves. */
GV_MUST_USE enum gv_err gv_drop_ended_sessions(struct gv_engine *engine);
void gv_identity_of(struct gv_identity *identity, const struct gv_user *user,
                    const struct gv_session *session);
/** engine_keys.c: eight signs that look like nothing else. */
void gv_make_id(struct gv_engine *engine, char id[GV_KEY_ID_LEN + 1]);

/** engine_soft.c: write down what was noted, when it is time; part of every batch. */
GV_MUST_USE enum gv_err gv_write_soft(struct gv_engine *engine);
/** engine_soft.c: write down who was seen now, because it is about to matter. */
GV_MUST_USE enum gv_err gv_write_seen(struct gv_engine *engine);
/** engine_soft.c: bring the view's copies up to date without losing its notes. The lock is held. */
void gv_view_keys(struct gv_engine *engine);
void gv_view_accounts(struct gv_engine *engine);
struct gv_utc gv_key_last_used(const struct gv_keys *keys, const struct gv_api_key *key);
GV_MUST_USE enum gv_err gv_do_note(struct gv_engine *engine, struct gv_command *command);
GV_MUST_USE enum gv_err gv_do_webhook(struct gv_engine *engine, struct gv_command *command);

/** engine_load.c: replace memory by what storage holds. */
GV_MUST_USE enum gv_err gv_load(struct gv_engine *engine, struct gv_fail *fail);

/** engine_chain.c: the tip that chain and node make together. */
struct gv_tip gv_tip_of(const struct gv_engine *engine);

/** Spent so deep below the tip that nothing of it can change any more. */
bool gv_settled(const struct gv_engine *engine, const struct gv_dutch_listing *listing);

/** engine_dutch.c: record which rungs this batch is about to reveal. */
GV_MUST_USE enum gv_err gv_note_reveals(struct gv_engine *engine);
/** engine_dutch.c: the batch is committed: a create's watch references become the engine's. */
void gv_keep_submission(struct gv_engine *engine, struct gv_command *command);

/** engine_spend.c: judge a spend for one listing: sold when made with one of its
 *  rungs (app/bitcoin/pair_match.h), by an early leak when that was not yet shown, else closed.
 *  In: sight: height of the tip when the spend was first seen. Out: spend: without its block. */
GV_MUST_USE enum gv_err gv_judge_spend(struct gv_engine *engine,
                                       const struct gv_dutch_listing *listing,
                                       const struct gv_spend_evidence *evidence, uint32_t sight,
                                       struct gv_dutch_spend *spend);
/** engine_spend.c: store, audit and take over a listing's new spend state. In: why: audit kind. */
GV_MUST_USE enum gv_err gv_set_spend(struct gv_engine *engine, struct gv_record *record,
                                     const struct gv_dutch_spend *spend, const char *why);

/** engine_publish.c: bring watch set, view and market in line with memory, tell the events. */
void gv_publish(struct gv_engine *engine);
/** engine_publish.c: memory is not to be trusted: show no PSBT. */
void gv_publish_dark(struct gv_engine *engine);

/** engine_outbox.c: queue an event for every receiver that wants it, in the batch's transaction. */
GV_MUST_USE enum gv_err gv_outbox_tell(struct gv_engine *engine, enum gv_webhook_event event,
                                       const struct gv_dutch_listing *listing);
/** engine_outbox.c: as gv_outbox_tell, for the new spend state of a listing. */
GV_MUST_USE enum gv_err gv_outbox_tell_spend(struct gv_engine *engine,
                                             const struct gv_dutch_listing *listing,
                                             enum gv_spend_state old);
/** engine_outbox.c: queue a body for one receiver. Out: id: of the delivery. */
GV_MUST_USE enum gv_err gv_outbox_add(struct gv_engine *engine, struct gv_hook *hook,
                                      enum gv_webhook_event event, struct gv_view body,
                                      uint64_t *id);
/** engine_outbox.c: an event as JSON. In: listing: NULL for a ping. Returns: its length. */
size_t gv_outbox_write(struct gv_engine *engine, char body[GV_WEBHOOK_BODY_MAX],
                       enum gv_webhook_event event, const struct gv_dutch_listing *listing);
GV_MUST_USE enum gv_err gv_outbox_take(struct gv_engine *engine,
                                       struct gv_webhook_command *command);
GV_MUST_USE enum gv_err gv_outbox_done(struct gv_engine *engine,
                                       struct gv_webhook_command *command);
/** engine_outbox.c: stop telling a receiver, and say so in the audit log and the log. */
GV_MUST_USE enum gv_err gv_hook_disable(struct gv_engine *engine, struct gv_hook *hook,
                                        const char *why);
/** engine_outbox.c: read the head of a receiver's queue from storage. */
GV_MUST_USE enum gv_err gv_hook_refresh(struct gv_engine *engine, struct gv_hook *hook);
/** engine_outbox.c: tell outbox threads and readers. */
void gv_outbox_publish(struct gv_engine *engine);
/** engine_webhooks.c: part of gv_load. */
GV_MUST_USE enum gv_err gv_load_webhooks(struct gv_engine *engine);

#define GV_HEX_MAX 65u
/** "txid:vout" as people write it. */
void gv_outpoint_text(char text[GV_HEX_MAX + 11u], const struct gv_outpoint *outpoint);

#endif
