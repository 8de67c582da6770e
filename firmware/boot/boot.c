#include "firmware/boot/boot.h"

#include "app/engine/engine.h"
#include "app/node/follower.h"
#include "firmware/base/assert.h"
#include "firmware/base/beat.h"
#include "firmware/base/mem.h"
#include "firmware/base/subnet.h"
#include "firmware/base/text.h"
#include "firmware/boot/accounts.h"
#include "firmware/boot/alive.h"
#include "firmware/boot/backup_restore.h"
#include "firmware/boot/backup_thread.h"
#include "firmware/boot/clients.h"
#include "firmware/boot/control_thread.h"
#include "firmware/boot/machine.h"
#include "firmware/boot/node_search.h"
#include "firmware/boot/options.h"
#include "firmware/boot/oracle_thread.h"
#include "firmware/boot/outbox_threads.h"
#include "firmware/boot/ports_file.h"
#include "firmware/boot/price_thread.h"
#include "firmware/boot/seal_key.h"
#include "firmware/boot/settings.h"
#include "firmware/boot/settings_file.h"
#include "firmware/boot/thread.h"
#include "firmware/boot/tls_files.h"
#include "hal/linux/clock.h"
#include "hal/linux/entropy.h"
#include "hal/linux/files.h"
#include "hal/linux/indicator_none.h"
#include "hal/linux/sqlite_storage.h"
#include "hal/linux/systemd.h"
#include "hal/linux/third_party_memory.h"
#include "hal/linux/wear.h"
#include "hal/linux/zmq_feed.h"
#include "web/api/api.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define TICK_S           1
#define CERT_CHECK_MS    3600000u
#define RPC_CONNECT_MS   3000u
#define INDEXER_STATE_MS 2000u /* the node thread asks it at every poll and must not hang on it */
#define CROSS_CHECK_MS   3600000u

static struct {
    struct gv_config config;
    struct gv_config below;     /* what the stored settings lie on */
    struct gv_changes *changes; /* what the owner stores */
    atomic_bool restart;
    char **argv;
    struct gv_clock clock;
    struct gv_entropy entropy;
    struct gv_indicator_none indicator_state;
    struct gv_indicator indicator;
    struct gv_seal_key seal_key;
    struct gv_sqlite sqlite;
    struct gv_storage storage;
    struct gv_zmq zmq;
    struct gv_feed feed;
    struct gv_rpc_config rpc;
    struct gv_counterparty_config counterparty;
    struct gv_counterparty_config indexer_config;
    struct gv_counterparty indexer;
    struct gv_watch watch;
    struct gv_market market;
    struct gv_tls_files tls;
    struct gv_control control;
    struct gv_subnets proxies; /* trusted ones in front */
    struct gv_route routes[GV_ROUTES_MAX];
    struct gv_server *server;
    struct gv_live *live;
    pthread_t engine_thread;
    pthread_t node_thread;
} self;

/* ---- hooks lent to the layers --------------------------------------------------------------- */

static enum gv_err read_cookie(void *ctx, const char *path, char *out, size_t cap)
{
    size_t n = 0;
    (void)ctx;
    const enum gv_err err = gv_file_read(path, out, cap - 1, &n, NULL);
    out[err == GV_OK ? n : 0] = '\0';
    return err;
}

static void ask_indexer(void *ctx, struct gv_node_status *status)
{
    struct gv_cp_state state;
    (void)ctx;
    status->indexer_reachable = gv_cp_state(&self.indexer, &state, NULL) == GV_OK;
    status->indexer_ready = status->indexer_reachable && state.ready;
    status->indexer_height = status->indexer_reachable ? state.height : 0;
}

static void ask_restart(void *ctx)
{
    (void)ctx;
    atomic_store(&self.restart, true);
}

static void on_event(void *ctx, const struct gv_event *event)
{
    gv_api_on_event(ctx, event);
    if (event->kind == GV_EVENT_TIP) {
        gv_price_thread_wake();
    }
    if (event->sold) {
        gv_indicator_show(&self.indicator, GV_INDICATE_SALE);
    }
}

/* ---- bring-up, in order ----------------------------------------------------------------------- */

/* Start again in the same process. Returns only when that failed. */
static void run_again(void)
{
    (void)execv("/proc/self/exe", self.argv);
    gv_log(GV_LOG_BROKEN, "boot", "cannot start again: errno %d", errno);
}

