#include "web/api/gate.h"

#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/caller.h"
#include "web/api/errors.h"
#include "web/server/ticks.h"

/* A proxy on this machine makes strangers look like loopback; it says so in one of these. */
bool gv_gate_is_local(const struct gv_exchange *x)
{
    static const char *const marks[] = {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (gv_web_header(x->request, marks[i]).p != NULL) {
            return false;
        }
    }
    return x->request->is_loopback;
}

/* ---- how often -------------------------------------------------------------------------------------- */

static bool is_counted(const struct gv_exchange *x, enum gv_rate_class class)
{
    const bool lifted = !gv_api_of(x)->config.config->limit_loopback && gv_gate_is_local(x);
    return class != GV_RATE_FREE && !lifted;
}

static void tell_policy(struct gv_exchange *x, const struct gv_rate_policy *policy,
                        const struct gv_rate_state *state)
{
    char text[64];
    gv_format_cut(text, sizeof(text), "\"%s\";q=%u;w=%u", policy->name, policy->quota,
                  policy->window_s);
    gv_reply_header(x, "RateLimit-Policy", text);
    gv_format_cut(text, sizeof(text), "\"%s\";r=%u;t=%u", policy->name, state->remaining,
                  state->reset_s);
    gv_reply_header(x, "RateLimit", text);
}

static void refuse_limited(struct gv_exchange *x, const struct gv_rate_policy *policy,
                           const struct gv_rate_state *state)
{
    char seconds[16];
    struct gv_fail fail;
    gv_format_cut(seconds, sizeof(seconds), "%u", state->retry_s);
    gv_reply_header(x, "Retry-After", seconds);
    gv_fail(&fail, GV_ERR_FULL, "rate.limited", "more than %u requests of class %s in %u s",
            policy->quota, policy->name, policy->window_s);
    gv_reply_fail(x, 429, &fail);
}

static enum gv_rate_class class_of(const struct gv_exchange *x)
{
    return x->route != NULL ? x->route->rate : GV_RATE_READ; /* who looks for paths is counted */
}

/* Where the setting lifts the limits the headers still tell what they are. */
static bool count(struct gv_exchange *x)
{
    const enum gv_rate_class class = class_of(x);
    if (class == GV_RATE_FREE) {
        return true;
    }
    const struct gv_rate_policy *policy = gv_rate_policy(class);
    struct gv_rate_state state = {.remaining = policy->burst};
    if (is_counted(x, class)) {
        state = gv_rate_take(&gv_api_of(x)->rate, &gv_caller_of(x)->client, class, 1, gv_now_ms());
    }
    tell_policy(x, policy, &state);
    if (state.limited) {
        refuse_limited(x, policy, &state);
    }
    return !state.limited;
}

bool gv_gate_charge(struct gv_exchange *x, uint32_t more)
{
    const enum gv_rate_class class = class_of(x);
    if (more == 0 || !is_counted(x, class)) {
        return true;
    }
    const struct gv_rate_state state =
        gv_rate_take(&gv_api_of(x)->rate, &gv_caller_of(x)->client, class, more, gv_now_ms());
    if (state.limited) {
        refuse_limited(x, gv_rate_policy(class), &state);
    }
    return !state.limited;
}

bool gv_api_admit(struct gv_exchange *x)
{
    gv_caller_find(x);
    return count(x);
}

/* ---- who may do it ---------------------------------------------------------------------------------- */

static bool refuse(struct gv_exchange *x, enum gv_err err, const char *code, const char *text)
{
    gv_api_refuse(x, err, code, text);
    return false;
}

static bool refuse_stranger(struct gv_exchange *x, uint32_t need)
{
    const struct gv_caller *caller = gv_caller_of(x);
    if (caller->presented == GV_CREDENTIAL_KEY) {
        return refuse(x, GV_ERR_UNAUTHORIZED, "auth.key_wrong", "this API key is not valid");
    }
    if (caller->presented == GV_CREDENTIAL_TOKEN) {
        gv_api_fail(x, &caller->why);
        return false;
    }
    if (caller->presented == GV_CREDENTIAL_COOKIE || need == GV_SCOPE_LOGIN) {
        return refuse(x, GV_ERR_UNAUTHORIZED, "session.none", "log in first");
    }
    return refuse(x, GV_ERR_UNAUTHORIZED, "auth.key_missing",
                  "an API key is needed in the X-API-Key header");
}

/* A session's write needs the token that only pages of this origin can have read. */
static bool token_fits(const struct gv_exchange *x)
{
    const struct gv_caller *caller = gv_caller_of(x);
    return x->route->csrf != GV_CSRF_TOKEN || caller->presented != GV_CREDENTIAL_COOKIE ||
           gv_csrf_check(gv_web_header(x->request, "X-CSRF-Token"), caller->sid);
}

bool gv_api_authorize(struct gv_exchange *x)
{
    const struct gv_route *route = x->route;
    const struct gv_caller *caller = gv_caller_of(x);
    const bool local = (route->flags & GV_ROUTE_LOCAL) != 0 && gv_gate_is_local(x);
    uint32_t need = 0;
    if ((route->flags & GV_ROUTE_UNCLAIMED) == 0 && !local &&
        !gv_engine_claimed(gv_api_of(x)->config.engine)) {
        return refuse(x, GV_ERR_FORBIDDEN, "setup.unclaimed",
                      "nobody owns this box yet: open its page and claim it");
    }
    if (!gv_scope_need(route->scope, &need)) {
        return refuse(x, GV_ERR_FORBIDDEN, "auth.closed", "this is open to nobody");
    }
    if (need == 0 || local) {
        return true;
    }
    if (caller->kind == GV_CALLER_NOBODY) {
        return refuse_stranger(x, need);
    }
    if ((caller->granted & need) != need) {
        return refuse(x, GV_ERR_FORBIDDEN, "auth.scope",
                      caller->kind == GV_CALLER_KEY ? "this API key may not do that"
                                                    : "this user may not do that");
    }
    if (!token_fits(x)) {
        return refuse(x, GV_ERR_FORBIDDEN, "session.csrf",
                      "a write needs the X-CSRF-Token of this session");
    }
    return true;
}
