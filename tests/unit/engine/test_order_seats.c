/* Shows that names cost strangers nothing and win them nothing: when every seat is taken the next solver gets that of
 * the stranger who was not committed for longest, and whoever must be remembered keeps his. */
#include "firmware/base/text.h"
#include "tests/support/orders_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct gv_engine_orders_config config;
static struct gv_solver_status seats[GV_SOLVERS_MAX];

static int set_up(void **state)
{
    (void)state;
    config = gv_orders_claim_mode;
    config.rules.batch = GV_ORDER_BATCH_MAX;
    config.rules.collect_s = 1;
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

/* NULL: he has no seat. */
static const struct gv_solver *seat_of(const char *name)
{
    const struct gv_solver_id id = gv_world_solver(name);
    const uint32_t count = gv_engine_solvers(gv_world_engine(), seats);
    for (uint32_t i = 0; i < count; i++) {
        if (gv_solver_id_equal(&seats[i].solver.id, &id)) {
            return &seats[i].solver;
        }
    }
    return NULL;
}

static void enlist(const char *name)
{
    const struct gv_solver_id id = gv_world_solver(name);
    char secret[GV_SOLVER_SECRET_TEXT];
    assert_int_equal(gv_engine_solver_register(gv_world_engine(), gv_world_actor(), &id,
                                               gv_view_of(NULL, 0), true, secret, NULL),
                     GV_OK);
}

static void suspend(const char *name)
{
    const struct gv_solver_id id = gv_world_solver(name);
    assert_int_equal(gv_engine_solver_suspend(gv_world_engine(), gv_world_actor(), &id,
                                              INT64_C(2000000000), NULL, NULL),
                     GV_OK);
}

/* An order that `name` is committed to. */
static uint64_t commit_to(const char *name)
{
    const uint64_t id = gv_orders_add(1);
    assert_int_equal(gv_orders_tick_after(0), GV_OK);
    assert_int_equal(gv_orders_bid(id, name, 10, 50, NULL), GV_OK);
    assert_int_equal(gv_orders_tick_after(1), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_COMMITTED);
    return id;
}

static void end_all(void)
{
    assert_int_equal(gv_orders_tick_after(30), GV_OK);
}

/* Strangers "n0", "n1", ... in all seats that are left, each after a commitment that he did not keep. */
static void fill(void)
{
    char name[16];
    const uint32_t taken = gv_engine_solvers(gv_world_engine(), seats);
    for (uint32_t i = 0; i < GV_SOLVERS_MAX - taken; i++) {
        gv_format_cut(name, sizeof(name), "n%u", (unsigned)i);
        (void)commit_to(name);
    }
    end_all();
    assert_int_equal(gv_engine_solvers(gv_world_engine(), seats), GV_SOLVERS_MAX);
}

static void a_newcomer_gets_the_seat_of_the_stranger_idle_for_longest(void **state)
{
    (void)state;
    struct gv_orders_status status;
    fill();
    (void)commit_to("n0"); /* not the oldest any more */
    end_all();
    (void)commit_to("late");
    assert_non_null(seat_of("late"));
    assert_non_null(seat_of("n0"));
    assert_null(seat_of("n1"));
    assert_int_equal(gv_engine_solvers(gv_world_engine(), seats), GV_SOLVERS_MAX);
    gv_engine_orders_status(gv_world_engine(), &status);
    assert_int_equal(status.seats_taken_over, 1);
    end_all();
    gv_world_close(); /* storage says the same */
    assert_int_equal(gv_world_open(true), GV_OK);
    assert_null(seat_of("n1"));
    assert_int_equal(seat_of("late")->failures, 1);
    assert_int_equal(gv_engine_solvers(gv_world_engine(), seats), GV_SOLVERS_MAX);
}

static void who_must_be_remembered_keeps_his_seat(void **state)
{
    (void)state;
    enlist("key");
    (void)commit_to("bad");
    const struct gv_solver_id rich = gv_world_solver("rich");
    (void)commit_to("rich");
    end_all();
    suspend("bad");
    assert_int_equal(
        gv_engine_solver_deposit(gv_world_engine(), gv_world_actor(), &rich, 5, "receipt", NULL),
        GV_OK);
    fill();
    for (uint32_t i = 0; i < 8; i++) {
        char name[16];
        gv_format_cut(name, sizeof(name), "late%u", (unsigned)i);
        (void)commit_to(name);
    }
    assert_non_null(seat_of("key"));
    assert_non_null(seat_of("bad"));
    assert_non_null(seat_of("rich"));
    assert_null(seat_of("n7"));
    assert_non_null(seat_of("n8"));
}

static void a_key_finds_a_seat_among_strangers(void **state)
{
    (void)state;
    fill();
    enlist("key");
    assert_true(seat_of("key")->has_secret);
    assert_null(seat_of("n0"));
}

/* Nobody has to give way: the solver works all the same, and is only not counted. */
static void who_finds_no_seat_is_committed_all_the_same(void **state)
{
    (void)state;
    config.cooldown_s = 3600;
    gv_world_close();
    assert_int_equal(gv_world_open(true), GV_OK);
    fill(); /* and all of them rest */
    const uint64_t id = commit_to("late");
    assert_null(seat_of("late"));
    assert_int_equal(gv_orders_claim(id, "late", NULL), GV_OK);
    end_all();
    assert_int_equal(gv_orders_state(id), GV_ORDER_FULFILLED);
}

static void who_is_committed_keeps_his_seat_over_a_restart(void **state)
{
    (void)state;
    fill();
    (void)commit_to("n0");
    gv_world_close();
    assert_int_equal(gv_world_open(true), GV_OK);
    for (uint32_t i = 0; i < 8; i++) {
        char name[16];
        gv_format_cut(name, sizeof(name), "late%u", (unsigned)i);
        (void)commit_to(name);
    }
    assert_non_null(seat_of("n0"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_newcomer_gets_the_seat_of_the_stranger_idle_for_longest),
        TEST(who_must_be_remembered_keeps_his_seat),
        TEST(a_key_finds_a_seat_among_strangers),
        TEST(who_finds_no_seat_is_committed_all_the_same),
        TEST(who_is_committed_keeps_his_seat_over_a_restart),
    };
    return cmocka_run_group_tests_name("order_seats", tests, NULL, NULL);
}
