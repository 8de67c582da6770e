/* The pure parts of the web layer: routes, paths, queries, addresses, UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "web/live/seat.h"
#include "web/server/address.h"
#include "web/server/hsts.h"
#include "web/server/router.h"
#include "web/server/worker.h"

#include <string.h>

/* ---- Routes ---------------------------------------------------------------------------------- */

static void answer(struct gv_exchange *x)
{
    (void)x;
}

static bool matches(const char *pattern, const char *path, struct gv_view *params)
{
    struct gv_view own[GV_WEB_PARAMS_MAX];
    return gv_router_match(pattern, gv_view_str(path), params != NULL ? params : own);
}

static void a_placeholder_takes_one_whole_segment(void **state)
{
    (void)state;
    struct gv_view params[GV_WEB_PARAMS_MAX];
    assert_true(matches("/api/{a}/x/{b}", "/api/one/x/two", params));
    assert_true(gv_view_is(params[0], "one"));
    assert_true(gv_view_is(params[1], "two"));
    assert_int_equal(params[2].n, 0);
    assert_false(matches("/api/{a}", "/api/", NULL));
    assert_false(matches("/api/{a}", "/api", NULL));
    assert_false(matches("/api/{a}", "/api/one/two", NULL));
    assert_false(matches("/api/{a}", "/apis/one", NULL));
    assert_false(matches("/api", "/api/", NULL));
    assert_false(matches("/api", "/ap", NULL));
    assert_true(matches("/", "/", NULL));
    assert_false(matches("/", "/x", NULL));
}

static void a_rest_placeholder_takes_the_remainder(void **state)
{
    (void)state;
    struct gv_view params[GV_WEB_PARAMS_MAX];
    assert_true(matches("/ui/{file*}", "/ui/lib/html.js", params));
    assert_true(gv_view_is(params[0], "lib/html.js"));
    assert_false(matches("/ui/{file*}", "/ui/", NULL));
}

static struct gv_route row_of(const char *method, const char *pattern, const char *operation)
{
    return (struct gv_route){
        .method = method,
        .pattern = pattern,
        .handler = answer,
        .scope = GV_SCOPE_PUBLIC,
        .csrf = GV_CSRF_NONE,
        .rate = GV_RATE_FREE,
        .operation = operation,
    };
}

static enum gv_err check_two(const char *first, const char *second)
{
    const struct gv_route routes[2] = {row_of("GET", first, "a"), row_of("GET", second, "b")};
    struct gv_fail fail;
    return gv_router_check(routes, 2, &fail);
}

static void a_row_that_cannot_be_reached_is_refused(void **state)
{
    (void)state;
    assert_int_equal(check_two("/a/check", "/a/{id}"), GV_OK);
    assert_int_equal(check_two("/a/{id}", "/a/check"), GV_ERR_INVALID);
    assert_int_equal(check_two("/a/{id}", "/a/{name}"), GV_ERR_INVALID);
    assert_int_equal(check_two("/a/{id}", "/a/{rest*}"), GV_OK);
    assert_int_equal(check_two("/a/{rest*}", "/a/b/c"), GV_ERR_INVALID);
}

static void bad_patterns_are_refused(void **state)
{
    (void)state;
    const char *bad[] = {"a", "", "/a/x{id}", "/a//b", "/{a}/{b}/{c}/{d}", "/{rest*}/x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(check_two("/ok", bad[i]), GV_ERR_INVALID);
    }
}

static enum gv_err check_one(struct gv_route route)
{
    struct gv_fail fail;
    return gv_router_check(&route, 1, &fail);
}

