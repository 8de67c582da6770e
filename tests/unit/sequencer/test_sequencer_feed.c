/* Shows: every line is stored once and reaches every place, whole and in order, round and round the
 * block; a commitment that leaves too little time is not begun. */
#include "app/sequencer/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BLOCK 256u
#define LINES 8u

static char block[BLOCK];
static struct gv_feed_line lines[LINES];
static struct gv_feed feed;
static const struct gv_utc utc = {1000};

static int setup(void **state)
{
    (void)state;
    gv_feed_init(&feed, block, BLOCK, lines, LINES);
    return 0;
}

static void append(const char *text, uint64_t now_ms)
{
    gv_feed_append(&feed, gv_view_of(text, strlen(text)), utc, (struct gv_mono){now_ms});
}

/* Everything that a place is told, `step` bytes at a time. */
static const char *drain(struct gv_feed_place *place, size_t step, uint64_t now_ms)
{
    static char out[4096];
    size_t n = 0;
    for (;;) {
        struct gv_view run = gv_feed_peek(&feed, place, (struct gv_mono){now_ms});
        if (run.n == 0) {
            out[n] = '\0';
            return out;
        }
        run.n = run.n < step ? run.n : step;
        memcpy(out + n, run.p, run.n);
        n += run.n;
        gv_feed_advance(&feed, place, run.n);
    }
}

static void a_place_gets_what_comes_after_it(void **state)
{
    (void)state;
    append("one\n", 0);
    struct gv_feed_place place = gv_feed_end(&feed);
    assert_string_equal(drain(&place, 100, 0), "");
    append("two\nthree\n", 0);
    assert_int_equal(gv_feed_behind(&feed, &place), 10);
    assert_string_equal(drain(&place, 1, 0), "two\nthree\n");
    assert_int_equal(gv_feed_behind(&feed, &place), 0);
}

static void lines_survive_the_end_of_the_block_at_every_offset(void **state)
{
    (void)state;
    struct gv_feed_place place = gv_feed_end(&feed);
    for (unsigned i = 0; i < 500; i++) {
        char line[64];
        snprintf(line, sizeof(line), "%.*s%u\n", (int)(i % 37),
                 "abcdefghijklmnopqrstuvwxyzabcdefghijk", i);
        append(line, 0);
        assert_string_equal(drain(&place, 1 + i % 5, 0), line);
    }
}

static void a_place_that_lags_behind_the_block_is_lost(void **state)
{
    (void)state;
    struct gv_feed_place place = gv_feed_end(&feed);
    for (unsigned i = 0; i < LINES; i++) {
        append("x\n", 0);
    }
    assert_false(gv_feed_lost(&feed, &place));
    append("x\n", 0); /* the ninth line pushes the first out */
    assert_true(gv_feed_lost(&feed, &place));
    place = gv_feed_end(&feed);
    char line[BLOCK + 1];
    memset(line, 'y', sizeof(line));
    line[BLOCK - 1] = '\n';
    line[BLOCK] = '\0';
    append(line, 0); /* as long as the block itself */
    assert_false(gv_feed_lost(&feed, &place));
    assert_string_equal(drain(&place, BLOCK, 0), line);
}

#define COMMITMENT(deadline)                                                                       \
    "{\"CommitmentNotification\":{\"order_id\":3,\"solver_id\":\"s1\",\"input_amount\":1,"         \
    "\"min_output_amount\":1,\"deadline\":" deadline "}}\n"

static void a_commitment_with_less_than_three_seconds_is_not_begun(void **state)
{
    (void)state;
    struct gv_feed_place place = gv_feed_end(&feed);
    append(COMMITMENT("1010"), 5000); /* seven seconds are left until three are */
    append("end\n", 5000);
    struct gv_feed_place late = place;
    assert_string_equal(drain(&place, 100, 12000), COMMITMENT("1010") "end\n");
    assert_string_equal(drain(&late, 100, 12001), "end\n");
    setup(NULL);
    place = gv_feed_end(&feed);
    append(COMMITMENT("1003"), 5000);
    late = place;
    assert_string_equal(drain(&place, 100, 5000), COMMITMENT("1003"));
    assert_string_equal(drain(&late, 100, 5001), "");
    append(COMMITMENT("1002"), 5000);
    assert_string_equal(drain(&place, 100, 5000), "");
}

