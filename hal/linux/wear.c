#include "hal/linux/wear.h"

#include <stdatomic.h>

#define HOURS 24u

static atomic_uint_fast64_t totals[GV_WEAR_CLASSES];
/* Totals at the beginning of each of the last hours, and the hour of the newest of them. */
static atomic_uint_fast64_t marks[HOURS][GV_WEAR_CLASSES];
static atomic_uint_fast64_t hour_now;
static atomic_uint hours_held;

static const char *const names[GV_WEAR_CLASSES] = {"durable", "soft", "files", "backup"};

void gv_wear_add(enum gv_wear wear, uint64_t bytes)
{
    atomic_fetch_add(&totals[wear], bytes);
}

uint64_t gv_wear_total(enum gv_wear wear)
{
    return atomic_load(&totals[wear]);
}

const char *gv_wear_name(enum gv_wear wear)
{
    return names[wear];
}

void gv_wear_tick(uint64_t mono_s)
{
    const uint64_t hour = mono_s / 3600u;
    if (atomic_load(&hours_held) != 0 && hour == atomic_load(&hour_now)) {
        return;
    }
    for (unsigned i = 0; i < GV_WEAR_CLASSES; i++) {
        /* The first mark is the start, when nothing had been written. */
        const uint64_t total = atomic_load(&hours_held) == 0 ? 0 : atomic_load(&totals[i]);
        atomic_store(&marks[hour % HOURS][i], total);
    }
    atomic_store(&hour_now, hour);
    if (atomic_load(&hours_held) < HOURS) {
        atomic_fetch_add(&hours_held, 1);
    }
}

uint64_t gv_wear_day(enum gv_wear wear)
{
    const unsigned held = atomic_load(&hours_held);
    const uint64_t total = atomic_load(&totals[wear]);
    if (held < HOURS) {
        return total;
    }
    /* The oldest mark is the one that the next hour will replace. */
    const uint64_t begin = atomic_load(&marks[(atomic_load(&hour_now) + 1u) % HOURS][wear]);
    return total > begin ? total - begin : 0;
}
