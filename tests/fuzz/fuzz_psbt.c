/* Any bytes as a PSBT, judged for whatever outpoint it claims, so that scripts and signatures are
 * reached. A form that is served must be a fixed point: valid again, and the same when served again. */
#include "app/bitcoin/psbt_check.h"
#include "firmware/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Believe the PSBT about what it spends. */
static void believe(struct gv_psbt_terms *terms, const struct gv_psbt *psbt)
{
    uint8_t buffer[256];
    struct gv_tx tx;
    struct gv_tx_input in;
    struct gv_tx_output out;
    const struct gv_view utxo = psbt->input.field[GV_PSBT_IN_WITNESS_UTXO];
    if (psbt->input_count != 1 || psbt->output_count != 1 ||
        !gv_psbt_pair_tx(&tx, buffer, sizeof buffer, psbt)) {
        return;
    }
    if (gv_tx_input_at(&tx, 0, &in) && gv_tx_output_at(&tx, 0, &out)) {
        terms->outpoint = in.outpoint;
        terms->price_sat = out.value_sat;
    }
    if (utxo.p != NULL) {
        struct gv_reader r = gv_reader_of(utxo);
        terms->prevout.value_sat = gv_read_u64le(&r);
        terms->prevout.script = gv_read_var_bytes(&r);
    }
}

static void check(struct gv_view raw, const struct gv_psbt_terms *terms)
{
    static uint8_t served[GV_PSBT_SERVED_MAX];
    static uint8_t again[GV_PSBT_SERVED_MAX];
    struct gv_psbt_verdict first;
    struct gv_psbt_verdict second;
    gv_psbt_check(&first, served, raw, terms);
    GV_ASSERT(first.code[0] != '\0');
    GV_ASSERT(first.detail[0] != '\0');
    GV_ASSERT(first.valid || !first.listable);
    if (first.served_len == 0) {
        return;
    }
    gv_psbt_check(&second, again, gv_view_of(served, first.served_len), terms);
    GV_ASSERT(second.valid);
    GV_ASSERT(
        gv_view_equal(gv_view_of(served, first.served_len), gv_view_of(again, second.served_len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t p2wpkh[22] = {0, 20};
    static uint8_t decoded[GV_PSBT_CHECK_BYTES_MAX];
    const struct gv_view raw = gv_view_of(data, size);
    struct gv_psbt_terms terms = {.prevout = {1000, gv_view_of(p2wpkh, sizeof p2wpkh)}};
    struct gv_psbt psbt;
    size_t n = 0;
    if (gv_psbt_parse(&psbt, raw, NULL) == GV_OK) {
        believe(&terms, &psbt);
    }
    check(raw, &terms);
    if (gv_psbt_decode_text(decoded, &n, sizeof decoded, raw, NULL) == GV_OK) {
        check(gv_view_of(decoded, n), &terms);
    }
    return 0;
}
