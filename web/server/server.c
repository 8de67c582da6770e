#include "web/server/server.h"

#include "hal/linux/tls.h"
#include "web/server/departure.h"
#include "web/server/entrance.h"
#include "web/server/glue.h"
#include "web/server/guard.h"
#include "web/server/router.h"
#include "web/server/serve.h"
#include "web/server/ticks.h"
#include "web/server/turnover.h"
#include "web/server/waits.h"
#include "web/server/worker.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <civetweb.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_HANDSHAKE_MS  5000u
#define DEFAULT_REQUEST_MS    5000u
#define DEFAULT_KEEP_ALIVE_MS 5000u
#define DEFAULT_BODY_MS       10000u
/* Two browsers of six connections each behind one address, and some. */
#define DEFAULT_PER_ADDRESS 16u

static struct gv_server the_server;
static bool running;

/* ---- CivetWeb's options ----------------------------------------------------------------------- */

struct options {
    char ports[192];
    char workers[16];
    char request_ms[16];
    char keep_alive_ms[16];
    char queue[16];
    char head_bytes[16];
    const char *list[32]; /* name, value, ..., NULL */
    size_t n;
};

static void add_option(struct options *options, const char *name, const char *value)
{
    GV_ASSERT(options->n + 3 <= sizeof(options->list) / sizeof(options->list[0]));
    options->list[options->n++] = name;
    options->list[options->n++] = value;
    options->list[options->n] = NULL;
}

static bool has_ipv6(void)
{
    int probe = socket(AF_INET6, SOCK_STREAM, 0);
    if (probe >= 0) {
        close(probe);
    }
    return probe >= 0;
}

/* One entry of listening_ports: "127.0.0.1:80", "[::1]:443s", "+443s" for both families. */
static bool add_port(char *ports, size_t cap, const char *address, uint16_t port, bool tls)
{
    char entry[96];
    const char *suffix = tls ? "s" : "";
    bool any = address == NULL || address[0] == '\0';
    bool fits = false;
    if (any && has_ipv6()) {
        fits = gv_format(entry, sizeof(entry), "+%u%s", (unsigned)port, suffix);
    } else if (any) {
        fits = gv_format(entry, sizeof(entry), "0.0.0.0:%u%s", (unsigned)port, suffix);
    } else if (strchr(address, ':') != NULL) {
        fits = gv_format(entry, sizeof(entry), "[%s]:%u%s", address, (unsigned)port, suffix);
    } else {
        fits = gv_format(entry, sizeof(entry), "%s:%u%s", address, (unsigned)port, suffix);
    }
    size_t n = strlen(ports);
    return fits && gv_format(ports + n, cap - n, "%s%s", n > 0 ? "," : "", entry);
}

static bool make_options(struct options *options, const struct gv_server_config *config)
{
    *options = (struct options){0};
    bool fits = true;
    if (config->http) {
        fits = add_port(options->ports, sizeof(options->ports), config->http_address,
                        config->http_port, false);
    }
    if (config->tls) {
        fits = fits && add_port(options->ports, sizeof(options->ports), config->https_address,
                                config->https_port, true);
    }
    gv_format_cut(options->workers, sizeof(options->workers), "%u", config->workers);
    gv_format_cut(options->request_ms, sizeof(options->request_ms), "%" PRIu32, config->request_ms);
    gv_format_cut(options->keep_alive_ms, sizeof(options->keep_alive_ms), "%" PRIu32,
                  config->keep_alive_ms);
    gv_format_cut(options->queue, sizeof(options->queue), "%u", GV_GUARD_QUEUE);
    gv_format_cut(options->head_bytes, sizeof(options->head_bytes), "%u", GV_REQUEST_HEAD_MAX);
    add_option(options, "listening_ports", options->ports);
    add_option(options, "num_threads", options->workers);
    add_option(options, "request_timeout_ms", options->request_ms);
    add_option(options, "keep_alive_timeout_ms", options->keep_alive_ms);
    add_option(options, "connection_queue", options->queue);
    add_option(options, "max_request_size", options->head_bytes);
    add_option(options, "enable_keep_alive", "yes");
    add_option(options, "tcp_nodelay", "1");
    add_option(options, "decode_url", "no"); /* path.c decodes, once */
    add_option(options, "enable_auth_domain_check", "no");
    return fits;
}

