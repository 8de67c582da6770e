#include "firmware/boot/boot.h"

#include "firmware/base/assert.h"
#include "firmware/base/beat.h"
#include "firmware/base/mem.h"
#include "firmware/boot/accounts.h"
#include "firmware/boot/alive.h"
#include "firmware/boot/backup_thread.h"
#include "firmware/boot/clients.h"
#include "firmware/boot/front.h"
#include "firmware/boot/issuer_thread.h"
#include "firmware/boot/machine.h"
#include "firmware/boot/options.h"
#include "firmware/boot/oracle_thread.h"
#include "firmware/boot/orders_thread.h"
#include "firmware/boot/outbox_threads.h"
#include "firmware/boot/own_cert.h"
#include "firmware/boot/parts.h"
#include "firmware/boot/ports_file.h"
#include "firmware/boot/price_thread.h"
#include "firmware/boot/settings.h"
#include "firmware/boot/settings_file.h"
#include "firmware/boot/update_stage.h"
#include "hal/linux/clock.h"
#include "hal/linux/descriptors.h"
#include "hal/linux/entropy.h"
#include "hal/linux/journal.h"
#include "hal/linux/systemd.h"
#include "hal/linux/third_party_memory.h"
#include "hal/linux/wear.h"

#include <inttypes.h>
#include <signal.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define TICK_S         1
#define NAMES_CHECK_MS 60000u

struct gv_boot gv_boot;

/* ---- bring-up, in order ----------------------------------------------------------------------- */

static enum gv_err start_threads(const struct gv_route *extra, size_t extra_n, struct gv_fail *fail)
{
    enum gv_err err = gv_boot_start_core(fail);
    if (err == GV_OK) {
        err = gv_boot_start_web(extra, extra_n, fail);
    }
    if (err == GV_OK) {
        err = gv_boot_start_control(fail);
    }
    if (err == GV_OK) {
        err = gv_boot_start_node(fail);
    }
    if (err == GV_OK) {
        err = gv_outbox_threads_start(gv_engine_instance(), gv_client(GV_CLIENT_OUTBOX),
                                      &gv_boot.clock, gv_settings_private_targets(), fail);
    }
    if (err == GV_OK) {
        const struct gv_issuer_config issuer = {.http = gv_client(GV_CLIENT_ISSUER),
                                                .clock = &gv_boot.clock,
                                                .url = gv_boot.config.auth_jwks_url,
                                                .shelf = &gv_boot_accounts_instance()->jwks};
        err = gv_issuer_thread_start(&issuer, fail);
    }
    if (err == GV_OK) {
        err = gv_ports_file_write(gv_boot.config.data_dir, gv_server_http_port(gv_boot.server),
                                  gv_server_https_port(gv_boot.server), gv_orders_thread_ports(),
                                  fail);
    }
    return err;
}

