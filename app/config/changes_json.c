#include "app/config/changes_json.h"

#include "firmware/base/crypto.h"
#include "firmware/base/text.h"

#include <string.h>

#define VALUE_MAX ((size_t)2 * GV_CONFIG_TEXT_MAX)

/* ---- writing -------------------------------------------------------------------------------- */

static const char *kind_text(enum gv_setting_kind kind)
{
    switch (kind) {
    case GV_SETTING_TEXT:
        return "text";
    case GV_SETTING_PATH:
        return "path";
    case GV_SETTING_URL:
        return "url";
    case GV_SETTING_ENDPOINTS:
        return "endpoints";
    case GV_SETTING_ORIGINS:
    case GV_SETTING_SUBNETS:
        return "origins";
    case GV_SETTING_NUMBER:
        return "number";
    case GV_SETTING_SWITCH:
        return "switch";
    case GV_SETTING_LOG_LEVEL:
    case GV_SETTING_NETWORK:
        return "choice";
    }
    return "text";
}

static const char *source_text(enum gv_config_source source)
{
    static const char *const texts[] = {
        [GV_SOURCE_DEFAULT] = "default", [GV_SOURCE_FILE] = "file",
        [GV_SOURCE_STORED] = "stored",   [GV_SOURCE_ENVIRONMENT] = "environment",
        [GV_SOURCE_FLAG] = "flag",
    };
    return texts[source];
}

static void write_value(struct gv_json_out *out, const char *key, enum gv_setting_kind kind,
                        const char *text)
{
    if (kind == GV_SETTING_NUMBER) {
        gv_jo_key(out, key);
        gv_jo_raw(out, text, strlen(text));
    } else if (kind == GV_SETTING_SWITCH) {
        gv_jo_kbool(out, key, strcmp(text, "on") == 0);
    } else {
        gv_jo_kstring(out, key, text);
    }
}

static void write_choices(struct gv_json_out *out, enum gv_setting_kind kind)
{
    if (kind != GV_SETTING_LOG_LEVEL && kind != GV_SETTING_NETWORK) {
        return;
    }
    gv_jo_key(out, "choices");
    gv_jo_array(out);
    for (int i = GV_LOG_TRACE; kind == GV_SETTING_LOG_LEVEL && i <= GV_LOG_BROKEN; i++) {
        gv_jo_string(out, gv_log_level_name((enum gv_log_level)i));
    }
    for (int i = GV_NETWORK_MAIN; kind == GV_SETTING_NETWORK && i <= GV_NETWORK_REGTEST; i++) {
        gv_jo_string(out, gv_network_name((enum gv_network)i));
    }
    gv_jo_array_end(out);
}

struct writer {
    struct gv_json_out *out;
    const char *key; /* NULL: all */
    bool pending;
};

static void write_one(void *ctx, const struct gv_setting_view *view)
{
    struct writer *writer = ctx;
    struct gv_json_out *out = writer->out;
    const struct gv_setting *setting = view->setting;
    const bool secret = (setting->flags & GV_SETTING_SECRET) != 0;
    char group[GV_CONFIG_TEXT_MAX];
    writer->pending = writer->pending || view->pending;
    if (writer->key != NULL && strcmp(writer->key, setting->key) != 0) {
        return;
    }
    gv_format_cut(group, sizeof(group), "%.*s", (int)strcspn(setting->key, "."), setting->key);
    gv_jo_object(out);
    gv_jo_kstring(out, "key", setting->key);
    gv_jo_kstring(out, "group", group);
    gv_jo_kstring(out, "type", kind_text(setting->kind));
    if (secret) {
        gv_jo_kbool(out, "set", view->is_set);
    } else {
        write_value(out, "value", setting->kind, view->value);
        write_value(out, "default", setting->kind, setting->standard);
    }
    if (setting->kind == GV_SETTING_NUMBER) {
        gv_jo_kint(out, "min", setting->min);
        gv_jo_kint(out, "max", setting->max);
    }
    write_choices(out, setting->kind);
    gv_jo_kstring(out, "help", setting->help);
    gv_jo_kstring(out, "source", source_text(view->source));
    gv_jo_kbool(out, "restart", (setting->flags & GV_SETTING_LIVE) == 0);
    gv_jo_kbool(out, "secret", secret);
    gv_jo_kbool(out, "forced", view->forced);
    gv_jo_kbool(out, "pending", view->pending);
    gv_jo_object_end(out);
}

void gv_changes_write_json(struct gv_changes *changes, const char *key, struct gv_json_out *out)
{
    struct writer writer = {.out = out, .key = key};
    gv_jo_key(out, "items");
    gv_jo_array(out);
    gv_changes_each(changes, write_one, &writer);
    gv_jo_array_end(out);
    gv_jo_kbool(out, "pending", writer.pending);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* The value as the settings table takes it. Returns: false when the type is wrong. */
static bool text_of(char text[VALUE_MAX], const struct gv_setting *setting, gv_json_ref value)
{
    struct gv_view view;
    bool on = false;
    switch (gv_json_type(value)) {
    case GV_JSON_BOOL:
        return setting->kind == GV_SETTING_SWITCH && gv_json_bool(value, &on) &&
               gv_text_copy(text, VALUE_MAX, on ? "on" : "off");
    case GV_JSON_NUMBER:
        return setting->kind == GV_SETTING_NUMBER && gv_json_number_text(value, &view) &&
               gv_format(text, VALUE_MAX, "%.*s", (int)view.n, (const char *)view.p);
    case GV_JSON_STRING:
        return setting->kind != GV_SETTING_SWITCH && setting->kind != GV_SETTING_NUMBER &&
               gv_json_string(value, &view) && view.n < VALUE_MAX &&
               gv_format(text, VALUE_MAX, "%.*s", (int)view.n, (const char *)view.p);
    case GV_JSON_ABSENT:
    case GV_JSON_NULL:
    case GV_JSON_ARRAY:
    case GV_JSON_OBJECT:
        return false;
    }
    return false;
}

enum gv_err gv_draft_put_json(struct gv_changes *changes, struct gv_draft *draft, const char *key,
                              gv_json_ref value, struct gv_fail *fail)
{
    char text[VALUE_MAX];
    char pointer[64];
    struct gv_fail why = {.err = GV_OK};
    const struct gv_setting *setting = gv_setting_find(key);
    const bool reset = gv_json_type(value) == GV_JSON_NULL;
    gv_format_cut(pointer, sizeof(pointer), "/%s", key);
    if (setting != NULL && !reset && !text_of(text, setting, value)) {
        return gv_fail_at(fail, GV_ERR_INVALID, pointer, "config.type",
                          "%s: must be a %s, within its length", key,
                          setting->kind == GV_SETTING_NUMBER   ? "number"
                          : setting->kind == GV_SETTING_SWITCH ? "boolean"
                                                               : "text");
    }
    const enum gv_err err = gv_draft_put(changes, draft, key, reset ? NULL : text, &why);
    gv_secure_zero(text, sizeof(text));
    return err == GV_OK ? GV_OK : gv_fail_at(fail, err, pointer, why.code, "%s", why.text);
}
