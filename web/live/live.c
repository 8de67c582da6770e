#include "web/live/live.h"

#include "web/live/seat.h"
#include "web/server/ticks.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/pool.h"
#include "firmware/base/text.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define TICK_MS            250
#define EVENTS_MAX         64
#define STACK_BYTES        (256u * 1024u)
#define DEFAULT_PING_MS    20000u
#define DEFAULT_SILENCE_MS 40000u
#define DEFAULT_FRAME_MS   10000u

GV_POOL_STORAGE(live_seats, struct gv_seat, GV_LIVE_CLIENTS_MAX);

struct gv_live {
    struct gv_live_config config;
    pthread_t thread;
    int epoll_fd;
    int wake_fd;

    pthread_mutex_t lock;            /* everything down to `closed` */
    bool taken[GV_LIVE_CLIENTS_MAX]; /* seats in use, by index */
    uint32_t taken_n;
    struct gv_seat *arrived[GV_LIVE_CLIENTS_MAX];
    uint32_t arrived_n;
    struct gv_live_message *published[GV_LIVE_MESSAGES];
    uint32_t published_n;
    bool lost; /* a publication found no slot */
    uint64_t next_id;
    bool closed; /* stopping or stopped: nobody comes in any more */

    struct gv_seat *open[GV_LIVE_CLIENTS_MAX]; /* live thread only */
    uint32_t open_n;
    uint64_t ticked_ms;

    atomic_uint clients;
    atomic_uint_fast64_t accepted;
    atomic_uint_fast64_t ended[GV_LIVE_ENDS];
    atomic_uint_fast64_t messages_published;
    atomic_uint_fast64_t messages_lost;
    atomic_uint_fast64_t messages_sent;
    atomic_uint_fast64_t messages_received;
};

static struct gv_live the_live = {.lock = PTHREAD_MUTEX_INITIALIZER, .closed = true};
static bool running;

void gv_live_count_received(void)
{
    atomic_fetch_add_explicit(&the_live.messages_received, 1, memory_order_relaxed);
}

void gv_live_count_sent(void)
{
    atomic_fetch_add_explicit(&the_live.messages_sent, 1, memory_order_relaxed);
}

/* Under the lock, and not after gv_live_stop: the descriptor is then sure to be ours. */
static void wake(struct gv_live *live)
{
    uint64_t one = 1;
    ssize_t n = write(live->wake_fd, &one, sizeof(one)); /* a full counter wakes as well */
    (void)n;
}

/* ---- Seats: reserve, release, take (workers) -------------------------------------------------- */

static bool over_cap(const struct gv_live *live, const struct gv_address_key *address)
{
    uint32_t same = 0;
    for (uint32_t i = 0; i < GV_LIVE_CLIENTS_MAX; i++) {
        const struct gv_seat *seat = &live_seats_slots[i];
        if (live->taken[i] && seat->counts && gv_address_key_equal(&seat->address, address)) {
            same++;
        }
    }
    return same >= live->config.per_address;
}

/* Under the lock. */
static struct gv_seat *find_seat(struct gv_live *live, const struct gv_exchange *x,
                                 struct gv_fail *fail)
{
    struct gv_address_key address = gv_address_key_parse(x->request->peer);
    bool counts = live->config.cap_loopback || !x->request->is_loopback;
    if (live->closed || live->taken_n >= live->config.clients_max) {
        gv_fail(fail, GV_ERR_FULL, "ws.full", "all places for live connections are taken");
        return NULL;
    }
    if (counts && over_cap(live, &address)) {
        gv_fail(fail, GV_ERR_FULL, "ws.address_full",
                "your address has %u live connections already", live->config.per_address);
        return NULL;
    }
    struct gv_seat *seat = gv_pool_acquire(&live_seats, 0);
    GV_ASSERT(seat != NULL); /* taken_n < clients_max <= slots */
    live->taken[gv_pool_index(&live_seats, seat)] = true;
    live->taken_n++;
    seat->state = GV_SEAT_RESERVED;
    seat->address = address;
    seat->counts = counts;
    seat->id = ++live->next_id;
    seat->route_extra = x->route->extra;
    return seat;
}

