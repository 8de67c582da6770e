/* Clock of the simulator: stands still until it is told to move. Thread: any. */
#ifndef GV_HAL_SIM_CLOCK_H
#define GV_HAL_SIM_CLOCK_H

#include "hal/iface/clock.h"

#include <stdatomic.h>

/** Caller's storage. */
struct gv_sim_clock {
    atomic_uint_fast64_t mono_ms;
    atomic_int_fast64_t utc_s;
};

/** Keeps `sim`. */
struct gv_clock gv_sim_clock_init(struct gv_sim_clock *sim, struct gv_mono mono, struct gv_utc utc);

/** Let time pass: both clocks move by whole seconds and milliseconds. */
void gv_sim_clock_advance(struct gv_sim_clock *sim, uint64_t ms);

/** Step the wall clock, also backwards, as NTP or a person would. The monotonic one stays. */
void gv_sim_clock_set_utc(struct gv_sim_clock *sim, struct gv_utc utc);

#endif
