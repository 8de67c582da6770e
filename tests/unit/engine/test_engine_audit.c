/* Shows that the audit log is verified through the engine: whole it has every entry, and the first entry
 * that was tampered with is named. */
#include "tests/support/engine_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

static void the_first_entry_that_was_changed_is_named(void **state)
{
    (void)state;
    static const struct gv_hash256 zeros;
    struct gv_hash256 last;
    struct gv_fail fail;
    uint64_t before = 0;
    uint64_t entries = 0;
    assert_int_equal(gv_engine_audit_verify(gv_world_engine(), &before, &last, &fail), GV_OK);
    for (uint32_t i = 0; i < 3; i++) {
        struct gv_offer offer = gv_offer_of(i);
        (void)gv_world_list(&offer);
    }
    assert_int_equal(gv_engine_audit_verify(gv_world_engine(), &entries, &last, &fail), GV_OK);
    assert_int_equal(entries, before + 3);
    assert_false(gv_hash256_equal(&last, &zeros));

    gv_world_sql("UPDATE audit SET detail = 'another' WHERE id = 2");
    assert_int_equal(gv_engine_audit_verify(gv_world_engine(), &entries, &last, &fail),
                     GV_ERR_CRYPTO);
    assert_string_equal(fail.code, "audit.broken");
    assert_non_null(strstr(fail.text, "entry 2 "));
    struct gv_offer offer = gv_offer_of(9);
    (void)gv_world_list(&offer); /* the rest of the engine goes on */
}

static void a_log_that_cannot_be_read_is_not_called_broken(void **state)
{
    (void)state;
    struct gv_hash256 last;
    struct gv_fail fail;
    uint64_t entries = 0;
    gv_world_storage_down(true);
    assert_int_equal(gv_engine_audit_verify(gv_world_engine(), &entries, &last, &fail),
                     GV_ERR_STORAGE);
    assert_string_equal(fail.code, "store.read");
    gv_world_storage_down(false);
    assert_int_equal(gv_engine_audit_verify(gv_world_engine(), &entries, &last, &fail), GV_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_entry_that_was_changed_is_named),
        TEST(a_log_that_cannot_be_read_is_not_called_broken),
    };
    return cmocka_run_group_tests_name("engine_audit", tests, NULL, NULL);
}
