/* Time of the socket layer, monotonic but for gv_wall_ms.
 *
 * Deadlines of handshakes, bodies and idle connections are measured here directly: they guard real
 * sockets and never decide anything that is recorded, so no simulated clock replaces them.
 * Thread: any. */
#ifndef GV_WEB_SERVER_TICKS_H
#define GV_WEB_SERVER_TICKS_H

#include <stdint.h>
#include <time.h>

static inline uint64_t gv_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static inline uint64_t gv_now_ms(void)
{
    return gv_now_us() / 1000u;
}

/** Milliseconds since 1970, for what clients compare with their own clocks. May step. */
static inline uint64_t gv_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

#endif
