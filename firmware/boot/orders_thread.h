/* Orders thread: the sequencer of order auctions beside the engine, on its ports.
 *
 *   config ──► sockets, sequencer ──► thread "orders" ──posts──► engine
 *
 * Off (orders.enabled): there is no thread, no socket, and the memory of sequencer and book is never
 * touched. Thread: main. */
#ifndef GV_FIRMWARE_BOOT_ORDERS_THREAD_H
#define GV_FIRMWARE_BOOT_ORDERS_THREAD_H

#include "app/config/config.h"
#include "app/sequencer/sequencer.h"
#include "firmware/boot/tls_files.h"

/** For gv_engine_config; NULL when the module is off. */
const struct gv_engine_orders_config *gv_orders_thread_rules(const struct gv_config *config);

/** Listen and start the thread; nothing when the module is off. Keeps clock. In: tls: opened.
 *  Returns: GV_OK; GV_ERR_INVALID (orders.bind); GV_ERR_CONFLICT (a port is taken); GV_ERR_IO;
 *  GV_ERR_CRYPTO (certificate). */
GV_MUST_USE enum gv_err gv_orders_thread_start(const struct gv_config *config,
                                               const struct gv_tls_files *tls,
                                               struct gv_engine *engine,
                                               const struct gv_clock *clock, struct gv_fail *fail);
/** Before the engine stops. Does nothing when it never started. */
void gv_orders_thread_stop(void);

/** The ports it really listens at: by enum gv_sequencer_port, behind them the encrypted ones (0: there are
 *  none); NULL when it does not run. */
const uint16_t *gv_orders_thread_ports(void);

#endif
