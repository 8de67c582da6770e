/* Shows: the sequencer's thread against peers and an engine whose every byte and answer the test decides:
 * who is let in, what of a connection is read and handed over, who is told what and when. */
#include "tests/unit/sequencer/house.h"

/* ---- one line --------------------------------------------------------------------------------------- */

static void a_bid_is_handed_over_and_its_connection_closed_without_a_byte(void **state)
{
    (void)state;
    struct gv_sim_peer *peer = gv_sim_connect(&sim, BIDS, LOOPBACK);
    say(peer, BID("3") "\n");
    steps(1);
    assert_int_equal(house.items_n, 1);
    assert_int_equal(house.items[0].kind, GV_ORDER_LINE_BID);
    assert_int_equal(house.items[0].bid.bid.order_id, 3);
    assert_string_equal(house.items[0].bid.rate_text, "0.9646770440214334");
    assert_string_equal(house.items[0].peer, "127.0.0.1");
    assert_true(peer->we_closed);
    assert_string_equal(gv_sim_heard(peer), "");
    assert_int_equal(connected(GV_SEQUENCER_BIDS), 0);
}

static void a_line_may_come_byte_by_byte_with_cr_or_end_without_a_newline(void **state)
{
    (void)state;
    struct gv_sim_peer *peer = gv_sim_connect(&sim, CLAIMS, LOOPBACK);
    for (const char *p = CLAIM "\r\n"; *p != '\0'; p++) {
        assert_false(peer->we_closed);
        assert_int_equal(gv_sim_say(peer, p, 1), 1);
        steps(1);
    }
    assert_int_equal(house.items_n, 1);
    assert_true(peer->we_closed);

    peer = gv_sim_connect(&sim, CLAIMS, LOOPBACK);
    say(peer, CLAIM);
    steps(1);
    assert_int_equal(house.items_n, 1); /* it may go on */
    gv_sim_hang_up(peer);
    steps(1);
    assert_int_equal(house.items_n, 2);
    assert_true(peer->we_closed);
}

static void a_second_line_is_ignored_as_in_the_original(void **state)
{
    (void)state;
    struct gv_sim_peer *peer = gv_sim_connect(&sim, BIDS, LOOPBACK);
    say(peer, BID("3") "\n" BID("4") "\n");
    steps(2);
    assert_int_equal(house.items_n, 1);
    assert_true(peer->we_closed);
}

static void further_lines_are_taken_where_that_is_configured(void **state)
{
    (void)state;
    teardown(NULL);
    begin(true);
    struct gv_sim_peer *peer = gv_sim_connect(&sim, BIDS, LOOPBACK);
    say(peer, BID("3") "\n" BID("4") "\r\n" BID("5"));
    steps(1);
    assert_int_equal(house.items_n, 2);
    assert_false(peer->we_closed);
    say(peer, "\n\n");
    steps(1);
    assert_int_equal(house.items_n, 3);
    assert_int_equal(house.items[2].bid.bid.order_id, 5);
    assert_true(peer->we_closed); /* by the blank line */
}

static void what_is_no_message_of_the_port_ends_the_connection_and_is_counted(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum gv_sequencer_refusal why;
    } cases[] = {
        {"\n", GV_SEQUENCER_BLANK},
        {" \t\r\n", GV_SEQUENCER_BLANK},
        {"{\"SubmitBid\":\n", GV_SEQUENCER_SYNTAX},
        {"{\"submitbid\":{}}\n", GV_SEQUENCER_SYNTAX},
        {"\xff\xfe\n", GV_SEQUENCER_SYNTAX},
        {CLAIM "\n", GV_SEQUENCER_PORT},
        {"{\"AuctionClosedNoWinner\":1}\n", GV_SEQUENCER_PORT},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const uint64_t before = refused(cases[i].why);
        struct gv_sim_peer *peer = gv_sim_connect(&sim, BIDS, LOOPBACK);
        say(peer, cases[i].line);
        steps(1);
        assert_int_equal(refused(cases[i].why), before + 1);
        assert_true(peer->we_closed);
    }
    assert_int_equal(house.items_n, 0);
}

