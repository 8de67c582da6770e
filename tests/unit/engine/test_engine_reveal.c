/* Shows what the engine reveals at each height, rows 55-59 and 74 of tests/api/cases.md: one rung
 * at most, never one above the tip, nothing while the node cannot be trusted, and the same answer
 * after a restart. */
#include "tests/support/engine_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

static void row_56_each_height_shows_its_rung(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    uint64_t id = gv_world_list(&offer);
    assert_int_equal(gv_world_row(id).price.v, 100000);
    static const struct {
        uint32_t height, rung;
        enum gv_dutch_status status;
        enum gv_reveal_kind kind;
    } cases[] = {
        {999, 0, GV_DUTCH_UPCOMING, GV_REVEAL_NOT_STARTED},
        {1000, 1000, GV_DUTCH_ACTIVE, GV_REVEAL_RUNG},
        {1005, 1005, GV_DUTCH_ACTIVE, GV_REVEAL_RUNG},
        {1010, 1010, GV_DUTCH_ACTIVE, GV_REVEAL_RUNG},
        {1011, 1010, GV_DUTCH_FINISHED, GV_REVEAL_RUNG},
        {1014, 1010, GV_DUTCH_FINISHED, GV_REVEAL_RUNG},
        {1015, 0, GV_DUTCH_EXPIRED, GV_REVEAL_EXPIRED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gv_world_mine_to(cases[i].height);
        assert_true(gv_world_shows(id, &offer, cases[i].rung));
        assert_int_equal(gv_world_row(id).status, cases[i].status);
        assert_int_equal(gv_world_row(id).reveal.kind, cases[i].kind);
    }
    assert_false(gv_world_row(id).has_price);
}

static void row_57_zero_and_one_block_after_the_end_are_the_same(void **state)
{
    (void)state;
    struct gv_offer zero = gv_offer_of(1);
    struct gv_offer one = gv_offer_of(2);
    zero.after = 0;
    one.after = 1;
    uint64_t a = gv_world_list(&zero);
    uint64_t b = gv_world_list(&one);
    gv_world_mine_to(1010);
    assert_true(gv_world_shows(a, &zero, 1010));
    assert_true(gv_world_shows(b, &one, 1010));
    gv_world_mine_to(1011);
    assert_int_equal(gv_world_row(a).status, GV_DUTCH_EXPIRED);
    assert_int_equal(gv_world_row(b).status, GV_DUTCH_EXPIRED);
    assert_true(gv_world_shows(a, &zero, 0));
    assert_true(gv_world_shows(b, &one, 0));
}

static void a_rung_that_could_not_be_read_is_shown_as_soon_as_it_can(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    uint64_t id = gv_world_list(&offer);
    gv_world_mine_to(1003);
    assert_int_equal(gv_world_node(false), GV_OK);
    gv_world_storage_down(true);
    assert_int_equal(gv_world_node(true), GV_OK);
    assert_true(gv_world_shows(id, &offer, 0));
    assert_int_equal(gv_world_row(id).reveal.kind, GV_REVEAL_NOT_LIVE);
    gv_world_storage_down(false);
    assert_int_equal(gv_world_node(true), GV_OK); /* the next poll: nothing has changed */
    assert_true(gv_world_shows(id, &offer, 1003));
}

static void row_58_a_reorg_below_the_start_hides_again(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    uint64_t id = gv_world_list(&offer);
    gv_world_mine_to(1000);
    assert_true(gv_world_shows(id, &offer, 1000));
    gv_world_unwind_to(999);
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_UPCOMING);
    assert_true(gv_world_shows(id, &offer, 0));
    assert_int_equal(gv_world_mine(1, NULL, 0), GV_OK);
    assert_int_equal(gv_world_mine(1, NULL, 0), GV_OK);
    assert_true(gv_world_shows(id, &offer, 1001));
}

static void row_59_a_lower_tip_shows_its_rung_and_keeps_the_high_water_mark(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    uint64_t id = gv_world_list(&offer);
    gv_world_mine_to(1006);
    gv_world_unwind_to(1003);
    assert_true(gv_world_shows(id, &offer, 1003));
    assert_int_equal(gv_world_row(id).listing.revealed_high, 1006);
    gv_world_restart();
    assert_int_equal(gv_world_row(id).listing.revealed_high, 1006);
}

static void row_74_nothing_is_shown_while_the_node_cannot_be_trusted(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    uint64_t id = gv_world_list(&offer);
    gv_world_mine_to(1003);
    assert_true(gv_world_shows(id, &offer, 1003));

    gv_world_node_syncing(0, 1, false); /* headers ahead of blocks */
    assert_true(gv_world_shows(id, &offer, 0));
    assert_int_equal(gv_world_row(id).reveal.kind, GV_REVEAL_NOT_LIVE);
    assert_int_equal(gv_world_node(true), GV_OK);
    assert_true(gv_world_shows(id, &offer, 1003));

    gv_world_node_syncing(0, 0, true); /* initial download */
    assert_true(gv_world_shows(id, &offer, 0));
    gv_world_node_syncing(1, 1, false); /* a block that has not been scanned */
    assert_true(gv_world_shows(id, &offer, 0));
    assert_int_equal(gv_world_node(false), GV_OK); /* unreachable */
    assert_true(gv_world_shows(id, &offer, 0));
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_ACTIVE);

    struct gv_fail fail;
    struct gv_offer other = gv_offer_of(2);
    uint64_t other_id = 0;
    other.start = 1005;
    assert_int_equal(gv_world_create(&other, &other_id, &fail), GV_ERR_UNAVAILABLE);
    assert_string_equal(fail.code, "node.not_live");
}

