/* Writing JSON: exact text, commas in the right places, escapes, broken UTF-8, every buffer that is
 * too small, and everything written reads back the same. */
#include "firmware/base/json.h"
#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static char text[4096];
static struct gv_json_out out;

static void begin(void)
{
    memset(text, 0xa5, sizeof(text));
    gv_json_out_init(&out, text, sizeof(text));
}

static void expect(const char *want)
{
    assert_false(out.full);
    text[out.n] = '\0';
    assert_string_equal(text, want);
}

static void write_sample(struct gv_json_out *o)
{
    static const uint8_t hash[32] = {0x6f, 0xe2, 0x8c, 0x0a, [31] = 0x01};
    gv_jo_object(o);
    gv_jo_kstring(o, "s", "a\"b");
    gv_jo_kint(o, "i", -5);
    gv_jo_kbool(o, "t", true);
    gv_jo_kbool(o, "f", false);
    gv_jo_knull(o, "z");
    gv_jo_key(o, "a");
    gv_jo_array(o);
    gv_jo_uint(o, 1);
    gv_jo_int(o, -2);
    gv_jo_array(o);
    gv_jo_array_end(o);
    gv_jo_object(o);
    gv_jo_object_end(o);
    gv_jo_raw(o, "1.50", 4);
    gv_jo_array_end(o);
    gv_jo_key(o, "b");
    gv_jo_base64(o, gv_view_of("foob", 4));
    gv_jo_key(o, "h");
    gv_jo_hash(o, hash);
    gv_jo_object_end(o);
}

static const char sample[] =
    "{\"s\":\"a\\\"b\",\"i\":-5,\"t\":true,\"f\":false,\"z\":null,\"a\":[1,-2,[],{},1.50],"
    "\"b\":\"Zm9vYg==\","
    "\"h\":\"010000000000000000000000000000000000000000000000000000000a8ce26f\"}";

static void commas_stand_between_and_nowhere_else(void **state)
{
    (void)state;
    begin();
    write_sample(&out);
    expect(sample);
}

static void every_smaller_buffer_is_full_and_not_overrun(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < sizeof(sample) - 1; cap++) {
        memset(text, 0xa5, sizeof(text));
        gv_json_out_init(&out, text, cap);
        write_sample(&out);
        assert_true(out.full);
        assert_true(out.n <= cap);
        assert_memory_equal(text, sample, out.n);
        for (size_t i = cap; i < sizeof(sample) + 8; i++) {
            assert_int_equal((uint8_t)text[i], 0xa5);
        }
    }
    gv_json_out_init(&out, text, sizeof(sample) - 1);
    write_sample(&out);
    assert_false(out.full);
    assert_int_equal(out.n, sizeof(sample) - 1);
}

static void integers_at_the_edges_are_exact(void **state)
{
    (void)state;
    begin();
    gv_jo_array(&out);
    gv_jo_int(&out, 0);
    gv_jo_int(&out, INT64_MAX);
    gv_jo_int(&out, INT64_MIN);
    gv_jo_int(&out, -1);
    gv_jo_uint(&out, UINT64_MAX);
    gv_jo_uint(&out, 10);
    gv_jo_uint(&out, 9);
    gv_jo_array_end(&out);
    expect("[0,9223372036854775807,-9223372036854775808,-1,18446744073709551615,10,9]");
}

static void control_characters_quotes_and_backslashes_are_escaped(void **state)
{
    (void)state;
    begin();
    gv_jo_text(&out, gv_view_of("\0\x01\b\t\n\x0b\f\r\x1f \"\\/\x7f", 14));
    expect("\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f \\\"\\\\/\x7f\"");
    begin();
    gv_jo_object(&out);
    gv_jo_kint(&out, "a\"\n", 1);
    gv_jo_object_end(&out);
    expect("{\"a\\\"\\n\":1}");
}

#define BAD "\xef\xbf\xbd"

static const struct {
    const char *in;
    const char *want;
} utf8_table[] = {
    {"\xc2\x80", "\xc2\x80"},
    {"\xdf\xbf", "\xdf\xbf"},
    {"\xe0\xa0\x80", "\xe0\xa0\x80"},
    {"\xed\x9f\xbf", "\xed\x9f\xbf"},
    {"\xee\x80\x80", "\xee\x80\x80"},
    {"\xef\xbf\xbf", "\xef\xbf\xbf"},
    {"\xf0\x90\x80\x80", "\xf0\x90\x80\x80"},
    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
    {"a\xe2\x82\xac-\xf0\x9f\x98\x80z", "a\xe2\x82\xac-\xf0\x9f\x98\x80z"},
    {"\x80", BAD},
    {"\xbf", BAD},
    {"\xc0\x80", BAD BAD},
    {"\xc1\xbf", BAD BAD},
    {"\xc2", BAD},
    {"\xc2z", BAD "z"},
    {"\xe0\x9f\xbf", BAD BAD BAD},
    {"\xed\xa0\x80", BAD BAD BAD},
    {"\xe2\x82", BAD BAD},
    {"\xe2\x82z", BAD BAD "z"},
    {"\xf0\x8f\xbf\xbf", BAD BAD BAD BAD},
    {"\xf4\x90\x80\x80", BAD BAD BAD BAD},
    {"\xf0\x9f\x98", BAD BAD BAD},
    {"\xf5\x80\x80\x80", BAD BAD BAD BAD},
    {"\xff\xfe", BAD BAD},
    {"ok\xffok", "ok" BAD "ok"},
};

