/* State of the live thread, and who may touch which part of it. Internal to web/live. */
#ifndef GV_WEB_LIVE_STATE_H
#define GV_WEB_LIVE_STATE_H

#include "web/live/seat.h"

#include <pthread.h>
#include <stdatomic.h>

struct gv_live {
    struct gv_live_config config;
    pthread_t thread;
    int epoll_fd;
    int wake_fd;

    /* What was published; they lock themselves. Raw channels have their own: it need not reach back, and
     * their many events push nothing else out. */
    struct gv_ring events;
    struct gv_ring raw_events;

    pthread_mutex_t lock;            /* everything down to `closed` */
    bool taken[GV_LIVE_CLIENTS_MAX]; /* seats in use, by index */
    uint32_t taken_n;
    struct gv_seat *arrived[GV_LIVE_CLIENTS_MAX];
    uint32_t arrived_n;
    uint64_t next_id;
    bool closed; /* stopping or stopped: nobody comes in any more */

    struct gv_seat *open[GV_LIVE_CLIENTS_MAX]; /* live thread only */
    uint32_t open_n;
    uint64_t ticked_ms;
    uint64_t timed_ms; /* last time frame to everybody */
    bool starved;      /* somebody found no free message in this turn */

    atomic_uint hearers[GV_LIVE_TOPICS_MAX];
    atomic_uint clients;
    atomic_uint by_kind[GV_LIVE_KINDS];
    atomic_uint_fast64_t accepted;
    atomic_uint_fast64_t ended[GV_LIVE_ENDS];
    atomic_uint_fast64_t events_published;
    atomic_uint_fast64_t frames_sent;
    atomic_uint_fast64_t messages_received;
};

/* ---- seats.c ---- */

/** Once per process, before the memory seal. */
void gv_seats_init(void);
/** Back to the pool. Thread: whoever owns the seat. */
void gv_seat_free(struct gv_live *live, struct gv_seat *seat);
/** Wake the live thread. Under the lock, and not after gv_live_stop: the descriptor is then sure to be
 *  ours. */
void gv_live_wake(struct gv_live *live);

/* ---- loop.c ---- */

/** The thread: serves until closed, then ends every client. In: arg: the struct gv_live. */
void *gv_live_run(void *arg);

#endif
