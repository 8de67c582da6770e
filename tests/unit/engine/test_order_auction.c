/* Shows that order auctions in the engine follow their rules, and that what is committed is what storage
 * holds: after a restart everything goes on where it stood. Case numbers are those of tests/api/README.md. */
#include "tests/support/orders_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct gv_engine_orders_config config;

static int set_up(void **state)
{
    (void)state;
    config = gv_orders_claim_mode;
    gv_orders_world_open(&config);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_true(gv_orders_verified());
    gv_orders_world_close();
    return 0;
}

static void restart(void)
{
    gv_world_close();
    assert_int_equal(gv_world_open(true), GV_OK);
}

/* An order that has been announced. */
static uint64_t announced(void)
{
    const uint64_t id = gv_orders_add(1);
    assert_true(id > 0);
    assert_int_equal(gv_orders_tick_after(0), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_IN_AUCTION);
    return id;
}

/* An order that `solver` is committed to, with the bid of `other` behind him unless NULL. */
static uint64_t committed(const char *solver, const char *other)
{
    const uint64_t id = announced();
    assert_int_equal(gv_orders_bid(id, solver, 200, 50, NULL), GV_OK);
    if (other != NULL) {
        assert_int_equal(gv_orders_bid(id, other, 100, 50, NULL), GV_OK);
    }
    assert_int_equal(gv_orders_tick_after(5), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_COMMITTED);
    return id;
}

static void an_order_goes_from_pending_to_fulfilled(void **state)
{
    (void)state;
    const uint64_t id = gv_orders_add(1);
    assert_int_equal(gv_orders_state(id), GV_ORDER_PENDING);
    assert_int_equal(gv_orders_tick_after(1), GV_OK);
    assert_string_equal(gv_orders_lines(),
                        "{\"NewOrderBatch\":[{\"id\":1,\"description\":\"Order 1\","
                        "\"creation_time\":1780000000}]}\n");
    assert_int_equal(gv_orders_bid(id, "s1", 174, 60, NULL), GV_OK);
    assert_int_equal(gv_orders_tick_after(5), GV_OK);
    assert_string_equal(gv_orders_lines(),
                        "{\"CommitmentNotification\":{\"order_id\":1,\"solver_id\":\"s1\","
                        "\"input_amount\":174,\"min_output_amount\":174,"
                        "\"deadline\":1780000016}}\n");
    assert_int_equal(gv_orders_claim(id, "s1", NULL), GV_OK);
    assert_int_equal(gv_orders_tick_after(2), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_COMMITTED); /* judged late, on purpose */
    assert_int_equal(gv_orders_tick_after(11), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_FULFILLED);
    assert_int_equal(gv_orders_events("OrderAdded"), 1);
    assert_int_equal(gv_orders_events("BatchCreated"), 1);
    assert_int_equal(gv_orders_events("BidReceived"), 1);
    assert_int_equal(gv_orders_events("BidSelected"), 1);
    assert_int_equal(gv_orders_events("ClaimAccepted"), 1);
    assert_int_equal(gv_orders_events("OrderFulfilled"), 1);
}

/* Cases 9 and 28. */
static void seven_orders_come_in_batches_and_expire_once_without_bids(void **state)
{
    (void)state;
    assert_int_equal(gv_orders_add(7), 1);
    assert_int_equal(gv_orders_tick_after(1), GV_OK);
    assert_int_equal(gv_orders_ticked()->announced, 5);
    assert_int_equal(gv_orders_tick_after(1), GV_OK);
    assert_int_equal(gv_orders_ticked()->announced, 2);
    assert_int_equal(gv_orders_tick_after(3), GV_OK);
    assert_int_equal(gv_orders_ticked()->expired, 7);
    assert_non_null(strstr(gv_orders_lines(), "{\"AuctionClosedNoWinner\":7}\n"));
    assert_int_equal(gv_orders_tick_after(2), GV_OK);
    assert_string_equal(gv_orders_lines(), "");
    assert_int_equal(gv_orders_events("OrderExpired"), 7);
}

