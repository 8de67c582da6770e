/* What the live stream says: the same objects as the GETs. */
#include "web/api/stream.h"

#include "web/api/orders_render.h"
#include "web/api/price.h"
#include "web/api/render.h"

const struct gv_live_topic gv_api_topics[] = {
    [GV_TOPIC_MARKET] = {.name = "market"},
    [GV_TOPIC_AUCTION] = {.name = "auction", .has_id = true},
    [GV_TOPIC_NODE] = {.name = "node"},
    [GV_TOPIC_PRICE] = {.name = "price"},
    [GV_TOPIC_SYSTEM] = {.name = "system"},
    [GV_TOPIC_LOGS] = {.name = "logs", .is_private = true},
    [GV_TOPIC_BOX] = {.name = "box", .is_private = true},
    [GV_TOPIC_ORDERS] = {.name = "orders"},
    [GV_TOPIC_MEMPOOL] = {.name = "mempool", .has_id = true, .is_raw = true},
};
const unsigned gv_api_topics_n = GV_TOPICS;
_Static_assert(sizeof(gv_api_topics) / sizeof(gv_api_topics[0]) == GV_TOPICS, "one row each");

/* ---- Objects ---------------------------------------------------------------------------------- */

static size_t length_of(const struct gv_json_out *out)
{
    return out->full ? 0 : out->n;
}

static size_t write_node(const struct gv_api *api, char *buf, size_t cap)
{
    struct gv_json_out out;
    struct gv_market_head head;
    gv_market_head(api->config.market, &head);
    gv_json_out_init(&out, buf, cap);
    gv_render_node(&out, &head, gv_clock_utc(api->config.clock));
    return length_of(&out);
}

/* Too large for one message as a whole: what a client must know to read the lists. */
static size_t write_market(const struct gv_api *api, char *buf, size_t cap)
{
    struct gv_json_out out;
    struct gv_market_head head;
    gv_market_head(api->config.market, &head);
    gv_json_out_init(&out, buf, cap);
    gv_jo_object(&out);
    gv_jo_kint(&out, "height", head.tip.height.v);
    gv_jo_kint(&out, "listings", head.count);
    gv_jo_key(&out, "by_status");
    gv_jo_object(&out);
    for (unsigned i = 0; i < GV_DUTCH_STATUSES; i++) {
        gv_jo_kint(&out, gv_dutch_status_text((enum gv_dutch_status)i), head.status_counts[i]);
    }
    gv_jo_object_end(&out);
    gv_jo_object_end(&out);
    return length_of(&out);
}

static size_t write_system(const struct gv_api *api, char *buf, size_t cap)
{
    struct gv_json_out out;
    const struct gv_mono now = gv_clock_mono(api->config.clock);
    gv_json_out_init(&out, buf, cap);
    gv_jo_object(&out);
    gv_jo_kstring(&out, "version", GV_VERSION);
    gv_jo_kstring(&out, "board", GV_BOARD_NAME);
    gv_jo_kint(&out, "uptime_s", (int64_t)((now.ms - api->started.ms) / 1000u));
    gv_jo_object_end(&out);
    return length_of(&out);
}

static size_t write_orders(const struct gv_api *api, char *buf, size_t cap)
{
    struct gv_json_out out;
    struct gv_orders_status status;
    gv_engine_orders_status(api->config.engine, &status);
    gv_json_out_init(&out, buf, cap);
    gv_render_orders_status(&out, &status);
    return length_of(&out);
}

struct listing {
    struct gv_json_out out;
    struct gv_tip tip;
};

static void write_row(void *ctx, const struct gv_market_row *row)
{
    struct listing *listing = ctx;
    gv_render_v1(&listing->out, row, listing->tip);
}

/* Returns: 0 when there is none of that number. */
static size_t write_listing(const struct gv_api *api, uint64_t id, char *buf, size_t cap)
{
    struct listing listing;
    gv_json_out_init(&listing.out, buf, cap);
    if (gv_market_with(api->config.market, id, &listing.tip, write_row, &listing) != GV_OK) {
        return 0;
    }
    return length_of(&listing.out);
}

/* ---- Hooks of the live thread ------------------------------------------------------------------- */

