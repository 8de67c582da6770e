#include "tests/unit/web/harness.h"

#include "firmware/base/heap.h"
#include "firmware/base/text.h"
#include "hal/linux/third_party_memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char cert_file[HARNESS_CERT_MAX];
static char key_file[HARNESS_CERT_MAX];

/* ---- Routes ----------------------------------------------------------------------------------- */

static void hello(struct gv_exchange *x)
{
    gv_reply_body(x, gv_view_str("hello"), "text/plain");
}

static void where(struct gv_exchange *x)
{
    char text[512];
    gv_format_cut(text, sizeof(text), "%.*s|%.*s|%s|%d|%u", (int)x->params[0].n,
                  (const char *)x->params[0].p, (int)x->params[1].n, (const char *)x->params[1].p,
                  x->request->peer, x->request->is_tls ? 1 : 0, x->worker);
    gv_reply_body(x, gv_view_str(text), "text/plain");
}

static void query(struct gv_exchange *x)
{
    char value[32];
    size_t n = 0;
    struct gv_fail fail;
    enum gv_err err = gv_web_query(x->request, "q", value, sizeof(value), &n, &fail);
    if (err != GV_OK) {
        gv_reply_fail(x, gv_http_status_of(&fail), &fail);
        return;
    }
    gv_reply_body(x, gv_view_of(value, n), "text/plain");
}

static void upload(struct gv_exchange *x)
{
    static char bodies[GV_HTTP_WORKERS][BODY_MAX];
    struct gv_fail fail;
    size_t n = 0;
    char text[64];
    enum gv_err err = gv_body_expect_type(x, "application/json", &fail);
    if (err == GV_OK) {
        err = gv_body_read(x, bodies[x->worker], BODY_MAX, &n, &fail);
    }
    if (err != GV_OK) {
        gv_reply_fail(x, gv_http_status_of(&fail), &fail);
        return;
    }
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum = sum * 31u + (uint8_t)bodies[x->worker][i];
    }
    gv_format_cut(text, sizeof(text), "%zu %u", n, sum);
    gv_reply_body(x, gv_view_str(text), "text/plain");
}

/* Answers without looking at the body. */
static void ignore(struct gv_exchange *x)
{
    gv_reply_body(x, gv_view_str("ignored"), "text/plain");
}

static void list(struct gv_exchange *x)
{
    char line[64];
    gv_reply_begin_chunked(x, "text/plain");
    for (int i = 0; i < 1000; i++) {
        gv_format_cut(line, sizeof(line), "line %d\n", i);
        if (gv_reply_chunk(x, gv_view_str(line)) != GV_OK) {
            return;
        }
    }
    (void)gv_reply_end(x);
}

static void tagged(struct gv_exchange *x)
{
    if (!gv_reply_not_modified(x, "a42-1093")) {
        gv_reply_body(x, gv_view_str("body"), "text/plain");
    }
}

static void full(struct gv_exchange *x)
{
    struct gv_fail fail;
    gv_fail(&fail, GV_ERR_FULL, "test.full", "no room");
    gv_reply_fail(x, gv_http_status_of(&fail), &fail);
}

static void split(struct gv_exchange *x)
{
    gv_reply_header(x, "X-Good", "yes");
    gv_reply_header(x, "X-Evil", "a\r\nSet-Cookie: b");
    gv_reply_body(x, gv_view_str("x"), "text/plain");
}

static void silent(struct gv_exchange *x)
{
    (void)x;
}

/* What every row must say, for rows that anybody may use. */
#define OPEN(name)                                                                                 \
    .scope = GV_SCOPE_PUBLIC, .csrf = GV_CSRF_NONE, .rate = GV_RATE_FREE, .operation = (name)

