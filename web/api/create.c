/* POST of a listing: the upload's checks in order, then one engine command. */
#include "web/api/create.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "web/api/caller.h"
#include "web/api/errors.h"
#include "web/api/render.h"

#include <string.h>

enum gv_err gv_create_judge(struct gv_upload *upload, uint32_t granted, struct gv_fail *fail)
{
    const bool may_be_unlocked = (granted & GV_KEY_LEGACY_UNLOCKED) != 0;
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

enum gv_err gv_create_check(struct gv_upload *upload, gv_json_ref root,
                            const struct gv_family *family, uint32_t granted, struct gv_fail *fail)
{
    enum gv_err err = gv_upload_fields(upload, root, family->v1, fail);
    if (err == GV_OK) {
        err = ask_all(upload, fail);
    }
    if (err == GV_OK) {
        err = gv_create_judge(upload, granted, fail);
    }
    upload->submission->prior = upload->prior;
    return err;
}

enum gv_err gv_create_dutch(struct gv_upload *upload, gv_json_ref root,
                            const struct gv_family *family, uint32_t granted, uint64_t *id,
                            struct gv_fail *fail)
{
    const enum gv_err err = gv_create_check(upload, root, family, granted, fail);
    return err == GV_OK
               ? gv_engine_create_dutch(upload->api->config.engine, &upload->submission, id, fail)
               : err;
}

/* ---- the answer ---------------------------------------------------------------------------------- */

/* The listing as it was when it was made: nothing revealed, nothing spent. The same listing gives the
 * same text whenever it is asked. */
static void as_created(struct gv_market_row *row, const struct gv_dutch_listing *listing)
{
    const struct gv_tip before = {
        .known = true, .live = true, .height = {listing->terms.start_block - 1u}};
    memset(row, 0, offsetof(struct gv_market_row, text));
    row->listing = *listing;
    row->listing.spend = (struct gv_dutch_spend){.state = GV_SPEND_NONE};
    row->listing.revealed_high = 0;
    row->status = gv_dutch_status(&row->listing, before.height);
    row->reveal = gv_dutch_reveal(&row->listing, &before);
    row->has_price = gv_dutch_shown_price(&row->listing, &before, (struct gv_sat){0}, &row->price);
}

static void write_legacy(struct gv_json_out *out, const struct gv_family *family,
                         const struct gv_market_row *row)
{
    gv_jo_kbool(out, "success", true);
    gv_jo_kint(out, family->id_key, (int64_t)row->listing.id);
    gv_jo_kstring(out, "message", family->created);
    gv_jo_key(out, family->object_key);
    gv_jo_object(out);
    gv_render_legacy(out, &row->listing, row->status);
    gv_jo_object_end(out);
}

static void write_answer(const struct gv_family *family, const struct gv_dutch_listing *listing,
                         const struct gv_dutch_prior *prior, struct gv_replay *replay)
{
    struct gv_market_row row;
    struct gv_json_out out;
    as_created(&row, listing);
    gv_json_out_init(&out, replay->text, sizeof(replay->text));
    gv_jo_object(&out);
    if (family->v1) {
        gv_render_v1_members(&out, &row, (struct gv_tip){.known = false});
    } else {
        write_legacy(&out, family, &row);
    }
    gv_upload_write_warnings(&out, prior, listing->terms.end_price);
    gv_jo_object_end(&out);
    GV_ASSERT(!out.full); /* GV_REPLAY_TEXT_MAX is more than one listing */
    replay->text_len = (uint32_t)out.n;
    replay->status = 201;
    gv_format_cut(replay->location, sizeof(replay->location), "%s/%llu", family->path,
                  (unsigned long long)listing->id);
}

/* gv_answer_writer */
static void write_kept(const struct gv_submission *submission,
                       const struct gv_dutch_listing *listing, struct gv_replay *replay)
{
    write_answer(submission->answer_form, listing, &submission->prior, replay);
}

static void copy_listing(void *ctx, const struct gv_market_row *row)
{
    struct gv_dutch_listing *listing = ctx;
    *listing = row->listing;
}

static void answer_created(struct gv_exchange *x, const struct gv_upload *upload, uint64_t id)
{
    const struct gv_api *api = gv_api_of(x);
    struct gv_dutch_listing listing;
    struct gv_replay replay;
    enum gv_err err = gv_market_with(api->config.market, id, NULL, copy_listing, &listing);
    if (err != GV_OK) {
        err = gv_engine_dutch_retired(api->config.engine, id, &listing);
    }
    if (err != GV_OK) {
        struct gv_fail fail;
        gv_fail(&fail, GV_ERR_UNAVAILABLE, "engine.busy",
                "listing %llu is made, but could not be read just now", (unsigned long long)id);
        gv_api_fail(x, &fail);
        return;
    }
    write_answer(x->route->extra, &listing, &upload->prior, &replay);
    gv_replay_send(x, &replay);
}

/* ---- the request --------------------------------------------------------------------------------- */

void gv_create_keep(struct gv_upload *upload, const struct gv_family *family,
                    const struct gv_hash256 *key, const struct gv_hash256 *body)
{
    struct gv_submission *submission = upload->submission;
    submission->answer = write_kept;
    submission->answer_form = family;
    submission->replay_key = *key;
    submission->replay_body = *body;
}

static enum gv_err create(struct gv_upload *upload, struct gv_exchange *x,
                          const struct gv_idempotency *idempotency, uint64_t *id,
                          struct gv_fail *fail)
{
    const struct gv_family *family = x->route->extra;
    struct gv_json json;
    const enum gv_err err = gv_upload_parse(upload, &json, fail);
    if (err != GV_OK) {
        return err;
    }
    if (idempotency->used) {
        gv_create_keep(upload, family, &idempotency->key, &idempotency->body);
    }
    return gv_create_dutch(upload, json.root, family, gv_caller_of(x)->granted, id, fail);
}

void gv_handle_create(struct gv_exchange *x)
{
    const struct gv_family *family = x->route->extra;
    struct gv_idempotency idempotency;
    struct gv_upload upload;
    struct gv_view body;
    struct gv_fail fail = {0};
    uint64_t id = 0;
    enum gv_err err = gv_upload_open(&upload, x, &body, &fail);
    if (err == GV_OK && !gv_idempotency_begin(&idempotency, x, family->v1, body)) {
        gv_upload_close(&upload);
        return;
    }
    if (err == GV_OK) {
        err = create(&upload, x, &idempotency, &id, &fail);
        gv_idempotency_end(&idempotency, x);
    }
    gv_upload_close(&upload);
    if (err == GV_OK) {
        answer_created(x, &upload, id);
    } else {
        gv_api_fail(x, &fail);
    }
}