/* The original counts from the creation, which ends whatever has waited for longer than that in the queue. */
static void an_order_that_waited_for_its_batch_gets_its_time_for_bids(void **state)
{
    (void)state;
    const uint64_t last = gv_orders_add(21) + 20;
    assert_int_equal(gv_orders_tick_after(0), GV_OK);
    for (uint32_t batch = 1; batch < 5; batch++) {
        assert_int_equal(gv_orders_tick_after(2), GV_OK);
    }
    assert_int_equal(gv_orders_state(last), GV_ORDER_IN_AUCTION);
    restart();
    assert_int_equal(gv_orders_bid(last, "s1", 100, 50, NULL), GV_OK);
    assert_int_equal(gv_orders_tick_after(1), GV_OK);
    assert_int_equal(gv_orders_state(last), GV_ORDER_IN_AUCTION);
    assert_int_equal(gv_orders_tick_after(1), GV_OK);
    assert_int_equal(gv_orders_state(last), GV_ORDER_COMMITTED);
}

static void the_originals_rule_counts_from_the_creation(void **state)
{
    (void)state;
    config.rules.original = true;
    restart();
    const uint64_t last = gv_orders_add(21) + 20;
    assert_int_equal(gv_orders_tick_after(0), GV_OK);
    for (uint32_t batch = 1; batch < 5; batch++) {
        assert_int_equal(gv_orders_tick_after(2), GV_OK);
    }
    assert_int_equal(gv_orders_state(last), GV_ORDER_EXPIRED);
}

/* Cases 11, 13 and 33. */
static void what_is_not_due_is_refused_counted_and_named(void **state)
{
    (void)state;
    const char *code = NULL;
    assert_int_equal(gv_orders_bid(77, "s1", 5, 50, &code), GV_ERR_NOT_FOUND);
    assert_string_equal(code, "orders.unknown");
    const uint64_t id = announced();
    assert_int_equal(gv_orders_claim(id, "s1", &code), GV_ERR_STATE);
    assert_string_equal(code, "orders.not_committed");
    assert_int_equal(gv_orders_bid(id, "s1", 5, 50, NULL), GV_OK);
    assert_int_equal(gv_orders_tick_after(5), GV_OK);
    assert_int_equal(gv_orders_claim(id, "s2", &code), GV_ERR_FORBIDDEN);
    assert_string_equal(code, "orders.other_solver");
    assert_int_equal(gv_orders_tick_after(13), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_EXPIRED);
    assert_int_equal(gv_orders_bid(id, "s1", 5, 50, &code), GV_ERR_NOT_FOUND);

    struct gv_orders_status status;
    gv_engine_orders_status(gv_world_engine(), &status);
    assert_string_equal(status.refused[0].code, "orders.unknown");
    assert_int_equal(status.refused[0].count, 2);
    assert_int_equal(status.bids, 1);
    assert_int_equal(gv_orders_events("BidReceived"), 1);
}

/* Cases 10, 12. */
static void a_claim_counts_until_the_deadline_and_then_stays(void **state)
{
    (void)state;
    const char *code = NULL;
    const uint64_t id = committed("s1", NULL);
    gv_sim_clock_advance(gv_world_clock(), 10000);
    assert_int_equal(gv_orders_claim(id, "s1", NULL), GV_OK);
    gv_sim_clock_advance(gv_world_clock(), 1000);
    assert_int_equal(gv_orders_claim(id, "s1", NULL), GV_OK); /* again: the same */
    const uint64_t late = committed("s2", NULL);
    gv_sim_clock_advance(gv_world_clock(), 11000);
    assert_int_equal(gv_orders_claim(late, "s2", &code), GV_ERR_STATE);
    assert_string_equal(code, "orders.late");
    assert_int_equal(gv_orders_tick_after(3), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_FULFILLED);
    assert_int_equal(gv_orders_state(late), GV_ORDER_EXPIRED);
    assert_int_equal(gv_orders_events("ClaimAccepted"), 1);
}

/* Case 14. */
static void an_order_never_returns_to_who_failed_it_also_after_a_restart(void **state)
{
    (void)state;
    const char *code = NULL;
    const uint64_t id = committed("s1", "s2");
    assert_int_equal(gv_orders_tick_after(13), GV_OK);
    assert_int_equal(gv_orders_ticked()->committed, 1);
    assert_string_equal(gv_orders_row(id).order.commitment.solver.text, "s2");
    restart();
    assert_int_equal(gv_orders_bid(id, "s1", 900, 50, &code), GV_ERR_STATE);
    assert_string_equal(code, "orders.solver_failed");
    assert_int_equal(gv_orders_tick_after(13), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_EXPIRED);
    assert_int_equal(gv_orders_events("OrderReassigned"), 1);
    assert_int_equal(gv_orders_events("OrderFailedToFulfill"), 2);
}

