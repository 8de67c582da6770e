/* Boot: wiring of the daemon, the only place that sees every layer.
 *
 *   settings ─► memory ─► storage ─► engine ─► api ─► server, live ─► threads ─► seal ─► ready
 *   stop: node thread ─► oracle ─► control ─► live ─► server ─► engine ─► storage
 * Every static object of the daemon that several modules share lives in parts.h; threads are created
 * here and nowhere else, before the memory seal. */
#ifndef GV_FIRMWARE_BOOT_BOOT_H
#define GV_FIRMWARE_BOOT_BOOT_H

#include "web/server/server.h"

/** Run the daemon until SIGINT or SIGTERM.
 *  In: extra: further routes (benchmarks), may be NULL.
 *  Returns: a sysexits(3) status. Thread: main. */
int gv_boot_run(int argc, char **argv, const struct gv_route *extra, size_t extra_n);

#endif
