/* Pools: every slot is handed out once, refusals are ordinary answers, and every way of giving back
 * a wrong slot is caught. Also with four threads on one pool. */
#include "firmware/base/pool.h"

#include "firmware/base/mem.h"
#include "tests/unit/base/death.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum {
    SLOTS = 8
};

struct item {
    uint64_t value;
    atomic_int owners;
    char text[20];
};

GV_POOL_STORAGE(items, struct item, SLOTS);
GV_POOL_STORAGE(others, struct item, 2);

static int setup(void **state)
{
    (void)state;
    GV_POOL_INIT(items);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gv_pool_deinit(&items);
    return 0;
}

static void acquire_all(struct item *taken[SLOTS])
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        taken[i] = gv_pool_acquire(&items, 0);
        assert_non_null(taken[i]);
    }
}

static void release_all(struct item *taken[SLOTS])
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        gv_pool_release(&items, taken[i]);
    }
}

static void pool_hands_out_every_slot_once(void **state)
{
    (void)state;
    struct item *taken[SLOTS];
    acquire_all(taken);
    bool seen[SLOTS] = {false};
    for (uint32_t i = 0; i < SLOTS; i++) {
        uint32_t index = gv_pool_index(&items, taken[i]);
        assert_true(index < SLOTS);
        assert_false(seen[index]);
        seen[index] = true;
        assert_ptr_equal(taken[i], &items_slots[index]);
    }
    assert_null(gv_pool_acquire(&items, 0));
    release_all(taken);
}

static void slot_comes_zeroed_even_after_use(void **state)
{
    (void)state;
    static const struct item zero;
    for (int round = 0; round < 3; round++) {
        struct item *item = gv_pool_acquire(&items, 0);
        assert_memory_equal(item, &zero, sizeof(zero));
        memset(item, 0xee, sizeof(*item));
        gv_pool_release(&items, item);
    }
}

static void margin_keeps_the_last_slots(void **state)
{
    (void)state;
    struct item *taken[SLOTS];
    for (uint32_t i = 0; i < SLOTS - 3; i++) {
        taken[i] = gv_pool_acquire(&items, 3);
        assert_non_null(taken[i]);
    }
    assert_null(gv_pool_acquire(&items, 3));
    for (uint32_t i = SLOTS - 3; i < SLOTS; i++) {
        taken[i] = gv_pool_acquire(&items, 0);
        assert_non_null(taken[i]);
    }
    assert_null(gv_pool_acquire(&items, 0));
    release_all(taken);
    assert_null(gv_pool_acquire(&items, SLOTS));
    assert_null(gv_pool_acquire(&items, UINT32_MAX));
}

static void stats_count_use_low_water_and_refusals(void **state)
{
    (void)state;
    struct gv_pool_stats stats = gv_pool_stats(&items);
    assert_string_equal(stats.name, "items");
    assert_int_equal(stats.capacity, SLOTS);
    assert_int_equal(stats.in_use, 0);
    assert_int_equal(stats.low_water, SLOTS);
    assert_int_equal(stats.slot_bytes, sizeof(struct item));

    struct item *a = gv_pool_acquire(&items, 0);
    struct item *b = gv_pool_acquire(&items, 0);
    gv_pool_release(&items, a);
    assert_null(gv_pool_acquire(&items, SLOTS - 1));
    stats = gv_pool_stats(&items);
    assert_int_equal(stats.in_use, 1);
    assert_int_equal(stats.low_water, SLOTS - 2);
    assert_int_equal(stats.refused, 1);
    gv_pool_release(&items, b);
    assert_int_equal(gv_pool_stats(&items).low_water, SLOTS - 2);
}

static void fail_after_refuses_the_nth_acquire_only(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= 4; n++) {
        items.fail_after = n;
        for (uint32_t i = 1; i <= 6; i++) {
            struct item *item = gv_pool_acquire(&items, 0);
            assert_int_equal(item == NULL, i == n);
            if (item != NULL) {
                gv_pool_release(&items, item);
            }
        }
    }
    assert_int_equal(gv_pool_stats(&items).refused, 4);
}

static void release(void *slot)
{
    gv_pool_release(&items, slot);
}

static void double_release_asserts(void **state)
{
    (void)state;
    struct item *item = gv_pool_acquire(&items, 0);
    gv_pool_release(&items, item);
    expect_assert(release, item, "pool->used[index] == 1");
}

