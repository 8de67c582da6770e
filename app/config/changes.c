#include "app/config/changes.h"

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"
#include "firmware/base/text.h"

#include <string.h>

static bool is_forced(const struct gv_config *running, const struct gv_setting *setting)
{
    return running->sources[gv_setting_index(setting)] >= GV_SOURCE_ENVIRONMENT ||
           (setting->flags & GV_SETTING_BOOT) != 0;
}

static bool is_stored(const struct gv_config *config, size_t i)
{
    return config->sources[i] == GV_SOURCE_STORED;
}

static bool same_value(const struct gv_config *a, const struct gv_config *b,
                       const struct gv_setting *setting)
{
    char one[2 * GV_CONFIG_TEXT_MAX];
    char other[2 * GV_CONFIG_TEXT_MAX];
    gv_setting_text(a, setting, one, sizeof(one));
    gv_setting_text(b, setting, other, sizeof(other));
    const bool same = strcmp(one, other) == 0;
    gv_secure_zero(one, sizeof(one));
    gv_secure_zero(other, sizeof(other));
    return same;
}

/* ---- the text ------------------------------------------------------------------------------- */

struct text {
    char *p;
    size_t n;
};

static void add(struct text *text, const char *a, const char *b, const char *c)
{
    const size_t room = GV_CHANGES_TEXT_MAX - text->n;
    const bool fits = gv_format(text->p + text->n, room, "%s%s%s\n", a, b, c);
    GV_ASSERT(fits); /* GV_CHANGES_TEXT_MAX is the sum */
    text->n += strlen(text->p + text->n);
}

/* Rows of one section stand together in the table. */
static void format_stored(const struct gv_config *config, struct text *text)
{
    char section[GV_CONFIG_TEXT_MAX] = "";
    char value[2 * GV_CONFIG_TEXT_MAX];
    add(text, "; Written by gaveld: change it with the settings page or gavelctl config set.", "",
        "");
    for (size_t i = 0; i < GV_SETTINGS_COUNT; i++) {
        const char *dot = strchr(gv_settings[i].key, '.');
        const size_t n = (size_t)(dot - gv_settings[i].key);
        if (!is_stored(config, i)) {
            continue;
        }
        if (strlen(section) != n || memcmp(section, gv_settings[i].key, n) != 0) {
            memcpy(section, gv_settings[i].key, n);
            section[n] = '\0';
            add(text, "[", section, "]");
        }
        gv_setting_text(config, &gv_settings[i], value, sizeof(value));
        add(text, dot + 1, " = ", value);
    }
    gv_secure_zero(value, sizeof(value));
}

/* The file's form cannot hold every value (" ;" begins a comment, blanks at the ends are dropped):
 * what is written must read back the same. */
static enum gv_err check_text(const struct gv_config *next, struct gv_view text,
                              struct gv_fail *fail)
{
    struct gv_config back;
    gv_config_defaults(&back);
    enum gv_err err = gv_config_read(&back, GV_SOURCE_STORED, "settings.conf", text, fail);
    for (size_t i = 0; i < GV_SETTINGS_COUNT && err == GV_OK; i++) {
        if (is_stored(next, i) && !same_value(next, &back, &gv_settings[i])) {
            err = gv_fail(fail, GV_ERR_INVALID, "config.value",
                          "%s: no \" ;\" within and no blanks around a value", gv_settings[i].key);
        }
    }
    gv_secure_zero(back.node_password, sizeof(back.node_password));
    return err;
}

static uint64_t version_of(const struct gv_config *config)
{
    char memory[GV_CHANGES_TEXT_MAX];
    struct text text = {.p = memory};
    struct gv_hash256 hash;
    uint64_t version = 0;
    format_stored(config, &text);
    gv_sha256_of(&hash, gv_view_of(text.p, text.n));
    memcpy(&version, hash.b, sizeof(version));
    gv_secure_zero(memory, text.n);
    return version;
}

/* ---- changing ------------------------------------------------------------------------------- */

void gv_changes_init(struct gv_changes *changes, const struct gv_changes_config *config)
{
    changes->config = *config;
    changes->next = *config->running;
    changes->version = version_of(&changes->next);
    GV_ASSERT(pthread_mutex_init(&changes->lock, NULL) == 0);
}

uint64_t gv_changes_version(struct gv_changes *changes)
{
    pthread_mutex_lock(&changes->lock);
    const uint64_t version = changes->version;
    pthread_mutex_unlock(&changes->lock);
    return version;
}

void gv_changes_draft(struct gv_changes *changes, struct gv_draft *draft)
{
    pthread_mutex_lock(&changes->lock);
    draft->next = changes->next;
    draft->version = changes->version;
    draft->password_given = false;
    draft->cookie_given = false;
    pthread_mutex_unlock(&changes->lock);
}

void gv_draft_wipe(struct gv_draft *draft)
{
    gv_secure_zero(draft->next.node_password, sizeof(draft->next.node_password));
}

