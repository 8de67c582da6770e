/* The ring of events, its borders tried one by one: numbers without gaps, what is held and what is gone,
 * bytes that are written round and round, what is superseded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/live/ring.h"

#include <string.h>

#define SLOTS 8u
#define BLOCK 64u
#define FIRST 100u

static struct gv_ring_event slots[SLOTS];
static uint8_t block[BLOCK];
static struct gv_ring ring = {.lock = PTHREAD_MUTEX_INITIALIZER,
                              .slots = slots,
                              .slots_n = SLOTS,
                              .block = block,
                              .block_n = BLOCK};

static int empty(void **state)
{
    (void)state;
    gv_ring_init(&ring, FIRST, 1000);
    return 0;
}

/* An event is its number's last digit, n times. */
static size_t write_digits(void *ctx, uint64_t seq, uint8_t *out, size_t cap)
{
    const size_t *n = ctx;
    assert_true(*n <= cap);
    memset(out, (int)('0' + seq % 10), *n);
    return *n;
}

static void add(size_t n, unsigned newest_of, uint64_t now_ms)
{
    const struct gv_ring_event event = {.channel = 1, .newest_of = newest_of};
    gv_ring_add(&ring, &event, n, write_digits, &n, now_ms);
}

struct seen {
    unsigned n;
    uint64_t numbers[SLOTS];
    unsigned stop_at; /* 0: never */
};

static bool note(void *ctx, const struct gv_ring_event *event, struct gv_view bytes)
{
    struct seen *seen = ctx;
    assert_true(seen->n < SLOTS);
    seen->numbers[seen->n++] = event->seq;
    for (size_t i = 0; i < bytes.n; i++) {
        assert_int_equal(bytes.p[i], '0' + event->seq % 10);
    }
    return seen->n != seen->stop_at;
}

static void numbers_begin_where_told_and_have_no_gaps(void **state)
{
    (void)state;
    struct seen seen = {0};
    uint64_t at = FIRST - 1;
    assert_int_equal(gv_ring_newest(&ring), FIRST - 1);
    assert_true(gv_ring_each(&ring, &at, note, &seen));
    assert_int_equal(seen.n, 0);
    for (unsigned i = 0; i < 5; i++) {
        add(3, 0, 0);
    }
    assert_true(gv_ring_each(&ring, &at, note, &seen));
    assert_int_equal(seen.n, 5);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(seen.numbers[i], FIRST + i);
    }
    assert_int_equal(at, FIRST + 4);
}

static void a_reader_may_stop_and_go_on(void **state)
{
    (void)state;
    struct seen seen = {.stop_at = 2};
    uint64_t at = FIRST - 1;
    for (unsigned i = 0; i < 4; i++) {
        add(1, 0, 0);
    }
    assert_true(gv_ring_each(&ring, &at, note, &seen));
    assert_int_equal(at, FIRST + 1);
    seen = (struct seen){0};
    assert_true(gv_ring_each(&ring, &at, note, &seen));
    assert_int_equal(seen.n, 2);
    assert_int_equal(seen.numbers[0], FIRST + 2);
}

/* Who has everything up to the one before the oldest can go on; one less cannot. */
static void the_borders_of_what_is_held(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SLOTS + 3; i++) {
        add(1, 0, 0);
    }
    const uint64_t oldest = FIRST + 3;
    const uint64_t newest = FIRST + SLOTS + 2;
    assert_int_equal(gv_ring_newest(&ring), newest);
    assert_false(gv_ring_holds(&ring, oldest - 2, 0));
    assert_true(gv_ring_holds(&ring, oldest - 1, 0));
    assert_true(gv_ring_holds(&ring, newest, 0));
    assert_false(gv_ring_holds(&ring, newest + 1, 0)); /* of another run */
    assert_false(gv_ring_holds(&ring, 0, 0));
    struct seen seen = {0};
    uint64_t at = oldest - 2;
    assert_false(gv_ring_each(&ring, &at, note, &seen));
    assert_int_equal(seen.n, 0);
    at = oldest - 1;
    assert_true(gv_ring_each(&ring, &at, note, &seen));
    assert_int_equal(seen.n, SLOTS);
}

