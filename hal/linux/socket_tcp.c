#include "hal/linux/socket_tcp.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BACKLOG       511
#define EVENTS_MAX    128u
#define WAKE_TOKEN    UINT32_MAX
#define SEND_BUFFER   32768
#define KEEP_IDLE_S   30
#define KEEP_EVERY_S  10
#define KEEP_PROBES   3
#define DEAD_AFTER_MS 60000 /* sent and never acknowledged */

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_storage storage;
};

/* ---- addresses ----------------------------------------------------------------------------------- */

static bool parse_address(union address *out, socklen_t *n, const char *text, uint16_t port)
{
    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET, text, &out->in.sin_addr) == 1) {
        out->in.sin_family = AF_INET;
        out->in.sin_port = htons(port);
        *n = sizeof(out->in);
        return true;
    }
    if (inet_pton(AF_INET6, text, &out->in6.sin6_addr) == 1) {
        out->in6.sin6_family = AF_INET6;
        out->in6.sin6_port = htons(port);
        *n = sizeof(out->in6);
        return true;
    }
    return false;
}

static bool is_loopback(const union address *address)
{
    if (address->any.sa_family == AF_INET) {
        return ntohl(address->in.sin_addr.s_addr) >> 24 == 127;
    }
    const struct in6_addr *in6 = &address->in6.sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(in6) || (IN6_IS_ADDR_V4MAPPED(in6) && in6->s6_addr[12] == 127);
}

bool gv_address_text_is_loopback(const char *address)
{
    union address parsed;
    socklen_t n;
    return parse_address(&parsed, &n, address, 0) && is_loopback(&parsed);
}

static void describe(struct gv_tcp_peer *peer, const union address *address)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    memset(peer, 0, sizeof(*peer));
    peer->is_loopback = is_loopback(address);
    const void *four = NULL;
    if (address->any.sa_family == AF_INET) {
        four = &address->in.sin_addr;
    } else if (IN6_IS_ADDR_V4MAPPED(&address->in6.sin6_addr)) {
        four = address->in6.sin6_addr.s6_addr + sizeof(mapped);
    }
    const char *text;
    if (four != NULL) {
        memcpy(peer->key, mapped, sizeof(mapped));
        memcpy(peer->key + sizeof(mapped), four, 4);
        text = inet_ntop(AF_INET, four, peer->text, sizeof(peer->text));
    } else {
        memcpy(peer->key, address->in6.sin6_addr.s6_addr, peer->is_loopback ? 16 : 8);
        text = inet_ntop(AF_INET6, &address->in6.sin6_addr, peer->text, sizeof(peer->text));
    }
    GV_ASSERT(text != NULL);
}

/* ---- sockets --------------------------------------------------------------------------------------- */

static void set(int fd, int level, int option, int value)
{
    /* None of these is needed for correctness: a kernel without one serves as well. */
    (void)setsockopt(fd, level, option, &value, sizeof(value));
}

static void tune(int fd)
{
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_EVERY_S);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_PROBES);
    set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, DEAD_AFTER_MS);
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

static struct gv_socket_net *free_socket(struct gv_socket_tcp *state)
{
    for (uint32_t i = 0; i < GV_TCP_SOCKETS_MAX; i++) {
        struct gv_socket_net *socket_net = &state->sockets[state->next_socket];
        state->next_socket = (state->next_socket + 1u) % GV_TCP_SOCKETS_MAX;
        if (socket_net->fd < 0) {
            return socket_net;
        }
    }
    return NULL;
}

/* The kernel has no descriptor for us: send whoever waits away with the spare one. */
static enum gv_err send_away(struct gv_socket_tcp *state, int listening)
{
    close(state->spare_fd);
    const int fd = accept(listening, NULL, NULL);
    if (fd >= 0) {
        close(fd);
    }
    state->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? GV_ERR_FULL : GV_ERR_AGAIN;
}

static enum gv_err begin_tls(struct gv_net *net, struct mbedtls_ssl_context *ssl)
{
    if (ssl == NULL) {
        gv_net_close(net);
        return GV_ERR_FULL;
    }
    gv_socket_net_encrypt(net->ctx, ssl);
    return GV_OK;
}

