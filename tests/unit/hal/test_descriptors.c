/* The limit of file descriptors is raised to what is needed, never lowered, and a lower hard one is told. */
#include "hal/linux/descriptors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

static struct rlimit limit_now(void)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit;
}

static void set_limit(rlim_t soft, rlim_t hard)
{
    const struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void what_is_needed_is_raised_and_what_is_there_stays(void **state)
{
    (void)state;
    struct gv_fail fail;
    set_limit(64, 200);
    assert_int_equal(gv_descriptors_raise(128, &fail), GV_OK);
    assert_int_equal(limit_now().rlim_cur, 128);
    assert_int_equal(gv_descriptors_raise(100, &fail), GV_OK);
    assert_int_equal(limit_now().rlim_cur, 128);
    assert_int_equal(limit_now().rlim_max, 200);
}

static void a_hard_limit_that_is_too_low_is_told(void **state)
{
    (void)state;
    struct gv_fail fail;
    set_limit(64, 200);
    assert_int_equal(gv_descriptors_raise(201, &fail), GV_ERR_IO);
    assert_string_equal(fail.code, "descriptors");
    assert_non_null(strstr(fail.text, "201 file descriptors are needed, and only 200 are allowed"));
    assert_int_equal(limit_now().rlim_cur, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_needed_is_raised_and_what_is_there_stays),
        cmocka_unit_test(a_hard_limit_that_is_too_low_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
