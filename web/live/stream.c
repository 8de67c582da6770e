/* What a client is sent: its share of the ring, snapshots, the time, errors. */
#include "web/live/state.h"

#include "web/server/ticks.h"

#include "firmware/base/assert.h"

#include <string.h>

/* The frame made last for each kind of client: those who stand at the same place share it. */
struct shared {
    const struct gv_ring *ring;
    uint64_t seq;
    struct gv_live_message *message;
};
static struct shared shared[GV_LIVE_KINDS];

void gv_stream_drop_shared(void)
{
    for (unsigned i = 0; i < GV_LIVE_KINDS; i++) {
        if (shared[i].message != NULL) {
            gv_live_message_release(shared[i].message);
            shared[i] = (struct shared){0};
        }
    }
}

/* ---- Subscriptions ---------------------------------------------------------------------------- */

static struct gv_sub *find_sub(struct gv_seat *seat, uint64_t channel)
{
    for (unsigned i = 0; i < seat->subs_n; i++) {
        if (seat->subs[i].channel == channel) {
            return &seat->subs[i];
        }
    }
    return NULL;
}

enum gv_err gv_stream_sub(struct gv_seat *seat, uint64_t channel, bool has_since, uint64_t since,
                          uint64_t now_ms)
{
    struct gv_sub *sub = find_sub(seat, channel);
    const uint64_t newest = gv_ring_newest(seat->ring);
    if (sub == NULL) {
        if (seat->subs_n == GV_LIVE_SUBS_MAX) {
            return GV_ERR_FULL;
        }
        sub = &seat->subs[seat->subs_n++];
        gv_live_count_hearer(channel, true);
    }
    *sub = (struct gv_sub){.channel = channel, .from = newest, .fresh_from = newest};
    if (has_since && gv_ring_holds(seat->ring, since, now_ms)) {
        sub->from = since;
        seat->at = since < seat->at ? since : seat->at; /* the others have what comes again */
    } else {
        sub->snapshot_due = true;
    }
    return GV_OK;
}

void gv_stream_unsub(struct gv_seat *seat, uint64_t channel)
{
    struct gv_sub *sub = find_sub(seat, channel);
    if (sub != NULL) {
        *sub = seat->subs[--seat->subs_n];
        gv_live_count_hearer(channel, false);
    }
}

void gv_stream_unsub_all(struct gv_seat *seat)
{
    while (seat->subs_n > 0) {
        gv_stream_unsub(seat, seat->subs[0].channel);
    }
}

static bool wants_snapshot(const struct gv_seat *seat)
{
    for (unsigned i = 0; i < seat->subs_n; i++) {
        if (seat->subs[i].snapshot_due) {
            return true;
        }
    }
    return false;
}

/* A long poll has its answer when something was sent, or when it has waited long enough. */
static bool is_answered(const struct gv_seat *seat)
{
    return seat->kind == GV_LIVE_POLL && (seat->anything_sent || seat->waited);
}

bool gv_stream_due(const struct gv_seat *seat, uint64_t newest)
{
    return seat->at < newest || seat->time_due || seat->error_due || wants_snapshot(seat) ||
           is_answered(seat);
}

/* ---- The ring --------------------------------------------------------------------------------- */

static bool is_for(const struct gv_sub *sub, const struct gv_ring_event *event)
{
    return !sub->snapshot_due && sub->channel == event->channel && sub->from < event->seq;
}

static bool is_reset_for(const struct gv_sub *sub, const struct gv_ring_event *event)
{
    const bool same = sub->channel == event->channel || (gv_live_channel_id(event->channel) == 0 &&
                                                         gv_live_channel_topic(sub->channel) ==
                                                             gv_live_channel_topic(event->channel));
    return same && sub->from < event->seq;
}

static void apply_reset(struct gv_seat *seat, const struct gv_ring_event *event)
{
    for (unsigned i = 0; i < seat->subs_n; i++) {
        if (is_reset_for(&seat->subs[i], event)) {
            seat->subs[i].snapshot_due = true;
            seat->subs[i].part = 0;
        }
    }
}

struct search {
    struct gv_seat *seat;
    struct gv_live_message *message;
    bool starved;
};

/* The frame of an event, with a reference for the caller. */
static struct gv_live_message *frame_event(const struct gv_seat *seat,
                                           const struct gv_ring_event *event, struct gv_view bytes)
{
    struct shared *last = &shared[seat->kind];
    const bool sharing = seat->kind != GV_LIVE_POLL;
    if (sharing && last->message != NULL && last->ring == seat->ring && last->seq == event->seq) {
        last->message->references++;
        return last->message;
    }
    struct gv_live_message *message = gv_live_message_acquire(0);
    if (message == NULL) {
        return NULL;
    }
    memcpy(gv_live_message_payload(message), bytes.p, bytes.n);
    gv_live_message_wrap(message, seat->kind, bytes.n, event->seq, !seat->anything_sent);
    if (sharing) {
        if (last->message != NULL) {
            gv_live_message_release(last->message);
        }
        message->references++;
        *last = (struct shared){.ring = seat->ring, .seq = event->seq, .message = message};
    }
    return message;
}

/* Under the ring's lock. */
static bool look(void *ctx, const struct gv_ring_event *event, struct gv_view bytes)
{
    struct search *search = ctx;
    struct gv_seat *seat = search->seat;
    if (event->is_reset) {
        apply_reset(seat, event);
        return true;
    }
    struct gv_sub *sub = find_sub(seat, event->channel);
    if (sub == NULL || !is_for(sub, event)) {
        return true;
    }
    search->message = frame_event(seat, event, bytes);
    search->starved = search->message == NULL;
    sub->from = search->starved ? sub->from : event->seq;
    return false;
}

