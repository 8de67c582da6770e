/* Updates of the SD card's system: take a bundle in, say how it goes, ask for its installation, forget it. */
#include "web/api/update.h"

#include "web/api/api_state.h"
#include "web/api/caller.h"
#include "web/api/errors.h"
#include "web/api/handlers.h"
#include "web/api/object.h"
#include "web/api/render.h"

_Static_assert(GV_UPDATE_BODY_MAX == GV_BUNDLE_BYTES_MAX, "every bundle may come in");

static const struct gv_update_ops *ops_of(const struct gv_exchange *x)
{
    return gv_api_of(x)->config.updates;
}

/* ---- writing ------------------------------------------------------------------------------------ */

static void write_version(struct gv_json_out *out, const char *key, struct gv_version version)
{
    char text[GV_VERSION_MAX];
    gv_version_format(version, text);
    gv_jo_kstring(out, key, text);
}

/* An object, or null. */
static bool begin_member(struct gv_json_out *out, const char *key, bool present)
{
    gv_jo_key(out, key);
    if (present) {
        gv_jo_object(out);
    } else {
        gv_jo_null(out);
    }
    return present;
}

static void write_fail(struct gv_json_out *out, const char *key, const struct gv_fail *fail)
{
    if (begin_member(out, key, fail->err != GV_OK)) {
        gv_jo_kstring(out, "code", fail->code);
        gv_jo_kstring(out, "error", fail->text);
        gv_jo_object_end(out);
    }
}

static void write_state(struct gv_json_out *out, const struct gv_update_status *status)
{
    const struct gv_update_state *state = &status->state;
    const char slot[] = {gv_slot_letter(state->slot), '\0'};
    gv_jo_kstring(out, "slot", slot);
    write_version(out, "floor", state->record.floor);
    gv_jo_kstring(out, "phase", status->asked ? "asked" : gv_update_phase_name(state->phase));
    gv_jo_kint(out, "done", (int64_t)state->done);
    gv_render_int_or_null(out, "all", state->all, state->all != 0);
    if (begin_member(out, "last", state->record.has_last)) {
        write_version(out, "version", state->record.last);
        gv_jo_kbool(out, "confirmed", state->record.last_confirmed);
        gv_jo_object_end(out);
    }
    write_fail(out, "failed", &state->fail);
    write_fail(out, "blocked", &status->gate);
}

void gv_update_write(struct gv_json_out *out, const struct gv_update_status *status)
{
    gv_jo_kstring(out, "version", GV_VERSION);
    gv_jo_kbool(out, "trusts", status->trusts);
    if (begin_member(out, "staged", status->has_staged)) {
        write_version(out, "version", status->staged);
        gv_jo_kint(out, "bytes", (int64_t)status->staged_bytes);
        gv_jo_object_end(out);
    }
    if (begin_member(out, "here", status->here)) {
        write_state(out, status);
        gv_jo_object_end(out);
    }
}

static void answer(struct gv_exchange *x, int code)
{
    struct gv_update_status status;
    struct gv_json_out out;
    ops_of(x)->status(&status);
    gv_object_begin(x, &out);
    gv_update_write(&out, &status);
    gv_reply_status(x, code);
    gv_object_send_live(x, &out);
}

static enum gv_err note(const struct gv_exchange *x, const char *kind, struct gv_fail *fail)
{
    struct gv_update_status status;
    char version[GV_VERSION_MAX];
    ops_of(x)->status(&status);
    gv_version_format(status.staged, version);
    return gv_caller_note(x, kind, version, "", fail);
}

/* ---- handlers ----------------------------------------------------------------------------------- */

void gv_handle_update(struct gv_exchange *x)
{
    answer(x, 200);
}

void gv_handle_update_upload(struct gv_exchange *x)
{
    const struct gv_update_ops *ops = ops_of(x);
    struct gv_api_worker *worker = gv_api_worker_of(x);
    struct gv_fail fail = {.err = GV_OK};
    enum gv_err err = gv_body_expect_type(x, "application/octet-stream", &fail);
    if (err == GV_OK) {
        err = ops->upload_begin(&fail);
    }
    if (err == GV_OK) {
        err = gv_body_each(x, worker->reply, sizeof(worker->reply), ops->upload_put, NULL, &fail);
        const enum gv_err ended = ops->upload_end(err == GV_OK, err == GV_OK ? &fail : NULL);
        err = err == GV_OK ? ended : err;
    }
    if (err == GV_OK) {
        err = note(x, "update.uploaded", &fail);
    }
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
    } else {
        answer(x, 201);
    }
}

void gv_handle_update_delete(struct gv_exchange *x)
{
    struct gv_fail fail = {.err = GV_OK};
    if (ops_of(x)->remove(&fail) != GV_OK || note(x, "update.removed", &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_reply_status(x, 204);
    gv_reply_empty(x);
}

void gv_handle_update_apply(struct gv_exchange *x)
{
    struct gv_fail fail = {.err = GV_OK};
    if (ops_of(x)->apply(&fail) != GV_OK || note(x, "update.asked", &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    answer(x, 202);
}
