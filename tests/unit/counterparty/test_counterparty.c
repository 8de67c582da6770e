/* Counterparty API against a scripted peer: a balance counts only from a server that follows the
 * chain at our height, quantities stay integers, and everything unexpected fails closed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/counterparty/counterparty.h"
#include "firmware/base/text.h"
#include "tests/unit/node/fake_http.h"

#include <stdio.h>
#include <string.h>

#define TXID "5e00000000000000000000000000000000000000000000000000000000009a01"
#define UTXO TXID ":0"

static struct fake_http fake;
static struct gv_http http;
static struct gv_counterparty cp;
static struct gv_counterparty_config config;
static struct gv_fail fail;
static struct gv_outpoint outpoint;

static int set_up(void **state)
{
    (void)state;
    http = fake_http_open(&fake);
    config = (struct gv_counterparty_config){
        .url = "https://api.counterparty.io:4000/", .connect_timeout_ms = 1000, .timeout_ms = 1000};
    fail = (struct gv_fail){.err = GV_OK};
    gv_counterparty_init(&cp, &http, &config);
    outpoint.vout = 0;
    assert_int_equal(gv_hex_decode_reversed(outpoint.txid.b, 32, TXID, 64), GV_OK);
    return 0;
}

static void push(int status, const char *height, const char *ready, const char *ledger,
                 const char *body)
{
    fake_http_push(&fake, GV_OK, status, body);
    struct fake_answer *answer = &fake.answers[fake.answers_n - 1];
    unsigned n = 0;
    const char *headers[] = {height, ready, ledger};
    for (unsigned i = 0; i < 3; i++) {
        if (headers[i] != NULL) {
            answer->headers[n++] = headers[i];
        }
    }
}

#define HEIGHT    "X-COUNTERPARTY-HEIGHT: 930010"
#define READY     "X-COUNTERPARTY-READY: True"
#define FOLLOWING "X-LEDGER-STATE: Following"

static void push_good(const char *body)
{
    push(200, HEIGHT, READY, FOLLOWING, body);
}

static enum gv_err ask(struct gv_cp_balance *balance)
{
    uint32_t count = 0;
    return gv_cp_balances(&cp, &outpoint, 930009, balance, 1, &count, &fail);
}

#define ROW(quantity, divisible)                                                                   \
    "{\"asset\":\"FROGKING\",\"asset_longname\":null,\"quantity\":" quantity ",\"utxo\":\"" UTXO   \
    "\",\"utxo_address\":\"bc1q\",\"asset_info\":{\"asset_longname\":null,\"description\":"        \
    "\"a frog\",\"issuer\":\"bc1q\",\"divisible\":" divisible ",\"locked\":true,\"owner\":"        \
    "\"bc1q\"},\"quantity_normalized\":\"2.50000000\"}"
#define PAGE(rows) "{\"result\":[" rows "],\"next_cursor\":null,\"result_count\":1}"

static void one_asset_is_read_with_its_exact_quantity(void **state)
{
    (void)state;
    push_good(PAGE(ROW("9223372036854775807", "true")));
    struct gv_cp_balance balance;
    assert_int_equal(ask(&balance), GV_OK);
    assert_string_equal(balance.asset, "FROGKING");
    assert_string_equal(balance.longname, "");
    assert_true(balance.quantity == INT64_MAX);
    assert_true(balance.divisible);
    assert_string_equal(fake.url,
                        "https://api.counterparty.io:4000/v2/utxos/" UTXO "/balances?verbose=true");
    assert_string_equal(fake.method, "GET");
    assert_string_equal(fake.user_pass, "");
}

static void a_subasset_has_its_long_name(void **state)
{
    (void)state;
    push_good(PAGE("{\"asset\":\"A95428956661682177\",\"asset_longname\":\"FROG.child\","
                   "\"quantity\":1,\"utxo\":\"" UTXO "\",\"asset_info\":{\"divisible\":false}}"));
    struct gv_cp_balance balance;
    assert_int_equal(ask(&balance), GV_OK);
    assert_string_equal(balance.asset, "A95428956661682177");
    assert_string_equal(balance.longname, "FROG.child");
    assert_false(balance.divisible);
}

static void all_assets_of_a_bundle_are_read(void **state)
{
    (void)state;
    struct gv_cp_balance balances[2];
    uint32_t count = 0;
    push_good(PAGE(ROW("1", "true") "," ROW("2", "false")));
    assert_int_equal(gv_cp_balances(&cp, &outpoint, 930009, balances, 2, &count, &fail), GV_OK);
    assert_int_equal(count, 2);
    assert_int_equal(balances[0].quantity, 1);
    assert_int_equal(balances[1].quantity, 2);
    assert_false(balances[1].divisible);
}

static void no_asset_and_several_assets_are_told_apart(void **state)
{
    struct gv_cp_balance balance;
    push_good("{\"result\":[],\"next_cursor\":null,\"result_count\":0}");
    assert_int_equal(ask(&balance), GV_ERR_NOT_FOUND);
    assert_string_equal(fail.code, "counterparty.no_asset");
    push_good(PAGE(ROW("1", "true") "," ROW("1", "false")));
    assert_int_equal(ask(&balance), GV_ERR_CONFLICT);
    assert_string_equal(fail.code, "counterparty.several_assets");
    set_up(state);
    push_good("{\"result\":[" ROW("1", "true") "],\"next_cursor\":\"x\",\"result_count\":2}");
    assert_int_equal(ask(&balance), GV_ERR_CONFLICT);
}

static void spoilt_balances_are_refused(void **state)
{
    static const char *const bodies[] = {
        "",
        "<html><body>Bad gateway</body></html>",
        "[]",
        "{\"error\":\"x\"}",
        "{\"result\":null,\"next_cursor\":null}",
        "{\"result\":{},\"next_cursor\":null}",
        "{\"result\":[]}",
        "{\"result\":[],\"result\":[],\"next_cursor\":null}",
        "{\"result\":[],\"next_cursor\":\"x\"}",
        "{\"result\":[1],\"next_cursor\":null}",
        PAGE(ROW("0", "true")),
        PAGE(ROW("-1", "true")),
        PAGE(ROW("9223372036854775808", "true")),
        PAGE(ROW("1.0", "true")),
        PAGE(ROW("1e3", "true")),
        PAGE(ROW("\"1\"", "true")),
        PAGE(ROW("1", "1")),
        PAGE(ROW("1", "null")),
        PAGE("{\"asset\":\"A\",\"asset_longname\":null,\"quantity\":1,\"utxo\":\"" UTXO "\"}"),
        PAGE("{\"asset\":\"\",\"asset_longname\":null,\"quantity\":1,\"utxo\":\"" UTXO
             "\",\"asset_info\":{\"divisible\":false}}"),
        PAGE("{\"asset\":\"A\",\"quantity\":1,\"utxo\":\"" UTXO
             "\",\"asset_info\":{\"divisible\":false}}"),
        PAGE("{\"asset\":\"A\",\"asset_longname\":null,\"quantity\":1,\"utxo\":\"" TXID
             ":1\",\"asset_info\":{\"divisible\":false}}"),
        PAGE("{\"asset\":\"A\",\"asset_longname\":null,\"quantity\":1,\"quantity\":2,\"utxo\":"
             "\"" UTXO "\",\"asset_info\":{\"divisible\":false}}"),
    };
    struct gv_cp_balance balance;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        set_up(state);
        push_good(bodies[i]);
        if (ask(&balance) != GV_ERR_UNAVAILABLE ||
            strcmp(fail.code, "counterparty.bad_answer") != 0) {
            fail_msg("case %zu accepted or misnamed: %s", i, fail.code);
        }
    }
}

static void a_name_fits_up_to_its_limit(void **state)
{
    struct gv_cp_balance balance;
    for (size_t n = 254; n <= 257; n++) {
        set_up(state);
        char name[300];
        char body[1024];
        memset(name, 'A', n);
        name[n] = '\0';
        snprintf(body, sizeof(body),
                 PAGE("{\"asset\":\"A1\",\"asset_longname\":\"%s\",\"quantity\":1,\"utxo\":\"" UTXO
                      "\",\"asset_info\":{\"divisible\":false}}"),
                 name);
        push_good(body);
        assert_int_equal(ask(&balance), n < GV_ASSET_NAME_MAX ? GV_OK : GV_ERR_UNAVAILABLE);
    }
}

static void a_balance_needs_a_server_that_follows_at_our_height(void **state)
{
    static const struct {
        const char *height, *ready, *ledger, *code;
    } cases[] = {
        {"X-COUNTERPARTY-HEIGHT: 930008", READY, FOLLOWING, "counterparty.behind"},
        {HEIGHT, "X-COUNTERPARTY-READY: False", FOLLOWING, "counterparty.not_ready"},
        {HEIGHT, "X-COUNTERPARTY-READY: true-ish", FOLLOWING, "counterparty.not_ready"},
        {HEIGHT, READY, "X-LEDGER-STATE: Catching Up", "counterparty.not_ready"},
        {HEIGHT, READY, "X-LEDGER-STATE: Reparsing", "counterparty.not_ready"},
        {NULL, READY, FOLLOWING, "counterparty.bad_answer"},
        {HEIGHT, NULL, FOLLOWING, "counterparty.bad_answer"},
        {"X-COUNTERPARTY-HEIGHT: ", READY, FOLLOWING, "counterparty.bad_answer"},
        {"X-COUNTERPARTY-HEIGHT: 9e9", READY, FOLLOWING, "counterparty.bad_answer"},
        {"X-COUNTERPARTY-HEIGHT: 99999999999999999999", READY, FOLLOWING,
         "counterparty.bad_answer"},
    };
    struct gv_cp_balance balance;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        /* The rule holds for an empty answer as well: "no asset" must be a fact, too. */
        static const char *const bodies[] = {PAGE(ROW("1", "true")), PAGE("")};
        for (size_t k = 0; k < 2; k++) {
            set_up(state);
            push(200, cases[i].height, cases[i].ready, cases[i].ledger, bodies[k]);
            if (ask(&balance) != GV_ERR_UNAVAILABLE || strcmp(fail.code, cases[i].code) != 0) {
                fail_msg("case %zu: %s, expected %s", i, fail.code, cases[i].code);
            }
        }
    }
    set_up(state);
    push(200, "x-counterparty-height:930009", "X-Counterparty-Ready:  True ",
         "x-ledger-state: Following", PAGE(ROW("1", "true")));
    assert_int_equal(ask(&balance), GV_OK);
}

