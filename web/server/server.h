/* Server: HTTP and HTTPS on CivetWeb, one table of routes, deny by default.
 *
 *   socket ──► accept guard ──► worker: TLS, parse ──► request checks ──► row of the table ──► handler
 *                                                                            └─ WebSocket row ──► seat
 * The server knows methods, paths, bodies and answers; what they mean is the handler's business.
 * A row that does not exist is 404, a path with another method 405 with Allow, a HEAD request is
 * answered by the GET row. A WebSocket leaves its worker after the upgrade (struct gv_upgrade_ops).
 *
 * One server per process (CivetWeb's extension files reach it without a context).
 * Threads: start, stop and reload from one thread; handlers run on the workers; everything that
 * takes a `struct gv_exchange` belongs to the handler it was given to, and ends with it. */
#ifndef GV_WEB_SERVER_SERVER_H
#define GV_WEB_SERVER_SERVER_H

#include "firmware/base/bytes.h"
#include "firmware/base/limits.h"
#include "hal/iface/net.h"

#include <stdint.h>

struct gv_server;
struct gv_exchange;
struct gv_reply;

/* ---- Requests ------------------------------------------------------------------------------ */

#define GV_WEB_PATH_MAX   256u /* decoded path with NUL; longer is 414 */
#define GV_WEB_PARAMS_MAX 3u   /* {placeholders} of one pattern */
#define GV_WEB_PEER_MAX   48u  /* IPv6 text with NUL */

struct gv_web_request {
    struct gv_view method; /* "GET" */
    struct gv_view
        path; /* decoded once; absolute, no "//", "." or ".." segment, no control character */
    struct gv_view query;    /* as sent, without the "?"; n = 0 when absent */
    struct gv_view host;     /* the Host header, always present */
    const char *peer;        /* address text without port */
    bool is_tls;             /* between client and us, or between client and a trusted proxy */
    bool is_loopback;        /* the peer is this machine (127.0.0.0/8 or ::1) */
    bool is_head;            /* answered by the GET row, without the body */
    uint64_t content_length; /* 0 when there is no body; chunked bodies are refused with 411 */
    uint64_t number;         /* of this request since start: for request ids and logs */
    const void *connection;  /* CivetWeb's; only for web/server */
};

/** A header's value, found without regard to case; p = NULL when absent. Repeated headers give the
 *  first, except Host, Content-Length, Transfer-Encoding and Origin: repeated ones are 400. */
struct gv_view gv_web_header(const struct gv_web_request *request, const char *name);

/** A query parameter, percent and plus decoded, NUL-terminated in `out`.
 *  Returns: GV_OK; GV_ERR_NOT_FOUND when absent; GV_ERR_INVALID "query.encoding" on a broken escape, a
 *  NUL or a repeated parameter; GV_ERR_TOO_LARGE "query.too_long". */
GV_MUST_USE enum gv_err gv_web_query(const struct gv_web_request *request, const char *name,
                                     char *out, size_t cap, size_t *out_len, struct gv_fail *fail);

/* ---- Routes -------------------------------------------------------------------------------- */

typedef void gv_handler(struct gv_exchange *x);

enum {
    GV_ROUTE_PLAIN = 1u << 0, /* served over plain http to every peer (CA certificate, health) */
    /* GET of a connection that leaves its worker, one kind for each bit; `handler` may veto by replying,
     * or be NULL. */
    GV_ROUTE_WEBSOCKET = 1u << 1,
    GV_ROUTE_SSE = 1u << 8,  /* server-sent events: text/event-stream */
    GV_ROUTE_POLL = 1u << 9, /* long poll: JSON, later */
    GV_ROUTE_LIVE = GV_ROUTE_WEBSOCKET | GV_ROUTE_SSE | GV_ROUTE_POLL,
    /* for the API layer alone */
    GV_ROUTE_UNCLAIMED = 1u << 2, /* answers also while nobody owns the box */
    GV_ROUTE_LOCAL = 1u << 3,     /* programs of this machine need no scope */
};

/** Nothing in a row is optional that decides who may do what: zero means forgotten, and a row that
 *  forgets something is refused at start. */
enum gv_csrf {
    GV_CSRF_FORGOTTEN,
    GV_CSRF_NONE,  /* reads, and writes that open nothing to the one who sends them */
    GV_CSRF_TOKEN, /* a session's writes carry its token; every write that has a scope */
};

