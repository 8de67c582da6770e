/* Shows how spends are judged, undone and confirmed: rows 60-73 and 75 of tests/api/cases.md at
 * engine level. */
#include "tests/support/engine_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct gv_offer offer;
static uint64_t id;

/* One listing, active at 1003. */
static int set_up(void **state)
{
    (void)state;
    gv_world_format();
    assert_int_equal(gv_world_open(true), GV_OK);
    assert_int_equal(gv_world_start(990), GV_OK);
    offer = gv_offer_of(1);
    id = gv_world_list(&offer);
    gv_world_mine_to(1003);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gv_world_close();
    return 0;
}

static struct gv_dutch_spend spend_of(uint64_t listing)
{
    return gv_world_row(listing).listing.spend;
}

static void see(struct gv_spend_evidence evidence)
{
    assert_int_equal(gv_engine_mempool_spend(gv_world_engine(), &evidence), GV_OK);
}

static void mine(struct gv_spend_evidence evidence)
{
    assert_int_equal(gv_world_mine(0, &evidence, 1), GV_OK);
}

static void assert_txid(uint64_t listing, uint32_t tx)
{
    struct gv_dutch_spend spend = spend_of(listing);
    struct gv_hash256 txid = gv_txid_of(tx);
    assert_memory_equal(spend.txid.b, txid.b, sizeof(txid.b));
}

static void row_60_a_purchase_is_provisional_until_it_is_confirmed(void **state)
{
    (void)state;
    see(gv_world_sale(&offer, 1003, 1));
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_SOLD);
    assert_int_equal(gv_world_row(id).reveal.kind, GV_REVEAL_PENDING);
    assert_true(gv_world_shows(id, &offer, 0));
    assert_int_equal(gv_world_row(id).price.v, 97000);
    assert_int_equal(spend_of(id).block, 0);

    mine(gv_world_sale(&offer, 1003, 1));
    struct gv_dutch_spend spend = spend_of(id);
    assert_int_equal(spend.state, GV_SPEND_CONFIRMED);
    assert_int_equal(spend.outcome, GV_OUTCOME_SOLD);
    assert_int_equal(spend.block, 1004);
    assert_true(spend.block_time.s > 0);
    assert_int_equal(spend.sold_rung, 1003);
    assert_int_equal(spend.sold_price.v, 97000);
    assert_false(spend.early_leak);
    assert_false(spend.asset_returned);
    assert_true(strlen(spend.recipient) > 0);
    assert_int_equal(gv_world_row(id).reveal.kind, GV_REVEAL_SPENT);
}

static void row_61_a_replacement_takes_price_and_txid_along(void **state)
{
    (void)state;
    see(gv_world_sale(&offer, 1001, 1));
    see(gv_world_sale(&offer, 1003, 2));
    assert_txid(id, 2);
    assert_int_equal(spend_of(id).sold_rung, 1003);
    assert_int_equal(gv_world_row(id).price.v, 97000);
    see(gv_world_other_spend(&offer, 3));
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_CLOSED);
    assert_txid(id, 3);
}

static void row_62_an_evicted_purchase_gives_the_rung_back(void **state)
{
    (void)state;
    see(gv_world_sale(&offer, 1003, 1));
    struct gv_outpoint outpoint = gv_offer_outpoint(&offer);
    assert_int_equal(gv_engine_mempool_clear(gv_world_engine(), &outpoint), GV_OK);
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_ACTIVE);
    assert_true(gv_world_shows(id, &offer, 1003));
    assert_int_equal(spend_of(id).state, GV_SPEND_NONE);
}

static void nothing_new_is_revealed_while_a_spend_is_pending(void **state)
{
    (void)state;
    see(gv_world_sale(&offer, 1003, 1));
    gv_world_mine_to(1006);
    assert_true(gv_world_shows(id, &offer, 0));
    assert_int_equal(gv_world_row(id).listing.revealed_high, 1003);
    struct gv_outpoint outpoint = gv_offer_outpoint(&offer);
    assert_int_equal(gv_engine_mempool_clear(gv_world_engine(), &outpoint), GV_OK);
    assert_true(gv_world_shows(id, &offer, 1006));
    assert_int_equal(gv_world_row(id).listing.revealed_high, 1006);
}

