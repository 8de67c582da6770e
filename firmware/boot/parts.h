/* Parts: every static object of the daemon that several modules share, and the steps that bring it up. Internal to
 * boot.c (order, running, stopping), parts_core.c (what stores and decides) and parts_outside.c (what talks to
 * others). Thread: main. */
#ifndef GV_FIRMWARE_BOOT_PARTS_H
#define GV_FIRMWARE_BOOT_PARTS_H

#include "app/engine/engine.h"
#include "app/node/follower.h"
#include "firmware/base/subnet.h"
#include "firmware/boot/control_thread.h"
#include "firmware/boot/tls_files.h"
#include "hal/iface/indicator.h"
#include "hal/linux/sqlite_storage.h"
#include "hal/linux/zmq_feed.h"
#include "web/api/api.h"

#include <pthread.h>
#include <stdatomic.h>

struct gv_boot {
    struct gv_config config;
    struct gv_config below;     /* what the stored settings lie on */
    struct gv_changes *changes; /* what the owner stores */
    atomic_bool restart;
    atomic_bool renew; /* a person asks for a new certificate */
    char **argv;
    struct gv_clock clock;
    struct gv_entropy entropy;
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
};

extern struct gv_boot gv_boot;

/* ---- parts_core.c ---- */

/** Lock the data directory, do a restore that is ready, open the database. */
GV_MUST_USE enum gv_err gv_boot_open_storage(struct gv_fail *fail);
/** Node and indexer, as the settings name them. */
void gv_boot_set_remotes(void);
GV_MUST_USE enum gv_err gv_boot_open_engine(struct gv_fail *fail);
/** Start the engine's thread, the price's and the backups': those whom others ask. */
GV_MUST_USE enum gv_err gv_boot_start_core(struct gv_fail *fail);
/** Start following the node. Last: what it reports wakes all others. */
GV_MUST_USE enum gv_err gv_boot_start_node(struct gv_fail *fail);
/** Start again in the same process. Returns only when that failed. */
void gv_boot_run_again(void);

/* ---- parts_outside.c ---- */

void gv_boot_init_api(void);
/** Start the live stream and the server. In: extra: further routes. */
GV_MUST_USE enum gv_err gv_boot_start_web(const struct gv_route *extra, size_t extra_n,
                                          struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_boot_start_control(struct gv_fail *fail);
/** Ask for an orderly end and a new start. For gv_api_config and the backups. Thread: any. */
void gv_boot_ask_restart(void *ctx);

#endif
