/* Outbox threads: one per lane, from the engine's outbox to the receivers of webhooks.
 * Thread: start and stop main. */
#ifndef GV_FIRMWARE_BOOT_OUTBOX_THREADS_H
#define GV_FIRMWARE_BOOT_OUTBOX_THREADS_H

#include "app/outbox/outbox.h"

/** In: http: a client for each lane, in the lanes' order; kept, as clock and private_targets are.
 *  Returns: GV_OK; GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_outbox_threads_start(struct gv_engine *engine, struct gv_http *http,
                                                const struct gv_clock *clock,
                                                const atomic_bool *private_targets,
                                                struct gv_fail *fail);
/** Before the engine stops. What was being sent is sent again at the next start. */
void gv_outbox_threads_stop(void);

#endif
