/* Shows: a listing is found by its number while it is published and after it was retired from memory,
 * and what is no number of a listing is "not found" in the words of its route family (row 54 of
 * tests/api/cases.md).
 * Facts of the node count only when they belong to the market's block.
 * How: a full board whose oldest sale has been pushed out, and the route's own look-up. */
#include "tests/support/engine_world.h"
#include "web/api/api_state.h"
#include "web/api/find.h"
#include "web/api/handlers.h"

#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct gv_family family = {.not_found = "Listing not found"};
static const struct gv_route route = {.extra = &family};
static struct gv_market_row found;

static void keep(void *ctx, const struct gv_market_row *row)
{
    (void)ctx;
    memcpy(&found, row, offsetof(struct gv_market_row, text));
}

static enum gv_err find(const char *id, struct gv_fail *fail)
{
    struct gv_api *api = gv_api_instance();
    struct gv_exchange x = {.route = &route, .app = api, .params = {gv_view_str(id)}};
    struct gv_tip tip;
    api->config.market = gv_world_market();
    api->config.engine = gv_world_engine();
    memset(&found, 0, sizeof(found));
    return gv_find_listing(&x, &tip, keep, NULL, fail);
}

static void fill_the_board(void)
{
    for (uint32_t i = 0; i < GV_LISTINGS_MAX; i++) {
        struct gv_offer offer = gv_offer_of(100 + i);
        offer.end = offer.start + 1;
        (void)gv_world_list(&offer);
    }
}

static void a_retired_listing_is_still_found(void **state)
{
    (void)state;
    struct gv_fail fail;
    fill_the_board();
    gv_world_mine_to(1000);
    struct gv_offer sold = gv_offer_of(104);
    sold.end = sold.start + 1;
    struct gv_spend_evidence sale = gv_world_sale(&sold, 1000, 1);
    assert_int_equal(gv_world_mine(0, &sale, 1), GV_OK);
    assert_int_equal(find("5", &fail), GV_OK); /* published */
    assert_int_equal(found.status, GV_DUTCH_SOLD);

    gv_world_mine_to(1001 + GV_SETTLED_DEPTH);
    struct gv_offer extra = gv_offer_of(1);
    extra.start = 1500;
    extra.end = 1501;
    (void)gv_world_list(&extra);
    assert_false(gv_world_has_row(5));
    assert_int_equal(find("5", &fail), GV_OK); /* from storage */
    assert_int_equal(found.listing.id, 5);
    assert_int_equal(found.status, GV_DUTCH_SOLD);
    assert_int_equal(found.reveal.kind, GV_REVEAL_SPENT);
    assert_true(found.has_price);
    assert_int_equal(found.price.v, gv_offer_price(&sold, 1000));
    assert_int_equal(found.psbt_len, 0);
}

static void row_54_what_names_no_listing_is_not_found(void **state)
{
    (void)state;
    struct gv_fail fail;
    struct gv_offer offer = gv_offer_of(1);
    assert_int_equal(find("1", &fail), GV_ERR_NOT_FOUND); /* nothing was ever listed */
    (void)gv_world_list(&offer);
    assert_int_equal(find("1", &fail), GV_OK);
    const char *const wrong[] = {"0",  "2", "-1", "abc", "1.0", "9223372036854775808",
                                 "1 ", "",  "+1", "0x1", "01",  "18446744073709551617"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (find(wrong[i], &fail) != GV_ERR_NOT_FOUND) {
            fail_msg("\"%s\" was found", wrong[i]);
        }
        assert_string_equal(fail.text, family.not_found);
    }
}

static void facts_of_another_block_than_the_markets_are_refused(void **state)
{
    (void)state;
    struct gv_fail fail;
    struct gv_market_head head;
    struct gv_rpc_txout txout = {.found = true};
    uint32_t tip = 0;
    gv_market_head(gv_world_market(), &head);
    txout.best_hash = head.node.tip_hash;
    assert_int_equal(gv_find_same_tip(gv_world_market(), &txout, &tip, &fail), GV_OK);
    assert_int_equal(tip, 990);

    assert_int_equal(gv_world_mine(0, NULL, 0), GV_OK);
    assert_int_equal(gv_find_same_tip(gv_world_market(), &txout, &tip, &fail), GV_ERR_UNAVAILABLE);
    assert_string_equal(fail.code, "node.moved");
    gv_market_head(gv_world_market(), &head);
    txout.best_hash = head.node.tip_hash;
    assert_int_equal(gv_find_same_tip(gv_world_market(), &txout, &tip, &fail), GV_OK);
    assert_int_equal(tip, 991);

    assert_int_equal(gv_world_node(false), GV_OK);
    assert_int_equal(gv_find_same_tip(gv_world_market(), &txout, &tip, &fail), GV_ERR_UNAVAILABLE);
    assert_string_equal(fail.code, "node.not_live");
}

static void the_indexer_may_be_a_block_behind_but_not_behind_the_output(void **state)
{
    (void)state;
    assert_int_equal(gv_indexer_height(1000, 1), 1000);
    assert_int_equal(gv_indexer_height(1000, 2), 999);
    assert_int_equal(gv_indexer_height(1000, 500), 999);
    assert_int_equal(gv_indexer_height(1000, 1001), 999); /* of the first block */
    assert_int_equal(gv_indexer_height(0, 1), 0);
}

static int set_up(void **state)
{
    (void)state;
    gv_world_format();
    assert_int_equal(gv_world_open(true), GV_OK);
    assert_int_equal(gv_world_start(990), GV_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gv_world_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_retired_listing_is_still_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(row_54_what_names_no_listing_is_not_found, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(facts_of_another_block_than_the_markets_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test(the_indexer_may_be_a_block_behind_but_not_behind_the_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
