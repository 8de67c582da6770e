/* The heap lent to libraries: a long random run against a map that says for every 16 bytes who owns
 * them, on a region between two guard pages; exhaustion, joining, resizing, and every misuse caught. */
#include "firmware/base/heap.h"

#include "firmware/base/mem.h"
#include "tests/unit/base/death.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    GRAIN = 16,
    HEADER = 8,
    BLOCK_MIN = 32,
    REGION = 65536,
    GUARD = 65536
};

static struct gv_heap heap;
static uint8_t *region; /* REGION bytes between two unreadable areas */

static int map_region(void **state)
{
    (void)state;
    assert_int_equal(REGION / 2 % sysconf(_SC_PAGESIZE), 0);
    uint8_t *p = mmap(NULL, REGION + 2 * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);
    region = p + GUARD;
    return mprotect(region, REGION, PROT_READ | PROT_WRITE);
}

static int unmap_region(void **state)
{
    (void)state;
    return munmap(region - GUARD, REGION + 2 * GUARD);
}

static int setup(void **state)
{
    (void)state;
    memset(region, 0xcc, REGION);
    gv_heap_init(&heap, "test", region, REGION);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gv_heap_deinit(&heap);
    return 0;
}

/* ---- joining: after everything was given back, the heap is as new -------------------------- */

struct snapshot {
    uint32_t fl_bitmap;
    uint32_t sl_bitmap[GV_HEAP_FL];
    struct gv_heap_block *free_lists[GV_HEAP_FL][GV_HEAP_SL];
};

static void take_snapshot(struct snapshot *s)
{
    memset(s, 0, sizeof(*s)); /* padding is compared as well */
    s->fl_bitmap = heap.fl_bitmap;
    memcpy(s->sl_bitmap, heap.sl_bitmap, sizeof(s->sl_bitmap));
    memcpy(s->free_lists, heap.free_lists, sizeof(s->free_lists));
}

/* One free block at the start, in the class of the whole region. */
static void expect_as_new(const struct snapshot *fresh)
{
    struct snapshot now;
    take_snapshot(&now);
    assert_int_equal(gv_heap_stats(&heap).in_use, 0);
    assert_memory_equal(&now, fresh, sizeof(now));
}

static void freed_neighbours_join_in_any_order(void **state)
{
    (void)state;
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct snapshot fresh;
    take_snapshot(&fresh);
    for (size_t k = 0; k < 6; k++) {
        void *p[3];
        for (size_t i = 0; i < 3; i++) {
            p[i] = gv_heap_take(&heap, 100);
            assert_non_null(p[i]);
        }
        for (size_t i = 0; i < 3; i++) {
            gv_heap_give(&heap, p[orders[k][i]]);
        }
        expect_as_new(&fresh);
    }
}

/* ---- a random run against an obviously right model ------------------------------------------ */

enum {
    LIVE_MAX = 200,
    STEPS = 60000,
    GRAINS = REGION / GRAIN
};

struct live {
    uint8_t *p;
    size_t bytes;
    size_t first; /* grain of the block's start */
    size_t grains;
    uint8_t pattern;
};

static struct {
    uint16_t owner[GRAINS]; /* 0: free, else index of the live block + 1 */
    struct live live[LIVE_MAX];
    uint64_t random;
} model;

/* xorshift64*, seeded with a constant: every run is the same. */
static uint32_t next_random(uint32_t below)
{
    model.random ^= model.random >> 12;
    model.random ^= model.random << 25;
    model.random ^= model.random >> 27;
    return (uint32_t)((model.random * UINT64_C(2685821657736338717)) >> 33) % below;
}

static size_t random_size(void)
{
    switch (next_random(4)) {
    case 0:
        return 1 + next_random(64);
    case 1:
        return 1 + next_random(600);
    case 2:
        return 1 + next_random(5000);
    default:
        return 1 + next_random(40000);
    }
}

/* Enter a block of `bytes` in the map: inside the region, aligned, overlapping nobody. */
static void model_add(size_t index, uint8_t *p, size_t bytes, size_t block_bytes)
{
    assert_int_equal((uintptr_t)p % GRAIN, 0);
    assert_true(p >= region + GRAIN);
    assert_true(p + bytes <= region + REGION);
    assert_true(block_bytes >= bytes + HEADER);
    assert_true(block_bytes <= bytes + HEADER + GRAIN - 1 + GRAIN || block_bytes <= 48);
    struct live *live = &model.live[index];
    *live = (struct live){
        .p = p,
        .bytes = bytes,
        .first = (size_t)(p - HEADER - (region + HEADER)) / GRAIN,
        .grains = block_bytes / GRAIN,
        .pattern = (uint8_t)next_random(256),
    };
    for (size_t i = 0; i < live->grains; i++) {
        assert_int_equal(model.owner[live->first + i], 0);
        model.owner[live->first + i] = (uint16_t)(index + 1);
    }
    memset(p, live->pattern, bytes);
}

