/* Thread creation in one way: fixed stack, a name for debuggers, all signals blocked.
 * Thread: main, before the memory seal. */
#ifndef GV_FIRMWARE_BOOT_THREAD_H
#define GV_FIRMWARE_BOOT_THREAD_H

#include "firmware/base/err.h"

#include <pthread.h>

/* The deepest stack is a worker's JSON and PSBT check, measured below 64 KiB. */
#define GV_THREAD_STACK_BYTES 262144u

GV_MUST_USE enum gv_err gv_thread_start(pthread_t *thread, const char *name,
                                        void *(*body)(void *ctx), void *ctx, struct gv_fail *fail);

#endif
