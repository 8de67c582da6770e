/* API keys: list, make, revoke. For administrators. */
#include "web/api/handlers.h"

#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/conditional.h"
#include "web/api/errors.h"
#include "web/api/render.h"
#include "web/api/small_body.h"

#include <string.h>

/* The members of a key; the object is open. */
static void write_members(struct gv_json_out *out, const struct gv_api_key *key)
{
    gv_jo_kstring(out, "id", key->id);
    gv_jo_kstring(out, "name", key->name);
    gv_jo_key(out, "scopes");
    gv_jo_array(out);
    for (uint32_t i = 0; i < GV_SCOPES; i++) {
        if (gv_scope_name(key->scopes, i) != NULL) {
            gv_jo_string(out, gv_scope_name(key->scopes, i));
        }
    }
    gv_jo_array_end(out);
    gv_jo_kbool(out, "legacy_unlocked", (key->scopes & GV_KEY_LEGACY_UNLOCKED) != 0);
    gv_render_utc(out, "created_at", key->created_at);
    gv_render_utc_or_null(out, "expires_at", key->expires_at);
    gv_render_utc_or_null(out, "last_used_at", key->last_used_at);
    gv_render_utc_or_null(out, "revoked_at", key->revoked_at);
}

void gv_handle_keys(struct gv_exchange *x)
{
    struct gv_api_key keys[GV_API_KEYS_MAX];
    struct gv_json_out out;
    const uint32_t n = gv_engine_key_list(gv_api_of(x)->config.engine, keys, GV_API_KEYS_MAX);
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_key(&out, "items");
    gv_jo_array(&out);
    for (uint32_t i = 0; i < n; i++) {
        gv_jo_object(&out);
        write_members(&out, &keys[i]);
        gv_jo_object_end(&out);
    }
    gv_jo_array_end(&out);
    gv_jo_object_end(&out);
    gv_api_json(x, &out);
}

/* ---- make ------------------------------------------------------------------------------------------- */

struct wish {
    char name[GV_KEY_NAME_MAX];
    uint32_t scopes;
    struct gv_utc expires_at;
};

static enum gv_err read_scopes(gv_json_ref array, uint32_t *scopes, struct gv_fail *fail)
{
    struct gv_json_iter it;
    bool good = gv_json_type(array) == GV_JSON_ARRAY;
    *scopes = 0;
    for (gv_json_ref e = gv_json_first(&it, array); e != NULL && good; e = gv_json_next(&it)) {
        struct gv_view text;
        const uint32_t bit = gv_json_string(e, &text) ? gv_scope_parse(text) : 0;
        good = bit != 0;
        *scopes |= bit;
    }
    if (good && *scopes != 0) {
        return GV_OK;
    }
    return gv_fail_at(fail, GV_ERR_INVALID, "/scopes", "key.scopes",
                      "scopes are auctions:read, auctions:write, bids:write, orders:solve, admin");
}

static enum gv_err read_expiry(gv_json_ref member, struct gv_utc *expires_at, struct gv_fail *fail)
{
    struct gv_view text;
    *expires_at = (struct gv_utc){0};
    if (member == NULL || gv_json_type(member) == GV_JSON_NULL) {
        return GV_OK;
    }
    if (gv_json_string(member, &text) && gv_utc_parse(expires_at, (const char *)text.p, text.n) &&
        expires_at->s > 0) {
        return GV_OK;
    }
    return gv_fail_at(fail, GV_ERR_INVALID, "/expires_at", "key.expires_at",
                      "expires_at is a time like 2027-01-31T12:00:00Z, or null");
}

static enum gv_err read_wish(struct gv_exchange *x, struct wish *wish, struct gv_fail *fail)
{
    static const char *const members[] = {"name", "scopes", "expires_at", "legacy_unlocked", NULL};
    struct gv_json json;
    struct gv_view name;
    bool legacy = false;
    enum gv_err err = gv_small_body(x, members, &json, fail);
    if (err == GV_OK) {
        err = gv_member_text(json.root, "name", 1, GV_KEY_NAME_MAX - 1, &name, fail);
    }
    if (err == GV_OK) {
        err = read_scopes(gv_json_get(json.root, "scopes"), &wish->scopes, fail);
    }
    if (err == GV_OK) {
        err = read_expiry(gv_json_get(json.root, "expires_at"), &wish->expires_at, fail);
    }
    const gv_json_ref flag = gv_json_get(json.root, "legacy_unlocked");
    if (err == GV_OK && flag != NULL && !gv_json_bool(flag, &legacy)) {
        err = gv_fail_at(fail, GV_ERR_INVALID, "/legacy_unlocked", "json.type",
                         "legacy_unlocked is true or false");
    }
    if (err != GV_OK) {
        return err;
    }
    memcpy(wish->name, name.p, name.n);
    wish->name[name.n] = '\0';
    wish->scopes |= legacy ? (uint32_t)GV_KEY_LEGACY_UNLOCKED : 0u;
    return GV_OK;
}

/* The key as it is stored, and its text, which is shown this once. */
static void answer_new(struct gv_exchange *x, const char text[GV_KEY_TEXT_MAX])
{
    struct gv_api_key keys[GV_API_KEYS_MAX];
    struct gv_json_out out;
    const struct gv_view id = gv_view_of(text + sizeof("gvl_") - 1, GV_KEY_ID_LEN);
    const uint32_t n = gv_engine_key_list(gv_api_of(x)->config.engine, keys, GV_API_KEYS_MAX);
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    for (uint32_t i = 0; i < n; i++) {
        if (gv_view_is(id, keys[i].id)) {
            write_members(&out, &keys[i]);
        }
    }
    gv_jo_kstring(&out, "key", text);
    gv_jo_object_end(&out);
    gv_reply_status(x, 201);
    gv_api_json(x, &out);
    gv_secure_zero(out.p, out.n);
}

void gv_handle_key_create(struct gv_exchange *x)
{
    struct wish wish;
    struct gv_actor actor;
    struct gv_fail fail = {.err = GV_OK};
    char text[GV_KEY_TEXT_MAX];
    enum gv_err err = read_wish(x, &wish, &fail);
    if (err == GV_OK) {
        gv_caller_actor(x, &actor);
        err = gv_engine_key_create(gv_api_of(x)->config.engine, &actor, wish.name, wish.scopes,
                                   wish.expires_at, text, &fail);
    }
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    answer_new(x, text);
    gv_secure_zero(text, sizeof(text));
}

void gv_handle_key_revoke(struct gv_exchange *x)
{
    char id[GV_KEY_ID_LEN + 1];
    struct gv_actor actor;
    struct gv_fail fail = {.err = GV_OK};
    gv_caller_actor(x, &actor);
    const struct gv_view given = x->params[0];
    if (!gv_format(id, sizeof(id), "%.*s", (int)given.n, (const char *)given.p)) {
        gv_api_refuse(x, GV_ERR_NOT_FOUND, "key.unknown", "there is no such key");
        return;
    }
    if (gv_engine_key_revoke(gv_api_of(x)->config.engine, &actor, id, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_reply_status(x, 204);
    gv_reply_header(x, "Cache-Control", "no-store");
    gv_reply_empty(x);
}
