#include "app/bitcoin/psbt_check.h"

#include "app/bitcoin/sighash.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

/* Bitcoin Core script.h: below it a lock time is a height. */
#define LOCKTIME_THRESHOLD 500000000u
/* BIP68 */
#define SEQUENCE_FINAL       0xffffffffu
#define SEQUENCE_DISABLE_BIT 0x80000000u
#define SEQUENCE_DELAY_MASK  0x0000ffffu
/* version 4, counts 1 + 1, input 41, value 8, script length 1, lock time 4 */
#define PAIR_TX_BYTES_MAX (60u + GV_SPK_MAX)

/* The one input and the one output, taken apart. */
struct pair {
    struct gv_tx tx;
    struct gv_tx_input in;
    struct gv_tx_output out;
    uint8_t tx_bytes[PAIR_TX_BYTES_MAX]; /* of version 2, which holds no transaction */
};

static enum gv_err refuse(struct gv_fail *fail, const char *code, const char *text)
{
    return gv_fail(fail, GV_ERR_INVALID, code, "%s", text);
}

/* ---- valid: shape and UTXO ------------------------------------------------------------------- */

static enum gv_err check_shape(const struct gv_psbt *psbt, struct gv_fail *fail)
{
    if (psbt->input_count != 1) {
        return gv_fail(fail, GV_ERR_INVALID, "psbt.shape_inputs",
                       "a listing has exactly one input (P2PKH templates with placeholders are not "
                       "taken); this has %u",
                       (unsigned)psbt->input_count);
    }
    if (psbt->output_count != 1) {
        return gv_fail(fail, GV_ERR_INVALID, "psbt.shape_outputs",
                       "a listing has exactly one output; this has %u",
                       (unsigned)psbt->output_count);
    }
    return GV_OK;
}

static enum gv_err take_pair(struct pair *pair, const struct gv_psbt *psbt,
                             const struct gv_psbt_terms *terms, struct gv_fail *fail)
{
    if (!gv_psbt_pair_tx(&pair->tx, pair->tx_bytes, sizeof pair->tx_bytes, psbt)) {
        return refuse(fail, "psbt.output_script", "the output script is too long for a payout");
    }
    const bool has_in = gv_tx_input_at(&pair->tx, 0, &pair->in);
    const bool has_out = gv_tx_output_at(&pair->tx, 0, &pair->out);
    GV_ASSERT(has_in);
    GV_ASSERT(has_out);
    if (pair->out.script.n > GV_SPK_MAX) {
        return refuse(fail, "psbt.output_script", "the output script is too long for a payout");
    }
    if (pair->out.value_sat > GV_SAT_MAX) {
        return refuse(fail, "psbt.value_range", "the output is worth more than 21 million bitcoin");
    }
    if (!gv_outpoint_equal(&pair->in.outpoint, &terms->outpoint)) {
        return refuse(fail, "psbt.utxo_mismatch", "the input spends another outpoint");
    }
    return GV_OK;
}

static bool is_the_prevout(const struct gv_tx_output *told, const struct gv_tx_output *truth)
{
    return told->value_sat == truth->value_sat && gv_view_equal(told->script, truth->script);
}

static enum gv_err check_witness_utxo(struct gv_view field, const struct gv_psbt_terms *terms,
                                      struct gv_fail *fail)
{
    struct gv_reader r = gv_reader_of(field);
    struct gv_tx_output told;
    told.value_sat = gv_read_u64le(&r);
    told.script = gv_read_var_bytes(&r);
    if (r.bad || !is_the_prevout(&told, &terms->prevout)) {
        return refuse(fail, "psbt.utxo_mismatch",
                      "the witness UTXO has another amount or script than the outpoint");
    }
    return GV_OK;
}

static enum gv_err check_full_utxo(struct gv_view field, const struct gv_psbt_terms *terms,
                                   struct gv_fail *fail)
{
    struct gv_tx tx;
    struct gv_hash256 txid;
    struct gv_tx_output told;
    const enum gv_err err = gv_tx_parse(&tx, field, fail);
    if (err != GV_OK) {
        return err;
    }
    gv_tx_txid(&txid, &tx);
    if (!gv_hash256_equal(&txid, &terms->outpoint.txid) ||
        !gv_tx_output_at(&tx, terms->outpoint.vout, &told) ||
        !is_the_prevout(&told, &terms->prevout)) {
        return refuse(fail, "psbt.utxo_mismatch",
                      "the non-witness UTXO is not the transaction that made the outpoint");
    }
    return GV_OK;
}

