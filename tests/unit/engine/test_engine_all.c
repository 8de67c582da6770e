/* Shows that ladders that are listed together are listed all or not at all: whichever of them is refused,
 * and when the commit is, nothing of the others is left. */
#include "tests/support/engine_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT 3u

static int set_up(void **state)
{
    (void)state;
    gv_world_format();
    assert_int_equal(gv_world_open(true), GV_OK);
    assert_int_equal(gv_world_start(990), GV_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gv_world_close();
    return 0;
}

static struct gv_submission *park(const struct gv_offer *offers)
{
    struct gv_submission *submission = gv_submission_acquire();
    assert_non_null(submission);
    for (uint32_t i = 0; i < COUNT; i++) {
        gv_world_fill(submission, &offers[i]);
        assert_int_equal(gv_submission_park(submission), GV_OK);
    }
    return submission;
}

static void offer_three(struct gv_offer *offers)
{
    for (uint32_t i = 0; i < COUNT; i++) {
        offers[i] = gv_offer_of(i + 1);
        offers[i].end += i; /* ladders of several lengths */
    }
}

static void assert_nothing_listed(const struct gv_offer *offers)
{
    for (uint32_t i = 0; i < COUNT; i++) {
        const struct gv_outpoint outpoint = gv_offer_outpoint(&offers[i]);
        assert_false(gv_world_has_row(i + 1));
        assert_false(gv_watch_has(gv_world_watch(), &outpoint));
    }
}

static void assert_refused(const struct gv_offer *offers, struct gv_submission *submission,
                           uint32_t which, const char *code)
{
    struct gv_fail fail;
    uint32_t refused = 99;
    assert_int_not_equal(gv_engine_create_all(gv_world_engine(), &submission, &refused, &fail),
                         GV_OK);
    assert_string_equal(fail.code, code);
    assert_int_equal(refused, which);
    assert_non_null(submission);
    gv_submission_release(submission);
    assert_nothing_listed(offers);
}

static void all_are_listed_and_each_shows_its_own_psbts(void **state)
{
    (void)state;
    struct gv_offer offers[COUNT];
    offer_three(offers);
    struct gv_submission *submission = park(offers);
    uint32_t refused = 0;
    assert_int_equal(gv_engine_create_all(gv_world_engine(), &submission, &refused, NULL), GV_OK);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_int_equal(submission->parked[i].id, i + 1);
    }
    gv_submission_release(submission);
    gv_world_mine_to(offers[0].start);
    gv_world_restart();
    assert_int_equal(gv_world_node(true), GV_OK);
    for (uint32_t i = 0; i < COUNT; i++) {
        const struct gv_outpoint outpoint = gv_offer_outpoint(&offers[i]);
        assert_true(gv_world_shows(i + 1, &offers[i], offers[i].start));
        assert_true(gv_watch_has(gv_world_watch(), &outpoint));
    }
}

static void one_that_starts_too_early_refuses_all(void **state)
{
    (void)state;
    for (uint32_t bad = 0; bad < COUNT; bad++) {
        struct gv_offer offers[COUNT];
        offer_three(offers);
        offers[bad].start = 990;
        assert_refused(offers, park(offers), bad, "dutch.started");
    }
}

static void one_that_is_spent_meanwhile_refuses_all(void **state)
{
    (void)state;
    for (uint32_t bad = 0; bad < COUNT; bad++) {
        struct gv_offer offers[COUNT];
        offer_three(offers);
        struct gv_submission *submission = park(offers);
        const struct gv_outpoint outpoint = gv_offer_outpoint(&offers[bad]);
        gv_watch_fire(gv_world_watch(), &outpoint);
        assert_refused(offers, submission, bad, "dutch.utxo_spent");
    }
}

static void an_outpoint_that_comes_twice_refuses_all(void **state)
{
    (void)state;
    struct gv_offer offers[COUNT];
    offer_three(offers);
    offers[2] = offers[0];
    assert_refused(offers, park(offers), 2, "dutch.utxo_listed");
}

static void a_refused_commit_lists_none(void **state)
{
    (void)state;
    struct gv_offer offers[COUNT];
    offer_three(offers);
    struct gv_submission *submission = park(offers);
    gv_world_refuse_commit();
    assert_refused(offers, submission, COUNT, "storage.refused");
}

static void what_was_parked_is_wiped_with_its_slot(void **state)
{
    (void)state;
    struct gv_offer offers[COUNT];
    offer_three(offers);
    struct gv_submission *submission = park(offers);
    const size_t used = submission->parked_end;
    assert_true(used > 0);
    gv_submission_unwatch(submission, gv_world_watch());
    gv_submission_release(submission);
    for (size_t i = 0; i < used; i++) {
        assert_int_equal(submission->ladder[i], 0);
    }
    assert_nothing_listed(offers);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_are_listed_and_each_shows_its_own_psbts),
        TEST(one_that_starts_too_early_refuses_all),
        TEST(one_that_is_spent_meanwhile_refuses_all),
        TEST(an_outpoint_that_comes_twice_refuses_all),
        TEST(a_refused_commit_lists_none),
        TEST(what_was_parked_is_wiped_with_its_slot),
    };
    return cmocka_run_group_tests_name("engine_all", tests, NULL, NULL);
}