static void *reserve(void *ctx, enum gv_upgrade_kind kind, const struct gv_exchange *x,
                     struct gv_fail *fail)
{
    struct gv_live *live = ctx;
    GV_ASSERT(kind == GV_UPGRADE_WEBSOCKET);
    pthread_mutex_lock(&live->lock);
    struct gv_seat *seat = find_seat(live, x, fail);
    pthread_mutex_unlock(&live->lock);
    return seat;
}

static void free_seat(struct gv_live *live, struct gv_seat *seat)
{
    pthread_mutex_lock(&live->lock);
    live->taken[gv_pool_index(&live_seats, seat)] = false;
    live->taken_n--;
    gv_pool_release(&live_seats, seat);
    pthread_mutex_unlock(&live->lock);
}

static void release(void *ctx, void *seat)
{
    free_seat(ctx, seat);
}

/* The worker's buffer is about to be reused: its early bytes wait in a message slot. */
static bool keep_early(struct gv_seat *seat, struct gv_view early)
{
    if (early.n == 0) {
        return true;
    }
    if (early.n > sizeof(seat->in.early->bytes)) {
        return false;
    }
    struct gv_live_message *message = gv_live_message_acquire(GV_LIVE_PUBLISH_MARGIN);
    if (message == NULL) {
        return false;
    }
    memcpy(message->bytes, early.p, early.n);
    message->n = (uint32_t)early.n;
    seat->in.early = message;
    return true;
}

static void take(void *ctx, void *seat_ptr, const struct gv_departure *departure)
{
    struct gv_live *live = ctx;
    struct gv_seat *seat = seat_ptr;
    seat->net = departure->net;
    bool kept = keep_early(seat, departure->early);
    pthread_mutex_lock(&live->lock);
    bool accepted = kept && !live->closed;
    if (accepted) {
        seat->state = GV_SEAT_ARRIVED;
        live->arrived[live->arrived_n++] = seat;
        /* Before the greeting is made: whatever is published from now on is also delivered. */
        atomic_fetch_add(&live->clients, 1);
        atomic_fetch_add(&live->accepted, 1);
        wake(live);
    }
    pthread_mutex_unlock(&live->lock);
    if (accepted) {
        return;
    }
    gv_seat_clear(seat);
    atomic_fetch_add(&live->ended[GV_LIVE_END_REFUSED], 1);
    free_seat(live, seat);
}

struct gv_upgrade gv_live_upgrade(struct gv_live *live)
{
    static const struct gv_upgrade_ops ops = {.reserve = reserve, .release = release, .take = take};
    return (struct gv_upgrade){.ops = &ops, .ctx = live};
}

/* ---- Publishing (any thread) ------------------------------------------------------------------ */

enum gv_err gv_live_publish(struct gv_live *live, struct gv_view json)
{
    if (json.n > GV_LIVE_FRAME_OUT_MAX) {
        return GV_ERR_TOO_LARGE;
    }
    atomic_fetch_add(&live->messages_published, 1);
    if (atomic_load(&live->clients) == 0) {
        return GV_OK;
    }
    struct gv_live_message *message = gv_live_message_acquire(0);
    if (message != NULL && json.n > 0) {
        memcpy(gv_live_message_payload(message), json.p, json.n);
        gv_live_message_frame(message, json.n);
    }
    pthread_mutex_lock(&live->lock);
    bool closed = live->closed;
    if (!closed && message != NULL) {
        live->published[live->published_n++] = message; /* as many places as messages */
    }
    if (!closed) {
        live->lost = live->lost || message == NULL;
        wake(live);
    }
    pthread_mutex_unlock(&live->lock);
    if (closed) {
        if (message != NULL) {
            gv_live_message_release(message);
        }
        return GV_ERR_CLOSED;
    }
    if (message == NULL) {
        atomic_fetch_add(&live->messages_lost, 1);
        return GV_ERR_FULL;
    }
    return GV_OK;
}