enum gv_err gv_draft_put(struct gv_changes *changes, struct gv_draft *draft, const char *key,
                         const char *value, struct gv_fail *fail)
{
    const struct gv_setting *setting = gv_setting_find(key);
    if (setting == NULL) {
        return gv_fail(fail, GV_ERR_INVALID, "config.unknown_key", "%.64s: no such setting", key);
    }
    if ((setting->flags & GV_SETTING_BOOT) != 0) {
        return gv_fail(fail, GV_ERR_CONFLICT, "config.read_only",
                       "%s: is given at the start of the program only", key);
    }
    if (is_forced(changes->config.running, setting)) {
        return gv_fail(fail, GV_ERR_CONFLICT, "config.forced",
                       "%s: is forced by the environment or the command line", key);
    }
    if (value == NULL) {
        gv_setting_copy(&draft->next, changes->config.below, setting);
        return GV_OK;
    }
    draft->password_given = draft->password_given || strcmp(key, "node.password") == 0;
    draft->cookie_given = draft->cookie_given || strcmp(key, "node.cookie_file") == 0;
    return gv_setting_store(&draft->next, GV_SOURCE_STORED, setting, value, fail);
}

static bool same_door(const struct gv_config *a, const struct gv_config *b)
{
    return strcmp(a->node_url, b->node_url) == 0 &&
           strcmp(a->node_password, b->node_password) == 0 &&
           strcmp(a->node_cookie_file, b->node_cookie_file) == 0;
}

/* A way in that was given for one address is not sent to another: whoever may change settings need not know
 * the password, and a slip in an address must not hand the node's cookie to a stranger. */
static enum gv_err check_way_in(const struct gv_changes *changes, const struct gv_draft *draft,
                                struct gv_fail *fail)
{
    const bool kept_password = draft->next.node_password[0] != '\0' && !draft->password_given;
    const bool kept_cookie = draft->next.node_cookie_file[0] != '\0' && !draft->cookie_given;
    if ((!kept_password && !kept_cookie) || same_door(&draft->next, &changes->next) ||
        same_door(&draft->next, changes->config.below)) {
        return GV_OK;
    }
    return gv_fail_at(fail, GV_ERR_INVALID, kept_password ? "/node.password" : "/node.cookie_file",
                      "config.secret_again",
                      "%s must be given again together with another node.url",
                      kept_password ? "node.password" : "node.cookie_file");
}

static void list_changed(const struct gv_config *old, const struct gv_config *next, char *keys,
                         size_t cap)
{
    size_t n = 0;
    keys[0] = '\0';
    for (size_t i = 0; i < GV_SETTINGS_COUNT; i++) {
        if (old->sources[i] != next->sources[i] || !same_value(old, next, &gv_settings[i])) {
            gv_format_cut(keys + n, cap - n, "%s%s", n == 0 ? "" : " ", gv_settings[i].key);
            n += strlen(keys + n);
        }
    }
}

static enum gv_err commit_locked(struct gv_changes *changes, const struct gv_draft *draft,
                                 char *memory, char *keys, size_t cap, struct gv_fail *fail)
{
    struct text text = {.p = memory};
    if (draft->version != changes->version) {
        return gv_fail(fail, GV_ERR_STATE, "config.changed",
                       "the settings were changed by somebody else meanwhile");
    }
    enum gv_err err = gv_config_check(&draft->next, fail);
    if (err == GV_OK) {
        err = check_way_in(changes, draft, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    format_stored(&draft->next, &text);
    err = check_text(&draft->next, gv_view_of(text.p, text.n), fail);
    if (err == GV_OK) {
        err = changes->config.write(changes->config.ctx, gv_view_of(text.p, text.n), fail);
    }
    if (err == GV_OK) {
        list_changed(&changes->next, &draft->next, keys, cap);
        changes->next = draft->next;
        changes->version = version_of(&changes->next);
        if (changes->config.applied != NULL) {
            changes->config.applied(changes->config.ctx, &changes->next);
        }
    }
    return err;
}

enum gv_err gv_changes_commit(struct gv_changes *changes, const struct gv_draft *draft, char *keys,
                              size_t cap, struct gv_fail *fail)
{
    char memory[GV_CHANGES_TEXT_MAX];
    pthread_mutex_lock(&changes->lock);
    const enum gv_err err = commit_locked(changes, draft, memory, keys, cap, fail);
    pthread_mutex_unlock(&changes->lock);
    gv_secure_zero(memory, sizeof(memory));
    return err;
}

/* ---- showing -------------------------------------------------------------------------------- */

void gv_changes_each(struct gv_changes *changes,
                     void (*visit)(void *ctx, const struct gv_setting_view *view), void *ctx)
{
    struct gv_draft now;
    gv_changes_draft(changes, &now);
    for (size_t i = 0; i < GV_SETTINGS_COUNT; i++) {
        const struct gv_setting *setting = &gv_settings[i];
        struct gv_setting_view view = {
            .setting = setting,
            .source = (enum gv_config_source)now.next.sources[i],
            .forced = is_forced(changes->config.running, setting),
            .pending = (setting->flags & GV_SETTING_LIVE) == 0 &&
                       !same_value(changes->config.running, &now.next, setting),
        };
        gv_setting_text(&now.next, setting, view.value, sizeof(view.value));
        if ((setting->flags & GV_SETTING_SECRET) != 0) {
            view.is_set = view.value[0] != '\0';
            gv_secure_zero(view.value, sizeof(view.value));
        }
        visit(ctx, &view);
    }
    gv_draft_wipe(&now);
}
