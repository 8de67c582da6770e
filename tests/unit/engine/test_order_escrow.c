/* Shows that money and names are safe: bonds are locked, paid, returned and forfeited as the rules say, the
 * ledger adds up to zero through everything, and nobody speaks for a registered solver but himself. */
#include "firmware/base/text.h"
#include "tests/support/orders_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct gv_engine_orders_config config;

static int set_up(void **state)
{
    (void)state;
    config = gv_orders_claim_mode;
    config.escrow = GV_ORDER_PROOF;
    config.bond_percent = 10;
    config.forfeit = true;
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

/* A solver with money, who has been committed once and so is known. */
static void give(const char *name, int64_t amount)
{
    const struct gv_solver_id id = gv_world_solver(name);
    char secret[GV_SOLVER_SECRET_TEXT];
    assert_int_equal(gv_engine_solver_register(gv_world_engine(), gv_world_actor(), &id,
                                               gv_view_of(NULL, 0), true, secret, NULL),
                     GV_OK);
    assert_int_equal(
        gv_engine_solver_deposit(gv_world_engine(), gv_world_actor(), &id, amount, "receipt", NULL),
        GV_OK);
    gv_orders_speak_as(name, secret);
}

static void assert_money(const char *name, uint64_t available, uint64_t locked)
{
    static struct gv_solver_status solvers[GV_SOLVERS_MAX];
    const uint32_t count = gv_engine_solvers(gv_world_engine(), solvers);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(solvers[i].solver.id.text, name) == 0) {
            assert_int_equal(solvers[i].available, available);
            assert_int_equal(solvers[i].locked, locked);
            return;
        }
    }
    fail_msg("no solver %s", name);
}

static uint64_t announced(void)
{
    const uint64_t id = gv_orders_add(1);
    assert_int_equal(gv_orders_tick_after(0), GV_OK);
    return id;
}

static uint64_t committed(const char *solver, uint64_t output)
{
    const uint64_t id = announced();
    assert_int_equal(gv_orders_bid(id, solver, output, 60, NULL), GV_OK);
    assert_int_equal(gv_orders_tick_after(5), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_COMMITTED);
    return id;
}

static void a_bid_without_a_covered_bond_is_passed_over(void **state)
{
    (void)state;
    give("poor", 19);
    give("rich", 500);
    const uint64_t id = announced();
    assert_int_equal(gv_orders_bid(id, "poor", 200, 60, NULL), GV_OK); /* its bond is 20 */
    assert_int_equal(gv_orders_bid(id, "rich", 101, 60, NULL), GV_OK); /* rounded up: 11 */
    assert_int_equal(gv_orders_tick_after(5), GV_OK);
    assert_string_equal(gv_orders_row(id).order.commitment.solver.text, "rich");
    assert_money("rich", 489, 11);
    assert_money("poor", 19, 0);
}

static void a_claim_deposits_the_output_and_fulfilment_pays_it(void **state)
{
    (void)state;
    give("s1", 500);
    const uint64_t id = committed("s1", 200);
    assert_money("s1", 480, 20);
    assert_int_equal(gv_orders_claim(id, "s1", NULL), GV_OK);
    assert_money("s1", 300, 200);
    assert_int_equal(gv_orders_claim(id, "s1", NULL), GV_OK); /* again: nothing moves */
    assert_money("s1", 300, 200);
    assert_int_equal(gv_orders_tick_after(13), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_FULFILLED);
    assert_money("s1", 300, 0);
}

static void a_claim_that_is_not_covered_does_not_fulfil(void **state)
{
    (void)state;
    const char *code = NULL;
    give("s1", 150);
    const uint64_t id = committed("s1", 200);
    assert_int_equal(gv_orders_claim(id, "s1", &code), GV_ERR_CONFLICT);
    assert_string_equal(code, "orders.not_covered");
    assert_money("s1", 130, 20);
    assert_int_equal(gv_orders_tick_after(13), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_EXPIRED);
    assert_money("s1", 130, 0); /* the bond is forfeited */
}

