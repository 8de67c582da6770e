/* Numbers in JSON: integers are digits only, amounts are exact or refused; no double anywhere. */
#include "firmware/base/text.h"
#include "tests/unit/base/json_doc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>

static const struct {
    const char *text;
    bool is_int;
    int64_t value;
} ints[] = {
    {"0", true, 0},
    {"7", true, 7},
    {"-1", true, -1},
    {"1000", true, 1000},
    {"9007199254740993", true, INT64_C(9007199254740993)}, /* 2^53 + 1: no double */
    {"9223372036854775807", true, INT64_MAX},
    {"9223372036854775808", false, 0},
    {"-9223372036854775808", true, INT64_MIN},
    {"-9223372036854775809", false, 0},
    {"18446744073709551615", false, 0},
    {"18446744073709551616", false, 0},
    {"99999999999999999999999999", false, 0},
    {"true", false, 0},
    {"null", false, 0},
    {"\"1\"", false, 0},
    {"1.0", false, 0},
    {"0.0", false, 0},
    {"1e3", false, 0},
    {"1E0", false, 0},
    {"1e-0", false, 0},
    {"-0", false, 0},
    {"-0.0", false, 0},
};

static void integers_are_digits_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
        char text[64];
        assert_true(gv_format(text, sizeof(text), "[%s]", ints[i].text));
        struct json_doc d;
        assert_int_equal(json_doc_parse(&d, text), GV_OK);
        struct gv_json_iter it;
        gv_json_ref v = gv_json_first(&it, d.json.root);
        int64_t got = 0;
        if (gv_json_int(v, &got) != ints[i].is_int || got != ints[i].value) {
            fail_msg("%s gives %" PRId64, ints[i].text, got);
        }
        struct gv_view raw;
        if (gv_json_type(v) == GV_JSON_NUMBER) {
            assert_true(gv_json_number_text(v, &raw));
            assert_true(gv_view_is(raw, ints[i].text));
        }
        json_doc_done(&d);
    }
}

static const struct {
    const char *text;
    bool good;
    int64_t sats;
} amounts[] = {
    {"0", true, 0},
    {"-0", true, 0},
    {"0.0", true, 0},
    {"0e999999999999999999999", true, 0},
    {"0.00000000000000000000000000e-5", true, 0},
    {"1", true, 100000000},
    {"1.0", true, 100000000},
    {"0.1", true, 10000000},
    {"0.00000001", true, 1},
    {"-0.00000001", true, -1},
    {"1e-8", true, 1},
    {"1E-08", true, 1},
    {"1e-05", true, 1000},
    {"2.5e-7", true, 25},
    {"1.5e+3", true, 150000000000},
    {"1e0", true, 100000000},
    {"100e-10", true, 1},
    {"0.10000000", true, 10000000},
    {"0.000000010", true, 1},
    {"0.000000001", false, 0},
    {"0.123456789", false, 0},
    {"1e-9", false, 0},
    {"1.00000001e-1", false, 0},
    {"1e-999999999999999999999", false, 0},
    {"20999999.9769", true, 2099999997690000},
    {"21000000", true, 2100000000000000},
    {"92233720368.54775807", true, INT64_MAX},
    {"92233720368.54775808", false, 0},
    {"-92233720368.54775808", true, INT64_MIN},
    {"-92233720368.54775809", false, 0},
    {"92233720368547758.07e-6", true, INT64_MAX},
    {"922337203685477580700000000e-16", true, INT64_MAX},
    {"184467440737.09551616", false, 0},
    {"1e11", false, 0},
    {"1e10", true, 1000000000000000000},
    {"1e308", false, 0},
    {"1e999999999999999999999", false, 0},
    {"99999999999999999999999999999999999999", false, 0},
    {"0.1000000000000000055511151231257827", false, 0},
};

static void amounts_are_exact_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
        struct json_doc d;
        assert_int_equal(json_doc_parse(&d, amounts[i].text), GV_OK);
        int64_t got = 0;
        if (gv_json_sats(d.json.root, &got) != amounts[i].good || got != amounts[i].sats) {
            fail_msg("%s gives %" PRId64, amounts[i].text, got);
        }
        json_doc_done(&d);
    }
}

static void amounts_as_the_node_writes_them_come_back(void **state)
{
    (void)state;
    uint64_t random = 20261120;
    for (int i = 0; i < 20000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        int64_t sats = (int64_t)((random >> 13) % UINT64_C(2100000000000001));
        if (i % 2 == 1) {
            sats %= 100000; /* the small ones, with their many leading zeros */
        }
        char text[64];
        assert_true(gv_format(text, sizeof(text), "%" PRId64 ".%08" PRId64, sats / 100000000,
                              sats % 100000000));
        struct json_doc d;
        assert_int_equal(json_doc_parse(&d, text), GV_OK);
        int64_t got = -1;
        assert_true(gv_json_sats(d.json.root, &got));
        assert_true(got == sats);
        json_doc_done(&d);
        assert_true(gv_format(text, sizeof(text), "%" PRId64 "e-08", sats));
        assert_int_equal(json_doc_parse(&d, text), GV_OK);
        assert_true(gv_json_sats(d.json.root, &got));
        assert_true(got == sats);
        json_doc_done(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_digits_only),
        cmocka_unit_test(amounts_are_exact_or_refused),
        cmocka_unit_test(amounts_as_the_node_writes_them_come_back),
    };
    return cmocka_run_group_tests_name("json_number", tests, NULL, NULL);
}