static size_t write_listing_or_null(const struct gv_api *api, uint64_t id, char *buf, size_t cap)
{
    struct gv_json_out out;
    const size_t n = write_listing(api, id, buf, cap);
    if (n > 0) {
        return n;
    }
    gv_json_out_init(&out, buf, cap);
    gv_jo_null(&out);
    return length_of(&out);
}

size_t gv_api_snapshot(void *api, uint64_t channel, uint64_t *next, char *buf, size_t cap)
{
    const uint64_t id = gv_live_channel_id(channel);
    switch ((enum gv_topic)gv_live_channel_topic(channel)) {
    case GV_TOPIC_MARKET:
        return write_market(api, buf, cap);
    case GV_TOPIC_AUCTION:
        return write_listing_or_null(api, id, buf, cap);
    case GV_TOPIC_NODE:
        return write_node(api, buf, cap);
    case GV_TOPIC_PRICE:
        return gv_price_data(api, buf, cap);
    case GV_TOPIC_SYSTEM:
        return write_system(api, buf, cap);
    case GV_TOPIC_LOGS:
    case GV_TOPIC_BOX:
        return gv_private_snapshot(api, (enum gv_topic)gv_live_channel_topic(channel), buf, cap);
    case GV_TOPIC_ORDERS:
        return write_orders(api, buf, cap);
    case GV_TOPIC_MEMPOOL:
        return gv_price_greet(api, id, next, buf, cap);
    case GV_TOPICS:
        break;
    }
    return 0;
}

uint64_t gv_api_raw(void *api, const struct gv_exchange *x)
{
    (void)api;
    return x->route->extra != NULL ? gv_price_channel_of(x) : 0;
}

/* ---- Events ------------------------------------------------------------------------------------- */

void gv_stream_publish(const struct gv_api *api, uint64_t channel, const char *type,
                       enum gv_newest_of newest_of, struct gv_view data)
{
    const struct gv_live_event event = {
        .channel = channel, .type = type, .newest_of = newest_of, .data = data};
    if (data.n > 0 && gv_live_publish(api->live, &event) == GV_ERR_TOO_LARGE) {
        gv_log(GV_LOG_BROKEN, "api", "live event too large bytes=%zu", data.n);
    }
}

static void publish_listing(const struct gv_api *api, uint64_t id, char *buf)
{
    const struct gv_view data = gv_view_of(buf, write_listing(api, id, buf, GV_LIVE_DATA_MAX));
    /* Retired since, when there is nothing to say. */
    gv_stream_publish(api, gv_live_channel(GV_TOPIC_AUCTION, id), "listing", GV_NEWEST_OF_NONE,
                      data);
    gv_stream_publish(api, gv_live_channel(GV_TOPIC_MARKET, 0), "listing", GV_NEWEST_OF_NONE, data);
}

static void publish_order(const struct gv_api *api, const struct gv_order_news *news, char *buf)
{
    struct gv_json_out out;
    gv_json_out_init(&out, buf, GV_LIVE_DATA_MAX);
    gv_render_order_news(&out, news);
    gv_stream_publish(api, gv_live_channel(GV_TOPIC_ORDERS, 0), gv_order_news_text(news->kind),
                      GV_NEWEST_OF_NONE, gv_view_of(buf, length_of(&out)));
}

void gv_api_on_event(void *api, const struct gv_event *event)
{
    struct gv_api *self = api;
    char buf[GV_LIVE_DATA_MAX];
    if (self->live == NULL) {
        return; /* the first picture, before anybody can listen */
    }
    switch (event->kind) {
    case GV_EVENT_TIP:
        gv_stream_publish(self, gv_live_channel(GV_TOPIC_NODE, 0), "node", GV_NEWEST_OF_NODE,
                          gv_view_of(buf, write_node(self, buf, sizeof(buf))));
        break;
    case GV_EVENT_LISTING:
        publish_listing(self, event->id, buf);
        break;
    case GV_EVENT_LISTINGS:
        gv_live_reset(self->live, gv_live_channel(GV_TOPIC_AUCTION, 0));
        gv_live_reset(self->live, gv_live_channel(GV_TOPIC_MARKET, 0));
        break;
    case GV_EVENT_ORDER:
        publish_order(self, event->order, buf);
        break;
    case GV_EVENT_ORDERS:
        gv_live_reset(self->live, gv_live_channel(GV_TOPIC_ORDERS, 0));
        break;
    }
}