/* ---- CivetWeb's callbacks --------------------------------------------------------------------- */

/* The port that speaks TLS, 0 for none. */
static uint16_t tls_port_of(const struct mg_context *ctx)
{
    struct mg_server_port ports[4];
    const int n = mg_get_server_ports(ctx, 4, ports);
    for (int i = 0; i < n; i++) {
        if (ports[i].is_ssl != 0) {
            return (uint16_t)ports[i].port;
        }
    }
    return 0;
}

static void *init_thread(const struct mg_context *ctx, int type)
{
    if (type != 1) {
        gv_guard_master(tls_port_of(ctx));
        return NULL;
    }
    unsigned index = atomic_fetch_add(&the_server.workers_started, 1);
    GV_ASSERT(index < GV_HTTP_WORKERS);
    gv_waits_worker(index);
    return &the_server.workers[index];
}

static int init_connection(const struct mg_connection *conn, void **conn_data)
{
    (void)conn;
    (void)conn_data;
    gv_turnover_taken(); /* those with TLS were taken when they were claimed */
    return 0;
}

static int begin_request(struct mg_connection *conn)
{
    return gv_serve(mg_get_thread_pointer(conn), conn);
}

static int http_error(struct mg_connection *conn, int status, const char *message)
{
    gv_serve_malformed(mg_get_thread_pointer(conn), conn, status, message);
    return 0;
}

static void connection_close(const struct mg_connection *conn)
{
    struct gv_worker *worker = mg_get_thread_pointer(conn);
    gv_upgrade_closing(worker);
    gv_turnover_left();
}

/* ---- Start and stop --------------------------------------------------------------------------- */

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
    return value != 0 ? value : fallback;
}

static void prepare(struct gv_server *server, const struct gv_server_config *config,
                    const struct gv_route *routes, size_t routes_n, void *app)
{
    memset(server, 0, sizeof(*server));
    server->config = *config;
    server->config.workers = or_default(config->workers, GV_HTTP_WORKERS);
    server->config.handshake_ms = or_default(config->handshake_ms, DEFAULT_HANDSHAKE_MS);
    server->config.request_ms = or_default(config->request_ms, DEFAULT_REQUEST_MS);
    server->config.keep_alive_ms = or_default(config->keep_alive_ms, DEFAULT_KEEP_ALIVE_MS);
    server->config.body_ms = or_default(config->body_ms, DEFAULT_BODY_MS);
    server->config.per_address_max =
        or_default(config->per_address_max, config->tls ? DEFAULT_PER_ADDRESS : GV_PER_ADDRESS_ANY);
    server->routes = routes;
    server->routes_n = routes_n;
    server->app = app;
    for (unsigned i = 0; i < GV_HTTP_WORKERS; i++) {
        server->workers[i].server = server;
        server->workers[i].index = i;
    }
}

static enum gv_err start_civetweb(struct gv_server *server, struct gv_fail *fail)
{
    struct options options;
    if (!make_options(&options, &server->config)) {
        return gv_fail(fail, GV_ERR_INVALID, "server.bind", "the listening address is too long");
    }
    static const struct mg_callbacks callbacks = {
        .init_thread = init_thread,
        .init_connection = init_connection,
        .begin_request = begin_request,
        .http_error = http_error,
        .connection_close = connection_close,
    };
    struct mg_init_data init = {
        .callbacks = &callbacks,
        .user_data = server,
        .configuration_options = options.list,
    };
    char text[160] = "";
    struct mg_error_data error = {.text = text, .text_buffer_size = sizeof(text)};
    mg_init_library(MG_FEATURES_DEFAULT);
    server->civetweb = mg_start2(&init, &error);
    if (server->civetweb == NULL) {
        mg_exit_library();
        return gv_fail(fail, GV_ERR_IO, "server.bind", "cannot listen on %s: %s", options.ports,
                       text);
    }
    return GV_OK;
}