static enum gv_err open_storage(struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    const char *dir = self.config.data_dir;
    enum gv_err err = gv_dir_create(dir, fail);
    if (err == GV_OK) {
        err = gv_dir_lock(dir, fail); /* before anything in it is read or made */
    }
    if (err != GV_OK) {
        return err;
    }
    if (!gv_format(path, sizeof(path), "%s/gavel.db", dir)) {
        return gv_fail(fail, GV_ERR_INVALID, "boot.path", "general.data_dir is too long");
    }
    if (gv_restore_apply(dir, gv_clock_utc(&self.clock))) {
        run_again(); /* with the restored settings */
    }
    const bool exists = access(path, F_OK) == 0;
    err = gv_seal_key_ensure(&self.seal_key, dir, exists, &self.entropy, fail);
    if (err == GV_OK) {
        err = gv_sqlite_open(&self.sqlite, path, NULL, fail);
    }
    if (err == GV_OK) {
        self.storage = gv_sqlite_storage(&self.sqlite);
    }
    return err;
}

static void set_remotes(void)
{
    const struct gv_config *config = &self.config;
    gv_format_cut(self.rpc.url, sizeof(self.rpc.url), "%s", config->node_url);
    gv_format_cut(self.rpc.cookie_file, sizeof(self.rpc.cookie_file), "%s",
                  config->node_cookie_file);
    if (config->node_user[0] != '\0') {
        gv_format_cut(self.rpc.user_pass, sizeof(self.rpc.user_pass), "%s:%s", config->node_user,
                      config->node_password);
    }
    self.rpc.connect_timeout_ms = RPC_CONNECT_MS;
    self.rpc.timeout_ms = config->node_timeout_ms;
    self.rpc.read_cookie = read_cookie;
    gv_format_cut(self.counterparty.url, sizeof(self.counterparty.url), "%s",
                  config->counterparty_url);
    self.counterparty.connect_timeout_ms = RPC_CONNECT_MS;
    self.counterparty.timeout_ms = config->counterparty_timeout_ms;
    self.indexer_config = self.counterparty;
    if (self.indexer_config.timeout_ms > INDEXER_STATE_MS) {
        self.indexer_config.timeout_ms = INDEXER_STATE_MS;
    }
    gv_counterparty_init(&self.indexer, gv_client(GV_CLIENT_INDEXER), &self.indexer_config);
}

static enum gv_err open_engine(struct gv_fail *fail)
{
    gv_watch_init(&self.watch);
    gv_market_init(&self.market, gv_api_render_row, self.config.final_depth);
    gv_submissions_init();
    const struct gv_engine_config config = {
        .storage = &self.storage,
        .clock = &self.clock,
        .entropy = &self.entropy,
        .seal_key = &self.seal_key,
        .market = &self.market,
        .watch = &self.watch,
        .on_event = on_event,
        .on_event_ctx = gv_api_instance(),
        .network = self.config.network,
        .final_depth = self.config.final_depth,
    };
    const enum gv_err err = gv_engine_open(gv_engine_instance(), &config, fail);
    const char *key = getenv("API_KEY"); /* NOLINT(concurrency-mt-unsafe): no thread runs yet */
    if (err != GV_OK || key == NULL) {
        return err;
    }
    return gv_engine_key_environment(gv_engine_instance(), key, fail);
}

static uint64_t random_seed(void)
{
    uint64_t seed;
    gv_entropy_fill(&self.entropy, &seed, sizeof(seed));
    return seed;
}

static void init_api(void)
{
    gv_prices_init(gv_prices_instance());
    const struct gv_api_config config = {
        .config = &self.config,
        .engine = gv_engine_instance(),
        .market = &self.market,
        .watch = &self.watch,
        .clock = &self.clock,
        .seed = random_seed(),
        .rpc = &self.rpc,
        .counterparty = &self.counterparty,
        .http_clients = gv_client(0),
        .ca_pem = self.tls.ca_pem,
        .host_names = self.tls.names,
        .changes = self.changes,
        .machine = gv_machine_read,
        .backups = &gv_backup_thread_ops,
        .restart = ask_restart,
        .entropy = &self.entropy,
        .signer = &gv_boot_accounts_instance()->signer,
        .jwks = &gv_boot_accounts_instance()->jwks,
        .show_claim = gv_boot_show_claim,
        .find_cookies = gv_boot_find_cookies,
        .probe_zmq = gv_boot_probe_zmq,
        .oracle = self.config.oracle_enabled ? gv_oracle_service_instance() : NULL,
        .prices = gv_prices_instance(),
    };
    gv_api_init(gv_api_instance(), &config);
}