#define STATE(ready, ledger)                                                                       \
    "{\"result\":{\"server_ready\":" ready ",\"network\":\"mainnet\",\"version\":\"11.2.0\","      \
    "\"backend_height\":930010,\"counterparty_height\":930010,\"ledger_state\":\"" ledger "\"}}"

static void a_dropped_ledger_header_is_asked_for(void **state)
{
    struct gv_cp_balance balance;
    push(200, HEIGHT, READY, NULL, PAGE(ROW("7", "true")));
    push(200, NULL, NULL, NULL, STATE("true", "Following"));
    assert_int_equal(ask(&balance), GV_OK);
    assert_true(balance.quantity == 7);
    assert_string_equal(balance.asset, "FROGKING");

    set_up(state);
    push(200, HEIGHT, READY, NULL, PAGE(""));
    push(200, NULL, NULL, NULL, STATE("true", "Reparsing"));
    assert_int_equal(ask(&balance), GV_ERR_UNAVAILABLE);
    assert_string_equal(fail.code, "counterparty.not_ready");
}

static void failures_of_transport_have_their_own_codes(void **state)
{
    static const struct {
        enum gv_err transport;
        int status;
        enum gv_err err;
        const char *code;
    } cases[] = {
        {GV_ERR_UNAVAILABLE, 0, GV_ERR_UNAVAILABLE, "counterparty.unreachable"},
        {GV_ERR_INVALID, 0, GV_ERR_UNAVAILABLE, "counterparty.unreachable"},
        {GV_ERR_TIMEOUT, 0, GV_ERR_TIMEOUT, "counterparty.timeout"},
        {GV_ERR_CRYPTO, 0, GV_ERR_CRYPTO, "counterparty.certificate"},
        {GV_ERR_TOO_LARGE, 0, GV_ERR_UNAVAILABLE, "counterparty.bad_answer"},
        {GV_OK, 503, GV_ERR_UNAVAILABLE, "counterparty.not_ready"},
        {GV_OK, 400, GV_ERR_UNAVAILABLE, "counterparty.bad_answer"},
        {GV_OK, 401, GV_ERR_UNAVAILABLE, "counterparty.bad_answer"},
        {GV_OK, 404, GV_ERR_UNAVAILABLE, "counterparty.bad_answer"},
        {GV_OK, 301, GV_ERR_UNAVAILABLE, "counterparty.bad_answer"},
        {GV_OK, 429, GV_ERR_UNAVAILABLE, "counterparty.bad_answer"},
    };
    struct gv_cp_balance balance;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_up(state);
        fake_http_push(&fake, cases[i].transport, cases[i].status, PAGE(""));
        assert_int_equal(ask(&balance), cases[i].err);
        assert_string_equal(fail.code, cases[i].code);
    }
}

