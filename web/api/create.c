/* POST of a listing: the upload's checks in order, then one engine command. */
#include "web/api/handlers.h"

#include "firmware/base/text.h"
#include "web/api/auth.h"
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

static enum gv_err create(struct gv_upload *upload, struct gv_exchange *x, bool strict,
                          uint32_t granted, uint64_t *id, struct gv_fail *fail)
{
    struct gv_json json;
    enum gv_err err = gv_upload_open(upload, x, &json, fail);
    if (err == GV_OK) {
        err = gv_upload_fields(upload, json.root, strict, fail);
    }
    if (err == GV_OK) {
        err = gv_upload_chain(upload, fail);
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
    struct gv_tip tip;
};

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
    gv_jo_object_end(out);
}

static void render_v1(void *ctx, const struct gv_market_row *row)
{
    struct created *created = ctx;
    gv_render_v1(&created->out, row, created->tip);
}

/* The listing is stored: from here on the answer is 201, even when its row has moved on since. */
static void answer_created(struct gv_exchange *x, const struct gv_family *family, uint64_t id)
{
    struct gv_market *market = gv_api_of(x)->config.market;
    struct gv_market_head head;
    struct created created = {.family = family};
    char location[64];
    gv_market_head(market, &head);
    created.tip = head.tip;
    gv_json_out_init(&created.out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    if (gv_market_with(market, id, family->v1 ? render_v1 : render_legacy, &created) != GV_OK) {
        gv_jo_object(&created.out);
        gv_jo_kint(&created.out, "id", (int64_t)id);
        gv_jo_object_end(&created.out);
    }
    gv_format_cut(location, sizeof(location), "/api/v1/dutch/%llu", (unsigned long long)id);
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
    uint32_t granted = 0;
    uint64_t id = 0;
    if (!gv_api_authorize(x, GV_SCOPE_AUCTIONS_WRITE, &granted)) {
        return;
    }
    const enum gv_err err = create(&upload, x, family->v1, granted, &id, &fail);
    gv_upload_close(&upload);
    if (err == GV_OK) {
        answer_created(x, family, id);
    } else {
        gv_api_fail(x, &fail);
    }
}
