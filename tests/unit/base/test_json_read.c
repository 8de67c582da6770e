/* Reading JSON: strict syntax, numbers as text, amounts without a double, hostile depth, size and
 * repetition. Every text is parsed from a buffer that ends right behind its padding. */
#include "firmware/base/json.h"
#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    ARENA = 65536
};

static _Alignas(16) uint8_t arena_memory[ARENA];

/* A document and the text it points into. */
struct doc {
    struct gv_json json;
    struct gv_arena arena;
    struct gv_fail fail;
    char *text;
};

static enum gv_err parse_bytes(struct doc *d, const char *bytes, size_t n, size_t arena_bytes)
{
    memset(d, 0, sizeof(*d));
    gv_arena_init(&d->arena, arena_memory, arena_bytes);
    d->text = malloc(n + GV_JSON_PADDING);
    assert_non_null(d->text);
    memcpy(d->text, bytes, n);
    memset(d->text + n, '9', GV_JSON_PADDING); /* what lies behind must not be read as a digit */
    return gv_json_parse(&d->json, &d->arena, d->text, n, &d->fail);
}

static enum gv_err parse(struct doc *d, const char *text)
{
    return parse_bytes(d, text, strlen(text), ARENA);
}

static void done(struct doc *d)
{
    free(d->text);
}

static bool text_is(struct gv_view v, const char *want)
{
    return gv_view_is(v, want);
}

/* ---- syntax --------------------------------------------------------------------------------- */

static void types_and_values_come_through(void **state)
{
    (void)state;
    struct doc d;
    assert_int_equal(parse(&d,
                           " {\"s\":\"a\\u00e9\\n\",\"n\":1.50,\"t\":true,\"f\":false,\"z\":null,"
                           "\"a\":[1,\"x\",[]],\"o\":{}} "),
                     GV_OK);
    gv_json_ref root = d.json.root;
    assert_int_equal(gv_json_type(root), GV_JSON_OBJECT);
    assert_int_equal(gv_json_len(root), 7);
    struct gv_view text;
    bool b = false;
    assert_true(gv_json_string(gv_json_get(root, "s"), &text));
    assert_true(text_is(text, "a\xc3\xa9\n"));
    assert_true(gv_json_number_text(gv_json_get(root, "n"), &text));
    assert_true(text_is(text, "1.50"));
    assert_true(gv_json_bool(gv_json_get(root, "t"), &b));
    assert_true(b);
    assert_true(gv_json_bool(gv_json_get(root, "f"), &b));
    assert_false(b);
    assert_int_equal(gv_json_type(gv_json_get(root, "z")), GV_JSON_NULL);
    assert_int_equal(gv_json_type(gv_json_get(root, "o")), GV_JSON_OBJECT);
    assert_int_equal(gv_json_type(gv_json_get(root, "a")), GV_JSON_ARRAY);
    assert_int_equal(gv_json_type(gv_json_get(root, "absent")), GV_JSON_ABSENT);
    done(&d);
}

static void accessors_of_absent_or_other_types_say_no(void **state)
{
    (void)state;
    struct doc d;
    assert_int_equal(parse(&d, "[null,true,1,\"1\",[],{}]"), GV_OK);
    struct gv_json_iter it;
    size_t at = 0;
    for (gv_json_ref e = gv_json_first(&it, d.json.root); e != NULL; e = gv_json_next(&it)) {
        struct gv_view text;
        int64_t n = 0;
        bool b = false;
        assert_int_equal(gv_json_bool(e, &b), at == 1);
        assert_int_equal(gv_json_int(e, &n), at == 2);
        assert_int_equal(gv_json_sats(e, &n), at == 2);
        assert_int_equal(gv_json_number_text(e, &text), at == 2);
        assert_int_equal(gv_json_string(e, &text), at == 3);
        assert_null(gv_json_get(e, "1"));
        assert_int_equal(gv_json_len(e), 0);
        at++;
    }
    assert_int_equal(at, 6);
    struct gv_view text;
    int64_t n = 0;
    bool b = false;
    assert_false(gv_json_bool(NULL, &b));
    assert_false(gv_json_int(NULL, &n));
    assert_false(gv_json_sats(NULL, &n));
    assert_false(gv_json_string(NULL, &text));
    assert_false(gv_json_number_text(NULL, &text));
    assert_null(gv_json_get(NULL, "a"));
    assert_null(gv_json_first(&it, NULL));
    assert_null(gv_json_next(&it));
    assert_int_equal(gv_json_len(NULL), 0);
    assert_int_equal(gv_json_type(NULL), GV_JSON_ABSENT);
    done(&d);
}

