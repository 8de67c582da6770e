/* Shows that log and ledger of the order auctions are verified in steps, whatever happens between two of them:
 * others are served, events come and are cut, deposits are made; and that a fault of a later step is found. A
 * deposit is one event and one entry, so a few hundred of them are a few steps of both. */
#include "app/engine/engine_internal.h"
#include "tests/support/orders_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
    KEEP_S = 86400,
    MANY = 600 /* more than two steps */
};

static struct gv_engine_orders_config config;

static void deposit(uint32_t count)
{
    const struct gv_solver_id id = gv_world_solver("s1");
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(
            gv_engine_solver_deposit(gv_world_engine(), gv_world_actor(), &id, 5, "in", NULL),
            GV_OK);
    }
}

static int set_up(void **state)
{
    (void)state;
    char secret[GV_SOLVER_SECRET_TEXT];
    const struct gv_solver_id id = gv_world_solver("s1");
    config = gv_orders_claim_mode;
    config.keep_s = KEEP_S;
    gv_orders_world_open(&config);
    assert_int_equal(gv_engine_solver_register(gv_world_engine(), gv_world_actor(), &id,
                                               gv_view_of(NULL, 0), true, secret, NULL),
                     GV_OK);
    deposit(MANY);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gv_orders_world_close();
    return 0;
}

static void assert_broken(const char *code, const char *text)
{
    struct gv_orders_verified verified;
    struct gv_fail fail;
    assert_int_equal(gv_engine_orders_verify(gv_world_engine(), &verified, &fail), GV_ERR_CRYPTO);
    assert_string_equal(fail.code, code);
    assert_non_null(strstr(fail.text, text));
}

/* A step as the engine does it. Returns: its answer. */
static enum gv_err step(enum gv_orders_op op, struct gv_orders_verify *verify)
{
    struct gv_command command = {.kind = GV_COMMAND_ORDERS};
    command.orders.op = op;
    command.orders.verify = *verify;
    const enum gv_err err = gv_do_orders(gv_world_engine(), &command);
    *verify = command.orders.verify;
    return err;
}

static void a_long_log_is_whole_and_each_step_is_a_command_of_its_own(void **state)
{
    (void)state;
    struct gv_orders_verified verified;
    struct gv_orders_status status;
    struct gv_engine_stats before;
    struct gv_engine_stats after;
    gv_engine_stats(gv_world_engine(), &before);
    assert_int_equal(gv_engine_orders_verify(gv_world_engine(), &verified, NULL), GV_OK);
    gv_engine_stats(gv_world_engine(), &after);
    assert_int_equal(verified.first, 1);
    assert_int_equal(verified.count, MANY);
    gv_engine_orders_status(gv_world_engine(), &status);
    assert_true(gv_hash256_equal(&verified.last, &status.log_hash));
    assert_int_equal(after.commands - before.commands, 3 + 3);
}

static void a_fault_of_a_later_step_is_found(void **state)
{
    (void)state;
    gv_world_sql("UPDATE oa_event SET at = at + 1 WHERE seq = 555");
    assert_broken("orders.log_broken",
                  "event 555 was changed, removed or inserted; the 554 before");
    gv_world_sql("UPDATE oa_event SET at = at - 1 WHERE seq = 555");
    assert_true(gv_orders_verified());
    gv_world_sql("UPDATE oa_ledger SET amount = 6 WHERE seq = 555");
    assert_broken("orders.ledger_broken", "");
    gv_world_sql("UPDATE oa_ledger SET amount = 5 WHERE seq = 555");
    assert_true(gv_orders_verified());
    gv_world_sql("DELETE FROM oa_ledger WHERE seq > 512"); /* where a step would begin */
    assert_broken("orders.ledger_broken", "");
}

static void an_end_that_is_gone_is_found(void **state)
{
    (void)state;
    gv_world_sql("DELETE FROM oa_event WHERE seq > 512");
    assert_broken("orders.log_broken", "event 513 ");
}

