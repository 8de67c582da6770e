/* Doctor: every part of the box looked at, and what a person can do about it. One row is one check; inspect.h has
 * the form of the answer. */
#include "app/config/changes.h"
#include "firmware/base/heap.h"
#include "firmware/base/text.h"
#include "web/api/readiness.h"
#include "web/api/render.h"
#include "web/control/inspect.h"

#include <inttypes.h>

#define FOUND_MAX 200u
#define MB        (UINT64_C(1024) * 1024)

/* The leaf is renewed with fifteen days left; fewer mean that renewing fails. */
#define CERT_WARN_S (INT64_C(12) * GV_DAY_S)
/* Two nights. */
#define BACKUP_WARN_S (INT64_C(2) * GV_DAY_S)

/* What the checks look at; taken once. */
struct patient {
    struct gv_market_head head;
    struct gv_engine_stats engine;
    struct gv_api_machine machine;
    struct gv_backup_status backups;
    enum gv_verdict ready[GV_READY_PARTS];
    struct gv_utc now;
    uint32_t waiting; /* settings that differ from what runs */
    uint64_t refused; /* by pools and heaps */
};

/* ---- node ----------------------------------------------------------------------------------------- */

static enum gv_verdict check_bitcoind(const struct patient *p, char found[FOUND_MAX])
{
    const struct gv_node_status *node = &p->head.node;
    if (node->reachable) {
        gv_format_cut(found, FOUND_MAX, "answers; its tip is %lld s old",
                      (long long)(p->now.s - node->tip_time.s));
    } else {
        gv_format_cut(found, FOUND_MAX, "does not answer: %s", node->error);
    }
    return p->ready[GV_READY_BITCOIND];
}

static enum gv_verdict check_ibd(const struct patient *p, char found[FOUND_MAX])
{
    gv_format_cut(found, FOUND_MAX, "block %" PRIu32 " of %" PRIu32, p->head.node.blocks,
                  p->head.node.headers);
    return p->ready[GV_READY_IBD];
}

static enum gv_verdict check_zmq(const struct patient *p, char found[FOUND_MAX])
{
    const struct gv_node_status *node = &p->head.node;
    gv_format_cut(found, FOUND_MAX, "%s, %" PRIu64 " messages, %" PRIu64 " gaps",
                  !node->feed_enabled ? "not configured"
                  : node->feed_alive  ? "alive"
                                      : "silent",
                  node->feed_messages, node->feed_gaps);
    return node->feed_alive ? GV_PASS : GV_WARN;
}

static enum gv_verdict check_indexer(const struct patient *p, char found[FOUND_MAX])
{
    const struct gv_node_status *node = &p->head.node;
    gv_format_cut(found, FOUND_MAX, "%s, at block %" PRIu32,
                  node->indexer_reachable ? "answers" : "does not answer", node->indexer_height);
    return p->ready[GV_READY_INDEXER];
}

/* ---- the box -------------------------------------------------------------------------------------- */

static enum gv_verdict check_db(const struct patient *p, char found[FOUND_MAX])
{
    gv_format_cut(found, FOUND_MAX, "%" PRIu64 " MB, %" PRIu64 " commits failed",
                  p->machine.database_bytes / MB, p->engine.commits_failed);
    return p->ready[GV_READY_DB];
}

static enum gv_verdict check_disk(const struct patient *p, char found[FOUND_MAX])
{
    gv_format_cut(found, FOUND_MAX, "%" PRIu64 " MB free of %" PRIu64,
                  p->machine.disk_free_bytes / MB, p->machine.disk_total_bytes / MB);
    return p->ready[GV_READY_DISK];
}

static enum gv_verdict check_clock(const struct patient *p, char found[FOUND_MAX])
{
    char text[GV_ISO_MAX];
    const bool loose = p->machine.knows_clock && !p->machine.clock_synchronised;
    gv_utc_format(p->now, text);
    gv_format_cut(found, FOUND_MAX, "%s%s", text, loose ? ", follows no time server" : "");
    return p->ready[GV_READY_CLOCK] == GV_PASS && loose ? GV_WARN : p->ready[GV_READY_CLOCK];
}

static enum gv_verdict check_memory(const struct patient *p, char found[FOUND_MAX])
{
    gv_format_cut(found, FOUND_MAX, "%" PRIu64 " MB used of a budget of %" PRIu64,
                  p->machine.resident_bytes / MB, (uint64_t)GV_BUDGET_BYTES / MB);
    return p->machine.resident_bytes > GV_BUDGET_BYTES ? GV_WARN : GV_PASS;
}

static enum gv_verdict check_room(const struct patient *p, char found[FOUND_MAX])
{
    gv_format_cut(found, FOUND_MAX, "%" PRIu64 " requests refused because a pool was full",
                  p->refused);
    return p->refused > 0 ? GV_WARN : GV_PASS;
}

static enum gv_verdict check_power(const struct patient *p, char found[FOUND_MAX])
{
    const struct gv_api_machine *machine = &p->machine;
    gv_format_cut(found, FOUND_MAX, "%s",
                  machine->undervoltage       ? "the voltage is too low"
                  : machine->throttled        ? "the processor is slowed down"
                  : machine->has_throttled    ? "good"
                  : machine->has_undervoltage ? "the voltage is good"
                                              : "this board does not tell");
    return machine->undervoltage || machine->throttled ? GV_WARN : GV_PASS;
}

/* ---- what an owner looks after --------------------------------------------------------------------- */

