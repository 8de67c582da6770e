/* Parts of the daemon that talk to others: the API, the server with its live stream, the control socket. */
#include "firmware/boot/parts.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "firmware/boot/accounts.h"
#include "firmware/boot/backup_thread.h"
#include "firmware/boot/clients.h"
#include "firmware/boot/machine.h"
#include "firmware/boot/node_search.h"
#include "firmware/boot/own_cert.h"
#include "firmware/boot/update_stage.h"
#include "hal/linux/own_network.h"

#include <string.h>

void gv_boot_ask_restart(void *ctx)
{
    (void)ctx;
    atomic_store(&gv_boot.restart, true);
}

static void ask_renew(void *ctx)
{
    (void)ctx;
    atomic_store(&gv_boot.renew, true);
}

static enum gv_err read_challenge(void *ctx, const char *token, char *out, size_t cap, size_t *n)
{
    char path[GV_FILE_PATH_MAX];
    const char *webroot = gv_boot.config.acme_dir;
    (void)ctx;
    *n = 0;
    if (webroot[0] == '\0' ||
        !gv_format(path, sizeof(path), "%s/.well-known/acme-challenge/%s", webroot, token)) {
        return GV_ERR_NOT_FOUND;
    }
    return gv_file_read(path, out, cap, n, NULL);
}

static uint64_t random_seed(void)
{
    uint64_t seed;
    gv_entropy_fill(&gv_boot.entropy, &seed, sizeof(seed));
    return seed;
}

void gv_boot_init_api(void)
{
    gv_prices_init(gv_prices_instance());
    const struct gv_api_config config = {
        .config = &gv_boot.config,
        .engine = gv_engine_instance(),
        .market = &gv_boot.market,
        .watch = &gv_boot.watch,
        .clock = &gv_boot.clock,
        .seed = random_seed(),
        .rpc = &gv_boot.rpc,
        .counterparty = &gv_boot.counterparty,
        .http_clients = gv_client(0),
        .ca_pem = gv_boot.tls.ca_pem,
        .host_names = gv_boot.tls.names,
        .changes = gv_boot.changes,
        .machine = gv_machine_read,
        .backups = &gv_backup_thread_ops,
        .is_neighbour = gv_own_network_holds_text,
        .own_cert = &gv_boot_own_ops,
        .read_challenge = read_challenge,
        .updates = &gv_update_stage_ops,
        .restart = gv_boot_ask_restart,
        .entropy = &gv_boot.entropy,
        .signer = &gv_boot_accounts_instance()->signer,
        .jwks = &gv_boot_accounts_instance()->jwks,
        .show_claim = gv_boot_show_claim,
        .find_cookies = gv_boot_find_cookies,
        .own_node_asked = gv_boot_own_node_asked,
        .ask_own_node = gv_boot_ask_own_node,
        .probe_zmq = gv_boot_probe_zmq,
        .oracle = gv_boot.config.oracle_enabled ? gv_oracle_service_instance() : NULL,
        .prices = gv_prices_instance(),
        .sequencer = gv_boot.config.orders_enabled ? gv_sequencer_instance() : NULL,
    };
    gv_api_init(gv_api_instance(), &config);
}

enum gv_err gv_boot_start_web(const struct gv_route *extra, size_t extra_n, struct gv_fail *fail)
{
    const struct gv_live_config live_config = {
        .topics = gv_api_topics,
        .topics_n = gv_api_topics_n,
        .snapshot = gv_api_snapshot,
        .authorize = gv_api_hears,
        .raw = gv_api_raw,
        .ctx = gv_api_instance(),
    };
    enum gv_err err = gv_live_start(&gv_boot.live, &live_config, fail);
    if (err != GV_OK) {
        return err;
    }
    gv_api_attach_live(gv_api_instance(), gv_boot.live);
    const size_t routes_n = gv_api_routes_count + extra_n;
    GV_ASSERT(routes_n <= GV_ROUTES_MAX);
    memcpy(gv_boot.routes, gv_api_routes, gv_api_routes_count * sizeof(gv_boot.routes[0]));
    if (extra_n > 0) {
        memcpy(gv_boot.routes + gv_api_routes_count, extra, extra_n * sizeof(gv_boot.routes[0]));
    }
    const struct gv_server_config config = {
        .http_address = gv_boot.config.http_bind,
        .http_port = (uint16_t)gv_boot.config.http_port,
        .https_address = gv_boot.config.https_bind,
        .https_port = (uint16_t)gv_boot.config.https_port,
        .http = true,
        .tls = gv_boot.config.https_tls,
        .cert_path = gv_boot.tls.report.files.leaf_crt,
        .key_path = gv_boot.tls.report.files.leaf_key,
        .hsts = gv_boot.config.https_hsts,
        .write_error = gv_api_write_error,
        .admit = gv_api_admit,
        .authorize = gv_api_authorize,
        .host_allowed = gv_api_host_allowed,
        .origin_allowed = gv_boot.config.cors_origins[0] != '\0' ? gv_api_origin_allowed : NULL,
        .proxies = &gv_boot.proxies,
        .upgrade = gv_live_upgrade(gv_boot.live),
    };
    err = gv_subnets_parse(&gv_boot.proxies, gv_boot.config.trusted_proxies, fail);
    if (err != GV_OK) {
        return err;
    }
    err = gv_server_start(&gv_boot.server, &config, gv_boot.routes, routes_n, gv_api_instance(),
                          fail);
    if (err == GV_OK) {
        gv_api_attach_server(gv_api_instance(), gv_boot.server);
    }
    return err;
}

enum gv_err gv_boot_start_control(struct gv_fail *fail)
{
    gv_boot.control = (struct gv_control){
        .engine = gv_engine_instance(),
        .market = &gv_boot.market,
        .oracle = gv_boot.config.oracle_enabled ? gv_oracle_service_instance() : NULL,
        .changes = gv_boot.changes,
        .backups = &gv_backup_thread_ops,
        .own_cert = &gv_boot_own_ops,
        .updates = &gv_update_stage_ops,
        .clock = &gv_boot.clock,
        .entropy = &gv_boot.entropy,
        .started = gv_clock_mono(&gv_boot.clock),
        .host_names = gv_boot.tls.names,
        .ca_pem = gv_boot.tls.ca_pem,
        .machine = gv_machine_read,
        .renew = ask_renew,
    };
    return gv_control_thread_start(&gv_boot.control, gv_boot.config.data_dir, fail);
}
