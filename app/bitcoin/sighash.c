#include "app/bitcoin/sighash.h"

#include "app/bitcoin/script.h"
#include "firmware/base/assert.h"

#define OUTPUT_MASK 0x1fu /* the bits of a hash type that say which outputs are signed */

static bool signs_single(uint32_t hash_type)
{
    return (hash_type & OUTPUT_MASK) == GV_SIGHASH_SINGLE;
}

static bool signs_none(uint32_t hash_type)
{
    return (hash_type & OUTPUT_MASK) == GV_SIGHASH_NONE;
}

static bool signs_one_input(uint32_t hash_type)
{
    return (hash_type & GV_SIGHASH_ANYONECANPAY) != 0;
}

/* ---- pieces of a message --------------------------------------------------------------------- */

static void add_int(struct gv_sha256 *ctx, uint64_t v, size_t bytes)
{
    uint8_t b[8];
    for (size_t i = 0; i < bytes; i++) {
        b[i] = (uint8_t)(v >> (8 * i));
    }
    gv_sha256_add(ctx, gv_view_of(b, bytes));
}

static void add_compact(struct gv_sha256 *ctx, uint64_t v)
{
    uint8_t b[9];
    struct gv_writer w = gv_writer_of(b, sizeof b);
    gv_write_compact(&w, v);
    gv_sha256_add(ctx, gv_written(&w));
}

static void add_script(struct gv_sha256 *ctx, struct gv_view script)
{
    add_compact(ctx, script.n);
    gv_sha256_add(ctx, script);
}

static void add_hash(struct gv_sha256 *ctx, const struct gv_hash256 *hash)
{
    gv_sha256_add(ctx, gv_view_of(hash->b, sizeof hash->b));
}

static void add_outpoint(struct gv_sha256 *ctx, const struct gv_outpoint *outpoint)
{
    add_hash(ctx, &outpoint->txid);
    add_int(ctx, outpoint->vout, 4);
}

static void add_output(struct gv_sha256 *ctx, const struct gv_tx_output *output)
{
    add_int(ctx, output->value_sat, 8);
    add_script(ctx, output->script);
}

static void add_version(struct gv_sha256 *ctx, const struct gv_tx *tx)
{
    gv_sha256_add(ctx, gv_view_of(tx->raw.p, 4));
}

/* All outputs as they stand, without their count. */
static void add_outputs(struct gv_sha256 *ctx, const struct gv_tx *tx)
{
    gv_sha256_add(ctx, gv_view_of(tx->raw.p + tx->outputs_at, tx->witness_at - tx->outputs_at));
}

/* ---- legacy ------------------------------------------------------------------------------------ */

/* The operation that ends at the reader's position is a code separator. */
static size_t count_code_separators(struct gv_view script)
{
    struct gv_reader r = gv_reader_of(script);
    struct gv_script_op op;
    size_t found = 0;
    while (gv_script_next(&r, &op)) {
        if (op.opcode == GV_OP_CODESEPARATOR) {
            found++;
        }
    }
    return found;
}

/* The script with its code separators cut out; behind a push that runs past the end, as it is. */
static void add_script_code(struct gv_sha256 *ctx, struct gv_view script)
{
    add_compact(ctx, script.n - count_code_separators(script));
    struct gv_reader r = gv_reader_of(script);
    struct gv_script_op op;
    const uint8_t *from = script.p;
    while (gv_script_next(&r, &op)) {
        if (op.opcode == GV_OP_CODESEPARATOR) {
            gv_sha256_add(ctx, gv_view_of(from, (size_t)(r.p - 1 - from)));
            from = r.p;
        }
    }
    if (script.n != 0) {
        gv_sha256_add(ctx, gv_view_of(from, (size_t)(script.p + script.n - from)));
    }
}

static void add_legacy_inputs(struct gv_sha256 *ctx, const struct gv_tx *tx, uint32_t index,
                              struct gv_view script_code, uint32_t hash_type)
{
    struct gv_tx_inputs it = gv_tx_inputs(tx);
    struct gv_tx_input in;
    const bool others_may_change = signs_none(hash_type) || signs_single(hash_type);
    add_compact(ctx, signs_one_input(hash_type) ? 1 : tx->input_count);
    for (uint32_t i = 0; gv_tx_next_input(&it, &in); i++) {
        if (i != index && signs_one_input(hash_type)) {
            continue;
        }
        add_outpoint(ctx, &in.outpoint);
        if (i == index) {
            add_script_code(ctx, script_code);
        } else {
            add_compact(ctx, 0);
        }
        add_int(ctx, i != index && others_may_change ? 0 : in.sequence, 4);
    }
}

