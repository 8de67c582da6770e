/* What /ws/mempool says, and the price channel of the live stream. */
#include "web/api/price.h"

#include "web/api/stream.h"

#include "firmware/base/text.h"

/* A point is 45 bytes, 64 enveloped, everything else below 600: this many always fit a message. */
#define POINTS_A_MESSAGE 110u
_Static_assert(POINTS_A_MESSAGE * 66u + 800u <= GV_LIVE_FRAME_OUT_MAX, "a message fits");

/* Forms of the stream: a raw channel each. */
enum form {
    FORM_FLAT = 1,
    FORM_ENVELOPED /* {"type":"mempool_update","data":{...}}, as an older program sends it */
};

uint64_t gv_price_channel_of(const struct gv_exchange *x)
{
    char format[16];
    size_t n = 0;
    const enum gv_err err = gv_web_query(x->request, "format", format, sizeof(format), &n, NULL);
    const bool enveloped = err == GV_OK && gv_view_is(gv_view_of(format, n), "enveloped");
    return gv_live_channel(GV_TOPIC_MEMPOOL, enveloped ? FORM_ENVELOPED : FORM_FLAT);
}

void gv_render_fixed(struct gv_json_out *out, const char *key, double v, int decimals)
{
    char text[40];
    gv_format_cut(text, sizeof(text), "%.*f", decimals, v);
    gv_jo_key(out, key);
    gv_jo_raw(out, text, gv_view_str(text).n);
}

/* Points of one message. */
struct batch {
    uint64_t first; /* number of the first one */
    uint32_t n;
    struct gv_oracle_point point[POINTS_A_MESSAGE];
};

static void write_seconds(struct gv_json_out *out, const char *key, int64_t ms)
{
    gv_render_fixed(out, key, (double)ms / 1000.0, 3);
}

static void write_points(struct gv_json_out *out, bool enveloped, const struct batch *batch)
{
    gv_jo_key(out, "transactions");
    gv_jo_array(out);
    for (uint32_t i = 0; i < batch->n; i++) {
        gv_jo_object(out);
        write_seconds(out, "timestamp", batch->point[i].time_ms);
        gv_render_fixed(out, "price", batch->point[i].price, 2);
        if (enveloped) {
            gv_jo_knull(out, "btc_amount");
        }
        gv_jo_object_end(out);
    }
    gv_jo_array_end(out);
}

static void write_stats(struct gv_json_out *out, const struct gv_oracle_view *view)
{
    gv_jo_key(out, "stats");
    gv_jo_object(out);
    gv_jo_kint(out, "total_received", (int64_t)view->window.received);
    gv_jo_kint(out, "total_filtered", (int64_t)(view->window.received - view->window.passed));
    gv_jo_kint(out, "active_in_window", view->active);
    gv_jo_kint(out, "uptime_seconds", (int64_t)(view->uptime_s > 0 ? view->uptime_s : 1));
    gv_jo_object_end(out);
}

static void write_judgement(struct gv_json_out *out, const struct gv_oracle_view *view)
{
    if (view->has_price) {
        gv_render_fixed(out, "price", view->price, 2);
    } else {
        gv_jo_knull(out, "price");
    }
    if (view->has_price && view->judgement.has_spot) {
        gv_render_fixed(out, "spot", view->judgement.spot, 2);
        gv_render_fixed(out, "low", view->judgement.interval.low, 2);
        gv_render_fixed(out, "high", view->judgement.interval.high, 2);
    }
    if (view->block_cents != 0) {
        gv_render_fixed(out, "block", (double)view->block_cents / 100.0, 2);
    } else {
        gv_jo_knull(out, "block");
    }
    gv_render_fixed(out, "confidence", view->confidence, 3);
    gv_jo_kstring(out, "state", gv_oracle_state_text(view->state));
    gv_jo_kint(out, "state_since", view->state_since_ms / 1000);
    gv_render_fixed(out, "filled", (double)view->fill_permille / 1000.0, 3);
}

size_t gv_price_data(const struct gv_api *api, char *buf, size_t cap)
{
    struct gv_json_out out;
    struct gv_oracle_view view;
    gv_json_out_init(&out, buf, cap);
    if (api->config.oracle == NULL) {
        gv_jo_null(&out); /* switched off */
        return out.n;
    }
    gv_oracle_service_view(api->config.oracle, &view);
    gv_jo_object(&out);
    write_judgement(&out, &view);
    gv_jo_object_end(&out);
    return out.full ? 0 : out.n;
}