static void blocks_of_a_walk_do_not_make_a_tip_live(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    uint64_t id = gv_world_list(&offer);
    gv_world_node_syncing(20, 20, false);
    for (uint32_t i = 0; i < 15; i++) {
        assert_int_equal(gv_world_mine(0, NULL, 0), GV_OK);
        assert_true(gv_world_shows(id, &offer, 0));
    }
    assert_int_equal(gv_world_row(id).listing.revealed_high, 0);
    assert_int_equal(gv_world_node(true), GV_OK);
    assert_true(gv_world_shows(id, &offer, 1005));
}

static void a_restart_knows_the_height_but_reveals_nothing_until_the_node_speaks(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    uint64_t id = gv_world_list(&offer);
    gv_world_mine_to(1003);
    gv_world_restart();
    struct gv_market_head head;
    gv_market_head(gv_world_market(), &head);
    assert_true(head.tip.known);
    assert_false(head.tip.live);
    assert_int_equal(head.tip.height.v, 1003);
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_ACTIVE);
    assert_true(gv_world_shows(id, &offer, 0));
    assert_int_equal(gv_world_node(true), GV_OK);
    assert_true(gv_world_shows(id, &offer, 1003));
}

static void row_55_no_row_holds_a_byte_of_another_rung(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    uint64_t id = gv_world_list(&offer);
    for (uint32_t height = 999; height <= 1016; height++) {
        gv_world_mine_to(height);
        struct gv_market_row row = gv_world_row(id);
        for (uint32_t block = 1000; block <= 1010; block++) {
            uint8_t psbt[GV_PSBT_SERVED_MAX];
            char text[GV_BASE64_LEN(GV_PSBT_SERVED_MAX) + 1];
            size_t n = gv_base64_encode(
                text, gv_view_of(psbt, gv_world_psbt(&offer, block, psbt, sizeof(psbt))));
            bool due = height <= 1014 && block == (height < 1010 ? height : 1010);
            bool there = row.text_len >= n && memcmp(row.text, text, n) == 0;
            assert_int_equal(there, due);
        }
    }
}

static void the_cursor_and_the_ring_answer_for_stored_blocks_only(void **state)
{
    (void)state;
    struct gv_hash256 hash;
    gv_world_mine_to(990 + GV_CHAIN_RING + 3);
    struct gv_chain_cursor cursor;
    gv_engine_cursor(gv_world_engine(), &cursor);
    assert_true(cursor.known);
    assert_int_equal(cursor.height, 990 + GV_CHAIN_RING + 3);
    assert_false(gv_engine_block_hash(gv_world_engine(), cursor.height + 1, &hash));
    assert_false(gv_engine_block_hash(gv_world_engine(), cursor.height - GV_CHAIN_RING, &hash));
    gv_world_restart();
    uint32_t lowest = cursor.height - GV_CHAIN_RING + 1;
    assert_true(gv_engine_block_hash(gv_world_engine(), lowest, &hash));
    struct gv_hash256 expected = gv_block_hash_of(lowest, 0);
    assert_memory_equal(hash.b, expected.b, sizeof(hash.b));
    assert_false(gv_engine_block_hash(gv_world_engine(), lowest - 1, &hash));
}

static void a_block_that_does_not_follow_the_cursor_is_refused(void **state)
{
    (void)state;
    struct gv_block_report block = {.height = 991, .prev = gv_block_hash_of(990, 7)};
    assert_int_equal(gv_engine_chain_connect(gv_world_engine(), &block), GV_ERR_STATE);
    block.prev = gv_block_hash_of(990, 0);
    block.height = 992;
    assert_int_equal(gv_engine_chain_connect(gv_world_engine(), &block), GV_ERR_STATE);
    block.height = 991;
    assert_int_equal(gv_engine_chain_connect(gv_world_engine(), &block), GV_OK);
}

/* 1,500 bytes each: three times what one publication holds. */
static void a_board_full_of_long_psbts_is_shown_in_turns_and_completely(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < GV_LISTINGS_MAX; i++) {
        struct gv_offer offer = gv_offer_of(i);
        offer.end = 1001;
        offer.padding = 1300;
        assert_int_equal(gv_world_list(&offer), i + 1);
    }
    gv_world_mine_to(1001);
    for (uint32_t i = 0; i < GV_LISTINGS_MAX; i++) {
        struct gv_offer offer = gv_offer_of(i);
        offer.padding = 1300;
        assert_true(gv_world_shows(i + 1, &offer, 1001));
    }
    struct gv_market_head head;
    gv_market_head(gv_world_market(), &head);
    assert_int_equal(head.status_counts[GV_DUTCH_ACTIVE], GV_LISTINGS_MAX);
    assert_int_equal(head.tip.height.v, 1001);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(row_56_each_height_shows_its_rung),
        TEST(row_57_zero_and_one_block_after_the_end_are_the_same),
        TEST(a_rung_that_could_not_be_read_is_shown_as_soon_as_it_can),
        TEST(row_58_a_reorg_below_the_start_hides_again),
        TEST(row_59_a_lower_tip_shows_its_rung_and_keeps_the_high_water_mark),
        TEST(row_74_nothing_is_shown_while_the_node_cannot_be_trusted),
        TEST(blocks_of_a_walk_do_not_make_a_tip_live),
        TEST(a_restart_knows_the_height_but_reveals_nothing_until_the_node_speaks),
        TEST(row_55_no_row_holds_a_byte_of_another_rung),
        TEST(a_board_full_of_long_psbts_is_shown_in_turns_and_completely),
        TEST(the_cursor_and_the_ring_answer_for_stored_blocks_only),
        TEST(a_block_that_does_not_follow_the_cursor_is_refused),
    };
    return cmocka_run_group_tests_name("engine_reveal", tests, NULL, NULL);
}
