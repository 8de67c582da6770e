/* Threads of the web layer: start one that no signal interrupts (signals are for the main thread).
 * Thread: main, before the memory seal. */
#ifndef GV_WEB_SERVER_THREAD_H
#define GV_WEB_SERVER_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/** Returns: false when the system has no room for another. */
bool gv_web_thread_start(pthread_t *thread, size_t stack_bytes, void *(*body)(void *arg),
                         void *arg);

#endif
