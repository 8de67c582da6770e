/* The published vectors of BIP143, BIP340 and BIP341: digests, signatures, script trees. */
#include "app/bitcoin/script.h"
#include "app/bitcoin/sig.h"
#include "app/bitcoin/sighash.h"
#include "firmware/base/text.h"
#include "tests/unit/bitcoin/cmocka_include.h"
#include "tests/unit/bitcoin/vectors.h"

#define INPUTS_MAX 16u

static uint8_t tx_bytes[4096];
static uint8_t bytes[4096];

static struct gv_tx bare_tx(gv_json_ref object)
{
    struct gv_tx tx;
    struct gv_reader r = gv_reader_of(vectors_hex(object, "tx", tx_bytes, sizeof tx_bytes));
    assert_int_equal(gv_tx_read(&tx, &r, GV_TX_BARE), GV_WIRE_OK);
    assert_int_equal(r.left, 0);
    return tx;
}

static void expect_hash(const struct gv_hash256 *got, gv_json_ref object, const char *key)
{
    uint8_t expected[32];
    const struct gv_view view = vectors_hex(object, key, expected, sizeof expected);
    assert_memory_equal(got->b, view.p, 32);
}

/* ---- BIP143 ------------------------------------------------------------------------------------ */

static void check_bip143(gv_json_ref e)
{
    struct gv_hash256 digest;
    struct gv_pubkey key;
    uint8_t key_bytes[65];
    uint8_t sig_bytes[73];
    const struct gv_tx tx = bare_tx(e);
    const uint32_t type = (uint32_t)vectors_u64(e, "hash_type");
    gv_sighash_segwit_v0(&digest, &tx, (uint32_t)vectors_u64(e, "index"),
                         vectors_hex(e, "script_code", bytes, sizeof bytes),
                         vectors_u64(e, "amount_sat"), type);
    expect_hash(&digest, e, "sighash");

    const struct gv_view sig = vectors_hex(e, "signature", sig_bytes, sizeof sig_bytes);
    assert_true(gv_pubkey_parse(&key, vectors_hex(e, "public_key", key_bytes, sizeof key_bytes)));
    assert_true(gv_sig_is_strict_der(sig));
    assert_int_equal(sig.p[sig.n - 1], type);
    const struct gv_view der = gv_view_of(sig.p, sig.n - 1);
    assert_int_equal(gv_ecdsa_verify(der, &key, &digest), GV_SIG_GOOD);
    digest.b[31] ^= 1;
    assert_int_equal(gv_ecdsa_verify(der, &key, &digest), GV_SIG_FALSE);
}

static void bip143_digests_and_signatures(void **state)
{
    (void)state;
    struct gv_json_iter it;
    uint32_t cases = 0;
    gv_json_ref root = vectors_json("bip143.json");
    for (gv_json_ref e = gv_json_first(&it, root); e != NULL; e = gv_json_next(&it)) {
        check_bip143(e);
        cases++;
    }
    assert_int_equal(cases, 8);
}

/* ---- BIP340 ------------------------------------------------------------------------------------ */

/* Next field of a line, up to the comma. */
static struct gv_view next_field(struct gv_view *line)
{
    size_t n = 0;
    while (n < line->n && line->p[n] != ',') {
        n++;
    }
    const struct gv_view field = gv_view_of(line->p, n);
    const size_t skip = n < line->n ? n + 1 : n;
    *line = gv_view_of(line->p + skip, line->n - skip);
    return field;
}

static bool next_line(struct gv_view *text, struct gv_view *line)
{
    size_t n = 0;
    while (n < text->n && text->p[n] != '\n') {
        n++;
    }
    if (n == text->n) {
        return false;
    }
    *line = gv_view_of(text->p, n);
    *text = gv_view_of(text->p + n + 1, text->n - n - 1);
    return true;
}

static void check_bip340(struct gv_view line)
{
    uint8_t key_bytes[33] = {2};
    uint8_t message_bytes[128];
    uint8_t sig_bytes[64];
    struct gv_pubkey parsed;
    const struct gv_view index = next_field(&line);
    const struct gv_view key = vectors_hex_of(next_field(&line), key_bytes + 1, 32);
    const struct gv_view message =
        vectors_hex_of(next_field(&line), message_bytes, sizeof message_bytes);
    const struct gv_view sig = vectors_hex_of(next_field(&line), sig_bytes, sizeof sig_bytes);
    const bool good = gv_view_is(line, "TRUE");
    if (sig.n == 0) {
        assert_false(good);
        assert_false(gv_pubkey_parse(&parsed, gv_view_of(key_bytes, sizeof key_bytes)));
        return;
    }
    assert_true(gv_pubkey_parse(&parsed, gv_view_of(key_bytes, sizeof key_bytes)));
    if (gv_schnorr_verify(sig, key, message) != good) {
        fail_msg("vector %.*s", (int)index.n, (const char *)index.p);
    }
}

