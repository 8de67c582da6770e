/* Heap: a fixed arena with O(1) allocate and free, lent to third-party libraries that insist on
 * one (Mbed TLS, libcurl, CivetWeb). Our own code uses pools.
 *
 * Two-level segregated fit: good-fit free lists by size class, boundary tags, immediate
 * coalescing. Pages of the region that were never handed out stay untouched, so an idle arena
 * costs no resident memory. Source: M. Masmano et al., "TLSF: a new dynamic memory allocator for
 * real-time systems", ECRTS 2004.
 * Bounds: a block is its request plus 8 bytes, rounded up to 16, plus at most 16 that make no block
 * of their own. A request may be refused though a free block would hold it only when that block is
 * less than 1/16 larger (good fit looks at classes, not at blocks). Thread: own mutex. */
#ifndef GV_FIRMWARE_BASE_HEAP_H
#define GV_FIRMWARE_BASE_HEAP_H

#include "firmware/base/err.h"

#include <pthread.h>
#include <stdint.h>

struct gv_heap_block;

/* Rows (powers of two) and classes in each: below 256 bytes one class per 16 bytes. */
enum {
    GV_HEAP_FL = 24,
    GV_HEAP_SL = 16
};

struct gv_heap_stats {
    const char *name;
    size_t capacity; /* bytes in blocks, headers included, as are the next two */
    size_t in_use;
    size_t high_water;
    uint64_t refused;
};

struct gv_heap {
    const char *name;
    pthread_mutex_t lock;
    uint8_t *begin; /* first block */
    uint8_t *end;   /* behind the last block */
    size_t capacity;
    size_t in_use;
    size_t high_water;
    uint64_t refused;
    uint32_t fl_bitmap;
    uint32_t sl_bitmap[GV_HEAP_FL];
    struct gv_heap_block *free_lists[GV_HEAP_FL][GV_HEAP_SL];
    struct gv_heap *registry_next;
};

/** Take over `region` (16-byte aligned, at least 1 KiB, below 2^31 bytes). Keeps it. Start-up. */
void gv_heap_init(struct gv_heap *heap, const char *name, void *region, size_t bytes);
/** Forget the heap: tests that make several in one process. Asserts that no block is live. */
void gv_heap_deinit(struct gv_heap *heap);
/** 16-byte aligned memory or NULL when the arena is exhausted (counted). bytes 0 gives NULL. */
GV_MUST_USE void *gv_heap_take(struct gv_heap *heap, size_t bytes);
/** As gv_heap_take for n * size bytes, zeroed; NULL on overflow. */
GV_MUST_USE void *gv_heap_take_zeroed(struct gv_heap *heap, size_t n, size_t size);
/** Grow or shrink, keeping the contents; NULL leaves the old block alone. p NULL takes a new block;
 *  bytes 0 shrinks to the smallest block. */
GV_MUST_USE void *gv_heap_resize(struct gv_heap *heap, void *p, size_t bytes);
/** NULL is allowed. Asserts that p is a live block of this heap. */
void gv_heap_give(struct gv_heap *heap, void *p);

struct gv_heap_stats gv_heap_stats(struct gv_heap *heap);
void gv_heap_each(void (*visit)(void *ctx, const struct gv_heap_stats *stats), void *ctx);

#endif
