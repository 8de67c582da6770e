/* Floods, all from this machine: connections that say nothing, handshakes that stop, heads and bodies that
 * drip, a crowd that comes at once. While each stands, others are answered; nothing here measures time: a
 * flood that got through would keep every answer waiting for longer than the harness has patience. */
#include "tests/unit/web/harness.h"

#include "firmware/base/text.h"
#include "web/server/entrance.h"
#include "web/server/glue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FLOOD 600u /* more than twice what the entrance holds */
#define CROWD 272u /* more than it holds; both ends' sessions are in one heap here */

static struct harness h;
static struct client flood[FLOOD];
static struct client other;
static struct answer a;

static void start_with(uint32_t handshake_ms)
{
    harness_defaults(&h);
    h.config.handshake_ms = handshake_ms;
    h.config.request_ms = 600000;
    h.config.body_ms = 600000;
    h.config.workers = 4;
    harness_start(&h);
}

static int start(void **state)
{
    struct rlimit limit;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    start_with(6000000); /* nothing ends by itself while a test looks */
    return 0;
}

static int stop(void **state)
{
    (void)state;
    harness_stop(&h);
    return 0;
}

static void others_are_answered(void)
{
    for (int tls = 0; tls < 2; tls++) {
        for (int i = 0; i < 3; i++) {
            client_open(&other, tls ? h.https : h.http, tls);
            client_get(&other, "/hello", &a);
            assert_int_equal(a.status, 200);
            client_close(&other);
        }
    }
}

static bool is_standing(const struct client *c)
{
    char byte;
    return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

static unsigned standing(unsigned n)
{
    unsigned count = 0;
    for (unsigned i = 0; i < n; i++) {
        count += is_standing(&flood[i]) ? 1u : 0u;
    }
    return count;
}

/* Those that must go have gone, and not all went. */
static void wait_until_stand(unsigned n, unsigned most)
{
    const struct timespec ms = {.tv_nsec = 1000000};
    for (unsigned i = 0; i < PATIENCE_S * 1000 && standing(n) > most; i++) {
        nanosleep(&ms, NULL);
    }
    assert_in_range(standing(n), 1, most);
}

static void raise_flood(unsigned n, uint16_t port, const char *first)
{
    for (unsigned i = 0; i < n; i++) {
        client_connect_from(&flood[i], port, 2 + i % 200);
        if (first != NULL) {
            client_text(&flood[i], first);
        }
    }
}

static void end_flood(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        client_reset(&flood[i]);
    }
}

/* When places are short: 2 s for an answer, 0.4 s for the first bytes. */
static void in_a_hurry(void)
{
    harness_stop(&h);
    start_with(40000);
}

static void silent_connections_hold_no_worker(void **state)
{
    (void)state;
    in_a_hurry();
    for (int tls = 0; tls < 2; tls++) {
        raise_flood(FLOOD, tls ? h.https : h.http, NULL);
        others_are_answered();
        /* The entrance is full of the newest; the oldest made room. */
        wait_until_stand(FLOOD, GV_ENTRANCE_PLACES);
        assert_true(is_standing(&flood[FLOOD - 1]));
        end_flood(FLOOD);
    }
}

static void handshakes_that_stop_hold_no_worker_and_end(void **state)
{
    (void)state;
    in_a_hurry();
    raise_flood(FLOOD, h.https, "\x16\x03\x01\x02"); /* the begin of a record */
    others_are_answered();
    wait_until_stand(FLOOD, GV_ENTRANCE_PLACES);
    end_flood(FLOOD);
}

/* They have got the server's part and send nothing back. All of them fit. */
static void two_hundred_unfinished_handshakes_disturb_nobody(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        client_say_hello(&flood[i], h.https, 2 + i);
    }
    others_are_answered();
    for (unsigned i = 0; i < 200; i += 20) { /* they are still welcome */
        client_end_hello(&flood[i]);
    }
    end_flood(200);
}

/* More than there are places, all with their hello on the way: nobody is sent away. */
static void a_crowd_that_comes_at_once_is_served_in_turn(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CROWD; i++) {
        client_say_hello(&flood[i], h.https, 2 + i % 200);
    }
    for (unsigned i = 0; i < CROWD; i++) {
        client_end_hello(&flood[i]);
        client_get(&flood[i], "/hello", &a);
        assert_int_equal(a.status, 200);
        client_close(&flood[i]);
    }
}

