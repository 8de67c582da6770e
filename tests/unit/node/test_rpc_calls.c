/* The typed calls: shapes are those of bitcoind 29; each field spoilt on its own is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/node/rpc_fixture.h"

#include <stdio.h>
#include <string.h>

static void chain_state_of_a_pruned_node_is_read(void **state)
{
    (void)state;
    rpc_push(
        200,
        "{\"result\":{\"chain\":\"regtest\",\"blocks\":1078,\"headers\":1079,\"bestblockhash\":"
        "\"" RPC_HASH_A
        "\",\"difficulty\":4.656542373906925e-10,\"time\":1700000000,\"mediantime\":1,"
        "\"verificationprogress\":9.5e-01,\"initialblockdownload\":false,\"chainwork\":\"00\","
        "\"size_on_disk\":402161,\"pruned\":true,\"pruneheight\":719,\"automatic_pruning\":false,"
        "\"warnings\":[]},\"error\":null,\"id\":1}");
    struct gv_rpc_chain chain;
    assert_int_equal(gv_rpc_blockchain(&rpc_under_test, &chain, &rpc_fail), GV_OK);
    assert_string_equal(chain.chain, "regtest");
    assert_int_equal(chain.blocks, 1078);
    assert_int_equal(chain.headers, 1079);
    assert_int_equal(chain.prune_height, 719);
    assert_true(chain.pruned);
    assert_false(chain.initial_download);
    assert_int_equal(chain.time.s, 1700000000);
    assert_true(chain.verification_progress > 0.949);
    assert_true(chain.verification_progress < 0.951);
    struct gv_hash256 expected = rpc_hash(RPC_HASH_A);
    assert_memory_equal(chain.best_hash.b, expected.b, 32);
}

/* Each field of getblockchaininfo, spoilt: nothing is taken for granted. */
static void chain_state_with_a_spoilt_field_is_refused(void **state)
{
    static const char *const fields[][2] = {
        {"\"chain\":\"main\"", "\"chain\":\"a chain with much too long a name\""},
        {"\"blocks\":5", "\"blocks\":-1"},
        {"\"blocks\":5", "\"blocks\":500000000"},
        {"\"blocks\":5", "\"blocks\":5.0"},
        {"\"headers\":5", "\"headers\":\"5\""},
        {"\"bestblockhash\":\"" RPC_HASH_A "\"", "\"bestblockhash\":\"07ae\""},
        {"\"time\":9", "\"time\":null"},
        {"\"verificationprogress\":1", "\"verificationprogress\":1.5"},
        {"\"verificationprogress\":1", "\"verificationprogress\":\"1\""},
        {"\"initialblockdownload\":false", "\"initialblockdownload\":0"},
        {"\"pruned\":true", "\"pruned\":\"yes\""},
        {"\"pruneheight\":3", "\"other\":3"},
    };
    static const char *const good =
        "{\"result\":{\"chain\":\"main\",\"blocks\":5,\"headers\":5,\"bestblockhash\":\"" RPC_HASH_A
        "\",\"time\":9,\"verificationprogress\":1,\"initialblockdownload\":false,\"pruned\":true,"
        "\"pruneheight\":3},\"error\":null,\"id\":1}";
    struct gv_rpc_chain chain;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        rpc_set_up(state);
        const char *at = strstr(good, fields[i][0]);
        assert_non_null(at);
        char body[1024];
        snprintf(body, sizeof(body), "%.*s%s%s", (int)(at - good), good, fields[i][1],
                 at + strlen(fields[i][0]));
        rpc_push(200, body);
        if (gv_rpc_blockchain(&rpc_under_test, &chain, &rpc_fail) != GV_ERR_UNAVAILABLE) {
            fail_msg("accepted %s", fields[i][1]);
        }
    }
    rpc_set_up(state);
    rpc_push(200, good);
    assert_int_equal(gv_rpc_blockchain(&rpc_under_test, &chain, &rpc_fail), GV_OK);
}

static const struct gv_outpoint some_outpoint = {.txid = {{1, 2, 3}}, .vout = 4294967295u};

