/* Oracle thread: the price service beside the engine, and the tap that feeds it.
 *
 *   node thread ──tap: filter, push──► inbox ──► oracle thread ──► view ──► api
 *
 * Off (oracle.enabled): there is no thread, no tap, and the service's memory is never touched.
 * Thread: start and stop main; the tap is the node thread's. */
#ifndef GV_FIRMWARE_BOOT_ORACLE_THREAD_H
#define GV_FIRMWARE_BOOT_ORACLE_THREAD_H

#include "app/node/tap.h"
#include "app/oracle/service.h"
#include "hal/iface/clock.h"

/** Start the service and its thread. Keeps clock and what config points to.
 *  Returns: GV_OK; GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_oracle_thread_start(const struct gv_oracle_service_config *config,
                                               const struct gv_clock *clock, struct gv_fail *fail);
/** After the node thread has ended. Does nothing when the oracle never started. */
void gv_oracle_thread_stop(void);

/** For gv_follower_config; NULL when the oracle does not run. */
const struct gv_tap *gv_oracle_thread_tap(void);

#endif
