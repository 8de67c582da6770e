/* The state of node, indexer and process: /api/health, /api/v1/node, /health, /ready. */
#include "web/api/conditional.h"
#include "web/api/handlers.h"
#include "web/api/object.h"
#include "web/api/readiness.h"
#include "web/api/render.h"

#include "firmware/base/text.h"

static void begin(struct gv_exchange *x, struct gv_json_out *out, struct gv_market_head *head)
{
    gv_market_head(gv_api_of(x)->config.market, head);
    gv_object_begin(x, out);
}

/* The original always said "healthy"; this tells the truth in the same members. */
void gv_handle_legacy_health(struct gv_exchange *x)
{
    struct gv_json_out out;
    struct gv_market_head head;
    char rpc[GV_FAIL_TEXT_MAX + 16];
    begin(x, &out, &head);
    const struct gv_node_status *node = &head.node;
    const bool healthy = head.tip.live && node->indexer_ready;
    if (node->reachable) {
        gv_format_cut(rpc, sizeof(rpc), "connected");
    } else {
        gv_format_cut(rpc, sizeof(rpc), "error: %s", node->error);
    }
    gv_jo_kstring(&out, "status", healthy ? "healthy" : "degraded");
    gv_jo_kstring(&out, "bitcoin_rpc", rpc);
    gv_render_int_or_null(&out, "current_block", head.tip.height.v,
                          head.tip.known && node->reachable);
    gv_jo_kstring(&out, "counterparty",
                  node->indexer_ready       ? "ready"
                  : node->indexer_reachable ? "not ready"
                                            : "error: unreachable");
    gv_jo_kstring(&out, "zmq", !node->feed_enabled ? "off" : node->feed_alive ? "alive" : "silent");
    gv_jo_kbool(&out, "synced", head.tip.live);
    gv_jo_kint(&out, "headers", node->headers);
    gv_jo_kbool(&out, "initial_block_download", node->initial_download);
    gv_jo_kbool(&out, "pruned", node->pruned);
    gv_jo_kint(&out, "prune_height", node->prune_height);
    gv_object_send_live(x, &out);
}

void gv_handle_node(struct gv_exchange *x)
{
    struct gv_json_out out;
    struct gv_market_head head;
    gv_market_head(gv_api_of(x)->config.market, &head);
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_render_node(&out, &head, gv_clock_utc(gv_api_of(x)->config.clock));
    gv_api_live(x, &out);
}

void gv_handle_health(struct gv_exchange *x)
{
    const struct gv_api *api = gv_api_of(x);
    struct gv_json_out out;
    struct gv_market_head head;
    struct gv_live_stats live;
    begin(x, &out, &head);
    gv_live_stats(api->live, &live);
    gv_jo_kstring(&out, "status", "ok");
    gv_jo_kstring(&out, "version", GV_VERSION);
    gv_jo_kint(&out, "uptime",
               (int64_t)((gv_clock_mono(api->config.clock).ms - api->started.ms) / 1000u));
    gv_jo_kint(&out, "clients", live.clients);
    gv_object_send_live(x, &out);
}

void gv_handle_ready(struct gv_exchange *x)
{
    const struct gv_api *api = gv_api_of(x);
    struct gv_json_out out;
    struct gv_market_head head;
    struct gv_engine_stats engine;
    struct gv_api_machine machine;
    enum gv_verdict verdicts[GV_READY_PARTS];
    begin(x, &out, &head);
    gv_engine_stats(api->config.engine, &engine);
    api->config.machine(api->config.boot_ctx, &machine);
    const enum gv_verdict worst =
        gv_readiness(verdicts, &head, &engine, &machine, gv_clock_utc(api->config.clock));
    gv_jo_kstring(&out, "status", gv_verdict_name(worst));
    gv_jo_key(&out, "checks");
    gv_jo_object(&out);
    for (unsigned i = 0; i < GV_READY_PARTS; i++) {
        gv_jo_kstring(&out, gv_ready_name((enum gv_ready)i), gv_verdict_name(verdicts[i]));
    }
    gv_jo_object_end(&out);
    if (worst == GV_FAIL) {
        gv_reply_status(x, 503);
        gv_reply_header(x, "Retry-After", "30");
    }
    gv_object_send_live(x, &out);
}
