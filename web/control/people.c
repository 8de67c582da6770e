#include "web/control/people.h"

#include "app/account/hashing.h"
#include "app/engine/accounts.h"
#include "firmware/base/text.h"
#include "web/api/render.h"

#include <string.h>

/* ---- members -------------------------------------------------------------------------------------- */

void gv_control_actor(struct gv_actor *actor, gv_json_ref request)
{
    struct gv_view command;
    *actor = (struct gv_actor){.who = "console"};
    if (gv_json_string(gv_json_get(request, "cmd"), &command)) {
        gv_format_cut(actor->route, sizeof(actor->route), "ctl:%.*s", (int)command.n,
                      (const char *)command.p);
    }
}

static enum gv_err read_text(gv_json_ref request, const char *key, struct gv_view *text,
                             struct gv_fail *fail)
{
    char pointer[32];
    if (gv_json_string(gv_json_get(request, key), text)) {
        return GV_OK;
    }
    gv_format_cut(pointer, sizeof(pointer), "/%s", key);
    return gv_fail_at(fail, GV_ERR_INVALID, pointer, "control.member", "%s must be a text", key);
}

static enum gv_err read_role(gv_json_ref request, enum gv_role *role, struct gv_fail *fail)
{
    struct gv_view text;
    const enum gv_err err = read_text(request, "role", &text, fail);
    if (err == GV_OK && !gv_role_parse(text, role)) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/role", "user.role",
                          "a role is owner, operator, host, bidder or viewer");
    }
    return err;
}

/* Check and hash the password of a person of that name. */
static enum gv_err read_password(const struct gv_control *control, gv_json_ref request,
                                 struct gv_view name, char phc[GV_PHC_MAX], struct gv_fail *fail)
{
    char user[GV_USER_NAME_MAX];
    uint8_t salt[GV_PASSWORD_SALT_LEN];
    struct gv_view password;
    enum gv_err err = gv_user_name_check(name, fail);
    if (err == GV_OK) {
        err = read_text(request, "password", &password, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    gv_format_cut(user, sizeof(user), "%.*s", (int)name.n, (const char *)name.p);
    err = gv_password_check(password, user, "/password", fail);
    if (err != GV_OK) {
        return err;
    }
    if (!gv_hashing_begin()) {
        return gv_fail(fail, GV_ERR_FULL, "session.hashing",
                       "passwords of others are being checked, try again");
    }
    gv_entropy_fill(control->entropy, salt, sizeof(salt));
    gv_password_hash(phc, password, salt);
    gv_hashing_end();
    return GV_OK;
}

/* The person a command names; without secrets. */
static enum gv_err find_user(const struct gv_control *control, gv_json_ref request,
                             char id[GV_USER_ID_LEN + 1], struct gv_view *name,
                             struct gv_fail *fail)
{
    struct gv_user user;
    const enum gv_err err = read_text(request, "name", name, fail);
    if (err != GV_OK) {
        return err;
    }
    if (!gv_engine_user_by_name(control->engine, *name, &user)) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "user.unknown", "there is no such user");
    }
    memcpy(id, user.id, sizeof(user.id));
    gv_secure_zero(&user, sizeof(user));
    return GV_OK;
}

/* ---- commands ------------------------------------------------------------------------------------- */

enum gv_err gv_control_claim(const struct gv_control *control, gv_json_ref request,
                             struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", "name", "password", "language", NULL};
    struct gv_actor actor;
    struct gv_view name;
    struct gv_view language = gv_view_str("en");
    char phc[GV_PHC_MAX];
    (void)out;
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK) {
        err = read_text(request, "name", &name, fail);
    }
    if (err == GV_OK && gv_json_get(request, "language") != NULL) {
        err = read_text(request, "language", &language, fail);
    }
    if (err == GV_OK) {
        err = read_password(control, request, name, phc, fail);
    }
    if (err == GV_OK) {
        gv_control_actor(&actor, request);
        err = gv_engine_claim(control->engine, &actor, name, phc, language, fail);
    }
    gv_secure_zero(phc, sizeof(phc));
    return err;
}

enum gv_err gv_control_user_create(const struct gv_control *control, gv_json_ref request,
                                   struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", "name", "role", "password", NULL};
    struct gv_actor actor;
    struct gv_view name;
    enum gv_role role;
    char id[GV_USER_ID_LEN + 1];
    char phc[GV_PHC_MAX];
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK) {
        err = read_text(request, "name", &name, fail);
    }
    if (err == GV_OK) {
        err = read_role(request, &role, fail);
    }
    if (err == GV_OK) {
        err = read_password(control, request, name, phc, fail);
    }
    if (err == GV_OK) {
        gv_control_actor(&actor, request);
        err = gv_engine_user_create(control->engine, &actor, name, role, phc, id, fail);
    }
    if (err == GV_OK) {
        gv_jo_kstring(out, "id", id);
    }
    gv_secure_zero(phc, sizeof(phc));
    return err;
}

