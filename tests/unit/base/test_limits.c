/* Every board's capacities fit its budget: limits.h is compiled once for each board, where its own
 * static assertions judge it, and the sums are compared here once more. */
#include "tests/unit/base/board_sums.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect_within_budget(struct board_sums sums)
{
    print_message("board %s: %llu of %llu bytes fixed\n", sums.name, sums.fixed_bytes,
                  sums.budget_bytes);
    assert_true(sums.fixed_bytes > 1000000);
    assert_true(sums.fixed_bytes <= sums.budget_bytes);
}

static void host_fits_its_budget(void **state)
{
    (void)state;
    expect_within_budget(board_sums_host());
}

static void sim_fits_its_budget(void **state)
{
    (void)state;
    expect_within_budget(board_sums_sim());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_fits_its_budget),
        cmocka_unit_test(sim_fits_its_budget),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
