/* Shows that the market finds rows by id, lists them newest first, resumes where a reader stopped,
 * counts statuses and drops retired rows. */
#include "app/engine/market.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct gv_market market;

static void render_nothing(struct gv_market_row *row, struct gv_view psbt)
{
    (void)row;
    (void)psbt;
}

static void add(uint64_t id, enum gv_dutch_status status)
{
    struct gv_market_row *row = gv_market_row_for(&market, id);
    assert_non_null(row);
    row->status = status;
}

/* Ids 10, 20, 30, 40. */
static int set_up(void **state)
{
    (void)state;
    gv_market_init(&market, render_nothing, 6);
    gv_market_write_begin(&market);
    add(10, GV_DUTCH_ACTIVE);
    add(20, GV_DUTCH_SOLD);
    add(30, GV_DUTCH_ACTIVE);
    add(40, GV_DUTCH_UPCOMING);
    assert_int_equal(gv_market_write_end(&market), 1);
    return 0;
}

struct walk {
    uint64_t ids[8];
    uint32_t n;
    uint32_t stop_after;
};

static bool collect(void *ctx, const struct gv_market_row *row)
{
    struct walk *walk = ctx;
    if (walk->n == walk->stop_after) {
        return false;
    }
    walk->ids[walk->n] = row->listing.id;
    walk->n++;
    return true;
}

static void copy_id(void *ctx, const struct gv_market_row *row)
{
    uint64_t *id = ctx;
    *id = row->listing.id;
}

static void rows_are_found_by_id(void **state)
{
    (void)state;
    uint64_t id = 0;
    assert_int_equal(gv_market_with(&market, 30, NULL, copy_id, &id), GV_OK);
    assert_int_equal(id, 30);
    assert_int_equal(gv_market_with(&market, 0, NULL, copy_id, &id), GV_ERR_NOT_FOUND);
    assert_int_equal(gv_market_with(&market, 25, NULL, copy_id, &id), GV_ERR_NOT_FOUND);
    assert_int_equal(gv_market_with(&market, UINT64_MAX, NULL, copy_id, &id), GV_ERR_NOT_FOUND);
}

static void rows_come_newest_first(void **state)
{
    (void)state;
    struct walk walk = {.stop_after = 8};
    assert_int_equal(gv_market_each(&market, 0, NULL, collect, &walk), 0);
    assert_int_equal(walk.n, 4);
    assert_int_equal(walk.ids[0], 40);
    assert_int_equal(walk.ids[3], 10);
}

static void a_stopped_walk_resumes_without_gap_or_repeat(void **state)
{
    (void)state;
    struct walk walk = {.stop_after = 2};
    uint64_t stopped_at = gv_market_each(&market, 0, NULL, collect, &walk);
    assert_int_equal(stopped_at, 20);
    walk.stop_after = 8;
    assert_int_equal(gv_market_each(&market, stopped_at + 1, NULL, collect, &walk), 0);
    assert_int_equal(walk.n, 4);
    assert_int_equal(walk.ids[2], 20);
    assert_int_equal(walk.ids[3], 10);
}

static void the_head_counts_statuses_and_publications(void **state)
{
    (void)state;
    struct gv_market_head head;
    gv_market_write_begin(&market);
    add(50, GV_DUTCH_ACTIVE);
    (void)gv_market_write_end(&market);
    gv_market_head(&market, &head);
    assert_int_equal(head.sequence, 2);
    assert_int_equal(head.count, 5);
    assert_int_equal(head.status_counts[GV_DUTCH_ACTIVE], 3);
    assert_int_equal(head.status_counts[GV_DUTCH_SOLD], 1);
    assert_int_equal(head.final_depth, 6);
}

static void a_dropped_row_is_gone_and_the_rest_stays_in_order(void **state)
{
    (void)state;
    uint64_t id = 0;
    struct walk walk = {.stop_after = 8};
    gv_market_write_begin(&market);
    gv_market_row_drop(&market, 20);
    gv_market_row_drop(&market, 21); /* not there: nothing happens */
    (void)gv_market_write_end(&market);
    assert_int_equal(gv_market_with(&market, 20, NULL, copy_id, &id), GV_ERR_NOT_FOUND);
    assert_int_equal(gv_market_each(&market, 0, NULL, collect, &walk), 0);
    assert_int_equal(walk.n, 3);
    assert_int_equal(walk.ids[1], 30);
}

static void a_full_market_takes_no_further_row(void **state)
{
    (void)state;
    gv_market_write_begin(&market);
    for (uint64_t id = 100; market.count < GV_LISTINGS_MAX; id++) {
        assert_non_null(gv_market_row_for(&market, id));
    }
    assert_null(gv_market_row_for(&market, 100000));
    assert_non_null(gv_market_row_for(&market, 40));
    (void)gv_market_write_end(&market);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rows_are_found_by_id, set_up),
        cmocka_unit_test_setup(rows_come_newest_first, set_up),
        cmocka_unit_test_setup(a_stopped_walk_resumes_without_gap_or_repeat, set_up),
        cmocka_unit_test_setup(the_head_counts_statuses_and_publications, set_up),
        cmocka_unit_test_setup(a_dropped_row_is_gone_and_the_rest_stays_in_order, set_up),
        cmocka_unit_test_setup(a_full_market_takes_no_further_row, set_up),
    };
    return cmocka_run_group_tests_name("market", tests, NULL, NULL);
}
