/* WebSockets against a real server and live thread: the hand-over, and frames in every shape (defects 3
 * and 4 of the third-party table). Each case runs plain and, where the layer matters, over TLS. */
#include "tests/unit/web/harness.h"

#include "firmware/base/text.h"

#include <string.h>

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

static uint16_t port_of(bool tls)
{
    return tls ? h.https : h.http;
}

static bool nobody(const struct harness *harness)
{
    return harness_live_stats(harness).clients == 0;
}

/* ---- The upgrade ------------------------------------------------------------------------------ */

static int refused(const char *request)
{
    client_open(&clients[0], h.http, false);
    client_text(&clients[0], request);
    client_answer(&clients[0], &a, false);
    client_close(&clients[0]);
    return a.status;
}

#define UPGRADE                                                                                    \
    "GET /live HTTP/1.1\r\nHost: box.local:8443\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"

static void a_malformed_upgrade_is_refused(void **state)
{
    (void)state;
    assert_int_equal(refused("GET /live HTTP/1.1\r\nHost: a\r\n\r\n"), 426);
    assert_string_equal(answer_header(&a, "Upgrade"), "websocket");
    assert_int_equal(refused(UPGRADE KEY "\r\n"), 426);
    assert_int_equal(refused(UPGRADE KEY "Sec-WebSocket-Version: 8\r\n\r\n"), 426);
    assert_string_equal(answer_header(&a, "Sec-WebSocket-Version"), "13");
    assert_int_equal(refused(UPGRADE VERSION "\r\n"), 400);
    assert_int_equal(refused(UPGRADE VERSION "Sec-WebSocket-Key: short\r\n\r\n"), 400);
    assert_int_equal(refused("POST /live HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), 405);
    assert_int_equal(harness_server_stats(&h).upgrades_refused, 5);
}

/* Defect 4: a page of another site must not speak for the user. */
static void a_foreign_origin_is_refused(void **state)
{
    (void)state;
    const char *foreign[] = {"https://evil.example", "https://box.local", "null",
                             "https://box.local:8443.evil.example", "ftp://box.local:8443"};
    char request[512];
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        strcpy(request, UPGRADE KEY VERSION "Origin: ");
        strcat(request, foreign[i]);
        strcat(request, "\r\n\r\n");
        assert_int_equal(refused(request), 403);
    }
    assert_int_equal(refused(UPGRADE KEY VERSION "Origin: https://box.local:8443\r\n\r\n"), 101);
    assert_int_equal(refused(UPGRADE KEY VERSION "Origin: http://BOX.local:8443\r\n\r\n"), 101);
    harness_wait(&h, nobody);
}

static void the_subprotocol_is_agreed_only_when_asked_for(void **state)
{
    (void)state;
    client_open(&clients[0], h.http, false);
    ws_request(&clients[0], "Sec-WebSocket-Protocol: other, gavel.v1\r\n");
    client_answer(&clients[0], &a, false);
    assert_int_equal(a.status, 101);
    assert_string_equal(answer_header(&a, "Sec-WebSocket-Protocol"), "gavel.v1");
    client_close(&clients[0]);
    client_open(&clients[0], h.http, false);
    ws_request(&clients[0], "Sec-WebSocket-Protocol: other\r\n");
    client_answer(&clients[0], &a, false);
    assert_int_equal(a.status, 101);
    assert_null(answer_header(&a, "Sec-WebSocket-Protocol"));
    client_close(&clients[0]);
    harness_wait(&h, nobody);
}

/* ---- Talking ---------------------------------------------------------------------------------- */

static void greeting_echo_and_publication_arrive_in_order(void **state)
{
    (void)state;
    for (int tls = 0; tls < 2; tls++) {
        ws_open(&clients[0], port_of(tls), tls);
        ws_expect(&clients[0], "greeting");
        ws_send(&clients[0], WS_TEXT, "one");
        ws_expect(&clients[0], "one");
        harness_publish(&h, "{\"seq\":1}");
        harness_publish(&h, "{\"seq\":2}");
        ws_expect(&clients[0], "{\"seq\":1}");
        ws_expect(&clients[0], "{\"seq\":2}");
        ws_send(&clients[0], WS_PING, "are you there");
        ws_read(&clients[0], &f);
        assert_int_equal(f.opcode, WS_PONG);
        assert_string_equal(f.payload, "are you there");
        ws_send(&clients[0], WS_CLOSE, "\x03\xe8");
        ws_expect_close(&clients[0], 1000);
        client_expect_end(&clients[0]);
        client_close(&clients[0]);
    }
    harness_wait(&h, nobody);
    assert_int_equal(harness_live_stats(&h).ended[GV_LIVE_END_CLOSED], 2);
}

static void large_messages_go_both_ways(void **state)
{
    (void)state;
    static char text[GV_LIVE_FRAME_OUT_MAX + 1];
    static uint8_t bytes[GV_LIVE_FRAME_IN_MAX + 16];
    for (int tls = 0; tls < 2; tls++) {
        ws_open(&clients[0], port_of(tls), tls);
        ws_expect(&clients[0], "greeting");
        memset(text, 'x', sizeof(text));
        text[GV_LIVE_FRAME_IN_MAX] = '\0'; /* the largest that is taken */
        client_send(&clients[0], bytes, ws_frame(bytes, true, WS_TEXT, text, GV_LIVE_FRAME_IN_MAX));
        ws_expect(&clients[0], text);
        memset(text, 'y', sizeof(text));
        text[GV_LIVE_FRAME_OUT_MAX] = '\0'; /* the largest that is sent */
        harness_publish(&h, text);
        ws_expect(&clients[0], text);
        client_close(&clients[0]);
    }
    assert_int_equal(gv_live_publish(h.live, gv_view_of(text, GV_LIVE_FRAME_OUT_MAX + 1)),
                     GV_ERR_TOO_LARGE);
    harness_wait(&h, nobody);
}

/* Frames in the same packet, and over TLS in the same record, as the upgrade. */
static void frames_that_come_with_the_upgrade_are_not_lost(void **state)
{
    (void)state;
    static uint8_t bytes[12000];
    static const char upgrade[] = "GET /live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                                  "Connection: Upgrade\r\n" VERSION KEY "\r\n";
    int counts[] = {1, 3, 70}; /* 70 frames of 100 bytes: nearly the request buffer */
    for (int round = 0; round < 6; round++) {
        bool tls = round % 2 == 1;
        int frames = counts[round / 2];
        size_t n = sizeof(upgrade) - 1;
        memcpy(bytes, upgrade, n);
        for (int i = 0; i < frames; i++) {
            char text[101];
            memset(text, 'a' + i % 26, 100);
            text[100] = '\0';
            n += ws_frame(bytes + n, true, WS_TEXT, text, 100);
        }
        client_open(&clients[0], port_of(tls), tls);
        client_send(&clients[0], bytes, n);
        client_answer(&clients[0], &a, false);
        assert_int_equal(a.status, 101);
        ws_expect(&clients[0], "greeting");
        for (int i = 0; i < frames; i++) {
            ws_read_data(&clients[0], &f);
            assert_int_equal(f.opcode, WS_TEXT);
            assert_int_equal(f.n, 100);
            assert_int_equal(f.payload[99], 'a' + i % 26);
        }
        client_close(&clients[0]);
    }
    harness_wait(&h, nobody);
}

static void a_frame_may_come_byte_by_byte(void **state)
{
    (void)state;
    uint8_t bytes[512];
    char text[201];
    memset(text, 'q', 200);
    text[200] = '\0';
    for (int tls = 0; tls < 2; tls++) {
        ws_open(&clients[0], port_of(tls), tls);
        ws_expect(&clients[0], "greeting");
        size_t n = ws_frame(bytes, true, WS_TEXT, text, 200);
        for (size_t i = 0; i < n; i++) {
            client_send(&clients[0], bytes + i, 1);
        }
        ws_expect(&clients[0], text);
        client_close(&clients[0]);
    }
    harness_wait(&h, nobody);
}

static void a_message_may_come_in_fragments_with_a_ping_between(void **state)
{
    (void)state;
    uint8_t bytes[256];
    size_t n = ws_frame(bytes, false, WS_TEXT, "Hel", 3);
    n += ws_frame(bytes + n, true, WS_PING, "p", 1);
    n += ws_frame(bytes + n, false, WS_CONTINUE, "lo ", 3);
    n += ws_frame(bytes + n, false, WS_CONTINUE, "", 0);
    n += ws_frame(bytes + n, true, WS_CONTINUE, "\xc3\xa9", 2);
    ws_open(&clients[0], h.http, false);
    ws_expect(&clients[0], "greeting");
    client_send(&clients[0], bytes, n);
    ws_read(&clients[0], &f);
    assert_int_equal(f.opcode, WS_PONG);
    assert_string_equal(f.payload, "p");
    ws_expect(&clients[0], "Hello \xc3\xa9");
    client_close(&clients[0]);
    harness_wait(&h, nobody);
}

/* ---- Broken frames ---------------------------------------------------------------------------- */

static void expect_refusal(const void *bytes, size_t n, unsigned code)
{
    for (int tls = 0; tls < 2; tls++) {
        ws_open(&clients[0], port_of(tls), tls);
        ws_expect(&clients[0], "greeting");
        client_send(&clients[0], bytes, n);
        ws_expect_close(&clients[0], code);
        client_close(&clients[0]);
    }
}

/* Defect 3: a length of 2^40 must not become a buffer. */
static void a_huge_frame_is_refused_before_anything_is_allocated(void **state)
{
    (void)state;
    uint8_t huge[] = {0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4, 'x'};
    expect_refusal(huge, sizeof(huge), 1009);
    uint8_t above[] = {0x81, 0xfe, 0x10, 0x01, 1, 2, 3, 4, 'x'}; /* 4097 */
    expect_refusal(above, sizeof(above), 1009);
    uint8_t sum[9000];
    static const char part[3000];
    size_t n = ws_frame(sum, false, WS_TEXT, part, sizeof(part));
    n += ws_frame(sum + n, true, WS_CONTINUE, part, sizeof(part));
    expect_refusal(sum, n, 1009); /* together above the cap */
    harness_wait(&h, nobody);
    assert_int_equal(harness_live_stats(&h).ended[GV_LIVE_END_PROTOCOL], 6);
}

static void frames_that_break_the_protocol_are_refused(void **state)
{
    (void)state;
    uint8_t bytes[256];
    const uint8_t unmasked[] = {0x81, 0x01, 'x'};
    expect_refusal(unmasked, sizeof(unmasked), 1002);
    const uint8_t reserved_bit[] = {0xc1, 0x81, 0, 0, 0, 0, 'x'};
    expect_refusal(reserved_bit, sizeof(reserved_bit), 1002);
    const uint8_t reserved_opcode[] = {0x83, 0x81, 0, 0, 0, 0, 'x'};
    expect_refusal(reserved_opcode, sizeof(reserved_opcode), 1002);
    const uint8_t reserved_control[] = {0x8b, 0x81, 0, 0, 0, 0, 'x'};
    expect_refusal(reserved_control, sizeof(reserved_control), 1002);
    const uint8_t fragmented_ping[] = {0x09, 0x81, 0, 0, 0, 0, 'x'};
    expect_refusal(fragmented_ping, sizeof(fragmented_ping), 1002);
    const uint8_t not_minimal[] = {0x81, 0xfe, 0x00, 0x01, 0, 0, 0, 0, 'x'};
    expect_refusal(not_minimal, sizeof(not_minimal), 1002);
    expect_refusal(bytes, ws_frame(bytes, true, WS_CONTINUE, "x", 1), 1002);
    size_t n = ws_frame(bytes, false, WS_TEXT, "x", 1);
    n += ws_frame(bytes + n, true, WS_TEXT, "y", 1);
    expect_refusal(bytes, n, 1002);
    expect_refusal(bytes, ws_frame(bytes, true, WS_BINARY, "x", 1), 1003);
    expect_refusal(bytes, ws_frame(bytes, true, WS_TEXT, "\xc3\x28", 2), 1007);
    expect_refusal(bytes, ws_frame(bytes, true, WS_CLOSE, "x", 1), 1002);
    expect_refusal(bytes, ws_frame(bytes, true, WS_CLOSE, "\x03\xed", 2), 1002); /* 1005 */
    harness_wait(&h, nobody);
}

static void a_close_without_a_code_is_answered_without_one(void **state)
{
    (void)state;
    ws_open(&clients[0], h.http, false);
    ws_expect(&clients[0], "greeting");
    ws_send(&clients[0], WS_CLOSE, "");
    ws_read(&clients[0], &f);
    assert_int_equal(f.opcode, WS_CLOSE);
    assert_int_equal(f.n, 0);
    client_expect_end(&clients[0]);
    client_close(&clients[0]);
    harness_wait(&h, nobody);
}

/* ---- Channels --------------------------------------------------------------------------------- */

static const char channel_one[] = "one";
static const char channel_two[] = "two";

static const void *every_other(void *ctx, const struct gv_exchange *x)
{
    static unsigned clients_n;
    (void)ctx;
    (void)x;
    return clients_n++ % 2 == 0 ? channel_one : channel_two;
}

static size_t two_more(void *ctx, const void *route_extra, unsigned part, char *buf, size_t cap)
{
    (void)ctx;
    if (part > 2) {
        return 0;
    }
    gv_format_cut(buf, cap, "%s, part %u", (const char *)route_extra, part);
    return strlen(buf);
}

static int start_channels(void **state)
{
    (void)state;
    harness_defaults(&h);
    h.live_config.channel = every_other;
    h.live_config.greet_more = two_more;
    harness_start(&h);
    return 0;
}

static void a_publication_reaches_its_channel_alone_behind_the_whole_greeting(void **state)
{
    static const char *const names[] = {channel_one, channel_two};
    char text[32];
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        ws_open(&clients[i], h.http, false);
        ws_expect(&clients[i], names[i]);
        for (unsigned part = 1; part <= 2; part++) {
            gv_format_cut(text, sizeof(text), "%s, part %u", names[i], part);
            ws_expect(&clients[i], text);
        }
    }
    assert_int_equal(gv_live_publish_to(h.live, channel_two, gv_view_str("for two")), GV_OK);
    assert_int_equal(gv_live_publish_to(h.live, NULL, gv_view_str("for nobody")), GV_OK);
    assert_int_equal(gv_live_publish_to(h.live, channel_one, gv_view_str("for one")), GV_OK);
    assert_int_equal(gv_live_publish(h.live, gv_view_str("for all")), GV_OK);
    for (unsigned i = 0; i < 2; i++) {
        gv_format_cut(text, sizeof(text), "for %s", names[i]);
        ws_expect(&clients[i], text);
        ws_expect(&clients[i], "for all");
        client_close(&clients[i]);
    }
    harness_wait(&h, nobody);
}

int main(void)
{
#define WEB_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        WEB_TEST(a_malformed_upgrade_is_refused),
        WEB_TEST(a_foreign_origin_is_refused),
        WEB_TEST(the_subprotocol_is_agreed_only_when_asked_for),
        WEB_TEST(greeting_echo_and_publication_arrive_in_order),
        WEB_TEST(large_messages_go_both_ways),
        WEB_TEST(frames_that_come_with_the_upgrade_are_not_lost),
        WEB_TEST(a_frame_may_come_byte_by_byte),
        WEB_TEST(a_message_may_come_in_fragments_with_a_ping_between),
        WEB_TEST(a_huge_frame_is_refused_before_anything_is_allocated),
        WEB_TEST(frames_that_break_the_protocol_are_refused),
        WEB_TEST(a_close_without_a_code_is_answered_without_one),
        cmocka_unit_test_setup_teardown(
            a_publication_reaches_its_channel_alone_behind_the_whole_greeting, start_channels,
            stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
