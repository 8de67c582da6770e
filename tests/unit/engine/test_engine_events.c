/* Shows what the live stream is told and when: after the commit, once, in order, with the market already
 * showing it; nothing for a refused batch or a heartbeat. */
#include "tests/support/engine_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    EVENTS_MAX = 64
};

static struct gv_event events[EVENTS_MAX];
static uint32_t count;

static void take(void *ctx, const struct gv_event *event)
{
    struct gv_market_head head;
    (void)ctx;
    assert_true(count < EVENTS_MAX);
    gv_market_head(gv_world_market(), &head);
    assert_int_equal(head.sequence, event->sequence);
    events[count] = *event;
    count++;
}

static int set_up(void **state)
{
    (void)state;
    gv_world_format();
    gv_world_set_event_sink(take, NULL);
    count = 0;
    assert_int_equal(gv_world_open(true), GV_OK);
    assert_int_equal(gv_world_start(990), GV_OK);
    count = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gv_world_close();
    gv_world_set_event_sink(NULL, NULL);
    return 0;
}

static void assert_event(uint32_t at, enum gv_event_kind kind, uint64_t id, bool sold)
{
    assert_true(at < count);
    assert_int_equal(events[at].kind, kind);
    assert_int_equal(events[at].id, id);
    assert_int_equal(events[at].sold, sold);
}

static void a_new_listing_and_each_of_its_rungs_are_told(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    uint64_t id = gv_world_list(&offer);
    assert_int_equal(count, 1);
    assert_event(0, GV_EVENT_LISTING, id, false);
    gv_world_mine_to(999);
    assert_int_equal(count, 1 + 9); /* nine tips, no change of the row */
    gv_world_mine_to(1000);
    assert_int_equal(count, 1 + 9 + 2);
    assert_event(10, GV_EVENT_TIP, 0, false);
    assert_event(11, GV_EVENT_LISTING, id, false);
    assert_true(events[11].sequence > events[0].sequence);
}

static void a_sale_is_told_once_and_again_after_it_was_undone(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    struct gv_outpoint outpoint = gv_offer_outpoint(&offer);
    uint64_t id = gv_world_list(&offer);
    gv_world_mine_to(1000);
    count = 0;
    struct gv_spend_evidence sale = gv_world_sale(&offer, 1000, 1);
    assert_int_equal(gv_engine_mempool_spend(gv_world_engine(), &sale), GV_OK);
    assert_int_equal(gv_engine_mempool_spend(gv_world_engine(), &sale), GV_OK);
    assert_int_equal(count, 1);
    assert_event(0, GV_EVENT_LISTING, id, true);
    assert_int_equal(gv_world_mine(0, &sale, 1), GV_OK);
    assert_int_equal(count, 3);
    assert_event(2, GV_EVENT_LISTING, id, false); /* confirmed: it was sold before */
    gv_world_unwind_to(1000);
    assert_int_equal(gv_engine_mempool_clear(gv_world_engine(), &outpoint), GV_OK);
    count = 0;
    assert_int_equal(gv_engine_mempool_spend(gv_world_engine(), &sale), GV_OK);
    assert_event(0, GV_EVENT_LISTING, id, true);
}

static void a_refused_batch_and_a_heartbeat_are_not_told(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    uint64_t id = 0;
    gv_world_refuse_commit();
    assert_int_equal(gv_world_create(&offer, &id, NULL), GV_ERR_STORAGE);
    assert_int_equal(gv_world_node(true), GV_OK);
    assert_int_equal(count, 0);
    assert_int_equal(gv_world_node(false), GV_OK);
    assert_int_equal(count, 1);
    assert_event(0, GV_EVENT_TIP, 0, false);
}

static void many_changed_rows_are_one_event(void **state)
{
    (void)state;
    for (uint32_t i = 0; i <= GV_EVENT_ROWS_MAX; i++) {
        struct gv_offer offer = gv_offer_of(i);
        (void)gv_world_list(&offer);
    }
    gv_world_mine_to(999);
    count = 0;
    gv_world_mine_to(1000);
    assert_int_equal(count, 2);
    assert_event(0, GV_EVENT_TIP, 0, false);
    assert_event(1, GV_EVENT_LISTINGS, 0, false);
}

static void a_restart_tells_of_no_sale(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    (void)gv_world_list(&offer);
    struct gv_spend_evidence sale = gv_world_sale(&offer, 1000, 1);
    assert_int_equal(gv_world_mine(0, &sale, 1), GV_OK);
    count = 0;
    gv_world_restart();
    for (uint32_t i = 0; i < count; i++) {
        assert_false(events[i].sold);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_listing_and_each_of_its_rungs_are_told),
        TEST(a_sale_is_told_once_and_again_after_it_was_undone),
        TEST(a_refused_batch_and_a_heartbeat_are_not_told),
        TEST(many_changed_rows_are_one_event),
        TEST(a_restart_tells_of_no_sale),
    };
    return cmocka_run_group_tests_name("engine_events", tests, NULL, NULL);
}
