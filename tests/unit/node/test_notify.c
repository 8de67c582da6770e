/* Feed messages: the shapes bitcoind sends, everything near them refused, and the counter rules
 * that tell a loss from a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/node/notify.h"
#include "firmware/base/text.h"

#include <string.h>

static struct gv_notify notify;
static struct gv_notice notice;

static int set_up(void **state)
{
    (void)state;
    memset(&notify, 0, sizeof(notify));
    return 0;
}

static enum gv_err decode(const char *topic, const void *body, size_t n, uint32_t counter)
{
    const struct gv_feed_message message = {
        .topic = gv_view_str(topic), .body = gv_view_of(body, n), .counter = counter};
    return gv_notify_decode(&notify, &message, &notice);
}

static uint8_t body[GV_BLOCK_BYTES_MAX + 1];

/* 32 bytes 01 02 .. 20, as the wire has them: printed order. */
static void fill_hash(void)
{
    for (unsigned i = 0; i < 32; i++) {
        body[i] = (uint8_t)(i + 1);
    }
}

static void a_transaction_comes_through_untouched(void **state)
{
    (void)state;
    assert_int_equal(decode("rawtx", body, 10, 0), GV_OK);
    assert_int_equal(notice.kind, GV_NOTICE_TX);
    assert_ptr_equal(notice.tx.p, body);
    assert_int_equal(notice.tx.n, 10);
}

static void sequence_letters_carry_a_hash_in_printed_order(void **state)
{
    (void)state;
    static const struct {
        char letter;
        size_t n;
        enum gv_notice_kind kind;
    } cases[] = {
        {'A', 41, GV_NOTICE_ADDED},
        {'R', 41, GV_NOTICE_REMOVED},
        {'C', 33, GV_NOTICE_CONNECTED},
        {'D', 33, GV_NOTICE_DISCONNECTED},
    };
    fill_hash();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        body[32] = (uint8_t)cases[i].letter;
        assert_int_equal(decode("sequence", body, cases[i].n, (uint32_t)i), GV_OK);
        assert_int_equal(notice.kind, cases[i].kind);
        assert_int_equal(notice.hash.b[0], 32);
        assert_int_equal(notice.hash.b[31], 1);
        assert_false(notice.lost);
    }
}

static void a_block_is_only_a_hint(void **state)
{
    (void)state;
    fill_hash();
    assert_int_equal(decode("hashblock", body, 32, 0), GV_OK);
    assert_int_equal(notice.kind, GV_NOTICE_TIP);
    assert_int_equal(notice.hash.b[0], 32);
    assert_int_equal(decode("rawblock", body, 81, 0), GV_OK);
    assert_int_equal(notice.kind, GV_NOTICE_TIP);
}

static void wrong_topics_lengths_and_letters_are_refused_and_not_counted(void **state)
{
    (void)state;
    fill_hash();
    for (size_t n = 0; n < 64; n++) {
        body[32] = 'C';
        assert_int_equal(decode("sequence", body, n, 9), n == 33 ? GV_OK : GV_ERR_INVALID);
        body[32] = 'A';
        assert_int_equal(decode("sequence", body, n, 9), n == 41 ? GV_OK : GV_ERR_INVALID);
        assert_int_equal(decode("hashblock", body, n, 9), n == 32 ? GV_OK : GV_ERR_INVALID);
    }
    uint64_t before = notify.messages;
    body[32] = 'X';
    assert_int_equal(decode("sequence", body, 33, 1), GV_ERR_INVALID);
    assert_int_equal(decode("rawtx", body, 9, 1), GV_ERR_INVALID);
    assert_int_equal(decode("rawtx", body, GV_BLOCK_BYTES_MAX + 1, 1), GV_ERR_INVALID);
    assert_int_equal(decode("rawblock", body, 80, 1), GV_ERR_INVALID);
    assert_int_equal(decode("rawtxx", body, 40, 1), GV_ERR_INVALID);
    assert_int_equal(decode("", body, 40, 1), GV_ERR_INVALID);
    assert_int_equal(notify.messages, before);
}

static void the_first_message_of_a_topic_sets_its_counter(void **state)
{
    (void)state;
    assert_int_equal(decode("rawtx", body, 10, 1000), GV_OK);
    assert_false(notice.lost);
    assert_int_equal(decode("rawtx", body, 10, 1001), GV_OK);
    assert_false(notice.lost);
    assert_int_equal(decode("hashblock", body, 32, 5), GV_OK);
    assert_false(notice.lost);
}

static void a_jump_is_a_gap_and_a_step_back_a_restart(void **state)
{
    (void)state;
    assert_int_equal(decode("rawtx", body, 10, 7), GV_OK);
    assert_int_equal(decode("rawtx", body, 10, 9), GV_OK);
    assert_true(notice.lost);
    assert_false(notice.restarted);
    assert_int_equal(decode("rawtx", body, 10, 0), GV_OK);
    assert_true(notice.lost);
    assert_true(notice.restarted);
    assert_int_equal(decode("rawtx", body, 10, 1), GV_OK);
    assert_false(notice.lost);
    assert_int_equal(decode("rawtx", body, 10, 1), GV_OK);
    assert_true(notice.restarted);
    assert_int_equal(notify.gaps, 3);
    assert_int_equal(notify.messages, 5);
    assert_string_equal(gv_notify_topic_name(0), "rawtx");
    assert_int_equal(notify.counts[0].gaps, 3);
    assert_int_equal(notify.counts[0].messages, 5);
    assert_int_equal(notify.counts[1].messages, 0);
}

static void the_counter_wraps_without_a_gap(void **state)
{
    (void)state;
    assert_int_equal(decode("rawtx", body, 10, UINT32_MAX), GV_OK);
    assert_int_equal(decode("rawtx", body, 10, 0), GV_OK);
    assert_false(notice.lost);
    assert_int_equal(decode("rawtx", body, 10, 2), GV_OK);
    assert_true(notice.lost);
    assert_false(notice.restarted);
}

static void a_new_subscription_starts_counting_afresh(void **state)
{
    (void)state;
    assert_int_equal(decode("rawtx", body, 10, 7), GV_OK);
    gv_notify_restart(&notify);
    assert_int_equal(decode("rawtx", body, 10, 900), GV_OK);
    assert_false(notice.lost);
    assert_int_equal(notify.messages, 2);
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_transaction_comes_through_untouched),
        CASE(sequence_letters_carry_a_hash_in_printed_order),
        CASE(a_block_is_only_a_hint),
        CASE(wrong_topics_lengths_and_letters_are_refused_and_not_counted),
        CASE(the_first_message_of_a_topic_sets_its_counter),
        CASE(a_jump_is_a_gap_and_a_step_back_a_restart),
        CASE(the_counter_wraps_without_a_gap),
        CASE(a_new_subscription_starts_counting_afresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
