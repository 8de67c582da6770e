/* POST /api/v1/dutch/{id}/extend: further rungs below the last one of a listing. */
#include "web/api/create.h"

#include "firmware/base/text.h"
#include "web/api/caller.h"
#include "web/api/errors.h"
#include "web/api/find.h"
#include "web/api/render.h"
#include "web/api/small_body.h"

#include <string.h>

static const char *const members[] = {"end_block", "psbts", NULL};

struct extension {
    struct gv_upload upload;
    struct gv_idempotency idempotency;
    struct gv_dutch_listing listing; /* as it was when this began */
    struct gv_tip tip;
};

static void copy_listing(void *ctx, const struct gv_market_row *row)
{
    struct extension *extension = ctx;
    extension->listing = row->listing;
}

/* gv_answer_writer */
static void write_answer(const struct gv_submission *submission,
                         const struct gv_dutch_listing *listing, struct gv_replay *replay)
{
    struct gv_json_out out;
    gv_json_out_init(&out, replay->text, sizeof(replay->text));
    gv_jo_object(&out);
    gv_jo_kint(&out, "id", (int64_t)listing->id);
    gv_jo_kint(&out, "extended_from_block", submission->rungs[0].block);
    gv_jo_kint(&out, "end_block", listing->terms.end_block);
    gv_jo_kint(&out, "end_price_sats", (int64_t)listing->terms.end_price.v);
    gv_jo_kbool(&out, "locked", listing->terms.locked);
    gv_render_ladder_root(&out, &submission->terms.ladder_root);
    gv_jo_object_end(&out);
    replay->text_len = (uint32_t)out.n;
    replay->status = 200;
    replay->location[0] = '\0';
}

static enum gv_err read_rungs(struct extension *extension, struct gv_fail *fail)
{
    struct gv_upload *upload = &extension->upload;
    struct gv_submission *submission = upload->submission;
    struct gv_json json;
    int64_t end_block = 0;
    enum gv_err err = gv_upload_parse(upload, &json, fail);
    if (err == GV_OK) {
        err = gv_json_members(json.root, members, "", fail);
    }
    if (err == GV_OK) {
        err = gv_member_int(json.root, "end_block", 1, 499999999, &end_block, fail);
    }
    if (err == GV_OK) {
        err =
            gv_dutch_check_extendable(&extension->listing, extension->tip.height, end_block, fail);
    }
    if (err == GV_OK) {
        err = gv_upload_rungs(upload, gv_json_get(json.root, "psbts"), true, fail);
    }
    if (err == GV_OK) {
        err = gv_dutch_check_extension(&extension->listing.terms, end_block, submission->rungs,
                                       submission->order, submission->rung_count, fail);
    }
    submission->terms = extension->listing.terms;
    submission->terms.end_block = (uint32_t)end_block;
    return err;
}

static enum gv_err extend(struct extension *extension, struct gv_exchange *x, struct gv_fail *fail)
{
    struct gv_upload *upload = &extension->upload;
    enum gv_err err = gv_find_listing(x, &extension->tip, copy_listing, extension, fail);
    if (err == GV_OK && !extension->tip.live) {
        err = gv_fail(fail, GV_ERR_UNAVAILABLE, "node.not_live",
                      "the node is unreachable, syncing or behind");
    }
    if (err == GV_OK) {
        err = read_rungs(extension, fail);
    }
    if (err == GV_OK) {
        err = gv_upload_utxo(upload, fail);
    }
    if (err == GV_OK) {
        err = gv_create_judge(upload, gv_caller_of(x)->granted, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    struct gv_submission *submission = upload->submission;
    submission->answer = write_answer;
    submission->replay_key = extension->idempotency.key;
    submission->replay_body = extension->idempotency.body;
    return gv_engine_extend_dutch(upload->api->config.engine, &upload->submission,
                                  extension->listing.id, fail);
}

/* What was kept is what the client hears, now as later. */
static void answer(struct extension *extension, struct gv_exchange *x)
{
    struct gv_replay replay;
    struct gv_fail fail = {.err = GV_OK};
    if (gv_engine_replay(gv_api_of(x)->config.engine, &extension->idempotency.key, &replay,
                         &fail) == GV_OK) {
        gv_replay_send(x, &replay);
    } else {
        gv_api_refuse(x, GV_ERR_UNAVAILABLE, "engine.busy",
                      "the listing is extended, but could not be read just now");
    }
}

void gv_handle_extend(struct gv_exchange *x)
{
    struct extension extension;
    struct gv_view body;
    struct gv_fail fail = {.err = GV_OK};
    enum gv_err err = gv_upload_open(&extension.upload, x, &body, &fail);
    if (err == GV_OK && !gv_idempotency_begin(&extension.idempotency, x, true, body)) {
        gv_upload_close(&extension.upload);
        return;
    }
    if (err == GV_OK) {
        err = extend(&extension, x, &fail);
        gv_idempotency_end(&extension.idempotency, x);
    }
    gv_upload_close(&extension.upload);
    if (err == GV_OK) {
        answer(&extension, x);
    } else {
        gv_api_fail(x, &fail);
    }
}
