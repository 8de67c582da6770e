/* Accept guard: socket options and a cap of connections per address, before they enter (entrance.h).
 *
 * CivetWeb's accept and close lead here. A connection is counted from accept until close, or
 * until it leaves its worker for the live thread, which has a cap of its own.
 * Thread: init and deinit main; release and reset any. */
#ifndef GV_WEB_SERVER_GUARD_H
#define GV_WEB_SERVER_GUARD_H

#include "firmware/base/limits.h"
#include "firmware/base/subnet.h"

#include <stdbool.h>
#include <stdint.h>

/* CivetWeb's queue; what waits for a worker waits at the entrance. */
#define GV_GUARD_QUEUE 64u
/* With workers or in their queue, at the entrance, and the one being accepted. */
#define GV_GUARD_CONNECTIONS (GV_HTTP_WORKERS + GV_GUARD_QUEUE + GV_ENTRANCE_PLACES + 1u)

/** In: exempt: networks that are not capped, kept; NULL: none. */
void gv_guard_init(unsigned per_address_max, bool cap_loopback, const struct gv_subnets *exempt);
/** Close what CivetWeb has left open: at its stop it forgets connections that no worker had taken.
 *  After it stopped. */
void gv_guard_deinit(void);

/** This thread is CivetWeb's master, and what comes to this port (0: none) begins with a handshake. */
void gv_guard_master(uint16_t https_port);
bool gv_guard_is_master(void);

/** Stop counting this descriptor. */
void gv_guard_release(int descriptor);
/** The same, and end the connection: the kernel resets, and no TIME_WAIT of thousands of them stays. */
void gv_guard_reset(int descriptor);

struct gv_guard_stats {
    uint64_t accepted;
    uint64_t open;
    uint64_t refused;
};
void gv_guard_stats(struct gv_guard_stats *stats);

#endif
