#include "web/server/places.h"

#include "hal/linux/tls.h"
#include "web/server/guard.h"
#include "web/server/thread.h"
#include "web/server/ticks.h"
#include "web/server/turnover.h"

#include "firmware/base/assert.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STACK_BYTES ((size_t)128 * 1024)
/* Both families, plain and TLS. */
#define LISTENERS_MAX 4u
/* Until the kernel is asked again for what it did not have. */
#define REST_MS 100u

struct gv_entrance gv_entrance = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .epoll_fd = -1, .wake_fd = -1, .bell_fd = -1};

void gv_entrance_ring(int descriptor)
{
    const uint64_t one = 1;
    const ssize_t n = write(descriptor, &one, sizeof(one)); /* a full counter wakes as well */
    (void)n;
}

void gv_entrance_hush(int descriptor)
{
    uint64_t count;
    const ssize_t n = read(descriptor, &count, sizeof(count));
    (void)n;
}

/* ---- Places: all under the lock ------------------------------------------------------------------- */

static unsigned *count_of(enum gv_place_state state)
{
    switch (state) {
    case GV_PLACE_FREE:
        return &gv_entrance.vacant;
    case GV_PLACE_WAITING:
        return &gv_entrance.waiting;
    case GV_PLACE_READY:
        return &gv_entrance.ready;
    case GV_PLACE_PARKED:
        break;
    }
    return NULL;
}

void gv_place_move(struct gv_place *place, enum gv_place_state state)
{
    unsigned *from = count_of(place->state);
    unsigned *to = count_of(state);
    if (from != NULL) {
        (*from)--;
    }
    if (to != NULL) {
        (*to)++;
    }
    place->state = state;
    /* The master sleeps when nobody is ready, and accepts nobody while no place is free. */
    if (state == GV_PLACE_READY || (state == GV_PLACE_FREE && gv_entrance.vacant == 1)) {
        gv_entrance_ring(gv_entrance.bell_fd);
    }
}

static struct gv_place *find_free(void)
{
    for (unsigned i = 0; i < GV_ENTRANCE_PLACES; i++) {
        if (gv_entrance.places[i].state == GV_PLACE_FREE) {
            return &gv_entrance.places[i];
        }
    }
    return NULL;
}

/* First come, first served. */
static struct gv_place *next_ready(int listener)
{
    struct gv_place *first = NULL;
    for (unsigned i = 0; i < GV_ENTRANCE_PLACES && gv_entrance.ready > 0; i++) {
        struct gv_place *place = &gv_entrance.places[i];
        if (place->state == GV_PLACE_READY && place->listener == listener &&
            (first == NULL || place->order < first->order)) {
            first = place;
        }
    }
    return first;
}

void gv_place_end(struct gv_place *place, bool politely)
{
    if (place->ssl != NULL) {
        gv_tls_end(place->ssl);
    }
    if (politely) {
        gv_guard_release(place->descriptor);
        close(place->descriptor); /* takes it out of epoll */
    } else {
        gv_guard_reset(place->descriptor);
    }
    pthread_mutex_lock(&gv_entrance.lock);
    gv_place_move(place, GV_PLACE_FREE);
    pthread_mutex_unlock(&gv_entrance.lock);
}

/* ---- CivetWeb's master ---------------------------------------------------------------------------- */

static _Thread_local uint64_t rests_until_ms;

void gv_entrance_rest(void)
{
    rests_until_ms = gv_now_ms() + REST_MS;
}

/* Returns for how long nobody is accepted. */
static int rest_ms(void)
{
    const uint64_t now_ms = gv_now_ms();
    return rests_until_ms > now_ms ? (int)(rests_until_ms - now_ms) : 0;
}

bool gv_entrance_has_place(void)
{
    pthread_mutex_lock(&gv_entrance.lock);
    const bool has = gv_entrance.vacant > 0;
    pthread_mutex_unlock(&gv_entrance.lock);
    return has;
}

