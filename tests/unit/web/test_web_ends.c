/* How WebSocket clients end: by leaving in every way, by silence, by caps, by being too slow (defects 8
 * and 9 of tests/api/cases.md). Each case runs plain and, where the layer matters, over TLS. */
#include "tests/unit/web/harness.h"

#include "firmware/base/text.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

static struct harness h;
static struct client clients[16];
static struct answer a;
static struct frame f;

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

static void restart_with(void (*change)(struct harness *harness))
{
    harness_stop(&h);
    harness_defaults(&h);
    change(&h);
    harness_start(&h);
}

static uint16_t port_of(bool tls)
{
    return tls ? h.https : h.http;
}

static bool nobody(const struct harness *harness)
{
    return harness_live_stats(harness).clients == 0;
}

/* ---- Endings ---------------------------------------------------------------------------------- */

static bool forty_came(const struct harness *harness)
{
    return harness_live_stats(harness).accepted == 40;
}

static void every_way_to_leave_frees_the_seat(void **state)
{
    (void)state;
    uint8_t half[64];
    size_t half_n = ws_frame(half, true, WS_TEXT, "0123456789", 10) / 2;
    for (int i = 0; i < 40; i++) {
        bool tls = i % 2 == 1;
        struct client *c = &clients[0];
        ws_open(c, port_of(tls), tls);
        switch (i / 2 % 5) {
        case 0:
            client_close(c);
            break;
        case 1:
            client_reset(c);
            break;
        case 2:
            shutdown(c->fd, SHUT_WR);
            ws_expect(c, "greeting");
            client_close(c);
            break;
        case 3:
            client_send(c, half, half_n);
            client_reset(c);
            break;
        default:
            send(c->fd, "\x17\x03\x03\x00\x64XXXXX", 10, MSG_NOSIGNAL); /* half a TLS record */
            client_reset(c);
            break;
        }
    }
    harness_wait(&h, forty_came);
    harness_wait(&h, nobody);
    assert_int_equal(harness_server_stats(&h).upgrades, 40);
}

/* Defect 9: a client that has fallen silent is closed; one that answers pings is not. */
static void fast_clock(struct harness *harness)
{
    harness->live_config.ping_ms = 300;
    harness->live_config.silence_ms = 1500;
    harness->live_config.frame_ms = 1500;
}

static bool silent_gone(const struct harness *harness)
{
    return harness_live_stats(harness).ended[GV_LIVE_END_SILENT] == 1;
}

static void a_silent_client_is_closed_and_a_living_one_is_not(void **state)
{
    (void)state;
    restart_with(fast_clock);
    for (int tls = 0; tls < 2; tls++) {
        ws_open(&clients[0], port_of(tls), tls);
        ws_open_stream(&clients[1], port_of(tls), tls);
        ws_expect(&clients[0], "greeting");
        /* client 1 answers pings, for longer than the silence that is allowed */
        for (int pings = 0; pings < 8; pings++) {
            ws_read(&clients[1], &f);
            assert_int_equal(f.opcode, WS_PING);
            ws_send(&clients[1], WS_PONG, f.payload);
        }
        harness_wait(&h, silent_gone);
        do {
            ws_read(&clients[0], &f); /* its unanswered pings, then the end */
        } while (f.opcode == WS_PING);
        assert_int_equal(f.opcode, -1);
        ws_ask_time(&clients[1], 4711);
        ws_expect_time(&clients[1], 4711);
        client_close(&clients[0]);
        client_close(&clients[1]);
        harness_wait(&h, nobody);
        restart_with(fast_clock);
    }
}

static void pongs_alone_do_not_keep_a_half_sent_message_alive(void **state)
{
    (void)state;
    restart_with(fast_clock);
    uint8_t bytes[64];
    ws_open(&clients[0], h.http, false);
    ws_expect(&clients[0], "greeting");
    client_send(&clients[0], bytes, ws_frame(bytes, false, WS_TEXT, "a", 1));
    do { /* answers every ping, never ends its message */
        ws_read(&clients[0], &f);
        if (f.opcode == WS_PING) {
            ws_send(&clients[0], WS_PONG, f.payload);
        }
    } while (f.opcode == WS_PING);
    assert_int_equal(f.opcode, -1);
    assert_true(silent_gone(&h));
    client_close(&clients[0]);
}

static void stopping_tells_every_client_that_we_go(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        ws_open(&clients[i], port_of(i % 2 == 1), i % 2 == 1);
        ws_expect(&clients[i], "greeting");
    }
    harness_stop_live(&h);
    for (int i = 0; i < 6; i++) {
        ws_expect_close(&clients[i], 1001);
        client_close(&clients[i]);
    }
}

