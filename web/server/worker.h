/* Worker: everything one HTTP worker needs for the request it serves, fixed and owned by that worker.
 * Internal to web/server. Thread: the worker, except the atomics of struct gv_server. */
#ifndef GV_WEB_SERVER_WORKER_H
#define GV_WEB_SERVER_WORKER_H

#include "web/server/server.h"

#include <stdatomic.h>

struct mg_connection;
struct mg_context;

/* Request line and headers together. */
#define GV_REQUEST_HEAD_MAX 8192u
_Static_assert(GV_REQUEST_HEAD_MAX <= GV_EARLY_BYTES_MAX, "early bytes lie in the head's buffer");
/* CivetWeb keeps this many headers and ignores further ones. */
#define GV_REQUEST_HEADERS_MAX 64

/* Head and a small body leave in one write: status line and fixed headers 1,200, the handler's
 * headers, and most JSON answers. */
#define GV_REPLY_OUT_BYTES 8192u
_Static_assert(GV_REPLY_OUT_BYTES > 1200u + GV_WEB_HEADERS_MAX, "a head always fits");

enum gv_reply_state {
    GV_REPLY_OPEN,
    GV_REPLY_CHUNKED,
    GV_REPLY_DONE
};

struct gv_reply {
    enum gv_reply_state state;
    int status;
    bool broken;     /* a write failed: nothing more is sent */
    bool close;      /* Connection: close was, or must be, said */
    bool raw_chunks; /* HTTP/1.0: parts without chunk framing, the end is the close */
    bool has_cache_control;
    bool has_retry_after;
    bool has_etag;
    bool failing; /* the error writer is at work: no second error inside it */
    uint64_t write_started_ms;
    uint64_t written; /* bytes, for the write deadline */
    size_t extra_n;
    char extra[GV_WEB_HEADERS_MAX]; /* the handler's header lines */
    size_t out_n;
    char out[GV_REPLY_OUT_BYTES];
    int64_t date_s; /* of `date` */
    char date[40];  /* "Fri, 20 Nov 2026 21:31:17 GMT" */
};

struct gv_worker {
    struct gv_server *server;
    struct mg_connection *conn;
    unsigned index;
    struct gv_web_request request;
    struct gv_reply reply;
    struct gv_exchange exchange;
    char path[GV_WEB_PATH_MAX];
    char peer[GV_WEB_PEER_MAX];
    uint64_t started_us;
    void *seat;      /* reservation with the live thread */
    bool seat_ready; /* the head is out: hand over when CivetWeb closes */
};

struct gv_route_counters {
    atomic_uint_fast64_t by_code[GV_HTTP_CODES];
    atomic_uint_fast64_t buckets[GV_HTTP_BUCKETS];
    atomic_uint_fast64_t duration_us_sum;
};

struct gv_server {
    struct gv_server_config config;
    const struct gv_route *routes;
    size_t routes_n;
    void *app;
    struct mg_context *civetweb;
    uint16_t http_port;
    uint16_t https_port;
    atomic_uint workers_started;
    atomic_uint_fast64_t requests;
    atomic_uint_fast64_t malformed;
    atomic_uint_fast64_t upgrades;
    atomic_uint_fast64_t upgrades_refused;
    struct gv_route_counters counters[GV_ROUTES_MAX + 1]; /* the last: no row */
    struct gv_worker workers[GV_HTTP_WORKERS];
};

/** The worker that serves this exchange. */
static inline struct gv_worker *gv_worker_of(struct gv_exchange *x)
{
    return (struct gv_worker *)((char *)x - offsetof(struct gv_worker, exchange));
}

/* ---- request.c ---- */

/** Make worker->request an empty GET of "/": what error answers see before a request was read. */
void gv_request_clear(struct gv_worker *worker);
/** Check the request CivetWeb has parsed and describe it in worker->request.
 *  Returns: 0, or the HTTP status to refuse it with and `fail`. */
GV_MUST_USE int gv_request_read(struct gv_worker *worker, struct gv_fail *fail);

/** How often a header stands in the request. */
int gv_request_count(const struct gv_web_request *request, const char *name);
/** Is this a name or address with or without port, as Host has it? */
GV_MUST_USE bool gv_request_host_valid(struct gv_view host);
/** "host:8480" -> "host", "[::1]:8480" -> "[::1]" */
struct gv_view gv_request_host_name(struct gv_view host);

/* ---- path.c ---- */

/** Decode a request path once into `out` (NUL-terminated).
 *  Returns: GV_OK; GV_ERR_INVALID "path.encoding", "path.form"; GV_ERR_TOO_LARGE "path.too_long". */
GV_MUST_USE enum gv_err gv_path_decode(char *out, size_t cap, size_t *out_len, const char *raw,
                                       struct gv_fail *fail);

/* ---- reply.c ---- */

/** Send the head of an answer whose body is somebody else's and ends with the connection.
 *  Returns: false when the client is gone. */
GV_MUST_USE bool gv_reply_head(struct gv_worker *worker, const char *content_type);
/** Forget the previous answer. */
void gv_reply_reset(struct gv_worker *worker);
/** After the handler: make sure something complete was answered. */
void gv_reply_settle(struct gv_worker *worker);

/* ---- upgrade.c ---- */

/** Answer a request to a live row: refuse it, or send the head and keep the seat. */
void gv_upgrade_serve(struct gv_worker *worker);
/** CivetWeb closes the worker's connection: hand it over when its seat is ready, else free the seat. */
void gv_upgrade_closing(struct gv_worker *worker);

/* ---- stats.c ---- */

/** Count the worker's finished request. */
void gv_stats_count(struct gv_worker *worker);

#endif