static void expect_pattern(const uint8_t *p, size_t n, uint8_t pattern)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != pattern) {
            fail_msg("byte %zu of %zu was overwritten", i, n);
        }
    }
}

static void model_remove(size_t index)
{
    struct live *live = &model.live[index];
    for (size_t i = 0; i < live->grains; i++) {
        assert_int_equal(model.owner[live->first + i], index + 1);
        model.owner[live->first + i] = 0;
    }
    live->p = NULL;
}

static size_t model_in_use(void)
{
    size_t n = 0;
    for (size_t i = 0; i < GRAINS; i++) {
        n += model.owner[i] != 0 ? GRAIN : 0;
    }
    return n;
}

static size_t model_longest_free(void)
{
    size_t longest = 0;
    size_t run = 0;
    size_t grains = gv_heap_stats(&heap).capacity / GRAIN;
    for (size_t i = 0; i < grains; i++) {
        run = model.owner[i] == 0 ? run + GRAIN : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

/* A refusal is right when no free run holds the block and the 1/16 that good fit may ask for. */
static void expect_refusal_was_due(size_t bytes)
{
    size_t block = (bytes + HEADER + GRAIN - 1) / GRAIN * GRAIN;
    assert_true(model_longest_free() < block + block / 16 + GRAIN);
}

static void random_take(size_t index)
{
    size_t bytes = random_size();
    size_t before = gv_heap_stats(&heap).in_use;
    uint8_t *p = gv_heap_take(&heap, bytes);
    if (p == NULL) {
        expect_refusal_was_due(bytes);
        return;
    }
    model_add(index, p, bytes, gv_heap_stats(&heap).in_use - before);
}

static void random_resize(size_t index)
{
    struct live old = model.live[index];
    size_t bytes = random_size();
    size_t others = gv_heap_stats(&heap).in_use - old.grains * GRAIN;
    uint8_t *p = gv_heap_resize(&heap, old.p, bytes);
    if (p == NULL) {
        expect_refusal_was_due(bytes);
        expect_pattern(old.p, old.bytes, old.pattern);
        return;
    }
    expect_pattern(p, bytes < old.bytes ? bytes : old.bytes, old.pattern);
    model_remove(index);
    model_add(index, p, bytes, gv_heap_stats(&heap).in_use - others);
}

static void random_give(size_t index)
{
    const struct live *live = &model.live[index];
    expect_pattern(live->p, live->bytes, live->pattern);
    gv_heap_give(&heap, live->p);
    model_remove(index);
}

static void random_run_agrees_with_the_map(void **state)
{
    (void)state;
    struct snapshot fresh;
    take_snapshot(&fresh);
    memset(&model, 0, sizeof(model));
    model.random = UINT64_C(20261120);
    for (int step = 0; step < STEPS; step++) {
        size_t index = next_random(LIVE_MAX);
        if (model.live[index].p == NULL) {
            random_take(index);
        } else if (next_random(3) == 0) {
            random_resize(index);
        } else {
            random_give(index);
        }
        if (step % 64 == 0) {
            assert_int_equal(gv_heap_stats(&heap).in_use, model_in_use());
        }
    }
    struct gv_heap_stats stats = gv_heap_stats(&heap);
    assert_true(stats.refused > 100); /* the run did reach the end of the region */
    assert_true(stats.high_water <= stats.capacity);
    assert_true(stats.high_water > stats.capacity * 9 / 10);
    for (size_t i = 0; i < LIVE_MAX; i++) {
        if (model.live[i].p != NULL) {
            random_give(i);
        }
    }
    expect_as_new(&fresh);
}

/* ---- limits --------------------------------------------------------------------------------- */

static void exhausted_heap_refuses_and_recovers(void **state)
{
    (void)state;
    struct snapshot fresh;
    take_snapshot(&fresh);
    static void *taken[REGION / 32];
    size_t n = 0;
    for (void *p = gv_heap_take(&heap, 24); p != NULL; p = gv_heap_take(&heap, 24)) {
        assert_true(n < REGION / 32);
        taken[n++] = p;
    }
    struct gv_heap_stats stats = gv_heap_stats(&heap);
    assert_true(n >= REGION / 32 - 1);
    assert_int_equal(stats.refused, 1);
    assert_true(stats.capacity - stats.in_use < 32);
    assert_null(gv_heap_take(&heap, 1));
    gv_heap_give(&heap, taken[n / 2]);
    taken[n / 2] = gv_heap_take(&heap, 1);
    assert_non_null(taken[n / 2]);
    for (size_t i = 0; i < n; i++) {
        gv_heap_give(&heap, taken[i]);
    }
    expect_as_new(&fresh);
}

static void sizes_no_region_could_hold_are_refused(void **state)
{
    (void)state;
    static const size_t sizes[] = {REGION,         0x7fffffd0u,  0x7fffffffu,  0x80000000u,
                                   0xfffffff0u,    SIZE_MAX / 2, SIZE_MAX - 7, SIZE_MAX - 15,
                                   SIZE_MAX - 100, SIZE_MAX};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_null(gv_heap_take(&heap, sizes[i]));
    }
    assert_int_equal(gv_heap_stats(&heap).refused, sizeof(sizes) / sizeof(sizes[0]));
    assert_null(gv_heap_take(&heap, 0));
    assert_int_equal(gv_heap_stats(&heap).refused, sizeof(sizes) / sizeof(sizes[0]));
}

static void zeroed_memory_is_zero_and_products_do_not_wrap(void **state)
{
    (void)state;
    static const uint8_t zero[600];
    uint8_t *p = gv_heap_take_zeroed(&heap, 20, 30);
    assert_non_null(p);
    assert_memory_equal(p, zero, sizeof(zero));
    gv_heap_give(&heap, p);
    assert_null(gv_heap_take_zeroed(&heap, SIZE_MAX / 2, 3));
    assert_null(gv_heap_take_zeroed(&heap, SIZE_MAX / 16 + 2, 16));
    assert_null(gv_heap_take_zeroed(&heap, 0, 16));
    assert_null(gv_heap_take_zeroed(&heap, 16, 0));
}

static void pages_never_handed_out_are_never_touched(void **state)
{
    (void)state;
    /* The second half cannot be written: one access to it ends the test. */
    assert_int_equal(mprotect(region + REGION / 2, REGION / 2, PROT_NONE), 0);
    static struct gv_heap lazy;
    gv_heap_init(&lazy, "lazy", region, REGION);
    void *p[16];
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 16; i++) {
            p[i] = gv_heap_take(&lazy, REGION / 2 / 16 - 64);
            assert_non_null(p[i]);
            memset(p[i], 1, REGION / 2 / 16 - 64);
        }
        p[3] = gv_heap_resize(&lazy, p[3], 16);
        for (size_t i = 0; i < 16; i++) {
            gv_heap_give(&lazy, p[i]);
        }
    }
    gv_heap_deinit(&lazy);
    assert_int_equal(mprotect(region + REGION / 2, REGION / 2, PROT_READ | PROT_WRITE), 0);
}

