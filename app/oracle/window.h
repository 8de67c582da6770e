/* Window: the transactions of the last hours, as a mempool brings and takes them.
 *
 *   txid ──► record (time, older/newer) ──► counted record (two amounts, spent outpoints)
 *
 * Every transaction enters by its txid, so that a second announcement is known and a child can be
 * told; the amounts of those that pass the rules are counted at once and taken out at once when the
 * transaction is replaced, evicted or too old. All of these are O(1), also when transactions come in
 * any order of time, as a fill brings them: the window is cut into moments of some hundred
 * milliseconds, each of which knows its newest transaction. The parent rule is decided when a
 * transaction arrives and stays decided.
 * Rules: counted at time T when T - length < t <= T. A confirmed transaction was a payment and stays
 * until it is too old. When a pool is full the oldest transactions go first, the newcomer too if it
 * is the oldest; that is counted.
 * Replacement is seen by an outpoint that is spent twice: the newcomer wins, because the node only
 * tells what is valid now. Txids are told apart by 128 bits, outpoints by 64 keyed ones.
 * Limits: GV_ORACLE_WINDOW_BYTES of caller's memory, nothing else; what was never needed of it stays
 * untouched, so not resident. Index 0 of every array is nobody.
 * Source: UTXOracle 9.1 step 1, for a mempool. Thread: one owner (the engine). */
#ifndef GV_APP_ORACLE_WINDOW_H
#define GV_APP_ORACLE_WINDOW_H

#include "app/oracle/estimate.h"
#include "app/oracle/filter.h"

#define GV_ORACLE_HOUR_MS    INT64_C(3600000)
#define GV_ORACLE_WINDOW_MS  (3 * GV_ORACLE_HOUR_MS)
#define GV_ORACLE_HOURS_MAX  24
#define GV_ORACLE_TXID_BYTES 16u

struct gv_oracle_record {
    uint8_t txid[GV_ORACLE_TXID_BYTES]; /* its first half */
    int64_t time_ms;
    uint32_t chain; /* next of the same bucket, or next free */
    uint32_t older;
    uint32_t newer;
    uint32_t counted : 31; /* its counted record; 0: breaks a rule */
    uint32_t confirmed : 1;
};

struct gv_oracle_counted {
    uint32_t record; /* back; or next free */
    uint32_t input;  /* first of its inputs */
};

struct gv_oracle_input {
    uint32_t tag_high;
    uint32_t tag_low;
    uint32_t counted; /* who spends it */
    uint32_t chain;   /* next of the same bucket, or next free */
    uint32_t sibling; /* next of the same transaction */
};

/* Half of the transactions may pass the rules (of real ones two in five do), with two inputs each
 * on average (1.5). */
#define GV_ORACLE_COUNTED_OF(tx_max) ((tx_max) / 2u)
#define GV_ORACLE_INPUTS_OF(tx_max)  (tx_max)
#define GV_ORACLE_SLOTS_OF(tx_max)   (GV_ORACLE_COUNTED_OF(tx_max) * GV_ORACLE_OUTPUTS)
/* A bit for each moment tells whether anybody is in it. */
#define GV_ORACLE_MOMENTS_OF(tx_max)      ((tx_max) / 2u)
#define GV_ORACLE_MOMENT_WORDS_OF(tx_max) (GV_ORACLE_MOMENTS_OF(tx_max) / 32u + 1u)

/** Memory for tx_max transactions: records and buckets, counted records, amounts in their chains,
 *  inputs and buckets, moments, points of an estimate. 106.1 bytes a transaction, and the nobodies. */
#define GV_ORACLE_WINDOW_BYTES(tx_max)                                                             \
    ((size_t)(tx_max) * (sizeof(struct gv_oracle_record) + sizeof(uint32_t)) +                     \
     (size_t)GV_ORACLE_COUNTED_OF(tx_max) * sizeof(struct gv_oracle_counted) +                     \
     (size_t)GV_ORACLE_SLOTS_OF(tx_max) *                                                          \
         (sizeof(struct gv_oracle_slot) + GV_ORACLE_POINTS_PER_VALUE * sizeof(double)) +           \
     (size_t)GV_ORACLE_INPUTS_OF(tx_max) * (sizeof(struct gv_oracle_input) + sizeof(uint32_t)) +   \
     (size_t)GV_ORACLE_MOMENTS_OF(tx_max) * sizeof(uint32_t) +                                     \
     (size_t)GV_ORACLE_MOMENT_WORDS_OF(tx_max) * sizeof(uint32_t) + 192u)

