/* Preflight: the same checks as a POST, but all of them, and nothing is stored.
 *
 * {"listable":false,"problems":[{"pointer","code","detail"}],
 *  "rungs":[{"block_number","price_sats","valid","listable","locked","code","detail"}]}
 * A body that is no JSON object is an ordinary error; everything else is a report. */
#include "web/api/handlers.h"

#include "web/api/auth.h"
#include "web/api/errors.h"
#include "web/api/upload.h"

#define RUNG_ROOM 1024u /* one verdict: fixed members, code and detail with escapes */

struct report {
    struct gv_exchange *x;
    struct gv_json_out out;
    uint32_t problems;
    bool gone; /* the client is */
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
        report->problems += err != GV_OK;
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

/* What stands before the PSBTs: when the fields or the chain refuse, the rungs cannot be judged. */
static void send_report(struct report *report, struct gv_upload *upload, bool may_be_unlocked,
                        const struct gv_fail *first)
{
    struct gv_json_out *out = &report->out;
    gv_json_out_init(out, gv_api_worker_of(report->x)->reply, GV_REPLY_BYTES_MAX);
    gv_reply_header(report->x, "Cache-Control", "no-store");
    gv_reply_begin_chunked(report->x, "application/json");
    gv_jo_object(out);
    gv_jo_key(out, "problems");
    gv_jo_array(out);
    if (first != NULL) {
        write_problem(out, first);
    }
    gv_jo_array_end(out);
    gv_jo_key(out, "rungs");
    gv_jo_array(out);
    if (first == NULL) {
        judge_rungs(report, upload, may_be_unlocked);
    }
    gv_jo_array_end(out);
    gv_jo_kbool(out, "listable", first == NULL && report->problems == 0);
    gv_jo_object_end(out);
    flush(report);
    if (!report->gone) {
        gv_reply_end(report->x);
    }
}

void gv_handle_check(struct gv_exchange *x)
{
    struct report report = {.x = x};
    struct gv_upload upload;
    struct gv_json json;
    struct gv_fail fail = {0};
    uint32_t granted = 0;
    if (!gv_api_authorize(x, GV_SCOPE_AUCTIONS_WRITE, &granted)) {
        return;
    }
    enum gv_err err = gv_upload_open(&upload, x, &json, &fail);
    const bool readable = err == GV_OK;
    if (readable) {
        err = gv_upload_fields(&upload, json.root, true, &fail);
    }
    if (err == GV_OK) {
        err = gv_upload_chain(&upload, &fail);
    }
    if (readable && (err == GV_OK || err == GV_ERR_INVALID)) {
        send_report(&report, &upload, (granted & GV_KEY_LEGACY_UNLOCKED) != 0,
                    err == GV_OK ? NULL : &fail);
    } else {
        gv_api_fail(x, &fail);
    }
    gv_upload_close(&upload);
}
