/* Shows: what is kept comes back, history at most a minute short; a full disk stops only the keeper, a
 * spoiled row is told apart from it; nothing is written when there is nothing new. */
#include "tests/unit/prices/price_world.h"

static struct gv_oracle_past past[4000];

static void put(enum gv_oracle_step step, int64_t from_s, uint32_t count, uint32_t cents)
{
    for (uint32_t i = 0; i < count; i++) {
        past[i] = (struct gv_oracle_past){.price_cents = cents + i, .confidence_permille = 900};
    }
    gv_oracle_service_restore(world.oracle, step, from_s, past, count);
}

static uint32_t cents_at(enum gv_oracle_step step, int64_t at_s)
{
    gv_oracle_service_history(world.oracle, step, at_s, past, 1);
    return past[0].price_cents;
}

static int64_t now_s(void)
{
    return gv_clock_utc(&world.clock).s;
}

static void history_comes_back_in_all_grains(void **state)
{
    (void)state;
    const int64_t from_s = now_s() - 3000;
    put(GV_ORACLE_STEP_SECOND, from_s, 3001, 100);
    put(GV_ORACLE_STEP_HOUR, now_s() - 90 * 86400, 24, 7000);
    gv_sim_clock_advance(&world.sim_clock, 60000);
    assert_int_equal(world_work(),
                     GV_OK); /* a minute has passed: it is written, nobody closes it */
    world_close();
    assert_int_equal(world_open(), GV_OK);
    assert_int_equal(cents_at(GV_ORACLE_STEP_SECOND, from_s), 100);
    assert_int_equal(cents_at(GV_ORACLE_STEP_SECOND, from_s + 3000), 3100);
    assert_int_equal(cents_at(GV_ORACLE_STEP_MINUTE, from_s + 3000), 3100);
    assert_int_equal(cents_at(GV_ORACLE_STEP_HOUR, from_s + 3000), 3100);
    assert_int_equal(cents_at(GV_ORACLE_STEP_HOUR, now_s() - 60 - 90 * 86400 + 3600), 7001);
    assert_int_equal(cents_at(GV_ORACLE_STEP_SECOND, from_s + 3001), 0);
}

static void restoring_never_covers_what_is_newer(void **state)
{
    (void)state;
    put(GV_ORACLE_STEP_SECOND, now_s(), 1, 500);
    put(GV_ORACLE_STEP_SECOND, now_s() - GV_ORACLE_SECONDS, 1, 400);
    assert_int_equal(cents_at(GV_ORACLE_STEP_SECOND, now_s()), 500);
    assert_int_equal(cents_at(GV_ORACLE_STEP_SECOND, now_s() - GV_ORACLE_SECONDS), 0);
}

static void a_row_of_minutes_is_whole_after_its_hour(void **state)
{
    (void)state;
    const int64_t hour_s = now_s() / 3600 * 3600;
    gv_sim_clock_set_utc(&world.sim_clock, (struct gv_utc){hour_s + 3590});
    put(GV_ORACLE_STEP_SECOND, hour_s + 60, 3500, 1000);
    gv_sim_clock_advance(&world.sim_clock, 61000);
    assert_int_equal(world_work(), GV_OK);
    /* Three hours later other seconds have taken the place of its own. */
    gv_sim_clock_advance(&world.sim_clock, 3 * 3600 * 1000);
    put(GV_ORACLE_STEP_SECOND, now_s() - 3599, 3600, 1);
    assert_int_equal(world_work(), GV_OK);
    world_close();
    assert_int_equal(world_open(), GV_OK);
    assert_int_equal(cents_at(GV_ORACLE_STEP_MINUTE, hour_s + 60), 1059);
    assert_int_equal(cents_at(GV_ORACLE_STEP_MINUTE, hour_s + 1800), 1799 + 1000);
    assert_int_equal(cents_at(GV_ORACLE_STEP_SECOND, hour_s + 1800), 0);
}

static void rows_of_a_clock_that_was_ahead_stop_no_later_ones(void **state)
{
    (void)state;
    const int64_t right_s = now_s();
    gv_sim_clock_set_utc(&world.sim_clock, (struct gv_utc){right_s + 400 * 86400 + 1800});
    put(GV_ORACLE_STEP_SECOND, now_s() - 60, 60, 100);
    gv_sim_clock_advance(&world.sim_clock, 61000);
    assert_int_equal(world_work(), GV_OK);
    for (uint32_t i = 1; i <= 2; i++) { /* in the same run, and after a restart */
        gv_sim_clock_set_utc(&world.sim_clock, (struct gv_utc){right_s + i * 120});
        put(GV_ORACLE_STEP_SECOND, now_s(), 1, 700);
        gv_sim_clock_advance(&world.sim_clock, 61000);
        assert_int_equal(world_work(), GV_OK);
        world_close();
        assert_int_equal(world_open(), GV_OK);
        assert_int_equal(cents_at(GV_ORACLE_STEP_SECOND, right_s + i * 120), 700);
    }
}

