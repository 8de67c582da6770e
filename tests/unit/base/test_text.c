/* Errors, text, time and arena: tables at the edges, and dates against the C library. */
#include "firmware/base/arena.h"
#include "firmware/base/err.h"
#include "firmware/base/text.h"
#include "firmware/base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- err ---------------------------------------------------------------------------------- */

static const enum gv_err all_errors[] = {
#define ERR_VALUE(name, number, slug, text) name,
    GV_ERR_LIST(ERR_VALUE)
#undef ERR_VALUE
};

static void errors_have_their_own_number_slug_and_text(void **state)
{
    (void)state;
    size_t count = sizeof(all_errors) / sizeof(all_errors[0]);
    for (size_t i = 0; i < count; i++) {
        assert_true(strlen(gv_err_slug(all_errors[i])) > 0);
        assert_true(strlen(gv_err_text(all_errors[i])) > 0);
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(all_errors[i], all_errors[k]);
            assert_string_not_equal(gv_err_slug(all_errors[i]), gv_err_slug(all_errors[k]));
        }
    }
    assert_string_equal(gv_err_slug(GV_OK), "ok");
    assert_string_equal(gv_err_slug(GV_ERR_FULL), "full");
    assert_string_equal(gv_err_slug((enum gv_err)9999), "unknown");
    assert_string_equal(gv_err_text((enum gv_err)9999), "unknown error");
}

static void fail_fills_cuts_and_returns_the_error(void **state)
{
    (void)state;
    struct gv_fail fail;
    memset(&fail, 0xee, sizeof(fail));
    assert_int_equal(gv_fail(&fail, GV_ERR_FULL, "a.code", "n=%d", 7), GV_ERR_FULL);
    assert_int_equal(fail.err, GV_ERR_FULL);
    assert_string_equal(fail.code, "a.code");
    assert_string_equal(fail.text, "n=7");
    assert_string_equal(fail.pointer, "");
    assert_int_equal(gv_fail(NULL, GV_ERR_IO, "a", "b"), GV_ERR_IO);

    char longer[1000];
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(gv_fail_at(&fail, GV_ERR_INVALID, longer, longer, "%s", longer),
                     GV_ERR_INVALID);
    assert_int_equal(strlen(fail.code), sizeof(fail.code) - 1);
    assert_int_equal(strlen(fail.text), sizeof(fail.text) - 1);
    assert_int_equal(strlen(fail.pointer), sizeof(fail.pointer) - 1);
    assert_int_equal(gv_fail_at(&fail, GV_ERR_INVALID, "/a/0", "c", "d"), GV_ERR_INVALID);
    assert_string_equal(fail.pointer, "/a/0");
}

/* ---- text --------------------------------------------------------------------------------- */

static void format_tells_whether_all_fitted(void **state)
{
    (void)state;
    char out[4];
    assert_true(gv_format(out, sizeof(out), "%d", 123));
    assert_string_equal(out, "123");
    assert_false(gv_format(out, sizeof(out), "%d", 1234));
    assert_string_equal(out, "123");
    gv_format_cut(out, sizeof(out), "%s", "abcdef");
    assert_string_equal(out, "abc");
    assert_true(gv_format(out, 1, "%s", ""));
    assert_false(gv_format(out, 1, "%s", "a"));
    assert_string_equal(out, "");
}

static void text_copy_is_whole_or_empty(void **state)
{
    (void)state;
    char out[4] = "zzz";
    assert_true(gv_text_copy(out, sizeof(out), "abc"));
    assert_string_equal(out, "abc");
    assert_false(gv_text_copy(out, sizeof(out), "abcd"));
    assert_string_equal(out, "");
    assert_true(gv_text_copy(out, 1, ""));
    assert_false(gv_text_copy(out, 1, "a"));
}

