/* Shows that the watch set counts references, remembers spends while an outpoint is in it, and stays
 * right under random adds and drops that force long probe runs: checked against a plain list. */
#include "app/chain/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct gv_watch watch;

static struct gv_outpoint outpoint_of(uint32_t number)
{
    struct gv_outpoint outpoint = {.vout = number % 3};
    /* Few distinct leading bytes: many outpoints share a home. */
    outpoint.txid.b[0] = (uint8_t)(number % 5);
    memcpy(&outpoint.txid.b[8], &number, sizeof(number));
    return outpoint;
}

static int set_up(void **state)
{
    (void)state;
    gv_watch_init(&watch);
    return 0;
}

static void an_outpoint_is_watched_until_its_last_reference_is_dropped(void **state)
{
    (void)state;
    struct gv_outpoint a = outpoint_of(1);
    assert_false(gv_watch_has(&watch, &a));
    assert_int_equal(gv_watch_add(&watch, &a, NULL), GV_OK);
    assert_int_equal(gv_watch_add(&watch, &a, NULL), GV_OK);
    assert_int_equal(gv_watch_count(&watch), 1);
    gv_watch_drop(&watch, &a);
    assert_true(gv_watch_has(&watch, &a));
    gv_watch_drop(&watch, &a);
    assert_false(gv_watch_has(&watch, &a));
    assert_int_equal(gv_watch_count(&watch), 0);
}

static void a_spend_is_remembered_from_the_reservation_on(void **state)
{
    (void)state;
    struct gv_outpoint a = outpoint_of(1);
    uint32_t before = 99;
    gv_watch_fire(&watch, &a); /* nobody watches it yet */
    assert_int_equal(gv_watch_add(&watch, &a, &before), GV_OK);
    assert_int_equal(before, 0);
    gv_watch_fire(&watch, &a);
    assert_int_equal(gv_watch_fired(&watch, &a), 1);
    uint32_t second = 99;
    assert_int_equal(gv_watch_add(&watch, &a, &second), GV_OK);
    assert_int_equal(second, 1);
    gv_watch_drop(&watch, &a);
    gv_watch_drop(&watch, &a);
    assert_int_equal(gv_watch_fired(&watch, &a), 0);
}

static void a_full_set_refuses_and_keeps_what_it_has(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < GV_WATCH_MAX; i++) {
        struct gv_outpoint outpoint = outpoint_of(i);
        assert_int_equal(gv_watch_add(&watch, &outpoint, NULL), GV_OK);
    }
    struct gv_outpoint extra = outpoint_of(GV_WATCH_MAX);
    assert_int_equal(gv_watch_add(&watch, &extra, NULL), GV_ERR_FULL);
    struct gv_outpoint known = outpoint_of(0);
    assert_int_equal(gv_watch_add(&watch, &known, NULL), GV_OK);
    assert_int_equal(gv_watch_count(&watch), GV_WATCH_MAX);
}

static void pages_hold_every_outpoint_once(void **state)
{
    (void)state;
    static bool seen[300];
    memset(seen, 0, sizeof(seen));
    for (uint32_t i = 0; i < 300; i++) {
        struct gv_outpoint outpoint = outpoint_of(i);
        assert_int_equal(gv_watch_add(&watch, &outpoint, NULL), GV_OK);
    }
    uint32_t cursor = 0;
    uint32_t total = 0;
    do {
        struct gv_outpoint page[7];
        uint32_t n = gv_watch_page(&watch, &cursor, page, 7);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t number = 0;
            memcpy(&number, &page[i].txid.b[8], sizeof(number));
            assert_true(number < 300);
            assert_false(seen[number]);
            seen[number] = true;
        }
        total += n;
    } while (cursor != 0);
    assert_int_equal(total, 300);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static void random_adds_and_drops_agree_with_a_list(void **state)
{
    (void)state;
    enum {
        NUMBERS = 200,
        ROUNDS = 40000
    };
    static uint32_t references[NUMBERS];
    memset(references, 0, sizeof(references));
    uint32_t seed = 20261120;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t number = next_random(&seed) % NUMBERS;
        struct gv_outpoint outpoint = outpoint_of(number);
        if (next_random(&seed) % 2 == 0) {
            assert_int_equal(gv_watch_add(&watch, &outpoint, NULL), GV_OK);
            references[number]++;
        } else if (references[number] > 0) {
            gv_watch_drop(&watch, &outpoint);
            references[number]--;
        }
        uint32_t other = next_random(&seed) % NUMBERS;
        struct gv_outpoint probe = outpoint_of(other);
        assert_int_equal(gv_watch_has(&watch, &probe), references[other] > 0);
    }
    uint32_t expected = 0;
    for (uint32_t i = 0; i < NUMBERS; i++) {
        struct gv_outpoint outpoint = outpoint_of(i);
        assert_int_equal(gv_watch_has(&watch, &outpoint), references[i] > 0);
        expected += references[i] > 0;
    }
    assert_int_equal(gv_watch_count(&watch), expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_outpoint_is_watched_until_its_last_reference_is_dropped, set_up),
        cmocka_unit_test_setup(a_spend_is_remembered_from_the_reservation_on, set_up),
        cmocka_unit_test_setup(a_full_set_refuses_and_keeps_what_it_has, set_up),
        cmocka_unit_test_setup(pages_hold_every_outpoint_once, set_up),
        cmocka_unit_test_setup(random_adds_and_drops_agree_with_a_list, set_up),
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
