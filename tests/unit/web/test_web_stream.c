/* gavel.v1 against a real server and live thread, over its three transports: snapshots and deltas,
 * resuming at the borders of the ring, what is private, and who cannot follow. */
#include "tests/unit/web/harness.h"

#include "firmware/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct harness h;
static struct client clients[4];
static struct answer a;
static struct frame f;

#define NEWS    gv_live_channel(HARNESS_NEWS, 0)
#define LOT(id) gv_live_channel(HARNESS_LOT, (id))
#define SECRET  gv_live_channel(HARNESS_SECRET, 0)

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

static void close_all(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        client_close(&clients[i]);
    }
}

static void say(struct client *c, const char *fmt, ...) GV_PRINTF(2, 3);
static void say(struct client *c, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    ws_send(c, WS_TEXT, text);
}

static uint64_t seq_of(const char *text)
{
    const char *at = strstr(text, "\"seq\":");
    assert_non_null(at);
    return strtoull(at + 6, NULL, 10);
}

/* The next frame has these members; its number. */
static uint64_t expect(struct client *c, const char *channel, const char *type, const char *data)
{
    char ch[64];
    char ty[64];
    char da[128];
    gv_format_cut(ch, sizeof(ch), "{\"v\":1,\"ch\":\"%s\",\"seq\":", channel);
    gv_format_cut(ty, sizeof(ty), ",\"type\":\"%s\",\"ts\":\"2", type);
    gv_format_cut(da, sizeof(da), "Z\",\"data\":%s}", data);
    ws_read_data(c, &f);
    assert_int_equal(f.opcode, WS_TEXT);
    const char *at = strstr(f.payload, ch);
    at = at != NULL ? strstr(at, ty) : NULL;
    at = at != NULL ? strstr(at, da) : NULL;
    if (at == NULL) {
        fail_msg("%s%s%s is not %s", ch, ty, da, f.payload);
    }
    return seq_of(f.payload);
}

/* ---- Snapshots and deltas ----------------------------------------------------------------------- */

static void a_channel_begins_with_its_state_and_goes_on_with_events(void **state)
{
    (void)state;
    for (int tls = 0; tls < 2; tls++) {
        struct client *c = &clients[0];
        atomic_store(&h.state, 5);
        ws_open_stream(c, tls ? h.https : h.http, tls);
        say(c, "{\"op\":\"sub\",\"ch\":\"lot:7\"}");
        const uint64_t seq = expect(c, "lot:7", "snapshot", "{\"state\":5,\"id\":7}");
        harness_news(&h, LOT(8), "\"not for us\"");
        harness_news(&h, LOT(7), "1");
        harness_news(&h, NEWS, "\"not for us\"");
        harness_news(&h, LOT(7), "2");
        assert_int_equal(expect(c, "lot:7", "event", "1"), seq + 2);
        assert_int_equal(expect(c, "lot:7", "event", "2"), seq + 4);
        say(c, "{\"op\":\"sub\",\"ch\":\"news\"}");
        assert_int_equal(expect(c, "news", "snapshot", "{\"state\":5,\"id\":0}"), seq + 4);
        say(c, "{\"op\":\"unsub\",\"ch\":\"lot:7\"}");
        ws_ask_time(c, 1);
        ws_expect_time(c, 1); /* the op before it was done */
        harness_news(&h, LOT(7), "3");
        harness_news(&h, NEWS, "4");
        assert_int_equal(expect(c, "news", "event", "4"), seq + 6);
        client_close(c);
    }
}

static void resuming_inside_the_ring_brings_what_was_missed_and_no_snapshot(void **state)
{
    (void)state;
    struct client *c = &clients[0];
    ws_open_stream(c, h.http, false);
    say(c, "{\"op\":\"sub\",\"ch\":\"news\"}");
    const uint64_t seq = expect(c, "news", "snapshot", "{\"state\":0,\"id\":0}");
    client_reset(c);
    for (unsigned i = 1; i <= 5; i++) {
        char text[8];
        gv_format_cut(text, sizeof(text), "%u", i);
        harness_news(&h, i == 3 ? LOT(1) : NEWS, text);
    }
    ws_open_stream(c, h.http, false);
    say(c, "{\"op\":\"sub\",\"ch\":\"news\",\"since\":%" PRIu64 "}", seq + 1);
    assert_int_equal(expect(c, "news", "event", "2"), seq + 2);
    assert_int_equal(expect(c, "news", "event", "4"), seq + 4);
    assert_int_equal(expect(c, "news", "event", "5"), seq + 5);
    /* another channel goes further back; the first is not told again */
    say(c, "{\"op\":\"sub\",\"ch\":\"lot:1\",\"since\":%" PRIu64 "}", seq);
    assert_int_equal(expect(c, "lot:1", "event", "3"), seq + 3);
    harness_news(&h, NEWS, "6");
    assert_int_equal(expect(c, "news", "event", "6"), seq + 6);
    client_close(c);
}

