/* Follower, engine and scripted node together, one story each. Rows are those of tests/api/cases.md.
 * After each story the market must be what the node holds (sim_world.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/node/follower.h"
#include "firmware/base/text.h"
#include "tests/sim/sim_world.h"

#define START_HEIGHT 110u

static int set_up(void **state)
{
    (void)state;
    gv_sim_open(0, START_HEIGHT);
    gv_sim_settle();
    gv_sim_check();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gv_sim_set_interrupt(NULL);
    gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.in_ibd = false});
    gv_sim_close();
    return 0;
}

static void mine(uint32_t blocks)
{
    for (uint32_t i = 0; i < blocks; i++) {
        gv_sim_node_mine(&gv_sim_node, true, NULL, 0);
    }
}

static void settle(void)
{
    gv_sim_settle();
    gv_sim_check();
}

/* A coin on sale now, for ten blocks. */
static uint32_t on_sale(uint32_t coin)
{
    assert_int_equal(gv_sim_list(coin, 1, 10, 5), GV_OK);
    mine(1);
    settle();
    return gv_sim_coin(coin)->offer.start;
}

static struct gv_dutch_spend spend_of(uint32_t coin)
{
    return gv_world_row(gv_sim_coin(coin)->id).listing.spend;
}

static struct gv_node_status node_status(void)
{
    struct gv_market_head head;
    gv_market_head(gv_world_market(), &head);
    return head.node;
}

static void a_fresh_box_starts_at_the_tip_without_reading_old_blocks(void **state)
{
    (void)state;
    struct gv_hash256 hash;
    assert_false(gv_engine_block_hash(gv_world_engine(), START_HEIGHT - 1, &hash));
    assert_true(gv_engine_block_hash(gv_world_engine(), START_HEIGHT, &hash));
}

static void row_60_a_purchase_is_pending_at_once_and_confirmed_by_its_block(void **state)
{
    (void)state;
    uint32_t start = on_sale(0);
    assert_true(gv_sim_send(gv_sim_make_spend(0, start, 0)));
    gv_sim_turn(1); /* one turn: the feed tells, nothing is polled */
    assert_int_equal(spend_of(0).state, GV_SPEND_PENDING);
    mine(1);
    gv_sim_turn(1);
    assert_int_equal(spend_of(0).state, GV_SPEND_CONFIRMED);
    assert_int_equal(spend_of(0).block, start + 1);
    settle();
}

static void row_61_a_replacement_takes_the_place_of_the_purchase(void **state)
{
    (void)state;
    uint32_t start = on_sale(0);
    assert_true(gv_sim_send(gv_sim_make_spend(0, start, 0)));
    gv_sim_turn(1);
    mine(1);
    gv_sim_node_disconnect(&gv_sim_node, 1);
    settle();
    const struct sim_tx *cheaper = gv_sim_make_spend(0, start + 1, 0);
    assert_true(gv_sim_send(cheaper));
    gv_sim_turn(1);
    assert_int_equal(spend_of(0).sold_rung, start + 1);
    settle();
}

/* The feed still tells of a transaction that the node has replaced meanwhile. */
static void row_61_a_late_message_is_judged_by_what_the_node_holds_now(void **state)
{
    (void)state;
    uint32_t start = on_sale(0);
    const struct sim_tx *first = gv_sim_make_spend(0, start, 0);
    const struct sim_tx *second = gv_sim_make_spend(0, 0, 0);
    assert_true(gv_sim_send(first));
    gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.drops_feed = true});
    assert_true(gv_sim_send(second));
    gv_sim_turn(1);
    struct gv_dutch_spend spend = spend_of(0);
    assert_memory_equal(spend.txid.b, second->txid.b, 32);
    settle();
}

static void row_62_an_evicted_purchase_puts_the_listing_back_on_sale(void **state)
{
    (void)state;
    uint32_t start = on_sale(0);
    const struct sim_tx *tx = gv_sim_make_spend(0, start, 0);
    assert_true(gv_sim_send(tx));
    gv_sim_turn(1);
    assert_int_equal(spend_of(0).state, GV_SPEND_PENDING);
    assert_true(gv_sim_node_evict(&gv_sim_node, tx->txid.b));
    gv_sim_turn(1); /* R is heard */
    gv_sim_turn(1);
    assert_int_equal(spend_of(0).state, GV_SPEND_NONE);
    settle();
}