static void an_answer_over_the_buffer_is_refused(void **state)
{
    (void)state;
    static char body[GV_CP_ANSWER_MAX + 10];
    memset(body, ' ', sizeof(body) - 1);
    push_good(body);
    struct gv_cp_balance balance;
    assert_int_equal(ask(&balance), GV_ERR_UNAVAILABLE);
    assert_string_equal(fail.code, "counterparty.bad_answer");
}

static void the_state_is_ready_only_when_following(void **state)
{
    static const struct {
        const char *body;
        bool ready;
    } cases[] = {
        {STATE("true", "Following"), true},
        {STATE("false", "Following"), false},
        {STATE("true", "Catching Up"), false},
        {STATE("true", "Rolling Back"), false},
    };
    struct gv_cp_state cp_state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_up(state);
        push_good(cases[i].body);
        assert_int_equal(gv_cp_state(&cp, &cp_state, &fail), GV_OK);
        assert_int_equal(cp_state.ready, cases[i].ready);
        assert_int_equal(cp_state.height, 930010);
        assert_string_equal(cp_state.network, "mainnet");
    }
    set_up(state);
    push_good(STATE("1", "Following"));
    assert_int_equal(gv_cp_state(&cp, &cp_state, &fail), GV_ERR_UNAVAILABLE);
}

