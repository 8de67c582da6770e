/* The daemon with three routes more.
 *   GET /bench/hello?bytes=N  (default 5): a constant answer of a chosen size, the baseline that the real
 *                             routes are measured against in the same run
 *   GET /bench/publish:       an event on the channel "node" that tells when it was published
 *   GET /bench/orders?count=N: many orders at once */
#include "firmware/boot/boot.h"

#include "app/engine/orders.h"
#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/stream.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define HELLO_MAX (4u * 1024u * 1024u)

static char constant[HELLO_MAX];

static void handle_hello(struct gv_exchange *x)
{
    char text[16] = "5";
    size_t n = 1;
    uint64_t bytes = 5;
    struct gv_fail fail;
    if (gv_web_query(x->request, "bytes", text, sizeof(text), &n, &fail) != GV_OK) {
        memcpy(text, "5", 2);
        n = 1;
    }
    if (!gv_parse_u64(&bytes, gv_view_of(text, n), HELLO_MAX)) {
        bytes = 5;
    }
    gv_reply_body(x, gv_view_of(constant, (size_t)bytes), "application/json");
}

static void handle_publish(struct gv_exchange *x)
{
    struct timespec now;
    char text[64];
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    const uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    gv_format_cut(text, sizeof(text), "{\"bench_ns\":\"%" PRIu64 "\"}", now_ns);
    const struct gv_view data = gv_view_of(text, strlen(text));
    gv_stream_publish(gv_api_of(x), gv_live_channel(GV_TOPIC_NODE, 0), "bench", 0, data);
    gv_reply_body(x, data, "application/json");
}

static enum gv_err add_orders(uint64_t count)
{
    const struct gv_actor actor = {.who = "bench"};
    struct gv_fail fail;
    enum gv_err err = GV_OK;
    while (count > 0 && err == GV_OK) {
        struct gv_order_upload *upload = gv_order_upload_acquire();
        uint64_t first_id;
        if (upload == NULL) {
            return GV_ERR_FULL;
        }
        while (count > 0 && gv_order_upload_put(upload, gv_view_str("Bench"), &fail) == GV_OK) {
            count--;
        }
        err = gv_engine_orders_add(gv_engine_instance(), &actor, upload, &first_id, &fail);
    }
    return err;
}

static void handle_orders(struct gv_exchange *x)
{
    char text[16];
    size_t n = 0;
    uint64_t count = 0;
    struct gv_fail fail;
    const bool good = gv_web_query(x->request, "count", text, sizeof(text), &n, &fail) == GV_OK &&
                      gv_parse_u64(&count, gv_view_of(text, n), GV_ORDERS_MAX) &&
                      add_orders(count) == GV_OK;
    gv_reply_body(x, gv_view_str(good ? "true" : "false"), "application/json");
}

static const struct gv_route routes[] = {
    {
        .method = "GET",
        .pattern = "/bench/hello",
        .handler = handle_hello,
        .scope = GV_SCOPE_PUBLIC,
        .csrf = GV_CSRF_NONE,
        .rate = GV_RATE_FREE,
        .operation = "hello",
    },
    {
        .method = "GET",
        .pattern = "/bench/publish",
        .handler = handle_publish,
        .scope = GV_SCOPE_PUBLIC,
        .csrf = GV_CSRF_NONE,
        .rate = GV_RATE_FREE,
        .operation = "publish",
    },
    {
        .method = "GET",
        .pattern = "/bench/orders",
        .handler = handle_orders,
        .scope = GV_SCOPE_PUBLIC,
        .csrf = GV_CSRF_NONE,
        .rate = GV_RATE_FREE,
        .operation = "addOrders",
    },
};

int main(int argc, char **argv)
{
    memset(constant, 'h', sizeof(constant));
    return gv_boot_run(argc, argv, routes, sizeof(routes) / sizeof(routes[0]));
}