static void array_iteration_steps_over_nested_values(void **state)
{
    (void)state;
    struct doc d;
    assert_int_equal(parse(&d, "[[1,[2,3]],{\"a\":[4]},5]"), GV_OK);
    static const enum gv_json_type want[] = {GV_JSON_ARRAY, GV_JSON_OBJECT, GV_JSON_NUMBER};
    struct gv_json_iter it;
    size_t n = 0;
    for (gv_json_ref e = gv_json_first(&it, d.json.root); e != NULL; e = gv_json_next(&it)) {
        assert_true(n < 3);
        assert_int_equal(gv_json_type(e), want[n++]);
    }
    assert_int_equal(n, 3);
    assert_null(gv_json_next(&it));
    done(&d);
    assert_int_equal(parse(&d, "[]"), GV_OK);
    assert_null(gv_json_first(&it, d.json.root));
    assert_null(gv_json_next(&it));
    done(&d);
    assert_int_equal(parse(&d, "{\"a\":1}"), GV_OK);
    assert_null(gv_json_first(&it, d.json.root));
    done(&d);
}

static void what_rfc_8259_does_not_allow_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "}",
        "[",
        "]",
        "[1,]",
        "{\"a\":1,}",
        "[1 2]",
        "[1]x",
        "[1][2]",
        "{a:1}",
        "{'a':1}",
        "{\"a\"}",
        "{\"a\":}",
        "{1:2}",
        "[,1]",
        "nul",
        "True",
        "NaN",
        "[NaN]",
        "[Infinity]",
        "[-Infinity]",
        "[inf]",
        "[01]",
        "[-01]",
        "[1.]",
        "[.5]",
        "[-.5]",
        "[+1]",
        "[1e]",
        "[1e+]",
        "[1.e3]",
        "[0x10]",
        "[-]",
        "[--1]",
        "[1_000]",
        "[1,000.0,]",
        "[\"a]",
        "[\"\\x\"]",
        "[\"\\u12\"]",
        "[\"\n\"]",
        "[\"\t\"]",
        "// c\n[1]",
        "[1/* c */]",
        "[1]#",
        "\xef\xbb\xbf[1]",
        "[\"\xff\"]",
        "[\"\xc0\x80\"]",
        "[\"\xed\xa0\x80\"]",
        "[\"\xf4\x90\x80\x80\"]",
        "[\"\\ud800\"]",
        "[\"\\udc00\\ud800\"]",
        "[\"\xe2\x82\"]",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct doc d;
        enum gv_err err = parse(&d, bad[i]);
        if (err != GV_ERR_INVALID || strcmp(d.fail.code, "json.syntax") != 0) {
            fail_msg("text %zu \"%s\": %s %s", i, bad[i], gv_err_slug(err), d.fail.code);
        }
        assert_null(d.json.root);
        done(&d);
    }
    struct doc d;
    assert_int_equal(parse_bytes(&d, "[1\0]", 4, ARENA), GV_ERR_INVALID);
    done(&d);
    assert_int_equal(parse_bytes(&d, "[1]\0", 4, ARENA), GV_ERR_INVALID);
    done(&d);
}