static void an_authenticated_port_takes_proven_lines_only(void **state)
{
    (void)state;
    say(gv_sim_connect(&sim, PROVEN_BIDS, FAR), BID("3") "\n");
    steps(1);
    assert_int_equal(house.items_n, 0);
    assert_int_equal(refused(GV_SEQUENCER_UNPROVEN), 1);
    house.proves = true;
    say(gv_sim_connect(&sim, PROVEN_BIDS, FAR), BID("3") "\n");
    steps(1);
    assert_int_equal(house.items_n, 1);
    assert_true(house.items[0].proven);
}

/* The engine writes it down; it knows that the line had to be proven. */
static void an_unproven_claim_is_refused_and_handed_on_as_what_it_is(void **state)
{
    (void)state;
    teardown(NULL);
    claims_must_be_proven = true;
    begin(false);
    claims_must_be_proven = false;
    say(gv_sim_connect(&sim, CLAIMS, FAR), CLAIM "\n");
    steps(1);
    assert_int_equal(refused(GV_SEQUENCER_UNPROVEN), 1);
    assert_int_equal(house.items_n, 1);
    assert_true(house.items[0].must_be_proven);
    assert_false(house.items[0].proven);
}

/* ---- encrypted ports ------------------------------------------------------------------------------ */

static void who_is_not_greeted_is_neither_read_nor_told_and_cut_in_time(void **state)
{
    (void)state;
    struct gv_sim_peer *bidder = gv_sim_connect(&sim, SECRET_BIDS, FAR);
    struct gv_sim_peer *solver = gv_sim_connect(&sim, SECRET_ORDERS, FAR);
    bidder->silent = true;
    solver->silent = true;
    say(bidder, BID("3") "\n");
    say(solver, "hello");
    steps(3);
    assert_int_equal(house.items_n, 0);
    assert_int_equal(house.snapshots, 0);
    gv_sim_clock_advance(&sim_clock, 5000);
    steps(3);
    assert_int_equal(refused(GV_SEQUENCER_SILENT), 2);
    assert_true(bidder->we_closed);
    assert_true(solver->we_closed);
    assert_string_equal(gv_sim_heard(solver), "");
}

static void who_was_greeted_is_served_as_on_a_plain_port(void **state)
{
    (void)state;
    struct gv_sim_peer *bidder = gv_sim_connect(&sim, SECRET_BIDS, FAR);
    struct gv_sim_peer *rude = gv_sim_connect(&sim, SECRET_BIDS, FAR);
    rude->rude = true;
    say(rude, "GET / HTTP/1.1");
    say(bidder, BID("3") "\n");
    steps(3);
    assert_int_equal(house.items_n, 1);
    assert_int_equal(refused(GV_SEQUENCER_GREETING), 1);
    assert_true(rude->we_closed);
}

static void a_turn_takes_a_few_steps_of_handshakes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < GV_SEQUENCER_GREETS_MAX + 1u; i++) {
        say(gv_sim_connect(&sim, SECRET_BIDS, LOOPBACK), BID("3") "\n");
    }
    steps(2); /* one takes them in */
    assert_int_equal(house.items_n, GV_SEQUENCER_GREETS_MAX);
    steps(1);
    assert_int_equal(house.items_n, GV_SEQUENCER_GREETS_MAX + 1u);
}

static void encrypted_ports_have_places_of_their_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < GV_SEQUENCER_TLS_PLACES + 1u; i++) {
        gv_sim_connect(&sim, SECRET_BIDS, LOOPBACK)->silent = true;
    }
    steps(2);
    assert_int_equal(refused(GV_SEQUENCER_FULL), 1);
    say(gv_sim_connect(&sim, BIDS, LOOPBACK), BID("3") "\n");
    steps(2);
    assert_int_equal(house.items_n, 1);
}

/* ---- hostile peers ---------------------------------------------------------------------------------- */

static void a_line_ends_at_64_kib(void **state)
{
    (void)state;
    char chunk[4096];
    memset(chunk, 'x', sizeof(chunk));
    struct gv_sim_peer *peer = gv_sim_connect(&sim, BIDS, LOOPBACK);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(gv_sim_say(peer, chunk, sizeof(chunk)), sizeof(chunk));
        steps(1);
        assert_int_equal(peer->we_closed, i == 15);
    }
    assert_int_equal(refused(GV_SEQUENCER_TOO_LONG), 1);
}

