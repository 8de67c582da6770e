/* Issuer thread: keeps the keys of another issuer of tokens fresh. It runs only when auth.jwks_url is set.
 * Thread: start and stop main. */
#ifndef GV_FIRMWARE_BOOT_ISSUER_THREAD_H
#define GV_FIRMWARE_BOOT_ISSUER_THREAD_H

#include "app/issuer/issuer.h"

/** Keeps what config points to. Returns: GV_OK; GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_issuer_thread_start(const struct gv_issuer_config *config,
                                               struct gv_fail *fail);
/** Does nothing when it never started. */
void gv_issuer_thread_stop(void);

#endif