static void a_deposit_of_exactly_what_is_missing_fulfils(void **state)
{
    (void)state;
    give("s1", 20);
    const uint64_t id = committed("s1", 200);
    assert_int_equal(
        gv_engine_order_deposit(gv_world_engine(), gv_world_actor(), id, 180, "all", NULL), GV_OK);
    assert_true(gv_orders_row(id).order.claimed);
}

static void no_more_than_the_bond_is_forfeited(void **state)
{
    (void)state;
    give("s1", 20);
    const uint64_t id = committed("s1", 200);
    assert_int_equal(
        gv_engine_order_deposit(gv_world_engine(), gv_world_actor(), id, 50, "part", NULL), GV_OK);
    assert_money("s1", 0, 70);
    assert_int_equal(gv_orders_tick_after(13), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_EXPIRED);
    assert_money("s1", 50, 0);
}

static void a_bond_is_returned_where_nothing_is_forfeited(void **state)
{
    (void)state;
    config.forfeit = false;
    give("s1", 150);
    (void)committed("s1", 200);
    assert_int_equal(gv_orders_tick_after(13), GV_OK);
    assert_money("s1", 150, 0);
}

static void the_operators_deposit_in_time_fulfils_and_late_does_not(void **state)
{
    (void)state;
    struct gv_fail fail;
    give("s1", 20);
    const uint64_t id = committed("s1", 200);
    assert_int_equal(
        gv_engine_order_deposit(gv_world_engine(), gv_world_actor(), id, 179, "a", NULL), GV_OK);
    assert_false(gv_orders_row(id).order.claimed);
    assert_int_equal(gv_engine_order_deposit(gv_world_engine(), gv_world_actor(), id, 2, "b", NULL),
                     GV_OK);
    assert_true(gv_orders_row(id).order.claimed);
    assert_int_equal(gv_orders_tick_after(13), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_FULFILLED);
    assert_money("s1", 1, 0); /* what was too much */

    give("s2", 50);
    const uint64_t late = committed("s2", 200);
    gv_sim_clock_advance(gv_world_clock(), 11000);
    assert_int_equal(
        gv_engine_order_deposit(gv_world_engine(), gv_world_actor(), late, 200, "c", &fail),
        GV_ERR_STATE);
    assert_string_equal(fail.code, "orders.late");
}

static void locked_money_survives_a_restart_and_is_settled_after_it(void **state)
{
    (void)state;
    give("s1", 500);
    const uint64_t id = committed("s1", 200);
    assert_int_equal(gv_orders_claim(id, "s1", NULL), GV_OK);
    gv_world_close();
    gv_sim_clock_advance(gv_world_clock(), 60000);
    assert_int_equal(gv_world_open(true), GV_OK);
    assert_money("s1", 300, 200);
    assert_int_equal(gv_orders_tick_after(0), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_FULFILLED);
    assert_money("s1", 300, 0);
}

static void no_more_is_withdrawn_than_is_available(void **state)
{
    (void)state;
    struct gv_fail fail;
    const struct gv_solver_id id = gv_world_solver("s1");
    give("s1", 100);
    (void)committed("s1", 200);
    assert_int_equal(
        gv_engine_solver_deposit(gv_world_engine(), gv_world_actor(), &id, -81, "out", &fail),
        GV_ERR_CONFLICT);
    assert_string_equal(fail.code, "orders.not_covered");
    assert_int_equal(
        gv_engine_solver_deposit(gv_world_engine(), gv_world_actor(), &id, -80, "out", NULL),
        GV_OK);
    assert_money("s1", 0, 20);
}

static void balances_that_do_not_follow_from_the_entries_are_found(void **state)
{
    (void)state;
    struct gv_fail fail;
    struct gv_orders_verified verified;
    give("s1", 100);
    gv_world_sql("UPDATE oa_ledger SET amount = 90 WHERE seq = 1");
    assert_int_equal(gv_engine_orders_verify(gv_world_engine(), &verified, &fail), GV_ERR_CRYPTO);
    assert_string_equal(fail.code, "orders.ledger_broken");
    gv_world_sql("UPDATE oa_ledger SET amount = 100 WHERE seq = 1");
}

