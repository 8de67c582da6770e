/* What clients of gavel.v1 say: ops on a WebSocket, and the requests of the other two transports. */
#include "web/live/ops.h"
#include "web/live/state.h"

#include "web/server/ticks.h"

#include "firmware/base/crypto.h"
#include "firmware/base/text.h"

#include <string.h>

/* ---- Who may hear what ------------------------------------------------------------------------ */

static uint64_t authorize(const struct gv_live_config *config, uint64_t channel,
                          const struct gv_live_credentials *credentials)
{
    return config->authorize != NULL ? config->authorize(config->ctx, channel, credentials) : 0;
}

static bool is_private(const struct gv_live_config *config, uint64_t channel)
{
    return config->topics[gv_live_channel_topic(channel)].is_private;
}

static bool may_hear(const struct gv_live_config *config, const struct gv_seat *seat,
                     uint64_t channel)
{
    const struct gv_live_credentials credentials = {.subject = seat->subject};
    return !is_private(config, channel) ||
           (seat->subject != 0 && authorize(config, channel, &credentials) == seat->subject);
}

static void deny(struct gv_seat *seat, uint64_t now_ms)
{
    gv_seat_close(seat, GV_CLOSE_DENIED, GV_LIVE_END_DENIED, now_ms);
}

void gv_talk_recheck(struct gv_live *live, struct gv_seat *seat, uint64_t now_ms)
{
    const bool speaks = seat->state == GV_SEAT_OPEN && !seat->is_raw;
    for (unsigned i = 0; speaks && i < seat->subs_n; i++) {
        if (!may_hear(&live->config, seat, seat->subs[i].channel)) {
            deny(seat, now_ms);
        }
    }
}

/* ---- Ops -------------------------------------------------------------------------------------- */

static void complain(struct gv_seat *seat, const struct gv_fail *fail)
{
    seat->error = *fail;
    seat->error_due = true;
}

static void on_sub(const struct gv_live *live, struct gv_seat *seat, const struct gv_op *op,
                   uint64_t now_ms)
{
    struct gv_fail fail;
    if (!may_hear(&live->config, seat, op->channel)) {
        deny(seat, now_ms);
    } else if (gv_stream_sub(seat, op->channel, op->has_since, op->since, now_ms) != GV_OK) {
        gv_fail(&fail, GV_ERR_FULL, "op.channels_full", "one client hears %u channels at most",
                GV_LIVE_SUBS_MAX);
        complain(seat, &fail);
    }
}

/* Early, or by somebody who is known already and renews. */
static void on_auth(const struct gv_live *live, struct gv_seat *seat, struct gv_view token,
                    uint64_t now_ms)
{
    const struct gv_live_credentials credentials = {.token = token};
    const bool in_time = seat->subject != 0 || now_ms - seat->opened_ms <= live->config.auth_ms;
    seat->subject = in_time ? authorize(&live->config, 0, &credentials) : 0;
    if (seat->subject == 0) {
        deny(seat, now_ms);
    }
}

void gv_talk(struct gv_live *live, struct gv_seat *seat, char *text, size_t n, uint64_t now_ms)
{
    static _Alignas(16) uint8_t memory[GV_OP_ARENA_BYTES]; /* of the live thread */
    struct gv_arena arena;
    struct gv_op op;
    struct gv_fail fail;
    if (seat->is_raw) {
        return; /* these streams only speak */
    }
    gv_arena_init(&arena, memory, sizeof(memory));
    if (gv_op_parse(&op, &live->config, text, n, &arena, &fail) != GV_OK) {
        complain(seat, &fail);
        return;
    }
    switch (op.kind) {
    case GV_OP_SUB:
        on_sub(live, seat, &op, now_ms);
        break;
    case GV_OP_UNSUB:
        gv_stream_unsub(seat, op.channel);
        break;
    case GV_OP_PING:
        seat->time_due = true;
        seat->time = (struct gv_time_answer){.has_t0 = op.has_t0, .t0 = op.t0, .t1 = gv_wall_ms()};
        break;
    case GV_OP_AUTH:
        on_auth(live, seat, op.token, now_ms);
        gv_secure_zero(text, n);
        break;
    }
}

/* ---- Requests --------------------------------------------------------------------------------- */

