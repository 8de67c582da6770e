#include "web/live/ring.h"

#include "firmware/base/assert.h"

void gv_ring_init(struct gv_ring *ring, uint64_t first_seq, uint32_t age_ms_max)
{
    GV_ASSERT(first_seq > 0);
    pthread_mutex_lock(&ring->lock);
    ring->write_at = 0;
    ring->count = 0;
    ring->newest = first_seq - 1;
    ring->age_ms_max = age_ms_max;
    pthread_mutex_unlock(&ring->lock);
}

/* ---- Under the lock --------------------------------------------------------------------------- */

static struct gv_ring_event *slot_of(const struct gv_ring *ring, uint64_t seq)
{
    return &ring->slots[seq % ring->slots_n];
}

static uint64_t oldest_of(const struct gv_ring *ring)
{
    return ring->newest - ring->count + 1;
}

static bool overlaps(const struct gv_ring_event *event, uint32_t start, size_t n)
{
    return event->n > 0 && event->start < start + n && start < event->start + event->n;
}

/* Room for n bytes in one piece; events that lie there leave, and all before them. */
static uint32_t make_room(struct gv_ring *ring, size_t n)
{
    GV_ASSERT(n <= ring->block_n);
    if (n == 0) {
        return ring->write_at;
    }
    const uint32_t start = n > ring->block_n - ring->write_at ? 0 : ring->write_at;
    uint64_t last = 0;
    for (uint64_t seq = oldest_of(ring); seq <= ring->newest; seq++) {
        if (overlaps(slot_of(ring, seq), start, n)) {
            last = seq;
        } else if (last != 0) {
            break; /* events lie in the order of their numbers */
        }
    }
    if (last != 0) {
        ring->count = (uint32_t)(ring->newest - last);
    }
    return start;
}

static void drop_old(struct gv_ring *ring, uint64_t now_ms)
{
    while (ring->count > 0 && now_ms - slot_of(ring, oldest_of(ring))->at_ms > ring->age_ms_max) {
        ring->count--;
    }
}

/* The one before it says nothing any more. */
static void supersede(struct gv_ring *ring, uint64_t channel, unsigned newest_of)
{
    for (uint32_t i = 0; newest_of != 0 && i < ring->count; i++) {
        struct gv_ring_event *event = slot_of(ring, ring->newest - i);
        if (event->channel == channel && event->newest_of == newest_of) {
            event->superseded = true;
            return; /* older ones were marked before */
        }
    }
}

/* ---- For callers ------------------------------------------------------------------------------ */

void gv_ring_add(struct gv_ring *ring, const struct gv_ring_event *event, size_t bytes_max,
                 gv_ring_writer *writer, void *ctx, uint64_t now_ms)
{
    pthread_mutex_lock(&ring->lock);
    drop_old(ring, now_ms);
    if (ring->count == ring->slots_n) {
        ring->count--;
    }
    const uint32_t start = make_room(ring, bytes_max);
    supersede(ring, event->channel, event->newest_of);
    const uint64_t seq = ring->newest + 1;
    struct gv_ring_event *slot = slot_of(ring, seq);
    *slot = *event;
    slot->seq = seq;
    slot->at_ms = now_ms;
    slot->superseded = false;
    slot->start = start;
    slot->n = bytes_max > 0 ? (uint32_t)writer(ctx, seq, ring->block + start, bytes_max) : 0;
    GV_ASSERT(slot->n <= bytes_max);
    ring->write_at = start + slot->n;
    ring->newest = seq;
    ring->count++;
    pthread_mutex_unlock(&ring->lock);
}

uint64_t gv_ring_newest(struct gv_ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    const uint64_t newest = ring->newest;
    pthread_mutex_unlock(&ring->lock);
    return newest;
}

bool gv_ring_holds(struct gv_ring *ring, uint64_t seq, uint64_t now_ms)
{
    pthread_mutex_lock(&ring->lock);
    drop_old(ring, now_ms);
    const bool holds = seq <= ring->newest && seq + 1 >= oldest_of(ring);
    pthread_mutex_unlock(&ring->lock);
    return holds;
}

bool gv_ring_each(struct gv_ring *ring, uint64_t *seq,
                  bool (*visit)(void *ctx, const struct gv_ring_event *event, struct gv_view bytes),
                  void *ctx)
{
    pthread_mutex_lock(&ring->lock);
    const bool whole = *seq + 1 >= oldest_of(ring);
    bool wanted = whole;
    while (wanted && *seq < ring->newest) {
        const struct gv_ring_event *event = slot_of(ring, ++*seq);
        if (!event->superseded) {
            wanted = visit(ctx, event, gv_view_of(ring->block + event->start, event->n));
        }
    }
    pthread_mutex_unlock(&ring->lock);
    return whole;
}
