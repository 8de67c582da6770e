/* Changes through the box itself: ranks, all or nothing, one writer at a time, what is told. Shown with
 * a writer in memory that can refuse. */
#include "app/config/changes.h"

#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct {
    struct gv_config running;
    struct gv_config below;
    struct gv_changes changes;
    char written[GV_CHANGES_TEXT_MAX];
    size_t written_n;
    unsigned writes;
    unsigned applied;
    enum gv_log_level level;
    bool refuse;
} world;

static enum gv_err write_text(void *ctx, struct gv_view text, struct gv_fail *fail)
{
    (void)ctx;
    if (world.refuse) {
        return gv_fail(fail, GV_ERR_IO, "file.io", "disk full");
    }
    memcpy(world.written, text.p, text.n);
    world.written_n = text.n;
    world.writes++;
    return GV_OK;
}

static void apply(void *ctx, const struct gv_config *next)
{
    (void)ctx;
    world.applied++;
    world.level = next->log_level;
}

/* A box with one key in its file, one in the environment and one on the command line. */
static int setup(void **state)
{
    (void)state;
    static char variable[] = "GAVEL_NODE__URL=http://10.0.0.1:8332";
    char *const environment[] = {variable, NULL};
    memset(&world, 0, sizeof(world));
    gv_config_defaults(&world.below);
    assert_int_equal(gv_config_read(&world.below, GV_SOURCE_FILE, "f",
                                    gv_view_str("[node]\npoll_seconds = 9\n"), NULL),
                     GV_OK);
    world.running = world.below;
    assert_int_equal(gv_config_environment(&world.running, environment, NULL), GV_OK);
    assert_int_equal(gv_config_set(&world.running, "http.port", "80", NULL), GV_OK);
    const struct gv_changes_config config = {
        .running = &world.running, .below = &world.below, .write = write_text, .applied = apply};
    gv_changes_init(&world.changes, &config);
    return 0;
}

static enum gv_err change(const char *key, const char *value, struct gv_fail *fail)
{
    struct gv_draft draft;
    char keys[256];
    gv_changes_draft(&world.changes, &draft);
    enum gv_err err = gv_draft_put(&world.changes, &draft, key, value, fail);
    return err != GV_OK ? err : gv_changes_commit(&world.changes, &draft, keys, sizeof(keys), fail);
}

struct found {
    const char *key;
    struct gv_setting_view view;
};

static void find(void *ctx, const struct gv_setting_view *view)
{
    struct found *found = ctx;
    if (strcmp(view->setting->key, found->key) == 0) {
        found->view = *view;
    }
}

static struct gv_setting_view see(const char *key)
{
    struct found found = {.key = key};
    gv_changes_each(&world.changes, find, &found);
    assert_non_null(found.view.setting);
    return found.view;
}

static void a_change_is_written_read_back_and_pending_until_the_next_start(void **state)
{
    (void)state;
    const uint64_t before = gv_changes_version(&world.changes);
    assert_int_equal(change("node.poll_seconds", "5", NULL), GV_OK);
    assert_true(gv_changes_version(&world.changes) != before);
    struct gv_setting_view view = see("node.poll_seconds");
    assert_string_equal(view.value, "5");
    assert_int_equal(view.source, GV_SOURCE_STORED);
    assert_true(view.pending);
    assert_false(view.forced);

    struct gv_config restarted = world.below;
    assert_int_equal(gv_config_read(&restarted, GV_SOURCE_STORED, "settings.conf",
                                    gv_view_of(world.written, world.written_n), NULL),
                     GV_OK);
    assert_int_equal(restarted.node_poll_seconds, 5);

    assert_int_equal(change("node.poll_seconds", NULL, NULL), GV_OK);
    view = see("node.poll_seconds");
    assert_string_equal(view.value, "9"); /* the file's again */
    assert_int_equal(view.source, GV_SOURCE_FILE);
    assert_false(view.pending);
    assert_true(gv_changes_version(&world.changes) == before);
}

static void what_is_live_is_applied_at_once(void **state)
{
    (void)state;
    assert_int_equal(change("log.level", "debug", NULL), GV_OK);
    assert_int_equal(world.applied, 1);
    assert_int_equal(world.level, GV_LOG_DEBUG);
    assert_false(see("log.level").pending);
}

