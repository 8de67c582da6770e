#include "app/bitcoin/psbt.h"

static void write_outpoint(struct gv_writer *w, const struct gv_outpoint *outpoint)
{
    gv_write_bytes(w, gv_view_of(outpoint->txid.b, sizeof outpoint->txid.b));
    gv_write_u32le(w, outpoint->vout);
}

static void write_output(struct gv_writer *w, const struct gv_tx_output *output)
{
    gv_write_u64le(w, output->value_sat);
    gv_write_var_bytes(w, output->script);
}

static size_t output_bytes(const struct gv_tx_output *output)
{
    return 8 + gv_compact_size(output->script.n) + output->script.n;
}

void gv_psbt_write_tx(struct gv_writer *w, int32_t tx_version, uint32_t locktime,
                      const struct gv_psbt_write_input *inputs, uint32_t input_count,
                      const struct gv_tx_output *outputs, uint32_t output_count)
{
    gv_write_u32le(w, (uint32_t)tx_version);
    gv_write_compact(w, input_count);
    for (uint32_t i = 0; i < input_count; i++) {
        write_outpoint(w, &inputs[i].outpoint);
        gv_write_compact(w, 0);
        gv_write_u32le(w, inputs[i].sequence);
    }
    gv_write_compact(w, output_count);
    for (uint32_t i = 0; i < output_count; i++) {
        write_output(w, &outputs[i]);
    }
    gv_write_u32le(w, locktime);
}

static size_t tx_bytes(uint32_t input_count, const struct gv_tx_output *outputs,
                       uint32_t output_count)
{
    size_t n = 4 + gv_compact_size(input_count) + (size_t)41 * input_count +
               gv_compact_size(output_count) + 4;
    for (uint32_t i = 0; i < output_count; i++) {
        n += output_bytes(&outputs[i]);
    }
    return n;
}

/* Key of a type without key data. */
static void write_key(struct gv_writer *w, uint8_t type)
{
    gv_write_u8(w, 1);
    gv_write_u8(w, type);
}

static void write_field(struct gv_writer *w, uint8_t type, struct gv_view value)
{
    if (value.n == 0) {
        return;
    }
    write_key(w, type);
    gv_write_var_bytes(w, value);
}

static void write_input_map(struct gv_writer *w, const struct gv_psbt_write_input *input)
{
    if (input->utxo.script.n != 0) {
        write_key(w, GV_PSBT_IN_WITNESS_UTXO);
        gv_write_compact(w, output_bytes(&input->utxo));
        write_output(w, &input->utxo);
    }
    if (input->sighash != 0) {
        write_key(w, GV_PSBT_IN_SIGHASH_TYPE);
        gv_write_compact(w, 4);
        gv_write_u32le(w, input->sighash);
    }
    write_field(w, GV_PSBT_IN_REDEEM_SCRIPT, input->redeem);
    write_field(w, GV_PSBT_IN_FINAL_SCRIPTSIG, input->script_sig);
    write_field(w, GV_PSBT_IN_FINAL_SCRIPTWITNESS, input->witness);
    gv_write_u8(w, 0);
}

void gv_psbt_write(struct gv_writer *w, int32_t tx_version, uint32_t locktime,
                   const struct gv_psbt_write_input *inputs, uint32_t input_count,
                   const struct gv_tx_output *outputs, uint32_t output_count)
{
    static const uint8_t magic[5] = {'p', 's', 'b', 't', 0xff};
    gv_write_bytes(w, gv_view_of(magic, sizeof magic));
    write_key(w, GV_PSBT_UNSIGNED_TX);
    gv_write_compact(w, tx_bytes(input_count, outputs, output_count));
    gv_psbt_write_tx(w, tx_version, locktime, inputs, input_count, outputs, output_count);
    gv_write_u8(w, 0);
    for (uint32_t i = 0; i < input_count; i++) {
        write_input_map(w, &inputs[i]);
    }
    for (uint32_t i = 0; i < output_count; i++) {
        gv_write_u8(w, 0);
    }
}