static void row_63_a_sale_reorganised_away_yields_to_the_new_branch(void **state)
{
    (void)state;
    uint32_t start = on_sale(0);
    assert_true(gv_sim_send(gv_sim_make_spend(0, start, 0)));
    mine(1);
    settle();
    assert_int_equal(spend_of(0).outcome, GV_OUTCOME_SOLD);
    struct gv_sim_tx other = gv_sim_tx_of(gv_sim_make_spend(0, 0, 0));
    gv_sim_node_reorg(&gv_sim_node, 1, &other, 1);
    settle();
    assert_int_equal(spend_of(0).state, GV_SPEND_CONFIRMED);
    assert_int_equal(spend_of(0).outcome, GV_OUTCOME_CLOSED);
    assert_int_equal(node_status().reorgs, 1);
}

static void row_58_an_invalidated_block_turns_active_back_to_upcoming(void **state)
{
    (void)state;
    (void)on_sale(0);
    gv_sim_node_disconnect(&gv_sim_node, 1); /* no block topic comes for this */
    settle();
    mine(2);
    settle();
}

static void row_70_a_sale_during_downtime_is_found_in_its_block(void **state)
{
    (void)state;
    uint32_t start = on_sale(0);
    struct gv_sim_tx tx = gv_sim_tx_of(gv_sim_make_spend(0, start, 0));
    gv_sim_node_mine(&gv_sim_node, false, &tx, 1);
    mine(2);
    gv_sim_restart_box();
    settle();
    assert_int_equal(spend_of(0).block, start + 1);
    assert_int_equal(spend_of(0).outcome, GV_OUTCOME_SOLD);
}

static void row_71_beyond_the_prune_height_nothing_is_guessed(void **state)
{
    (void)state;
    uint32_t start = on_sale(0);
    assert_int_equal(gv_sim_list(1, 1, 2, 0), GV_OK);
    assert_int_equal(gv_sim_list(2, 1, 2, 0), GV_OK);
    struct gv_sim_tx early = gv_sim_tx_of(gv_sim_make_spend(0, start, 0));
    struct gv_sim_tx late = gv_sim_tx_of(gv_sim_make_spend(2, 0, 0));
    gv_sim_node_mine(&gv_sim_node, false, &early, 1);
    mine(40);
    gv_sim_node_mine(&gv_sim_node, false, &late, 1);
    mine(10);
    gv_sim_prune(start + 20);
    gv_sim_restart_box();
    settle();
    assert_int_equal(spend_of(0).state, GV_SPEND_UNKNOWN);
    assert_int_equal(spend_of(1).state, GV_SPEND_NONE);
    assert_int_equal(spend_of(2).state, GV_SPEND_CONFIRMED); /* in a block that is still held */
}

static void row_72_a_silent_feed_costs_at_most_one_poll(void **state)
{
    (void)state;
    uint32_t start = on_sale(0);
    gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.drops_feed = true});
    assert_true(gv_sim_send(gv_sim_make_spend(0, start, 0)));
    gv_sim_turn(1);
    assert_int_equal(spend_of(0).state, GV_SPEND_NONE);
    settle();
    assert_int_equal(spend_of(0).state, GV_SPEND_PENDING);
    mine(1);
    settle();
    assert_int_equal(spend_of(0).state, GV_SPEND_CONFIRMED);
}

static void row_72_a_gap_in_the_counter_is_made_up_for_at_once(void **state)
{
    (void)state;
    uint32_t start = on_sale(0);
    (void)on_sale(1);
    gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.drops_feed = true});
    assert_true(gv_sim_send(gv_sim_make_spend(0, start, 0)));
    gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.drops_feed = false});
    assert_true(gv_sim_send(gv_sim_make_spend(1, 0, 0)));
    gv_sim_turn(1);
    assert_int_equal(spend_of(0).state, GV_SPEND_PENDING);
    assert_true(node_status().feed_gaps > 0);
    settle();
}

static void row_74_syncing_or_behind_the_headers_nothing_is_live(void **state)
{
    (void)state;
    (void)on_sale(0);
    gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.headers_ahead = 1});
    gv_sim_settle();
    gv_sim_check_dark();
    gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.in_ibd = true});
    uint32_t height = gv_sim_node_height(&gv_sim_node);
    mine(3);
    gv_sim_settle();
    gv_sim_check_dark();
    struct gv_chain_cursor cursor; /* blocks of a download are not read one by one */
    gv_engine_cursor(gv_world_engine(), &cursor);
    assert_int_equal(cursor.height, height);
    gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.in_ibd = false});
    settle();
}