static enum gv_err check_utxo(const struct gv_psbt_map *input, bool segwit,
                              const struct gv_psbt_terms *terms, struct gv_fail *fail)
{
    const struct gv_view witness = input->field[GV_PSBT_IN_WITNESS_UTXO];
    const struct gv_view full = input->field[GV_PSBT_IN_NON_WITNESS_UTXO];
    if (!segwit && witness.p != NULL) {
        return refuse(fail, "psbt.witness_utxo_on_legacy",
                      "a legacy input carries a witness UTXO, which proves nothing for it");
    }
    if (full.p == NULL && witness.p == NULL) {
        return refuse(fail, "psbt.missing_utxo", "the input tells nothing about what it spends");
    }
    enum gv_err err = GV_OK;
    if (witness.p != NULL) {
        err = check_witness_utxo(witness, terms, fail);
    }
    if (err == GV_OK && full.p != NULL) {
        err = check_full_utxo(full, terms, fail);
    }
    return err;
}

/* BIP174 leaves the field out after finalising, and some wallets never write it; what counts is the
 * signature's own byte, but a field that says something else is a contradiction. */
static enum gv_err check_sighash_field(const struct gv_psbt_map *input, struct gv_fail *fail)
{
    struct gv_reader r = gv_reader_of(input->field[GV_PSBT_IN_SIGHASH_TYPE]);
    if (r.p != NULL && gv_read_u32le(&r) != GV_SIGHASH_LISTING) {
        return refuse(fail, "psbt.sighash_field_mismatch",
                      "the sighash field is not 0x83, although the signature is");
    }
    return GV_OK;
}

static enum gv_err check_valid(struct pair *pair, struct gv_unlock *unlock,
                               const struct gv_psbt *psbt, const struct gv_psbt_terms *terms,
                               struct gv_fail *fail)
{
    enum gv_err err = check_shape(psbt, fail);
    if (err == GV_OK) {
        err = take_pair(pair, psbt, terms, fail);
    }
    if (err == GV_OK) {
        err = gv_unlock_of_psbt(unlock, &terms->prevout, &psbt->input, fail);
    }
    if (err == GV_OK) {
        err = check_utxo(&psbt->input, gv_unlock_is_segwit(unlock->type), terms, fail);
    }
    if (err == GV_OK) {
        err = gv_unlock_verify(unlock, &pair->tx, fail);
    }
    if (err == GV_OK) {
        err = check_sighash_field(&psbt->input, fail);
    }
    if (err == GV_OK && pair->out.value_sat != terms->price_sat) {
        err =
            gv_fail(fail, GV_ERR_INVALID, "psbt.price_mismatch",
                    "the output pays %llu sat, the price is %llu sat",
                    (unsigned long long)pair->out.value_sat, (unsigned long long)terms->price_sat);
    }
    return err;
}

/* ---- listable: policy -------------------------------------------------------------------------- */

static enum gv_err check_script_type(enum gv_unlock_type type, struct gv_fail *fail)
{
    switch (type) {
    case GV_UNLOCK_P2WPKH:
    case GV_UNLOCK_P2SH_P2WPKH:
    case GV_UNLOCK_P2WSH_MULTISIG:
    case GV_UNLOCK_P2SH_P2WSH_MULTISIG:
    case GV_UNLOCK_P2TR_KEY:
        return GV_OK;
    case GV_UNLOCK_P2PKH:
    case GV_UNLOCK_P2SH_MULTISIG:
        return refuse(fail, "psbt.pair_index",
                      "a legacy signature fixes the pair at index 0, where the asset moves to the "
                      "first output: back to the seller; use a segwit address");
    case GV_UNLOCK_P2TR_SCRIPT:
    case GV_UNLOCK_UNKNOWN:
        break;
    }
    return refuse(fail, "psbt.script_type",
                  "taproot script paths cannot be listed; sign with the output key");
}

static enum gv_err check_payout(const struct gv_tx_output *out, struct gv_fail *fail)
{
    const struct gv_sat dust = gv_script_dust(out->script);
    switch (gv_script_classify(out->script)) {
    case GV_SCRIPT_P2PKH:
    case GV_SCRIPT_P2SH:
    case GV_SCRIPT_P2WPKH:
    case GV_SCRIPT_P2WSH:
    case GV_SCRIPT_P2TR:
        if (out->value_sat >= dust.v) {
            return GV_OK;
        }
        return gv_fail(fail, GV_ERR_INVALID, "psbt.dust_output",
                       "the output pays %llu sat, less than the %llu sat that nodes relay",
                       (unsigned long long)out->value_sat, (unsigned long long)dust.v);
    case GV_SCRIPT_NONSTANDARD:
    case GV_SCRIPT_P2PK:
    case GV_SCRIPT_MULTISIG:
    case GV_SCRIPT_NULLDATA:
    case GV_SCRIPT_ANCHOR:
    case GV_SCRIPT_WITNESS_UNKNOWN:
        break;
    }
    return refuse(fail, "psbt.output_script", "the output pays to no ordinary address");
}

