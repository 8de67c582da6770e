/* Ring: the last events, numbered, each stored once for all clients. Internal to web/live.
 *
 *        oldest                        newest
 *   ──┬────┬────┬────┬── ... ──┬────┬────┬──►     numbers without gaps; slot = number % slots
 *     └ bytes of an event lie together in one block that is written round and round
 *
 * An event leaves when its slot or its bytes are needed, or when it is too old. Readers hold a number,
 * never a pointer: what is behind the oldest is gone for them, and they are told so.
 * Thread: any; the ring has its own mutex. `visit` of gv_ring_each runs under it. */
#ifndef GV_WEB_LIVE_RING_H
#define GV_WEB_LIVE_RING_H

#include "firmware/base/bytes.h"

#include <pthread.h>

struct gv_ring_event {
    uint64_t seq;
    uint64_t at_ms; /* monotonic */
    uint64_t channel;
    unsigned newest_of; /* see gv_live_event */
    bool superseded;    /* by a newer one of the same */
    bool is_reset;      /* no bytes: readers of the channel need a snapshot */
    uint32_t start;     /* of the bytes in the block */
    uint32_t n;
};

struct gv_ring {
    pthread_mutex_t lock;
    struct gv_ring_event *slots;
    uint32_t slots_n;
    uint8_t *block;
    uint32_t block_n;
    uint32_t write_at;
    uint32_t count;
    uint64_t newest;
    uint32_t age_ms_max;
};

/** Take over the storage, empty; the first event gets number first_seq. */
void gv_ring_init(struct gv_ring *ring, uint64_t first_seq, uint32_t age_ms_max);

/** Writes an event's bytes: `seq` is its number. Returns their length, at most `cap`. */
typedef size_t gv_ring_writer(void *ctx, uint64_t seq, uint8_t *out, size_t cap);

/** Add an event of at most bytes_max bytes. In: event: channel, newest_of, is_reset. */
void gv_ring_add(struct gv_ring *ring, const struct gv_ring_event *event, size_t bytes_max,
                 gv_ring_writer *writer, void *ctx, uint64_t now_ms);

/** Number of the newest event; the first is not yet there when it is first_seq - 1. */
uint64_t gv_ring_newest(struct gv_ring *ring);
/** Can a reader that has everything up to `seq` go on from there? */
bool gv_ring_holds(struct gv_ring *ring, uint64_t seq, uint64_t now_ms);

/** Visit the events behind *seq in order until `visit` returns false, under the lock; superseded ones
 *  are left out.
 *  In/Out:  seq: ends as the number of the last event looked at.
 *  Returns: false when events behind *seq are gone already, and none is visited. */
GV_MUST_USE bool gv_ring_each(struct gv_ring *ring, uint64_t *seq,
                              bool (*visit)(void *ctx, const struct gv_ring_event *event,
                                            struct gv_view bytes),
                              void *ctx);

#endif
