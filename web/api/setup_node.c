/* Set-up of the node: where one may be, and whether a connection to it works. Nothing is stored here;
 * what was found good goes into the settings. */
#include "web/api/handlers.h"

#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/conditional.h"
#include "web/api/errors.h"
#include "web/api/own_node.h"
#include "web/api/small_body.h"

#include <string.h>

#define CONNECT_MS 1000u
#define ANSWER_MS  5000u

/* ---- discover --------------------------------------------------------------------------------------- */

static bool drop(void *ctx, struct gv_view piece)
{
    (void)ctx;
    (void)piece;
    return true;
}

/* A node asks who we are; other services on such a port seldom do. */
static bool answers(struct gv_http *http, const char *url)
{
    const struct gv_http_request request = {
        .url = url,
        .method = "POST",
        .content_type = "application/json",
        .body = gv_view_str("{\"method\":\"getblockchaininfo\",\"params\":[],\"id\":1}"),
        .connect_timeout_ms = CONNECT_MS,
        .timeout_ms = CONNECT_MS,
        .sink = drop,
    };
    int status = 0;
    return gv_http_perform(http, &request, &status, NULL) == GV_OK && status == 401;
}

static void write_cookies(struct gv_json_out *out, const struct gv_api *api)
{
    struct gv_api_cookie found[GV_API_COOKIES_MAX];
    const uint32_t n = api->config.find_cookies(api->config.boot_ctx, found, GV_API_COOKIES_MAX);
    gv_jo_key(out, "cookies");
    gv_jo_array(out);
    for (uint32_t i = 0; i < n; i++) {
        gv_jo_object(out);
        gv_jo_kstring(out, "path", found[i].path);
        gv_jo_kstring(out, "network", found[i].network);
        gv_jo_kbool(out, "readable", found[i].readable);
        gv_jo_object_end(out);
    }
    gv_jo_array_end(out);
}

static void write_address(struct gv_json_out *out, struct gv_http *http, const char *url)
{
    gv_jo_object(out);
    gv_jo_kstring(out, "url", url);
    gv_jo_kbool(out, "answers", answers(http, url));
    gv_jo_object_end(out);
}

void gv_handle_setup_discover(struct gv_exchange *x)
{
    static const char *const urls[] = {"http://127.0.0.1:8332", "http://127.0.0.1:18332",
                                       "http://127.0.0.1:38332", "http://127.0.0.1:18443"};
    struct gv_api *api = gv_api_of(x);
    struct gv_http *http = &gv_api_worker_of(x)->http;
    const char *configured = api->config.rpc->url;
    struct gv_json_out out;
    bool listed = false;
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_key(&out, "own");
    gv_own_node_write(api, &out);
    write_cookies(&out, api);
    gv_jo_key(&out, "addresses");
    gv_jo_array(&out);
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        write_address(&out, http, urls[i]);
        listed = listed || strcmp(urls[i], configured) == 0;
    }
    if (!listed) {
        write_address(&out, http, configured);
    }
    gv_jo_array_end(&out);
    gv_jo_object_end(&out);
    gv_api_json(x, &out);
}

/* ---- test ------------------------------------------------------------------------------------------- */

#define TOPICS       3u
#define ENDPOINT_MAX 128u

static const struct {
    const char *member;    /* of the request */
    const char *name;      /* in the answer */
    const char *published; /* as getzmqnotifications calls it */
    const char *lines[2];  /* of bitcoin.conf */
} topics[TOPICS] = {
    {"zmq_tx", "rawtx", "pubrawtx", {"zmqpubrawtx=tcp://127.0.0.1:28332", "zmqpubrawtxhwm=20000"}},
    {"zmq_block", "rawblock", "pubrawblock", {"zmqpubrawblock=tcp://127.0.0.1:28332", NULL}},
    {"zmq_sequence", "sequence", "pubsequence", {"zmqpubsequence=tcp://127.0.0.1:28332", NULL}},
};

struct trial {
    struct gv_rpc_config rpc;
    bool rpc_good;
    struct gv_fail rpc_fail;
    struct gv_rpc_chain chain;
    int64_t version; /* 0: not told */
    struct {
        char endpoint[ENDPOINT_MAX];  /* asked for, else published; "": neither */
        char published[ENDPOINT_MAX]; /* by the node; "": not, or it was not asked */
        bool good;
        struct gv_fail fail;
    } zmq[TOPICS];
};

