/* Net over a plain socket. Thread: the owner of the connection. */
#ifndef GV_HAL_LINUX_SOCKET_NET_H
#define GV_HAL_LINUX_SOCKET_NET_H

#include "hal/iface/net.h"

/** Caller's storage. */
struct gv_socket_net {
    int fd; /* a connected stream socket; owned: close ends it */
};

/** Wrap a connected stream socket and make it non-blocking. Keeps `socket_net`, owns `fd`.
 *  Returns: GV_OK; GV_ERR_IO (not a usable descriptor; it stays the caller's). */
GV_MUST_USE enum gv_err gv_socket_net_open(struct gv_net *net, struct gv_socket_net *socket_net,
                                           int fd);

#endif
