#include "web/server/glue.h"
#include "web/server/hsts.h"
#include "web/server/ticks.h"
#include "web/server/turnover.h"
#include "web/server/waits.h"
#include "web/server/worker.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <civetweb.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* A client that a full or busy box sends away may ask again after so long. */
#define RETRY_AFTER_S "5"

/* Every answer carries these, pages and API alike: one rule is easier to check than two. */
static const char security_headers[] =
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(self), geolocation=()\r\n"
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'";
static const char security_rest[] =
    "; font-src 'self'; media-src 'self' blob:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'\r\n";

void gv_reply_reset(struct gv_worker *worker)
{
    struct gv_reply *reply = &worker->reply;
    reply->state = GV_REPLY_OPEN;
    reply->status = 200;
    reply->broken = false;
    reply->close = false;
    reply->raw_chunks = false;
    reply->has_cache_control = false;
    reply->has_retry_after = false;
    reply->has_etag = false;
    reply->failing = false;
    reply->write_started_ms = 0;
    reply->written = 0;
    reply->extra_n = 0;
    reply->out_n = 0;
}

/* ---- Writing ---------------------------------------------------------------------------------- */

/* One deadline for the whole answer, longer the more of it there is: a client that reads a byte now
 * and then does not keep a worker. */
static bool send_all(struct gv_worker *worker, const void *data, size_t n)
{
    struct gv_reply *reply = &worker->reply;
    const uint8_t *p = data;
    if (reply->write_started_ms == 0) {
        reply->write_started_ms = gv_now_ms();
    }
    reply->written += n;
    uint64_t deadline_ms = reply->write_started_ms + worker->server->config.request_ms +
                           reply->written * 1000u / GV_BODY_RATE_MIN;
    while (n > 0 && !reply->broken) {
        uint64_t now_ms = gv_now_ms();
        uint32_t left_ms = now_ms < deadline_ms ? (uint32_t)(deadline_ms - now_ms) : 0;
        int sent = left_ms > 0 ? gv_glue_write(worker->conn, p, n, left_ms) : -1;
        if (sent < 0) {
            reply->broken = true;
            reply->close = true;
            mg_disable_connection_keep_alive(worker->conn);
        } else {
            p += sent;
            n -= (size_t)sent;
            gv_waits_progress((uint64_t)sent);
        }
    }
    return !reply->broken;
}

/* ---- Head ------------------------------------------------------------------------------------- */

void gv_reply_status(struct gv_exchange *x, int status)
{
    x->reply->status = status;
}

static bool printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

void gv_reply_header(struct gv_exchange *x, const char *name, const char *value)
{
    struct gv_reply *reply = x->reply;
    GV_ASSERT(reply->state == GV_REPLY_OPEN);
    size_t room = sizeof(reply->extra) - reply->extra_n;
    int n = printable(value)
                ? snprintf(reply->extra + reply->extra_n, room, "%s: %s\r\n", name, value)
                : -1;
    if (n < 0 || (size_t)n >= room) {
        gv_log(GV_LOG_BROKEN, "server", "header dropped name=%s", name);
        return;
    }
    reply->extra_n += (size_t)n;
    reply->has_cache_control |= strcasecmp(name, "Cache-Control") == 0;
    reply->has_retry_after |= strcasecmp(name, "Retry-After") == 0;
    reply->has_etag |= strcasecmp(name, "ETag") == 0;
}

static const char *date_text(struct gv_reply *reply)
{
    time_t now = time(NULL);
    if (reply->date_s != (int64_t)now) {
        struct tm tm;
        reply->date_s = (int64_t)now;
        if (gmtime_r(&now, &tm) == NULL ||
            strftime(reply->date, sizeof(reply->date), "%a, %d %b %Y %H:%M:%S GMT", &tm) == 0) {
            reply->date[0] = '\0';
        }
    }
    return reply->date;
}

static bool must_close(struct gv_worker *worker)
{
    if (worker->reply.close || !gv_glue_keep_alive(worker->conn) ||
        gv_glue_body_outstanding(worker->conn) > 0) {
        return true;
    }
    return gv_turnover_due();
}

static void put_text(struct gv_writer *w, const char *text)
{
    gv_write_bytes(w, gv_view_str(text));
}

static void put_line(struct gv_writer *w, const char *name, const char *value)
{
    put_text(w, name);
    put_text(w, ": ");
    put_text(w, value);
    put_text(w, "\r\n");
}

