/* Real purchases on a regtest chain: the listing bought in each of them is recognised from the
 * evidence alone, and nothing that only looks like it is. */
#include "app/bitcoin/evidence.h"
#include "app/bitcoin/pair_match.h"
#include "app/bitcoin/script.h"
#include "app/bitcoin/sig.h"
#include "app/bitcoin/sighash.h"
#include "firmware/base/text.h"
#include "tests/unit/bitcoin/cmocka_include.h"
#include "tests/unit/bitcoin/vectors.h"

/* One case of psbt/joined.json. */
struct purchase {
    struct gv_view id;
    uint8_t bytes[4096];
    struct gv_tx tx;
    uint32_t index;
    struct gv_psbt_terms terms;
    uint8_t script[64];
    uint8_t payout_bytes[64];
    struct gv_tx_output pair;
    struct gv_psbt_verdict verdict;
    uint8_t served[GV_PSBT_SERVED_MAX];
    struct gv_spend_evidence evidence;
};

static struct purchase p;

static void load(gv_json_ref object)
{
    gv_json_ref prevout = gv_json_get(object, "prevout");
    memset(&p, 0, sizeof p);
    p.id = vectors_text(object, "id");
    const struct gv_view raw = vectors_hex(object, "final_tx", p.bytes, sizeof p.bytes);
    assert_int_equal(gv_tx_parse(&p.tx, raw, NULL), GV_OK);
    p.index = (uint32_t)vectors_u64(object, "seller_index");
    const struct gv_view txid = vectors_text(prevout, "txid");
    assert_int_equal(
        gv_hex_decode_reversed(p.terms.outpoint.txid.b, 32, (const char *)txid.p, txid.n), GV_OK);
    p.terms.outpoint.vout = (uint32_t)vectors_u64(prevout, "vout");
    p.terms.prevout.value_sat = vectors_u64(prevout, "amount_sat");
    p.terms.prevout.script = vectors_hex(prevout, "scriptPubKey", p.script, sizeof p.script);
    p.terms.price_sat = vectors_u64(object, "price_sat");
    p.pair.value_sat = p.terms.price_sat;
    p.pair.script = vectors_hex(object, "pay_to", p.payout_bytes, sizeof p.payout_bytes);
    vectors_judge(&p.verdict, p.served, vectors_text(object, "seller_psbt"), &p.terms);
    assert_true(p.verdict.valid);
    gv_evidence_of(&p.evidence, &p.tx, p.index);
}

static uint32_t each(void (*check)(gv_json_ref object))
{
    struct gv_json_iter it;
    uint32_t cases = 0;
    gv_json_ref root = vectors_json("psbt/joined.json");
    for (gv_json_ref e = gv_json_first(&it, root); e != NULL; e = gv_json_next(&it)) {
        load(e);
        check(e);
        cases++;
    }
    return cases;
}

static struct gv_view served_view(void)
{
    return gv_view_of(p.served, p.verdict.served_len);
}

static void check_measures(gv_json_ref object)
{
    struct gv_hash256 txid;
    char text[65];
    gv_tx_txid(&txid, &p.tx);
    gv_hex_encode_reversed(text, gv_view_of(txid.b, sizeof txid.b));
    assert_true(gv_view_is(vectors_text(object, "txid"), text));
    assert_int_equal(gv_tx_vsize(&p.tx), vectors_u64(object, "vsize"));
}

static void txid_and_vsize_are_the_nodes(void **state)
{
    (void)state;
    assert_int_equal(each(check_measures), 11);
}

/* The prevout of one input, as the case tells it. */
static struct gv_tx_output prevout_of(gv_json_ref object, uint32_t index, uint8_t script[64])
{
    struct gv_json_iter it;
    uint32_t at = 0;
    gv_json_ref e = gv_json_first(&it, gv_json_get(object, "prevouts"));
    while (e != NULL && at < index) {
        e = gv_json_next(&it);
        at++;
    }
    assert_non_null(e);
    return (struct gv_tx_output){vectors_u64(e, "amount_sat"),
                                 vectors_hex(e, "scriptPubKey", script, 64)};
}

