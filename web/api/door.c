#include "web/api/door.h"

#include "app/account/hashing.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/conditional.h"
#include "web/api/errors.h"
#include "web/api/render.h"
#include "web/server/address.h"

#include <string.h>

void gv_door_init(struct gv_door *door)
{
    memset(door, 0, sizeof(*door));
    const int rc = pthread_mutex_init(&door->lock, NULL);
    GV_ASSERT(rc == 0);
}

/* ---- tries ------------------------------------------------------------------------------------------ */

/* A guesser next door locks himself out, not the house: neighbours count one by one. One who changes his
 * address at will still has only the tries of all together. */
static struct gv_lockout_key key_of(const struct gv_exchange *x)
{
    const char *const peer = x->request->peer;
    const struct gv_address_key address = gv_api_of(x)->config.is_neighbour(peer)
                                              ? gv_address_key_whole(peer)
                                              : gv_address_key_parse(peer);
    struct gv_lockout_key key;
    _Static_assert(sizeof(key.b) == sizeof(address.b), "an address is the key of its lock");
    memcpy(key.b, address.b, sizeof(key.b));
    return key;
}

/* Names differ by more than their case. */
static uint64_t who_of(struct gv_view name)
{
    struct gv_sha256 sha;
    struct gv_hash256 hash;
    uint64_t who = 0;
    gv_sha256_init(&sha);
    for (size_t i = 0; i < name.n; i++) {
        const uint8_t c = name.p[i];
        const uint8_t low = c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
        gv_sha256_add(&sha, gv_view_of(&low, 1));
    }
    gv_sha256_finish(&sha, &hash);
    memcpy(&who, hash.b, sizeof(who));
    return who;
}

static void refuse_for(struct gv_exchange *x, uint32_t seconds, const char *code, const char *text)
{
    char number[16];
    struct gv_fail fail;
    gv_format_cut(number, sizeof(number), "%u", (unsigned)seconds);
    gv_reply_header(x, "Retry-After", number);
    gv_fail(&fail, GV_ERR_FULL, code, "%s; try again in %s s", text, number);
    gv_reply_fail(x, 429, &fail);
}

bool gv_door_try(struct gv_exchange *x, struct gv_view name)
{
    struct gv_door *door = &gv_api_of(x)->door;
    const struct gv_lockout_key key = key_of(x);
    const struct gv_mono now = gv_clock_mono(gv_api_of(x)->config.clock);
    uint32_t retry_s = 0;
    pthread_mutex_lock(&door->lock);
    /* This machine's own programs are not of the bucket: strangers cannot keep them out. */
    const enum gv_err err =
        gv_lockout_begin(&door->lockout, &key, who_of(name), !gv_gate_is_local(x), now, &retry_s);
    const bool locked = gv_lockout_locked(&door->lockout, &key, now);
    pthread_mutex_unlock(&door->lock);
    if (err == GV_OK) {
        return true;
    }
    refuse_for(x, retry_s, locked ? "session.locked" : "session.busy",
               locked ? "too many failed tries from this address" : "too many tries at once");
    return false;
}

void gv_door_passed(struct gv_exchange *x, struct gv_view name)
{
    struct gv_door *door = &gv_api_of(x)->door;
    const struct gv_lockout_key key = key_of(x);
    pthread_mutex_lock(&door->lock);
    gv_lockout_passed(&door->lockout, &key, who_of(name));
    pthread_mutex_unlock(&door->lock);
}

void gv_door_undo(struct gv_exchange *x, struct gv_view name)
{
    struct gv_door *door = &gv_api_of(x)->door;
    const struct gv_lockout_key key = key_of(x);
    pthread_mutex_lock(&door->lock);
    gv_lockout_undo(&door->lockout, &key, who_of(name));
    pthread_mutex_unlock(&door->lock);
}

void gv_door_failed(struct gv_exchange *x, const char *kind)
{
    struct gv_door *door = &gv_api_of(x)->door;
    const struct gv_lockout_key key = key_of(x);
    const struct gv_mono now = gv_clock_mono(gv_api_of(x)->config.clock);
    struct gv_actor actor;
    gv_caller_actor(x, &actor);
    gv_engine_note_failure(gv_api_of(x)->config.engine, kind, &actor);
    pthread_mutex_lock(&door->lock);
    const bool locked = gv_lockout_locked(&door->lockout, &key, now);
    pthread_mutex_unlock(&door->lock);
    if (locked) {
        gv_engine_note_failure(gv_api_of(x)->config.engine, "login.locked", &actor);
    }
}

bool gv_door_hash(struct gv_exchange *x)
{
    if (gv_hashing_begin()) {
        return true;
    }
    gv_reply_header(x, "Retry-After", GV_HASHING_RETRY_S);
    gv_api_refuse(x, GV_ERR_FULL, "session.hashing", "passwords of others are being checked");
    return false;
}

/* ---- claim code ------------------------------------------------------------------------------------- */

