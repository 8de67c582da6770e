/* Shows when sessions end, who gets a seat, which cookies and tokens are taken, and what a user's name
 * may be. */
#include "app/account/session.h"

#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1780000000

static struct gv_sessions sessions;

static int fresh(void **state)
{
    (void)state;
    memset(&sessions, 0, sizeof(sessions));
    return 0;
}

static struct gv_utc at(int64_t after_s)
{
    return (struct gv_utc){NOW + after_s};
}

static struct gv_session *seat_with(uint8_t number, const char *sid, int64_t seen_s)
{
    struct gv_session *seat = &sessions.seats[number];
    snprintf(seat->id, sizeof(seat->id), "s%u", (unsigned)number);
    gv_sha256_of(&seat->hash, gv_view_str(sid));
    seat->created_at = at(0);
    seat->last_seen_at = at(seen_s);
    return seat;
}

static void a_session_ends_after_half_an_hour_of_quiet_and_after_twelve_hours(void **state)
{
    (void)state;
    struct gv_session *seat = seat_with(3, "sid", 100);
    assert_ptr_equal(gv_session_find(&sessions, gv_view_str("sid"), at(100 + 1799)), seat);
    assert_null(gv_session_find(&sessions, gv_view_str("sid"), at(100 + 1800)));
    seat->last_seen_at = at(43000);
    assert_ptr_equal(gv_session_find(&sessions, gv_view_str("sid"), at(43199)), seat);
    assert_null(gv_session_find(&sessions, gv_view_str("sid"), at(43200)));
    assert_int_equal(gv_session_ends(seat).s, NOW + 43200);
    assert_ptr_equal(gv_session_find(&sessions, gv_view_str("sid"), at(-5000)), seat);
}

static void only_the_whole_cookie_finds_its_session(void **state)
{
    (void)state;
    seat_with(0, "sid", 0);
    assert_null(gv_session_find(&sessions, gv_view_str("si"), at(0)));
    assert_null(gv_session_find(&sessions, gv_view_str("sidd"), at(0)));
    assert_null(gv_session_find(&sessions, gv_view_str(""), at(0)));
    memset(&sessions, 0, sizeof(sessions));
    assert_null(gv_session_find(&sessions, gv_view_str("sid"), at(0)));
}

static void a_full_house_gives_up_the_seat_unused_for_longest(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < GV_SESSIONS_MAX; i++) {
        assert_ptr_equal(gv_session_seat(&sessions, "newcomer", at(0)), &sessions.seats[i]);
        char sid[8];
        snprintf(sid, sizeof(sid), "sid%u", (unsigned)i);
        seat_with(i, sid, i == 9 ? 1 : 100 + i);
    }
    assert_ptr_equal(gv_session_seat(&sessions, "newcomer", at(120)), &sessions.seats[9]);
    sessions.seats[12].last_seen_at = at(-1800);
    assert_ptr_equal(gv_session_seat(&sessions, "newcomer", at(120)), &sessions.seats[12]);
    assert_ptr_equal(gv_session_by_id(&sessions, gv_view_str("s5")), &sessions.seats[5]);
    assert_null(gv_session_by_id(&sessions, gv_view_str("")));
    assert_null(gv_session_by_id(&sessions, gv_view_str("s99")));
}

static void who_logs_in_again_and_again_throws_out_only_himself(void **state)
{
    (void)state;
    struct gv_session *owner = seat_with(0, "owner's", 0);
    snprintf(owner->user_id, sizeof(owner->user_id), "owner");
    for (uint8_t i = 1; i < 4u * GV_SESSIONS_MAX; i++) {
        struct gv_session *seat = gv_session_seat(&sessions, "viewer", at(100 + i));
        assert_ptr_not_equal(seat, owner);
        snprintf(seat->id, sizeof(seat->id), "v%u", (unsigned)i);
        snprintf(seat->user_id, sizeof(seat->user_id), "viewer");
        seat->created_at = at(100 + i);
        seat->last_seen_at = at(100 + i);
    }
    /* A third person comes in, too: not at the cost of the owner, who has one seat. */
    assert_string_equal(gv_session_seat(&sessions, "host", at(300))->user_id, "viewer");
}

