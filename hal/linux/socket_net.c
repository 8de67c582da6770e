#include "hal/linux/socket_net.h"

#include "firmware/base/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static enum gv_err err_of_errno(void)
{
    switch (errno) {
    case EAGAIN:
#if EWOULDBLOCK != EAGAIN
    case EWOULDBLOCK:
#endif
    case EINTR:
        return GV_ERR_AGAIN;
    case EPIPE:
    case ECONNRESET:
        return GV_ERR_CLOSED;
    default:
        return GV_ERR_IO;
    }
}

static enum gv_err op_recv(void *ctx, void *out, size_t cap, size_t *got)
{
    const struct gv_socket_net *socket_net = ctx;
    GV_ASSERT(cap > 0); /* 0 would look like the end */
    *got = 0;
    if (socket_net->ssl != NULL) {
        return gv_tls_recv(socket_net->ssl, out, cap, got);
    }
    ssize_t n = recv(socket_net->fd, out, cap, 0);
    if (n < 0) {
        return err_of_errno();
    }
    if (n == 0) {
        return GV_ERR_CLOSED;
    }
    *got = (size_t)n;
    return GV_OK;
}

static enum gv_err op_send(void *ctx, struct gv_view data, size_t *sent)
{
    const struct gv_socket_net *socket_net = ctx;
    GV_ASSERT(data.n > 0);
    *sent = 0;
    if (socket_net->ssl != NULL) {
        return gv_tls_send(socket_net->ssl, data, sent);
    }
    ssize_t n = send(socket_net->fd, data.p, data.n, MSG_NOSIGNAL);
    if (n < 0) {
        return err_of_errno();
    }
    *sent = (size_t)n;
    return GV_OK;
}

static bool op_pending(void *ctx)
{
    const struct gv_socket_net *socket_net = ctx;
    return socket_net->ssl != NULL && gv_tls_pending(socket_net->ssl);
}

static int op_descriptor(void *ctx)
{
    const struct gv_socket_net *socket_net = ctx;
    return socket_net->fd;
}

static void op_close(void *ctx)
{
    struct gv_socket_net *socket_net = ctx;
    if (socket_net->ssl != NULL) {
        gv_tls_end(socket_net->ssl);
        socket_net->ssl = NULL;
    }
    if (socket_net->fd >= 0) {
        (void)close(socket_net->fd);
        socket_net->fd = -1;
    }
}

enum gv_err gv_socket_net_open(struct gv_net *net, struct gv_socket_net *socket_net, int fd)
{
    static const struct gv_net_ops net_ops = {
        .recv = op_recv,
        .send = op_send,
        .pending = op_pending,
        .descriptor = op_descriptor,
        .close = op_close,
    };
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        return GV_ERR_IO;
    }
    socket_net->fd = fd;
    socket_net->ssl = NULL;
    *net = (struct gv_net){.ops = &net_ops, .ctx = socket_net};
    return GV_OK;
}

void gv_socket_net_encrypt(struct gv_socket_net *socket_net, struct mbedtls_ssl_context *ssl)
{
    GV_ASSERT(socket_net->ssl == NULL);
    socket_net->ssl = ssl;
}