static void refusals_name_the_key_and_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *code;
        enum gv_err err;
    } cases[] = {
        {"node.colour", "red", "config.unknown_key", GV_ERR_INVALID},
        {"node.poll_seconds", "61", "config.range", GV_ERR_INVALID},
        {"node.poll_seconds", "x", "config.range", GV_ERR_INVALID},
        {"https.tls", "perhaps", "config.value", GV_ERR_INVALID},
        {"web.hosts", "a\nb", "config.value", GV_ERR_INVALID},
        {"web.hosts", "a ;b", "config.value", GV_ERR_INVALID},
        {"web.hosts", " a", "config.value", GV_ERR_INVALID},
        {"node.url", "http://other:1", "config.forced", GV_ERR_CONFLICT},
        {"http.port", "81", "config.forced", GV_ERR_CONFLICT},
        {"http.port", NULL, "config.forced", GV_ERR_CONFLICT},
        {"general.data_dir", "/tmp", "config.read_only", GV_ERR_CONFLICT},
        {"general.data_dir", NULL, "config.read_only", GV_ERR_CONFLICT},
        {"setup.claim_file", "/tmp/claim", "config.read_only", GV_ERR_CONFLICT},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_fail fail = {.err = GV_OK};
        assert_int_equal(change(cases[i].key, cases[i].value, &fail), cases[i].err);
        assert_string_equal(fail.code, cases[i].code);
        assert_non_null(strstr(fail.text, cases[i].key));
    }
    assert_int_equal(world.writes, 0);
    assert_int_equal(world.applied, 0);
}