static void row_63_a_reorg_replaces_the_purchase_by_the_sellers_spend(void **state)
{
    (void)state;
    mine(gv_world_sale(&offer, 1003, 1));
    gv_world_unwind_to(1003);
    assert_int_equal(spend_of(id).state, GV_SPEND_PENDING);
    assert_int_equal(spend_of(id).block, 0);
    assert_int_equal(spend_of(id).block_time.s, 0);
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_SOLD);

    struct gv_spend_evidence seller = gv_world_other_spend(&offer, 2);
    assert_int_equal(gv_world_mine(1, &seller, 1), GV_OK);
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_CLOSED);
    assert_txid(id, 2);
    assert_int_equal(spend_of(id).block, 1004);
    assert_int_equal(spend_of(id).sold_rung, 0);
}

static void a_purchase_that_moves_to_another_block_keeps_its_judgement(void **state)
{
    (void)state;
    see(gv_world_sale(&offer, 1003, 1));
    mine(gv_world_sale(&offer, 1003, 1));
    gv_world_unwind_to(1003);
    assert_int_equal(gv_world_mine(1, NULL, 0), GV_OK);
    struct gv_spend_evidence again = gv_world_sale(&offer, 1003, 1);
    assert_int_equal(gv_world_mine(1, &again, 1), GV_OK);
    struct gv_dutch_spend spend = spend_of(id);
    assert_int_equal(spend.state, GV_SPEND_CONFIRMED);
    assert_int_equal(spend.block, 1005);
    struct gv_hash256 hash = gv_block_hash_of(1005, 1);
    assert_memory_equal(spend.block_hash.b, hash.b, sizeof(hash.b));
    assert_int_equal(spend.sold_rung, 1003);
}

static void the_mempool_does_not_overrule_a_block(void **state)
{
    (void)state;
    mine(gv_world_sale(&offer, 1003, 1));
    see(gv_world_other_spend(&offer, 2));
    struct gv_outpoint outpoint = gv_offer_outpoint(&offer);
    assert_int_equal(gv_engine_mempool_clear(gv_world_engine(), &outpoint), GV_OK);
    assert_int_equal(gv_engine_spender_unknown(gv_world_engine(), &outpoint), GV_OK);
    assert_int_equal(spend_of(id).state, GV_SPEND_CONFIRMED);
    assert_txid(id, 1);
}

static void row_64_an_equal_value_is_not_a_sale(void **state)
{
    (void)state;
    struct gv_spend_evidence spend = gv_world_sale(&offer, 1003, 1);
    spend.pair_script.b[5] ^= 1; /* other script */
    see(spend);
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_CLOSED);

    spend = gv_world_sale(&offer, 1003, 2);
    spend.has_pair = false; /* no output at the input's index */
    see(spend);
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_CLOSED);

    spend = gv_world_sale(&offer, 1003, 3);
    spend.proof[40] ^= 1; /* value and script of the pair, but not the seller's signature */
    see(spend);
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_CLOSED);

    see(gv_world_sale(&offer, 1003, 4));
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_SOLD);
}

static void row_65_the_pair_may_stand_at_any_index(void **state)
{
    (void)state;
    struct gv_spend_evidence spend = gv_world_sale(&offer, 1003, 1);
    spend.input_index = 2;
    see(spend);
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_SOLD);
    assert_false(spend_of(id).asset_returned);
}

