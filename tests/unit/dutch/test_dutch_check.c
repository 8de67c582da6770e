/* Shows: the rules on an upload's numbers and ladder (rows 7, 8, 34 to 37 of tests/api/cases.md).
 * How: one good upload, then each rule broken alone; the code names the rule that refused. */
#include "app/auction/dutch/dutch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct gv_dutch_numbers good = {
    .start_block = 1000,
    .end_block = 1010,
    .blocks_after_end = 5,
    .start_price = 20000,
    .end_price = 10000,
    .price_decrement = 1000,
};

static void assert_numbers(struct gv_dutch_numbers n, const char *code)
{
    struct gv_fail fail = {0};
    const enum gv_err err = gv_dutch_check_numbers(&n, &fail);
    if (code == NULL) {
        assert_int_equal(err, GV_OK);
        return;
    }
    assert_int_equal(err, GV_ERR_INVALID);
    assert_string_equal(fail.code, code);
    assert_true(fail.pointer[0] == '/');
}

static void good_numbers_pass(void **state)
{
    (void)state;
    assert_numbers(good, NULL);
}

static void each_number_is_held_to_its_range(void **state)
{
    (void)state;
    struct gv_dutch_numbers n = good;
    n.start_block = 0;
    assert_numbers(n, "dutch.range");
    n = good;
    n.end_block = 500000000;
    assert_numbers(n, "dutch.range");
    n = good;
    n.blocks_after_end = -1;
    assert_numbers(n, "dutch.range");
    n.blocks_after_end = GV_DUTCH_BLOCKS_AFTER_END_MAX + 1;
    assert_numbers(n, "dutch.range");
    n.blocks_after_end = GV_DUTCH_BLOCKS_AFTER_END_MAX;
    assert_numbers(n, NULL);
    n = good;
    n.end_price = 0;
    assert_numbers(n, "dutch.range");
    n = good;
    n.start_price = (int64_t)GV_SAT_MAX + 1;
    assert_numbers(n, "dutch.range");
    n = good;
    n.price_decrement = -1;
    assert_numbers(n, "dutch.range");
    n.price_decrement = INT64_MAX;
    assert_numbers(n, "dutch.range");
}

static void row_7_fixed_price_is_one_block_one_price_no_decrement(void **state)
{
    (void)state;
    struct gv_dutch_numbers n = good;
    n.end_block = n.start_block;
    n.end_price = n.start_price;
    n.price_decrement = 0;
    assert_numbers(n, NULL);
}

static void row_8_half_fixed_prices_are_refused(void **state)
{
    (void)state;
    struct gv_dutch_numbers n = good;
    n.end_block = n.start_block;
    assert_numbers(n, "dutch.fixed_price");
    n.end_price = n.start_price;
    assert_numbers(n, "dutch.fixed_price"); /* decrement still above 0 */
    n = good;
    n.end_price = n.start_price;
    assert_numbers(n, "dutch.not_falling");
    n = good;
    n.price_decrement = 0;
    assert_numbers(n, "dutch.no_decrement");
    n = good;
    n.end_block = 999;
    assert_numbers(n, "dutch.end_before_start");
}

static void row_36_slope_may_miss_by_one_satoshi_per_block(void **state)
{
    (void)state;
    struct gv_dutch_numbers n = good; /* ten blocks: a miss of 10 passes, 11 does not */
    n.end_price = 10010;
    assert_numbers(n, NULL);
    n.end_price = 10011;
    assert_numbers(n, "dutch.slope");
    n.end_price = 9990;
    assert_numbers(n, NULL);
    n.end_price = 9989;
    assert_numbers(n, "dutch.slope");
}

static void ladder_length_is_limited(void **state)
{
    (void)state;
    struct gv_dutch_numbers n = good;
    n.end_block = n.start_block + GV_RUNGS_MAX;
    assert_numbers(n, "dutch.too_long");
    n.end_block = n.start_block + GV_RUNGS_MAX - 1;
    n.start_price = 20000;
    n.price_decrement = 1;
    n.end_price = 20000 - (GV_RUNGS_MAX - 1);
    assert_numbers(n, NULL);
}

/* ---- ladder ---- */

struct ladder {
    struct gv_dutch_rung rungs[16];
    uint16_t order[16];
    uint32_t count;
};

static struct ladder good_ladder(void)
{
    struct ladder l = {.count = 11};
    for (uint32_t i = 0; i < 11; i++) {
        l.rungs[i].block = 1000 + i;
        l.rungs[i].price.v = 20000 - 1000 * i;
    }
    return l;
}

