/* Scripts by their form, pushes, multisig templates, dust limits; satoshi arithmetic at its edges. */
#include "app/bitcoin/script.h"
#include "app/bitcoin/sig.h"
#include "app/money/sat.h"
#include "tests/unit/bitcoin/cmocka_include.h"

#include <string.h>

static struct gv_view script_of(uint8_t *out, const char *hex)
{
    const size_t n = strlen(hex) / 2;
    assert_int_equal(gv_hex_decode(out, n, hex, 2 * n), GV_OK);
    return gv_view_of(out, n);
}

#define KEY2 "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
#define KEY3 "0379be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
#define H20  "751e76e8199196d454941c45d1b3a323f1433bd6"
#define H32  "1863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262"

static void every_standard_form_is_recognised(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        enum gv_script_type type;
        uint64_t dust_sat;
    } cases[] = {
        {"76a914" H20 "88ac", GV_SCRIPT_P2PKH, 546},
        {"a914" H20 "87", GV_SCRIPT_P2SH, 540},
        {"0014" H20, GV_SCRIPT_P2WPKH, 294},
        {"0020" H32, GV_SCRIPT_P2WSH, 330},
        {"5120" H32, GV_SCRIPT_P2TR, 330},
        {"21" KEY2 "ac", GV_SCRIPT_P2PK, 576},
        {"5121" KEY2 "21" KEY3 "52ae", GV_SCRIPT_MULTISIG, 684},
        {"51024e73", GV_SCRIPT_ANCHOR, 240},
        {"6a", GV_SCRIPT_NULLDATA, 0},
        {"6a0400010203", GV_SCRIPT_NULLDATA, 0},
        {"6aac", GV_SCRIPT_NONSTANDARD, 0},
        {"6a04000102", GV_SCRIPT_NONSTANDARD, 0},
        {"6002751e", GV_SCRIPT_WITNESS_UNKNOWN, 240},
        {"5220" H32, GV_SCRIPT_WITNESS_UNKNOWN, 330},
        {"001500" H20, GV_SCRIPT_NONSTANDARD, 297},
        {"76a914" H20 "88ad", GV_SCRIPT_NONSTANDARD, 546},
        {"a914" H20 "88", GV_SCRIPT_NONSTANDARD, 540},
        {"51", GV_SCRIPT_NONSTANDARD, 474},
    };
    uint8_t bytes[128];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct gv_view script = script_of(bytes, cases[i].hex);
        if (gv_script_classify(script) != cases[i].type) {
            fail_msg("%s: got %s", cases[i].hex, gv_script_type_name(gv_script_classify(script)));
        }
        assert_int_equal(gv_script_dust(script).v, cases[i].dust_sat);
    }
    assert_int_equal(gv_script_classify(gv_view_of(NULL, 0)), GV_SCRIPT_NONSTANDARD);
}

static void multisig_templates(void **state)
{
    (void)state;
    struct gv_multisig multisig;
    uint8_t bytes[1024];
    assert_true(gv_multisig_parse(&multisig, script_of(bytes, "5221" KEY2 "21" KEY3 "52ae")));
    assert_int_equal(multisig.need, 2);
    assert_int_equal(multisig.keys, 2);
    assert_int_equal(multisig.key[1].p[0], 3);
    static const char *const bad[] = {
        "5321" KEY2 "21" KEY3 "52ae", /* 3 of 2 */
        "0021" KEY2 "51ae",           /* 0 of 1 */
        "5121" KEY2 "52ae",           /* states two keys, has one */
        "5121" KEY2 "51af",           /* another opcode */
        "5121" KEY2 "51ae00",         /* something behind */
        "5121" KEY2 "51",             /* something missing */
        "5120" H32 "51ae",            /* a key of 32 bytes */
        "514c21" KEY2 "51ae",         /* a push that is not the shortest */
        "51ae",
        "",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(gv_multisig_parse(&multisig, script_of(bytes, bad[i])));
    }
}

static void sixteen_keys_are_the_limit(void **state)
{
    (void)state;
    struct gv_multisig multisig;
    uint8_t bytes[1024];
    for (uint32_t keys = 1; keys <= 17; keys++) {
        struct gv_writer w = gv_writer_of(bytes, sizeof bytes);
        uint8_t key[33];
        (void)script_of(key, KEY2);
        gv_write_u8(&w, GV_OP_1);
        for (uint32_t i = 0; i < keys; i++) {
            gv_script_write_push(&w, gv_view_of(key, sizeof key));
        }
        gv_write_u8(&w, (uint8_t)(GV_OP_1 + keys - 1));
        gv_write_u8(&w, GV_OP_CHECKMULTISIG);
        assert_int_equal(gv_multisig_parse(&multisig, gv_written(&w)), keys <= 16);
    }
}

