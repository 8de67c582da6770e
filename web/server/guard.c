#include "web/server/guard.h"

#include "firmware/base/log.h"
#include "web/server/address.h"
#include "web/server/glue.h"
#include "web/server/turnover.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <unistd.h>

/* A client that connects and sends nothing is not even reported to us for so long. */
#define DEFER_ACCEPT_S 5
/* Unacknowledged data ends a connection: a dead peer does not hold its place for a quarter of an hour. */
#define USER_TIMEOUT_MS 15000
/* First keep-alive probe of the kernel; its default is two hours. */
#define KEEP_IDLE_S 60

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

int gv_civetweb_listen(int descriptor, int backlog)
{
    set_option(descriptor, IPPROTO_TCP, TCP_DEFER_ACCEPT, DEFER_ACCEPT_S);
    return listen(descriptor, backlog);
}

int gv_civetweb_accept(int descriptor, struct sockaddr *address, socklen_t *address_len)
{
    int client = accept(descriptor, address, address_len);
    if (client < 0) {
        return -1;
    }
    if (!admit(client, address)) {
        /* No linger: the kernel resets, and no TIME_WAIT stays behind. */
        struct linger reset = {.l_onoff = 1, .l_linger = 0};
        (void)setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        close(client);
        errno = ECONNABORTED;
        return -1;
    }
    set_option(client, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
    set_option(client, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S);
    gv_turnover_arrived();
    return client;
}

int gv_civetweb_close(int descriptor)
{
    /* Before the close: afterwards the number may belong to another thread's new socket. */
    gv_guard_release(descriptor);
    return close(descriptor);
}
