#include "web/server/departure.h"
#include "web/server/origin.h"
#include "web/server/worker.h"

#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <civetweb.h>
#include <string.h>
#include <strings.h>

/* The only subprotocol spoken; a client that asks for none gets none. */
static const char subprotocol[] = "gavel.v1";

/* ---- Checks before the 101 -------------------------------------------------------------------- */

/* Does a comma-separated header hold this token? */
static bool has_token(struct gv_view list, const char *token)
{
    size_t token_n = strlen(token);
    size_t i = 0;
    while (i < list.n) {
        while (i < list.n && (list.p[i] == ' ' || list.p[i] == ',' || list.p[i] == '\t')) {
            i++;
        }
        size_t start = i;
        while (i < list.n && list.p[i] != ' ' && list.p[i] != ',' && list.p[i] != '\t') {
            i++;
        }
        if (i - start == token_n &&
            strncasecmp((const char *)list.p + start, token, token_n) == 0) {
            return true;
        }
    }
    return false;
}

static bool good_key(struct gv_view key)
{
    uint8_t nonce[16];
    size_t n = 0;
    return key.n == 24 &&
           gv_base64_decode(nonce, &n, sizeof(nonce), (const char *)key.p, key.n) == GV_OK &&
           n == sizeof(nonce);
}

static int check_websocket(const struct gv_web_request *request, struct gv_fail *fail)
{
    if (!has_token(gv_web_header(request, "Upgrade"), "websocket") ||
        !has_token(gv_web_header(request, "Connection"), "upgrade") ||
        !gv_view_is(gv_web_header(request, "Sec-WebSocket-Version"), "13")) {
        gv_fail(fail, GV_ERR_INVALID, "ws.upgrade", "this is a WebSocket of version 13");
        return 426;
    }
    if (!good_key(gv_web_header(request, "Sec-WebSocket-Key"))) {
        gv_fail(fail, GV_ERR_INVALID, "ws.request", "the WebSocket request is malformed");
        return 400;
    }
    return 0;
}

static int check(struct gv_worker *worker, enum gv_upgrade_kind kind, struct gv_fail *fail)
{
    const struct gv_web_request *request = &worker->request;
    const int status = kind == GV_UPGRADE_WEBSOCKET ? check_websocket(request, fail) : 0;
    if (status != 0) {
        return status;
    }
    if (request->is_head || request->content_length > 0) {
        gv_fail(fail, GV_ERR_INVALID, "ws.request", "a live connection is a GET without a body");
        return 400;
    }
    if (!gv_origin_matches(worker)) {
        gv_fail(fail, GV_ERR_FORBIDDEN, "ws.origin", "pages of this origin may not connect");
        return 403;
    }
    return 0;
}

/* ---- The upgrade ------------------------------------------------------------------------------ */

static void refuse(struct gv_worker *worker, int status, const struct gv_fail *fail)
{
    atomic_fetch_add(&worker->server->upgrades_refused, 1);
    if (status == 426) {
        gv_reply_header(&worker->exchange, "Upgrade", "websocket");
        gv_reply_header(&worker->exchange, "Sec-WebSocket-Version", "13");
    }
    gv_reply_fail(&worker->exchange, status, fail);
}

static bool send_switching(struct gv_worker *worker)
{
    struct gv_view key = gv_web_header(&worker->request, "Sec-WebSocket-Key");
    struct gv_view wanted = gv_web_header(&worker->request, "Sec-WebSocket-Protocol");
    char key_text[25];
    memcpy(key_text, key.p, 24); /* checked: 24 characters */
    key_text[24] = '\0';
    return gv_glue_websocket_accept(worker->conn, key_text,
                                    has_token(wanted, subprotocol) ? subprotocol : NULL);
}

static enum gv_upgrade_kind kind_of(const struct gv_route *route)
{
    if ((route->flags & GV_ROUTE_WEBSOCKET) != 0) {
        return GV_UPGRADE_WEBSOCKET;
    }
    return (route->flags & GV_ROUTE_SSE) != 0 ? GV_UPGRADE_SSE : GV_UPGRADE_POLL;
}

/* The head of the answer; everything behind it is the receiver's. */
static bool send_head(struct gv_worker *worker, enum gv_upgrade_kind kind)
{
    switch (kind) {
    case GV_UPGRADE_WEBSOCKET:
        worker->reply.state = GV_REPLY_DONE;
        worker->reply.status = 101;
        return send_switching(worker);
    case GV_UPGRADE_SSE:
        gv_reply_header(&worker->exchange, "X-Accel-Buffering", "no"); /* for a proxy in front */
        return gv_reply_head(worker, "text/event-stream");
    case GV_UPGRADE_POLL:
        break;
    }
    return gv_reply_head(worker, "application/json");
}

void gv_upgrade_serve(struct gv_worker *worker)
{
    struct gv_exchange *x = &worker->exchange;
    const struct gv_upgrade *upgrade = &worker->server->config.upgrade;
    const enum gv_upgrade_kind kind = kind_of(x->route);
    struct gv_fail fail;
    int status = check(worker, kind, &fail);
    if (status != 0) {
        refuse(worker, status, &fail);
        return;
    }
    if (x->route->handler != NULL) {
        x->route->handler(x);
        if (x->reply->state != GV_REPLY_OPEN) {
            atomic_fetch_add(&worker->server->upgrades_refused, 1);
            return;
        }
    }
    gv_fail(&fail, GV_ERR_FULL, "ws.full", "no place for another live connection");
    worker->seat =
        upgrade->ops != NULL ? upgrade->ops->reserve(upgrade->ctx, kind, x, &fail) : NULL;
    if (worker->seat == NULL) {
        refuse(worker, gv_http_status_of(&fail), &fail);
        return;
    }
    /* CivetWeb is done with the connection after this: its close callback hands it over. */
    x->reply->close = true;
    worker->seat_ready = send_head(worker, kind);
    mg_disable_connection_keep_alive(worker->conn);
}

void gv_upgrade_closing(struct gv_worker *worker)
{
    const struct gv_upgrade *upgrade = &worker->server->config.upgrade;
    if (worker->seat == NULL) {
        return;
    }
    struct gv_departure departure = {0};
    enum gv_err err = GV_ERR_STATE;
    if (worker->seat_ready) {
        gv_format_cut(departure.peer, sizeof(departure.peer), "%s", worker->peer);
        err = gv_departure_make(worker->conn, &departure);
    }
    if (err == GV_OK) {
        atomic_fetch_add(&worker->server->upgrades, 1);
        upgrade->ops->take(upgrade->ctx, worker->seat, &departure);
    } else {
        gv_log(GV_LOG_DEBUG, "server", "upgrade lost reason=%s", gv_err_slug(err));
        upgrade->ops->release(upgrade->ctx, worker->seat);
    }
    worker->seat = NULL;
    worker->seat_ready = false;
}
