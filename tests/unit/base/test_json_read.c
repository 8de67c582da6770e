/* Reading JSON: strict syntax, hostile depth, size and repetition. */
#include "firmware/base/text.h"
#include "tests/unit/base/json_doc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static bool text_is(struct gv_view v, const char *want)
{
    return gv_view_is(v, want);
}

/* ---- syntax --------------------------------------------------------------------------------- */

static void types_and_values_come_through(void **state)
{
    (void)state;
    struct json_doc d;
    assert_int_equal(
        json_doc_parse(&d, " {\"s\":\"a\\u00e9\\n\",\"n\":1.50,\"t\":true,\"f\":false,\"z\":null,"
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
    json_doc_done(&d);
}

static void accessors_of_absent_or_other_types_say_no(void **state)
{
    (void)state;
    struct json_doc d;
    assert_int_equal(json_doc_parse(&d, "[null,true,1,\"1\",[],{}]"), GV_OK);
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
    json_doc_done(&d);
}

static void array_iteration_steps_over_nested_values(void **state)
{
    (void)state;
    struct json_doc d;
    assert_int_equal(json_doc_parse(&d, "[[1,[2,3]],{\"a\":[4]},5]"), GV_OK);
    static const enum gv_json_type want[] = {GV_JSON_ARRAY, GV_JSON_OBJECT, GV_JSON_NUMBER};
    struct gv_json_iter it;
    size_t n = 0;
    for (gv_json_ref e = gv_json_first(&it, d.json.root); e != NULL; e = gv_json_next(&it)) {
        assert_true(n < 3);
        assert_int_equal(gv_json_type(e), want[n++]);
    }
    assert_int_equal(n, 3);
    assert_null(gv_json_next(&it));
    json_doc_done(&d);
    assert_int_equal(json_doc_parse(&d, "[]"), GV_OK);
    assert_null(gv_json_first(&it, d.json.root));
    assert_null(gv_json_next(&it));
    json_doc_done(&d);
    assert_int_equal(json_doc_parse(&d, "{\"a\":1}"), GV_OK);
    assert_null(gv_json_first(&it, d.json.root));
    json_doc_done(&d);
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
        struct json_doc d;
        enum gv_err err = json_doc_parse(&d, bad[i]);
        if (err != GV_ERR_INVALID || strcmp(d.fail.code, "json.syntax") != 0) {
            fail_msg("text %zu \"%s\": %s %s", i, bad[i], gv_err_slug(err), d.fail.code);
        }
        assert_null(d.json.root);
        json_doc_done(&d);
    }
    struct json_doc d;
    assert_int_equal(json_doc_parse_bytes(&d, "[1\0]", 4, JSON_DOC_ARENA), GV_ERR_INVALID);
    json_doc_done(&d);
    assert_int_equal(json_doc_parse_bytes(&d, "[1]\0", 4, JSON_DOC_ARENA), GV_ERR_INVALID);
    json_doc_done(&d);
}

static void syntax_error_names_the_byte(void **state)
{
    (void)state;
    struct json_doc d;
    assert_int_equal(json_doc_parse(&d, "{\"a\": 1, \"b\": x}"), GV_ERR_INVALID);
    assert_non_null(strstr(d.fail.text, "at byte 14"));
    json_doc_done(&d);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    static const char whole[] = "{\"a\":[1,-2.5e+3,true,null,\"\\u00e9\\ud83d\\ude00\"],\"b\":{}}";
    for (size_t n = 0; n < sizeof(whole) - 1; n++) {
        struct json_doc d;
        assert_int_equal(json_doc_parse_bytes(&d, whole, n, JSON_DOC_ARENA), GV_ERR_INVALID);
        json_doc_done(&d);
    }
    struct json_doc d;
    assert_int_equal(json_doc_parse(&d, whole), GV_OK);
    json_doc_done(&d);
}

static void strings_with_nul_are_no_strings(void **state)
{
    (void)state;
    struct json_doc d;
    assert_int_equal(json_doc_parse(&d, "{\"v\":\"a\\u0000b\",\"k\\u0000\":\"x\",\"e\":\"\"}"),
                     GV_OK);
    struct gv_view text;
    assert_false(gv_json_string(gv_json_get(d.json.root, "v"), &text));
    assert_null(gv_json_get(d.json.root, "k"));
    assert_true(gv_json_string(gv_json_get(d.json.root, "e"), &text));
    assert_int_equal(text.n, 0);
    json_doc_done(&d);
}

/* ---- members -------------------------------------------------------------------------------- */

static const char *const allowed[] = {"asset", "quantity", "", NULL};

static void expect_member_at(const char *text, const char *code, const char *pointer)
{
    struct json_doc d;
    assert_int_equal(json_doc_parse(&d, text), GV_OK);
    struct gv_fail fail = {0};
    assert_int_equal(gv_json_members(d.json.root, allowed, "/body", &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, code);
    assert_string_equal(fail.pointer, pointer);
    json_doc_done(&d);
}

static void expect_members(const char *text, enum gv_err want, const char *code)
{
    struct json_doc d;
    assert_int_equal(json_doc_parse(&d, text), GV_OK);
    struct gv_fail fail = {0};
    assert_int_equal(gv_json_members(d.json.root, allowed, "/body", &fail), want);
    assert_string_equal(fail.code, code);
    json_doc_done(&d);
}

static void unknown_and_repeated_members_are_refused(void **state)
{
    (void)state;
    expect_member_at("{\"more\":1}", "json.unknown_member", "/body/more");
    expect_member_at("{\"a/b~c\":1}", "json.unknown_member", "/body/a~1b~0c");
    expect_member_at("{\"a\\nb\":1}", "json.unknown_member", "/body/a?b");
    expect_member_at("{\"asset\":1,\"asset\":1}", "json.duplicate_member", "/body/asset");
    expect_member_at("{\"\":1,\"0123456789012345678901234567890123456789\":1}",
                     "json.unknown_member", "/body/01234567890123456789012345678901");
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
    struct json_doc d;
    assert_int_equal(
        json_doc_parse(&d, "{\"\\u001b[2J\\u00e9aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":1}"),
        GV_OK);
    struct gv_fail fail;
    assert_int_equal(gv_json_members(d.json.root, allowed, "", &fail), GV_ERR_INVALID);
    assert_string_equal(fail.text,
                        "The object may not have the member \"?[2J??aaaaaaaaaaaaaaaaaaaaaaaaaa\" "
                        "(cut).");
    json_doc_done(&d);
}

static void unique_looks_at_repetition_only(void **state)
{
    (void)state;
    struct json_doc d;
    struct gv_fail fail;
    assert_int_equal(json_doc_parse(&d, "{\"x\":1,\"y\":2}"), GV_OK);
    assert_int_equal(gv_json_unique(d.json.root, "", &fail), GV_OK);
    json_doc_done(&d);
    assert_int_equal(json_doc_parse(&d, "{\"x\":1,\"y\":2,\"x\":1}"), GV_OK);
    assert_int_equal(gv_json_unique(d.json.root, "", &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "json.duplicate_member");
    json_doc_done(&d);
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
        struct json_doc d;
        assert_int_equal(json_doc_parse_bytes(&d, text, n, JSON_DOC_ARENA), GV_OK);
        struct gv_fail fail = {0};
        bool fits = members <= GV_JSON_MEMBERS_MAX;
        assert_int_equal(gv_json_unique(d.json.root, "", &fail), fits ? GV_OK : GV_ERR_INVALID);
        assert_string_equal(fail.code, fits ? "" : "json.too_many_members");
        json_doc_done(&d);
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
            struct json_doc d;
            enum gv_err want = depth <= GV_JSON_DEPTH_MAX ? GV_OK : GV_ERR_INVALID;
            assert_int_equal(json_doc_parse_bytes(&d, text, n, JSON_DOC_ARENA), want);
            assert_string_equal(d.fail.code, want == GV_OK ? "" : "json.depth");
            json_doc_done(&d);
        }
    }
}

static void depth_counts_levels_not_containers(void **state)
{
    (void)state;
    struct json_doc d;
    assert_int_equal(
        json_doc_parse(&d, "[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[[]],{},{}]"),
        GV_OK);
    json_doc_done(&d);
    /* The deep branch is the last one, after shallow ones. */
    assert_int_equal(json_doc_parse(&d, "[[],{},[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"),
                     GV_ERR_INVALID);
    assert_string_equal(d.fail.code, "json.depth");
    json_doc_done(&d);
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
    struct json_doc d;
    assert_true(json_doc_parse_bytes(&d, text, DEEP, JSON_DOC_ARENA) != GV_OK);
    json_doc_done(&d);
    memset(text + DEEP / 2, ']', DEEP / 2);
    assert_true(json_doc_parse_bytes(&d, text, DEEP, JSON_DOC_ARENA) != GV_OK);
    json_doc_done(&d);
    free(text);
}

static void arena_too_small_is_said_and_never_overrun(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\":[1,2,3,4,5,6,7,8,9],\"b\":\"text\",\"c\":{\"d\":[[],[],{}]}}";
    size_t enough = 0;
    for (size_t bytes = 0; bytes < 2048 && enough == 0; bytes++) {
        memset(json_doc_arena, 0xa5, sizeof(json_doc_arena));
        struct json_doc d;
        enum gv_err err = json_doc_parse_bytes(&d, text, sizeof(text) - 1, bytes);
        if (err == GV_OK) {
            enough = bytes;
        } else {
            assert_int_equal(err, GV_ERR_TOO_LARGE);
            assert_string_equal(d.fail.code, "json.too_many_values");
        }
        for (size_t i = bytes; i < 4096; i++) {
            assert_int_equal(json_doc_arena[i], 0xa5);
        }
        json_doc_done(&d);
    }
    assert_true(enough > 0);
}

static void second_document_grows_to_the_end_of_the_arena_only(void **state)
{
    (void)state;
    static const char one_each[] =
        "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]";
    bool parsed = false;
    for (size_t bytes = 64; bytes < 4096 && !parsed; bytes += 16) {
        memset(json_doc_arena, 0xa5, sizeof(json_doc_arena));
        char text[sizeof(one_each) + GV_JSON_PADDING];
        memcpy(text, one_each, sizeof(one_each));
        struct gv_arena arena;
        struct gv_json json;
        gv_arena_init(&arena, json_doc_arena, bytes);
        assert_non_null(gv_arena_take(&arena, 64));
        parsed = gv_json_parse(&json, &arena, text, sizeof(one_each) - 1, NULL) == GV_OK;
        assert_true(arena.used <= bytes);
        for (size_t i = 0; i < 4096; i++) {
            bool ours = i >= 64 && i < bytes;
            if (!ours) {
                assert_int_equal(json_doc_arena[i], 0xa5);
            }
        }
    }
    assert_true(parsed);
}

static void parsing_takes_only_what_its_values_need(void **state)
{
    (void)state;
    static char text[20000];
    memset(text, 'x', sizeof(text));
    text[0] = '[';
    text[1] = '"';
    text[sizeof(text) - 2] = '"';
    text[sizeof(text) - 1] = ']';
    struct json_doc d;
    assert_int_equal(json_doc_parse_bytes(&d, text, sizeof(text), JSON_DOC_ARENA), GV_OK);
    assert_true(d.arena.used <= 256); /* two values and the document */
    struct gv_view value;
    void *rest = gv_arena_take(&d.arena, 1000);
    assert_non_null(rest);
    memset(rest, 0xff, 1000);
    struct gv_json_iter it;
    assert_true(gv_json_string(gv_json_first(&it, d.json.root), &value));
    assert_int_equal(value.n, sizeof(text) - 4);
    json_doc_done(&d);
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
        cmocka_unit_test(unknown_and_repeated_members_are_refused),
        cmocka_unit_test(message_shows_a_hostile_key_cut_and_clean),
        cmocka_unit_test(unique_looks_at_repetition_only),
        cmocka_unit_test(objects_with_too_many_members_are_refused),
        cmocka_unit_test(depth_is_limited_for_arrays_and_objects),
        cmocka_unit_test(depth_counts_levels_not_containers),
        cmocka_unit_test(thousands_of_brackets_do_no_harm),
        cmocka_unit_test(arena_too_small_is_said_and_never_overrun),
        cmocka_unit_test(second_document_grows_to_the_end_of_the_arena_only),
        cmocka_unit_test(parsing_takes_only_what_its_values_need),
    };
    return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