/* Again in the next turn, when there is room. */
static void starve(struct gv_live *live, struct gv_seat *seat)
{
    live->starved = true;
    seat->more = true;
}

static struct gv_live_message *next_event(struct gv_live *live, struct gv_seat *seat,
                                          uint64_t now_ms)
{
    struct search search = {.seat = seat};
    if (!gv_ring_each(seat->ring, &seat->at, look, &search)) {
        gv_seat_close(seat, GV_CLOSE_SLOW, GV_LIVE_END_SLOW, now_ms);
    }
    if (search.starved) {
        seat->at--; /* not sent yet */
        starve(live, seat);
    }
    return search.message;
}

struct lag {
    const struct gv_seat *seat;
    uint32_t events;
    size_t bytes;
};

static bool is_too_much(const struct lag *lag)
{
    return lag->events > GV_LIVE_LAG_EVENTS || lag->bytes > GV_LIVE_LAG_BYTES;
}

static bool count_lag(void *ctx, const struct gv_ring_event *event, struct gv_view bytes)
{
    struct lag *lag = ctx;
    for (unsigned i = 0; i < lag->seat->subs_n; i++) {
        const struct gv_sub *sub = &lag->seat->subs[i];
        if (is_for(sub, event) && event->seq > sub->fresh_from) {
            lag->events++;
            lag->bytes += bytes.n;
        }
    }
    return !is_too_much(lag);
}

bool gv_stream_slow(const struct gv_seat *seat)
{
    struct lag lag = {.seat = seat};
    uint64_t at = seat->at;
    const bool whole = gv_ring_each(seat->ring, &at, count_lag, &lag);
    return !whole || is_too_much(&lag);
}

/* ---- Snapshots -------------------------------------------------------------------------------- */

static size_t write_snapshot(const struct gv_live *live, const struct gv_seat *seat,
                             struct gv_sub *sub, char *buf)
{
    const struct gv_live_config *config = &live->config;
    if (seat->is_raw) {
        return config->snapshot(config->ctx, sub->channel, &sub->part, buf, GV_LIVE_FRAME_OUT_MAX);
    }
    static char data[GV_LIVE_DATA_MAX]; /* of the live thread */
    char name[GV_LIVE_CHANNEL_TEXT_MAX];
    const size_t n =
        config->snapshot(config->ctx, sub->channel, &sub->part, data, GV_LIVE_DATA_MAX);
    gv_channel_name(name, config, sub->channel);
    const struct gv_envelope envelope = {
        .channel = name, .type = "snapshot", .seq = seat->at, .wall_ms = gv_wall_ms()};
    return n > 0 ? gv_envelope_write(&envelope, gv_view_of(data, n), buf, GV_LIVE_FRAME_OUT_MAX)
                 : 0;
}

/* Asked for when the seat stands at the newest event: the state shown has everything up to it, and what
 * follows is sent behind it. */
static size_t next_snapshot(const struct gv_live *live, struct gv_seat *seat, char *buf)
{
    for (unsigned i = 0; i < seat->subs_n; i++) {
        struct gv_sub *sub = &seat->subs[i];
        if (!sub->snapshot_due) {
            continue;
        }
        if (sub->part == 0) {
            sub->from = seat->at;
            sub->fresh_from = seat->at;
        }
        const size_t n = write_snapshot(live, seat, sub, buf);
        sub->snapshot_due = n > 0 && sub->part != 0;
        if (n > 0) {
            return n;
        }
    }
    return 0;
}

/* ---- Everything ------------------------------------------------------------------------------- */

static size_t next_own(const struct gv_live *live, struct gv_seat *seat, char *buf)
{
    if (seat->error_due) {
        seat->error_due = false;
        return gv_envelope_error(&seat->error, seat->at, gv_wall_ms(), buf, GV_LIVE_FRAME_OUT_MAX);
    }
    if (seat->time_due) {
        seat->time_due = false;
        seat->time.t2 = gv_wall_ms();
        return gv_envelope_time(&seat->time, seat->at, buf, GV_LIVE_FRAME_OUT_MAX);
    }
    return next_snapshot(live, seat, buf);
}

struct gv_live_message *gv_stream_next(struct gv_live *live, struct gv_seat *seat, uint64_t now_ms)
{
    struct gv_live_message *message = next_event(live, seat, now_ms);
    if (message != NULL || seat->more || seat->state != GV_SEAT_OPEN ||
        !gv_stream_due(seat, seat->at)) {
        seat->anything_sent = seat->anything_sent || message != NULL;
        return message;
    }
    message = gv_live_message_acquire(0);
    if (message == NULL) {
        starve(live, seat);
        return NULL;
    }
    const bool is_snapshot = !seat->error_due && !seat->time_due;
    const size_t n = next_own(live, seat, gv_live_message_payload(message));
    if (n > 0) {
        gv_live_message_wrap(message, seat->kind, n, is_snapshot ? seat->at : 0,
                             !seat->anything_sent);
        seat->anything_sent = true;
        return message;
    }
    if (is_answered(seat)) {
        seat->end_sent = true;
        gv_live_message_poll_end(message, seat->at, gv_wall_ms(), !seat->anything_sent);
        return message;
    }
    gv_live_message_release(message);
    return NULL;
}
