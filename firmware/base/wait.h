/* Wait: conditions whose time limits run on the clock that never jumps.
 *
 * POSIX conditions wait by the wall clock unless told otherwise; a box without a battery sets its wall
 * clock by years when it first hears the time. Thread: any; allocates nothing. */
#ifndef GV_FIRMWARE_BASE_WAIT_H
#define GV_FIRMWARE_BASE_WAIT_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/** A condition whose deadlines gv_wait_until gives. Destroy it with pthread_cond_destroy. */
void gv_wait_init(pthread_cond_t *condition);

/** The moment timeout_ms from now, for pthread_cond_timedwait on a condition of gv_wait_init. */
struct timespec gv_wait_until(uint32_t timeout_ms);

#endif
