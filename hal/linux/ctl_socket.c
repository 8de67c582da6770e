#include "hal/linux/ctl_socket.h"

#include "firmware/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 4

static enum gv_err io_failed(struct gv_fail *fail, const char *doing, const char *path)
{
    return gv_fail(fail, GV_ERR_IO, "ctl.io", "cannot %s the control socket %s (errno %d)", doing,
                   path, errno);
}

static enum gv_err address_of(struct sockaddr_un *address, const char *path, struct gv_fail *fail)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (!gv_text_copy(address->sun_path, sizeof(address->sun_path), path)) {
        return gv_fail(fail, GV_ERR_INVALID, "ctl.path",
                       "the path of the control socket is longer than %zu bytes",
                       sizeof(address->sun_path) - 1);
    }
    return GV_OK;
}

/* Free the name at `address` if what is there is a socket nobody listens on. */
static enum gv_err remove_stale(const struct sockaddr_un *address, struct gv_fail *fail)
{
    struct stat info;
    if (lstat(address->sun_path, &info) != 0) {
        return errno == ENOENT ? GV_OK : io_failed(fail, "look at", address->sun_path);
    }
    if (!S_ISSOCK(info.st_mode)) {
        return gv_fail(fail, GV_ERR_INVALID, "ctl.not_socket", "%s exists and is not a socket",
                       address->sun_path);
    }
    int fd = -1;
    enum gv_err err = gv_ctl_connect(&fd, address->sun_path, NULL);
    if (err == GV_OK) {
        (void)close(fd);
        return gv_fail(fail, GV_ERR_CONFLICT, "ctl.in_use", "another process listens at %s",
                       address->sun_path);
    }
    if (err != GV_ERR_UNAVAILABLE || unlink(address->sun_path) != 0) {
        return io_failed(fail, "remove the old", address->sun_path);
    }
    return GV_OK;
}

/* The mode is set between bind and listen: until then nobody can connect. */
static enum gv_err bind_and_listen(int fd, const struct sockaddr_un *address, mode_t mode,
                                   struct gv_fail *fail)
{
    if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
        return io_failed(fail, "bind", address->sun_path);
    }
    int flags = fcntl(fd, F_GETFL);
    if (chmod(address->sun_path, mode) != 0 || flags < 0 ||
        fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || listen(fd, BACKLOG) != 0) {
        enum gv_err err = io_failed(fail, "listen on", address->sun_path);
        (void)unlink(address->sun_path);
        return err;
    }
    return GV_OK;
}

enum gv_err gv_ctl_listen(struct gv_ctl_socket *ctl, const char *path, mode_t mode,
                          struct gv_fail *fail)
{
    struct sockaddr_un address;
    *ctl = (struct gv_ctl_socket){.fd = -1};
    enum gv_err err = address_of(&address, path, fail);
    if (err == GV_OK && !gv_text_copy(ctl->path, sizeof(ctl->path), path)) {
        err =
            gv_fail(fail, GV_ERR_INVALID, "ctl.path", "the path of the control socket is too long");
    }
    if (err == GV_OK) {
        err = remove_stale(&address, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return io_failed(fail, "make", path);
    }
    err = bind_and_listen(fd, &address, mode, fail);
    if (err != GV_OK) {
        (void)close(fd);
        return err;
    }
    ctl->fd = fd;
    return GV_OK;
}

enum gv_err gv_ctl_accept(const struct gv_ctl_socket *ctl, int *peer, uid_t *uid)
{
    struct ucred credentials;
    socklen_t n = sizeof(credentials);
    *peer = -1;
    int fd = accept4(ctl->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
        return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? GV_ERR_AGAIN
                                                                          : GV_ERR_IO;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &n) != 0 ||
        n != sizeof(credentials)) {
        (void)close(fd);
        return GV_ERR_IO;
    }
    *peer = fd;
    *uid = credentials.uid;
    return GV_OK;
}

void gv_ctl_close(struct gv_ctl_socket *ctl)
{
    if (ctl->fd >= 0) {
        (void)unlink(ctl->path);
        (void)close(ctl->fd);
        ctl->fd = -1;
    }
}

enum gv_err gv_ctl_connect(int *fd, const char *path, struct gv_fail *fail)
{
    struct sockaddr_un address;
    *fd = -1;
    enum gv_err err = address_of(&address, path, fail);
    if (err != GV_OK) {
        return err;
    }
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) {
        return io_failed(fail, "make", path);
    }
    if (connect(made, (const struct sockaddr *)&address, sizeof(address)) == 0) {
        *fd = made;
        return GV_OK;
    }
    int code = errno;
    (void)close(made);
    if (code == ENOENT || code == ECONNREFUSED) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "ctl.nobody", "no gaveld listens at %s", path);
    }
    if (code == EACCES || code == EPERM) {
        return gv_fail(fail, GV_ERR_FORBIDDEN, "ctl.forbidden", "this user may not use %s", path);
    }
    errno = code;
    return io_failed(fail, "connect to", path);
}