static void bip340_signatures(void **state)
{
    (void)state;
    struct gv_view text = vectors_file("bip340.csv");
    struct gv_view line;
    uint32_t cases = 0;
    assert_true(next_line(&text, &line));
    while (next_line(&text, &line)) {
        check_bip340(line);
        cases++;
    }
    assert_int_equal(cases, 19);
}

/* ---- BIP341 ------------------------------------------------------------------------------------ */

static void check_leaf(gv_json_ref leaf, struct gv_view output_key)
{
    struct gv_hash256 hash;
    uint8_t control_bytes[160];
    gv_taproot_leaf(&hash, (uint8_t)vectors_u64(leaf, "version"),
                    vectors_hex(leaf, "script", bytes, sizeof bytes));
    expect_hash(&hash, leaf, "hash");
    const struct gv_view control =
        vectors_hex(leaf, "control", control_bytes, sizeof control_bytes);
    assert_true(gv_taproot_control_leads(output_key, control, &hash));
    for (size_t i = 0; i < control.n; i++) {
        /* Of the first byte only the parity is committed to by the key; the version is in the leaf. */
        control_bytes[i] ^= 1;
        assert_false(gv_taproot_control_leads(output_key, control, &hash));
        control_bytes[i] ^= 1;
    }
    for (size_t n = 0; n < control.n; n++) {
        assert_false(gv_taproot_control_leads(output_key, gv_view_of(control.p, n), &hash));
    }
}

static void check_script_pubkey(gv_json_ref e)
{
    uint8_t internal_bytes[32];
    uint8_t root_bytes[32];
    uint8_t script_bytes[34];
    struct gv_view root = {0};
    const struct gv_view internal =
        vectors_hex(e, "internal_key", internal_bytes, sizeof internal_bytes);
    const struct gv_view script =
        vectors_hex(e, "script_pubkey", script_bytes, sizeof script_bytes);
    const struct gv_view output_key = gv_view_of(script.p + 2, 32);
    assert_int_equal(gv_script_classify(script), GV_SCRIPT_P2TR);
    if (gv_json_type(gv_json_get(e, "merkle_root")) == GV_JSON_STRING) {
        root = vectors_hex(e, "merkle_root", root_bytes, sizeof root_bytes);
    }
    /* Exactly one parity is right. */
    assert_true(gv_taproot_commits(output_key, false, internal, root) !=
                gv_taproot_commits(output_key, true, internal, root));
    struct gv_json_iter it;
    gv_json_ref leaves = gv_json_get(e, "leaves");
    for (gv_json_ref leaf = gv_json_first(&it, leaves); leaf != NULL; leaf = gv_json_next(&it)) {
        check_leaf(leaf, output_key);
    }
}

static void bip341_output_keys_and_control_blocks(void **state)
{
    (void)state;
    struct gv_json_iter it;
    uint32_t cases = 0;
    gv_json_ref list = gv_json_get(vectors_json("bip341.json"), "script_pubkeys");
    for (gv_json_ref e = gv_json_first(&it, list); e != NULL; e = gv_json_next(&it)) {
        check_script_pubkey(e);
        cases++;
    }
    assert_int_equal(cases, 7);
}

static void check_key_path(const struct gv_tx *tx, const struct gv_tx_output *prevouts,
                           gv_json_ref e)
{
    struct gv_hash256 digest;
    uint8_t witness_bytes[65];
    const struct gv_view none = {0};
    const uint32_t index = (uint32_t)vectors_u64(e, "index");
    const uint8_t type = (uint8_t)vectors_u64(e, "hash_type");
    assert_true(gv_sighash_taproot(&digest, tx, index, prevouts, none, NULL, type));
    expect_hash(&digest, e, "sighash");
    const struct gv_view witness = vectors_hex(e, "witness", witness_bytes, sizeof witness_bytes);
    assert_int_equal(witness.n, type == GV_SIGHASH_DEFAULT ? 64 : 65);
    assert_true(gv_schnorr_verify(gv_view_of(witness.p, 64),
                                  gv_view_of(prevouts[index].script.p + 2, 32),
                                  gv_view_of(digest.b, sizeof digest.b)));
}