static void row_66_a_pair_left_at_index_0_returns_the_asset(void **state)
{
    (void)state;
    struct gv_spend_evidence spend = gv_world_sale(&offer, 1003, 1);
    spend.input_index = 0;
    spend.asset_script = spend.pair_script;
    see(spend);
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_SOLD);
    assert_true(spend_of(id).asset_returned);
    char seller[GV_ADDRESS_MAX];
    assert_true(gv_address_encode(seller, GV_NETWORK_REGTEST, gv_spk_view(&spend.pair_script)));
    assert_string_equal(spend_of(id).recipient, seller);
}

static void row_67_a_spend_before_the_start_is_closed_unless_it_is_a_leak(void **state)
{
    (void)state;
    struct gv_offer early = gv_offer_of(2);
    early.start = 1100;
    early.end = 1103;
    uint64_t early_id = gv_world_list(&early);
    see(gv_world_other_spend(&early, 1));
    assert_int_equal(gv_world_row(early_id).status, GV_DUTCH_CLOSED);
    see(gv_world_sale(&early, 1101, 2));
    assert_int_equal(gv_world_row(early_id).status, GV_DUTCH_SOLD);
    assert_true(spend_of(early_id).early_leak);
    assert_int_equal(spend_of(early_id).sold_rung, 1101);
}

static void a_rung_used_above_the_tip_is_a_leak_and_one_shown_before_a_reorg_is_not(void **state)
{
    (void)state;
    see(gv_world_sale(&offer, 1004, 1));
    assert_true(spend_of(id).early_leak);
    struct gv_outpoint outpoint = gv_offer_outpoint(&offer);
    assert_int_equal(gv_engine_mempool_clear(gv_world_engine(), &outpoint), GV_OK);
    gv_world_unwind_to(1001);
    see(gv_world_sale(&offer, 1003, 2)); /* shown at 1003 */
    assert_false(spend_of(id).early_leak);
    assert_int_equal(spend_of(id).sold_rung, 1003);
}

static void a_block_that_is_the_first_sight_is_judged_by_the_tip_before_it(void **state)
{
    (void)state;
    mine(gv_world_sale(&offer, 1004, 1)); /* in block 1004: nobody could know that rung */
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_SOLD);
    assert_true(spend_of(id).early_leak);
}

static void of_several_rungs_at_one_price_the_highest_that_was_due_is_named(void **state)
{
    (void)state;
    struct gv_offer flat = gv_offer_of(3);
    flat.start = 1005;
    flat.end = 1009;
    flat.step = 0;
    flat.one_signature = true;
    uint64_t flat_id = gv_world_list(&flat);
    see(gv_world_sale(&flat, 1007, 1)); /* tip 1003: none was due */
    assert_int_equal(spend_of(flat_id).sold_rung, 1005);
    assert_true(spend_of(flat_id).early_leak);
    struct gv_outpoint outpoint = gv_offer_outpoint(&flat);
    assert_int_equal(gv_engine_mempool_clear(gv_world_engine(), &outpoint), GV_OK);
    gv_world_mine_to(1007);
    see(gv_world_sale(&flat, 1009, 2));
    assert_int_equal(spend_of(flat_id).sold_rung, 1007);
    assert_false(spend_of(flat_id).early_leak);
}

static void row_68_a_purchase_is_seen_while_finished_and_while_expired(void **state)
{
    (void)state;
    gv_world_mine_to(1012);
    see(gv_world_sale(&offer, 1010, 1));
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_SOLD);
    struct gv_outpoint outpoint = gv_offer_outpoint(&offer);
    assert_int_equal(gv_engine_mempool_clear(gv_world_engine(), &outpoint), GV_OK);
    gv_world_mine_to(1020);
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_EXPIRED);
    assert_true(gv_watch_has(gv_world_watch(), &outpoint));
    mine(gv_world_sale(&offer, 1005, 2));
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_SOLD);
    assert_int_equal(spend_of(id).sold_rung, 1005);
}

