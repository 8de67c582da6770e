#include "app/bitcoin/tx.h"

#include "firmware/base/assert.h"

/* outpoint 36, empty script 1, sequence 4 */
#define INPUT_BYTES_MIN 41u
/* value 8, empty script 1 */
#define OUTPUT_BYTES_MIN 9u

static enum gv_wire skip_inputs(struct gv_reader *r, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct gv_view script;
        (void)gv_read_bytes(r, 36);
        if (r->bad) {
            return GV_WIRE_TRUNCATED;
        }
        const enum gv_wire wire = gv_wire_var_bytes(r, &script);
        if (wire != GV_WIRE_OK) {
            return wire;
        }
        (void)gv_read_u32le(r);
        if (r->bad) {
            return GV_WIRE_TRUNCATED;
        }
    }
    return GV_WIRE_OK;
}

static enum gv_wire skip_outputs(struct gv_reader *r, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct gv_view script;
        (void)gv_read_u64le(r);
        if (r->bad) {
            return GV_WIRE_TRUNCATED;
        }
        const enum gv_wire wire = gv_wire_var_bytes(r, &script);
        if (wire != GV_WIRE_OK) {
            return wire;
        }
    }
    return GV_WIRE_OK;
}

/* Core refuses a witness serialisation in which every stack is empty: the bare form says the same. */
static enum gv_wire skip_witnesses(struct gv_reader *r, uint32_t count)
{
    bool any = false;
    for (uint32_t i = 0; i < count; i++) {
        struct gv_view stack;
        const enum gv_wire wire = gv_wire_stack(r, &stack);
        if (wire != GV_WIRE_OK) {
            return wire;
        }
        any = any || stack.n > 1;
    }
    return any ? GV_WIRE_OK : GV_WIRE_FORM;
}

static enum gv_wire read_head(struct gv_tx *tx, struct gv_reader *r, enum gv_tx_form form)
{
    const uint32_t version = gv_read_u32le(r);
    if (r->bad || r->left == 0) {
        return GV_WIRE_TRUNCATED;
    }
    memcpy(&tx->version, &version, sizeof tx->version);
    tx->has_witness = form == GV_TX_NETWORK && r->p[0] == 0;
    if (tx->has_witness) {
        if (r->left < 2) {
            return GV_WIRE_TRUNCATED;
        }
        (void)gv_read_u8(r);
        if (gv_read_u8(r) != 1) {
            return GV_WIRE_FORM;
        }
    }
    return GV_WIRE_OK;
}

enum gv_wire gv_tx_read(struct gv_tx *tx, struct gv_reader *r, enum gv_tx_form form)
{
    const uint8_t *const start = r->p;
    enum gv_wire wire = read_head(tx, r, form);
    if (wire == GV_WIRE_OK) {
        wire = gv_wire_count(r, &tx->input_count, INPUT_BYTES_MIN);
    }
    if (wire != GV_WIRE_OK) {
        return wire;
    }
    tx->inputs_at = (uint32_t)(r->p - start);

    wire = skip_inputs(r, tx->input_count);
    if (wire == GV_WIRE_OK) {
        wire = gv_wire_count(r, &tx->output_count, OUTPUT_BYTES_MIN);
    }
    if (wire != GV_WIRE_OK) {
        return wire;
    }
    tx->outputs_at = (uint32_t)(r->p - start);

    wire = skip_outputs(r, tx->output_count);
    tx->witness_at = (uint32_t)(r->p - start);
    if (wire == GV_WIRE_OK && tx->has_witness) {
        wire = skip_witnesses(r, tx->input_count);
    }
    if (wire != GV_WIRE_OK) {
        return wire;
    }

    tx->locktime = gv_read_u32le(r);
    if (r->bad) {
        return GV_WIRE_TRUNCATED;
    }
    tx->raw = gv_view_of(start, (size_t)(r->p - start));
    return GV_WIRE_OK;
}

enum gv_err gv_tx_parse(struct gv_tx *tx, struct gv_view raw, struct gv_fail *fail)
{
    enum gv_wire wire = GV_WIRE_SIZE;
    if (raw.n <= GV_BLOCK_BYTES_MAX) {
        struct gv_reader r = gv_reader_of(raw);
        wire = gv_tx_read(tx, &r, GV_TX_NETWORK);
        if (wire == GV_WIRE_OK && r.left != 0) {
            wire = GV_WIRE_TRAILING;
        }
    }
    switch (wire) {
    case GV_WIRE_OK:
        return GV_OK;
    case GV_WIRE_TRUNCATED:
        return gv_fail(fail, GV_ERR_INVALID, "tx.truncated", "transaction: %s", gv_wire_text(wire));
    case GV_WIRE_SIZE:
        return gv_fail(fail, GV_ERR_INVALID, "tx.size", "transaction: %s", gv_wire_text(wire));
    case GV_WIRE_TRAILING:
        return gv_fail(fail, GV_ERR_INVALID, "tx.trailing", "transaction: %s", gv_wire_text(wire));
    case GV_WIRE_FORM:
        break;
    }
    return gv_fail(fail, GV_ERR_INVALID, "tx.form", "transaction: %s", gv_wire_text(wire));
}