static void release_of_foreign_or_crooked_slot_asserts(void **state)
{
    (void)state;
    struct item *item = gv_pool_acquire(&items, 0);
    struct item outside;
    expect_assert(release, (uint8_t *)item + 1, "% pool->slot_bytes == 0");
    expect_assert(release, items_slots + SLOTS, "< pool->capacity");
    expect_assert(release, (void *)((uintptr_t)items_slots - 1), "at >= first");
    expect_assert(release, &outside, "assert failed");
    gv_pool_release(&items, item);
}

static void deinit(void *pool)
{
    gv_pool_deinit(pool);
}

static void deinit_with_a_slot_in_use_asserts(void **state)
{
    (void)state;
    struct item *item = gv_pool_acquire(&items, 0);
    expect_assert(deinit, &items, "pool->free_count == pool->capacity");
    gv_pool_release(&items, item);
}

static void init_others(void *unused)
{
    (void)unused;
    GV_POOL_INIT(others);
}

static void init_items(void *unused)
{
    (void)unused;
    GV_POOL_INIT(items);
}

static void init_after_the_seal_asserts(void **state)
{
    (void)state;
    gv_mem_seal();
    assert_true(gv_mem_sealed());
    expect_assert(init_others, NULL, "!gv_mem_sealed()");
    gv_mem_unseal();
    assert_false(gv_mem_sealed());
}

static void second_init_of_a_registered_pool_asserts(void **state)
{
    (void)state;
    expect_assert(init_items, NULL, "p != pool");
}

struct seen_pools {
    uint32_t count;
    uint32_t in_use;
};

static void count_pool(void *ctx, const struct gv_pool_stats *stats)
{
    struct seen_pools *seen = ctx;
    seen->count++;
    seen->in_use += stats->in_use;
}

static void each_visits_the_registered_pools(void **state)
{
    (void)state;
    GV_POOL_INIT(others);
    struct item *a = gv_pool_acquire(&items, 0);
    struct item *b = gv_pool_acquire(&others, 0);
    struct seen_pools seen = {0, 0};
    gv_pool_each(count_pool, &seen);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.in_use, 2);
    gv_pool_release(&others, b);
    gv_pool_release(&items, a);
    gv_pool_deinit(&others);
    seen = (struct seen_pools){0, 0};
    gv_pool_each(count_pool, &seen);
    assert_int_equal(seen.count, 1);
}

/* Each thread takes two slots and checks that it is their only owner. */
static void *compete(void *failures)
{
    for (int i = 0; i < 5000; i++) {
        struct item *pair[2];
        for (int k = 0; k < 2; k++) {
            pair[k] = gv_pool_acquire(&items, 0);
            if (pair[k] == NULL || atomic_fetch_add(&pair[k]->owners, 1) != 0) {
                atomic_fetch_add((atomic_int *)failures, 1);
                return NULL;
            }
        }
        for (int k = 0; k < 2; k++) {
            if (atomic_fetch_sub(&pair[k]->owners, 1) != 1) {
                atomic_fetch_add((atomic_int *)failures, 1);
            }
            gv_pool_release(&items, pair[k]);
        }
    }
    return NULL;
}

static void threads_never_share_a_slot(void **state)
{
    (void)state;
    atomic_int failures = 0;
    pthread_t threads[SLOTS / 2];
    for (size_t i = 0; i < SLOTS / 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, compete, &failures), 0);
    }
    for (size_t i = 0; i < SLOTS / 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(atomic_load(&failures), 0);
    assert_int_equal(gv_pool_stats(&items).in_use, 0);
}

int main(void)
{
#define POOL_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        POOL_TEST(pool_hands_out_every_slot_once),
        POOL_TEST(slot_comes_zeroed_even_after_use),
        POOL_TEST(margin_keeps_the_last_slots),
        POOL_TEST(stats_count_use_low_water_and_refusals),
        POOL_TEST(fail_after_refuses_the_nth_acquire_only),
        POOL_TEST(double_release_asserts),
        POOL_TEST(release_of_foreign_or_crooked_slot_asserts),
        POOL_TEST(deinit_with_a_slot_in_use_asserts),
        POOL_TEST(init_after_the_seal_asserts),
        POOL_TEST(second_init_of_a_registered_pool_asserts),
        POOL_TEST(each_visits_the_registered_pools),
        POOL_TEST(threads_never_share_a_slot),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
