/* Results that are one long hex string: a block of 4 MB is 8 MB of JSON, so it is never held as
 * text. The digits are decoded as they come; what is around them is kept and parsed like any other
 * answer, with an empty string in their place. */
#include "app/node/rpc_wire.h"

/* How bitcoind begins every JSON-RPC 1.0 answer with a string result. */
static const char answer_head[] = "{\"result\":\"";

enum hex_state {
    HEX_HEAD,   /* still equal to answer_head */
    HEX_DIGITS, /* inside the string */
    HEX_REST,   /* behind it, or answer_head did not come: an ordinary answer */
};

struct hex_sink {
    enum hex_state state;
    struct gv_http_buffer around; /* the answer without the digits */
    uint8_t *bytes;
    size_t cap;
    size_t len;
    int high;       /* first digit of a pair; -1: none */
    bool bad_digit; /* the string holds something else than hex */
    bool too_large;
};

static int digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return -1; /* the node writes lower case */
}

static bool keep_around(struct hex_sink *sink, uint8_t c)
{
    return gv_http_buffer_sink(&sink->around, gv_view_of(&c, 1));
}

static bool take_digit(struct hex_sink *sink, uint8_t c)
{
    int value = digit_value(c);
    if (value < 0) {
        sink->bad_digit = true;
        return false;
    }
    if (sink->high < 0) {
        sink->high = value;
        return true;
    }
    if (sink->len == sink->cap) {
        sink->too_large = true;
        return false;
    }
    sink->bytes[sink->len++] = (uint8_t)(sink->high * 16 + value);
    sink->high = -1;
    return true;
}

static bool take_byte(struct hex_sink *sink, uint8_t c)
{
    switch (sink->state) {
    case HEX_HEAD:
        if (c != (uint8_t)answer_head[sink->around.n]) {
            sink->state = HEX_REST;
        } else if (sink->around.n + 1 == sizeof(answer_head) - 1) {
            sink->state = HEX_DIGITS;
        }
        return keep_around(sink, c);
    case HEX_DIGITS:
        if (c != '"') {
            return take_digit(sink, c);
        }
        sink->state = HEX_REST;
        return keep_around(sink, c);
    case HEX_REST:
        return keep_around(sink, c);
    }
    return false;
}

static bool take_piece(void *ctx, struct gv_view piece)
{
    struct hex_sink *sink = ctx;
    for (size_t i = 0; i < piece.n; i++) {
        if (!take_byte(sink, piece.p[i])) {
            return false;
        }
    }
    return true;
}

static void restart_sink(void *ctx)
{
    struct hex_sink *sink = ctx;
    sink->state = HEX_HEAD;
    sink->around.n = 0;
    sink->around.p[0] = '\0';
    sink->len = 0;
    sink->high = -1;
    sink->bad_digit = false;
    sink->too_large = false;
}

enum gv_err gv_rpc_call_hex(struct gv_rpc *rpc, struct gv_rpc_request *request, uint8_t *bytes,
                            size_t cap, size_t *len, struct gv_fail *fail)
{
    struct hex_sink sink = {
        .around = {.p = rpc->answer, .n = 0, .cap = GV_RPC_SMALL_MAX}, .bytes = bytes, .cap = cap};
    int status = 0;
    enum gv_err err = gv_rpc_exchange(rpc, request, take_piece, restart_sink, &sink, &status, fail);
    if (err == GV_ERR_TOO_LARGE && !sink.too_large) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.bad_answer", "%s: %s", request->method,
                       sink.bad_digit ? "the result is not hex" : "the answer is over the limit");
    }
    gv_json_ref result = NULL;
    if (err == GV_OK) {
        err = gv_rpc_parse(rpc, request, status, sink.around.n, &result, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    struct gv_view text;
    if (!gv_json_string(result, &text) || text.n != 0 || sink.high >= 0 || sink.len == 0) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.bad_answer",
                       "%s: the result is not a hex string", request->method);
    }
    *len = sink.len;
    return GV_OK;
}