static void nothing_new_is_nothing_written(void **state)
{
    (void)state;
    assert_int_equal(world_work(), GV_OK);
    const uint32_t before = gv_fault_writes();
    for (uint32_t i = 0; i < 5; i++) {
        gv_sim_clock_advance(&world.sim_clock, 61000);
        assert_int_equal(world_work(), GV_OK);
    }
    assert_int_equal(gv_fault_writes(), before);
}

static void a_full_disk_is_no_loss(void **state)
{
    (void)state;
    world_mine(150, 6);
    assert_int_equal(world_work(), GV_OK);
    for (uint32_t n = 1; n < 40; n += 3) {
        world_mine(1, 6);
        gv_fault_refuse_write(n);
        if (world_work() != GV_OK) {
            world_close();
            gv_fault_refuse_write(0);
            assert_int_equal(world_open(), GV_OK);
            assert_int_equal(world_work(), GV_OK);
        }
        gv_fault_refuse_write(0);
        world_assert_window();
    }
}

static void a_spoiled_row_is_told_apart(void **state)
{
    static const char *const spoil[] = {
        "UPDATE prices_part SET data = X'ffffffffffffffff' WHERE part = 1",
        "UPDATE prices_part SET data = X'00' WHERE part = 1",
        "UPDATE prices_block SET hash = X'00'",
        "UPDATE prices_day SET complete = 7",
        "UPDATE prices_sample SET data = X'00'",
        "UPDATE prices_meta SET value = 99 WHERE name = 'version'",
    };
    for (size_t i = 0; i < sizeof(spoil) / sizeof(spoil[0]); i++) {
        world_mine(200, 6);
        put(GV_ORACLE_STEP_SECOND, now_s() - 60, 60, 100);
        gv_sim_clock_advance(&world.sim_clock, 61000);
        assert_int_equal(world_work(), GV_OK);
        assert_int_equal(gv_storage_exec(&world.storage, spoil[i]), GV_OK);
        world_close();
        enum gv_err err = world_open();
        err = err == GV_OK ? world_work() : err;
        assert_int_equal(err, GV_ERR_INVALID);
        (void)world_tear_down(state);
        (void)world_set_up(state);
    }
}

static void one_keeper_after_another_gives_the_same(void **state)
{
    struct gv_prices_tip before[GV_PRICES_WINDOW];
    struct gv_prices_tip after[GV_PRICES_WINDOW];
    struct gv_prices_day day[2][4];
    int64_t next = 0;
    (void)state;
    world_mine(200, 6);
    assert_int_equal(world_work(), GV_OK);
    const uint32_t n = gv_prices_tips(world.prices, before);
    const uint32_t days = gv_prices_days(world.prices, 0, 100000, day[0], 4, &next);
    gv_sim_node_prune(&world.node, 190); /* nothing is read again */
    world_close();
    assert_int_equal(world_open(), GV_OK);
    assert_int_equal(world_work(), GV_OK);
    assert_int_equal(gv_prices_tips(world.prices, after), n);
    assert_memory_equal(after, before, n * sizeof(before[0]));
    assert_int_equal(gv_prices_days(world.prices, 0, 100000, day[1], 4, &next), days);
    assert_memory_equal(day[1], day[0], days * sizeof(day[0][0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(history_comes_back_in_all_grains, world_set_up,
                                        world_tear_down),
        cmocka_unit_test_setup_teardown(restoring_never_covers_what_is_newer, world_set_up,
                                        world_tear_down),
        cmocka_unit_test_setup_teardown(a_row_of_minutes_is_whole_after_its_hour, world_set_up,
                                        world_tear_down),
        cmocka_unit_test_setup_teardown(rows_of_a_clock_that_was_ahead_stop_no_later_ones,
                                        world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(nothing_new_is_nothing_written, world_set_up,
                                        world_tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_is_no_loss, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(a_spoiled_row_is_told_apart, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(one_keeper_after_another_gives_the_same, world_set_up,
                                        world_tear_down),
    };
    return cmocka_run_group_tests_name("kept", tests, NULL, NULL);
}