static void the_token_belongs_to_its_cookie(void **state)
{
    (void)state;
    static const uint8_t random[GV_SID_LEN] = {0xfb, 0xff, 1};
    char sid[GV_SID_TEXT_LEN + 2];
    char token[GV_CSRF_TEXT_LEN + 2];
    gv_sid_text(sid, random);
    assert_int_equal(strlen(sid), GV_SID_TEXT_LEN);
    gv_csrf_text(token, gv_view_str(sid));
    assert_true(gv_csrf_check(gv_view_str(token), gv_view_str(sid)));
    assert_false(gv_csrf_check(gv_view_str(token), gv_view_str("another")));
    assert_false(gv_csrf_check(gv_view_str(""), gv_view_str(sid)));
    assert_false(gv_csrf_check(gv_view_of(NULL, 0), gv_view_str(sid)));
    token[7] = token[7] == 'A' ? 'B' : 'A';
    assert_false(gv_csrf_check(gv_view_str(token), gv_view_str(sid)));
}

static void a_cookie_is_found_once_or_not_at_all(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        enum gv_err err;
        const char *value;
    } cases[] = {
        {"gavel_sid=abc", GV_OK, "abc"},
        {"a=1; gavel_sid=abc; b=2", GV_OK, "abc"},
        {"a=1;gavel_sid=abc;b=2", GV_OK, "abc"},
        {"gavel_sid=", GV_OK, ""},
        {"gavel_sid=a=b", GV_OK, "a=b"},
        {" gavel_sid = x ", GV_OK, "x"},
        {"", GV_ERR_NOT_FOUND, NULL},
        {";;; ;", GV_ERR_NOT_FOUND, NULL},
        {"gavel_sid", GV_ERR_NOT_FOUND, NULL},
        {"xgavel_sid=1; gavel_sidx=2; GAVEL_SID=3", GV_ERR_NOT_FOUND, NULL},
        {"gavel_sid=a; gavel_sid=b", GV_ERR_INVALID, NULL},
        {"gavel_sid=a; gavel_sid=a", GV_ERR_INVALID, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_view value = {0};
        assert_int_equal(gv_cookie_find(gv_view_str(cases[i].header), GV_SID_COOKIE, &value),
                         cases[i].err);
        if (cases[i].value != NULL) {
            assert_true(gv_view_is(value, cases[i].value));
        }
    }
}

static void names_are_plain_and_differ_in_more_than_case(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "Alice", "a.b_c-d", "0",
                                       "12345678901234567890123456789012"};
    static const char *const bad[] = {
        "", ".a", "-a", "a b", "a/b", "a\n", "\xc3\xa4", "123456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(gv_user_name_check(gv_view_str(good[i]), NULL), GV_OK);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct gv_fail fail;
        assert_int_equal(gv_user_name_check(gv_view_str(bad[i]), &fail), GV_ERR_INVALID);
        assert_string_equal(fail.code, "user.name");
    }
    assert_true(gv_user_name_same(gv_view_str("Alice"), gv_view_str("aLICE")));
    assert_false(gv_user_name_same(gv_view_str("Alice"), gv_view_str("Alic")));
}

static void an_id_is_a_uuid_of_version_4(void **state)
{
    (void)state;
    char id[GV_USER_ID_LEN + 1];
    uint8_t random[16];
    memset(random, 0xff, sizeof(random));
    gv_user_id_format(id, random);
    assert_string_equal(id, "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

static void an_agent_is_shown_as_plain_text(void **state)
{
    (void)state;
    char agent[GV_SESSION_AGENT_MAX];
    char longest[300];
    gv_session_agent(agent, gv_view_str("Moz\x1b[31m\r\nilla/5.0 \xe2\x80\xae"));
    assert_string_equal(agent, "Moz[31milla/5.0 ");
    memset(longest, 'x', sizeof(longest));
    gv_session_agent(agent, gv_view_of(longest, sizeof(longest)));
    assert_int_equal(strlen(agent), GV_SESSION_AGENT_MAX - 1);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_session_ends_after_half_an_hour_of_quiet_and_after_twelve_hours),
        TEST(only_the_whole_cookie_finds_its_session),
        TEST(a_full_house_gives_up_the_seat_unused_for_longest),
        TEST(who_logs_in_again_and_again_throws_out_only_himself),
        TEST(the_token_belongs_to_its_cookie),
        TEST(a_cookie_is_found_once_or_not_at_all),
        TEST(names_are_plain_and_differ_in_more_than_case),
        TEST(an_id_is_a_uuid_of_version_4),
        TEST(an_agent_is_shown_as_plain_text),
    };
    return cmocka_run_group_tests_name("account_session", tests, NULL, NULL);
}
