/* Factory reset: done only when asked for, completely, and not beyond the data folder. */
#include "firmware/base/text.h"
#include "firmware/boot/front.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char home[64];

static const char *in_home(const char *name)
{
    static char path[256];
    gv_format_cut(path, sizeof(path), "%s/%s", home, name);
    return path;
}

static void put(const char *name)
{
    FILE *file = fopen(in_home(name), "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static bool there(const char *name)
{
    struct stat info;
    return lstat(in_home(name), &info) == 0;
}

static int setup(void **state)
{
    char data[128];
    (void)state;
    gv_format_cut(home, sizeof(home), "/tmp/gavel-reset-XXXXXX");
    if (mkdtemp(home) == NULL) {
        return 1;
    }
    gv_format_cut(data, sizeof(data), "%s", in_home("data"));
    (void)mkdir(data, 0700);
    (void)mkdir(in_home("data/tls"), 0700);
    (void)mkdir(in_home("outside"), 0700);
    put("data/gavel.db");
    put("data/seal.key");
    put("data/tls/ca.key");
    put("outside/dear");
    return symlink("../outside", in_home("data/link"));
}

static int teardown(void **state)
{
    char command[96];
    (void)state;
    gv_format_cut(command, sizeof(command), "rm -rf %s", home);
    return system(command);
}

static void apply(bool expected)
{
    char data[128];
    bool done = !expected;
    gv_format_cut(data, sizeof(data), "%s", in_home("data"));
    assert_int_equal(gv_factory_reset_is_asked(data), expected);
    assert_int_equal(gv_factory_reset_apply(data, &done, NULL), GV_OK);
    assert_int_equal(done, expected);
    assert_false(gv_factory_reset_is_asked(data));
}

static void ask(void)
{
    char data[128];
    gv_format_cut(data, sizeof(data), "%s", in_home("data"));
    assert_int_equal(gv_factory_reset_ask(data, NULL), GV_OK);
}

static void nothing_goes_unasked(void **state)
{
    (void)state;
    apply(false);
    assert_true(there("data/gavel.db"));
    assert_true(there("data/tls/ca.key"));
}

static void everything_goes_once_and_nothing_outside(void **state)
{
    (void)state;
    ask();
    apply(true);
    assert_true(there("data"));
    assert_false(there("data/gavel.db"));
    assert_false(there("data/tls"));
    assert_false(there("data/link"));
    assert_false(there("data/factory-reset"));
    assert_true(there("outside/dear"));
    put("data/gavel.db"); /* the new box */
    apply(false);
    assert_true(there("data/gavel.db"));
}

/* A folder that is a link is emptied, too, and a reset that was cut short goes on. */
static void linked_folder_is_emptied(void **state)
{
    bool done = false;
    (void)state;
    ask();
    assert_int_equal(symlink("data", in_home("alias")), 0);
    assert_int_equal(unlink(in_home("data/gavel.db")), 0); /* as far as the first try came */
    assert_int_equal(gv_factory_reset_apply(in_home("alias"), &done, NULL), GV_OK);
    assert_true(done);
    assert_false(there("data/seal.key"));
    assert_true(there("alias"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_goes_unasked, setup, teardown),
        cmocka_unit_test_setup_teardown(everything_goes_once_and_nothing_outside, setup, teardown),
        cmocka_unit_test_setup_teardown(linked_folder_is_emptied, setup, teardown),
    };
    return cmocka_run_group_tests_name("factory reset", tests, NULL, NULL);
}