/* ---- The live thread -------------------------------------------------------------------------- */

static void greet(struct gv_live *live, struct gv_seat *seat, uint64_t now_ms)
{
    struct gv_live_message *message = gv_live_message_acquire(GV_LIVE_PUBLISH_MARGIN);
    if (message == NULL) {
        return; /* tried again in the next turn */
    }
    seat->greet_due = false;
    size_t n = live->config.greet(live->config.ctx, seat->route_extra,
                                  gv_live_message_payload(message), GV_LIVE_FRAME_OUT_MAX);
    if (n > 0) {
        gv_live_message_frame(message, n);
        gv_seat_push(seat, message, now_ms);
    }
    gv_live_message_release(message);
}

static void watch(struct gv_live *live, struct gv_seat *seat, int operation)
{
    uint32_t events = EPOLLIN | (seat->out.blocked ? (uint32_t)EPOLLOUT : 0u);
    if (operation == EPOLL_CTL_MOD && events == seat->events) {
        return;
    }
    struct epoll_event event = {.events = events, .data = {.ptr = seat}};
    int rc = epoll_ctl(live->epoll_fd, operation, gv_net_descriptor(&seat->net), &event);
    if (rc != 0) {
        gv_seat_kill(seat, GV_LIVE_END_REFUSED);
    }
    seat->events = events;
}

static void open_seat(struct gv_live *live, struct gv_seat *seat, uint64_t now_ms)
{
    seat->state = GV_SEAT_OPEN;
    seat->heard_ms = now_ms;
    seat->pinged_ms = now_ms;
    seat->greet_due = live->config.greet != NULL;
    seat->again = true; /* serviced once at once: bytes may wait where epoll does not look */
    seat->open_index = live->open_n;
    live->open[live->open_n++] = seat;
    if (!gv_frames_open(seat)) {
        gv_seat_kill(seat, GV_LIVE_END_REFUSED);
    } else {
        watch(live, seat, EPOLL_CTL_ADD);
    }
}

static void distribute(struct gv_live *live, struct gv_live_message *message, uint64_t now_ms)
{
    for (uint32_t i = 0; i < live->open_n; i++) {
        gv_seat_push(live->open[i], message, now_ms);
    }
    gv_live_message_release(message);
}

/* Publications and arrivals since the last turn, publications first: a newcomer's greeting is made
 * after all that was published before it. */
static void take_in(struct gv_live *live, uint64_t now_ms)
{
    static struct gv_live_message *messages[GV_LIVE_MESSAGES];
    static struct gv_seat *seats[GV_LIVE_CLIENTS_MAX];
    pthread_mutex_lock(&live->lock);
    uint32_t messages_n = live->published_n;
    uint32_t seats_n = live->arrived_n;
    bool lost = live->lost;
    memcpy(messages, live->published, messages_n * sizeof(messages[0]));
    memcpy(seats, live->arrived, seats_n * sizeof(seats[0]));
    live->published_n = 0;
    live->arrived_n = 0;
    live->lost = false;
    pthread_mutex_unlock(&live->lock);
    for (uint32_t i = 0; i < messages_n; i++) {
        distribute(live, messages[i], now_ms);
    }
    for (uint32_t i = 0; lost && i < live->open_n; i++) {
        live->open[i]->greet_due = live->config.greet != NULL;
    }
    for (uint32_t i = 0; i < seats_n; i++) {
        open_seat(live, seats[i], now_ms);
    }
}

