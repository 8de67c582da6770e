/* Shows: strategies answer the same question the same way, within the demonstration's bounds, and a
 * script is read to the letter or refused with its line. */
#include "app/solver/strategy.h"
#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct gv_strategy strategy;
static struct gv_strategy_terms terms;

static void random_terms_stay_within_the_original_bounds_and_repeat(void **state)
{
    (void)state;
    unsigned bids = 0;
    gv_strategy_random(&strategy, "s1");
    for (uint64_t id = 1; id <= 5000; id++) {
        struct gv_strategy_terms again;
        gv_strategy_terms(&strategy, id, &terms);
        gv_strategy_terms(&strategy, id, &again);
        assert_memory_equal(&terms, &again, sizeof(terms));
        assert_in_range(terms.max_input, 50, 199);
        assert_true(terms.rate >= 0.8 && terms.rate < 1.2);
        assert_in_range(terms.validity_s, 15, 59);
        const uint32_t work_s = gv_strategy_work(&strategy, id, 10);
        assert_in_range(work_s, 1, 8);
        assert_int_equal(gv_strategy_work(&strategy, id, 2), 1);
        bids += terms.bids;
    }
    assert_in_range(bids, 3400, 3600); /* seven of ten */
}

static void two_random_solvers_bid_differently(void **state)
{
    (void)state;
    struct gv_strategy_terms other;
    unsigned same = 0;
    for (uint64_t id = 1; id <= 100; id++) {
        gv_strategy_random(&strategy, "s1");
        gv_strategy_terms(&strategy, id, &terms);
        gv_strategy_random(&strategy, "s2");
        gv_strategy_terms(&strategy, id, &other);
        same += terms.rate == other.rate;
    }
    assert_int_equal(same, 0);
}

static enum gv_err read_script(const char *text, struct gv_fail *fail)
{
    return gv_strategy_script(&strategy, gv_view_str(text), fail);
}

static void a_script_names_orders_and_what_holds_for_the_others(void **state)
{
    (void)state;
    assert_int_equal(read_script("# a solver that fails\n"
                                 "7 100 1.25 60 2\r\n"
                                 "\n"
                                 "  8\t174 0.9646770440214334 22 never # on purpose\n"
                                 "9 pass\n"
                                 "* 1 1 30 0",
                                 NULL),
                     GV_OK);
    gv_strategy_terms(&strategy, 7, &terms);
    assert_true(terms.bids && terms.delivers);
    assert_int_equal(terms.max_input, 100);
    assert_true(terms.rate == 1.25);
    assert_int_equal(terms.validity_s, 60);
    assert_int_equal(gv_strategy_work(&strategy, 7, 10), 2);
    gv_strategy_terms(&strategy, 8, &terms);
    assert_true(terms.bids);
    assert_false(terms.delivers);
    assert_true(terms.rate == 0.9646770440214334);
    gv_strategy_terms(&strategy, 9, &terms);
    assert_false(terms.bids);
    gv_strategy_terms(&strategy, 10, &terms);
    assert_true(terms.bids);
    assert_int_equal(terms.max_input, 1);
    assert_int_equal(read_script("", NULL), GV_OK);
    gv_strategy_terms(&strategy, 1, &terms);
    assert_false(terms.bids);
}

static void a_script_with_a_mistake_is_refused_with_its_line(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\nx 1 1 1 1",   "\n1 1 1 1",       "\n1 1 1 1 1 1",
        "\n1 -1 1 1 1",  "\n1 1 0 1 1",     "\n1 1 -2 1 1",
        "\n1 1 nan 1 1", "\n1 1 1e999 1 1", "\n1 1 0x1 1 1",
        "\n1 1 1 -1 1",  "\n1 1 1 1 soon",  "\n1",
        "\n1 passes",    "\n1 1 1 90000 1", "\n1 9007199254740992 1 1 1",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct gv_fail fail = {0};
        assert_int_equal(read_script(bad[i], &fail), GV_ERR_INVALID);
        assert_non_null(strstr(fail.text, "line 2:"));
    }
    static char many[2 * (GV_STRATEGY_ROWS_MAX + 1u) * 4u];
    many[0] = '\0';
    for (unsigned i = 0; i <= GV_STRATEGY_ROWS_MAX; i++) {
        strcat(many, "* pass\n");
    }
    assert_int_equal(read_script(many, NULL), GV_ERR_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_terms_stay_within_the_original_bounds_and_repeat),
        cmocka_unit_test(two_random_solvers_bid_differently),
        cmocka_unit_test(a_script_names_orders_and_what_holds_for_the_others),
        cmocka_unit_test(a_script_with_a_mistake_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