/* ---- walking -------------------------------------------------------------------------------- */

static struct gv_reader reader_from(const struct gv_tx *tx, uint32_t at)
{
    return gv_reader_of(gv_view_of(tx->raw.p + at, tx->raw.n - at));
}

struct gv_tx_inputs gv_tx_inputs(const struct gv_tx *tx)
{
    struct gv_tx_inputs it = {.body = reader_from(tx, tx->inputs_at), .left = tx->input_count};
    if (tx->has_witness) {
        it.witness = reader_from(tx, tx->witness_at);
    }
    return it;
}

bool gv_tx_next_input(struct gv_tx_inputs *it, struct gv_tx_input *out)
{
    if (it->left == 0) {
        return false;
    }
    it->left--;
    const struct gv_view txid = gv_read_bytes(&it->body, 32);
    memcpy(out->outpoint.txid.b, txid.p, 32);
    out->outpoint.vout = gv_read_u32le(&it->body);
    out->script_sig = gv_read_var_bytes(&it->body);
    out->sequence = gv_read_u32le(&it->body);
    GV_ASSERT(!it->body.bad);
    out->witness = gv_view_of(NULL, 0);
    if (it->witness.p != NULL) {
        const enum gv_wire wire = gv_wire_stack(&it->witness, &out->witness);
        GV_ASSERT(wire == GV_WIRE_OK);
    }
    return true;
}

struct gv_tx_outputs gv_tx_outputs(const struct gv_tx *tx)
{
    return (struct gv_tx_outputs){.body = reader_from(tx, tx->outputs_at),
                                  .left = tx->output_count};
}

bool gv_tx_next_output(struct gv_tx_outputs *it, struct gv_tx_output *out)
{
    if (it->left == 0) {
        return false;
    }
    it->left--;
    out->value_sat = gv_read_u64le(&it->body);
    out->script = gv_read_var_bytes(&it->body);
    GV_ASSERT(!it->body.bad);
    return true;
}

bool gv_tx_input_at(const struct gv_tx *tx, uint32_t index, struct gv_tx_input *out)
{
    if (index >= tx->input_count) {
        return false;
    }
    struct gv_tx_inputs it = gv_tx_inputs(tx);
    bool there = true;
    for (uint32_t i = 0; i <= index && there; i++) {
        there = gv_tx_next_input(&it, out);
    }
    return there;
}

bool gv_tx_output_at(const struct gv_tx *tx, uint32_t index, struct gv_tx_output *out)
{
    if (index >= tx->output_count) {
        return false;
    }
    struct gv_tx_outputs it = gv_tx_outputs(tx);
    bool there = true;
    for (uint32_t i = 0; i <= index && there; i++) {
        there = gv_tx_next_output(&it, out);
    }
    return there;
}

/* ---- measures ------------------------------------------------------------------------------- */

/* Marker and flag stand between version and inputs, the witnesses before the lock time. */
static uint32_t witness_bytes(const struct gv_tx *tx)
{
    return tx->has_witness ? 2u + (uint32_t)tx->raw.n - 4u - tx->witness_at : 0u;
}

void gv_tx_txid(struct gv_hash256 *out, const struct gv_tx *tx)
{
    const uint8_t *const p = tx->raw.p;
    if (!tx->has_witness) {
        gv_sha256d_of(out, tx->raw);
        return;
    }
    struct gv_sha256 ctx;
    gv_sha256_init(&ctx);
    gv_sha256_add(&ctx, gv_view_of(p, 4));
    gv_sha256_add(&ctx, gv_view_of(p + 6, tx->witness_at - 6u));
    gv_sha256_add(&ctx, gv_view_of(p + tx->raw.n - 4, 4));
    gv_sha256d_finish(&ctx, out);
}

uint32_t gv_tx_weight(const struct gv_tx *tx)
{
    const uint32_t total = (uint32_t)tx->raw.n;
    return 3u * (total - witness_bytes(tx)) + total;
}

uint32_t gv_tx_vsize(const struct gv_tx *tx)
{
    return (gv_tx_weight(tx) + 3u) / 4u;
}

bool gv_tx_is_coinbase(const struct gv_tx *tx)
{
    static const struct gv_hash256 null_hash;
    struct gv_tx_input in;
    return tx->input_count == 1 && gv_tx_input_at(tx, 0, &in) && in.outpoint.vout == UINT32_MAX &&
           gv_hash256_equal(&in.outpoint.txid, &null_hash);
}
