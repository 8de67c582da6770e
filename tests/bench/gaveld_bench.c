/* The daemon with one route more: a constant answer of a chosen size, the baseline that the real
 * routes are measured against in the same run.  GET /bench/hello?bytes=N  (default 5) */
#include "firmware/boot/boot.h"

#include "firmware/base/text.h"

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

static const struct gv_route hello = {
    .method = "GET",
    .pattern = "/bench/hello",
    .handler = handle_hello,
    .scope = GV_SCOPE_PUBLIC,
    .csrf = GV_CSRF_NONE,
    .rate = GV_RATE_FREE,
    .operation = "hello",
};

int main(int argc, char **argv)
{
    memset(constant, 'h', sizeof(constant));
    return gv_boot_run(argc, argv, &hello, 1);
}