static void an_unspent_output_is_read_exactly(void **state)
{
    (void)state;
    rpc_push(200,
             "{\"result\":{\"bestblock\":\"" RPC_HASH_A "\",\"confirmations\":360,"
             "\"value\":46.92186124,\"scriptPubKey\":{\"asm\":\"\",\"desc\":\"\",\"hex\":"
             "\"0014000102030405060708090a0b0c0d0e0f10111213\",\"address\":\"bcrt1q\",\"type\":"
             "\"witness_v0_keyhash\"},\"coinbase\":false},\"error\":null,\"id\":1}");
    struct gv_rpc_txout txout;
    assert_int_equal(gv_rpc_txout(&rpc_under_test, &some_outpoint, false, &txout, &rpc_fail),
                     GV_OK);
    assert_true(txout.found);
    assert_true(txout.value_sat == 4692186124u);
    assert_int_equal(txout.confirmations, 360);
    assert_true(txout.spk_fits);
    assert_int_equal(txout.spk.n, 22);
    assert_int_equal(txout.spk.b[21], 0x13);
    assert_string_equal(txout.address, "bcrt1q");
    assert_false(txout.coinbase);
    assert_non_null(strstr(rpc_fake.request, "0000030201\",4294967295,false]"));
}

static void an_absent_output_is_an_answer_not_an_error(void **state)
{
    (void)state;
    rpc_push(200, "{\"result\":null,\"error\":null,\"id\":1}");
    struct gv_rpc_txout txout = {.found = true};
    assert_int_equal(gv_rpc_txout(&rpc_under_test, &some_outpoint, true, &txout, &rpc_fail), GV_OK);
    assert_false(txout.found);
}

static void a_long_script_is_flagged_and_an_address_may_be_absent(void **state)
{
    (void)state;
    static char body[2048];
    char script[2 * 65 + 1];
    memset(script, '5', sizeof(script) - 1);
    script[sizeof(script) - 1] = '\0';
    snprintf(body, sizeof(body),
             "{\"result\":{\"bestblock\":\"" RPC_HASH_A "\",\"confirmations\":0,\"value\":1e-08,"
             "\"scriptPubKey\":{\"hex\":\"%s\"},\"coinbase\":true},\"error\":null,\"id\":1}",
             script);
    rpc_push(200, body);
    struct gv_rpc_txout txout;
    assert_int_equal(gv_rpc_txout(&rpc_under_test, &some_outpoint, true, &txout, &rpc_fail), GV_OK);
    assert_true(txout.found);
    assert_false(txout.spk_fits);
    assert_true(txout.value_sat == 1);
    assert_true(txout.coinbase);
    assert_string_equal(txout.address, "");
}

static void an_output_with_a_spoilt_field_is_refused(void **state)
{
    static const char *const fields[][2] = {
        {"\"bestblock\":\"" RPC_HASH_A "\"", "\"bestblock\":null"},
        {"\"confirmations\":1", "\"confirmations\":-1"},
        {"\"value\":1.0", "\"value\":-1.0"},
        {"\"value\":1.0", "\"value\":21000000.00000001"},
        {"\"value\":1.0", "\"value\":0.000000001"},
        {"\"value\":1.0", "\"value\":\"1.0\""},
        {"\"hex\":\"51\"", "\"hex\":\"5\""},
        {"\"hex\":\"51\"", "\"hex\":\"5g\""},
        {"\"hex\":\"51\"", "\"hex\":null"},
        {"\"address\":\"a\"", "\"address\":1"},
        {"\"address\":\"a\"", "\"address\":\"a\\u0000b\""},
        {"\"coinbase\":false", "\"coinbase\":0"},
    };
    static const char *const good =
        "{\"result\":{\"bestblock\":\"" RPC_HASH_A "\",\"confirmations\":1,\"value\":1.0,"
        "\"scriptPubKey\":{\"hex\":\"51\",\"address\":\"a\"},\"coinbase\":false},\"error\":null,"
        "\"id\":1}";
    struct gv_rpc_txout txout;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        rpc_set_up(state);
        const char *at = strstr(good, fields[i][0]);
        assert_non_null(at);
        char body[1024];
        snprintf(body, sizeof(body), "%.*s%s%s", (int)(at - good), good, fields[i][1],
                 at + strlen(fields[i][0]));
        rpc_push(200, body);
        if (gv_rpc_txout(&rpc_under_test, &some_outpoint, true, &txout, &rpc_fail) !=
            GV_ERR_UNAVAILABLE) {
            fail_msg("accepted %s", fields[i][1]);
        }
        assert_false(txout.found);
    }
}

