/* Parts of the daemon that store and decide: database, engine, price, backups, the node's follower. */
#include "firmware/boot/parts.h"

#include "firmware/base/text.h"
#include "firmware/boot/backup_restore.h"
#include "firmware/boot/backup_thread.h"
#include "firmware/boot/clients.h"
#include "firmware/boot/front.h"
#include "firmware/boot/oracle_thread.h"
#include "firmware/boot/orders_thread.h"
#include "firmware/boot/price_thread.h"
#include "firmware/boot/seal_key.h"
#include "firmware/boot/thread.h"
#include "hal/linux/files.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define RPC_CONNECT_MS   3000u
#define INDEXER_STATE_MS 2000u /* the node thread asks it at every poll and must not hang on it */
#define CROSS_CHECK_MS   3600000u

/* ---- storage -------------------------------------------------------------------------------------- */

/* Start again in the same process. Returns only when that failed. */
void gv_boot_run_again(void)
{
    (void)execv("/proc/self/exe", gv_boot.argv);
    gv_log(GV_LOG_BROKEN, "boot", "cannot start again: errno %d", errno);
}

enum gv_err gv_boot_open_storage(struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    bool reset = false;
    const char *dir = gv_boot.config.data_dir;
    enum gv_err err = gv_dir_create(dir, fail);
    if (err == GV_OK && gv_boot.config.require_mount) {
        err = gv_dir_check_mount(dir, fail);
    }
    if (err == GV_OK) {
        err = gv_dir_lock(dir, fail); /* before anything in it is read or made */
    }
    if (err == GV_OK) {
        err = gv_factory_reset_apply(dir, &reset, fail);
    }
    if (reset && err == GV_OK) {
        gv_boot_run_again(); /* without the stored settings */
    }
    if (err != GV_OK) {
        return err;
    }
    if (!gv_format(path, sizeof(path), "%s/gavel.db", dir)) {
        return gv_fail(fail, GV_ERR_INVALID, "boot.path", "general.data_dir is too long");
    }
    if (gv_restore_apply(dir, gv_clock_utc(&gv_boot.clock))) {
        gv_boot_run_again(); /* with the restored settings */
    }
    const bool exists = access(path, F_OK) == 0;
    err = gv_seal_key_ensure(&gv_boot.seal_key, dir, exists, &gv_boot.entropy, fail);
    if (err == GV_OK) {
        err = gv_sqlite_open(&gv_boot.sqlite, path, NULL, fail);
    }
    if (err == GV_OK) {
        gv_boot.storage = gv_sqlite_storage(&gv_boot.sqlite);
    }
    return err;
}

/* ---- engine --------------------------------------------------------------------------------------- */

static void on_event(void *ctx, const struct gv_event *event)
{
    gv_api_on_event(ctx, event);
    if (event->kind == GV_EVENT_TIP) {
        gv_price_thread_wake();
    }
    if (event->sold) {
        gv_indicator_show(&gv_boot.indicator, GV_INDICATE_SALE);
    }
}

enum gv_err gv_boot_open_engine(struct gv_fail *fail)
{
    gv_watch_init(&gv_boot.watch);
    gv_market_init(&gv_boot.market, gv_api_render_row, gv_boot.config.final_depth);
    gv_submissions_init();
    const struct gv_engine_config config = {
        .storage = &gv_boot.storage,
        .clock = &gv_boot.clock,
        .entropy = &gv_boot.entropy,
        .seal_key = &gv_boot.seal_key,
        .market = &gv_boot.market,
        .watch = &gv_boot.watch,
        .on_event = on_event,
        .on_event_ctx = gv_api_instance(),
        .network = gv_boot.config.network,
        .final_depth = gv_boot.config.final_depth,
        .orders = gv_orders_thread_rules(&gv_boot.config),
    };
    const enum gv_err err = gv_engine_open(gv_engine_instance(), &config, fail);
    const char *key = getenv("API_KEY"); /* NOLINT(concurrency-mt-unsafe): no thread runs yet */
    if (err != GV_OK || key == NULL) {
        return err;
    }
    return gv_engine_key_environment(gv_engine_instance(), key, fail);
}

static void *engine_body(void *ctx)
{
    gv_engine_run(ctx);
    return NULL;
}

/* ---- node ----------------------------------------------------------------------------------------- */

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
    status->indexer_reachable = gv_cp_state(&gv_boot.indexer, &state, NULL) == GV_OK;
    status->indexer_ready = status->indexer_reachable && state.ready;
    status->indexer_height = status->indexer_reachable ? state.height : 0;
}