static void a_line_may_have_64_kib_with_its_end(void **state)
{
    (void)state;
    static char line[GV_ORDER_LINE_MAX];
    memset(line, ' ', sizeof(line));
    memcpy(line + sizeof(line) - sizeof(BID("3")), BID("3") "\n", sizeof(BID("3")));
    struct gv_sim_peer *peer = gv_sim_connect(&sim, BIDS, LOOPBACK);
    for (size_t sent = 0; sent < sizeof(line);) {
        sent += gv_sim_say(peer, line + sent, sizeof(line) - sent);
        steps(1);
    }
    assert_int_equal(refused(GV_SEQUENCER_TOO_LONG), 0);
    assert_int_equal(house.items_n, 1);
}

static void long_lines_share_a_few_buffers_and_short_ones_need_none(void **state)
{
    (void)state;
    char chunk[1000];
    memset(chunk, ' ', sizeof(chunk));
    struct gv_sim_peer *peers[GV_SEQUENCER_LONG_LINES + 1u];
    for (unsigned i = 0; i <= GV_SEQUENCER_LONG_LINES; i++) {
        peers[i] = gv_sim_connect(&sim, BIDS, LOOPBACK);
        assert_int_equal(gv_sim_say(peers[i], chunk, sizeof(chunk)), sizeof(chunk));
        steps(1);
    }
    assert_true(peers[GV_SEQUENCER_LONG_LINES]->we_closed);
    assert_int_equal(refused(GV_SEQUENCER_TOO_LONG), 1);
    say(gv_sim_connect(&sim, BIDS, LOOPBACK), BID("3") "\n");
    say(peers[0], BID("4") "\n"); /* a long line with blanks before it is a bid like any other */
    steps(1);
    assert_int_equal(house.items_n, 2);
    assert_int_equal(gv_sim_say(gv_sim_connect(&sim, BIDS, LOOPBACK), chunk, sizeof(chunk)),
                     sizeof(chunk));
    steps(1);
    assert_int_equal(refused(GV_SEQUENCER_TOO_LONG), 1); /* the buffer is free again */
}

static void who_sends_no_line_in_time_is_cut(void **state)
{
    (void)state;
    struct gv_sim_peer *silent = gv_sim_connect(&sim, BIDS, LOOPBACK);
    struct gv_sim_peer *dripping = gv_sim_connect(&sim, CLAIMS, LOOPBACK);
    struct gv_sim_peer *solver = gv_sim_connect(&sim, ORDERS, LOOPBACK);
    steps(1);
    for (unsigned i = 0; i < 49; i++) {
        gv_sim_clock_advance(&sim_clock, 100);
        say(dripping, "{");
        steps(1);
    }
    assert_false(silent->we_closed || dripping->we_closed);
    gv_sim_clock_advance(&sim_clock, 350);
    steps(1);
    assert_true(silent->we_closed && dripping->we_closed);
    assert_int_equal(refused(GV_SEQUENCER_SILENT), 2);
    assert_false(solver->we_closed); /* may be silent for ever */
}

static void an_address_takes_its_share_and_this_machine_all_places(void **state)
{
    (void)state;
    for (unsigned i = 0; i < GV_SEQUENCER_PER_ADDRESS + 2u; i++) {
        gv_sim_connect(&sim, BIDS, FAR);
    }
    steps(10);
    assert_int_equal(connected(GV_SEQUENCER_BIDS), GV_SEQUENCER_PER_ADDRESS);
    assert_int_equal(refused(GV_SEQUENCER_CROWDED), 2);
    say(gv_sim_connect(&sim, BIDS, FAR + 1u), BID("3") "\n");
    steps(1);
    assert_int_equal(house.items_n, 1);
    gv_sim_connect(&sim, PROVEN_BIDS, FAR); /* another listener, another share */
    steps(1);
    assert_int_equal(refused(GV_SEQUENCER_CROWDED), 2);
    for (unsigned i = 0; i < GV_SEQUENCER_SOLVERS_MAX + 3u; i++) {
        gv_sim_connect(&sim, ORDERS, LOOPBACK);
    }
    steps(10);
    assert_int_equal(connected(GV_SEQUENCER_ORDERS), GV_SEQUENCER_SOLVERS_MAX);
    assert_int_equal(refused(GV_SEQUENCER_FULL), 3);
    say(gv_sim_connect(&sim, CLAIMS, LOOPBACK), CLAIM "\n"); /* each port has places of its own */
    steps(1);
    assert_int_equal(house.items_n, 2);
}

