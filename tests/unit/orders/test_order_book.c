/* Shows: the rules of batch, selection, reassignment, claim and expiry, one by one, and the limits. */
#include "app/auction/orders/book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct gv_order_book book;

static struct {
    uint32_t count;
    struct gv_order_step steps[256];
    const char *refused; /* solver whose bids may not be committed */
} told;

static void on_step(void *ctx, const struct gv_order_step *step)
{
    (void)ctx;
    assert_true(told.count < sizeof(told.steps) / sizeof(told.steps[0]));
    told.steps[told.count++] = *step;
}

static bool on_may_commit(void *ctx, const struct gv_order_bid *bid)
{
    (void)ctx;
    return told.refused == NULL || strcmp(bid->solver.text, told.refused) != 0;
}

static void tick(int64_t now_s)
{
    const struct gv_order_sink sink = {.step = on_step, .may_commit = on_may_commit, .ctx = NULL};
    told.count = 0;
    (void)gv_order_book_tick(&book, now_s, UINT32_MAX, &sink);
}

static int setup(void **state)
{
    (void)state;
    memset(&told, 0, sizeof(told));
    gv_order_book_init(&book, &gv_order_rules_default);
    return 0;
}

static void add(uint64_t id, int64_t created_s)
{
    const struct gv_order order = {.id = id, .created_s = created_s, .state = GV_ORDER_PENDING};
    assert_int_equal(gv_order_book_add(&book, &order, NULL), GV_OK);
}

static struct gv_solver_id solver(const char *text)
{
    struct gv_solver_id id;
    memset(&id, 0, sizeof(id));
    (void)snprintf(id.text, sizeof(id.text), "%s", text);
    return id;
}

static enum gv_err bid(uint64_t id, const char *who, uint64_t output, int64_t valid_till_s)
{
    const struct gv_order_bid b = {.order_id = id,
                                   .solver = solver(who),
                                   .max_input = output,
                                   .rate = 1.0,
                                   .min_output = output,
                                   .valid_till_s = valid_till_s};
    return gv_order_book_bid(&book, &b, NULL);
}

static enum gv_err claim(uint64_t id, const char *who, int64_t now_s)
{
    const struct gv_solver_id s = solver(who);
    bool repeated;
    return gv_order_book_claim(&book, id, &s, now_s, &repeated, NULL);
}

static void assert_step(uint32_t i, enum gv_order_step_kind kind, uint64_t id, const char *who)
{
    assert_true(i < told.count);
    assert_int_equal(told.steps[i].kind, kind);
    assert_int_equal(told.steps[i].order.id, id);
    if (who != NULL)
        assert_string_equal(told.steps[i].order.commitment.solver.text, who);
}

static void seven_orders_are_announced_as_five_and_two_in_order(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 7; id++)
        add(id, 100);
    tick(100);
    assert_int_equal(told.count, 5);
    for (uint32_t i = 0; i < 5; i++)
        assert_step(i, GV_ORDER_STEP_ANNOUNCED, i + 1, NULL);
    tick(102);
    assert_int_equal(told.count, 2);
    assert_step(0, GV_ORDER_STEP_ANNOUNCED, 6, NULL);
    assert_step(1, GV_ORDER_STEP_ANNOUNCED, 7, NULL);
}

static void a_pending_or_unknown_order_takes_no_bid(void **state)
{
    (void)state;
    add(1, 100);
    assert_int_equal(bid(1, "a", 5, 200), GV_ERR_STATE);
    assert_int_equal(bid(2, "a", 5, 200), GV_ERR_NOT_FOUND);
    tick(100);
    assert_int_equal(bid(1, "a", 5, 200), GV_OK);
}

static void selection_comes_five_seconds_after_creation_not_after_the_announcement(void **state)
{
    (void)state;
    add(1, 100);
    tick(103);
    assert_int_equal(bid(1, "a", 5, 200), GV_OK);
    tick(104);
    assert_int_equal(told.count, 0);
    tick(105);
    assert_step(0, GV_ORDER_STEP_SELECTED, 1, "a");
    assert_int_equal(told.steps[0].order.commitment.deadline_s, 115);
    assert_int_equal(told.steps[0].order.commitment.round, 1);
}

static void ties_go_to_the_lower_validity_then_to_the_last_received(void **state)
{
    (void)state;
    add(1, 100);
    add(2, 100);
    tick(100);
    assert_int_equal(bid(1, "late", 9, 150), GV_OK);
    assert_int_equal(bid(1, "soon", 9, 140), GV_OK);
    assert_int_equal(bid(1, "high", 8, 130), GV_OK);
    assert_int_equal(bid(2, "first", 9, 140), GV_OK);
    assert_int_equal(bid(2, "last", 9, 140), GV_OK);
    tick(105);
    assert_step(0, GV_ORDER_STEP_SELECTED, 1, "soon");
    assert_step(1, GV_ORDER_STEP_SELECTED, 2, "last");
}