/* Buyers' inputs are P2PKH, signed ALL; a legacy seller's is signed SINGLE|ANYONECANPAY. */
static void check_legacy_inputs(gv_json_ref object)
{
    struct gv_tx_inputs it = gv_tx_inputs(&p.tx);
    struct gv_tx_input in;
    for (uint32_t i = 0; gv_tx_next_input(&it, &in); i++) {
        uint8_t script[64];
        struct gv_script_op sig;
        struct gv_script_op key;
        struct gv_pubkey pubkey;
        struct gv_hash256 digest;
        const struct gv_tx_output prevout = prevout_of(object, i, script);
        struct gv_reader r = gv_reader_of(in.script_sig);
        if (gv_script_classify(prevout.script) != GV_SCRIPT_P2PKH) {
            continue;
        }
        assert_true(gv_script_next(&r, &sig));
        assert_true(gv_script_next(&r, &key));
        assert_true(gv_pubkey_parse(&pubkey, key.data));
        assert_true(gv_sig_is_strict_der(sig.data));
        const uint8_t type = sig.data.p[sig.data.n - 1];
        assert_int_equal(type, i == p.index ? GV_SIGHASH_LISTING : GV_SIGHASH_ALL);
        gv_sighash_legacy(&digest, &p.tx, i, prevout.script, type);
        const struct gv_view der = gv_view_of(sig.data.p, sig.data.n - 1);
        /* One case shows that a legacy pair does not move: the node refuses it, and so do we. */
        const bool moved = i == p.index && gv_view_is(p.id, "join-p2pkh-1");
        assert_int_equal(gv_ecdsa_verify(der, &pubkey, &digest),
                         moved ? GV_SIG_FALSE : GV_SIG_GOOD);
    }
}

static void legacy_signatures_of_whole_transactions_verify(void **state)
{
    (void)state;
    (void)each(check_legacy_inputs);
}

static void check_evidence(gv_json_ref object)
{
    (void)object;
    struct gv_tx_input in;
    assert_true(gv_tx_input_at(&p.tx, p.index, &in));
    assert_true(gv_outpoint_equal(&p.evidence.outpoint, &p.terms.outpoint));
    assert_int_equal(p.evidence.input_index, p.index);
    assert_int_equal(p.evidence.version, p.tx.version);
    assert_int_equal(p.evidence.sequence, in.sequence);
    assert_true(p.evidence.has_pair);
    assert_int_equal(p.evidence.pair_value_sat, p.terms.price_sat);
    assert_true(gv_view_equal(gv_spk_view(&p.evidence.pair_script), p.pair.script));
    assert_true(p.evidence.has_proof);
    assert_int_equal(p.evidence.script_sig_len, in.script_sig.n);
    assert_int_equal(p.evidence.witness_len, in.witness.n);
    assert_int_equal(p.evidence.asset_output, 0);
    assert_true(p.evidence.has_asset_script);
}

static void the_evidence_is_what_the_transaction_says(void **state)
{
    (void)state;
    (void)each(check_evidence);
}

static void check_match(gv_json_ref object)
{
    (void)object;
    const bool segwit = gv_unlock_is_segwit(p.verdict.type);
    assert_int_equal(gv_pair_signed_by(&p.evidence, &p.terms.prevout, &p.pair, served_view()),
                     segwit);
    /* Without the stored form the signatures are judged. */
    assert_int_equal(gv_pair_signed_by(&p.evidence, &p.terms.prevout, &p.pair, gv_view_of(NULL, 0)),
                     segwit);
}

static void a_purchase_matches_the_listing_it_was_made_with(void **state)
{
    (void)state;
    (void)each(check_match);
}

static void check_no_match(gv_json_ref object)
{
    (void)object;
    struct gv_spend_evidence other = p.evidence;
    struct gv_tx_output pair = p.pair;
    pair.value_sat++;
    assert_false(gv_pair_signed_by(&other, &p.terms.prevout, &pair, served_view()));

    /* The output pays what the listing asks, but the seller has not signed that. */
    other.pair_value_sat++;
    assert_false(gv_pair_signed_by(&other, &p.terms.prevout, &pair, gv_view_of(NULL, 0)));

    other = p.evidence;
    other.has_pair = false;
    assert_false(gv_pair_signed_by(&other, &p.terms.prevout, &p.pair, served_view()));

    other = p.evidence;
    other.has_proof = false;
    assert_false(gv_pair_signed_by(&other, &p.terms.prevout, &p.pair, served_view()));

    other = p.evidence;
    other.pair_script.b[5] ^= 1;
    assert_false(gv_pair_signed_by(&other, &p.terms.prevout, &p.pair, served_view()));
}

static void an_equal_looking_spend_does_not_match(void **state)
{
    (void)state;
    (void)each(check_no_match);
}

static void check_altered_proof(gv_json_ref object)
{
    (void)object;
    struct gv_spend_evidence other = p.evidence;
    const size_t bytes = (size_t)other.script_sig_len + other.witness_len;
    for (size_t i = 0; i < bytes; i++) {
        other.proof[i] ^= 0x40;
        assert_false(gv_pair_signed_by(&other, &p.terms.prevout, &p.pair, served_view()));
        other.proof[i] ^= 0x40;
    }
}

static void a_proof_with_any_byte_changed_does_not_match(void **state)
{
    (void)state;
    (void)each(check_altered_proof);
}

