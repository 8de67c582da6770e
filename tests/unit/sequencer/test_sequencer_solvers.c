/* Shows: who listens to the sequencer hears every line from where he came in; who reads slowly or not at all
 * delays nobody. */
#include "tests/unit/sequencer/house.h"

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

static uint64_t queue_bytes(void)
{
    struct gv_sequencer_stats stats;
    gv_sequencer_stats(s, &stats);
    return stats.queue_bytes;
}

static void many_short_lines_make_a_stalled_solver_slow_too(void **state)
{
    (void)state;
    struct gv_sim_peer *stalled = gv_sim_connect(&sim, ORDERS, LOOPBACK);
    steps(3);
    stalled->stalled = true;
    static char lines[2 * 512 + 1];
    for (size_t i = 0; i < sizeof(lines) - 1; i++) {
        lines[i] = i % 2 == 0 ? 'x' : '\n';
    }
    for (unsigned told = 512; told <= GV_SEQUENCER_LAG_LINES; told += 512) {
        tell(lines);
        assert_int_equal(queue_bytes(), 2 * told);
        assert_false(stalled->we_closed);
    }
    tell("x\n");
    assert_true(stalled->we_closed);
    assert_int_equal(refused(GV_SEQUENCER_SLOW), 1);
    steps(1);
    assert_int_equal(queue_bytes(), 0);
}

/* The snapshot was made before the tick, and both come back in one turn. */
static void who_joins_while_a_tick_is_made_misses_nothing(void **state)
{
    (void)state;
    house.pages[0] = "open\n";
    house.holds_snapshot = true;
    struct gv_sim_peer *a = gv_sim_connect(&sim, ORDERS, LOOPBACK);
    steps(2);
    assert_non_null(house.held_snapshot);
    house.tick_lines = "news\n";
    gv_sim_clock_advance(&sim_clock, 2000);
    steps(1);
    give_back_snapshot();
    steps(3);
    assert_string_equal(gv_sim_heard(a), "open\nnews\n");
}

/* What a tick has told the engine's snapshot after it shows: it is not told by both. */
static void who_joins_while_a_tick_is_out_hears_its_lines_once(void **state)
{
    (void)state;
    steps(1);
    house.holds_ticks = true;
    house.tick_lines = "news\n";
    house.pages[0] = "open, with the news\n";
    gv_sim_clock_advance(&sim_clock, 2000);
    steps(1);
    struct gv_sim_peer *a = gv_sim_connect(&sim, ORDERS, LOOPBACK);
    steps(2);
    give_back_tick();
    steps(3);
    assert_string_equal(gv_sim_heard(a), "open, with the news\n");
}

static void lines_of_a_tick_that_was_not_stored_are_told_to_nobody(void **state)
{
    (void)state;
    struct gv_sim_peer *a = gv_sim_connect(&sim, ORDERS, LOOPBACK);
    steps(3);
    house.answers = GV_ERR_STORAGE;
    tell("never\n");
    steps(2);
    assert_string_equal(gv_sim_heard(a), "");
    house.answers = GV_OK;
    tell("stored\n");
    assert_string_equal(gv_sim_heard(a), "stored\n");
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

/* Mbed TLS must be offered the bytes that it did not take once more: the simulated peer asserts it. */
static void an_encrypted_solver_that_was_blocked_is_offered_the_same_bytes_again(void **state)
{
    (void)state;
    struct gv_sim_peer *secret = gv_sim_connect(&sim, SECRET_ORDERS, FAR);
    secret->strict = true;
    say(secret, "hello");
    steps(3);
    secret->stalled = true;
    tell("one\n");
    tell("two\n");
    assert_string_equal(gv_sim_heard(secret), "");
    secret->stalled = false;
    steps(2);
    assert_string_equal(gv_sim_heard(secret), "one\ntwo\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(every_solver_hears_every_line),
        TEST(who_connects_hears_what_stands_first_and_then_what_comes),
        TEST(what_a_solver_says_is_read_and_thrown_away),
        TEST(who_stops_reading_is_dropped_and_nobody_waits_for_him),
        TEST(many_short_lines_make_a_stalled_solver_slow_too),
        TEST(who_joins_while_a_tick_is_made_misses_nothing),
        TEST(who_joins_while_a_tick_is_out_hears_its_lines_once),
        TEST(lines_of_a_tick_that_was_not_stored_are_told_to_nobody),
        TEST(who_reads_slowly_gets_every_byte),
        TEST(an_encrypted_solver_that_was_blocked_is_offered_the_same_bytes_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
