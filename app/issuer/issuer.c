#include "app/issuer/issuer.h"

#include "firmware/base/log.h"

#define CONNECT_MS 5000u
#define ANSWER_MS  10000u

void gv_issuer_init(struct gv_issuer *issuer, const struct gv_issuer_config *config)
{
    *issuer = (struct gv_issuer){.config = *config};
}

void gv_issuer_stop(struct gv_issuer *issuer)
{
    atomic_store(&issuer->stop, true);
}

static enum gv_err fetch(struct gv_issuer *issuer, struct gv_fail *fail)
{
    struct gv_http_buffer body = {.p = issuer->text, .cap = GV_JWKS_BYTES_MAX + 1u};
    struct gv_arena arena;
    int status = 0;
    const struct gv_http_request request = {
        .url = issuer->config.url,
        .method = "GET",
        .stop = &issuer->stop,
        .connect_timeout_ms = CONNECT_MS,
        .timeout_ms = ANSWER_MS,
        .sink = gv_http_buffer_sink,
        .sink_ctx = &body,
    };
    const enum gv_err err = gv_http_perform(issuer->config.http, &request, &status, fail);
    if (err != GV_OK) {
        return err;
    }
    if (status != 200) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "jwks.status", "the issuer answers %d", status);
    }
    gv_arena_init(&arena, issuer->memory, sizeof(issuer->memory));
    return gv_jwks_parse(&issuer->jwks, &arena, body.p, body.n, fail);
}

static bool is_due(struct gv_issuer *issuer, struct gv_mono now)
{
    if (!issuer->tried || now.ms >= issuer->next.ms) {
        return true;
    }
    return now.ms - issuer->tried_at.ms >= GV_ISSUER_SOON_MS &&
           gv_jwks_shelf_missed(issuer->config.shelf);
}

/* Whose issuer has not been heard of for so long may have been withdrawn. */
static void drop_stale(struct gv_issuer *issuer, struct gv_mono now)
{
    if (issuer->has_keys && now.ms - issuer->fetched_at.ms >= GV_ISSUER_STALE_MS) {
        issuer->jwks.count = 0;
        issuer->has_keys = false;
        gv_jwks_shelf_put(issuer->config.shelf, &issuer->jwks);
        gv_log(GV_LOG_BROKEN, "account", "issuer silent for a day: its tokens are refused");
    }
}

bool gv_issuer_step(struct gv_issuer *issuer)
{
    struct gv_fail fail = {.err = GV_OK};
    const struct gv_mono now = gv_clock_mono(issuer->config.clock);
    if (atomic_load(&issuer->stop) || !is_due(issuer, now)) {
        return false;
    }
    issuer->tried = true;
    issuer->tried_at = now;
    gv_jwks_shelf_forget_missed(issuer->config.shelf);
    if (fetch(issuer, &fail) == GV_OK) {
        gv_jwks_shelf_put(issuer->config.shelf, &issuer->jwks);
        issuer->has_keys = true;
        issuer->fetched_at = now;
        issuer->next.ms = now.ms + GV_ISSUER_FRESH_MS;
        gv_log(GV_LOG_INFO, "account", "issuer keys=%u", issuer->jwks.count);
    } else {
        issuer->next.ms = now.ms + GV_ISSUER_AGAIN_MS;
        gv_log(GV_LOG_UNUSUAL, "account", "issuer keys stay as they were: %s", fail.text);
        drop_stale(issuer, now);
    }
    return true;
}
