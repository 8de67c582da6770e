#include "firmware/base/wait.h"

#include "firmware/base/assert.h"

#define NS_PER_S 1000000000L

void gv_wait_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    int rc = pthread_condattr_init(&attributes);
    GV_ASSERT(rc == 0);
    rc = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    GV_ASSERT(rc == 0);
    rc = pthread_cond_init(condition, &attributes);
    GV_ASSERT(rc == 0);
    pthread_condattr_destroy(&attributes);
}

struct timespec gv_wait_until(uint32_t timeout_ms)
{
    struct timespec at;
    int rc = clock_gettime(CLOCK_MONOTONIC, &at);
    GV_ASSERT(rc == 0);
    at.tv_sec += (time_t)(timeout_ms / 1000u);
    at.tv_nsec += (long)(timeout_ms % 1000u) * 1000000L;
    if (at.tv_nsec >= NS_PER_S) {
        at.tv_sec++;
        at.tv_nsec -= NS_PER_S;
    }
    return at;
}
