/* Shows: what the solver signs with is BIP340 to the byte, by all vectors that come with their secret key, the
 * box's own verification takes it, and no number outside the group becomes a key. */
#include "app/bitcoin/sig.h"
#include "app/bitcoin/sign.h"
#include "tests/unit/bitcoin/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void hex(const char *text, uint8_t *out, size_t n)
{
    assert_int_equal(gv_hex_decode(out, n, text, 2 * n), GV_OK);
}

static enum gv_err open_key(struct gv_signer *signer, const char *secret_hex, struct gv_fail *fail)
{
    uint8_t secret[32];
    uint8_t seed[32];
    memset(seed, 7, sizeof(seed));
    hex(secret_hex, secret, sizeof(secret));
    const enum gv_err err = gv_signer_open(signer, secret, seed, fail);
    for (size_t i = 0; i < sizeof(seed); i++) {
        assert_int_equal(seed[i], 0); /* used up */
    }
    return err;
}

static void bip340_vectors_are_signed_to_the_byte(void **state)
{
    (void)state;
    gv_json_ref root = vectors_json("bip340-signing.json");
    struct gv_json_iter it;
    uint32_t cases = 0;
    for (gv_json_ref e = gv_json_first(&it, root); e != NULL; e = gv_json_next(&it)) {
        uint8_t secret[32], seed[32] = {1}, aux[32], pubkey[32], wanted[64], sig[64];
        struct gv_hash256 message;
        struct gv_signer signer;
        (void)vectors_hex(e, "secret_key", secret, sizeof(secret));
        (void)vectors_hex(e, "aux_rand", aux, sizeof(aux));
        (void)vectors_hex(e, "public_key", pubkey, sizeof(pubkey));
        (void)vectors_hex(e, "message", message.b, sizeof(message.b));
        (void)vectors_hex(e, "signature", wanted, sizeof(wanted));
        assert_int_equal(gv_signer_open(&signer, secret, seed, NULL), GV_OK);
        assert_memory_equal(signer.pubkey, pubkey, sizeof(pubkey));
        gv_schnorr_sign(sig, &signer, &message, aux);
        assert_memory_equal(sig, wanted, sizeof(wanted));
        cases++;
    }
    assert_int_equal(cases, 4);
}

static void a_signature_is_good_for_its_key_and_message_only(void **state)
{
    (void)state;
    static const uint8_t aux[32] = {9};
    struct gv_hash256 digest = {.b = {1, 2, 3}};
    struct gv_signer signer, other;
    uint8_t sig[64];
    const char *one = "0000000000000000000000000000000000000000000000000000000000000001";
    const char *two = "0000000000000000000000000000000000000000000000000000000000000002";
    assert_int_equal(open_key(&signer, one, NULL), GV_OK);
    assert_int_equal(open_key(&other, two, NULL), GV_OK);
    gv_schnorr_sign(sig, &signer, &digest, aux);
    const struct gv_view key = gv_view_of(signer.pubkey, 32);
    const struct gv_view message = gv_view_of(digest.b, 32);
    assert_true(gv_schnorr_verify(gv_view_of(sig, 64), key, message));
    assert_false(gv_schnorr_verify(gv_view_of(sig, 64), gv_view_of(other.pubkey, 32), message));
    for (size_t i = 0; i < sizeof(sig); i += 7) {
        sig[i] ^= 1u;
        assert_false(gv_schnorr_verify(gv_view_of(sig, 64), key, message));
        sig[i] ^= 1u;
    }
    digest.b[31] ^= 1u;
    assert_false(gv_schnorr_verify(gv_view_of(sig, 64), key, message));
}

static void only_numbers_of_the_group_are_keys(void **state)
{
    (void)state;
    static const struct {
        const char *secret;
        enum gv_err err;
    } cases[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000", GV_ERR_INVALID},
        {"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140", GV_OK},
        {"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", GV_ERR_INVALID},
        {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", GV_ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_signer signer;
        struct gv_fail fail = {.code = ""};
        assert_int_equal(open_key(&signer, cases[i].secret, &fail), cases[i].err);
        assert_string_equal(fail.code, cases[i].err == GV_OK ? "" : "sign.key");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bip340_vectors_are_signed_to_the_byte),
        cmocka_unit_test(a_signature_is_good_for_its_key_and_message_only),
        cmocka_unit_test(only_numbers_of_the_group_are_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
