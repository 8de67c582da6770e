/* Configuration: precedence and rules of the table, and that nothing half-read is ever used.
 * Every refused input is checked by its code and by the place its message names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/config/config.h"
#include "app/config/settings.h"
#include "firmware/base/text.h"

#include <string.h>

static enum gv_err read_text(struct gv_config *config, const char *text, struct gv_fail *fail)
{
    return gv_config_read(config, GV_SOURCE_FILE, "gavel.conf", gv_view_str(text), fail);
}

static void assert_refused(const char *text, const char *code, const char *message)
{
    struct gv_config config;
    gv_config_defaults(&config);
    struct gv_config before = config;
    struct gv_fail fail = {.err = GV_OK};
    assert_int_equal(read_text(&config, text, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, code);
    assert_string_equal(fail.text, message);
    assert_memory_equal(&config, &before, sizeof(config));
}

static void defaults_are_those_of_the_table(void **state)
{
    (void)state;
    struct gv_config config;
    gv_config_defaults(&config);
    assert_string_equal(config.data_dir, "/var/lib/gavel");
    assert_int_equal(config.log_level, GV_LOG_INFO);
    assert_int_equal(config.http_port, 8480);
    assert_int_equal(config.https_port, 8443);
    assert_true(config.https_tls);
    assert_string_equal(config.node_url, "http://127.0.0.1:8332");
    assert_int_equal(config.network, GV_NETWORK_MAIN);
    assert_string_equal(config.node_zmq, "");
    assert_int_equal(config.node_poll_seconds, 15);
    assert_int_equal(config.final_depth, 6);
}

static void a_file_sets_every_key(void **state)
{
    (void)state;
    static const char text[] = "\xef\xbb\xbf; comment\n"
                               "[general]\ndata_dir = /srv/gavel\n"
                               "[log]\nlevel = debug\n"
                               "[http]\nbind = 127.0.0.1\nport = 0\n"
                               "[https]\nbind=::1\nport=9443 ; why\ntls = off\n"
                               "[web]\nhosts = auction.example,10.0.0.2\n"
                               "[node]\nurl = https://node.lan:18443/\ncookie_file = /b/.cookie\n"
                               "user = gavel\npassword = a:b=c;d\nnetwork = regtest\n"
                               "zmq = tcp://127.0.0.1:28551,ipc:///run/zmq\n"
                               "poll_seconds = 1\ntimeout_ms = 500\n"
                               "[counterparty]\nurl = http://127.0.0.1:4000\nca_file = /ca.pem\n"
                               "timeout_ms = 60000\n"
                               "[auction]\nfinal_depth = 100";
    struct gv_config config;
    gv_config_defaults(&config);
    struct gv_fail fail = {.err = GV_OK};
    assert_int_equal(read_text(&config, text, &fail), GV_OK);
    assert_string_equal(config.data_dir, "/srv/gavel");
    assert_int_equal(config.log_level, GV_LOG_DEBUG);
    assert_string_equal(config.http_bind, "127.0.0.1");
    assert_int_equal(config.http_port, 0);
    assert_string_equal(config.https_bind, "::1");
    assert_int_equal(config.https_port, 9443);
    assert_false(config.https_tls);
    assert_string_equal(config.hosts, "auction.example,10.0.0.2");
    assert_string_equal(config.node_url, "https://node.lan:18443/");
    assert_string_equal(config.node_cookie_file, "/b/.cookie");
    assert_string_equal(config.node_user, "gavel");
    assert_string_equal(config.node_password, "a:b=c;d");
    assert_int_equal(config.network, GV_NETWORK_REGTEST);
    assert_string_equal(config.node_zmq, "tcp://127.0.0.1:28551,ipc:///run/zmq");
    assert_int_equal(config.node_poll_seconds, 1);
    assert_int_equal(config.node_timeout_ms, 500);
    assert_string_equal(config.counterparty_url, "http://127.0.0.1:4000");
    assert_string_equal(config.counterparty_ca_file, "/ca.pem");
    assert_int_equal(config.counterparty_timeout_ms, 60000);
    assert_int_equal(config.final_depth, 100);
}

static void a_second_file_changes_only_what_it_names(void **state)
{
    (void)state;
    struct gv_config config;
    gv_config_defaults(&config);
    struct gv_fail fail = {.err = GV_OK};
    assert_int_equal(read_text(&config, "[http]\nport = 1\n", &fail), GV_OK);
    assert_int_equal(read_text(&config, "[https]\nport = 2\n", &fail), GV_OK);
    assert_int_equal(config.http_port, 1);
    assert_int_equal(config.https_port, 2);
}

static void a_bad_file_is_refused_with_line_and_reason_and_changes_nothing(void **state)
{
    (void)state;
    assert_refused("[http]\nport = 1\nprot = 2\n", "config.unknown_key",
                   "gavel.conf:3: http.prot: no such setting");
    assert_refused("port = 1\n", "config.unknown_key", "gavel.conf:1: .port: no such setting");
    assert_refused("[http]\nport = 1\n\nport = 2\n", "config.repeated_key",
                   "gavel.conf:4: http.port: given twice");
    assert_refused("[http]\nport = 1\nnonsense\n", "config.syntax",
                   "gavel.conf:3: neither [section] nor key = value, or the line is too long");
    assert_refused("[http\n", "config.syntax",
                   "gavel.conf:1: neither [section] nor key = value, or the line is too long");
    assert_refused("[auction]\nfinal_depth = 101\n", "config.range",
                   "gavel.conf:2: auction.final_depth: must be a whole number within 1..100");
}

static void the_first_bad_line_is_the_one_reported(void **state)
{
    (void)state;
    assert_refused("[http]\nport = x\nport = y\n[zzz]\na = b\n", "config.range",
                   "gavel.conf:2: http.port: must be a whole number within 0..65535");
}

static void a_line_longer_than_the_buffer_is_refused(void **state)
{
    (void)state;
    char text[3000] = "[node]\nzmq = tcp://";
    size_t n = strlen(text);
    memset(text + n, 'a', sizeof(text) - n - 1);
    text[sizeof(text) - 1] = '\0';
    assert_refused(text, "config.syntax",
                   "gavel.conf:2: neither [section] nor key = value, or the line is too long");
}

static void a_zero_byte_is_refused(void **state)
{
    (void)state;
    struct gv_config config;
    gv_config_defaults(&config);
    struct gv_fail fail = {.err = GV_OK};
    assert_int_equal(
        gv_config_read(&config, GV_SOURCE_FILE, "x", gv_view_of("[http]\nport = 1\0\n", 17), &fail),
        GV_ERR_INVALID);
    assert_string_equal(fail.code, "config.syntax");
}

static void assert_value_refused(const char *key, const char *value)
{
    struct gv_config config;
    gv_config_defaults(&config);
    struct gv_config before = config;
    struct gv_fail fail = {.err = GV_OK};
    if (gv_config_set(&config, key, value, &fail) == GV_OK) {
        fail_msg("%s accepted \"%s\"", key, value);
    }
    assert_memory_equal(&config, &before, sizeof(config));
    assert_non_null(strstr(fail.text, key));
}

static void values_outside_type_or_range_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"http.port", "65536"},
        {"http.port", "-1"},
        {"http.port", "+1"},
        {"http.port", "08"},
        {"http.port", "1.0"},
        {"http.port", "1e3"},
        {"http.port", ""},
        {"http.port", "18446744073709551616"},
        {"node.poll_seconds", "0"},
        {"node.poll_seconds", "61"},
        {"node.timeout_ms", "499"},
        {"auction.final_depth", "0"},
        {"https.tls", "ON"},
        {"https.tls", ""},
        {"log.level", "loud"},
        {"node.network", "mainnet"},
        {"node.network", ""},
        {"general.data_dir", ""},
        {"general.data_dir", "/a\nb"},
        {"web.hosts", "a\tb"},
        {"web.hosts", "a\x7f"},
        {"node.url", ""},
        {"node.url", "127.0.0.1:8332"},
        {"node.url", "ftp://a"},
        {"node.url", "http://"},
        {"node.url", "http:///x"},
        {"node.url", "http://a b"},
        {"node.url", "http://user:pass@host"},
        {"counterparty.url", "https://host?x=1"},
        {"node.zmq", "127.0.0.1:28332"},
        {"node.zmq", "tcp://a,"},
        {"node.zmq", "tcp://a, tcp://b"},
        {"node.zmq", "on"},
        {"web.trusted_proxies", "10.0.0.0/40"},
        {"web.trusted_proxies", "proxy.example"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_value_refused(bad[i][0], bad[i][1]);
    }
}

static void what_names_a_file_to_write_is_not_taken_from_the_stored_settings(void **state)
{
    (void)state;
    static const char *const texts[] = {"[setup]\nclaim_file = /var/lib/gavel/seal.key\n",
                                        "[general]\ndata_dir = /tmp\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct gv_config config;
        struct gv_fail fail = {.err = GV_OK};
        gv_config_defaults(&config);
        assert_int_equal(
            gv_config_read(&config, GV_SOURCE_STORED, "stored", gv_view_str(texts[i]), &fail),
            GV_ERR_CONFLICT);
        assert_string_equal(fail.code, "config.read_only");
        assert_int_equal(
            gv_config_read(&config, GV_SOURCE_FILE, "file", gv_view_str(texts[i]), &fail), GV_OK);
    }
}

static void a_text_fits_up_to_its_last_byte(void **state)
{
    (void)state;
    char text[GV_CONFIG_TEXT_MAX + 1];
    memset(text, 'a', sizeof(text));
    text[GV_CONFIG_TEXT_MAX] = '\0';
    assert_value_refused("web.hosts", text);
    text[GV_CONFIG_TEXT_MAX - 1] = '\0';
    struct gv_config config;
    gv_config_defaults(&config);
    assert_int_equal(gv_config_set(&config, "web.hosts", text, NULL), GV_OK);
    assert_string_equal(config.hosts, text);
}

static void a_message_never_repeats_a_secret(void **state)
{
    (void)state;
    struct gv_config config;
    gv_config_defaults(&config);
    struct gv_fail fail = {.err = GV_OK};
    assert_int_equal(read_text(&config, "[node]\npassword = canary\x01\n", &fail), GV_ERR_INVALID);
    assert_null(strstr(fail.text, "canary"));
    assert_int_equal(read_text(&config, "[node]\nurl = http://u:canary@h\n", &fail),
                     GV_ERR_INVALID);
    assert_null(strstr(fail.text, "canary"));
}

/* environ has writable strings; literals are copied to be such. */
static enum gv_err apply(struct gv_config *config, const char *const *variables,
                         struct gv_fail *fail)
{
    static char entries[8][64];
    char *environment[9] = {NULL};
    for (size_t i = 0; variables[i] != NULL; i++) {
        assert_true(i < 8);
        assert_true(gv_text_copy(entries[i], sizeof(entries[i]), variables[i]));
        environment[i] = entries[i];
    }
    return gv_config_environment(config, environment, fail);
}