static void syntax_error_names_the_byte(void **state)
{
    (void)state;
    struct doc d;
    assert_int_equal(parse(&d, "{\"a\": 1, \"b\": x}"), GV_ERR_INVALID);
    assert_non_null(strstr(d.fail.text, "at byte 14"));
    done(&d);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    static const char whole[] = "{\"a\":[1,-2.5e+3,true,null,\"\\u00e9\\ud83d\\ude00\"],\"b\":{}}";
    for (size_t n = 0; n < sizeof(whole) - 1; n++) {
        struct doc d;
        assert_int_equal(parse_bytes(&d, whole, n, ARENA), GV_ERR_INVALID);
        done(&d);
    }
    struct doc d;
    assert_int_equal(parse(&d, whole), GV_OK);
    done(&d);
}

static void strings_with_nul_are_no_strings(void **state)
{
    (void)state;
    struct doc d;
    assert_int_equal(parse(&d, "{\"v\":\"a\\u0000b\",\"k\\u0000\":\"x\",\"e\":\"\"}"), GV_OK);
    struct gv_view text;
    assert_false(gv_json_string(gv_json_get(d.json.root, "v"), &text));
    assert_null(gv_json_get(d.json.root, "k"));
    assert_true(gv_json_string(gv_json_get(d.json.root, "e"), &text));
    assert_int_equal(text.n, 0);
    done(&d);
}

/* ---- numbers -------------------------------------------------------------------------------- */

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
        struct doc d;
        assert_int_equal(parse(&d, text), GV_OK);
        struct gv_json_iter it;
        gv_json_ref v = gv_json_first(&it, d.json.root);
        int64_t got = 0;
        if (gv_json_int(v, &got) != ints[i].is_int || got != ints[i].value) {
            fail_msg("%s gives %" PRId64, ints[i].text, got);
        }
        struct gv_view raw;
        if (gv_json_type(v) == GV_JSON_NUMBER) {
            assert_true(gv_json_number_text(v, &raw));
            assert_true(text_is(raw, ints[i].text));
        }
        done(&d);
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
        struct doc d;
        assert_int_equal(parse(&d, amounts[i].text), GV_OK);
        int64_t got = 0;
        if (gv_json_sats(d.json.root, &got) != amounts[i].good || got != amounts[i].sats) {
            fail_msg("%s gives %" PRId64, amounts[i].text, got);
        }
        done(&d);
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
        struct doc d;
        assert_int_equal(parse(&d, text), GV_OK);
        int64_t got = -1;
        assert_true(gv_json_sats(d.json.root, &got));
        assert_true(got == sats);
        done(&d);
        assert_true(gv_format(text, sizeof(text), "%" PRId64 "e-08", sats));
        assert_int_equal(parse(&d, text), GV_OK);
        assert_true(gv_json_sats(d.json.root, &got));
        assert_true(got == sats);
        done(&d);
    }
}

/* ---- members -------------------------------------------------------------------------------- */

static const char *const allowed[] = {"asset", "quantity", "", NULL};

static void expect_members(const char *text, enum gv_err want, const char *code)
{
    struct doc d;
    assert_int_equal(parse(&d, text), GV_OK);
    struct gv_fail fail = {0};
    assert_int_equal(gv_json_members(d.json.root, allowed, "/body", &fail), want);
    assert_string_equal(fail.code, code);
    assert_string_equal(fail.pointer, want == GV_OK ? "" : "/body");
    done(&d);
}

