#include "web/control/operate.h"

#include "app/config/changes_json.h"
#include "firmware/base/text.h"
#include "web/api/system.h"
#include "web/control/people.h"

#include <string.h>

enum gv_err gv_control_config_show(const struct gv_control *control, gv_json_ref request,
                                   struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", "key", NULL};
    char key[GV_CONFIG_TEXT_MAX];
    struct gv_view text;
    const gv_json_ref given = gv_json_get(request, "key");
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err != GV_OK || given == NULL) {
        if (err == GV_OK) {
            gv_changes_write_json(control->changes, NULL, out);
        }
        return err;
    }
    if (!gv_json_string(given, &text) ||
        !gv_format(key, sizeof(key), "%.*s", (int)text.n, (const char *)text.p) ||
        gv_setting_find(key) == NULL) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "config.unknown_key", "there is no such setting");
    }
    gv_changes_write_json(control->changes, key, out);
    return GV_OK;
}

static enum gv_err read_values(const struct gv_control *control, gv_json_ref values,
                               struct gv_draft *draft, struct gv_fail *fail)
{
    const char *keys[GV_SETTINGS_COUNT + 1];
    for (size_t i = 0; i < GV_SETTINGS_COUNT; i++) {
        keys[i] = gv_settings[i].key;
    }
    keys[GV_SETTINGS_COUNT] = NULL;
    enum gv_err err = gv_json_members(values, keys, "/values", fail);
    for (size_t i = 0; i < GV_SETTINGS_COUNT && err == GV_OK; i++) {
        const gv_json_ref value = gv_json_get(values, keys[i]);
        if (value != NULL) {
            err = gv_draft_put_json(control->changes, draft, keys[i], value, fail);
        }
    }
    return err;
}

enum gv_err gv_control_config_set(const struct gv_control *control, gv_json_ref request,
                                  struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", "values", NULL};
    struct gv_draft draft;
    struct gv_actor actor;
    char changed[GV_ENGINE_NOTE_MAX];
    gv_changes_draft(control->changes, &draft);
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK) {
        err = read_values(control, gv_json_get(request, "values"), &draft, fail);
    }
    if (err == GV_OK) {
        err = gv_changes_commit(control->changes, &draft, changed, sizeof(changed), fail);
    }
    if (err == GV_OK) {
        gv_control_actor(&actor, request);
        err =
            gv_engine_note(control->engine, &actor, "settings.changed", "settings", changed, fail);
    }
    if (err == GV_OK) {
        gv_jo_kstring(out, "changed", changed);
        gv_changes_write_json(control->changes, "", out);
    }
    gv_draft_wipe(&draft);
    return err;
}

/* ---- the owner's certificate ---------------------------------------------------------------- */

enum gv_err gv_control_cert_install(const struct gv_control *control, gv_json_ref request,
                                    struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", "pem", NULL};
    struct gv_own_cert own;
    struct gv_actor actor;
    struct gv_view pem;
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK && !gv_json_string(gv_json_get(request, "pem"), &pem)) {
        err = gv_fail_at(fail, GV_ERR_INVALID, "/pem", "json.text", "pem is a text");
    }
    if (err == GV_OK) {
        err = control->own_cert->install(&own, pem, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    gv_control_actor(&actor, request);
    gv_jo_key(out, "own");
    gv_system_write_own_cert(out, &own);
    return gv_engine_note(control->engine, &actor, "certificate.installed", "certificate",
                          own.sha256, fail);
}

enum gv_err gv_control_cert_remove(const struct gv_control *control, gv_json_ref request,
                                   struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", NULL};
    struct gv_actor actor;
    enum gv_err err = gv_json_members(request, members, "", fail);
    (void)out;
    if (err == GV_OK) {
        err = control->own_cert->remove(fail);
    }
    if (err != GV_OK) {
        return err;
    }
    gv_control_actor(&actor, request);
    return gv_engine_note(control->engine, &actor, "certificate.removed", "certificate", "", fail);
}