static void the_environment_overrides_and_names_sections_with_two_underscores(void **state)
{
    (void)state;
    const char *const environment[] = {"PATH=/bin",
                                       "GAVEL_HTTP__PORT=1",
                                       "GAVEL_NODE__COOKIE_FILE=/c",
                                       "GAVEL_SEED=5",
                                       "GAVEL_NOT=OURS__NO",
                                       "XGAVEL_HTTP__PORT=3",
                                       NULL};
    struct gv_config config;
    gv_config_defaults(&config);
    assert_int_equal(apply(&config, environment, NULL), GV_OK);
    assert_int_equal(config.http_port, 1);
    assert_string_equal(config.node_cookie_file, "/c");
}

static void an_unknown_variable_of_ours_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    const char *const environment[] = {"GAVEL_HTTP__PORT=1", "GAVEL_HTTP__PROT=2", NULL};
    struct gv_config config;
    gv_config_defaults(&config);
    struct gv_fail fail = {.err = GV_OK};
    assert_int_equal(apply(&config, environment, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "config.unknown_key");
    assert_int_equal(config.http_port, 8480);
}

static void names_of_the_original_work_and_yield_to_ours(void **state)
{
    (void)state;
    const char *const environment[] = {
        "GAVEL_NODE__USER=ours",  "BITCOIN_RPC_HOST=bitcoind",
        "BITCOIN_RPC_PORT=18443", "BITCOIN_RPC_USER=theirs",
        "BITCOIN_RPC_PASSWORD=p", "COUNTERPARTY_API_URL=http://cp:4000",
        "DATABASE_PATH=/ignored", NULL};
    struct gv_config config;
    gv_config_defaults(&config);
    assert_int_equal(apply(&config, environment, NULL), GV_OK);
    assert_string_equal(config.node_url, "http://bitcoind:18443");
    assert_string_equal(config.node_user, "ours");
    assert_string_equal(config.node_password, "p");
    assert_string_equal(config.counterparty_url, "http://cp:4000");
    assert_string_equal(config.data_dir, "/var/lib/gavel");
}