static void since_a_number_that_is_not_held_brings_a_snapshot(void **state)
{
    (void)state;
    struct client *c = &clients[0];
    for (unsigned i = 0; i < GV_LIVE_EVENTS + 10; i++) {
        harness_news(&h, NEWS, "1");
    }
    ws_open_stream(c, h.http, false);
    say(c, "{\"op\":\"sub\",\"ch\":\"news\"}");
    const uint64_t newest = expect(c, "news", "snapshot", "{\"state\":0,\"id\":0}");
    const uint64_t gone = newest - GV_LIVE_EVENTS - 1; /* the event behind it is gone */
    say(c, "{\"op\":\"sub\",\"ch\":\"news\",\"since\":%" PRIu64 "}", gone);
    assert_int_equal(expect(c, "news", "snapshot", "{\"state\":0,\"id\":0}"), newest);
    say(c, "{\"op\":\"sub\",\"ch\":\"news\",\"since\":%" PRIu64 "}", newest + 1);
    assert_int_equal(expect(c, "news", "snapshot", "{\"state\":0,\"id\":0}"), newest);
    say(c, "{\"op\":\"sub\",\"ch\":\"news\",\"since\":0}");
    assert_int_equal(expect(c, "news", "snapshot", "{\"state\":0,\"id\":0}"), newest);
    say(c, "{\"op\":\"sub\",\"ch\":\"news\",\"since\":%" PRIu64 "}", gone + 1);
    for (uint64_t seq = gone + 2; seq <= newest; seq++) {
        assert_int_equal(expect(c, "news", "event", "1"), seq); /* every one, far behind or not */
    }
    client_close(c);
}

static void a_reset_gives_every_channel_of_the_kind_a_fresh_snapshot(void **state)
{
    (void)state;
    struct client *c = &clients[0];
    ws_open_stream(c, h.http, false);
    say(c, "{\"op\":\"sub\",\"ch\":\"lot:1\"}");
    const uint64_t seq = expect(c, "lot:1", "snapshot", "{\"state\":0,\"id\":1}");
    say(c, "{\"op\":\"sub\",\"ch\":\"news\"}");
    expect(c, "news", "snapshot", "{\"state\":0,\"id\":0}");
    harness_news(&h, LOT(1), "1");
    expect(c, "lot:1", "event", "1");
    atomic_store(&h.state, 9);
    gv_live_reset(h.live, LOT(0));
    assert_int_equal(expect(c, "lot:1", "snapshot", "{\"state\":9,\"id\":1}"), seq + 2);
    harness_news(&h, NEWS, "2"); /* which was not reset */
    expect(c, "news", "event", "2");
    ws_open_stream(&clients[1], h.http, false); /* and who resumes from before it */
    say(&clients[1], "{\"op\":\"sub\",\"ch\":\"lot:1\",\"since\":%" PRIu64 "}", seq);
    ws_read_data(&clients[1], &f);
    while (strstr(f.payload, "\"type\":\"snapshot\"") == NULL) {
        assert_non_null(strstr(f.payload, "\"data\":1}"));
        ws_read_data(&clients[1], &f);
    }
    assert_non_null(strstr(f.payload, "{\"state\":9,\"id\":1}"));
    close_all(2);
}

