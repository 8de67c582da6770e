#include "web/live/state.h"

#include "firmware/base/assert.h"
#include "firmware/base/pool.h"
#include "web/server/ticks.h"

#include <string.h>
#include <unistd.h>

GV_POOL_STORAGE(live_seats, struct gv_seat, GV_LIVE_CLIENTS_MAX);

void gv_seats_init(void)
{
    GV_POOL_INIT(live_seats);
}

void gv_live_wake(struct gv_live *live)
{
    uint64_t one = 1;
    ssize_t n = write(live->wake_fd, &one, sizeof(one)); /* a full counter wakes as well */
    (void)n;
}

/* ---- The workers' side: reserve, release, take -------------------------------------------------- */

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
    return seat;
}

static enum gv_live_kind kind_of(enum gv_upgrade_kind kind)
{
    switch (kind) {
    case GV_UPGRADE_WEBSOCKET:
        return GV_LIVE_WEBSOCKET;
    case GV_UPGRADE_SSE:
        return GV_LIVE_SSE;
    case GV_UPGRADE_POLL:
        break;
    }
    return GV_LIVE_POLL;
}

/* What it hears, from now on: whatever is published after this is also delivered. */
static enum gv_err prepare(struct gv_live *live, struct gv_seat *seat, const struct gv_exchange *x,
                           struct gv_fail *fail)
{
    const struct gv_live_config *config = &live->config;
    const uint64_t raw = config->raw != NULL ? config->raw(config->ctx, x) : 0;
    seat->is_raw = raw != 0;
    seat->ring = seat->is_raw ? &live->raw_events : &live->events;
    seat->at = gv_ring_newest(seat->ring);
    if (seat->is_raw) {
        return gv_stream_sub(seat, raw, false, 0, gv_now_ms());
    }
    return gv_talk_request(live, seat, x, fail);
}

static void *reserve(void *ctx, enum gv_upgrade_kind kind, const struct gv_exchange *x,
                     struct gv_fail *fail)
{
    struct gv_live *live = ctx;
    pthread_mutex_lock(&live->lock);
    struct gv_seat *seat = find_seat(live, x, fail);
    pthread_mutex_unlock(&live->lock);
    if (seat == NULL) {
        return NULL;
    }
    seat->kind = kind_of(kind);
    if (prepare(live, seat, x, fail) != GV_OK) {
        gv_seat_free(live, seat);
        return NULL;
    }
    return seat;
}

void gv_seat_free(struct gv_live *live, struct gv_seat *seat)
{
    gv_stream_unsub_all(seat);
    pthread_mutex_lock(&live->lock);
    live->taken[gv_pool_index(&live_seats, seat)] = false;
    live->taken_n--;
    gv_pool_release(&live_seats, seat);
    pthread_mutex_unlock(&live->lock);
}

static void release(void *ctx, void *seat)
{
    gv_seat_free(ctx, seat);
}

/* The worker's buffer is about to be reused: its early bytes wait in a message slot. */
static bool keep_early(struct gv_seat *seat, struct gv_view early)
{
    if (early.n == 0 || seat->kind != GV_LIVE_WEBSOCKET) {
        return true; /* the others have nothing to say behind their request */
    }
    if (early.n > GV_LIVE_FRAME_OUT_MAX) {
        return false;
    }
    struct gv_live_message *message = gv_live_message_acquire(GV_LIVE_MESSAGES_MARGIN);
    if (message == NULL) {
        return false;
    }
    memcpy(gv_live_message_payload(message), early.p, early.n);
    message->start = GV_LIVE_HEADER_MAX;
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
        atomic_fetch_add(&live->clients, 1);
        atomic_fetch_add(&live->by_kind[seat->kind], 1);
        atomic_fetch_add(&live->accepted, 1);
        gv_live_wake(live);
    }
    pthread_mutex_unlock(&live->lock);
    if (accepted) {
        return;
    }
    gv_seat_clear(seat);
    atomic_fetch_add(&live->ended[GV_LIVE_END_REFUSED], 1);
    gv_seat_free(live, seat);
}

struct gv_upgrade gv_live_upgrade(struct gv_live *live)
{
    static const struct gv_upgrade_ops ops = {.reserve = reserve, .release = release, .take = take};
    return (struct gv_upgrade){.ops = &ops, .ctx = live};
}
