/* The list of the mempool, taken from the stream at every boundary, and when an entry came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/node/rpc_fixture.h"

#include <stdio.h>
#include <string.h>

#define TXIDS_MAX 4u

static struct gv_hash256 txids[TXIDS_MAX];
static uint32_t count;

static enum gv_err ask(uint32_t cap)
{
    return gv_rpc_mempool_txids(&rpc_under_test, txids, cap, &count, &rpc_fail);
}

static void txids_are_taken_at_every_piece_size(void **state)
{
    const struct gv_hash256 a = rpc_hash(RPC_HASH_A);
    const struct gv_hash256 b = rpc_hash(RPC_HASH_B);
    for (size_t piece = 1; piece < 180; piece++) {
        rpc_set_up(state);
        rpc_fake.piece = piece;
        rpc_push(200,
                 "{\"result\":[\"" RPC_HASH_A "\",\"" RPC_HASH_B "\"],\"error\":null,\"id\":1}\n");
        assert_int_equal(ask(TXIDS_MAX), GV_OK);
        assert_int_equal(count, 2);
        assert_memory_equal(&txids[0], &a, sizeof(a));
        assert_memory_equal(&txids[1], &b, sizeof(b));
    }
}

static void an_empty_mempool_is_an_empty_list(void **state)
{
    (void)state;
    rpc_push(200, "{\"result\":[],\"error\":null,\"id\":1}");
    assert_int_equal(ask(TXIDS_MAX), GV_OK);
    assert_int_equal(count, 0);
}

static void what_does_not_fit_is_left_out(void **state)
{
    (void)state;
    rpc_push(200, "{\"result\":[\"" RPC_HASH_B "\",\"" RPC_HASH_A "\"],\"error\":null,\"id\":1}");
    assert_int_equal(ask(1), GV_OK);
    assert_int_equal(count, 1);
    const struct gv_hash256 b = rpc_hash(RPC_HASH_B);
    assert_memory_equal(&txids[0], &b, sizeof(b));
}

static void anything_but_a_list_of_txids_is_refused(void **state)
{
    static const char *const bodies[] = {
        "{\"result\":[\"00\"],\"error\":null,\"id\":1}",
        "{\"result\":[\"" RPC_HASH_A "0\"],\"error\":null,\"id\":1}",
        "{\"result\":[7],\"error\":null,\"id\":1}",
        "{\"result\":[\"" RPC_HASH_A "\"\"" RPC_HASH_A "\"],\"error\":null,\"id\":1}",
        "{\"result\":[,\"" RPC_HASH_A "\"],\"error\":null,\"id\":1}",
        "{\"result\":[\"" RPC_HASH_A "\",],\"error\":null,\"id\":1}",
        "{\"result\":{},\"error\":null,\"id\":1}",
        "{\"result\":null,\"error\":null,\"id\":1}",
        "{\"result\":[\"" RPC_HASH_A,
        "{\"result\":[\"" RPC_HASH_A "\"",
        "{\"result\":[\"" RPC_HASH_A "\"]",
        "{\"result\":[\"" RPC_HASH_A "\"],\"error\":null,\"id\":2}",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        rpc_set_up(state);
        rpc_push(200, bodies[i]);
        if (ask(TXIDS_MAX) != GV_ERR_UNAVAILABLE) {
            fail_msg("accepted: %s", bodies[i]);
        }
        assert_int_equal(count, 0);
    }
}

static void a_list_after_401_starts_from_its_first_txid(void **state)
{
    (void)state;
    rpc_push(200, "{\"result\":[],\"error\":null,\"id\":1}");
    assert_int_equal(ask(TXIDS_MAX), GV_OK);
    rpc_cookie = "__cookie__:new";
    rpc_push(401, "{\"result\":[\"" RPC_HASH_A "\",");
    rpc_push(200, "{\"result\":[\"" RPC_HASH_B "\"],\"error\":null,\"id\":2}");
    assert_int_equal(ask(TXIDS_MAX), GV_OK);
    assert_int_equal(count, 1);
}

static void an_entry_tells_when_it_came_or_that_it_is_gone(void **state)
{
    (void)state;
    const struct gv_hash256 txid = rpc_hash(RPC_HASH_A);
    struct gv_utc entered = {.s = 0};
    rpc_push(200, "{\"result\":{\"vsize\":141,\"time\":1700000000},\"error\":null,\"id\":1}");
    assert_int_equal(gv_rpc_mempool_time(&rpc_under_test, &txid, &entered, &rpc_fail), GV_OK);
    assert_int_equal(entered.s, 1700000000);
    rpc_push(500,
             "{\"result\":null,\"error\":{\"code\":-5,\"message\":\"not in mempool\"},\"id\":2}");
    assert_int_equal(gv_rpc_mempool_time(&rpc_under_test, &txid, &entered, &rpc_fail),
                     GV_ERR_NOT_FOUND);
    static const char *const never[] = {"-1", "4294967296", "9223372036854775807"};
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        char answer[96];
        (void)snprintf(answer, sizeof(answer),
                       "{\"result\":{\"time\":%s},\"error\":null,\"id\":%zu}", never[i], 3 + i);
        rpc_push(200, answer);
        assert_int_equal(gv_rpc_mempool_time(&rpc_under_test, &txid, &entered, &rpc_fail),
                         GV_ERR_UNAVAILABLE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(txids_are_taken_at_every_piece_size, rpc_set_up),
        cmocka_unit_test_setup(an_empty_mempool_is_an_empty_list, rpc_set_up),
        cmocka_unit_test_setup(what_does_not_fit_is_left_out, rpc_set_up),
        cmocka_unit_test_setup(anything_but_a_list_of_txids_is_refused, rpc_set_up),
        cmocka_unit_test_setup(a_list_after_401_starts_from_its_first_txid, rpc_set_up),
        cmocka_unit_test_setup(an_entry_tells_when_it_came_or_that_it_is_gone, rpc_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
