/* Preflight: the same checks as a POST, but all of them, and nothing is stored.
 *
 * {"problems":[{"pointer","code","detail"}],"warnings":["..."],
 *  "rungs":[{"block_number","price_sats","valid","listable","locked","code","detail"}],
 *  "listable":false}
 * A body that is no JSON is an ordinary error, and so is a node or an indexer that cannot be asked;
 * everything else is a report. Rungs are judged as soon as the UTXO is known. */
#include "web/api/handlers.h"

#include "firmware/base/assert.h"
#include "web/api/caller.h"
#include "web/api/errors.h"
#include "web/api/upload.h"

#define RUNG_ROOM    1024u /* one verdict: fixed members, code and detail with escapes */
#define PROBLEMS_MAX 4u    /* tip, UTXO, asset, another listing; or the first wrong field */

struct report {
    struct gv_exchange *x;
    struct gv_json_out out;
    uint32_t problem_count; /* in problems */
    uint32_t bad_rungs;
    bool utxo_known;
    bool gone; /* the client is */
    struct gv_fail problems[PROBLEMS_MAX];
};

/* Chunks keep a report of 2,016 rungs inside the worker's buffer. */
static void flush(struct report *report)
{
    if (report->gone || report->out.n == 0) {
        return;
    }
    report->gone = gv_reply_chunk(report->x, gv_view_of(report->out.p, report->out.n)) != GV_OK;
    report->out.n = 0;
}

static void write_rung(struct report *report, const struct gv_dutch_rung *rung,
                       const struct gv_psbt_verdict *verdict, const struct gv_fail *fail)
{
    struct gv_json_out *out = &report->out;
    if (out->n + RUNG_ROOM > out->cap) {
        flush(report);
    }
    gv_jo_object(out);
    gv_jo_kint(out, "block_number", rung->block);
    gv_jo_kint(out, "price_sats", (int64_t)rung->price.v);
    gv_jo_kbool(out, "valid", verdict->valid);
    gv_jo_kbool(out, "listable", fail == NULL);
    gv_jo_kbool(out, "locked", verdict->locked);
    gv_jo_kstring(out, "code", fail == NULL ? "psbt.ok" : fail->code);
    gv_jo_kstring(out, "detail", fail == NULL ? verdict->detail : fail->text);
    gv_jo_object_end(out);
}

static void judge_rungs(struct report *report, struct gv_upload *upload, bool may_be_unlocked)
{
    for (uint32_t i = 0; i < upload->submission->rung_count && !report->gone; i++) {
        struct gv_psbt_verdict verdict;
        struct gv_fail fail = {0};
        const enum gv_err err = gv_upload_judge(upload, i, may_be_unlocked, &verdict, &fail);
        report->bad_rungs += err != GV_OK;
        write_rung(report, &upload->submission->rungs[i], &verdict, err != GV_OK ? &fail : NULL);
    }
}

static void write_problem(struct gv_json_out *out, const struct gv_fail *fail)
{
    gv_jo_object(out);
    gv_jo_kstring(out, "pointer", fail->pointer);
    gv_jo_kstring(out, "code", fail->code);
    gv_jo_kstring(out, "detail", fail->text);
    gv_jo_object_end(out);
}

static void send_report(struct report *report, struct gv_upload *upload, bool may_be_unlocked)
{
    struct gv_json_out *out = &report->out;
    const struct gv_sat end_price = {(uint64_t)gv_dutch_floor(&upload->numbers)};
    gv_json_out_init(out, gv_api_worker_of(report->x)->reply, GV_REPLY_BYTES_MAX);
    gv_reply_header(report->x, "Cache-Control", "no-store");
    gv_reply_begin_chunked(report->x, "application/json");
    gv_jo_object(out);
    gv_jo_key(out, "problems");
    gv_jo_array(out);
    for (uint32_t i = 0; i < report->problem_count; i++) {
        write_problem(out, &report->problems[i]);
    }
    gv_jo_array_end(out);
    gv_upload_write_warnings(out, &upload->prior, end_price);
    gv_jo_key(out, "rungs");
    gv_jo_array(out);
    if (report->utxo_known) {
        judge_rungs(report, upload, may_be_unlocked);
    }
    gv_jo_array_end(out);
    gv_jo_kbool(out, "listable", report->problem_count == 0 && report->bad_rungs == 0);
    gv_jo_object_end(out);
    flush(report);
    if (!report->gone) {
        gv_reply_end(report->x);
    }
}

/* Keep what the client can do something about and go on; anything else ends the preflight. */
static enum gv_err note(struct report *report, enum gv_err err, const struct gv_fail *fail)
{
    if (err != GV_ERR_INVALID && err != GV_ERR_CONFLICT) {
        return err;
    }
    GV_ASSERT(report->problem_count < PROBLEMS_MAX);
    report->problems[report->problem_count] = *fail;
    report->problem_count++;
    return GV_OK;
}

static enum gv_err refuse_live(const struct gv_dutch_prior *prior, struct gv_fail *fail)
{
    return gv_fail_at(fail, GV_ERR_CONFLICT, "/utxo_txid", "dutch.utxo_listed",
                      "this UTXO already has a listing that is %s",
                      gv_dutch_status_text(prior->live_status));
}

/* Everything that is asked of others. Returns an error only when an answer was not to be had. */
static enum gv_err ask_all(struct report *report, struct gv_upload *upload, struct gv_fail *fail)
{
    enum gv_err err = note(report, gv_upload_tip(upload, fail), fail);
    if (err != GV_OK) {
        return err;
    }
    const enum gv_err utxo = gv_upload_utxo(upload, fail);
    if (utxo != GV_OK) {
        return note(report, utxo, fail);
    }
    report->utxo_known = true;
    err = note(report, gv_upload_asset(upload, fail), fail);
    if (err == GV_OK) {
        err = gv_upload_prior(upload, fail);
    }
    if (err == GV_OK && upload->prior.live_id != 0) {
        err = note(report, refuse_live(&upload->prior, fail), fail);
    }
    return err;
}

static enum gv_err check(struct report *report, struct gv_upload *upload, struct gv_fail *fail)
{
    struct gv_json json;
    struct gv_view body;
    enum gv_err err = gv_upload_open(upload, report->x, &body, fail);
    if (err == GV_OK) {
        err = gv_upload_parse(upload, &json, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    const enum gv_err fields = gv_upload_fields(upload, json.root, true, fail);
    return fields != GV_OK ? note(report, fields, fail) : ask_all(report, upload, fail);
}

void gv_handle_check(struct gv_exchange *x)
{
    struct report report = {.x = x};
    struct gv_upload upload;
    struct gv_fail fail = {0};
    const uint32_t granted = gv_caller_of(x)->granted;
    if (check(&report, &upload, &fail) == GV_OK) {
        send_report(&report, &upload, (granted & GV_KEY_LEGACY_UNLOCKED) != 0);
    } else {
        gv_api_fail(x, &fail);
    }
    gv_upload_close(&upload);
}