static enum gv_err op_accept(void *ctx, uint32_t listener, struct gv_net *net,
                             struct gv_tcp_peer *peer)
{
    struct gv_socket_tcp *state = ctx;
    union address address;
    socklen_t n = sizeof(address);
    GV_ASSERT(listener < state->listeners);
    const int fd = accept(state->listening[listener], &address.any, &n);
    if (fd < 0) {
        return errno == EMFILE || errno == ENFILE ? send_away(state, state->listening[listener])
                                                  : GV_ERR_AGAIN;
    }
    struct gv_socket_net *socket_net = free_socket(state);
    if (socket_net == NULL || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
        gv_socket_net_open(net, socket_net, fd) != GV_OK) {
        close(fd);
        return GV_ERR_FULL;
    }
    tune(fd);
    set(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER);
    describe(peer, &address);
    return state->encrypted[listener] ? begin_tls(net, gv_tls_begin(fd)) : GV_OK;
}

static enum gv_err op_dial(void *ctx, uint32_t target, struct gv_net *net)
{
    struct gv_socket_tcp *state = ctx;
    GV_ASSERT(target < state->targets);
    const struct sockaddr_storage *to = &state->target[target];
    struct gv_socket_net *socket_net = free_socket(state);
    const int fd = socket_net == NULL ? -1 : socket(to->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return GV_ERR_FULL;
    }
    if (gv_socket_net_open(net, socket_net, fd) != GV_OK) {
        close(fd);
        return GV_ERR_IO;
    }
    tune(fd);
    union address address = {.storage = *to};
    if (connect(fd, &address.any,
                to->ss_family == AF_INET ? sizeof(address.in) : sizeof(address.in6)) != 0 &&
        errno != EINPROGRESS) {
        gv_net_close(net);
        return GV_ERR_IO;
    }
    return state->client != NULL ? begin_tls(net, gv_tls_begin_client(fd, state->client)) : GV_OK;
}

/* What we say in a handshake (a few kB) always fits the buffer of a new socket: only reading is waited for. */
static enum gv_err op_greet(void *ctx, const struct gv_net *net)
{
    const struct gv_socket_net *socket_net = net->ctx;
    (void)ctx;
    if (socket_net->ssl == NULL) {
        return GV_OK;
    }
    switch (gv_tls_handshake(socket_net->ssl)) {
    case GV_TLS_DONE:
        return GV_OK;
    case GV_TLS_READ:
    case GV_TLS_WRITE:
        return GV_ERR_AGAIN;
    case GV_TLS_FAILED:
        break;
    }
    return GV_ERR_CRYPTO;
}

/* ---- waiting --------------------------------------------------------------------------------------- */

static enum gv_err op_watch(void *ctx, const struct gv_net *net, uint32_t token, unsigned what)
{
    const struct gv_socket_tcp *state = ctx;
    struct epoll_event event = {.data = {.u32 = token}};
    const int fd = net->ops->descriptor(net->ctx);
    GV_ASSERT(token < GV_TCP_LISTENER);
    event.events = ((what & GV_TCP_READ) != 0 ? (uint32_t)EPOLLIN : 0u) |
                   ((what & GV_TCP_WRITE) != 0 ? (uint32_t)EPOLLOUT : 0u);
    if (epoll_ctl(state->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0) {
        return GV_OK;
    }
    return epoll_ctl(state->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? GV_OK : GV_ERR_FULL;
}

static uint32_t op_wait(void *ctx, struct gv_tcp_ready *ready, uint32_t cap, uint32_t timeout_ms)
{
    const struct gv_socket_tcp *state = ctx;
    struct epoll_event events[EVENTS_MAX];
    const int max = (int)(cap < EVENTS_MAX ? cap : EVENTS_MAX);
    const int n = epoll_wait(state->epoll_fd, events, max, (int)timeout_ms);
    uint32_t count = 0;
    GV_ASSERT(n >= 0 || errno == EINTR);
    for (int i = 0; i < n; i++) {
        if (events[i].data.u32 == WAKE_TOKEN) {
            uint64_t wakes;
            const ssize_t got = read(state->wake_fd, &wakes, sizeof(wakes));
            (void)got;
            continue;
        }
        const uint32_t happened = events[i].events;
        ready[count++] = (struct gv_tcp_ready){
            .token = events[i].data.u32,
            .what = ((happened & ~(uint32_t)EPOLLOUT) != 0 ? GV_TCP_READ : 0u) |
                    ((happened & (uint32_t)EPOLLOUT) != 0 ? GV_TCP_WRITE : 0u),
        };
    }
    return count;
}

static void op_wake(void *ctx)
{
    const struct gv_socket_tcp *state = ctx;
    const uint64_t one = 1;
    const ssize_t n = write(state->wake_fd, &one, sizeof(one));
    (void)n; /* full: it is awake */
}

/* ---- set up ---------------------------------------------------------------------------------------- */

enum gv_err gv_socket_tcp_open(struct gv_tcp *tcp, struct gv_socket_tcp *state,
                               struct gv_fail *fail)
{
    static const struct gv_tcp_ops tcp_ops = {
        .accept = op_accept,
        .dial = op_dial,
        .greet = op_greet,
        .watch = op_watch,
        .wait = op_wait,
        .wake = op_wake,
    };
    memset(state, 0, sizeof(*state));
    for (uint32_t i = 0; i < GV_TCP_SOCKETS_MAX; i++) {
        state->sockets[i].fd = -1;
    }
    state->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    state->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    state->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = WAKE_TOKEN}};
    if (state->epoll_fd < 0 || state->wake_fd < 0 || state->spare_fd < 0 ||
        epoll_ctl(state->epoll_fd, EPOLL_CTL_ADD, state->wake_fd, &event) != 0) {
        const int error = errno;
        gv_socket_tcp_close(state);
        return gv_fail(fail, GV_ERR_IO, "tcp.open", "no descriptors: errno %d", error);
    }
    *tcp = (struct gv_tcp){.ops = &tcp_ops, .ctx = state};
    return GV_OK;
}

