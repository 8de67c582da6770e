#include "app/oracle/filter.h"

#include "app/oracle/tables.h"
#include "firmware/base/assert.h"

#define OP_RETURN  0x6au
#define NULL_INDEX 0xffffffffu

static bool is_null(const struct gv_outpoint *outpoint)
{
    static const struct gv_hash256 zero;
    return outpoint->vout == NULL_INDEX && gv_hash256_equal(&outpoint->txid, &zero);
}

/* The stack is well formed (the transaction was parsed). Length prefixes do not count. */
static bool is_heavy(struct gv_view witness)
{
    struct gv_reader r = gv_reader_of(witness);
    uint64_t sum = 0;
    for (uint64_t items = gv_read_compact(&r); items > 0; items--) {
        const uint64_t n = gv_read_compact(&r);
        sum += n;
        if (sum > GV_ORACLE_WITNESS_MAX) {
            return true;
        }
        (void)gv_read_bytes(&r, n);
    }
    return false;
}

static void judge_inputs(struct gv_oracle_tx *out, const struct gv_tx *tx)
{
    struct gv_tx_inputs it = gv_tx_inputs(tx);
    struct gv_tx_input input;
    if (tx->input_count > GV_ORACLE_INPUTS_MAX) {
        out->broken |= GV_ORACLE_RULE_INPUTS;
    }
    while (gv_tx_next_input(&it, &input)) {
        if (is_null(&input.outpoint)) {
            out->broken |= GV_ORACLE_RULE_COINBASE;
        } else if (out->input_count < GV_ORACLE_INPUTS_MAX) {
            out->input[out->input_count++] = input.outpoint;
        }
        if (input.witness.n > GV_ORACLE_WITNESS_MAX && is_heavy(input.witness)) {
            out->broken |= GV_ORACLE_RULE_WITNESS;
        }
    }
}

static void judge_outputs(struct gv_oracle_tx *out, const struct gv_tx *tx)
{
    struct gv_tx_outputs it = gv_tx_outputs(tx);
    struct gv_tx_output output;
    if (tx->output_count != GV_ORACLE_OUTPUTS) {
        out->broken |= GV_ORACLE_RULE_OUTPUTS;
    }
    while (gv_tx_next_output(&it, &output)) {
        if (output.script.n > 0 && output.script.p[0] == OP_RETURN) {
            out->broken |= GV_ORACLE_RULE_DATA;
        }
        if (output.value_sat > GV_ORACLE_SAT_ABOVE && output.value_sat < GV_ORACLE_SAT_BELOW &&
            out->value_count < GV_ORACLE_OUTPUTS) {
            out->sats[out->value_count++] = output.value_sat;
        }
    }
}

void gv_oracle_filter(struct gv_oracle_tx *out, const struct gv_tx *tx)
{
    gv_tx_txid(&out->txid, tx);
    out->broken = 0;
    out->value_count = 0;
    out->input_count = 0;
    judge_inputs(out, tx);
    judge_outputs(out, tx);
    if (out->broken != 0) {
        out->value_count = 0;
    }
}

bool gv_oracle_filter_inputs(struct gv_oracle_tx *out, struct gv_tx_inputs *inputs)
{
    struct gv_tx_input input;
    out->input_count = 0;
    while (out->input_count < GV_ORACLE_INPUTS_MAX && gv_tx_next_input(inputs, &input)) {
        out->input[out->input_count++] = input.outpoint;
    }
    return out->input_count > 0;
}

bool gv_oracle_has_parent(const struct gv_oracle_tx *tx, gv_oracle_seen_fn *seen, void *ctx)
{
    GV_ASSERT(tx->broken == 0);
    for (uint32_t i = 0; i < tx->input_count; i++) {
        if (seen(ctx, &tx->input[i].txid)) {
            return true;
        }
    }
    return false;
}