static const struct {
    const char *text;
    uint64_t max;
    bool good;
    uint64_t value;
} numbers[] = {
    {"0", 0, true, 0},
    {"1", 0, false, 0},
    {"9", UINT64_MAX, true, 9},
    {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
    {"18446744073709551616", UINT64_MAX, false, 0},
    {"18446744073709551620", UINT64_MAX, false, 0},
    {"99999999999999999999", UINT64_MAX, false, 0},
    {"184467440737095516150", UINT64_MAX, false, 0},
    {"18446744073709551615", UINT64_MAX - 1, false, 0},
    {"100", 100, true, 100},
    {"101", 100, false, 0},
    {"", 9, false, 0},
    {"00", 9, false, 0},
    {"01", 9, false, 0},
    {"-1", 9, false, 0},
    {"+1", 9, false, 0},
    {" 1", 9, false, 0},
    {"1 ", 9, false, 0},
    {"1.0", 9, false, 0},
    {"0x1", 9, false, 0},
    {"1e0", 9, false, 0},
    {"/", 9, false, 0},
    {":", 9, false, 0},
};

static void numbers_are_plain_digits_within_max(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        uint64_t v = 0;
        bool good = gv_parse_u64(&v, gv_view_str(numbers[i].text), numbers[i].max);
        if (good != numbers[i].good || v != numbers[i].value) {
            fail_msg("number %zu \"%s\"", i, numbers[i].text);
        }
    }
    uint64_t v = 0;
    assert_false(gv_parse_u64(&v, gv_view_of("1\0", 2), 99));
    assert_true(gv_view_is(gv_view_of("abcd", 3), "abc"));
    assert_false(gv_view_is(gv_view_of("abcd", 4), "abc"));
    assert_false(gv_view_is(gv_view_of("abcd", 2), "abc"));
}

/* ---- time --------------------------------------------------------------------------------- */

static const struct {
    int64_t s;
    const char *text;
} dates[] = {
    {0, "1970-01-01T00:00:00Z"},
    {-1, "1969-12-31T23:59:59Z"},
    {951782399, "2000-02-28T23:59:59Z"},
    {951782400, "2000-02-29T00:00:00Z"},
    {951868800, "2000-03-01T00:00:00Z"},
    {1231006505, "2009-01-03T18:15:05Z"},
    {1795210277, "2026-11-20T21:31:17Z"},
    {2147483648, "2038-01-19T03:14:08Z"},
    {4107542400, "2100-03-01T00:00:00Z"},
    {253402300799, "9999-12-31T23:59:59Z"},
    {253402300800, ""},
    {-62167219200, "0000-01-01T00:00:00Z"},
    {-62167219201, ""},
    {INT64_MAX, ""},
    {INT64_MIN, ""},
};

static void dates_at_the_edges_are_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        char text[GV_ISO_MAX];
        char naive[GV_ISO_MAX];
        gv_utc_format((struct gv_utc){dates[i].s}, text);
        gv_utc_format_naive((struct gv_utc){dates[i].s}, naive);
        assert_string_equal(text, dates[i].text);
        size_t n = strlen(dates[i].text);
        assert_int_equal(strlen(naive), n == 0 ? 0 : n - 1);
        assert_memory_equal(naive, text, strlen(naive));
    }
}

static void dates_agree_with_the_c_library(void **state)
{
    (void)state;
    /* Steps of a prime number of seconds over four centuries: every month, day and hour comes. */
    for (int64_t s = -6000000000; s < 7000000000; s += 86111) {
        time_t at = (time_t)s;
        if ((int64_t)at != s) {
            continue; /* a C library with 32-bit time has no opinion */
        }
        struct tm tm;
        assert_non_null(gmtime_r(&at, &tm));
        char want[GV_ISO_MAX];
        assert_true(strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0);
        char text[GV_ISO_MAX];
        gv_utc_format((struct gv_utc){s}, text);
        assert_string_equal(text, want);
    }
}

