#include "app/node/rpc.h"

#include "app/node/rpc_stats.h"
#include "app/node/rpc_wire.h"
#include "firmware/base/assert.h"
#include "firmware/base/beat.h"
#include "firmware/base/text.h"

#include <string.h>

void gv_rpc_init(struct gv_rpc *rpc, struct gv_http *http, const struct gv_rpc_config *config)
{
    rpc->http = http;
    rpc->config = config;
    rpc->id = 0;
    rpc->credentials[0] = '\0';
}

/* ---- credentials ------------------------------------------------------------------------------- */

/* A cookie is "__cookie__:<hex>" and perhaps a line end. */
static bool trim_cookie(char *text)
{
    size_t n = strcspn(text, "\r\n");
    text[n] = '\0';
    for (size_t i = 0; i < n; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return false;
        }
    }
    return strchr(text, ':') != NULL;
}

/* Out: changed: the credentials differ from those used before. */
static enum gv_err load_credentials(struct gv_rpc *rpc, bool *changed, struct gv_fail *fail)
{
    const struct gv_rpc_config *config = rpc->config;
    char fresh[sizeof(rpc->credentials)] = "";
    enum gv_err err = GV_OK;
    if (config->user_pass[0] != '\0') {
        memcpy(fresh, config->user_pass, sizeof(fresh));
    } else {
        err =
            config->read_cookie(config->read_cookie_ctx, config->cookie_file, fresh, sizeof(fresh));
        if (err != GV_OK) {
            err = gv_fail(fail, GV_ERR_UNAVAILABLE, "node.cookie",
                          "the node's cookie file cannot be read (%s): is bitcoind running?",
                          gv_err_text(err));
        } else if (!trim_cookie(fresh)) {
            err = gv_fail(fail, GV_ERR_UNAVAILABLE, "node.cookie",
                          "the node's cookie file does not hold user:password");
        }
    }
    if (err == GV_OK) {
        *changed = strcmp(fresh, rpc->credentials) != 0;
        memcpy(rpc->credentials, fresh, sizeof(fresh));
    }
    gv_secure_zero(fresh, sizeof(fresh));
    return err;
}
_Static_assert(sizeof(((struct gv_rpc *)NULL)->credentials) ==
                   sizeof(((struct gv_rpc_config *)NULL)->user_pass),
               "user_pass is copied whole");

/* ---- transport --------------------------------------------------------------------------------- */

void gv_rpc_begin(struct gv_rpc *rpc, struct gv_rpc_request *request, const char *method)
{
    memset(request, 0, sizeof(*request));
    request->method = method;
    request->absent_slug = "node.not_found";
    rpc->id++;
    gv_json_out_init(&request->out, rpc->request, sizeof(rpc->request));
    gv_jo_object(&request->out);
    gv_jo_kint(&request->out, "id", rpc->id);
    gv_jo_kstring(&request->out, "method", method);
    gv_jo_key(&request->out, "params");
    gv_jo_array(&request->out);
}

static enum gv_err send_untimed(struct gv_rpc *rpc, const struct gv_rpc_request *request,
                                gv_http_sink *sink, void *ctx, int *status, struct gv_fail *fail)
{
    const struct gv_http_request http = {
        .url = rpc->config->url,
        .method = "POST",
        .user_pass = rpc->credentials,
        .content_type = "application/json",
        .body = gv_view_of(rpc->request, request->out.n),
        .connect_timeout_ms = rpc->config->connect_timeout_ms,
        .timeout_ms = rpc->config->timeout_ms,
        .sink = sink,
        .sink_ctx = ctx,
    };
    struct gv_fail detail = {.err = GV_OK, .text = ""};
    enum gv_err err = gv_http_perform(rpc->http, &http, status, &detail);
    gv_beat(); /* hundreds of calls make a round, and a slow node is no thread that hangs */
    if (err == GV_OK) {
        return GV_OK;
    }
    const char *text = detail.text[0] != '\0' ? detail.text : gv_err_text(err);
    if (err == GV_ERR_TIMEOUT) {
        return gv_fail(fail, err, "node.timeout", "%s: %s", request->method, text);
    }
    if (err == GV_ERR_TOO_LARGE) {
        return gv_fail(fail, err, "node.answer_too_large", "%s: the answer is over the size limit",
                       request->method);
    }
    return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.unreachable", "%s: %s", request->method, text);
}

static enum gv_err send_once(struct gv_rpc *rpc, const struct gv_rpc_request *request,
                             gv_http_sink *sink, void *ctx, int *status, struct gv_fail *fail)
{
    const struct gv_clock *clock = rpc->config->clock;
    if (clock == NULL) {
        return send_untimed(rpc, request, sink, ctx, status, fail);
    }
    const struct gv_mono began = gv_clock_mono(clock);
    const enum gv_err err = send_untimed(rpc, request, sink, ctx, status, fail);
    gv_rpc_stats_add(request->method, gv_clock_mono(clock).ms - began.ms);
    return err;
}

