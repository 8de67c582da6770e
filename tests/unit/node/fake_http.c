#include "tests/unit/node/fake_http.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

static bool deliver(const struct gv_http_request *request, const char *body, size_t piece)
{
    size_t n = strlen(body);
    size_t step = piece == 0 ? n : piece;
    for (size_t at = 0; at < n; at += step) {
        size_t len = n - at < step ? n - at : step;
        if (!request->sink(request->sink_ctx, gv_view_of(body + at, len))) {
            return false;
        }
    }
    return true;
}

static enum gv_err perform(void *ctx, const struct gv_http_request *request, int *status,
                           struct gv_fail *fail)
{
    struct fake_http *fake = ctx;
    GV_ASSERT(request->body.n < sizeof(fake->request));
    if (request->body.n > 0) {
        memcpy(fake->request, request->body.p, request->body.n);
    }
    fake->request[request->body.n] = '\0';
    GV_ASSERT(gv_text_copy(fake->url, sizeof(fake->url), request->url));
    GV_ASSERT(gv_text_copy(fake->method, sizeof(fake->method), request->method));
    const char *user_pass = request->user_pass == NULL ? "" : request->user_pass;
    GV_ASSERT(gv_text_copy(fake->user_pass, sizeof(fake->user_pass), user_pass));

    GV_ASSERT(fake->next < fake->answers_n);
    const struct fake_answer *answer = &fake->answers[fake->next++];
    if (answer->err != GV_OK) {
        return gv_fail(fail, answer->err, "http.fake", "scripted failure");
    }
    *status = answer->status;
    for (size_t i = 0; answer->headers[i] != NULL && request->header_sink != NULL; i++) {
        request->header_sink(request->header_ctx, gv_view_str(answer->headers[i]));
    }
    if (!deliver(request, answer->body, fake->piece)) {
        return gv_fail(fail, GV_ERR_TOO_LARGE, "http.sink", "the sink stopped");
    }
    return GV_OK;
}

struct gv_http fake_http_open(struct fake_http *fake)
{
    static const struct gv_http_ops ops = {.perform = perform};
    memset(fake, 0, sizeof(*fake));
    return (struct gv_http){.ops = &ops, .ctx = fake};
}

void fake_http_push(struct fake_http *fake, enum gv_err err, int status, const char *body)
{
    GV_ASSERT(fake->answers_n < FAKE_ANSWERS_MAX);
    fake->answers[fake->answers_n++] =
        (struct fake_answer){.err = err, .status = status, .body = body};
}