static void a_row_that_forgets_something_is_refused(void **state)
{
    (void)state;
    const struct gv_route good = row_of("POST", "/a", "a");
    struct gv_route row = good;
    assert_int_equal(check_one(row), GV_OK);
    row.scope = NULL;
    assert_int_equal(check_one(row), GV_ERR_INVALID);
    row = good;
    row.csrf = GV_CSRF_FORGOTTEN;
    assert_int_equal(check_one(row), GV_ERR_INVALID);
    row = good;
    row.rate = GV_RATE_FORGOTTEN;
    assert_int_equal(check_one(row), GV_ERR_INVALID);
    row = good;
    row.operation = NULL;
    assert_int_equal(check_one(row), GV_ERR_INVALID);
    row = good;
    row.handler = NULL;
    assert_int_equal(check_one(row), GV_ERR_INVALID);
    row = good;
    row.method = "TRACE";
    assert_int_equal(check_one(row), GV_ERR_INVALID);
}

static void a_write_with_a_scope_needs_the_token(void **state)
{
    (void)state;
    struct gv_route row = row_of("DELETE", "/a", "a");
    row.scope = "admin";
    assert_int_equal(check_one(row), GV_ERR_INVALID);
    row.csrf = GV_CSRF_TOKEN;
    assert_int_equal(check_one(row), GV_OK);
    row.method = "GET"; /* a read neither carries a token nor takes a body */
    assert_int_equal(check_one(row), GV_ERR_INVALID);
    row.csrf = GV_CSRF_NONE;
    assert_int_equal(check_one(row), GV_OK);
    row.body_max = 1;
    assert_int_equal(check_one(row), GV_ERR_INVALID);
}

static void an_operation_has_one_row(void **state)
{
    (void)state;
    struct gv_fail fail;
    struct gv_route routes[2] = {row_of("GET", "/a", "same"), row_of("GET", "/b", "same")};
    assert_int_equal(gv_router_check(routes, 2, &fail), GV_ERR_INVALID);
    routes[0].operation = routes[1].operation = GV_OPERATION_PAGE;
    assert_int_equal(gv_router_check(routes, 2, &fail), GV_OK);
}

static const struct gv_route *find(const char *method, const char *path, char *allow, size_t cap)
{
    static struct gv_route routes[3];
    const struct gv_route rows[3] = {
        row_of("GET", "/x", "a"),
        row_of("POST", "/x", "b"),
        row_of("DELETE", "/y/{id}", "c"),
    };
    memcpy(routes, rows, sizeof(routes));
    struct gv_view params[GV_WEB_PARAMS_MAX];
    struct gv_web_request request = {.method = gv_view_str(method),
                                     .path = gv_view_str(path),
                                     .is_head = strcmp(method, "HEAD") == 0};
    return gv_router_find(routes, 3, &request, params, allow, cap);
}

static void the_methods_of_a_path_are_named(void **state)
{
    (void)state;
    char allow[64];
    assert_string_equal(find("HEAD", "/x", allow, sizeof(allow))->operation, "a");
    assert_string_equal(find("POST", "/x", allow, sizeof(allow))->operation, "b");
    assert_null(find("PUT", "/x", allow, sizeof(allow)));
    assert_string_equal(allow, "GET, HEAD, POST");
    assert_null(find("GET", "/y/1", allow, sizeof(allow)));
    assert_string_equal(allow, "DELETE");
    assert_null(find("GET", "/z", allow, sizeof(allow)));
    assert_string_equal(allow, "");
}

/* ---- Paths and queries ------------------------------------------------------------------------ */

static enum gv_err decode(const char *raw, char *out, size_t cap)
{
    struct gv_fail fail;
    size_t n = 0;
    return gv_path_decode(out, cap, &n, raw, &fail);
}

static void a_path_is_decoded_once(void **state)
{
    (void)state;
    char out[64];
    assert_int_equal(decode("/a%20b/%2541", out, sizeof(out)), GV_OK);
    assert_string_equal(out, "/a b/%41");
    assert_int_equal(decode("/", out, sizeof(out)), GV_OK);
    assert_int_equal(decode("/a/", out, sizeof(out)), GV_OK);
}

