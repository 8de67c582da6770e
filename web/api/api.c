#include "web/api/api_state.h"
#include "web/api/stream.h"

#include "firmware/base/subnet.h"
#include "firmware/base/text.h"

#include <string.h>

static struct gv_api instance;

struct gv_api *gv_api_instance(void)
{
    return &instance;
}

void gv_api_init(struct gv_api *api, const struct gv_api_config *config)
{
    api->config = *config;
    atomic_store(&api->server, NULL);
    atomic_store(&api->live, NULL);
    atomic_store(&api->price_points_sent, 0);
    api->started = gv_clock_mono(config->clock);
    gv_format_cut(api->epoch, sizeof(api->epoch), "%llx",
                  (unsigned long long)gv_clock_utc(config->clock).s);
    gv_rate_init(&api->rate, config->seed);
    gv_door_init(&api->door);
    gv_idempotency_init(&api->idempotency);
    gv_private_init(api);
    for (unsigned i = 0; i < GV_HTTP_WORKERS; i++) {
        struct gv_api_worker *worker = &api->workers[i];
        worker->http = config->http_clients[i];
        gv_rpc_init(&worker->rpc, &worker->http, config->rpc);
        gv_counterparty_init(&worker->counterparty, &worker->http, config->counterparty);
    }
}

void gv_api_tick(struct gv_api *api)
{
    gv_door_tick(api);
    gv_private_tick(api);
}

void gv_api_attach_live(struct gv_api *api, struct gv_live *live)
{
    atomic_store(&api->live, live);
}

void gv_api_attach_server(struct gv_api *api, struct gv_server *server)
{
    atomic_store(&api->server, server);
}

/* "[::1]:8443" and "host:8443" without the port; nothing when the rest is no port. */
static struct gv_view without_port(struct gv_view host)
{
    const bool bracketed = host.n > 0 && host.p[0] == '[';
    const uint8_t *end = host.n > 0 ? memchr(host.p, bracketed ? ']' : ':', host.n) : NULL;
    const size_t name_n = end != NULL ? (size_t)(end - host.p) : host.n;
    size_t i = bracketed && end != NULL ? name_n + 1 : name_n;
    if (i < host.n && host.p[i] == ':') {
        do {
            i++;
        } while (i < host.n && host.p[i] >= '0' && host.p[i] <= '9');
    }
    if (i < host.n || (bracketed && end == NULL)) {
        return gv_view_of(host.p, 0);
    }
    return bracketed ? gv_view_of(host.p + 1, name_n - 1) : gv_view_of(host.p, name_n);
}

static bool equal_names(struct gv_view a, const char *b)
{
    if (strlen(b) != a.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        const char c = (char)(a.p[i] >= 'A' && a.p[i] <= 'Z' ? a.p[i] + 32 : a.p[i]);
        if (c != (b[i] >= 'A' && b[i] <= 'Z' ? b[i] + 32 : b[i])) {
            return false;
        }
    }
    return true;
}

static bool is_address(struct gv_view name)
{
    char text[GV_WEB_PEER_MAX];
    return gv_format(text, sizeof(text), "%.*s", (int)name.n, (const char *)name.p) &&
           gv_address_valid(text);
}

/* A page of a stranger that points its own name at our address must not reach us (DNS rebinding). An address
 * cannot be pointed elsewhere, and behind a proxy or a router we do not know which one leads here. */
bool gv_api_host_allowed(void *api, struct gv_view host)
{
    const struct gv_api *self = api;
    const struct gv_view name = without_port(host);
    for (const char *_Atomic const *at = self->config.host_names; *at != NULL; at++) {
        if (name.n > 0 && equal_names(name, *at)) {
            return true;
        }
    }
    return is_address(name);
}

/* Exactly one of the configured origins: browsers write scheme and name in small letters. */
bool gv_api_origin_allowed(void *api, struct gv_view origin)
{
    const struct gv_api *self = api;
    for (const char *at = self->config.config->cors_origins; *at != '\0';) {
        const size_t n = strcspn(at, ",");
        if (gv_view_equal(origin, gv_view_of(at, n))) {
            return true;
        }
        at += at[n] == ',' ? n + 1 : n;
    }
    return false;
}
