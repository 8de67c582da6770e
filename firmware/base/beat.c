#include "firmware/base/beat.h"

#include "firmware/base/assert.h"

#include <stdatomic.h>
#include <time.h>

struct beat {
    _Atomic(const char *) name;
    _Atomic(uint64_t) at_ms;
};

static struct beat beats[GV_BEATS_MAX];
static atomic_uint used;
static _Thread_local struct beat *own;

static uint64_t now_ms(void)
{
    struct timespec now;
    GV_ASSERT(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

void gv_beat_begin(const char *name)
{
    const unsigned i = atomic_fetch_add(&used, 1);
    GV_ASSERT(i < GV_BEATS_MAX);
    own = &beats[i];
    atomic_store(&own->at_ms, now_ms());
    atomic_store(&own->name, name); /* from now on it is visited */
}

void gv_beat(void)
{
    if (own != NULL) {
        atomic_store(&own->at_ms, now_ms());
    }
}

void gv_beat_each(void (*visit)(void *ctx, const char *name, uint64_t age_ms), void *ctx)
{
    for (unsigned i = 0; i < GV_BEATS_MAX; i++) {
        const char *name = atomic_load(&beats[i].name);
        if (name != NULL) {
            const uint64_t at_ms = atomic_load(&beats[i].at_ms);
            const uint64_t now = now_ms();
            visit(ctx, name, now > at_ms ? now - at_ms : 0);
        }
    }
}
