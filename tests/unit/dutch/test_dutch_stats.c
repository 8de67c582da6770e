/* Shows: only sales in a block count as sales; rates, means and medians are right at none, one, even and
 * odd counts; the sort puts any facts in order.
 * How: small sets beside hand-made numbers, and random ones beside a naive sort. */
#include "app/auction/dutch/stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct gv_dutch_listing listing_of(const char *asset, enum gv_spend_state state,
                                          enum gv_spend_outcome outcome, uint64_t price,
                                          uint32_t block)
{
    struct gv_dutch_listing listing = {.id = 7, .created_at = {100}};
    memcpy(listing.terms.asset_name, asset, strlen(asset) + 1);
    listing.terms.start_block = 1000;
    listing.spend.state = state;
    listing.spend.outcome = outcome;
    listing.spend.sold_price.v = price;
    listing.spend.block = block;
    listing.spend.block_time.s = 200;
    return listing;
}

static struct gv_dutch_fact sale(uint64_t price, uint32_t blocks)
{
    const struct gv_dutch_listing listing =
        listing_of("PEPECASH", GV_SPEND_CONFIRMED, GV_OUTCOME_SOLD, price, 1000 + blocks);
    struct gv_dutch_fact fact;
    gv_dutch_fact(&fact, &listing, GV_DUTCH_SOLD);
    return fact;
}

static struct gv_dutch_fact other(enum gv_dutch_status status)
{
    const struct gv_dutch_listing listing =
        listing_of("PEPECASH", GV_SPEND_NONE, GV_OUTCOME_CLOSED, 0, 0);
    struct gv_dutch_fact fact;
    gv_dutch_fact(&fact, &listing, status);
    return fact;
}

static void only_a_confirmed_sale_is_one(void **state)
{
    (void)state;
    struct gv_dutch_fact fact = sale(5000, 3);
    assert_true(fact.sale);
    assert_int_equal(fact.at_s, 200);
    assert_int_equal(fact.blocks, 3);
    struct gv_dutch_listing pending =
        listing_of("PEPECASH", GV_SPEND_PENDING, GV_OUTCOME_SOLD, 5000, 0);
    gv_dutch_fact(&fact, &pending, GV_DUTCH_SOLD);
    assert_false(fact.sale);
    assert_int_equal(fact.at_s, 100);
    pending.spend.state = GV_SPEND_CONFIRMED;
    pending.spend.outcome = GV_OUTCOME_CLOSED;
    gv_dutch_fact(&fact, &pending, GV_DUTCH_CLOSED);
    assert_false(fact.sale);
}

static void a_leaked_sale_before_the_start_took_no_block(void **state)
{
    (void)state;
    const struct gv_dutch_listing early =
        listing_of("PEPECASH", GV_SPEND_CONFIRMED, GV_OUTCOME_SOLD, 5000, 900);
    struct gv_dutch_fact fact;
    gv_dutch_fact(&fact, &early, GV_DUTCH_SOLD);
    assert_int_equal(fact.blocks, 0);
}

static void without_anything_nothing_is_said(void **state)
{
    (void)state;
    struct gv_dutch_sums sums;
    gv_dutch_sums(&sums, NULL, 0);
    assert_int_equal(sums.sales, 0);
    assert_false(sums.has_success);
    struct gv_dutch_fact open[2] = {other(GV_DUTCH_ACTIVE), other(GV_DUTCH_UPCOMING)};
    gv_dutch_sums(&sums, open, 2);
    assert_false(sums.has_success);
    assert_int_equal(sums.by_status[GV_DUTCH_ACTIVE], 1);
}

static void rates_means_and_medians_are_whole_numbers(void **state)
{
    (void)state;
    struct gv_dutch_sums sums;
    struct gv_dutch_fact facts[7] = {
        sale(900, 4), other(GV_DUTCH_CLOSED),   sale(100, 1),           other(GV_DUTCH_EXPIRED),
        sale(101, 2), other(GV_DUTCH_FINISHED), other(GV_DUTCH_EXPIRED)};
    gv_dutch_sums(&sums, facts, 7);
    assert_int_equal(sums.sales, 3);
    assert_int_equal(sums.volume_sat, 1101);
    assert_int_equal(sums.mean_sat, 367);
    assert_int_equal(sums.median_sat, 101);
    assert_int_equal(sums.mean_blocks, 2);
    assert_int_equal(sums.median_blocks, 2);
    assert_true(sums.has_success);
    assert_int_equal(sums.success_permille, 500);
    struct gv_dutch_fact even[2] = {sale(100, 1), sale(201, 4)};
    gv_dutch_sums(&sums, even, 2);
    assert_int_equal(sums.median_sat, 150);
    assert_int_equal(sums.median_blocks, 2);
    assert_int_equal(sums.success_permille, 1000);
}

static void sums_reach_all_money_there_is(void **state)
{
    (void)state;
    static struct gv_dutch_fact facts[2048];
    struct gv_dutch_sums sums;
    for (size_t i = 0; i < 2048; i++)
        facts[i] = sale(GV_SAT_MAX, UINT32_MAX - 1000);
    gv_dutch_sums(&sums, facts, 2048);
    assert_int_equal(sums.mean_sat, GV_SAT_MAX);
    assert_int_equal(sums.median_sat, GV_SAT_MAX);
    assert_int_equal(sums.mean_blocks, UINT32_MAX - 1000);
}

static void the_sort_orders_any_facts(void **state)
{
    (void)state;
    struct gv_dutch_fact facts[33];
    uint32_t seed = 1;
    for (uint32_t round = 0; round < 300; round++) {
        const uint32_t n = round % 34u;
        uint64_t sum = 0;
        uint64_t sorted_sum = 0;
        for (uint32_t i = 0; i < n; i++) {
            seed = seed * 1664525u + 1013904223u;
            facts[i] = (seed >> 16) % 4u == 0 ? other(GV_DUTCH_ACTIVE)
                                              : sale((seed >> 8) % 16u, (seed >> 4) % 16u);
            facts[i].id = i + 1;
            sum += facts[i].id * facts[i].id;
        }
        const enum gv_dutch_order order = (enum gv_dutch_order)(round % 4u);
        gv_dutch_facts_sort(facts, n, order);
        for (uint32_t i = 0; i < n; i++) {
            sorted_sum += facts[i].id * facts[i].id;
            if (i == 0 || order == GV_DUTCH_BY_ASSET)
                continue;
            assert_true(facts[i - 1].sale >= facts[i].sale);
            if (facts[i - 1].sale && facts[i].sale && order == GV_DUTCH_BY_PRICE)
                assert_true(facts[i - 1].price_sat <= facts[i].price_sat);
            if (facts[i - 1].sale && facts[i].sale && order == GV_DUTCH_BY_BLOCKS)
                assert_true(facts[i - 1].blocks <= facts[i].blocks);
        }
        assert_int_equal(sum, sorted_sum); /* the same facts */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_confirmed_sale_is_one),
        cmocka_unit_test(a_leaked_sale_before_the_start_took_no_block),
        cmocka_unit_test(without_anything_nothing_is_said),
        cmocka_unit_test(rates_means_and_medians_are_whole_numbers),
        cmocka_unit_test(sums_reach_all_money_there_is),
        cmocka_unit_test(the_sort_orders_any_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
