/* Filter: what the price oracle wants to know of a transaction, by value.
 *
 * Every rule of step 1 but one is decided from the transaction alone; the last, "spends nothing that
 * was seen earlier in the window", needs the window's memory of txids and is asked with a callback.
 * Limits: constant memory, time linear in the transaction.
 * Source: UTXOracle 9.1, step 1. Thread: any (pure). */
#ifndef GV_APP_ORACLE_FILTER_H
#define GV_APP_ORACLE_FILTER_H

#include "app/bitcoin/tx.h"

#define GV_ORACLE_INPUTS_MAX  5u
#define GV_ORACLE_OUTPUTS     2u
#define GV_ORACLE_WITNESS_MAX 500u

/** The rules a transaction breaks, as bits: it may break several. */
enum gv_oracle_rule {
    GV_ORACLE_RULE_INPUTS = 1,   /* more than five inputs */
    GV_ORACLE_RULE_OUTPUTS = 2,  /* not exactly two outputs */
    GV_ORACLE_RULE_COINBASE = 4, /* an input spends the null outpoint */
    GV_ORACLE_RULE_DATA = 8,     /* an output script begins with OP_RETURN */
    GV_ORACLE_RULE_WITNESS = 16, /* an input's witness items sum up to more than 500 bytes */
};

struct gv_oracle_tx {
    struct gv_hash256 txid;
    uint8_t broken;      /* bits of enum gv_oracle_rule; 0: eligible, the parent rule is left */
    uint8_t value_count; /* of an eligible transaction: outputs in the range that counts */
    uint8_t input_count; /* outpoints below: the first five, none of a coinbase */
    uint64_t sats[GV_ORACLE_OUTPUTS];
    struct gv_outpoint input[GV_ORACLE_INPUTS_MAX];
};

/** Judge a transaction.
 *  Out: out, complete. In: tx: parsed. */
void gv_oracle_filter(struct gv_oracle_tx *out, const struct gv_tx *tx);

/** The next outpoints of a transaction, as many as are held: one with more inputs than that breaks a
 *  rule, but what it replaces is replaced.
 *  In/out:  inputs: of a transaction that is no coinbase.
 *  Out:     out: only input and input_count.
 *  Returns: false behind the last. */
bool gv_oracle_filter_inputs(struct gv_oracle_tx *out, struct gv_tx_inputs *inputs);

/** Was this txid seen earlier in the window? */
typedef bool gv_oracle_seen_fn(void *ctx, const struct gv_hash256 *txid);

/** The parent rule: does an input spend an output of a transaction that was seen? Asked of eligible
 *  transactions (asserted), whose inputs are all held. */
bool gv_oracle_has_parent(const struct gv_oracle_tx *tx, gv_oracle_seen_fn *seen, void *ctx);

#endif