static void assert_ladder(struct ladder *l, const char *code, const char *pointer)
{
    struct gv_fail fail = {0};
    const enum gv_err err = gv_dutch_check_ladder(&good, l->rungs, l->order, l->count, &fail);
    if (code == NULL) {
        assert_int_equal(err, GV_OK);
        return;
    }
    assert_int_equal(err, GV_ERR_INVALID);
    assert_string_equal(fail.code, code);
    assert_string_equal(fail.pointer, pointer);
}

static void ladder_is_sorted_and_remembers_the_upload_order(void **state)
{
    (void)state;
    struct ladder l = good_ladder();
    for (uint32_t i = 0; i < 11; i++) { /* reversed */
        l.rungs[i].block = 1010 - i;
        l.rungs[i].price.v = 10000 + 1000 * i;
    }
    assert_ladder(&l, NULL, NULL);
    for (uint32_t i = 0; i < 11; i++) {
        assert_int_equal(l.rungs[i].block, 1000 + i);
        assert_int_equal(l.rungs[i].price.v, 20000 - 1000 * i);
        assert_int_equal(l.order[i], 10 - i);
    }
}

static void row_34_price_may_stay_but_not_rise(void **state)
{
    (void)state;
    struct ladder l = good_ladder();
    l.rungs[5].price.v = l.rungs[4].price.v;
    assert_ladder(&l, NULL, NULL);
    l = good_ladder();
    l.rungs[5].price.v = l.rungs[4].price.v + 1;
    assert_ladder(&l, "dutch.price_rises", "/psbts/5/price_sats");
}

static void row_35_blocks_are_complete_inside_and_unique(void **state)
{
    (void)state;
    struct ladder l = good_ladder();
    l.rungs[3].block = 1004;
    assert_ladder(&l, "dutch.block_twice", "/psbts/4/block_number");
    l = good_ladder();
    l.rungs[3].block = 1011;
    assert_ladder(&l, "dutch.block_outside", "/psbts/3/block_number");
    l.rungs[3].block = 999;
    assert_ladder(&l, "dutch.block_outside", "/psbts/3/block_number");
    l.rungs[3].block = UINT32_MAX;
    assert_ladder(&l, "dutch.block_outside", "/psbts/3/block_number");
    l = good_ladder();
    l.count = 10; /* the last one is missing */
    assert_ladder(&l, "dutch.block_missing", "/psbts");
    l = good_ladder();
    l.rungs[11] = l.rungs[0];
    l.count = 12;
    assert_ladder(&l, "dutch.block_twice", "/psbts/11/block_number");
}

static void row_37_first_and_last_price_are_the_listed_ones(void **state)
{
    (void)state;
    struct ladder l = good_ladder();
    l.rungs[0].price.v = 20001;
    assert_ladder(&l, "dutch.first_price", "/psbts/0/price_sats");
    l = good_ladder();
    l.rungs[10].price.v = 9999;
    assert_ladder(&l, "dutch.last_price", "/psbts/10/price_sats");
}

/* ---- reserve ------------------------------------------------------------------------------------------- */

