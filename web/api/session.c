/* Sessions: log in, look, log out, list and end, and the token for live clients. */
#include "web/api/handlers.h"

#include "app/account/hashing.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/conditional.h"
#include "web/api/errors.h"
#include "web/api/render.h"
#include "web/api/small_body.h"
#include "web/api/token.h"

#include <string.h>

/* ---- logging in ------------------------------------------------------------------------------------- */

struct attempt {
    struct gv_view name;
    struct gv_view password;
    struct gv_view code; /* n = 0: none */
};

static enum gv_err read_attempt(struct gv_exchange *x, struct attempt *attempt,
                                struct gv_fail *fail)
{
    static const char *const members[] = {"name", "password", "totp", NULL};
    struct gv_json json;
    enum gv_err err = gv_small_body(x, members, &json, fail);
    if (err != GV_OK) {
        return err;
    }
    err = gv_member_text(json.root, "name", 1, GV_USER_NAME_MAX - 1, &attempt->name, fail);
    if (err == GV_OK) {
        err = gv_member_text(json.root, "password", 1, GV_PASSWORD_MAX, &attempt->password, fail);
    }
    attempt->code = gv_view_of(NULL, 0);
    if (err == GV_OK && gv_json_get(json.root, "totp") != NULL) {
        err = gv_member_text(json.root, "totp", 0, 16, &attempt->code, fail);
    }
    return err;
}

/* The slow part: is it the password, and, when it is of an older kind, its new hash. */
static bool verify(struct gv_api *api, const struct gv_user *user, struct gv_view password,
                   struct gv_login *login)
{
    uint8_t salt[GV_PASSWORD_SALT_LEN];
    if (!gv_password_verify(user != NULL ? user->password : NULL, password) || user == NULL) {
        return false;
    }
    if (gv_password_outdated(user->password)) {
        gv_entropy_fill(api->config.entropy, salt, sizeof(salt));
        gv_password_hash(login->password_new, password, salt);
    }
    return !user->disabled;
}

enum judgement {
    WRONG,
    RIGHT,
    CODE_MISSING,
};

static enum judgement judge(struct gv_exchange *x, const struct attempt *attempt,
                            struct gv_login *login)
{
    struct gv_api *api = gv_api_of(x);
    struct gv_user user;
    enum judgement judgement = WRONG;
    const bool known = gv_engine_user_by_name(api->config.engine, attempt->name, &user);
    if (verify(api, known ? &user : NULL, attempt->password, login)) {
        memcpy(login->user_id, user.id, sizeof(login->user_id));
        memcpy(login->password_seen, user.password, sizeof(login->password_seen));
        login->totp_used = user.totp_on;
        if (!user.totp_on ||
            gv_totp_check(user.totp_secret, attempt->code, gv_clock_utc(api->config.clock),
                          user.totp_step, &login->totp_step)) {
            judgement = RIGHT;
        } else if (attempt->code.n == 0) {
            judgement = CODE_MISSING;
        }
    }
    gv_secure_zero(&user, sizeof(user));
    return judgement;
}

static void refuse_login(struct gv_exchange *x)
{
    gv_door_failed(x, "login.failed");
    gv_api_refuse(x, GV_ERR_UNAUTHORIZED, "session.wrong", "name, password or code is wrong");
}

static void finish_login(struct gv_exchange *x, struct gv_view name, struct gv_login *login)
{
    struct gv_fail fail = {.err = GV_OK};
    const enum gv_err err = gv_door_enter(x, login, &fail);
    if (err == GV_OK) {
        gv_door_passed(x, name);
    } else if (err == GV_ERR_UNAUTHORIZED) {
        refuse_login(x);
    } else {
        gv_door_undo(x, name);
        gv_api_fail(x, &fail);
    }
}

static void attempt_login(struct gv_exchange *x, const struct attempt *attempt)
{
    struct gv_login login = {.totp_used = false};
    if (!gv_door_try(x, attempt->name)) {
        return;
    }
    if (!gv_door_hash(x)) {
        gv_door_undo(x, attempt->name);
        return;
    }
    const enum judgement judgement = judge(x, attempt, &login);
    gv_hashing_end();
    switch (judgement) {
    case WRONG:
        refuse_login(x);
        break;
    case RIGHT:
        finish_login(x, attempt->name, &login);
        break;
    case CODE_MISSING:
        gv_door_undo(x, attempt->name);
        gv_api_refuse(x, GV_ERR_UNAUTHORIZED, "session.totp_required",
                      "a code of the authenticator app is needed");
        break;
    }
    gv_secure_zero(&login, sizeof(login));
}

void gv_handle_login(struct gv_exchange *x)
{
    struct attempt attempt;
    struct gv_fail fail = {.err = GV_OK};
    if (read_attempt(x, &attempt, &fail) == GV_OK) {
        attempt_login(x, &attempt);
    } else {
        gv_api_fail(x, &fail);
    }
    gv_small_body_wipe(x);
}

/* ---- the own session -------------------------------------------------------------------------------- */

/* The scope "login" is a person's who has a session here. */
static const struct gv_identity *own_identity(struct gv_exchange *x)
{
    const struct gv_caller *caller = gv_caller_of(x);
    GV_ASSERT(caller->kind == GV_CALLER_SESSION);
    return &caller->identity;
}

void gv_handle_session(struct gv_exchange *x)
{
    gv_door_answer(x, own_identity(x), gv_caller_of(x)->sid);
}