static void dates_are_read_as_they_are_written(void **state)
{
    static const char *const wrong[] = {"2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31",
                                        "2026-1-010", "2026/01/01", "26-01-0001", "2026-01-1 "};
    int64_t day = 0;
    (void)state;
    for (int64_t want = -719000; want < 2900000; want += 97) { /* years 1 to 9900 */
        char text[GV_ISO_MAX];
        gv_utc_format((struct gv_utc){want * GV_DAY_S}, text);
        assert_true(gv_date_parse(&day, text, GV_DATE_LEN));
        assert_int_equal(day, want);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(gv_date_parse(&day, wrong[i], strlen(wrong[i])));
    }
    assert_false(gv_date_parse(&day, "2026-01-011", 11));
    assert_false(gv_date_parse(&day, "", 0));
}

/* ---- arena -------------------------------------------------------------------------------- */

static void arena_aligns_and_refuses(void **state)
{
    (void)state;
    static _Alignas(16) uint8_t memory[64];
    struct gv_arena arena;
    gv_arena_init(&arena, memory, sizeof(memory));
    assert_ptr_equal(gv_arena_take(&arena, 1), memory);
    assert_ptr_equal(gv_arena_take(&arena, 17), memory + 16);
    assert_null(gv_arena_take(&arena, 17));
    assert_null(gv_arena_take(&arena, SIZE_MAX));
    assert_null(gv_arena_take(&arena, SIZE_MAX - 47));
    assert_ptr_equal(gv_arena_take(&arena, 16), memory + 48);
    assert_null(gv_arena_take(&arena, 1));
    gv_arena_init(&arena, memory, sizeof(memory));
    assert_ptr_equal(gv_arena_take(&arena, 64), memory);
    assert_null(gv_arena_take(&arena, 1));
    gv_arena_init(&arena, memory, sizeof(memory));
    assert_null(gv_arena_take(&arena, 65));
    assert_int_equal(arena.used, 0);
}

static void arena_of_uneven_size_does_not_round_past_its_end(void **state)
{
    (void)state;
    static _Alignas(16) uint8_t memory[40];
    struct gv_arena arena;
    gv_arena_init(&arena, memory, 33);
    assert_non_null(gv_arena_take(&arena, 33));
    assert_null(gv_arena_take(&arena, 1));
    assert_null(gv_arena_take(&arena, 0));
}

static void a_time_reads_back_and_nothing_else_is_one(void **state)
{
    (void)state;
    static const int64_t times[] = {0, 1, 86399, 951827696, 1780000000, 4102444799, 253402300799};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        char text[GV_ISO_MAX];
        struct gv_utc at = {-1};
        gv_utc_format((struct gv_utc){times[i]}, text);
        assert_true(gv_utc_parse(&at, text, strlen(text)));
        assert_int_equal(at.s, times[i]);
        for (size_t n = 0; n < strlen(text); n++) {
            assert_false(gv_utc_parse(&at, text, n));
        }
    }
    static const char *const wrong[] = {
        "2026-11-20 21:31:17Z", "2026-11-20T21:31:17z", "2026-11-20T24:00:00Z",
        "2026-11-20T21:60:17Z", "2026-11-20T21:31:60Z", "2026-02-29T00:00:00Z",
        "2026-11-20T2a:31:17Z", "2026-11-20T21-31-17Z", "2026-11-20T21:31:17+"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct gv_utc at;
        assert_false(gv_utc_parse(&at, wrong[i], strlen(wrong[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_have_their_own_number_slug_and_text),
        cmocka_unit_test(fail_fills_cuts_and_returns_the_error),
        cmocka_unit_test(format_tells_whether_all_fitted),
        cmocka_unit_test(text_copy_is_whole_or_empty),
        cmocka_unit_test(numbers_are_plain_digits_within_max),
        cmocka_unit_test(dates_at_the_edges_are_right),
        cmocka_unit_test(dates_agree_with_the_c_library),
        cmocka_unit_test(dates_are_read_as_they_are_written),
        cmocka_unit_test(arena_aligns_and_refuses),
        cmocka_unit_test(arena_of_uneven_size_does_not_round_past_its_end),
        cmocka_unit_test(a_time_reads_back_and_nothing_else_is_one),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
