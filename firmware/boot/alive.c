#include "firmware/boot/alive.h"

#include "firmware/base/beat.h"
#include "firmware/base/log.h"

#include <inttypes.h>
#include <string.h>

/* Twice the longest that each goes without a beat. A thread that asks the node beats at every answer, so of a slow
 * one it waits for a single answer at a time. The node thread's: a block that the engine takes. The engine's: a walk
 * through the whole audit log for an area that has nothing in it, on a worn card; what is verified is so in steps.
 * The oracle's: an inbox that is full and an estimate of a full window, on a board that swaps. The keeper's: its
 * pause. */
static const struct {
    const char *name;
    uint32_t limit_ms;
    uint32_t answers; /* of the node, waited for without a beat */
} limits[] = {
    {"node", 30000, 2},
    {"engine", 90000, 0},
    {"oracle", 30000, 0},
    {"prices", 30000, 2},
};

bool gv_alive_in_time(const char *name, uint64_t age_ms, uint32_t timeout_ms)
{
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        if (strcmp(name, limits[i].name) == 0) {
            return age_ms <= limits[i].limit_ms + (uint64_t)limits[i].answers * timeout_ms;
        }
    }
    return true;
}

struct beats {
    uint32_t timeout_ms;
    bool in_time;
};

static void judge_beat(void *ctx, const char *name, uint64_t age_ms)
{
    struct beats *beats = ctx;
    if (!gv_alive_in_time(name, age_ms, beats->timeout_ms)) {
        gv_log(GV_LOG_BROKEN, "boot", "thread hangs name=%s age_ms=%" PRIu64, name, age_ms);
        beats->in_time = false;
    }
}

bool gv_alive_beats(uint32_t timeout_ms)
{
    struct beats beats = {.timeout_ms = timeout_ms, .in_time = true};
    gv_beat_each(judge_beat, &beats);
    return beats.in_time;
}
