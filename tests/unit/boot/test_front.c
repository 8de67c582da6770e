/* Shows: the light of a daemon that runs asks for a person when a thread hangs or the disk refuses, and only then. */
#include "firmware/boot/front.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void light_says_whether_it_sells(void **state)
{
    (void)state;
    assert_int_equal(gv_front_says(true, 0, true), GV_INDICATE_READY);
    assert_int_equal(gv_front_says(true, 0, false), GV_INDICATE_NODE_WAIT);
}

static void what_a_person_must_look_at_comes_first(void **state)
{
    (void)state;
    assert_int_equal(gv_front_says(false, 0, true), GV_INDICATE_BROKEN);
    assert_int_equal(gv_front_says(true, 1, true), GV_INDICATE_BROKEN);
    assert_int_equal(gv_front_says(true, 1, false),
                     GV_INDICATE_BROKEN); /* it cannot be read, either */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(light_says_whether_it_sells),
        cmocka_unit_test(what_a_person_must_look_at_comes_first),
    };
    return cmocka_run_group_tests_name("front", tests, NULL, NULL);
}
