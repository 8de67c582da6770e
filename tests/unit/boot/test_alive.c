/* Shows: the watchdog hears of us while the node thread's reports reach the engine, and no longer than
 * the patience after the last one. */
#include "firmware/boot/alive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct gv_alive alive;

static bool check(uint64_t reports, uint64_t ms)
{
    return gv_alive_check(&alive, reports, (struct gv_mono){ms});
}

static int set_up(void **state)
{
    (void)state;
    gv_alive_init(&alive, 15000, 30000, (struct gv_mono){1000});
    return 0;
}

static void silence_ends_it_after_the_patience(void **state)
{
    (void)state;
    assert_true(check(0, 1000));
    assert_true(check(0, 91000)); /* the first report may be as late as any */
    assert_false(check(0, 91001));
}

static void every_report_starts_the_patience_again(void **state)
{
    (void)state;
    assert_true(check(1, 80000));
    assert_true(check(1, 170000));
    assert_false(check(1, 170001));
    assert_true(check(2, 170002)); /* a thread that was only slow is alive again */
    assert_true(check(2, 260002));
    assert_false(check(2, 260003));
}

static void threads_with_a_limit_must_beat_within_it(void **state)
{
    (void)state;
    assert_true(gv_alive_in_time("oracle", 30000, 5000));
    assert_false(gv_alive_in_time("oracle", 30001, 5000));
    assert_true(gv_alive_in_time("prices", 60000, 5000)); /* it waits for the node */
    assert_false(gv_alive_in_time("prices", 60001, 5000));
    assert_true(gv_alive_in_time("engine", UINT64_MAX, 5000)); /* proved by its count */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(silence_ends_it_after_the_patience, set_up),
        cmocka_unit_test_setup(every_report_starts_the_patience_again, set_up),
        cmocka_unit_test(threads_with_a_limit_must_beat_within_it),
    };
    return cmocka_run_group_tests_name("alive", tests, NULL, NULL);
}