static void check_own_spend(gv_json_ref object)
{
    (void)object;
    /* The seller's input under the buyer's own index: another outpoint, signed ALL. */
    const uint32_t other = p.index == 0 ? 1 : 0;
    gv_evidence_of(&p.evidence, &p.tx, other);
    assert_false(gv_pair_signed_by(&p.evidence, &p.terms.prevout, &p.pair, served_view()));
}

static void an_ordinary_input_is_no_sale(void **state)
{
    (void)state;
    (void)each(check_own_spend);
}

/* ---- evidence of odd transactions ---------------------------------------------------------------- */

/* A bare transaction with one input per `script_sig` and the given outputs. */
static struct gv_tx build(uint8_t *bytes, size_t cap, size_t script_sig_bytes,
                          const struct gv_tx_output *outputs, uint32_t count)
{
    static const uint8_t zeros[4096];
    struct gv_tx tx;
    struct gv_writer w = gv_writer_of(bytes, cap);
    gv_write_u32le(&w, 2);
    gv_write_compact(&w, 2);
    for (uint32_t i = 0; i < 2; i++) {
        gv_write_bytes(&w, gv_view_of(zeros, 32));
        gv_write_u32le(&w, i);
        gv_write_var_bytes(&w, gv_view_of(zeros, script_sig_bytes));
        gv_write_u32le(&w, 7 + i);
    }
    gv_write_compact(&w, count);
    for (uint32_t i = 0; i < count; i++) {
        gv_write_u64le(&w, outputs[i].value_sat);
        gv_write_var_bytes(&w, outputs[i].script);
    }
    gv_write_u32le(&w, 99);
    assert_false(w.full);
    assert_int_equal(gv_tx_parse(&tx, gv_written(&w), NULL), GV_OK);
    return tx;
}

static void the_asset_goes_to_the_first_output_that_is_not_op_return(void **state)
{
    (void)state;
    static const uint8_t data[] = {0x6a, 0x01, 0x00};
    static const uint8_t odd[] = {0x51, 0x51};
    static uint8_t bytes[512];
    const struct gv_tx_output outputs[] = {
        {0, gv_view_of(data, sizeof data)},
        {600, gv_view_of(odd, sizeof odd)},
        {700, gv_view_of(data, sizeof data)},
    };
    struct gv_tx tx = build(bytes, sizeof bytes, 3, outputs, 3);
    gv_evidence_of(&p.evidence, &tx, 1);
    assert_int_equal(p.evidence.asset_output, 1);
    assert_true(gv_view_equal(gv_spk_view(&p.evidence.asset_script), outputs[1].script));
    assert_int_equal(p.evidence.pair_value_sat, 600);
    assert_int_equal(p.evidence.locktime, 99);
    assert_int_equal(p.evidence.sequence, 8);

    tx = build(bytes, sizeof bytes, 3, outputs, 1);
    gv_evidence_of(&p.evidence, &tx, 1);
    assert_int_equal(p.evidence.asset_output, -1);
    assert_false(p.evidence.has_asset_script);
    assert_false(p.evidence.has_pair);
}

static void scripts_and_proofs_that_are_too_long_are_flagged(void **state)
{
    (void)state;
    static uint8_t long_script[GV_SPK_MAX + 1];
    static uint8_t bytes[8192];
    const struct gv_tx_output outputs[] = {
        {5, gv_view_of(long_script, GV_SPK_MAX + 1)},
        {6, gv_view_of(long_script, GV_SPK_MAX)},
    };
    struct gv_tx tx = build(bytes, sizeof bytes, GV_EVIDENCE_PROOF_MAX, outputs, 2);
    gv_evidence_of(&p.evidence, &tx, 0);
    assert_false(p.evidence.has_pair);
    assert_int_equal(p.evidence.asset_output, 0);
    assert_false(p.evidence.has_asset_script);
    assert_true(p.evidence.has_proof);
    gv_evidence_of(&p.evidence, &tx, 1);
    assert_true(p.evidence.has_pair);

    tx = build(bytes, sizeof bytes, GV_EVIDENCE_PROOF_MAX + 1, outputs, 2);
    gv_evidence_of(&p.evidence, &tx, 0);
    assert_false(p.evidence.has_proof);
    assert_int_equal(p.evidence.script_sig_len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(txid_and_vsize_are_the_nodes),
        cmocka_unit_test(legacy_signatures_of_whole_transactions_verify),
        cmocka_unit_test(the_evidence_is_what_the_transaction_says),
        cmocka_unit_test(a_purchase_matches_the_listing_it_was_made_with),
        cmocka_unit_test(an_equal_looking_spend_does_not_match),
        cmocka_unit_test(a_proof_with_any_byte_changed_does_not_match),
        cmocka_unit_test(an_ordinary_input_is_no_sale),
        cmocka_unit_test(the_asset_goes_to_the_first_output_that_is_not_op_return),
        cmocka_unit_test(scripts_and_proofs_that_are_too_long_are_flagged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
