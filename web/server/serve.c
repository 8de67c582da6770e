#include "web/server/serve.h"

#include "web/server/cors.h"
#include "web/server/glue.h"
#include "web/server/origin.h"
#include "web/server/router.h"
#include "web/server/ticks.h"
#include "web/server/turnover.h"
#include "web/server/waits.h"

#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <civetweb.h>
#include <string.h>

/* Unread body thrown away after an early answer, so that the answer arrives. */
#define DRAIN_BYTES ((size_t)2 * GV_BODY_MAX)
#define DRAIN_MS    1000u

static void begin(struct gv_worker *worker, struct mg_connection *conn)
{
    struct gv_server *server = worker->server;
    worker->conn = conn;
    worker->started_us = gv_now_us();
    worker->request.number = atomic_fetch_add(&server->requests, 1) + 1;
    (void)gv_log_set_request(worker->request.number);
    worker->exchange = (struct gv_exchange){
        .request = &worker->request,
        .reply = &worker->reply,
        .app = server->app,
        .worker = worker->index,
    };
    gv_request_clear(worker);
    gv_reply_reset(worker);
}

static void finish(struct gv_worker *worker)
{
    gv_reply_settle(worker);
    if (worker->seat == NULL && gv_glue_body_outstanding(worker->conn) > 0) {
        mg_disable_connection_keep_alive(worker->conn);
        gv_glue_drain(worker->conn, DRAIN_BYTES, gv_waits_cut() ? 0 : DRAIN_MS);
    }
    gv_stats_count(worker);
    (void)gv_log_set_request(0);
}

static bool is_read(const struct gv_worker *worker)
{
    return worker->request.is_head || gv_view_is(worker->request.method, "GET");
}

/* ---- Plain http beside https ------------------------------------------------------------------ */

static bool plain_allowed(const struct gv_worker *worker)
{
    const struct gv_server_config *config = &worker->server->config;
    const struct gv_route *route = worker->exchange.route;
    return worker->request.is_tls || !config->tls || config->http_open ||
           worker->request.is_loopback || (route != NULL && (route->flags & GV_ROUTE_PLAIN) != 0);
}

static void redirect(struct gv_worker *worker)
{
    struct gv_exchange *x = &worker->exchange;
    const struct gv_server *server = worker->server;
    const struct mg_request_info *info = mg_get_request_info(worker->conn);
    struct gv_view host = gv_request_host_name(worker->request.host);
    unsigned port = server->config.https_port_public != 0 ? server->config.https_port_public
                                                          : server->https_port;
    char where[1024];
    struct gv_fail fail;
    bool has_query = worker->request.query.n > 0;
    if (!gv_format(where, sizeof(where), "https://%.*s:%u%s%s%s", (int)host.n, (const char *)host.p,
                   port, info->request_uri, has_query ? "?" : "",
                   has_query ? info->query_string : "")) {
        gv_fail(&fail, GV_ERR_TOO_LARGE, "path.too_long", "the address is too long to redirect");
        gv_reply_fail(x, 414, &fail);
        return;
    }
    gv_reply_status(x, 308);
    gv_reply_header(x, "Location", where);
    gv_reply_empty(x);
}

static void refuse_plain(struct gv_worker *worker)
{
    struct gv_fail fail;
    if (is_read(worker)) {
        redirect(worker);
        return;
    }
    gv_fail(&fail, GV_ERR_FORBIDDEN, "http.plain", "use https");
    gv_reply_fail(&worker->exchange, 403, &fail);
}

/* ---- Rows ------------------------------------------------------------------------------------- */

static void refuse_unknown(struct gv_exchange *x, const char *allow)
{
    struct gv_fail fail;
    if (allow[0] == '\0') {
        gv_fail(&fail, GV_ERR_NOT_FOUND, "http.not_found", "nothing is at this path");
        gv_reply_fail(x, 404, &fail);
        return;
    }
    gv_fail(&fail, GV_ERR_INVALID, "http.method", "this path knows %s", allow);
    gv_reply_header(x, "Allow", allow);
    gv_reply_fail(x, 405, &fail);
}