static void a_place_is_free_again_after_its_connection(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= GV_SEQUENCER_SOLVERS_MAX; i++) {
        say(gv_sim_connect(&sim, BIDS, LOOPBACK), BID("3") "\n");
        steps(1);
    }
    assert_int_equal(house.items_n, GV_SEQUENCER_SOLVERS_MAX + 1u);
    assert_int_equal(refused(GV_SEQUENCER_FULL), 0);
}

/* ---- the engine ------------------------------------------------------------------------------------- */

static void lines_that_come_during_a_commit_go_with_the_next(void **state)
{
    (void)state;
    house.holds = true;
    say(gv_sim_connect(&sim, BIDS, LOOPBACK), BID("1") "\n");
    steps(1);
    for (unsigned i = 0; i < 3; i++) {
        say(gv_sim_connect(&sim, BIDS, LOOPBACK), BID("2") "\n");
        steps(1);
    }
    assert_int_equal(house.batches, 1);
    give_back_intake();
    steps(1);
    assert_int_equal(house.batches, 2);
    assert_int_equal(house.items_n, 4);
}

static void a_busy_engine_is_asked_again_and_nothing_is_lost(void **state)
{
    (void)state;
    house.full = true;
    say(gv_sim_connect(&sim, BIDS, LOOPBACK), BID("1") "\n");
    steps(3);
    assert_int_equal(house.batches, 0);
    house.full = false;
    steps(1);
    assert_int_equal(house.items_n, 1);
}

static void lines_that_were_not_stored_are_counted_and_not_handed_over_again(void **state)
{
    (void)state;
    house.answers = GV_ERR_STORAGE;
    say(gv_sim_connect(&sim, BIDS, LOOPBACK), BID("1") "\n");
    say(gv_sim_connect(&sim, BIDS, LOOPBACK), BID("2") "\n");
    steps(3);
    assert_int_equal(house.batches, 1);
    assert_int_equal(refused(GV_SEQUENCER_STORAGE), 2);
}

static void ticks_keep_their_schedule(void **state)
{
    (void)state;
    steps(1);
    gv_sim_clock_advance(&sim_clock, 1999);
    steps(1);
    assert_int_equal(house.ticks, 0);      /* it sleeps first, as the original */
    gv_sim_clock_advance(&sim_clock, 700); /* 699 ms late */
    steps(1);
    assert_int_equal(house.ticks, 1);
    gv_sim_clock_advance(&sim_clock, 1301); /* the second is due at 4,000 all the same */
    steps(2);
    assert_int_equal(house.ticks, 2);
    gv_sim_clock_advance(&sim_clock, 60000); /* slept through: one, not thirty */
    steps(3);
    assert_int_equal(house.ticks, 3);
    struct gv_sequencer_stats stats;
    gv_sequencer_stats(s, &stats);
    assert_int_equal(stats.tick_late_ms_max, 58000);
}

static void a_due_tick_goes_before_lines_again_once_lines_have_had_their_turn(void **state)
{
    (void)state;
    steps(1);
    gv_sim_clock_advance(&sim_clock, 2000);
    steps(2);
    for (unsigned i = 0; i < 2; i++) {
        say(gv_sim_connect(&sim, BIDS, LOOPBACK), BID("1") "\n");
        steps(2);
        gv_sim_clock_advance(&sim_clock, 2000 * i);
    }
    say(gv_sim_connect(&sim, BIDS, LOOPBACK), BID("1") "\n");
    steps(3);
    assert_string_equal(house.posts, "tiiti");
}

static void a_tick_is_counted_in_the_bucket_that_its_time_does_not_exceed(void **state)
{
    (void)state;
    steps(1);
    for (unsigned over = 0; over < 2; over++) {
        struct gv_sequencer_stats stats;
        house.holds_ticks = true;
        gv_sim_clock_advance(&sim_clock, 2000 - (over > 0 ? gv_sequencer_bucket_ms[1] : 0));
        steps(1);
        gv_sim_clock_advance(&sim_clock, gv_sequencer_bucket_ms[1] + over);
        give_back_tick();
        steps(1);
        gv_sequencer_stats(s, &stats);
        assert_int_equal(stats.tick_buckets[1], 1);
        assert_int_equal(stats.tick_buckets[2], over);
    }
}

static void what_a_tick_leaves_over_is_done_at_once(void **state)
{
    (void)state;
    house.tick_more = true;
    gv_sim_clock_advance(&sim_clock, 2000);
    steps(3);
    assert_int_equal(house.ticks, 2);
    gv_sim_clock_advance(&sim_clock, 2000);
    steps(2);
    assert_int_equal(house.ticks, 3);
}