static enum gv_err check_locks(const struct pair *pair, const struct gv_psbt_terms *terms,
                               struct gv_fail *fail)
{
    const uint32_t locktime = pair->tx.locktime;
    const uint32_t sequence = pair->in.sequence;
    if (pair->tx.version != 1 && pair->tx.version != 2) {
        return gv_fail(fail, GV_ERR_INVALID, "psbt.tx_version",
                       "transaction version %d is neither 1 nor 2", (int)pair->tx.version);
    }
    if (locktime >= LOCKTIME_THRESHOLD) {
        return refuse(fail, "psbt.locktime", "the lock time is a time; it must be a block height");
    }
    if (terms->has_block && locktime > terms->block) {
        return gv_fail(fail, GV_ERR_INVALID, "psbt.locktime",
                       "the lock time %u is above block %u, at which the PSBT is revealed",
                       (unsigned)locktime, (unsigned)terms->block);
    }
    if (pair->tx.version == 2 && (sequence & SEQUENCE_DISABLE_BIT) == 0 &&
        (sequence & SEQUENCE_DELAY_MASK) != 0) {
        return gv_fail(fail, GV_ERR_INVALID, "psbt.relative_locktime",
                       "the input's sequence %08x asks for a delay after confirmation",
                       (unsigned)sequence);
    }
    return GV_OK;
}

/* What an upload weighs once a UTXO transaction that has been checked, and is not needed for
 * segwit, is left out. */
static size_t counted_bytes(struct gv_view raw, const struct gv_psbt_map *input)
{
    const struct gv_view full = input->field[GV_PSBT_IN_NON_WITNESS_UTXO];
    return full.p == NULL ? raw.n : raw.n - full.n - gv_compact_size(full.n) - 2;
}

static enum gv_err check_listable(const struct pair *pair, const struct gv_unlock *unlock,
                                  size_t bytes, size_t served_len,
                                  const struct gv_psbt_terms *terms, struct gv_fail *fail)
{
    enum gv_err err = check_script_type(unlock->type, fail);
    if (err == GV_OK && (bytes > GV_PSBT_BYTES_MAX || served_len == 0)) {
        err = gv_fail(fail, GV_ERR_INVALID, "psbt.too_large",
                      "the PSBT has %zu bytes; a listing takes up to %u", bytes, GV_PSBT_BYTES_MAX);
    }
    if (err == GV_OK) {
        err = check_payout(&pair->out, fail);
    }
    if (err == GV_OK) {
        err = check_locks(pair, terms, fail);
    }
    if (err == GV_OK && terms->price_sat < terms->prevout.value_sat) {
        err = gv_fail(fail, GV_ERR_INVALID, "psbt.price_below_utxo",
                      "the price is %llu sat, less than the %llu sat of the UTXO: anybody could "
                      "mine the difference away",
                      (unsigned long long)terms->price_sat,
                      (unsigned long long)terms->prevout.value_sat);
    }
    return err;
}

/* A lock binds only under a sequence that is not final; sequences without the disable bit are
 * relative delays, which no rung of a ladder has. */
static bool is_locked(const struct pair *pair, const struct gv_psbt_terms *terms)
{
    const uint32_t locktime = pair->tx.locktime;
    if (pair->in.sequence < SEQUENCE_DISABLE_BIT || pair->in.sequence == SEQUENCE_FINAL) {
        return false;
    }
    if (terms->has_block) {
        return locktime != 0 && locktime == terms->block;
    }
    return locktime != 0 && locktime < LOCKTIME_THRESHOLD;
}

/* ---- the verdict -------------------------------------------------------------------------------- */

