/* The queue between threads: order, fullness, margin, closing, and many producers with one consumer
 * losing and inventing nothing. No assertion looks at a clock. */
#include "firmware/base/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>

enum {
    CAPACITY = 5,
    FOREVER_MS = 600000
};

struct item {
    uint32_t producer;
    uint32_t number;
    uint8_t tail; /* makes the size uneven */
};

static struct item storage[CAPACITY];
static struct gv_queue queue;

static int setup(void **state)
{
    (void)state;
    gv_queue_init(&queue, storage, sizeof(storage[0]), CAPACITY);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gv_queue_deinit(&queue);
    return 0;
}

static enum gv_err push(uint32_t number, uint32_t margin)
{
    struct item item = {.producer = 0, .number = number, .tail = (uint8_t)number};
    return gv_queue_push(&queue, &item, margin);
}

static void items_come_out_in_order_over_many_wraps(void **state)
{
    (void)state;
    uint32_t in = 0;
    uint32_t out = 0;
    for (uint32_t round = 0; round < 100; round++) {
        for (uint32_t i = 0; i < 1 + round % CAPACITY; i++) {
            assert_int_equal(push(in++, 0), GV_OK);
        }
        while (out < in) {
            struct item got[3];
            uint32_t n = gv_queue_pop(&queue, got, 1 + round % 3, FOREVER_MS);
            assert_true(n >= 1);
            for (uint32_t i = 0; i < n; i++) {
                assert_int_equal(got[i].number, out);
                assert_int_equal(got[i].tail, (uint8_t)out);
                out++;
            }
        }
    }
}

static void full_queue_refuses_counts_and_keeps_what_it_has(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < CAPACITY; i++) {
        assert_int_equal(push(i, 0), GV_OK);
    }
    assert_int_equal(push(99, 0), GV_ERR_FULL);
    assert_int_equal(queue.refused, 1);
    assert_int_equal(queue.high_water, CAPACITY);
    struct item got[CAPACITY + 1];
    assert_int_equal(gv_queue_pop(&queue, got, CAPACITY + 1, 0), CAPACITY);
    for (uint32_t i = 0; i < CAPACITY; i++) {
        assert_int_equal(got[i].number, i);
    }
    assert_int_equal(push(5, 0), GV_OK);
}

static void margin_keeps_the_last_places(void **state)
{
    (void)state;
    assert_int_equal(push(0, CAPACITY), GV_ERR_FULL);
    for (uint32_t i = 0; i < CAPACITY - 2; i++) {
        assert_int_equal(push(i, 2), GV_OK);
    }
    assert_int_equal(push(7, 2), GV_ERR_FULL);
    assert_int_equal(push(7, 1), GV_OK);
    assert_int_equal(push(8, 1), GV_ERR_FULL);
    assert_int_equal(push(8, 0), GV_OK);
    assert_int_equal(push(9, 0), GV_ERR_FULL);
}

static void pop_of_an_empty_queue_times_out_with_nothing(void **state)
{
    (void)state;
    struct item got;
    assert_int_equal(gv_queue_pop(&queue, &got, 1, 0), 0);
    assert_int_equal(gv_queue_pop(&queue, &got, 1, 2), 0);
    assert_int_equal(gv_queue_pop(&queue, &got, 1, 1001), 0); /* carries into the seconds */
}

static void closed_queue_refuses_but_drains(void **state)
{
    (void)state;
    assert_int_equal(push(1, 0), GV_OK);
    assert_int_equal(push(2, 0), GV_OK);
    gv_queue_close(&queue);
    assert_int_equal(push(3, 0), GV_ERR_CLOSED);
    struct item got;
    assert_int_equal(gv_queue_pop(&queue, &got, 1, FOREVER_MS), 1);
    assert_int_equal(got.number, 1);
    assert_int_equal(gv_queue_pop(&queue, &got, 1, FOREVER_MS), 1);
    assert_int_equal(got.number, 2);
    assert_int_equal(gv_queue_pop(&queue, &got, 1, FOREVER_MS), 0);
}

static void *close_soon(void *unused)
{
    sched_yield();
    gv_queue_close(&queue);
    return unused;
}

static void *push_soon(void *unused)
{
    sched_yield();
    (void)push(42, 0);
    return unused;
}

static void waiting_consumer_is_woken_by_push_and_by_close(void **state)
{
    (void)state;
    struct item got;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, push_soon, NULL), 0);
    assert_int_equal(gv_queue_pop(&queue, &got, 1, FOREVER_MS), 1);
    assert_int_equal(got.number, 42);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, close_soon, NULL), 0);
    assert_int_equal(gv_queue_pop(&queue, &got, 1, FOREVER_MS), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

enum {
    PRODUCERS = 4,
    PER_PRODUCER = 5000
};

static void *produce(void *producer)
{
    for (uint32_t i = 0; i < PER_PRODUCER; i++) {
        struct item item = {*(const uint32_t *)producer, i, (uint8_t)i};
        while (gv_queue_push(&queue, &item, 0) == GV_ERR_FULL) {
            sched_yield();
        }
    }
    return NULL;
}

static void many_producers_lose_and_invent_nothing(void **state)
{
    (void)state;
    uint32_t ids[PRODUCERS];
    pthread_t threads[PRODUCERS];
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        ids[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &ids[i]), 0);
    }
    uint32_t next[PRODUCERS] = {0};
    for (uint32_t total = 0; total < PRODUCERS * PER_PRODUCER;) {
        struct item got[3];
        uint32_t n = gv_queue_pop(&queue, got, 3, FOREVER_MS);
        assert_true(n >= 1);
        for (uint32_t i = 0; i < n; i++) {
            assert_true(got[i].producer < PRODUCERS);
            assert_int_equal(got[i].number, next[got[i].producer]);
            assert_int_equal(got[i].tail, (uint8_t)got[i].number);
            next[got[i].producer]++;
        }
        total += n;
    }
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    struct item none;
    assert_int_equal(gv_queue_pop(&queue, &none, 1, 0), 0);
}

int main(void)
{
#define QUEUE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        QUEUE_TEST(items_come_out_in_order_over_many_wraps),
        QUEUE_TEST(full_queue_refuses_counts_and_keeps_what_it_has),
        QUEUE_TEST(margin_keeps_the_last_places),
        QUEUE_TEST(pop_of_an_empty_queue_times_out_with_nothing),
        QUEUE_TEST(closed_queue_refuses_but_drains),
        QUEUE_TEST(waiting_consumer_is_woken_by_push_and_by_close),
        QUEUE_TEST(many_producers_lose_and_invent_nothing),
    };
    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
