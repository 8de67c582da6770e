/* The list of the mempool: 300,000 txids are 20 MB of JSON, so it is never held as text. The txids are
 * taken as they come; what is around them is kept and parsed like any other answer, with an empty
 * array in their place. */
#include "app/node/rpc_wire.h"

#define TXID_DIGITS 64u

/* How bitcoind begins every JSON-RPC 1.0 answer with an array as result. */
static const char answer_head[] = "{\"result\":[";

enum list_state {
    LIST_HEAD,   /* still equal to answer_head */
    LIST_VALUE,  /* a txid or the end comes next */
    LIST_DIGITS, /* inside a txid */
    LIST_COMMA,  /* a comma or the end comes next */
    LIST_REST,   /* behind the array, or answer_head did not come: an ordinary answer */
};

struct list_sink {
    enum list_state state;
    struct gv_http_buffer around; /* the answer without the txids */
    struct gv_hash256 *txids;
    uint32_t cap;
    uint32_t count; /* at most cap */
    uint32_t digits_n;
    char digits[TXID_DIGITS];
    bool bad; /* the array holds something else */
};

static bool keep_around(struct list_sink *sink, uint8_t c)
{
    return gv_http_buffer_sink(&sink->around, gv_view_of(&c, 1));
}

static bool refuse(struct list_sink *sink)
{
    sink->bad = true;
    return false;
}

static bool take_digit(struct list_sink *sink, uint8_t c)
{
    struct gv_hash256 txid;
    if (c != '"') {
        if (sink->digits_n == TXID_DIGITS) {
            return refuse(sink);
        }
        sink->digits[sink->digits_n++] = (char)c;
        return true;
    }
    if (gv_hex_decode_reversed(txid.b, sizeof(txid.b), sink->digits, sink->digits_n) != GV_OK) {
        return refuse(sink);
    }
    sink->state = LIST_COMMA;
    if (sink->count < sink->cap) {
        sink->txids[sink->count++] = txid;
    }
    return true;
}

static bool take_between(struct list_sink *sink, uint8_t c)
{
    if (c == ']' && (sink->state == LIST_COMMA || sink->count == 0)) {
        sink->state = LIST_REST;
        return keep_around(sink, c);
    }
    if (sink->state == LIST_COMMA && c == ',') {
        sink->state = LIST_VALUE;
        return true;
    }
    if (sink->state == LIST_VALUE && c == '"') {
        sink->state = LIST_DIGITS;
        sink->digits_n = 0;
        return true;
    }
    return refuse(sink);
}

static bool take_byte(struct list_sink *sink, uint8_t c)
{
    switch (sink->state) {
    case LIST_HEAD:
        if (c != (uint8_t)answer_head[sink->around.n]) {
            sink->state = LIST_REST;
        } else if (sink->around.n + 1 == sizeof(answer_head) - 1) {
            sink->state = LIST_VALUE;
        }
        return keep_around(sink, c);
    case LIST_VALUE:
    case LIST_COMMA:
        return take_between(sink, c);
    case LIST_DIGITS:
        return take_digit(sink, c);
    case LIST_REST:
        return keep_around(sink, c);
    }
    return false;
}

static bool take_piece(void *ctx, struct gv_view piece)
{
    struct list_sink *sink = ctx;
    for (size_t i = 0; i < piece.n; i++) {
        if (!take_byte(sink, piece.p[i])) {
            return false;
        }
    }
    return true;
}

static void restart_sink(void *ctx)
{
    struct list_sink *sink = ctx;
    sink->state = LIST_HEAD;
    sink->around.n = 0;
    sink->around.p[0] = '\0';
    sink->count = 0;
    sink->bad = false;
}

enum gv_err gv_rpc_mempool_txids(struct gv_rpc *rpc, struct gv_hash256 *txids, uint32_t cap,
                                 uint32_t *count, struct gv_fail *fail)
{
    struct gv_rpc_request request;
    *count = 0;
    gv_rpc_begin(rpc, &request, "getrawmempool");
    gv_jo_bool(&request.out, false);
    struct list_sink sink = {
        .around = {.p = rpc->answer, .n = 0, .cap = GV_RPC_SMALL_MAX}, .txids = txids, .cap = cap};
    int status = 0;
    enum gv_err err =
        gv_rpc_exchange(rpc, &request, take_piece, restart_sink, &sink, &status, fail);
    if (err == GV_ERR_TOO_LARGE) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.bad_answer", "%s: %s", request.method,
                       sink.bad ? "the result is no list of txids"
                                : "the answer is over the limit");
    }
    gv_json_ref result = NULL;
    if (err == GV_OK) {
        err = gv_rpc_parse(rpc, &request, status, sink.around.n, &result, fail);
    }
    if (err == GV_OK && gv_json_type(result) != GV_JSON_ARRAY) {
        err = gv_fail(fail, GV_ERR_UNAVAILABLE, "node.bad_answer", "%s: the result is no list",
                      request.method);
    }
    if (err == GV_OK) {
        *count = sink.count;
    }
    return err;
}
