#include "web/api/gate.h"

#include "firmware/base/crypto.h"
#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/errors.h"
#include "web/server/address.h"
#include "web/server/ticks.h"

#include <string.h>

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

/* ---- who asks -------------------------------------------------------------------------------------- */

static struct gv_rate_client client_of_address(const struct gv_exchange *x)
{
    const struct gv_address_key address = gv_address_key_parse(x->request->peer);
    struct gv_rate_client client;
    _Static_assert(sizeof(client.b) == sizeof(address.b), "an address names a client");
    memcpy(client.b, address.b, sizeof(client.b));
    return client;
}

/* Only a key that is valid counts by itself: a made-up one would be a new client each time. */
static struct gv_rate_client client_of_key(struct gv_view key)
{
    struct gv_hash256 digest;
    struct gv_rate_client client;
    gv_sha256_of(&digest, key);
    memcpy(client.b, digest.b, sizeof(client.b));
    return client;
}

static void find_caller(struct gv_exchange *x)
{
    struct gv_caller *caller = &gv_api_worker_of(x)->caller;
    const struct gv_view key = gv_web_header(x->request, "X-API-Key");
    *caller = (struct gv_caller){.has_key = key.p != NULL};
    caller->key_good = caller->has_key && gv_engine_key_check(gv_api_of(x)->config.engine, key,
                                                              &caller->granted,
                                                              caller->key_id) == GV_OK;
    caller->client = caller->key_good ? client_of_key(key) : client_of_address(x);
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
        state = gv_rate_take(&gv_api_of(x)->rate, &gv_api_worker_of(x)->caller.client, class, 1,
                             gv_now_ms());
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
    const struct gv_rate_state state = gv_rate_take(
        &gv_api_of(x)->rate, &gv_api_worker_of(x)->caller.client, class, more, gv_now_ms());
    if (state.limited) {
        refuse_limited(x, gv_rate_policy(class), &state);
    }
    return !state.limited;
}

bool gv_api_admit(struct gv_exchange *x)
{
    find_caller(x);
    return count(x);
}
