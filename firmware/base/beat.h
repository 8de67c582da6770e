/* Beat: when each thread last came round its loop, for people who look at the System page.
 *
 * A thread is named once and beats at every turn; a thread that was never named beats for nothing.
 * Threads are few and named at start, so a full table is our mistake.
 * Thread: begin and beat the one that beats; each any. */
#ifndef GV_FIRMWARE_BASE_BEAT_H
#define GV_FIRMWARE_BASE_BEAT_H

#include <stdint.h>

#define GV_BEATS_MAX 16u

/** Name the calling thread. Keeps `name`. */
void gv_beat_begin(const char *name);
/** The calling thread is alive. */
void gv_beat(void);
/** Visit all named threads with the milliseconds since their last beat. */
void gv_beat_each(void (*visit)(void *ctx, const char *name, uint64_t age_ms), void *ctx);

#endif
