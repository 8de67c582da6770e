/* The card's slots on Linux, on files in place of partitions: the choice is one changed letter of config.txt, a try is a
 * copy beside it, and a slot is emptied before it is written. */
#include "hal/linux/slots.h"

#include "firmware/base/text.h"
#include "hal/linux/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define CONFIG "# os_prefix=z/\r\narm_64bit=1\nos_prefix=a/\nkernel=vmlinuz\ndtoverlay=mine\n"
#define ROOM   100000

static char folder[] = "/tmp/gavel-slots-XXXXXX";
static char paths[5][128];
static struct gv_slots slots;

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static const char *get(const char *name)
{
    static char text[1024];
    char path[256];
    size_t n = 0;
    gv_format_cut(path, sizeof(path), "%s/card/%s", folder, name);
    if (gv_file_read(path, text, sizeof(text) - 1, &n, NULL) != GV_OK) {
        return NULL;
    }
    text[n] = '\0';
    return text;
}

static int set_up(void **state)
{
    static const char *const names[] = {"cmdline", "root-a", "root-b", "card", "record"};
    char path[256];
    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < 5; i++) {
        gv_format_cut(paths[i], sizeof(paths[i]), "%s/%s", folder, names[i]);
    }
    put(paths[0], "console=tty0 root=PARTUUID=6a7e1001-02 gavel.slot=a\n");
    for (size_t i = 1; i <= 2; i++) {
        put(paths[i], "");
        assert_int_equal(truncate(paths[i], ROOM), 0);
    }
    assert_int_equal(mkdir(paths[3], 0700), 0);
    gv_format_cut(path, sizeof(path), "%s/config.txt", paths[3]);
    put(path, CONFIG);
    const struct gv_linux_slots_config config = {
        .cmdline = paths[0], .roots = {paths[1], paths[2]}, .card = paths[3], .record = paths[4]};
    slots = gv_linux_slots(&config);
    return 0;
}

static int tear_down(void **state)
{
    char command[256];
    (void)state;
    gv_format_cut(command, sizeof(command), "rm -rf '%s'", folder);
    return system(
        command); /* NOLINT(concurrency-mt-unsafe,cert-env33-c): one thread, a path of ours */
}

static void what_runs_and_what_is_chosen_is_read_from_the_card(void **state)
{
    enum gv_slot slot = GV_SLOT_B;
    (void)state;
    assert_int_equal(gv_slots_running(&slots, &slot, NULL), GV_OK);
    assert_int_equal(slot, GV_SLOT_A);
    slot = GV_SLOT_B;
    assert_int_equal(gv_slots_chosen(&slots, &slot, NULL), GV_OK);
    assert_int_equal(slot, GV_SLOT_A);
}

static void a_choice_changes_one_letter_and_a_try_none(void **state)
{
    enum gv_slot slot = GV_SLOT_A;
    char wanted[] = CONFIG;
    *(strstr(wanted, "\nos_prefix=") + 11) = 'b';
    (void)state;
    assert_int_equal(gv_slots_try_once(&slots, GV_SLOT_B, NULL), GV_OK);
    assert_string_equal(get("config.txt"), CONFIG);
    assert_string_equal(get("tryboot.txt"), wanted);
    assert_int_equal(gv_slots_choose(&slots, GV_SLOT_B, NULL), GV_OK);
    assert_string_equal(get("config.txt"), wanted);
    assert_int_equal(gv_slots_chosen(&slots, &slot, NULL), GV_OK);
    assert_int_equal(slot, GV_SLOT_B);
    assert_int_equal(gv_slots_choose(&slots, GV_SLOT_A, NULL), GV_OK);
    assert_string_equal(get("config.txt"), CONFIG);
}

