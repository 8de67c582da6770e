/* Layout of the region, the same on 32- and 64-bit machines:
 *
 *   0       8                     16-aligned
 *   | pad   | header | payload ... | header | payload ... |        | unused tail < 16
 *           └ block: `bytes` ──────┘
 *
 * Blocks lie end to end. A header is 8 bytes at 8 modulo 16, so payloads are 16-byte aligned and
 * block sizes are multiples of 16. Two free blocks are never neighbours. */
#include "firmware/base/heap.h"

#include "firmware/base/assert.h"
#include "firmware/base/mem.h"

#include <string.h>

struct gv_heap_block {
    uint32_t prev_bytes; /* size of the block before this one; 0: this is the first */
    uint32_t bytes;      /* size of this block with its header, and FREE */
    /* The payload starts here. While the block is free it holds the links of its free list. */
    struct gv_heap_block *next_free;
    struct gv_heap_block *prev_free;
};

enum {
    GRAIN = 16,
    HEADER = 8,
    BLOCK_MIN = 32, /* header and links */
    SMALL = 256,    /* below: one class per grain; above: GV_HEAP_SL classes per power of two */
    SMALL_BITS = 8,
    SL_BITS = 4,
    REGION_MIN = 1024,
};

#define FREE       1u
#define REGION_MAX 0x7fffffffu

_Static_assert(offsetof(struct gv_heap_block, next_free) == HEADER, "the header is 8 bytes");
_Static_assert(sizeof(struct gv_heap_block) <= BLOCK_MIN, "links fit the smallest block");
_Static_assert(GV_HEAP_SL == 1 << SL_BITS && SMALL == GV_HEAP_SL * GRAIN &&
                   SMALL == 1 << SMALL_BITS,
               "small classes are the first row of the table");
_Static_assert(GV_HEAP_FL == 31 - SMALL_BITS + 1, "one row for each power of two below 2^31");