/* epoll knows the descriptor before the porter can see the place: it alone ends it from then on. */
static bool seat(const struct gv_place *newcomer)
{
    struct gv_place *place = gv_entrance.stopping ? NULL : find_free();
    if (place == NULL) {
        return false;
    }
    struct epoll_event event = {.events = newcomer->events,
                                .data = {.u64 = (uint64_t)(place - gv_entrance.places)}};
    if (epoll_ctl(gv_entrance.epoll_fd, EPOLL_CTL_ADD, newcomer->descriptor, &event) != 0) {
        return false;
    }
    *place = *newcomer;
    gv_place_move(place, GV_PLACE_WAITING);
    if (gv_entrance.waiting == 1 || gv_entrance.vacant < GV_ENTRANCE_SPARE) {
        gv_entrance_ring(gv_entrance.wake_fd);
    }
    return true;
}

void gv_entrance_admit(int descriptor, int listener, bool is_tls, const struct sockaddr *address,
                       socklen_t address_len)
{
    const uint64_t now_ms = gv_now_ms();
    struct gv_place newcomer = {.is_tls = is_tls,
                                .descriptor = descriptor,
                                .listener = listener,
                                .order = ++gv_entrance.arrivals,
                                .address_len = address_len,
                                .events = EPOLLIN,
                                .since_ms = now_ms,
                                .moved_ms = now_ms};
    GV_ASSERT(address_len <= sizeof(newcomer.address));
    memcpy(&newcomer.address, address, address_len);
    pthread_mutex_lock(&gv_entrance.lock);
    const bool seated = seat(&newcomer);
    pthread_mutex_unlock(&gv_entrance.lock);
    if (!seated) {
        gv_guard_reset(descriptor);
    }
}

/* CivetWeb's own queue stays short: what waits here is served in the order of arrival. */
static bool workers_have_room(void)
{
    return gv_turnover_waiting() < gv_entrance.config.workers;
}

int gv_entrance_take(int listener, struct sockaddr *address, socklen_t *address_len)
{
    int descriptor = -1;
    pthread_mutex_lock(&gv_entrance.lock);
    struct gv_place *place = workers_have_room() ? next_ready(listener) : NULL;
    if (place != NULL) {
        descriptor = place->descriptor;
        memcpy(address, &place->address,
               place->address_len < *address_len ? place->address_len : *address_len);
        *address_len = place->address_len;
        gv_place_move(place, place->is_tls ? GV_PLACE_PARKED : GV_PLACE_FREE);
    }
    pthread_mutex_unlock(&gv_entrance.lock);
    return descriptor;
}

/* Mark the listeners of ready connections. Returns how many more are marked. */
static int mark_ready(struct pollfd *listeners, nfds_t n)
{
    int marked = 0;
    pthread_mutex_lock(&gv_entrance.lock);
    for (nfds_t i = 0; i < n && workers_have_room(); i++) {
        if ((listeners[i].revents & POLLIN) == 0 && next_ready(listeners[i].fd) != NULL) {
            listeners[i].revents |= POLLIN;
            marked++;
        }
    }
    pthread_mutex_unlock(&gv_entrance.lock);
    return marked;
}

