/* Shows: whatever happens to the chain, what is published is what the published algorithm gives over the
 * blocks as they are now; what cannot be known is said. */
#include "tests/unit/prices/price_world.h"

static void a_window_that_slides_equals_one_made_anew(void **state)
{
    (void)state;
    world_mine(150, 6);
    assert_int_equal(world_work(), GV_OK);
    world_assert_window();
    for (uint32_t i = 0; i < 40; i++) {
        switch (world_random(4)) {
        case 0:
            world_reorg(1 + world_random(6));
            break;
        case 1:
            world_close();
            assert_int_equal(world_open(), GV_OK);
            break;
        default:
            world_mine(1 + world_random(4), 8);
            break;
        }
        assert_int_equal(world_work(), GV_OK);
        world_assert_window();
    }
}

/* Three blocks with known payments, cut out of the longest chain of parents. */
static void every_window_of_the_chain_is_exact(void **state)
{
    struct gv_price_fact fact;
    uint64_t displaced = 0;
    (void)state;
    world_mine(160, 8);
    assert_int_equal(world_work(), GV_OK);
    for (uint32_t i = 0; i < 12; i++) {
        const uint32_t first = 10 + world_random(80);
        const uint32_t last = first + 20 + world_random(50);
        const struct gv_price_fact naive = world_naive(first, last);
        assert_int_equal(gv_keeper_price(world.keeper, first, last, &fact, &displaced), GV_OK);
        world_assert_fact(&fact, &naive);
        assert_int_equal(displaced, 0);
    }
}

static void blocks_of_a_long_absence_are_read_anew(void **state)
{
    (void)state;
    world_mine(150, 5);
    assert_int_equal(world_work(), GV_OK);
    world_mine(300, 3);
    assert_int_equal(world_work(), GV_OK);
    world_assert_window();
    assert_int_equal(world.keeper->blocks, GV_PRICES_FILL);
    world_mine(130, 3);
    assert_int_equal(world_work(), GV_OK);
    assert_int_equal(world.keeper->blocks, GV_PRICES_RECORDS_MAX);
    world_assert_window();
}

static void a_deep_reorg_is_settled_in_short_steps(void **state)
{
    (void)state;
    struct gv_fail fail;
    uint32_t wait_ms = 1;
    world_mine(200, 6);
    assert_int_equal(world_work(), GV_OK);
    world_reorg(150);
    const uint32_t before = world.keeper->blocks;
    assert_int_equal(gv_keeper_step(world.keeper, &wait_ms, &fail), GV_OK);
    assert_int_equal(wait_ms, 0);
    assert_in_range(before - world.keeper->blocks, 1, 16);
    assert_int_equal(world_work(), GV_OK);
    world_assert_window();
}

static void a_pruned_block_is_left_out_and_that_is_said(void **state)
{
    struct gv_prices_view view;
    (void)state;
    world_mine(150, 6);
    gv_sim_node_prune(&world.node, 60);
    assert_int_equal(world_work(), GV_OK);
    gv_prices_view(world.prices, &view);
    assert_int_equal(view.state, GV_PRICES_SHORT);
    const struct gv_price_fact naive = world_naive(60, 150);
    world_assert_fact(&view.fact, &naive);
    assert_int_equal(view.fact.blocks, 91);
    assert_int_equal(view.progress_permille, 1000);
    world_mine(60, 6);
    assert_int_equal(world_work(), GV_OK);
    world_assert_window();
}

static void a_node_that_is_away_or_behind_is_said_and_the_price_kept(void **state)
{
    struct gv_prices_view before;
    struct gv_prices_view view;
    (void)state;
    world_mine(150, 6);
    assert_int_equal(world_work(), GV_OK);
    gv_prices_view(world.prices, &before);
    const struct gv_sim_switches faults[] = {{.unreachable = true},
                                             {.busy = true},
                                             {.in_ibd = true},
                                             {.headers_ahead = 5},
                                             {.warming_up = true}};
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        gv_sim_node_switch(&world.node, faults[i]);
        assert_int_equal(world_work(), GV_OK);
        gv_prices_view(world.prices, &view);
        assert_int_equal(view.state, GV_PRICES_NODE_BEHIND);
        world_assert_fact(&view.fact, &before.fact);
        gv_sim_node_switch(&world.node, (struct gv_sim_switches){.unreachable = false});
        assert_int_equal(world_work(), GV_OK);
        world_assert_window();
    }
}

