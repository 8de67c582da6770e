/* Shows that API keys are shown once, found only by their whole text, and lost by revocation and time
 * (row 50 of tests/api/cases.md). */
#include "tests/support/engine_world.h"

#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static int set_up(void **state)
{
    (void)state;
    gv_world_format();
    assert_int_equal(gv_world_open(true), GV_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gv_world_close();
    return 0;
}

static void make(char text[GV_KEY_TEXT_MAX], uint32_t scopes, int64_t expires_at)
{
    assert_int_equal(gv_engine_key_create(gv_world_engine(), gv_world_actor(), "wallet", scopes,
                                          (struct gv_utc){expires_at}, text, NULL),
                     GV_OK);
}

static enum gv_err check(const char *text, size_t n, uint32_t *scopes)
{
    char id[GV_KEY_ID_LEN + 1];
    return gv_engine_key_check(gv_world_engine(), gv_view_of(text, n), scopes, id);
}

static void row_50_only_the_whole_key_opens(void **state)
{
    (void)state;
    char text[GV_KEY_TEXT_MAX];
    uint32_t scopes = 0;
    make(text, GV_SCOPE_AUCTIONS_WRITE, 0);
    assert_int_equal(strlen(text), 56);
    assert_memory_equal(text, "gvl_", 4);
    assert_int_equal(check(text, 56, &scopes), GV_OK);
    assert_int_equal(scopes, GV_SCOPE_AUCTIONS_WRITE);
    for (size_t n = 0; n < 56; n++) {
        assert_int_equal(check(text, n, &scopes), GV_ERR_UNAUTHORIZED);
    }
    text[55] = text[55] == 'A' ? 'B' : 'A';
    assert_int_equal(check(text, 56, &scopes), GV_ERR_UNAUTHORIZED);
    assert_int_equal(check("", 0, &scopes), GV_ERR_UNAUTHORIZED);
}

static void a_revoked_key_opens_nothing_also_after_a_restart(void **state)
{
    (void)state;
    char text[GV_KEY_TEXT_MAX];
    char other[GV_KEY_TEXT_MAX];
    struct gv_api_key keys[GV_API_KEYS_MAX];
    uint32_t scopes = 0;
    make(text, GV_SCOPE_ADMIN, 0);
    make(other, GV_SCOPE_AUCTIONS_READ, 0);
    assert_int_equal(gv_engine_key_list(gv_world_engine(), keys, GV_API_KEYS_MAX), 2);
    char id[GV_KEY_ID_LEN + 1] = {0};
    memcpy(id, text + 4, GV_KEY_ID_LEN);
    assert_int_equal(gv_engine_key_revoke(gv_world_engine(), gv_world_actor(), id, NULL), GV_OK);
    assert_int_equal(gv_engine_key_revoke(gv_world_engine(), gv_world_actor(), id, NULL), GV_OK);
    for (uint32_t round = 0; round < 2; round++) {
        assert_int_equal(check(text, 56, &scopes), GV_ERR_UNAUTHORIZED);
        assert_int_equal(check(other, 56, &scopes), GV_OK);
        assert_int_equal(scopes, GV_SCOPE_AUCTIONS_READ);
        gv_world_restart();
    }
    struct gv_fail fail;
    assert_int_equal(gv_engine_key_revoke(gv_world_engine(), gv_world_actor(), "zzzzzzzz", &fail),
                     GV_ERR_NOT_FOUND);
    assert_string_equal(fail.code, "key.unknown");
    assert_int_equal(
        gv_engine_key_revoke(gv_world_engine(), gv_world_actor(), "much too long", &fail),
        GV_ERR_NOT_FOUND);
}

static void a_key_ends_at_its_time(void **state)
{
    (void)state;
    char text[GV_KEY_TEXT_MAX];
    uint32_t scopes = 0;
    make(text, GV_SCOPE_ADMIN, 1780000100);
    gv_sim_clock_set_utc(gv_world_clock(), (struct gv_utc){1780000099});
    assert_int_equal(check(text, 56, &scopes), GV_OK);
    gv_sim_clock_set_utc(gv_world_clock(), (struct gv_utc){1780000100});
    assert_int_equal(check(text, 56, &scopes), GV_ERR_UNAUTHORIZED);
    struct gv_fail fail;
    assert_int_equal(gv_engine_key_create(gv_world_engine(), gv_world_actor(), "late",
                                          GV_SCOPE_ADMIN, (struct gv_utc){1780000100}, text, &fail),
                     GV_ERR_INVALID);
    assert_string_equal(fail.code, "key.expires_at");
}

static void bad_names_and_scopes_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"", "a\nb", "\x7f",
                                        "1234567890123456789012345678901234567890"
                                        "12345678"};
    char text[GV_KEY_TEXT_MAX];
    struct gv_fail fail;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(gv_engine_key_create(gv_world_engine(), gv_world_actor(), names[i],
                                              GV_SCOPE_ADMIN, (struct gv_utc){0}, text, &fail),
                         GV_ERR_INVALID);
        assert_string_equal(fail.code, "key.name");
    }
    static const uint32_t scopes[] = {0, 1u << 9, 1u << 31 | GV_SCOPE_ADMIN};
    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        assert_int_equal(gv_engine_key_create(gv_world_engine(), gv_world_actor(), "n", scopes[i],
                                              (struct gv_utc){0}, text, &fail),
                         GV_ERR_INVALID);
        assert_string_equal(fail.code, "key.scopes");
    }
}

