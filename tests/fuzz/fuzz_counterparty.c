/* Answers of a Counterparty API that is none: header lines, an empty line, the body. A balance that
 * is believed has a name, a positive quantity, and comes from a server that said it is ready. */
#include "app/counterparty/counterparty.h"
#include "firmware/base/assert.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MIN_HEIGHT 100u

static struct gv_counterparty cp;
static struct gv_view answer;

/* Lines up to the first empty one go to the header sink; the rest is the body. */
static struct gv_view tell_headers(const struct gv_http_request *request)
{
    struct gv_view left = answer;
    while (left.n > 0) {
        const uint8_t *end = memchr(left.p, '\n', left.n);
        size_t n = end == NULL ? left.n : (size_t)(end - left.p);
        struct gv_view line = gv_view_of(left.p, n);
        size_t taken = end == NULL ? n : n + 1;
        left = gv_view_of(left.p + taken, left.n - taken);
        if (n == 0) {
            break;
        }
        request->header_sink(request->header_ctx, line);
    }
    return left;
}

static enum gv_err perform(void *ctx, const struct gv_http_request *request, int *status,
                           struct gv_fail *fail)
{
    (void)ctx;
    *status = 200;
    struct gv_view body = tell_headers(request);
    if (!request->sink(request->sink_ctx, body)) {
        return gv_fail(fail, GV_ERR_TOO_LARGE, "http.sink", "stopped");
    }
    return GV_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct gv_http_ops ops = {.perform = perform};
    static struct gv_http http = {.ops = &ops, .ctx = NULL};
    static const struct gv_counterparty_config config = {.url = "http://cp"};
    static const struct gv_outpoint outpoints[2] = {{.vout = 0}, {.vout = 1}};
    answer = gv_view_of(data, size);
    gv_counterparty_init(&cp, &http, &config);
    struct gv_fail fail = {.err = GV_OK};
    struct gv_cp_balance balances[3];
    uint32_t count = 0;
    enum gv_err err = gv_cp_balances(&cp, &outpoints[0], MIN_HEIGHT, balances, 3, &count, &fail);
    if (err == GV_OK) {
        GV_ASSERT(count >= 1);
        GV_ASSERT(count <= 3);
        for (uint32_t i = 0; i < count; i++) {
            GV_ASSERT(balances[i].quantity > 0);
            GV_ASSERT(balances[i].asset[0] != '\0');
            GV_ASSERT(memchr(balances[i].longname, '\0', sizeof(balances[i].longname)) != NULL);
        }
    } else {
        GV_ASSERT(fail.err == err && fail.code[0] != '\0');
    }
    struct gv_cp_state state;
    if (gv_cp_state(&cp, &state, &fail) == GV_OK) {
        GV_ASSERT(memchr(state.network, '\0', sizeof(state.network)) != NULL);
    }
    bool carries[2];
    if (gv_cp_with_balances(&cp, outpoints, 2, 0, carries, &fail) != GV_OK) {
        GV_ASSERT(fail.code[0] != '\0');
    }
    return 0;
}
