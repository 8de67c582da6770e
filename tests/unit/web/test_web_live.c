/* WebSockets against a real server and live thread: the hand-over, and frames in every shape (defects 3
 * and 4 of tests/api/cases.md). Each case runs plain and, where the layer matters, over TLS. */
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
    ws_request(&clients[0], "/stream", "Sec-WebSocket-Protocol: other, gavel.v1\r\n");
    client_answer(&clients[0], &a, false);
    assert_int_equal(a.status, 101);
    assert_string_equal(answer_header(&a, "Sec-WebSocket-Protocol"), "gavel.v1");
    client_close(&clients[0]);
    client_open(&clients[0], h.http, false);
    ws_request(&clients[0], "/stream", "Sec-WebSocket-Protocol: other\r\n");
    client_answer(&clients[0], &a, false);
    assert_int_equal(a.status, 101);
    assert_null(answer_header(&a, "Sec-WebSocket-Protocol"));
    client_close(&clients[0]);
    harness_wait(&h, nobody);
}

/* ---- Talking ---------------------------------------------------------------------------------- */

static void greeting_answer_and_publication_arrive_in_order(void **state)
{
    (void)state;
    for (int tls = 0; tls < 2; tls++) {
        ws_open(&clients[0], port_of(tls), tls);
        ws_expect(&clients[0], "greeting");
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

/* {"op":"ping","t0":N,"pad":"xx..."}, n bytes in all. */
static void padded_ping(char *text, size_t n, unsigned t0)
{
    gv_format_cut(text, n, "{\"op\":\"ping\",\"t0\":%u,\"pad\":\"", t0);
    memset(text + strlen(text), 'x', n - strlen(text));
    memcpy(text + n - 2, "\"}", 2);
    text[n] = '\0';
}

static void large_messages_go_both_ways(void **state)
{
    (void)state;
    static char text[GV_LIVE_FRAME_IN_MAX + 1];
    static uint8_t bytes[GV_LIVE_FRAME_IN_MAX + 16];
    for (int tls = 0; tls < 2; tls++) {
        ws_open_stream(&clients[0], port_of(tls), tls);
        const size_t sizes[] = {GV_LIVE_FRAME_IN_MAX, 300, 251, 252, 253, 60};
        for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            padded_ping(text, sizes[i], i);
            client_send(&clients[0], bytes, ws_frame(bytes, true, WS_TEXT, text, sizes[i]));
            ws_expect_time(&clients[0], i);
        }
        ws_open(&clients[1], port_of(tls), tls);
        ws_expect(&clients[1], "greeting");
        memset(text, 'y', sizeof(text));
        text[GV_LIVE_FRAME_OUT_MAX] = '\0'; /* the largest that is sent */
        harness_publish(&h, text);
        ws_expect(&clients[1], text);
        client_close(&clients[0]);
        client_close(&clients[1]);
    }
    struct gv_live_event event = {.channel = gv_live_channel(HARNESS_RAW, 0),
                                  .data = gv_view_of(text, GV_LIVE_FRAME_OUT_MAX + 1)};
    assert_int_equal(gv_live_publish(h.live, &event), GV_ERR_TOO_LARGE);
    event = (struct gv_live_event){.channel = gv_live_channel(HARNESS_NEWS, 0),
                                   .type = "event",
                                   .data = gv_view_of(text, GV_LIVE_DATA_MAX + 1)};
    assert_int_equal(gv_live_publish(h.live, &event), GV_ERR_TOO_LARGE);
    harness_wait(&h, nobody);
}

static bool answers(const struct frame *frame, unsigned t0)
{
    char member[32];
    gv_format_cut(member, sizeof(member), "\"t0\":%u,", t0);
    return strstr(frame->payload, member) != NULL;
}

/* Frames in the same packet, and over TLS in the same record, as the upgrade. */
static void frames_that_come_with_the_upgrade_are_not_lost(void **state)
{
    (void)state;
    static uint8_t bytes[12000];
    static const char upgrade[] =
        "GET /stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\n" VERSION KEY "\r\n";
    int counts[] = {1, 3, 70}; /* 70 frames of 100 bytes: nearly the request buffer */
    for (int round = 0; round < 6; round++) {
        bool tls = round % 2 == 1;
        int frames = counts[round / 2];
        size_t n = sizeof(upgrade) - 1;
        memcpy(bytes, upgrade, n);
        for (int i = 0; i < frames; i++) {
            char text[101];
            padded_ping(text, 100, (unsigned)i);
            n += ws_frame(bytes + n, true, WS_TEXT, text, 100);
        }
        client_open(&clients[0], port_of(tls), tls);
        client_send(&clients[0], bytes, n);
        client_answer(&clients[0], &a, false);
        assert_int_equal(a.status, 101);
        do { /* one answer may stand for several questions, the last is always answered */
            ws_read_data(&clients[0], &f);
            assert_int_equal(f.opcode, WS_TEXT);
        } while (!answers(&f, (unsigned)frames - 1));
        client_close(&clients[0]);
    }
    harness_wait(&h, nobody);
    assert_int_equal(harness_live_stats(&h).messages_received, 2 * (1 + 3 + 70));
}

static void a_frame_may_come_byte_by_byte(void **state)
{
    (void)state;
    uint8_t bytes[512];
    char text[201];
    padded_ping(text, 200, 7);
    for (int tls = 0; tls < 2; tls++) {
        ws_open_stream(&clients[0], port_of(tls), tls);
        size_t n = ws_frame(bytes, true, WS_TEXT, text, 200);
        for (size_t i = 0; i < n; i++) {
            client_send(&clients[0], bytes + i, 1);
        }
        ws_expect_time(&clients[0], 7);
        client_close(&clients[0]);
    }
    harness_wait(&h, nobody);
}

static void a_message_may_come_in_fragments_with_a_ping_between(void **state)
{
    (void)state;
    uint8_t bytes[256];
    size_t n = ws_frame(bytes, false, WS_TEXT, "{\"op\":\"pi", 9);
    n += ws_frame(bytes + n, true, WS_PING, "p", 1);
    n += ws_frame(bytes + n, false, WS_CONTINUE, "ng\",\"t0\":5,", 11);
    n += ws_frame(bytes + n, false, WS_CONTINUE, "", 0);
    n += ws_frame(bytes + n, true, WS_CONTINUE, "\"x\":\"\xc3\xa9\"}", 9);
    ws_open_stream(&clients[0], h.http, false);
    client_send(&clients[0], bytes, n);
    ws_read(&clients[0], &f);
    assert_int_equal(f.opcode, WS_PONG);
    assert_string_equal(f.payload, "p");
    ws_expect_time(&clients[0], 5);
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
    uint8_t above[] = {0x81, 0xfe, 0x40, 0x01, 1, 2, 3, 4, 'x'}; /* 16,385 */
    expect_refusal(above, sizeof(above), 1009);
    static uint8_t sum[20000];
    static const char part[9000];
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

/* ---- Greetings in parts ------------------------------------------------------------------------ */

static void in_three_parts(void)
{
    harness_stop(&h);
    harness_defaults(&h);
    h.greeting_parts = 3;
    harness_start(&h);
}

static void a_raw_greeting_comes_whole_before_anything_else(void **state)
{
    (void)state;
    in_three_parts();
    ws_open(&clients[0], h.http, false);
    harness_publish(&h, "news");
    ws_expect(&clients[0], "greeting");
    ws_expect(&clients[0], "part 1");
    ws_expect(&clients[0], "part 2");
    harness_publish(&h, "more news");
    ws_read_data(&clients[0], &f);
    if (strcmp(f.payload, "news") == 0) { /* it came before the first part or behind it */
        ws_read_data(&clients[0], &f);
    }
    assert_string_equal(f.payload, "more news");
    client_close(&clients[0]);
    harness_wait(&h, nobody);
}

int main(void)
{
#define WEB_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        WEB_TEST(a_malformed_upgrade_is_refused),
        WEB_TEST(a_foreign_origin_is_refused),
        WEB_TEST(the_subprotocol_is_agreed_only_when_asked_for),
        WEB_TEST(greeting_answer_and_publication_arrive_in_order),
        WEB_TEST(large_messages_go_both_ways),
        WEB_TEST(frames_that_come_with_the_upgrade_are_not_lost),
        WEB_TEST(a_frame_may_come_byte_by_byte),
        WEB_TEST(a_message_may_come_in_fragments_with_a_ping_between),
        WEB_TEST(a_huge_frame_is_refused_before_anything_is_allocated),
        WEB_TEST(frames_that_break_the_protocol_are_refused),
        WEB_TEST(a_close_without_a_code_is_answered_without_one),
        WEB_TEST(a_raw_greeting_comes_whole_before_anything_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