static void the_environments_key_lists_but_is_no_admin_and_no_public_default(void **state)
{
    (void)state;
    uint32_t scopes = 0;
    struct gv_fail fail;
    assert_int_equal(gv_engine_key_environment(gv_world_engine(), "", &fail), GV_ERR_INVALID);
    assert_int_equal(gv_engine_key_environment(gv_world_engine(), "change-me-in-production", &fail),
                     GV_ERR_INVALID);
    assert_int_equal(check("", 0, &scopes), GV_ERR_UNAUTHORIZED);
    assert_int_equal(gv_engine_key_environment(gv_world_engine(), "frog", &fail), GV_OK);
    assert_int_equal(check("frog", 4, &scopes), GV_OK);
    assert_int_equal(scopes,
                     GV_SCOPE_AUCTIONS_READ | GV_SCOPE_AUCTIONS_WRITE | GV_KEY_LEGACY_UNLOCKED);
    assert_int_equal(check("fro", 3, &scopes), GV_ERR_UNAUTHORIZED);
}

static void a_full_table_forgets_a_revoked_key_first(void **state)
{
    (void)state;
    char text[GV_KEY_TEXT_MAX];
    char third[GV_KEY_TEXT_MAX];
    struct gv_fail fail;
    for (uint32_t i = 0; i < GV_API_KEYS_MAX; i++) {
        make(i == 2 ? third : text, GV_SCOPE_ADMIN, 0);
    }
    assert_int_equal(gv_engine_key_create(gv_world_engine(), gv_world_actor(), "more",
                                          GV_SCOPE_ADMIN, (struct gv_utc){0}, text, &fail),
                     GV_ERR_FULL);
    assert_string_equal(fail.code, "key.full");
    char id[GV_KEY_ID_LEN + 1] = {0};
    memcpy(id, third + 4, GV_KEY_ID_LEN);
    assert_int_equal(gv_engine_key_revoke(gv_world_engine(), gv_world_actor(), id, NULL), GV_OK);
    make(text, GV_SCOPE_ADMIN, 0);
    struct gv_api_key keys[GV_API_KEYS_MAX];
    assert_int_equal(gv_engine_key_list(gv_world_engine(), keys, GV_API_KEYS_MAX), GV_API_KEYS_MAX);
    for (uint32_t i = 0; i < GV_API_KEYS_MAX; i++) {
        assert_string_not_equal(keys[i].id, id);
    }
    gv_world_restart();
    assert_int_equal(gv_engine_key_list(gv_world_engine(), keys, GV_API_KEYS_MAX), GV_API_KEYS_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(row_50_only_the_whole_key_opens),
        TEST(a_revoked_key_opens_nothing_also_after_a_restart),
        TEST(a_key_ends_at_its_time),
        TEST(bad_names_and_scopes_are_refused),
        TEST(the_environments_key_lists_but_is_no_admin_and_no_public_default),
        TEST(a_full_table_forgets_a_revoked_key_first),
    };
    return cmocka_run_group_tests_name("engine_keys", tests, NULL, NULL);
}
