/* Shows that the audit log is verified through the engine: whole it has every entry, and the first entry
 * that was tampered with is named. */
#include "app/engine/accounts.h"
#include "app/engine/webhooks.h"
#include "firmware/base/text.h"
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

static void a_long_log_is_verified_to_its_end_and_to_its_first_fault(void **state)
{
    (void)state;
    struct gv_engine *engine = gv_world_engine();
    struct gv_hash256 last;
    struct gv_fail fail;
    uint64_t before = 0;
    uint64_t entries = 0;
    assert_int_equal(gv_engine_audit_verify(engine, &before, &last, &fail), GV_OK);
    for (unsigned i = 0; i < 600; i++) {
        assert_int_equal(gv_engine_note(engine, gv_world_actor(), "k.k", "s", "d", NULL), GV_OK);
    }
    assert_int_equal(gv_engine_audit_verify(engine, &entries, &last, &fail), GV_OK);
    assert_int_equal(entries, before + 600);
    gv_world_sql("UPDATE audit SET detail = 'another' WHERE id = 555");
    assert_int_equal(gv_engine_audit_verify(engine, &entries, &last, &fail), GV_ERR_CRYPTO);
    assert_non_null(strstr(fail.text, "entry 555 "));
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

/* The newest row, as one text. */
static void newest(char *out, size_t cap)
{
    static struct gv_audit_row rows[GV_AUDIT_PAGE];
    uint32_t count = 0;
    assert_int_equal(gv_engine_audit_list(gv_world_engine(), INT64_MAX, "", 1, rows, &count, NULL),
                     GV_OK);
    assert_int_equal(count, 1);
    gv_format_cut(out, cap, "%s %s %s", rows[0].kind, rows[0].subject, rows[0].detail);
}

static void every_row_names_who_did_it_from_where_and_by_which_way(void **state)
{
    (void)state;
    static const char by[] = "by=test address=192.0.2.7 route=unit";
    char row[GV_AUDIT_DETAIL_MAX + 160u];
    char secret[GV_WEBHOOK_SECRET_TEXT];
    struct gv_webhook_change change = {.has_enabled = true};
    struct gv_engine *engine = gv_world_engine();
    const struct gv_actor *actor = gv_world_actor();
    uint64_t id = 0;
    assert_int_equal(
        gv_engine_note(engine, actor, "settings.changed", "settings", "log.level", NULL), GV_OK);
    newest(row, sizeof(row));
    assert_string_equal(row,
                        "settings.changed settings by=test address=192.0.2.7 route=unit log.level");
    assert_int_equal(
        gv_engine_webhook_create(engine, actor, "shop", "http://a/", 2, &id, secret, NULL), GV_OK);
    newest(row, sizeof(row));
    assert_string_equal(row, "webhook.created webhook:1 by=test address=192.0.2.7 route=unit "
                             "events=2 enabled=1 name=shop");
    assert_int_equal(gv_engine_webhook_change(engine, actor, id, &change, NULL, NULL), GV_OK);
    newest(row, sizeof(row));
    assert_non_null(strstr(row, by));
    assert_int_equal(gv_engine_webhook_delete(engine, actor, id, NULL, NULL), GV_OK);
    newest(row, sizeof(row));
    assert_non_null(strstr(row, "webhook.deleted webhook:1 by=test"));
    struct gv_offer offer = gv_offer_of(1);
    (void)gv_world_list(&offer);
    newest(row, sizeof(row));
    assert_non_null(strstr(row, "listing.created listing:1 by=test"));
}

static void a_long_note_of_a_long_name_is_whole(void **state)
{
    (void)state;
    char row[GV_AUDIT_DETAIL_MAX + 160u];
    char detail[GV_ENGINE_NOTE_MAX];
    struct gv_actor actor;
    memset(&actor, 'a', sizeof(actor));
    actor.who[sizeof(actor.who) - 1] = '\0';
    actor.address[sizeof(actor.address) - 1] = '\0';
    actor.route[sizeof(actor.route) - 1] = '\0';
    memset(detail, 'd', sizeof(detail) - 2);
    detail[sizeof(detail) - 2] = 'e';
    detail[sizeof(detail) - 1] = '\0';
    assert_int_equal(gv_engine_note(gv_world_engine(), &actor, "k.k", "s", detail, NULL), GV_OK);
    newest(row, sizeof(row));
    assert_int_equal(row[strlen(row) - 1], 'e');
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_entry_that_was_changed_is_named),
        TEST(a_long_log_is_verified_to_its_end_and_to_its_first_fault),
        TEST(every_row_names_who_did_it_from_where_and_by_which_way),
        TEST(a_long_note_of_a_long_name_is_whole),
        TEST(a_log_that_cannot_be_read_is_not_called_broken),
    };
    return cmocka_run_group_tests_name("engine_audit", tests, NULL, NULL);
}