static void a_path_with_tricks_is_refused(void **state)
{
    (void)state;
    char out[64];
    const char *bad[] = {"",      "a",           "/..",    "/a/../b", "/a/./b", "//",
                         "/a//b", "/%2e%2e/etc", "/a%2fb", "/a%2Fb",  "/a%00b", "/a%0ab",
                         "/%7f",  "/%",          "/%4",    "/%zz"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(decode(bad[i], out, sizeof(out)), GV_ERR_INVALID);
    }
}

static void a_path_one_too_long_is_refused(void **state)
{
    (void)state;
    char out[8];
    assert_int_equal(decode("/123456", out, sizeof(out)), GV_OK);
    assert_int_equal(decode("/1234567", out, sizeof(out)), GV_ERR_TOO_LARGE);
}

static enum gv_err ask(const char *query, const char *name, char *out, size_t cap)
{
    struct gv_web_request request = {.query = gv_view_str(query)};
    struct gv_fail fail;
    size_t n = 0;
    return gv_web_query(&request, name, out, cap, &n, &fail);
}

static void query_parameters_are_found_and_decoded(void **state)
{
    (void)state;
    char out[16];
    assert_int_equal(ask("a=1&bb=x+y%21&c", "bb", out, sizeof(out)), GV_OK);
    assert_string_equal(out, "x y!");
    assert_int_equal(ask("a=1&bb=2&c", "c", out, sizeof(out)), GV_OK);
    assert_string_equal(out, "");
    assert_int_equal(ask("a=1", "b", out, sizeof(out)), GV_ERR_NOT_FOUND);
    assert_int_equal(ask("", "b", out, sizeof(out)), GV_ERR_NOT_FOUND);
    assert_int_equal(ask("a=1&a=2", "a", out, sizeof(out)), GV_ERR_INVALID);
    assert_int_equal(ask("a=%0", "a", out, sizeof(out)), GV_ERR_INVALID);
    assert_int_equal(ask("a=%00", "a", out, sizeof(out)), GV_ERR_INVALID);
    assert_int_equal(ask("a=123456789012345", "a", out, sizeof(out)), GV_OK);
    assert_int_equal(ask("a=1234567890123456", "a", out, sizeof(out)), GV_ERR_TOO_LARGE);
}

/* ---- Addresses -------------------------------------------------------------------------------- */

static bool same_key(const char *a, const char *b)
{
    struct gv_address_key first = gv_address_key_parse(a);
    struct gv_address_key second = gv_address_key_parse(b);
    return gv_address_key_equal(&first, &second);
}

static bool is_loopback(const char *text)
{
    struct gv_address_key key = gv_address_key_parse(text);
    return gv_address_key_is_loopback(&key);
}