static void a_slot_is_emptied_and_written_and_read_back(void **state)
{
    char old[256];
    char back[8] = "";
    (void)state;
    assert_int_equal(gv_slots_clear(&slots, GV_SLOT_B, NULL), GV_OK); /* makes the folder */
    gv_format_cut(old, sizeof(old), "%s/b/of-an-older-kernel.dtb", paths[3]);
    put(old, "old");
    gv_format_cut(old, sizeof(old), "%s/b/overlays", paths[3]);
    assert_int_equal(mkdir(old, 0700), 0);
    gv_format_cut(old, sizeof(old), "%s/b/overlays/of-the-owner.dtbo", paths[3]);
    put(old, "his");
    assert_int_equal(gv_slots_try_once(&slots, GV_SLOT_B, NULL), GV_OK);
    assert_int_equal(gv_slots_clear(&slots, GV_SLOT_B, NULL), GV_OK);
    assert_null(get("b/of-an-older-kernel.dtb"));
    assert_null(get("b/overlays/of-the-owner.dtbo"));
    assert_null(get("tryboot.txt"));

    static const char *const parts[] = {"vmlinuz", GV_SLOT_ROOT};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(gv_slots_open(&slots, GV_SLOT_B, parts[i], 6, NULL), GV_OK);
        assert_int_equal(gv_slots_write(&slots, gv_view_of("abc", 3), NULL), GV_OK);
        assert_int_equal(gv_slots_write(&slots, gv_view_of("def", 3), NULL), GV_OK);
        assert_int_equal(gv_slots_sync(&slots, NULL), GV_OK);
        assert_int_equal(gv_slots_read(&slots, 1, back, 4, NULL), GV_OK);
        assert_memory_equal(back, "bcde", 4);
        assert_int_equal(gv_slots_close(&slots, NULL), GV_OK);
    }
    assert_string_equal(get("b/vmlinuz"), "abcdef");
    struct stat info;
    assert_int_equal(stat(paths[2], &info), 0);
    assert_int_equal(info.st_size, ROOM); /* a partition keeps its size */
}

static void a_root_larger_than_its_partition_is_refused(void **state)
{
    struct gv_fail fail = {.err = GV_OK};
    (void)state;
    assert_int_equal(gv_slots_open(&slots, GV_SLOT_B, GV_SLOT_ROOT, ROOM + 1, &fail),
                     GV_ERR_TOO_LARGE);
    assert_string_equal(fail.code, "slot.room");
}

static void the_record_is_empty_at_first_and_then_what_was_stored(void **state)
{
    char record[GV_SLOT_RECORD_MAX] = "x";
    (void)state;
    assert_int_equal(gv_slots_load(&slots, record, NULL), GV_OK);
    assert_string_equal(record, "");
    assert_int_equal(gv_slots_store(&slots, "floor 0.1.0\n", NULL), GV_OK);
    assert_int_equal(gv_slots_load(&slots, record, NULL), GV_OK);
    assert_string_equal(record, "floor 0.1.0\n");
}

static void a_card_of_another_kind_is_left_alone(void **state)
{
    enum gv_slot slot;
    struct gv_fail fail = {.err = GV_OK};
    char path[256];
    (void)state;
    gv_format_cut(path, sizeof(path), "%s/config.txt", paths[3]);
    put(path, "arm_64bit=1\nos_prefix=upstream/\n");
    assert_int_equal(gv_slots_chosen(&slots, &slot, &fail), GV_ERR_STATE);
    assert_int_equal(gv_slots_choose(&slots, GV_SLOT_B, &fail), GV_ERR_STATE);
    assert_string_equal(fail.code, "slot.layout");
    assert_string_equal(get("config.txt"), "arm_64bit=1\nos_prefix=upstream/\n");
    put(paths[0], "root=/dev/sda1\n");
    assert_int_equal(gv_slots_running(&slots, &slot, &fail), GV_ERR_STATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_runs_and_what_is_chosen_is_read_from_the_card),
        cmocka_unit_test(a_choice_changes_one_letter_and_a_try_none),
        cmocka_unit_test(a_slot_is_emptied_and_written_and_read_back),
        cmocka_unit_test(a_root_larger_than_its_partition_is_refused),
        cmocka_unit_test(the_record_is_empty_at_first_and_then_what_was_stored),
        cmocka_unit_test(a_card_of_another_kind_is_left_alone),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
