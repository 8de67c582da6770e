/* Shows: the watchdog hears of us while every thread that nobody waits for beats within its limit. */
#include "firmware/boot/alive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void threads_with_a_limit_must_beat_within_it(void **state)
{
    static const struct {
        const char *name;
        uint64_t limit_ms; /* beside a node that may take 5 s for an answer */
    } cases[] = {{"node", 40000}, {"engine", 90000}, {"oracle", 30000}, {"prices", 40000}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(gv_alive_in_time(cases[i].name, cases[i].limit_ms, 5000));
        assert_false(gv_alive_in_time(cases[i].name, cases[i].limit_ms + 1, 5000));
    }
}

static void node_that_hangs_is_no_fault_of_ours(void **state)
{
    (void)state;
    assert_true(gv_alive_in_time("node", 120000, 120000));
}

static void threads_that_somebody_waits_for_have_no_limit(void **state)
{
    (void)state;
    assert_true(gv_alive_in_time("backup", UINT64_MAX, 5000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_with_a_limit_must_beat_within_it),
        cmocka_unit_test(node_that_hangs_is_no_fault_of_ours),
        cmocka_unit_test(threads_that_somebody_waits_for_have_no_limit),
    };
    return cmocka_run_group_tests_name("alive", tests, NULL, NULL);
}
