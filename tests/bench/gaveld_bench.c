/* The daemon with two routes more: a constant answer of a chosen size, the baseline that the real routes are
 * measured against in the same run, and many orders at once.
 *   GET /bench/hello?bytes=N  (default 5)     GET /bench/orders?count=N */
#include "firmware/boot/boot.h"

#include "app/engine/orders.h"
#include "firmware/base/text.h"
#include "web/api/api.h"

#include <string.h>

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

static const struct gv_route extra[] = {{
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
                                            .pattern = "/bench/orders",
                                            .handler = handle_orders,
                                            .scope = GV_SCOPE_PUBLIC,
                                            .csrf = GV_CSRF_NONE,
                                            .rate = GV_RATE_FREE,
                                            .operation = "benchOrders",
                                        }};

int main(int argc, char **argv)
{
    memset(constant, 'h', sizeof(constant));
    return gv_boot_run(argc, argv, extra, sizeof(extra) / sizeof(extra[0]));
}
