/* Transactions: a view over serialised bytes, judged once, then walked without further checks.
 *
 * `struct gv_tx` does not own: the bytes must outlive it. Parsing walks the whole transaction, so
 * every iterator below runs in constant memory over data that is known to be well formed.
 * Limits: counts by the bytes that are left, lengths by GV_WIRE_LENGTH_MAX.
 * Source: Bitcoin Core primitives/transaction.h, BIP141, BIP144.
 * Thread: any (pure). */
#ifndef GV_APP_BITCOIN_TX_H
#define GV_APP_BITCOIN_TX_H

#include "app/bitcoin/tx_types.h"
#include "app/bitcoin/wire.h"

enum gv_tx_form {
    GV_TX_NETWORK, /* with marker, flag and witnesses, or without them */
    GV_TX_BARE,    /* never with witnesses: what a PSBT holds; zero inputs are possible */
};

struct gv_tx {
    struct gv_view raw; /* exactly this transaction */
    int32_t version;
    uint32_t locktime;
    bool has_witness;
    uint32_t input_count;
    uint32_t output_count;
    uint32_t inputs_at;  /* offset in raw of the first input, behind the count */
    uint32_t outputs_at; /* offset of the first output, behind the count */
    uint32_t witness_at; /* offset of the first witness stack, or of the lock time */
};

struct gv_tx_input {
    struct gv_outpoint outpoint;
    struct gv_view script_sig;
    uint32_t sequence;
    struct gv_view witness; /* serialised stack with its count; n = 0 without a witness */
};

struct gv_tx_output {
    uint64_t value_sat; /* as written: may be above GV_SAT_MAX */
    struct gv_view script;
};

/** Read one transaction from `r`, which afterwards stands behind it.
 *  Out: tx, valid only after GV_WIRE_OK. */
GV_MUST_USE enum gv_wire gv_tx_read(struct gv_tx *tx, struct gv_reader *r, enum gv_tx_form form);

/** Parse a buffer that holds one transaction in network form and nothing else.
 *  Returns: GV_OK; GV_ERR_INVALID "tx.truncated", "tx.size", "tx.trailing", "tx.form". */
GV_MUST_USE enum gv_err gv_tx_parse(struct gv_tx *tx, struct gv_view raw, struct gv_fail *fail);

/* ---- walking -------------------------------------------------------------------------------- */

struct gv_tx_inputs {
    struct gv_reader body;
    struct gv_reader witness;
    uint32_t left;
};

struct gv_tx_outputs {
    struct gv_reader body;
    uint32_t left;
};

/** Stand before the first input. The iterator keeps pointers into the transaction's bytes. */
struct gv_tx_inputs gv_tx_inputs(const struct gv_tx *tx);
/** Returns: false behind the last input (out is then left alone). */
bool gv_tx_next_input(struct gv_tx_inputs *it, struct gv_tx_input *out);

struct gv_tx_outputs gv_tx_outputs(const struct gv_tx *tx);
bool gv_tx_next_output(struct gv_tx_outputs *it, struct gv_tx_output *out);

/** One input or output by index. Returns: false when there is no such index. */
GV_MUST_USE bool gv_tx_input_at(const struct gv_tx *tx, uint32_t index, struct gv_tx_input *out);
GV_MUST_USE bool gv_tx_output_at(const struct gv_tx *tx, uint32_t index, struct gv_tx_output *out);

/* ---- measures ------------------------------------------------------------------------------- */

/** Double SHA-256 without the witnesses, internal byte order. */
void gv_tx_txid(struct gv_hash256 *out, const struct gv_tx *tx);

/** BIP141 weight units and virtual bytes (rounded up). */
uint32_t gv_tx_weight(const struct gv_tx *tx);
uint32_t gv_tx_vsize(const struct gv_tx *tx);

/** A coinbase spends the null outpoint (hash zero, index 2^32 - 1) with its only input. */
bool gv_tx_is_coinbase(const struct gv_tx *tx);

#endif