void gv_boot_set_remotes(void)
{
    const struct gv_config *config = &gv_boot.config;
    gv_format_cut(gv_boot.rpc.url, sizeof(gv_boot.rpc.url), "%s", config->node_url);
    gv_format_cut(gv_boot.rpc.cookie_file, sizeof(gv_boot.rpc.cookie_file), "%s",
                  config->node_cookie_file);
    if (config->node_user[0] != '\0') {
        gv_format_cut(gv_boot.rpc.user_pass, sizeof(gv_boot.rpc.user_pass), "%s:%s",
                      config->node_user, config->node_password);
    }
    gv_boot.rpc.connect_timeout_ms = RPC_CONNECT_MS;
    gv_boot.rpc.timeout_ms = config->node_timeout_ms;
    gv_boot.rpc.read_cookie = read_cookie;
    gv_boot.rpc.clock = &gv_boot.clock;
    gv_format_cut(gv_boot.counterparty.url, sizeof(gv_boot.counterparty.url), "%s",
                  config->counterparty_url);
    gv_boot.counterparty.connect_timeout_ms = RPC_CONNECT_MS;
    gv_boot.counterparty.timeout_ms = config->counterparty_timeout_ms;
    gv_boot.indexer_config = gv_boot.counterparty;
    if (gv_boot.indexer_config.timeout_ms > INDEXER_STATE_MS) {
        gv_boot.indexer_config.timeout_ms = INDEXER_STATE_MS;
    }
    gv_counterparty_init(&gv_boot.indexer, gv_client(GV_CLIENT_INDEXER), &gv_boot.indexer_config);
}

static void *node_body(void *ctx)
{
    gv_follower_run(ctx);
    return NULL;
}

enum gv_err gv_boot_start_node(struct gv_fail *fail)
{
    struct gv_follower_config config = {
        .engine = gv_engine_instance(),
        .watch = &gv_boot.watch,
        .http = gv_client(GV_CLIENT_NODE),
        .feed = &gv_boot.feed,
        .clock = &gv_boot.clock,
        .rpc = &gv_boot.rpc,
        .network = gv_boot.config.network,
        .poll_ms = gv_boot.config.node_poll_seconds * 1000u,
        .cross_check_ms = CROSS_CHECK_MS,
        .tap = gv_oracle_thread_tap(),
        .indexer = ask_indexer,
    };
    gv_boot.feed = gv_zmq_feed(&gv_boot.zmq);
    gv_format_cut(config.zmq_endpoints, sizeof(config.zmq_endpoints), "%s",
                  gv_boot.config.node_zmq);
    gv_follower_init(gv_follower_instance(), &config);
    return gv_thread_start(&gv_boot.node_thread, "node", node_body, gv_follower_instance(), fail);
}

/* ---- price and backups ---------------------------------------------------------------------------- */

static enum gv_err start_oracle(struct gv_fail *fail)
{
    if (!gv_boot.config.oracle_enabled) {
        return GV_OK;
    }
    struct gv_oracle_service_config config = {
        .window_hours = gv_boot.config.oracle_window_hours,
        .published = gv_api_on_price,
        .ctx = gv_api_instance(),
    };
    struct gv_keeper_config prices = {
        .prices = gv_prices_instance(),
        .oracle = gv_oracle_service_instance(),
        .clock = &gv_boot.clock,
        .http = gv_client(GV_CLIENT_PRICES),
        .rpc = &gv_boot.rpc,
    };
    gv_entropy_fill(&gv_boot.entropy, &config.seed, sizeof(config.seed));
    gv_entropy_fill(&gv_boot.entropy, &prices.seed, sizeof(prices.seed));
    const enum gv_err err = gv_oracle_thread_start(&config, &gv_boot.clock, fail);
    return err == GV_OK ? gv_price_thread_start(&prices, gv_boot.config.data_dir, fail) : err;
}

static bool has_listings(void)
{
    struct gv_market_head head;
    uint32_t count = 0;
    gv_market_head(&gv_boot.market, &head);
    for (unsigned i = 0; i < GV_DUTCH_STATUSES; i++) {
        count += head.status_counts[i];
    }
    return count > 0;
}

static enum gv_err start_backup(struct gv_fail *fail)
{
    const struct gv_backup_thread_config config = {
        .box = {.data_dir = gv_boot.config.data_dir,
                .seal_key = &gv_boot.seal_key,
                .entropy = &gv_boot.entropy,
                .clock = &gv_boot.clock},
        .engine = gv_engine_instance(),
        .changes = gv_boot.changes,
        .has_listings = has_listings,
        .restart = gv_boot_ask_restart,
    };
    return gv_backup_thread_start(&config, fail);
}

enum gv_err gv_boot_start_core(struct gv_fail *fail)
{
    enum gv_err err =
        gv_thread_start(&gv_boot.engine_thread, "engine", engine_body, gv_engine_instance(), fail);
    if (err == GV_OK) {
        err = gv_orders_thread_start(&gv_boot.config, &gv_boot.tls, gv_engine_instance(),
                                     &gv_boot.clock, fail);
    }
    if (err == GV_OK) {
        err = start_oracle(fail); /* before those who read it, and the node thread that feeds it */
    }
    return err == GV_OK ? start_backup(fail) : err; /* before those who ask it */
}