static void a_reserve_is_the_lowest_price(void **state)
{
    (void)state;
    struct gv_dutch_numbers n = good;
    struct gv_fail fail = {0};
    n.reserve = 20001; /* above the start price nothing could be sold */
    assert_numbers(n, "dutch.range");
    n.reserve = -1;
    assert_numbers(n, "dutch.range");
    n.reserve = 12500;
    assert_numbers(n, NULL);
    assert_int_equal(gv_dutch_floor(&n), 12500);
    struct ladder l = good_ladder();
    assert_int_equal(gv_dutch_check_ladder(&n, l.rungs, l.order, l.count, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "dutch.last_price"); /* a PSBT below it is not even taken */
    for (uint32_t i = 8; i < 11; i++)
        l.rungs[i].price.v = 12500;
    assert_int_equal(gv_dutch_check_ladder(&n, l.rungs, l.order, l.count, &fail), GV_OK);
    n.reserve = 5000; /* below the end price it changes nothing */
    assert_int_equal(gv_dutch_floor(&n), 10000);
    l = good_ladder();
    assert_int_equal(gv_dutch_check_ladder(&n, l.rungs, l.order, l.count, &fail), GV_OK);
}

static void a_floor_is_reached_by_its_price(void **state)
{
    (void)state;
    const struct gv_dutch_terms terms = {.end_price = {12500}, .reserve = {12500}};
    const struct gv_dutch_terms plain = {.end_price = {12500}};
    assert_true(gv_dutch_hides_floor(&terms));
    assert_false(gv_dutch_hides_floor(&plain));
    assert_false(gv_dutch_floor_reached(&terms, (struct gv_sat){12501}));
    assert_true(gv_dutch_floor_reached(&terms, (struct gv_sat){12500}));
}

/* ---- extension -------------------------------------------------------------------------------------- */

static struct gv_dutch_listing open_listing(void)
{
    return (struct gv_dutch_listing){
        .id = 1,
        .terms = {.start_block = 1000,
                  .end_block = 1010,
                  .blocks_after_end = 5,
                  .start_price = {20000},
                  .end_price = {10000}},
    };
}

static void assert_extendable(const struct gv_dutch_listing *listing, uint32_t tip, int64_t end,
                              const char *code)
{
    struct gv_fail fail = {0};
    const enum gv_err err = gv_dutch_check_extendable(listing, (struct gv_height){tip}, end, &fail);
    if (code == NULL) {
        assert_int_equal(err, GV_OK);
        return;
    }
    assert_int_not_equal(err, GV_OK);
    assert_string_equal(fail.code, code);
}

static void a_ladder_is_extended_while_it_can_be_sold_from(void **state)
{
    (void)state;
    struct gv_dutch_listing listing = open_listing();
    assert_extendable(&listing, 990, 1011, NULL); /* upcoming */
    assert_extendable(&listing, 1010, 1011, NULL);
    assert_extendable(&listing, 1014, 1015, NULL); /* finished */
    assert_extendable(&listing, 1014, 1014, "dutch.extension");
    assert_extendable(&listing, 990, 1010, "dutch.extension");
    assert_extendable(&listing, 990, 500000000, "dutch.extension");
    assert_extendable(&listing, 990, 1000 + GV_RUNGS_MAX - 1, NULL);
    assert_extendable(&listing, 990, 1000 + GV_RUNGS_MAX, "dutch.too_long");
    assert_extendable(&listing, 1015, 1020, "dutch.not_open"); /* expired */
    listing.terms.reserve.v = 10000;
    assert_extendable(&listing, 1005, 1020, "dutch.has_reserve");
    listing.terms.reserve.v = 0;
    listing.spend.state = GV_SPEND_PENDING;
    listing.spend.outcome = GV_OUTCOME_SOLD;
    assert_extendable(&listing, 1005, 1020, "dutch.not_open");
}

static void an_extension_goes_on_below_the_last_price(void **state)
{
    (void)state;
    const struct gv_dutch_terms terms = open_listing().terms;
    struct gv_fail fail = {0};
    uint16_t order[3];
    struct gv_dutch_rung rungs[3] = {{1013, {9000}}, {1011, {10000}}, {1012, {10000}}};
    assert_int_equal(gv_dutch_check_extension(&terms, 1013, rungs, order, 3, &fail), GV_OK);
    assert_int_equal(rungs[0].block, 1011);
    assert_int_equal(order[0], 1);
    rungs[0].price.v = 10001;
    assert_int_equal(gv_dutch_check_extension(&terms, 1013, rungs, order, 3, &fail),
                     GV_ERR_INVALID);
    assert_string_equal(fail.code, "dutch.price_rises");
    rungs[0].price.v = 9500;
    assert_int_equal(gv_dutch_check_extension(&terms, 1013, rungs, order, 3, &fail),
                     GV_ERR_INVALID);
    assert_string_equal(fail.code, "dutch.price_rises");
    assert_int_equal(gv_dutch_check_extension(&terms, 1014, rungs, order, 3, &fail),
                     GV_ERR_INVALID);
    assert_string_equal(fail.code, "dutch.block_missing");
    rungs[2].block = 1010;
    assert_int_equal(gv_dutch_check_extension(&terms, 1013, rungs, order, 3, &fail),
                     GV_ERR_INVALID);
    assert_string_equal(fail.code, "dutch.block_outside");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_numbers_pass),
        cmocka_unit_test(each_number_is_held_to_its_range),
        cmocka_unit_test(row_7_fixed_price_is_one_block_one_price_no_decrement),
        cmocka_unit_test(row_8_half_fixed_prices_are_refused),
        cmocka_unit_test(row_36_slope_may_miss_by_one_satoshi_per_block),
        cmocka_unit_test(ladder_length_is_limited),
        cmocka_unit_test(ladder_is_sorted_and_remembers_the_upload_order),
        cmocka_unit_test(row_34_price_may_stay_but_not_rise),
        cmocka_unit_test(row_35_blocks_are_complete_inside_and_unique),
        cmocka_unit_test(row_37_first_and_last_price_are_the_listed_ones),
        cmocka_unit_test(a_reserve_is_the_lowest_price),
        cmocka_unit_test(a_floor_is_reached_by_its_price),
        cmocka_unit_test(a_ladder_is_extended_while_it_can_be_sold_from),
        cmocka_unit_test(an_extension_goes_on_below_the_last_price),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