static struct gv_outpoint two[2];

static enum gv_err ask_spenders(const char *body, bool *spent, struct gv_hash256 *txids)
{
    two[0] = (struct gv_outpoint){.txid = rpc_hash(RPC_HASH_A), .vout = 20};
    two[1] = (struct gv_outpoint){.txid = rpc_hash(RPC_HASH_A), .vout = 0};
    rpc_push(200, body);
    return gv_rpc_spenders(&rpc_under_test, two, 2, spent, txids, &rpc_fail);
}

static void mempool_spenders_are_matched_to_their_outpoints(void **state)
{
    (void)state;
    bool spent[2];
    struct gv_hash256 txids[2];
    assert_int_equal(ask_spenders("{\"result\":[{\"txid\":\"" RPC_HASH_A
                                  "\",\"vout\":20,\"spendingtxid\":\"" RPC_HASH_B
                                  "\"},{\"txid\":\"" RPC_HASH_A
                                  "\",\"vout\":0}],\"error\":null,\"id\":1}",
                                  spent, txids),
                     GV_OK);
    assert_true(spent[0]);
    assert_false(spent[1]);
    struct gv_hash256 expected = rpc_hash(RPC_HASH_B);
    assert_memory_equal(txids[0].b, expected.b, 32);
    assert_string_equal(rpc_fake.request,
                        "{\"id\":1,\"method\":\"gettxspendingprevout\",\"params\":[["
                        "{\"txid\":\"" RPC_HASH_A "\",\"vout\":20},"
                        "{\"txid\":\"" RPC_HASH_A "\",\"vout\":0}]]}");
}

static void a_confirmed_spender_is_no_mempool_spender(void **state)
{
    (void)state;
    bool spent[2];
    struct gv_hash256 txids[2];
    assert_int_equal(ask_spenders("{\"result\":[{\"txid\":\"" RPC_HASH_A
                                  "\",\"vout\":20,\"spendingtxid\":\"" RPC_HASH_B
                                  "\",\"blockhash\":\"" RPC_HASH_A "\"},{\"txid\":\"" RPC_HASH_A
                                  "\",\"vout\":0}],"
                                  "\"error\":null,\"id\":1}",
                                  spent, txids),
                     GV_OK);
    assert_false(spent[0]);
}

/* One such outpoint, in an upload that is being checked, must not blind the poll to all others. */
static void outpoints_that_cannot_exist_are_unspent_without_being_asked_about(void **state)
{
    (void)state;
    bool spent[3] = {true, false, true};
    struct gv_hash256 txids[3];
    const struct gv_outpoint three[] = {
        {.txid = rpc_hash(RPC_HASH_B), .vout = UINT32_MAX},
        {.txid = rpc_hash(RPC_HASH_A), .vout = INT32_MAX},
        {.txid = rpc_hash(RPC_HASH_B), .vout = (uint32_t)INT32_MAX + 1},
    };
    rpc_push(200, "{\"result\":[{\"txid\":\"" RPC_HASH_A
                  "\",\"vout\":2147483647,\"spendingtxid\":\"" RPC_HASH_B
                  "\"}],\"error\":null,\"id\":1}");
    assert_int_equal(gv_rpc_spenders(&rpc_under_test, three, 3, spent, txids, &rpc_fail), GV_OK);
    assert_false(spent[0]);
    assert_true(spent[1]);
    assert_false(spent[2]);
    struct gv_hash256 expected = rpc_hash(RPC_HASH_B);
    assert_memory_equal(txids[1].b, expected.b, 32);
    assert_string_equal(rpc_fake.request,
                        "{\"id\":1,\"method\":\"gettxspendingprevout\",\"params\":[["
                        "{\"txid\":\"" RPC_HASH_A "\",\"vout\":2147483647}]]}");

    spent[0] = true; /* and an empty list is not sent at all */
    assert_int_equal(gv_rpc_spenders(&rpc_under_test, three, 1, spent, txids, &rpc_fail), GV_OK);
    assert_false(spent[0]);
}