static void one_ipv6_household_is_one_address(void **state)
{
    (void)state;
    assert_true(same_key("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
    assert_false(same_key("2001:db8:1:2::1", "2001:db8:1:3::1"));
    assert_true(same_key("192.0.2.1", "::ffff:192.0.2.1"));
    assert_true(same_key("no address", ""));
    assert_false(same_key("192.0.2.1", "192.0.2.2"));
}

static bool same_neighbour(const char *a, const char *b)
{
    struct gv_address_key first = gv_address_key_whole(a);
    struct gv_address_key second = gv_address_key_whole(b);
    return gv_address_key_equal(&first, &second);
}

static void neighbours_of_one_household_are_told_apart(void **state)
{
    (void)state;
    assert_false(same_neighbour("2001:db8:1:2::1", "2001:db8:1:2::2"));
    assert_true(same_neighbour("2001:db8:1:2::1", "2001:DB8:1:2:0::1"));
    assert_true(same_neighbour("192.0.2.1", "::ffff:192.0.2.1"));
    assert_false(same_neighbour("192.0.2.1", "192.0.2.2"));
    assert_true(same_neighbour("no address", ""));
}

static void loopback_is_known_in_every_form(void **state)
{
    (void)state;
    assert_true(is_loopback("127.0.0.1"));
    assert_true(is_loopback("127.8.8.8"));
    assert_true(is_loopback("::1"));
    assert_true(is_loopback("::ffff:127.0.0.1"));
    assert_false(is_loopback("128.0.0.1"));
    assert_false(is_loopback("::2"));
    assert_false(is_loopback("localhost"));
}

static void a_mapped_address_is_shown_as_ipv4(void **state)
{
    (void)state;
    char text[48];
    gv_address_text(text, sizeof(text), "::ffff:192.0.2.1");
    assert_string_equal(text, "192.0.2.1");
    gv_address_text(text, sizeof(text), "fe80::1%eth0");
    assert_string_equal(text, "fe80::1");
    gv_address_text(text, sizeof(text), "::ffff:0:1");
    assert_string_equal(text, "::ffff:0:1");
}

/* ---- UTF-8 and frames ------------------------------------------------------------------------- */

static void utf8_is_judged_as_rfc_3629_does(void **state)
{
    (void)state;
    const char *good[] = {"",
                          "plain",
                          "\xc3\xa9",
                          "\xe2\x82\xbf",
                          "\xf0\x9f\x92\xb0",
                          "\xed\x9f\xbf",
                          "\xee\x80\x80",
                          "\xf4\x8f\xbf\xbf"};
    const char *bad[] = {"\x80",
                         "\xc0\x80",
                         "\xc1\xbf",
                         "\xc3",
                         "\xe0\x80\x80",
                         "\xed\xa0\x80",
                         "\xf0\x80\x80\x80",
                         "\xf4\x90\x80\x80",
                         "\xf5\x80\x80\x80",
                         "\xff",
                         "\xe2\x82",
                         "\xe2\x28\xa1"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(gv_utf8_valid(gv_view_str(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(gv_utf8_valid(gv_view_str(bad[i])));
    }
}

static void a_frame_header_suits_its_length(void **state)
{
    (void)state;
    static struct gv_live_message message;
    gv_live_message_wrap(&message, GV_LIVE_WEBSOCKET, 125, 1, true);
    struct gv_view bytes = gv_live_message_bytes(&message);
    assert_int_equal(bytes.n, 127);
    assert_int_equal(bytes.p[0], 0x81);
    assert_int_equal(bytes.p[1], 125);
    assert_ptr_equal(bytes.p + 2, gv_live_message_payload(&message));
    gv_live_message_wrap(&message, GV_LIVE_WEBSOCKET, 126, 1, true);
    bytes = gv_live_message_bytes(&message);
    assert_int_equal(bytes.n, 130);
    assert_int_equal(bytes.p[1], 126);
    assert_int_equal(bytes.p[2] << 8 | bytes.p[3], 126);
    assert_ptr_equal(bytes.p + 4, gv_live_message_payload(&message));
}

static void expect_frame(enum gv_live_kind kind, uint64_t seq, bool is_first, const char *expected)
{
    static struct gv_live_message message;
    memcpy(gv_live_message_payload(&message), "{}", 2);
    gv_live_message_wrap(&message, kind, 2, seq, is_first);
    assert_true(gv_view_is(gv_live_message_bytes(&message), expected));
}

static void events_and_polls_have_their_own_frames(void **state)
{
    (void)state;
    static struct gv_live_message message;
    expect_frame(GV_LIVE_SSE, 7, true, "id: 7\ndata: {}\n\n");
    expect_frame(GV_LIVE_SSE, UINT64_MAX, false, "id: 18446744073709551615\ndata: {}\n\n");
    expect_frame(GV_LIVE_SSE, 0, false, "data: {}\n\n");
    expect_frame(GV_LIVE_POLL, 7, true, "{\"v\":1,\"items\":[{}");
    expect_frame(GV_LIVE_POLL, 7, false, ",{}");
    gv_live_message_poll_end(&message, 9, 10, false);
    assert_true(gv_view_is(gv_live_message_bytes(&message), "],\"seq\":9,\"server_time_ms\":10}"));
    gv_live_message_poll_end(&message, 9, 10, true);
    assert_true(gv_view_is(gv_live_message_bytes(&message),
                           "{\"v\":1,\"items\":[],\"seq\":9,\"server_time_ms\":10}"));
}

static void an_envelope_tells_milliseconds_and_never_more_than_fits(void **state)
{
    (void)state;
    char out[256];
    const struct gv_envelope envelope = {
        .channel = "auction:42", .type = "listing", .seq = 1094, .wall_ms = 1795210277120};
    const char *expected = "{\"v\":1,\"ch\":\"auction:42\",\"seq\":1094,\"type\":\"listing\","
                           "\"ts\":\"2026-11-20T21:31:17.120Z\",\"data\":{\"a\":1}}";
    size_t n = gv_envelope_write(&envelope, gv_view_str("{\"a\":1}"), out, sizeof(out));
    assert_true(gv_view_is(gv_view_of(out, n), expected));
    assert_int_equal(gv_envelope_write(&envelope, gv_view_str("{\"a\":1}"), out, n), n);
    assert_int_equal(gv_envelope_write(&envelope, gv_view_str("{\"a\":1}"), out, n - 1), 0);
}

static void every_error_class_has_a_status(void **state)
{
    (void)state;
    assert_int_equal(gv_http_status(GV_ERR_FULL), 503);
    assert_int_equal(gv_http_status(GV_ERR_TOO_LARGE), 413);
    assert_int_equal(gv_http_status(GV_ERR_INVALID), 400);
    assert_string_equal(gv_http_reason(431), "Request Header Fields Too Large");
    assert_string_equal(gv_http_reason(799), "Unknown");
}

/* ---- HSTS ------------------------------------------------------------------------------------ */

static void hsts_is_for_public_names_only(void **state)
{
    (void)state;
    static const char *const yes[] = {"box.example.org", "box.example.org:8443", "Box.Example.ORG"};
    static const char *const no[] = {
        "",           "localhost",      "gavel.local", "GAVEL.LOCAL:8443",
        "x.y.local",  "abcdefgh.onion", "127.0.0.1",   "127.0.0.1:8443",
        "[::1]:8443", "[::1]",          ".local",      "10.0.0.1."};
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        assert_true(gv_hsts_may_name(gv_view_str(yes[i])));
    }
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        assert_false(gv_hsts_may_name(gv_view_str(no[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hsts_is_for_public_names_only),
        cmocka_unit_test(a_placeholder_takes_one_whole_segment),
        cmocka_unit_test(a_rest_placeholder_takes_the_remainder),
        cmocka_unit_test(a_row_that_cannot_be_reached_is_refused),
        cmocka_unit_test(a_row_that_forgets_something_is_refused),
        cmocka_unit_test(a_write_with_a_scope_needs_the_token),
        cmocka_unit_test(an_operation_has_one_row),
        cmocka_unit_test(bad_patterns_are_refused),
        cmocka_unit_test(the_methods_of_a_path_are_named),
        cmocka_unit_test(a_path_is_decoded_once),
        cmocka_unit_test(a_path_with_tricks_is_refused),
        cmocka_unit_test(a_path_one_too_long_is_refused),
        cmocka_unit_test(query_parameters_are_found_and_decoded),
        cmocka_unit_test(one_ipv6_household_is_one_address),
        cmocka_unit_test(neighbours_of_one_household_are_told_apart),
        cmocka_unit_test(loopback_is_known_in_every_form),
        cmocka_unit_test(a_mapped_address_is_shown_as_ipv4),
        cmocka_unit_test(utf8_is_judged_as_rfc_3629_does),
        cmocka_unit_test(a_frame_header_suits_its_length),
        cmocka_unit_test(events_and_polls_have_their_own_frames),
        cmocka_unit_test(an_envelope_tells_milliseconds_and_never_more_than_fits),
        cmocka_unit_test(every_error_class_has_a_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
