/* Pool: fixed slots of one size, acquired and released in O(1).
 *
 *   free list (LIFO) ──► slot ──► slot ──► ∅        in_use: one bit per slot
 *
 * The slots are static memory of the caller; nothing is ever allocated. A full pool is an ordinary
 * answer (GV_ERR_FULL, HTTP 503). `margin` keeps the last slots for work that must finish.
 * Owner: the struct that holds a slot pointer. Thread: the pool has its own mutex, so any thread
 * may acquire and release; the slot itself belongs to whoever acquired it. */
#ifndef GV_FIRMWARE_BASE_POOL_H
#define GV_FIRMWARE_BASE_POOL_H

#include "firmware/base/err.h"

#include <pthread.h>
#include <stdint.h>

struct gv_pool_stats {
    const char *name;
    uint32_t capacity;
    uint32_t in_use;
    uint32_t low_water; /* least number of free slots ever seen */
    uint64_t refused;   /* acquires that found no slot */
    size_t slot_bytes;
};

struct gv_pool {
    const char *name;
    uint8_t *slots;
    uint32_t *next; /* free list links, one per slot */
    uint8_t *used;  /* one byte per slot: catches double release and foreign slots */
    size_t slot_bytes;
    uint32_t capacity;
    uint32_t first_free;
    uint32_t free_count;
    uint32_t low_water;
    uint64_t refused;
    uint32_t fail_after; /* tests: refuse the n-th acquire from now; 0 = never */
    pthread_mutex_t lock;
    struct gv_pool *registry_next;
};

/** Static storage and the pool object `name`. Use at file scope. */
#define GV_POOL_STORAGE(pool_name, type, slot_count)                                               \
    static type pool_name##_slots[slot_count];                                                     \
    static uint32_t pool_name##_next[slot_count];                                                  \
    static uint8_t pool_name##_used[slot_count];                                                   \
    static struct gv_pool pool_name

#define GV_POOL_INIT(pool_name)                                                                    \
    gv_pool_init(&(pool_name), #pool_name, pool_name##_slots, sizeof(pool_name##_slots[0]),        \
                 pool_name##_next, pool_name##_used,                                               \
                 (uint32_t)(sizeof(pool_name##_next) / sizeof(pool_name##_next[0])))

/** Initialise and register the pool (for metrics). Start-up only: asserts that memory is not
 *  sealed (mem.h). Keeps all pointers. */
void gv_pool_init(struct gv_pool *pool, const char *name, void *slots, size_t slot_bytes,
                  uint32_t *next, uint8_t *used, uint32_t capacity);
/** Forget the pool: tests that make several in one process. Asserts that no slot is in use. */
void gv_pool_deinit(struct gv_pool *pool);

/** A zeroed slot, or NULL unless more than `margin` slots are free. */
GV_MUST_USE void *gv_pool_acquire(struct gv_pool *pool, uint32_t margin);
/** Give a slot back. Asserts: ours, aligned, in use. Paints it 0x5a in debug builds. */
void gv_pool_release(struct gv_pool *pool, void *slot);

/** 0-based index of a slot of this pool (asserts ours). */
uint32_t gv_pool_index(const struct gv_pool *pool, const void *slot);

struct gv_pool_stats gv_pool_stats(struct gv_pool *pool);
/** Visit every registered pool (metrics, status). Any thread. */
void gv_pool_each(void (*visit)(void *ctx, const struct gv_pool_stats *stats), void *ctx);

#endif
