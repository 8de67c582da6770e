#include "web/server/cors.h"

#include "firmware/base/text.h"

/* Every header that a route reads (but those that any request may carry), and that a page may read. */
#define REQUEST_HEADERS                                                                            \
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-API-Key"
#define ANSWER_HEADERS                                                                             \
    "Deprecation, ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, "       \
    "Retry-After, Sunset"
#define ORIGIN_MAX          264u /* scheme, name, port */
#define PREFLIGHT_MAX_AGE_S "600"

static bool is_configured(const struct gv_worker *worker, struct gv_view origin)
{
    const struct gv_server_config *config = &worker->server->config;
    return origin.p != NULL && config->origin_allowed(worker->server->app, origin);
}

void gv_cors_mark(struct gv_worker *worker)
{
    char text[ORIGIN_MAX];
    struct gv_exchange *x = &worker->exchange;
    if (worker->server->config.origin_allowed == NULL) {
        return;
    }
    const struct gv_view origin = gv_web_header(&worker->request, "Origin");
    gv_reply_header(x, "Vary", "Origin"); /* with and without it the answer differs */
    if (is_configured(worker, origin) &&
        gv_format(text, sizeof(text), "%.*s", (int)origin.n, (const char *)origin.p)) {
        gv_reply_header(x, "Access-Control-Allow-Origin", text);
        gv_reply_header(x, "Access-Control-Expose-Headers", ANSWER_HEADERS);
    }
}

bool gv_cors_preflight(struct gv_worker *worker, const char *allow)
{
    const struct gv_web_request *request = &worker->request;
    struct gv_exchange *x = &worker->exchange;
    if (worker->server->config.origin_allowed == NULL || allow[0] == '\0' ||
        !gv_view_is(request->method, "OPTIONS") ||
        gv_web_header(request, "Access-Control-Request-Method").p == NULL ||
        !is_configured(worker, gv_web_header(request, "Origin"))) {
        return false;
    }
    gv_reply_status(x, 204);
    gv_reply_header(x, "Access-Control-Allow-Methods", allow);
    gv_reply_header(x, "Access-Control-Allow-Headers", REQUEST_HEADERS);
    gv_reply_header(x, "Access-Control-Max-Age", PREFLIGHT_MAX_AGE_S);
    gv_reply_empty(x);
    return true;
}