static void row_69_an_output_without_an_address_leaves_the_recipient_empty(void **state)
{
    (void)state;
    struct gv_spend_evidence spend = gv_world_sale(&offer, 1003, 1);
    spend.asset_output = 1;
    spend.input_index = 2;
    spend.asset_script = (struct gv_spk){.b = {0x51}, .n = 1};
    see(spend);
    assert_string_equal(spend_of(id).recipient, "");
    spend = gv_world_sale(&offer, 1003, 2);
    spend.asset_output = -1; /* OP_RETURN outputs only */
    spend.has_asset_script = false;
    see(spend);
    assert_string_equal(spend_of(id).recipient, "");
    assert_false(spend_of(id).asset_returned);
}

static void row_70_a_sale_in_blocks_scanned_late_has_the_right_height_and_time(void **state)
{
    (void)state;
    gv_world_restart(); /* three blocks were missed */
    gv_world_node_syncing(3, 3, false);
    assert_int_equal(gv_world_mine(0, NULL, 0), GV_OK);
    mine(gv_world_sale(&offer, 1003, 1));
    assert_int_equal(gv_world_mine(0, NULL, 0), GV_OK);
    assert_int_equal(gv_world_node(true), GV_OK);
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_SOLD);
    assert_int_equal(spend_of(id).block, 1005);
    assert_int_equal(spend_of(id).block_time.s, 1780000000 + 1004 * 600);
    assert_false(spend_of(id).early_leak);
}

static void row_71_after_a_prune_gap_the_status_follows_height_or_is_closed_unknown(void **state)
{
    (void)state;
    struct gv_offer gone = gv_offer_of(2);
    gone.start = 1005;
    uint64_t gone_id = gv_world_list(&gone);
    assert_int_equal(gv_world_start(1900), GV_OK); /* jump */
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_EXPIRED);
    struct gv_outpoint outpoint = gv_offer_outpoint(&gone);
    assert_int_equal(gv_engine_spender_unknown(gv_world_engine(), &outpoint), GV_OK);
    assert_int_equal(gv_world_row(gone_id).status, GV_DUTCH_CLOSED);
    assert_int_equal(spend_of(gone_id).state, GV_SPEND_UNKNOWN);
    struct gv_hash256 none = {{0}};
    assert_memory_equal(spend_of(gone_id).txid.b, none.b, sizeof(none.b));
    assert_true(gv_watch_has(gv_world_watch(), &outpoint)); /* a reorg may bring it back */
    gv_world_mine_to(1900 + GV_SETTLED_DEPTH);
    assert_false(gv_watch_has(gv_world_watch(), &outpoint));
}

static void row_73_spend_and_cursor_survive_together(void **state)
{
    (void)state;
    mine(gv_world_sale(&offer, 1003, 1));
    gv_world_restart();
    struct gv_chain_cursor cursor;
    gv_engine_cursor(gv_world_engine(), &cursor);
    assert_int_equal(cursor.height, 1004);
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_SOLD);
    assert_int_equal(spend_of(id).block, 1004);
    assert_true(strlen(spend_of(id).recipient) > 0);
}

static void row_75_one_transaction_may_buy_two_listings(void **state)
{
    (void)state;
    struct gv_offer second = gv_offer_of(2);
    second.start = 1005;
    second.end = 1008;
    uint64_t second_id = gv_world_list(&second);
    gv_world_mine_to(1005);
    struct gv_spend_evidence spends[2] = {gv_world_sale(&offer, 1004, 9),
                                          gv_world_other_spend(&second, 9)};
    spends[1].input_index = 2;
    assert_int_equal(gv_world_mine(0, spends, 2), GV_OK);
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_SOLD);
    assert_int_equal(gv_world_row(second_id).status, GV_DUTCH_CLOSED);
}