/* Statuses that carry a JSON-RPC answer pass; the rest is told in its own words. */
static enum gv_err judge_status(const struct gv_rpc_request *request, int status,
                                struct gv_fail *fail)
{
    switch (status) {
    case 200:
    case 400:
    case 404:
    case 500:
        return GV_OK;
    case 401:
        return gv_fail(fail, GV_ERR_UNAUTHORIZED, "node.unauthorized",
                       "the node refuses user or password (or its cookie)");
    case 403:
        return gv_fail(fail, GV_ERR_UNAUTHORIZED, "node.forbidden",
                       "the node's rpcwhitelist does not allow %s", request->method);
    case 503:
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.busy",
                       "the node's RPC work queue is full (HTTP 503)");
    default:
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.bad_answer", "%s: HTTP status %d",
                       request->method, status);
    }
}

enum gv_err gv_rpc_exchange(struct gv_rpc *rpc, struct gv_rpc_request *request, gv_http_sink *sink,
                            void (*restart)(void *ctx), void *ctx, int *status,
                            struct gv_fail *fail)
{
    gv_jo_array_end(&request->out);
    gv_jo_object_end(&request->out);
    GV_ASSERT(!request->out.full);

    bool changed = false;
    if (rpc->credentials[0] == '\0') {
        enum gv_err err = load_credentials(rpc, &changed, fail);
        if (err != GV_OK) {
            return err;
        }
    }
    restart(ctx);
    enum gv_err err = send_once(rpc, request, sink, ctx, status, fail);
    if (err == GV_OK && *status == 401) {
        /* The cookie is new with every start of the node. */
        err = load_credentials(rpc, &changed, fail);
        if (err == GV_OK && changed) {
            restart(ctx);
            err = send_once(rpc, request, sink, ctx, status, fail);
        }
    }
    return err == GV_OK ? judge_status(request, *status, fail) : err;
}

/* ---- the answer -------------------------------------------------------------------------------- */

static enum gv_err bad_answer(struct gv_fail *fail, const struct gv_rpc_request *request,
                              const char *what)
{
    return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.bad_answer", "%s: %s", request->method, what);
}

/* {"code":-5,"message":"..."}: the node understood and said no. */
static enum gv_err refused(const struct gv_rpc_request *request, gv_json_ref error,
                           struct gv_fail *fail)
{
    int64_t code = 0;
    struct gv_view message = {.p = NULL, .n = 0};
    if (!gv_json_int(gv_json_get(error, "code"), &code) || code == 0 ||
        !gv_json_string(gv_json_get(error, "message"), &message)) {
        return bad_answer(fail, request, "an error without code and message");
    }
    const char *text = (const char *)message.p;
    int text_len = message.n > 120 ? 120 : (int)message.n;
    if (code == GV_RPC_IN_WARMUP) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.warming_up", "the node is starting: %.*s",
                       text_len, text);
    }
    if (code == request->absent_codes[0] || code == request->absent_codes[1]) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, request->absent_slug, "%s: %.*s", request->method,
                       text_len, text);
    }
    return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.refused", "%s: error %lld, %.*s",
                   request->method, (long long)code, text_len, text);
}

enum gv_err gv_rpc_parse(struct gv_rpc *rpc, const struct gv_rpc_request *request, int status,
                         size_t n, gv_json_ref *result, struct gv_fail *fail)
{
    struct gv_arena arena;
    gv_arena_init(&arena, rpc->arena, sizeof(rpc->arena));
    struct gv_json json;
    if (gv_json_parse(&json, &arena, rpc->answer, n, NULL) != GV_OK ||
        gv_json_unique(json.root, "", NULL) != GV_OK) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.bad_answer",
                       "%s: not a JSON-RPC answer (HTTP status %d)", request->method, status);
    }
    int64_t id = 0;
    if (!gv_json_int(gv_json_get(json.root, "id"), &id) || id != rpc->id) {
        return bad_answer(fail, request, "the answer belongs to another request");
    }
    gv_json_ref error = gv_json_get(json.root, "error");
    if (gv_json_type(error) == GV_JSON_OBJECT) {
        return refused(request, error, fail);
    }
    *result = gv_json_get(json.root, "result");
    if (gv_json_type(error) != GV_JSON_NULL || *result == NULL || status != 200) {
        return bad_answer(fail, request, "neither a result nor an error");
    }
    return GV_OK;
}

static void restart_buffer(void *ctx)
{
    struct gv_http_buffer *buffer = ctx;
    buffer->n = 0;
    buffer->p[0] = '\0';
}

enum gv_err gv_rpc_call(struct gv_rpc *rpc, struct gv_rpc_request *request, gv_json_ref *result,
                        struct gv_fail *fail)
{
    struct gv_http_buffer buffer = {.p = rpc->answer, .n = 0, .cap = GV_RPC_SMALL_MAX};
    int status = 0;
    enum gv_err err =
        gv_rpc_exchange(rpc, request, gv_http_buffer_sink, restart_buffer, &buffer, &status, fail);
    if (err == GV_ERR_TOO_LARGE) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.bad_answer",
                       "%s: the answer is over the size limit", request->method);
    }
    return err == GV_OK ? gv_rpc_parse(rpc, request, status, buffer.n, result, fail) : err;
}
