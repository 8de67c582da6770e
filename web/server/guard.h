/* Accept guard: socket options and a cap of connections per address, before a worker sees them.
 *
 * CivetWeb's accept, listen and close lead here. A connection is counted from accept until close, or
 * until it leaves its worker for the live thread, which has a cap of its own.
 * Thread: init and deinit main; release any. */
#ifndef GV_WEB_SERVER_GUARD_H
#define GV_WEB_SERVER_GUARD_H

#include "firmware/base/limits.h"
#include "firmware/base/subnet.h"

#include <stdbool.h>
#include <stdint.h>

/* Connections that wait for a worker; beyond, the kernel's backlog holds them. */
#define GV_GUARD_QUEUE 64u
/* Workers, the queue, and the one being accepted. */
#define GV_GUARD_CONNECTIONS (GV_HTTP_WORKERS + GV_GUARD_QUEUE + 1u)

/** In: exempt: networks that are not capped, kept; NULL: none. */
void gv_guard_init(unsigned per_address_max, bool cap_loopback, const struct gv_subnets *exempt);

/** Stop counting this descriptor. */
void gv_guard_release(int descriptor);

struct gv_guard_stats {
    uint64_t accepted;
    uint64_t open;
    uint64_t refused;
};
void gv_guard_stats(struct gv_guard_stats *stats);

#endif
