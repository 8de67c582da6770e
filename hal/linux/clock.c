#include "hal/linux/clock.h"

#include "firmware/base/assert.h"

#include <time.h>

static struct gv_mono op_mono(void *ctx)
{
    (void)ctx;
    struct timespec now;
    GV_ASSERT(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (struct gv_mono){(uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u};
}

static struct gv_utc op_utc(void *ctx)
{
    (void)ctx;
    struct timespec now;
    GV_ASSERT(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (struct gv_utc){now.tv_sec};
}

struct gv_clock gv_linux_clock(void)
{
    static const struct gv_clock_ops clock_ops = {.mono = op_mono, .utc = op_utc};
    return (struct gv_clock){.ops = &clock_ops, .ctx = NULL};
}
