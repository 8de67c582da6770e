/* Shows: a listing's JSON fits its slot at its largest, parses back, and carries the revealed PSBT and
 * no other bytes (row 55 of tests/api/cases.md).
 * How: rows with every text as long as allowed, rendered and parsed with the strict reader. */
#include "web/api/api.h"
#include "web/api/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct gv_market_row row;
static char text[GV_LIVE_FRAME_OUT_MAX + GV_JSON_PADDING];
static _Alignas(16) uint8_t memory[1 << 20];

static void fill_text(char *out, size_t cap)
{
    memset(out, 'Z', cap - 1);
    out[cap - 1] = '\0';
}

static void largest_row(void)
{
    memset(&row, 0, sizeof(row));
    row.listing.id = INT64_MAX;
    fill_text(row.listing.terms.asset_name, 251);
    row.listing.terms.asset_qty_base = INT64_MAX;
    row.listing.terms.asset_divisible = true;
    row.listing.terms.utxo.vout = UINT32_MAX;
    row.listing.terms.start_block = UINT32_MAX;
    row.listing.terms.end_block = UINT32_MAX;
    row.listing.terms.start_price.v = GV_SAT_MAX;
    row.listing.terms.end_price.v = GV_SAT_MAX;
    row.listing.terms.price_decrement.v = GV_SAT_MAX;
    fill_text(row.listing.terms.seller, 91);
    fill_text(row.listing.spend.recipient, 91);
    row.listing.spend.state = GV_SPEND_CONFIRMED;
    row.listing.spend.outcome = GV_OUTCOME_SOLD;
    row.listing.spend.block = UINT32_MAX;
    row.listing.spend.sold_price.v = GV_SAT_MAX;
    row.listing.spend.block_time.s = 253402300799;
    row.listing.created_at.s = 253402300799;
    row.listing.revealed_high = UINT32_MAX;
    row.status = GV_DUTCH_SOLD;
    row.has_price = true;
    row.price.v = GV_SAT_MAX;
}

static gv_json_ref parse(const char *p, size_t n)
{
    static struct gv_json json;
    struct gv_arena arena;
    struct gv_fail fail;
    memcpy(text, p, n);
    gv_arena_init(&arena, memory, sizeof(memory));
    assert_int_equal(gv_json_parse(&json, &arena, text, n, &fail), GV_OK);
    return json.root;
}

static void the_largest_row_fits_and_parses(void **state)
{
    (void)state;
    static uint8_t psbt[GV_PSBT_SERVED_MAX];
    memset(psbt, 0xa5, sizeof(psbt));
    largest_row();
    gv_api_render_row(&row, gv_view_of(psbt, sizeof(psbt)));
    const gv_json_ref root = parse(row.text, row.text_len);
    struct gv_view data;
    assert_true(gv_json_string(gv_json_get(root, "current_psbt_data"), &data));
    assert_int_equal(data.n, GV_BASE64_LEN(sizeof(psbt)));
    assert_int_equal(row.psbt_len, data.n);
    assert_memory_equal(row.text + row.psbt_at, data.p, data.n);

    struct gv_json_out out;
    char v1[GV_LIVE_FRAME_OUT_MAX];
    gv_json_out_init(&out, v1, sizeof(v1) - 512u); /* the live envelope's share */
    gv_render_v1(&out, &row, (struct gv_tip){.known = true, .height = {UINT32_MAX}});
    assert_false(out.full);
    assert_non_null(parse(v1, out.n));
}

static void legacy_members_have_the_originals_names_and_types(void **state)
{
    (void)state;
    largest_row();
    row.listing.spend = (struct gv_dutch_spend){0};
    row.listing.terms.asset_qty_base = 100000000;
    row.status = GV_DUTCH_UPCOMING;
    gv_api_render_row(&row, gv_view_of(NULL, 0));
    const gv_json_ref root = parse(row.text, row.text_len);
    const char *const nulls[] = {"spent_txid", "spent_block", "spent_at", "recipient",
                                 "current_psbt_data"};
    for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
        assert_int_equal(gv_json_type(gv_json_get(root, nulls[i])), GV_JSON_NULL);
    }
    const char *const ints[] = {"id",
                                "utxo_vout",
                                "start_block",
                                "end_block",
                                "start_price_sats",
                                "end_price_sats",
                                "price_decrement",
                                "blocks_after_end"};
    for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
        int64_t v;
        assert_true(gv_json_int(gv_json_get(root, ints[i]), &v));
    }
    struct gv_view qty;
    assert_true(gv_json_number_text(gv_json_get(root, "asset_qty"), &qty));
    assert_int_equal(qty.n, 3);
    assert_memory_equal(qty.p, "1.0", 3); /* the original stored a float */
    assert_int_equal(row.psbt_len, 0);
}

static void row_55_single_object_has_no_psbt_members(void **state)
{
    (void)state;
    struct gv_json_out out;
    char json[4096];
    largest_row();
    gv_json_out_init(&out, json, sizeof(json));
    gv_jo_object(&out);
    gv_render_legacy(&out, &row.listing, row.status);
    gv_jo_object_end(&out);
    assert_false(out.full);
    const gv_json_ref root = parse(json, out.n);
    assert_null(gv_json_get(root, "current_psbt_data"));
    assert_null(gv_json_get(root, "psbt"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_row_fits_and_parses),
        cmocka_unit_test(legacy_members_have_the_originals_names_and_types),
        cmocka_unit_test(row_55_single_object_has_no_psbt_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