static void prices_are_left_out_when_newer_ones_follow_and_bids_never(void **state)
{
    (void)state;
    struct client *c = &clients[0];
    ws_open_stream(c, h.http, false);
    say(c, "{\"op\":\"sub\",\"ch\":\"news\"}");
    const uint64_t seq = expect(c, "news", "snapshot", "{\"state\":0,\"id\":0}");
    client_reset(c);
    for (unsigned i = 0; i < 3; i++) {
        struct gv_live_event price = {.channel = NEWS,
                                      .type = "price",
                                      .newest_of = 1,
                                      .data = gv_view_str(i < 2 ? "\"old\"" : "\"new\"")};
        harness_news(&h, NEWS, "\"bid\"");
        assert_int_equal(gv_live_publish(h.live, &price), GV_OK);
    }
    ws_open_stream(c, h.http, false);
    say(c, "{\"op\":\"sub\",\"ch\":\"news\",\"since\":%" PRIu64 "}", seq);
    assert_int_equal(expect(c, "news", "event", "\"bid\""), seq + 1);
    assert_int_equal(expect(c, "news", "event", "\"bid\""), seq + 3);
    assert_int_equal(expect(c, "news", "event", "\"bid\""), seq + 5);
    assert_int_equal(expect(c, "news", "price", "\"new\""), seq + 6);
    client_close(c);
}

/* ---- What clients say wrong --------------------------------------------------------------------- */

static void expect_error(struct client *c, const char *text, const char *code)
{
    char member[64];
    gv_format_cut(member, sizeof(member), "{\"code\":\"%s\",\"detail\":\"", code);
    ws_send(c, WS_TEXT, text);
    WS_EXPECT(c, "\"ch\":\"system\"", "\"type\":\"error\"", member);
}

static void what_is_not_understood_is_answered_and_ends_nothing(void **state)
{
    (void)state;
    struct client *c = &clients[0];
    ws_open_stream(c, h.http, false);
    const char *const broken[] = {
        "", "{", "[]", "null", "\"sub\"", "{\"op\":\"sub\"} x", "{\"op\":\"sub\",\"op\":\"sub\"}"};
    for (unsigned i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        expect_error(c, broken[i], "op.syntax");
    }
    expect_error(c, "{}", "op.unknown");
    expect_error(c, "{\"op\":7}", "op.unknown");
    expect_error(c, "{\"op\":\"Sub\"}", "op.unknown");
    const char *const nowhere[] = {"nothing",
                                   "",
                                   "news:1",
                                   "newsx",
                                   "lot",
                                   "lot:",
                                   "lot:0",
                                   "lot:x",
                                   "lot:01",
                                   "lot:-1",
                                   "lot:72057594037927936",
                                   "raw"};
    for (unsigned i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
        char text[96];
        gv_format_cut(text, sizeof(text), "{\"op\":\"sub\",\"ch\":\"%s\"}", nowhere[i]);
        expect_error(c, text, "op.channel");
    }
    expect_error(c, "{\"op\":\"sub\",\"ch\":\"news\",\"since\":-1}", "op.number");
    expect_error(c, "{\"op\":\"sub\",\"ch\":\"news\",\"since\":\"1\"}", "op.number");
    expect_error(c, "{\"op\":\"ping\",\"t0\":1.5}", "op.number");
    expect_error(c, "{\"op\":\"auth\"}", "op.token");
    for (unsigned i = 1; i <= GV_LIVE_SUBS_MAX; i++) {
        char data[64];
        char name[16];
        say(c, "{\"op\":\"sub\",\"ch\":\"lot:%u\"}", i);
        gv_format_cut(name, sizeof(name), "lot:%u", i);
        gv_format_cut(data, sizeof(data), "{\"state\":0,\"id\":%u}", i);
        expect(c, name, "snapshot", data);
    }
    expect_error(c, "{\"op\":\"sub\",\"ch\":\"news\"}", "op.channels_full");
    client_close(c);
}

/* ---- Private channels --------------------------------------------------------------------------- */

static atomic_bool revoked;

static bool shows(const struct gv_live_credentials *credentials, const char *name,
                  const char *value)
{
    return credentials->x != NULL &&
           gv_view_is(gv_web_header(credentials->x->request, name), value);
}

static uint64_t authorize(void *ctx, uint64_t channel,
                          const struct gv_live_credentials *credentials)
{
    (void)ctx;
    const bool known = credentials->subject == 42 || gv_view_is(credentials->token, "good") ||
                       shows(credentials, "Cookie", "gavel_sid=good") ||
                       shows(credentials, "Authorization", "Bearer good");
    const bool may = channel == 0 || gv_live_channel_topic(channel) == HARNESS_SECRET;
    return known && may && !atomic_load(&revoked) ? 42 : 0;
}

