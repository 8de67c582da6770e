#include "hal/sim/entropy.h"

#include "firmware/base/assert.h"

uint64_t gv_sim_random_next(struct gv_sim_random *random)
{
    random->state += 0x9e3779b97f4a7c15u;
    uint64_t z = random->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t gv_sim_random_below(struct gv_sim_random *random, uint32_t bound)
{
    GV_ASSERT(bound > 0);
    return (uint32_t)(gv_sim_random_next(random) % bound);
}

static void op_fill(void *ctx, void *out, size_t n)
{
    uint8_t *p = out;
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++) {
        if (i % sizeof(word) == 0) {
            word = gv_sim_random_next(ctx);
        }
        p[i] = (uint8_t)(word >> (8 * (i % sizeof(word))));
    }
}

struct gv_entropy gv_sim_entropy(struct gv_sim_random *random)
{
    static const struct gv_entropy_ops entropy_ops = {.fill = op_fill};
    return (struct gv_entropy){.ops = &entropy_ops, .ctx = random};
}
