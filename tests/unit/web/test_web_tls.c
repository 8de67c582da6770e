/* TLS against a real server: versions, tickets, certificates, and connections that never finish their
 * handshake (defects 1, 5, 6, 7 and 12 of tests/api/cases.md). */
#include "tests/unit/web/harness.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <mbedtls/x509_crt.h>

#if !defined(MBEDTLS_THREADING_C)
#error "defect 6: workers share one random generator"
#endif

static struct harness h;
static struct client clients[GV_HTTP_WORKERS + 1];
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

/* ---- Versions --------------------------------------------------------------------------------- */

static void both_modern_versions_are_spoken(void **state)
{
    (void)state;
    struct tls_choice choices[] = {{.version = MBEDTLS_SSL_VERSION_TLS1_2},
                                   {.version = MBEDTLS_SSL_VERSION_TLS1_3}};
    const char *names[] = {"TLSv1.2", "TLSv1.3"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(client_open_tls(&clients[0], h.https, &choices[i]), 0);
        assert_string_equal(mbedtls_ssl_get_version(&clients[0].ssl), names[i]);
        assert_string_equal(mbedtls_ssl_get_alpn_protocol(&clients[0].ssl), "http/1.1");
        client_get(&clients[0], "/where/a/at/b", &a);
        assert_int_equal(a.status, 200);
        assert_non_null(strstr(a.body, "a|b|127.0.0.1|1|"));
        client_close(&clients[0]);
    }
}

/* A ClientHello of TLS 1.1, which our client library cannot make any more. */
static void tls_1_1_is_refused(void **state)
{
    (void)state;
    static const uint8_t hello[] = {
        0x16, 0x03, 0x01, 0x00, 0x31, /* handshake record, 49 bytes */
        0x01, 0x00, 0x00, 0x2d,       /* ClientHello, 45 bytes */
        0x03, 0x02,                   /* TLS 1.1 */
        1,    2,    3,    4,    5,    6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,   17,
        18,   19,   20,   21,   22,   23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0x00, /* no session */
        0x00, 0x06,             /* three suites: */
        0xc0, 0x09, 0xc0, 0x13, /* ECDHE-ECDSA and ECDHE-RSA with AES-128-CBC */
        0x00, 0x2f,             /* RSA with AES-128-CBC */
        0x01, 0x00,             /* no compression */
    };
    uint8_t alert[7];
    client_connect(&clients[0], h.https);
    client_send(&clients[0], hello, sizeof(hello));
    size_t n = client_recv(&clients[0], alert, sizeof(alert));
    assert_int_equal(n, sizeof(alert));
    assert_int_equal(alert[0], 0x15); /* an alert, */
    assert_int_equal(alert[5], 2);    /* fatal: */
    assert_int_equal(alert[6], 70);   /* protocol_version */
    client_expect_end(&clients[0]);
    client_close(&clients[0]);
    assert_int_equal(harness_server_stats(&h).handshakes_failed, 1);
}

static void plain_http_on_the_tls_port_is_closed(void **state)
{
    (void)state;
    char bytes[64];
    client_connect(&clients[0], h.https);
    client_text(&clients[0], "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    while (client_recv(&clients[0], bytes, sizeof(bytes)) > 0) {
        assert_memory_not_equal(bytes, "HTTP", 4);
    }
    client_close(&clients[0]);
}

/* ---- Tickets (defect 5) ----------------------------------------------------------------------- */

static void resume_once(mbedtls_ssl_protocol_version version)
{
    mbedtls_ssl_session session;
    struct tls_choice choice = {.version = version};
    mbedtls_ssl_session_init(&session);
    assert_int_equal(client_open_tls(&clients[0], h.https, &choice), 0);
    client_get(&clients[0], "/hello", &a); /* TLS 1.3 tickets come with the first bytes */
    assert_int_equal(a.status, 200);
    assert_int_equal(mbedtls_ssl_get_session(&clients[0].ssl, &session), 0);
    client_close(&clients[0]);
    uint64_t before = harness_server_stats(&h).handshakes_resumed;
    choice.resume = &session;
    assert_int_equal(client_open_tls(&clients[0], h.https, &choice), 0);
    client_get(&clients[0], "/hello", &a);
    assert_int_equal(a.status, 200);
    client_close(&clients[0]);
    assert_int_equal(harness_server_stats(&h).handshakes_resumed, before + 1);
    mbedtls_ssl_session_free(&session);
}