static void outpoints_with_balances_are_matched_by_name(void **state)
{
    struct gv_outpoint two[2] = {outpoint, outpoint};
    two[1].vout = 4294967295u;
    bool carries[2];
    push_good("{\"result\":{\"" TXID ":4294967295\":true,\"" UTXO "\":false}}");
    assert_int_equal(gv_cp_with_balances(&cp, two, 2, 0, carries, &fail), GV_OK);
    assert_false(carries[0]);
    assert_true(carries[1]);
    assert_string_equal(fake.url,
                        "https://api.counterparty.io:4000/v2/utxos/withbalances?utxos=" UTXO
                        "," TXID ":4294967295");
    set_up(state);
    push_good("{\"result\":{\"" UTXO "\":false}}");
    assert_int_equal(gv_cp_with_balances(&cp, two, 2, 0, carries, &fail), GV_ERR_UNAVAILABLE);
    set_up(state);
    push(200, HEIGHT, "X-COUNTERPARTY-READY: False", FOLLOWING,
         "{\"result\":{\"" UTXO "\":false,\"" TXID ":4294967295\":true}}");
    assert_int_equal(gv_cp_with_balances(&cp, two, 2, 0, carries, &fail), GV_ERR_UNAVAILABLE);
}

static void balances_count_only_from_a_server_at_the_height_needed(void **state)
{
    (void)state;
    bool carries[1];
    push_good("{\"result\":{\"" UTXO "\":false}}");
    assert_int_equal(gv_cp_with_balances(&cp, &outpoint, 1, 930010u, carries, &fail), GV_OK);
    set_up(state);
    push_good("{\"result\":{\"" UTXO "\":false}}");
    assert_int_equal(gv_cp_with_balances(&cp, &outpoint, 1, 930011u, carries, &fail),
                     GV_ERR_UNAVAILABLE);
    assert_string_equal(fail.code, "counterparty.behind");
}

static void the_largest_request_for_balances_fits(void **state)
{
    (void)state;
    static struct gv_outpoint many[GV_CP_OUTPOINTS_MAX];
    bool carries[GV_CP_OUTPOINTS_MAX];
    memset(config.url, 'h', sizeof(config.url) - 1);
    for (uint32_t i = 0; i < GV_CP_OUTPOINTS_MAX; i++) {
        many[i] = (struct gv_outpoint){.txid = outpoint.txid, .vout = UINT32_MAX - i};
    }
    push_good("{\"result\":{}}");
    assert_int_equal(gv_cp_with_balances(&cp, many, GV_CP_OUTPOINTS_MAX, 0, carries, &fail),
                     GV_ERR_UNAVAILABLE);
    assert_true(strlen(fake.url) > (size_t)GV_CP_OUTPOINTS_MAX * 75);
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(one_asset_is_read_with_its_exact_quantity),
        CASE(a_subasset_has_its_long_name),
        CASE(all_assets_of_a_bundle_are_read),
        CASE(no_asset_and_several_assets_are_told_apart),
        CASE(spoilt_balances_are_refused),
        CASE(a_name_fits_up_to_its_limit),
        CASE(a_balance_needs_a_server_that_follows_at_our_height),
        CASE(a_dropped_ledger_header_is_asked_for),
        CASE(failures_of_transport_have_their_own_codes),
        CASE(an_answer_over_the_buffer_is_refused),
        CASE(the_state_is_ready_only_when_following),
        CASE(outpoints_with_balances_are_matched_by_name),
        CASE(balances_count_only_from_a_server_at_the_height_needed),
        CASE(the_largest_request_for_balances_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