static void row_75_one_transaction_buys_two_listings(void **state)
{
    (void)state;
    uint32_t coins[2] = {0, 1};
    uint32_t rungs[2];
    rungs[0] = on_sale(0);
    rungs[1] = on_sale(1);
    assert_true(gv_sim_send(gv_sim_make_double(coins, rungs)));
    gv_sim_turn(1);
    assert_int_equal(spend_of(0).sold_rung, rungs[0]);
    assert_int_equal(spend_of(1).sold_rung, rungs[1]);
    mine(1);
    settle();
}

static void every_way_to_be_unreachable_turns_the_box_dark_and_passes(void **state)
{
    (void)state;
    static const struct gv_sim_switches ways[] = {
        {.unreachable = true}, {.warming_up = true}, {.unauthorized = true}, {.busy = true}};
    uint32_t start = on_sale(0);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        gv_sim_node_switch(&gv_sim_node, ways[i]);
        gv_sim_settle();
        gv_sim_check_dark();
        assert_false(node_status().reachable);
        assert_true(strlen(node_status().error) > 10);
        mine(1);
        gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.in_ibd = false});
        settle();
    }
    assert_int_equal(gv_sim_node_height(&gv_sim_node), start + 4);
}

static void a_node_on_another_chain_is_refused_by_name(void **state)
{
    (void)state;
    gv_sim_use_network(GV_NETWORK_MAIN);
    gv_sim_settle();
    gv_sim_check_dark();
    assert_string_equal(node_status().error, "the node is on regtest, gavel is set to main");
    gv_sim_use_network(GV_NETWORK_REGTEST);
    settle();
}

static void a_restarted_node_is_followed_again(void **state)
{
    (void)state;
    uint32_t start = on_sale(0);
    assert_true(gv_sim_send(gv_sim_make_spend(0, start, 0)));
    gv_sim_turn(1);
    gv_sim_node_restart(&gv_sim_node);
    gv_sim_turn(1);
    assert_int_equal(spend_of(0).state, GV_SPEND_PENDING);
    mine(1);
    gv_sim_turn(1);
    assert_int_equal(spend_of(0).state, GV_SPEND_CONFIRMED);
    settle();
}

static void without_a_feed_polling_finds_everything(void **state)
{
    (void)state;
    gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.no_feed = true});
    gv_sim_restart_box();
    settle();
    assert_false(node_status().feed_enabled);
    uint32_t start = on_sale(0);
    const struct sim_tx *tx = gv_sim_make_spend(0, start, 0);
    assert_true(gv_sim_send(tx));
    settle();
    assert_true(gv_sim_node_evict(&gv_sim_node, tx->txid.b));
    settle();
    gv_sim_node_reorg(&gv_sim_node, 1, NULL, 0);
    settle();
}

static void a_reorg_deeper_than_the_ring_is_jumped_over(void **state)
{
    (void)state;
    (void)on_sale(0);
    assert_true(gv_sim_send(gv_sim_make_spend(0, 0, 0)));
    mine(GV_CHAIN_RING + 20);
    settle();
    assert_int_equal(spend_of(0).state, GV_SPEND_CONFIRMED);
    assert_int_equal(gv_sim_list(1, 1, 5, 0), GV_OK);
    gv_sim_node_reorg(&gv_sim_node, GV_CHAIN_RING + 5, NULL, 0);
    gv_sim_settle();
    gv_sim_settle();
    gv_sim_check();
}

static void a_purchase_leaves_and_returns_with_its_block(void **state)
{
    (void)state;
    uint32_t start = on_sale(0);
    assert_true(gv_sim_send(gv_sim_make_spend(0, start, 0)));
    mine(3);
    settle();
    gv_sim_node_disconnect(&gv_sim_node, 3);
    settle(); /* back in the mempool */
    assert_int_equal(spend_of(0).state, GV_SPEND_PENDING);
    mine(1);
    settle();
    assert_int_equal(spend_of(0).state, GV_SPEND_CONFIRMED);
}

/* The funding block itself goes: the output is absent, yet nobody has spent it. */
static void an_output_whose_funding_is_unconfirmed_again_is_not_taken_for_spent(void **state)
{
    (void)state;
    (void)on_sale(0);
    gv_sim_node_disconnect(&gv_sim_node, gv_sim_node_height(&gv_sim_node) - 1);
    gv_sim_restart_box(); /* a start cross-checks every output */
    gv_sim_settle();
    assert_int_equal(spend_of(0).state, GV_SPEND_NONE);
}

static void an_hour_passes_and_the_cross_check_changes_nothing(void **state)
{
    (void)state;
    uint32_t start = on_sale(0);
    (void)on_sale(1);
    assert_true(gv_sim_send(gv_sim_make_spend(0, start, 0)));
    settle();
    gv_sim_turn(3600000);
    settle();
}