static enum gv_err bring_up(const struct gv_route *extra, size_t extra_n, struct gv_fail *fail)
{
    gv_memory_init();
    gv_boot.clock = gv_linux_clock();
    gv_boot.entropy = gv_linux_entropy();
    enum gv_err err = gv_descriptors_raise(GV_DESCRIPTORS_MAX, fail);
    if (err == GV_OK) {
        err =
            gv_front_start(&gv_boot.indicator, gv_boot.config.data_dir, gv_boot_ask_restart, fail);
    }
    if (err == GV_OK) {
        err = gv_systemd_open(fail);
    }
    if (err == GV_OK) {
        err = gv_journal_open(NULL, fail);
    }
    if (err == GV_OK) {
        err = gv_boot_open_storage(fail);
    }
    if (err == GV_OK) {
        err = gv_clients_open(&gv_boot.config, fail);
    }
    if (err == GV_OK) {
        err = gv_zmq_open(&gv_boot.zmq, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    gv_boot_set_remotes();
    err = gv_tls_files_open(&gv_boot.tls, &gv_boot.config, &gv_boot.clock, &gv_boot.entropy, fail);
    if (err != GV_OK) {
        return err;
    }
    err = gv_boot_own_open(&gv_boot.config, gv_boot.tls.names, &gv_boot.clock, &gv_boot.entropy,
                           fail);
    if (err != GV_OK) {
        return err;
    }
    gv_boot.changes = gv_settings_open(&gv_boot.config, &gv_boot.below);
    gv_machine_init(gv_boot.config.data_dir);
    if (gv_boot.config.https_tls) {
        gv_machine_note_certificate(&gv_boot.tls.report);
    }
    err =
        gv_boot_accounts_open(gv_boot_accounts_instance(), &gv_boot.config, &gv_boot.entropy, fail);
    if (err != GV_OK) {
        return err;
    }
    gv_update_stage_open(&gv_boot.config);
    gv_boot_init_api();
    err = gv_boot_open_engine(fail);
    if (err == GV_OK) {
        err = start_threads(extra, extra_n, fail);
    }
    return err;
}

/* ---- running and stopping ------------------------------------------------------------------------ */

/* In: force: a person asked for a new one. */
static void renew_certificate(bool force)
{
    struct gv_fail fail = {0};
    bool changed = false;
    enum gv_err err = gv_tls_files_renew(&gv_boot.tls, &gv_boot.config, &gv_boot.clock,
                                         &gv_boot.entropy, force, &changed, &fail);
    if (err == GV_OK && changed) {
        gv_machine_note_certificate(&gv_boot.tls.report);
        gv_boot_own_retry(); /* both are loaded together */
    }
    if (err != GV_OK) {
        gv_log(GV_LOG_BROKEN, "boot", "certificate not renewed: %s", fail.text);
    }
}

/* The server takes up what has changed; when too many connections hold older certificates, a second later. */
static void load_certificates(bool look)
{
    struct gv_fail fail = {0};
    if (gv_boot_own_look(look) && gv_server_reload_cert(gv_boot.server, &fail) != GV_OK) {
        gv_log(GV_LOG_BROKEN, "boot", "certificates not loaded: %s", fail.text);
        gv_boot_own_retry();
    }
}

/* In: hurry: SIGHUP. In, out: names_at: when names were last looked at. */
static void tend_certificate(struct gv_mono *names_at, struct gv_mono now, bool hurry)
{
    const bool tls = gv_boot.config.https_tls;
    const bool force = atomic_exchange(&gv_boot.renew, false);
    bool due = hurry || force || (tls && gv_tls_files_due(&gv_boot.tls, &gv_boot.clock));
    if (due || now.ms - names_at->ms >= NAMES_CHECK_MS) {
        *names_at = now;
        due = gv_tls_files_grow(&gv_boot.tls) || due;
    }
    if (due && tls) {
        renew_certificate(force);
    }
    load_certificates(due);
}

static void show_state(bool alive)
{
    struct gv_market_head head;
    struct gv_engine_stats engine;
    gv_market_head(&gv_boot.market, &head);
    gv_engine_stats(gv_engine_instance(), &engine);
    gv_indicator_show(&gv_boot.indicator,
                      gv_front_says(alive, engine.commits_failed, head.tip.live));
}

/* Returns at SIGINT or SIGTERM, or when a restart is asked for. Signals are blocked everywhere, so only this wait sees them. */
static void run_until_signal(const sigset_t *signals)
{
    const struct timespec tick = {.tv_sec = TICK_S};
    struct gv_mono names_at = gv_clock_mono(&gv_boot.clock);
    for (;;) {
        gv_api_tick(gv_api_instance());
        gv_boot_accounts_tick(gv_boot_accounts_instance(), &gv_boot.config);
        const int signal_number = sigtimedwait(signals, NULL, &tick);
        if (signal_number == SIGINT || signal_number == SIGTERM || atomic_load(&gv_boot.restart)) {
            return;
        }
        const struct gv_mono now = gv_clock_mono(&gv_boot.clock);
        gv_beat();
        gv_wear_tick(now.ms / 1000u);
        const bool beats = gv_alive_beats(gv_boot.config.node_timeout_ms);
        if (beats) {
            gv_systemd_watchdog();
        }
        show_state(beats);
        tend_certificate(&names_at, now, signal_number == SIGHUP);
    }
}

/* In: again: the process starts anew afterwards. */
static void shut_down(bool again)
{
    if (again) {
        gv_systemd_restarting();
    } else {
        gv_systemd_stopping();
    }
    gv_ports_file_remove(gv_boot.config.data_dir);
    gv_follower_stop(gv_follower_instance());
    GV_ASSERT(pthread_join(gv_boot.node_thread, NULL) == 0);
    gv_price_thread_stop(); /* takes the last of the oracle's history */
    gv_oracle_thread_stop();
    gv_control_thread_stop();
    gv_outbox_threads_stop();
    gv_issuer_thread_stop();
    gv_backup_thread_stop();
    gv_live_stop(gv_boot.live);
    gv_server_stop(gv_boot.server);
    gv_orders_thread_stop(); /* waits for what the engine still holds of it */
    gv_engine_stop(gv_engine_instance());
    GV_ASSERT(pthread_join(gv_boot.engine_thread, NULL) == 0);
    gv_engine_close(gv_engine_instance());
    gv_sqlite_close(&gv_boot.sqlite);
    gv_zmq_close(&gv_boot.zmq);
    gv_clients_close();
    gv_boot_accounts_close(gv_boot_accounts_instance());
    gv_secure_zero(&gv_boot.seal_key, sizeof(gv_boot.seal_key));
    gv_secure_zero(&gv_boot.rpc, sizeof(gv_boot.rpc));
    gv_secure_zero(gv_boot.config.node_password, sizeof(gv_boot.config.node_password));
    gv_secure_zero(gv_boot.below.node_password, sizeof(gv_boot.below.node_password));
    gv_settings_close();
    gv_front_stop();
    if (again) {
        gv_systemd_restarting(); /* the start has its whole time, however long the stop took */
    }
    gv_systemd_close();
    gv_journal_close();
}

int gv_boot_run(int argc, char **argv, const struct gv_route *extra, size_t extra_n)
{
    enum gv_options_action action;
    struct gv_fail fail = {0};
    sigset_t signals;
    const int status = gv_options_read(&gv_boot.config, &gv_boot.below, &action, argc, argv);
    if (status != EX_OK || action == GV_OPTIONS_EXIT) {
        return status;
    }
    gv_boot.argv = argv;
    gv_log_set_level(gv_boot.config.log_level);
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
        if (gv_boot.storage.ops != NULL && gv_settings_file_refuse(gv_boot.config.data_dir)) {
            gv_log(GV_LOG_BROKEN, "boot", "the stored settings are set aside for the next start");
        }
        gv_front_stop_broken();
        _exit(fail.err == GV_ERR_INVALID ? EX_CONFIG : EX_UNAVAILABLE);
    }
    gv_settings_file_confirm(gv_boot.config.data_dir);
    gv_mem_seal();
    gv_log(GV_LOG_INFO, "boot", "ready version=%s http_port=%u https_port=%u listings=%" PRIu32,
           GV_VERSION, gv_server_http_port(gv_boot.server), gv_server_https_port(gv_boot.server),
           gv_boot.market.count);
    gv_systemd_ready();
    run_until_signal(&signals);
    const bool again = atomic_load(&gv_boot.restart);
    gv_log(GV_LOG_INFO, "boot", "stopping restart=%d", again);
    shut_down(again);
    if (again && !gv_factory_reset_is_asked(gv_boot.config.data_dir)) {
        gv_boot_run_again();
    }
    return again ? EX_UNAVAILABLE : EX_OK; /* the service manager starts it again */
}