static void end_session(struct gv_exchange *x, struct gv_view id, bool own)
{
    struct gv_actor actor;
    struct gv_fail fail = {.err = GV_OK};
    gv_caller_actor(x, &actor);
    if (gv_engine_session_end(gv_api_of(x)->config.engine, &actor, id, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    if (own && gv_caller_of(x)->presented == GV_CREDENTIAL_COOKIE) {
        gv_door_forget(x);
    }
    gv_reply_status(x, 204);
    gv_reply_header(x, "Cache-Control", "no-store");
    gv_reply_empty(x);
}

void gv_handle_logout(struct gv_exchange *x)
{
    end_session(x, gv_view_str(own_identity(x)->session), true);
}

void gv_handle_session_token(struct gv_exchange *x)
{
    char token[GV_JWT_MAX];
    char time[GV_ISO_MAX];
    struct gv_utc expires_at = {0};
    struct gv_json_out out;
    const enum gv_err err = gv_token_make(gv_api_of(x), own_identity(x), token, &expires_at);
    if (err != GV_OK) {
        gv_api_refuse(x, err, "session.token", "no token can be made now");
        return;
    }
    gv_utc_format(expires_at, time);
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_kstring(&out, "token", token);
    gv_jo_kstring(&out, "expires_at", time);
    gv_jo_object_end(&out);
    gv_reply_status(x, 201);
    gv_api_json(x, &out);
    gv_secure_zero(token, sizeof(token));
    gv_secure_zero(out.p, out.n);
}

/* ---- all sessions ----------------------------------------------------------------------------------- */

/* An administrator sees everybody's, others see their own. */
static bool may_see(const struct gv_exchange *x, const struct gv_session *session)
{
    const struct gv_caller *caller = gv_caller_of(x);
    return (caller->granted & GV_SCOPE_ADMIN) != 0 ||
           strcmp(session->user_id, caller->identity.user_id) == 0;
}

static const char *name_of(const struct gv_user *users, uint32_t n, const char *id)
{
    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(users[i].id, id) == 0) {
            return users[i].name;
        }
    }
    return "";
}

static void write_session(struct gv_json_out *out, const struct gv_session *session,
                          const char *user, bool current)
{
    gv_jo_object(out);
    gv_jo_kstring(out, "id", session->id);
    gv_jo_kstring(out, "user", user);
    gv_jo_kstring(out, "address", session->address);
    gv_jo_kstring(out, "agent", session->agent);
    gv_render_utc(out, "created_at", session->created_at);
    gv_render_utc(out, "last_seen_at", session->last_seen_at);
    gv_jo_kbool(out, "current", current);
    gv_jo_object_end(out);
}

void gv_handle_sessions(struct gv_exchange *x)
{
    struct gv_api *api = gv_api_of(x);
    struct gv_session sessions[GV_SESSIONS_MAX];
    struct gv_user users[GV_USERS_MAX];
    struct gv_json_out out;
    const uint32_t users_n = gv_engine_user_list(api->config.engine, users);
    const uint32_t n = gv_engine_session_list(api->config.engine, sessions);
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_key(&out, "items");
    gv_jo_array(&out);
    for (uint32_t i = 0; i < n; i++) {
        if (may_see(x, &sessions[i])) {
            write_session(&out, &sessions[i], name_of(users, users_n, sessions[i].user_id),
                          strcmp(sessions[i].id, gv_caller_of(x)->identity.session) == 0);
        }
    }
    gv_jo_array_end(&out);
    gv_jo_object_end(&out);
    gv_api_json(x, &out);
}

void gv_handle_session_end(struct gv_exchange *x)
{
    struct gv_session sessions[GV_SESSIONS_MAX];
    const uint32_t n = gv_engine_session_list(gv_api_of(x)->config.engine, sessions);
    for (uint32_t i = 0; i < n; i++) {
        if (gv_view_is(x->params[0], sessions[i].id) && may_see(x, &sessions[i])) {
            end_session(x, x->params[0],
                        gv_view_is(x->params[0], gv_caller_of(x)->identity.session));
            return;
        }
    }
    gv_api_refuse(x, GV_ERR_NOT_FOUND, "session.unknown", "there is no such session");
}

/* ---- the box's public key --------------------------------------------------------------------------- */

static void write_coordinate(struct gv_json_out *out, const char *key, const uint8_t bytes[32])
{
    char text[GV_BASE64_LEN(32) + 1];
    (void)gv_base64url_encode(text, gv_view_of(bytes, 32));
    gv_jo_kstring(out, key, text);
}

void gv_handle_jwks(struct gv_exchange *x)
{
    const struct gv_api *api = gv_api_of(x);
    char kid[GV_TOKEN_KID_MAX];
    struct gv_json_out out;
    gv_token_kid(api, kid);
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_key(&out, "keys");
    gv_jo_array(&out);
    gv_jo_object(&out);
    gv_jo_kstring(&out, "kty", "EC");
    gv_jo_kstring(&out, "crv", "P-256");
    gv_jo_kstring(&out, "use", "sig");
    gv_jo_kstring(&out, "alg", "ES256");
    gv_jo_kstring(&out, "kid", kid);
    write_coordinate(&out, "x", api->config.signer->point);
    write_coordinate(&out, "y", api->config.signer->point + 32);
    gv_jo_object_end(&out);
    gv_jo_array_end(&out);
    gv_jo_object_end(&out);
    gv_reply_header(x, "Cache-Control", "public, max-age=300");
    gv_reply_body(x, gv_view_of(out.p, out.n), "application/jwk-set+json");
}