static void with_accounts(struct harness *harness)
{
    atomic_store(&revoked, false);
    harness->live_config.authorize = authorize;
}

static bool four_denied(const struct harness *harness)
{
    return harness_live_stats(harness).ended[GV_LIVE_END_DENIED] == 4;
}

static void a_private_channel_is_for_those_who_may_hear_it(void **state)
{
    (void)state;
    struct client *c = &clients[0];
    ws_open_stream(c, h.http, false); /* no authorize: for nobody */
    say(c, "{\"op\":\"auth\",\"token\":\"good\"}");
    ws_expect_close(c, 4001);
    client_close(c);
    restart_with(with_accounts);
    const char *const refused[] = {"{\"op\":\"sub\",\"ch\":\"secret\"}",
                                   "{\"op\":\"auth\",\"token\":\"bad\"}"};
    for (unsigned i = 0; i < 2; i++) {
        ws_open_stream(c, h.http, false);
        ws_send(c, WS_TEXT, refused[i]);
        ws_expect_close(c, 4001);
        client_close(c);
    }
    ws_open_stream(c, h.http, false);
    say(c, "{\"op\":\"auth\",\"token\":\"good\"}");
    say(c, "{\"op\":\"sub\",\"ch\":\"secret\"}");
    do {
        ws_read_data(c, &f);
    } while (strstr(f.payload, "\"type\":\"time\"") != NULL);
    assert_non_null(strstr(f.payload, "\"ch\":\"secret\""));
    client_open(&clients[1], h.http, false); /* a session's cookie will do */
    ws_request(&clients[1], "/stream", "Cookie: gavel_sid=good\r\n");
    client_answer(&clients[1], &a, false);
    say(&clients[1], "{\"op\":\"sub\",\"ch\":\"secret\"}");
    do {
        ws_read_data(&clients[1], &f);
    } while (strstr(f.payload, "\"type\":\"time\"") != NULL);
    assert_non_null(strstr(f.payload, "\"ch\":\"secret\""));
    atomic_store(&revoked, true);
    ws_expect_close(c, 4001); /* while it listened */
    ws_expect_close(&clients[1], 4001);
    close_all(2);
    harness_wait(&h, four_denied);
}

static void hurried(struct harness *harness)
{
    with_accounts(harness);
    harness->live_config.auth_ms = 1;
}

static void who_signs_in_late_is_closed(void **state)
{
    (void)state;
    struct timespec ten_ms = {.tv_nsec = 10000000};
    restart_with(hurried);
    ws_open_stream(&clients[0], h.http, false);
    ws_ask_time(&clients[0], 1);
    ws_expect_time(&clients[0], 1); /* it is open, so its time runs */
    nanosleep(&ten_ms, NULL);
    say(&clients[0], "{\"op\":\"auth\",\"token\":\"good\"}");
    ws_expect_close(&clients[0], 4001);
    client_close(&clients[0]);
}

/* ---- Server-sent events --------------------------------------------------------------------------- */

static void get(struct client *c, const char *path, const char *more)
{
    char request[512];
    client_open(c, h.http, false);
    gv_format_cut(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", path,
                  more);
    client_text(c, request);
}

/* The next block of lines, up to an empty one. */
static const char *sse_block(struct client *c)
{
    static char block[16384];
    size_t n = 0;
    while (n < 2 || memcmp(block + n - 2, "\n\n", 2) != 0) {
        assert_true(n + 1 < sizeof(block));
        assert_int_equal(client_recv(c, block + n, 1), 1);
        n++;
    }
    block[n] = '\0';
    return block;
}

static void expect_head(struct client *c, const char *type)
{
    char line[2048];
    size_t n = 0;
    bool typed = false;
    do {
        n = 0;
        while (n == 0 || line[n - 1] != '\n') {
            assert_int_equal(client_recv(c, line + n, 1), 1);
            n++;
        }
        line[n] = '\0';
        typed = typed || (strncmp(line, "Content-Type: ", 14) == 0 && strstr(line, type) != NULL);
        assert_int_not_equal(strncmp(line, "Content-Length", 14), 0);
    } while (strcmp(line, "\r\n") != 0);
    assert_true(typed);
}

