/* The published PSBTs of BIP174, BIP370 and BIP371: the invalid ones are refused for the reason they
 * were made for, the valid ones are read, and no part of a valid one is. */
#include "app/bitcoin/psbt.h"
#include "firmware/base/text.h"
#include "tests/unit/bitcoin/cmocka_include.h"
#include "tests/unit/bitcoin/vectors.h"

static uint8_t bytes[8192];

static void check_invalid(gv_json_ref e)
{
    struct gv_psbt psbt;
    struct gv_fail fail;
    const struct gv_view name = vectors_text(e, "name");
    const struct gv_view raw = vectors_hex(e, "psbt", bytes, sizeof bytes);
    if (gv_psbt_parse(&psbt, raw, &fail) == GV_OK) {
        fail_msg("%.*s: taken", (int)name.n, (const char *)name.p);
    }
    if (!gv_view_is(vectors_text(e, "code"), fail.code)) {
        fail_msg("%.*s: refused as %s (%s)", (int)name.n, (const char *)name.p, fail.code,
                 fail.text);
    }
}

static void check_valid(gv_json_ref e)
{
    struct gv_psbt psbt;
    struct gv_fail fail;
    const struct gv_view name = vectors_text(e, "name");
    const struct gv_view raw = vectors_hex(e, "psbt", bytes, sizeof bytes);
    if (gv_psbt_parse(&psbt, raw, &fail) != GV_OK) {
        fail_msg("%.*s: %s (%s)", (int)name.n, (const char *)name.p, fail.code, fail.text);
    }
    if (gv_json_get(e, "locktime") != NULL) {
        assert_int_equal(psbt.version, 2);
        assert_int_equal(psbt.tx_version, 2);
        assert_int_equal(psbt.locktime, vectors_u64(e, "locktime"));
    } else {
        assert_int_equal(psbt.version, 0);
        assert_int_equal(psbt.locktime, psbt.tx.locktime);
    }
    for (size_t n = 0; n < raw.n; n++) {
        assert_int_equal(gv_psbt_parse(&psbt, gv_view_of(raw.p, n), &fail), GV_ERR_INVALID);
    }
    bytes[raw.n] = 0;
    assert_int_equal(gv_psbt_parse(&psbt, gv_view_of(bytes, raw.n + 1), &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "psbt.parse_trailing");
}

static void check_file(const char *file, uint32_t invalid, uint32_t valid)
{
    struct gv_json_iter it;
    gv_json_ref root = vectors_json(file);
    gv_json_ref list = gv_json_get(root, "invalid");
    assert_int_equal(gv_json_len(list), invalid);
    for (gv_json_ref e = gv_json_first(&it, list); e != NULL; e = gv_json_next(&it)) {
        check_invalid(e);
    }
    list = gv_json_get(root, "valid");
    assert_int_equal(gv_json_len(list), valid);
    for (gv_json_ref e = gv_json_first(&it, list); e != NULL; e = gv_json_next(&it)) {
        check_valid(e);
    }
}

static void bip174(void **state)
{
    (void)state;
    check_file("bip174.json", 17, 2);
}

static void bip370(void **state)
{
    (void)state;
    check_file("bip370.json", 22, 19);
}

static void bip371(void **state)
{
    (void)state;
    check_file("bip371.json", 11, 5);
}

/* ---- maps ---------------------------------------------------------------------------------------- */

static const char tx_hex[] =
    "02000000010000000000000000000000000000000000000000000000000000000000000007010000"
    "0000fdffffff01e803000000000000015100000000";

/* A PSBT whose input map holds what `fill` writes. */
static struct gv_view with_input(void (*fill)(struct gv_writer *w))
{
    static uint8_t psbt[GV_PSBT_CHECK_BYTES_MAX];
    uint8_t tx[128];
    const size_t tx_len = (sizeof tx_hex - 1) / 2;
    assert_int_equal(gv_hex_decode(tx, tx_len, tx_hex, 2 * tx_len), GV_OK);
    struct gv_writer w = gv_writer_of(psbt, sizeof psbt);
    gv_write_bytes(&w, gv_view_of("psbt\xff\x01\x00", 7));
    gv_write_var_bytes(&w, gv_view_of(tx, tx_len));
    gv_write_u8(&w, 0);
    fill(&w);
    gv_write_u8(&w, 0);
    gv_write_u8(&w, 0);
    assert_false(w.full);
    return gv_written(&w);
}

static void entry(struct gv_writer *w, uint8_t type, uint16_t tail)
{
    gv_write_u8(w, 3);
    gv_write_u8(w, type);
    gv_write_u8(w, (uint8_t)(tail >> 8));
    gv_write_u8(w, (uint8_t)tail);
    gv_write_u8(w, 0);
}

static void fill_nothing(struct gv_writer *w)
{
    (void)w;
}

static void fill_descending(struct gv_writer *w)
{
    for (uint32_t i = GV_PSBT_KEYS_MAX; i > 0; i--) {
        entry(w, 0xf0, (uint16_t)i);
    }
}

static void fill_one_too_many(struct gv_writer *w)
{
    for (uint32_t i = 0; i <= GV_PSBT_KEYS_MAX; i++) {
        entry(w, 0xf0, (uint16_t)i);
    }
}

static void fill_late_repeat(struct gv_writer *w)
{
    for (uint32_t i = 0; i < 100; i++) {
        entry(w, 0xf0, (uint16_t)(2 * i));
    }
    entry(w, 0xf0, 66);
}

static void fill_early_repeat(struct gv_writer *w)
{
    entry(w, 0xf3, 1);
    entry(w, 0xf1, 1);
    entry(w, 0xf2, 1);
    entry(w, 0xf1, 1);
}

static void fill_wide_type(struct gv_writer *w)
{
    /* Type 253 as a three-byte CompactSize. */
    gv_write_bytes(w, gv_view_of("\x03\xfd\xfd\x00\x00", 5));
}

static void fill_wide_small_type(struct gv_writer *w)
{
    /* Type 1 in a form that is not minimal. */
    gv_write_bytes(w, gv_view_of("\x03\xfd\x01\x00\x00", 5));
}

static void expect(void (*fill)(struct gv_writer *w), const char *code)
{
    struct gv_psbt psbt;
    struct gv_fail fail = {.code = ""};
    const enum gv_err err = gv_psbt_parse(&psbt, with_input(fill), &fail);
    assert_int_equal(err, code == NULL ? GV_OK : GV_ERR_INVALID);
    if (code != NULL) {
        assert_string_equal(fail.code, code);
    }
}

static void keys_are_unique_in_any_order(void **state)
{
    (void)state;
    expect(fill_nothing, NULL);
    expect(fill_descending, NULL);
    expect(fill_late_repeat, "psbt.parse_duplicate_key");
    expect(fill_early_repeat, "psbt.parse_duplicate_key");
    expect(fill_one_too_many, "psbt.parse_size");
}

static void key_types_are_minimal_integers(void **state)
{
    (void)state;
    expect(fill_wide_type, NULL);
    expect(fill_wide_small_type, "psbt.parse_size");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bip174),
        cmocka_unit_test(bip370),
        cmocka_unit_test(bip371),
        cmocka_unit_test(keys_are_unique_in_any_order),
        cmocka_unit_test(key_types_are_minimal_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
