#include "web/server/glue.h"
#include "web/server/ticks.h"
#include "web/server/waits.h"
#include "web/server/worker.h"

#include "firmware/base/text.h"

#include <strings.h>

/* A client that asks first gets its 100; any other expectation cannot be met. */
static enum gv_err answer_expectation(struct gv_worker *worker, struct gv_fail *fail)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct gv_view expect = gv_web_header(&worker->request, "Expect");
    if (expect.p == NULL) {
        return GV_OK;
    }
    bool known = expect.n == 12 && strncasecmp((const char *)expect.p, "100-continue", 12) == 0;
    if (!known) {
        return gv_fail(fail, GV_ERR_INVALID, "http.expect", "only Expect: 100-continue is known");
    }
    int sent =
        gv_glue_write(worker->conn, go_on, sizeof(go_on) - 1, worker->server->config.request_ms);
    if (sent != (int)sizeof(go_on) - 1) {
        return gv_fail(fail, GV_ERR_CLOSED, "body.short", "the client is gone");
    }
    return GV_OK;
}

static enum gv_err read_all(struct gv_worker *worker, uint8_t *out, size_t n, struct gv_fail *fail)
{
    const struct gv_server_config *config = &worker->server->config;
    uint64_t deadline_ms = gv_now_ms() + config->body_ms + (uint64_t)n * 1000u / GV_BODY_RATE_MIN;
    size_t have = 0;
    while (have < n) {
        uint64_t now_ms = gv_now_ms();
        if (now_ms >= deadline_ms) {
            return gv_fail(fail, GV_ERR_TIMEOUT, "body.slow",
                           "the request body did not arrive in time");
        }
        uint64_t left_ms = deadline_ms - now_ms;
        if (left_ms > config->request_ms) {
            left_ms = config->request_ms;
        }
        int got = gv_glue_read(worker->conn, out + have, n - have, (uint32_t)left_ms);
        if (got < 0 && gv_waits_cut()) {
            return gv_fail(fail, GV_ERR_TIMEOUT, "body.slow",
                           "the request body came slowly and others were waiting");
        }
        if (got < 0) {
            return gv_fail(fail, GV_ERR_CLOSED, "body.short", "%zu of %zu body bytes arrived", have,
                           n);
        }
        have += (size_t)got;
        gv_waits_progress((uint64_t)got);
    }
    return GV_OK;
}

enum gv_err gv_body_read(struct gv_exchange *x, void *buf, size_t cap, size_t *n,
                         struct gv_fail *fail)
{
    struct gv_worker *worker = gv_worker_of(x);
    uint64_t length = x->request->content_length;
    *n = 0;
    if (length > cap) {
        return gv_fail(fail, GV_ERR_TOO_LARGE, "body.too_large",
                       "the body is longer than %zu bytes", cap);
    }
    enum gv_err err = GV_OK;
    if (gv_glue_body_outstanding(worker->conn) > 0) {
        err = answer_expectation(worker, fail);
    }
    if (err == GV_OK) {
        err = read_all(worker, buf, (size_t)length, fail);
    }
    if (err == GV_OK) {
        *n = (size_t)length;
    } else {
        x->reply->close = true;
    }
    return err;
}

enum gv_err gv_body_each(struct gv_exchange *x, void *buf, size_t cap, gv_body_take *take,
                         void *ctx, struct gv_fail *fail)
{
    struct gv_worker *worker = gv_worker_of(x);
    uint64_t left = x->request->content_length;
    enum gv_err err = GV_OK;
    if (gv_glue_body_outstanding(worker->conn) > 0) {
        err = answer_expectation(worker, fail);
    }
    while (left > 0 && err == GV_OK) {
        const size_t n = left < cap ? (size_t)left : cap;
        err = read_all(worker, buf, n, fail); /* a deadline for each piece */
        if (err == GV_OK) {
            err = take(ctx, gv_view_of(buf, n), fail);
        }
        left -= n;
    }
    if (err != GV_OK) {
        x->reply->close = true;
    }
    return err;
}

enum gv_err gv_body_expect_type(const struct gv_exchange *x, const char *type, struct gv_fail *fail)
{
    struct gv_view value = gv_web_header(x->request, "Content-Type");
    size_t n = 0;
    while (n < value.n && value.p[n] != ';' && value.p[n] != ' ') {
        n++;
    }
    struct gv_view wanted = gv_view_str(type);
    bool same = n == wanted.n && n > 0 && strncasecmp((const char *)value.p, type, n) == 0;
    if (!same) {
        return gv_fail(fail, GV_ERR_UNSUPPORTED, "body.type", "send Content-Type: %s", type);
    }
    return GV_OK;
}