static enum gv_err start_web(const struct gv_route *extra, size_t extra_n, struct gv_fail *fail)
{
    const struct gv_live_config live_config = {
        .topics = gv_api_topics,
        .topics_n = gv_api_topics_n,
        .snapshot = gv_api_snapshot,
        .authorize = gv_api_hears,
        .raw = gv_api_raw,
        .ctx = gv_api_instance(),
    };
    enum gv_err err = gv_live_start(&self.live, &live_config, fail);
    if (err != GV_OK) {
        return err;
    }
    gv_api_attach_live(gv_api_instance(), self.live);
    const size_t routes_n = gv_api_routes_count + extra_n;
    GV_ASSERT(routes_n <= GV_ROUTES_MAX);
    memcpy(self.routes, gv_api_routes, gv_api_routes_count * sizeof(self.routes[0]));
    if (extra_n > 0) {
        memcpy(self.routes + gv_api_routes_count, extra, extra_n * sizeof(self.routes[0]));
    }
    const struct gv_server_config config = {
        .http_address = self.config.http_bind,
        .http_port = (uint16_t)self.config.http_port,
        .https_address = self.config.https_bind,
        .https_port = (uint16_t)self.config.https_port,
        .http = true,
        .tls = self.config.https_tls,
        .cert_path = self.tls.report.files.leaf_crt,
        .key_path = self.tls.report.files.leaf_key,
        .write_error = gv_api_write_error,
        .admit = gv_api_admit,
        .authorize = gv_api_authorize,
        .host_allowed = gv_api_host_allowed,
        .origin_allowed = self.config.cors_origins[0] != '\0' ? gv_api_origin_allowed : NULL,
        .proxies = &self.proxies,
        .upgrade = gv_live_upgrade(self.live),
    };
    err = gv_subnets_parse(&self.proxies, self.config.trusted_proxies, fail);
    if (err != GV_OK) {
        return err;
    }
    err = gv_server_start(&self.server, &config, self.routes, routes_n, gv_api_instance(), fail);
    if (err == GV_OK) {
        gv_api_attach_server(gv_api_instance(), self.server);
    }
    return err;
}

static void *engine_body(void *ctx)
{
    gv_engine_run(ctx);
    return NULL;
}

static void *node_body(void *ctx)
{
    gv_follower_run(ctx);
    return NULL;
}

static enum gv_err start_node(struct gv_fail *fail)
{
    struct gv_follower_config config = {
        .engine = gv_engine_instance(),
        .watch = &self.watch,
        .http = gv_client(GV_CLIENT_NODE),
        .feed = &self.feed,
        .clock = &self.clock,
        .rpc = &self.rpc,
        .network = self.config.network,
        .poll_ms = self.config.node_poll_seconds * 1000u,
        .cross_check_ms = CROSS_CHECK_MS,
        .tap = gv_oracle_thread_tap(),
        .indexer = ask_indexer,
    };
    self.feed = gv_zmq_feed(&self.zmq);
    gv_format_cut(config.zmq_endpoints, sizeof(config.zmq_endpoints), "%s", self.config.node_zmq);
    gv_follower_init(gv_follower_instance(), &config);
    return gv_thread_start(&self.node_thread, "node", node_body, gv_follower_instance(), fail);
}

static enum gv_err start_oracle(struct gv_fail *fail)
{
    if (!self.config.oracle_enabled) {
        return GV_OK;
    }
    struct gv_oracle_service_config config = {
        .window_hours = self.config.oracle_window_hours,
        .published = gv_api_on_price,
        .ctx = gv_api_instance(),
    };
    struct gv_keeper_config prices = {
        .prices = gv_prices_instance(),
        .oracle = gv_oracle_service_instance(),
        .clock = &self.clock,
        .http = gv_client(GV_CLIENT_PRICES),
        .rpc = &self.rpc,
    };
    gv_entropy_fill(&self.entropy, &config.seed, sizeof(config.seed));
    gv_entropy_fill(&self.entropy, &prices.seed, sizeof(prices.seed));
    const enum gv_err err = gv_oracle_thread_start(&config, &self.clock, fail);
    return err == GV_OK ? gv_price_thread_start(&prices, self.config.data_dir, fail) : err;
}

