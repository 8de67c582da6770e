#include "firmware/base/pool.h"

#include "firmware/base/assert.h"
#include "firmware/base/mem.h"

#include <string.h>

#define NONE UINT32_MAX /* end of the free list */

static struct {
    pthread_mutex_t lock;
    struct gv_pool *first;
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER};

void gv_pool_init(struct gv_pool *pool, const char *name, void *slots, size_t slot_bytes,
                  uint32_t *next, uint8_t *used, uint32_t capacity)
{
    GV_ASSERT(!gv_mem_sealed());
    GV_ASSERT(slots != NULL);
    GV_ASSERT(slot_bytes > 0);
    GV_ASSERT(capacity > 0);
    GV_ASSERT(capacity < NONE);
    *pool = (struct gv_pool){
        .name = name,
        .slots = slots,
        .next = next,
        .used = used,
        .slot_bytes = slot_bytes,
        .capacity = capacity,
        .free_count = capacity,
        .low_water = capacity,
    };
    int rc = pthread_mutex_init(&pool->lock, NULL);
    GV_ASSERT(rc == 0);
    for (uint32_t i = 0; i < capacity; i++) {
        next[i] = i + 1 < capacity ? i + 1 : NONE;
        used[i] = 0;
    }

    pthread_mutex_lock(&registry.lock);
    for (const struct gv_pool *p = registry.first; p != NULL; p = p->registry_next) {
        GV_ASSERT(p != pool);
    }
    pool->registry_next = registry.first;
    registry.first = pool;
    pthread_mutex_unlock(&registry.lock);
}

void gv_pool_deinit(struct gv_pool *pool)
{
    GV_ASSERT(pool->free_count == pool->capacity);
    pthread_mutex_lock(&registry.lock);
    struct gv_pool **link = &registry.first;
    while (*link != pool) {
        GV_ASSERT(*link != NULL);
        link = &(*link)->registry_next;
    }
    *link = pool->registry_next;
    pthread_mutex_unlock(&registry.lock);
    pthread_mutex_destroy(&pool->lock);
}

/* Tests ask for the n-th acquire to fail. */
static bool fault_due(struct gv_pool *pool)
{
    if (pool->fail_after == 0) {
        return false;
    }
    pool->fail_after--;
    return pool->fail_after == 0;
}

void *gv_pool_acquire(struct gv_pool *pool, uint32_t margin)
{
    uint8_t *slot = NULL;
    pthread_mutex_lock(&pool->lock);
    if (fault_due(pool) || pool->free_count <= margin) {
        pool->refused++;
    } else {
        uint32_t index = pool->first_free;
        GV_ASSERT(index < pool->capacity);
        GV_ASSERT(pool->used[index] == 0);
        pool->first_free = pool->next[index];
        pool->used[index] = 1;
        pool->free_count--;
        if (pool->free_count < pool->low_water) {
            pool->low_water = pool->free_count;
        }
        slot = pool->slots + (size_t)index * pool->slot_bytes;
    }
    pthread_mutex_unlock(&pool->lock);
    if (slot != NULL) {
        memset(slot, 0, pool->slot_bytes);
    }
    return slot;
}

uint32_t gv_pool_index(const struct gv_pool *pool, const void *slot)
{
    uintptr_t first = (uintptr_t)pool->slots;
    uintptr_t at = (uintptr_t)slot;
    GV_ASSERT(at >= first);
    GV_ASSERT((at - first) / pool->slot_bytes < pool->capacity);
    GV_ASSERT((at - first) % pool->slot_bytes == 0);
    return (uint32_t)((at - first) / pool->slot_bytes);
}

void gv_pool_release(struct gv_pool *pool, void *slot)
{
    uint32_t index = gv_pool_index(pool, slot);
    pthread_mutex_lock(&pool->lock);
    GV_ASSERT(pool->used[index] == 1);
#ifdef GV_PAINT_RELEASED
    memset(slot, 0x5a, pool->slot_bytes);
#endif
    pool->used[index] = 0;
    pool->next[index] = pool->first_free;
    pool->first_free = index;
    pool->free_count++;
    pthread_mutex_unlock(&pool->lock);
}

struct gv_pool_stats gv_pool_stats(struct gv_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct gv_pool_stats stats = {
        .name = pool->name,
        .capacity = pool->capacity,
        .in_use = pool->capacity - pool->free_count,
        .low_water = pool->low_water,
        .refused = pool->refused,
        .slot_bytes = pool->slot_bytes,
    };
    pthread_mutex_unlock(&pool->lock);
    return stats;
}

void gv_pool_each(void (*visit)(void *ctx, const struct gv_pool_stats *stats), void *ctx)
{
    pthread_mutex_lock(&registry.lock);
    for (struct gv_pool *pool = registry.first; pool != NULL; pool = pool->registry_next) {
        struct gv_pool_stats stats = gv_pool_stats(pool);
        visit(ctx, &stats);
    }
    pthread_mutex_unlock(&registry.lock);
}
