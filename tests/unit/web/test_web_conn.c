/* Bodies and connections against a real server: slow, short and oversized bodies (defect 10 of
 * tests/api/cases.md), stalled readers, idle connections, caps, plain http beside https, numbers. */
#include "tests/unit/web/harness.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

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

/* ---- Bodies ----------------------------------------------------------------------------------- */

static void send_upload(struct client *c, size_t n, const char *more)
{
    static char body[BODY_MAX + 1];
    char head[256];
    memset(body, 'b', sizeof(body));
    snprintf(head, sizeof(head),
             "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: application/json; charset=utf-8\r\n"
             "Content-Length: %zu\r\n%s\r\n",
             n, more);
    client_text(c, head);
    client_send(c, body, n);
}

static void bodies_arrive_whole(void **state)
{
    (void)state;
    size_t sizes[] = {0, 1, 4096, 8192, 20000, BODY_MAX};
    client_open(&clients[0], h.http, false);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char begin[32];
        send_upload(&clients[0], sizes[i], "");
        client_answer(&clients[0], &a, false);
        assert_int_equal(a.status, 200);
        snprintf(begin, sizeof(begin), "%zu ", sizes[i]);
        assert_true(strncmp(a.body, begin, strlen(begin)) == 0);
    }
    done();
}

static void a_body_one_byte_too_long_is_413(void **state)
{
    (void)state;
    client_open(&clients[0], h.http, false);
    send_upload(&clients[0], BODY_MAX + 1, "");
    client_answer(&clients[0], &a, false);
    assert_int_equal(a.status, 413);
    done();
    assert_int_equal(
        ask_once("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                 "Content-Length: 5000000000\r\n\r\n"),
        413);
    assert_int_equal(ask_once("GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"), 413);
}

static void the_type_of_a_body_is_checked(void **state)
{
    (void)state;
    assert_int_equal(ask_once("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
                              "Content-Length: 2\r\n\r\n{}"),
                     415);
    assert_int_equal(ask_once("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"),
                     415);
}

static void a_client_that_asks_first_is_told_to_go_on(void **state)
{
    (void)state;
    client_open(&clients[0], h.http, false);
    client_text(&clients[0],
                "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    char interim[25];
    for (size_t n = 0; n < sizeof(interim);) {
        size_t got = client_recv(&clients[0], interim + n, sizeof(interim) - n);
        assert_true(got > 0);
        n += got;
    }
    assert_memory_equal(interim, "HTTP/1.1 100 Continue\r\n\r\n", sizeof(interim));
    client_text(&clients[0], "12345");
    client_answer(&clients[0], &a, false);
    assert_int_equal(a.status, 200);
    done();
}

static void an_unread_body_does_not_become_the_next_request(void **state)
{
    (void)state;
    client_open(&clients[0], h.http, false);
    client_text(&clients[0], "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n"
                             "GET /hello HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n");
    client_answer(&clients[0], &a, false);
    assert_string_equal(a.body, "ignored");
    client_close(&clients[0]);
    /* one that never arrives closes the connection, after the answer */
    client_open(&clients[0], h.http, false);
    client_text(&clients[0],
                "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc");
    client_answer(&clients[0], &a, false);
    assert_string_equal(a.body, "ignored");
    assert_string_equal(answer_header(&a, "Connection"), "close");
    client_expect_end(&clients[0]);
    done();
}

/* Defect 10: a body that drips must not hold a worker. */
static void a_dripping_body_is_cut(void **state)
{
    (void)state;
    harness_stop(&h);
    harness_defaults(&h);
    h.config.body_ms = 300;
    h.config.workers = 1;
    harness_start(&h);
    client_open(&clients[0], h.http, false);
    client_text(&clients[0],
                "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                "Content-Length: 1000\r\n\r\n");
    struct timeval short_wait = {.tv_usec = 50000};
    setsockopt(clients[0].fd, SOL_SOCKET, SO_RCVTIMEO, &short_wait, sizeof(short_wait));
    char byte;
    int dripped = 0;
    /* a byte every 50 ms until an answer comes: it must come before the body is complete */
    while (dripped < 1000 && recv(clients[0].fd, &byte, 1, MSG_PEEK) < 0) {
        client_text(&clients[0], "x");
        dripped++;
    }
    assert_in_range(dripped, 1, 999);
    client_answer(&clients[0], &a, false);
    assert_int_equal(a.status, 408);
    done();
    /* and the only worker is free again */
    assert_int_equal(ask_once("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
}

static void a_body_that_ends_early_is_400(void **state)
{
    (void)state;
    client_open(&clients[0], h.http, false);
    client_text(&clients[0],
                "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                "Content-Length: 10\r\n\r\n12345");
    shutdown(clients[0].fd, SHUT_WR);
    client_answer(&clients[0], &a, false);
    assert_int_equal(a.status, 400);
    assert_non_null(strstr(a.body, "body.short"));
    done();
}

/* ---- Connections ------------------------------------------------------------------------------ */

static int closed_by_server(int n)
{
    int closed = 0;
    char byte;
    for (int i = 0; i < n; i++) {
        closed += recv(clients[i].fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    }
    return closed;
}

static void nap(void)
{
    struct timespec ten_ms = {.tv_nsec = 10000000};
    nanosleep(&ten_ms, NULL);
}

static void an_idle_connection_makes_room_for_a_newcomer(void **state)
{
    (void)state;
    harness_stop(&h);
    harness_defaults(&h);
    h.config.workers = 2;
    h.config.keep_alive_ms = 600000; /* nothing but turnover can free a worker in time */
    harness_start(&h);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5; i++) {
            client_open(&clients[i], h.http, false);
            client_get(&clients[i], "/hello", &a);
            assert_int_equal(a.status, 200);
        }
        /* five were served by two workers, so three were closed, whichever */
        while (closed_by_server(5) < 3) {
            nap();
        }
        for (int i = 0; i < 5; i++) {
            client_close(&clients[i]);
        }
    }
}

static void a_busy_connection_takes_turns_with_a_newcomer(void **state)
{
    (void)state;
    harness_stop(&h);
    harness_defaults(&h);
    h.config.workers = 1;
    harness_start(&h);
    client_open(&clients[0], h.http, false);
    client_get(&clients[0], "/hello", &a);
    client_open(&clients[1], h.http, false);
    client_text(&clients[1], "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    do { /* never idle, until it is asked to close */
        client_get(&clients[0], "/hello", &a);
        assert_int_equal(a.status, 200);
    } while (strcmp(answer_header(&a, "Connection"), "close") != 0);
    client_expect_end(&clients[0]);
    client_answer(&clients[1], &a, false);
    assert_int_equal(a.status, 200);
    client_close(&clients[0]);
    client_close(&clients[1]);
}

static void an_address_has_only_so_many_connections(void **state)
{
    (void)state;
    harness_stop(&h);
    harness_defaults(&h);
    h.config.per_address_max = 3;
    h.config.cap_loopback = true;
    harness_start(&h);
    for (int i = 0; i < 3; i++) {
        client_open(&clients[i], h.http, false);
        client_get(&clients[i], "/hello", &a);
        assert_int_equal(a.status, 200);
    }
    client_open(&clients[3], h.http, false);
    client_get(&clients[3], "/hello", &a);
    assert_int_equal(a.status, 0); /* reset */
    client_close(&clients[3]);
    assert_int_equal(harness_server_stats(&h).refused_address, 1);
    client_text(&clients[0], "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    client_answer(&clients[0], &a, false);
    client_expect_end(&clients[0]);
    client_close(&clients[0]);
    client_open(&clients[0], h.http, false);
    client_get(&clients[0], "/hello", &a);
    assert_int_equal(a.status, 200);
    for (int i = 0; i < 3; i++) {
        client_close(&clients[i]);
    }
}

static void a_reader_that_stalls_is_cut(void **state)
{
    (void)state;
    harness_stop(&h);
    harness_defaults(&h);
    h.config.workers = 1;
    h.config.request_ms = 300;
    harness_start(&h);
    client_open(&clients[0], h.http, false);
    /* Ask for lists and read none, until the server gives up and our sending fails or ends. */
    static char many[3400];
    many[0] = '\0';
    for (int i = 0; i < 100; i++) {
        strcat(many, "GET /list HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    for (int i = 0; i < 40; i++) {
        struct timeval brief = {.tv_usec = 20000};
        setsockopt(clients[0].fd, SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof(brief));
        client_text(&clients[0], many);
    }
    client_open(&clients[1], h.http, false);
    client_get(&clients[1], "/hello", &a); /* by the only worker */
    assert_int_equal(a.status, 200);
    client_close(&clients[0]);
    client_close(&clients[1]);
}

/* ---- Plain http beside https ------------------------------------------------------------------ */

/* An address of this machine that is not loopback; false when it has none. */
static bool outside_address(struct sockaddr_in *address)
{
    struct ifaddrs *list = NULL;
    bool found = false;
    if (getifaddrs(&list) != 0) {
        return false;
    }
    for (const struct ifaddrs *i = list; i != NULL && !found; i = i->ifa_next) {
        bool usable = i->ifa_addr != NULL && i->ifa_addr->sa_family == AF_INET &&
                      (i->ifa_flags & IFF_LOOPBACK) == 0 && (i->ifa_flags & IFF_UP) != 0;
        if (usable) {
            memcpy(address, i->ifa_addr, sizeof(*address));
            found = true;
        }
    }
    freeifaddrs(list);
    return found;
}

static int ask_outside(const struct sockaddr_in *address, const char *raw)
{
    struct sockaddr_in to = *address;
    to.sin_port = htons(h.http);
    memset(&clients[0], 0, sizeof(clients[0]));
    clients[0].fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(clients[0].fd, (struct sockaddr *)&to, sizeof(to)), 0);
    client_text(&clients[0], raw);
    client_answer(&clients[0], &a, false);
    client_close(&clients[0]);
    return a.status;
}

static void plain_http_from_outside_is_sent_to_https(void **state)
{
    (void)state;
    struct sockaddr_in address;
    if (!outside_address(&address)) {
        print_message("this machine has no address but its own\n");
        skip();
    }
    harness_stop(&h);
    harness_defaults(&h);
    h.config.http_address = ""; /* all, or the outside address would not reach it */
    harness_start(&h);
    assert_int_equal(ask_outside(&address, "GET /hello?x=1 HTTP/1.1\r\nHost: box:8480\r\n\r\n"),
                     308);
    char expected[64];
    snprintf(expected, sizeof(expected), "https://box:%u/hello?x=1", h.https);
    assert_string_equal(answer_header(&a, "Location"), expected);
    assert_int_equal(ask_outside(&address, "POST /ignore HTTP/1.1\r\nHost: box\r\n"
                                           "Content-Length: 0\r\n\r\n"),
                     403);
    assert_int_equal(ask_outside(&address, "GET /plain HTTP/1.1\r\nHost: box\r\n\r\n"), 200);
    assert_int_equal(ask_outside(&address, "GET /nothing HTTP/1.1\r\nHost: box\r\n\r\n"), 308);
    assert_int_equal(ask_once("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"), 200); /* loopback */
    harness_stop(&h);
    harness_defaults(&h);
    h.config.http_address = "";
    h.config.tls = false;
    harness_start(&h);
    assert_int_equal(ask_outside(&address, "GET /hello HTTP/1.1\r\nHost: box\r\n\r\n"), 200);
}

/* ---- Numbers ---------------------------------------------------------------------------------- */

static void find_hello(void *ctx, const struct gv_route_stats *stats)
{
    if (strcmp(stats->operation, "hello") == 0) {
        *(struct gv_route_stats *)ctx = *stats;
    }
}

/* A request is counted after its answer, so the client may be faster. */
static bool three_counted(const struct harness *harness)
{
    struct gv_route_stats stats = {0};
    gv_server_each_route(harness->server, find_hello, &stats);
    return stats.count == 3;
}

static void requests_are_counted_by_route_and_code(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask_once("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
    }
    harness_wait(&h, three_counted);
    struct gv_route_stats stats = {0};
    gv_server_each_route(h.server, find_hello, &stats);
    assert_string_equal(stats.method, "GET");
    assert_int_equal(gv_http_codes[1], 200);
    assert_int_equal(stats.by_code[1], 3);
    assert_int_equal(harness_server_stats(&h).requests, 3);
}

static void a_second_server_is_refused(void **state)
{
    (void)state;
    struct gv_server *second = NULL;
    struct gv_fail fail;
    assert_int_equal(gv_server_start(&second, &h.config, NULL, 0, NULL, &fail), GV_ERR_STATE);
}

static void a_port_in_use_is_reported(void **state)
{
    (void)state;
    harness_stop(&h);
    int taken = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(taken, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(taken, 1), 0);
    assert_int_equal(getsockname(taken, (struct sockaddr *)&address, &n), 0);
    struct gv_server *server = NULL;
    struct gv_fail fail;
    h.config.tls = false;
    h.config.http_port = ntohs(address.sin_port);
    assert_int_equal(gv_server_start(&server, &h.config, NULL, 0, NULL, &fail), GV_ERR_IO);
    assert_string_equal(fail.code, "server.bind");
    assert_null(server);
    close(taken);
    harness_defaults(&h);
    harness_start(&h);
}

int main(void)
{
#define WEB_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        WEB_TEST(bodies_arrive_whole),
        WEB_TEST(a_body_one_byte_too_long_is_413),
        WEB_TEST(the_type_of_a_body_is_checked),
        WEB_TEST(a_client_that_asks_first_is_told_to_go_on),
        WEB_TEST(an_unread_body_does_not_become_the_next_request),
        WEB_TEST(a_dripping_body_is_cut),
        WEB_TEST(a_body_that_ends_early_is_400),
        WEB_TEST(an_idle_connection_makes_room_for_a_newcomer),
        WEB_TEST(a_busy_connection_takes_turns_with_a_newcomer),
        WEB_TEST(an_address_has_only_so_many_connections),
        WEB_TEST(a_reader_that_stalls_is_cut),
        WEB_TEST(plain_http_from_outside_is_sent_to_https),
        WEB_TEST(requests_are_counted_by_route_and_code),
        WEB_TEST(a_second_server_is_refused),
        WEB_TEST(a_port_in_use_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