/** What came of a transaction. */
enum gv_oracle_arrival {
    GV_ORACLE_COUNTED,
    GV_ORACLE_BREAKS_RULE, /* known from now on, amounts not counted */
    GV_ORACLE_HAS_PARENT,  /* the same, by the parent rule */
    GV_ORACLE_KNOWN,       /* seen before, nothing changes */
    GV_ORACLE_TOO_OLD,     /* outside the window, or the oldest of a full one: forgotten at once */
};

struct gv_oracle_window_stats {
    uint64_t received; /* distinct transactions */
    uint64_t passed;   /* of them counted */
    uint64_t repeated;
    uint64_t too_old;
    uint64_t replaced;  /* removed because an input was spent again */
    uint64_t evicted;   /* removed by txid */
    uint64_t expired;   /* left by age */
    uint64_t displaced; /* left early, or never entered, because a pool was full */
};

struct gv_oracle_window {
    int64_t length_ms;
    int64_t now_ms; /* the latest time seen */
    uint64_t seed;
    uint64_t moment_ms; /* length of a moment */
    uint32_t tx_max;
    uint32_t tx_count;
    uint32_t counted_count;
    uint32_t input_count;
    uint32_t oldest; /* records in order of time */
    uint32_t newest;
    uint32_t free_record; /* given back: a chain each; behind `fresh` nothing was ever taken */
    uint32_t free_counted;
    uint32_t free_input;
    uint32_t fresh_record;
    uint32_t fresh_counted;
    uint32_t fresh_input;
    struct gv_oracle_record *record;
    uint32_t *record_bucket;
    struct gv_oracle_counted *counted;
    struct gv_oracle_input *input;
    uint32_t *input_bucket;
    uint32_t *moment;      /* the newest record of each, where the bit is set */
    uint32_t *moment_bits; /* time goes round: moment n at n % GV_ORACLE_MOMENTS_OF(tx_max) */
    struct gv_oracle_values values;
    struct gv_oracle_scratch scratch;
    struct gv_oracle_window_stats stats;
};

/** An empty window.
 *  In: memory: GV_ORACLE_WINDOW_BYTES(tx_max) bytes, aligned for any type; kept. tx_max: 16..2^30.
 *      length_ms: 1 hour to GV_ORACLE_HOURS_MAX hours. seed: random, so that nobody outside can
 *      aim at one bucket. */
void gv_oracle_window_init(struct gv_oracle_window *window, void *memory, size_t bytes,
                           uint32_t tx_max, int64_t length_ms, uint64_t seed);

/** A transaction has arrived. Expires what is too old by then.
 *  In: time_ms: of arrival, UTC. Out of order is allowed and costs no more, but for a step for each
 *      later one of the same moment. */
enum gv_oracle_arrival gv_oracle_window_add(struct gv_oracle_window *window,
                                            const struct gv_oracle_tx *tx, int64_t time_ms);

/** The node has dropped a transaction. Returns: false when it is unknown or confirmed: it stays. */
bool gv_oracle_window_evict(struct gv_oracle_window *window, const struct gv_hash256 *txid);

/** These outpoints are spent by `spender`: whoever else spends one is removed. Adding does so with
 *  the outpoints that the filter holds; this is for the inputs of larger transactions.
 *  Returns: number of transactions removed. */
uint32_t gv_oracle_window_spend(struct gv_oracle_window *window, const struct gv_hash256 *spender,
                                const struct gv_outpoint *outpoint, uint32_t n);

/** A block has taken a transaction in, or (reorg) given it back. Returns: false when unknown. */
bool gv_oracle_window_confirm(struct gv_oracle_window *window, const struct gv_hash256 *txid,
                              bool confirmed);

/** Time passes: drop what is too old at now_ms. A clock that goes back changes nothing. */
void gv_oracle_window_expire(struct gv_oracle_window *window, int64_t now_ms);

/** The clock was ahead by back_ms and has been set right: so were all times in the window. O(n). */
void gv_oracle_window_set_back(struct gv_oracle_window *window, int64_t back_ms);

bool gv_oracle_window_has(const struct gv_oracle_window *window, const struct gv_hash256 *txid);

/** gv_oracle_estimate over what is in the window. */
GV_MUST_USE enum gv_err gv_oracle_window_estimate(struct gv_oracle_window *window,
                                                  struct gv_oracle_estimate *estimate,
                                                  struct gv_fail *fail);

/** A counted transaction, as a walk from the newest to the oldest shows it. */
struct gv_oracle_payment {
    int64_t time_ms;
    uint64_t sats[GV_ORACLE_OUTPUTS];
    uint32_t value_count;
};

/** Start with `at` = window->newest; ends with false. Any change of the window ends the walk. */
bool gv_oracle_window_next(const struct gv_oracle_window *window, uint32_t *at,
                           struct gv_oracle_payment *payment);

#endif
