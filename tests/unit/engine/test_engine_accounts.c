/* Shows that accounts follow their rules in the engine: one claim, one owner at least, sessions that
 * survive a restart and end where they must, one-time codes that open once, and an audit row for each
 * of it; and that a refused commit changes nothing. */
#include "tests/support/engine_world.h"

#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1780000000

/* Of "correct horse battery"; made with few rounds, which the engine does not judge. */
#define PHC                                                                                        \
    "$pbkdf2-sha512$i=1000$ERERERERERERERERERERERE$"                                               \
    "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIg"
#define PHC_NEW                                                                                    \
    "$pbkdf2-sha512$i=2000$ERERERERERERERERERERERE$"                                               \
    "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIg"

static struct gv_fail fail;

static int set_up(void **state)
{
    (void)state;
    gv_world_format();
    assert_int_equal(gv_world_open(true), GV_OK);
    gv_sim_clock_set_utc(gv_world_clock(), (struct gv_utc){NOW});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gv_world_close();
    return 0;
}

static void at(int64_t after_s)
{
    gv_sim_clock_set_utc(gv_world_clock(), (struct gv_utc){NOW + after_s});
}

/* Any command lets the engine serve a batch. */
static void beat(void)
{
    assert_int_equal(gv_world_node(false), GV_OK);
}

static void claim(void)
{
    assert_int_equal(gv_engine_claim(gv_world_engine(), gv_world_actor(), gv_view_str("owner"), PHC,
                                     gv_view_str("de"), &fail),
                     GV_OK);
}

static struct gv_user user_named(const char *name)
{
    struct gv_user user;
    assert_true(gv_engine_user_by_name(gv_world_engine(), gv_view_str(name), &user));
    return user;
}

static void create(const char *name, enum gv_role role)
{
    char id[GV_USER_ID_LEN + 1];
    assert_int_equal(gv_engine_user_create(gv_world_engine(), gv_world_actor(), gv_view_str(name),
                                           role, PHC, id, &fail),
                     GV_OK);
    assert_string_equal(user_named(name).id, id);
}

static struct gv_login login_of(const char *name, const char *sid)
{
    const struct gv_user user = user_named(name);
    struct gv_login login = {.agent = "test"};
    memcpy(login.user_id, user.id, sizeof(login.user_id));
    memcpy(login.password_seen, user.password, sizeof(login.password_seen));
    gv_sha256_of(&login.sid_hash, gv_view_str(sid));
    return login;
}

static enum gv_err try_login(const struct gv_login *login, struct gv_identity *identity)
{
    return gv_engine_login(gv_world_engine(), gv_world_actor(), login, identity, &fail);
}

static struct gv_identity log_in(const char *name, const char *sid)
{
    struct gv_identity identity;
    const struct gv_login login = login_of(name, sid);
    assert_int_equal(try_login(&login, &identity), GV_OK);
    return identity;
}

static bool is_open(const char *sid)
{
    struct gv_identity identity;
    return gv_engine_session_check(gv_world_engine(), gv_view_str(sid), &identity) == GV_OK;
}

static enum gv_err change_user(const char *name, const struct gv_user_change *change)
{
    const struct gv_user user = user_named(name);
    return gv_engine_user_change(gv_world_engine(), gv_world_actor(), gv_view_str(user.id), change,
                                 NULL, &fail);
}

/* Newest audit row of a kind; asserts that there is one. */
static struct gv_audit_row newest(const char *kind)
{
    static struct gv_audit_row rows[GV_AUDIT_PAGE];
    uint32_t n = 0;
    assert_int_equal(gv_engine_audit_list(gv_world_engine(), UINT64_MAX, kind, 1, rows, &n, &fail),
                     GV_OK);
    assert_int_equal(n, 1);
    return rows[0];
}

/* ---- claim ---------------------------------------------------------------------------------------- */

static void a_box_is_claimed_once(void **state)
{
    (void)state;
    struct gv_box box;
    assert_false(gv_engine_claimed(gv_world_engine()));
    gv_engine_box(gv_world_engine(), &box);
    assert_string_equal(box.step, "claim");
    assert_int_equal(gv_engine_claim(gv_world_engine(), gv_world_actor(), gv_view_str("o o"), PHC,
                                     gv_view_str("en"), &fail),
                     GV_ERR_INVALID);
    assert_int_equal(gv_engine_claim(gv_world_engine(), gv_world_actor(), gv_view_str("owner"), PHC,
                                     gv_view_str("tlh"), &fail),
                     GV_ERR_INVALID);
    assert_string_equal(fail.code, "setup.language");
    claim();
    assert_int_equal(gv_engine_claim(gv_world_engine(), gv_world_actor(), gv_view_str("other"), PHC,
                                     gv_view_str("en"), &fail),
                     GV_ERR_CONFLICT);
    assert_string_equal(fail.code, "setup.claimed");
    gv_world_restart();
    assert_true(gv_engine_claimed(gv_world_engine()));
    gv_engine_box(gv_world_engine(), &box);
    assert_string_equal(box.step, "node");
    assert_string_equal(box.language, "de");
    assert_int_equal(user_named("OWNER").role, GV_ROLE_OWNER);
    const struct gv_audit_row row = newest("box.claimed");
    assert_string_equal(row.subject, "user:owner");
    assert_string_equal(row.detail, "by=test address=192.0.2.7 route=unit role=owner");
}