/* An optional text member into a buffer. */
static enum gv_err read_optional(gv_json_ref object, const char *key, char *out, size_t cap,
                                 struct gv_fail *fail)
{
    struct gv_view text;
    out[0] = '\0';
    if (gv_json_get(object, key) == NULL) {
        return GV_OK;
    }
    const enum gv_err err = gv_member_text(object, key, 0, cap - 1, &text, fail);
    if (err == GV_OK && text.n > 0) {
        memcpy(out, text.p, text.n);
        out[text.n] = '\0';
    }
    return err;
}

static enum gv_err read_credentials(struct gv_rpc_config *rpc, gv_json_ref object,
                                    struct gv_fail *fail)
{
    char user[96];
    char password[128];
    enum gv_err err = read_optional(object, "user", user, sizeof(user), fail);
    if (err == GV_OK) {
        err = read_optional(object, "password", password, sizeof(password), fail);
    }
    if (err == GV_OK) {
        err =
            read_optional(object, "cookie_file", rpc->cookie_file, sizeof(rpc->cookie_file), fail);
    }
    if (err == GV_OK && (user[0] != '\0') == (rpc->cookie_file[0] != '\0')) {
        err = gv_fail_at(fail, GV_ERR_INVALID, "/cookie_file", "setup.credentials",
                         "give either cookie_file, or user and password");
    }
    if (err == GV_OK && user[0] != '\0') {
        gv_format_cut(rpc->user_pass, sizeof(rpc->user_pass), "%s:%s", user, password);
    }
    gv_secure_zero(password, sizeof(password));
    return err;
}

/* By the rule of the setting that it is to become. */
static enum gv_err check_url(const char *url, struct gv_fail *fail)
{
    struct gv_config scratch;
    gv_config_defaults(&scratch);
    return gv_config_set(&scratch, "node.url", url, fail);
}

static enum gv_err read_trial(struct gv_exchange *x, struct trial *trial, struct gv_fail *fail)
{
    static const char *const members[] = {"url",    "cookie_file", "user",         "password",
                                          "zmq_tx", "zmq_block",   "zmq_sequence", NULL};
    const struct gv_rpc_config *own = gv_api_of(x)->config.rpc;
    struct gv_json json;
    struct gv_view url;
    memset(trial, 0, sizeof(*trial));
    enum gv_err err = gv_small_body(x, members, &json, fail);
    if (err == GV_OK) {
        err = gv_member_text(json.root, "url", 8, sizeof(trial->rpc.url) - 1, &url, fail);
    }
    if (err == GV_OK) {
        gv_format_cut(trial->rpc.url, sizeof(trial->rpc.url), "%.*s", (int)url.n,
                      (const char *)url.p);
        err = check_url(trial->rpc.url, fail);
    }
    if (err == GV_OK) {
        err = read_credentials(&trial->rpc, json.root, fail);
    }
    for (size_t i = 0; i < TOPICS && err == GV_OK; i++) {
        err =
            read_optional(json.root, topics[i].member, trial->zmq[i].endpoint, ENDPOINT_MAX, fail);
    }
    trial->rpc.connect_timeout_ms = CONNECT_MS;
    trial->rpc.timeout_ms = ANSWER_MS;
    trial->rpc.read_cookie = own->read_cookie;
    trial->rpc.read_cookie_ctx = own->read_cookie_ctx;
    return err;
}

/* The worker's own RPC client, lent for a moment: it is too large to have twice. */
static void try_rpc(struct gv_api_worker *worker, struct trial *trial)
{
    struct gv_rpc *rpc = &worker->rpc;
    gv_rpc_init(rpc, &worker->http, &trial->rpc);
    trial->rpc_good = gv_rpc_blockchain(rpc, &trial->chain, &trial->rpc_fail) == GV_OK;
    if (!trial->rpc_good) {
        return;
    }
    if (gv_rpc_version(rpc, &trial->version, NULL) != GV_OK) {
        trial->version = 0; /* rpcwhitelist need not name that call */
    }
    for (size_t i = 0; i < TOPICS; i++) {
        if (gv_rpc_zmq_endpoint(rpc, topics[i].published, trial->zmq[i].published, ENDPOINT_MAX,
                                NULL) != GV_OK) {
            trial->zmq[i].published[0] = '\0';
        }
    }
}

/* "tcp://0.0.0.0:28332" and "tcp://10.0.0.7:28332" are one publisher seen from two sides. */
static bool same_port(const char *a, const char *b)
{
    const char *port_a = strrchr(a, ':');
    const char *port_b = strrchr(b, ':');
    return port_a != NULL && port_b != NULL && strcmp(port_a, port_b) == 0;
}