static const struct gv_route routes[] = {
    {.method = "GET", .pattern = "/hello", .handler = hello, OPEN("hello")},
    {.method = "GET",
     .pattern = "/plain",
     .handler = hello,
     OPEN("plain"),
     .flags = GV_ROUTE_PLAIN},
    {.method = "GET", .pattern = "/where/{a}/at/{b}", .handler = where, OPEN("where")},
    {.method = "GET", .pattern = "/query", .handler = query, OPEN("query")},
    {.method = "POST",
     .pattern = "/upload",
     .handler = upload,
     OPEN("upload"),
     .body_max = BODY_MAX},
    {.method = "POST",
     .pattern = "/ignore",
     .handler = ignore,
     OPEN("ignore"),
     .body_max = BODY_MAX},
    {.method = "DELETE", .pattern = "/ignore", .handler = ignore, OPEN("ignore_delete")},
    {.method = "GET", .pattern = "/list", .handler = list, OPEN("list")},
    {.method = "GET", .pattern = "/tagged", .handler = tagged, OPEN("tagged")},
    {.method = "GET", .pattern = "/full", .handler = full, OPEN("full")},
    {.method = "GET", .pattern = "/split", .handler = split, OPEN("split")},
    {.method = "GET", .pattern = "/silent", .handler = silent, OPEN("silent")},
    {.method = "GET",
     .pattern = "/live",
     OPEN("live"),
     .flags = GV_ROUTE_WEBSOCKET,
     .extra = "raw"},
    {.method = "GET", .pattern = "/stream", OPEN("stream"), .flags = GV_ROUTE_WEBSOCKET},
    {.method = "GET", .pattern = "/events", OPEN("events"), .flags = GV_ROUTE_SSE},
    {.method = "GET", .pattern = "/poll", OPEN("poll"), .flags = GV_ROUTE_POLL},
};

static void write_error(struct gv_exchange *x, int status, const struct gv_fail *fail)
{
    char text[400];
    gv_format_cut(text, sizeof(text), "{\"error\":\"%s\",\"status\":%d}", fail->code, status);
    gv_reply_body(x, gv_view_str(text), "application/json");
}

/* ---- What the live thread is lent --------------------------------------------------------------- */

static const struct gv_live_topic topics[] = {
    [HARNESS_RAW] = {.name = "raw", .is_raw = true},
    [HARNESS_NEWS] = {.name = "news"},
    [HARNESS_LOT] = {.name = "lot", .has_id = true},
    [HARNESS_SECRET] = {.name = "secret", .is_private = true},
};

static size_t snapshot(void *ctx, uint64_t channel, uint64_t *next, char *buf, size_t cap)
{
    struct harness *h = ctx;
    if (gv_live_channel_topic(channel) == HARNESS_RAW) {
        const uint64_t part = *next;
        *next = part + 1 < h->greeting_parts ? part + 1 : 0;
        gv_format_cut(buf, cap, part == 0 ? "greeting" : "part %u", (unsigned)part);
    } else {
        gv_format_cut(buf, cap, "{\"state\":%u,\"id\":%u}", atomic_load(&h->state),
                      (unsigned)gv_live_channel_id(channel));
    }
    return strlen(buf);
}

static uint64_t raw(void *ctx, const struct gv_exchange *x)
{
    (void)ctx;
    return x->route->extra != NULL ? gv_live_channel(HARNESS_RAW, 0) : 0;
}

/* ---- Start and stop --------------------------------------------------------------------------- */

static void copy_file(const char *to, const char *name, const char *suffix)
{
    char from[128];
    char bytes[4096];
    gv_format_cut(from, sizeof(from), "tests/unit/web/%s.%s", name, suffix);
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    size_t n = fread(bytes, 1, sizeof(bytes), in);
    assert_int_equal(fwrite(bytes, 1, n, out), n);
    fclose(in);
    fclose(out);
}

void harness_use_cert(const char *name)
{
    copy_file(cert_file, name, "pem");
    copy_file(key_file, name, "key");
}

const char *harness_cert_path(void)
{
    return cert_file;
}

static int count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    int n = 0;
    while (readdir(dir) != NULL) {
        n++;
    }
    closedir(dir);
    return n;
}

static void add_heap(void *ctx, const struct gv_heap_stats *stats)
{
    size_t *sum = ctx;
    *sum += stats->in_use;
}

