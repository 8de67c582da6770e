/* Net: a byte stream to a peer, plain or TLS, without blocking.
 *
 * The contract is the value: GV_ERR_AGAIN means "nothing yet", GV_ERR_CLOSED means the other side
 * has ended, and a count of zero is never used for either. Used by the live thread for
 * connections handed over by the HTTP workers, and by later TCP modules.
 * Thread: the owner of the connection. */
#ifndef GV_HAL_IFACE_NET_H
#define GV_HAL_IFACE_NET_H

#include "firmware/base/bytes.h"

struct gv_net_ops {
    enum gv_err (*recv)(void *ctx, void *out, size_t cap, size_t *got);
    enum gv_err (*send)(void *ctx, struct gv_view data, size_t *sent);
    bool (*pending)(void *ctx); /* bytes already decrypted that poll() will not announce */
    int (*descriptor)(void *ctx);
    void (*close)(void *ctx);
};

struct gv_net {
    const struct gv_net_ops *ops;
    void *ctx;
};

/** Returns: GV_OK with *got >= 1; GV_ERR_AGAIN; GV_ERR_CLOSED; GV_ERR_IO; GV_ERR_CRYPTO. */
GV_MUST_USE static inline enum gv_err gv_net_recv(struct gv_net *net, void *out, size_t cap,
                                                  size_t *got)
{
    return net->ops->recv(net->ctx, out, cap, got);
}

/** Returns: GV_OK with *sent >= 1; GV_ERR_AGAIN (repeat with the very same data); GV_ERR_CLOSED;
 *  GV_ERR_IO. */
GV_MUST_USE static inline enum gv_err gv_net_send(struct gv_net *net, struct gv_view data,
                                                  size_t *sent)
{
    return net->ops->send(net->ctx, data, sent);
}

static inline bool gv_net_pending(struct gv_net *net)
{
    return net->ops->pending(net->ctx);
}

static inline int gv_net_descriptor(struct gv_net *net)
{
    return net->ops->descriptor(net->ctx);
}

static inline void gv_net_close(struct gv_net *net)
{
    net->ops->close(net->ctx);
}

#endif
