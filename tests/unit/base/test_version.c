/* Shows that a version follows from what is seen and from nothing else, and which expectations it meets. */
#include "firmware/base/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_same_text_has_the_same_version_and_another_text_another(void **state)
{
    (void)state;
    assert_true(gv_version_of("%s %d", "ada", 1) == gv_version_of("ada %d", 1));
    assert_false(gv_version_of("%s %d", "ada", 1) == gv_version_of("%s %d", "ada", 2));
}

static void who_expects_nothing_takes_what_is_there(void **state)
{
    (void)state;
    const struct gv_expect any = gv_expect_of(NULL);
    assert_int_equal(gv_expect_check(&any, 7, NULL), GV_OK);
    assert_int_equal(gv_expect_check(&any, 0, NULL), GV_OK);
}

static void one_of_the_expected_is_enough_and_none_of_them_is_refused(void **state)
{
    (void)state;
    struct gv_fail fail = {.err = GV_OK};
    const struct gv_expect seen = {.count = 2, .versions = {7, 8, 9}};
    assert_int_equal(gv_expect_check(&seen, 7, NULL), GV_OK);
    assert_int_equal(gv_expect_check(&seen, 8, NULL), GV_OK);
    assert_int_equal(gv_expect_check(&seen, 9, &fail), GV_ERR_STATE); /* beyond the count */
    assert_string_equal(fail.code, "http.changed");
    assert_int_equal(gv_expect_check(&seen, 0, NULL), GV_ERR_STATE);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_text_has_the_same_version_and_another_text_another),
        TEST(who_expects_nothing_takes_what_is_there),
        TEST(one_of_the_expected_is_enough_and_none_of_them_is_refused),
    };
    return cmocka_run_group_tests_name("version", tests, NULL, NULL);
}