static uint64_t expect_event(struct client *c, const char *what)
{
    char id[64];
    const char *block = sse_block(c);
    const uint64_t seq = seq_of(block);
    gv_format_cut(id, sizeof(id), "id: %" PRIu64 "\ndata: {\"v\":1,", seq);
    if (strncmp(block, id, strlen(id)) != 0 || strstr(block, what) == NULL) {
        fail_msg("not %s and %s: %s", id, what, block);
    }
    return seq;
}

static void often(struct harness *harness)
{
    harness->live_config.time_ms = 50;
}

static void server_sent_events_carry_their_number_and_resume_behind_it(void **state)
{
    (void)state;
    struct client *c = &clients[0];
    char more[64];
    get(c, "/events?ch=news,lot:3", "");
    expect_head(c, "text/event-stream");
    const uint64_t seq = expect_event(c, "\"ch\":\"news\"");
    assert_int_equal(expect_event(c, "{\"state\":0,\"id\":3}"), seq);
    harness_news(&h, NEWS, "1");
    harness_news(&h, LOT(3), "2");
    assert_int_equal(expect_event(c, "\"data\":1}"), seq + 1);
    client_reset(c);
    harness_news(&h, NEWS, "3");
    gv_format_cut(more, sizeof(more), "Last-Event-ID: %" PRIu64 "\r\n", seq + 1);
    get(c, "/events?ch=news,lot:3&since=1", more);
    expect_head(c, "text/event-stream");
    assert_int_equal(expect_event(c, "\"data\":2}"), seq + 2);
    assert_int_equal(expect_event(c, "\"data\":3}"), seq + 3);
    client_close(c);
    restart_with(often);
    get(c, "/events?ch=news", "");
    expect_head(c, "text/event-stream");
    expect_event(c, "\"type\":\"snapshot\"");
    const char *block = sse_block(c);
    assert_int_equal(strncmp(block, "data: {\"v\":1,\"ch\":\"system\"", 26), 0); /* no number */
    assert_non_null(strstr(block, "\"type\":\"time\""));
    client_close(c);
}

/* ---- Long poll ------------------------------------------------------------------------------------ */

static uint64_t poll_answer(struct client *c)
{
    client_answer(c, &a, false);
    assert_int_equal(a.status, 200);
    client_close(c);
    assert_int_equal(strncmp(a.body, "{\"v\":1,\"items\":[", 16), 0);
    const char *end = strstr(a.body, "],\"seq\":");
    assert_non_null(end);
    assert_non_null(strstr(end, ",\"server_time_ms\":"));
    assert_int_equal(a.body[a.body_n - 1], '}');
    return strtoull(end + 8, NULL, 10);
}

static void a_long_poll_is_answered_by_state_by_what_was_missed_or_by_what_comes(void **state)
{
    (void)state;
    struct client *c = &clients[0];
    char path[128];
    get(c, "/poll?ch=news,lot:3", "");
    const uint64_t seq = poll_answer(c);
    assert_non_null(strstr(a.body, "},{\"v\":1,\"ch\":\"lot:3\"")); /* two snapshots */
    gv_format_cut(path, sizeof(path), "/poll?ch=news&since=%" PRIu64 "&wait=0", seq);
    get(c, path, "");
    assert_int_equal(poll_answer(c), seq);
    assert_non_null(strstr(a.body, "\"items\":[],")); /* nothing, at once */
    harness_news(&h, NEWS, "1");
    harness_news(&h, LOT(3), "2");
    harness_news(&h, NEWS, "3");
    gv_format_cut(path, sizeof(path), "/poll?ch=news&since=%" PRIu64, seq);
    get(c, path, "");
    assert_int_equal(poll_answer(c), seq + 3);
    assert_non_null(strstr(a.body, "\"data\":1},{\"v\":1,"));
    assert_null(strstr(a.body, "\"data\":2}"));
    gv_format_cut(path, sizeof(path), "/poll?ch=news&since=%" PRIu64 "&wait=60", seq + 3);
    get(c, path, "");
    while (harness_live_stats(&h).by_kind[GV_LIVE_POLL] == 0) { /* it waits, in no worker */
        struct timespec ms = {.tv_nsec = 1000000};
        nanosleep(&ms, NULL);
    }
    harness_news(&h, LOT(3), "4");
    harness_news(&h, NEWS, "5");
    assert_true(poll_answer(c) >= seq + 5);
    assert_non_null(strstr(a.body, "\"items\":[{\"v\":1,\"ch\":\"news\""));
    assert_non_null(strstr(a.body, "\"data\":5}]"));
    assert_true(harness_live_stats(&h).ended[GV_LIVE_END_ANSWERED] == 4);
}