static void broken_utf8_becomes_the_replacement_character(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(utf8_table) / sizeof(utf8_table[0]); i++) {
        begin();
        gv_jo_string(&out, utf8_table[i].in);
        assert_false(out.full);
        size_t n = strlen(utf8_table[i].want);
        assert_int_equal(out.n, n + 2);
        assert_memory_equal(text + 1, utf8_table[i].want, n);
    }
}

static void sequence_cut_by_the_end_of_its_view_is_broken(void **state)
{
    (void)state;
    for (size_t n = 1; n < 4; n++) {
        begin();
        gv_jo_text(&out, gv_view_of("\xf0\x9f\x98\x80", n)); /* what follows would complete it */
        assert_int_equal(out.n, 3 * n + 2);
        assert_memory_equal(text + 1, BAD, 3);
    }
}

static _Alignas(16) uint8_t arena_memory[65536];

/* Parse what was written. */
static void read_back(struct gv_json *json)
{
    struct gv_arena arena;
    struct gv_fail fail;
    gv_arena_init(&arena, arena_memory, sizeof(arena_memory));
    assert_false(out.full);
    if (gv_json_parse(json, &arena, text, out.n, &fail) != GV_OK) {
        fail_msg("%s", fail.text);
    }
}

static void any_two_bytes_read_back(void **state)
{
    (void)state;
    for (int first = 1; first < 256; first++) {
        for (int second = 1; second < 256; second++) {
            char in[] = {(char)first, (char)second, 'z', '\0'};
            struct gv_json json;
            begin();
            gv_jo_string(&out, in);
            read_back(&json);
            struct gv_view v;
            assert_true(gv_json_string(json.root, &v));
            assert_true(v.n >= 3);
            assert_int_equal(v.p[v.n - 1], 'z');
            bool well_formed = (first < 0x80 && second < 0x80) ||
                               (first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf);
            assert_int_equal(gv_view_is(v, in), well_formed);
        }
    }
}

/* Text is copied eight bytes at a time: every byte in every place of two words and a rest. */
static void every_byte_is_judged_in_every_place(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < 19; at++) {
            char in[20] = "abcdefghijklmnopqrs";
            in[at] = (char)byte;
            begin();
            gv_jo_text(&out, gv_view_of(in, 19));
            assert_false(out.full);
            bool plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
            assert_int_equal(out.n == 21, plain);
            assert_memory_equal(text + 1, in, plain ? 19 : at);
            assert_memory_equal(text + out.n - (19 - at), in + at + 1, 18 - at);
            if (!plain) {
                assert_int_equal(text[1 + at], byte < 0x80 ? '\\' : '\xef');
            }
        }
    }
}

static void base64_and_hash_need_no_room_beyond_their_quotes(void **state)
{
    (void)state;
    uint8_t bytes[48];
    memset(bytes, 0xff, sizeof(bytes));
    for (size_t n = 0; n < sizeof(bytes); n++) {
        size_t need = GV_BASE64_LEN(n) + 2;
        begin();
        gv_json_out_init(&out, text, need);
        gv_jo_base64(&out, gv_view_of(bytes, n));
        assert_false(out.full);
        assert_int_equal(out.n, need);
        assert_int_equal(text[need - 1], '"');
        assert_int_equal((uint8_t)text[need], 0xa5);
        gv_json_out_init(&out, text, need - 1);
        gv_jo_base64(&out, gv_view_of(bytes, n));
        assert_true(out.full);
        assert_int_equal(out.n, 0);
    }
    begin();
    gv_json_out_init(&out, text, 66);
    gv_jo_hash(&out, bytes);
    assert_false(out.full);
    assert_int_equal((uint8_t)text[66], 0xa5);
    gv_json_out_init(&out, text, 65);
    gv_jo_hash(&out, bytes);
    assert_true(out.full);
}

static void sample_reads_back(void **state)
{
    (void)state;
    struct gv_json json;
    begin();
    write_sample(&out);
    read_back(&json);
    static const char *const names[] = {"s", "i", "t", "f", "z", "a", "b", "h", NULL};
    struct gv_fail fail;
    assert_int_equal(gv_json_members(json.root, names, "", &fail), GV_OK);
    int64_t i = 0;
    assert_true(gv_json_int(gv_json_get(json.root, "i"), &i));
    assert_int_equal(i, -5);
    struct gv_view s;
    assert_true(gv_json_string(gv_json_get(json.root, "s"), &s));
    assert_true(gv_view_is(s, "a\"b"));
    assert_int_equal(gv_json_len(gv_json_get(json.root, "a")), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_stand_between_and_nowhere_else),
        cmocka_unit_test(every_smaller_buffer_is_full_and_not_overrun),
        cmocka_unit_test(integers_at_the_edges_are_exact),
        cmocka_unit_test(control_characters_quotes_and_backslashes_are_escaped),
        cmocka_unit_test(broken_utf8_becomes_the_replacement_character),
        cmocka_unit_test(sequence_cut_by_the_end_of_its_view_is_broken),
        cmocka_unit_test(any_two_bytes_read_back),
        cmocka_unit_test(every_byte_is_judged_in_every_place),
        cmocka_unit_test(base64_and_hash_need_no_room_beyond_their_quotes),
        cmocka_unit_test(sample_reads_back),
    };
    return cmocka_run_group_tests_name("json_out", tests, NULL, NULL);
}
