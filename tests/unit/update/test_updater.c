/* The updater on a card that loses power: at every operation of installing, trying and confirming, with what was not
 * synced kept, lost or garbage, the next start finds a whole system, and the installation can be made again. And the
 * ordinary ways: confirmed, fallen back, refused. */
#include "app/update/updater.h"

#include "firmware/base/text.h"
#include "hal/sim/slots.h"
#include "tests/unit/update/bundles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS    12u
#define LIMIT_MS UINT64_C(600000)
#define OLD      "0.1.0"
#define NEW      "0.2.0"

static struct gv_sim_slots card;
static struct gv_slots slots;
static struct gv_updater updater;
static struct test_bundle bundle;
static uint8_t expected[GV_SIM_PART_MAX];

static void fill(enum gv_slot slot, const char *version)
{
    static const char *const names[] = {"root", "vmlinuz", "cmdline.txt"};
    for (size_t i = 0; i < 3; i++) {
        struct gv_sim_part *part = &card.parts[slot][i];
        const char *line = slot == GV_SLOT_A ? "cmdline-a.txt" : "cmdline-b.txt";
        assert_true(gv_text_copy(part->name, sizeof(part->name), names[i]));
        part->n = test_part(part->b, version, i == 2 ? line : names[i]);
        part->synced = part->n;
    }
}

/* A card that runs OLD in slot a; slot b has what was there before it. */
static void new_card(uint32_t seed)
{
    memset(&card, 0, sizeof(card));
    card.random = seed * 7919u;
    fill(GV_SLOT_A, OLD);
    fill(GV_SLOT_B, "0.0.9");
    card.can_try = seed % 2u == 0; /* left by an update of long ago */
    card.tried = GV_SLOT_B;
    slots = gv_sim_slots(&card);
}

static bool is_whole(enum gv_slot slot, const char *version)
{
    static const char *const names[] = {"root", "vmlinuz", "cmdline.txt"};
    for (size_t i = 0; i < 3; i++) {
        const struct gv_sim_part *part = gv_sim_slots_part(&card, slot, names[i]);
        const char *line = slot == GV_SLOT_A ? "cmdline-a.txt" : "cmdline-b.txt";
        const size_t n = test_part(expected, version, i == 2 ? line : names[i]);
        if (part == NULL || part->n != n || memcmp(part->b, expected, n) != 0) {
            return false;
        }
    }
    return true;
}