static void read_ports(struct gv_server *server)
{
    struct mg_server_port ports[4];
    int n = mg_get_server_ports(server->civetweb, 4, ports);
    for (int i = 0; i < n; i++) {
        if (ports[i].is_ssl != 0) {
            server->https_port = (uint16_t)ports[i].port;
        } else {
            server->http_port = (uint16_t)ports[i].port;
        }
    }
}

static void close_parts(const struct gv_server *server)
{
    gv_guard_deinit();
    gv_waits_close();
    gv_turnover_deinit();
    gv_departure_deinit();
    if (server->config.tls) {
        gv_tls_close();
    }
}

/* Everything CivetWeb's threads use, before they run. On failure nothing is left open. */
static enum gv_err open_parts(struct gv_server *server, struct gv_fail *fail)
{
    const struct gv_server_config *config = &server->config;
    const struct gv_entrance_config entrance = {.workers = config->workers,
                                                .handshake_ms = config->handshake_ms,
                                                .request_ms = config->request_ms};
    if (config->tls) {
        const enum gv_err err = gv_tls_open(config->cert_path, config->key_path, fail);
        if (err != GV_OK) {
            return err;
        }
    }
    gv_guard_init(config->per_address_max, config->cap_loopback, config->proxies);
    gv_departure_init();
    enum gv_err err = gv_turnover_init(config->workers);
    if (err == GV_OK) {
        err = gv_waits_open(config->workers);
    }
    if (err == GV_OK) {
        err = gv_entrance_open(&entrance);
    }
    if (err != GV_OK) {
        close_parts(server);
        return gv_fail(fail, GV_ERR_IO, "server.bind", "no descriptor or thread left");
    }
    return GV_OK;
}

enum gv_err gv_server_start(struct gv_server **server, const struct gv_server_config *config,
                            const struct gv_route *routes, size_t routes_n, void *app,
                            struct gv_fail *fail)
{
    *server = NULL;
    if (running) {
        return gv_fail(fail, GV_ERR_STATE, "server.running", "the server runs already");
    }
    GV_ASSERT(config->http || config->tls);
    GV_ASSERT(config->workers <= GV_HTTP_WORKERS);
    enum gv_err err = gv_router_check(routes, routes_n, fail);
    if (err != GV_OK) {
        return err;
    }
    prepare(&the_server, config, routes, routes_n, app);
    err = open_parts(&the_server, fail);
    if (err != GV_OK) {
        return err;
    }
    err = start_civetweb(&the_server, fail);
    if (err != GV_OK) {
        gv_entrance_stop();
        gv_entrance_close();
        close_parts(&the_server);
        return err;
    }
    read_ports(&the_server);
    running = true;
    *server = &the_server;
    gv_log(GV_LOG_INFO, "server", "listening http=%u https=%u workers=%u",
           (unsigned)the_server.http_port, (unsigned)the_server.https_port,
           the_server.config.workers);
    return GV_OK;
}

#if defined(__SANITIZE_THREAD__)
/* CivetWeb reads its stop flag once without the atomic it writes it with; it only repeats the write. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:STOP_FLAG_ASSIGN\n";
}
#endif

void gv_server_stop(struct gv_server *server)
{
    GV_ASSERT(server == &the_server);
    GV_ASSERT(running);
    gv_entrance_stop();
    mg_stop(server->civetweb);
    mg_exit_library();
    gv_entrance_close();
    close_parts(server);
    running = false;
}

uint16_t gv_server_http_port(const struct gv_server *server)
{
    return server->http_port;
}

uint16_t gv_server_https_port(const struct gv_server *server)
{
    return server->https_port;
}

enum gv_err gv_server_reload_cert(struct gv_server *server, struct gv_fail *fail)
{
    const struct gv_server_config *config = &server->config;
    if (!config->tls) {
        return gv_fail(fail, GV_ERR_STATE, "server.tls", "TLS is off");
    }
    return gv_tls_reload(config->cert_path, config->key_path, fail);
}