/* Sizes that do not divide the block: events never overlap, and what is overwritten is gone. */
static void bytes_are_written_round_and_round(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 500; i++) {
        add(1 + i * 7 % 31, 0, 0);
        struct seen seen = {0};
        uint64_t at = gv_ring_newest(&ring) - ring.count;
        size_t sum = 0;
        assert_true(ring.count >= 1);
        assert_true(gv_ring_each(&ring, &at, note, &seen));
        assert_int_equal(seen.n, ring.count);
        for (uint64_t seq = gv_ring_newest(&ring) - ring.count + 1; seq <= at; seq++) {
            sum += slots[seq % SLOTS].n;
        }
        assert_true(sum <= BLOCK);
    }
    add(BLOCK, 0, 0); /* as large as all of it */
    assert_int_equal(ring.count, 1);
}

static void what_is_too_old_is_gone(void **state)
{
    (void)state;
    add(1, 0, 0);
    add(1, 0, 500);
    assert_true(gv_ring_holds(&ring, FIRST - 1, 1000));
    assert_false(gv_ring_holds(&ring, FIRST - 1, 1001));
    assert_true(gv_ring_holds(&ring, FIRST, 1001));
    assert_false(gv_ring_holds(&ring, FIRST, 1501));
    assert_true(gv_ring_holds(&ring, FIRST + 1, 9999)); /* nothing follows: nothing is missing */
}

static void only_the_newest_of_its_kind_is_read(void **state)
{
    (void)state;
    const struct gv_ring_event other = {.channel = 2, .newest_of = 1};
    size_t one = 1;
    add(1, 1, 0);                                         /* 100 */
    add(1, 0, 0);                                         /* 101: a bid, never left out */
    gv_ring_add(&ring, &other, 1, write_digits, &one, 0); /* 102: of another channel */
    add(1, 1, 0);                                         /* 103 takes the place of 100 */
    add(1, 2, 0);                                         /* 104 */
    add(1, 0, 0);                                         /* 105 */
    struct seen seen = {0};
    uint64_t at = FIRST - 1;
    assert_true(gv_ring_each(&ring, &at, note, &seen));
    const uint64_t expected[] = {101, 102, 103, 104, 105};
    assert_int_equal(seen.n, 5);
    assert_memory_equal(seen.numbers, expected, sizeof(expected));
    add(1, 2, 0); /* 106 takes the place of 104: a reader behind it ends at 106 all the same */
    seen = (struct seen){0};
    at = FIRST + 3;
    assert_true(gv_ring_each(&ring, &at, note, &seen));
    assert_int_equal(seen.n, 2);
    assert_int_equal(at, 106);
}

static void a_reset_has_a_number_and_no_bytes(void **state)
{
    (void)state;
    const struct gv_ring_event reset = {.channel = 1, .is_reset = true};
    for (unsigned i = 0; i < 3 * SLOTS; i++) {
        gv_ring_add(&ring, &reset, 0, NULL, NULL, 0);
        add(BLOCK / 3, 0, 0);
    }
    struct seen seen = {0};
    uint64_t at = gv_ring_newest(&ring) - ring.count;
    assert_true(gv_ring_each(&ring, &at, note, &seen));
    assert_true(seen.n >= 4); /* two blocks of bytes, and the resets beside them */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(numbers_begin_where_told_and_have_no_gaps, empty),
        cmocka_unit_test_setup(a_reader_may_stop_and_go_on, empty),
        cmocka_unit_test_setup(the_borders_of_what_is_held, empty),
        cmocka_unit_test_setup(bytes_are_written_round_and_round, empty),
        cmocka_unit_test_setup(what_is_too_old_is_gone, empty),
        cmocka_unit_test_setup(only_the_newest_of_its_kind_is_read, empty),
        cmocka_unit_test_setup(a_reset_has_a_number_and_no_bytes, empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