static void add_legacy_outputs(struct gv_sha256 *ctx, const struct gv_tx *tx, uint32_t index,
                               uint32_t hash_type)
{
    if (signs_none(hash_type)) {
        add_compact(ctx, 0);
        return;
    }
    if (!signs_single(hash_type)) {
        add_compact(ctx, tx->output_count);
        add_outputs(ctx, tx);
        return;
    }
    static const struct gv_tx_output blank = {.value_sat = UINT64_MAX};
    struct gv_tx_output output;
    add_compact(ctx, (uint64_t)index + 1);
    for (uint32_t i = 0; i < index; i++) {
        add_output(ctx, &blank);
    }
    const bool there = gv_tx_output_at(tx, index, &output);
    GV_ASSERT(there);
    add_output(ctx, &output);
}

void gv_sighash_legacy(struct gv_hash256 *out, const struct gv_tx *tx, uint32_t index,
                       struct gv_view script_code, uint32_t hash_type)
{
    if (index >= tx->input_count || (signs_single(hash_type) && index >= tx->output_count)) {
        *out = (struct gv_hash256){.b = {1}};
        return;
    }
    struct gv_sha256 ctx;
    gv_sha256_init(&ctx);
    add_version(&ctx, tx);
    add_legacy_inputs(&ctx, tx, index, script_code, hash_type);
    add_legacy_outputs(&ctx, tx, index, hash_type);
    add_int(&ctx, tx->locktime, 4);
    add_int(&ctx, hash_type, 4);
    gv_sha256d_finish(&ctx, out);
}

/* ---- sums over inputs and outputs, shared by BIP143 and BIP341 ---------------------------------- */

static void hash_prevouts(struct gv_sha256 *ctx, const struct gv_tx *tx)
{
    struct gv_tx_inputs it = gv_tx_inputs(tx);
    struct gv_tx_input in;
    gv_sha256_init(ctx);
    while (gv_tx_next_input(&it, &in)) {
        add_outpoint(ctx, &in.outpoint);
    }
}

static void hash_sequences(struct gv_sha256 *ctx, const struct gv_tx *tx)
{
    struct gv_tx_inputs it = gv_tx_inputs(tx);
    struct gv_tx_input in;
    gv_sha256_init(ctx);
    while (gv_tx_next_input(&it, &in)) {
        add_int(ctx, in.sequence, 4);
    }
}

static void hash_outputs(struct gv_sha256 *ctx, const struct gv_tx *tx)
{
    gv_sha256_init(ctx);
    add_outputs(ctx, tx);
}

static void hash_output(struct gv_sha256 *ctx, const struct gv_tx_output *output)
{
    gv_sha256_init(ctx);
    add_output(ctx, output);
}

/* ---- BIP143 ------------------------------------------------------------------------------------ */

static void segwit_outputs(struct gv_hash256 *out, const struct gv_tx *tx, uint32_t index,
                           uint32_t hash_type)
{
    struct gv_sha256 ctx;
    struct gv_tx_output output;
    *out = (struct gv_hash256){{0}};
    if (signs_single(hash_type)) {
        if (gv_tx_output_at(tx, index, &output)) {
            hash_output(&ctx, &output);
            gv_sha256d_finish(&ctx, out);
        }
    } else if (!signs_none(hash_type)) {
        hash_outputs(&ctx, tx);
        gv_sha256d_finish(&ctx, out);
    }
}

void gv_sighash_segwit_v0(struct gv_hash256 *out, const struct gv_tx *tx, uint32_t index,
                          struct gv_view script_code, uint64_t amount_sat, uint32_t hash_type)
{
    struct gv_tx_input in;
    const bool there = gv_tx_input_at(tx, index, &in);
    GV_ASSERT(there);
    struct gv_hash256 prevouts = {{0}};
    struct gv_hash256 sequences = {{0}};
    struct gv_hash256 outputs;
    struct gv_sha256 ctx;
    if (!signs_one_input(hash_type)) {
        hash_prevouts(&ctx, tx);
        gv_sha256d_finish(&ctx, &prevouts);
        if (!signs_single(hash_type) && !signs_none(hash_type)) {
            hash_sequences(&ctx, tx);
            gv_sha256d_finish(&ctx, &sequences);
        }
    }
    segwit_outputs(&outputs, tx, index, hash_type);

