#include "web/server/turnover.h"

#include "web/server/entrance.h"
#include "web/server/glue.h"
#include "web/server/guard.h"
#include "web/server/ticks.h"
#include "web/server/waits.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct {
    int wanted_fd; /* semaphore eventfd: one unit for each idle connection that should go */
    unsigned workers;
    atomic_int waiting; /* accepted, no worker yet */
    atomic_int held;    /* connections that have a worker */
} turnover = {.wanted_fd = -1};

static _Thread_local bool holds;       /* this worker has a connection */
static _Thread_local int idle_fd = -1; /* and waits here for its next request */
static _Thread_local uint64_t idle_since_ms;
static _Thread_local uint64_t turn_since_ms;

enum gv_err gv_turnover_init(unsigned workers)
{
    turnover.workers = workers;
    atomic_store(&turnover.waiting, 0);
    atomic_store(&turnover.held, 0);
    turnover.wanted_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE);
    return turnover.wanted_fd >= 0 ? GV_OK : GV_ERR_IO;
}

void gv_turnover_deinit(void)
{
    if (turnover.wanted_fd >= 0) {
        close(turnover.wanted_fd);
        turnover.wanted_fd = -1;
    }
}

void gv_turnover_arrived(void)
{
    atomic_fetch_add(&turnover.waiting, 1);
    if (gv_turnover_wanted()) {
        uint64_t one = 1;
        /* A full counter already wakes everybody. */
        ssize_t n = write(turnover.wanted_fd, &one, sizeof(one));
        (void)n;
    }
}

void gv_turnover_taken(void)
{
    if (!holds) {
        holds = true;
        atomic_fetch_sub(&turnover.waiting, 1);
        atomic_fetch_add(&turnover.held, 1);
        gv_entrance_worker_free(); /* one more may come */
    }
    idle_fd = -1;
    turn_since_ms = gv_now_ms();
    gv_waits_begin();
}

void gv_turnover_idle(int descriptor)
{
    idle_fd = descriptor;
    idle_since_ms = gv_now_ms();
}

void gv_turnover_left(void)
{
    if (holds) {
        holds = false;
        atomic_fetch_sub(&turnover.held, 1);
    }
    idle_fd = -1;
}

unsigned gv_turnover_waiting(void)
{
    const int waiting = atomic_load(&turnover.waiting);
    return waiting > 0 ? (unsigned)waiting : 0;
}

bool gv_turnover_wanted(void)
{
    int waiting = atomic_load(&turnover.waiting);
    return waiting > 0 && waiting + atomic_load(&turnover.held) > (int)turnover.workers;
}

bool gv_turnover_due(void)
{
    return gv_turnover_wanted() && gv_now_ms() - turn_since_ms >= GV_TURNOVER_TURN_MS;
}

static bool take_token(void)
{
    uint64_t one;
    return read(turnover.wanted_fd, &one, sizeof(one)) == (ssize_t)sizeof(one);
}

static int grace_left(int timeout_ms)
{
    uint64_t quiet_ms = gv_now_ms() - idle_since_ms;
    int grace_ms = quiet_ms < GV_TURNOVER_GRACE_MS ? GV_TURNOVER_GRACE_MS - (int)quiet_ms : 0;
    return grace_ms < timeout_ms ? grace_ms : timeout_ms;
}

/* Wait on the client and, after the grace, on newcomers. Any answer but 0 and 1 makes CivetWeb close
 * quietly: nothing of a request has been received. */
static int poll_idle(struct pollfd *client, int timeout_ms)
{
    int grace_ms = grace_left(timeout_ms);
    if (grace_ms > 0) {
        int ready = poll(client, 1, grace_ms);
        if (ready != 0 || grace_ms == timeout_ms) {
            return ready;
        }
    }
    struct pollfd both[2] = {*client, {.fd = turnover.wanted_fd, .events = POLLIN}};
    int ready = poll(both, 2, timeout_ms - grace_ms);
    client->revents = both[0].revents;
    if (ready < 0) {
        return -1;
    }
    if (client->revents != 0) {
        return 1;
    }
    /* Another worker may have taken the unit, or the newcomer be served already. */
    if (both[1].revents != 0 && take_token() && gv_turnover_wanted()) {
        errno = ECANCELED;
        return -1;
    }
    return 0;
}

int gv_civetweb_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    if (gv_guard_is_master()) {
        return gv_entrance_poll(fds, n, timeout_ms);
    }
    bool idle = n == 1 && idle_fd >= 0 && fds[0].fd == idle_fd && timeout_ms > 0;
    if (!idle) {
        return holds && n == 1 ? gv_waits_poll(&fds[0], timeout_ms) : poll(fds, n, timeout_ms);
    }
    int ready = poll_idle(&fds[0], timeout_ms);
    if (ready > 0) {
        idle_fd = -1; /* the next request has begun: a slow one is a matter of waits.h */
        gv_waits_begin();
    }
    return ready;
}