static void what_comes_between_two_steps_does_not_make_it_endless(void **state)
{
    (void)state;
    struct gv_orders_verify log = {.done = false};
    struct gv_orders_verify ledger = {.done = false};
    for (uint32_t steps = 0; !log.done; steps++) {
        assert_true(steps < 3);
        assert_int_equal(step(GV_ORDERS_OP_VERIFY_LOG, &log), GV_OK);
        deposit(300);
    }
    assert_true(log.event >= MANY);
    for (uint32_t steps = 0; !ledger.done; steps++) {
        assert_true(steps < 7); /* 1,500 in steps of 256 */
        assert_int_equal(step(GV_ORDERS_OP_VERIFY_LEDGER, &ledger), GV_OK);
        deposit(300);
    }
    assert_true(gv_orders_verified());
}

static void what_is_cut_between_two_steps_is_passed_over(void **state)
{
    (void)state;
    struct gv_orders_verify verify = {.done = false};
    assert_int_equal(step(GV_ORDERS_OP_VERIFY_LOG, &verify), GV_OK);
    assert_int_equal(verify.event, 256);
    assert_int_equal(gv_orders_tick_after(KEEP_S + 60), GV_OK); /* which cuts as much as that */
    gv_world_sql("UPDATE oa_event SET at = at + 1 WHERE seq = 300");
    struct gv_orders_verify other = verify;
    assert_int_equal(step(GV_ORDERS_OP_VERIFY_LOG, &other), GV_ERR_CRYPTO);
    assert_int_equal(gv_orders_tick_after(0), GV_OK);
    assert_int_equal(step(GV_ORDERS_OP_VERIFY_LOG, &verify), GV_OK); /* 300 is gone */
    assert_true(verify.done);
    assert_int_equal(verify.first, 513);
    assert_int_equal(verify.count, MANY - 512);
    assert_int_equal(gv_orders_tick_after(0), GV_OK);
    assert_int_equal(step(GV_ORDERS_OP_VERIFY_LOG, &verify), GV_OK);
    assert_int_equal(verify.count, 0);
}

static void a_row_that_should_have_been_cut_is_found(void **state)
{
    (void)state;
    struct gv_orders_verify verify = {.done = false};
    assert_int_equal(step(GV_ORDERS_OP_VERIFY_LOG, &verify), GV_OK);
    gv_world_sql("INSERT INTO oa_cut (id, order_id, bid_seq, event_seq, event_at, event_hash) "
                 "SELECT 1, 0, 0, seq, at, hash FROM oa_event WHERE seq = 600");
    assert_int_equal(step(GV_ORDERS_OP_VERIFY_LOG, &verify), GV_ERR_CRYPTO);
}

static void it_is_verified_for_one_at_a_time(void **state)
{
    (void)state;
    struct gv_orders_verified verified;
    struct gv_fail fail;
    pthread_mutex_t *const verifier = &gv_world_engine()->orders.verifier;
    assert_int_equal(pthread_mutex_lock(verifier), 0);
    assert_int_equal(gv_engine_orders_verify(gv_world_engine(), &verified, &fail), GV_ERR_FULL);
    assert_string_equal(fail.code, "engine.busy");
    assert_int_equal(pthread_mutex_unlock(verifier), 0);
    gv_world_storage_down(true);
    assert_int_equal(gv_engine_orders_verify(gv_world_engine(), &verified, &fail), GV_ERR_STORAGE);
    gv_world_storage_down(false);
    assert_true(gv_orders_verified()); /* nobody holds it any more */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_long_log_is_whole_and_each_step_is_a_command_of_its_own),
        TEST(a_fault_of_a_later_step_is_found),
        TEST(an_end_that_is_gone_is_found),
        TEST(what_comes_between_two_steps_does_not_make_it_endless),
        TEST(what_is_cut_between_two_steps_is_passed_over),
        TEST(a_row_that_should_have_been_cut_is_found),
        TEST(it_is_verified_for_one_at_a_time),
    };
    return cmocka_run_group_tests_name("order_verify", tests, NULL, NULL);
}
