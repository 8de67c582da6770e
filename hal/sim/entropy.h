/* Entropy of the simulator: the same seed gives the same bytes. Never for a product.
 * Source: S. Vigna, "splitmix64" (public domain). Thread: one at a time. */
#ifndef GV_HAL_SIM_ENTROPY_H
#define GV_HAL_SIM_ENTROPY_H

#include "hal/iface/entropy.h"

#include <stdint.h>

/** Caller's storage: a stream of pseudo-random numbers, also for the script's own choices. */
struct gv_sim_random {
    uint64_t state;
};

static inline struct gv_sim_random gv_sim_random_of(uint64_t seed)
{
    return (struct gv_sim_random){.state = seed};
}

uint64_t gv_sim_random_next(struct gv_sim_random *random);
/** A number below `bound` (bound 1 or more), without caring for the tiny bias. */
uint32_t gv_sim_random_below(struct gv_sim_random *random, uint32_t bound);

/** Keeps `random`. */
struct gv_entropy gv_sim_entropy(struct gv_sim_random *random);

#endif