static void region_of_every_length_is_used_to_the_grain(void **state)
{
    (void)state;
    static struct gv_heap small;
    for (size_t cut = 0; cut < BLOCK_MIN; cut++) {
        size_t bytes = REGION - cut;
        gv_heap_init(&small, "small", region, bytes);
        size_t capacity = gv_heap_stats(&small).capacity;
        assert_int_equal(capacity, (bytes - HEADER) / GRAIN * GRAIN);
        gv_heap_deinit(&small);
    }
}

/* ---- resizing ------------------------------------------------------------------------------- */

static void resize_grows_into_a_free_neighbour_in_place(void **state)
{
    (void)state;
    uint8_t *p = gv_heap_take(&heap, 100);
    memset(p, 7, 100);
    assert_ptr_equal(gv_heap_resize(&heap, p, 20000), p);
    expect_pattern(p, 100, 7);
    assert_ptr_equal(gv_heap_resize(&heap, p, 10), p);
    assert_int_equal(gv_heap_stats(&heap).in_use, 32);
    gv_heap_give(&heap, p);
}

static void resize_moves_when_it_must_and_frees_the_old_block(void **state)
{
    (void)state;
    uint8_t *p = gv_heap_take(&heap, 100);
    uint8_t *wall = gv_heap_take(&heap, 1);
    memset(p, 7, 100);
    uint8_t *moved = gv_heap_resize(&heap, p, 1000);
    assert_true(moved != p);
    expect_pattern(moved, 100, 7);
    assert_ptr_equal(gv_heap_take(&heap, 100), p);
    gv_heap_give(&heap, p);
    gv_heap_give(&heap, moved);
    gv_heap_give(&heap, wall);
}

static void refused_resize_leaves_the_block_alone(void **state)
{
    (void)state;
    uint8_t *p = gv_heap_take(&heap, 100);
    memset(p, 7, 100);
    assert_null(gv_heap_resize(&heap, p, REGION));
    assert_null(gv_heap_resize(&heap, p, SIZE_MAX));
    expect_pattern(p, 100, 7);
    gv_heap_give(&heap, p);
}