/* ---- Caps ------------------------------------------------------------------------------------- */

static void four_places(struct harness *harness)
{
    harness->live_config.clients_max = 4;
}

static void a_client_too_many_gets_503_and_the_rest_is_served(void **state)
{
    (void)state;
    restart_with(four_places);
    for (int i = 0; i < 8; i++) {
        client_open(&clients[i], h.http, false);
        ws_request(&clients[i], "/live", "");
        client_answer(&clients[i], &a, false);
        assert_int_equal(a.status, i < 4 ? 101 : 503);
        if (i >= 4) {
            assert_non_null(strstr(a.body, "ws.full"));
            assert_non_null(answer_header(&a, "Retry-After"));
            client_close(&clients[i]);
        }
    }
    for (int i = 0; i < 4; i++) {
        ws_expect(&clients[i], "greeting"); /* it has its seat: the 101 alone does not say so */
    }
    harness_publish(&h, "news");
    for (int i = 0; i < 4; i++) {
        ws_expect(&clients[i], "news");
    }
    client_close(&clients[0]);
    while (harness_live_stats(&h).clients == 4) {
        struct timespec ten_ms = {.tv_nsec = 10000000};
        nanosleep(&ten_ms, NULL);
    }
    ws_open(&clients[0], h.http, false); /* a place came free */
    for (int i = 0; i < 4; i++) {
        client_close(&clients[i]);
    }
    harness_wait(&h, nobody);
}

static void three_per_address(struct harness *harness)
{
    harness->live_config.per_address = 3;
    harness->live_config.cap_loopback = true;
}

static void an_address_has_only_so_many_places(void **state)
{
    (void)state;
    restart_with(three_per_address);
    for (int i = 0; i < 4; i++) {
        client_open(&clients[i], h.http, false);
        ws_request(&clients[i], "/live", "");
        client_answer(&clients[i], &a, false);
        assert_int_equal(a.status, i < 3 ? 101 : 503);
    }
    assert_non_null(strstr(a.body, "ws.address_full"));
    for (int i = 0; i < 4; i++) {
        client_close(&clients[i]);
    }
    harness_wait(&h, nobody);
}

/* ---- Slow readers (defect 8) ------------------------------------------------------------------ */

static bool slow_gone(const struct harness *harness)
{
    return harness_live_stats(harness).ended[GV_LIVE_END_SLOW] == 1;
}

static void a_stalled_reader_is_dropped_and_delays_nobody(void **state)
{
    (void)state;
    static char text[4001];
    memset(text, 'z', 4000);
    for (int tls = 0; tls < 2; tls++) {
        ws_open(&clients[0], port_of(tls), tls); /* reads */
        ws_open(&clients[1], port_of(tls), tls); /* does not */
        ws_expect(&clients[0], "greeting");
        for (int i = 0; i < 1000; i++) { /* 4 MB: more than sockets and ring hold */
            text[0] = (char)('a' + i % 26);
            harness_publish(&h, text);
            ws_expect(&clients[0], text); /* every message, in order */
        }
        harness_wait(&h, slow_gone);
        client_close(&clients[0]);
        client_close(&clients[1]);
        harness_wait(&h, nobody);
        harness_stop(&h);
        harness_defaults(&h);
        harness_start(&h);
    }
}

static void a_slow_reader_gets_every_byte_in_order(void **state)
{
    (void)state;
    static char text[4001];
    memset(text, 'z', 4000);
    for (int tls = 0; tls < 2; tls++) {
        ws_open(&clients[0], port_of(tls), tls);
        ws_expect(&clients[0], "greeting");
        for (int round = 0; round < 30; round++) {
            for (int i = 0; i < 10; i++) { /* a burst that waits in socket and ring */
                text[0] = (char)('a' + i);
                harness_publish(&h, text);
            }
            for (int i = 0; i < 10; i++) {
                text[0] = (char)('a' + i);
                ws_expect(&clients[0], text);
            }
        }
        client_close(&clients[0]);
        harness_wait(&h, nobody);
    }
}

int main(void)
{
#define WEB_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        WEB_TEST(every_way_to_leave_frees_the_seat),
        WEB_TEST(a_silent_client_is_closed_and_a_living_one_is_not),
        WEB_TEST(pongs_alone_do_not_keep_a_half_sent_message_alive),
        WEB_TEST(stopping_tells_every_client_that_we_go),
        WEB_TEST(a_client_too_many_gets_503_and_the_rest_is_served),
        WEB_TEST(an_address_has_only_so_many_places),
        WEB_TEST(a_stalled_reader_is_dropped_and_delays_nobody),
        WEB_TEST(a_slow_reader_gets_every_byte_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
