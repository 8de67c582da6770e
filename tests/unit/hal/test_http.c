/* The HTTP client against a server that misbehaves: what it accepts, what it refuses, and that
 * nothing of a secret reaches a message. */
#include "tests/unit/hal/hal_test.h"

#include "firmware/base/limits.h"
#include "firmware/base/text.h"
#include "hal/linux/curl_http.h"
#include "hal/linux/third_party_memory.h"
#include "tests/unit/hal/http_peer.h"

#include <unistd.h>

#define LONG_MS  20000
#define SHORT_MS 300

struct world {
    char folder[PATH_BYTES];
    struct gv_trust trust;
    struct peer_authority authority;
    struct peer_authority stranger;
    struct gv_http http;
    struct peer peer;
};

static const struct peer_certificate good = {"127.0.0.1", "20991231235959", true};

static int setup(void **state)
{
    static struct world world;
    world = (struct world){.http = {.ops = NULL}};
    gv_memory_init();
    make_folder(world.folder);
    authority_open(&world.authority, in_folder(world.folder, "ca.pem"));
    authority_open(&world.stranger, in_folder(world.folder, "stranger.pem"));
    assert_int_equal(gv_trust_open(&world.trust, in_folder(world.folder, "ca.pem"), NULL), GV_OK);
    assert_int_equal(gv_curl_open(&world.http, &world.trust), GV_OK);
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    gv_curl_close(&w->http);
    gv_trust_close(&w->trust);
    authority_close(&w->authority);
    authority_close(&w->stranger);
    (void)unlink(in_folder(w->folder, "ca.pem"));
    (void)unlink(in_folder(w->folder, "stranger.pem"));
    return rmdir(w->folder);
}

/* One request and all that came of it. */
struct exchange {
    struct gv_http_request request;
    char url[128];
    char bytes[65536];
    struct gv_http_buffer body;
    char headers[1024];
    int status;
    struct gv_fail fail;
};

static void on_header(void *ctx, struct gv_view line)
{
    struct exchange *x = ctx;
    size_t used = strlen(x->headers);
    (void)snprintf(x->headers + used, sizeof(x->headers) - used, "[%.*s]", (int)line.n,
                   (const char *)line.p);
}

static struct exchange *get(const struct world *w, const char *host)
{
    static struct exchange x;
    x = (struct exchange){.status = 0};
    (void)snprintf(x.url, sizeof(x.url), "%s://%s:%d/path", w->peer.is_tls ? "https" : "http", host,
                   w->peer.port);
    x.body = (struct gv_http_buffer){.p = x.bytes, .n = 0, .cap = sizeof(x.bytes)};
    x.request = (struct gv_http_request){
        .url = x.url,
        .method = "GET",
        .connect_timeout_ms = LONG_MS,
        .timeout_ms = LONG_MS,
        .sink = gv_http_buffer_sink,
        .sink_ctx = &x.body,
        .header_sink = on_header,
        .header_ctx = &x,
    };
    return &x;
}

static enum gv_err perform(struct world *w, struct exchange *x)
{
    return gv_http_perform(&w->http, &x->request, &x->status, &x->fail);
}

static void a_get_gives_status_headers_and_body(void **state)
{
    struct world *w = *state;
    peer_start(&w->peer, PEER_ANSWERS, "hello", NULL, NULL);
    struct exchange *x = get(w, "127.0.0.1");
    assert_int_equal(perform(w, x), GV_OK);
    assert_int_equal(x->status, 200);
    assert_string_equal(x->bytes, "hello");
    assert_string_equal(x->headers, "[Content-Length: 5][X-Name:  value ]");
    assert_non_null(strstr(w->peer.last_request, "GET /path HTTP/1.1\r\n"));
    assert_non_null(strstr(w->peer.last_request, "User-Agent: gavel\r\n"));
    assert_null(strstr(w->peer.last_request, "Authorization"));
    peer_stop(&w->peer);
}

static void a_post_carries_body_type_and_basic_credentials(void **state)
{
    struct world *w = *state;
    static const char body[] = "{\"binary\":\"a\0b\"}";
    peer_start(&w->peer, PEER_ANSWERS, "ok", NULL, NULL);
    struct exchange *x = get(w, "127.0.0.1");
    x->request.method = "POST";
    x->request.content_type = "application/json";
    x->request.user_pass = "__cookie__:pass:word";
    x->request.body = gv_view_of(body, sizeof(body) - 1);
    assert_int_equal(perform(w, x), GV_OK);
    assert_non_null(strstr(w->peer.last_request, "POST /path HTTP/1.1\r\n"));
    assert_non_null(strstr(w->peer.last_request, "Content-Type: application/json\r\n"));
    assert_non_null(
        strstr(w->peer.last_request, "Authorization: Basic X19jb29raWVfXzpwYXNzOndvcmQ=\r\n"));
    assert_null(strstr(w->peer.last_request, "Expect:"));
    const char *sent = strstr(w->peer.last_request, "\r\n\r\n") + 4;
    assert_memory_equal(sent, body, sizeof(body) - 1);

    /* Nothing of it stays with the client. */
    x = get(w, "127.0.0.1");
    assert_int_equal(perform(w, x), GV_OK);
    assert_null(strstr(w->peer.last_request, "Authorization"));
    assert_null(strstr(w->peer.last_request, "Content-Type"));
    peer_stop(&w->peer);
}

