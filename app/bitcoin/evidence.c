#include "app/bitcoin/evidence.h"

#include "app/bitcoin/script.h"
#include "app/bitcoin/tx.h"
#include "firmware/base/assert.h"

static void take_proof(struct gv_spend_evidence *out, const struct gv_tx_input *in)
{
    out->has_proof = in->script_sig.n <= GV_EVIDENCE_PROOF_MAX &&
                     in->witness.n <= GV_EVIDENCE_PROOF_MAX - in->script_sig.n;
    if (!out->has_proof) {
        return;
    }
    struct gv_writer w = gv_writer_of(out->proof, sizeof out->proof);
    gv_write_bytes(&w, in->script_sig);
    gv_write_bytes(&w, in->witness);
    GV_ASSERT(!w.full);
    out->script_sig_len = (uint16_t)in->script_sig.n;
    out->witness_len = (uint16_t)in->witness.n;
}

static void take_outputs(struct gv_spend_evidence *out, const struct gv_tx *tx)
{
    struct gv_tx_outputs it = gv_tx_outputs(tx);
    struct gv_tx_output output;
    out->asset_output = -1;
    for (uint32_t i = 0; gv_tx_next_output(&it, &output); i++) {
        if (i == out->input_index) {
            out->pair_value_sat = output.value_sat;
            out->has_pair = gv_spk_set(&out->pair_script, output.script);
        }
        if (out->asset_output < 0 && !gv_script_is_op_return(output.script)) {
            out->asset_output = i;
            out->has_asset_script = gv_spk_set(&out->asset_script, output.script);
        }
        if (out->asset_output >= 0 && i >= out->input_index) {
            return;
        }
    }
}

void gv_evidence_of(struct gv_spend_evidence *out, const struct gv_tx *tx, uint32_t input_index)
{
    struct gv_tx_input in;
    const bool there = gv_tx_input_at(tx, input_index, &in);
    GV_ASSERT(there);
    memset(out, 0, sizeof *out); /* it is copied as a whole: no byte of it may be left over */
    out->outpoint = in.outpoint;
    gv_tx_txid(&out->txid, tx);
    out->input_index = input_index;
    out->version = tx->version;
    out->locktime = tx->locktime;
    out->sequence = in.sequence;
    take_proof(out, &in);
    take_outputs(out, tx);
}
