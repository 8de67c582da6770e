/* People: list, add, change, remove. For administrators. */
#include "web/api/handlers.h"

#include "app/account/hashing.h"
#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/conditional.h"
#include "web/api/errors.h"
#include "web/api/render.h"
#include "web/api/small_body.h"

#include <string.h>

static void write_user(struct gv_json_out *out, const struct gv_user *user)
{
    gv_jo_object(out);
    gv_render_etag(out, gv_user_version(user));
    gv_jo_kstring(out, "id", user->id);
    gv_jo_kstring(out, "name", user->name);
    gv_jo_kstring(out, "role", gv_role_name(user->role));
    gv_render_utc(out, "created_at", user->created_at);
    gv_render_utc_or_null(out, "last_login_at", user->last_login_at);
    gv_jo_kbool(out, "totp", user->totp_on);
    gv_jo_kbool(out, "disabled", user->disabled);
    gv_jo_object_end(out);
}

void gv_handle_users(struct gv_exchange *x)
{
    struct gv_user users[GV_USERS_MAX];
    struct gv_json_out out;
    const uint32_t n = gv_engine_user_list(gv_api_of(x)->config.engine, users);
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_key(&out, "items");
    gv_jo_array(&out);
    for (uint32_t i = 0; i < n; i++) {
        write_user(&out, &users[i]);
    }
    gv_jo_array_end(&out);
    gv_jo_object_end(&out);
    gv_api_json(x, &out);
}

static void answer_user(struct gv_exchange *x, int status, struct gv_view id)
{
    struct gv_user user;
    struct gv_json_out out;
    if (!gv_engine_user_by_id(gv_api_of(x)->config.engine, id, &user)) {
        gv_api_refuse(x, GV_ERR_NOT_FOUND, "user.unknown", "there is no such user");
        return;
    }
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    write_user(&out, &user);
    gv_secure_zero(&user, sizeof(user));
    gv_reply_status(x, status);
    gv_api_json(x, &out);
}

/* ---- members ---------------------------------------------------------------------------------------- */

static enum gv_err read_role(gv_json_ref object, enum gv_role *role, struct gv_fail *fail)
{
    struct gv_view text;
    if (gv_json_string(gv_json_get(object, "role"), &text) && gv_role_parse(text, role)) {
        return GV_OK;
    }
    return gv_fail_at(fail, GV_ERR_INVALID, "/role", "user.role",
                      "a role is owner, operator, host, bidder or viewer");
}

static enum gv_err read_password(gv_json_ref object, const char *name, struct gv_view *password,
                                 struct gv_fail *fail)
{
    const enum gv_err err = gv_member_text(object, "password", 0, GV_PASSWORD_MAX, password, fail);
    return err != GV_OK ? err : gv_password_check(*password, name, "/password", fail);
}

/* Returns: false: it was answered with 503. */
static bool hash(struct gv_exchange *x, struct gv_view password, char phc[GV_PHC_MAX])
{
    uint8_t salt[GV_PASSWORD_SALT_LEN];
    if (!gv_door_hash(x)) {
        return false;
    }
    gv_entropy_fill(gv_api_of(x)->config.entropy, salt, sizeof(salt));
    gv_password_hash(phc, password, salt);
    gv_hashing_end();
    return true;
}

/* ---- add -------------------------------------------------------------------------------------------- */

struct newcomer {
    char name[GV_USER_NAME_MAX];
    enum gv_role role;
    struct gv_view password;
};

