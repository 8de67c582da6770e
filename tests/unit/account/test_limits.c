/* Shows how often passwords and claim codes may be tried, by hand-set clocks, and what roles may do. */
#include "app/account/claim.h"
#include "app/account/lockout.h"
#include "app/account/scope.h"

#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct gv_lockout lockout;
static uint32_t retry_s;

static int fresh(void **state)
{
    (void)state;
    memset(&lockout, 0, sizeof(lockout));
    retry_s = 0;
    return 0;
}

static struct gv_lockout_key key_of(uint32_t number)
{
    struct gv_lockout_key key = {{0}};
    key.b[0] = 1;
    key.b[14] = (uint8_t)(number >> 8);
    key.b[15] = (uint8_t)number;
    return key;
}

static enum gv_err try_from(uint32_t number, bool shared, uint64_t now_ms)
{
    const struct gv_lockout_key key = key_of(number);
    return gv_lockout_begin(&lockout, &key, 1, shared, (struct gv_mono){now_ms}, &retry_s);
}

static void five_failures_lock_one_address_for_15_minutes(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(try_from(1, false, 1000), GV_OK);
    }
    const struct gv_lockout_key key = key_of(1);
    assert_true(gv_lockout_locked(&lockout, &key, (struct gv_mono){1000}));
    assert_int_equal(try_from(1, false, 1000), GV_ERR_FULL);
    assert_int_equal(retry_s, 900);
    assert_int_equal(try_from(2, false, 1000), GV_OK);
    assert_int_equal(try_from(1, false, 1000 + 899999), GV_ERR_FULL);
    assert_int_equal(retry_s, 1);
    assert_int_equal(try_from(1, false, 1000 + 900000), GV_OK);
    assert_false(gv_lockout_locked(&lockout, &key, (struct gv_mono){1000 + 900000}));
}

static void a_refused_try_does_not_prolong_the_lock(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(try_from(1, false, 0), GV_OK);
    }
    for (uint64_t s = 1; s < 900; s++) {
        assert_int_equal(try_from(1, false, s * 1000), GV_ERR_FULL);
    }
    assert_int_equal(try_from(1, false, 900000), GV_OK);
}

static void a_right_try_begins_anew_and_an_unjudged_one_does_not_count(void **state)
{
    (void)state;
    const struct gv_lockout_key key = key_of(1);
    for (uint32_t round = 0; round < 10; round++) {
        for (uint32_t i = 0; i < 5; i++) {
            assert_int_equal(try_from(1, false, 0), GV_OK);
        }
        gv_lockout_passed(&lockout, &key, 1);
    }
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(try_from(1, false, 0), GV_OK);
        gv_lockout_undo(&lockout, &key, 1);
    }
}

static void a_right_try_gives_nothing_for_the_accounts_of_others(void **state)
{
    (void)state;
    const struct gv_lockout_key key = key_of(1);
    const struct gv_mono now = {0};
    uint32_t guesses = 0;
    for (uint32_t i = 0; i < 20; i++) {
        if (gv_lockout_begin(&lockout, &key, 7, false, now, &retry_s) == GV_OK) { /* his own */
            gv_lockout_passed(&lockout, &key, 7);
        }
        guesses += gv_lockout_begin(&lockout, &key, 8, false, now, &retry_s) == GV_OK;
    }
    assert_int_equal(guesses, 5);
    assert_true(gv_lockout_locked(&lockout, &key, now));
}

static void all_addresses_together_try_once_a_second(void **state)
{
    (void)state;
    uint32_t taken = 0;
    for (uint32_t i = 0; i < 600; i++) {
        taken += try_from(i, true, i * 100u) == GV_OK; /* a minute, ten a second */
    }
    assert_in_range(taken, 60, 60 + GV_LOCKOUT_BUCKET);
    assert_true(retry_s >= 1);
    assert_int_equal(try_from(1000, false, 59900), GV_OK); /* not of the bucket */
}

/* The table holds 64: a flood of addresses must not open a lock again. */
static void a_flood_of_addresses_frees_no_locked_one(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(try_from(7, false, 0), GV_OK);
    }
    for (uint32_t i = 100; i < 1100; i++) {
        assert_int_equal(try_from(i, false, i), GV_OK);
    }
    assert_int_equal(try_from(7, false, 2000), GV_ERR_FULL);
}

/* ---- claim code ----------------------------------------------------------------------------------- */

static void a_code_lives_for_five_tries_and_the_next_comes_after_a_minute(void **state)
{
    (void)state;
    struct gv_claim claim = {.tries_left = 0};
    uint32_t left = 0;
    const struct gv_mono start = {500};
    assert_true(gv_claim_due(&claim, start));
    gv_claim_renew(&claim, 7);
    assert_string_equal(claim.code, "00000007");
    assert_false(gv_claim_due(&claim, start));
    for (uint32_t i = 5; i-- > 0;) {
        assert_int_equal(gv_claim_try(&claim, gv_view_str("00000008"), start, &left, &retry_s),
                         GV_ERR_FORBIDDEN);
        assert_int_equal(left, i);
    }
    assert_int_equal(gv_claim_try(&claim, gv_view_str("00000007"), start, &left, &retry_s),
                     GV_ERR_FULL);
    assert_true(retry_s >= 60);
    assert_false(gv_claim_due(&claim, (struct gv_mono){60499}));
    assert_true(gv_claim_due(&claim, (struct gv_mono){60500}));
    gv_claim_renew(&claim, UINT64_MAX);
    assert_int_equal(strlen(claim.code), 8);
    char code[GV_CLAIM_DIGITS + 1];
    memcpy(code, claim.code, sizeof(code));
    assert_int_equal(gv_claim_try(&claim, gv_view_str(code), start, &left, &retry_s), GV_OK);
}