static void reassignment_goes_to_the_last_received_whatever_its_validity(void **state)
{
    (void)state;
    add(1, 100);
    tick(100);
    assert_int_equal(bid(1, "best", 10, 200), GV_OK);
    assert_int_equal(bid(1, "soon", 9, 140), GV_OK);
    assert_int_equal(bid(1, "last", 9, 150), GV_OK);
    tick(105);
    assert_step(0, GV_ORDER_STEP_SELECTED, 1, "best");
    tick(117);
    assert_int_equal(told.count, 0); /* the grace: not after 115 + 2 */
    tick(118);
    assert_step(0, GV_ORDER_STEP_FAILED, 1, "best");
    assert_step(1, GV_ORDER_STEP_REASSIGNED, 1, "last");
    assert_string_equal(told.steps[1].prev_solver.text, "best");
    assert_int_equal(told.steps[1].order.commitment.round, 2);
}

static void a_bid_that_leaves_less_than_four_seconds_is_passed_over(void **state)
{
    (void)state;
    add(1, 100);
    add(2, 100);
    tick(100);
    assert_int_equal(bid(1, "now", 9, 105), GV_OK);
    assert_int_equal(bid(1, "short", 9, 108), GV_OK);
    assert_int_equal(bid(2, "enough", 9, 109), GV_OK);
    tick(105);
    assert_step(0, GV_ORDER_STEP_EXPIRED, 1, NULL);
    assert_step(1, GV_ORDER_STEP_SELECTED, 2, "enough");
    assert_int_equal(told.steps[1].order.commitment.deadline_s, 109);
}

static void an_order_without_bids_expires_once(void **state)
{
    (void)state;
    add(1, 100);
    tick(100);
    tick(105);
    assert_int_equal(told.count, 1);
    assert_step(0, GV_ORDER_STEP_EXPIRED, 1, NULL);
    tick(107);
    assert_int_equal(told.count, 0);
    assert_null(gv_order_book_find(&book, 1));
    assert_int_equal(bid(1, "a", 5, 200), GV_ERR_NOT_FOUND);
}

static void a_claim_in_the_second_of_the_deadline_fulfils_and_one_later_does_not(void **state)
{
    (void)state;
    add(1, 100);
    add(2, 100);
    tick(100);
    assert_int_equal(bid(1, "a", 5, 200), GV_OK);
    assert_int_equal(bid(2, "a", 5, 200), GV_OK);
    assert_int_equal(claim(1, "a", 101), GV_ERR_STATE); /* before the commitment */
    tick(105);
    assert_int_equal(claim(1, "b", 106), GV_ERR_FORBIDDEN);
    assert_int_equal(claim(1, "a", 115), GV_OK);
    assert_int_equal(claim(1, "a", 117), GV_OK); /* a forged late copy changes nothing */
    assert_int_equal(claim(2, "a", 116), GV_ERR_STATE);
    tick(118);
    assert_step(0, GV_ORDER_STEP_FULFILLED, 1, "a");
    assert_step(1, GV_ORDER_STEP_FAILED, 2, "a");
    assert_step(2, GV_ORDER_STEP_EXPIRED, 2, NULL);
}

static void a_solver_that_failed_never_gets_the_order_again(void **state)
{
    (void)state;
    add(1, 100);
    tick(100);
    assert_int_equal(bid(1, "a", 9, 300), GV_OK);
    assert_int_equal(bid(1, "a", 8, 300), GV_OK);
    assert_int_equal(bid(1, "b", 7, 300), GV_OK);
    tick(105);
    assert_int_equal(bid(1, "late", 1, 300), GV_OK); /* while committed: for the case of failure */
    tick(118);
    assert_step(1, GV_ORDER_STEP_REASSIGNED, 1, "b");
    assert_int_equal(bid(1, "a", 99, 300), GV_ERR_STATE);
    tick(131);
    assert_step(1, GV_ORDER_STEP_REASSIGNED, 1, "late");
    tick(144);
    assert_step(1, GV_ORDER_STEP_EXPIRED, 1, NULL);
}

static void the_original_rule_goes_back_to_an_earlier_failure(void **state)
{
    (void)state;
    struct gv_order_rules rules = gv_order_rules_default;
    rules.original = true;
    gv_order_book_init(&book, &rules);
    add(1, 100);
    tick(100);
    assert_int_equal(bid(1, "a", 9, 300), GV_OK);
    assert_int_equal(bid(1, "b", 7, 300), GV_OK);
    tick(105);
    tick(118);
    assert_step(1, GV_ORDER_STEP_REASSIGNED, 1, "b");
    tick(131);
    assert_step(1, GV_ORDER_STEP_REASSIGNED, 1, "a");
}