static void spenders_of_other_outpoints_are_refused(void **state)
{
    static const char *const bodies[] = {
        "{\"result\":null,\"error\":null,\"id\":1}",
        "{\"result\":[],\"error\":null,\"id\":1}",
        "{\"result\":[{\"txid\":\"" RPC_HASH_A "\",\"vout\":20}],\"error\":null,\"id\":1}",
        "{\"result\":[{\"txid\":\"" RPC_HASH_A "\",\"vout\":0},{\"txid\":\"" RPC_HASH_A
        "\",\"vout\":20}],\"error\":null,\"id\":1}",
        "{\"result\":[{\"txid\":\"" RPC_HASH_B "\",\"vout\":20},{\"txid\":\"" RPC_HASH_A
        "\",\"vout\":0}],\"error\":null,\"id\":1}",
        "{\"result\":[{\"txid\":\"" RPC_HASH_A
        "\",\"vout\":20,\"spendingtxid\":null},{\"txid\":\"" RPC_HASH_A
        "\",\"vout\":0}],\"error\":null,\"id\":1}",
        "{\"result\":[1,2],\"error\":null,\"id\":1}",
    };
    bool spent[2];
    struct gv_hash256 txids[2];
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        rpc_set_up(state);
        if (ask_spenders(bodies[i], spent, txids) != GV_ERR_UNAVAILABLE) {
            fail_msg("accepted %s", bodies[i]);
        }
    }
}

static void a_full_batch_of_spenders_fits_the_request(void **state)
{
    (void)state;
    static struct gv_outpoint outpoints[GV_RPC_BATCH_MAX];
    static char body[GV_RPC_BATCH_MAX * 256];
    bool spent[GV_RPC_BATCH_MAX];
    static struct gv_hash256 txids[GV_RPC_BATCH_MAX];
    size_t n = (size_t)snprintf(body, sizeof(body), "{\"result\":[");
    for (uint32_t i = 0; i < GV_RPC_BATCH_MAX; i++) {
        outpoints[i] = (struct gv_outpoint){.txid = rpc_hash(RPC_HASH_A), .vout = INT32_MAX - i};
        n += (size_t)snprintf(body + n, sizeof(body) - n,
                              "%s{\"txid\":\"" RPC_HASH_A
                              "\",\"vout\":%u,\"spendingtxid\":\"" RPC_HASH_B "\"}",
                              i == 0 ? "" : ",", INT32_MAX - i);
    }
    snprintf(body + n, sizeof(body) - n, "],\"error\":null,\"id\":1}");
    rpc_push(200, body);
    assert_int_equal(
        gv_rpc_spenders(&rpc_under_test, outpoints, GV_RPC_BATCH_MAX, spent, txids, &rpc_fail),
        GV_OK);
    assert_true(spent[GV_RPC_BATCH_MAX - 1]);
}

static void a_header_gives_parent_time_and_height(void **state)
{
    (void)state;
    rpc_push(200, "{\"result\":{\"hash\":\"" RPC_HASH_A "\",\"confirmations\":1,\"height\":12,"
                  "\"time\":1700000001,\"previousblockhash\":\"" RPC_HASH_B
                  "\"},\"error\":null,\"id\":1}");
    struct gv_hash256 hash = rpc_hash(RPC_HASH_A);
    struct gv_hash256 prev;
    struct gv_utc time;
    uint32_t height = 0;
    assert_int_equal(gv_rpc_header(&rpc_under_test, &hash, &prev, &time, &height, &rpc_fail),
                     GV_OK);
    struct gv_hash256 expected = rpc_hash(RPC_HASH_B);
    assert_memory_equal(prev.b, expected.b, 32);
    assert_int_equal(height, 12);
    assert_int_equal(time.s, 1700000001);

    rpc_push(200,
             "{\"result\":{\"hash\":\"" RPC_HASH_A "\",\"height\":0,\"time\":1},\"error\":null,"
             "\"id\":2}");
    assert_int_equal(gv_rpc_header(&rpc_under_test, &hash, &prev, &time, &height, &rpc_fail),
                     GV_OK);
    static const uint8_t zero[32];
    assert_memory_equal(prev.b, zero, 32);

    rpc_push(200,
             "{\"result\":{\"hash\":\"" RPC_HASH_A "\",\"height\":1,\"time\":1},\"error\":null,"
             "\"id\":3}");
    assert_int_equal(gv_rpc_header(&rpc_under_test, &hash, &prev, &time, &height, &rpc_fail),
                     GV_ERR_UNAVAILABLE);
    rpc_push(200,
             "{\"result\":{\"hash\":\"" RPC_HASH_B "\",\"height\":0,\"time\":1},\"error\":null,"
             "\"id\":4}");
    assert_int_equal(gv_rpc_header(&rpc_under_test, &hash, &prev, &time, &height, &rpc_fail),
                     GV_ERR_UNAVAILABLE);
    rpc_push(500,
             "{\"result\":null,\"error\":{\"code\":-5,\"message\":\"Block not found\"},\"id\":5}");
    assert_int_equal(gv_rpc_header(&rpc_under_test, &hash, &prev, &time, &height, &rpc_fail),
                     GV_ERR_NOT_FOUND);
}

