#include "tests/unit/node/rpc_fixture.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

struct gv_rpc rpc_under_test;
struct gv_rpc_config rpc_config;
struct fake_http rpc_fake;
struct gv_fail rpc_fail;
const char *rpc_cookie;
unsigned rpc_cookie_reads;

static struct gv_http http;

static enum gv_err read_cookie(void *ctx, const char *path, char *out, size_t cap)
{
    (void)ctx;
    GV_ASSERT(strcmp(path, "/node/.cookie") == 0);
    rpc_cookie_reads++;
    if (rpc_cookie == NULL) {
        return GV_ERR_NOT_FOUND;
    }
    return gv_text_copy(out, cap, rpc_cookie) ? GV_OK : GV_ERR_TOO_LARGE;
}

int rpc_set_up(void **state)
{
    (void)state;
    http = fake_http_open(&rpc_fake);
    rpc_config = (struct gv_rpc_config){.url = "http://127.0.0.1:8332",
                                        .cookie_file = "/node/.cookie",
                                        .connect_timeout_ms = 1000,
                                        .timeout_ms = 1000,
                                        .read_cookie = read_cookie};
    rpc_cookie = "__cookie__:0123\n";
    rpc_cookie_reads = 0;
    rpc_fail = (struct gv_fail){.err = GV_OK};
    gv_rpc_init(&rpc_under_test, &http, &rpc_config);
    return 0;
}

void rpc_push(int status, const char *body)
{
    fake_http_push(&rpc_fake, GV_OK, status, body);
}

struct gv_hash256 rpc_hash(const char *text)
{
    struct gv_hash256 hash;
    enum gv_err err = gv_hex_decode_reversed(hash.b, sizeof(hash.b), text, strlen(text));
    GV_ASSERT(err == GV_OK);
    return hash;
}