static void serve_row(struct gv_worker *worker)
{
    struct gv_exchange *x = &worker->exchange;
    struct gv_fail fail;
    if (worker->request.content_length > x->route->body_max) {
        gv_fail(&fail, GV_ERR_TOO_LARGE, "body.too_large", "the body is longer than %zu bytes",
                x->route->body_max);
        gv_reply_fail(x, 413, &fail);
    } else if (worker->server->config.authorize != NULL && !worker->server->config.authorize(x)) {
        return; /* answered */
    } else if ((x->route->flags & GV_ROUTE_LIVE) != 0) {
        gv_upgrade_serve(worker);
    } else {
        x->route->handler(x);
    }
}

/* May this request go on? Otherwise it is answered. */
static bool admit(struct gv_worker *worker, const char *allow)
{
    const struct gv_server_config *config = &worker->server->config;
    struct gv_exchange *x = &worker->exchange;
    struct gv_fail fail;
    gv_cors_mark(worker);
    if (config->admit != NULL && !config->admit(x)) {
        return false;
    }
    if (gv_cors_preflight(worker, allow)) {
        return false;
    }
    if (!is_read(worker) && !gv_origin_matches(worker)) {
        gv_fail(&fail, GV_ERR_FORBIDDEN, "http.origin", "pages of this origin may not write here");
        gv_reply_fail(x, 403, &fail);
        return false;
    }
    return true;
}

static void dispatch(struct gv_worker *worker)
{
    const struct gv_server *server = worker->server;
    struct gv_exchange *x = &worker->exchange;
    struct gv_fail fail;
    char allow[64];
    if (server->config.host_allowed != NULL &&
        !server->config.host_allowed(server->app, worker->request.host)) {
        gv_fail(&fail, GV_ERR_INVALID, "http.misdirected", "this box is not called by that name");
        gv_reply_fail(x, 421, &fail);
        return;
    }
    x->route = gv_router_find(server->routes, server->routes_n, &worker->request, x->params, allow,
                              sizeof(allow));
    if (!admit(worker, allow)) {
        return;
    }
    if (!plain_allowed(worker)) {
        refuse_plain(worker);
    } else if (x->route == NULL) {
        refuse_unknown(x, allow);
    } else {
        serve_row(worker);
    }
}

int gv_serve(struct gv_worker *worker, struct mg_connection *conn)
{
    struct gv_fail fail;
    begin(worker, conn);
    int status = gv_request_read(worker, &fail);
    if (status != 0) {
        /* After a request of unclear length nothing on this connection can be trusted. */
        atomic_fetch_add(&worker->server->malformed, 1);
        worker->reply.close = true;
        gv_reply_fail(&worker->exchange, status, &fail);
    } else {
        dispatch(worker);
    }
    finish(worker);
    return worker->reply.status;
}

void gv_serve_malformed(struct gv_worker *worker, struct mg_connection *conn, int status,
                        const char *message)
{
    struct gv_fail fail;
    begin(worker, conn);
    atomic_fetch_add(&worker->server->malformed, 1);
    worker->reply.close = true;
    if (gv_glue_head_overflow(conn)) { /* CivetWeb calls that malformed, too */
        status = 431;
        gv_fail(&fail, GV_ERR_TOO_LARGE, "http.head_too_large",
                "request line and headers are longer than %u bytes", GV_REQUEST_HEAD_MAX);
    } else {
        gv_fail(&fail, GV_ERR_INVALID, "http.malformed", "%s", message);
    }
    gv_reply_fail(&worker->exchange, status, &fail);
    gv_glue_drain(conn, (size_t)8 * GV_REQUEST_HEAD_MAX, DRAIN_MS);
    gv_stats_count(worker);
    (void)gv_log_set_request(0);
}

void gv_glue_request_done(const struct mg_connection *conn)
{
    const struct gv_worker *worker = mg_get_thread_pointer(conn);
    if (worker->seat == NULL && !gv_glue_pipelined(conn)) {
        gv_turnover_idle(gv_glue_descriptor(conn));
    }
}

void gv_glue_message(const char *text)
{
    gv_log(GV_LOG_UNUSUAL, "civetweb", "message text=\"%s\"", text);
}
