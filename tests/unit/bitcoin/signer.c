#include "tests/unit/bitcoin/signer.h"

#include "app/bitcoin/sighash.h"
#include "tests/unit/bitcoin/cmocka_include.h"

#include <secp256k1.h>

#define BLOCK 900000u

static const uint8_t seckey[32] = {[31] = 0x2a};
static const uint8_t other_seckey[32] = {[31] = 0x2b};

/* What is signed, and by whom. */
struct signing {
    uint8_t key[33];
    uint8_t sig[73];
    size_t sig_len;
};

static void make_key(uint8_t key[33], const secp256k1_context *ctx, const uint8_t secret[32])
{
    secp256k1_pubkey pubkey;
    size_t n = 33;
    assert_int_equal(secp256k1_ec_pubkey_create(ctx, &pubkey, secret), 1);
    assert_int_equal(secp256k1_ec_pubkey_serialize(ctx, key, &n, &pubkey, SECP256K1_EC_COMPRESSED),
                     1);
}

static void make_script(uint8_t script[22], const uint8_t key[33])
{
    struct gv_hash160 hash;
    gv_hash160_of(&hash, gv_view_of(key, 33));
    script[0] = 0;
    script[1] = 20;
    memcpy(script + 2, hash.b, 20);
}

static void sign(struct signing *out, const secp256k1_context *ctx, const uint8_t secret[32],
                 const struct gv_tx *tx, uint64_t amount_sat)
{
    uint8_t code[25] = {0x76, 0xa9, 20, [23] = 0x88, [24] = 0xac};
    uint8_t script[22];
    struct gv_hash256 digest;
    secp256k1_ecdsa_signature sig;
    make_key(out->key, ctx, secret);
    make_script(script, out->key);
    memcpy(code + 3, script + 2, 20);
    gv_sighash_segwit_v0(&digest, tx, 0, gv_view_of(code, sizeof code), amount_sat,
                         GV_SIGHASH_LISTING);
    out->sig_len = sizeof out->sig - 1;
    assert_int_equal(secp256k1_ecdsa_sign(ctx, &sig, digest.b, secret, NULL, NULL), 1);
    assert_int_equal(secp256k1_ecdsa_signature_serialize_der(ctx, out->sig, &out->sig_len, &sig),
                     1);
    out->sig[out->sig_len] = GV_SIGHASH_LISTING;
    out->sig_len++;
}

static void write_partial(struct gv_writer *w, const struct signing *signing)
{
    gv_write_compact(w, 34);
    gv_write_u8(w, GV_PSBT_IN_PARTIAL_SIG);
    gv_write_bytes(w, gv_view_of(signing->key, sizeof signing->key));
    gv_write_var_bytes(w, gv_view_of(signing->sig, signing->sig_len));
}

static void write_final(struct gv_writer *w, const struct signing *signing)
{
    gv_write_compact(w, 1);
    gv_write_u8(w, GV_PSBT_IN_FINAL_SCRIPTWITNESS);
    gv_write_compact(w, 1 + 1 + signing->sig_len + 1 + sizeof signing->key);
    gv_write_compact(w, 2);
    gv_write_var_bytes(w, gv_view_of(signing->sig, signing->sig_len));
    gv_write_var_bytes(w, gv_view_of(signing->key, sizeof signing->key));
}

/* The transaction that made the UTXO, as its output 0. Out: outpoint: of that output. */
static void write_full_utxo(struct gv_writer *w, struct gv_outpoint *outpoint,
                            const struct gv_tx_output *utxo, uint32_t script_sig_bytes)
{
    static uint8_t tx[65536];
    static const uint8_t zeros[65536];
    struct gv_writer t = gv_writer_of(tx, sizeof tx);
    gv_write_u32le(&t, 2);
    gv_write_compact(&t, 1);
    gv_write_bytes(&t, gv_view_of(zeros, 36));
    gv_write_var_bytes(&t, gv_view_of(zeros, script_sig_bytes));
    gv_write_u32le(&t, 0);
    gv_write_compact(&t, 1);
    gv_write_u64le(&t, utxo->value_sat);
    gv_write_var_bytes(&t, utxo->script);
    gv_write_u32le(&t, 0);
    assert_false(t.full);
    gv_sha256d_of(&outpoint->txid, gv_written(&t));
    outpoint->vout = 0;
    gv_write_compact(w, 1);
    gv_write_u8(w, GV_PSBT_IN_NON_WITNESS_UTXO);
    gv_write_var_bytes(w, gv_written(&t));
}

static void write_junk(struct gv_writer *w, uint32_t n)
{
    gv_write_compact(w, 1);
    gv_write_u8(w, 0xf0);
    gv_write_compact(w, n);
    for (uint32_t i = 0; i < n; i++) {
        gv_write_u8(w, 0x5a);
    }
}

struct signer_plan signer_plan(void)
{
    static const uint8_t payout[22] = {0, 20, 7};
    return (struct signer_plan){.tx_version = 2,
                                .locktime = BLOCK,
                                .sequence = 0xfffffffdu,
                                .utxo_sat = 10000,
                                .price_sat = 250000,
                                .payout = gv_view_of(payout, sizeof payout)};
}

struct gv_view signer_psbt(struct gv_psbt_terms *terms, const struct signer_plan *plan)
{
    static uint8_t psbt[GV_PSBT_CHECK_BYTES_MAX];
    static uint8_t script[22];
    struct signing mine;
    struct signing other;
    struct gv_psbt parsed;
    uint8_t key[33];
    secp256k1_context *const ctx = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    assert_non_null(ctx);
    make_key(key, ctx, seckey);
    make_script(script, key);
    *terms = (struct gv_psbt_terms){
        .outpoint = {.txid = {.b = {1, 2, 3}}, .vout = 5},
        .prevout = {plan->utxo_sat, gv_view_of(script, sizeof script)},
        .price_sat = plan->price_sat,
        .has_block = true,
        .block = BLOCK,
    };
    static uint8_t full_utxo[65536];
    struct gv_writer full = gv_writer_of(full_utxo, sizeof full_utxo);
    if (plan->full_utxo_script_bytes != 0) {
        write_full_utxo(&full, &terms->outpoint, &terms->prevout, plan->full_utxo_script_bytes);
    }
    const struct gv_psbt_write_input input = {.outpoint = terms->outpoint,
                                              .sequence = plan->sequence,
                                              .utxo = terms->prevout,
                                              .sighash = plan->sighash_field};
    const struct gv_tx_output output = {plan->price_sat, plan->payout};
    struct gv_writer w = gv_writer_of(psbt, sizeof psbt);
    gv_psbt_write(&w, plan->tx_version, plan->locktime, &input, 1, &output, 1);
    assert_int_equal(gv_psbt_parse(&parsed, gv_written(&w), NULL), GV_OK);
    sign(&mine, ctx, seckey, &parsed.tx, plan->utxo_sat);
    sign(&other, ctx, other_seckey, &parsed.tx, plan->utxo_sat);

    w.n -= 2; /* the ends of the input and output maps */
    gv_write_bytes(&w, gv_written(&full));
    if (!plan->final || plan->both) {
        write_partial(&w, &mine);
    }
    if (plan->second_sig) {
        write_partial(&w, &other);
    }
    if (plan->final || plan->both) {
        write_final(&w, &mine);
    }
    if (plan->junk_bytes != 0) {
        write_junk(&w, plan->junk_bytes);
    }
    gv_write_u8(&w, 0);
    gv_write_u8(&w, 0);
    assert_false(w.full);
    secp256k1_context_destroy(ctx);
    return gv_written(&w);
}
