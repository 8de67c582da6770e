/* Shows that the escrow ledger adds up to zero whatever is asked of it, that what is refused changes
 * nothing, and that the book's clock follows time and not the wall. */
#include "app/auction/orders/clock.h"
#include "app/auction/orders/ledger.h"
#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum {
    MOVES = 20000,
    SOLVERS = 4
};

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static struct gv_ledger_account account_of(uint32_t number)
{
    static const char *const names[SOLVERS] = {"a", "b", "c", "d"};
    struct gv_ledger_account account = {.kind = (enum gv_ledger_kind)(number % 5)};
    if (account.kind >= GV_LEDGER_AVAILABLE) {
        const enum gv_err err =
            gv_solver_id_parse(&account.solver, gv_view_str(names[number / 5 % SOLVERS]), NULL);
        assert_int_equal(err, GV_OK);
    }
    return account;
}

static void random_movements_add_up_to_zero_and_refused_ones_change_nothing(void **state)
{
    (void)state;
    static struct gv_ledger ledger;
    static struct gv_ledger before;
    uint32_t seed = 1;
    uint32_t moved = 0;
    uint32_t refused = 0;
    gv_ledger_init(&ledger);
    for (uint32_t i = 0; i < MOVES; i++) {
        const struct gv_ledger_entry entry = {.from = account_of(next(&seed)),
                                              .to = account_of(next(&seed)),
                                              .amount = next(&seed) % 1000};
        before = ledger;
        if (gv_ledger_move(&ledger, &entry, NULL) == GV_OK) {
            moved++;
        } else {
            refused++;
            assert_true(gv_ledger_equal(&ledger, &before));
        }
        assert_int_equal(gv_ledger_sum(&ledger), 0);
        for (uint32_t k = 0; k < ledger.count; k++) {
            assert_true(ledger.solvers[k].available >= 0);
            assert_true(ledger.solvers[k].locked >= 0);
        }
    }
    assert_true(moved > MOVES / 10);
    assert_true(refused > MOVES / 100);
}

static void amounts_end_at_53_bits(void **state)
{
    (void)state;
    static struct gv_ledger ledger;
    struct gv_fail fail;
    struct gv_ledger_entry entry = {.from = account_of(0), .to = account_of(3)};
    gv_ledger_init(&ledger);
    assert_int_equal(gv_ledger_move(&ledger, &entry, &fail), GV_ERR_INVALID); /* nothing */
    entry.amount = GV_ORDER_AMOUNT_MAX + 1;
    assert_int_equal(gv_ledger_move(&ledger, &entry, &fail), GV_ERR_INVALID);
    entry.amount = GV_ORDER_AMOUNT_MAX;
    assert_int_equal(gv_ledger_move(&ledger, &entry, &fail), GV_OK);
    entry.amount = 1;
    assert_int_equal(gv_ledger_move(&ledger, &entry, &fail), GV_ERR_CONFLICT);
}

static void accounts_read_back_as_they_are_written(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 5 * SOLVERS; i++) {
        char text[GV_LEDGER_NAME_MAX];
        struct gv_ledger_account back;
        const struct gv_ledger_account account = account_of(i);
        gv_ledger_account_format(text, &account);
        assert_true(gv_ledger_account_parse(&back, gv_view_str(text)));
        assert_memory_equal(&back, &account, sizeof(back));
    }
    struct gv_ledger_account account;
    assert_false(gv_ledger_account_parse(&account, gv_view_str("outside:a")));
    assert_false(gv_ledger_account_parse(&account, gv_view_str("locked:")));
    assert_false(gv_ledger_account_parse(&account, gv_view_str("locked:a b")));
}

static void the_books_clock_follows_time_and_not_the_wall(void **state)
{
    (void)state;
    struct gv_order_clock clock;
    gv_order_clock_init(&clock, (struct gv_utc){1000}, (struct gv_mono){500}, INT64_MIN);
    gv_order_clock_set(&clock, (struct gv_utc){1005}, (struct gv_mono){5499});
    assert_int_equal(clock.now_s, 1004);
    assert_int_equal(clock.utc_ahead_s, 0); /* phase, no step */
    gv_order_clock_set(&clock, (struct gv_utc){1006}, (struct gv_mono){5499});
    assert_int_equal(clock.utc_ahead_s, 2);
    gv_order_clock_set(&clock, (struct gv_utc){1002}, (struct gv_mono){5499});
    assert_int_equal(clock.utc_ahead_s, -2);
    gv_order_clock_set(&clock, (struct gv_utc){4606}, (struct gv_mono){6500});
    assert_int_equal(clock.now_s, 1006);
    assert_int_equal(clock.utc_ahead_s, 3600);
    assert_int_equal(gv_order_clock_to_utc(&clock, 1016), 4616);
    assert_int_equal(gv_order_clock_from_utc(&clock, 4616), 1016);
    assert_int_equal(gv_order_clock_to_utc(&clock, INT64_MAX), INT64_C(253402300799));
    gv_order_clock_init(&clock, (struct gv_utc){900}, (struct gv_mono){0}, 1006);
    assert_int_equal(clock.now_s, 1006); /* never behind what is stored */
    assert_int_equal(gv_order_clock_to_utc(&clock, 1006), 900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_movements_add_up_to_zero_and_refused_ones_change_nothing),
        cmocka_unit_test(amounts_end_at_53_bits),
        cmocka_unit_test(accounts_read_back_as_they_are_written),
        cmocka_unit_test(the_books_clock_follows_time_and_not_the_wall),
    };
    return cmocka_run_group_tests_name("order_ledger", tests, NULL, NULL);
}