static enum gv_verdict check_certificate(const struct patient *p, char found[FOUND_MAX])
{
    const int64_t left_s = p->machine.not_after.s - p->now.s;
    if (!p->machine.has_certificate) {
        gv_format_cut(found, FOUND_MAX, "https.tls is off");
        return GV_WARN;
    }
    if (p->machine.own.state == GV_OWN_CERT_REFUSED) {
        gv_format_cut(found, FOUND_MAX, "your own is not served: %s", p->machine.own.why);
        return GV_FAIL;
    }
    gv_format_cut(found, FOUND_MAX, "good for %lld more days", (long long)(left_s / GV_DAY_S));
    if (left_s <= 0) {
        return GV_FAIL;
    }
    return left_s < CERT_WARN_S ? GV_WARN : GV_PASS;
}

static enum gv_verdict judge_age(const char *what, struct gv_utc at, struct gv_utc now,
                                 char found[FOUND_MAX])
{
    char text[GV_ISO_MAX];
    if (at.s == 0) {
        gv_format_cut(found, FOUND_MAX, "never %s", what);
        return GV_WARN;
    }
    gv_utc_format(at, text);
    gv_format_cut(found, FOUND_MAX, "last %s %s", what, text);
    return now.s - at.s > BACKUP_WARN_S ? GV_WARN : GV_PASS;
}

static enum gv_verdict check_backup(const struct patient *p, char found[FOUND_MAX])
{
    return judge_age("made", p->backups.created_at, p->now, found);
}

static enum gv_verdict check_restore(const struct patient *p, char found[FOUND_MAX])
{
    return judge_age("restored on trial", p->backups.verified_at, p->now, found);
}

static enum gv_verdict check_settings(const struct patient *p, char found[FOUND_MAX])
{
    gv_format_cut(found, FOUND_MAX, "%" PRIu32 " wait for the next start", p->waiting);
    return p->waiting > 0 ? GV_WARN : GV_PASS;
}

static const struct {
    const char *name;
    enum gv_verdict (*look)(const struct patient *patient, char found[FOUND_MAX]);
    const char *advice;
} checks[] = {
    {"bitcoind", check_bitcoind,
     "See that bitcoind runs and that node.url with node.cookie_file (or node.user) fit it; the "
     "page "
     "Set-up tests them and says what bitcoin.conf needs."},
    {"ibd", check_ibd, "Wait: the node is behind. Until it has caught up no PSBT is revealed."},
    {"zmq", check_zmq,
     "Sales are seen later without it: add zmqpubrawtx, zmqpubhashblock and zmqpubsequence to "
     "bitcoin.conf and restart bitcoind."},
    {"indexer", check_indexer,
     "Listing waits, sales go on: see counterparty.url, or that the Counterparty server follows."},
    {"db", check_db, "The disk refuses writes: make a backup and replace the card or disk."},
    {"disk", check_disk, "Remove old backups, or use a larger card or disk."},
    {"clock", check_clock, "See that the box reaches a time server (timedatectl)."},
    {"memory", check_memory, "Restart; if it comes back, send the file of gavelctl bundle."},
    {"room", check_room, "gavelctl status names the pool; a larger board has larger ones."},
    {"power", check_power, "Use the power supply made for this board, and cool it."},
    {"certificate", check_certificate,
     "See the clock and the free space, then gavelctl cert renew; switch https.tls on."},
    {"backup", check_backup,
     "gavelctl backup create --passphrase; from then on one is made every night."},
    {"restore", check_restore, "gavelctl backup verify ID; the night does it by itself."},
    {"settings", check_settings, "Restart: gavelctl config show marks them as pending."},
};

/* ---- the visit ------------------------------------------------------------------------------------ */

static void count_waiting(void *ctx, const struct gv_setting_view *view)
{
    struct patient *patient = ctx;
    patient->waiting += view->pending;
}

static void count_pool(void *ctx, const struct gv_pool_stats *stats)
{
    struct patient *patient = ctx;
    patient->refused += stats->refused;
}

static void count_heap(void *ctx, const struct gv_heap_stats *stats)
{
    struct patient *patient = ctx;
    patient->refused += stats->refused;
}

static void look_over(const struct gv_control *control, struct patient *patient)
{
    *patient = (struct patient){.now = gv_clock_utc(control->clock)};
    gv_market_head(control->market, &patient->head);
    gv_engine_stats(control->engine, &patient->engine);
    control->machine(control->boot_ctx, &patient->machine);
    control->backups->status(&patient->backups);
    gv_changes_each(control->changes, count_waiting, patient);
    gv_pool_each(count_pool, patient);
    gv_heap_each(count_heap, patient);
    (void)gv_readiness(patient->ready, &patient->head, &patient->engine, &patient->machine,
                       patient->now);
}

enum gv_err gv_control_doctor(const struct gv_control *control, gv_json_ref request,
                              struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", NULL};
    struct patient patient;
    enum gv_verdict worst = GV_PASS;
    const enum gv_err err = gv_json_members(request, members, "", fail);
    if (err != GV_OK) {
        return err;
    }
    look_over(control, &patient);
    gv_jo_key(out, "checks");
    gv_jo_array(out);
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        char found[FOUND_MAX];
        const enum gv_verdict verdict = checks[i].look(&patient, found);
        worst = verdict > worst ? verdict : worst;
        gv_jo_object(out);
        gv_jo_kstring(out, "name", checks[i].name);
        gv_jo_kstring(out, "verdict", gv_verdict_name(verdict));
        gv_jo_kstring(out, "found", found);
        gv_render_text_or_null(out, "advice", verdict == GV_PASS ? "" : checks[i].advice);
        gv_jo_object_end(out);
    }
    gv_jo_array_end(out);
    gv_jo_kstring(out, "worst", gv_verdict_name(worst));
    return GV_OK;
}
