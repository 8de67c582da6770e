/* Evidence: what one input of one transaction says about the outpoint it spends.
 *
 * A pruned node forgets transactions, and the engine must not parse them, so the node thread cuts
 * out everything the sold test (pair_match.h) can ever ask for and passes it by value.
 * Bounds: scripts above GV_SPK_MAX cannot be a pair's output, witnesses above
 * GV_EVIDENCE_PROOF_MAX cannot hold a listed script type: both are flagged, not kept.
 * Thread: any (pure). */
#ifndef GV_APP_BITCOIN_EVIDENCE_H
#define GV_APP_BITCOIN_EVIDENCE_H

#include "app/bitcoin/tx_types.h"

/* Witness of a 16-of-16 P2WSH: 16 x 74 + 547 + counts, with the P2SH push before it. */
#define GV_EVIDENCE_PROOF_MAX 2304u

struct gv_spend_evidence {
    struct gv_outpoint outpoint; /* what is spent */
    struct gv_hash256 txid;      /* by which transaction */
    uint32_t input_index;
    int32_t version;
    uint32_t locktime;
    uint32_t sequence; /* of that input */
    bool has_pair;     /* an output at input_index exists and its script fits */
    uint64_t pair_value_sat;
    struct gv_spk pair_script;
    bool has_proof; /* scriptSig and witness fitted */
    uint16_t script_sig_len;
    uint16_t witness_len;
    uint8_t proof[GV_EVIDENCE_PROOF_MAX]; /* scriptSig, then the serialized witness stack */
    int64_t asset_output;                 /* first output that is not OP_RETURN; -1: none */
    bool has_asset_script;                /* its script fits */
    struct gv_spk asset_script;
};

struct gv_tx;

/** Cut the evidence of input `input_index` (< tx's input count) out of a parsed transaction. */
void gv_evidence_of(struct gv_spend_evidence *out, const struct gv_tx *tx, uint32_t input_index);

#endif