enum gv_err gv_control_user_list(const struct gv_control *control, gv_json_ref request,
                                 struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", NULL};
    struct gv_user users[GV_USERS_MAX];
    const enum gv_err err = gv_json_members(request, members, "", fail);
    if (err != GV_OK) {
        return err;
    }
    const uint32_t n = gv_engine_user_list(control->engine, users);
    gv_jo_key(out, "users");
    gv_jo_array(out);
    for (uint32_t i = 0; i < n; i++) {
        gv_jo_object(out);
        gv_jo_kstring(out, "id", users[i].id);
        gv_jo_kstring(out, "name", users[i].name);
        gv_jo_kstring(out, "role", gv_role_name(users[i].role));
        gv_jo_kbool(out, "totp", users[i].totp_on);
        gv_jo_kbool(out, "disabled", users[i].disabled);
        gv_render_utc_or_null(out, "created_at", users[i].created_at);
        gv_render_utc_or_null(out, "last_login_at", users[i].last_login_at);
        gv_jo_object_end(out);
    }
    gv_jo_array_end(out);
    return GV_OK;
}

/* The members of a change; absent ones change nothing. */
static enum gv_err read_change(const struct gv_control *control, gv_json_ref request,
                               struct gv_view name, struct gv_user_change *change,
                               struct gv_fail *fail)
{
    const gv_json_ref disabled = gv_json_get(request, "disabled");
    const gv_json_ref totp = gv_json_get(request, "totp");
    bool wanted = false;
    enum gv_err err = GV_OK;
    *change = (struct gv_user_change){.totp = GV_TOTP_KEEP};
    if (disabled != NULL) {
        change->set_disabled = true;
        if (!gv_json_bool(disabled, &change->disabled)) {
            return gv_fail_at(fail, GV_ERR_INVALID, "/disabled", "json.type",
                              "disabled is true or false");
        }
    }
    if (totp != NULL) {
        change->totp = GV_TOTP_CLEAR;
        if (!gv_json_bool(totp, &wanted) || wanted) {
            return gv_fail_at(fail, GV_ERR_INVALID, "/totp", "json.type",
                              "totp can be set to false here; its owner sets it up");
        }
    }
    if (gv_json_get(request, "role") != NULL) {
        change->set_role = true;
        err = read_role(request, &change->role, fail);
    }
    if (err == GV_OK && gv_json_get(request, "password") != NULL) {
        change->set_password = true;
        err = read_password(control, request, name, change->password, fail);
    }
    return err;
}

enum gv_err gv_control_user_change(const struct gv_control *control, gv_json_ref request,
                                   struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd",      "name", "role", "disabled",
                                          "password", "totp", NULL};
    struct gv_actor actor;
    struct gv_view name;
    char id[GV_USER_ID_LEN + 1];
    struct gv_user_change change;
    (void)out;
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK) {
        err = find_user(control, request, id, &name, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    err = read_change(control, request, name, &change, fail);
    if (err == GV_OK) {
        gv_control_actor(&actor, request);
        err = gv_engine_user_change(control->engine, &actor, gv_view_str(id), &change, NULL, fail);
    }
    gv_secure_zero(&change, sizeof(change));
    return err;
}

enum gv_err gv_control_user_delete(const struct gv_control *control, gv_json_ref request,
                                   struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", "name", NULL};
    struct gv_actor actor;
    struct gv_view name;
    char id[GV_USER_ID_LEN + 1];
    (void)out;
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK) {
        err = find_user(control, request, id, &name, fail);
    }
    if (err == GV_OK) {
        gv_control_actor(&actor, request);
        err = gv_engine_user_delete(control->engine, &actor, gv_view_str(id), NULL, fail);
    }
    return err;
}

enum gv_err gv_control_session_list(const struct gv_control *control, gv_json_ref request,
                                    struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", NULL};
    struct gv_session sessions[GV_SESSIONS_MAX];
    struct gv_user user;
    const enum gv_err err = gv_json_members(request, members, "", fail);
    if (err != GV_OK) {
        return err;
    }
    const uint32_t n = gv_engine_session_list(control->engine, sessions);
    gv_jo_key(out, "sessions");
    gv_jo_array(out);
    for (uint32_t i = 0; i < n; i++) {
        const bool known =
            gv_engine_user_by_id(control->engine, gv_view_str(sessions[i].user_id), &user);
        gv_jo_object(out);
        gv_jo_kstring(out, "id", sessions[i].id);
        gv_jo_kstring(out, "user", known ? user.name : "");
        gv_jo_kstring(out, "address", sessions[i].address);
        gv_jo_kstring(out, "agent", sessions[i].agent);
        gv_render_utc_or_null(out, "created_at", sessions[i].created_at);
        gv_render_utc_or_null(out, "last_seen_at", sessions[i].last_seen_at);
        gv_jo_object_end(out);
    }
    gv_jo_array_end(out);
    gv_secure_zero(&user, sizeof(user));
    return GV_OK;
}

enum gv_err gv_control_session_end(const struct gv_control *control, gv_json_ref request,
                                   struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", "id", NULL};
    struct gv_actor actor;
    struct gv_view id;
    (void)out;
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK) {
        err = read_text(request, "id", &id, fail);
    }
    if (err == GV_OK) {
        gv_control_actor(&actor, request);
        err = gv_engine_session_end(control->engine, &actor, id, fail);
    }
    return err;
}
