/* Whether data lies on a disk of its own: what a missing mount leaves behind must not be taken for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hal/linux/files.h"

static void assert_answer(const char *path, enum gv_err expected, const char *code)
{
    struct gv_fail fail = {.err = GV_OK};
    assert_int_equal(gv_dir_check_mount(path, &fail), expected);
    if (code != NULL) {
        assert_string_equal(fail.code, code);
    }
}

static void a_folder_of_the_systems_own_disk_is_no_mount(void **state)
{
    (void)state;
    assert_answer("/", GV_ERR_UNAVAILABLE, "file.no_mount");
}

static void memory_is_no_disk(void **state)
{
    (void)state;
    assert_answer("/dev/shm", GV_ERR_UNAVAILABLE, "file.no_mount");
}

/* The one other file system that every Linux has stands for the disk. */
static void another_file_system_is_a_mount(void **state)
{
    (void)state;
    assert_answer("/proc", GV_OK, NULL);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    assert_answer("/no/such/folder", GV_ERR_IO, "file.io");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_of_the_systems_own_disk_is_no_mount),
        cmocka_unit_test(memory_is_no_disk),
        cmocka_unit_test(another_file_system_is_a_mount),
        cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