static size_t write_served(uint8_t served[GV_PSBT_SERVED_MAX], const struct pair *pair,
                           const struct gv_unlock *unlock)
{
    uint8_t script_sig_bytes[GV_SPK_MAX];
    uint8_t witness_bytes[GV_PSBT_SERVED_MAX];
    struct gv_writer script_sig = gv_writer_of(script_sig_bytes, sizeof script_sig_bytes);
    struct gv_writer witness = gv_writer_of(witness_bytes, sizeof witness_bytes);
    if (!gv_unlock_is_segwit(unlock->type)) {
        return 0;
    }
    gv_unlock_write_final(&script_sig, &witness, unlock);
    const struct gv_psbt_write_input input = {
        .outpoint = pair->in.outpoint,
        .sequence = pair->in.sequence,
        .utxo = unlock->prevout,
        .script_sig = gv_written(&script_sig),
        .witness = gv_written(&witness),
    };
    struct gv_writer w = gv_writer_of(served, GV_PSBT_SERVED_MAX);
    gv_psbt_write(&w, pair->tx.version, pair->tx.locktime, &input, 1, &pair->out, 1);
    return script_sig.full || witness.full || w.full ? 0 : w.n;
}

static void set_words(struct gv_psbt_verdict *verdict, const char *code, const char *detail)
{
    gv_format_cut(verdict->code, sizeof verdict->code, "%s", code);
    gv_format_cut(verdict->detail, sizeof verdict->detail, "%s", detail);
}

static void fill_valid(struct gv_psbt_verdict *verdict, const struct pair *pair,
                       const struct gv_psbt_terms *terms)
{
    verdict->valid = true;
    verdict->locked = is_locked(pair, terms);
    verdict->tx_version = pair->tx.version;
    verdict->locktime = pair->tx.locktime;
    verdict->sequence = pair->in.sequence;
    verdict->value_sat = pair->out.value_sat;
    const bool fits = gv_spk_set(&verdict->payout, pair->out.script);
    GV_ASSERT(fits);
}

void gv_psbt_check(struct gv_psbt_verdict *verdict, uint8_t served[GV_PSBT_SERVED_MAX],
                   struct gv_view raw, const struct gv_psbt_terms *terms)
{
    struct gv_psbt psbt;
    struct pair pair;
    struct gv_unlock unlock;
    struct gv_fail fail;
    *verdict = (struct gv_psbt_verdict){.valid = false};
    unlock.type = GV_UNLOCK_UNKNOWN;
    unlock.prevout = terms->prevout;
    unlock.multisig.keys = 0;

    enum gv_err err = gv_psbt_parse(&psbt, raw, &fail);
    if (err == GV_OK) {
        err = check_valid(&pair, &unlock, &psbt, terms, &fail);
    }
    verdict->type = unlock.type;
    gv_unlock_name(verdict->script_type, &unlock);
    if (err == GV_OK) {
        fill_valid(verdict, &pair, terms);
        verdict->served_len = write_served(served, &pair, &unlock);
        err = check_listable(&pair, &unlock, counted_bytes(raw, &psbt.input), verdict->served_len,
                             terms, &fail);
        verdict->listable = err == GV_OK;
    }
    if (err == GV_OK) {
        set_words(verdict, "psbt.ok", "a good listing of this outpoint at this price");
    } else {
        set_words(verdict, fail.code, fail.text);
    }
}

void gv_psbt_verdict_refused(struct gv_psbt_verdict *verdict, const struct gv_fail *fail,
                             const struct gv_psbt_terms *terms)
{
    const struct gv_unlock unlock = {.type = GV_UNLOCK_UNKNOWN, .prevout = terms->prevout};
    *verdict = (struct gv_psbt_verdict){.valid = false};
    gv_unlock_name(verdict->script_type, &unlock);
    set_words(verdict, fail->code, fail->text);
}

/* ---- text --------------------------------------------------------------------------------------- */

static bool is_hex_psbt(struct gv_view text)
{
    static const char magic[] = "70736274ff";
    struct gv_view head = text;
    if (text.n < sizeof magic - 1) {
        return false;
    }
    head.n = sizeof magic - 1;
    return gv_view_is(head, magic);
}

enum gv_err gv_psbt_decode_text(uint8_t *out, size_t *out_len, size_t cap, struct gv_view text,
                                struct gv_fail *fail)
{
    if (text.n == 0) {
        return refuse(fail, "psbt.parse_empty", "there is nothing to read");
    }
    if (is_hex_psbt(text)) {
        return refuse(fail, "psbt.parse_base64_or_magic",
                      "this is a PSBT in hex; its text form is base64");
    }
    const enum gv_err err = gv_base64_decode(out, out_len, cap, (const char *)text.p, text.n);
    if (err == GV_ERR_TOO_LARGE) {
        return gv_fail(fail, GV_ERR_INVALID, "psbt.parse_size", "the PSBT is larger than %zu bytes",
                       cap);
    }
    if (err != GV_OK) {
        return refuse(fail, "psbt.parse_base64",
                      "the text is not canonical base64 (padding, no white space)");
    }
    return GV_OK;
}