static bool has_listings(void)
{
    struct gv_market_head head;
    uint32_t count = 0;
    gv_market_head(&self.market, &head);
    for (unsigned i = 0; i < GV_DUTCH_STATUSES; i++) {
        count += head.status_counts[i];
    }
    return count > 0;
}

static enum gv_err start_backup(struct gv_fail *fail)
{
    const struct gv_backup_thread_config config = {
        .box = {.data_dir = self.config.data_dir,
                .seal_key = &self.seal_key,
                .entropy = &self.entropy,
                .clock = &self.clock},
        .engine = gv_engine_instance(),
        .changes = self.changes,
        .has_listings = has_listings,
        .restart = ask_restart,
    };
    return gv_backup_thread_start(&config, fail);
}

static enum gv_err start_control(struct gv_fail *fail)
{
    self.control = (struct gv_control){
        .engine = gv_engine_instance(),
        .market = &self.market,
        .oracle = self.config.oracle_enabled ? gv_oracle_service_instance() : NULL,
        .changes = self.changes,
        .backups = &gv_backup_thread_ops,
        .clock = &self.clock,
        .entropy = &self.entropy,
        .started = gv_clock_mono(&self.clock),
    };
    return gv_control_thread_start(&self.control, self.config.data_dir, fail);
}

static enum gv_err start_threads(const struct gv_route *extra, size_t extra_n, struct gv_fail *fail)
{
    enum gv_err err =
        gv_thread_start(&self.engine_thread, "engine", engine_body, gv_engine_instance(), fail);
    if (err == GV_OK) {
        err = start_oracle(fail); /* before those who read it, and the node thread that feeds it */
    }
    if (err == GV_OK) {
        err = start_backup(fail); /* before those who ask it */
    }
    if (err == GV_OK) {
        err = start_web(extra, extra_n, fail);
    }
    if (err == GV_OK) {
        err = start_control(fail);
    }
    if (err == GV_OK) {
        err = start_node(fail);
    }
    if (err == GV_OK) {
        err = gv_outbox_threads_start(gv_engine_instance(), gv_client(GV_CLIENT_OUTBOX),
                                      &self.clock, gv_settings_private_targets(), fail);
    }
    if (err == GV_OK) {
        err = gv_ports_file_write(self.config.data_dir, gv_server_http_port(self.server),
                                  gv_server_https_port(self.server), fail);
    }
    return err;
}

