/* Set-up: where the wizard stands, claiming the box, and going on from step to step. */
#include "web/api/handlers.h"

#include "app/account/hashing.h"
#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/conditional.h"
#include "web/api/errors.h"
#include "web/api/small_body.h"

#include <string.h>

void gv_handle_setup(struct gv_exchange *x)
{
    struct gv_api *api = gv_api_of(x);
    struct gv_json_out out;
    struct gv_box box;
    gv_engine_box(api->config.engine, &box);
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_kbool(&out, "claimed", gv_engine_claimed(api->config.engine));
    gv_jo_kstring(&out, "step", box.step);
    gv_jo_kstring(&out, "language", box.language);
    gv_jo_key(&out, "steps");
    gv_jo_array(&out);
    for (uint32_t i = 0; i < GV_SETUP_STEPS; i++) {
        gv_jo_string(&out, gv_setup_steps[i]);
    }
    gv_jo_array_end(&out);
    gv_jo_key(&out, "languages");
    gv_jo_array(&out);
    for (const char *const *at = gv_languages; *at != NULL; at++) {
        gv_jo_string(&out, *at);
    }
    gv_jo_array_end(&out);
    gv_jo_object_end(&out);
    gv_api_json(x, &out);
}

void gv_handle_setup_step(struct gv_exchange *x)
{
    static const char *const members[] = {"step", NULL};
    struct gv_json json;
    struct gv_view step;
    struct gv_actor actor;
    struct gv_fail fail = {.err = GV_OK};
    gv_caller_actor(x, &actor);
    enum gv_err err = gv_small_body(x, members, &json, &fail);
    if (err == GV_OK) {
        err = gv_member_text(json.root, "step", 1, GV_BOX_VALUE_MAX - 1, &step, &fail);
    }
    if (err == GV_OK) {
        err = gv_engine_setup_step(gv_api_of(x)->config.engine, &actor, step, &fail);
    }
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_handle_setup(x);
}

/* ---- claim ------------------------------------------------------------------------------------------ */

struct claim {
    struct gv_view code;
    struct gv_view name;
    struct gv_view password;
    struct gv_view language;
};

/* What is wrong with the rest is said before the code is looked at: it costs no try. */
static enum gv_err read_claim(struct gv_exchange *x, struct claim *claim, struct gv_fail *fail)
{
    static const char *const members[] = {"code", "name", "password", "language", NULL};
    char name[GV_USER_NAME_MAX];
    struct gv_json json;
    enum gv_err err = gv_small_body(x, members, &json, fail);
    if (err == GV_OK) {
        err = gv_member_text(json.root, "code", 1, 32, &claim->code, fail);
    }
    if (err == GV_OK) {
        err = gv_member_text(json.root, "name", 1, GV_USER_NAME_MAX - 1, &claim->name, fail);
    }
    if (err == GV_OK) {
        err = gv_user_name_check(claim->name, fail);
    }
    if (err == GV_OK) {
        err = gv_member_text(json.root, "password", 0, GV_PASSWORD_MAX, &claim->password, fail);
    }
    claim->language = gv_view_str("en");
    if (err == GV_OK && gv_json_get(json.root, "language") != NULL) {
        err =
            gv_member_text(json.root, "language", 1, GV_BOX_VALUE_MAX - 1, &claim->language, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    memcpy(name, claim->name.p, claim->name.n);
    name[claim->name.n] = '\0';
    return gv_password_check(claim->password, name, "/password", fail);
}

static enum gv_err take_over(struct gv_exchange *x, const struct claim *claim, const char *phc,
                             struct gv_fail *fail)
{
    struct gv_api *api = gv_api_of(x);
    struct gv_actor actor;
    struct gv_user user;
    struct gv_login login = {.totp_used = false};
    gv_caller_actor(x, &actor);
    enum gv_err err =
        gv_engine_claim(api->config.engine, &actor, claim->name, phc, claim->language, fail);
    if (err != GV_OK) {
        return err;
    }
    if (!gv_engine_user_by_name(api->config.engine, claim->name, &user)) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "user.unknown", "the new owner is gone already");
    }
    memcpy(login.user_id, user.id, sizeof(login.user_id));
    memcpy(login.password_seen, user.password, sizeof(login.password_seen));
    err = gv_door_enter(x, &login, fail);
    gv_secure_zero(&user, sizeof(user));
    gv_secure_zero(&login, sizeof(login));
    return err;
}

static void try_claim(struct gv_exchange *x, const struct claim *claim)
{
    uint8_t salt[GV_PASSWORD_SALT_LEN];
    char phc[GV_PHC_MAX];
    struct gv_fail fail = {.err = GV_OK};
    if (gv_engine_claimed(gv_api_of(x)->config.engine)) {
        gv_api_refuse(x, GV_ERR_CONFLICT, "setup.claimed", "this box has an owner already");
        return;
    }
    if (!gv_door_claim(x, claim->code) || !gv_door_hash(x)) {
        return;
    }
    gv_entropy_fill(gv_api_of(x)->config.entropy, salt, sizeof(salt));
    gv_password_hash(phc, claim->password, salt);
    gv_hashing_end();
    if (take_over(x, claim, phc, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
    }
    gv_secure_zero(phc, sizeof(phc));
}

void gv_handle_setup_claim(struct gv_exchange *x)
{
    struct claim claim;
    struct gv_fail fail = {.err = GV_OK};
    if (read_claim(x, &claim, &fail) == GV_OK) {
        try_claim(x, &claim);
    } else {
        gv_api_fail(x, &fail);
    }
    gv_small_body_wipe(x);
}