static enum gv_err install(struct gv_fail *fail)
{
    const struct gv_bundle_rules rules = test_rules(OLD);
    enum gv_err err = gv_updater_open(&updater, &slots, NULL, NULL, fail);
    if (err == GV_OK) {
        err = gv_updater_begin(&updater, &rules, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    for (size_t at = 0; err == GV_OK && at < bundle.n; at += 3000) {
        const size_t n = bundle.n - at < 3000 ? bundle.n - at : 3000;
        err = gv_updater_put(&updater, gv_view_of(bundle.b + at, n), fail);
    }
    return gv_updater_end(&updater, err, fail);
}

/* What gavelctl does first at each start. */
static enum gv_update_start start(const char *own)
{
    enum gv_update_start found;
    assert_int_equal(gv_updater_open(&updater, &slots, NULL, NULL, NULL), GV_OK);
    assert_int_equal(gv_updater_start(&updater, test_version(own), &found, NULL), GV_OK);
    return found;
}

static void assert_floor(const char *version)
{
    assert_int_equal(gv_version_compare(updater.state.record.floor, test_version(version)), 0);
}

/* ---- the ordinary ways -------------------------------------------------------------------------- */

static void a_release_is_installed_tried_and_confirmed(void **state)
{
    struct gv_fail fail = {.err = GV_OK};
    (void)state;
    new_card(1);
    test_bundle_make(&bundle, NEW, OLD);
    assert_int_equal(start(OLD), GV_UPDATE_START_PLAIN);
    assert_int_equal(install(&fail), GV_OK);
    assert_int_equal(updater.state.phase, GV_UPDATE_WAITING);
    assert_true(is_whole(GV_SLOT_A, OLD));
    assert_true(is_whole(GV_SLOT_B, NEW));
    assert_null(gv_sim_slots_part(&card, GV_SLOT_B, "cmdline-a.txt"));

    gv_sim_slots_start(&card, true);
    assert_int_equal(start(NEW), GV_UPDATE_START_TRIAL);
    assert_floor(OLD); /* not before it has proved itself */
    assert_int_equal(gv_updater_confirm(&updater, NULL), GV_OK);
    assert_floor(NEW);

    gv_sim_slots_start(&card, false);
    assert_int_equal(card.running, GV_SLOT_B);
    assert_int_equal(start(NEW), GV_UPDATE_START_PLAIN);
    assert_true(updater.state.record.has_last);
    assert_true(updater.state.record.last_confirmed);
}

static void a_release_that_is_not_confirmed_falls_back_and_may_come_again(void **state)
{
    struct gv_fail fail = {.err = GV_OK};
    (void)state;
    new_card(1);
    test_bundle_make(&bundle, NEW, OLD);
    assert_int_equal(install(&fail), GV_OK);
    gv_sim_slots_start(&card, true);
    assert_int_equal(card.running, GV_SLOT_B);
    assert_int_equal(start(NEW), GV_UPDATE_START_TRIAL);
    assert_int_equal(install(&fail), GV_ERR_STATE); /* no second one on top of a trial */
    assert_string_equal(fail.code, "update.trial");

    gv_sim_slots_start(&card, false);
    assert_int_equal(card.running, GV_SLOT_A);
    assert_int_equal(start(OLD), GV_UPDATE_START_FELL_BACK);
    assert_false(updater.state.record.last_confirmed);
    assert_floor(OLD);
    assert_int_equal(start(OLD), GV_UPDATE_START_PLAIN);
    assert_int_equal(install(&fail), GV_OK);
}

static void a_slot_that_nobody_put_on_trial_goes_back(void **state)
{
    (void)state;
    new_card(2);
    gv_sim_slots_start(&card, true); /* a tryboot.txt of long ago, by hand */
    assert_int_equal(start("0.0.9"), GV_UPDATE_START_STRAY);
    assert_int_equal(gv_updater_confirm(&updater, NULL), GV_ERR_STATE);
}

static void a_release_that_is_not_what_its_bundle_said_is_no_trial(void **state)
{
    struct gv_fail fail = {.err = GV_OK};
    (void)state;
    new_card(1);
    test_bundle_make(&bundle, NEW, OLD);
    assert_int_equal(install(&fail), GV_OK);
    gv_sim_slots_start(&card, true);
    assert_int_equal(start("0.2.1"), GV_UPDATE_START_MISLABELLED);
    gv_sim_slots_start(&card, false);
    assert_int_equal(start(OLD), GV_UPDATE_START_FELL_BACK);
}

static void what_is_refused_leaves_both_slots_alone(void **state)
{
    struct gv_fail fail = {.err = GV_OK};
    (void)state;
    new_card(1);
    test_bundle_make(&bundle, OLD, OLD);
    assert_int_equal(install(&fail), GV_ERR_STATE);
    assert_string_equal(fail.code, "update.downgrade");
    test_bundle_make(&bundle, NEW, OLD);
    bundle.b[60] ^= 1u;
    assert_int_equal(install(&fail), GV_ERR_CRYPTO);
    assert_true(is_whole(GV_SLOT_A, OLD));
    assert_true(is_whole(GV_SLOT_B, "0.0.9"));
    assert_int_equal(updater.state.phase, GV_UPDATE_IDLE);
    assert_string_equal(updater.state.fail.code, "update.signature");
}

static void the_floor_of_the_record_counts_and_not_that_of_the_caller(void **state)
{
    struct gv_fail fail = {.err = GV_OK};
    (void)state;
    new_card(1);
    gv_format_cut(card.record, sizeof(card.record), "floor 0.3.0\n");
    test_bundle_make(&bundle, NEW, OLD);
    assert_int_equal(install(&fail), GV_ERR_STATE);
    assert_string_equal(fail.code, "update.downgrade");
}

static void a_damaged_part_and_a_lying_card_are_never_tried(void **state)
{
    struct gv_fail fail = {.err = GV_OK};
    (void)state;
    for (size_t at = GV_BUNDLE_HEAD; at < GV_BUNDLE_HEAD + 21042; at += 1009) {
        new_card(1);
        test_bundle_make(&bundle, NEW, OLD);
        bundle.b[at] ^= 1u;
        assert_int_equal(install(&fail), GV_ERR_CRYPTO);
        assert_string_equal(fail.code, "update.hash");
        assert_false(card.can_try);
    }
    new_card(2);
    card.flips = true;
    test_bundle_make(&bundle, NEW, OLD);
    assert_int_equal(install(&fail), GV_ERR_IO);
    assert_string_equal(fail.code, "update.readback");
    assert_false(card.can_try);
    new_card(3);
    test_bundle_make(&bundle, NEW, OLD);
    bundle.n--;
    assert_int_equal(install(&fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "update.truncated");
    assert_false(card.can_try);
}

/* ---- power cuts --------------------------------------------------------------------------------- */

/* After a cut: an ordinary start runs OLD, and one that tries runs OLD or all of NEW. */
static void assert_starts(void)
{
    gv_sim_slots_start(&card, true);
    if (card.running == GV_SLOT_B) {
        const bool unstarted = is_whole(GV_SLOT_B, "0.0.9"); /* cut before anything happened */
        assert_true(unstarted || is_whole(GV_SLOT_B, NEW));
        assert_int_equal(start(unstarted ? "0.0.9" : NEW),
                         unstarted ? GV_UPDATE_START_STRAY : GV_UPDATE_START_TRIAL);
    }
    gv_sim_slots_start(&card, false);
    assert_int_equal(card.running, GV_SLOT_A);
    assert_true(is_whole(GV_SLOT_A, OLD));
    (void)start(OLD);
    assert_floor(OLD);
}

static void a_cut_at_any_moment_of_an_installation_leaves_a_box_that_starts(void **state)
{
    struct gv_fail fail = {.err = GV_OK};
    (void)state;
    test_bundle_make(&bundle, NEW, OLD);
    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        uint32_t cut = 1;
        for (bool whole = false; !whole; cut++) {
            new_card(seed);
            card.cut_at = cut;
            whole = install(&fail) == GV_OK && !card.off;
            assert_starts();
            assert_int_equal(install(&fail), GV_OK);
            assert_true(is_whole(GV_SLOT_B, NEW));
        }
        assert_true(cut > 15); /* each write, each sync, record and choice were cut */
    }
}

static void a_cut_while_confirming_leaves_the_old_or_the_new_release(void **state)
{
    struct gv_fail fail = {.err = GV_OK};
    (void)state;
    test_bundle_make(&bundle, NEW, OLD);
    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        bool whole = false;
        for (uint32_t cut = 1; !whole; cut++) {
            new_card(seed);
            assert_int_equal(install(&fail), GV_OK);
            gv_sim_slots_start(&card, true);
            assert_int_equal(start(NEW), GV_UPDATE_START_TRIAL);
            card.operations = 0;
            card.cut_at = cut;
            whole = gv_updater_confirm(&updater, &fail) == GV_OK;

            gv_sim_slots_start(&card, false);
            const bool is_new = card.running == GV_SLOT_B;
            assert_true(is_whole(card.running, is_new ? NEW : OLD));
            assert_true(is_new || !whole);
            (void)start(is_new ? NEW : OLD);
            assert_false(updater.state.record.has_trial);
            assert_int_equal(updater.state.record.last_confirmed, is_new);
            assert_floor(is_new ? NEW : OLD);
        }
    }
}

/* ---- the trial ---------------------------------------------------------------------------------- */

static void a_trial_is_proved_by_unbroken_readiness_and_fails_at_its_limit(void **state)
{
    (void)state;
    struct gv_trial trial = {.began_ms = 1000, .limit_ms = LIMIT_MS};
    assert_int_equal(gv_trial_look(&trial, false, 1000), GV_TRIAL_GOES_ON);
    assert_int_equal(gv_trial_look(&trial, true, 5000), GV_TRIAL_GOES_ON);
    assert_int_equal(gv_trial_look(&trial, true, 5000 + GV_TRIAL_READY_MS - 1), GV_TRIAL_GOES_ON);
    assert_int_equal(gv_trial_look(&trial, false, 5000 + GV_TRIAL_READY_MS), GV_TRIAL_GOES_ON);
    assert_int_equal(gv_trial_look(&trial, true, 40000), GV_TRIAL_GOES_ON);
    assert_int_equal(gv_trial_look(&trial, true, 40000 + GV_TRIAL_READY_MS), GV_TRIAL_PROVED);

    trial = (struct gv_trial){.began_ms = 1000, .limit_ms = LIMIT_MS};
    assert_int_equal(gv_trial_look(&trial, false, 1000 + LIMIT_MS - 1), GV_TRIAL_GOES_ON);
    assert_int_equal(gv_trial_look(&trial, false, 1000 + LIMIT_MS), GV_TRIAL_FAILED);
    trial = (struct gv_trial){.began_ms = 0, .limit_ms = LIMIT_MS};
    for (uint64_t now = 0; now < LIMIT_MS; now += 10000) { /* comes and goes */
        assert_int_equal(gv_trial_look(&trial, now % 20000 == 0, now), GV_TRIAL_GOES_ON);
    }
    assert_int_equal(gv_trial_look(&trial, true, LIMIT_MS), GV_TRIAL_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_release_is_installed_tried_and_confirmed),
        cmocka_unit_test(a_release_that_is_not_confirmed_falls_back_and_may_come_again),
        cmocka_unit_test(a_slot_that_nobody_put_on_trial_goes_back),
        cmocka_unit_test(a_release_that_is_not_what_its_bundle_said_is_no_trial),
        cmocka_unit_test(what_is_refused_leaves_both_slots_alone),
        cmocka_unit_test(the_floor_of_the_record_counts_and_not_that_of_the_caller),
        cmocka_unit_test(a_damaged_part_and_a_lying_card_are_never_tried),
        cmocka_unit_test(a_cut_at_any_moment_of_an_installation_leaves_a_box_that_starts),
        cmocka_unit_test(a_cut_while_confirming_leaves_the_old_or_the_new_release),
        cmocka_unit_test(a_trial_is_proved_by_unbroken_readiness_and_fails_at_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
