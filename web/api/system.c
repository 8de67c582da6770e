/* GET /api/v1/system: what the box is made of and how it does. POST /api/v1/system/restart. */
#include "web/api/system.h"

#include "firmware/base/beat.h"
#include "firmware/base/heap.h"
#include "firmware/base/json.h"
#include "web/api/api_state.h"
#include "web/api/caller.h"
#include "web/api/conditional.h"
#include "web/api/handlers.h"
#include "web/api/render.h"

static void write_pool(void *ctx, const struct gv_pool_stats *s)
{
    struct gv_json_out *out = ctx;
    gv_jo_object(out);
    gv_jo_kstring(out, "name", s->name);
    gv_jo_kint(out, "size", s->capacity);
    gv_jo_kint(out, "in_use", s->in_use);
    gv_jo_kint(out, "low_water", s->low_water);
    gv_jo_kint(out, "refused", (int64_t)s->refused);
    gv_jo_kint(out, "slot_bytes", (int64_t)s->slot_bytes);
    gv_jo_object_end(out);
}

static void write_heap(void *ctx, const struct gv_heap_stats *s)
{
    struct gv_json_out *out = ctx;
    gv_jo_object(out);
    gv_jo_kstring(out, "name", s->name);
    gv_jo_kint(out, "bytes", (int64_t)s->capacity);
    gv_jo_kint(out, "in_use", (int64_t)s->in_use);
    gv_jo_kint(out, "high_water", (int64_t)s->high_water);
    gv_jo_kint(out, "refused", (int64_t)s->refused);
    gv_jo_object_end(out);
}

void gv_system_write_pools(struct gv_json_out *out)
{
    gv_jo_key(out, "pools");
    gv_jo_array(out);
    gv_pool_each(write_pool, out);
    gv_jo_array_end(out);
    gv_jo_key(out, "heaps");
    gv_jo_array(out);
    gv_heap_each(write_heap, out);
    gv_jo_array_end(out);
}

static void write_thread(void *ctx, const char *name, uint64_t age_ms)
{
    struct gv_json_out *out = ctx;
    gv_jo_object(out);
    gv_jo_kstring(out, "name", name);
    gv_jo_kint(out, "alive_ms_ago", (int64_t)age_ms);
    gv_jo_object_end(out);
}

static void write_memory(struct gv_json_out *out, const struct gv_api_machine *machine)
{
    gv_jo_key(out, "memory");
    gv_jo_object(out);
    gv_jo_kint(out, "resident_bytes", (int64_t)machine->resident_bytes);
    gv_jo_kint(out, "budget_bytes", (int64_t)GV_BUDGET_BYTES);
    gv_jo_object_end(out);
    gv_system_write_pools(out);
    gv_jo_key(out, "threads");
    gv_jo_array(out);
    gv_beat_each(write_thread, out);
    gv_jo_array_end(out);
}

static void write_disk(struct gv_json_out *out, const struct gv_api_machine *machine)
{
    gv_jo_key(out, "disk");
    gv_jo_object(out);
    gv_jo_kint(out, "free_bytes", (int64_t)machine->disk_free_bytes);
    gv_jo_kint(out, "total_bytes", (int64_t)machine->disk_total_bytes);
    gv_jo_kint(out, "database_bytes", (int64_t)machine->database_bytes);
    gv_jo_kint(out, "wal_bytes", (int64_t)machine->wal_bytes);
    gv_jo_key(out, "written");
    gv_jo_array(out);
    for (unsigned i = 0; i < GV_API_WRITTEN; i++) {
        gv_jo_object(out);
        gv_jo_kstring(out, "class", machine->written[i].name);
        gv_jo_kint(out, "day_bytes", (int64_t)machine->written[i].day_bytes);
        gv_jo_kint(out, "total_bytes", (int64_t)machine->written[i].total_bytes);
        gv_jo_object_end(out);
    }
    gv_jo_array_end(out);
    gv_jo_object_end(out);
}

static void write_if_known(struct gv_json_out *out, const char *key, bool known, bool value)
{
    if (known) {
        gv_jo_kbool(out, key, value);
    } else {
        gv_jo_knull(out, key);
    }
}

static void write_hardware(struct gv_json_out *out, const struct gv_api_machine *machine)
{
    gv_jo_key(out, "hardware");
    gv_jo_object(out);
    if (machine->has_temperature) {
        gv_jo_kint(out, "temperature_millicelsius", machine->temperature_mc);
    } else {
        gv_jo_knull(out, "temperature_millicelsius");
    }
    write_if_known(out, "undervoltage", machine->has_undervoltage, machine->undervoltage);
    write_if_known(out, "throttled", machine->has_throttled, machine->throttled);
    gv_jo_object_end(out);
}

