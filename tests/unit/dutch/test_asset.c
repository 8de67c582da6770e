/* Shows: Counterparty names and exact quantities (row 41 of tests/api/cases.md): no amount passes
 * through a double.
 * How: tables of texts with the verdict expected. */
#include "app/auction/dutch/dutch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct gv_view text(const char *s)
{
    return gv_view_of(s, strlen(s));
}

static void names_follow_the_grammar(void **state)
{
    (void)state;
    const char *good[] = {"XCP",
                          "RAREPEPE",
                          "BCDE",
                          "ZZZZZZZZZZZZ",
                          "A95428956661682177",
                          "A18446744073709551615",
                          "RAREPEPE.child",
                          "RAREPEPE.a-b_c@d!.E1"};
    const char *bad[] = {"",
                         "BTC",
                         "ABC",
                         "ABCD",
                         "BCD",
                         "ZZZZZZZZZZZZZ",
                         "rarepepe",
                         "RARE PEPE",
                         "A95428956661682176",
                         "A18446744073709551616",
                         "A",
                         "A095428956661682177",
                         "RAREPEPE.",
                         "RAREPEPE..x",
                         "RAREPEPE.x.",
                         "RAREPEPE.x/y",
                         "abc.child",
                         "RARE<b>"};
    struct gv_fail fail;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(gv_asset_name_check(text(good[i]), &fail), GV_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(gv_asset_name_check(text(bad[i]), &fail), GV_ERR_INVALID);
        assert_string_equal(fail.code, "dutch.asset_name");
    }
}

static void long_name_ends_at_250_characters(void **state)
{
    (void)state;
    char name[252];
    memset(name, 'x', sizeof(name));
    memcpy(name, "RAREPEPE.", 9);
    assert_int_equal(gv_asset_name_check(gv_view_of(name, 250), NULL), GV_OK);
    assert_int_equal(gv_asset_name_check(gv_view_of(name, 251), NULL), GV_ERR_INVALID);
}

static void row_41_quantities_are_exact(void **state)
{
    (void)state;
    const struct {
        const char *text;
        bool divisible;
        int64_t base; /* 0: refused */
    } rows[] = {
        {"1", true, 100000000},
        {"1.0", true, 100000000},
        {"0.00000001", true, 1},
        {"0.3", true, 30000000},
        {"0.30000000000000004", true, 0}, /* 0.1 + 0.2 in a double */
        {"1.123456789", true, 0},
        {"92233720368.54775807", true, INT64_MAX},
        {"92233720368.54775808", true, 0},
        {"92233720369", true, 0},
        {"1", false, 1},
        {"1.0", false, 1},
        {"1.9", false, 0},
        {"9223372036854775807", false, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"0", false, 0},
        {"0.0", true, 0},
        {"-1", false, 0},
        {"-0", true, 0},
        {"1e3", false, 0},
        {"1e-08", true, 0},
        {"1.", true, 0},
        {".5", true, 0},
        {"", true, 0},
        {"1.2.3", true, 0},
        {"1.000000000", false, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t base = 0;
        struct gv_fail fail;
        const enum gv_err err =
            gv_asset_qty_parse(&base, text(rows[i].text), rows[i].divisible, &fail);
        assert_int_equal(err, rows[i].base == 0 ? GV_ERR_INVALID : GV_OK);
        assert_int_equal(base, rows[i].base);
    }
}

static void what_we_format_parses_back(void **state)
{
    (void)state;
    const int64_t bases[] = {1, 10, 99999999, 100000000, 100000001, 150000000, INT64_MAX};
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        for (int divisible = 0; divisible <= 1; divisible++) {
            char formatted[GV_QTY_TEXT_MAX];
            int64_t base = 0;
            gv_asset_qty_format(formatted, bases[i], divisible == 1);
            assert_int_equal(gv_asset_qty_parse(&base, text(formatted), divisible == 1, NULL),
                             GV_OK);
            assert_int_equal(base, bases[i]);
        }
    }
    char formatted[GV_QTY_TEXT_MAX];
    gv_asset_qty_format(formatted, 150000000, true);
    assert_string_equal(formatted, "1.5");
    gv_asset_qty_format(formatted, 100000000, true);
    assert_string_equal(formatted, "1.0");
    gv_asset_qty_format(formatted, 7, false);
    assert_string_equal(formatted, "7.0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_follow_the_grammar),
        cmocka_unit_test(long_name_ends_at_250_characters),
        cmocka_unit_test(row_41_quantities_are_exact),
        cmocka_unit_test(what_we_format_parses_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
