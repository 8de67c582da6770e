#include "web/server/guard.h"

#include "firmware/base/log.h"
#include "web/server/address.h"
#include "web/server/entrance.h"
#include "web/server/glue.h"
#include "web/server/turnover.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <unistd.h>

/* Unacknowledged data ends a connection: a dead peer does not hold its place for a quarter of an hour. */
#define USER_TIMEOUT_MS 15000
/* First keep-alive probe of the kernel; its default is two hours. */
#define KEEP_IDLE_S 60
/* Connections taken from the kernel before the next look at those that are ready. */
#define ACCEPTS_A_TURN 64u

struct entry {
    int descriptor; /* -1: free */
    struct gv_address_key key;
};

static struct {
    pthread_mutex_t lock;
    struct entry entries[GV_GUARD_CONNECTIONS];
    unsigned per_address_max;
    bool cap_loopback;
    const struct gv_subnets *exempt;
    struct gv_guard_stats stats;
} guard = {.lock = PTHREAD_MUTEX_INITIALIZER};

void gv_guard_init(unsigned per_address_max, bool cap_loopback, const struct gv_subnets *exempt)
{
    pthread_mutex_lock(&guard.lock);
    for (unsigned i = 0; i < GV_GUARD_CONNECTIONS; i++) {
        guard.entries[i].descriptor = -1;
    }
    guard.per_address_max = per_address_max;
    guard.cap_loopback = cap_loopback;
    guard.exempt = exempt;
    guard.stats = (struct gv_guard_stats){0};
    pthread_mutex_unlock(&guard.lock);
}

static _Thread_local bool is_master;
static _Thread_local uint16_t tls_port;

void gv_guard_deinit(void)
{
    pthread_mutex_lock(&guard.lock);
    for (unsigned i = 0; i < GV_GUARD_CONNECTIONS; i++) {
        if (guard.entries[i].descriptor >= 0) {
            close(guard.entries[i].descriptor);
            guard.entries[i].descriptor = -1;
        }
    }
    guard.stats.open = 0;
    pthread_mutex_unlock(&guard.lock);
}

void gv_guard_master(uint16_t https_port)
{
    is_master = true;
    tls_port = https_port;
}

bool gv_guard_is_master(void)
{
    return is_master;
}

static bool is_exempt(const struct gv_address_key *key, const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN];
    if (!guard.cap_loopback && gv_address_key_is_loopback(key)) {
        return true;
    }
    return guard.exempt != NULL && gv_address_of(text, sizeof(text), address) &&
           gv_subnets_hold(guard.exempt, text);
}

static bool over_cap(const struct gv_address_key *key, const struct sockaddr *address)
{
    if (is_exempt(key, address)) {
        return false;
    }
    unsigned same = 0;
    for (unsigned i = 0; i < GV_GUARD_CONNECTIONS; i++) {
        if (guard.entries[i].descriptor >= 0 && gv_address_key_equal(&guard.entries[i].key, key)) {
            same++;
        }
    }
    return same >= guard.per_address_max;
}

static bool admit(int descriptor, const struct sockaddr *address)
{
    struct gv_address_key key = gv_address_key_of(address);
    bool admitted = false;
    pthread_mutex_lock(&guard.lock);
    if (!over_cap(&key, address)) {
        for (unsigned i = 0; i < GV_GUARD_CONNECTIONS && !admitted; i++) {
            if (guard.entries[i].descriptor < 0) {
                guard.entries[i] = (struct entry){.descriptor = descriptor, .key = key};
                admitted = true;
            }
        }
    }
    if (admitted) {
        guard.stats.accepted++;
        guard.stats.open++;
    } else {
        guard.stats.refused++;
    }
    pthread_mutex_unlock(&guard.lock);
    return admitted;
}

void gv_guard_release(int descriptor)
{
    pthread_mutex_lock(&guard.lock);
    for (unsigned i = 0; i < GV_GUARD_CONNECTIONS; i++) {
        if (guard.entries[i].descriptor == descriptor) {
            guard.entries[i].descriptor = -1;
            guard.stats.open--;
            break;
        }
    }
    pthread_mutex_unlock(&guard.lock);
}

void gv_guard_reset(int descriptor)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    gv_guard_release(descriptor);
    (void)setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(descriptor);
}

void gv_guard_stats(struct gv_guard_stats *stats)
{
    pthread_mutex_lock(&guard.lock);
    *stats = guard.stats;
    pthread_mutex_unlock(&guard.lock);
}

/* These options only help; a kernel without one of them serves all the same. */
static void set_option(int descriptor, int level, int name, int value)
{
    if (setsockopt(descriptor, level, name, &value, sizeof(value)) != 0) {
        gv_log(GV_LOG_DEBUG, "server", "setsockopt name=%d errno=%d", name, errno);
    }
}

static uint16_t port_of(int listener)
{
    struct sockaddr_storage address;
    socklen_t n = sizeof(address);
    if (getsockname(listener, (struct sockaddr *)&address, &n) != 0) {
        return 0;
    }
    return ntohs(address.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&address)->sin6_port
                                               : ((const struct sockaddr_in *)&address)->sin_port);
}

/* Returns false when the kernel has no more, or no descriptor for one. */
static bool accept_one(int listener, bool is_tls)
{
    struct sockaddr_storage storage;
    struct sockaddr *address = (struct sockaddr *)&storage;
    socklen_t n = sizeof(storage);
    const int client = accept(listener, address, &n);
    if (client < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            gv_entrance_rest();
        }
        return errno == ECONNABORTED || errno == EINTR;
    }
    (void)fcntl(client, F_SETFD, FD_CLOEXEC);
    (void)fcntl(client, F_SETFL, O_NONBLOCK);
    if (!admit(client, address)) {
        gv_guard_reset(client);
        return true;
    }
    set_option(client, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
    set_option(client, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S);
    set_option(client, IPPROTO_TCP, TCP_NODELAY, 1);
    gv_entrance_admit(client, listener, is_tls, address, n);
    return true;
}

int gv_civetweb_accept(int descriptor, struct sockaddr *address, socklen_t *address_len)
{
    const bool is_tls = tls_port != 0 && port_of(descriptor) == tls_port;
    /* CivetWeb's listeners block: a client that went between poll and accept would stop all others. */
    (void)fcntl(descriptor, F_SETFL, O_NONBLOCK);
    for (unsigned i = 0;
         i < ACCEPTS_A_TURN && gv_entrance_has_place() && accept_one(descriptor, is_tls); i++) {
    }
    const int ready = gv_entrance_take(descriptor, address, address_len);
    if (ready >= 0) {
        gv_turnover_arrived();
    } else {
        errno = EAGAIN;
    }
    return ready;
}

int gv_civetweb_close(int descriptor)
{
    /* Before the close: afterwards the number may belong to another thread's new socket. */
    gv_guard_release(descriptor);
    return close(descriptor);
}