static void an_older_listings_psbt_marks_that_listing_as_sold(void **state)
{
    (void)state;
    gv_world_mine_to(1020);
    struct gv_offer again = gv_offer_of(1);
    again.start = 1030;
    again.end = 1035;
    again.start_price = 50000;
    uint64_t again_id = gv_world_list(&again);
    gv_world_mine_to(1031);
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_EXPIRED);
    assert_int_equal(gv_world_row(again_id).status, GV_DUTCH_ACTIVE);
    see(gv_world_sale(&offer, 1010, 1));
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_SOLD);
    assert_int_equal(gv_world_row(again_id).status, GV_DUTCH_CLOSED);
    see(gv_world_sale(&again, 1031, 2));
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_CLOSED);
    assert_int_equal(gv_world_row(again_id).status, GV_DUTCH_SOLD);
}

static void a_final_spend_leaves_the_watch_set_and_a_deep_reorg_brings_it_back(void **state)
{
    (void)state;
    struct gv_outpoint outpoint = gv_offer_outpoint(&offer);
    struct gv_hash256 txid;
    mine(gv_world_sale(&offer, 1003, 1));
    assert_int_equal(gv_engine_spend_state(gv_world_engine(), &outpoint, &txid),
                     GV_SPEND_CONFIRMED);
    gv_world_mine_to(1004 + GV_SETTLED_DEPTH - 1);
    assert_true(gv_watch_has(gv_world_watch(), &outpoint));
    gv_world_mine_to(1004 + GV_SETTLED_DEPTH);
    assert_false(gv_watch_has(gv_world_watch(), &outpoint));
    gv_world_restart();
    assert_false(gv_watch_has(gv_world_watch(), &outpoint));
    gv_world_unwind_to(1003);
    assert_true(gv_watch_has(gv_world_watch(), &outpoint));
    assert_int_equal(gv_engine_spend_state(gv_world_engine(), &outpoint, &txid), GV_SPEND_PENDING);
}

static void a_jump_below_a_confirmed_spend_makes_it_pending(void **state)
{
    (void)state;
    mine(gv_world_sale(&offer, 1003, 1));
    assert_int_equal(gv_world_start(1002), GV_OK);
    assert_int_equal(spend_of(id).state, GV_SPEND_PENDING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(row_60_a_purchase_is_provisional_until_it_is_confirmed),
        TEST(row_61_a_replacement_takes_price_and_txid_along),
        TEST(row_62_an_evicted_purchase_gives_the_rung_back),
        TEST(nothing_new_is_revealed_while_a_spend_is_pending),
        TEST(row_63_a_reorg_replaces_the_purchase_by_the_sellers_spend),
        TEST(a_purchase_that_moves_to_another_block_keeps_its_judgement),
        TEST(the_mempool_does_not_overrule_a_block),
        TEST(row_64_an_equal_value_is_not_a_sale),
        TEST(row_65_the_pair_may_stand_at_any_index),
        TEST(row_66_a_pair_left_at_index_0_returns_the_asset),
        TEST(row_67_a_spend_before_the_start_is_closed_unless_it_is_a_leak),
        TEST(a_rung_used_above_the_tip_is_a_leak_and_one_shown_before_a_reorg_is_not),
        TEST(a_block_that_is_the_first_sight_is_judged_by_the_tip_before_it),
        TEST(of_several_rungs_at_one_price_the_highest_that_was_due_is_named),
        TEST(row_68_a_purchase_is_seen_while_finished_and_while_expired),
        TEST(row_69_an_output_without_an_address_leaves_the_recipient_empty),
        TEST(row_70_a_sale_in_blocks_scanned_late_has_the_right_height_and_time),
        TEST(row_71_after_a_prune_gap_the_status_follows_height_or_is_closed_unknown),
        TEST(row_73_spend_and_cursor_survive_together),
        TEST(row_75_one_transaction_may_buy_two_listings),
        TEST(an_older_listings_psbt_marks_that_listing_as_sold),
        TEST(a_final_spend_leaves_the_watch_set_and_a_deep_reorg_brings_it_back),
        TEST(a_jump_below_a_confirmed_spend_makes_it_pending),
    };
    return cmocka_run_group_tests_name("engine_spend", tests, NULL, NULL);
}
