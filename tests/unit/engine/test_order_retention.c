/* Shows that orders and their log stay as long as they must and no longer: what is old goes a few rows at a
 * time, what is left can be verified from the stored hash on, and no number is given out twice. */
#include "tests/support/orders_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum {
    KEEP_S = 86400
};

static struct gv_engine_orders_config config;

static int set_up(void **state)
{
    (void)state;
    config = gv_orders_claim_mode;
    config.keep_s = KEEP_S;
    gv_orders_world_open(&config);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gv_orders_world_close();
    return 0;
}

static struct gv_orders_status status(void)
{
    struct gv_orders_status now;
    gv_engine_orders_status(gv_world_engine(), &now);
    return now;
}

static bool is_there(uint64_t id)
{
    struct gv_order_row row;
    return gv_engine_order_get(gv_world_engine(), id, &row, NULL) == GV_OK;
}

/* An order with `bids` bids that ends fulfilled. */
static uint64_t ended(uint32_t bids)
{
    const uint64_t id = gv_orders_add(1);
    assert_int_equal(gv_orders_tick_after(0), GV_OK);
    for (uint32_t i = 0; i < bids; i++) {
        assert_int_equal(gv_orders_bid(id, "s1", 200, 50, NULL), GV_OK);
    }
    assert_int_equal(gv_orders_tick_after(5), GV_OK);
    assert_int_equal(gv_orders_claim(id, "s1", NULL), GV_OK);
    assert_int_equal(gv_orders_tick_after(13), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_FULFILLED);
    return id;
}

static void what_is_old_goes_and_the_rest_is_still_verified(void **state)
{
    (void)state;
    uint32_t count = 1;
    struct gv_order_bid_row bids[2];
    const uint64_t old = ended(2);
    const uint64_t old_events = status().newest_event;
    assert_int_equal(gv_orders_tick_after(KEEP_S / 2), GV_OK);
    const uint64_t young = ended(1);
    assert_int_equal(status().oldest_event, 1);
    assert_int_equal(gv_orders_tick_after(KEEP_S / 2), GV_OK);
    assert_false(is_there(old));
    assert_true(is_there(young));
    assert_int_equal(
        gv_engine_order_bids(gv_world_engine(), old, UINT64_MAX, 2, bids, &count, NULL), GV_OK);
    assert_int_equal(count, 0);
    assert_int_equal(status().oldest_event, old_events + 1);
    assert_int_equal(gv_orders_events("OrderFulfilled"), 1);
    assert_true(gv_orders_verified());
}

static void no_number_is_given_out_twice_when_nothing_is_left(void **state)
{
    (void)state;
    struct gv_order_bid_row bids[2];
    uint32_t count = 0;
    const uint64_t last = ended(2);
    const uint64_t events = status().newest_event;
    assert_int_equal(gv_orders_tick_after(KEEP_S + 60), GV_OK);
    assert_int_equal(status().oldest_event, events + 1);
    gv_world_close();
    assert_int_equal(gv_world_open(true), GV_OK);
    assert_int_equal(status().newest_event, events);
    const uint64_t next = ended(1);
    assert_int_equal(next, last + 1);
    assert_int_equal(
        gv_engine_order_bids(gv_world_engine(), next, UINT64_MAX, 2, bids, &count, NULL), GV_OK);
    assert_int_equal(count, 1);
    assert_int_equal(bids[0].seq, 3);
    assert_true(gv_orders_verified());
}

static void an_order_that_is_open_stays_however_old_it_is(void **state)
{
    (void)state;
    gv_world_close();
    config.rules.collect_s = 3 * KEEP_S;
    assert_int_equal(gv_world_open(true), GV_OK);
    const uint64_t id = gv_orders_add(1);
    assert_int_equal(gv_orders_tick_after(0), GV_OK);
    assert_int_equal(gv_orders_tick_after(2 * KEEP_S), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_IN_AUCTION);
    assert_true(gv_orders_verified());
}

static void one_tick_deletes_a_few_rows(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        (void)ended(32);
    }
    const uint64_t events = status().newest_event;
    assert_true(events > 512);
    assert_int_equal(gv_orders_tick_after(KEEP_S + 60), GV_OK);
    assert_int_equal(status().events_cut, 256);
    assert_int_equal(status().orders_cut, 8); /* which had 256 bids */
    assert_true(gv_orders_verified());
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(gv_orders_tick_after(0), GV_OK); /* it goes on with each */
    }
    assert_int_equal(status().orders_cut, 20);
    assert_int_equal(status().events_cut, events);
}

static void everything_stays_where_that_is_wanted(void **state)
{
    (void)state;
    gv_world_close();
    config.keep_s = 0;
    assert_int_equal(gv_world_open(true), GV_OK);
    const uint64_t id = ended(1);
    assert_int_equal(gv_orders_tick_after(100 * KEEP_S), GV_OK);
    assert_true(is_there(id));
    assert_int_equal(status().oldest_event, 1);
}

static void assert_broken(const char *first_bad)
{
    struct gv_orders_verified verified;
    struct gv_fail fail;
    assert_int_equal(gv_engine_orders_verify(gv_world_engine(), &verified, &fail), GV_ERR_CRYPTO);
    assert_non_null(strstr(fail.text, first_bad));
}

static void a_change_at_the_cut_is_found(void **state)
{
    (void)state;
    (void)ended(2); /* 7 events */
    assert_int_equal(gv_orders_tick_after(KEEP_S / 2), GV_OK);
    (void)ended(1);
    assert_int_equal(gv_orders_tick_after(KEEP_S / 2), GV_OK);
    assert_int_equal(status().oldest_event, 8);
    assert_true(gv_orders_verified());
    gv_world_sql("UPDATE oa_cut SET event_hash = prev_hash FROM oa_event WHERE seq = 9");
    assert_broken("event 8 ");
    gv_world_sql("UPDATE oa_cut SET event_hash = prev_hash FROM oa_event WHERE seq = 8");
    assert_true(gv_orders_verified());
    gv_world_sql("DELETE FROM oa_event WHERE seq = 8");
    assert_broken("event 8 ");
}

static void a_refused_commit_deletes_nothing(void **state)
{
    (void)state;
    const uint64_t id = ended(1);
    const uint64_t events = status().newest_event;
    gv_world_refuse_commit();
    assert_int_equal(gv_orders_tick_after(KEEP_S + 60), GV_ERR_STORAGE);
    assert_true(is_there(id));
    assert_int_equal(status().oldest_event, 1);
    assert_int_equal(status().orders_cut, 0);
    assert_int_equal(gv_orders_tick_after(0), GV_OK);
    assert_false(is_there(id));
    assert_int_equal(status().oldest_event, events + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_old_goes_and_the_rest_is_still_verified),
        TEST(no_number_is_given_out_twice_when_nothing_is_left),
        TEST(an_order_that_is_open_stays_however_old_it_is),
        TEST(one_tick_deletes_a_few_rows),
        TEST(everything_stays_where_that_is_wanted),
        TEST(a_change_at_the_cut_is_found),
        TEST(a_refused_commit_deletes_nothing),
    };
    return cmocka_run_group_tests_name("order_retention", tests, NULL, NULL);
}