static void half_an_rpc_address_of_the_original_is_completed(void **state)
{
    (void)state;
    struct gv_config config;
    gv_config_defaults(&config);
    const char *const host[] = {"BITCOIN_RPC_HOST=node", NULL};
    assert_int_equal(apply(&config, host, NULL), GV_OK);
    assert_string_equal(config.node_url, "http://node:8332");
    const char *const port[] = {"BITCOIN_RPC_PORT=1", NULL};
    assert_int_equal(apply(&config, port, NULL), GV_OK);
    assert_string_equal(config.node_url, "http://127.0.0.1:1");
    const char *const bad_port[] = {"BITCOIN_RPC_PORT=http", NULL};
    assert_int_equal(apply(&config, bad_port, NULL), GV_ERR_INVALID);
    const char *const bad_host[] = {"BITCOIN_RPC_HOST=http://node", NULL};
    assert_int_equal(apply(&config, bad_host, NULL), GV_ERR_INVALID);
    assert_string_equal(config.node_url, "http://127.0.0.1:1");
}

static enum gv_err check_with(const char *cookie, const char *user, const char *password)
{
    struct gv_config config;
    gv_config_defaults(&config);
    assert_int_equal(gv_config_set(&config, "node.cookie_file", cookie, NULL), GV_OK);
    assert_int_equal(gv_config_set(&config, "node.user", user, NULL), GV_OK);
    assert_int_equal(gv_config_set(&config, "node.password", password, NULL), GV_OK);
    return gv_config_check(&config, NULL);
}

