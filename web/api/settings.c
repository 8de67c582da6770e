/* GET and PATCH /api/v1/settings: the settings table as a form, and changes to it. */
#include "web/api/handlers.h"

#include "app/config/changes_json.h"
#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/caller.h"
#include "web/api/conditional.h"
#include "web/api/errors.h"
#include "web/api/small_body.h"

#include <string.h>

/* ---- GET -------------------------------------------------------------------------------------- */

void gv_handle_settings(struct gv_exchange *x)
{
    struct gv_api *api = gv_api_of(x);
    struct gv_json_out out;
    char tag[GV_TAG_MAX];
    gv_tag_of(tag, gv_changes_version(api->config.changes));
    gv_reply_header(x, "Cache-Control", "no-store");
    if (gv_reply_not_modified(x, tag)) {
        return;
    }
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_changes_write_json(api->config.changes, NULL, &out);
    gv_jo_object_end(&out);
    gv_reply_body(x, gv_view_of(out.p, out.n), "application/json");
}

/* ---- PATCH ------------------------------------------------------------------------------------ */

static enum gv_err read_body(struct gv_exchange *x, struct gv_draft *draft, struct gv_fail *fail)
{
    const char *keys[GV_SETTINGS_COUNT + 1];
    struct gv_json json;
    for (size_t i = 0; i < GV_SETTINGS_COUNT; i++) {
        keys[i] = gv_settings[i].key;
    }
    keys[GV_SETTINGS_COUNT] = NULL;
    enum gv_err err = gv_small_body(x, keys, &json, fail);
    for (size_t i = 0; i < GV_SETTINGS_COUNT && err == GV_OK; i++) {
        const gv_json_ref value = gv_json_get(json.root, keys[i]);
        if (value != NULL) {
            err = gv_draft_put_json(gv_api_of(x)->config.changes, draft, keys[i], value, fail);
        }
    }
    return err;
}

/* The audit names the keys, never a value. */
static enum gv_err commit(struct gv_exchange *x, const struct gv_draft *draft, struct gv_fail *fail)
{
    struct gv_api *api = gv_api_of(x);
    char keys[GV_ENGINE_NOTE_MAX];
    enum gv_err err = gv_changes_commit(api->config.changes, draft, keys, sizeof(keys), fail);
    return err == GV_OK ? gv_caller_note(x, "settings.changed", "settings", keys, fail) : err;
}

void gv_handle_settings_change(struct gv_exchange *x)
{
    struct gv_draft draft;
    struct gv_fail fail = {.err = GV_OK};
    struct gv_expect expect;
    gv_changes_draft(gv_api_of(x)->config.changes, &draft);
    if (gv_api_expect(x, true, &expect)) {
        enum gv_err err = gv_expect_check(&expect, draft.version, &fail);
        if (err == GV_OK) {
            err = read_body(x, &draft, &fail);
        }
        if (err == GV_OK) {
            err = commit(x, &draft, &fail);
        }
        if (err != GV_OK) {
            gv_api_fail(x, &fail);
        } else {
            gv_handle_settings(x);
        }
    }
    gv_draft_wipe(&draft);
    gv_secure_zero(gv_api_worker_of(x)->body, sizeof(gv_api_worker_of(x)->body));
}
