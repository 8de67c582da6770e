#include "app/outbox/outbox.h"

#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <inttypes.h>

#define PAUSE_MS   10000u /* before sending again what could not be written down */
#define HEADER_MAX 160u

/* Connection, and all of it. */
static const struct {
    uint32_t connect_ms, all_ms;
} patience[GV_LANES] = {
    [GV_LANE_FAST] = {2000, 4000},
    [GV_LANE_SLOW] = {5000, 15000},
};

void gv_outbox_init(struct gv_outbox *outbox, const struct gv_outbox_config *config)
{
    outbox->config = *config;
    outbox->pause_until = (struct gv_mono){0};
    atomic_init(&outbox->stop, false);
}

void gv_outbox_stop(struct gv_outbox *outbox)
{
    atomic_store(&outbox->stop, true);
}

/* What a receiver answers is of no interest; the deadline bounds it. */
static bool drop(void *ctx, struct gv_view piece)
{
    (void)ctx;
    (void)piece;
    return true;
}

/* Out: error: "" when the receiver took it. */
static int send_one(struct gv_outbox *outbox, char *error, size_t cap)
{
    const struct gv_outgoing *out = &outbox->outgoing;
    char signature[HEADER_MAX];
    char delivery[HEADER_MAX];
    char event[HEADER_MAX];
    char value[GV_WEBHOOK_SIGNATURE_MAX];
    struct gv_fail fail = {.err = GV_OK};
    int status = 0;
    gv_webhook_sign(value, out->secret, gv_clock_utc(outbox->config.clock),
                    gv_view_of(out->body, out->body_n));
    gv_format_cut(signature, sizeof(signature), "Gavel-Signature: %s", value);
    gv_format_cut(delivery, sizeof(delivery), "Gavel-Delivery: %s", out->delivery.uuid);
    gv_format_cut(event, sizeof(event), "Gavel-Event: %s",
                  gv_webhook_event_name(out->delivery.event));
    const char *const headers[] = {signature, delivery, event, NULL};
    const struct gv_http_request request = {
        .url = out->url,
        .method = "POST",
        .content_type = "application/json",
        .body = gv_view_of(out->body, out->body_n),
        .headers = headers,
        .public_only = !atomic_load(outbox->config.private_targets),
        .stop = &outbox->stop,
        .connect_timeout_ms = patience[outbox->config.lane].connect_ms,
        .timeout_ms = patience[outbox->config.lane].all_ms,
        .sink = drop,
    };
    error[0] = '\0';
    if (gv_http_perform(outbox->config.http, &request, &status, &fail) != GV_OK) {
        gv_format_cut(error, cap, "%s", fail.text[0] != '\0' ? fail.text : "no answer");
    } else if (status >= 300 && status < 400) {
        gv_format_cut(error, cap, "answered %d: redirects are not followed", status);
    } else if (status < 200 || status >= 300) {
        gv_format_cut(error, cap, "answered %d", status);
    }
    return status;
}

bool gv_outbox_step(struct gv_outbox *outbox)
{
    const struct gv_outbox_config *config = &outbox->config;
    char error[GV_WEBHOOK_WHY_MAX];
    const struct gv_mono now = gv_clock_mono(config->clock);
    if (atomic_load(&outbox->stop) || now.ms < outbox->pause_until.ms ||
        !gv_engine_outbox_due(config->engine, config->lane, gv_clock_utc(config->clock)) ||
        gv_engine_outbox_take(config->engine, config->lane, &outbox->outgoing) != GV_OK) {
        return false;
    }
    const int status = send_one(outbox, error, sizeof(error));
    gv_secure_zero(outbox->outgoing.secret, sizeof(outbox->outgoing.secret));
    if (atomic_load(&outbox->stop) && error[0] != '\0') {
        return false; /* we ended it ourselves: the next start sends it again */
    }
    const uint64_t id = outbox->outgoing.delivery.id;
    gv_log(error[0] == '\0' ? GV_LOG_DEBUG : GV_LOG_INFO, "outbox",
           "delivery=%" PRIu64 " webhook=%" PRIu64 " status=%d %s", id,
           outbox->outgoing.delivery.webhook_id, status, error);
    if (gv_engine_outbox_done(config->engine, id, status < 0 || status > 999 ? 0 : (uint32_t)status,
                              error) != GV_OK) {
        outbox->pause_until.ms = now.ms + PAUSE_MS;
    }
    return true;
}
