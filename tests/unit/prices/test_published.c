/* Shows: readers get the newest prices in order, days once, and nothing that a reorg took back. */
#include "app/prices/published.h"
#include "tests/unit/bitcoin/cmocka_include.h"

static struct gv_prices *prices;

static int set_up(void **state)
{
    (void)state;
    prices = gv_prices_instance();
    gv_prices_init(prices);
    return 0;
}

static void put_tip(uint32_t height, uint32_t cents)
{
    gv_prices_publish_tip(prices, &(struct gv_prices_tip){.height = height, .price_cents = cents});
}

static void put_day(int64_t day, uint32_t cents)
{
    gv_prices_publish_day(
        prices, &(struct gv_prices_day){.day = day, .fact = {.price_cents = cents, .blocks = 1}});
}

static void the_newest_tips_are_held_in_order(void **state)
{
    struct gv_prices_tip tip[GV_PRICES_WINDOW];
    (void)state;
    for (uint32_t height = 1; height <= GV_PRICES_WINDOW + 5; height++) {
        put_tip(height, height * 10);
    }
    assert_int_equal(gv_prices_tips(prices, tip), GV_PRICES_WINDOW);
    assert_int_equal(tip[0].height, 6);
    assert_int_equal(tip[GV_PRICES_WINDOW - 1].height, GV_PRICES_WINDOW + 5);
}

static void a_lower_tip_drops_those_above(void **state)
{
    struct gv_prices_tip tip[GV_PRICES_WINDOW];
    (void)state;
    for (uint32_t height = 1; height <= 9; height++) {
        put_tip(height, 1);
    }
    put_tip(5, 77);
    assert_int_equal(gv_prices_tips(prices, tip), 5);
    assert_int_equal(tip[4].price_cents, 77);
    put_tip(3, 0);
    assert_int_equal(gv_prices_tips(prices, tip), 2);
}

static void days_come_in_order_and_in_slices(void **state)
{
    struct gv_prices_day day[4];
    int64_t next = 0;
    (void)state;
    for (int64_t number = 20000; number < 20010; number++) {
        put_day(number, number == 20004 ? 0 : 100);
    }
    assert_int_equal(gv_prices_days(prices, 20002, 20008, day, 4, &next), 4);
    assert_int_equal(day[0].day, 20002);
    assert_int_equal(day[2].day, 20005);
    assert_int_equal(gv_prices_days(prices, next, 20008, day, 4, &next), 2);
    assert_int_equal(day[1].day, 20008);
    assert_int_equal(next, 20009);
}

static void an_old_day_never_covers_a_newer_one(void **state)
{
    struct gv_prices_day day[1];
    int64_t next = 0;
    (void)state;
    put_day(20000, 5);
    put_day(20000 - GV_PRICES_DAYS, 6);
    assert_int_equal(gv_prices_days(prices, 20000, 20000, day, 1, &next), 1);
    assert_int_equal(day[0].fact.price_cents, 5);
    put_day(20000 + GV_PRICES_DAYS, 7);
    assert_int_equal(gv_prices_days(prices, 20000, 20000, day, 1, &next), 0);
}

static void days_after_the_last_are_dropped(void **state)
{
    struct gv_prices_day day[4];
    int64_t next = 0;
    (void)state;
    put_day(20000, 5);
    put_day(20001, 6);
    gv_prices_publish_last_day(prices, 20000);
    assert_int_equal(gv_prices_days(prices, 0, 30000, day, 4, &next), 1);
    assert_int_equal(day[0].day, 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_newest_tips_are_held_in_order, set_up),
        cmocka_unit_test_setup(a_lower_tip_drops_those_above, set_up),
        cmocka_unit_test_setup(days_come_in_order_and_in_slices, set_up),
        cmocka_unit_test_setup(an_old_day_never_covers_a_newer_one, set_up),
        cmocka_unit_test_setup(days_after_the_last_are_dropped, set_up),
    };
    return cmocka_run_group_tests_name("published", tests, NULL, NULL);
}