/* What each client needs apart from epoll's events: left-over bytes, greetings, time. */
static void attend(struct gv_live *live, uint64_t now_ms)
{
    bool tick = now_ms - live->ticked_ms >= TICK_MS;
    if (tick) {
        live->ticked_ms = now_ms;
    }
    for (uint32_t i = 0; i < live->open_n; i++) {
        struct gv_seat *seat = live->open[i];
        if (seat->state == GV_SEAT_OPEN && seat->greet_due) {
            greet(live, seat, now_ms);
        }
        if (seat->again && seat->state != GV_SEAT_DEAD) {
            gv_frames_read(seat, &live->config, now_ms);
        }
        if (tick && seat->state != GV_SEAT_DEAD) {
            gv_seat_tick(seat, &live->config, now_ms);
        }
    }
}

/* Free the dead, last in each turn: no event of this turn can name them any more. */
static void bury(struct gv_live *live)
{
    for (uint32_t i = 0; i < live->open_n;) {
        struct gv_seat *seat = live->open[i];
        if (seat->state != GV_SEAT_DEAD) {
            watch(live, seat, EPOLL_CTL_MOD); /* may find it dead */
        }
        if (seat->state != GV_SEAT_DEAD) {
            i++;
            continue;
        }
        gv_log(GV_LOG_DEBUG, "live", "client gone id=%llu reason=%s", (unsigned long long)seat->id,
               gv_live_end_name(seat->end));
        live->open[i] = live->open[--live->open_n];
        live->open[i]->open_index = i;
        atomic_fetch_add(&live->ended[seat->end], 1);
        gv_seat_clear(seat); /* closing the descriptor takes it out of epoll */
        atomic_fetch_sub(&live->clients, 1);
        free_seat(live, seat);
    }
}

static int wait_ms(const struct gv_live *live)
{
    for (uint32_t i = 0; i < live->open_n; i++) {
        if (live->open[i]->again) {
            return 0;
        }
    }
    return live->open_n > 0 ? TICK_MS : -1;
}

static void on_event(struct gv_live *live, const struct epoll_event *event, uint64_t now_ms)
{
    struct gv_seat *seat = event->data.ptr;
    if (seat == NULL) {
        uint64_t count;
        ssize_t n = read(live->wake_fd, &count, sizeof(count));
        (void)n;
        return;
    }
    if ((event->events & EPOLLOUT) != 0 && seat->state != GV_SEAT_DEAD) {
        gv_seat_flush(seat);
    }
    if ((event->events & ~(uint32_t)EPOLLOUT) != 0 && seat->state != GV_SEAT_DEAD) {
        gv_frames_read(seat, &live->config, now_ms);
    }
}

static bool is_closed(struct gv_live *live)
{
    pthread_mutex_lock(&live->lock);
    bool closed = live->closed;
    pthread_mutex_unlock(&live->lock);
    return closed;
}

static void *run(void *arg)
{
    struct gv_live *live = arg;
    struct epoll_event events[EVENTS_MAX];
    while (!is_closed(live)) {
        int n = epoll_wait(live->epoll_fd, events, EVENTS_MAX, wait_ms(live));
        GV_ASSERT(n >= 0 || errno == EINTR);
        uint64_t now_ms = gv_now_ms();
        for (int i = 0; i < n; i++) {
            on_event(live, &events[i], now_ms);
        }
        take_in(live, now_ms);
        attend(live, now_ms);
        bury(live);
    }
    uint64_t now_ms = gv_now_ms();
    take_in(live, now_ms);
    for (uint32_t i = 0; i < live->open_n; i++) {
        gv_seat_close(live->open[i], GV_CLOSE_GOING_AWAY, GV_LIVE_END_STOP, now_ms);
        gv_seat_kill(live->open[i], GV_LIVE_END_STOP);
    }
    bury(live);
    return NULL;
}

/* ---- Start and stop --------------------------------------------------------------------------- */

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
    return value != 0 ? value : fallback;
}

