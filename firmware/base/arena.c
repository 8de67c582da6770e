#include "firmware/base/arena.h"

enum {
    ALIGN = 16
};

void *gv_arena_take(struct gv_arena *arena, size_t bytes)
{
    size_t gap = (ALIGN - arena->used % ALIGN) % ALIGN;
    size_t left = arena->cap - arena->used;
    if (left < gap || left - gap < bytes) {
        return NULL;
    }
    uint8_t *p = arena->p + arena->used + gap;
    arena->used += gap + bytes;
    return p;
}