static void one_way_into_the_node_or_none_yet(void **state)
{
    (void)state;
    assert_int_equal(check_with("/c", "", ""), GV_OK);
    assert_int_equal(check_with("", "u", "p"), GV_OK);
    assert_int_equal(check_with("", "", ""), GV_OK);
    assert_int_equal(check_with("", "u", ""), GV_ERR_INVALID);
    assert_int_equal(check_with("", "", "p"), GV_ERR_INVALID);
    assert_int_equal(check_with("/c", "u", "p"), GV_ERR_INVALID);
    assert_int_equal(check_with("", "u:v", "p"), GV_ERR_INVALID);
}

static void two_listeners_cannot_share_a_port(void **state)
{
    (void)state;
    struct gv_config config;
    gv_config_defaults(&config);
    assert_int_equal(gv_config_set(&config, "node.cookie_file", "/c", NULL), GV_OK);
    config.http_port = config.https_port;
    assert_int_equal(gv_config_check(&config, NULL), GV_ERR_INVALID);
    config.https_tls = false;
    assert_int_equal(gv_config_check(&config, NULL), GV_OK);
    config.https_tls = true;
    config.http_port = 0;
    config.https_port = 0;
    assert_int_equal(gv_config_check(&config, NULL), GV_OK);
}

struct visited {
    unsigned count;
    bool password_hidden;
    bool port_shown;
};

static void visit(void *ctx, const char *key, const char *value, const char *standard,
                  const char *help)
{
    struct visited *visited = ctx;
    visited->count++;
    assert_non_null(strchr(key, '.'));
    assert_non_null(standard);
    assert_true(strlen(help) > 10);
    assert_null(strstr(value, "canary"));
    visited->password_hidden |= strcmp(key, "node.password") == 0 && strcmp(value, "***") == 0;
    visited->port_shown |= strcmp(key, "http.port") == 0 && strcmp(value, "1234") == 0;
}

static void a_listing_of_settings_shows_all_but_secrets(void **state)
{
    (void)state;
    struct gv_config config;
    gv_config_defaults(&config);
    assert_int_equal(gv_config_set(&config, "node.password", "canary", NULL), GV_OK);
    assert_int_equal(gv_config_set(&config, "http.port", "1234", NULL), GV_OK);
    struct visited visited = {.count = 0};
    gv_config_each(&config, visit, &visited);
    assert_int_equal(visited.count, GV_SETTINGS_COUNT);
    assert_true(visited.password_hidden);
    assert_true(visited.port_shown);
}

static void every_shown_value_reads_back_as_itself(void **state)
{
    (void)state;
    struct gv_config config;
    gv_config_defaults(&config);
    for (size_t i = 0; i < GV_SETTINGS_COUNT; i++) {
        char text[2 * GV_CONFIG_TEXT_MAX];
        gv_setting_text(&config, &gv_settings[i], text, sizeof(text));
        assert_string_equal(text, gv_settings[i].standard);
        assert_int_equal(gv_setting_store(&config, GV_SOURCE_FLAG, &gv_settings[i], text, NULL),
                         GV_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_table),
        cmocka_unit_test(a_file_sets_every_key),
        cmocka_unit_test(a_second_file_changes_only_what_it_names),
        cmocka_unit_test(a_bad_file_is_refused_with_line_and_reason_and_changes_nothing),
        cmocka_unit_test(the_first_bad_line_is_the_one_reported),
        cmocka_unit_test(a_line_longer_than_the_buffer_is_refused),
        cmocka_unit_test(a_zero_byte_is_refused),
        cmocka_unit_test(values_outside_type_or_range_are_refused),
        cmocka_unit_test(what_names_a_file_to_write_is_not_taken_from_the_stored_settings),
        cmocka_unit_test(a_text_fits_up_to_its_last_byte),
        cmocka_unit_test(a_message_never_repeats_a_secret),
        cmocka_unit_test(the_environment_overrides_and_names_sections_with_two_underscores),
        cmocka_unit_test(an_unknown_variable_of_ours_is_refused_and_changes_nothing),
        cmocka_unit_test(names_of_the_original_work_and_yield_to_ours),
        cmocka_unit_test(half_an_rpc_address_of_the_original_is_completed),
        cmocka_unit_test(one_way_into_the_node_or_none_yet),
        cmocka_unit_test(two_listeners_cannot_share_a_port),
        cmocka_unit_test(a_listing_of_settings_shows_all_but_secrets),
        cmocka_unit_test(every_shown_value_reads_back_as_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
