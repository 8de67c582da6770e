/* Alive: whether the daemon's inner threads still do their work, for the watchdog.
 *
 *   node thread ─► node_status (every round, also when the node is away) ─► engine thread ─► count
 * A count that moves proves both threads. Main pings the watchdog only while it moves, and while the
 * threads that nobody waits for (oracle, prices) beat.
 * Thread: main. */
#ifndef GV_FIRMWARE_BOOT_ALIVE_H
#define GV_FIRMWARE_BOOT_ALIVE_H

#include "hal/iface/clock.h"

#include <stdbool.h>

struct gv_alive {
    uint64_t reports; /* as last seen */
    struct gv_mono moved_at;
    uint32_t patience_ms;
};

/** In: poll_ms: longest pause between rounds; timeout_ms: longest wait for one answer of the node.
 *  Patience is twice their sum: a node that hangs draws rounds out, and is no fault of ours. */
void gv_alive_init(struct gv_alive *alive, uint32_t poll_ms, uint32_t timeout_ms,
                   struct gv_mono now);

/** In: reports: gv_engine_stats.node_reports.
 *  Returns: true when they moved within the patience. */
bool gv_alive_check(struct gv_alive *alive, uint64_t reports, struct gv_mono now);

/** A thread that beat age_ms ago is in time; one without a limit always is.
 *  In: name: as in gv_thread_start. timeout_ms: longest wait for one answer of the node. */
bool gv_alive_in_time(const char *name, uint64_t age_ms, uint32_t timeout_ms);
/** All threads that beat are in time. */
bool gv_alive_beats(uint32_t timeout_ms);

#endif