static enum gv_err bind_socket(int fd, const union address *address, socklen_t n)
{
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (bind(fd, &address->any, n) == 0 && listen(fd, BACKLOG) == 0) {
        return GV_OK;
    }
    return errno == EADDRINUSE ? GV_ERR_CONFLICT : GV_ERR_IO;
}

enum gv_err gv_socket_tcp_listen(struct gv_socket_tcp *state, const char *address, uint16_t *port,
                                 uint32_t *listener, struct gv_fail *fail)
{
    union address at;
    socklen_t n;
    GV_ASSERT(state->listeners < GV_TCP_LISTENERS_MAX);
    if (!parse_address(&at, &n, address, *port)) {
        return gv_fail(fail, GV_ERR_INVALID, "tcp.address", "%s is no address", address);
    }
    const int fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return gv_fail(fail, GV_ERR_IO, "tcp.listen", "no socket: errno %d", errno);
    }
    enum gv_err err = bind_socket(fd, &at, n);
    struct epoll_event event = {.events = EPOLLIN,
                                .data = {.u32 = GV_TCP_LISTENER + state->listeners}};
    if (err == GV_OK && (getsockname(fd, &at.any, &n) != 0 ||
                         epoll_ctl(state->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)) {
        err = GV_ERR_IO;
    }
    if (err != GV_OK) {
        const int error = errno;
        close(fd);
        return gv_fail(fail, err, "tcp.listen", "cannot listen at %s port %u: errno %d", address,
                       (unsigned)*port, error);
    }
    *port = ntohs(at.any.sa_family == AF_INET ? at.in.sin_port : at.in6.sin6_port);
    *listener = state->listeners;
    state->listening[state->listeners++] = fd;
    return GV_OK;
}

void gv_socket_tcp_encrypt(struct gv_socket_tcp *state, uint32_t listener)
{
    GV_ASSERT(listener < state->listeners);
    state->encrypted[listener] = true;
}

void gv_socket_tcp_encrypt_targets(struct gv_socket_tcp *state, const struct gv_tls_client *client)
{
    state->client = client;
}

enum gv_err gv_socket_tcp_target(struct gv_socket_tcp *state, const char *host, uint16_t port,
                                 uint32_t *target, struct gv_fail *fail)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char service[8];
    GV_ASSERT(state->targets < GV_TCP_TARGETS_MAX);
    gv_format_cut(service, sizeof(service), "%u", (unsigned)port);
    const int failed = getaddrinfo(host, service, &hints, &found);
    if (failed != 0) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "tcp.host", "%s: %s", host, gai_strerror(failed));
    }
    GV_ASSERT(found->ai_addrlen <= sizeof(state->target[0]));
    memcpy(&state->target[state->targets], found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    *target = state->targets++;
    return GV_OK;
}

static void shut(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

void gv_socket_tcp_close(struct gv_socket_tcp *state)
{
    for (uint32_t i = 0; i < GV_TCP_SOCKETS_MAX; i++) {
        if (state->sockets[i].ssl != NULL) {
            gv_tls_end(state->sockets[i].ssl);
            state->sockets[i].ssl = NULL;
        }
        shut(&state->sockets[i].fd);
    }
    while (state->listeners > 0) {
        shut(&state->listening[--state->listeners]);
    }
    shut(&state->epoll_fd);
    shut(&state->wake_fd);
    shut(&state->spare_fd);
}
