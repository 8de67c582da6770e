/* HTTP clients of the daemon, each with its one user, and the certificates that they trust.
 * Thread: open and close main; a client belongs to its user's thread. */
#ifndef GV_FIRMWARE_BOOT_CLIENTS_H
#define GV_FIRMWARE_BOOT_CLIENTS_H

#include "app/config/config.h"
#include "app/engine/webhooks.h"
#include "firmware/base/limits.h"
#include "hal/iface/http.h"

/** One per worker (0 .. GV_HTTP_WORKERS - 1), and then: */
enum {
    GV_CLIENT_NODE = GV_HTTP_WORKERS,
    GV_CLIENT_INDEXER,
    GV_CLIENT_PRICES,
    GV_CLIENT_ISSUER,
    GV_CLIENT_OUTBOX, /* and the next: one per lane */
    GV_CLIENTS = GV_CLIENT_OUTBOX + GV_LANES,
};

/** Returns: GV_OK (also without the system's bundle: https is refused then); GV_ERR_NOT_FOUND and
 *  GV_ERR_INVALID for a configured bundle; GV_ERR_FULL. */
GV_MUST_USE enum gv_err gv_clients_open(const struct gv_config *config, struct gv_fail *fail);
void gv_clients_close(void);
struct gv_http *gv_client(unsigned index);

#endif
