#include "firmware/boot/orders_thread.h"

#include "app/engine/solvers.h"
#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/boot/thread.h"
#include "hal/linux/socket_tcp.h"

static struct {
    bool running;
    struct gv_engine *engine;
    struct gv_engine_orders_config rules;
    struct gv_solver_registry registry; /* the orders thread's copy */
    struct gv_socket_tcp sockets;
    uint16_t ports[GV_SEQUENCER_LISTENERS_MAX];
    bool tls; /* opened here */
    pthread_t thread;
} self;

const struct gv_engine_orders_config *gv_orders_thread_rules(const struct gv_config *config)
{
    if (!config->orders_enabled) {
        return NULL;
    }
    self.rules = (struct gv_engine_orders_config){
        .rules = {.batch = config->orders_batch,
                  .collect_s = config->orders_collect_s,
                  .commit_s = config->orders_commit_s,
                  .grace_s = config->orders_grace_s,
                  .work_s = config->orders_work_s,
                  .original = config->orders_original},
        .escrow = config->orders_proof ? GV_ORDER_PROOF : GV_ORDER_CLAIM,
        .authenticated = config->orders_authenticated,
        .bond_percent = config->orders_bond_percent,
        .forfeit = config->orders_forfeit,
        .cooldown_s = config->orders_cooldown_s,
        .demo = config->orders_demo,
        .keep_s = config->orders_keep_days * 86400u,
    };
    return &self.rules;
}

/* ---- the engine, as the sequencer sees it: orders thread ------------------------------------------- */

static enum gv_err post_intake(void *ctx, struct gv_order_intake *intake, struct gv_fail *fail)
{
    return gv_engine_orders_intake(ctx, intake, fail);
}

static enum gv_err post_tick(void *ctx, struct gv_order_tick *tick, struct gv_fail *fail)
{
    gv_engine_solver_registry(self.engine, &self.registry);
    return gv_engine_orders_tick(ctx, tick, fail);
}

static enum gv_err post_snapshot(void *ctx, struct gv_order_snapshot *snapshot,
                                 struct gv_fail *fail)
{
    return gv_engine_orders_snapshot(ctx, snapshot, fail);
}

static bool is_proven(void *ctx, const struct gv_order_item *item)
{
    (void)ctx;
    return gv_solver_proven(&self.registry, item);
}

static void *body(void *ctx)
{
    gv_sequencer_run(ctx);
    return NULL;
}

/* ---- start and stop -------------------------------------------------------------------------------- */

/* Three ports at one address. */
static enum gv_err listen_at(struct gv_sequencer_config *sequencer, const char *address,
                             const uint32_t wanted[GV_SEQUENCER_PORTS],
                             struct gv_sequencer_listener kind, struct gv_fail *fail)
{
    enum gv_err err = GV_OK;
    for (unsigned port = 0; port < GV_SEQUENCER_PORTS && err == GV_OK; port++) {
        uint32_t listener;
        uint16_t real = (uint16_t)wanted[port];
        err = gv_socket_tcp_listen(&self.sockets, address, &real, &listener, fail);
        if (err == GV_OK) {
            kind.port = (enum gv_sequencer_port)port;
            sequencer->listeners[listener] = kind;
            sequencer->listeners_n = listener + 1u;
            self.ports[listener] = real;
        }
        if (err == GV_OK && kind.encrypted) {
            gv_socket_tcp_encrypt(&self.sockets, listener);
        }
    }
    return err;
}

static enum gv_err listen_all(const struct gv_config *config, struct gv_sequencer_config *sequencer,
                              struct gv_fail *fail)
{
    const uint32_t plain[GV_SEQUENCER_PORTS] = {config->orders_order_port, config->orders_bid_port,
                                                config->orders_claim_port};
    const uint32_t encrypted[GV_SEQUENCER_PORTS] = {
        config->orders_tls_order_port, config->orders_tls_bid_port, config->orders_tls_claim_port};
    enum gv_err err = gv_socket_tcp_open(&sequencer->tcp, &self.sockets, fail);
    if (err == GV_OK) {
        const struct gv_sequencer_listener kind = {.authenticated = config->orders_authenticated};
        err = listen_at(sequencer, config->orders_bind, plain, kind, fail);
    }
    if (err == GV_OK && config->orders_tls) {
        const struct gv_sequencer_listener kind = {.authenticated = true, .encrypted = true};
        err = listen_at(sequencer, config->orders_tls_bind, encrypted, kind, fail);
    }
    return err;
}

static enum gv_err open_tls(const struct gv_config *config, const struct gv_tls_files *tls,
                            struct gv_fail *fail)
{
    if (!config->orders_tls) {
        return GV_OK;
    }
    const enum gv_err err =
        gv_tls_open(tls->report.files.leaf_crt, tls->report.files.leaf_key, fail);
    self.tls = err == GV_OK;
    return err;
}

enum gv_err gv_orders_thread_start(const struct gv_config *config, const struct gv_tls_files *tls,
                                   struct gv_engine *engine, const struct gv_clock *clock,
                                   struct gv_fail *fail)
{
    if (!config->orders_enabled) {
        return GV_OK;
    }
    struct gv_sequencer_config sequencer = {
        .clock = clock,
        .house = {.intake = post_intake,
                  .tick = post_tick,
                  .snapshot = post_snapshot,
                  .proven = is_proven,
                  .ctx = engine},
        .tick_ms = config->orders_tick_ms,
        .read_ms = config->orders_read_s * 1000u,
        .many_lines = config->orders_many_lines,
    };
    self.engine = engine;
    gv_engine_solver_registry(engine, &self.registry);
    enum gv_err err = open_tls(config, tls, fail);
    if (err == GV_OK) {
        err = listen_all(config, &sequencer, fail);
    }
    if (err == GV_OK) {
        gv_sequencer_init(gv_sequencer_instance(), &sequencer);
        err = gv_thread_start(&self.thread, "orders", body, gv_sequencer_instance(), fail);
    }
    self.running = err == GV_OK;
    if (self.running) {
        gv_log(GV_LOG_INFO, "orders", "sequencer at %s ports=%u,%u,%u%s", config->orders_bind,
               self.ports[GV_SEQUENCER_ORDERS], self.ports[GV_SEQUENCER_BIDS],
               self.ports[GV_SEQUENCER_CLAIMS],
               config->orders_proof ? "" : " unsafe: a bare claim fulfils an order");
    }
    if (self.running && config->orders_tls) {
        const uint16_t *ports = self.ports + GV_SEQUENCER_PORTS;
        gv_log(GV_LOG_INFO, "orders", "encrypted at %s ports=%u,%u,%u", config->orders_tls_bind,
               ports[GV_SEQUENCER_ORDERS], ports[GV_SEQUENCER_BIDS], ports[GV_SEQUENCER_CLAIMS]);
    }
    return err;
}

void gv_orders_thread_stop(void)
{
    if (!self.running) {
        return;
    }
    gv_sequencer_stop(gv_sequencer_instance());
    GV_ASSERT(pthread_join(self.thread, NULL) == 0);
    gv_socket_tcp_close(&self.sockets);
    if (self.tls) {
        gv_tls_close();
    }
    self.running = false;
}

const uint16_t *gv_orders_thread_ports(void)
{
    return self.running ? self.ports : NULL;
}
