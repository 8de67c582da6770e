/* One's own account: password and second factor. Whoever has only found a browser open does not know
 * the password: every change asks for it, also switching the second factor on or off, and wrong ones
 * count as failed logins. */
#include "web/api/handlers.h"

#include "app/account/hashing.h"
#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/conditional.h"
#include "web/api/errors.h"
#include "web/api/small_body.h"

#include <string.h>

static void done(struct gv_exchange *x)
{
    gv_reply_status(x, 204);
    gv_reply_header(x, "Cache-Control", "no-store");
    gv_reply_empty(x);
}

static enum gv_err change(struct gv_exchange *x, const struct gv_user_change *change,
                          struct gv_fail *fail)
{
    struct gv_actor actor;
    gv_caller_actor(x, &actor);
    return gv_engine_user_change(gv_api_of(x)->config.engine, &actor,
                                 gv_view_str(gv_caller_of(x)->identity.user_id), change, NULL,
                                 fail);
}

/* The person as he is now, secrets included. Returns: false: it was answered. */
static bool find_self(struct gv_exchange *x, struct gv_user *user)
{
    if (gv_engine_user_by_id(gv_api_of(x)->config.engine,
                             gv_view_str(gv_caller_of(x)->identity.user_id), user)) {
        return true;
    }
    gv_api_refuse(x, GV_ERR_NOT_FOUND, "user.unknown", "there is no such user");
    return false;
}

/* ---- password --------------------------------------------------------------------------------------- */

struct passwords {
    struct gv_view current;
    struct gv_view next;
};

static enum gv_err read_passwords(struct gv_exchange *x, struct passwords *passwords,
                                  struct gv_fail *fail)
{
    static const char *const members[] = {"current", "new", NULL};
    struct gv_json json;
    enum gv_err err = gv_small_body(x, members, &json, fail);
    if (err == GV_OK) {
        err = gv_member_text(json.root, "current", 1, GV_PASSWORD_MAX, &passwords->current, fail);
    }
    if (err == GV_OK) {
        err = gv_member_text(json.root, "new", 0, GV_PASSWORD_MAX, &passwords->next, fail);
    }
    return err != GV_OK
               ? err
               : gv_password_check(passwords->next, gv_caller_of(x)->identity.name, "/new", fail);
}

/* Both slow parts. Returns: whether `current` is the password; change then holds the new hash. */
static bool rehash(struct gv_exchange *x, const struct passwords *passwords,
                   const struct gv_user *user, struct gv_user_change *next)
{
    uint8_t salt[GV_PASSWORD_SALT_LEN];
    if (!gv_password_verify(user->password, passwords->current)) {
        return false;
    }
    gv_entropy_fill(gv_api_of(x)->config.entropy, salt, sizeof(salt));
    gv_password_hash(next->password, passwords->next, salt);
    return true;
}

static void change_password(struct gv_exchange *x, const struct passwords *passwords,
                            const struct gv_user *user)
{
    struct gv_user_change next = {.set_password = true};
    struct gv_fail fail = {.err = GV_OK};
    if (!gv_door_try(x, gv_view_str(user->name))) {
        return;
    }
    if (!gv_door_hash(x)) {
        gv_door_undo(x, gv_view_str(user->name));
        return;
    }
    const bool right = rehash(x, passwords, user, &next);
    gv_hashing_end();
    if (!right) {
        gv_door_failed(x, "password.failed");
        gv_api_refuse(x, GV_ERR_FORBIDDEN, "account.password_wrong",
                      "the current password is wrong");
        return;
    }
    gv_door_passed(x, gv_view_str(user->name));
    memcpy(next.password_seen, user->password, sizeof(next.password_seen));
    memcpy(next.keep_session, gv_caller_of(x)->identity.session, sizeof(next.keep_session));
    if (change(x, &next, &fail) == GV_OK) {
        done(x);
    } else {
        gv_api_fail(x, &fail);
    }
    gv_secure_zero(&next, sizeof(next));
}

