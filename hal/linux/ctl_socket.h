/* Control socket: how gavelctl speaks to gaveld on the same machine, by a Unix socket file.
 *
 * Who may connect is the file's mode; who has connected is told by the kernel, so a command can be
 * allowed by user. Only one daemon can listen: a file whose owner is alive is not taken over.
 * Thread: the one that opened it. Source: unix(7), SO_PEERCRED. */
#ifndef GV_HAL_LINUX_CTL_SOCKET_H
#define GV_HAL_LINUX_CTL_SOCKET_H

#include "firmware/base/err.h"

#include <sys/types.h>

#define GV_CTL_PATH_MAX 108 /* sun_path */

struct gv_ctl_socket {
    int fd; /* -1: closed */
    char path[GV_CTL_PATH_MAX];
};

/** Listen at `path`, replacing a file that a dead process left.
 *  Returns: GV_OK; GV_ERR_INVALID (path too long, or a file that is no socket);
 *           GV_ERR_CONFLICT (another process listens there); GV_ERR_IO.
 *  In:      mode: of the socket file, 0600 or 0660. */
GV_MUST_USE enum gv_err gv_ctl_listen(struct gv_ctl_socket *ctl, const char *path, mode_t mode,
                                      struct gv_fail *fail);

/** Accept one waiting connection; the listening descriptor is non-blocking, so poll it.
 *  Returns: GV_OK; GV_ERR_AGAIN (nobody waits); GV_ERR_IO.
 *  Out:     peer: blocking connection with close-on-exec, the caller's. uid: the peer's user. */
GV_MUST_USE enum gv_err gv_ctl_accept(const struct gv_ctl_socket *ctl, int *peer, uid_t *uid);

/** Stop listening and remove the file. A closed one is allowed. */
void gv_ctl_close(struct gv_ctl_socket *ctl);

/** The other side: connect to a daemon.
 *  Returns: GV_OK; GV_ERR_INVALID (path too long); GV_ERR_UNAVAILABLE (nobody listens);
 *           GV_ERR_FORBIDDEN (the file's mode); GV_ERR_IO.
 *  Out:     fd: blocking connection with close-on-exec, the caller's. */
GV_MUST_USE enum gv_err gv_ctl_connect(int *fd, const char *path, struct gv_fail *fail);

#endif