/* Case 34. */
static void nobody_else_speaks_for_a_registered_solver(void **state)
{
    (void)state;
    const char *code = NULL;
    give("s1", 500);
    const uint64_t id = committed("s1", 200);
    gv_orders_speak_as("s1", "gvs_forged");
    assert_int_equal(gv_orders_claim(id, "s1", &code), GV_ERR_UNAUTHORIZED);
    assert_string_equal(code, "orders.auth");
    gv_orders_speak_as("s1", "");
    assert_int_equal(gv_orders_claim(id, "s1", &code), GV_ERR_UNAUTHORIZED);
    assert_false(gv_orders_row(id).order.claimed);
}

/* Case 34: the audit log names who claimed under a false name, and nobody can fill the disk with that. */
static void a_forged_claim_is_one_audit_row_in_a_round(void **state)
{
    (void)state;
    static struct gv_audit_row rows[GV_AUDIT_PAGE];
    uint32_t n = 0;
    struct gv_fail fail;
    give("s1", 500);
    give("s2", 500);
    const uint64_t id = announced();
    gv_orders_speak_as("s2", "gvs_forged");
    (void)gv_orders_claim(id, "s2", NULL); /* nobody is committed: nothing could be won by it */
    assert_int_equal(gv_orders_bid(id, "s1", 200, 60, NULL), GV_OK);
    assert_int_equal(gv_orders_tick_after(5), GV_OK);
    assert_int_equal(gv_orders_state(id), GV_ORDER_COMMITTED);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(gv_orders_claim(id, "s2", NULL), GV_ERR_UNAUTHORIZED);
    }
    assert_int_equal(gv_engine_audit_list(gv_world_engine(), UINT64_MAX, "orders.claim_forged",
                                          GV_AUDIT_PAGE, rows, &n, &fail),
                     GV_OK);
    assert_int_equal(n, 1);
    assert_string_equal(rows[0].subject, "s2");
    assert_non_null(strstr(rows[0].detail, "order=1 round=1"));
}

static void strangers_are_refused_where_lines_must_be_proven(void **state)
{
    (void)state;
    const char *code = NULL;
    gv_world_close();
    config.authenticated = true;
    config.escrow = GV_ORDER_CLAIM;
    assert_int_equal(gv_world_open(true), GV_OK);
    const uint64_t id = announced();
    assert_int_equal(gv_orders_bid(id, "stranger", 5, 60, &code), GV_ERR_UNAUTHORIZED);
    give("s1", 1);
    assert_int_equal(gv_orders_bid(id, "s1", 5, 60, NULL), GV_OK);
    const struct gv_solver_id s1 = gv_world_solver("s1");
    const int64_t until_s = gv_clock_utc(gv_world_time()).s + 2;
    assert_int_equal(
        gv_engine_solver_suspend(gv_world_engine(), gv_world_actor(), &s1, until_s, NULL, NULL),
        GV_OK);
    gv_sim_clock_advance(gv_world_clock(), 1000);
    assert_int_equal(gv_orders_bid(id, "s1", 6, 60, &code), GV_ERR_FORBIDDEN);
    assert_string_equal(code, "orders.suspended");
    gv_sim_clock_advance(gv_world_clock(), 1000);
    assert_int_equal(gv_orders_bid(id, "s1", 6, 60, NULL), GV_OK);
}

static void what_is_no_point_of_the_curve_is_no_key(void **state)
{
    (void)state;
    struct gv_fail fail;
    char secret[GV_SOLVER_SECRET_TEXT];
    uint8_t key[32];
    const struct gv_solver_id id = gv_world_solver("s1");
    memset(key, 0xff, sizeof(key));
    assert_int_equal(gv_engine_solver_register(gv_world_engine(), gv_world_actor(), &id,
                                               gv_view_of(key, sizeof(key)), false, secret, &fail),
                     GV_ERR_INVALID);
    assert_string_equal(fail.code, "orders.pubkey");
}

/* The generator: any point will do. */
static const uint8_t point[32] = {0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0, 0x62,
                                  0x95, 0xce, 0x87, 0x0b, 0x07, 0x02, 0x9b, 0xfc, 0xdb, 0x2d, 0xce,
                                  0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98};

