/* HTTP against a real server: routing, answers, and malformed requests (defects 2 and 11 of
 * tests/api/cases.md: smuggling, long addresses). */
#include "tests/unit/web/harness.h"

#include "firmware/base/text.h"

#include <stdio.h>
#include <string.h>

static struct harness h;
static struct client clients[8];
static struct answer a;

static int start(void **state)
{
    (void)state;
    harness_defaults(&h);
    harness_start(&h);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    harness_stop(&h);
    return 0;
}

/* Send raw bytes on a new connection and read one answer. */
static int ask(const char *raw)
{
    client_open(&clients[0], h.http, false);
    client_text(&clients[0], raw);
    client_answer(&clients[0], &a, false);
    return a.status;
}

static void done(void)
{
    client_close(&clients[0]);
}

static int ask_once(const char *raw)
{
    int status = ask(raw);
    done();
    return status;
}

/* ---- Routing and answers ---------------------------------------------------------------------- */

static void what_is_not_in_the_table_is_404(void **state)
{
    (void)state;
    assert_int_equal(ask_once("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"), 404);
    assert_string_equal(a.body, "{\"error\":\"http.not_found\",\"status\":404}");
    assert_int_equal(ask_once("GET /hello/ HTTP/1.1\r\nHost: a\r\n\r\n"), 404);
    assert_int_equal(ask_once("OPTIONS /nothing HTTP/1.1\r\nHost: a\r\n\r\n"), 404);
}

