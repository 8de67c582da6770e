/* Shows that upload slots are limited, refused on demand, and leave no unrevealed byte behind.
 * Includes the module to reach its pool. */
#include "app/engine/submission.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void all_slots_can_be_taken_and_no_more(void **state)
{
    (void)state;
    struct gv_submission *taken[GV_SUBMISSIONS_MAX];
    for (uint32_t i = 0; i < GV_SUBMISSIONS_MAX; i++) {
        taken[i] = gv_submission_acquire();
        assert_non_null(taken[i]);
    }
    assert_null(gv_submission_acquire());
    for (uint32_t i = 0; i < GV_SUBMISSIONS_MAX; i++) {
        gv_submission_release(taken[i]);
    }
    assert_int_equal(gv_pool_stats(&submissions).in_use, 0);
    assert_int_equal(gv_pool_stats(&submissions).refused, 1);
}

static void the_nth_acquire_can_be_refused(void **state)
{
    (void)state;
    submissions.fail_after = 2;
    struct gv_submission *first = gv_submission_acquire();
    assert_non_null(first);
    assert_null(gv_submission_acquire());
    gv_submission_release(first);
    struct gv_submission *again = gv_submission_acquire();
    assert_non_null(again);
    gv_submission_release(again);
}

static void a_released_slot_holds_no_psbt_and_no_upload(void **state)
{
    (void)state;
    static const char secret[] = "cHNidP8 unrevealed";
    struct gv_submission *submission = gv_submission_acquire();
    assert_non_null(submission);
    submission->rung_count = 2;
    submission->psbt_at[1] = 3 * 4096 + 5;
    submission->psbt_len[1] = sizeof(secret);
    memcpy(&submission->ladder[submission->psbt_at[1]], secret, sizeof(secret));
    memcpy(submission->body, secret, sizeof(secret));
    submission->body_len = sizeof(secret);
    gv_submission_release(submission);

    for (size_t i = 0; i < sizeof(secret); i++) {
        assert_int_equal(submission->ladder[3 * 4096 + 5 + i], 0);
        assert_int_equal(submission->body[i], 0);
    }
    struct gv_submission *again = gv_submission_acquire();
    assert_non_null(again);
    assert_int_equal(again->rung_count, 0);
    assert_int_equal(again->body_len, 0);
    gv_submission_release(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_slots_can_be_taken_and_no_more),
        cmocka_unit_test(the_nth_acquire_can_be_refused),
        cmocka_unit_test(a_released_slot_holds_no_psbt_and_no_upload),
    };
    gv_submissions_init();
    return cmocka_run_group_tests_name("submission", tests, NULL, NULL);
}