static void unknown_and_repeated_members_are_refused(void **state)
{
    (void)state;
    expect_members("{}", GV_OK, "");
    expect_members("{\"asset\":1}", GV_OK, "");
    expect_members("{\"quantity\":1,\"asset\":{\"x\":1,\"x\":2},\"\":0}", GV_OK, "");
    expect_members("{\"asset\":1,\"Asset\":2}", GV_ERR_INVALID, "json.unknown_member");
    expect_members("{\"asset\\u0000\":1}", GV_ERR_INVALID, "json.unknown_member");
    expect_members("{\"asse\":1}", GV_ERR_INVALID, "json.unknown_member");
    expect_members("{\"assets\":1}", GV_ERR_INVALID, "json.unknown_member");
    expect_members("{\"asset\":1,\"quantity\":2,\"asset\":1}", GV_ERR_INVALID,
                   "json.duplicate_member");
    expect_members("{\"asset\":1,\"\\u0061sset\":1}", GV_ERR_INVALID, "json.duplicate_member");
    expect_members("[]", GV_ERR_INVALID, "json.not_object");
    expect_members("1", GV_ERR_INVALID, "json.not_object");
    struct gv_fail fail;
    assert_int_equal(gv_json_members(NULL, allowed, "", &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "json.not_object");
}

static void message_shows_a_hostile_key_cut_and_clean(void **state)
{
    (void)state;
    struct doc d;
    assert_int_equal(
        parse(&d, "{\"\\u001b[2J\\u00e9aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":1}"), GV_OK);
    struct gv_fail fail;
    assert_int_equal(gv_json_members(d.json.root, allowed, "", &fail), GV_ERR_INVALID);
    assert_string_equal(fail.text,
                        "The object may not have the member \"?[2J??aaaaaaaaaaaaaaaaaaaaaaaaaa\" "
                        "(cut).");
    done(&d);
}

static void unique_looks_at_repetition_only(void **state)
{
    (void)state;
    struct doc d;
    struct gv_fail fail;
    assert_int_equal(parse(&d, "{\"x\":1,\"y\":2}"), GV_OK);
    assert_int_equal(gv_json_unique(d.json.root, "", &fail), GV_OK);
    done(&d);
    assert_int_equal(parse(&d, "{\"x\":1,\"y\":2,\"x\":1}"), GV_OK);
    assert_int_equal(gv_json_unique(d.json.root, "", &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "json.duplicate_member");
    done(&d);
}

static size_t write_object(char *text, size_t cap, unsigned members)
{
    size_t n = 0;
    for (unsigned i = 0; i < members; i++) {
        assert_true(gv_format(text + n, cap - n, "%s\"k%u\":0", i == 0 ? "{" : ",", i));
        n += strlen(text + n);
    }
    assert_true(gv_format(text + n, cap - n, "}"));
    return n + 1;
}

static void objects_with_too_many_members_are_refused(void **state)
{
    (void)state;
    for (unsigned members = GV_JSON_MEMBERS_MAX; members <= GV_JSON_MEMBERS_MAX + 1; members++) {
        char text[4096];
        size_t n = write_object(text, sizeof(text), members);
        struct doc d;
        assert_int_equal(parse_bytes(&d, text, n, ARENA), GV_OK);
        struct gv_fail fail = {0};
        bool fits = members <= GV_JSON_MEMBERS_MAX;
        assert_int_equal(gv_json_unique(d.json.root, "", &fail), fits ? GV_OK : GV_ERR_INVALID);
        assert_string_equal(fail.code, fits ? "" : "json.too_many_members");
        done(&d);
    }
}

/* ---- depth and size ------------------------------------------------------------------------- */

static size_t nest(char *text, size_t depth, bool objects)
{
    size_t n = 0;
    for (size_t i = 0; i < depth; i++) {
        const char *open = objects ? "{\"a\":" : "[";
        memcpy(text + n, open, strlen(open));
        n += strlen(open);
    }
    text[n++] = '1';
    memset(text + n, objects ? '}' : ']', depth);
    return n + depth;
}

static void depth_is_limited_for_arrays_and_objects(void **state)
{
    (void)state;
    for (size_t depth = 1; depth < 40; depth++) {
        for (int objects = 0; objects < 2; objects++) {
            char text[400];
            size_t n = nest(text, depth, objects == 1);
            struct doc d;
            enum gv_err want = depth <= GV_JSON_DEPTH_MAX ? GV_OK : GV_ERR_INVALID;
            assert_int_equal(parse_bytes(&d, text, n, ARENA), want);
            assert_string_equal(d.fail.code, want == GV_OK ? "" : "json.depth");
            done(&d);
        }
    }
}

static void depth_counts_levels_not_containers(void **state)
{
    (void)state;
    struct doc d;
    assert_int_equal(parse(&d, "[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[[]],{},{}]"),
                     GV_OK);
    done(&d);
    /* The deep branch is the last one, after shallow ones. */
    assert_int_equal(parse(&d, "[[],{},[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"), GV_ERR_INVALID);
    assert_string_equal(d.fail.code, "json.depth");
    done(&d);
}

static void thousands_of_brackets_do_no_harm(void **state)
{
    (void)state;
    enum {
        DEEP = 20000
    };
    char *text = malloc(DEEP);
    assert_non_null(text);
    memset(text, '[', DEEP);
    struct doc d;
    assert_true(parse_bytes(&d, text, DEEP, ARENA) != GV_OK);
    done(&d);
    memset(text + DEEP / 2, ']', DEEP / 2);
    assert_true(parse_bytes(&d, text, DEEP, ARENA) != GV_OK);
    done(&d);
    free(text);
}

static void arena_too_small_is_said_and_never_overrun(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\":[1,2,3,4,5,6,7,8,9],\"b\":\"text\",\"c\":{\"d\":[[],[],{}]}}";
    size_t enough = 0;
    for (size_t bytes = 0; bytes < 2048 && enough == 0; bytes++) {
        memset(arena_memory, 0xa5, sizeof(arena_memory));
        struct doc d;
        enum gv_err err = parse_bytes(&d, text, sizeof(text) - 1, bytes);
        if (err == GV_OK) {
            enough = bytes;
        } else {
            assert_int_equal(err, GV_ERR_TOO_LARGE);
            assert_string_equal(d.fail.code, "json.too_many_values");
        }
        for (size_t i = bytes; i < 4096; i++) {
            assert_int_equal(arena_memory[i], 0xa5);
        }
        done(&d);
    }
    assert_true(enough > 0);
}

static void parsing_takes_only_what_its_values_need(void **state)
{
    (void)state;
    static char text[30000];
    memset(text, 'x', sizeof(text));
    text[0] = '"';
    text[sizeof(text) - 1] = '"';
    struct doc d;
    assert_int_equal(parse_bytes(&d, text, sizeof(text), ARENA), GV_OK);
    assert_true(d.arena.used <= 256); /* one value and the document */
    struct gv_view value;
    void *rest = gv_arena_take(&d.arena, 1000);
    assert_non_null(rest);
    memset(rest, 0xff, 1000);
    assert_true(gv_json_string(d.json.root, &value));
    assert_int_equal(value.n, sizeof(text) - 2);
    done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_and_values_come_through),
        cmocka_unit_test(accessors_of_absent_or_other_types_say_no),
        cmocka_unit_test(array_iteration_steps_over_nested_values),
        cmocka_unit_test(what_rfc_8259_does_not_allow_is_refused),
        cmocka_unit_test(syntax_error_names_the_byte),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(strings_with_nul_are_no_strings),
        cmocka_unit_test(integers_are_digits_only),
        cmocka_unit_test(amounts_are_exact_or_refused),
        cmocka_unit_test(amounts_as_the_node_writes_them_come_back),
        cmocka_unit_test(unknown_and_repeated_members_are_refused),
        cmocka_unit_test(message_shows_a_hostile_key_cut_and_clean),
        cmocka_unit_test(unique_looks_at_repetition_only),
        cmocka_unit_test(objects_with_too_many_members_are_refused),
        cmocka_unit_test(depth_is_limited_for_arrays_and_objects),
        cmocka_unit_test(depth_counts_levels_not_containers),
        cmocka_unit_test(thousands_of_brackets_do_no_harm),
        cmocka_unit_test(arena_too_small_is_said_and_never_overrun),
        cmocka_unit_test(parsing_takes_only_what_its_values_need),
    };
    return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
