#include "web/server/departure.h"

#include "firmware/base/pool.h"
#include "hal/linux/tls.h"
#include "web/server/guard.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

/* Bounds kernel memory for each client, and lets our ring notice a stalled one early. */
#define SEND_BUFFER_BYTES 16384

struct departed {
    int descriptor;
    struct mbedtls_ssl_context *ssl; /* NULL: plain */
};

GV_POOL_STORAGE(departed_connections, struct departed, GV_LIVE_CLIENTS_MAX);

void gv_departure_init(void)
{
    GV_POOL_INIT(departed_connections);
}

void gv_departure_deinit(void)
{
    gv_pool_deinit(&departed_connections);
}

static enum gv_err plain_recv(int descriptor, void *out, size_t cap, size_t *got)
{
    ssize_t n = recv(descriptor, out, cap, 0);
    if (n > 0) {
        *got = (size_t)n;
        return GV_OK;
    }
    if (n == 0 || errno == ECONNRESET) {
        return GV_ERR_CLOSED;
    }
    bool again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return again ? GV_ERR_AGAIN : GV_ERR_IO;
}

static enum gv_err plain_send(int descriptor, struct gv_view data, size_t *sent)
{
    ssize_t n = send(descriptor, data.p, data.n, MSG_NOSIGNAL);
    if (n > 0) {
        *sent = (size_t)n;
        return GV_OK;
    }
    if (errno == EPIPE || errno == ECONNRESET) {
        return GV_ERR_CLOSED;
    }
    bool again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return again ? GV_ERR_AGAIN : GV_ERR_IO;
}

static enum gv_err departed_recv(void *ctx, void *out, size_t cap, size_t *got)
{
    struct departed *departed = ctx;
    return departed->ssl != NULL ? gv_tls_recv(departed->ssl, out, cap, got)
                                 : plain_recv(departed->descriptor, out, cap, got);
}

static enum gv_err departed_send(void *ctx, struct gv_view data, size_t *sent)
{
    struct departed *departed = ctx;
    return departed->ssl != NULL ? gv_tls_send(departed->ssl, data, sent)
                                 : plain_send(departed->descriptor, data, sent);
}

static bool departed_pending(void *ctx)
{
    struct departed *departed = ctx;
    return departed->ssl != NULL && gv_tls_pending(departed->ssl);
}

static int departed_descriptor(void *ctx)
{
    struct departed *departed = ctx;
    return departed->descriptor;
}

static void departed_close(void *ctx)
{
    struct departed *departed = ctx;
    if (departed->ssl != NULL) {
        gv_tls_end(departed->ssl);
    }
    close(departed->descriptor);
    gv_pool_release(&departed_connections, departed);
}

static const struct gv_net_ops departed_ops = {
    .recv = departed_recv,
    .send = departed_send,
    .pending = departed_pending,
    .descriptor = departed_descriptor,
    .close = departed_close,
};

enum gv_err gv_departure_make(struct mg_connection *conn, struct gv_departure *departure)
{
    struct departed *departed = gv_pool_acquire(&departed_connections, 0);
    if (departed == NULL) {
        return GV_ERR_FULL;
    }
    struct gv_glue_detached detached;
    if (!gv_glue_detach(conn, &detached)) {
        gv_pool_release(&departed_connections, departed);
        return GV_ERR_STATE;
    }
    gv_guard_release(detached.descriptor);
    int bytes = SEND_BUFFER_BYTES;
    /* Only a help: without it the kernel chooses a larger buffer. */
    (void)setsockopt(detached.descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    departed->descriptor = detached.descriptor;
    departed->ssl = detached.ssl;
    departure->net = (struct gv_net){.ops = &departed_ops, .ctx = departed};
    departure->early = gv_view_of(detached.early, detached.early_n);
    return GV_OK;
}
