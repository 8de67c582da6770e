#include "web/server/waits.h"

#include "web/server/ticks.h"

#include "firmware/base/assert.h"
#include "firmware/base/limits.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct wait {
    uint32_t free_ms; /* what its request may still wait before it counts; the worker's alone */
    int cut_fd;       /* -1: none */
    bool is_waiting;  /* from here on under the lock */
    bool is_cut;
    uint64_t since_ms; /* of the request */
    uint64_t bytes;
};

static struct {
    pthread_mutex_t lock;
    struct wait waits[GV_HTTP_WORKERS];
    unsigned workers;
    unsigned waiting;
    unsigned waiting_max;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local struct wait *own;

void gv_waits_close(void)
{
    for (; state.workers > 0; state.workers--) {
        close(state.waits[state.workers - 1u].cut_fd);
    }
}

enum gv_err gv_waits_open(unsigned workers)
{
    GV_ASSERT(workers <= GV_HTTP_WORKERS);
    state.waiting = 0;
    state.waiting_max = (workers + 1u) / 2u;
    for (state.workers = 0; state.workers < workers; state.workers++) {
        const int cut_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (cut_fd < 0) {
            gv_waits_close();
            return GV_ERR_IO;
        }
        state.waits[state.workers] = (struct wait){.cut_fd = cut_fd};
    }
    return GV_OK;
}

void gv_waits_worker(unsigned index)
{
    GV_ASSERT(index < state.workers);
    own = &state.waits[index];
}

void gv_waits_begin(void)
{
    own->free_ms = GV_WAITS_FREE_MS;
    pthread_mutex_lock(&state.lock);
    own->since_ms = gv_now_ms();
    own->bytes = 0;
    own->is_cut = false;
    pthread_mutex_unlock(&state.lock);
}

void gv_waits_progress(uint64_t bytes)
{
    pthread_mutex_lock(&state.lock);
    own->bytes += bytes;
    pthread_mutex_unlock(&state.lock);
}

bool gv_waits_cut(void)
{
    pthread_mutex_lock(&state.lock);
    const bool cut = own->is_cut;
    pthread_mutex_unlock(&state.lock);
    return cut;
}

/* Bytes of a thousand seconds. */
static uint64_t rate_of(const struct wait *wait, uint64_t now_ms)
{
    return wait->bytes * 1000000u / (now_ms - wait->since_ms + 1u);
}

/* Under the lock, while somebody waits. */
static void cut_slowest(void)
{
    const uint64_t now_ms = gv_now_ms();
    struct wait *slowest = NULL;
    for (unsigned i = 0; i < state.workers; i++) {
        struct wait *wait = &state.waits[i];
        if (wait->is_waiting &&
            (slowest == NULL || rate_of(wait, now_ms) < rate_of(slowest, now_ms))) {
            slowest = wait;
        }
    }
    GV_ASSERT(slowest != NULL);
    const uint64_t one = 1;
    slowest->is_waiting = false;
    slowest->is_cut = true;
    state.waiting--;
    const ssize_t n = write(slowest->cut_fd, &one, sizeof(one));
    (void)n;
}

static void enter(void)
{
    pthread_mutex_lock(&state.lock);
    own->is_waiting = true;
    state.waiting++;
    if (state.waiting > state.waiting_max) {
        cut_slowest();
    }
    pthread_mutex_unlock(&state.lock);
}

static void leave(void)
{
    uint64_t count;
    pthread_mutex_lock(&state.lock);
    if (own->is_waiting) {
        own->is_waiting = false;
        state.waiting--;
    } else { /* cut, and here no longer waited for: the next request finds the descriptor quiet */
        const ssize_t n = read(own->cut_fd, &count, sizeof(count));
        (void)n;
    }
    pthread_mutex_unlock(&state.lock);
}

/* Everybody waits a little: for the second packet of a request, for an acknowledgement. */
static int poll_free(struct pollfd *client, int timeout_ms)
{
    const int wait_ms = timeout_ms < (int)own->free_ms ? timeout_ms : (int)own->free_ms;
    const uint64_t from_ms = gv_now_ms();
    const int ready = poll(client, 1, wait_ms);
    const uint64_t waited_ms = gv_now_ms() - from_ms;
    own->free_ms -= waited_ms < own->free_ms ? (uint32_t)waited_ms : own->free_ms;
    return ready;
}

int gv_waits_poll(struct pollfd *client, int timeout_ms)
{
    const int had_ms = (int)own->free_ms;
    int ready = poll_free(client, timeout_ms);
    if (ready != 0 || timeout_ms <= had_ms) {
        return ready;
    }
    if (!gv_waits_cut()) {
        enter();
        struct pollfd both[2] = {*client, {.fd = own->cut_fd, .events = POLLIN}};
        ready = poll(both, 2, timeout_ms - had_ms);
        client->revents = both[0].revents;
        leave();
    }
    if (gv_waits_cut()) {
        errno = ECANCELED;
        return -1;
    }
    return ready < 0 ? -1 : client->revents != 0;
}
