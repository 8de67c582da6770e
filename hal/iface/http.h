/* HTTP client: one blocking request with deadlines, TLS verified, the answer streamed to a sink.
 *
 * A client object is one keep-alive connection pool of one handle; it is used by one thread at a
 * time. Redirects are never followed. Certificates and host names are always verified for https.
 * Thread: each gv_http belongs to one thread at a time. */
#ifndef GV_HAL_IFACE_HTTP_H
#define GV_HAL_IFACE_HTTP_H

#include "firmware/base/bytes.h"

#include <stdatomic.h>

/** Receives the body in pieces, in order. Returns false to stop (the request then fails with
 *  GV_ERR_TOO_LARGE). */
typedef bool gv_http_sink(void *ctx, struct gv_view piece);
/** Receives each response header line "Name: value" without line end. */
typedef void gv_http_header_sink(void *ctx, struct gv_view line);

struct gv_http_request {
    const char *url;            /* http:// or https:// */
    const char *method;         /* "GET" or "POST" */
    const char *user_pass;      /* "user:password" for Basic, or NULL; a secret: never logged */
    const char *content_type;   /* with a body */
    struct gv_view body;        /* POST */
    const char *const *headers; /* further lines "Name: value", NULL-terminated; or NULL */
    bool
        public_only; /* no peer of a private, loopback or other special range or of a network that this
                       * machine is in, whatever its name */
    const atomic_bool *stop; /* true ends the request within about a second; or NULL */
    uint32_t connect_timeout_ms;
    uint32_t timeout_ms; /* whole transfer */
    gv_http_sink *sink;
    void *sink_ctx;
    gv_http_header_sink *header_sink; /* may be NULL */
    void *header_ctx;
};

struct gv_http_ops {
    enum gv_err (*perform)(void *ctx, const struct gv_http_request *request, int *status,
                           struct gv_fail *fail);
};

struct gv_http {
    const struct gv_http_ops *ops;
    void *ctx;
};

/** Returns: GV_OK with any HTTP status in *status; GV_ERR_UNAVAILABLE (refused, reset, no such
 *  host), GV_ERR_TIMEOUT, GV_ERR_CRYPTO (certificate or name wrong), GV_ERR_TOO_LARGE (sink
 *  stopped), GV_ERR_INVALID (url), GV_ERR_FORBIDDEN "http.private" (public_only), GV_ERR_CLOSED
 *  (stop). A connection that died while idle is retried once. */
GV_MUST_USE static inline enum gv_err gv_http_perform(struct gv_http *http,
                                                      const struct gv_http_request *request,
                                                      int *status, struct gv_fail *fail)
{
    return http->ops->perform(http->ctx, request, status, fail);
}

/** A sink that fills a lent buffer and keeps it NUL-terminated. */
struct gv_http_buffer {
    char *p;
    size_t n;
    size_t cap; /* bytes in p; at most cap - 1 are used */
};
static inline bool gv_http_buffer_sink(void *ctx, struct gv_view piece)
{
    struct gv_http_buffer *buffer = ctx;
    if (piece.n >= buffer->cap - buffer->n) {
        return false;
    }
    for (size_t i = 0; i < piece.n; i++) {
        buffer->p[buffer->n++] = (char)piece.p[i];
    }
    buffer->p[buffer->n] = '\0';
    return true;
}

#endif