static struct {
    pthread_mutex_t lock;
    struct gv_heap *first;
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- blocks ------------------------------------------------------------------------------- */

static uint32_t size_of(const struct gv_heap_block *block)
{
    return block->bytes & ~FREE;
}

static bool is_free(const struct gv_heap_block *block)
{
    return (block->bytes & FREE) != 0;
}

/* What lies `offset` bytes behind (or before) a block in memory. */
static struct gv_heap_block *block_at(struct gv_heap_block *block, int64_t offset)
{
    return (struct gv_heap_block *)(void *)((uint8_t *)block + (ptrdiff_t)offset);
}

static struct gv_heap_block *next_of(const struct gv_heap *heap, struct gv_heap_block *block)
{
    struct gv_heap_block *next = block_at(block, size_of(block));
    return (uint8_t *)next == heap->end ? NULL : next;
}

static struct gv_heap_block *prev_of(struct gv_heap_block *block)
{
    return block->prev_bytes == 0 ? NULL : block_at(block, -(int64_t)block->prev_bytes);
}

static void *payload_of(struct gv_heap_block *block)
{
    return (uint8_t *)block + HEADER;
}

/* Size of the block for a request, or 0 when no region could hold it. */
static uint32_t block_bytes(size_t bytes)
{
    if (bytes > REGION_MAX - HEADER - GRAIN) {
        return 0;
    }
    uint32_t total = ((uint32_t)bytes + HEADER + GRAIN - 1) / GRAIN * GRAIN;
    return total < BLOCK_MIN ? BLOCK_MIN : total;
}

/* The live block of a pointer a library gave back. Asserts whatever a double release, a pointer
 * into the middle or an overrun of a neighbour would break. */
static struct gv_heap_block *live_block(const struct gv_heap *heap, void *p)
{
    uintptr_t at = (uintptr_t)p;
    GV_ASSERT(at % GRAIN == 0);
    GV_ASSERT(at >= (uintptr_t)heap->begin + HEADER);
    GV_ASSERT(at < (uintptr_t)heap->end);
    struct gv_heap_block *block = block_at(p, -(int64_t)HEADER);
    uintptr_t start = (uintptr_t)block;
    GV_ASSERT(!is_free(block));
    GV_ASSERT(block->bytes % GRAIN == 0);
    GV_ASSERT(block->bytes >= BLOCK_MIN);
    GV_ASSERT(block->bytes <= (uintptr_t)heap->end - start);
    GV_ASSERT(block->prev_bytes % GRAIN == 0);
    GV_ASSERT(block->prev_bytes <= start - (uintptr_t)heap->begin);
    const struct gv_heap_block *prev = prev_of(block);
    GV_ASSERT(prev != NULL ? size_of(prev) == block->prev_bytes : (uint8_t *)block == heap->begin);
    const struct gv_heap_block *next = next_of(heap, block);
    GV_ASSERT(next == NULL || next->prev_bytes == block->bytes);
    return block;
}

/* ---- free lists --------------------------------------------------------------------------- */

struct size_class {
    uint32_t fl;
    uint32_t sl;
};

static uint32_t highest_bit(uint32_t v)
{
    return 31u - (uint32_t)__builtin_clz(v);
}

/* The class whose list holds free blocks of this size. */
static struct size_class class_of(uint32_t bytes)
{
    if (bytes < SMALL) {
        return (struct size_class){.fl = 0, .sl = bytes / GRAIN};
    }
    uint32_t bit = highest_bit(bytes);
    return (struct size_class){.fl = bit - SMALL_BITS + 1,
                               .sl = (bytes >> (bit - SL_BITS)) - GV_HEAP_SL};
}

static void list_insert(struct gv_heap *heap, struct gv_heap_block *block)
{
    struct size_class c = class_of(size_of(block));
    struct gv_heap_block *head = heap->free_lists[c.fl][c.sl];
    block->bytes |= FREE;
    block->prev_free = NULL;
    block->next_free = head;
    if (head != NULL) {
        head->prev_free = block;
    }
    heap->free_lists[c.fl][c.sl] = block;
    heap->fl_bitmap |= 1u << c.fl;
    heap->sl_bitmap[c.fl] |= 1u << c.sl;
}

static void list_remove(struct gv_heap *heap, struct gv_heap_block *block)
{
    struct size_class c = class_of(size_of(block));
    if (block->next_free != NULL) {
        block->next_free->prev_free = block->prev_free;
    }
    if (block->prev_free != NULL) {
        block->prev_free->next_free = block->next_free;
    } else {
        GV_ASSERT(heap->free_lists[c.fl][c.sl] == block);
        heap->free_lists[c.fl][c.sl] = block->next_free;
        if (block->next_free == NULL) {
            heap->sl_bitmap[c.fl] &= ~(1u << c.sl);
            if (heap->sl_bitmap[c.fl] == 0) {
                heap->fl_bitmap &= ~(1u << c.fl);
            }
        }
    }
    block->bytes &= ~FREE;
}

/* Good fit: the first list whose every block is large enough. NULL when there is none. */
static struct gv_heap_block *list_find(const struct gv_heap *heap, uint32_t bytes)
{
    uint32_t least = bytes;
    if (bytes >= SMALL) {
        least += (1u << (highest_bit(bytes) - SL_BITS)) - 1; /* up to the next class */
    }
    struct size_class c = class_of(least);
    if (c.fl >= GV_HEAP_FL) {
        return NULL;
    }
    uint32_t sl_map = heap->sl_bitmap[c.fl] & (~0u << c.sl);
    if (sl_map == 0) {
        uint32_t fl_map = heap->fl_bitmap & (~0u << (c.fl + 1));
        if (fl_map == 0) {
            return NULL;
        }
        c.fl = (uint32_t)__builtin_ctz(fl_map);
        sl_map = heap->sl_bitmap[c.fl];
    }
    return heap->free_lists[c.fl][__builtin_ctz(sl_map)];
}

/* ---- splitting and joining ---------------------------------------------------------------- */

static void set_size(const struct gv_heap *heap, struct gv_heap_block *block, uint32_t bytes)
{
    block->bytes = bytes;
    struct gv_heap_block *next = next_of(heap, block);
    if (next != NULL) {
        next->prev_bytes = bytes;
    }
}

/* Free a block that is in no list, joined with its free neighbours. */
static void put_back(struct gv_heap *heap, struct gv_heap_block *block)
{
    struct gv_heap_block *next = next_of(heap, block);
    if (next != NULL && is_free(next)) {
        list_remove(heap, next);
        set_size(heap, block, size_of(block) + size_of(next));
    }
    struct gv_heap_block *prev = prev_of(block);
    if (prev != NULL && is_free(prev)) {
        list_remove(heap, prev);
        block->bytes |= FREE; /* a second release must find it free though it is no block now */
        set_size(heap, prev, size_of(prev) + size_of(block));
        block = prev;
    }
    list_insert(heap, block);
}

/* Cut a live block down to `bytes` and free the rest, if it makes a block. */
static void trim(struct gv_heap *heap, struct gv_heap_block *block, uint32_t bytes)
{
    uint32_t rest_bytes = block->bytes - bytes;
    if (rest_bytes < BLOCK_MIN) {
        return;
    }
    block->bytes = bytes;
    struct gv_heap_block *rest = block_at(block, bytes);
    rest->prev_bytes = bytes;
    set_size(heap, rest, rest_bytes);
    put_back(heap, rest);
}

static void account(struct gv_heap *heap, size_t before, size_t after)
{
    heap->in_use = heap->in_use - before + after;
    if (heap->in_use > heap->high_water) {
        heap->high_water = heap->in_use;
    }
}

static void *take(struct gv_heap *heap, size_t bytes)
{
    uint32_t total = block_bytes(bytes);
    struct gv_heap_block *block = total == 0 ? NULL : list_find(heap, total);
    if (block == NULL) {
        heap->refused++;
        return NULL;
    }
    list_remove(heap, block);
    trim(heap, block, total);
    account(heap, 0, block->bytes);
    return payload_of(block);
}

static void give(struct gv_heap *heap, struct gv_heap_block *block)
{
    account(heap, block->bytes, 0);
    put_back(heap, block);
}

/* Shrink, or grow into a free block behind. Returns: whether the block now has `total` bytes. */
static bool resize_in_place(struct gv_heap *heap, struct gv_heap_block *block, uint32_t total)
{
    uint32_t before = block->bytes;
    if (total > before) {
        struct gv_heap_block *next = next_of(heap, block);
        if (next == NULL || !is_free(next) || total - before > size_of(next)) {
            return false;
        }
        list_remove(heap, next);
        set_size(heap, block, before + next->bytes);
    }
    trim(heap, block, total);
    account(heap, before, block->bytes);
    return true;
}

/* ---- the interface ------------------------------------------------------------------------ */

void gv_heap_init(struct gv_heap *heap, const char *name, void *region, size_t bytes)
{
    GV_ASSERT(!gv_mem_sealed());
    GV_ASSERT((uintptr_t)region % GRAIN == 0);
    GV_ASSERT(bytes >= REGION_MIN);
    GV_ASSERT(bytes <= REGION_MAX);
    uint32_t usable = ((uint32_t)bytes - HEADER) / GRAIN * GRAIN;
    *heap = (struct gv_heap){
        .name = name,
        .capacity = usable,
        .begin = (uint8_t *)region + HEADER,
        .end = (uint8_t *)region + HEADER + usable,
    };
    int rc = pthread_mutex_init(&heap->lock, NULL);
    GV_ASSERT(rc == 0);
    struct gv_heap_block *whole = (struct gv_heap_block *)(void *)heap->begin;
    whole->prev_bytes = 0;
    whole->bytes = usable;
    list_insert(heap, whole);

    pthread_mutex_lock(&registry.lock);
    for (const struct gv_heap *h = registry.first; h != NULL; h = h->registry_next) {
        GV_ASSERT(h != heap);
    }
    heap->registry_next = registry.first;
    registry.first = heap;
    pthread_mutex_unlock(&registry.lock);
}

void gv_heap_deinit(struct gv_heap *heap)
{
    GV_ASSERT(heap->in_use == 0);
    pthread_mutex_lock(&registry.lock);
    struct gv_heap **link = &registry.first;
    while (*link != heap) {
        GV_ASSERT(*link != NULL);
        link = &(*link)->registry_next;
    }
    *link = heap->registry_next;
    pthread_mutex_unlock(&registry.lock);
    pthread_mutex_destroy(&heap->lock);
}

void *gv_heap_take(struct gv_heap *heap, size_t bytes)
{
    if (bytes == 0) {
        return NULL;
    }
    pthread_mutex_lock(&heap->lock);
    void *p = take(heap, bytes);
    pthread_mutex_unlock(&heap->lock);
    return p;
}

void *gv_heap_take_zeroed(struct gv_heap *heap, size_t n, size_t size)
{
    /* A product that overflows is more than any region holds: let it be refused and counted. */
    size_t bytes = size != 0 && n > SIZE_MAX / size ? SIZE_MAX : n * size;
    void *p = gv_heap_take(heap, bytes);
    if (p != NULL) {
        memset(p, 0, bytes);
    }
    return p;
}

void *gv_heap_resize(struct gv_heap *heap, void *p, size_t bytes)
{
    if (p == NULL) {
        return gv_heap_take(heap, bytes);
    }
    void *result = p;
    pthread_mutex_lock(&heap->lock);
    struct gv_heap_block *block = live_block(heap, p);
    uint32_t total = block_bytes(bytes);
    if (total == 0 || !resize_in_place(heap, block, total)) {
        result = take(heap, bytes);
        if (result != NULL) {
            memcpy(result, p, block->bytes - HEADER);
            give(heap, block);
        }
    }
    pthread_mutex_unlock(&heap->lock);
    return result;
}

void gv_heap_give(struct gv_heap *heap, void *p)
{
    if (p == NULL) {
        return;
    }
    pthread_mutex_lock(&heap->lock);
    give(heap, live_block(heap, p));
    pthread_mutex_unlock(&heap->lock);
}

struct gv_heap_stats gv_heap_stats(struct gv_heap *heap)
{
    pthread_mutex_lock(&heap->lock);
    struct gv_heap_stats stats = {
        .name = heap->name,
        .capacity = heap->capacity,
        .in_use = heap->in_use,
        .high_water = heap->high_water,
        .refused = heap->refused,
    };
    pthread_mutex_unlock(&heap->lock);
    return stats;
}

void gv_heap_each(void (*visit)(void *ctx, const struct gv_heap_stats *stats), void *ctx)
{
    pthread_mutex_lock(&registry.lock);
    for (struct gv_heap *heap = registry.first; heap != NULL; heap = heap->registry_next) {
        struct gv_heap_stats stats = gv_heap_stats(heap);
        visit(ctx, &stats);
    }
    pthread_mutex_unlock(&registry.lock);
}