/** What a request is counted as. Values and headers: rate.h. */
enum gv_rate_class {
    GV_RATE_FORGOTTEN,
    GV_RATE_FREE, /* not counted: the page, health, certificates */
    GV_RATE_READ,
    GV_RATE_WRITE,
    GV_RATE_BID,
    GV_RATE_LOGIN,
    GV_RATE_CHAT,
    GV_RATE_PSBT, /* signatures of whole ladders are checked */
};

/** `scope` of a row that everybody may use. */
#define GV_SCOPE_PUBLIC "public"
/** `operation` that the many rows of files share. */
#define GV_OPERATION_PAGE "page"

#define GV_ROUTES_MAX 192u

/** One row. Static memory of the caller, kept while the server runs. */
struct gv_route {
    const char *method;  /* "GET", "POST", "PUT", "PATCH", "DELETE" */
    const char *pattern; /* "/api/listings/{id}": a placeholder is a whole segment, never empty; a
                          * last segment "{rest*}" takes the remainder, slashes included */
    gv_handler *handler;
    const char *scope; /* what the API layer's gate asks for, or GV_SCOPE_PUBLIC */
    enum gv_csrf csrf;
    enum gv_rate_class rate;
    size_t body_max; /* largest request body; 0: none is taken (a body is 413) */
    unsigned flags;
    const char *
        operation; /* operationId in openapi.json and label in metrics; unique, but GV_OPERATION_PAGE */
    const void *extra; /* anything the API layer wants to find in its handler */
};

struct gv_exchange {
    const struct gv_web_request *request;
    const struct gv_route *route;             /* NULL while no row was found (error answers) */
    struct gv_view params[GV_WEB_PARAMS_MAX]; /* {placeholders} in order, decoded, not empty */
    struct gv_reply *reply;
    void *app; /* of gv_server_start */
    unsigned
        worker; /* 0..GV_HTTP_WORKERS-1, never shared by two running handlers: index your buffers */
};

/* ---- Answers ------------------------------------------------------------------------------- */

/* Order: status, headers, then exactly one of body, empty, or begin_chunked..end. The security headers,
 * Connection and Date are added by the server; a 503 or 429 without Retry-After gets one. A handler
 * that answers nothing is our mistake: it is logged and 500 is sent. */

/** Default 200. */
void gv_reply_status(struct gv_exchange *x, int status);
/** Add a header. One with control characters (it would split the answer), or one that does not fit
 *  into GV_WEB_HEADERS_MAX bytes for all headers together, is dropped and logged. */
#define GV_WEB_HEADERS_MAX 1536u
void gv_reply_header(struct gv_exchange *x, const char *name, const char *value);
/** Send the answer with Content-Length. HEAD sends only the head. The body may be freed afterwards. */
void gv_reply_body(struct gv_exchange *x, struct gv_view body, const char *content_type);
/** Send the answer without a body (204, 304, redirects). */
void gv_reply_empty(struct gv_exchange *x);

/** Set ETag (`tag` is given without quotes) and compare If-None-Match.
 *  Returns: true when the client has it; 304 was sent then and nothing else may be. Status must be 200. */
GV_MUST_USE bool gv_reply_not_modified(struct gv_exchange *x, const char *tag);

/** A long answer in parts. chunk and end answer GV_ERR_CLOSED when the client is gone or too slow;
 *  the handler then simply returns. For HEAD the parts are dropped. */
void gv_reply_begin_chunked(struct gv_exchange *x, const char *content_type);
GV_MUST_USE enum gv_err gv_reply_chunk(struct gv_exchange *x, struct gv_view part);
enum gv_err gv_reply_end(struct gv_exchange *x);

/** The request's error answer in the shape the API layer gives it (config.write_error). */
void gv_reply_fail(struct gv_exchange *x, int status, const struct gv_fail *fail);

/** HTTP status that an error class means: 400 invalid, 401, 403, 404, 409, 413, 503 ... */
int gv_http_status(enum gv_err err);
/** As gv_http_status, but for codes that have a status of their own: 408 slow body, 412 changed meanwhile,
 *  415 wrong type, 428 no If-Match. */
int gv_http_status_of(const struct gv_fail *fail);
/** "Not Found"; never NULL. */
const char *gv_http_reason(int status);

