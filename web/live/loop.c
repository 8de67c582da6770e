#include "web/live/state.h"

#include "web/server/ticks.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#define TICK_MS    250
#define EVENTS_MAX 64

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
    seat->opened_ms = now_ms;
    seat->heard_ms = now_ms;
    seat->pinged_ms = now_ms;
    seat->waited = seat->wait_ms == 0;
    seat->again = true; /* serviced once at once: bytes may wait where epoll does not look */
    seat->open_index = live->open_n;
    live->open[live->open_n++] = seat;
    if (seat->kind == GV_LIVE_WEBSOCKET && !gv_frames_open(seat)) {
        gv_seat_kill(seat, GV_LIVE_END_REFUSED);
    } else {
        watch(live, seat, EPOLL_CTL_ADD);
    }
}

static void take_in(struct gv_live *live, uint64_t now_ms)
{
    static struct gv_seat *seats[GV_LIVE_CLIENTS_MAX];
    pthread_mutex_lock(&live->lock);
    uint32_t seats_n = live->arrived_n;
    for (uint32_t i = 0; i < seats_n; i++) {
        seats[i] = live->arrived[i];
    }
    live->arrived_n = 0;
    pthread_mutex_unlock(&live->lock);
    for (uint32_t i = 0; i < seats_n; i++) {
        open_seat(live, seats[i], now_ms);
    }
}

/* So that clients can show our time and tell silence from loss. */
static void tell_time(struct gv_seat *seat)
{
    if (seat->state == GV_SEAT_OPEN && !seat->is_raw && !seat->time_due &&
        seat->kind != GV_LIVE_POLL) {
        seat->time_due = true;
        seat->time = (struct gv_time_answer){.t1 = gv_wall_ms()};
    }
}

static bool is_over(uint64_t *last_ms, uint64_t period_ms, uint64_t now_ms)
{
    const bool over = now_ms - *last_ms >= period_ms;
    *last_ms = over ? now_ms : *last_ms;
    return over;
}

/* Frames are held by clients that take nothing, and others wait for one: the longest stuck goes. */
static void make_room(struct gv_live *live)
{
    struct gv_seat *stuck = NULL;
    for (uint32_t i = 0; i < live->open_n; i++) {
        struct gv_seat *seat = live->open[i];
        if (seat->state != GV_SEAT_DEAD && seat->out.blocked && seat->out.message != NULL &&
            (stuck == NULL || seat->out.blocked_since_ms < stuck->out.blocked_since_ms)) {
            stuck = seat;
        }
    }
    if (stuck != NULL) {
        gv_seat_kill(stuck, GV_LIVE_END_SLOW);
    }
}

static void serve(struct gv_live *live, struct gv_seat *seat, uint64_t now_ms)
{
    if (!seat->out.blocked && seat->state != GV_SEAT_DEAD &&
        gv_seat_due(seat, gv_ring_newest(seat->ring))) {
        gv_seat_flush(live, seat, now_ms);
    }
}

/* What each client needs apart from epoll's events: left-over bytes, time, its share of the news. */
static void attend(struct gv_live *live, uint64_t now_ms)
{
    const bool tick = is_over(&live->ticked_ms, TICK_MS, now_ms);
    const bool tells_time = is_over(&live->timed_ms, live->config.time_ms, now_ms);
    for (uint32_t i = 0; i < live->open_n; i++) {
        struct gv_seat *seat = live->open[i];
        if (seat->again && seat->state != GV_SEAT_DEAD) {
            serve(live, seat, now_ms); /* first: it may have ended behind its request */
            gv_frames_read(live, seat, now_ms);
        }
        if (tells_time) {
            tell_time(seat);
        }
        if (tick) {
            gv_talk_recheck(live, seat, now_ms); /* whoever may no longer listen goes */
            gv_seat_tick(seat, &live->config, now_ms);
        }
        serve(live, seat, now_ms);
    }
    if (live->starved) {
        live->starved = false;
        make_room(live);
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
        atomic_fetch_sub(&live->by_kind[seat->kind], 1);
        gv_seat_free(live, seat);
    }
}

static int wait_ms(const struct gv_live *live)
{
    for (uint32_t i = 0; i < live->open_n; i++) {
        if (live->open[i]->again || live->open[i]->more) {
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
        gv_seat_flush(live, seat, now_ms);
    }
    if ((event->events & ~(uint32_t)EPOLLOUT) != 0 && seat->state != GV_SEAT_DEAD) {
        gv_frames_read(live, seat, now_ms);
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
        if (live->open[i]->state == GV_SEAT_CLOSING) {
            gv_seat_flush(live, live->open[i], now_ms);
        }
        gv_seat_kill(live->open[i], GV_LIVE_END_STOP);
    }
    bury(live);
    gv_stream_drop_shared();
    return NULL;
}