static size_t write_message(enum form form, const struct gv_oracle_view *view, int64_t now_ms,
                            const struct batch *batch, char *buf, size_t cap)
{
    struct gv_json_out out;
    gv_json_out_init(&out, buf, cap);
    gv_jo_object(&out);
    if (form == FORM_ENVELOPED) {
        gv_jo_kstring(&out, "type", "mempool_update");
        gv_jo_key(&out, "data");
        gv_jo_object(&out);
        gv_jo_knull(&out, "baseline");
    }
    write_judgement(&out, view);
    gv_jo_kint(&out, "first", (int64_t)batch->first);
    write_points(&out, form == FORM_ENVELOPED, batch);
    write_stats(&out, view);
    write_seconds(&out, "timestamp", now_ms);
    if (form == FORM_ENVELOPED) {
        gv_jo_object_end(&out);
    }
    gv_jo_object_end(&out);
    return out.full ? 0 : out.n;
}

/* Points with numbers from `from` on, below `end`. Returns: number behind the last one. */
static uint64_t take_points(const struct gv_api *api, uint64_t from, uint64_t end,
                            struct batch *batch)
{
    uint64_t next = from;
    batch->n = gv_oracle_service_points(api->config.oracle, &next, batch->point, POINTS_A_MESSAGE);
    while (batch->n > 0 && next > end) {
        batch->n--;
        next--;
    }
    batch->first = next - batch->n;
    return next;
}

/* Points that are not sent yet come with the next message to all. *next is the number of the part's first
 * point and one: points that have left the trail since the part before are passed over. */
size_t gv_price_greet(const struct gv_api *api, uint64_t form, uint64_t *next, char *buf,
                      size_t cap)
{
    struct gv_oracle_view view;
    struct batch batch;
    const uint64_t end = atomic_load(&api->price_points_sent);
    gv_oracle_service_view(api->config.oracle, &view);
    const uint64_t from = *next == 0 ? view.trail_first : *next - 1;
    const uint64_t behind = take_points(api, from, end, &batch);
    *next = behind < end ? behind + 1 : 0;
    const int64_t now_ms = gv_clock_utc(api->config.clock).s * 1000;
    return write_message((enum form)form, &view, now_ms, &batch, buf, cap);
}

static void publish(const struct gv_api *api, uint64_t channel, enum gv_newest_of newest_of,
                    const char *buf, size_t n)
{
    const struct gv_live_event event = {
        .channel = channel, .type = "price", .newest_of = newest_of, .data = gv_view_of(buf, n)};
    if (n > 0 && gv_live_publish(api->live, &event) == GV_ERR_TOO_LARGE) {
        gv_log(GV_LOG_BROKEN, "api", "price frame too large bytes=%zu", n);
    }
}

static void publish_form(const struct gv_api *api, enum form form,
                         const struct gv_oracle_view *view, int64_t now_ms,
                         const struct batch *batch)
{
    char buf[GV_LIVE_FRAME_OUT_MAX];
    const size_t n = write_message(form, view, now_ms, batch, buf, sizeof(buf));
    publish(api, gv_live_channel(GV_TOPIC_MEMPOOL, form), GV_NEWEST_OF_NONE, buf, n);
}

void gv_api_on_price(void *ctx)
{
    struct gv_api *api = ctx;
    struct gv_oracle_view view;
    struct batch batch;
    char buf[1024];
    if (api->live == NULL) {
        return; /* nobody can listen yet */
    }
    gv_oracle_service_view(api->config.oracle, &view);
    const uint64_t sent = atomic_load(&api->price_points_sent);
    const uint64_t next = take_points(api, sent, UINT64_MAX, &batch);
    const int64_t now_ms = gv_clock_utc(api->config.clock).s * 1000;
    /* First counted, then sent: a client that comes in between gets these points twice, not never. */
    atomic_store(&api->price_points_sent, next);
    publish_form(api, FORM_FLAT, &view, now_ms, &batch);
    publish_form(api, FORM_ENVELOPED, &view, now_ms, &batch);
    publish(api, gv_live_channel(GV_TOPIC_PRICE, 0), GV_NEWEST_OF_PRICE, buf,
            gv_price_data(api, buf, sizeof(buf)));
}
