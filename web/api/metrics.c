/* GET /metrics: Prometheus text format 0.0.4. Loopback or an API key with auctions:read. Never labelled
 * by asset, user, address or listing: the number of series is fixed by the program. */
#include "web/api/handlers.h"

#include "app/engine/orders.h"
#include "app/node/notify.h"
#include "app/node/rpc_stats.h"
#include "firmware/base/assert.h"
#include "firmware/base/heap.h"
#include "web/api/api_state.h"
#include "web/api/upload.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Largest single print. */
#define PRINT_MAX 512u

struct metrics {
    struct gv_exchange *x;
    char *p;
    size_t n;
    bool gone; /* the client is */
};

static void flush(struct metrics *m)
{
    m->gone = m->gone || gv_reply_chunk(m->x, gv_view_of(m->p, m->n)) != GV_OK;
    m->n = 0;
}

static void print(struct metrics *m, const char *fmt, ...) GV_PRINTF(2, 3);

static void print(struct metrics *m, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(m->p + m->n, PRINT_MAX, fmt, args);
    va_end(args);
    GV_ASSERT(n >= 0);
    GV_ASSERT((size_t)n < PRINT_MAX);
    m->n += (size_t)n;
    if (m->n + PRINT_MAX > GV_REPLY_BYTES_MAX) {
        flush(m);
    }
}