/* Cases 25 and 35. */
static void a_commitment_is_told_again_after_a_restart_and_not_made_anew(void **state)
{
    (void)state;
    const uint64_t id = committed("s1", "s2");
    const uint64_t open = announced();
    restart();
    const char *lines = gv_orders_snapshot();
    assert_non_null(strstr(lines, "\"order_id\":1,\"solver_id\":\"s1\""));
    assert_non_null(strstr(lines, "{\"NewOrderBatch\":[{\"id\":2,"));
    assert_int_equal(gv_orders_tick_after(1), GV_OK);
    assert_string_equal(gv_orders_lines(), "");
    assert_int_equal(gv_orders_events("BidSelected"), 1);
    assert_int_equal(gv_orders_state(open), GV_ORDER_IN_AUCTION);
    assert_int_equal(gv_orders_row(id).order.commitment.round, 1);
    gv_sim_clock_advance(gv_world_clock(), 5000);
    assert_non_null(strstr(gv_orders_snapshot(), "Commitment")); /* four seconds are left */
    gv_sim_clock_advance(gv_world_clock(), 1000);
    assert_null(strstr(gv_orders_snapshot(), "Commitment")); /* too late to begin */
}

static void a_commitment_that_was_claimed_is_not_told_again(void **state)
{
    (void)state;
    const uint64_t id = committed("s1", NULL);
    assert_non_null(strstr(gv_orders_snapshot(), "Commitment"));
    assert_int_equal(gv_orders_claim(id, "s1", NULL), GV_OK);
    assert_string_equal(gv_orders_snapshot(), "");
}

static void closures_of_the_selection_are_told_before_the_commitments_of_the_judgement(void **state)
{
    (void)state;
    (void)committed("s1", "s2");
    (void)gv_orders_add(1);
    assert_int_equal(gv_orders_tick_after(5), GV_OK);
    assert_int_equal(gv_orders_tick_after(8), GV_OK);
    static const char closed[] =
        "{\"AuctionClosedNoWinner\":2}\n"
        "{\"CommitmentNotification\":{\"order_id\":1,\"solver_id\":\"s2\",";
    assert_memory_equal(gv_orders_lines(), closed, sizeof(closed) - 1);
}

static void the_demo_adds_an_order_in_the_first_tick_and_every_second_one(void **state)
{
    (void)state;
    static const uint64_t newest[] = {1, 1, 2, 2, 3};
    config.demo = true;
    for (size_t i = 0; i < sizeof(newest) / sizeof(newest[0]); i++) {
        struct gv_orders_status status;
        assert_int_equal(gv_orders_tick_after(2), GV_OK);
        gv_engine_orders_status(gv_world_engine(), &status);
        assert_int_equal(status.newest_id, newest[i]);
    }
}

/* Case 26. */
static void a_stored_claim_is_judged_after_the_downtime(void **state)
{
    (void)state;
    const uint64_t id = committed("s1", "s2");
    assert_int_equal(gv_orders_claim(id, "s1", NULL), GV_OK);
    const uint64_t idle = committed("s3", NULL);
    gv_world_close();
    gv_sim_clock_advance(gv_world_clock(), 3600000);
    assert_int_equal(gv_world_open(true), GV_OK);
    assert_int_equal(gv_orders_tick_after(0), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_FULFILLED);
    assert_int_equal(gv_orders_state(idle), GV_ORDER_EXPIRED);
}

/* Case 27. */
static void a_step_of_the_wall_clock_moves_no_deadline(void **state)
{
    (void)state;
    static const int64_t steps[] = {-3600, 3600};
    for (unsigned i = 0; i < 2; i++) {
        const uint64_t id = committed("s1", NULL);
        const int64_t utc = gv_clock_utc(gv_world_time()).s;
        gv_sim_clock_set_utc(gv_world_clock(), (struct gv_utc){utc + steps[i]});
        assert_int_equal(gv_orders_tick_after(9), GV_OK);
        assert_int_equal(gv_orders_state(id), GV_ORDER_COMMITTED);
        assert_int_equal(gv_orders_claim(id, "s1", NULL), GV_OK);
        const uint64_t idle = committed("s2", NULL); /* bids speak of the wall as it is now */
        assert_int_equal(gv_orders_state(id), GV_ORDER_FULFILLED);
        assert_int_equal(gv_orders_tick_after(12), GV_OK);
        assert_int_equal(gv_orders_state(idle), GV_ORDER_COMMITTED);
        assert_int_equal(gv_orders_tick_after(1), GV_OK);
        assert_int_equal(gv_orders_state(idle), GV_ORDER_EXPIRED);
    }
}

