/* Net over a socket, plain or with TLS on it. Thread: the owner of the connection. */
#ifndef GV_HAL_LINUX_SOCKET_NET_H
#define GV_HAL_LINUX_SOCKET_NET_H

#include "hal/iface/net.h"
#include "hal/linux/tls.h"

/** Caller's storage. */
struct gv_socket_net {
    int fd;                          /* a connected stream socket; owned: close ends it */
    struct mbedtls_ssl_context *ssl; /* owned; NULL: plain */
};

/** Wrap a connected stream socket and make it non-blocking. Keeps `socket_net`, owns `fd`.
 *  Returns: GV_OK; GV_ERR_IO (not a usable descriptor; it stays the caller's). */
GV_MUST_USE enum gv_err gv_socket_net_open(struct gv_net *net, struct gv_socket_net *socket_net,
                                           int fd);

/** From now on its bytes go through this session, which is owned. In: session: on the same descriptor. */
void gv_socket_net_encrypt(struct gv_socket_net *socket_net, struct mbedtls_ssl_context *ssl);

#endif
