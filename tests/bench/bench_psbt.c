/* Checking a ladder of 144 P2WPKH PSBTs, from base64 text to verdict and served form, against 144
 * bare secp256k1_ecdsa_verify calls with everything parsed beforehand, in the same run.
 *
 * The PSBTs are what a wallet uploads: both UTXO forms, partial signature, sighash field. The two
 * sides take turns, processor time is counted, and the best round of each side is taken: other
 * programs on the machine do not matter.
 * Prints {"name":"psbt","ratio":..,"check_us":..,"verify_us":..}. */
#include "app/bitcoin/ladder.h"
#include "app/bitcoin/psbt_check.h"
#include "app/bitcoin/sighash.h"

#include <secp256k1.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RUNGS         144u
#define ROUNDS        25u
#define TEXT_MAX      1024u
#define FIRST_BLOCK   900000u
#define FIRST_PRICE   200000000u
#define PRICE_STEP    1000u
#define UTXO_SAT      10000u
#define SIGNATURE_MAX 73u

struct rung {
    struct gv_psbt_terms terms;
    char text[TEXT_MAX];
    size_t text_len;
    secp256k1_ecdsa_signature sig;
    struct gv_hash256 digest;
};

static struct rung rungs[RUNGS];
static secp256k1_pubkey pubkey;
static uint8_t pubkey_bytes[33];
static uint8_t utxo_script[22];
static uint8_t funding[256]; /* the transaction that made the UTXO */
static size_t funding_len;

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "bench_psbt: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static double now_us(void)
{
    struct timespec t;
    must(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0, "no thread clock");
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- making the ladder ------------------------------------------------------------------------- */

static void make_funding(void)
{
    static const uint8_t change[25] = {0x76, 0xa9, 20, [23] = 0x88, [24] = 0xac};
    static const uint8_t script_sig[107] = {0x47};
    struct gv_writer w = gv_writer_of(funding, sizeof funding);
    static const uint8_t spent[36] = {1};
    gv_write_u32le(&w, 2);
    gv_write_compact(&w, 1);
    gv_write_bytes(&w, gv_view_of(spent, sizeof spent));
    gv_write_var_bytes(&w, gv_view_of(script_sig, sizeof script_sig));
    gv_write_u32le(&w, 0xfffffffdu);
    gv_write_compact(&w, 2);
    gv_write_u64le(&w, UTXO_SAT);
    gv_write_var_bytes(&w, gv_view_of(utxo_script, sizeof utxo_script));
    gv_write_u64le(&w, 4999990000u);
    gv_write_var_bytes(&w, gv_view_of(change, sizeof change));
    gv_write_u32le(&w, 0);
    must(!w.full, "funding transaction too long");
    funding_len = w.n;
}

static size_t sign(struct rung *rung, const struct gv_tx *tx, const secp256k1_context *ctx,
                   const uint8_t key[32], uint8_t der[SIGNATURE_MAX])
{
    uint8_t code[25] = {0x76, 0xa9, 20, [23] = 0x88, [24] = 0xac};
    size_t n = SIGNATURE_MAX - 1;
    memcpy(code + 3, utxo_script + 2, 20);
    gv_sighash_segwit_v0(&rung->digest, tx, 0, gv_view_of(code, sizeof code), UTXO_SAT,
                         GV_SIGHASH_LISTING);
    must(secp256k1_ecdsa_sign(ctx, &rung->sig, rung->digest.b, key, NULL, NULL) == 1, "sign");
    must(secp256k1_ecdsa_signature_serialize_der(ctx, der, &n, &rung->sig) == 1, "serialise");
    der[n] = GV_SIGHASH_LISTING;
    return n + 1;
}

static void write_entry(struct gv_writer *w, uint8_t type, struct gv_view key, struct gv_view value)
{
    gv_write_compact(w, key.n + 1);
    gv_write_u8(w, type);
    gv_write_bytes(w, key);
    gv_write_var_bytes(w, value);
}

static void make_rung(struct rung *rung, uint32_t i, const secp256k1_context *ctx,
                      const uint8_t key[32])
{
    const uint8_t payout[22] = {0, 20, 7};
    uint8_t bare[512];
    uint8_t der[SIGNATURE_MAX];
    uint8_t utxo[31];
    uint8_t full[TEXT_MAX];
    static const uint8_t sighash[4] = {GV_SIGHASH_LISTING};
    struct gv_ladder_rung plan = {.prevout = {UTXO_SAT, gv_view_of(utxo_script, 22)},
                                  .payout = gv_view_of(payout, sizeof payout),
                                  .block = FIRST_BLOCK + i,
                                  .price = {FIRST_PRICE - PRICE_STEP * i}};
    gv_sha256d_of(&plan.outpoint.txid, gv_view_of(funding, funding_len));
    rung->terms = (struct gv_psbt_terms){.outpoint = plan.outpoint,
                                         .prevout = plan.prevout,
                                         .price_sat = plan.price.v,
                                         .has_block = true,
                                         .block = plan.block};
    struct gv_writer w = gv_writer_of(bare, sizeof bare);
    struct gv_psbt psbt;
    must(gv_ladder_write(&w, &plan, NULL) == GV_OK, "ladder");
    must(gv_psbt_parse(&psbt, gv_written(&w), NULL) == GV_OK, "parse");
    const size_t der_len = sign(rung, &psbt.tx, ctx, key, der);

    struct gv_writer value = gv_writer_of(utxo, sizeof utxo);
    gv_write_u64le(&value, UTXO_SAT);
    gv_write_var_bytes(&value, plan.prevout.script);
    struct gv_writer out = gv_writer_of(full, sizeof full);
    gv_write_bytes(&out, gv_view_of("psbt\xff", 5));
    write_entry(&out, GV_PSBT_UNSIGNED_TX, gv_view_of(NULL, 0), psbt.tx.raw);
    gv_write_u8(&out, 0);
    write_entry(&out, GV_PSBT_IN_NON_WITNESS_UTXO, gv_view_of(NULL, 0),
                gv_view_of(funding, funding_len));
    write_entry(&out, GV_PSBT_IN_WITNESS_UTXO, gv_view_of(NULL, 0), gv_written(&value));
    write_entry(&out, GV_PSBT_IN_PARTIAL_SIG, gv_view_of(pubkey_bytes, sizeof pubkey_bytes),
                gv_view_of(der, der_len));
    write_entry(&out, GV_PSBT_IN_SIGHASH_TYPE, gv_view_of(NULL, 0), gv_view_of(sighash, 4));
    gv_write_u8(&out, 0);
    gv_write_u8(&out, 0);
    must(!out.full && GV_BASE64_LEN(out.n) < TEXT_MAX, "PSBT too long");
    rung->text_len = gv_base64_encode(rung->text, gv_written(&out));
}

static void make_ladder(void)
{
    static const uint8_t key[32] = {[31] = 0x2a};
    secp256k1_context *const ctx = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    size_t n = sizeof pubkey_bytes;
    must(ctx != NULL && secp256k1_ec_pubkey_create(ctx, &pubkey, key) == 1, "public key");
    must(secp256k1_ec_pubkey_serialize(ctx, pubkey_bytes, &n, &pubkey, SECP256K1_EC_COMPRESSED) ==
             1,
         "serialise key");
    struct gv_hash160 hash;
    gv_hash160_of(&hash, gv_view_of(pubkey_bytes, sizeof pubkey_bytes));
    utxo_script[1] = 20;
    memcpy(utxo_script + 2, hash.b, sizeof hash.b);
    make_funding();
    for (uint32_t i = 0; i < RUNGS; i++) {
        make_rung(&rungs[i], i, ctx, key);
    }
    secp256k1_context_destroy(ctx);
}

/* ---- measuring ------------------------------------------------------------------------------------ */

static double check_ladder(void)
{
    static uint8_t bytes[TEXT_MAX];
    static uint8_t served[GV_PSBT_SERVED_MAX];
    struct gv_psbt_verdict verdict;
    size_t n = 0;
    const double start = now_us();
    for (uint32_t i = 0; i < RUNGS; i++) {
        const struct gv_view text = gv_view_of(rungs[i].text, rungs[i].text_len);
        must(gv_psbt_decode_text(bytes, &n, sizeof bytes, text, NULL) == GV_OK, "base64");
        gv_psbt_check(&verdict, served, gv_view_of(bytes, n), &rungs[i].terms);
        must(verdict.listable && verdict.locked && verdict.served_len != 0, verdict.detail);
    }
    return now_us() - start;
}

static double verify_bare(void)
{
    const double start = now_us();
    for (uint32_t i = 0; i < RUNGS; i++) {
        must(secp256k1_ecdsa_verify(secp256k1_context_static, &rungs[i].sig, rungs[i].digest.b,
                                    &pubkey) == 1,
             "verify");
    }
    return now_us() - start;
}

int main(void)
{
    double check_us = 0;
    double verify_us = 0;
    make_ladder();
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const double check = check_ladder();
        const double verify = verify_bare();
        check_us = round == 0 || check < check_us ? check : check_us;
        verify_us = round == 0 || verify < verify_us ? verify : verify_us;
    }
    printf("{\"name\":\"psbt\",\"ratio\":%.3f,\"check_us\":%.1f,\"verify_us\":%.1f}\n",
           check_us / verify_us, check_us / RUNGS, verify_us / RUNGS);
    return EXIT_SUCCESS;
}