static void answers_cut_or_changed_on_the_way_do_no_lasting_harm(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 20; round++) {
        uint32_t coin = round;
        uint32_t start = on_sale(coin);
        gv_sim_spoil(3);
        for (uint32_t i = 0; i < 30; i++) {
            if (i == 10) {
                assert_true(gv_sim_send(gv_sim_make_spend(coin, start, 0)));
            } else if (i % 7 == 0) {
                gv_sim_node_reorg(&gv_sim_node, i % 3, NULL, 0);
            } else if (i % 4 == 0) {
                mine(1);
            }
            gv_sim_turn(1000);
        }
        gv_sim_spoil(0);
        settle();
    }
}

static void an_unreachable_node_is_asked_less_and_less(void **state)
{
    (void)state;
    gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.unreachable = true});
    gv_sim_settle();
    uint32_t before = gv_sim_requests();
    for (uint32_t i = 0; i < 1000; i++) {
        gv_sim_turn(150); /* ten poll periods */
    }
    assert_in_range(gv_sim_requests() - before, 9, 11);
    gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.unreachable = false});
    settle();
}

static const struct sim_tx *late_spend;

/* A block with the spend comes just before the box asks whether the output is there. */
static void mine_before_the_question(const char *request)
{
    if (late_spend != NULL && strstr(request, "\"gettxout\"") != NULL) {
        struct gv_sim_tx tx = gv_sim_tx_of(late_spend);
        late_spend = NULL;
        gv_sim_node_mine(&gv_sim_node, false, &tx, 1);
    }
}

static void a_block_that_overtakes_the_cross_check_is_not_taken_for_a_lost_one(void **state)
{
    (void)state;
    uint32_t start = on_sale(0);
    late_spend = gv_sim_make_spend(0, start, 0);
    gv_sim_restart_box(); /* the cross-check is due */
    gv_sim_set_interrupt(mine_before_the_question);
    gv_sim_turn(1);
    assert_null(late_spend);
    assert_int_equal(spend_of(0).state, GV_SPEND_NONE);
    settle();
    assert_int_equal(spend_of(0).state, GV_SPEND_CONFIRMED);
}

/* The node reads mempool.dat: what was in the mempool is not there yet. */
static void a_mempool_that_is_still_loading_takes_no_purchase_back(void **state)
{
    (void)state;
    uint32_t start = on_sale(0);
    const struct sim_tx *tx = gv_sim_make_spend(0, start, 0);
    assert_true(gv_sim_send(tx));
    gv_sim_turn(1);
    gv_sim_wire_replace("\"loaded\":true", "\"loaded\":false");
    assert_true(gv_sim_node_evict(&gv_sim_node, tx->txid.b));
    gv_sim_node_restart(&gv_sim_node);
    gv_sim_settle();
    assert_int_equal(spend_of(0).state, GV_SPEND_PENDING);
    gv_sim_wire_replace(NULL, NULL);
    settle();
    assert_int_equal(spend_of(0).state, GV_SPEND_NONE);
}

static void tip_text(char text[65])
{
    struct gv_hash256 hash;
    gv_sim_node_tip(&gv_sim_node, hash.b);
    gv_hex_encode_reversed(text, gv_view_of(hash.b, sizeof(hash.b)));
}

/* Two siblings fit behind the same parent; only the hash tells that this is not the one asked for. */
static void a_block_with_another_hash_than_asked_for_is_refused(void **state)
{
    (void)state;
    char stale[65];
    char asked[65];
    static char from[96];
    static char to[96];
    uint32_t start = on_sale(0);
    struct gv_sim_tx tx = gv_sim_tx_of(gv_sim_make_spend(0, start, 0));
    gv_sim_node_mine(&gv_sim_node, false, &tx, 1);
    tip_text(stale);
    gv_sim_node_disconnect(&gv_sim_node, 1);
    assert_true(gv_sim_node_evict(&gv_sim_node, tx.txid));
    gv_sim_node_mine(&gv_sim_node, false, NULL, 0);
    tip_text(asked);
    gv_format_cut(from, sizeof(from), "\"getblock\",\"params\":[\"%s", asked);
    gv_format_cut(to, sizeof(to), "\"getblock\",\"params\":[\"%s", stale);
    gv_sim_wire_replace(from, to);
    gv_sim_settle();
    gv_sim_check_dark();
    assert_int_equal(spend_of(0).state, GV_SPEND_NONE);
    assert_string_equal(node_status().error, "getblock: the block has another hash than asked for");
    gv_sim_wire_replace(NULL, NULL);
    settle();
}