static void days_are_cut_where_the_first_block_of_the_next_one_comes(void **state)
{
    struct gv_prices_day day[8];
    int64_t next = 0;
    (void)state;
    world_mine(200, 6);
    assert_int_equal(world_work(), GV_OK);
    const int64_t today = world_day(200);
    const uint32_t n = gv_prices_days(world.prices, 0, INT64_C(100000), day, 8, &next);
    assert_int_equal(n, 2); /* the one of the first blocks has too few */
    for (uint32_t i = 0, height = 0; i < n; i++) {
        while (world_day(height) < day[i].day) {
            height++;
        }
        const uint32_t first = height;
        while (height <= 200 && world_day(height) == day[i].day) {
            height++;
        }
        const struct gv_price_fact naive = world_naive(first, height - 1);
        world_assert_fact(&day[i].fact, &naive);
        assert_int_equal(day[i].complete, day[i].day < today);
    }
}

static void a_reorg_takes_a_day_back(void **state)
{
    struct gv_prices_day day[2];
    int64_t next = 0;
    (void)state;
    world_mine(150, 6);
    uint32_t border = 2; /* first block of the newest day */
    for (uint32_t height = 3; height <= 150; height++) {
        border = world_day(height) > world_day(height - 1) ? height : border;
    }
    const int64_t today = world_day(150);
    assert_int_equal(world_work(), GV_OK);
    gv_sim_node_disconnect(&world.node, 150 - border + 2);
    assert_int_equal(world_work(), GV_OK);
    assert_int_equal(gv_prices_days(world.prices, today - 1, today, day, 2, &next), 1);
    assert_int_equal(day[0].day, today - 1);
    assert_false(day[0].complete);
}

static void more_amounts_than_there_is_room_for_leave_the_oldest_out(void **state)
{
    struct gv_prices_view view;
    (void)state;
    world_mine(150, 6);
    world.keeper->values_max = 400;
    assert_int_equal(world_work(), GV_OK);
    gv_prices_view(world.prices, &view);
    assert_int_equal(view.fact.outputs, 400);
    assert_true(view.displaced > 0);
    assert_true(view.fact.price_cents > 5000000);
}

static void the_guard_hears_of_a_price_that_can_be_relied_on(void **state)
{
    struct gv_oracle_view live;
    struct gv_prices_view view;
    (void)state;
    world_mine(150, 20);
    assert_int_equal(world_work(), GV_OK);
    while (gv_oracle_service_take(world.oracle, 0)) {
    }
    (void)gv_oracle_service_tick(world.oracle, (struct gv_oracle_now){.mono = {.ms = 100000}});
    gv_oracle_service_view(world.oracle, &live);
    gv_prices_view(world.prices, &view);
    const bool good = view.fact.confidence_e4 >= 5000;
    assert_int_equal(live.block_cents, good ? view.fact.price_cents : 0);
    assert_true(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_window_that_slides_equals_one_made_anew, world_set_up,
                                        world_tear_down),
        cmocka_unit_test_setup_teardown(every_window_of_the_chain_is_exact, world_set_up,
                                        world_tear_down),
        cmocka_unit_test_setup_teardown(blocks_of_a_long_absence_are_read_anew, world_set_up,
                                        world_tear_down),
        cmocka_unit_test_setup_teardown(a_deep_reorg_is_settled_in_short_steps, world_set_up,
                                        world_tear_down),
        cmocka_unit_test_setup_teardown(a_pruned_block_is_left_out_and_that_is_said, world_set_up,
                                        world_tear_down),
        cmocka_unit_test_setup_teardown(a_node_that_is_away_or_behind_is_said_and_the_price_kept,
                                        world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(days_are_cut_where_the_first_block_of_the_next_one_comes,
                                        world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(a_reorg_takes_a_day_back, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(more_amounts_than_there_is_room_for_leave_the_oldest_out,
                                        world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(the_guard_hears_of_a_price_that_can_be_relied_on,
                                        world_set_up, world_tear_down),
    };
    return cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
}