/* Not every browser counts the page's own WebSocket address as 'self'. */
static void put_security(struct gv_writer *w, const struct gv_worker *worker)
{
    const struct gv_web_request *request = &worker->request;
    gv_write_bytes(w, gv_view_of(security_headers, sizeof(security_headers) - 1));
    if (request->host.n > 0) {
        put_text(w, request->is_tls ? " wss://" : " ws://");
        gv_write_bytes(w, request->host);
    }
    gv_write_bytes(w, gv_view_of(security_rest, sizeof(security_rest) - 1));
    if (worker->server->config.hsts && gv_hsts_applies(request)) {
        put_line(w, "Strict-Transport-Security", GV_HSTS_VALUE);
    }
}

/* How the body ends: so many bytes, in chunks, not at all, or at the close. */
enum {
    LENGTH_CHUNKED = -1,
    LENGTH_NONE = -2,
    LENGTH_CLOSE = -3
};

/* Compose the head in reply->out. */
static void compose_head(struct gv_worker *worker, int64_t length, const char *content_type)
{
    struct gv_reply *reply = &worker->reply;
    struct gv_writer w = gv_writer_of(reply->out, sizeof(reply->out));
    char number[64];
    reply->close = reply->close || length == LENGTH_CLOSE || must_close(worker);
    if (reply->close) {
        mg_disable_connection_keep_alive(worker->conn);
    }
    gv_format_cut(number, sizeof(number), "HTTP/1.1 %d ", reply->status);
    put_text(&w, number);
    put_text(&w, gv_http_reason(reply->status));
    put_text(&w, "\r\n");
    put_line(&w, "Date", date_text(reply));
    put_line(&w, "Connection", reply->close ? "close" : "keep-alive");
    if (content_type != NULL) {
        put_line(&w, "Content-Type", content_type);
    }
    if (length >= 0) {
        gv_format_cut(number, sizeof(number), "%" PRId64, length);
        put_line(&w, "Content-Length", number);
    } else if (length == LENGTH_CHUNKED) {
        put_line(&w, "Transfer-Encoding", "chunked");
    }
    if (!reply->has_cache_control) {
        put_line(&w, "Cache-Control", reply->has_etag ? "no-cache" : "no-store");
    }
    if (!reply->has_retry_after && (reply->status == 503 || reply->status == 429)) {
        put_line(&w, "Retry-After", RETRY_AFTER_S);
    }
    gv_write_bytes(&w, gv_view_of(reply->extra, reply->extra_n));
    put_security(&w, worker);
    put_text(&w, "\r\n");
    GV_ASSERT(!w.full);
    reply->out_n = w.n;
}

/* ---- Whole answers ---------------------------------------------------------------------------- */

void gv_reply_body(struct gv_exchange *x, struct gv_view body, const char *content_type)
{
    struct gv_worker *worker = gv_worker_of(x);
    struct gv_reply *reply = x->reply;
    GV_ASSERT(reply->state == GV_REPLY_OPEN);
    reply->state = GV_REPLY_DONE;
    compose_head(worker, (int64_t)body.n, content_type);
    if (x->request->is_head) {
        body.n = 0;
    }
    size_t room = sizeof(reply->out) - reply->out_n;
    size_t together = body.n <= room ? body.n : 0;
    if (together > 0) {
        memcpy(reply->out + reply->out_n, body.p, together);
        reply->out_n += together;
    }
    if (send_all(worker, reply->out, reply->out_n) && body.n > together) {
        (void)send_all(worker, body.p, body.n);
    }
}

void gv_reply_empty(struct gv_exchange *x)
{
    struct gv_worker *worker = gv_worker_of(x);
    struct gv_reply *reply = x->reply;
    GV_ASSERT(reply->state == GV_REPLY_OPEN);
    reply->state = GV_REPLY_DONE;
    bool bodyless = reply->status == 204 || reply->status == 304;
    compose_head(worker, bodyless ? LENGTH_NONE : 0, NULL);
    (void)send_all(worker, reply->out, reply->out_n);
}

/* Is the quoted tag in a comma-separated list? Weak tags count for reading (RFC 9110, 13.1.2). */
static bool list_has_tag(struct gv_view list, const char *tag)
{
    size_t tag_n = strlen(tag);
    if (gv_view_is(list, "*")) {
        return true;
    }
    for (size_t i = 0; i + tag_n + 2 <= list.n; i++) {
        bool opens = list.p[i] == '"' && (i == 0 || list.p[i - 1] == ' ' || list.p[i - 1] == ',' ||
                                          list.p[i - 1] == '/');
        if (opens && memcmp(list.p + i + 1, tag, tag_n) == 0 && list.p[i + 1 + tag_n] == '"') {
            return true;
        }
    }
    return false;
}

