/* What the live stream says: one envelope for all, the same objects as the GETs. */
#include "web/api/api_state.h"
#include "web/api/price.h"
#include "web/api/render.h"

#include "firmware/base/text.h"

static void open_frame(struct gv_json_out *out, const char *channel, uint64_t sequence,
                       const char *type, struct gv_utc now)
{
    gv_jo_object(out);
    gv_jo_kint(out, "v", 1);
    gv_jo_kstring(out, "ch", channel);
    gv_jo_kint(out, "seq", (int64_t)sequence);
    gv_jo_kstring(out, "type", type);
    gv_render_utc(out, "ts", now);
    gv_jo_key(out, "data");
}

/* A frame of the node's state. Returns its length, 0 when it does not fit. */
static size_t write_node_frame(const struct gv_api *api, const char *type, char *buf, size_t cap)
{
    struct gv_json_out out;
    struct gv_market_head head;
    const struct gv_utc now = gv_clock_utc(api->config.clock);
    gv_market_head(api->config.market, &head);
    gv_json_out_init(&out, buf, cap);
    open_frame(&out, "node", head.sequence, type, now);
    gv_render_node(&out, &head, now);
    gv_jo_object_end(&out);
    return out.full ? 0 : out.n;
}

/* Who comes, and who lost messages, is told to read everything again. */
size_t gv_api_greet(void *api, const void *route_extra, char *buf, size_t cap)
{
    if (route_extra != NULL) {
        return gv_price_greet(api, route_extra, 0, buf, cap);
    }
    return write_node_frame(api, "resync", buf, cap);
}

static size_t write_time_frame(const struct gv_api *api, char *buf, size_t cap)
{
    struct gv_json_out out;
    const struct gv_utc now = gv_clock_utc(api->config.clock);
    gv_json_out_init(&out, buf, cap);
    open_frame(&out, "time", 0, "time", now);
    gv_jo_object(&out);
    gv_jo_kint(&out, "server_time_ms", now.s * 1000);
    gv_jo_object_end(&out);
    gv_jo_object_end(&out);
    return out.full ? 0 : out.n;
}

/* Clients have nothing to say on this stream yet but "are you there". */
/* Prices bring their points in several messages, everything else is one. */
size_t gv_api_greet_more(void *api, const void *route_extra, unsigned part, char *buf, size_t cap)
{
    return route_extra != NULL ? gv_price_greet(api, route_extra, part, buf, cap) : 0;
}

const void *gv_api_channel(void *api, const struct gv_exchange *x)
{
    (void)api;
    return x->route->extra != NULL ? gv_price_channel_of(x) : NULL;
}

size_t gv_api_on_message(void *api, const void *route_extra, uint64_t client_id,
                         struct gv_view text, char *reply, size_t cap)
{
    (void)client_id;
    if (route_extra != NULL || !gv_view_is(text, "{\"op\":\"ping\"}")) {
        return 0;
    }
    return write_time_frame(api, reply, cap);
}

/* A full message pool needs no action: the live thread then greets every client anew. */
static void publish(const struct gv_api *api, const char *buf, size_t n)
{
    if (n > 0 && gv_live_publish_to(api->live, NULL, gv_view_of(buf, n)) == GV_ERR_TOO_LARGE) {
        gv_log(GV_LOG_BROKEN, "api", "live frame too large bytes=%zu", n);
    }
}

struct listing_frame {
    struct gv_json_out out;
    struct gv_tip tip;
};

static void write_row(void *ctx, const struct gv_market_row *row)
{
    struct listing_frame *frame = ctx;
    gv_render_v1(&frame->out, row, frame->tip);
}

static size_t write_listing_frame(const struct gv_api *api, const struct gv_event *event, char *buf,
                                  size_t cap)
{
    struct listing_frame frame;
    gv_json_out_init(&frame.out, buf, cap);
    open_frame(&frame.out, "dutch", event->sequence, "listing", gv_clock_utc(api->config.clock));
    if (gv_market_with(api->config.market, event->id, &frame.tip, write_row, &frame) != GV_OK) {
        return 0; /* retired since: nothing to say */
    }
    gv_jo_object_end(&frame.out);
    return frame.out.full ? 0 : frame.out.n;
}

void gv_api_on_event(void *api, const struct gv_event *event)
{
    struct gv_api *self = api;
    char buf[GV_LIVE_FRAME_OUT_MAX];
    if (self->live == NULL) {
        return; /* the first picture, before anybody can listen */
    }
    switch (event->kind) {
    case GV_EVENT_TIP:
        publish(self, buf, write_node_frame(self, "node", buf, sizeof(buf)));
        break;
    case GV_EVENT_LISTING:
        publish(self, buf, write_listing_frame(self, event, buf, sizeof(buf)));
        break;
    case GV_EVENT_LISTINGS:
        publish(self, buf, write_node_frame(self, "resync", buf, sizeof(buf)));
        break;
    }
}

void gv_api_publish_time(struct gv_api *api)
{
    char buf[256];
    publish(api, buf, write_time_frame(api, buf, sizeof(buf)));
}