static void head(struct metrics *m, const char *name, const char *type, const char *help)
{
    print(m, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct metrics *m, const char *name, const char *type, const char *help, uint64_t v)
{
    head(m, name, type, help);
    print(m, "%s %" PRIu64 "\n", name, v);
}

/* ---- node and listings ---------------------------------------------------------------------------- */

static void write_node(struct metrics *m, const struct gv_market_head *market, struct gv_utc now)
{
    const struct gv_node_status *node = &market->node;
    const int64_t age = now.s - node->tip_time.s;
    one(m, "gavel_node_reachable", "gauge", "1 when the node answers.", node->reachable);
    one(m, "gavel_node_live", "gauge", "1 when PSBTs may be revealed.", market->tip.live);
    one(m, "gavel_node_tip_height", "gauge", "Height of the validated tip.", market->tip.height.v);
    one(m, "gavel_node_headers", "gauge", "Best known header height.", node->headers);
    one(m, "gavel_node_tip_age_seconds", "gauge", "Age of the tip by its header.",
        age > 0 ? (uint64_t)age : 0);
    head(m, "gavel_node_sync_ratio", "gauge", "Verification progress by the node.");
    print(m, "gavel_node_sync_ratio %.6f\n", node->verification_progress);
    one(m, "gavel_clock_synced", "gauge", "1 when the clock was ever set.",
        now.s >= GV_CLOCK_SET_S);
    one(m, "gavel_node_reorgs_total", "counter", "Blocks taken off the chain.", node->reorgs);
    one(m, "gavel_indexer_ready", "gauge", "1 when the Counterparty API follows the chain.",
        node->indexer_ready);
    head(m, "gavel_auctions", "gauge", "Listings by status.");
    for (unsigned i = 0; i < GV_DUTCH_STATUSES; i++) {
        print(m, "gavel_auctions{kind=\"dutch\",state=\"%s\"} %" PRIu32 "\n",
              gv_dutch_status_text((enum gv_dutch_status)i), market->status_counts[i]);
    }
}

static void write_feed(struct metrics *m, const struct gv_node_status *node)
{
    head(m, "gavel_zmq_messages_total", "counter", "Feed messages.");
    for (unsigned i = 0; i < GV_FEED_TOPICS; i++) {
        print(m, "gavel_zmq_messages_total{topic=\"%s\"} %" PRIu64 "\n", gv_notify_topic_name(i),
              node->feed_topics[i].messages);
    }
    head(m, "gavel_zmq_gaps_total", "counter", "Gaps in feed counters: messages were lost.");
    for (unsigned i = 0; i < GV_FEED_TOPICS; i++) {
        print(m, "gavel_zmq_gaps_total{topic=\"%s\"} %" PRIu64 "\n", gv_notify_topic_name(i),
              node->feed_topics[i].gaps);
    }
}

static void write_rpc_method(void *ctx, const struct gv_rpc_stats *s)
{
    struct metrics *m = ctx;
    print(m, "gavel_rpc_duration_seconds_sum{method=\"%s\"} %.3f\n", s->method,
          (double)s->sum_ms / 1000.0);
    print(m, "gavel_rpc_duration_seconds_count{method=\"%s\"} %" PRIu64 "\n", s->method, s->count);
}

static void write_checks(struct metrics *m)
{
    head(m, "gavel_psbt_checks_total", "counter", "PSBTs of uploads, by verdict.");
    for (unsigned i = 0; i < GV_UPLOAD_VERDICTS; i++) {
        const enum gv_upload_verdict verdict = (enum gv_upload_verdict)i;
        print(m, "gavel_psbt_checks_total{result=\"%s\"} %" PRIu64 "\n",
              gv_upload_verdict_name(verdict), gv_upload_checks(verdict));
    }
}

/* ---- memory ----------------------------------------------------------------------------------------- */

static void write_pool(void *ctx, const struct gv_pool_stats *s)
{
    struct metrics *m = ctx;
    print(m, "gavel_pool_slots{pool=\"%s\",what=\"size\"} %" PRIu32 "\n", s->name, s->capacity);
    print(m, "gavel_pool_slots{pool=\"%s\",what=\"in_use\"} %" PRIu32 "\n", s->name, s->in_use);
    print(m, "gavel_pool_slots{pool=\"%s\",what=\"low_water\"} %" PRIu32 "\n", s->name,
          s->low_water);
    print(m, "gavel_pool_slots{pool=\"%s\",what=\"refused\"} %" PRIu64 "\n", s->name, s->refused);
}

static void write_heap(void *ctx, const struct gv_heap_stats *s)
{
    struct metrics *m = ctx;
    print(m, "gavel_heap_bytes{heap=\"%s\",what=\"size\"} %zu\n", s->name, s->capacity);
    print(m, "gavel_heap_bytes{heap=\"%s\",what=\"in_use\"} %zu\n", s->name, s->in_use);
    print(m, "gavel_heap_bytes{heap=\"%s\",what=\"high_water\"} %zu\n", s->name, s->high_water);
    print(m, "gavel_heap_bytes{heap=\"%s\",what=\"refused\"} %" PRIu64 "\n", s->name, s->refused);
}

static void write_memory(struct metrics *m, const struct gv_api *api)
{
    struct gv_api_machine machine = {0};
    api->config.machine(api->config.boot_ctx, &machine);
    one(m, "process_resident_memory_bytes", "gauge", "Resident memory.", machine.resident_bytes);
    one(m, "gavel_sqlite_memory_bytes", "gauge", "SQLite's use of its arena.",
        machine.sqlite_used_bytes);
    one(m, "gavel_db_bytes", "gauge", "Size of the database.", machine.database_bytes);
    one(m, "gavel_db_wal_bytes", "gauge", "Size of its write-ahead log.", machine.wal_bytes);
    one(m, "gavel_disk_free_bytes", "gauge", "Free on the data disk.", machine.disk_free_bytes);
    if (machine.has_temperature) {
        head(m, "gavel_cpu_temperature_celsius", "gauge", "Warmest sensor of the processor.");
        print(m, "gavel_cpu_temperature_celsius %.3f\n", (double)machine.temperature_mc / 1000.0);
    }
    if (machine.has_undervoltage) {
        one(m, "gavel_undervoltage", "gauge", "1: the power supply is too weak now.",
            machine.undervoltage);
    }
    if (machine.has_throttled) {
        one(m, "gavel_throttled", "gauge", "1: the processor is slowed down now.",
            machine.throttled);
    }
    if (machine.knows_clock) {
        one(m, "gavel_clock_synchronised", "gauge", "1: the clock follows a time server.",
            machine.clock_synchronised);
    }
    struct gv_backup_status backups;
    api->config.backups->status(&backups);
    one(m, "gavel_backup_last_success_timestamp_seconds", "gauge", "Newest backup; 0: none.",
        (uint64_t)backups.created_at.s);
    one(m, "gavel_backup_last_verified_timestamp_seconds", "gauge",
        "Newest good trial restore; 0: none.", (uint64_t)backups.verified_at.s);
    head(m, "gavel_disk_written_bytes_total", "counter", "Written by us, by class.");
    for (unsigned i = 0; i < GV_API_WRITTEN; i++) {
        print(m, "gavel_disk_written_bytes_total{class=\"%s\"} %" PRIu64 "\n",
              machine.written[i].name, machine.written[i].total_bytes);
    }
    head(m, "gavel_pool_slots", "gauge", "Fixed pools: size, use, least free ever, refusals.");
    gv_pool_each(write_pool, m);
    head(m, "gavel_heap_bytes", "gauge", "Arenas lent to libraries; what=refused is a count.");
    gv_heap_each(write_heap, m);
}

/* ---- engine, server, live ------------------------------------------------------------------------------ */

static void write_engine(struct metrics *m, const struct gv_api *api)
{
    struct gv_engine_stats stats;
    gv_engine_stats(api->config.engine, &stats);
    one(m, "gavel_watched_outpoints", "gauge", "Outpoints of listings and of uploads in check.",
        gv_watch_count(api->config.watch));
    one(m, "gavel_engine_commands_total", "counter", "Commands served.", stats.commands);
    one(m, "gavel_engine_batches_total", "counter", "Commits.", stats.batches);
    one(m, "gavel_engine_commits_failed_total", "counter", "Batches rolled back.",
        stats.commits_failed);
    one(m, "gavel_engine_queue_high_water", "gauge", "Longest queue.", stats.queue_high_water);
    one(m, "gavel_engine_queue_refused_total", "counter", "Commands refused: queue full.",
        stats.queue_refused);
}

static void write_live(struct metrics *m, const struct gv_live *live)
{
    struct gv_live_stats stats;
    gv_live_stats(live, &stats);
    head(m, "gavel_ws_clients", "gauge", "Live clients by transport.");
    for (unsigned i = 0; i < GV_LIVE_KINDS; i++) {
        print(m, "gavel_ws_clients{transport=\"%s\"} %" PRIu32 "\n",
              gv_live_kind_name((enum gv_live_kind)i), stats.by_kind[i]);
    }
    head(m, "gavel_ws_dropped_total", "counter", "Live clients ended, by reason.");
    for (unsigned i = 0; i < GV_LIVE_ENDS; i++) {
        print(m, "gavel_ws_dropped_total{reason=\"%s\"} %" PRIu64 "\n",
              gv_live_end_name((enum gv_live_end)i), stats.ended[i]);
    }
    one(m, "gavel_ws_messages_total", "counter", "Messages sent to clients.", stats.frames_sent);
}

/* ---- price ------------------------------------------------------------------------------------------------ */

static void write_block_price(struct metrics *m, struct gv_prices *prices)
{
    struct gv_prices_view view;
    gv_prices_view(prices, &view);
    if (view.fact.price_cents != 0) {
        head(m, "gavel_price_block_usd", "gauge", "Dollars for a bitcoin, by the last blocks.");
        print(m, "gavel_price_block_usd %.2f\n", (double)view.fact.price_cents / 100.0);
    }
    head(m, "gavel_price_block_progress_ratio", "gauge", "Blocks of its window that are read.");
    print(m, "gavel_price_block_progress_ratio %.3f\n", (double)view.progress_permille / 1000.0);
    one(m, "gavel_price_block_displaced_total", "counter",
        "Amounts left out of the block price: more than its memory holds.", view.displaced);
}

static void write_price(struct metrics *m, const struct gv_api *api)
{
    struct gv_oracle_view view;
    if (api->config.oracle == NULL) {
        return;
    }
    gv_oracle_service_view(api->config.oracle, &view);
    const int64_t now_ms = gv_clock_utc(api->config.clock).s * 1000;
    const int64_t age_ms = now_ms - view.estimated_ms;
    if (view.has_price) {
        head(m, "gavel_price_usd", "gauge", "Dollars for a bitcoin, by the node's own mempool.");
        print(m, "gavel_price_usd %.2f\n", view.price);
        one(m, "gavel_price_age_seconds", "gauge", "Age of the estimate.",
            age_ms > 0 ? (uint64_t)age_ms / 1000u : 0);
    }
    head(m, "gavel_price_confidence_ratio", "gauge", "0..1.");
    print(m, "gavel_price_confidence_ratio %.3f\n", view.confidence);
    head(m, "gavel_price_state", "gauge", "1 for the state that holds.");
    for (unsigned i = 0; i < GV_ORACLE_STATES; i++) {
        print(m, "gavel_price_state{state=\"%s\"} %d\n",
              gv_oracle_state_text((enum gv_oracle_state)i), view.state == i);
    }
    write_block_price(m, api->config.prices);
    one(m, "gavel_price_window_transactions", "gauge", "Known in the window.", view.transactions);
    one(m, "gavel_price_window_counted", "gauge", "Of them counted.", view.active);
    one(m, "gavel_price_estimates_total", "counter", "Estimates made.", view.estimates);
    one(m, "gavel_price_displaced_total", "counter", "Left the window early: it was full.",
        view.window.displaced);
    one(m, "gavel_price_inbox_refused_total", "counter", "Not looked at: the inbox was full.",
        view.inbox.refused);
}

/* ---- order auctions --------------------------------------------------------------------------------------- */

static void write_orders(struct metrics *m, const struct gv_orders_status *orders)
{
    head(m, "gavel_orders", "gauge", "Open orders by state.");
    for (unsigned i = 0; i < sizeof(orders->open) / sizeof(orders->open[0]); i++) {
        print(m, "gavel_orders{state=\"%s\"} %" PRIu32 "\n",
              gv_order_state_text((enum gv_order_state)i), orders->open[i]);
    }
    head(m, "gavel_orders_steps_total", "counter", "What became of orders.");
    const struct {
        const char *step;
        uint64_t count;
    } steps[] = {
        {"announced", orders->announced},   {"committed", orders->committed},
        {"reassigned", orders->reassigned}, {"fulfilled", orders->fulfilled},
        {"failed", orders->failed},         {"expired", orders->expired},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        print(m, "gavel_orders_steps_total{step=\"%s\"} %" PRIu64 "\n", steps[i].step,
              steps[i].count);
    }
    const uint64_t judged = orders->fulfilled + orders->failed;
    if (judged > 0) {
        head(m, "gavel_orders_fulfil_ratio", "gauge", "Commitments kept, of those judged.");
        print(m, "gavel_orders_fulfil_ratio %.4f\n", (double)orders->fulfilled / (double)judged);
    }
    one(m, "gavel_orders_bids_open", "gauge", "Bids held for open orders.", orders->bids_open);
    one(m, "gavel_orders_bids_total", "counter", "Bids accepted.", orders->bids);
    one(m, "gavel_orders_claims_total", "counter", "Claims accepted.", orders->claims);
    one(m, "gavel_orders_log_events", "gauge", "Events that are kept.",
        orders->newest_event + 1 - orders->oldest_event);
    one(m, "gavel_orders_seats_taken_over_total", "counter", "Solvers' seats given to others.",
        orders->seats_taken_over);
    head(m, "gavel_orders_cut_total", "counter", "Deleted for their age.");
    print(m, "gavel_orders_cut_total{what=\"orders\"} %" PRIu64 "\n", orders->orders_cut);
    print(m, "gavel_orders_cut_total{what=\"events\"} %" PRIu64 "\n", orders->events_cut);
    head(m, "gavel_orders_refused_total", "counter", "Bids and claims refused, by reason.");
    for (unsigned i = 0; i < GV_ORDER_REASONS && orders->refused[i].code[0] != '\0'; i++) {
        print(m, "gavel_orders_refused_total{reason=\"%s\"} %" PRIu64 "\n", orders->refused[i].code,
              orders->refused[i].count);
    }
}

/* Selection is part of a tick: from when it was due to when solvers were told. */
static void write_ticks(struct metrics *m, const struct gv_sequencer_stats *stats)
{
    uint64_t sum = 0;
    const char *name = "gavel_orders_tick_seconds";
    head(m, name, "histogram", "From when a tick was due to when solvers were told.");
    for (unsigned i = 0; i + 1 < GV_SEQUENCER_BUCKETS; i++) {
        sum += stats->tick_buckets[i];
        print(m, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
              (double)gv_sequencer_bucket_ms[i] / 1e3, sum);
    }
    print(m, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, stats->ticks);
    print(m, "%s_sum %g\n", name, (double)stats->tick_ms_sum / 1e3);
    print(m, "%s_count %" PRIu64 "\n", name, stats->ticks);
    head(m, "gavel_orders_tick_late_seconds", "gauge", "How late the last tick began.");
    print(m, "gavel_orders_tick_late_seconds %g\n", (double)stats->tick_late_ms / 1e3);
    head(m, "gavel_orders_tick_late_max_seconds", "gauge", "The latest ever.");
    print(m, "gavel_orders_tick_late_max_seconds %g\n", (double)stats->tick_late_ms_max / 1e3);
}

static void write_sequencer(struct metrics *m, const struct gv_api *api)
{
    struct gv_orders_status orders;
    struct gv_sequencer_stats stats;
    if (api->config.sequencer == NULL) {
        return;
    }
    gv_engine_orders_status(api->config.engine, &orders);
    gv_sequencer_stats(api->config.sequencer, &stats);
    write_orders(m, &orders);
    write_ticks(m, &stats);
    head(m, "gavel_orders_connections", "gauge", "Connections by port; orders: solvers.");
    for (unsigned i = 0; i < GV_SEQUENCER_PORTS; i++) {
        print(m, "gavel_orders_connections{port=\"%s\"} %" PRIu32 "\n",
              gv_sequencer_port_text((enum gv_sequencer_port)i), stats.connections[i]);
    }
    head(m, "gavel_orders_connections_total", "counter", "Accepted, by port.");
    for (unsigned i = 0; i < GV_SEQUENCER_PORTS; i++) {
        print(m, "gavel_orders_connections_total{port=\"%s\"} %" PRIu64 "\n",
              gv_sequencer_port_text((enum gv_sequencer_port)i), stats.accepted[i]);
    }
    head(m, "gavel_orders_lines_total", "counter", "Lines handed to the engine, by port.");
    for (unsigned i = GV_SEQUENCER_BIDS; i < GV_SEQUENCER_PORTS; i++) {
        print(m, "gavel_orders_lines_total{port=\"%s\"} %" PRIu64 "\n",
              gv_sequencer_port_text((enum gv_sequencer_port)i), stats.lines[i]);
    }
    head(m, "gavel_orders_dropped_total", "counter", "Connections and lines refused before it.");
    for (unsigned i = 0; i < GV_SEQUENCER_REFUSALS; i++) {
        print(m, "gavel_orders_dropped_total{reason=\"%s\"} %" PRIu64 "\n",
              gv_sequencer_refusal_text((enum gv_sequencer_refusal)i), stats.refused[i]);
    }
    one(m, "gavel_orders_batches_total", "counter", "Commits of lines.", stats.batches);
    one(m, "gavel_orders_queue_bytes", "gauge", "Not yet sent to solvers.", stats.queue_bytes);
    one(m, "gavel_orders_sent_bytes_total", "counter", "Sent to solvers.", stats.broadcast_bytes);
}

static void write_route_codes(void *ctx, const struct gv_route_stats *s)
{
    struct metrics *m = ctx;
    for (unsigned i = 0; i < GV_HTTP_CODES; i++) {
        if (s->by_code[i] > 0) {
            print(m,
                  "gavel_http_requests_total{route=\"%s\",method=\"%s\",code=\"%d\"} %" PRIu64 "\n",
                  s->operation, s->method, gv_http_codes[i], s->by_code[i]);
        }
    }
}

static void write_route_times(void *ctx, const struct gv_route_stats *s)
{
    struct metrics *m = ctx;
    uint64_t sum = 0;
    if (s->count == 0) {
        return;
    }
    const char *name = "gavel_http_request_duration_seconds";
    for (unsigned i = 0; i + 1 < GV_HTTP_BUCKETS; i++) {
        sum += s->buckets[i];
        print(m, "%s_bucket{route=\"%s\",method=\"%s\",le=\"%g\"} %" PRIu64 "\n", name,
              s->operation, s->method, (double)gv_http_bucket_us[i] / 1e6, sum);
    }
    print(m, "%s_bucket{route=\"%s\",method=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name, s->operation,
          s->method, s->count);
    print(m, "%s_sum{route=\"%s\",method=\"%s\"} %g\n", name, s->operation, s->method,
          (double)s->duration_us_sum / 1e6);
    print(m, "%s_count{route=\"%s\",method=\"%s\"} %" PRIu64 "\n", name, s->operation, s->method,
          s->count);
}

static void write_server(struct metrics *m, const struct gv_server *server)
{
    struct gv_server_stats stats;
    if (server == NULL) {
        return; /* asked while the server was still starting */
    }
    gv_server_stats(server, &stats);
    one(m, "gavel_http_connections_total", "counter", "Accepted.", stats.connections);
    one(m, "gavel_http_refused_address_total", "counter", "Refused: too many of one address.",
        stats.refused_address);
    one(m, "gavel_tls_handshakes_total", "counter", "Completed.", stats.handshakes);
    one(m, "gavel_tls_handshakes_failed_total", "counter", "Failed or timed out.",
        stats.handshakes_failed + stats.handshakes_timed_out);
    head(m, "gavel_http_requests_total", "counter", "Requests by route, method and status.");
    gv_server_each_route(server, write_route_codes, m);
    head(m, "gavel_http_request_duration_seconds", "histogram", "Time to the end of the answer.");
    gv_server_each_route(server, write_route_times, m);
}

void gv_handle_metrics(struct gv_exchange *x)
{
    const struct gv_api *api = gv_api_of(x);
    struct metrics m = {.x = x, .p = gv_api_worker_of(x)->reply};
    struct gv_market_head market;
    gv_market_head(api->config.market, &market);
    gv_reply_header(x, "Cache-Control", "no-store");
    gv_reply_begin_chunked(x, "text/plain; version=0.0.4; charset=utf-8");
    head(&m, "gavel_build_info", "gauge", "Always 1.");
    print(&m, "gavel_build_info{version=\"%s\",board=\"%s\"} 1\n", GV_VERSION, GV_BOARD_NAME);
    write_node(&m, &market, gv_clock_utc(api->config.clock));
    write_feed(&m, &market.node);
    head(&m, "gavel_rpc_duration_seconds", "summary", "Time to the node's answer.");
    gv_rpc_stats_each(write_rpc_method, &m);
    write_checks(&m);
    write_memory(&m, api);
    write_engine(&m, api);
    write_live(&m, api->live);
    write_price(&m, api);
    write_sequencer(&m, api);
    write_server(&m, api->server);
    flush(&m);
    if (!m.gone) {
        gv_reply_end(x);
    }
}