static void a_bid_without_cover_is_passed_over(void **state)
{
    (void)state;
    add(1, 100);
    tick(100);
    assert_int_equal(bid(1, "poor", 9, 300), GV_OK);
    assert_int_equal(bid(1, "rich", 7, 300), GV_OK);
    told.refused = "poor";
    tick(105);
    assert_step(0, GV_ORDER_STEP_SELECTED, 1, "rich");
}

static void bids_of_one_solver_of_one_order_and_of_all_are_limited(void **state)
{
    (void)state;
    const uint32_t orders = GV_ORDER_BIDS_MAX / GV_ORDER_BIDS_PER_ORDER + 1;
    for (uint64_t id = 1; id <= orders; id++)
        add(id, 100);
    for (uint32_t i = 0; i < orders; i += gv_order_rules_default.batch)
        tick(100);
    for (uint32_t i = 0; i < GV_ORDER_BIDS_PER_SOLVER; i++)
        assert_int_equal(bid(1, "greedy", i, 300), GV_OK);
    assert_int_equal(bid(1, "greedy", 99, 300), GV_ERR_FULL);

    uint32_t taken = GV_ORDER_BIDS_PER_SOLVER;
    for (uint64_t id = 1; id <= orders; id++) {
        for (uint32_t i = 0; i <= GV_ORDER_BIDS_PER_ORDER; i++) {
            char who[16];
            (void)snprintf(who, sizeof(who), "s%u", i / GV_ORDER_BIDS_PER_SOLVER);
            taken += bid(id, who, i, 300) == GV_OK;
        }
        assert_true(taken <= id * GV_ORDER_BIDS_PER_ORDER);
    }
    assert_int_equal(taken, GV_ORDER_BIDS_MAX);
    tick(105);  /* all are committed */
    tick(118);  /* all have failed once */
    tick(1000); /* and whatever came after is over */
    tick(2000);
    assert_int_equal(book.bid_count, 0);
    assert_int_equal(book.count, 0);
}

static void what_is_too_much_for_one_tick_goes_on_in_the_next(void **state)
{
    (void)state;
    const struct gv_order_sink sink = {.step = on_step};
    for (uint64_t id = 1; id <= 5; id++)
        add(id, 100);
    tick(100);
    for (uint32_t round = 0; round < 3; round++) {
        const uint32_t left = 5 - 2 * round;
        told.count = 0;
        assert_int_equal(gv_order_book_tick(&book, 105, 2, &sink), left > 2);
        assert_int_equal(told.count, left > 2 ? 2 : left);
        assert_step(0, GV_ORDER_STEP_EXPIRED, 2 * round + 1, NULL);
    }
    assert_int_equal(book.count, 0);
}

static void a_full_book_says_so(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= GV_ORDERS_MAX; id++)
        add(id, 100);
    const struct gv_order order = {.id = GV_ORDERS_MAX + 1, .created_s = 100};
    assert_int_equal(gv_order_book_add(&book, &order, NULL), GV_ERR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(seven_orders_are_announced_as_five_and_two_in_order, setup),
        cmocka_unit_test_setup(a_pending_or_unknown_order_takes_no_bid, setup),
        cmocka_unit_test_setup(
            selection_comes_five_seconds_after_creation_not_after_the_announcement, setup),
        cmocka_unit_test_setup(ties_go_to_the_lower_validity_then_to_the_last_received, setup),
        cmocka_unit_test_setup(reassignment_goes_to_the_last_received_whatever_its_validity, setup),
        cmocka_unit_test_setup(a_bid_that_leaves_less_than_four_seconds_is_passed_over, setup),
        cmocka_unit_test_setup(an_order_without_bids_expires_once, setup),
        cmocka_unit_test_setup(a_claim_in_the_second_of_the_deadline_fulfils_and_one_later_does_not,
                               setup),
        cmocka_unit_test_setup(a_solver_that_failed_never_gets_the_order_again, setup),
        cmocka_unit_test_setup(the_original_rule_goes_back_to_an_earlier_failure, setup),
        cmocka_unit_test_setup(a_bid_without_cover_is_passed_over, setup),
        cmocka_unit_test_setup(bids_of_one_solver_of_one_order_and_of_all_are_limited, setup),
        cmocka_unit_test_setup(what_is_too_much_for_one_tick_goes_on_in_the_next, setup),
        cmocka_unit_test_setup(a_full_book_says_so, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
