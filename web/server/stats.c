#include "hal/linux/tls.h"
#include "web/server/guard.h"
#include "web/server/ticks.h"
#include "web/server/worker.h"

#include <string.h>

const uint64_t gv_http_bucket_us[GV_HTTP_BUCKETS] = {
    250, 500, 1000, 2500, 5000, 10000, 25000, 100000, 500000, 2500000, UINT64_MAX,
};
const int gv_http_codes[GV_HTTP_CODES] = {
    101, 200, 201, 202, 204, 304, 308, 400, 401, 403, 404, 405,
    408, 409, 411, 413, 414, 415, 421, 422, 429, 431, 503, 0,
};

void gv_stats_count(struct gv_worker *worker)
{
    struct gv_server *server = worker->server;
    const struct gv_route *route = worker->exchange.route;
    size_t row = route != NULL ? (size_t)(route - server->routes) : GV_ROUTES_MAX;
    struct gv_route_counters *counters = &server->counters[row];
    uint64_t duration_us = gv_now_us() - worker->started_us;

    unsigned code = 0;
    while (gv_http_codes[code] != 0 && gv_http_codes[code] != worker->reply.status) {
        code++;
    }
    unsigned bucket = 0;
    while (duration_us > gv_http_bucket_us[bucket]) {
        bucket++;
    }
    atomic_fetch_add_explicit(&counters->by_code[code], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counters->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counters->duration_us_sum, duration_us, memory_order_relaxed);
}

void gv_server_stats(const struct gv_server *server, struct gv_server_stats *stats)
{
    struct gv_guard_stats guard;
    struct gv_tls_stats tls;
    gv_guard_stats(&guard);
    gv_tls_stats(&tls);
    *stats = (struct gv_server_stats){
        .connections = guard.accepted,
        .connections_open = guard.open,
        .refused_address = guard.refused,
        .handshakes = tls.handshakes,
        .handshakes_resumed = tls.resumed,
        .handshakes_failed = tls.failed,
        .handshakes_timed_out = tls.timed_out,
        .requests = atomic_load(&server->requests),
        .requests_malformed = atomic_load(&server->malformed),
        .upgrades = atomic_load(&server->upgrades),
        .upgrades_refused = atomic_load(&server->upgrades_refused),
    };
}

static void add_row(const struct gv_server *server, size_t row, struct gv_route_stats *stats)
{
    const struct gv_route_counters *counters = &server->counters[row];
    for (unsigned i = 0; i < GV_HTTP_CODES; i++) {
        stats->by_code[i] += atomic_load_explicit(&counters->by_code[i], memory_order_relaxed);
    }
    for (unsigned i = 0; i < GV_HTTP_BUCKETS; i++) {
        uint64_t n = atomic_load_explicit(&counters->buckets[i], memory_order_relaxed);
        stats->buckets[i] += n;
        stats->count += n;
    }
    stats->duration_us_sum +=
        atomic_load_explicit(&counters->duration_us_sum, memory_order_relaxed);
}

static bool same_label(const struct gv_route *a, const struct gv_route *b)
{
    return strcmp(a->operation, b->operation) == 0 && strcmp(a->method, b->method) == 0;
}

/* Is this row the first of those that share its label? */
static bool is_first(const struct gv_server *server, size_t row)
{
    for (size_t i = 0; i < row; i++) {
        if (same_label(&server->routes[i], &server->routes[row])) {
            return false;
        }
    }
    return true;
}

void gv_server_each_route(const struct gv_server *server,
                          void (*visit)(void *ctx, const struct gv_route_stats *stats), void *ctx)
{
    for (size_t row = 0; row < server->routes_n; row++) {
        if (!is_first(server, row)) {
            continue;
        }
        const struct gv_route *route = &server->routes[row];
        struct gv_route_stats stats = {.operation = route->operation, .method = route->method};
        for (size_t i = row; i < server->routes_n; i++) {
            if (same_label(&server->routes[i], route)) {
                add_row(server, i, &stats);
            }
        }
        visit(ctx, &stats);
    }
    struct gv_route_stats none = {.operation = "none", .method = ""};
    add_row(server, GV_ROUTES_MAX, &none);
    visit(ctx, &none);
}