static void configure(struct gv_live *live, const struct gv_live_config *config)
{
    live->config = *config;
    live->config.clients_max = or_default(config->clients_max, GV_LIVE_CLIENTS_MAX);
    live->config.per_address = or_default(config->per_address, GV_LIVE_PER_ADDRESS);
    live->config.ping_ms = or_default(config->ping_ms, DEFAULT_PING_MS);
    live->config.silence_ms = or_default(config->silence_ms, DEFAULT_SILENCE_MS);
    live->config.frame_ms = or_default(config->frame_ms, DEFAULT_FRAME_MS);
    atomic_store(&live->clients, 0);
    atomic_store(&live->accepted, 0);
    for (unsigned i = 0; i < GV_LIVE_ENDS; i++) {
        atomic_store(&live->ended[i], 0);
    }
    atomic_store(&live->messages_published, 0);
    atomic_store(&live->messages_lost, 0);
    atomic_store(&live->messages_sent, 0);
    atomic_store(&live->messages_received, 0);
}

static bool open_descriptors(struct gv_live *live)
{
    live->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    live->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = NULL}};
    return live->epoll_fd >= 0 && live->wake_fd >= 0 &&
           epoll_ctl(live->epoll_fd, EPOLL_CTL_ADD, live->wake_fd, &event) == 0;
}

static void close_descriptors(struct gv_live *live)
{
    if (live->epoll_fd >= 0) {
        close(live->epoll_fd);
    }
    if (live->wake_fd >= 0) {
        close(live->wake_fd);
    }
}

/* Signals are for the main thread. */
static bool start_thread(struct gv_live *live)
{
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    if (pthread_attr_init(&attributes) != 0) {
        return false;
    }
    bool started = pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0;
    pthread_sigmask(SIG_SETMASK, &all, &before);
    started = started && pthread_create(&live->thread, &attributes, run, live) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return started;
}

enum gv_err gv_live_start(struct gv_live **live, const struct gv_live_config *config,
                          struct gv_fail *fail)
{
    static bool pools_ready;
    *live = NULL;
    if (running) {
        return gv_fail(fail, GV_ERR_STATE, "live.running", "the live thread runs already");
    }
    if (!pools_ready) {
        GV_POOL_INIT(live_seats);
        gv_live_messages_init();
        gv_frames_init();
        pools_ready = true;
    }
    GV_ASSERT(config->clients_max <= GV_LIVE_CLIENTS_MAX);
    configure(&the_live, config);
    if (!open_descriptors(&the_live)) {
        close_descriptors(&the_live);
        return gv_fail(fail, GV_ERR_IO, "live.start", "no descriptor left");
    }
    the_live.closed = false;
    the_live.lost = false;
    if (!start_thread(&the_live)) {
        the_live.closed = true;
        close_descriptors(&the_live);
        return gv_fail(fail, GV_ERR_IO, "live.start", "no thread left");
    }
    running = true;
    *live = &the_live;
    return GV_OK;
}

void gv_live_stop(struct gv_live *live)
{
    GV_ASSERT(live == &the_live);
    GV_ASSERT(running);
    pthread_mutex_lock(&live->lock);
    live->closed = true;
    wake(live);
    pthread_mutex_unlock(&live->lock);
    pthread_join(live->thread, NULL);
    close_descriptors(live);
    running = false;
}

void gv_live_stats(const struct gv_live *live, struct gv_live_stats *stats)
{
    stats->clients = atomic_load(&live->clients);
    stats->accepted = atomic_load(&live->accepted);
    for (unsigned i = 0; i < GV_LIVE_ENDS; i++) {
        stats->ended[i] = atomic_load(&live->ended[i]);
    }
    stats->messages_published = atomic_load(&live->messages_published);
    stats->messages_lost = atomic_load(&live->messages_lost);
    stats->messages_sent = atomic_load(&live->messages_sent);
    stats->messages_received = atomic_load(&live->messages_received);
}

const char *gv_live_end_name(enum gv_live_end end)
{
    static const char *const names[] = {
#define GV_LIVE_END_NAME(name, text) text,
        GV_LIVE_END_LIST(GV_LIVE_END_NAME)
#undef GV_LIVE_END_NAME
    };
    GV_ASSERT(end < GV_LIVE_ENDS);
    return names[end];
}
