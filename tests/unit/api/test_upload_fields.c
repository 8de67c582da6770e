/* Shows: the field rules of a listing upload (rows 29, 35, 40, 51 of tests/api/cases.md): the first
 * broken rule is named with the member it is about, and nothing outside is asked.
 * How: one good body as text; each case replaces one piece of it. */
#include "web/api/upload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct gv_submission submission;

#define TXID "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char good[] =
    "{\"asset_name\":\"RAREPEPE\",\"asset_qty\":1.5,\"utxo_txid\":\"" TXID "\",\"utxo_vout\":0,"
    "\"start_block\":1000,\"end_block\":1001,\"start_price_sats\":20000,\"end_price_sats\":19000,"
    "\"price_decrement\":1000,\"blocks_after_end\":5,\"psbts\":["
    "{\"block_number\":1000,\"price_sats\":20000,\"psbt_data\":\"cHNidP8BAAA=\"},"
    "{\"block_number\":1001,\"price_sats\":19000,\"psbt_data\":\"cHNidP8BAAA=\"}]}";

static enum gv_err read_body(const char *body, bool strict, struct gv_fail *fail)
{
    struct gv_upload upload;
    struct gv_arena arena;
    struct gv_json json;
    memset(&upload, 0, sizeof(upload));
    memset(fail, 0, sizeof(*fail));
    upload.submission = &submission;
    const size_t n = strlen(body);
    memcpy(submission.body, body, n);
    gv_arena_init(&arena, submission.json_arena, sizeof(submission.json_arena));
    const enum gv_err err = gv_json_parse(&json, &arena, submission.body, n, fail);
    return err != GV_OK ? err : gv_upload_fields(&upload, json.root, strict, fail);
}

/* The good body with the first occurrence of `from` replaced. */
static void assert_refused(const char *from, const char *to, const char *code, const char *pointer)
{
    char body[4096];
    struct gv_fail fail;
    const char *at = strstr(good, from);
    assert_non_null(at);
    snprintf(body, sizeof(body), "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    assert_int_not_equal(read_body(body, false, &fail), GV_OK);
    if (strcmp(fail.code, code) != 0 || strcmp(fail.pointer, pointer) != 0) {
        fail_msg("%s -> %s: got %s at \"%s\", expected %s at \"%s\"", from, to, fail.code,
                 fail.pointer, code, pointer);
    }
}

static void good_body_is_read_exactly(void **state)
{
    (void)state;
    struct gv_fail fail;
    assert_int_equal(read_body(good, true, &fail), GV_OK);
    assert_int_equal(submission.rung_count, 2);
    assert_int_equal(submission.terms.start_block, 1000);
    assert_int_equal(submission.terms.end_price.v, 19000);
    assert_int_equal(submission.rungs[1].price.v, 19000);
    assert_int_equal(submission.terms.utxo.txid.b[31], 0x00);
    assert_int_equal(submission.terms.utxo.txid.b[0], 0xff);
    assert_int_equal(submission.psbt_raw[0].n, 8);
}

static void row_40_only_plain_integers_are_integers(void **state)
{
    (void)state;
    const char *const wrong[] = {"true", "1.0",  "1e3", "\"5\"", "9223372036854775808",
                                 "-0",   "null", "[1]", "{}"};
    const char *const members[] = {"start_block",      "end_block",       "blocks_after_end",
                                   "start_price_sats", "price_decrement", "utxo_vout"};
    for (size_t m = 0; m < sizeof(members) / sizeof(members[0]); m++) {
        for (size_t w = 0; w < sizeof(wrong) / sizeof(wrong[0]); w++) {
            char from[64], to[96], pointer[48];
            const char *at = strstr(good, members[m]);
            const int digits = (int)strcspn(strchr(at, ':') + 1, ",}");
            snprintf(from, sizeof(from), "%s\":%.*s,", members[m], digits, strchr(at, ':') + 1);
            snprintf(to, sizeof(to), "%s\":%s,", members[m], wrong[w]);
            snprintf(pointer, sizeof(pointer), "/%s", members[m]);
            assert_refused(from, to, "json.type", pointer);
        }
    }
    assert_refused("\"block_number\":1000", "\"block_number\":true", "dutch.range",
                   "/psbts/0/block_number");
    assert_refused("\"price_sats\":20000", "\"price_sats\":2e4", "dutch.range",
                   "/psbts/0/price_sats");
    assert_refused("\"start_block\":1000", "\"start_block\":NaN", "json.syntax", "");
}

static void row_29_base64_is_canonical(void **state)
{
    (void)state;
    const char *const wrong[] = {
        "cHNidP8BAAA", "cHNidP8BAAB=", "cHNidP8B AAA=", "cHNidP8BAA-=", "====", ""};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char to[64];
        struct gv_fail fail;
        char body[4096];
        const char *at = strstr(good, "cHNidP8BAAA=");
        snprintf(to, sizeof(to), "%s", wrong[i]);
        snprintf(body, sizeof(body), "%.*s%s%s", (int)(at - good), good, to, at + 12);
        assert_int_equal(read_body(body, false, &fail), GV_ERR_INVALID);
        assert_string_equal(fail.pointer, "/psbts/0/psbt_data");
    }
}