void gv_system_write_own_cert(struct gv_json_out *out, const struct gv_own_cert *own)
{
    if (own->state == GV_OWN_CERT_NONE) {
        gv_jo_null(out);
        return;
    }
    const bool served = own->state == GV_OWN_CERT_SERVED;
    gv_jo_object(out);
    gv_jo_kstring(out, "state", served ? "served" : "refused");
    gv_jo_kstring(out, "why", own->why);
    gv_jo_key(out, "names");
    gv_jo_array(out);
    for (uint32_t i = 0; i < own->names_n; i++) {
        gv_jo_string(out, own->names[i]);
    }
    gv_jo_array_end(out);
    gv_render_utc_or_null(out, "not_after", own->not_after);
    gv_jo_kstring(out, "sha256", own->sha256);
    gv_jo_object_end(out);
}

static void write_certificate(struct gv_json_out *out, const struct gv_api *api,
                              const struct gv_api_machine *machine, struct gv_utc now)
{
    gv_jo_key(out, "certificate");
    if (!machine->has_certificate) {
        gv_jo_null(out);
        return;
    }
    gv_jo_object(out);
    gv_jo_key(out, "names");
    gv_jo_array(out);
    for (const char *_Atomic const *name = api->config.host_names; *name != NULL; name++) {
        gv_jo_string(out, *name);
    }
    gv_jo_array_end(out);
    gv_render_utc(out, "not_after", machine->not_after);
    gv_render_utc(out, "renew_at", machine->renew_at);
    gv_jo_kint(out, "days_left", (machine->not_after.s - now.s) / GV_DAY_S);
    gv_jo_kstring(out, "sha256", machine->leaf_sha256);
    gv_jo_kstring(out, "ca_sha256", machine->ca_sha256);
    gv_jo_key(out, "own");
    gv_system_write_own_cert(out, &machine->own);
    gv_jo_object_end(out);
}

static void write_backup(struct gv_json_out *out, const struct gv_api *api)
{
    struct gv_backup_status status;
    api->config.backups->status(&status);
    gv_jo_key(out, "backup");
    gv_jo_object(out);
    gv_jo_kbool(out, "has_key", status.has_key);
    gv_render_utc_or_null(out, "last_success_at", status.created_at);
    gv_render_utc_or_null(out, "last_verified_at", status.verified_at);
    gv_jo_object_end(out);
}

static void write_node(struct gv_json_out *out, const struct gv_market_head *head)
{
    gv_jo_key(out, "node");
    gv_jo_object(out);
    gv_jo_kbool(out, "reachable", head->node.reachable);
    gv_jo_kbool(out, "live", head->tip.live);
    gv_jo_kint(out, "height", head->tip.height.v);
    gv_jo_kint(out, "headers", head->node.headers);
    gv_jo_kbool(out, "pruned", head->node.pruned);
    gv_jo_kbool(out, "indexer_ready", head->node.indexer_ready);
    gv_jo_kstring(out, "error", head->node.error);
    gv_jo_object_end(out);
}

static void write_engine(struct gv_json_out *out, const struct gv_api *api)
{
    struct gv_engine_stats engine;
    gv_engine_stats(api->config.engine, &engine);
    gv_jo_key(out, "engine");
    gv_jo_object(out);
    gv_jo_kint(out, "commands", (int64_t)engine.commands);
    gv_jo_kint(out, "commits", (int64_t)engine.batches);
    gv_jo_kint(out, "commits_failed", (int64_t)engine.commits_failed);
    gv_jo_kint(out, "queue_refused", (int64_t)engine.queue_refused);
    gv_jo_object_end(out);
}

void gv_system_write(const struct gv_api *api, struct gv_json_out *out)
{
    struct gv_api_machine machine;
    struct gv_market_head head;
    const struct gv_utc now = gv_clock_utc(api->config.clock);
    gv_market_head(api->config.market, &head);
    api->config.machine(api->config.boot_ctx, &machine);
    gv_jo_object(out);
    gv_jo_kstring(out, "version", GV_VERSION);
    gv_jo_kstring(out, "board", GV_BOARD_NAME);
    gv_jo_kint(out, "uptime_s",
               (int64_t)((gv_clock_mono(api->config.clock).ms - api->started.ms) / 1000u));
    gv_render_utc(out, "now", now);
    gv_jo_kbool(out, "clock_set", now.s >= GV_CLOCK_SET_S);
    write_if_known(out, "clock_synchronised", machine.knows_clock, machine.clock_synchronised);
    write_node(out, &head);
    write_memory(out, &machine);
    write_disk(out, &machine);
    write_hardware(out, &machine);
    write_certificate(out, api, &machine, now);
    write_backup(out, api);
    write_engine(out, api);
    gv_jo_object_end(out);
}

void gv_handle_system(struct gv_exchange *x)
{
    struct gv_json_out out;
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_system_write(gv_api_of(x), &out);
    gv_api_live(x, &out);
}

void gv_handle_restart(struct gv_exchange *x)
{
    const struct gv_api *api = gv_api_of(x);
    struct gv_fail fail = {.err = GV_OK};
    if (gv_caller_note(x, "system.restart", "system", "", &fail) != GV_OK) {
        gv_reply_fail(x, gv_http_status_of(&fail), &fail);
        return;
    }
    api->config.restart(api->config.boot_ctx);
    gv_reply_status(x, 202);
    gv_reply_empty(x);
}
