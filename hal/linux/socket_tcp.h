/* TCP on Linux: sockets and epoll. See hal/iface/tcp.h.
 *
 * Accepted connections have keep-alive probes (30 s, then 3 every 10 s), no delay, and a small send
 * buffer, so that a reader that stalls is noticed early. When the process has no descriptor left, who
 * waits is accepted with a spare one and sent away: the queue of the listener cannot block.
 * Limits: GV_TCP_SOCKETS_MAX connections (limits.h). Thread: as the interface; open, listen and target
 * before the first wait. */
#ifndef GV_HAL_LINUX_SOCKET_TCP_H
#define GV_HAL_LINUX_SOCKET_TCP_H

#include "firmware/base/limits.h"
#include "hal/iface/tcp.h"
#include "hal/linux/socket_net.h"

#include <sys/socket.h>

#define GV_TCP_LISTENERS_MAX 8u
#define GV_TCP_TARGETS_MAX   4u

struct gv_socket_tcp {
    int epoll_fd;
    int wake_fd;
    int spare_fd;
    uint32_t listeners;
    int listening[GV_TCP_LISTENERS_MAX];
    bool encrypted[GV_TCP_LISTENERS_MAX];
    uint32_t targets;
    struct sockaddr_storage target[GV_TCP_TARGETS_MAX];
    const struct gv_tls_client *client; /* NULL: targets are spoken to plainly */
    uint32_t next_socket;               /* where the search for a free one begins */
    struct gv_socket_net sockets[GV_TCP_SOCKETS_MAX];
};

/** Returns: GV_OK; GV_ERR_IO. Keeps `state` behind *tcp. */
GV_MUST_USE enum gv_err gv_socket_tcp_open(struct gv_tcp *tcp, struct gv_socket_tcp *state,
                                           struct gv_fail *fail);
/** Listen. In: address: of this machine, "127.0.0.1", "::"; port: 0 for any free one.
 *  Out: listener: its number; port: the real one.
 *  Returns: GV_OK; GV_ERR_INVALID (address); GV_ERR_CONFLICT (port is taken); GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_socket_tcp_listen(struct gv_socket_tcp *state, const char *address,
                                             uint16_t *port, uint32_t *listener,
                                             struct gv_fail *fail);
/** Whoever comes to this listener speaks TLS with the box's certificate: gv_tls_open before, gv_tls_close
 *  after gv_socket_tcp_close. */
void gv_socket_tcp_encrypt(struct gv_socket_tcp *state, uint32_t listener);
/** All targets are spoken to through TLS. Keeps client. */
void gv_socket_tcp_encrypt_targets(struct gv_socket_tcp *state, const struct gv_tls_client *client);
/** A place to dial. In: host: address or name (looked up here, which may block).
 *  Returns: GV_OK; GV_ERR_NOT_FOUND (name). */
GV_MUST_USE enum gv_err gv_socket_tcp_target(struct gv_socket_tcp *state, const char *host,
                                             uint16_t port, uint32_t *target, struct gv_fail *fail);
/** Close everything that is open. */
void gv_socket_tcp_close(struct gv_socket_tcp *state);

/** Is this an address that only this machine can reach? False when it is no address. */
bool gv_address_text_is_loopback(const char *address);

#endif