void gv_handle_account_password(struct gv_exchange *x)
{
    struct passwords passwords;
    struct gv_user user;
    struct gv_fail fail = {.err = GV_OK};
    if (read_passwords(x, &passwords, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
    } else if (find_self(x, &user)) {
        change_password(x, &passwords, &user);
        gv_secure_zero(&user, sizeof(user));
    }
    gv_small_body_wipe(x);
}

/* ---- second factor ---------------------------------------------------------------------------------- */

/* What somebody shows to be himself; p = NULL: not asked for. */
struct proof {
    struct gv_view password;
    struct gv_view code;
};

static enum gv_err read_proof(struct gv_exchange *x, const char *const *members,
                              struct proof *proof, struct gv_fail *fail)
{
    struct gv_json json;
    enum gv_err err = gv_small_body(x, members, &json, fail);
    *proof = (struct proof){.password = {.p = NULL}};
    for (; err == GV_OK && *members != NULL; members++) {
        const bool is_code = strcmp(*members, "code") == 0;
        err = gv_member_text(json.root, *members, 1, is_code ? 16 : GV_PASSWORD_MAX,
                             is_code ? &proof->code : &proof->password, fail);
    }
    return err;
}

/* Returns: false: it was answered; the try is charged, or given back. */
static bool is_password(struct gv_exchange *x, const struct gv_user *user, struct gv_view password)
{
    if (!gv_door_hash(x)) {
        gv_door_undo(x, gv_view_str(user->name));
        return false;
    }
    const bool right = gv_password_verify(user->password, password);
    gv_hashing_end();
    if (!right) {
        gv_door_failed(x, "password.failed");
        gv_api_refuse(x, GV_ERR_FORBIDDEN, "account.password_wrong",
                      "the current password is wrong");
    }
    return right;
}

/* Out: step: of a right code. Returns: as is_password. */
static bool is_code(struct gv_exchange *x, const struct gv_user *user, struct gv_view code,
                    uint64_t *step)
{
    const struct gv_utc now = gv_clock_utc(gv_api_of(x)->config.clock);
    const bool right = gv_totp_check(user->totp_secret, code, now, user->totp_step, step);
    if (!right) {
        gv_door_failed(x, "totp.failed");
        gv_api_refuse(x, GV_ERR_FORBIDDEN, "totp.code",
                      "the code is wrong, too old, or was used already");
    }
    return right;
}

/* Judge everything that is shown as one try. Returns: false: it was answered. */
static bool prove(struct gv_exchange *x, const struct proof *proof, uint64_t *step)
{
    struct gv_user user;
    if (!find_self(x, &user)) {
        return false;
    }
    bool right = gv_door_try(x, gv_view_str(user.name));
    if (right && proof->password.p != NULL) {
        right = is_password(x, &user, proof->password);
    }
    if (right && proof->code.p != NULL) {
        right = is_code(x, &user, proof->code, step);
    }
    if (right) {
        gv_door_passed(x, gv_view_str(user.name));
    }
    gv_secure_zero(&user, sizeof(user));
    return right;
}

/* In: members: what must be shown. Returns: false: it was answered. */
static bool ask(struct gv_exchange *x, const char *const *members, uint64_t *step)
{
    struct proof proof;
    struct gv_fail fail = {.err = GV_OK};
    bool right = false;
    if (read_proof(x, members, &proof, &fail) == GV_OK) {
        right = prove(x, &proof, step);
    } else {
        gv_api_fail(x, &fail);
    }
    gv_small_body_wipe(x);
    return right;
}

static void answer_offer(struct gv_exchange *x, const struct gv_user_change *offer)
{
    char secret[GV_TOTP_TEXT_MAX];
    char uri[GV_TOTP_URI_MAX];
    struct gv_json_out out;
    gv_totp_secret_text(secret, offer->totp_secret);
    gv_totp_uri(uri, gv_caller_of(x)->identity.name, offer->totp_secret);
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_kstring(&out, "secret", secret);
    gv_jo_kstring(&out, "uri", uri);
    gv_jo_object_end(&out);
    gv_reply_status(x, 201);
    gv_api_json(x, &out);
    gv_secure_zero(out.p, out.n);
    gv_secure_zero(uri, sizeof(uri));
    gv_secure_zero(secret, sizeof(secret));
}

void gv_handle_totp_offer(struct gv_exchange *x)
{
    static const char *const shown[] = {"password", NULL};
    struct gv_user_change next = {.totp = GV_TOTP_OFFER};
    struct gv_fail fail = {.err = GV_OK};
    if (!ask(x, shown, &next.totp_step)) {
        return;
    }
    gv_entropy_fill(gv_api_of(x)->config.entropy, next.totp_secret, sizeof(next.totp_secret));
    if (change(x, &next, &fail) == GV_OK) {
        answer_offer(x, &next);
    } else {
        gv_api_fail(x, &fail);
    }
    gv_secure_zero(&next, sizeof(next));
}

static void change_totp(struct gv_exchange *x, enum gv_totp_change what, const char *const *shown)
{
    struct gv_user_change next = {.totp = what};
    struct gv_fail fail = {.err = GV_OK};
    if (!ask(x, shown, &next.totp_step)) {
        return;
    }
    if (change(x, &next, &fail) == GV_OK) {
        done(x);
    } else {
        gv_api_fail(x, &fail);
    }
}

/* The password was shown for the offer, whose secret nobody else has seen. */
void gv_handle_totp_confirm(struct gv_exchange *x)
{
    static const char *const shown[] = {"code", NULL};
    change_totp(x, GV_TOTP_CONFIRM, shown);
}

void gv_handle_totp_clear(struct gv_exchange *x)
{
    static const char *const shown[] = {"password", "code", NULL};
    change_totp(x, GV_TOTP_CLEAR, shown);
}
