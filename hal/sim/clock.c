#include "hal/sim/clock.h"

static struct gv_mono op_mono(void *ctx)
{
    struct gv_sim_clock *sim = ctx;
    return (struct gv_mono){atomic_load(&sim->mono_ms)};
}

static struct gv_utc op_utc(void *ctx)
{
    struct gv_sim_clock *sim = ctx;
    return (struct gv_utc){atomic_load(&sim->utc_s)};
}

struct gv_clock gv_sim_clock_init(struct gv_sim_clock *sim, struct gv_mono mono, struct gv_utc utc)
{
    static const struct gv_clock_ops clock_ops = {.mono = op_mono, .utc = op_utc};
    atomic_init(&sim->mono_ms, mono.ms);
    atomic_init(&sim->utc_s, utc.s);
    return (struct gv_clock){.ops = &clock_ops, .ctx = sim};
}

void gv_sim_clock_advance(struct gv_sim_clock *sim, uint64_t ms)
{
    /* A second of the wall clock ends when the monotonic one passes a whole second. */
    uint64_t before_ms = atomic_fetch_add(&sim->mono_ms, ms);
    uint64_t seconds = (before_ms + ms) / 1000u - before_ms / 1000u;
    atomic_fetch_add(&sim->utc_s, (int64_t)seconds);
}

void gv_sim_clock_set_utc(struct gv_sim_clock *sim, struct gv_utc utc)
{
    atomic_store(&sim->utc_s, utc.s);
}