static void an_empty_or_short_code_opens_nothing(void **state)
{
    (void)state;
    struct gv_claim claim = {.tries_left = 0};
    uint32_t left = 0;
    assert_int_equal(gv_claim_try(&claim, gv_view_str(""), (struct gv_mono){0}, &left, &retry_s),
                     GV_ERR_FULL);
    gv_claim_renew(&claim, 12345678);
    assert_int_equal(
        gv_claim_try(&claim, gv_view_str("1234567"), (struct gv_mono){0}, &left, &retry_s),
        GV_ERR_FORBIDDEN);
}

/* ---- roles ---------------------------------------------------------------------------------------- */

static void roles_hold_what_the_table_says(void **state)
{
    (void)state;
    static const struct {
        const char *role;
        const char *words[8]; /* needs it meets */
    } table[] = {
        {"owner",
         {"admin", "operate", "login", "auctions:read", "auctions:write", "bids:write",
          "orders:solve"}},
        {"operator",
         {"operate", "login", "auctions:read", "auctions:write", "bids:write", "orders:solve"}},
        {"host", {"login", "auctions:read", "auctions:write"}},
        {"bidder", {"login", "auctions:read", "bids:write"}},
        {"viewer", {"login", "auctions:read"}},
    };
    static const char *const all[] = {"admin",         "operate",        "login",
                                      "auctions:read", "auctions:write", "bids:write",
                                      "orders:solve"};
    for (size_t r = 0; r < sizeof(table) / sizeof(table[0]); r++) {
        enum gv_role role;
        assert_true(gv_role_parse(gv_view_str(table[r].role), &role));
        assert_string_equal(gv_role_name(role), table[r].role);
        assert_true(gv_role_known((uint64_t)role));
        for (size_t w = 0; w < sizeof(all) / sizeof(all[0]); w++) {
            uint32_t need = 0;
            bool wanted = false;
            for (size_t i = 0; i < 8 && table[r].words[i] != NULL; i++) {
                wanted = wanted || strcmp(table[r].words[i], all[w]) == 0;
            }
            assert_true(gv_scope_need(all[w], &need));
            assert_int_not_equal(need, 0);
            assert_int_equal((gv_role_scopes(role) & need) == need, wanted);
        }
    }
}

static void unknown_words_open_nothing(void **state)
{
    (void)state;
    uint32_t need = 0;
    enum gv_role role;
    assert_false(gv_scope_need(NULL, &need));
    assert_false(gv_scope_need("", &need));
    assert_false(gv_scope_need("Public", &need));
    assert_true(gv_scope_need("public", &need));
    assert_int_equal(need, 0);
    assert_false(gv_role_parse(gv_view_str("root"), &role));
    assert_false(gv_role_known(0));
    assert_false(gv_role_known(6));
    assert_int_equal(gv_scope_parse(gv_view_str("login")), 0);
    assert_int_equal(gv_scope_parse(gv_view_str("operate")), 0);
    assert_int_equal(gv_scope_parse(gv_view_str("public")), 0);
}

static void an_admin_key_operates_but_is_no_person(void **state)
{
    (void)state;
    assert_int_equal(gv_key_scopes(GV_SCOPE_ADMIN), GV_SCOPE_ADMIN | GV_SCOPE_OPERATE);
    assert_int_equal(gv_key_scopes(GV_SCOPE_AUCTIONS_READ), GV_SCOPE_AUCTIONS_READ);
    assert_int_equal(gv_key_scopes(GV_SCOPE_LOGIN | GV_SCOPE_OPERATE), 0);
    assert_int_equal(gv_key_scopes(GV_KEY_LEGACY_UNLOCKED), GV_KEY_LEGACY_UNLOCKED);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(five_failures_lock_one_address_for_15_minutes),
        TEST(a_refused_try_does_not_prolong_the_lock),
        TEST(a_right_try_begins_anew_and_an_unjudged_one_does_not_count),
        TEST(a_right_try_gives_nothing_for_the_accounts_of_others),
        TEST(all_addresses_together_try_once_a_second),
        TEST(a_flood_of_addresses_frees_no_locked_one),
        TEST(a_code_lives_for_five_tries_and_the_next_comes_after_a_minute),
        TEST(an_empty_or_short_code_opens_nothing),
        TEST(roles_hold_what_the_table_says),
        TEST(unknown_words_open_nothing),
        TEST(an_admin_key_operates_but_is_no_person),
    };
    return cmocka_run_group_tests_name("account_limits", tests, NULL, NULL);
}