bool gv_reply_not_modified(struct gv_exchange *x, const char *tag)
{
    char quoted[96];
    gv_format_cut(quoted, sizeof(quoted), "\"%s\"", tag);
    gv_reply_header(x, "ETag", quoted);
    struct gv_view list = gv_web_header(x->request, "If-None-Match");
    if (x->reply->status != 200 || list.p == NULL || !list_has_tag(list, tag)) {
        return false;
    }
    x->reply->status = 304;
    gv_reply_empty(x);
    return true;
}

bool gv_reply_head(struct gv_worker *worker, const char *content_type)
{
    struct gv_reply *reply = &worker->reply;
    GV_ASSERT(reply->state == GV_REPLY_OPEN);
    reply->state = GV_REPLY_DONE;
    compose_head(worker, LENGTH_CLOSE, content_type);
    return send_all(worker, reply->out, reply->out_n);
}

/* ---- Answers in parts ------------------------------------------------------------------------- */

void gv_reply_begin_chunked(struct gv_exchange *x, const char *content_type)
{
    struct gv_worker *worker = gv_worker_of(x);
    struct gv_reply *reply = x->reply;
    GV_ASSERT(reply->state == GV_REPLY_OPEN);
    reply->state = GV_REPLY_CHUNKED;
    reply->raw_chunks = strcmp(mg_get_request_info(worker->conn)->http_version, "1.0") == 0;
    compose_head(worker, reply->raw_chunks ? LENGTH_CLOSE : LENGTH_CHUNKED, content_type);
}

/* Append to reply->out, sending it when it is full. */
static void put_out(struct gv_worker *worker, struct gv_view data)
{
    struct gv_reply *reply = &worker->reply;
    size_t room = sizeof(reply->out) - reply->out_n;
    if (data.n > room) {
        (void)send_all(worker, reply->out, reply->out_n);
        reply->out_n = 0;
        if (data.n > sizeof(reply->out)) {
            (void)send_all(worker, data.p, data.n);
            return;
        }
    }
    if (data.n > 0) {
        memcpy(reply->out + reply->out_n, data.p, data.n);
        reply->out_n += data.n;
    }
}

enum gv_err gv_reply_chunk(struct gv_exchange *x, struct gv_view part)
{
    struct gv_worker *worker = gv_worker_of(x);
    struct gv_reply *reply = x->reply;
    GV_ASSERT(reply->state == GV_REPLY_CHUNKED);
    if (part.n > 0 && !x->request->is_head) { /* an empty chunk would end the body */
        char size[32];
        gv_format_cut(size, sizeof(size), "%zx\r\n", part.n);
        if (!reply->raw_chunks) {
            put_out(worker, gv_view_str(size));
        }
        put_out(worker, part);
        if (!reply->raw_chunks) {
            put_out(worker, gv_view_str("\r\n"));
        }
    }
    return reply->broken ? GV_ERR_CLOSED : GV_OK;
}

enum gv_err gv_reply_end(struct gv_exchange *x)
{
    struct gv_worker *worker = gv_worker_of(x);
    struct gv_reply *reply = x->reply;
    GV_ASSERT(reply->state == GV_REPLY_CHUNKED);
    reply->state = GV_REPLY_DONE;
    if (!reply->raw_chunks && !x->request->is_head) {
        put_out(worker, gv_view_str("0\r\n\r\n"));
    }
    return send_all(worker, reply->out, reply->out_n) ? GV_OK : GV_ERR_CLOSED;
}

/* ---- Errors ----------------------------------------------------------------------------------- */

void gv_reply_fail(struct gv_exchange *x, int status, const struct gv_fail *fail)
{
    struct gv_worker *worker = gv_worker_of(x);
    gv_error_writer *write_error = worker->server->config.write_error;
    x->reply->status = status;
    if (write_error != NULL && !x->reply->failing) {
        x->reply->failing = true;
        write_error(x, status, fail);
    }
    if (x->reply->state == GV_REPLY_OPEN) {
        gv_reply_body(x, gv_view_str(fail->text), "text/plain; charset=utf-8");
    }
}

void gv_reply_settle(struct gv_worker *worker)
{
    struct gv_exchange *x = &worker->exchange;
    if (worker->reply.state == GV_REPLY_OPEN) {
        struct gv_fail fail;
        gv_log(GV_LOG_BROKEN, "server", "handler gave no answer route=%s",
               x->route != NULL ? x->route->pattern : "none");
        gv_fail(&fail, GV_ERR_STATE, "server.no_answer", "no answer was prepared");
        gv_reply_fail(x, 500, &fail);
    } else if (worker->reply.state == GV_REPLY_CHUNKED) {
        /* Given up half-way: only a close without the last chunk tells the client so. */
        (void)send_all(worker, worker->reply.out, worker->reply.out_n);
        worker->reply.close = true;
        mg_disable_connection_keep_alive(worker->conn);
    }
}