static enum gv_err bring_up(const struct gv_route *extra, size_t extra_n, struct gv_fail *fail)
{
    gv_memory_init();
    self.clock = gv_linux_clock();
    self.entropy = gv_linux_entropy();
    self.indicator = gv_indicator_none(&self.indicator_state);
    gv_indicator_show(&self.indicator, GV_INDICATE_STARTING);
    enum gv_err err = gv_systemd_open(fail);
    if (err == GV_OK) {
        err = open_storage(fail);
    }
    if (err == GV_OK) {
        err = gv_clients_open(&self.config, fail);
    }
    if (err == GV_OK) {
        err = gv_zmq_open(&self.zmq, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    set_remotes();
    err = gv_tls_files_open(&self.tls, &self.config, &self.clock, &self.entropy, fail);
    if (err != GV_OK) {
        return err;
    }
    self.changes = gv_settings_open(&self.config, &self.below);
    gv_machine_init(self.config.data_dir);
    if (self.config.https_tls) {
        gv_machine_note_certificate(&self.tls.report);
    }
    err = gv_boot_accounts_open(gv_boot_accounts_instance(), &self.config, &self.entropy, fail);
    if (err != GV_OK) {
        return err;
    }
    init_api();
    err = open_engine(fail);
    if (err == GV_OK) {
        err = start_threads(extra, extra_n, fail);
    }
    return err;
}

/* ---- running and stopping ------------------------------------------------------------------------ */

static void renew_certificate(void)
{
    struct gv_fail fail = {0};
    bool changed = false;
    enum gv_err err =
        gv_tls_files_renew(&self.tls, &self.config, &self.clock, &self.entropy, &changed, &fail);
    if (err == GV_OK && changed) {
        gv_machine_note_certificate(&self.tls.report);
        err = gv_server_reload_cert(self.server, &fail);
    }
    if (err != GV_OK) {
        gv_log(GV_LOG_BROKEN, "boot", "certificate not renewed: %s", fail.text);
    }
}

/* Returns at SIGINT or SIGTERM, or when a restart is asked for. Signals are blocked everywhere, so only this wait sees them. */
static void run_until_signal(const sigset_t *signals)
{
    const struct timespec tick = {.tv_sec = TICK_S};
    struct gv_mono cert_at = gv_clock_mono(&self.clock);
    struct gv_engine_stats engine;
    struct gv_alive alive;
    gv_alive_init(&alive, self.config.node_poll_seconds * 1000u, self.config.node_timeout_ms,
                  cert_at);
    for (;;) {
        gv_api_tick(gv_api_instance());
        const int signal_number = sigtimedwait(signals, NULL, &tick);
        if (signal_number == SIGINT || signal_number == SIGTERM || atomic_load(&self.restart)) {
            return;
        }
        const struct gv_mono now = gv_clock_mono(&self.clock);
        gv_beat();
        gv_wear_tick(now.ms / 1000u);
        gv_engine_stats(gv_engine_instance(), &engine);
        if (gv_alive_check(&alive, engine.node_reports, now) &&
            gv_alive_beats(self.config.node_timeout_ms)) {
            gv_systemd_watchdog();
        }
        if (self.config.https_tls &&
            (signal_number == SIGHUP || now.ms - cert_at.ms >= CERT_CHECK_MS)) {
            renew_certificate();
            cert_at = now;
        }
    }
}

static void shut_down(void)
{
    gv_systemd_stopping();
    gv_ports_file_remove(self.config.data_dir);
    gv_follower_stop(gv_follower_instance());
    GV_ASSERT(pthread_join(self.node_thread, NULL) == 0);
    gv_price_thread_stop(); /* takes the last of the oracle's history */
    gv_oracle_thread_stop();
    gv_control_thread_stop();
    gv_outbox_threads_stop();
    gv_backup_thread_stop();
    gv_live_stop(self.live);
    gv_server_stop(self.server);
    gv_engine_stop(gv_engine_instance());
    GV_ASSERT(pthread_join(self.engine_thread, NULL) == 0);
    gv_engine_close(gv_engine_instance());
    gv_sqlite_close(&self.sqlite);
    gv_zmq_close(&self.zmq);
    gv_clients_close();
    gv_boot_accounts_close(gv_boot_accounts_instance());
    gv_secure_zero(&self.seal_key, sizeof(self.seal_key));
    gv_secure_zero(&self.rpc, sizeof(self.rpc));
    gv_secure_zero(self.config.node_password, sizeof(self.config.node_password));
    gv_secure_zero(self.below.node_password, sizeof(self.below.node_password));
    gv_settings_close();
    gv_systemd_close();
}

int gv_boot_run(int argc, char **argv, const struct gv_route *extra, size_t extra_n)
{
    enum gv_options_action action;
    struct gv_fail fail = {0};
    sigset_t signals;
    const int status = gv_options_read(&self.config, &self.below, &action, argc, argv);
    if (status != EX_OK || action == GV_OPTIONS_EXIT) {
        return status;
    }
    self.argv = argv;
    gv_log_set_level(self.config.log_level);
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    sigdelset(&signals, SIGPIPE);
    gv_beat_begin("main");
    if (bring_up(extra, extra_n, &fail) != GV_OK) {
        gv_log(GV_LOG_BROKEN, "boot", "cannot start: %s (%s)", fail.text, fail.code);
        /* Nothing was acknowledged yet, and the threads that run hold nothing that needs saving. */
        if (self.storage.ops != NULL && gv_settings_file_refuse(self.config.data_dir)) {
            gv_log(GV_LOG_BROKEN, "boot", "the stored settings are set aside for the next start");
        }
        _exit(fail.err == GV_ERR_INVALID ? EX_CONFIG : EX_UNAVAILABLE);
    }
    gv_settings_file_confirm(self.config.data_dir);
    gv_mem_seal();
    gv_log(GV_LOG_INFO, "boot", "ready version=%s http_port=%u https_port=%u listings=%" PRIu32,
           GV_VERSION, gv_server_http_port(self.server), gv_server_https_port(self.server),
           self.market.count);
    gv_indicator_show(&self.indicator, GV_INDICATE_READY);
    gv_systemd_ready();
    run_until_signal(&signals);
    const bool again = atomic_load(&self.restart);
    gv_log(GV_LOG_INFO, "boot", "stopping restart=%d", again);
    shut_down();
    if (again) {
        run_again();
        return EX_UNAVAILABLE; /* the service manager tries */
    }
    return EX_OK;
}