static void pushes_end_where_the_script_ends(void **state)
{
    (void)state;
    static const char *const cut[] = {"02aa", "4c",       "4c02aa",   "4d",
                                      "4d01", "4d0200aa", "4e000000", "4effffffffaa"};
    uint8_t bytes[64];
    struct gv_script_op op;
    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
        struct gv_reader r = gv_reader_of(script_of(bytes, cut[i]));
        assert_false(gv_script_next(&r, &op));
        assert_true(r.bad);
    }
    struct gv_reader r = gv_reader_of(script_of(bytes, "4c01aa4d0200bbccac00"));
    assert_true(gv_script_next(&r, &op));
    assert_int_equal(op.data.n, 1);
    assert_true(gv_script_next(&r, &op));
    assert_int_equal(op.data.n, 2);
    assert_true(gv_script_next(&r, &op));
    assert_int_equal(op.opcode, GV_OP_CHECKSIG);
    assert_true(gv_script_next(&r, &op));
    assert_int_equal(op.data.n, 0);
    assert_false(gv_script_next(&r, &op));
    assert_false(r.bad);
}

/* ---- signatures ------------------------------------------------------------------------------- */

static void strict_der_has_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool strict;
    } cases[] = {
        {"300602010102010183", true},
        {"30070202008002010183", true},
        {"", false},
        {"83", false},
        {"310602010102010183", false},   /* no sequence */
        {"300702010102010183", false},   /* length too large */
        {"300502010102010183", false},   /* length too small */
        {"300603010102010183", false},   /* r is no integer */
        {"300602010103010183", false},   /* s is no integer */
        {"300602018102010183", false},   /* r negative */
        {"300602010102018183", false},   /* s negative */
        {"30070202000102010183", false}, /* r padded */
        {"30070201010202000183", false}, /* s padded */
        {"30060200020201010183", false}, /* r empty */
        {"300702010102010100"
         "83",
         false}, /* junk behind s */
    };
    uint8_t bytes[64];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (gv_sig_is_strict_der(script_of(bytes, cases[i].hex)) != cases[i].strict) {
            fail_msg("%s", cases[i].hex);
        }
    }
}

static void keys_are_points_in_a_standard_form(void **state)
{
    (void)state;
    struct gv_pubkey key;
    uint8_t bytes[65];
    const struct gv_view good = script_of(bytes, KEY2);
    assert_true(gv_pubkey_parse(&key, good));
    assert_false(gv_pubkey_parse(&key, gv_view_of(bytes, 32)));
    bytes[0] = 4;
    assert_false(gv_pubkey_parse(&key, good));
    /* A hybrid key is a point, but its form is not allowed. */
    (void)script_of(bytes, "0679be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
                           "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8");
    assert_false(gv_pubkey_parse(&key, gv_view_of(bytes, 65)));
    bytes[0] = 4;
    assert_true(gv_pubkey_parse(&key, gv_view_of(bytes, 65)));
}

/* ---- money -------------------------------------------------------------------------------------- */

static void sums_stay_between_zero_and_all_bitcoin(void **state)
{
    (void)state;
    const struct gv_sat zero = {0};
    const struct gv_sat one = {1};
    const struct gv_sat most = {GV_SAT_MAX};
    const struct gv_sat beyond = {UINT64_MAX};
    struct gv_sat out = {42};
    assert_true(gv_sat_of(&out, GV_SAT_MAX));
    assert_false(gv_sat_of(&out, GV_SAT_MAX + 1u));
    assert_false(gv_sat_of(&out, UINT64_MAX));
    assert_int_equal(out.v, GV_SAT_MAX);

    assert_true(gv_sat_add(&out, most, zero));
    assert_false(gv_sat_add(&out, most, one));
    assert_false(gv_sat_add(&out, one, most));
    assert_false(gv_sat_add(&out, beyond, zero));
    assert_false(gv_sat_add(&out, zero, beyond));
    assert_int_equal(out.v, GV_SAT_MAX);

    assert_true(gv_sat_sub(&out, most, most));
    assert_int_equal(out.v, 0);
    assert_false(gv_sat_sub(&out, zero, one));
    assert_false(gv_sat_sub(&out, beyond, beyond));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_standard_form_is_recognised),
        cmocka_unit_test(multisig_templates),
        cmocka_unit_test(sixteen_keys_are_the_limit),
        cmocka_unit_test(pushes_end_where_the_script_ends),
        cmocka_unit_test(strict_der_has_one_form),
        cmocka_unit_test(keys_are_points_in_a_standard_form),
        cmocka_unit_test(sums_stay_between_zero_and_all_bitcoin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