static void a_due_tick_goes_before_the_lines_and_alone(void **state)
{
    (void)state;
    house.holds_ticks = true;
    gv_sim_clock_advance(&sim_clock, 2000);
    say(gv_sim_connect(&sim, BIDS, LOOPBACK), BID("1") "\n");
    steps(3);
    assert_string_equal(house.posts, "t");
    give_back_tick();
    steps(1);
    assert_string_equal(house.posts, "ti");
}

static void a_tick_waits_for_the_commit_that_runs_and_for_no_other(void **state)
{
    (void)state;
    house.holds = true;
    say(gv_sim_connect(&sim, BIDS, LOOPBACK), BID("1") "\n");
    steps(1);
    say(gv_sim_connect(&sim, BIDS, LOOPBACK), BID("2") "\n");
    gv_sim_clock_advance(&sim_clock, 2000);
    steps(1); /* the tick is in the engine's queue, the second bid is not */
    give_back_intake();
    steps(1);
    assert_string_equal(house.posts, "iti");
}

static void ticks_without_end_do_not_shut_the_lines_out(void **state)
{
    (void)state;
    house.holds_ticks = true;
    for (unsigned i = 0; i < 3; i++) {
        say(gv_sim_connect(&sim, BIDS, LOOPBACK), BID("1") "\n");
        gv_sim_clock_advance(&sim_clock, 2000);
        steps(1);
        gv_sim_clock_advance(&sim_clock, 2000); /* it took longer than its period */
        give_back_tick();
        steps(1);
    }
    assert_int_equal(house.items_n, 3);
}

static void a_flood_of_lines_does_not_hold_up_a_tick(void **state)
{
    (void)state;
    teardown(NULL);
    begin(true);
    const uint32_t lines = 2 * GV_SEQUENCER_BATCH + 1;
    struct gv_sim_peer *peer = NULL;
    gv_sim_clock_advance(&sim_clock, 2000);
    for (uint32_t i = 0; i < lines; i++) {
        peer = i % 32 == 0 ? gv_sim_connect(&sim, CLAIMS, LOOPBACK) : peer;
        say(peer, CLAIM "\n");
    }
    steps(1);
    assert_string_equal(house.posts, "tiii");
    assert_int_equal(house.items_n, lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_bid_is_handed_over_and_its_connection_closed_without_a_byte),
        TEST(a_line_may_come_byte_by_byte_with_cr_or_end_without_a_newline),
        TEST(a_second_line_is_ignored_as_in_the_original),
        TEST(further_lines_are_taken_where_that_is_configured),
        TEST(what_is_no_message_of_the_port_ends_the_connection_and_is_counted),
        TEST(who_is_not_greeted_is_neither_read_nor_told_and_cut_in_time),
        TEST(who_was_greeted_is_served_as_on_a_plain_port),
        TEST(a_turn_takes_a_few_steps_of_handshakes),
        TEST(encrypted_ports_have_places_of_their_own),
        TEST(an_authenticated_port_takes_proven_lines_only),
        TEST(an_unproven_claim_is_refused_and_handed_on_as_what_it_is),
        TEST(a_line_ends_at_64_kib),
        TEST(a_line_may_have_64_kib_with_its_end),
        TEST(long_lines_share_a_few_buffers_and_short_ones_need_none),
        TEST(who_sends_no_line_in_time_is_cut),
        TEST(an_address_takes_its_share_and_this_machine_all_places),
        TEST(a_place_is_free_again_after_its_connection),
        TEST(lines_that_come_during_a_commit_go_with_the_next),
        TEST(a_busy_engine_is_asked_again_and_nothing_is_lost),
        TEST(lines_that_were_not_stored_are_counted_and_not_handed_over_again),
        TEST(ticks_keep_their_schedule),
        TEST(a_due_tick_goes_before_lines_again_once_lines_have_had_their_turn),
        TEST(a_tick_is_counted_in_the_bucket_that_its_time_does_not_exceed),
        TEST(what_a_tick_leaves_over_is_done_at_once),
        TEST(a_due_tick_goes_before_the_lines_and_alone),
        TEST(a_tick_waits_for_the_commit_that_runs_and_for_no_other),
        TEST(ticks_without_end_do_not_shut_the_lines_out),
        TEST(a_flood_of_lines_does_not_hold_up_a_tick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
