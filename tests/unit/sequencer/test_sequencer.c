/* Shows: the sequencer's thread against peers and an engine whose every byte and answer the test decides:
 * who is let in, what of a connection is read and handed over, who is told what and when. */
#include "app/sequencer/sequencer.h"
#include "firmware/base/mem.h"
#include "hal/sim/clock.h"
#include "hal/sim/tcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LOOPBACK 0x7f000001u
#define FAR      0x0a000001u

enum {
    ORDERS,
    BIDS,
    CLAIMS,
    PROVEN_BIDS,
    SECRET_BIDS,
    SECRET_ORDERS
};

static struct gv_sim_tcp sim;
static struct gv_sim_clock sim_clock;
static struct gv_clock simulated_clock;
static struct gv_sequencer *s;

/* The engine: gives back at once unless it holds; keeps a copy of what it was handed. */
static struct {
    bool holds;
    bool full;
    struct gv_order_intake *held_intake;
    struct gv_order_item items[2048];
    uint32_t items_n;
    uint32_t batches;
    uint32_t ticks;
    const char *tick_lines;
    bool tick_more;
    uint32_t snapshots;
    const char *pages[3];
    struct gv_order_tick *held_tick;
    bool proves;
} house;

static enum gv_err take_intake(void *ctx, struct gv_order_intake *intake, struct gv_fail *fail)
{
    (void)ctx;
    if (house.full) {
        return gv_fail(fail, GV_ERR_FULL, "engine.busy", "full");
    }
    house.batches++;
    for (uint32_t i = 0; i < intake->count; i++) {
        house.items[house.items_n++] = intake->items[i];
    }
    if (house.holds) {
        house.held_intake = intake;
    } else {
        intake->call.done(intake->call.ctx, &intake->call);
    }
    return GV_OK;
}

static void give_back_intake(void)
{
    struct gv_order_intake *intake = house.held_intake;
    house.held_intake = NULL;
    intake->call.done(intake->call.ctx, &intake->call);
}

static size_t fill(char *out, const char *text)
{
    const size_t n = text != NULL ? strlen(text) : 0;
    if (n > 0) {
        memcpy(out, text, n);
    }
    return n;
}

static enum gv_err take_tick(void *ctx, struct gv_order_tick *tick, struct gv_fail *fail)
{
    (void)ctx;
    (void)fail;
    house.ticks++;
    tick->lines_len = fill(tick->lines, house.tick_lines);
    tick->more = house.tick_more;
    house.tick_more = false;
    house.tick_lines = NULL;
    tick->call.done(tick->call.ctx, &tick->call);
    return GV_OK;
}

static enum gv_err take_snapshot(void *ctx, struct gv_order_snapshot *snapshot,
                                 struct gv_fail *fail)
{
    (void)ctx;
    (void)fail;
    house.snapshots++;
    snapshot->lines_len = fill(snapshot->lines, house.pages[snapshot->after]);
    snapshot->after++;
    snapshot->more = snapshot->after < 3 && house.pages[snapshot->after] != NULL;
    snapshot->call.done(snapshot->call.ctx, &snapshot->call);
    return GV_OK;
}

static bool is_proven(void *ctx, const struct gv_order_item *item)
{
    (void)ctx;
    (void)item;
    return house.proves;
}

static void begin(bool many_lines)
{
    memset(&house, 0, sizeof(house));
    gv_mem_unseal();
    simulated_clock =
        gv_sim_clock_init(&sim_clock, (struct gv_mono){5000}, (struct gv_utc){1795210487});
    struct gv_sequencer_config config = {
        .clock = &simulated_clock,
        .house = {.intake = take_intake,
                  .tick = take_tick,
                  .snapshot = take_snapshot,
                  .proven = is_proven},
        .listeners = {{.port = GV_SEQUENCER_ORDERS},
                      {.port = GV_SEQUENCER_BIDS},
                      {.port = GV_SEQUENCER_CLAIMS},
                      {.port = GV_SEQUENCER_BIDS, .authenticated = true},
                      {.port = GV_SEQUENCER_BIDS, .encrypted = true},
                      {.port = GV_SEQUENCER_ORDERS, .encrypted = true}},
        .listeners_n = 6,
        .tick_ms = 2000,
        .read_ms = 5000,
        .many_lines = many_lines,
    };
    gv_sim_tcp_init(&config.tcp, &sim);
    s = gv_sequencer_instance();
    gv_sequencer_init(s, &config);
}

static int setup(void **state)
{
    (void)state;
    begin(false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (house.held_intake != NULL) {
        give_back_intake();
    }
    gv_sequencer_deinit(s);
    return 0;
}

static void steps(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        gv_sequencer_step(s, 0);
    }
}

static uint64_t refused(enum gv_sequencer_refusal why)
{
    struct gv_sequencer_stats stats;
    gv_sequencer_stats(s, &stats);
    return stats.refused[why];
}

static uint32_t connected(enum gv_sequencer_port port)
{
    struct gv_sequencer_stats stats;
    gv_sequencer_stats(s, &stats);
    return stats.connections[port];
}

static void say(struct gv_sim_peer *peer, const char *text)
{
    assert_int_equal(gv_sim_say(peer, text, strlen(text)), strlen(text));
}