static void connections_are_kept_and_reused(void **state)
{
    struct world *w = *state;
    peer_start(&w->peer, PEER_ANSWERS, "x", NULL, NULL);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(perform(w, get(w, "127.0.0.1")), GV_OK);
    }
    assert_int_equal(atomic_load(&w->peer.connections), 1);
    assert_int_equal(atomic_load(&w->peer.requests), 5);
    peer_stop(&w->peer);
}

static void a_connection_that_died_while_idle_is_replaced(void **state)
{
    struct world *w = *state;
    static const enum peer_mode modes[] = {PEER_CLOSES_IDLE, PEER_CLOSES_ON_REUSE};
    for (size_t i = 0; i < 2; i++) {
        peer_start(&w->peer, modes[i], "alive", NULL, NULL);
        for (int n = 0; n < 4; n++) {
            struct exchange *x = get(w, "127.0.0.1");
            x->request.method = n % 2 == 0 ? "GET" : "POST";
            x->request.body = gv_view_of("data", n % 2 == 0 ? 0 : 4);
            assert_int_equal(perform(w, x), GV_OK);
            assert_string_equal(x->bytes, "alive");
        }
        assert_int_equal(atomic_load(&w->peer.connections), 4);
        peer_stop(&w->peer);
    }
}

static void a_private_address_is_refused_under_any_name_and_over_a_kept_connection(void **state)
{
    struct world *w = *state;
    static const char *const names[] = {"127.0.0.1", "localhost", "127.1", "2130706433",
                                        "0x7f.1",    "0.0.0.0",   "[::1]", "[::ffff:127.0.0.1]"};
    peer_start(&w->peer, PEER_ANSWERS, "hello", NULL, NULL);
    assert_int_equal(perform(w, get(w, names[0])), GV_OK); /* its connection is kept */
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct exchange *x = get(w, names[i]);
        x->request.public_only = true;
        assert_int_equal(perform(w, x), GV_ERR_FORBIDDEN);
        assert_string_equal(x->fail.code, "http.private");
    }
    assert_int_equal(atomic_load(&w->peer.requests), 1);
    peer_stop(&w->peer);
}

static void redirects_are_not_followed(void **state)
{
    struct world *w = *state;
    peer_start(&w->peer, PEER_REDIRECTS, "elsewhere", NULL, NULL);
    struct exchange *x = get(w, "127.0.0.1");
    assert_int_equal(perform(w, x), GV_OK);
    assert_int_equal(x->status, 302);
    assert_string_equal(x->bytes, "elsewhere");
    peer_stop(&w->peer);
}

static void nobody_listening_is_unavailable(void **state)
{
    struct world *w = *state;
    peer_start(&w->peer, PEER_ANSWERS, "x", NULL, NULL);
    peer_stop(&w->peer); /* its port is free now */
    struct exchange *x = get(w, "127.0.0.1");
    x->request.user_pass = "user:s3cret";
    assert_int_equal(perform(w, x), GV_ERR_UNAVAILABLE);
    assert_string_equal(x->fail.code, "http.unavailable");
    assert_null(strstr(x->fail.text, "s3cret"));
    assert_int_equal(x->status, 0);
}

static void a_silent_server_is_a_timeout(void **state)
{
    struct world *w = *state;
    peer_start(&w->peer, PEER_STALLS, "x", NULL, NULL);
    struct exchange *x = get(w, "127.0.0.1");
    x->request.timeout_ms = SHORT_MS;
    assert_int_equal(perform(w, x), GV_ERR_TIMEOUT);
    assert_string_equal(x->fail.code, "http.timeout");
    peer_stop(&w->peer);
}

static void a_dripping_body_meets_the_total_deadline(void **state)
{
    struct world *w = *state;
    peer_start(&w->peer, PEER_DRIPS, "0123456789012345678901234567890123456789", NULL, NULL);
    struct exchange *x = get(w, "127.0.0.1");
    x->request.timeout_ms = SHORT_MS;
    assert_int_equal(perform(w, x), GV_ERR_TIMEOUT);
    peer_stop(&w->peer);
}