static void rules_across_settings_hold_for_the_whole_draft(void **state)
{
    (void)state;
    struct gv_fail fail;
    char keys[256];
    struct gv_draft draft;
    assert_int_equal(change("node.user", "u", &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "config.node_credentials");
    gv_changes_draft(&world.changes, &draft);
    assert_int_equal(gv_draft_put(&world.changes, &draft, "node.user", "u", NULL), GV_OK);
    assert_int_equal(gv_draft_put(&world.changes, &draft, "node.password", "p", NULL), GV_OK);
    assert_int_equal(gv_changes_commit(&world.changes, &draft, keys, sizeof(keys), NULL), GV_OK);
    assert_string_equal(keys, "node.user node.password");
}

static void a_secret_is_stored_and_never_shown(void **state)
{
    (void)state;
    struct gv_draft draft;
    char keys[256];
    assert_false(see("node.password").is_set);
    gv_changes_draft(&world.changes, &draft);
    assert_int_equal(gv_draft_put(&world.changes, &draft, "node.user", "u", NULL), GV_OK);
    assert_int_equal(gv_draft_put(&world.changes, &draft, "node.password", "canary", NULL), GV_OK);
    assert_int_equal(gv_changes_commit(&world.changes, &draft, keys, sizeof(keys), NULL), GV_OK);
    const struct gv_setting_view view = see("node.password");
    assert_true(view.is_set);
    assert_true(view.pending);
    assert_string_equal(view.value, "");
    assert_null(strstr(keys, "canary"));
}

static void a_kept_password_goes_to_no_other_host(void **state)
{
    (void)state;
    struct gv_draft draft;
    struct gv_fail fail;
    char keys[256];
    world.running = world.below; /* nothing is forced */
    gv_changes_draft(&world.changes, &draft);
    assert_int_equal(gv_draft_put(&world.changes, &draft, "node.url", "http://10.0.0.1:8332", NULL),
                     GV_OK);
    assert_int_equal(gv_draft_put(&world.changes, &draft, "node.user", "u", NULL), GV_OK);
    assert_int_equal(gv_draft_put(&world.changes, &draft, "node.password", "canary", NULL), GV_OK);
    assert_int_equal(gv_changes_commit(&world.changes, &draft, keys, sizeof(keys), NULL), GV_OK);

    assert_int_equal(change("node.url", "http://10.0.0.2:8332", &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "config.secret_again");
    assert_int_equal(change("node.poll_seconds", "20", NULL), GV_OK); /* same host */

    gv_changes_draft(&world.changes, &draft);
    assert_int_equal(gv_draft_put(&world.changes, &draft, "node.url", "http://10.0.0.2:8332", NULL),
                     GV_OK);
    assert_int_equal(gv_draft_put(&world.changes, &draft, "node.password", "canary", NULL), GV_OK);
    assert_int_equal(gv_changes_commit(&world.changes, &draft, keys, sizeof(keys), NULL), GV_OK);
}

static void a_kept_cookie_goes_to_no_other_host(void **state)
{
    (void)state;
    struct gv_draft draft;
    struct gv_fail fail;
    char keys[256];
    world.running = world.below; /* nothing is forced */
    assert_int_equal(change("node.cookie_file", "/c/.cookie", NULL), GV_OK);
    assert_int_equal(change("node.url", "http://10.0.0.2:8332", &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "config.secret_again");
    assert_string_equal(fail.pointer, "/node.cookie_file");
    /* Another scheme and another port are other places, too. */
    assert_int_equal(change("node.url", "https://127.0.0.1:8332", NULL), GV_ERR_INVALID);
    assert_int_equal(change("node.url", "http://127.0.0.1:8333", NULL), GV_ERR_INVALID);
    assert_int_equal(change("node.poll_seconds", "20", NULL), GV_OK); /* same host */

    gv_changes_draft(&world.changes, &draft);
    assert_int_equal(gv_draft_put(&world.changes, &draft, "node.url", "http://10.0.0.2:8332", NULL),
                     GV_OK);
    assert_int_equal(gv_draft_put(&world.changes, &draft, "node.cookie_file", "/c/.cookie", NULL),
                     GV_OK);
    assert_int_equal(gv_changes_commit(&world.changes, &draft, keys, sizeof(keys), NULL), GV_OK);
    /* Without a way in there is nothing that could go astray. */
    assert_int_equal(change("node.cookie_file", "", NULL), GV_OK);
    assert_int_equal(change("node.url", "http://10.0.0.3:8332", NULL), GV_OK);
}

static void the_second_of_two_drafts_is_refused(void **state)
{
    (void)state;
    struct gv_draft first, second;
    struct gv_fail fail;
    char keys[256];
    gv_changes_draft(&world.changes, &first);
    gv_changes_draft(&world.changes, &second);
    assert_int_equal(gv_draft_put(&world.changes, &first, "auction.final_depth", "3", NULL), GV_OK);
    assert_int_equal(gv_draft_put(&world.changes, &second, "auction.final_depth", "4", NULL),
                     GV_OK);
    assert_int_equal(gv_changes_commit(&world.changes, &first, keys, sizeof(keys), NULL), GV_OK);
    assert_int_equal(gv_changes_commit(&world.changes, &second, keys, sizeof(keys), &fail),
                     GV_ERR_STATE);
    assert_string_equal(see("auction.final_depth").value, "3");
}

static void a_file_that_cannot_be_written_leaves_everything_as_it_was(void **state)
{
    (void)state;
    world.refuse = true;
    assert_int_equal(change("log.level", "trace", NULL), GV_ERR_IO);
    assert_string_equal(see("log.level").value, "info");
    assert_int_equal(world.applied, 0);
}

static void the_longest_values_of_all_settings_fit_the_text(void **state)
{
    (void)state;
    struct gv_draft draft;
    char keys[2048];
    char value[2 * GV_CONFIG_TEXT_MAX];
    gv_changes_draft(&world.changes, &draft);
    for (size_t i = 0; i < GV_SETTINGS_COUNT; i++) {
        const struct gv_setting *setting = &gv_settings[i];
        if (setting->kind != GV_SETTING_TEXT || (setting->flags & GV_SETTING_BOOT) != 0 ||
            strcmp(setting->key, "node.cookie_file") == 0 || /* excludes user and password */
            strcmp(setting->key, "auth.jwks_url") == 0) {    /* excludes the file */
            continue;
        }
        memset(value, 'v', setting->cap - 1);
        value[setting->cap - 1] = '\0';
        assert_int_equal(gv_draft_put(&world.changes, &draft, setting->key, value, NULL), GV_OK);
    }
    assert_int_equal(gv_changes_commit(&world.changes, &draft, keys, sizeof(keys), NULL), GV_OK);
}

int main(void)
{
#define CHANGES_TEST(fn) cmocka_unit_test_setup(fn, setup)
    const struct CMUnitTest tests[] = {
        CHANGES_TEST(a_change_is_written_read_back_and_pending_until_the_next_start),
        CHANGES_TEST(what_is_live_is_applied_at_once),
        CHANGES_TEST(refusals_name_the_key_and_change_nothing),
        CHANGES_TEST(rules_across_settings_hold_for_the_whole_draft),
        CHANGES_TEST(a_secret_is_stored_and_never_shown),
        CHANGES_TEST(a_kept_password_goes_to_no_other_host),
        CHANGES_TEST(a_kept_cookie_goes_to_no_other_host),
        CHANGES_TEST(the_second_of_two_drafts_is_refused),
        CHANGES_TEST(a_file_that_cannot_be_written_leaves_everything_as_it_was),
        CHANGES_TEST(the_longest_values_of_all_settings_fit_the_text),
    };
    return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}
