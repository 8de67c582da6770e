#include "tests/unit/bitcoin/vectors.h"

#include "tests/unit/bitcoin/cmocka_include.h"

#include "firmware/base/text.h"

#include <stdio.h>

#define FILE_BYTES_MAX (2u * 1024u * 1024u)

static char file_text[FILE_BYTES_MAX + GV_JSON_PADDING];
static _Alignas(16) uint8_t arena_bytes[4u * FILE_BYTES_MAX];
static uint8_t decoded[GV_PSBT_CHECK_BYTES_MAX];

struct gv_view vectors_file(const char *name)
{
    char path[256];
    assert_true(gv_format(path, sizeof path, "tests/vectors/%s", name));
    FILE *const file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("cannot open %s (tests run in the repository root)", path);
    }
    const size_t n = fread(file_text, 1, FILE_BYTES_MAX, file);
    assert_true(feof(file) != 0 || fgetc(file) == EOF);
    assert_int_equal(fclose(file), 0);
    return gv_view_of(file_text, n);
}

gv_json_ref vectors_json(const char *name)
{
    struct gv_arena arena;
    struct gv_json json;
    struct gv_fail fail;
    const size_t n = vectors_file(name).n;
    gv_arena_init(&arena, arena_bytes, sizeof arena_bytes);
    if (gv_json_parse(&json, &arena, file_text, n, &fail) != GV_OK) {
        fail_msg("%s: %s", name, fail.text);
    }
    return json.root;
}

struct gv_view vectors_text(gv_json_ref object, const char *key)
{
    struct gv_view text = {0};
    if (!gv_json_string(gv_json_get(object, key), &text)) {
        fail_msg("member %s is no string", key);
    }
    return text;
}

struct gv_view vectors_hex_of(struct gv_view text, uint8_t *out, size_t cap)
{
    assert_true(text.n / 2 <= cap);
    assert_int_equal(gv_hex_decode(out, text.n / 2, (const char *)text.p, text.n), GV_OK);
    return gv_view_of(out, text.n / 2);
}

struct gv_view vectors_hex(gv_json_ref object, const char *key, uint8_t *out, size_t cap)
{
    return vectors_hex_of(vectors_text(object, key), out, cap);
}

uint64_t vectors_u64(gv_json_ref object, const char *key)
{
    int64_t v = -1;
    if (!gv_json_int(gv_json_get(object, key), &v) || v < 0) {
        fail_msg("member %s is no unsigned integer", key);
    }
    return (uint64_t)v;
}

void vectors_psbt_case(struct psbt_case *out, gv_json_ref object)
{
    gv_json_ref prevout = gv_json_get(object, "prevout");
    struct gv_view reason = {0};
    memset(out, 0, sizeof *out);
    out->id = vectors_text(object, "id");
    out->text = vectors_text(object, "psbt");
    out->expect_valid = gv_view_is(vectors_text(object, "verdict"), "valid");
    if (gv_json_string(gv_json_get(object, "reason"), &reason)) {
        assert_true(gv_format(out->reason, sizeof out->reason, "%.*s", (int)reason.n,
                              (const char *)reason.p));
    }
    const struct gv_view txid = vectors_text(prevout, "txid");
    assert_int_equal(
        gv_hex_decode_reversed(out->terms.outpoint.txid.b, 32, (const char *)txid.p, txid.n),
        GV_OK);
    out->terms.outpoint.vout = (uint32_t)vectors_u64(prevout, "vout");
    out->terms.prevout.value_sat = vectors_u64(prevout, "amount_sat");
    out->terms.prevout.script =
        vectors_hex(prevout, "scriptPubKey", out->script, sizeof out->script);
    out->terms.price_sat = vectors_u64(object, "price_sat");
}

struct gv_view vectors_base64(struct gv_view text)
{
    size_t n = 0;
    assert_int_equal(gv_base64_decode(decoded, &n, sizeof decoded, (const char *)text.p, text.n),
                     GV_OK);
    return gv_view_of(decoded, n);
}

void vectors_judge(struct gv_psbt_verdict *verdict, uint8_t served[GV_PSBT_SERVED_MAX],
                   struct gv_view text, const struct gv_psbt_terms *terms)
{
    struct gv_fail fail;
    size_t n = 0;
    if (gv_psbt_decode_text(decoded, &n, sizeof decoded, text, &fail) != GV_OK) {
        gv_psbt_verdict_refused(verdict, &fail, terms);
        return;
    }
    gv_psbt_check(verdict, served, gv_view_of(decoded, n), terms);
}