static void endpoints_of_a_topic_are_found(void **state)
{
    (void)state;
    static const char *const body =
        "{\"result\":[{\"type\":\"pubrawblock\",\"address\":\"tcp://127.0.0.1:1\",\"hwm\":1000},"
        "{\"type\":\"pubrawtx\",\"address\":\"tcp://127.0.0.1:28551\",\"hwm\":5000}],"
        "\"error\":null,\"id\":%d}";
    char text[512];
    char endpoint[64];
    snprintf(text, sizeof(text), body, 1);
    rpc_push(200, text);
    assert_int_equal(
        gv_rpc_zmq_endpoint(&rpc_under_test, "pubrawtx", endpoint, sizeof(endpoint), &rpc_fail),
        GV_OK);
    assert_string_equal(endpoint, "tcp://127.0.0.1:28551");
    char text_2[512];
    snprintf(text_2, sizeof(text_2), body, 2);
    rpc_push(200, text_2);
    assert_int_equal(
        gv_rpc_zmq_endpoint(&rpc_under_test, "pubsequence", endpoint, sizeof(endpoint), &rpc_fail),
        GV_OK);
    assert_string_equal(endpoint, "");
    rpc_push(200, "{\"result\":{},\"error\":null,\"id\":3}");
    assert_int_equal(
        gv_rpc_zmq_endpoint(&rpc_under_test, "pubrawtx", endpoint, sizeof(endpoint), &rpc_fail),
        GV_ERR_UNAVAILABLE);
}

static void mempool_size_and_loading_are_read(void **state)
{
    (void)state;
    struct gv_rpc_mempool mempool;
    rpc_push(200,
             "{\"result\":{\"loaded\":false,\"size\":12,\"mempoolminfee\":1e-05},\"error\":null,"
             "\"id\":1}");
    assert_int_equal(gv_rpc_mempool(&rpc_under_test, &mempool, &rpc_fail), GV_OK);
    assert_false(mempool.loaded);
    assert_int_equal(mempool.count, 12);
    rpc_push(200, "{\"result\":{\"size\":12},\"error\":null,\"id\":2}");
    assert_int_equal(gv_rpc_mempool(&rpc_under_test, &mempool, &rpc_fail), GV_ERR_UNAVAILABLE);
}

#define CASE(name) cmocka_unit_test_setup(name, rpc_set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(chain_state_of_a_pruned_node_is_read),
        CASE(chain_state_with_a_spoilt_field_is_refused),
        CASE(an_unspent_output_is_read_exactly),
        CASE(an_absent_output_is_an_answer_not_an_error),
        CASE(a_long_script_is_flagged_and_an_address_may_be_absent),
        CASE(an_output_with_a_spoilt_field_is_refused),
        CASE(mempool_spenders_are_matched_to_their_outpoints),
        CASE(outpoints_that_cannot_exist_are_unspent_without_being_asked_about),
        CASE(a_confirmed_spender_is_no_mempool_spender),
        CASE(spenders_of_other_outpoints_are_refused),
        CASE(a_full_batch_of_spenders_fits_the_request),
        CASE(a_header_gives_parent_time_and_height),
        CASE(endpoints_of_a_topic_are_found),
        CASE(mempool_size_and_loading_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