static void bip341_key_path_digests_and_signatures(void **state)
{
    (void)state;
    static uint8_t scripts[INPUTS_MAX][64];
    struct gv_tx_output prevouts[INPUTS_MAX];
    struct gv_json_iter it;
    uint32_t count = 0;
    uint32_t cases = 0;
    gv_json_ref object = gv_json_get(vectors_json("bip341.json"), "key_path");
    const struct gv_tx tx = bare_tx(object);
    gv_json_ref utxos = gv_json_get(object, "utxos");
    for (gv_json_ref e = gv_json_first(&it, utxos); e != NULL; e = gv_json_next(&it)) {
        assert_true(count < INPUTS_MAX);
        prevouts[count].value_sat = vectors_u64(e, "amount_sat");
        prevouts[count].script =
            vectors_hex(e, "script_pubkey", scripts[count], sizeof scripts[count]);
        count++;
    }
    assert_int_equal(count, tx.input_count);
    gv_json_ref inputs = gv_json_get(object, "inputs");
    for (gv_json_ref e = gv_json_first(&it, inputs); e != NULL; e = gv_json_next(&it)) {
        check_key_path(&tx, prevouts, e);
        cases++;
    }
    assert_int_equal(cases, 7);
}

static void undefined_taproot_hash_types_have_no_digest(void **state)
{
    (void)state;
    struct gv_hash256 digest;
    const struct gv_view none = {0};
    static const struct gv_tx_output prevouts[INPUTS_MAX];
    const struct gv_tx tx = bare_tx(gv_json_get(vectors_json("bip341.json"), "key_path"));
    for (uint32_t type = 0; type < 256; type++) {
        const bool defined = type <= 3 || (type >= 0x81 && type <= 0x83);
        assert_int_equal(gv_sighash_taproot(&digest, &tx, 0, prevouts, none, NULL, (uint8_t)type),
                         defined);
    }
    /* Nine inputs and two outputs: SINGLE has nothing to sign at index 2. */
    assert_false(gv_sighash_taproot(&digest, &tx, 2, prevouts, none, NULL, GV_SIGHASH_LISTING));
    assert_false(gv_sighash_taproot(&digest, &tx, 9, prevouts, none, NULL, GV_SIGHASH_ALL));
}

static void legacy_single_without_output_is_the_constant_one(void **state)
{
    (void)state;
    static const struct gv_hash256 one = {.b = {1}};
    struct gv_hash256 digest;
    const struct gv_view none = {0};
    const struct gv_tx tx = bare_tx(gv_json_get(vectors_json("bip341.json"), "key_path"));
    gv_sighash_legacy(&digest, &tx, 2, none, GV_SIGHASH_LISTING);
    assert_true(gv_hash256_equal(&digest, &one));
    gv_sighash_legacy(&digest, &tx, 9, none, GV_SIGHASH_ALL);
    assert_true(gv_hash256_equal(&digest, &one));
    gv_sighash_legacy(&digest, &tx, 1, none, GV_SIGHASH_LISTING);
    assert_false(gv_hash256_equal(&digest, &one));
}

static void legacy_digests_leave_code_separators_out(void **state)
{
    (void)state;
    static const uint8_t with[] = {0xab, 0x02, 0xab, 0xab, 0xab, 0x51, 0xab};
    static const uint8_t without[] = {0x02, 0xab, 0xab, 0x51};
    /* Behind a push that runs past the end nothing is an operation any more. */
    static const uint8_t cut_with[] = {0xab, 0x51, 0x05, 0xab};
    static const uint8_t cut_without[] = {0x51, 0x05, 0xab};
    struct gv_hash256 a;
    struct gv_hash256 b;
    const struct gv_tx tx = bare_tx(gv_json_get(vectors_json("bip341.json"), "key_path"));
    gv_sighash_legacy(&a, &tx, 1, gv_view_of(with, sizeof with), GV_SIGHASH_ALL);
    gv_sighash_legacy(&b, &tx, 1, gv_view_of(without, sizeof without), GV_SIGHASH_ALL);
    assert_true(gv_hash256_equal(&a, &b));
    gv_sighash_legacy(&a, &tx, 1, gv_view_of(cut_with, sizeof cut_with), GV_SIGHASH_ALL);
    gv_sighash_legacy(&b, &tx, 1, gv_view_of(cut_without, sizeof cut_without), GV_SIGHASH_ALL);
    assert_true(gv_hash256_equal(&a, &b));
    gv_sighash_legacy(&b, &tx, 1, gv_view_of(without, sizeof without), GV_SIGHASH_ALL);
    assert_false(gv_hash256_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bip143_digests_and_signatures),
        cmocka_unit_test(bip340_signatures),
        cmocka_unit_test(bip341_output_keys_and_control_blocks),
        cmocka_unit_test(bip341_key_path_digests_and_signatures),
        cmocka_unit_test(undefined_taproot_hash_types_have_no_digest),
        cmocka_unit_test(legacy_single_without_output_is_the_constant_one),
        cmocka_unit_test(legacy_digests_leave_code_separators_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