#define BID(order)                                                                                 \
    "{\"SubmitBid\":{\"order_id\":" order ",\"solver_id\":\"s1\",\"max_input\":174,"               \
    "\"conversion_rate\":0.9646770440214334,\"valid_till\":1795210509}}"
#define CLAIM "{\"FulfillmentComplete\":{\"order_id\":3,\"solver_id\":\"s1\"}}"

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

/* ---- solvers ---------------------------------------------------------------------------------------- */

static void tell(const char *lines)
{
    house.tick_lines = lines;
    gv_sim_clock_advance(&sim_clock, 2000);
    steps(2);
}

static void every_solver_hears_every_line(void **state)
{
    (void)state;
    struct gv_sim_peer *a = gv_sim_connect(&sim, ORDERS, LOOPBACK);
    struct gv_sim_peer *b = gv_sim_connect(&sim, ORDERS, FAR);
    steps(3);
    tell("one\ntwo\n");
    assert_string_equal(gv_sim_heard(a), "one\ntwo\n");
    assert_string_equal(gv_sim_heard(b), "one\ntwo\n");
    gv_sim_hang_up(a);
    tell("three\n");
    assert_true(a->we_closed);
    assert_string_equal(gv_sim_heard(b), "three\n");
    assert_int_equal(connected(GV_SEQUENCER_ORDERS), 1);
}

static void who_connects_hears_what_stands_first_and_then_what_comes(void **state)
{
    (void)state;
    house.pages[0] = "open 1\n";
    house.pages[1] = "open 2\n";
    house.pages[2] = "open 3\n";
    struct gv_sim_peer *a = gv_sim_connect(&sim, ORDERS, LOOPBACK);
    steps(8);
    tell("news\n");
    assert_string_equal(gv_sim_heard(a), "open 1\nopen 2\nopen 3\nnews\n");
    struct gv_sim_peer *b = gv_sim_connect(&sim, ORDERS, LOOPBACK);
    steps(8);
    assert_string_equal(gv_sim_heard(b), "open 1\nopen 2\nopen 3\n");
    assert_string_equal(gv_sim_heard(a), "");
    assert_int_equal(house.snapshots, 6);
}

static void what_a_solver_says_is_read_and_thrown_away(void **state)
{
    (void)state;
    struct gv_sim_peer *a = gv_sim_connect(&sim, ORDERS, LOOPBACK);
    say(a, "hello\n" BID("3") "\n\n");
    steps(3);
    tell("news\n");
    assert_int_equal(a->to_us.n, 0);
    assert_string_equal(gv_sim_heard(a), "news\n");
    assert_int_equal(house.items_n, 0);
}

static void who_stops_reading_is_dropped_and_nobody_waits_for_him(void **state)
{
    (void)state;
    static char lines[2049];
    memset(lines, 'x', sizeof(lines) - 1);
    lines[sizeof(lines) - 2] = '\n';
    struct gv_sim_peer *stalled = gv_sim_connect(&sim, ORDERS, LOOPBACK);
    struct gv_sim_peer *reads = gv_sim_connect(&sim, ORDERS, LOOPBACK);
    steps(3);
    stalled->stalled = true;
    unsigned told = 0;
    while (!stalled->we_closed) {
        tell(lines);
        told++;
        assert_string_equal(gv_sim_heard(reads), lines);
        assert_true(told <= GV_SEQUENCER_LAG_BYTES / 2048u + 1u);
    }
    assert_int_equal(told, GV_SEQUENCER_LAG_BYTES / 2048u + 1u);
    assert_int_equal(refused(GV_SEQUENCER_SLOW), 1);
    assert_false(reads->we_closed);
}

static void who_reads_slowly_gets_every_byte(void **state)
{
    (void)state;
    static char lines[9001];
    for (size_t i = 0; i + 1 < sizeof(lines); i++) {
        lines[i] = i % 100 == 99 ? '\n' : (char)('a' + i % 23);
    }
    struct gv_sim_peer *slow = gv_sim_connect(&sim, ORDERS, LOOPBACK);
    steps(3);
    tell(lines);
    char heard[9001] = "";
    for (unsigned i = 0; i < 4; i++) {
        strcat(heard, gv_sim_heard(slow)); /* a pipe of 4 kB at a time */
        steps(1);
    }
    assert_string_equal(heard, lines);
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
        TEST(a_line_ends_at_64_kib),
        TEST(long_lines_share_a_few_buffers_and_short_ones_need_none),
        TEST(who_sends_no_line_in_time_is_cut),
        TEST(an_address_takes_its_share_and_this_machine_all_places),
        TEST(lines_that_come_during_a_commit_go_with_the_next),
        TEST(a_busy_engine_is_asked_again_and_nothing_is_lost),
        TEST(ticks_keep_their_schedule),
        TEST(what_a_tick_leaves_over_is_done_at_once),
        TEST(every_solver_hears_every_line),
        TEST(who_connects_hears_what_stands_first_and_then_what_comes),
        TEST(what_a_solver_says_is_read_and_thrown_away),
        TEST(who_stops_reading_is_dropped_and_nobody_waits_for_him),
        TEST(who_reads_slowly_gets_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