static void the_wizard_remembers_its_step(void **state)
{
    (void)state;
    struct gv_box box;
    claim();
    assert_int_equal(gv_engine_setup_step(gv_world_engine(), gv_world_actor(),
                                          gv_view_str("certificate"), &fail),
                     GV_OK);
    static const char *const bad[] = {"claim", "", "nothing"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(
            gv_engine_setup_step(gv_world_engine(), gv_world_actor(), gv_view_str(bad[i]), &fail),
            GV_ERR_INVALID);
    }
    gv_world_restart();
    gv_engine_box(gv_world_engine(), &box);
    assert_string_equal(box.step, "certificate");
}

static void a_refused_commit_claims_nothing(void **state)
{
    (void)state;
    gv_world_refuse_commit();
    assert_int_equal(gv_engine_claim(gv_world_engine(), gv_world_actor(), gv_view_str("owner"), PHC,
                                     gv_view_str("en"), &fail),
                     GV_ERR_STORAGE);
    assert_false(gv_engine_claimed(gv_world_engine()));
    claim();
    assert_true(gv_engine_claimed(gv_world_engine()));
}

/* ---- sessions ------------------------------------------------------------------------------------- */

static void a_session_outlives_a_restart_and_ends_when_told(void **state)
{
    (void)state;
    claim();
    const struct gv_identity identity = log_in("owner", "sid");
    assert_string_equal(identity.name, "owner");
    assert_int_equal(identity.expires_at.s, NOW + GV_SESSION_IDLE_S);
    assert_true(is_open("sid"));
    gv_world_restart();
    assert_true(is_open("sid"));
    assert_false(is_open("sid2"));
    assert_int_equal(gv_engine_session_end(gv_world_engine(), gv_world_actor(),
                                           gv_view_str(identity.session), &fail),
                     GV_OK);
    assert_false(is_open("sid"));
    assert_int_equal(gv_engine_session_end(gv_world_engine(), gv_world_actor(),
                                           gv_view_str(identity.session), &fail),
                     GV_ERR_NOT_FOUND);
    gv_world_restart();
    assert_false(is_open("sid"));
    assert_string_equal(newest("session.ended").detail, "by=test address=192.0.2.7 route=unit");
}

static void requests_keep_a_session_open_also_over_a_restart(void **state)
{
    (void)state;
    claim();
    log_in("owner", "sid");
    for (int64_t s = 1200; s <= 6000; s += 1200) {
        at(s);
        assert_true(is_open("sid"));
        beat(); /* writes down what was seen */
    }
    gv_world_restart();
    gv_sim_clock_set_utc(gv_world_clock(), (struct gv_utc){NOW + 6000 + 1799});
    assert_true(is_open("sid"));
    gv_sim_clock_set_utc(gv_world_clock(), (struct gv_utc){NOW + 6000 + 1799 + 1800});
    assert_false(is_open("sid"));
}

static void the_seventeenth_takes_the_seat_of_the_quietest(void **state)
{
    (void)state;
    struct gv_session list[GV_SESSIONS_MAX];
    char sid[16];
    claim();
    for (int i = 0; i < 17; i++) {
        at(i);
        snprintf(sid, sizeof(sid), "sid%d", i);
        log_in("owner", sid);
        if (i == 15) {
            assert_true(is_open("sid0"));
        }
    }
    assert_false(is_open("sid1"));
    assert_true(is_open("sid0"));
    assert_true(is_open("sid16"));
    assert_int_equal(gv_engine_session_list(gv_world_engine(), list), GV_SESSIONS_MAX);
    (void)newest("session.pushed_out");
}

