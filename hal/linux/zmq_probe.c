#include "hal/linux/zmq_probe.h"

#include "firmware/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HOST_MAX      256u
#define GREETING_LEN  64u
#define SIGNATURE_LEN 10u

static uint64_t now_ms(void)
{
    struct timespec at = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000u + (uint64_t)at.tv_nsec / 1000000u;
}

static bool wait_for(int fd, short events, uint64_t deadline_ms)
{
    struct pollfd wait = {.fd = fd, .events = events};
    for (;;) {
        const uint64_t now = now_ms();
        const int rc = now < deadline_ms ? poll(&wait, 1, (int)(deadline_ms - now)) : 0;
        if (rc >= 0 || errno != EINTR) {
            return rc > 0;
        }
    }
}

/* "tcp://[::1]:28332" into host and port. */
static bool split(const char *endpoint, char host[HOST_MAX], const char **port)
{
    static const char scheme[] = "tcp://";
    if (strncmp(endpoint, scheme, sizeof(scheme) - 1) != 0) {
        return false;
    }
    const char *from = endpoint + sizeof(scheme) - 1;
    const char *colon = strrchr(from, ':');
    if (colon == NULL || colon == from || colon[1] == '\0') {
        return false;
    }
    size_t n = (size_t)(colon - from);
    if (n >= 2 && from[0] == '[' && from[n - 1] == ']') {
        from++;
        n -= 2;
    }
    uint64_t number = 0;
    *port = colon + 1;
    return gv_format(host, HOST_MAX, "%.*s", (int)n, from) &&
           gv_parse_u64(&number, gv_view_str(*port), UINT16_MAX) && number > 0;
}

static int connect_one(const struct addrinfo *address, uint64_t deadline_ms)
{
    int error = 0;
    socklen_t n = sizeof(error);
    const int fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                          address->ai_protocol);
    if (fd < 0) {
        return -1;
    }
    const bool connected = connect(fd, address->ai_addr, address->ai_addrlen) == 0 ||
                           (errno == EINPROGRESS && wait_for(fd, POLLOUT, deadline_ms) &&
                            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0);
    if (!connected) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static int connect_any(const char *host, const char *port, uint64_t deadline_ms)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int fd = -1;
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        return -1;
    }
    for (const struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next) {
        fd = connect_one(at, deadline_ms);
    }
    freeaddrinfo(found);
    return fd;
}

/* Ours goes out, the beginning of theirs comes in. */
static enum gv_err greet(int fd, uint64_t deadline_ms, struct gv_fail *fail)
{
    uint8_t greeting[GREETING_LEN] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'N', 'U', 'L', 'L'};
    uint8_t answer[SIGNATURE_LEN];
    size_t n = 0;
    if (send(fd, greeting, sizeof(greeting), MSG_NOSIGNAL) != (ssize_t)sizeof(greeting)) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "zmq.refused", "the connection was closed");
    }
    while (n < sizeof(answer)) {
        if (!wait_for(fd, POLLIN, deadline_ms)) {
            return gv_fail(fail, GV_ERR_TIMEOUT, "zmq.silent", "nothing was said there");
        }
        const ssize_t got = recv(fd, answer + n, sizeof(answer) - n, 0);
        if (got <= 0) {
            return gv_fail(fail, GV_ERR_UNSUPPORTED, "zmq.other", "this is no ZeroMQ publisher");
        }
        n += (size_t)got;
        if (answer[0] != 0xff) {
            return gv_fail(fail, GV_ERR_UNSUPPORTED, "zmq.other", "this is no ZeroMQ publisher");
        }
    }
    return (answer[SIGNATURE_LEN - 1] & 1) != 0
               ? GV_OK
               : gv_fail(fail, GV_ERR_UNSUPPORTED, "zmq.other", "this is no ZeroMQ publisher");
}

enum gv_err gv_zmq_probe(const char *endpoint, uint32_t timeout_ms, struct gv_fail *fail)
{
    char host[HOST_MAX];
    const char *port = NULL;
    if (!split(endpoint, host, &port)) {
        return gv_fail(fail, GV_ERR_INVALID, "zmq.endpoint",
                       "an endpoint is tcp://host:port, as bitcoin.conf has it");
    }
    const uint64_t deadline_ms = now_ms() + timeout_ms;
    const int fd = connect_any(host, port, deadline_ms);
    if (fd < 0) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "zmq.refused", "nobody answers at %s", endpoint);
    }
    const enum gv_err err = greet(fd, deadline_ms, fail);
    (void)close(fd);
    return err;
}
