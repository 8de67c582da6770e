/* Control commands about backups; operate.h has their form. */
#include "web/api/render.h"
#include "web/control/operate.h"
#include "web/control/people.h"

#include <string.h>

static const char *const works[] = {"nothing", "create", "verify", "restore"};
static const char *const phases[] = {"idle", "running", "done", "failed"};

enum gv_err gv_control_backup_list(const struct gv_control *control, gv_json_ref request,
                                   struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", NULL};
    struct gv_backup rows[GV_BACKUPS_MAX];
    struct gv_backup_status status;
    const enum gv_err err = gv_json_members(request, members, "", fail);
    if (err != GV_OK) {
        return err;
    }
    const uint32_t n = control->backups->list(rows);
    control->backups->status(&status);
    gv_jo_key(out, "items");
    gv_jo_array(out);
    for (uint32_t i = 0; i < n; i++) {
        gv_jo_object(out);
        gv_jo_kstring(out, "id", rows[i].id);
        gv_render_utc_or_null(out, "created_at", rows[i].created_at);
        gv_jo_kint(out, "bytes", (int64_t)rows[i].bytes);
        gv_jo_kbool(out, "automatic", rows[i].automatic);
        gv_render_utc_or_null(out, "verified_at", rows[i].checked_at);
        gv_jo_kbool(out, "verified", rows[i].check_good);
        gv_jo_object_end(out);
    }
    gv_jo_array_end(out);
    gv_jo_kbool(out, "has_key", status.has_key);
    gv_jo_kstring(out, "work", works[status.job.work]);
    gv_jo_kstring(out, "state", phases[status.job.phase]);
    gv_jo_kstring(out, "job_id", status.job.id);
    if (status.job.phase == GV_BACKUP_FAILED) {
        gv_jo_kstring(out, "job_error", status.job.fail.text);
    }
    return GV_OK;
}

static enum gv_err read_text(gv_json_ref request, const char *key, char *out, size_t cap,
                             struct gv_fail *fail)
{
    struct gv_view text;
    const gv_json_ref member = gv_json_get(request, key);
    out[0] = '\0';
    if (member == NULL) {
        return GV_OK;
    }
    if (!gv_json_string(member, &text) || text.n >= cap) {
        return gv_fail(fail, GV_ERR_INVALID, "control.member", "%s must be a text below %zu bytes",
                       key, cap);
    }
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return GV_OK;
}

static enum gv_err start(const struct gv_control *control, gv_json_ref request,
                         enum gv_backup_work work, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", "id", "passphrase", "settings", "replace", NULL};
    struct gv_backup_request wanted = {.work = work, .with_settings = true};
    const gv_json_ref settings = gv_json_get(request, "settings");
    const gv_json_ref replace = gv_json_get(request, "replace");
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK) {
        err = read_text(request, "id", wanted.id, sizeof(wanted.id), fail);
    }
    if (err == GV_OK) {
        err = read_text(request, "passphrase", wanted.passphrase, sizeof(wanted.passphrase), fail);
    }
    if (err == GV_OK && ((settings != NULL && !gv_json_bool(settings, &wanted.with_settings)) ||
                         (replace != NULL && !gv_json_bool(replace, &wanted.replace)))) {
        err = gv_fail(fail, GV_ERR_INVALID, "control.member", "settings and replace are switches");
    }
    if (err == GV_OK) {
        gv_control_actor(&wanted.actor, request);
        err = control->backups->start(&wanted, fail);
    }
    gv_secure_zero(&wanted, sizeof(wanted));
    return err;
}

enum gv_err gv_control_backup_create(const struct gv_control *control, gv_json_ref request,
                                     struct gv_json_out *out, struct gv_fail *fail)
{
    (void)out;
    return start(control, request, GV_BACKUP_CREATE, fail);
}

enum gv_err gv_control_backup_verify(const struct gv_control *control, gv_json_ref request,
                                     struct gv_json_out *out, struct gv_fail *fail)
{
    (void)out;
    return start(control, request, GV_BACKUP_VERIFY, fail);
}

enum gv_err gv_control_backup_restore(const struct gv_control *control, gv_json_ref request,
                                      struct gv_json_out *out, struct gv_fail *fail)
{
    (void)out;
    return start(control, request, GV_BACKUP_RESTORE, fail);
}

enum gv_err gv_control_backup_remove(const struct gv_control *control, gv_json_ref request,
                                     struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", "id", NULL};
    struct gv_actor actor;
    char id[GV_BACKUP_ID_MAX];
    (void)out;
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK) {
        err = read_text(request, "id", id, sizeof(id), fail);
    }
    if (err == GV_OK) {
        err = control->backups->remove(id, fail);
    }
    if (err == GV_OK) {
        gv_control_actor(&actor, request);
        err = gv_engine_note(control->engine, &actor, "backup.removed", id, "", fail);
    }
    return err;
}