static void a_body_cut_short_is_an_error(void **state)
{
    struct world *w = *state;
    peer_start(&w->peer, PEER_CUTS_BODY, "0123456789", NULL, NULL);
    assert_int_equal(perform(w, get(w, "127.0.0.1")), GV_ERR_UNAVAILABLE);
    peer_stop(&w->peer);
}

static void a_sink_that_is_full_stops_the_transfer(void **state)
{
    struct world *w = *state;
    peer_start(&w->peer, PEER_ANSWERS, "0123456789", NULL, NULL);
    struct exchange *x = get(w, "127.0.0.1");
    x->body.cap = 10; /* nine and the end mark */
    assert_int_equal(perform(w, x), GV_ERR_TOO_LARGE);
    assert_string_equal(x->fail.code, "http.too_large");
    x = get(w, "127.0.0.1");
    x->body.cap = 11;
    assert_int_equal(perform(w, x), GV_OK);
    assert_string_equal(x->bytes, "0123456789");
    peer_stop(&w->peer);
}

static void urls_outside_the_rules_are_refused(void **state)
{
    struct world *w = *state;
    static const char *const urls[] = {"ftp://127.0.0.1/", "file:///etc/passwd",
                                       "not a url",        "http://user:s3cret@127.0.0.1/",
                                       "http://",          "http://127.0.0.1:99999/"};
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct exchange *x = get(w, "127.0.0.1");
        x->request.url = urls[i];
        assert_int_equal(perform(w, x), GV_ERR_INVALID);
        assert_string_equal(x->fail.code, "http.request");
        assert_null(strstr(x->fail.text, "s3cret"));
    }
}

static void the_environment_names_no_proxy(void **state)
{
    struct world *w = *state;
    peer_start(&w->peer, PEER_ANSWERS, "direct", NULL, NULL);
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1/", 1), 0);
    assert_int_equal(setenv("ALL_PROXY", "http://127.0.0.1:1/", 1), 0);
    assert_int_equal(perform(w, get(w, "127.0.0.1")), GV_OK);
    assert_int_equal(unsetenv("http_proxy"), 0);
    assert_int_equal(unsetenv("ALL_PROXY"), 0);
    peer_stop(&w->peer);
}

/* ---- TLS ------------------------------------------------------------------------------------ */

static void https_with_the_right_name_and_authority_works(void **state)
{
    struct world *w = *state;
    const struct peer_certificate named = {"localhost", "20991231235959", false};
    peer_start(&w->peer, PEER_ANSWERS, "secret hello", &w->authority, &good);
    for (int i = 0; i < 3; i++) {
        struct exchange *x = get(w, "127.0.0.1");
        assert_int_equal(perform(w, x), GV_OK);
        assert_string_equal(x->bytes, "secret hello");
    }
    assert_int_equal(atomic_load(&w->peer.connections), 1);
    peer_stop(&w->peer);

    peer_start(&w->peer, PEER_ANSWERS, "named", &w->authority, &named);
    assert_int_equal(perform(w, get(w, "localhost")), GV_OK);
    peer_stop(&w->peer);
}

static void expect_refused(struct world *w, struct peer_authority *authority,
                           const struct peer_certificate *certificate, const char *host)
{
    peer_start(&w->peer, PEER_ANSWERS, "never seen", authority, certificate);
    struct exchange *x = get(w, host);
    assert_int_equal(perform(w, x), GV_ERR_CRYPTO);
    assert_string_equal(x->fail.code, "http.certificate");
    assert_int_equal(x->body.n, 0);
    assert_int_equal(atomic_load(&w->peer.requests), 0); /* not one byte of the request was sent */
    peer_stop(&w->peer);
}

static void a_wrong_name_is_refused(void **state)
{
    const struct peer_certificate other = {"other.example", "20991231235959", false};
    expect_refused(*state, &((struct world *)*state)->authority, &other, "127.0.0.1");
    expect_refused(*state, &((struct world *)*state)->authority, &other, "localhost");
    expect_refused(*state, &((struct world *)*state)->authority, &good, "localhost");
}

static void an_unknown_authority_is_refused(void **state)
{
    expect_refused(*state, &((struct world *)*state)->stranger, &good, "127.0.0.1");
}

static void an_expired_certificate_is_refused(void **state)
{
    const struct peer_certificate expired = {"127.0.0.1", "20210101000000", true};
    expect_refused(*state, &((struct world *)*state)->authority, &expired, "127.0.0.1");
}

static void without_authorities_https_is_refused(void **state)
{
    struct world *w = *state;
    gv_curl_close(&w->http);
    assert_int_equal(gv_curl_open(&w->http, NULL), GV_OK);
    expect_refused(w, &w->authority, &good, "127.0.0.1");
}

