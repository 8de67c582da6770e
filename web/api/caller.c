#include "web/api/caller.h"

#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/token.h"
#include "web/server/address.h"

#include <string.h>
#include <strings.h>

struct gv_caller *gv_caller_of(const struct gv_exchange *x)
{
    return &gv_api_worker_of(x)->caller;
}

/* ---- whom limits count ------------------------------------------------------------------------------ */

static struct gv_rate_client client_of_address(const struct gv_exchange *x)
{
    const struct gv_address_key address = gv_address_key_parse(x->request->peer);
    struct gv_rate_client client;
    _Static_assert(sizeof(client.b) == sizeof(address.b), "an address names a client");
    memcpy(client.b, address.b, sizeof(client.b));
    return client;
}

/* Only who is known counts by himself: a made-up key would be a new client each time. */
static struct gv_rate_client client_of_name(const char *kind, const char *name)
{
    struct gv_sha256 sha;
    struct gv_hash256 digest;
    struct gv_rate_client client;
    gv_sha256_init(&sha);
    gv_sha256_add(&sha, gv_view_str(kind));
    gv_sha256_add(&sha, gv_view_str(name));
    gv_sha256_finish(&sha, &digest);
    memcpy(client.b, digest.b, sizeof(client.b));
    return client;
}

/* ---- credentials ------------------------------------------------------------------------------------ */

static void try_key(struct gv_api *api, struct gv_view key, struct gv_caller *caller)
{
    uint32_t stored = 0;
    caller->presented = GV_CREDENTIAL_KEY;
    if (gv_engine_key_check(api->config.engine, key, &stored, caller->key_id) == GV_OK) {
        caller->kind = GV_CALLER_KEY;
        caller->granted = gv_key_scopes(stored);
        caller->client = client_of_name("key:", caller->key_id);
    }
}

static void try_token(struct gv_api *api, struct gv_arena *arena, struct gv_view token,
                      struct gv_caller *caller)
{
    caller->presented = GV_CREDENTIAL_TOKEN;
    if (gv_token_verify(api, arena, token, caller) == GV_OK) {
        caller->client = client_of_name("user:", caller->identity.user_id);
    }
}

void gv_caller_of_text(struct gv_api *api, struct gv_arena *arena, struct gv_view credential,
                       struct gv_caller *caller)
{
    *caller = (struct gv_caller){.kind = GV_CALLER_NOBODY};
    if (credential.n > 4 && memcmp(credential.p, "gvl_", 4) == 0) {
        try_key(api, credential, caller);
    } else {
        try_token(api, arena, credential, caller);
    }
}

/* "Bearer " in any case, and what follows it. */
static bool is_bearer(struct gv_view header, struct gv_view *credential)
{
    static const char scheme[] = "Bearer ";
    const size_t n = sizeof(scheme) - 1;
    if (header.n <= n || strncasecmp((const char *)header.p, scheme, n) != 0) {
        return false;
    }
    *credential = gv_view_of(header.p + n, header.n - n);
    return true;
}

static void try_cookie(struct gv_exchange *x)
{
    struct gv_caller *caller = gv_caller_of(x);
    const struct gv_view header = gv_web_header(x->request, "Cookie");
    struct gv_view sid;
    const enum gv_err err =
        header.p != NULL ? gv_cookie_find(header, GV_SID_COOKIE, &sid) : GV_ERR_NOT_FOUND;
    if (err == GV_ERR_NOT_FOUND) {
        return;
    }
    caller->presented = GV_CREDENTIAL_COOKIE;
    if (err == GV_OK &&
        gv_engine_session_check(gv_api_of(x)->config.engine, sid, &caller->identity) == GV_OK) {
        caller->kind = GV_CALLER_SESSION;
        caller->granted = gv_role_scopes(caller->identity.role);
        caller->sid = sid;
        caller->client = client_of_name("user:", caller->identity.user_id);
    }
}

void gv_caller_find(struct gv_exchange *x)
{
    struct gv_api_worker *worker = gv_api_worker_of(x);
    struct gv_caller *caller = &worker->caller;
    const struct gv_view key = gv_web_header(x->request, "X-API-Key");
    const struct gv_rate_client address = client_of_address(x);
    struct gv_view bearer;
    *caller = (struct gv_caller){.kind = GV_CALLER_NOBODY, .client = address};
    if (key.p != NULL) {
        try_key(gv_api_of(x), key, caller);
    } else if (is_bearer(gv_web_header(x->request, "Authorization"), &bearer)) {
        struct gv_arena arena;
        gv_arena_init(&arena, worker->arena, sizeof(worker->arena));
        gv_caller_of_text(gv_api_of(x), &arena, bearer, caller);
        caller->client = caller->kind == GV_CALLER_NOBODY ? address : caller->client;
    } else {
        try_cookie(x);
    }
}

void gv_caller_actor(const struct gv_exchange *x, struct gv_actor *actor)
{
    const struct gv_caller *caller = gv_caller_of(x);
    switch (caller->kind) {
    case GV_CALLER_NOBODY:
        gv_format_cut(actor->who, sizeof(actor->who), "nobody");
        break;
    case GV_CALLER_KEY:
        gv_format_cut(actor->who, sizeof(actor->who), "key:%s", caller->key_id);
        break;
    case GV_CALLER_SESSION:
        gv_format_cut(actor->who, sizeof(actor->who), "user:%s", caller->identity.name);
        break;
    case GV_CALLER_GUEST:
        gv_format_cut(actor->who, sizeof(actor->who), "guest:%s", caller->identity.user_id);
        break;
    }
    gv_format_cut(actor->address, sizeof(actor->address), "%s", x->request->peer);
    gv_format_cut(actor->route, sizeof(actor->route), "%s",
                  x->route != NULL ? x->route->operation : "none");
}

enum gv_err gv_caller_note(const struct gv_exchange *x, const char *kind, const char *subject,
                           const char *detail, struct gv_fail *fail)
{
    struct gv_actor actor;
    gv_caller_actor(x, &actor);
    return gv_engine_note(gv_api_of(x)->config.engine, &actor, kind, subject, detail, fail);
}