static void try_zmq(const struct gv_api *api, struct trial *trial, size_t i)
{
    struct gv_fail *fail = &trial->zmq[i].fail;
    const char *published = trial->zmq[i].published;
    char *endpoint = trial->zmq[i].endpoint;
    if (endpoint[0] == '\0') {
        gv_format_cut(endpoint, ENDPOINT_MAX, "%s", published);
    }
    if (trial->rpc_good && published[0] == '\0') {
        gv_fail(fail, GV_ERR_NOT_FOUND, "feed.unpublished", "the node does not publish %s",
                topics[i].name);
    } else if (endpoint[0] == '\0') {
        gv_fail(fail, GV_ERR_NOT_FOUND, "feed.unknown", "no endpoint was given");
    } else if (trial->rpc_good && !same_port(endpoint, published)) {
        gv_fail(fail, GV_ERR_INVALID, "feed.elsewhere", "the node publishes %s at %s",
                topics[i].name, published);
    } else {
        trial->zmq[i].good = api->config.probe_zmq(api->config.boot_ctx, endpoint, fail) == GV_OK;
    }
}

static void write_missing(struct gv_json_out *out, const struct trial *trial)
{
    gv_jo_key(out, "missing");
    gv_jo_array(out);
    if (!trial->rpc_good && trial->rpc_fail.err == GV_ERR_UNAVAILABLE) {
        gv_jo_string(out, "server=1");
    }
    for (size_t i = 0; i < TOPICS && trial->rpc_good; i++) {
        for (size_t k = 0; k < 2 && trial->zmq[i].published[0] == '\0'; k++) {
            if (topics[i].lines[k] != NULL) {
                gv_jo_string(out, topics[i].lines[k]);
            }
        }
    }
    gv_jo_array_end(out);
}

static void write_chain(struct gv_json_out *out, const struct trial *trial)
{
    gv_jo_key(out, "chain");
    if (!trial->rpc_good) {
        gv_jo_null(out);
        return;
    }
    gv_jo_object(out);
    gv_jo_kstring(out, "network", trial->chain.chain);
    gv_jo_kint(out, "height", trial->chain.blocks);
    gv_jo_kint(out, "headers", trial->chain.headers);
    gv_jo_kbool(out, "pruned", trial->chain.pruned);
    gv_jo_kbool(out, "ibd", trial->chain.initial_download);
    gv_jo_kint(out, "version", trial->version);
    gv_jo_object_end(out);
}

static void answer_trial(struct gv_exchange *x, const struct trial *trial)
{
    struct gv_json_out out;
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_key(&out, "rpc");
    gv_jo_object(&out);
    gv_jo_kbool(&out, "ok", trial->rpc_good);
    gv_jo_kstring(&out, "code", trial->rpc_fail.code);
    gv_jo_kstring(&out, "detail", trial->rpc_fail.text);
    gv_jo_object_end(&out);
    gv_jo_key(&out, "zmq");
    gv_jo_array(&out);
    for (size_t i = 0; i < TOPICS; i++) {
        gv_jo_object(&out);
        gv_jo_kstring(&out, "topic", topics[i].name);
        gv_jo_kbool(&out, "ok", trial->zmq[i].good);
        gv_jo_kstring(&out, "detail",
                      trial->zmq[i].good ? trial->zmq[i].endpoint : trial->zmq[i].fail.text);
        gv_jo_object_end(&out);
    }
    gv_jo_array_end(&out);
    write_missing(&out, trial);
    write_chain(&out, trial);
    gv_jo_object_end(&out);
    gv_api_json(x, &out);
}

void gv_handle_setup_node_test(struct gv_exchange *x)
{
    struct gv_api *api = gv_api_of(x);
    struct gv_api_worker *worker = gv_api_worker_of(x);
    struct gv_fail fail = {.err = GV_OK};
    struct trial trial;
    const enum gv_err err = read_trial(x, &trial, &fail);
    gv_small_body_wipe(x);
    if (err == GV_OK) {
        try_rpc(worker, &trial);
        gv_rpc_init(&worker->rpc, &worker->http, api->config.rpc);
        for (size_t i = 0; i < TOPICS; i++) {
            try_zmq(api, &trial, i);
        }
        answer_trial(x, &trial);
    } else {
        gv_api_fail(x, &fail);
    }
    gv_secure_zero(&trial, sizeof(trial));
}