static void a_feed_the_node_has_gained_by_a_restart_is_used(void **state)
{
    (void)state;
    gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.no_feed = true});
    gv_sim_restart_box();
    settle();
    assert_false(node_status().feed_enabled);
    gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.unreachable = true});
    gv_sim_settle();
    gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.unreachable = false});
    settle();
    assert_true(node_status().feed_enabled);
}

/* An upload is being checked: whoever reserved the outpoint must learn of its spend. */
static void a_reserved_outpoint_fires_whichever_way_its_spend_is_seen(void **state)
{
    (void)state;
    for (uint32_t way = 0; way < 3; way++) {
        const struct gv_outpoint *outpoint = &gv_sim_coin(way)->offer.outpoint;
        uint32_t before = 0;
        assert_int_equal(gv_watch_add(gv_world_watch(), outpoint, &before), GV_OK);
        const struct sim_tx *spend = gv_sim_make_spend(way, 0, 0);
        struct gv_sim_tx tx = gv_sim_tx_of(spend);
        gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.drops_feed = way > 0});
        if (way == 2) {
            gv_sim_node_mine(&gv_sim_node, false, &tx, 1); /* seen in a block only */
        } else {
            assert_true(gv_sim_send(spend)); /* by the feed, or by the poll only */
        }
        gv_sim_settle();
        assert_true(gv_watch_fired(gv_world_watch(), outpoint) > before);
        gv_watch_drop(gv_world_watch(), outpoint);
    }
}

static void *run_follower(void *follower)
{
    gv_follower_run(follower);
    return NULL;
}

/* Without a feed the thread waits on nothing but its own clock and this call. */
static void a_stop_ends_the_thread_while_it_waits(void **state)
{
    (void)state;
    gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.no_feed = true});
    gv_sim_restart_box();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_follower, gv_follower_instance()), 0);
    gv_follower_stop(gv_follower_instance());
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* One round in a poll period, however often the thread turns. */
static void an_idle_box_asks_no_more_than_its_rounds_need(void **state)
{
    (void)state;
    (void)on_sale(0);
    gv_sim_settle();
    uint32_t before = gv_sim_requests();
    for (uint32_t i = 0; i < 1000; i++) {
        gv_sim_turn(150);
    }
    assert_in_range(gv_sim_requests() - before, 27, 33); /* chain, mempool, spenders */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_fresh_box_starts_at_the_tip_without_reading_old_blocks),
        CASE(row_58_an_invalidated_block_turns_active_back_to_upcoming),
        CASE(row_60_a_purchase_is_pending_at_once_and_confirmed_by_its_block),
        CASE(row_61_a_replacement_takes_the_place_of_the_purchase),
        CASE(row_61_a_late_message_is_judged_by_what_the_node_holds_now),
        CASE(row_62_an_evicted_purchase_puts_the_listing_back_on_sale),
        CASE(row_63_a_sale_reorganised_away_yields_to_the_new_branch),
        CASE(row_70_a_sale_during_downtime_is_found_in_its_block),
        CASE(row_71_beyond_the_prune_height_nothing_is_guessed),
        CASE(row_72_a_silent_feed_costs_at_most_one_poll),
        CASE(row_72_a_gap_in_the_counter_is_made_up_for_at_once),
        CASE(row_74_syncing_or_behind_the_headers_nothing_is_live),
        CASE(row_75_one_transaction_buys_two_listings),
        CASE(every_way_to_be_unreachable_turns_the_box_dark_and_passes),
        CASE(a_node_on_another_chain_is_refused_by_name),
        CASE(a_restarted_node_is_followed_again),
        CASE(without_a_feed_polling_finds_everything),
        CASE(a_reorg_deeper_than_the_ring_is_jumped_over),
        CASE(a_purchase_leaves_and_returns_with_its_block),
        CASE(an_output_whose_funding_is_unconfirmed_again_is_not_taken_for_spent),
        CASE(answers_cut_or_changed_on_the_way_do_no_lasting_harm),
        CASE(a_block_that_overtakes_the_cross_check_is_not_taken_for_a_lost_one),
        CASE(a_mempool_that_is_still_loading_takes_no_purchase_back),
        CASE(a_block_with_another_hash_than_asked_for_is_refused),
        CASE(a_feed_the_node_has_gained_by_a_restart_is_used),
        CASE(a_reserved_outpoint_fires_whichever_way_its_spend_is_seen),
        CASE(a_stop_ends_the_thread_while_it_waits),
        CASE(an_unreachable_node_is_asked_less_and_less),
        CASE(an_idle_box_asks_no_more_than_its_rounds_need),
        CASE(an_hour_passes_and_the_cross_check_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
