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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(silence_ends_it_after_the_patience, set_up),
        cmocka_unit_test_setup(every_report_starts_the_patience_again, set_up),
    };
    return cmocka_run_group_tests_name("alive", tests, NULL, NULL);
}