int gv_entrance_poll(struct pollfd *listeners, nfds_t n, int timeout_ms)
{
    struct pollfd all[LISTENERS_MAX + 1];
    const int rests_ms = rest_ms();
    const bool accepts = rests_ms == 0 && gv_entrance_has_place();
    if (rests_ms > 0 && rests_ms < timeout_ms) {
        timeout_ms = rests_ms;
    }
    GV_ASSERT(n <= LISTENERS_MAX);
    for (nfds_t i = 0; i < n; i++) {
        listeners[i].revents = 0;
        all[i] = (struct pollfd){.fd = accepts ? listeners[i].fd : -1, .events = POLLIN};
    }
    all[n] = (struct pollfd){.fd = gv_entrance.bell_fd, .events = POLLIN};
    const bool some_ready = mark_ready(listeners, n) > 0;
    int ready = poll(all, n + 1, some_ready ? 0 : timeout_ms);
    if (ready < 0) {
        return -1;
    }
    if (all[n].revents != 0) {
        gv_entrance_hush(gv_entrance.bell_fd);
        ready--;
    }
    for (nfds_t i = 0; i < n; i++) {
        listeners[i].revents = all[i].revents;
    }
    ready += mark_ready(listeners, n);
    errno = 0; /* CivetWeb looks at it when more than one is ready */
    return ready;
}

/* ---- Workers -------------------------------------------------------------------------------------- */

struct mbedtls_ssl_context *gv_entrance_claim(int descriptor)
{
    struct mbedtls_ssl_context *ssl = NULL;
    pthread_mutex_lock(&gv_entrance.lock);
    for (unsigned i = 0; i < GV_ENTRANCE_PLACES && ssl == NULL; i++) {
        struct gv_place *place = &gv_entrance.places[i];
        if (place->state == GV_PLACE_PARKED && place->descriptor == descriptor) {
            ssl = place->ssl;
            gv_place_move(place, GV_PLACE_FREE);
        }
    }
    pthread_mutex_unlock(&gv_entrance.lock);
    return ssl;
}

void gv_entrance_worker_free(void)
{
    pthread_mutex_lock(&gv_entrance.lock);
    if (gv_entrance.ready > 0) {
        gv_entrance_ring(gv_entrance.bell_fd);
    }
    pthread_mutex_unlock(&gv_entrance.lock);
}

/* ---- Start and stop ------------------------------------------------------------------------------- */

static void close_one(int *descriptor)
{
    if (*descriptor >= 0) {
        close(*descriptor);
        *descriptor = -1;
    }
}

static void close_descriptors(void)
{
    close_one(&gv_entrance.epoll_fd);
    close_one(&gv_entrance.wake_fd);
    close_one(&gv_entrance.bell_fd);
}

enum gv_err gv_entrance_open(const struct gv_entrance_config *config)
{
    gv_entrance.vacant = GV_ENTRANCE_PLACES;
    gv_entrance.stopping = false;
    gv_entrance.config = *config;
    gv_entrance.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    gv_entrance.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    gv_entrance.bell_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data = {.u64 = GV_ENTRANCE_PLACES}};
    const bool opened =
        gv_entrance.epoll_fd >= 0 && gv_entrance.wake_fd >= 0 && gv_entrance.bell_fd >= 0 &&
        epoll_ctl(gv_entrance.epoll_fd, EPOLL_CTL_ADD, gv_entrance.wake_fd, &event) == 0;
    if (!opened || !gv_web_thread_start(&gv_entrance.porter, STACK_BYTES, gv_porter_run, NULL)) {
        close_descriptors();
        return GV_ERR_IO;
    }
    return GV_OK;
}

static void end_all(enum gv_place_state state)
{
    for (unsigned i = 0; i < GV_ENTRANCE_PLACES; i++) {
        if (gv_entrance.places[i].state == state) {
            gv_place_end(&gv_entrance.places[i], false);
        }
    }
}

void gv_entrance_stop(void)
{
    pthread_mutex_lock(&gv_entrance.lock);
    gv_entrance.stopping = true;
    pthread_mutex_unlock(&gv_entrance.lock);
    gv_entrance_ring(gv_entrance.wake_fd);
    pthread_join(gv_entrance.porter, NULL);
}

void gv_entrance_close(void)
{
    end_all(GV_PLACE_WAITING);
    end_all(GV_PLACE_READY);
    end_all(GV_PLACE_PARKED);
    GV_ASSERT(gv_entrance.vacant == GV_ENTRANCE_PLACES);
    close_descriptors();
}