/* All of them are in workers, or as many as may be. */
static void dripping_bodies_leave_half_of_the_workers_free(void **state)
{
    (void)state;
    static const char head[] = "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: "
                               "application/json\r\nContent-Length: 100000\r\n\r\n{";
    raise_flood(40, h.http, head);
    others_are_answered();
    wait_until_stand(40, 2); /* of 4 workers, 2 wait; the others were cut */
    for (unsigned i = 0; i < 40; i++) {
        if (!is_standing(&flood[i])) {
            client_answer(&flood[i], &a, false);
            assert_int_equal(a.status, 408);
        }
    }
    end_flood(40);
}

static void dripping_heads_leave_half_of_the_workers_free(void **state)
{
    (void)state;
    raise_flood(40, h.http, "GET /hello HT");
    others_are_answered();
    wait_until_stand(40, 2);
    end_flood(40);
}

/* One that sends more for its time is not the one that goes. */
static void an_upload_that_moves_is_kept_and_drips_go(void **state)
{
    (void)state;
    static const char drip[] = "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: "
                               "application/json\r\nContent-Length: 100000\r\n\r\n{";
    static const char head[] = "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: "
                               "application/json\r\nContent-Length: 100000\r\n\r\n";
    static char part[1000];
    memset(part, 'x', sizeof(part));
    client_open(&other, h.http, false);
    client_text(&other, head);
    for (unsigned i = 0; i < 100; i++) {
        client_send(&other, part, sizeof(part));
        if (i % 10 == 5) { /* it waits for the next part when a drip comes */
            client_connect_from(&flood[i / 10], h.http, 2 + i);
            client_text(&flood[i / 10], drip);
        }
    }
    client_answer(&other, &a, false);
    assert_int_equal(a.status, 200);
    assert_int_equal(strncmp(a.body, "100000 ", 7), 0);
    client_close(&other);
    end_flood(10);
}

static int listener(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

/* CivetWeb takes two ready listeners for none when errno happens to be EAGAIN, for ever. */
static void two_listeners_with_somebody_are_both_seen(void **state)
{
    (void)state;
    uint16_t ports[2];
    struct pollfd fds[2] = {{.events = POLLIN}, {.events = POLLIN}};
    for (unsigned i = 0; i < 2; i++) {
        fds[i].fd = listener(&ports[i]);
        client_connect(&flood[i], ports[i]);
    }
    errno = EAGAIN;
    assert_int_equal(gv_entrance_poll(fds, 2, 1000), 2);
    assert_int_equal(errno, 0);
    assert_int_equal(fds[0].revents, POLLIN);
    assert_int_equal(fds[1].revents, POLLIN);
    for (unsigned i = 0; i < 2; i++) {
        close(fds[i].fd);
        client_close(&flood[i]);
    }
}

/* Also of a thread that would otherwise ask for ever: a listener stays readable. */
static void without_descriptors_newcomers_wait_and_are_served_later(void **state)
{
    (void)state;
    uint16_t port;
    struct rlimit limit;
    struct pollfd fd = {.fd = listener(&port), .events = POLLIN};
    client_connect(&flood[0], port);
    client_connect(&flood[1], h.http);
    assert_int_equal(gv_entrance_poll(&fd, 1, 1000), 1);
    const int lowest = dup(0);
    assert_true(lowest > 0);
    close(lowest);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit none = {.rlim_cur = (rlim_t)lowest, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct sockaddr_storage address;
    socklen_t n = sizeof(address);
    assert_int_equal(gv_civetweb_accept(fd.fd, (struct sockaddr *)&address, &n), -1);
    const int seen = gv_entrance_poll(&fd, 1, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(seen, 0);
    while (gv_entrance_poll(&fd, 1, 1000) == 0) {
    }
    assert_int_equal(fd.revents, POLLIN);
    others_are_answered();
    close(fd.fd);
    client_close(&flood[0]);
    client_close(&flood[1]);
}

int main(void)
{
#define WEB_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        WEB_TEST(silent_connections_hold_no_worker),
        WEB_TEST(handshakes_that_stop_hold_no_worker_and_end),
        WEB_TEST(two_hundred_unfinished_handshakes_disturb_nobody),
        WEB_TEST(a_crowd_that_comes_at_once_is_served_in_turn),
        WEB_TEST(dripping_bodies_leave_half_of_the_workers_free),
        WEB_TEST(dripping_heads_leave_half_of_the_workers_free),
        WEB_TEST(an_upload_that_moves_is_kept_and_drips_go),
        WEB_TEST(two_listeners_with_somebody_are_both_seen),
        WEB_TEST(without_descriptors_newcomers_wait_and_are_served_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