bool gv_door_claim(struct gv_exchange *x, struct gv_view code)
{
    struct gv_door *door = &gv_api_of(x)->door;
    const struct gv_mono now = gv_clock_mono(gv_api_of(x)->config.clock);
    uint32_t left = 0;
    uint32_t retry_s = 0;
    pthread_mutex_lock(&door->lock);
    const enum gv_err err = gv_claim_try(&door->claim, code, now, &left, &retry_s);
    pthread_mutex_unlock(&door->lock);
    if (err == GV_OK) {
        return true;
    }
    if (err == GV_ERR_FULL) {
        refuse_for(x, retry_s, "setup.code_void", "the claim code has been used up");
        return false;
    }
    struct gv_actor actor;
    struct gv_fail fail;
    gv_caller_actor(x, &actor);
    gv_engine_note_failure(gv_api_of(x)->config.engine, "claim.failed", &actor);
    gv_fail_at(&fail, GV_ERR_FORBIDDEN, "/code", "setup.code_wrong",
               "this is not the claim code; %u tries are left", (unsigned)left);
    gv_api_fail(x, &fail);
    return false;
}

void gv_door_tick(struct gv_api *api)
{
    struct gv_door *door = &api->door;
    char code[GV_CLAIM_DIGITS + 1] = "";
    if (door->claim_settled) {
        return;
    }
    const bool claimed = gv_engine_claimed(api->config.engine);
    uint64_t random = 0;
    gv_entropy_fill(api->config.entropy, &random, sizeof(random));
    pthread_mutex_lock(&door->lock);
    if (claimed) {
        gv_claim_clear(&door->claim);
    } else if (gv_claim_due(&door->claim, gv_clock_mono(api->config.clock))) {
        gv_claim_renew(&door->claim, random);
        memcpy(code, door->claim.code, sizeof(code));
    }
    pthread_mutex_unlock(&door->lock);
    if (claimed || code[0] != '\0') {
        api->config.show_claim(api->config.boot_ctx, claimed ? NULL : code);
    }
    door->claim_settled = claimed;
    gv_secure_zero(code, sizeof(code));
}

/* ---- sessions --------------------------------------------------------------------------------------- */

static void set_cookie(struct gv_exchange *x, const char *sid, int max_age_s)
{
    char cookie[160];
    const bool fits =
        gv_format(cookie, sizeof(cookie), "%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d%s",
                  GV_SID_COOKIE, sid, max_age_s, x->request->is_tls ? "; Secure" : "");
    GV_ASSERT(fits);
    gv_reply_header(x, "Set-Cookie", cookie);
    gv_secure_zero(cookie, sizeof(cookie));
}

void gv_door_forget(struct gv_exchange *x)
{
    set_cookie(x, "", 0);
}

void gv_door_answer(struct gv_exchange *x, const struct gv_identity *identity, struct gv_view sid)
{
    char csrf[GV_CSRF_TEXT_LEN + 2] = "";
    struct gv_json_out out;
    const uint32_t scopes = gv_role_scopes(identity->role);
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_key(&out, "user");
    gv_jo_object(&out);
    gv_jo_kstring(&out, "id", identity->user_id);
    gv_jo_kstring(&out, "name", identity->name);
    gv_jo_kstring(&out, "role", gv_role_name(identity->role));
    gv_jo_kbool(&out, "totp", identity->totp_on);
    gv_jo_object_end(&out);
    gv_jo_key(&out, "scopes");
    gv_jo_array(&out);
    for (uint32_t i = 0; i < GV_SCOPE_WORDS; i++) {
        if (gv_scope_name(scopes, i) != NULL) {
            gv_jo_string(&out, gv_scope_name(scopes, i));
        }
    }
    gv_jo_array_end(&out);
    if (sid.n > 0) {
        gv_csrf_text(csrf, sid);
        gv_jo_kstring(&out, "csrf", csrf);
    } else {
        gv_jo_knull(&out, "csrf");
    }
    gv_render_utc(&out, "expires_at", identity->expires_at);
    gv_jo_object_end(&out);
    gv_api_json(x, &out);
    gv_secure_zero(csrf, sizeof(csrf));
    gv_secure_zero(out.p, out.n);
}

enum gv_err gv_door_enter(struct gv_exchange *x, struct gv_login *login, struct gv_fail *fail)
{
    struct gv_api *api = gv_api_of(x);
    uint8_t random[GV_SID_LEN];
    char sid[GV_SID_TEXT_LEN + 2];
    struct gv_actor actor;
    struct gv_identity identity;
    const struct gv_caller *caller = gv_caller_of(x);
    gv_caller_actor(x, &actor);
    gv_entropy_fill(api->config.entropy, random, sizeof(random));
    gv_sid_text(sid, random);
    gv_sha256_of(&login->sid_hash, gv_view_str(sid));
    gv_session_agent(login->agent, gv_web_header(x->request, "User-Agent"));
    const enum gv_err err = gv_engine_login(api->config.engine, &actor, login, &identity, fail);
    if (err == GV_OK) {
        if (caller->presented == GV_CREDENTIAL_COOKIE && caller->kind == GV_CALLER_SESSION) {
            /* It may have ended meanwhile: nothing more is wanted of it. */
            (void)!gv_engine_session_end(api->config.engine, &actor,
                                         gv_view_str(caller->identity.session), NULL);
        }
        set_cookie(x, sid, GV_SESSION_LIFE_S);
        gv_reply_status(x, 201);
        gv_door_answer(x, &identity, gv_view_str(sid));
    }
    gv_secure_zero(random, sizeof(random));
    gv_secure_zero(sid, sizeof(sid));
    return err;
}
