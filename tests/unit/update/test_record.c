/* The updater's record: what is written is read back, and nothing else is. */
#include "app/update/record.h"

#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void every_state_comes_back_as_it_was_written(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 64; bits++) {
        struct gv_update_state written = {
            .record = {.floor = {0, 1, 65535},
                       .has_trial = (bits & 1u) != 0,
                       .has_last = (bits & 2u) != 0},
            .slot = (bits & 4u) != 0 ? GV_SLOT_B : GV_SLOT_A,
            .phase = (enum gv_update_phase)(bits % 5u),
            .done = bits,
            .all = GV_BUNDLE_BYTES_MAX,
        };
        struct gv_update_state read;
        char first[GV_UPDATE_STATE_MAX];
        char second[GV_UPDATE_STATE_MAX];
        if (written.record.has_trial) {
            written.record.trial = (struct gv_version){1, 2, 3};
            written.record.trial_slot = (bits & 8u) != 0 ? GV_SLOT_B : GV_SLOT_A;
        }
        if (written.record.has_last) {
            written.record.last = (struct gv_version){1, 2, 4};
            written.record.last_confirmed = (bits & 16u) != 0;
        }
        if ((bits & 32u) != 0) {
            (void)gv_fail(&written.fail, GV_ERR_STATE, "update.hash", "root is damaged");
        }
        gv_update_state_format(&written, first);
        assert_int_equal(gv_update_state_parse(&read, first, NULL), GV_OK);
        gv_update_state_format(&read, second);
        assert_string_equal(first, second);
        assert_int_equal(read.record.has_trial, written.record.has_trial);
        assert_int_equal(read.record.last_confirmed, written.record.last_confirmed);
        assert_int_equal(read.phase, written.phase);
    }
}

static void anything_else_is_refused_and_changes_nothing(void **state)
{
    static const char *const texts[] = {
        "floor 0.1.0",
        "floor\n",
        "floor 0.1\n",
        "trial 0.1.0\n",
        "trial 0.1.0 c\n",
        "trial 0.1.0 b x\n",
        "last 0.1.0 won\n",
        "slot ab\n",
        "phase sleeping\n",
        "bytes 1\n",
        "bytes 1 x\n",
        "bytes 1 999999999999\n",
        "failed \n",
        "other 1\n",
        "\n",
        "floor 0.1.0\n\n",
        "failed a.b \x01 x\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct gv_update_record record = {.floor = {9, 9, 9}};
        struct gv_fail fail = {.err = GV_OK};
        assert_int_equal(gv_update_record_parse(&record, texts[i], &fail), GV_ERR_INVALID);
        assert_string_equal(fail.code, "update.record");
        assert_int_equal(record.floor.major, 9);
    }
}

static void no_record_is_an_empty_one(void **state)
{
    struct gv_update_record record = {.has_trial = true};
    (void)state;
    assert_int_equal(gv_update_record_parse(&record, "", NULL), GV_OK);
    assert_false(record.has_trial);
    assert_int_equal(gv_version_compare(record.floor, (struct gv_version){0}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_comes_back_as_it_was_written),
        cmocka_unit_test(anything_else_is_refused_and_changes_nothing),
        cmocka_unit_test(no_record_is_an_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
