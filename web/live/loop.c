#include "web/live/state.h"

#include "web/server/ticks.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#define TICK_MS    250
#define EVENTS_MAX 64

static size_t write_part(const struct gv_live *live, const struct gv_seat *seat, unsigned part,
                         char *buf)
{
    const struct gv_live_config *config = &live->config;
    if (part == 0) {
        return config->greet(config->ctx, seat->route_extra, buf, GV_LIVE_FRAME_OUT_MAX);
    }
    if (config->greet_more == NULL) {
        return 0;
    }
    return config->greet_more(config->ctx, seat->route_extra, part, buf, GV_LIVE_FRAME_OUT_MAX);
}

static void greet(struct gv_live *live, struct gv_seat *seat, uint64_t now_ms)
{
    seat->greet_due = false;
    size_t n = 1;
    for (unsigned part = 0; n > 0 && seat->state == GV_SEAT_OPEN; part++) {
        struct gv_live_message *message = gv_live_message_acquire(GV_LIVE_PUBLISH_MARGIN);
        if (message == NULL) {
            seat->greet_due = true; /* all of it again in the next turn */
            return;
        }
        n = write_part(live, seat, part, gv_live_message_payload(message));
        if (n > 0) {
            gv_live_message_frame(message, n);
            gv_seat_push(seat, message, now_ms);
        }
        gv_live_message_release(message);
    }
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
        if (message->for_all || live->open[i]->route_extra == message->channel) {
            gv_seat_push(live->open[i], message, now_ms);
        }
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
    for (uint32_t i = 0; i < messages_n; i++) {
        messages[i] = live->published[i];
    }
    for (uint32_t i = 0; i < seats_n; i++) {
        seats[i] = live->arrived[i];
    }
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
        gv_seat_free(live, seat);
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

void *gv_live_run(void *arg)
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
