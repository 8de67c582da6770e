#include "app/bitcoin/pair_match.h"

#include "app/bitcoin/unlock.h"
#include "firmware/base/assert.h"

/* version 4, counts 1 + 1, input 41, value 8, script length 1, lock time 4 */
#define PAIR_TX_BYTES_MAX (60u + GV_SPK_MAX)

static struct gv_view script_sig_of(const struct gv_spend_evidence *evidence)
{
    return gv_view_of(evidence->proof, evidence->script_sig_len);
}

static struct gv_view witness_of(const struct gv_spend_evidence *evidence)
{
    return gv_view_of(evidence->proof + evidence->script_sig_len, evidence->witness_len);
}

/* The stored final scripts, byte for byte. A good signature over the stored pair stands in them, so
 * nothing needs to be verified again. */
static bool is_stored_proof(const struct gv_spend_evidence *evidence, struct gv_view served)
{
    struct gv_psbt psbt;
    if (served.n == 0 || gv_psbt_parse(&psbt, served, NULL) != GV_OK) {
        return false;
    }
    const struct gv_view witness = psbt.input.field[GV_PSBT_IN_FINAL_SCRIPTWITNESS];
    const struct gv_view script_sig = psbt.input.field[GV_PSBT_IN_FINAL_SCRIPTSIG];
    return witness.n != 0 && gv_view_equal(witness, witness_of(evidence)) &&
           gv_view_equal(script_sig, script_sig_of(evidence));
}

/* Another signature of the seller over the same pair. */
static bool is_signed(const struct gv_spend_evidence *evidence, const struct gv_tx_output *prevout,
                      const struct gv_tx_output *pair)
{
    uint8_t bytes[PAIR_TX_BYTES_MAX];
    const struct gv_psbt_write_input input = {.outpoint = evidence->outpoint,
                                              .sequence = evidence->sequence};
    struct gv_writer w = gv_writer_of(bytes, sizeof bytes);
    gv_psbt_write_tx(&w, evidence->version, evidence->locktime, &input, 1, pair, 1);
    if (w.full) {
        return false;
    }
    struct gv_reader r = gv_reader_of(gv_written(&w));
    struct gv_tx tx;
    const enum gv_wire wire = gv_tx_read(&tx, &r, GV_TX_BARE);
    GV_ASSERT(wire == GV_WIRE_OK);

    struct gv_unlock unlock;
    if (gv_unlock_of_final(&unlock, prevout, script_sig_of(evidence), witness_of(evidence), NULL) !=
        GV_OK) {
        return false;
    }
    return gv_unlock_is_segwit(unlock.type) && gv_unlock_verify(&unlock, &tx, NULL) == GV_OK;
}

bool gv_pair_signed_by(const struct gv_spend_evidence *evidence, const struct gv_tx_output *prevout,
                       const struct gv_tx_output *pair, struct gv_view served)
{
    if (!evidence->has_pair || !evidence->has_proof) {
        return false;
    }
    if (evidence->pair_value_sat != pair->value_sat ||
        !gv_view_equal(gv_spk_view(&evidence->pair_script), pair->script)) {
        return false;
    }
    return is_stored_proof(evidence, served) || is_signed(evidence, prevout, pair);
}