static enum gv_err read_newcomer(struct gv_exchange *x, struct newcomer *newcomer,
                                 struct gv_fail *fail)
{
    static const char *const members[] = {"name", "role", "password", NULL};
    struct gv_json json;
    struct gv_view name;
    enum gv_err err = gv_small_body(x, members, &json, fail);
    if (err == GV_OK) {
        err = gv_member_text(json.root, "name", 1, GV_USER_NAME_MAX - 1, &name, fail);
    }
    if (err == GV_OK) {
        err = gv_user_name_check(name, fail);
    }
    if (err == GV_OK) {
        err = read_role(json.root, &newcomer->role, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    memcpy(newcomer->name, name.p, name.n);
    newcomer->name[name.n] = '\0';
    return read_password(json.root, newcomer->name, &newcomer->password, fail);
}

static void add(struct gv_exchange *x, const struct newcomer *newcomer)
{
    char phc[GV_PHC_MAX];
    char id[GV_USER_ID_LEN + 1];
    struct gv_actor actor;
    struct gv_fail fail = {.err = GV_OK};
    if (!hash(x, newcomer->password, phc)) {
        return;
    }
    gv_caller_actor(x, &actor);
    const enum gv_err err =
        gv_engine_user_create(gv_api_of(x)->config.engine, &actor, gv_view_str(newcomer->name),
                              newcomer->role, phc, id, &fail);
    gv_secure_zero(phc, sizeof(phc));
    if (err == GV_OK) {
        answer_user(x, 201, gv_view_str(id));
    } else {
        gv_api_fail(x, &fail);
    }
}

void gv_handle_user_create(struct gv_exchange *x)
{
    struct newcomer newcomer;
    struct gv_fail fail = {.err = GV_OK};
    if (read_newcomer(x, &newcomer, &fail) == GV_OK) {
        add(x, &newcomer);
    } else {
        gv_api_fail(x, &fail);
    }
    gv_small_body_wipe(x);
}

/* ---- change ----------------------------------------------------------------------------------------- */

static enum gv_err read_flag(gv_json_ref object, const char *key, bool *value, struct gv_fail *fail)
{
    char pointer[32];
    if (gv_json_bool(gv_json_get(object, key), value)) {
        return GV_OK;
    }
    gv_format_cut(pointer, sizeof(pointer), "/%s", key);
    return gv_fail_at(fail, GV_ERR_INVALID, pointer, "json.type", "%s is true or false", key);
}

/* In: name: of the person. Out: password: n = 0 when it stays. */
static enum gv_err read_change(struct gv_exchange *x, const char *name,
                               struct gv_user_change *change, struct gv_view *password,
                               struct gv_fail *fail)
{
    static const char *const members[] = {"role", "disabled", "password", "totp", NULL};
    struct gv_json json;
    bool totp = false;
    *password = gv_view_of(NULL, 0);
    enum gv_err err = gv_small_body(x, members, &json, fail);
    if (err == GV_OK && gv_json_get(json.root, "role") != NULL) {
        change->set_role = true;
        err = read_role(json.root, &change->role, fail);
    }
    if (err == GV_OK && gv_json_get(json.root, "disabled") != NULL) {
        change->set_disabled = true;
        err = read_flag(json.root, "disabled", &change->disabled, fail);
    }
    if (err == GV_OK && gv_json_get(json.root, "totp") != NULL) {
        change->totp = GV_TOTP_CLEAR;
        err = read_flag(json.root, "totp", &totp, fail);
        if (err == GV_OK && totp) {
            err = gv_fail_at(fail, GV_ERR_INVALID, "/totp", "totp.state",
                             "only its owner can set up a second factor");
        }
    }
    if (err == GV_OK && gv_json_get(json.root, "password") != NULL) {
        change->set_password = true;
        err = read_password(json.root, name, password, fail);
    }
    return err;
}

static void change_user(struct gv_exchange *x, const char *name, const struct gv_expect *expect)
{
    struct gv_user_change change = {.totp = GV_TOTP_KEEP};
    struct gv_view password;
    struct gv_actor actor;
    struct gv_fail fail = {.err = GV_OK};
    enum gv_err err = read_change(x, name, &change, &password, &fail);
    if (err == GV_OK && change.set_password && !hash(x, password, change.password)) {
        return;
    }
    if (err == GV_OK) {
        gv_caller_actor(x, &actor);
        memcpy(change.keep_session, gv_caller_of(x)->identity.session, sizeof(change.keep_session));
        err = gv_engine_user_change(gv_api_of(x)->config.engine, &actor, x->params[0], &change,
                                    expect, &fail);
    }
    gv_secure_zero(&change, sizeof(change));
    if (err == GV_OK) {
        answer_user(x, 200, x->params[0]);
    } else {
        gv_api_fail(x, &fail);
    }
}

void gv_handle_user_change(struct gv_exchange *x)
{
    struct gv_user user;
    struct gv_expect expect;
    if (!gv_engine_user_by_id(gv_api_of(x)->config.engine, x->params[0], &user)) {
        gv_api_refuse(x, GV_ERR_NOT_FOUND, "user.unknown", "there is no such user");
        return;
    }
    if (gv_api_expect(x, true, &expect)) {
        change_user(x, user.name, &expect);
    }
    gv_secure_zero(&user, sizeof(user));
    gv_small_body_wipe(x);
}

void gv_handle_user_delete(struct gv_exchange *x)
{
    struct gv_actor actor;
    struct gv_fail fail = {.err = GV_OK};
    struct gv_expect expect;
    if (!gv_api_expect(x, false, &expect)) {
        return;
    }
    gv_caller_actor(x, &actor);
    if (gv_engine_user_delete(gv_api_of(x)->config.engine, &actor, x->params[0], &expect, &fail) !=
        GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_reply_status(x, 204);
    gv_reply_header(x, "Cache-Control", "no-store");
    gv_reply_empty(x);
}
