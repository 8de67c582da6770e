/* Alive: whether the daemon's inner threads still do their work, for the watchdog.
 *
 * Main pings the watchdog only while every thread that nobody waits for beats within its limit: node, engine, oracle,
 * prices. What counts is progress and no finished round: one beside a slow node may take minutes.
 * Thread: main. */
#ifndef GV_FIRMWARE_BOOT_ALIVE_H
#define GV_FIRMWARE_BOOT_ALIVE_H

#include <stdbool.h>
#include <stdint.h>

/** A thread that beat age_ms ago is in time; one without a limit always is.
 *  In: name: as in gv_thread_start. timeout_ms: longest wait for one answer of the node. */
bool gv_alive_in_time(const char *name, uint64_t age_ms, uint32_t timeout_ms);
/** All threads that beat are in time. */
bool gv_alive_beats(uint32_t timeout_ms);

#endif