/* ---- Request bodies ------------------------------------------------------------------------ */

/** Read the whole body, content_length bytes (already <= route->body_max), into `buf`.
 *  The read has one deadline (config.body_ms plus the time the bytes need at GV_BODY_RATE_MIN).
 *  Returns: GV_OK and *n; GV_ERR_TOO_LARGE "body.too_large" when over cap; GV_ERR_TIMEOUT "body.slow"
 *  (408); GV_ERR_CLOSED "body.short" when the peer ended early. After a failure the connection closes. */
#define GV_BODY_RATE_MIN 65536u /* bytes per second a client must manage beyond body_ms */
GV_MUST_USE enum gv_err gv_body_read(struct gv_exchange *x, void *buf, size_t cap, size_t *n,
                                     struct gv_fail *fail);

/** Take the whole body in pieces, in order; what it is told to end with, it ends with.
 *  In: buf: lent for the pieces. Returns: as gv_body_read, without "body.too_large"; what take returned. */
typedef enum gv_err gv_body_take(void *ctx, struct gv_view piece, struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_body_each(struct gv_exchange *x, void *buf, size_t cap,
                                     gv_body_take *take, void *ctx, struct gv_fail *fail);

/** 415 unless Content-Type is `type` (parameters ignored). Returns GV_OK or GV_ERR_UNSUPPORTED. */
GV_MUST_USE enum gv_err gv_body_expect_type(const struct gv_exchange *x, const char *type,
                                            struct gv_fail *fail);

/* ---- Connections that leave their worker ---------------------------------------------------- */

#define GV_EARLY_BYTES_MAX 8192u

/** What a worker gives away: after this the worker knows nothing of the connection any more. */
struct gv_departure {
    struct gv_net net;          /* owned by the receiver, who must close it */
    struct gv_view early;       /* bytes that came with the request; valid during the call only */
    char peer[GV_WEB_PEER_MAX]; /* address text */
};

enum gv_upgrade_kind {
    GV_UPGRADE_WEBSOCKET,
    GV_UPGRADE_SSE,
    GV_UPGRADE_POLL
};

/** Who takes connections that leave (web/live). reserve comes before the head of the answer; every
 *  reservation ends in exactly one of release and take. After take the connection is behind that head:
 *  a WebSocket, or a body that ends with the connection. Thread: any worker. */
struct gv_upgrade_ops {
    /** A seat, or NULL: the request is refused with `fail`. `x` is valid during the call only. */
    void *(*reserve)(void *ctx, enum gv_upgrade_kind kind, const struct gv_exchange *x,
                     struct gv_fail *fail);
    void (*release)(void *ctx, void *seat);
    void (*take)(void *ctx, void *seat, const struct gv_departure *departure);
};

struct gv_upgrade {
    const struct gv_upgrade_ops *ops; /* NULL: live rows answer 503 */
    void *ctx;
};

/* ---- Start and stop ------------------------------------------------------------------------ */

/** Writes an error answer with gv_reply_*: JSON on /api, problem+json on /api/v1, HTML elsewhere.
 *  x->route is NULL when no row was found. `fail` is never NULL. */
typedef void gv_error_writer(struct gv_exchange *x, int status, const struct gv_fail *fail);

#define GV_PER_ADDRESS_ANY UINT32_MAX

struct gv_server_config {
    const char *http_address; /* "127.0.0.1", "::1", "" = every address of both families */
    uint16_t http_port;       /* 0: the system chooses (gv_server_http_port) */
    const char *https_address;
    uint16_t https_port;
    bool http; /* listen for plain http */
    bool
        tls; /* listen for https; then plain http serves loopback peers only, others are redirected */
    bool http_open; /* plain http serves every peer although tls is on (tests, a proxy in front) */
    uint16_t https_port_public; /* port named in redirects; 0: https_port */
    const char *cert_path;      /* PEM: leaf first, then the chain */
    const char *key_path;       /* PEM */
    bool hsts;                  /* tell browsers to keep to https, where that is safe (hsts.h) */
    unsigned workers;           /* 1..GV_HTTP_WORKERS; 0: GV_HTTP_WORKERS */
    /* Connections of one address (IPv6: one /64) with workers or waiting for one. 0: 16, or no cap
     * without TLS, where a proxy speaks for everybody;
     * GV_PER_ADDRESS_ANY: no cap. */
    unsigned per_address_max;
    bool cap_loopback;      /* loopback is not exempt from the cap (tests) */
    uint32_t handshake_ms;  /* whole TLS handshake; 0: 5,000 */
    uint32_t request_ms;    /* to a request's first byte, for its head, for one write; 0: 5,000 */
    uint32_t keep_alive_ms; /* idle between requests; 0: 5,000 */
    uint32_t body_ms;       /* see gv_body_read; 0: 10,000 */
    gv_error_writer *write_error;
    /** May this Host be served? NULL: every. False answers 421. */
    bool (*host_allowed)(void *app, struct gv_view host);
    /** May this request go on to its row (x->route; NULL: there is none)? False: it was answered. */
    bool (*admit)(struct gv_exchange *x);
    /** May whoever asks do this? The last question before a row's handler or seat. False: it was
     *  answered. NULL: everybody may do everything (tests of the server alone). */
    bool (*authorize)(struct gv_exchange *x);
    /** May pages of this Origin read, write and open a WebSocket here (CORS), apart from the same
     *  host's? NULL: none. */
    bool (*origin_allowed)(void *app, struct gv_view origin);
    /** Whose X-Forwarded-For, -Proto and -Host count; connections of theirs are not capped. NULL:
     *  nobody's. */
    const struct gv_subnets *proxies;
    struct gv_upgrade upgrade;
};

/** Bind, start the workers, serve. Keeps config's pointers and routes.
 *  Returns: GV_OK; GV_ERR_INVALID "server.route" (a row that is incomplete or nobody could reach);
 *  GV_ERR_IO "server.bind"; GV_ERR_CRYPTO "server.tls" (certificate or key); GV_ERR_STATE when a server
 *  runs already.  Thread: main, before the memory seal. */
GV_MUST_USE enum gv_err gv_server_start(struct gv_server **server,
                                        const struct gv_server_config *config,
                                        const struct gv_route *routes, size_t routes_n, void *app,
                                        struct gv_fail *fail);
/** Stop listening, end the workers. Stop the live thread first (departed connections use the TLS
 *  configuration). */
void gv_server_stop(struct gv_server *server);

/** Ports actually bound; 0 when that listener is off. */
uint16_t gv_server_http_port(const struct gv_server *server);
uint16_t gv_server_https_port(const struct gv_server *server);

/** Load certificate and key again; new handshakes use them, open connections keep theirs. On failure
 *  the old ones stay. */
GV_MUST_USE enum gv_err gv_server_reload_cert(struct gv_server *server, struct gv_fail *fail);

/* ---- Numbers ------------------------------------------------------------------------------- */

#define GV_HTTP_BUCKETS 11u /* upper bounds in microseconds: gv_http_bucket_us; the last is +Inf */
extern const uint64_t gv_http_bucket_us[GV_HTTP_BUCKETS];
#define GV_HTTP_CODES 24u /* gv_http_codes[i]; the last, 0, counts every other status */
extern const int gv_http_codes[GV_HTTP_CODES];

struct gv_route_stats {
    const char *operation; /* rows that share it are summed */
    const char *method;
    uint64_t by_code[GV_HTTP_CODES];
    uint64_t buckets[GV_HTTP_BUCKETS]; /* not cumulative */
    uint64_t duration_us_sum;
    uint64_t count;
};

struct gv_server_stats {
    uint64_t connections;        /* accepted */
    uint64_t connections_open;   /* now, queued or with a worker; departed ones are not */
    uint64_t refused_address;    /* over per_address_max */
    uint64_t handshakes;         /* completed */
    uint64_t handshakes_resumed; /* of these, by ticket */
    uint64_t handshakes_failed;  /* protocol errors, closed early */
    uint64_t handshakes_timed_out;
    uint64_t requests;
    uint64_t requests_malformed; /* refused before a row was looked for */
    uint64_t upgrades;           /* connections that left their worker */
    uint64_t upgrades_refused;
};

void gv_server_stats(const struct gv_server *server, struct gv_server_stats *stats);
/** Visit the counters, requests without a row last (operation "none"). Thread: any. */
void gv_server_each_route(const struct gv_server *server,
                          void (*visit)(void *ctx, const struct gv_route_stats *stats), void *ctx);

#endif