static void requests_that_make_no_sense_are_refused_before_they_take_a_place(void **state)
{
    (void)state;
    const char *const bad[] = {"/poll",
                               "/events?ch=",
                               "/events?ch=raw",
                               "/events?ch=news,,lot:1",
                               "/poll?ch=news&ch=lot:1",
                               "/poll?ch=news&since=x",
                               "/poll?ch=news&wait=61",
                               "/poll?ch=news&wait=-1"};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        get(&clients[0], bad[i], "");
        client_answer(&clients[0], &a, false);
        if (a.status != 400) {
            fail_msg("%s: %d", bad[i], a.status);
        }
        client_close(&clients[0]);
    }
    get(&clients[0], "/events?ch=secret", "");
    client_answer(&clients[0], &a, false);
    assert_int_equal(a.status, 401);
    client_close(&clients[0]);
    get(&clients[0], "/events?ch=news", "Origin: https://evil.example\r\n");
    client_answer(&clients[0], &a, false);
    assert_int_equal(a.status, 403);
    client_close(&clients[0]);
    restart_with(with_accounts);
    get(&clients[0], "/poll?ch=secret", "Authorization: Bearer good\r\n");
    poll_answer(&clients[0]);
    assert_int_equal(harness_live_stats(&h).accepted, 1);
}

/* ---- Who cannot follow ---------------------------------------------------------------------------- */

static bool one_slow(const struct harness *harness)
{
    return harness_live_stats(harness).ended[GV_LIVE_END_SLOW] == 1;
}

static void a_stalled_client_of_each_kind_is_dropped_and_delays_nobody(void **state)
{
    (void)state;
    static char text[4001];
    const char *const ways[] = {"/stream", "/events?ch=news"};
    memset(text, 'z', sizeof(text) - 1);
    text[0] = '"';
    text[sizeof(text) - 2] = '"';
    for (unsigned way = 0; way < 2; way++) {
        if (way == 0) {
            ws_open_stream(&clients[1], h.http, false);
            say(&clients[1], "{\"op\":\"sub\",\"ch\":\"news\"}");
        } else {
            get(&clients[1], ways[way], "");
        }
        ws_open_stream(&clients[0], h.http, false);
        say(&clients[0], "{\"op\":\"sub\",\"ch\":\"news\"}");
        uint64_t seq = expect(&clients[0], "news", "snapshot", "{\"state\":0,\"id\":0}");
        for (unsigned i = 0; i < 1000 && !one_slow(&h); i++) {
            harness_news(&h, NEWS, text);
            ws_read_data(&clients[0], &f);
            assert_int_equal(seq_of(f.payload), ++seq);
        }
        harness_wait(&h, one_slow);
        close_all(2);
        stop(state);
        start(state);
    }
}

int main(void)
{
#define WEB_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        WEB_TEST(a_channel_begins_with_its_state_and_goes_on_with_events),
        WEB_TEST(resuming_inside_the_ring_brings_what_was_missed_and_no_snapshot),
        WEB_TEST(since_a_number_that_is_not_held_brings_a_snapshot),
        WEB_TEST(a_reset_gives_every_channel_of_the_kind_a_fresh_snapshot),
        WEB_TEST(prices_are_left_out_when_newer_ones_follow_and_bids_never),
        WEB_TEST(what_is_not_understood_is_answered_and_ends_nothing),
        WEB_TEST(a_private_channel_is_for_those_who_may_hear_it),
        WEB_TEST(who_signs_in_late_is_closed),
        WEB_TEST(server_sent_events_carry_their_number_and_resume_behind_it),
        WEB_TEST(a_long_poll_is_answered_by_state_by_what_was_missed_or_by_what_comes),
        WEB_TEST(requests_that_make_no_sense_are_refused_before_they_take_a_place),
        WEB_TEST(a_stalled_client_of_each_kind_is_dropped_and_delays_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