#define CHANNELS_TEXT_MAX (GV_LIVE_SUBS_MAX * GV_LIVE_CHANNEL_TEXT_MAX)
#define SAFE_MAX          ((UINT64_C(1) << 53) - 1u)
#define WAIT_S            25u
#define WAIT_S_MAX        60u

/* A whole number of the query. Out: has: it is there. */
static enum gv_err query_number(const struct gv_exchange *x, const char *name, uint64_t max,
                                bool *has, uint64_t *out, struct gv_fail *fail)
{
    char text[24];
    size_t n = 0;
    const enum gv_err err = gv_web_query(x->request, name, text, sizeof(text), &n, fail);
    *has = err == GV_OK;
    if (err == GV_ERR_NOT_FOUND) {
        return GV_OK;
    }
    if (err != GV_OK || !gv_parse_u64(out, gv_view_of(text, n), max)) {
        return gv_fail(fail, GV_ERR_INVALID, "query.number", "%s must be a whole number up to %llu",
                       name, (unsigned long long)max);
    }
    return GV_OK;
}

/* A browser that comes back names the last event it has, which is newer than what its address says. */
static enum gv_err read_since(const struct gv_exchange *x, bool *has, uint64_t *since,
                              struct gv_fail *fail)
{
    const struct gv_view last = gv_web_header(x->request, "Last-Event-ID");
    if (last.n > 0 && gv_parse_u64(since, last, SAFE_MAX)) {
        *has = true;
        return GV_OK;
    }
    return query_number(x, "since", SAFE_MAX, has, since, fail);
}

static enum gv_err sub_named(const struct gv_live *live, struct gv_seat *seat, struct gv_view name,
                             bool has_since, uint64_t since, struct gv_fail *fail)
{
    uint64_t channel = 0;
    if (!gv_channel_parse(&channel, &live->config, name)) {
        return gv_fail(fail, GV_ERR_INVALID, "live.channel", "there is no channel \"%.*s\"",
                       (int)name.n, (const char *)name.p);
    }
    if (!may_hear(&live->config, seat, channel)) {
        return seat->subject == 0
                   ? gv_fail(fail, GV_ERR_UNAUTHORIZED, "live.private", "sign in to hear this")
                   : gv_fail(fail, GV_ERR_FORBIDDEN, "live.private", "you may not hear this");
    }
    if (gv_stream_sub(seat, channel, has_since, since, gv_now_ms()) != GV_OK) {
        return gv_fail(fail, GV_ERR_INVALID, "live.channels_full",
                       "one client hears %u channels at most", GV_LIVE_SUBS_MAX);
    }
    return GV_OK;
}

static enum gv_err sub_all(const struct gv_live *live, struct gv_seat *seat,
                           const struct gv_exchange *x, bool has_since, uint64_t since,
                           struct gv_fail *fail)
{
    char names[CHANNELS_TEXT_MAX];
    size_t n = 0;
    if (gv_web_query(x->request, "ch", names, sizeof(names), &n, NULL) != GV_OK || n == 0) {
        return gv_fail(fail, GV_ERR_INVALID, "live.channel",
                       "name the channels once, separated by commas: ?ch=market,node");
    }
    enum gv_err err = GV_OK;
    for (size_t at = 0; err == GV_OK && at <= n;) {
        const char *comma = memchr(names + at, ',', n - at);
        const size_t end = comma != NULL ? (size_t)(comma - names) : n;
        err = sub_named(live, seat, gv_view_of(names + at, end - at), has_since, since, fail);
        at = end + 1;
    }
    return err;
}

enum gv_err gv_talk_request(const struct gv_live *live, struct gv_seat *seat,
                            const struct gv_exchange *x, struct gv_fail *fail)
{
    const struct gv_live_credentials credentials = {.x = x};
    seat->subject = authorize(&live->config, 0, &credentials);
    if (seat->kind == GV_LIVE_WEBSOCKET) {
        return GV_OK; /* its ops name the channels */
    }
    bool has_since = false;
    uint64_t since = 0;
    bool has_wait = false;
    uint64_t wait_s = 0;
    enum gv_err err = read_since(x, &has_since, &since, fail);
    if (err == GV_OK) {
        err = query_number(x, "wait", WAIT_S_MAX, &has_wait, &wait_s, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    seat->wait_ms = (has_wait ? (uint32_t)wait_s : WAIT_S) * 1000u;
    return sub_all(live, seat, x, has_since, since, fail);
}
