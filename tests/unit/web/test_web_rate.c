/* Shows: a bucket takes its burst at once, fills at its pace, tells what is left, and refuses without
 * taking; and a crowd of strangers cannot make the table forget who has asked most.
 * How: the limiter over a hand-set time. */
#include "web/server/rate.h"

#include "firmware/base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct gv_rate rate;

static int fresh(void **state)
{
    (void)state;
    gv_rate_init(&rate, 42);
    return 0;
}

static struct gv_rate_client client_of(uint32_t n)
{
    struct gv_rate_client client = {{0}};
    memcpy(client.b, &n, sizeof(n));
    return client;
}

static struct gv_rate_state ask(uint32_t who, enum gv_rate_class class, uint64_t now_ms)
{
    const struct gv_rate_client client = client_of(who);
    return gv_rate_take(&rate, &client, class, 1, now_ms);
}

static void the_burst_is_taken_at_once_and_no_more(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 120; i++) {
        const struct gv_rate_state now = ask(1, GV_RATE_READ, 1000);
        assert_false(now.limited);
        assert_int_equal(now.remaining, 119 - i);
        assert_int_equal(now.reset_s, (i + 2) / 2);
    }
    const struct gv_rate_state over = ask(1, GV_RATE_READ, 1000);
    assert_true(over.limited);
    assert_int_equal(over.remaining, 0);
    assert_int_equal(over.retry_s, 1);
    assert_int_equal(over.reset_s, 60);
}

static void a_refusal_takes_nothing(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 20; i++)
        assert_false(ask(1, GV_RATE_WRITE, 0).limited);
    for (uint32_t i = 0; i < 1000; i++)
        assert_true(ask(1, GV_RATE_WRITE, 2999).limited);
    assert_false(ask(1, GV_RATE_WRITE, 3000).limited);
    assert_true(ask(1, GV_RATE_WRITE, 3000).limited);
    assert_false(ask(1, GV_RATE_WRITE, 3000 + 60000).limited); /* and it is full again */
    assert_int_equal(ask(1, GV_RATE_WRITE, 3000 + 60000).remaining, 18);
}

static void classes_and_clients_have_buckets_of_their_own(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3; i++)
        assert_false(ask(1, GV_RATE_LOGIN, 5).limited);
    assert_true(ask(1, GV_RATE_LOGIN, 5).limited);
    assert_int_equal(ask(1, GV_RATE_LOGIN, 5).retry_s, 12);
    assert_false(ask(2, GV_RATE_LOGIN, 5).limited);
    assert_false(ask(1, GV_RATE_READ, 5).limited);
}

static void a_batch_is_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    const struct gv_rate_client client = client_of(1);
    assert_false(gv_rate_take(&rate, &client, GV_RATE_WRITE, 15, 0).limited);
    const struct gv_rate_state over = gv_rate_take(&rate, &client, GV_RATE_WRITE, 6, 0);
    assert_true(over.limited);
    assert_int_equal(over.remaining, 5);
    assert_int_equal(over.retry_s, 3);
    assert_false(gv_rate_take(&rate, &client, GV_RATE_WRITE, 5, 0).limited);
}

static void strangers_do_not_make_it_forget_who_asked_most(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 20; i++)
        assert_false(ask(0, GV_RATE_WRITE, 0).limited);
    for (uint32_t other = 1; other < 50000; other++)
        assert_false(ask(other, GV_RATE_WRITE, 0).limited);
    assert_true(ask(0, GV_RATE_WRITE, 0).limited);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_burst_is_taken_at_once_and_no_more, fresh),
        cmocka_unit_test_setup(a_refusal_takes_nothing, fresh),
        cmocka_unit_test_setup(classes_and_clients_have_buckets_of_their_own, fresh),
        cmocka_unit_test_setup(a_batch_is_taken_whole_or_not_at_all, fresh),
        cmocka_unit_test_setup(strangers_do_not_make_it_forget_who_asked_most, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
