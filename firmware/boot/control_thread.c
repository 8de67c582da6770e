#include "firmware/boot/control_thread.h"

#include "firmware/base/assert.h"
#include "firmware/base/beat.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "firmware/boot/thread.h"
#include "hal/linux/ctl_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PEER_TIMEOUT_S 2L
#define POLL_MS        250

static struct {
    const struct gv_control *control;
    struct gv_ctl_socket socket;
    pthread_t thread;
    atomic_bool stop;
    char line[GV_CONTROL_LINE_MAX + GV_JSON_PADDING];
    char reply[GV_CONTROL_REPLY_MAX];
} self;

/* Length of the line without its end, 0 when none came in time or it is too long. */
static size_t receive_line(int peer)
{
    const struct gv_clock *clock = self.control->clock;
    const uint64_t deadline_ms = gv_clock_mono(clock).ms + (uint64_t)PEER_TIMEOUT_S * 1000u;
    size_t n = 0;
    while (n < GV_CONTROL_LINE_MAX && gv_clock_mono(clock).ms < deadline_ms) {
        const ssize_t got = recv(peer, self.line + n, GV_CONTROL_LINE_MAX - n, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return 0;
        }
        n += (size_t)got;
        if (self.line[n - 1] == '\n') {
            return n - 1;
        }
    }
    return 0;
}

static void send_all(int peer, const char *bytes, size_t n)
{
    while (n > 0) {
        const ssize_t sent = send(peer, bytes, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return; /* the peer is gone: nobody is left to tell */
        }
        bytes += sent;
        n -= (size_t)sent;
    }
}

static void serve(int peer, uid_t uid)
{
    const struct timeval timeout = {.tv_sec = PEER_TIMEOUT_S};
    if (uid != 0 && uid != geteuid()) {
        gv_log(GV_LOG_UNUSUAL, "control", "refused uid=%lu", (unsigned long)uid);
        return;
    }
    if (setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) != 0 ||
        setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) != 0) {
        return;
    }
    const size_t n = receive_line(peer);
    if (n == 0) {
        return;
    }
    const size_t reply_n = gv_control_answer(self.control, self.line, n, self.reply);
    send_all(peer, self.reply, reply_n);
    gv_secure_zero(self.reply, reply_n);
    gv_secure_zero(self.line, sizeof(self.line)); /* a password may have been in it */
}

static void *run(void *unused)
{
    (void)unused;
    while (!atomic_load(&self.stop)) {
        struct pollfd wait = {.fd = self.socket.fd, .events = POLLIN};
        int peer = -1;
        uid_t uid = 0;
        gv_beat();
        if (poll(&wait, 1, POLL_MS) <= 0 || gv_ctl_accept(&self.socket, &peer, &uid) != GV_OK) {
            continue;
        }
        serve(peer, uid);
        close(peer);
    }
    return NULL;
}

enum gv_err gv_control_thread_start(const struct gv_control *control, const char *data_dir,
                                    struct gv_fail *fail)
{
    char path[GV_CTL_PATH_MAX];
    if (!gv_format(path, sizeof(path), "%s/ctl.sock", data_dir)) {
        return gv_fail(fail, GV_ERR_INVALID, "control.path",
                       "general.data_dir is too long for a socket");
    }
    self.control = control;
    atomic_store(&self.stop, false);
    enum gv_err err = gv_ctl_listen(&self.socket, path, 0600, fail);
    if (err != GV_OK) {
        return err;
    }
    err = gv_thread_start(&self.thread, "control", run, NULL, fail);
    if (err != GV_OK) {
        gv_ctl_close(&self.socket);
    }
    return err;
}

void gv_control_thread_stop(void)
{
    atomic_store(&self.stop, true);
    GV_ASSERT(pthread_join(self.thread, NULL) == 0);
    gv_ctl_close(&self.socket);
}