static void a_stalled_handshake_meets_the_connect_deadline(void **state)
{
    struct world *w = *state;
    peer_start(&w->peer, PEER_STALLS, "x", NULL, NULL); /* plain: it never answers our hello */
    struct exchange *x = get(w, "127.0.0.1");
    (void)snprintf(x->url, sizeof(x->url), "https://127.0.0.1:%d/", w->peer.port);
    x->request.connect_timeout_ms = SHORT_MS;
    assert_int_equal(perform(w, x), GV_ERR_TIMEOUT);
    peer_stop(&w->peer);
}

/* ---- limits --------------------------------------------------------------------------------- */

static void one_client_more_than_the_pool_is_refused(void **state)
{
    struct gv_http clients[GV_HTTP_CLIENTS];
    struct gv_http surplus = {.ops = NULL};
    (void)state; /* the fixture's own client holds one place */
    for (size_t i = 0; i < GV_HTTP_CLIENTS - 1; i++) {
        assert_int_equal(gv_curl_open(&clients[i], NULL), GV_OK);
    }
    assert_int_equal(gv_curl_open(&surplus, NULL), GV_ERR_FULL);
    for (size_t i = 0; i < GV_HTTP_CLIENTS - 1; i++) {
        gv_curl_close(&clients[i]);
    }
    gv_curl_close(&surplus); /* one that was never opened is allowed */
}

static void note_use(void *ctx, const struct gv_heap_stats *stats)
{
    size_t *use = ctx; /* curl, tls */
    if (strcmp(stats->name, "curl") == 0) {
        use[0] = stats->in_use;
        assert_int_equal(stats->refused, 0);
    } else if (strcmp(stats->name, "tls") == 0) {
        use[1] = stats->in_use;
        assert_int_equal(stats->refused, 0);
    }
}

static void closed_clients_give_all_their_memory_back(void **state)
{
    struct world *w = *state;
    size_t before[2] = {0, 0};
    size_t after[2] = {1, 1};
    gv_curl_close(&w->http);
    gv_heap_each(note_use, before);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(gv_curl_open(&w->http, &w->trust), GV_OK);
        peer_start(&w->peer, PEER_CLOSES_IDLE, "x", &w->authority, &good);
        assert_int_equal(perform(w, get(w, "127.0.0.1")), GV_OK);
        assert_int_equal(perform(w, get(w, "localhost")), GV_ERR_CRYPTO);
        peer_stop(&w->peer);
        gv_curl_close(&w->http);
    }
    gv_heap_each(note_use, after);
    assert_int_equal(before[0], after[0]);
    assert_int_equal(before[1], after[1]);
}

static void bundles_that_give_no_trust_are_refused(void **state)
{
    struct world *w = *state;
    struct gv_trust trust;
    struct gv_fail fail;
    const char *path = in_folder(w->folder, "junk.pem");
    assert_int_equal(gv_trust_open(&trust, path, &fail), GV_ERR_NOT_FOUND);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_true(fputs("no certificate here\n", out) >= 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(gv_trust_open(&trust, path, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "trust.no_certificate");
    gv_trust_close(&trust); /* one that is not open is allowed */
    assert_int_equal(unlink(path), 0);
}

static void the_systems_bundle_can_be_read(void **state)
{
    struct gv_trust trust;
    (void)state;
    if (access(GV_TRUST_DEFAULT_FILE, R_OK) != 0) {
        print_message("this system has no bundle at %s\n", GV_TRUST_DEFAULT_FILE);
        skip();
    }
    assert_int_equal(gv_trust_open(&trust, GV_TRUST_DEFAULT_FILE, NULL), GV_OK);
    gv_trust_close(&trust);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_get_gives_status_headers_and_body),
        TEST(a_post_carries_body_type_and_basic_credentials),
        TEST(connections_are_kept_and_reused),
        TEST(a_connection_that_died_while_idle_is_replaced),
        TEST(a_private_address_is_refused_under_any_name_and_over_a_kept_connection),
        TEST(redirects_are_not_followed),
        TEST(nobody_listening_is_unavailable),
        TEST(a_silent_server_is_a_timeout),
        TEST(a_dripping_body_meets_the_total_deadline),
        TEST(a_body_cut_short_is_an_error),
        TEST(a_sink_that_is_full_stops_the_transfer),
        TEST(urls_outside_the_rules_are_refused),
        TEST(the_environment_names_no_proxy),
        TEST(https_with_the_right_name_and_authority_works),
        TEST(a_wrong_name_is_refused),
        TEST(an_unknown_authority_is_refused),
        TEST(an_expired_certificate_is_refused),
        TEST(without_authorities_https_is_refused),
        TEST(a_stalled_handshake_meets_the_connect_deadline),
        TEST(one_client_more_than_the_pool_is_refused),
        TEST(closed_clients_give_all_their_memory_back),
        TEST(bundles_that_give_no_trust_are_refused),
        TEST(the_systems_bundle_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
