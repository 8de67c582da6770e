#include "web/live/state.h"

#include "firmware/base/assert.h"

#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STACK_BYTES        ((size_t)256 * 1024)
#define DEFAULT_PING_MS    20000u
#define DEFAULT_SILENCE_MS 40000u
#define DEFAULT_FRAME_MS   10000u

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

/* ---- Publishing (any thread) ------------------------------------------------------------------ */

static enum gv_err publish(struct gv_live *live, bool for_all, const void *channel,
                           struct gv_view json)
{
    GV_ASSERT(json.n > 0);
    if (json.n > GV_LIVE_FRAME_OUT_MAX) {
        return GV_ERR_TOO_LARGE;
    }
    atomic_fetch_add(&live->messages_published, 1);
    if (atomic_load(&live->clients) == 0) {
        return GV_OK;
    }
    struct gv_live_message *message = gv_live_message_acquire(0);
    if (message != NULL) {
        message->for_all = for_all;
        message->channel = channel;
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
        gv_live_wake(live);
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

enum gv_err gv_live_publish(struct gv_live *live, struct gv_view json)
{
    return publish(live, true, NULL, json);
}

enum gv_err gv_live_publish_to(struct gv_live *live, const void *channel, struct gv_view json)
{
    return publish(live, false, channel, json);
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
    started = started && pthread_create(&live->thread, &attributes, gv_live_run, live) == 0;
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
        gv_seats_init();
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
    gv_live_wake(live);
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