static void another_method_is_405_and_names_the_right_ones(void **state)
{
    (void)state;
    assert_int_equal(ask_once("PUT /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), 405);
    assert_string_equal(answer_header(&a, "Allow"), "POST, DELETE");
    assert_int_equal(ask_once("POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), 405);
    assert_string_equal(answer_header(&a, "Allow"), "GET, HEAD");
}

static void parameters_and_peer_reach_the_handler(void **state)
{
    (void)state;
    assert_int_equal(ask_once("GET /where/x%20y/at/%C3%A9 HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
    assert_non_null(strstr(a.body, "x y|\xc3\xa9|127.0.0.1|0|"));
    assert_int_equal(ask_once("GET /query?p=1&q=a%2Bb HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
    assert_string_equal(a.body, "a+b");
}

static void head_is_get_without_a_body(void **state)
{
    (void)state;
    client_open(&clients[0], h.http, false);
    client_text(&clients[0], "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    client_answer(&clients[0], &a, true);
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_header(&a, "Content-Length"), "5");
    client_text(&clients[0], "HEAD /list HTTP/1.1\r\nHost: a\r\n\r\n");
    client_answer(&clients[0], &a, true);
    assert_int_equal(a.status, 200);
    client_get(&clients[0], "/hello", &a); /* the connection is still in step */
    assert_string_equal(a.body, "hello");
    done();
}

static void every_answer_has_the_security_headers(void **state)
{
    (void)state;
    assert_int_equal(ask_once("GET /hello HTTP/1.1\r\nHost: box.local:8480\r\n\r\n"), 200);
    assert_string_equal(answer_header(&a, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(answer_header(&a, "Referrer-Policy"), "no-referrer");
    assert_string_equal(answer_header(&a, "Cross-Origin-Opener-Policy"), "same-origin");
    assert_string_equal(answer_header(&a, "Cross-Origin-Resource-Policy"), "same-origin");
    assert_string_equal(answer_header(&a, "Permissions-Policy"), "camera=(self), geolocation=()");
    assert_string_equal(answer_header(&a, "Cache-Control"), "no-store");
    const char *policy = answer_header(&a, "Content-Security-Policy");
    assert_non_null(strstr(policy, "default-src 'none'; script-src 'self'; style-src 'self'"));
    assert_non_null(strstr(policy, "connect-src 'self' ws://box.local:8480"));
    assert_int_equal(ask_once("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"), 404);
    assert_string_equal(answer_header(&a, "X-Content-Type-Options"), "nosniff");
}

static void a_header_cannot_split_the_answer(void **state)
{
    (void)state;
    assert_int_equal(ask_once("GET /split HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
    assert_string_equal(answer_header(&a, "X-Good"), "yes");
    assert_null(answer_header(&a, "X-Evil"));
    assert_null(answer_header(&a, "Set-Cookie"));
}

static void a_handler_without_an_answer_is_500(void **state)
{
    (void)state;
    assert_int_equal(ask_once("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n"), 500);
}

static void a_full_box_says_when_to_come_back(void **state)
{
    (void)state;
    assert_int_equal(ask_once("GET /full HTTP/1.1\r\nHost: a\r\n\r\n"), 503);
    assert_string_equal(answer_header(&a, "Retry-After"), "5");
}

static void a_known_tag_is_304(void **state)
{
    (void)state;
    assert_int_equal(ask_once("GET /tagged HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
    assert_string_equal(answer_header(&a, "ETag"), "\"a42-1093\"");
    const char *same[] = {"\"a42-1093\"", "W/\"a42-1093\"", "\"x\", \"a42-1093\"", "*"};
    const char *other[] = {"\"a42\"", "a42-1093", "\"a42-10930\"", "\"xa42-1093\""};
    char raw[256];
    for (size_t i = 0; i < 4; i++) {
        snprintf(raw, sizeof(raw), "GET /tagged HTTP/1.1\r\nHost: a\r\nIf-None-Match: %s\r\n\r\n",
                 same[i]);
        assert_int_equal(ask_once(raw), 304);
        assert_string_equal(answer_header(&a, "ETag"), "\"a42-1093\"");
        snprintf(raw, sizeof(raw), "GET /tagged HTTP/1.1\r\nHost: a\r\nIf-None-Match: %s\r\n\r\n",
                 other[i]);
        assert_int_equal(ask_once(raw), 200);
    }
}

static void a_long_answer_comes_in_chunks(void **state)
{
    (void)state;
    client_open(&clients[0], h.http, false);
    client_get(&clients[0], "/list", &a);
    assert_int_equal(a.status, 200);
    assert_true(strncmp(a.body, "line 0\nline 1\n", 14) == 0);
    assert_string_equal(a.body + a.body_n - 9, "line 999\n");
    client_get(&clients[0], "/hello", &a);
    assert_int_equal(a.status, 200);
    done();
    /* HTTP/1.0 knows no chunks: the close is the end. */
    assert_int_equal(ask("GET /list HTTP/1.0\r\nHost: a\r\n\r\n"), 200);
    assert_null(answer_header(&a, "Transfer-Encoding"));
    assert_string_equal(answer_header(&a, "Connection"), "close");
    assert_string_equal(a.body + a.body_n - 9, "line 999\n");
    done();
}

static void requests_may_be_pipelined_and_connections_kept(void **state)
{
    (void)state;
    client_open(&clients[0], h.http, false);
    client_text(&clients[0], "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
                             "GET /query?q=2 HTTP/1.1\r\nHost: a\r\n\r\n"
                             "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    client_answer(&clients[0], &a, false);
    assert_string_equal(a.body, "hello");
    assert_string_equal(answer_header(&a, "Connection"), "keep-alive");
    client_answer(&clients[0], &a, false);
    assert_string_equal(a.body, "2");
    client_answer(&clients[0], &a, false);
    assert_string_equal(a.body, "hello");
    assert_string_equal(answer_header(&a, "Connection"), "close");
    client_expect_end(&clients[0]);
    done();
}

static int post_from(const char *origin)
{
    char raw[256];
    snprintf(raw, sizeof(raw),
             "POST /ignore HTTP/1.1\r\nHost: box.local:8443\r\nOrigin: %s\r\n"
             "Content-Length: 0\r\n\r\n",
             origin);
    return ask_once(raw);
}

static void a_page_of_another_site_cannot_write(void **state)
{
    (void)state;
    assert_int_equal(post_from("https://box.local:8443"), 200);
    assert_int_equal(post_from("https://evil.example"), 403);
    assert_non_null(strstr(a.body, "http.origin"));
    assert_int_equal(post_from("null"), 403);
    assert_int_equal(ask_once("GET /hello HTTP/1.1\r\nHost: a\r\nOrigin: https://b\r\n\r\n"), 200);
    assert_int_equal(ask_once("POST /ignore HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\n"
                              "Origin: http://b\r\nContent-Length: 0\r\n\r\n"),
                     400);
}

/* ---- Malformed requests ----------------------------------------------------------------------- */

/* Defect 2: Content-Length beside Transfer-Encoding; the rest would be served as a second request. */
static void smuggling_is_refused_and_the_rest_is_not_served(void **state)
{
    (void)state;
    const char *smuggled[] = {
        "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\nContent-Length: 4\r\n"
        "\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 40\r\n"
        "\r\nabcdGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 4x\r\n"
        "\r\nabcdGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n"
        "\r\nabcdGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(smuggled) / sizeof(smuggled[0]); i++) {
        assert_int_equal(ask(smuggled[i]), 400);
        assert_string_equal(answer_header(&a, "Connection"), "close");
        client_expect_end(&clients[0]);
        done();
    }
}

static void chunked_bodies_need_a_length(void **state)
{
    (void)state;
    assert_int_equal(ask("POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "5\r\nhello\r\n0\r\n\r\n"),
                     411);
    client_expect_end(&clients[0]);
    done();
}

static void one_host_header_is_needed(void **state)
{
    (void)state;
    assert_int_equal(ask_once("GET /hello HTTP/1.1\r\n\r\n"), 400);
    assert_int_equal(ask_once("GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
    assert_int_equal(ask_once("GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
    assert_int_equal(ask_once("GET /hello HTTP/1.1\r\nHost: a'; x\r\n\r\n"), 400);
}

static void paths_with_tricks_are_refused(void **state)
{
    (void)state;
    assert_int_equal(ask_once("GET /../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    assert_int_equal(ask_once("GET /%2e%2e/hello HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    assert_int_equal(ask_once("GET /hello%00 HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    /* we are no proxy: closed without an answer */
    assert_int_equal(ask_once("GET http://a/hello HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
    assert_int_equal(ask_once("BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    assert_int_equal(ask_once("GET /hello HTTP/3.7\r\nHost: a\r\n\r\n"), 505);
    assert_int_equal(ask_once("\r\n\r\n\r\n"), 400);
}

static void sixty_four_headers_are_too_many(void **state)
{
    (void)state;
    for (int n = 63; n <= 80; n += n == 63 ? 1 : 16) {
        static char raw[4096];
        strcpy(raw, "GET /hello HTTP/1.1\r\nHost: a\r\n");
        for (int i = 1; i < n; i++) {
            size_t at = strlen(raw);
            snprintf(raw + at, sizeof(raw) - at, "X-%d: y\r\n", i);
        }
        strcat(raw, "\r\n");
        assert_int_equal(ask_once(raw), n < 64 ? 200 : 431);
    }
}

/* Defect 11: an address that overflows. */
static void long_addresses_are_refused(void **state)
{
    (void)state;
    static char raw[40000];
    size_t lengths[] = {300, 4000, 8000, 8180, 8192, 9000, 30000};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        strcpy(raw, "GET /");
        memset(raw + 5, 'a', lengths[i]);
        strcpy(raw + 5 + lengths[i], " HTTP/1.1\r\nHost: a\r\n\r\n");
        int status = ask_once(raw);
        assert_true(status == 414 || status == 431);
        /* the same as a query, in a row that does not read it */
        raw[5] = '?';
        status = ask_once(raw);
        assert_true(status == 404 || status == 431);
    }
    assert_int_equal(ask_once("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
}

static bool refuse_strangers(void *app, struct gv_view host)
{
    (void)app;
    return gv_view_is(host, "gavel.local") || gv_view_is(host, "localhost");
}

static void a_name_that_is_not_ours_is_421(void **state)
{
    (void)state;
    harness_stop(&h);
    harness_defaults(&h);
    h.config.host_allowed = refuse_strangers;
    harness_start(&h);
    assert_int_equal(ask_once("GET /hello HTTP/1.1\r\nHost: gavel.local\r\n\r\n"), 200);
    assert_int_equal(ask_once("GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n"), 421);
}

int main(void)
{
#define WEB_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        WEB_TEST(what_is_not_in_the_table_is_404),
        WEB_TEST(another_method_is_405_and_names_the_right_ones),
        WEB_TEST(parameters_and_peer_reach_the_handler),
        WEB_TEST(head_is_get_without_a_body),
        WEB_TEST(every_answer_has_the_security_headers),
        WEB_TEST(a_header_cannot_split_the_answer),
        WEB_TEST(a_handler_without_an_answer_is_500),
        WEB_TEST(a_full_box_says_when_to_come_back),
        WEB_TEST(a_known_tag_is_304),
        WEB_TEST(a_long_answer_comes_in_chunks),
        WEB_TEST(a_page_of_another_site_cannot_write),
        WEB_TEST(requests_may_be_pipelined_and_connections_kept),
        WEB_TEST(smuggling_is_refused_and_the_rest_is_not_served),
        WEB_TEST(chunked_bodies_need_a_length),
        WEB_TEST(one_host_header_is_needed),
        WEB_TEST(paths_with_tricks_are_refused),
        WEB_TEST(sixty_four_headers_are_too_many),
        WEB_TEST(long_addresses_are_refused),
        WEB_TEST(a_name_that_is_not_ours_is_421),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