/* Case 27, across a restart: a clock that was set back does not give time back. */
static void the_clock_never_goes_behind_what_is_stored(void **state)
{
    (void)state;
    const uint64_t id = committed("s1", NULL);
    gv_world_close();
    const int64_t utc = gv_clock_utc(gv_world_time()).s;
    gv_sim_clock_set_utc(gv_world_clock(), (struct gv_utc){utc - 86400});
    assert_int_equal(gv_world_open(true), GV_OK);
    assert_int_equal(gv_orders_tick_after(12), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_COMMITTED);
    assert_int_equal(gv_orders_tick_after(1), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_EXPIRED);
}

/* Case 32. */
static void the_first_event_that_was_changed_is_named(void **state)
{
    (void)state;
    struct gv_orders_verified verified;
    struct gv_fail fail;
    (void)committed("s1", "s2");
    assert_int_equal(gv_engine_orders_verify(gv_world_engine(), &verified, &fail), GV_OK);
    assert_int_equal(verified.first, 1);
    assert_int_equal(verified.count, 5);
    gv_world_sql("UPDATE oa_event SET json = '{\"OrderExpired\":1}' WHERE seq = 4");
    assert_int_equal(gv_engine_orders_verify(gv_world_engine(), &verified, &fail), GV_ERR_CRYPTO);
    assert_string_equal(fail.code, "orders.log_broken");
    assert_non_null(strstr(fail.text, "event 4 "));
    gv_world_sql("DELETE FROM oa_event WHERE seq >= 4");
    assert_int_equal(gv_engine_orders_verify(gv_world_engine(), &verified, &fail), GV_ERR_CRYPTO);
    gv_world_close();
    assert_int_equal(gv_world_open(true), GV_OK); /* from inside, a cut end is not seen any more */
}

/* Case 31 is one engine's queue: five solvers at once are five rows and one winner, the last of equals. */
static void equal_bids_are_all_stored_and_the_last_wins(void **state)
{
    (void)state;
    static struct gv_order_bid_row rows[GV_ORDER_PAGE];
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    uint32_t count = 0;
    const uint64_t id = announced();
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(gv_orders_bid(id, names[i], 50, 40, NULL), GV_OK);
    }
    assert_int_equal(
        gv_engine_order_bids(gv_world_engine(), id, UINT64_MAX, GV_ORDER_PAGE, rows, &count, NULL),
        GV_OK);
    assert_int_equal(count, 5);
    assert_string_equal(rows[0].bid.solver.text, "e");
    restart();
    assert_int_equal(gv_orders_tick_after(5), GV_OK);
    assert_string_equal(gv_orders_row(id).order.commitment.solver.text, "e");
}

static void nothing_has_happened_when_storage_refuses(void **state)
{
    (void)state;
    const uint64_t id = announced();
    gv_world_refuse_commit();
    assert_int_equal(gv_orders_bid(id, "s1", 50, 40, NULL), GV_ERR_STORAGE);
    gv_world_refuse_commit();
    assert_int_equal(gv_orders_add(1), 0);
    gv_world_refuse_commit();
    assert_int_equal(gv_orders_tick_after(5), GV_ERR_STORAGE);
    assert_int_equal(gv_orders_state(id), GV_ORDER_IN_AUCTION);
    assert_int_equal(gv_orders_events("BidReceived"), 0);
    assert_int_equal(gv_orders_bid(id, "s1", 50, 40, NULL), GV_OK);
    assert_int_equal(gv_orders_tick_after(0), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_COMMITTED);
}

