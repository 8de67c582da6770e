/* POST of a listing: the upload's checks in order, then one engine command. */
#include "web/api/handlers.h"

#include "firmware/base/text.h"
#include "web/api/caller.h"
#include "web/api/errors.h"
#include "web/api/render.h"
#include "web/api/upload.h"

#include <string.h>

static enum gv_err judge_all(struct gv_upload *upload, bool may_be_unlocked, struct gv_fail *fail)
{
    struct gv_psbt_verdict verdict;
    for (uint32_t i = 0; i < upload->submission->rung_count; i++) {
        const enum gv_err err = gv_upload_judge(upload, i, may_be_unlocked, &verdict, fail);
        if (err != GV_OK) {
            return err;
        }
    }
    return GV_OK;
}

/* Tip, UTXO, asset: the order in which a client wants to hear what is wrong. */
static enum gv_err ask_all(struct gv_upload *upload, struct gv_fail *fail)
{
    enum gv_err err = gv_upload_tip(upload, fail);
    if (err == GV_OK) {
        err = gv_upload_utxo(upload, fail);
    }
    if (err == GV_OK) {
        err = gv_upload_asset(upload, fail);
    }
    return err != GV_OK ? err : gv_upload_prior(upload, fail);
}

static enum gv_err create(struct gv_upload *upload, struct gv_exchange *x, bool strict,
                          uint32_t granted, uint64_t *id, struct gv_fail *fail)
{
    struct gv_json json;
    enum gv_err err = gv_upload_open(upload, x, &json, fail);
    if (err == GV_OK) {
        err = gv_upload_fields(upload, json.root, strict, fail);
    }
    if (err == GV_OK) {
        err = ask_all(upload, fail);
    }
    if (err == GV_OK) {
        err = judge_all(upload, (granted & GV_KEY_LEGACY_UNLOCKED) != 0, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    struct gv_submission *submission = upload->submission;
    upload->submission = NULL; /* the engine's from here on, whatever it answers */
    return gv_engine_create_dutch(upload->api->config.engine, submission, id, fail);
}

/* ---- the answer ---------------------------------------------------------------------------------- */

struct created {
    struct gv_json_out out;
    const struct gv_family *family;
    const struct gv_upload *upload;
    struct gv_tip tip;
};

static void write_warnings(struct created *created)
{
    const struct gv_sat end_price = {(uint64_t)created->upload->numbers.end_price};
    gv_upload_write_warnings(&created->out, &created->upload->prior, end_price);
}

static void render_legacy(void *ctx, const struct gv_market_row *row)
{
    struct created *created = ctx;
    struct gv_json_out *out = &created->out;
    gv_jo_object(out);
    gv_jo_kbool(out, "success", true);
    gv_jo_kint(out, created->family->id_key, (int64_t)row->listing.id);
    gv_jo_kstring(out, "message", created->family->created);
    gv_jo_key(out, created->family->object_key);
    gv_jo_object(out);
    gv_render_legacy(out, &row->listing, row->status);
    gv_jo_object_end(out);
    write_warnings(created);
    gv_jo_object_end(out);
}

static void render_v1(void *ctx, const struct gv_market_row *row)
{
    struct created *created = ctx;
    gv_jo_object(&created->out);
    gv_render_v1_members(&created->out, row, created->tip);
    write_warnings(created);
    gv_jo_object_end(&created->out);
}

/* The listing is stored: from here on the answer is 201, even when its row is gone already. */
static void answer_created(struct gv_exchange *x, const struct gv_upload *upload, uint64_t id)
{
    const struct gv_family *family = x->route->extra;
    struct gv_market *market = gv_api_of(x)->config.market;
    struct created created = {.family = family, .upload = upload};
    char location[64];
    gv_json_out_init(&created.out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    if (gv_market_with(market, id, &created.tip, family->v1 ? render_v1 : render_legacy,
                       &created) != GV_OK) {
        gv_jo_object(&created.out);
        gv_jo_kint(&created.out, family->v1 ? "id" : family->id_key, (int64_t)id);
        gv_jo_object_end(&created.out);
    }
    gv_format_cut(location, sizeof(location), "%s/%llu", family->path, (unsigned long long)id);
    gv_reply_status(x, 201);
    gv_reply_header(x, "Location", location);
    gv_reply_header(x, "Cache-Control", "no-store");
    gv_reply_body(x, gv_view_of(created.out.p, created.out.n), "application/json");
}

void gv_handle_create(struct gv_exchange *x)
{
    const struct gv_family *family = x->route->extra;
    struct gv_upload upload;
    struct gv_fail fail = {0};
    const uint32_t granted = gv_caller_of(x)->granted;
    uint64_t id = 0;
    const enum gv_err err = create(&upload, x, family->v1, granted, &id, &fail);
    gv_upload_close(&upload);
    if (err == GV_OK) {
        answer_created(x, &upload, id);
    } else {
        gv_api_fail(x, &fail);
    }
}
