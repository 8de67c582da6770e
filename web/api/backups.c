/* Backups: list, make, download, verify, delete; restore from the shelf or from an uploaded file. What takes
 * long is a job: it is begun here and watched by asking again. */
#include "app/backup/backup.h"

#include "firmware/base/text.h"
#include "web/api/caller.h"
#include "web/api/errors.h"
#include "web/api/handlers.h"
#include "web/api/object.h"
#include "web/api/render.h"
#include "web/api/small_body.h"

static const struct gv_backup_ops *ops_of(const struct gv_exchange *x)
{
    return gv_api_of(x)->config.backups;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void write_backup(struct gv_json_out *out, const struct gv_backup *row)
{
    gv_jo_object(out);
    gv_jo_kstring(out, "id", row->id);
    gv_render_utc(out, "created_at", row->created_at);
    gv_jo_kint(out, "bytes", (int64_t)row->bytes);
    gv_jo_kint(out, "schema", row->schema);
    gv_jo_kbool(out, "automatic", row->automatic);
    gv_render_utc_or_null(out, "verified_at", row->checked_at);
    gv_jo_key(out, "verified");
    if (row->checked_at.s == 0) {
        gv_jo_null(out);
    } else {
        gv_jo_bool(out, row->check_good);
    }
    gv_jo_object_end(out);
}

static void write_job(struct gv_json_out *out, const struct gv_backup_job *job)
{
    static const char *const works[] = {"nothing", "create", "verify", "restore"};
    static const char *const phases[] = {"idle", "running", "done", "failed"};
    gv_jo_key(out, "job");
    if (job->phase == GV_BACKUP_IDLE) {
        gv_jo_null(out);
        return;
    }
    gv_jo_object(out);
    gv_jo_kstring(out, "work", works[job->work]);
    gv_jo_kstring(out, "state", phases[job->phase]);
    gv_jo_kstring(out, "step", job->step);
    gv_jo_kint(out, "done", (int64_t)job->done);
    gv_render_int_or_null(out, "all", job->all, job->all != 0);
    gv_render_text_or_null(out, "id", job->id);
    gv_render_utc(out, "began_at", job->began_at);
    gv_render_utc_or_null(out, "ended_at", job->ended_at);
    if (job->phase == GV_BACKUP_FAILED) {
        gv_jo_kstring(out, "code", job->fail.code);
        gv_jo_kstring(out, "error", job->fail.text);
    }
    gv_jo_object_end(out);
}

static void refuse(struct gv_exchange *x, enum gv_err err, const struct gv_fail *fail)
{
    if (err == GV_ERR_STATE) {
        gv_reply_fail(x, 409, fail);
    } else {
        gv_api_fail(x, fail);
    }
}

static void answer_job(struct gv_exchange *x)
{
    struct gv_backup_status status;
    struct gv_json_out out;
    ops_of(x)->status(&status);
    gv_object_begin(x, &out);
    write_job(&out, &status.job);
    gv_object_send(x, &out, 202);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* The id in the path. */
static void read_id(const struct gv_exchange *x, struct gv_backup_request *request)
{
    gv_format_cut(request->id, sizeof(request->id), "%.*s", (int)x->params[0].n,
                  (const char *)x->params[0].p);
}

static enum gv_err read_switch(gv_json_ref root, const char *key, bool *out, struct gv_fail *fail)
{
    char pointer[24];
    const gv_json_ref member = gv_json_get(root, key);
    gv_format_cut(pointer, sizeof(pointer), "/%s", key);
    if (member != NULL && !gv_json_bool(member, out)) {
        return gv_fail_at(fail, GV_ERR_INVALID, pointer, "json.type", "%s is true or false", key);
    }
    return GV_OK;
}

/* In: members: those the route takes. No body is an empty object. */
static enum gv_err read_request(struct gv_exchange *x, const char *const *members,
                                struct gv_backup_request *request, struct gv_fail *fail)
{
    struct gv_json json;
    if (x->request->content_length == 0) {
        return GV_OK;
    }
    enum gv_err err = gv_small_body(x, members, &json, fail);
    if (err == GV_OK) {
        err = gv_member_text_if_there(json.root, "passphrase", request->passphrase,
                                      sizeof(request->passphrase), fail);
    }
    if (err == GV_OK && request->work == GV_BACKUP_RESTORE) {
        err = gv_member_text_if_there(json.root, "id", request->id, sizeof(request->id), fail);
    }
    if (err == GV_OK) {
        err = read_switch(json.root, "settings", &request->with_settings, fail);
    }
    return err == GV_OK ? read_switch(json.root, "replace", &request->replace, fail) : err;
}

static void start(struct gv_exchange *x, const char *const *members,
                  struct gv_backup_request *request)
{
    struct gv_fail fail = {.err = GV_OK};
    enum gv_err err = read_request(x, members, request, &fail);
    if (err == GV_OK) {
        gv_caller_actor(x, &request->actor);
        err = ops_of(x)->start(request, &fail);
    }
    gv_secure_zero(request->passphrase, sizeof(request->passphrase));
    gv_secure_zero(gv_api_worker_of(x)->body, sizeof(gv_api_worker_of(x)->body));
    if (err != GV_OK) {
        refuse(x, err, &fail);
    } else {
        answer_job(x);
    }
}

/* ---- handlers ------------------------------------------------------------------------------- */

void gv_handle_backups(struct gv_exchange *x)
{
    struct gv_backup rows[GV_BACKUPS_MAX];
    struct gv_backup_status status;
    struct gv_json_out out;
    const uint32_t n = ops_of(x)->list(rows);
    ops_of(x)->status(&status);
    gv_object_begin(x, &out);
    gv_jo_key(&out, "items");
    gv_jo_array(&out);
    for (uint32_t i = 0; i < n; i++) {
        write_backup(&out, &rows[i]);
    }
    gv_jo_array_end(&out);
    gv_jo_kbool(&out, "has_key", status.has_key);
    gv_render_utc_or_null(&out, "created_at", status.created_at);
    gv_render_utc_or_null(&out, "verified_at", status.verified_at);
    write_job(&out, &status.job);
    gv_object_send(x, &out, 200);
}

void gv_handle_backup_create(struct gv_exchange *x)
{
    static const char *const members[] = {"passphrase", NULL};
    struct gv_backup_request request = {.work = GV_BACKUP_CREATE};
    start(x, members, &request);
}

void gv_handle_backup_verify(struct gv_exchange *x)
{
    static const char *const members[] = {"passphrase", NULL};
    struct gv_backup_request request = {.work = GV_BACKUP_VERIFY};
    read_id(x, &request);
    start(x, members, &request);
}

void gv_handle_backup_delete(struct gv_exchange *x)
{
    struct gv_backup_request request = {.work = GV_BACKUP_NOTHING};
    struct gv_fail fail = {.err = GV_OK};
    read_id(x, &request);
    if (ops_of(x)->remove(request.id, &fail) != GV_OK ||
        gv_caller_note(x, "backup.removed", request.id, "", &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_reply_status(x, 204);
    gv_reply_empty(x);
}

void gv_handle_backup_file(struct gv_exchange *x)
{
    struct gv_backup_request request = {.work = GV_BACKUP_NOTHING};
    struct gv_fail fail = {.err = GV_OK};
    char disposition[80];
    char *buf = gv_api_worker_of(x)->reply;
    uint64_t offset = 0;
    size_t n = 0;
    read_id(x, &request);
    enum gv_err err = ops_of(x)->read(request.id, 0, buf, GV_REPLY_BYTES_MAX, &n, &fail);
    if (err == GV_OK) {
        err = gv_caller_note(x, "backup.downloaded", request.id, "", &fail);
    }
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_format_cut(disposition, sizeof(disposition), "attachment; filename=\"gavel-%s.gavel\"",
                  request.id);
    gv_reply_header(x, "Content-Disposition", disposition);
    gv_reply_header(x, "Cache-Control", "no-store");
    gv_reply_begin_chunked(x, "application/octet-stream");
    /* A failure in the middle leaves the chunked answer without its end: the client sees it. */
    while (err == GV_OK && n > 0) {
        err = gv_reply_chunk(x, gv_view_of(buf, n));
        offset += n;
        if (err == GV_OK) {
            err = ops_of(x)->read(request.id, offset, buf, GV_REPLY_BYTES_MAX, &n, &fail);
        }
    }
    if (err == GV_OK) {
        gv_reply_end(x);
    }
}

static void take_upload(struct gv_exchange *x)
{
    const struct gv_backup_ops *ops = ops_of(x);
    struct gv_api_worker *worker = gv_api_worker_of(x);
    struct gv_fail fail = {.err = GV_OK};
    struct gv_json_out out;
    char id[GV_BACKUP_ID_MAX];
    enum gv_err err = ops->upload_begin(&fail);
    if (err == GV_OK) {
        err = gv_body_each(x, worker->reply, sizeof(worker->reply), ops->upload_put, NULL, &fail);
        const enum gv_err ended = ops->upload_end(err == GV_OK, id, err == GV_OK ? &fail : NULL);
        err = err == GV_OK ? ended : err;
    }
    if (err == GV_OK) {
        err = gv_caller_note(x, "backup.uploaded", id, "", &fail);
    }
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_object_begin(x, &out);
    gv_jo_kstring(&out, "id", id);
    gv_object_send(x, &out, 201);
}

void gv_handle_restore(struct gv_exchange *x)
{
    static const char *const members[] = {"id", "passphrase", "settings", "replace", NULL};
    struct gv_backup_request request = {.work = GV_BACKUP_RESTORE, .with_settings = true};
    struct gv_fail fail = {.err = GV_OK};
    if (gv_body_expect_type(x, "application/octet-stream", &fail) == GV_OK) {
        take_upload(x);
    } else if (x->request->content_length > GV_SMALL_BODY_MAX) {
        gv_api_refuse(x, GV_ERR_TOO_LARGE, "body.too_large", "the request is too long");
    } else {
        start(x, members, &request);
    }
}

void gv_handle_restore_state(struct gv_exchange *x)
{
    struct gv_backup_status status;
    struct gv_json_out out;
    ops_of(x)->status(&status);
    gv_object_begin(x, &out);
    write_job(&out, &status.job);
    gv_jo_key(&out, "restored");
    if (status.restored) {
        gv_jo_object(&out);
        gv_jo_kstring(&out, "id", status.restored_id);
        gv_render_utc(&out, "at", status.restored_at);
        gv_jo_object_end(&out);
    } else {
        gv_jo_null(&out);
    }
    gv_object_send(x, &out, 200);
}
