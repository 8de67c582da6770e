/* Blocks and transactions, decoded from hex while they arrive, at every boundary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/node/rpc_fixture.h"

#include <string.h>

static const uint8_t abc[] = {0xab, 0xcd, 0xef};

static enum gv_err ask_block(uint8_t *block, size_t cap, size_t *len)
{
    struct gv_hash256 hash = rpc_hash(RPC_HASH_A);
    return gv_rpc_block(&rpc_under_test, &hash, block, cap, len, &rpc_fail);
}

static void a_block_is_decoded_at_every_piece_size(void **state)
{
    for (size_t piece = 1; piece < 50; piece++) {
        rpc_set_up(state);
        rpc_fake.piece = piece;
        rpc_push(200, "{\"result\":\"abcdef\",\"error\":null,\"id\":1}\n");
        uint8_t block[3];
        size_t len = 0;
        assert_int_equal(ask_block(block, sizeof(block), &len), GV_OK);
        assert_int_equal(len, 3);
        assert_memory_equal(block, abc, 3);
    }
}

static void a_block_after_401_starts_from_its_first_byte(void **state)
{
    (void)state;
    rpc_push(200, "{\"result\":\"abcdef\",\"error\":null,\"id\":1}");
    uint8_t block[8];
    size_t len = 0;
    assert_int_equal(ask_block(block, sizeof(block), &len), GV_OK);
    rpc_cookie = "__cookie__:new";
    rpc_push(401, "{\"result\":\"ffffff");
    rpc_push(200, "{\"result\":\"abcdef\",\"error\":null,\"id\":2}");
    assert_int_equal(ask_block(block, sizeof(block), &len), GV_OK);
    assert_int_equal(len, 3);
    assert_memory_equal(block, abc, 3);
}

static void a_block_cut_short_at_any_byte_is_refused(void **state)
{
    static const char whole[] = "{\"result\":\"abcdef\",\"error\":null,\"id\":1}";
    for (size_t n = 0; n < sizeof(whole) - 1; n++) {
        rpc_set_up(state);
        char cut[sizeof(whole)];
        memcpy(cut, whole, n);
        cut[n] = '\0';
        rpc_push(200, cut);
        uint8_t block[8];
        size_t len = 0;
        if (ask_block(block, sizeof(block), &len) != GV_ERR_UNAVAILABLE) {
            fail_msg("accepted the first %zu bytes", n);
        }
    }
}

static void strange_hex_results_are_refused(void **state)
{
    static const char *const bodies[] = {
        "{\"result\":\"abcde\",\"error\":null,\"id\":1}",
        "{\"result\":\"abcdeg\",\"error\":null,\"id\":1}",
        "{\"result\":\"ABCDEF\",\"error\":null,\"id\":1}",
        "{\"result\":\"ab\\u0030\",\"error\":null,\"id\":1}",
        "{\"result\":\"\",\"error\":null,\"id\":1}",
        "{\"result\":null,\"error\":null,\"id\":1}",
        "{\"result\":{\"hex\":\"abcdef\"},\"error\":null,\"id\":1}",
        "{\"error\":null,\"result\":\"abcdef\",\"id\":1}",
        "{\"result\":\"abcdef\",\"error\":null,\"id\":2}",
        "{\"result\":\"abcdef\"\"x\",\"error\":null,\"id\":1}",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        rpc_set_up(state);
        rpc_push(200, bodies[i]);
        uint8_t block[8];
        size_t len = 0;
        if (ask_block(block, sizeof(block), &len) != GV_ERR_UNAVAILABLE) {
            fail_msg("accepted %s", bodies[i]);
        }
        assert_string_equal(rpc_fail.code, "node.bad_answer");
    }
}

static void a_block_over_the_buffer_is_too_large(void **state)
{
    (void)state;
    rpc_push(200, "{\"result\":\"abcdef\",\"error\":null,\"id\":1}");
    uint8_t block[2];
    size_t len = 0;
    assert_int_equal(ask_block(block, sizeof(block), &len), GV_ERR_TOO_LARGE);
    assert_string_equal(rpc_fail.code, "node.answer_too_large");
}

static void a_pruned_or_unknown_block_is_missing(void **state)
{
    (void)state;
    uint8_t block[8];
    size_t len = 0;
    rpc_push(500,
             "{\"result\":null,\"error\":{\"code\":-1,\"message\":\"Block not available (pruned "
             "data)\"},\"id\":1}");
    assert_int_equal(ask_block(block, sizeof(block), &len), GV_ERR_NOT_FOUND);
    assert_string_equal(rpc_fail.code, "node.block_missing");
    rpc_push(500,
             "{\"result\":null,\"error\":{\"code\":-5,\"message\":\"Block not found\"},\"id\":2}");
    assert_int_equal(ask_block(block, sizeof(block), &len), GV_ERR_NOT_FOUND);
}

static void a_transaction_that_left_the_mempool_is_not_found(void **state)
{
    (void)state;
    struct gv_hash256 txid = rpc_hash(RPC_HASH_A);
    uint8_t tx[8];
    size_t len = 0;
    rpc_push(500,
             "{\"result\":null,\"error\":{\"code\":-5,\"message\":\"No such mempool transaction. "
             "Use -txindex\"},\"id\":1}");
    assert_int_equal(gv_rpc_mempool_tx(&rpc_under_test, &txid, tx, sizeof(tx), &len, &rpc_fail),
                     GV_ERR_NOT_FOUND);
    assert_string_equal(rpc_fake.request,
                        "{\"id\":1,\"method\":\"getrawtransaction\",\"params\":[\"" RPC_HASH_A
                        "\"]}");
}

#define CASE(name) cmocka_unit_test_setup(name, rpc_set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_block_is_decoded_at_every_piece_size),
        CASE(a_block_after_401_starts_from_its_first_byte),
        CASE(a_block_cut_short_at_any_byte_is_refused),
        CASE(strange_hex_results_are_refused),
        CASE(a_block_over_the_buffer_is_too_large),
        CASE(a_pruned_or_unknown_block_is_missing),
        CASE(a_transaction_that_left_the_mempool_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