static void a_failure_counts_and_cools_the_solver_down(void **state)
{
    (void)state;
    config.cooldown_s = 60;
    const uint64_t id = committed("s1", NULL);
    assert_int_equal(gv_orders_tick_after(13), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_EXPIRED);
    const uint64_t next = announced();
    assert_int_equal(gv_orders_bid(next, "s1", 500, 50, NULL), GV_OK);
    assert_int_equal(gv_orders_bid(next, "s2", 1, 50, NULL), GV_OK);
    assert_int_equal(gv_orders_tick_after(5), GV_OK);
    assert_string_equal(gv_orders_row(next).order.commitment.solver.text, "s2");
    static struct gv_solver_status solvers[GV_SOLVERS_MAX];
    assert_int_equal(gv_engine_solvers(gv_world_engine(), solvers), 2);
    assert_int_equal(solvers[0].solver.failures, 1);
    assert_int_equal(solvers[0].solver.wins, 0);
    assert_int_equal(gv_orders_tick_after(50), GV_OK);
    const uint64_t later = announced();
    assert_int_equal(gv_orders_bid(later, "s1", 500, 50, NULL), GV_OK);
    assert_int_equal(gv_orders_tick_after(5), GV_OK); /* the sixtieth second after the failure */
    assert_string_equal(gv_orders_row(later).order.commitment.solver.text, "s1");
    assert_int_equal(gv_orders_claim(later, "s1", NULL), GV_OK);
    assert_int_equal(gv_orders_tick_after(13), GV_OK);
    assert_int_equal(gv_engine_solvers(gv_world_engine(), solvers), 2);
    assert_int_equal(solvers[0].solver.wins, 1);
    assert_int_equal(solvers[0].solver.failures, 1);
}

static void a_module_that_is_off_says_so(void **state)
{
    (void)state;
    struct gv_fail fail;
    struct gv_orders_status status;
    struct gv_order_row row;
    assert_true(gv_orders_verified());
    gv_orders_world_close();
    assert_int_equal(gv_world_open(true), GV_OK);
    assert_int_equal(gv_engine_order_get(gv_world_engine(), 1, &row, &fail), GV_ERR_UNAVAILABLE);
    assert_string_equal(fail.code, "orders.off");
    gv_engine_orders_status(gv_world_engine(), &status);
    assert_false(status.on);
    gv_world_close();
    gv_world_set_orders(&config);
    assert_int_equal(gv_world_open(true), GV_OK);
}

/* A larger board, or another release, has left them. */
static void stored_bids_without_a_place_keep_no_box_from_starting(void **state)
{
    (void)state;
    const uint64_t id = gv_orders_add(1);
    assert_int_equal(gv_orders_tick_after(0), GV_OK);
    assert_int_equal(gv_orders_bid(id, "s1", 200, 50, NULL), GV_OK);
    gv_world_sql(
        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
        "INSERT INTO oa_bid SELECT seq + i, order_id, solver_id, max_input, rate_text, "
        "min_output, valid_till, received_at, peer FROM oa_bid, n");
    gv_world_restart();
    assert_int_equal(gv_orders_state(id), GV_ORDER_IN_AUCTION);
    assert_int_equal(gv_orders_tick_after(5), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_COMMITTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_order_goes_from_pending_to_fulfilled),
        TEST(seven_orders_come_in_batches_and_expire_once_without_bids),
        TEST(an_order_that_waited_for_its_batch_gets_its_time_for_bids),
        TEST(the_originals_rule_counts_from_the_creation),
        TEST(what_is_not_due_is_refused_counted_and_named),
        TEST(a_claim_counts_until_the_deadline_and_then_stays),
        TEST(an_order_never_returns_to_who_failed_it_also_after_a_restart),
        TEST(a_commitment_is_told_again_after_a_restart_and_not_made_anew),
        TEST(a_commitment_that_was_claimed_is_not_told_again),
        TEST(closures_of_the_selection_are_told_before_the_commitments_of_the_judgement),
        TEST(the_demo_adds_an_order_in_the_first_tick_and_every_second_one),
        TEST(a_stored_claim_is_judged_after_the_downtime),
        TEST(a_step_of_the_wall_clock_moves_no_deadline),
        TEST(the_clock_never_goes_behind_what_is_stored),
        TEST(the_first_event_that_was_changed_is_named),
        TEST(equal_bids_are_all_stored_and_the_last_wins),
        TEST(nothing_has_happened_when_storage_refuses),
        TEST(a_failure_counts_and_cools_the_solver_down),
        TEST(stored_bids_without_a_place_keep_no_box_from_starting),
        TEST(a_module_that_is_off_says_so),
    };
    return cmocka_run_group_tests_name("order_auction", tests, NULL, NULL);
}