    gv_sha256_init(&ctx);
    add_version(&ctx, tx);
    add_hash(&ctx, &prevouts);
    add_hash(&ctx, &sequences);
    add_outpoint(&ctx, &in.outpoint);
    add_script(&ctx, script_code);
    add_int(&ctx, amount_sat, 8);
    add_int(&ctx, in.sequence, 4);
    add_hash(&ctx, &outputs);
    add_int(&ctx, tx->locktime, 4);
    add_int(&ctx, hash_type, 4);
    gv_sha256d_finish(&ctx, out);
}

/* ---- BIP341 ------------------------------------------------------------------------------------ */

static bool taproot_type_defined(uint8_t hash_type)
{
    return hash_type <= GV_SIGHASH_SINGLE ||
           (hash_type >= (GV_SIGHASH_ANYONECANPAY | GV_SIGHASH_ALL) &&
            hash_type <= GV_SIGHASH_LISTING);
}

/* sha_prevouts, sha_amounts, sha_scriptpubkeys, sha_sequences */
static void add_all_inputs(struct gv_sha256 *ctx, const struct gv_tx *tx,
                           const struct gv_tx_output *prevouts)
{
    struct gv_sha256 part;
    struct gv_hash256 hash;
    hash_prevouts(&part, tx);
    gv_sha256_finish(&part, &hash);
    add_hash(ctx, &hash);

    gv_sha256_init(&part);
    for (uint32_t i = 0; i < tx->input_count; i++) {
        add_int(&part, prevouts[i].value_sat, 8);
    }
    gv_sha256_finish(&part, &hash);
    add_hash(ctx, &hash);

    gv_sha256_init(&part);
    for (uint32_t i = 0; i < tx->input_count; i++) {
        add_script(&part, prevouts[i].script);
    }
    gv_sha256_finish(&part, &hash);
    add_hash(ctx, &hash);

    hash_sequences(&part, tx);
    gv_sha256_finish(&part, &hash);
    add_hash(ctx, &hash);
}

static void add_sha_of(struct gv_sha256 *ctx, struct gv_sha256 *part)
{
    struct gv_hash256 hash;
    gv_sha256_finish(part, &hash);
    add_hash(ctx, &hash);
}

static void add_this_input(struct gv_sha256 *ctx, const struct gv_tx_input *in, uint32_t index,
                           const struct gv_tx_output *prevouts, uint8_t hash_type)
{
    if (!signs_one_input(hash_type)) {
        add_int(ctx, index, 4);
        return;
    }
    add_outpoint(ctx, &in->outpoint);
    add_output(ctx, &prevouts[index]);
    add_int(ctx, in->sequence, 4);
}

bool gv_sighash_taproot(struct gv_hash256 *out, const struct gv_tx *tx, uint32_t index,
                        const struct gv_tx_output *prevouts, struct gv_view annex,
                        const struct gv_tapscript *tapscript, uint8_t hash_type)
{
    struct gv_tx_input in;
    struct gv_tx_output output;
    struct gv_sha256 ctx;
    struct gv_sha256 part;
    if (!taproot_type_defined(hash_type) || !gv_tx_input_at(tx, index, &in)) {
        return false;
    }
    if (signs_single(hash_type) && !gv_tx_output_at(tx, index, &output)) {
        return false;
    }

    gv_tagged_init(&ctx, "TapSighash");
    add_int(&ctx, 0, 1); /* epoch */
    add_int(&ctx, hash_type, 1);
    add_version(&ctx, tx);
    add_int(&ctx, tx->locktime, 4);
    if (!signs_one_input(hash_type)) {
        add_all_inputs(&ctx, tx, prevouts);
    }
    if (!signs_none(hash_type) && !signs_single(hash_type)) {
        hash_outputs(&part, tx);
        add_sha_of(&ctx, &part);
    }
    add_int(&ctx, (tapscript != NULL ? 2u : 0u) | (annex.p != NULL ? 1u : 0u), 1);
    add_this_input(&ctx, &in, index, prevouts, hash_type);
    if (annex.p != NULL) {
        gv_sha256_init(&part);
        add_script(&part, annex);
        add_sha_of(&ctx, &part);
    }
    if (signs_single(hash_type)) {
        hash_output(&part, &output);
        add_sha_of(&ctx, &part);
    }
    if (tapscript != NULL) {
        add_hash(&ctx, &tapscript->leaf);
        add_int(&ctx, 0, 1); /* key version */
        add_int(&ctx, tapscript->code_separator, 4);
    }
    gv_sha256_finish(&ctx, out);
    return true;
}
