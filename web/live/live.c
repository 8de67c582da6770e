#include "web/live/state.h"

#include "web/server/thread.h"
#include "web/server/ticks.h"

#include "firmware/base/assert.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STACK_BYTES        ((size_t)256 * 1024)
#define DEFAULT_PING_MS    20000u
#define DEFAULT_SILENCE_MS 40000u
#define DEFAULT_FRAME_MS   10000u
#define DEFAULT_AUTH_MS    5000u
#define DEFAULT_TIME_MS    10000u
#define DEFAULT_RING_MS    600000u

static struct gv_ring_event event_slots[GV_LIVE_EVENTS];
static uint8_t event_block[GV_LIVE_EVENT_BYTES];
static struct gv_ring_event raw_slots[GV_LIVE_RAW_EVENTS];
static uint8_t raw_block[GV_LIVE_RAW_EVENT_BYTES];

static struct gv_live the_live = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .closed = true,
    .events = {.lock = PTHREAD_MUTEX_INITIALIZER,
               .slots = event_slots,
               .slots_n = GV_LIVE_EVENTS,
               .block = event_block,
               .block_n = GV_LIVE_EVENT_BYTES},
    .raw_events = {.lock = PTHREAD_MUTEX_INITIALIZER,
                   .slots = raw_slots,
                   .slots_n = GV_LIVE_RAW_EVENTS,
                   .block = raw_block,
                   .block_n = GV_LIVE_RAW_EVENT_BYTES},
};
static bool running;

void gv_live_count_received(void)
{
    atomic_fetch_add_explicit(&the_live.messages_received, 1, memory_order_relaxed);
}

void gv_live_count_sent(void)
{
    atomic_fetch_add_explicit(&the_live.frames_sent, 1, memory_order_relaxed);
}

void gv_live_count_hearer(uint64_t channel, bool comes)
{
    atomic_uint *hearers = &the_live.hearers[gv_live_channel_topic(channel)];
    atomic_fetch_add(hearers, comes ? 1u : (unsigned)-1);
}

uint32_t gv_live_hearers(const struct gv_live *live, unsigned topic)
{
    GV_ASSERT(topic < live->config.topics_n);
    return atomic_load(&live->hearers[topic]);
}

/* ---- Publishing (any thread) ------------------------------------------------------------------ */

struct publication {
    const struct gv_live_config *config;
    const struct gv_live_event *event;
};

static size_t write_raw(void *ctx, uint64_t seq, uint8_t *out, size_t cap)
{
    const struct publication *publication = ctx;
    const struct gv_view data = publication->event->data;
    (void)seq;
    GV_ASSERT(data.n <= cap);
    memcpy(out, data.p, data.n);
    return data.n;
}

static size_t write_enveloped(void *ctx, uint64_t seq, uint8_t *out, size_t cap)
{
    const struct publication *publication = ctx;
    const struct gv_live_event *event = publication->event;
    char name[GV_LIVE_CHANNEL_TEXT_MAX];
    gv_channel_name(name, publication->config, event->channel);
    const struct gv_envelope envelope = {
        .channel = name, .type = event->type, .seq = seq, .wall_ms = gv_wall_ms()};
    const size_t n = gv_envelope_write(&envelope, event->data, (char *)out, cap);
    GV_ASSERT(n > 0);
    return n;
}

static enum gv_err wake(struct gv_live *live)
{
    pthread_mutex_lock(&live->lock);
    const bool closed = live->closed;
    if (!closed) {
        gv_live_wake(live);
    }
    pthread_mutex_unlock(&live->lock);
    return closed ? GV_ERR_CLOSED : GV_OK;
}

enum gv_err gv_live_publish(struct gv_live *live, const struct gv_live_event *event)
{
    const unsigned topic = gv_live_channel_topic(event->channel);
    GV_ASSERT(topic < live->config.topics_n);
    GV_ASSERT(event->data.n > 0);
    const bool is_raw = live->config.topics[topic].is_raw;
    const size_t around = is_raw ? 0 : GV_LIVE_FRAME_OUT_MAX - GV_LIVE_DATA_MAX;
    if (event->data.n + around > GV_LIVE_FRAME_OUT_MAX) {
        return GV_ERR_TOO_LARGE;
    }
    struct publication publication = {.config = &live->config, .event = event};
    const struct gv_ring_event entry = {.channel = event->channel, .newest_of = event->newest_of};
    gv_ring_add(is_raw ? &live->raw_events : &live->events, &entry, event->data.n + around,
                is_raw ? write_raw : write_enveloped, &publication, gv_now_ms());
    atomic_fetch_add(&live->events_published, 1);
    return wake(live);
}

void gv_live_reset(struct gv_live *live, uint64_t channel)
{
    const unsigned topic = gv_live_channel_topic(channel);
    GV_ASSERT(topic < live->config.topics_n);
    const struct gv_ring_event entry = {.channel = channel, .is_reset = true};
    gv_ring_add(live->config.topics[topic].is_raw ? &live->raw_events : &live->events, &entry, 0,
                NULL, NULL, gv_now_ms());
    (void)wake(live); /* when we are stopping nobody is left to be told */
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
    live->config.auth_ms = or_default(config->auth_ms, DEFAULT_AUTH_MS);
    live->config.time_ms = or_default(config->time_ms, DEFAULT_TIME_MS);
    live->config.ring_ms = or_default(config->ring_ms, DEFAULT_RING_MS);
    gv_ring_init(&live->events, gv_wall_ms(), live->config.ring_ms);
    gv_ring_init(&live->raw_events, 1, live->config.ring_ms);
    live->timed_ms = gv_now_ms();
    GV_ASSERT(config->topics_n <= GV_LIVE_TOPICS_MAX);
    for (unsigned i = 0; i < GV_LIVE_TOPICS_MAX; i++) {
        atomic_store(&live->hearers[i], 0);
    }
    atomic_store(&live->clients, 0);
    for (unsigned i = 0; i < GV_LIVE_KINDS; i++) {
        atomic_store(&live->by_kind[i], 0);
    }
    atomic_store(&live->accepted, 0);
    for (unsigned i = 0; i < GV_LIVE_ENDS; i++) {
        atomic_store(&live->ended[i], 0);
    }
    atomic_store(&live->events_published, 0);
    atomic_store(&live->frames_sent, 0);
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
    if (!gv_web_thread_start(&the_live.thread, STACK_BYTES, gv_live_run, &the_live)) {
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
    for (unsigned i = 0; i < GV_LIVE_KINDS; i++) {
        stats->by_kind[i] = atomic_load(&live->by_kind[i]);
    }
    stats->accepted = atomic_load(&live->accepted);
    for (unsigned i = 0; i < GV_LIVE_ENDS; i++) {
        stats->ended[i] = atomic_load(&live->ended[i]);
    }
    stats->events_published = atomic_load(&live->events_published);
    stats->frames_sent = atomic_load(&live->frames_sent);
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

const char *gv_live_kind_name(enum gv_live_kind kind)
{
    static const char *const names[GV_LIVE_KINDS] = {"websocket", "sse", "poll"};
    GV_ASSERT(kind < GV_LIVE_KINDS);
    return names[kind];
}