static void a_login_is_judged_against_the_user_as_he_is_now(void **state)
{
    (void)state;
    struct gv_identity identity;
    claim();
    create("bob", GV_ROLE_BIDDER);
    const struct gv_login login = login_of("bob", "sid");
    struct gv_user_change change = {.set_password = true};
    memcpy(change.password, PHC_NEW, sizeof(PHC_NEW));
    assert_int_equal(change_user("bob", &change), GV_OK);
    assert_int_equal(try_login(&login, &identity), GV_ERR_UNAUTHORIZED);
    log_in("bob", "sid");
    change = (struct gv_user_change){.set_disabled = true, .disabled = true};
    assert_int_equal(change_user("bob", &change), GV_OK);
    assert_false(is_open("sid"));
    const struct gv_login again = login_of("bob", "sid");
    assert_int_equal(try_login(&again, &identity), GV_ERR_UNAUTHORIZED);
}

static void an_old_hash_is_replaced_at_login(void **state)
{
    (void)state;
    struct gv_identity identity;
    claim();
    struct gv_login login = login_of("owner", "sid");
    memcpy(login.password_new, PHC_NEW, sizeof(PHC_NEW));
    assert_int_equal(try_login(&login, &identity), GV_OK);
    gv_world_restart();
    assert_string_equal(user_named("owner").password, PHC_NEW);
}

static void a_new_password_ends_all_sessions_but_the_one_that_set_it(void **state)
{
    (void)state;
    claim();
    create("bob", GV_ROLE_VIEWER);
    log_in("owner", "a");
    const struct gv_identity own = log_in("owner", "b");
    log_in("bob", "c");
    struct gv_user_change change = {.set_password = true, .password_seen = PHC_NEW};
    memcpy(change.password, PHC_NEW, sizeof(PHC_NEW));
    memcpy(change.keep_session, own.session, sizeof(change.keep_session));
    assert_int_equal(change_user("owner", &change), GV_ERR_CONFLICT);
    assert_string_equal(fail.code, "user.changed");
    memcpy(change.password_seen, PHC, sizeof(PHC));
    assert_int_equal(change_user("owner", &change), GV_OK);
    assert_false(is_open("a"));
    assert_true(is_open("b"));
    assert_true(is_open("c"));
}

/* ---- second factor -------------------------------------------------------------------------------- */

static void a_code_opens_once_and_only_after_it_was_confirmed(void **state)
{
    (void)state;
    struct gv_identity identity;
    claim();
    struct gv_user_change change = {.totp = GV_TOTP_CONFIRM, .totp_step = 100};
    assert_int_equal(change_user("owner", &change), GV_ERR_CONFLICT);
    assert_string_equal(fail.code, "totp.state");
    change = (struct gv_user_change){.totp = GV_TOTP_OFFER, .totp_secret = {1, 2, 3}};
    assert_int_equal(change_user("owner", &change), GV_OK);
    struct gv_login login = login_of("owner", "sid");
    assert_int_equal(try_login(&login, &identity), GV_OK); /* offered is not in force */
    change = (struct gv_user_change){.totp = GV_TOTP_CONFIRM, .totp_step = 100};
    assert_int_equal(change_user("owner", &change), GV_OK);
    gv_world_restart();
    assert_true(user_named("owner").totp_on);
    assert_int_equal(try_login(&login, &identity), GV_ERR_UNAUTHORIZED);
    login.totp_used = true;
    login.totp_step = 100;
    assert_int_equal(try_login(&login, &identity), GV_ERR_UNAUTHORIZED);
    login.totp_step = 101;
    assert_int_equal(try_login(&login, &identity), GV_OK);
    gv_world_restart();
    assert_int_equal(try_login(&login, &identity), GV_ERR_UNAUTHORIZED);
    change = (struct gv_user_change){.totp = GV_TOTP_CLEAR};
    assert_int_equal(change_user("owner", &change), GV_OK);
    login.totp_used = false;
    assert_int_equal(try_login(&login, &identity), GV_OK);
}

/* ---- people --------------------------------------------------------------------------------------- */

static void the_last_owner_stays(void **state)
{
    (void)state;
    claim();
    const struct gv_user owner = user_named("owner");
    const struct gv_user_change demote = {.set_role = true, .role = GV_ROLE_VIEWER};
    const struct gv_user_change disable = {.set_disabled = true, .disabled = true};
    assert_int_equal(change_user("owner", &demote), GV_ERR_CONFLICT);
    assert_string_equal(fail.code, "user.last_owner");
    assert_int_equal(change_user("owner", &disable), GV_ERR_CONFLICT);
    assert_int_equal(gv_engine_user_delete(gv_world_engine(), gv_world_actor(),
                                           gv_view_str(owner.id), NULL, &fail),
                     GV_ERR_CONFLICT);
    create("second", GV_ROLE_OWNER);
    assert_int_equal(change_user("second", &disable), GV_OK);
    assert_int_equal(change_user("owner", &demote), GV_ERR_CONFLICT); /* one who cannot log in */
    const struct gv_user_change enable = {.set_disabled = true};
    assert_int_equal(change_user("second", &enable), GV_OK);
    log_in("owner", "sid");
    assert_int_equal(gv_engine_user_delete(gv_world_engine(), gv_world_actor(),
                                           gv_view_str(owner.id), NULL, &fail),
                     GV_OK);
    assert_false(is_open("sid"));
    gv_world_restart();
    struct gv_user gone;
    assert_false(gv_engine_user_by_name(gv_world_engine(), gv_view_str("owner"), &gone));
}