static void a_commitment_that_was_begun_is_finished(void **state)
{
    (void)state;
    struct gv_feed_place place = gv_feed_end(&feed);
    append(COMMITMENT("1010"), 5000);
    gv_feed_advance(&feed, &place, 20);
    assert_string_equal(drain(&place, 100, 99000), &COMMITMENT("1010")[20]);
}

static void lines_that_stand_in_the_block_are_taken_over(void **state)
{
    (void)state;
    static const char text[] = "{\"AuctionClosedNoWinner\":7}\n" COMMITMENT("1002") "z\n";
    memcpy(block, text, sizeof(text));
    gv_feed_adopt(&feed, sizeof(text) - 1, utc, (struct gv_mono){1000});
    struct gv_feed_place place = {0};
    assert_string_equal(drain(&place, 3, 1000), "{\"AuctionClosedNoWinner\":7}\nz\n");
}

static struct gv_view offer(struct gv_feed_place *place, uint64_t now_ms)
{
    const struct gv_view run = gv_feed_peek(&feed, place, (struct gv_mono){now_ms});
    place->offered = (uint32_t)run.n;
    return run;
}

static void what_was_offered_and_not_taken_is_offered_again_whatever_has_come_since(void **state)
{
    (void)state;
    struct gv_feed_place place = gv_feed_end(&feed);
    append("one\n", 0);
    const struct gv_view run = offer(&place, 0);
    append("two\n", 0);
    const struct gv_view again = gv_feed_peek(&feed, &place, (struct gv_mono){0});
    assert_ptr_equal(again.p, run.p);
    assert_int_equal(again.n, 4);
    gv_feed_advance(&feed, &place, 4);
    assert_int_equal(place.offered, 0);
    assert_string_equal(drain(&place, 100, 0), "two\n");
}

static void an_offered_commitment_is_offered_again_when_it_is_too_late(void **state)
{
    (void)state;
    struct gv_feed_place place = gv_feed_end(&feed);
    struct gv_feed_place unoffered = place;
    append(COMMITMENT("1010") "end\n", 5000);
    const size_t n = offer(&place, 5000).n;
    assert_int_equal(gv_feed_peek(&feed, &place, (struct gv_mono){99000}).n, n);
    assert_string_equal(drain(&place, 100, 99000), COMMITMENT("1010") "end\n");
    assert_string_equal(drain(&unoffered, 100, 99000), "end\n");
}

static void what_was_offered_can_be_taken_in_parts_and_round_the_end_of_the_block(void **state)
{
    (void)state;
    struct gv_feed_place place = gv_feed_end(&feed);
    char line[101];
    memset(line, 'x', sizeof(line));
    line[99] = '\n';
    line[100] = '\0';
    append(line, 0);
    append(line, 0);
    assert_string_equal(drain(&place, 100, 0) + 100, line);
    append(line, 0); /* bytes 200 to 299 of a block of 256 */
    assert_int_equal(offer(&place, 0).n, BLOCK - 200);
    gv_feed_advance(&feed, &place, 6);
    assert_int_equal(offer(&place, 0).n, BLOCK - 206);
    assert_int_equal(gv_feed_peek(&feed, &place, (struct gv_mono){0}).n, BLOCK - 206);
    assert_string_equal(drain(&place, 100, 0), line + 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_place_gets_what_comes_after_it, setup),
        cmocka_unit_test_setup(lines_survive_the_end_of_the_block_at_every_offset, setup),
        cmocka_unit_test_setup(a_place_that_lags_behind_the_block_is_lost, setup),
        cmocka_unit_test_setup(a_commitment_with_less_than_three_seconds_is_not_begun, setup),
        cmocka_unit_test_setup(a_commitment_that_was_begun_is_finished, setup),
        cmocka_unit_test_setup(lines_that_stand_in_the_block_are_taken_over, setup),
        cmocka_unit_test_setup(
            what_was_offered_and_not_taken_is_offered_again_whatever_has_come_since, setup),
        cmocka_unit_test_setup(an_offered_commitment_is_offered_again_when_it_is_too_late, setup),
        cmocka_unit_test_setup(
            what_was_offered_can_be_taken_in_parts_and_round_the_end_of_the_block, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
