/* Inside web/api: the one instance, and what every handler needs. */
#ifndef GV_WEB_API_API_STATE_H
#define GV_WEB_API_API_STATE_H

#include "web/api/api.h"
#include "web/api/door.h"
#include "web/api/idempotency.h"

#include <pthread.h>
#include <stdatomic.h>

/* Confirmations before a coinbase output may be spent. Source: Bitcoin Core COINBASE_MATURITY. */
#define GV_COINBASE_MATURITY 100u

/* The first second of 2025: a clock before this was never set. */
#define GV_CLOCK_SET_S 1735689600

/* What the private channels tell; `log_told` and `told_ms` are the main thread's. */
struct gv_api_box {
    pthread_mutex_t lock; /* of text and n */
    size_t n;             /* 0: nobody listens, or not yet told */
    char text[GV_LIVE_DATA_MAX];
    uint64_t told_ms;
    uint64_t log_told;
};

struct gv_api {
    struct gv_api_config config;
    /* NULL until attached: the engine publishes before the live thread runs, and a worker may serve
     * before the server's start has returned. */
    _Atomic(struct gv_server *) server;
    _Atomic(struct gv_live *) live;
    /* Number of the first price point that has not been sent to every client. Set by the oracle
     * thread, read by the live thread. */
    _Atomic(uint64_t) price_points_sent;
    struct gv_mono started;
    char
        epoch[20]; /* of this run, part of every ETag: market sequences begin again at each start */
    struct gv_rate rate;
    struct gv_door door;
    struct gv_api_box box;
    struct gv_idempotency_table idempotency;
    struct gv_api_worker workers[GV_HTTP_WORKERS];
};

static inline struct gv_api *gv_api_of(const struct gv_exchange *x)
{
    return x->app;
}

static inline struct gv_api_worker *gv_api_worker_of(const struct gv_exchange *x)
{
    return &gv_api_of(x)->workers[x->worker];
}

#endif