static size_t heaps_in_use(void)
{
    size_t sum = 0;
    gv_heap_each(add_heap, &sum);
    return sum;
}

void harness_defaults(struct harness *h)
{
    static bool memory_ready;
    if (!memory_ready) {
        gv_memory_init();
        memory_ready = true;
    }
    gv_format_cut(cert_file, sizeof(cert_file), "/tmp/gavel-web-test-%ld.pem", (long)getpid());
    gv_format_cut(key_file, sizeof(key_file), "/tmp/gavel-web-test-%ld.key", (long)getpid());
    *h = (struct harness){
        .config = {.http_address = "127.0.0.1",
                   .https_address = "127.0.0.1",
                   .http = true,
                   .tls = true,
                   .cert_path = cert_file,
                   .key_path = key_file,
                   .write_error = write_error},
        .greeting_parts = 1,
        .live_config = {.topics = topics,
                        .topics_n = HARNESS_TOPICS,
                        .snapshot = snapshot,
                        .raw = raw,
                        .ctx = h},
    };
}

void harness_start(struct harness *h)
{
    struct gv_fail fail = {0};
    harness_use_cert("first");
    h->descriptors = count_descriptors();
    h->heap_in_use = heaps_in_use();
    assert_int_equal(gv_live_start(&h->live, &h->live_config, &fail), GV_OK);
    h->config.upgrade = gv_live_upgrade(h->live);
    enum gv_err err = gv_server_start(&h->server, &h->config, routes,
                                      sizeof(routes) / sizeof(routes[0]), h, &fail);
    if (err != GV_OK) {
        fail_msg("server did not start: %s", fail.text);
    }
    h->http = gv_server_http_port(h->server);
    h->https = gv_server_https_port(h->server);
}

void harness_stop_live(struct harness *h)
{
    gv_live_stop(h->live);
    h->live_stopped = true;
    assert_int_equal(harness_live_stats(h).clients, 0);
}

void harness_stop(struct harness *h)
{
    if (h->server == NULL) {
        return; /* a test that failed while it was stopped */
    }
    if (!h->live_stopped) {
        harness_stop_live(h);
    }
    gv_server_stop(h->server);
    h->server = NULL;
    unlink(cert_file);
    unlink(key_file);
    assert_int_equal(count_descriptors(), h->descriptors);
    /* The TLS library's own state (its generator and key slots) starts once and stays. */
    static size_t library_state;
    size_t grown = heaps_in_use() - h->heap_in_use;
    if (library_state == 0) {
        library_state = grown;
        assert_true(grown < 65536);
    } else {
        assert_int_equal(grown, 0);
    }
}

/* ---- Numbers ---------------------------------------------------------------------------------- */

struct gv_server_stats harness_server_stats(const struct harness *h)
{
    struct gv_server_stats stats;
    gv_server_stats(h->server, &stats);
    return stats;
}

struct gv_live_stats harness_live_stats(const struct harness *h)
{
    struct gv_live_stats stats;
    gv_live_stats(h->live, &stats);
    return stats;
}

static void nap(void)
{
    struct timespec ten_ms = {.tv_nsec = 10000000};
    nanosleep(&ten_ms, NULL);
}

void harness_wait(const struct harness *h, bool (*reached)(const struct harness *h))
{
    for (int i = 0; i < PATIENCE_S * 100; i++) {
        if (reached(h)) {
            return;
        }
        nap();
    }
    fail_msg("never reached");
}

void harness_publish(struct harness *h, const char *text)
{
    const struct gv_live_event event = {.channel = gv_live_channel(HARNESS_RAW, 0),
                                        .data = gv_view_str(text)};
    assert_int_equal(gv_live_publish(h->live, &event), GV_OK);
}

void harness_news(struct harness *h, uint64_t channel, const char *data)
{
    const struct gv_live_event event = {
        .channel = channel, .type = "event", .data = gv_view_str(data)};
    assert_int_equal(gv_live_publish(h->live, &event), GV_OK);
}
