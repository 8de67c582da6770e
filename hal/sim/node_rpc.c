/* JSON-RPC of the scripted node over the HTTP interface: envelopes, batches, and bitcoind's ways of
 * refusing a request altogether. */
#include "hal/sim/node_parts.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

#define PIECE_BYTES 16384u /* the sink gets answers in pieces, as from a socket */

enum {
    RPC_PARSE_ERROR = -32700,
    RPC_INVALID_REQUEST = -32600,
    RPC_NO_METHOD = -32601,
    RPC_WARMING_UP = -28,
};

/* ---- envelopes ------------------------------------------------------------------------------ */

static void write_id(struct gv_json_out *out, gv_json_ref id)
{
    struct gv_view text;
    gv_jo_key(out, "id");
    if (gv_json_number_text(id, &text)) {
        gv_jo_raw(out, (const char *)text.p, text.n);
    } else if (gv_json_string(id, &text)) {
        gv_jo_text(out, text);
    } else {
        gv_jo_null(out);
    }
}

static void write_error(struct gv_json_out *out, gv_json_ref id, bool is_v2, int code,
                        const char *message)
{
    gv_jo_object(out);
    if (is_v2) {
        gv_jo_kstring(out, "jsonrpc", "2.0");
    } else {
        gv_jo_knull(out, "result");
    }
    gv_jo_key(out, "error");
    gv_jo_object(out);
    gv_jo_kint(out, "code", code);
    gv_jo_kstring(out, "message", message);
    gv_jo_object_end(out);
    write_id(out, id);
    gv_jo_object_end(out);
}

static int status_of(int code, bool is_v2)
{
    if (code == 0 || is_v2) {
        return 200;
    }
    return code == RPC_NO_METHOD ? 404 : code == RPC_INVALID_REQUEST ? 400 : 500;
}

/* One member. Returns: the HTTP status it would have by itself. */
static int answer_one(struct gv_sim_node *node, gv_json_ref request, struct gv_json_out *out)
{
    struct gv_view text;
    const char *message = "";
    gv_json_ref id = gv_json_get(request, "id");
    bool is_v2 = gv_json_string(gv_json_get(request, "jsonrpc"), &text) && gv_view_is(text, "2.0");
    if (node->switches.warming_up) {
        write_error(out, id, is_v2, RPC_WARMING_UP, "Loading block index…");
        return status_of(RPC_WARMING_UP, is_v2);
    }
    if (!gv_json_string(gv_json_get(request, "method"), &text)) {
        write_error(out, id, is_v2, RPC_INVALID_REQUEST, "Missing method");
        return status_of(RPC_INVALID_REQUEST, is_v2);
    }
    const struct gv_json_out start = *out;
    gv_jo_object(out);
    if (is_v2) {
        gv_jo_kstring(out, "jsonrpc", "2.0");
    }
    gv_jo_key(out, "result");
    int code = gv_sim_call(node, text, gv_json_get(request, "params"), out, &message);
    if (code != 0) {
        *out = start; /* the result, half written or not at all, does not count */
        write_error(out, id, is_v2, code, message);
        return status_of(code, is_v2);
    }
    if (!is_v2) {
        gv_jo_knull(out, "error");
    }
    write_id(out, id);
    gv_jo_object_end(out);
    return 200;
}

static int answer(struct gv_sim_node *node, size_t request_n, struct gv_json_out *out)
{
    struct gv_json json;
    struct gv_arena arena;
    gv_arena_init(&arena, node->request_arena, sizeof(node->request_arena));
    if (gv_json_parse(&json, &arena, node->request, request_n, NULL) != GV_OK) {
        write_error(out, NULL, false, RPC_PARSE_ERROR, "Parse error");
        return 500;
    }
    if (gv_json_type(json.root) != GV_JSON_ARRAY) {
        return answer_one(node, json.root, out);
    }
    struct gv_json_iter it;
    gv_jo_array(out);
    for (gv_json_ref e = gv_json_first(&it, json.root); e != NULL; e = gv_json_next(&it)) {
        (void)answer_one(node, e, out);
    }
    gv_jo_array_end(out);
    return 200;
}

/* ---- HTTP ----------------------------------------------------------------------------------- */

static bool is_allowed(const struct gv_sim_node *node, const struct gv_http_request *request)
{
    if (node->switches.unauthorized) {
        return false;
    }
    return node->user_pass == NULL ||
           (request->user_pass != NULL && strcmp(node->user_pass, request->user_pass) == 0);
}

/* Refusals before any JSON is looked at. Returns: the status, 0: go on. */
static int refuse(const struct gv_sim_node *node, const struct gv_http_request *request)
{
    if (strcmp(request->method, "POST") != 0) {
        return 405;
    }
    if (!is_allowed(node, request)) {
        return 401;
    }
    return node->switches.busy ? 503 : 0;
}

static int reply_to(struct gv_sim_node *node, const struct gv_http_request *request, size_t *n)
{
    static const char overload[] = "Work queue depth exceeded";
    struct gv_json_out out;
    *n = 0;
    int status = refuse(node, request);
    if (status == 503) {
        *n = sizeof(overload) - 1;
        memcpy(node->reply, overload, *n);
    }
    if (status == 0) {
        GV_ASSERT(request->body.n + GV_JSON_PADDING <= sizeof(node->request));
        memcpy(node->request, request->body.p, request->body.n);
        gv_json_out_init(&out, node->reply, sizeof(node->reply));
        status = answer(node, request->body.n, &out);
        GV_ASSERT(!out.full);
        *n = out.n;
    }
    return status;
}

static bool deliver(const struct gv_sim_node *node, const struct gv_http_request *request, size_t n)
{
    for (size_t at = 0; at < n; at += PIECE_BYTES) {
        size_t piece = n - at < PIECE_BYTES ? n - at : PIECE_BYTES;
        if (!request->sink(request->sink_ctx, gv_view_of(node->reply + at, piece))) {
            return false;
        }
    }
    return true;
}

static enum gv_err op_perform(void *ctx, const struct gv_http_request *request, int *status,
                              struct gv_fail *fail)
{
    struct gv_sim_node *node = ctx;
    enum gv_err err = GV_OK;
    *status = 0;
    pthread_mutex_lock(&node->lock);
    if (node->switches.unreachable) {
        err = gv_fail(fail, GV_ERR_UNAVAILABLE, "http.unavailable", "connection refused");
    } else {
        size_t n = 0;
        *status = reply_to(node, request, &n);
        if (!deliver(node, request, n)) {
            *status = 0;
            err = gv_fail(fail, GV_ERR_TOO_LARGE, "http.too_large",
                          "the answer is longer than allowed");
        }
    }
    pthread_mutex_unlock(&node->lock);
    return err;
}

struct gv_http gv_sim_node_http(struct gv_sim_node *node)
{
    static const struct gv_http_ops http_ops = {.perform = op_perform};
    return (struct gv_http){.ops = &http_ops, .ctx = node};
}