static void resize_of_nothing_takes_and_to_nothing_keeps_a_block(void **state)
{
    (void)state;
    uint8_t *p = gv_heap_resize(&heap, NULL, 100);
    assert_non_null(p);
    assert_ptr_equal(gv_heap_resize(&heap, p, 0), p);
    gv_heap_give(&heap, p);
    gv_heap_give(&heap, NULL);
}

/* ---- misuse --------------------------------------------------------------------------------- */

static void give(void *p)
{
    gv_heap_give(&heap, p);
}

static void double_give_asserts_joined_or_not(void **state)
{
    (void)state;
    uint8_t *a = gv_heap_take(&heap, 100);
    uint8_t *b = gv_heap_take(&heap, 100);
    uint8_t *c = gv_heap_take(&heap, 100);
    gv_heap_give(&heap, a);
    expect_assert(give, a, "!is_free(block)");
    gv_heap_give(&heap, b); /* joins a: its header lies inside a free block now */
    expect_assert(give, b, "!is_free(block)");
    gv_heap_give(&heap, c);
}

static void give_of_what_is_no_block_asserts(void **state)
{
    (void)state;
    uint8_t *p = gv_heap_take(&heap, 400);
    memset(p, 0, 400);
    uint8_t on_stack[64] = {0};
    expect_assert(give, p + 1, "at % GRAIN == 0");
    expect_assert(give, p + 64, "block->bytes >= BLOCK_MIN");
    expect_assert(give, region - GUARD, "at >= (uintptr_t)heap->begin");
    expect_assert(give, region + REGION, "at < (uintptr_t)heap->end");
    expect_assert(give, on_stack + GRAIN - (uintptr_t)on_stack % GRAIN, "assert failed");
    memset(p, 0x70, 400); /* looks like a block of 1.8 GB */
    expect_assert(give, p + 64, "<= (uintptr_t)heap->end - start");
    gv_heap_give(&heap, p);
}

static void overrun_of_the_next_header_asserts(void **state)
{
    (void)state;
    uint8_t *p = gv_heap_take(&heap, 40);
    uint8_t *q = gv_heap_take(&heap, 40);
    uint8_t saved[HEADER];
    memcpy(saved, q - HEADER, HEADER);
    memset(p, 0x41, 40 + HEADER);
    expect_assert(give, p, "next->prev_bytes == block->bytes");
    expect_assert(give, q, "!is_free(block)"); /* 0x41 is odd */
    memset(p, 0x40, 40 + HEADER);
    expect_assert(give, q, "<= (uintptr_t)heap->end - start");
    memcpy(q - HEADER, saved, HEADER);
    gv_heap_give(&heap, p);
    gv_heap_give(&heap, q);
}

static void init_second(void *unused)
{
    (void)unused;
    static struct gv_heap second;
    gv_heap_init(&second, "second", region, REGION);
}

static void init_after_the_seal_asserts(void **state)
{
    (void)state;
    gv_mem_seal();
    expect_assert(init_second, NULL, "!gv_mem_sealed()");
    gv_mem_unseal();
}

static void find_heap(void *ctx, const struct gv_heap_stats *stats)
{
    *(size_t *)ctx += strcmp(stats->name, "test") == 0 ? stats->in_use : 1000000;
}

static void each_visits_the_registered_heaps(void **state)
{
    (void)state;
    void *p = gv_heap_take(&heap, 24);
    size_t sum = 0;
    gv_heap_each(find_heap, &sum);
    assert_int_equal(sum, 32);
    gv_heap_give(&heap, p);
}

int main(void)
{
#define HEAP_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        HEAP_TEST(freed_neighbours_join_in_any_order),
        HEAP_TEST(random_run_agrees_with_the_map),
        HEAP_TEST(exhausted_heap_refuses_and_recovers),
        HEAP_TEST(sizes_no_region_could_hold_are_refused),
        HEAP_TEST(zeroed_memory_is_zero_and_products_do_not_wrap),
        cmocka_unit_test(pages_never_handed_out_are_never_touched),
        cmocka_unit_test(region_of_every_length_is_used_to_the_grain),
        HEAP_TEST(resize_grows_into_a_free_neighbour_in_place),
        HEAP_TEST(resize_moves_when_it_must_and_frees_the_old_block),
        HEAP_TEST(refused_resize_leaves_the_block_alone),
        HEAP_TEST(resize_of_nothing_takes_and_to_nothing_keeps_a_block),
        HEAP_TEST(double_give_asserts_joined_or_not),
        HEAP_TEST(give_of_what_is_no_block_asserts),
        HEAP_TEST(overrun_of_the_next_header_asserts),
        HEAP_TEST(init_after_the_seal_asserts),
        HEAP_TEST(each_visits_the_registered_heaps),
    };
    return cmocka_run_group_tests_name("heap", tests, map_region, unmap_region);
}
