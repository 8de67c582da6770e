/* Arena: bump allocation in lent memory, freed all at once. For the scratch memory of one request.
 * Thread: one owner at a time. */
#ifndef GV_FIRMWARE_BASE_ARENA_H
#define GV_FIRMWARE_BASE_ARENA_H

#include "firmware/base/err.h"

#include <stdint.h>

struct gv_arena {
    uint8_t *p;
    size_t used;
    size_t cap;
};

static inline void gv_arena_init(struct gv_arena *arena, void *memory, size_t cap)
{
    *arena = (struct gv_arena){.p = memory, .used = 0, .cap = cap};
}

/** 16-byte aligned (relative to the arena's start, which must be aligned), uninitialised memory;
 *  NULL when it does not fit. */
GV_MUST_USE void *gv_arena_take(struct gv_arena *arena, size_t bytes);

#endif