static void names_are_given_once_whatever_their_case(void **state)
{
    (void)state;
    char id[GV_USER_ID_LEN + 1];
    claim();
    assert_int_equal(gv_engine_user_create(gv_world_engine(), gv_world_actor(),
                                           gv_view_str("OwNeR"), GV_ROLE_VIEWER, PHC, id, &fail),
                     GV_ERR_CONFLICT);
    assert_string_equal(fail.code, "user.exists");
    char name[8];
    for (unsigned i = 1; i < GV_USERS_MAX; i++) {
        snprintf(name, sizeof(name), "u%u", i);
        create(name, GV_ROLE_VIEWER);
    }
    assert_int_equal(gv_engine_user_create(gv_world_engine(), gv_world_actor(), gv_view_str("more"),
                                           GV_ROLE_VIEWER, PHC, id, &fail),
                     GV_ERR_FULL);
    gv_world_restart();
    struct gv_user users[GV_USERS_MAX];
    assert_int_equal(gv_engine_user_list(gv_world_engine(), users), GV_USERS_MAX);
    for (uint32_t i = 0; i < GV_USERS_MAX; i++) {
        assert_string_equal(users[i].password, "");
    }
}

/* ---- notes ---------------------------------------------------------------------------------------- */

static void many_failures_are_one_row(void **state)
{
    (void)state;
    claim();
    for (uint32_t i = 0; i < 40; i++) {
        gv_engine_note_failure(gv_world_engine(), "login.failed", gv_world_actor());
    }
    at(10);
    beat();
    const struct gv_audit_row row = newest("login.failed");
    assert_string_equal(row.detail, "by=test address=192.0.2.7 route=unit count=40");
    gv_engine_note_failure(gv_world_engine(), "login.failed", gv_world_actor());
    at(12);
    beat();
    assert_int_equal(newest("login.failed").id, row.id); /* not every moment */
    at(15);
    beat();
    assert_int_equal(newest("login.failed").id, row.id + 1);
}

static void the_use_of_a_key_is_written_down_once_a_minute(void **state)
{
    (void)state;
    char text[GV_KEY_TEXT_MAX];
    char id[GV_KEY_ID_LEN + 1];
    uint32_t scopes = 0;
    struct gv_api_key keys[GV_API_KEYS_MAX];
    assert_int_equal(gv_engine_key_create(gv_world_engine(), gv_world_actor(), "wallet",
                                          GV_SCOPE_BIDS_WRITE, (struct gv_utc){0}, text, &fail),
                     GV_OK);
    at(70);
    assert_int_equal(gv_engine_key_check(gv_world_engine(), gv_view_str(text), &scopes, id), GV_OK);
    assert_int_equal(gv_engine_key_list(gv_world_engine(), keys, GV_API_KEYS_MAX), 1);
    assert_int_equal(keys[0].last_used_at.s, NOW + 70);
    assert_string_equal(keys[0].id, id);
    beat();
    gv_world_restart();
    assert_int_equal(gv_engine_key_list(gv_world_engine(), keys, GV_API_KEYS_MAX), 1);
    assert_int_equal(keys[0].last_used_at.s, NOW + 70);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_box_is_claimed_once),
        TEST(the_wizard_remembers_its_step),
        TEST(a_refused_commit_claims_nothing),
        TEST(a_session_outlives_a_restart_and_ends_when_told),
        TEST(requests_keep_a_session_open_also_over_a_restart),
        TEST(the_seventeenth_takes_the_seat_of_the_quietest),
        TEST(a_login_is_judged_against_the_user_as_he_is_now),
        TEST(an_old_hash_is_replaced_at_login),
        TEST(a_new_password_ends_all_sessions_but_the_one_that_set_it),
        TEST(a_code_opens_once_and_only_after_it_was_confirmed),
        TEST(the_last_owner_stays),
        TEST(names_are_given_once_whatever_their_case),
        TEST(many_failures_are_one_row),
        TEST(the_use_of_a_key_is_written_down_once_a_minute),
    };
    return cmocka_run_group_tests_name("engine_accounts", tests, NULL, NULL);
}
