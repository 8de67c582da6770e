/* TCP: connections that come in or go out, and one wait for all of them.
 *
 *   listener 0, 1, .. ──accept──► gv_net ─┐
 *   target 0, 1, ..   ──dial────► gv_net ─┴─watch──► wait ──► tokens that are ready
 *
 * Where the listeners listen and the targets are is the implementation's configuration: whoever uses this
 * interface knows them by number. Waiting is level-triggered: what is ready is told again until it was
 * taken. A connection that is closed is no longer watched.
 * One that is encrypted is greeted first: until then it is read from and sent to by nobody.
 * Thread: one for everything but wake, which any thread may call. */
#ifndef GV_HAL_IFACE_TCP_H
#define GV_HAL_IFACE_TCP_H

#include "hal/iface/net.h"

#define GV_TCP_PEER_TEXT_MAX 48u /* an IPv6 address with NUL */

/** Who is at the other end: one IPv4 address, or one IPv6 /64 (a household owns a whole one). */
struct gv_tcp_peer {
    uint8_t key[16];
    bool is_loopback;
    char text[GV_TCP_PEER_TEXT_MAX];
};

/* Tokens from here on are listeners: GV_TCP_LISTENER + its number. */
#define GV_TCP_LISTENER 0xff000000u

enum {
    GV_TCP_READ = 1u << 0,
    GV_TCP_WRITE = 1u << 1,
};

struct gv_tcp_ready {
    uint32_t token;
    unsigned what; /* GV_TCP_READ (also: it has ended), GV_TCP_WRITE */
};

struct gv_tcp_ops {
    enum gv_err (*accept)(void *ctx, uint32_t listener, struct gv_net *net,
                          struct gv_tcp_peer *peer);
    enum gv_err (*dial)(void *ctx, uint32_t target, struct gv_net *net);
    enum gv_err (*greet)(void *ctx, const struct gv_net *net);
    enum gv_err (*watch)(void *ctx, const struct gv_net *net, uint32_t token, unsigned what);
    uint32_t (*wait)(void *ctx, struct gv_tcp_ready *ready, uint32_t cap, uint32_t timeout_ms);
    void (*wake)(void *ctx);
};

struct gv_tcp {
    const struct gv_tcp_ops *ops;
    void *ctx;
};

/** Take one waiting connection.
 *  Returns: GV_OK; GV_ERR_AGAIN (nobody waits); GV_ERR_FULL (somebody waited, no socket is free: he was
 *  sent away). */
GV_MUST_USE static inline enum gv_err gv_tcp_accept(const struct gv_tcp *tcp, uint32_t listener,
                                                    struct gv_net *net, struct gv_tcp_peer *peer)
{
    return tcp->ops->accept(tcp->ctx, listener, net, peer);
}

/** Begin a connection; it stands when it is ready to write, and a send tells when it failed.
 *  Returns: GV_OK; GV_ERR_FULL; GV_ERR_IO. */
GV_MUST_USE static inline enum gv_err gv_tcp_dial(const struct gv_tcp *tcp, uint32_t target,
                                                  struct gv_net *net)
{
    return tcp->ops->dial(tcp->ctx, target, net);
}

/** Go on with what comes before the first byte: the handshake of an encrypted connection, which may take
 *  milliseconds; nothing for a plain one. One that was dialled must stand.
 *  Returns: GV_OK: bytes may flow; GV_ERR_AGAIN: when it is ready to read; GV_ERR_CRYPTO: end it. */
GV_MUST_USE static inline enum gv_err gv_tcp_greet(const struct gv_tcp *tcp,
                                                   const struct gv_net *net)
{
    return tcp->ops->greet(tcp->ctx, net);
}

/** Tell of this connection from now on, or what else to tell. In: token: below GV_TCP_LISTENER; what: 0
 *  for nothing but its end.  Returns: GV_OK; GV_ERR_FULL. */
GV_MUST_USE static inline enum gv_err
gv_tcp_watch(const struct gv_tcp *tcp, const struct gv_net *net, uint32_t token, unsigned what)
{
    return tcp->ops->watch(tcp->ctx, net, token, what);
}

/** Wait until something is ready, somebody calls wake, or the time is over.
 *  Returns: number of what is ready, at most `cap`. */
static inline uint32_t gv_tcp_wait(const struct gv_tcp *tcp, struct gv_tcp_ready *ready,
                                   uint32_t cap, uint32_t timeout_ms)
{
    return tcp->ops->wait(tcp->ctx, ready, cap, timeout_ms);
}

static inline void gv_tcp_wake(const struct gv_tcp *tcp)
{
    tcp->ops->wake(tcp->ctx);
}

#endif