static void register_signer(const char *name)
{
    char secret[GV_SOLVER_SECRET_TEXT];
    const struct gv_solver_id id = gv_world_solver(name);
    assert_int_equal(gv_engine_solver_register(gv_world_engine(), gv_world_actor(), &id,
                                               gv_view_of(point, sizeof(point)), false, secret,
                                               NULL),
                     GV_OK);
}

/* What solvers sign with (solvers.h) must outlive the process. */
static void the_signing_domain_comes_with_the_first_public_key_and_stays(void **state)
{
    (void)state;
    struct gv_orders_status before;
    struct gv_orders_status after;
    give("s1", 5);
    gv_engine_orders_status(gv_world_engine(), &before);
    assert_string_equal(before.domain, "");
    for (uint32_t i = 0; i < 2; i++) {
        register_signer(i == 0 ? "s2" : "s3");
        gv_engine_orders_status(gv_world_engine(), i == 0 ? &before : &after);
    }
    assert_int_equal(strlen(before.domain), GV_ORDER_DOMAIN_TEXT - 1);
    assert_string_equal(after.domain, before.domain);
    gv_world_close();
    assert_int_equal(gv_world_open(true), GV_OK);
    gv_engine_orders_status(gv_world_engine(), &after);
    assert_string_equal(after.domain, before.domain);
}

/* A backup brings the solvers, but not what the box it was made on knew about itself. */
static void solvers_out_of_another_boxs_backup_get_a_signing_domain(void **state)
{
    (void)state;
    static struct gv_solver_registry registry;
    struct gv_orders_status before;
    struct gv_orders_status after;
    register_signer("s2");
    gv_engine_orders_status(gv_world_engine(), &before);
    gv_world_sql("DELETE FROM box");
    gv_world_close();
    assert_int_equal(gv_world_open(true), GV_OK);
    gv_engine_orders_status(gv_world_engine(), &after);
    assert_string_equal(after.domain, "");
    gv_world_refuse_commit();
    assert_int_equal(gv_orders_tick_after(0), GV_ERR_STORAGE);
    gv_engine_orders_status(gv_world_engine(), &after);
    assert_string_equal(after.domain, ""); /* nobody signs for what was not kept */
    assert_int_equal(gv_orders_tick_after(0), GV_OK);
    gv_engine_orders_status(gv_world_engine(), &after);
    assert_int_equal(strlen(after.domain), GV_ORDER_DOMAIN_TEXT - 1);
    assert_string_not_equal(after.domain, before.domain);
    registry.generation = 0;
    gv_engine_solver_registry(gv_world_engine(), &registry);
    assert_string_equal(registry.domain, after.domain);
    assert_int_equal(gv_orders_tick_after(1), GV_OK);
    gv_world_close();
    assert_int_equal(gv_world_open(true), GV_OK);
    gv_engine_orders_status(gv_world_engine(), &before);
    assert_string_equal(before.domain, after.domain);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bid_without_a_covered_bond_is_passed_over),
        TEST(a_claim_deposits_the_output_and_fulfilment_pays_it),
        TEST(a_claim_that_is_not_covered_does_not_fulfil),
        TEST(a_deposit_of_exactly_what_is_missing_fulfils),
        TEST(no_more_than_the_bond_is_forfeited),
        TEST(a_bond_is_returned_where_nothing_is_forfeited),
        TEST(the_operators_deposit_in_time_fulfils_and_late_does_not),
        TEST(locked_money_survives_a_restart_and_is_settled_after_it),
        TEST(no_more_is_withdrawn_than_is_available),
        TEST(balances_that_do_not_follow_from_the_entries_are_found),
        TEST(nobody_else_speaks_for_a_registered_solver),
        TEST(a_forged_claim_is_one_audit_row_in_a_round),
        TEST(strangers_are_refused_where_lines_must_be_proven),
        TEST(what_is_no_point_of_the_curve_is_no_key),
        TEST(the_signing_domain_comes_with_the_first_public_key_and_stays),
        TEST(solvers_out_of_another_boxs_backup_get_a_signing_domain),
    };
    return cmocka_run_group_tests_name("order_escrow", tests, NULL, NULL);
}
