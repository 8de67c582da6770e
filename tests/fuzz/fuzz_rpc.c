/* Answers of a node that is not a node: each typed call either fails with a code or gives values
 * within their ranges. First byte: which call, and which HTTP status; the rest: the body. */
#include "app/money/sat.h"
#include "app/node/rpc.h"
#include "firmware/base/assert.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEX_CAP 4096u

static struct gv_rpc rpc;
static struct gv_view body;
static int http_status;

static enum gv_err perform(void *ctx, const struct gv_http_request *request, int *status,
                           struct gv_fail *fail)
{
    (void)ctx;
    *status = http_status;
    /* Two pieces, so that the streaming parsers meet a boundary. */
    size_t half = body.n / 2;
    if (!request->sink(request->sink_ctx, gv_view_of(body.p, half)) ||
        !request->sink(request->sink_ctx, gv_view_of(body.p + half, body.n - half))) {
        return gv_fail(fail, GV_ERR_TOO_LARGE, "http.sink", "stopped");
    }
    return GV_OK;
}

static enum gv_err call_chain(struct gv_fail *fail)
{
    struct gv_rpc_chain chain;
    enum gv_err err = gv_rpc_blockchain(&rpc, &chain, fail);
    if (err == GV_OK) {
        GV_ASSERT(chain.blocks < 500000000u);
        GV_ASSERT(chain.verification_progress >= 0.0 && chain.verification_progress <= 1.0);
        GV_ASSERT(memchr(chain.chain, '\0', sizeof(chain.chain)) != NULL);
    }
    return err;
}

static enum gv_err call_txout(struct gv_fail *fail)
{
    static const struct gv_outpoint outpoint = {.vout = 1};
    struct gv_rpc_txout txout;
    enum gv_err err = gv_rpc_txout(&rpc, &outpoint, true, &txout, fail);
    if (err == GV_OK && txout.found) {
        GV_ASSERT(txout.value_sat <= GV_SAT_MAX);
        GV_ASSERT(txout.spk.n <= GV_SPK_MAX);
        GV_ASSERT(memchr(txout.address, '\0', sizeof(txout.address)) != NULL);
    }
    return err;
}

static enum gv_err call_spenders(struct gv_fail *fail)
{
    static const struct gv_outpoint outpoints[2] = {{.vout = 1}, {.vout = 2}};
    bool spent[2];
    struct gv_hash256 txids[2];
    return gv_rpc_spenders(&rpc, outpoints, 2, spent, txids, fail);
}

static enum gv_err call_header(struct gv_fail *fail)
{
    static const struct gv_hash256 hash;
    struct gv_hash256 prev;
    struct gv_utc time;
    uint32_t height = 0;
    return gv_rpc_header(&rpc, &hash, &prev, &time, &height, fail);
}

static enum gv_err call_block(struct gv_fail *fail)
{
    static const struct gv_hash256 hash;
    static uint8_t block[HEX_CAP];
    size_t len = 0;
    enum gv_err err = gv_rpc_block(&rpc, &hash, block, sizeof(block), &len, fail);
    GV_ASSERT(err != GV_OK || (len > 0 && len <= sizeof(block)));
    return err;
}

static enum gv_err call_endpoint(struct gv_fail *fail)
{
    char endpoint[32];
    enum gv_err err = gv_rpc_zmq_endpoint(&rpc, "pubrawtx", endpoint, sizeof(endpoint), fail);
    GV_ASSERT(memchr(endpoint, '\0', sizeof(endpoint)) != NULL);
    return err;
}

static enum gv_err call(unsigned which, struct gv_fail *fail)
{
    struct gv_hash256 hash;
    struct gv_rpc_mempool mempool;
    switch (which) {
    case 0:
        return call_chain(fail);
    case 1:
        return call_txout(fail);
    case 2:
        return call_spenders(fail);
    case 3:
        return call_header(fail);
    case 4:
        return call_block(fail);
    case 5:
        return call_endpoint(fail);
    case 6:
        return gv_rpc_block_hash(&rpc, 1, &hash, fail);
    default:
        return gv_rpc_mempool(&rpc, &mempool, fail);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 500, 404, 401, 403, 503, 204, 302};
    static const struct gv_http_ops ops = {.perform = perform};
    static struct gv_http http = {.ops = &ops, .ctx = NULL};
    static const struct gv_rpc_config config = {.url = "http://node", .user_pass = "u:p"};
    if (size == 0) {
        return 0;
    }
    http_status = statuses[data[0] >> 5];
    body = gv_view_of(data + 1, size - 1);
    gv_rpc_init(&rpc, &http, &config);
    struct gv_fail fail = {.err = GV_OK};
    enum gv_err err = call(data[0] & 7u, &fail);
    GV_ASSERT(err == GV_OK || (err == fail.err && fail.code[0] != '\0'));
    return 0;
}