static void row_51_bodies_that_are_no_object(void **state)
{
    (void)state;
    const struct {
        const char *body, *code;
    } rows[] = {{"{}", "json.not_object"}, {"[]", "json.not_object"}, {"\"x\"", "json.not_object"},
                {"{", "json.syntax"},      {"{}x", "json.syntax"},    {"nul", "json.syntax"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gv_fail fail;
        assert_int_equal(read_body(rows[i].body, false, &fail), GV_ERR_INVALID);
        assert_string_equal(fail.code, rows[i].code);
    }
}

static void each_missing_field_is_named(void **state)
{
    (void)state;
    struct gv_fail fail;
    const char *const members[] = {"asset_name", "asset_qty",        "utxo_txid",
                                   "utxo_vout",  "start_block",      "end_block",
                                   "psbts",      "start_price_sats", "blocks_after_end"};
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        char body[4096], hidden[64];
        const char *at = strstr(good, members[i]);
        snprintf(hidden, sizeof(hidden), "x%s", members[i] + 1);
        snprintf(body, sizeof(body), "%.*s%s%s", (int)(at - good), good, hidden,
                 at + strlen(members[i]));
        assert_int_equal(read_body(body, false, &fail), GV_ERR_INVALID);
        assert_string_equal(fail.code, "json.missing");
        assert_non_null(strstr(fail.text, members[i]));
    }
}

static void texts_and_names_are_checked(void **state)
{
    (void)state;
    assert_refused("\"RAREPEPE\"", "\"BTC\"", "dutch.asset_name", "/asset_name");
    assert_refused("\"RAREPEPE\"", "7", "json.type", "/asset_name");
    assert_refused("1.5", "\"1.5\"", "json.type", "/asset_qty");
    assert_refused("1.5", "1.123456789", "dutch.asset_qty", "/asset_qty");
    assert_refused("1.5", "1e-09", "dutch.asset_qty", "/asset_qty");
    assert_refused("00112233", "0011223", "utxo.txid", "/utxo_txid");
    assert_refused("aabbccddeeff0011", "AABBCCDDEEFF0011", "utxo.txid", "/utxo_txid");
    assert_refused("\"utxo_vout\":0", "\"utxo_vout\":4294967296", "dutch.range", "/utxo_vout");
    assert_refused("\"psbts\":[", "\"psbts\":{},\"was\":[", "json.type", "/psbts");
    assert_refused("{\"block_number\":1000", "7,{\"block_number\":1000", "json.type", "/psbts/0");
}

static void hostile_texts_end_as_refusals(void **state)
{
    (void)state;
    const struct {
        const char *from, *to, *code, *pointer;
    } rows[] = {
        {"{\"block_number\":1000,", "{\"block_number\":1000,\"block_number\":1000,",
         "json.duplicate_member", "/psbts/0/block_number"},
        {"\"price_sats\":20000", "\"price_sats\":20000,\"\\u0070rice_sats\":1",
         "json.duplicate_member", "/psbts/0/price_sats"},
        {"\"RAREPEPE\"", "\"RAREPEPE\\u0000\"", "json.type", "/asset_name"},
        {"\"RAREPEPE\"", "\"RAREPEPE\\n\"", "dutch.asset_name", "/asset_name"},
        {"\"RAREPEPE\"", "\"RAREPEPE.<img>\"", "dutch.asset_name", "/asset_name"},
        {"\"RAREPEPE\"", "\"RAREPEPE.\\\"\"", "dutch.asset_name", "/asset_name"},
        {"\"RAREPEPE\"", "\"RAREPEPE.\xc3\xa9\"", "dutch.asset_name", "/asset_name"},
        {"\"RAREPEPE\"", "\"RAREPEPE\xff\"", "json.syntax", ""},
        {"\"RAREPEPE\"", "\"RAREPEPE\\ud800\"", "json.syntax", ""},
        {"cHNidP8BAAA=", "cHNidP8BAAA=\\u0000", "json.type", "/psbts/0/psbt_data"},
        {"1.5",
         "1"
         "00000000000000000000000000000000000000000",
         "dutch.asset_qty", "/asset_qty"},
        {"1.5", "-1.5", "dutch.asset_qty", "/asset_qty"},
        {"1.5", "Infinity", "json.syntax", ""},
        {"\"asset_qty\":1.5", "\"asset_qty\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]", "json.depth",
         ""},
        {"\"utxo_vout\":0", "\"utxo_vout\":-1", "dutch.range", "/utxo_vout"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_refused(rows[i].from, rows[i].to, rows[i].code, rows[i].pointer);
}

static void row_35_the_ladder_is_judged_with_the_numbers(void **state)
{
    (void)state;
    assert_refused("\"block_number\":1001", "\"block_number\":1000", "dutch.block_twice",
                   "/psbts/1/block_number");
    assert_refused("\"block_number\":1001", "\"block_number\":1002", "dutch.block_outside",
                   "/psbts/1/block_number");
}

static void unknown_members_are_refused_only_where_said(void **state)
{
    (void)state;
    char body[4096];
    struct gv_fail fail;
    snprintf(body, sizeof(body), "{\"more\":1,%s", good + 1);
    assert_int_equal(read_body(body, false, &fail), GV_OK);
    assert_int_equal(read_body(body, true, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "json.unknown_member");
    snprintf(body, sizeof(body), "{\"end_block\":7,%s", good + 1);
    assert_int_equal(read_body(body, false, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "json.duplicate_member");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_body_is_read_exactly),
        cmocka_unit_test(row_40_only_plain_integers_are_integers),
        cmocka_unit_test(row_29_base64_is_canonical),
        cmocka_unit_test(row_51_bodies_that_are_no_object),
        cmocka_unit_test(each_missing_field_is_named),
        cmocka_unit_test(texts_and_names_are_checked),
        cmocka_unit_test(hostile_texts_end_as_refusals),
        cmocka_unit_test(row_35_the_ladder_is_judged_with_the_numbers),
        cmocka_unit_test(unknown_members_are_refused_only_where_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