static void a_returning_client_resumes_its_session(void **state)
{
    (void)state;
    resume_once(MBEDTLS_SSL_VERSION_TLS1_2);
    resume_once(MBEDTLS_SSL_VERSION_TLS1_3);
}

/* ---- Handshakes that never end (defect 1) ----------------------------------------------------- */

static bool all_timed_out(const struct harness *harness)
{
    return harness_server_stats(harness).handshakes_timed_out == GV_HTTP_WORKERS;
}

static bool all_accepted(const struct harness *harness)
{
    return harness_server_stats(harness).connections >= GV_HTTP_WORKERS;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double wall_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void stalled_handshakes_hold_no_worker_and_end_by_themselves(void **state)
{
    (void)state;
    harness_stop(&h);
    harness_defaults(&h);
    h.config.handshake_ms = 1500;
    harness_start(&h);
    double cpu = cpu_seconds();
    double wall = wall_seconds();
    for (unsigned i = 0; i < GV_HTTP_WORKERS; i++) {
        client_connect(&clients[i], h.https);
        client_send(&clients[i], "\x16\x03\x01", 3); /* the begin of a record, and no more */
    }
    harness_wait(&h, all_accepted);
    struct client *late = &clients[GV_HTTP_WORKERS];
    client_open(late, h.https, true);
    client_get(late, "/hello", &a); /* while they stand, each on its own deadline */
    assert_int_equal(a.status, 200);
    client_close(late);
    for (unsigned i = 0; i < GV_HTTP_WORKERS; i++) {
        client_expect_end(&clients[i]);
        client_close(&clients[i]);
    }
    harness_wait(&h, all_timed_out);
    /* Waiting costs nothing: a spinning thread would use its whole core. */
    assert_true(cpu_seconds() - cpu < (wall_seconds() - wall) / 4);
}

static void half_a_record_does_not_hold_a_worker_for_ever(void **state)
{
    (void)state;
    harness_stop(&h);
    harness_defaults(&h);
    h.config.workers = 1;
    h.config.request_ms = 400;
    harness_start(&h);
    client_open(&clients[0], h.https, true);
    /* a record of 100 bytes of which 10 arrive, below the TLS client */
    assert_int_equal(send(clients[0].fd, "\x17\x03\x03\x00\x64XXXXX", 10, MSG_NOSIGNAL), 10);
    client_open(&clients[1], h.https, true);
    client_get(&clients[1], "/hello", &a);
    assert_int_equal(a.status, 200);
    client_close(&clients[1]);
    client_close(&clients[0]);
}

/* ---- Certificates ----------------------------------------------------------------------------- */

static void common_name(struct client *c, char *out, size_t cap)
{
    const mbedtls_x509_crt *leaf = mbedtls_ssl_get_peer_cert(&c->ssl);
    assert_non_null(leaf);
    assert_true(mbedtls_x509_dn_gets(out, cap, &leaf->subject) > 0);
}

static void a_new_certificate_serves_new_connections_only(void **state)
{
    (void)state;
    struct gv_fail fail;
    char name[64];
    client_open(&clients[0], h.https, true);
    common_name(&clients[0], name, sizeof(name));
    assert_string_equal(name, "CN=gavel test first");
    harness_use_cert("second");
    assert_int_equal(gv_server_reload_cert(h.server, &fail), GV_OK);
    client_get(&clients[0], "/hello", &a); /* the old connection lives on */
    assert_int_equal(a.status, 200);
    client_open(&clients[1], h.https, true);
    common_name(&clients[1], name, sizeof(name));
    assert_string_equal(name, "CN=gavel test second");
    client_get(&clients[1], "/hello", &a);
    assert_int_equal(a.status, 200);
    client_close(&clients[0]);
    client_close(&clients[1]);
}

static void a_bad_certificate_changes_nothing(void **state)
{
    (void)state;
    struct gv_fail fail;
    FILE *file = fopen(harness_cert_path(), "wb");
    assert_non_null(file);
    fputs("no certificate", file);
    fclose(file);
    for (int i = 0; i < 10; i++) { /* and leaks none of the few generations */
        assert_int_equal(gv_server_reload_cert(h.server, &fail), GV_ERR_CRYPTO);
        assert_string_equal(fail.code, "server.tls");
    }
    client_open(&clients[0], h.https, true);
    client_get(&clients[0], "/hello", &a);
    assert_int_equal(a.status, 200);
    client_close(&clients[0]);
}

static void generations_run_out_only_while_connections_hold_them(void **state)
{
    (void)state;
    struct gv_fail fail;
    const unsigned generations = 4;
    for (unsigned i = 0; i < generations - 1; i++) {
        client_open(&clients[i], h.https, true);
        assert_int_equal(gv_server_reload_cert(h.server, &fail), GV_OK);
    }
    assert_int_equal(gv_server_reload_cert(h.server, &fail), GV_ERR_FULL);
    client_text(&clients[0], "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    client_answer(&clients[0], &a, false);
    client_expect_end(&clients[0]);
    client_close(&clients[0]);
    enum gv_err err = GV_ERR_FULL;
    for (int i = 0; i < PATIENCE_S * 100 && err == GV_ERR_FULL; i++) {
        struct timespec ten_ms = {.tv_nsec = 10000000};
        nanosleep(&ten_ms, NULL);
        err = gv_server_reload_cert(h.server, &fail);
    }
    assert_int_equal(err, GV_OK);
    client_close(&clients[1]);
    client_close(&clients[2]);
}

static void a_key_of_another_certificate_is_refused_at_start(void **state)
{
    (void)state;
    struct gv_server *server = NULL;
    struct gv_fail fail;
    harness_stop(&h);
    harness_use_cert("first");
    h.config.key_path = "tests/unit/web/second.key";
    assert_int_equal(gv_server_start(&server, &h.config, NULL, 0, NULL, &fail), GV_ERR_CRYPTO);
    assert_null(server);
    harness_defaults(&h);
    harness_start(&h);
}

/* ---- Noise (defect 12) ------------------------------------------------------------------------ */

static void clients_that_leave_print_nothing(void **state)
{
    (void)state;
    FILE *capture = tmpfile();
    assert_non_null(capture);
    int saved = dup(STDERR_FILENO);
    assert_int_equal(dup2(fileno(capture), STDERR_FILENO), STDERR_FILENO);
    for (int i = 0; i < 3; i++) {
        client_open(&clients[0], h.https, true);
        client_get(&clients[0], "/hello", &a);
        if (i == 0) {
            client_close(&clients[0]);
        } else if (i == 1) {
            client_reset(&clients[0]);
        } else {
            send(clients[0].fd, "\x17\x03\x03\x00\x05XXXXX", 10, MSG_NOSIGNAL); /* bad record */
            client_close(&clients[0]);
        }
    }
    for (int i = 0; i < 200 && harness_server_stats(&h).connections_open > 0; i++) {
        struct timespec ten_ms = {.tv_nsec = 10000000};
        nanosleep(&ten_ms, NULL);
    }
    dup2(saved, STDERR_FILENO);
    close(saved);
    char text[256] = "";
    rewind(capture);
    size_t n = fread(text, 1, sizeof(text) - 1, capture);
    fclose(capture);
    text[n] = '\0';
    assert_string_equal(text, "");
}

int main(void)
{
#define WEB_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        WEB_TEST(both_modern_versions_are_spoken),
        WEB_TEST(tls_1_1_is_refused),
        WEB_TEST(plain_http_on_the_tls_port_is_closed),
        WEB_TEST(a_returning_client_resumes_its_session),
        WEB_TEST(stalled_handshakes_hold_no_worker_and_end_by_themselves),
        WEB_TEST(half_a_record_does_not_hold_a_worker_for_ever),
        WEB_TEST(a_new_certificate_serves_new_connections_only),
        WEB_TEST(a_bad_certificate_changes_nothing),
        WEB_TEST(generations_run_out_only_while_connections_hold_them),
        WEB_TEST(a_key_of_another_certificate_is_refused_at_start),
        WEB_TEST(clients_that_leave_print_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
