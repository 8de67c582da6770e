/* The answers and errors of the scripted node, as a pruned bitcoind 29 without txindex gives them. */
#include "tests/unit/hal/sim_script.h"

#include "firmware/base/crypto.h"
#include "firmware/base/text.h"

static void the_mempool_sequence_is_the_next_messages(void **state)
{
    struct world *w = *state;
    struct letter t = make('T', NULL, 0);
    struct letter u = make('U', NULL, 0);
    struct gv_feed_message m;
    send_letter(&t);
    gv_sim_node_mine(&node, true, NULL, 0); /* counts one for the mined transaction */
    (void)heard(w, "");
    expect(call(w, "getrawmempool", "false,true"),
           "\"result\":{\"txids\":[],\"mempool_sequence\":3}");
    send_letter(&u);
    assert_int_equal(gv_feed_recv(&w->feed, &m, 0), GV_OK);
    assert_int_equal(gv_feed_recv(&w->feed, &m, 0), GV_OK);
    assert_int_equal(m.body.p[33], 3);
}

static void blocks_are_real_enough_to_be_checked(void **state)
{
    struct world *w = *state;
    struct letter t = make('T', NULL, 0);
    struct gv_feed_message m;
    uint8_t tip[32];
    send_letter(&t);
    gv_sim_node_mine(&node, true, NULL, 0);
    do {
        assert_int_equal(gv_feed_recv(&w->feed, &m, 0), GV_OK);
    } while (!gv_view_is(m.topic, "rawblock"));
    struct gv_hash256 hash;
    gv_sha256d_of(&hash, gv_view_of(m.body.p, 80));
    gv_sim_node_tip(&node, tip);
    assert_memory_equal(hash.b, tip, 32);
    assert_true(hash.b[31] < 0x80);

    /* merkle root of two: the coinbase is what lies between the count and the last transaction */
    struct gv_hash256 leaves[2];
    assert_int_equal(m.body.p[80], 2);
    gv_sha256d_of(&leaves[0], gv_view_of(m.body.p + 81, m.body.n - 81 - strlen(t.raw)));
    memcpy(leaves[1].b, t.tx.txid, 32);
    gv_sha256d_of(&hash, gv_view_of(leaves, 64));
    assert_memory_equal(hash.b, m.body.p + 36, 32);

    /* and the same by RPC */
    char hex[2048];
    gv_hex_encode(hex, m.body);
    char params[80];
    (void)snprintf(params, sizeof(params), "%s,0", quoted(tip));
    expect(call(w, "getblock", params), hex);
    hex[160] = '\0';
    expect(call(w, "getblockheader", params), hex);
    (void)snprintf(params, sizeof(params), "%s,false", quoted(tip));
    expect(call(w, "getblockheader", params), hex);
}

static void outputs_are_there_until_spent(void **state)
{
    struct world *w = *state;
    struct letter t = make('T', NULL, 0);
    struct letter u = make('U', &t, 0);
    char with[128];
    char without[128];
    (void)snprintf(with, sizeof(with), "%s,0", quoted(t.tx.txid));
    (void)snprintf(without, sizeof(without), "%s,0,false", quoted(t.tx.txid));
    expect(call(w, "gettxout", with), "\"result\":null");
    send_letter(&t);
    expect(call(w, "gettxout", with), "\"confirmations\":0,\"value\":1.50000000");
    expect(w->reply, "\"hex\":\"5154\"");
    expect(call(w, "gettxout", without), "\"result\":null");
    gv_sim_node_mine(&node, true, NULL, 0);
    gv_sim_node_mine(&node, true, NULL, 0);
    expect(call(w, "gettxout", with), "\"confirmations\":2");
    send_letter(&u);
    expect(call(w, "gettxout", with), "\"result\":null");
    expect(call(w, "gettxout", without), "\"confirmations\":2");

    char ask_spender[256];
    (void)snprintf(ask_spender, sizeof(ask_spender),
                   "[{\"txid\":%s,\"vout\":0},{\"txid\":%s,\"vout\":1}]", quoted(t.tx.txid),
                   quoted(t.tx.txid));
    char expected[512];
    (void)snprintf(expected, sizeof(expected),
                   "[{\"txid\":%s,\"vout\":0,\"spendingtxid\":%s},{\"txid\":%s,\"vout\":1}]",
                   quoted(t.tx.txid), quoted(u.tx.txid), quoted(t.tx.txid));
    expect(call(w, "gettxspendingprevout", ask_spender), expected);
    gv_sim_node_mine(&node, true, NULL, 0);
    expect(call(w, "gettxout", without), "\"result\":null");
    (void)snprintf(expected, sizeof(expected), "[{\"txid\":%s,\"vout\":0},", quoted(t.tx.txid));
    expect(call(w, "gettxspendingprevout", ask_spender), expected); /* mempool only */
}

static void pruned_blocks_are_not_given_but_headers_are(void **state)
{
    struct world *w = *state;
    struct letter t = make('T', NULL, 0);
    uint8_t first[32];
    gv_sim_node_mine(&node, true, tx_of(&t), 1);
    gv_sim_node_tip(&node, first);
    for (int i = 0; i < 4; i++) {
        gv_sim_node_mine(&node, true, NULL, 0);
    }
    char txid_and_block[256];
    (void)snprintf(txid_and_block, sizeof(txid_and_block), "%s,0,%s", quoted(t.tx.txid),
                   quoted(first));
    expect(call(w, "getrawtransaction", txid_and_block), "\"result\":\"7261772d54\"");
    expect(call(w, "getrawtransaction", quoted(t.tx.txid)),
           "\"code\":-5,\"message\":\"No such mempool transaction. Use -txindex");
    gv_sim_node_prune(&node, 3);
    expect(call(w, "getblockchaininfo", ""), "\"pruned\":true,\"pruneheight\":3");
    expect(call(w, "getblock", quoted(first)),
           "\"code\":-1,\"message\":\"Block not available (pruned data)\"");
    expect(call(w, "getrawtransaction", txid_and_block),
           "\"code\":-1,\"message\":\"Block not available\"");
    expect(call(w, "getblockheader", quoted(first)), "\"height\":1");
    expect(call(w, "getblock", quoted(t.tx.txid)), "\"code\":-5,\"message\":\"Block not found\"");
    expect(call(w, "getblockhash", "6"), "\"code\":-8");
    expect(call(w, "getblockhash", "1"), quoted(first));
}

static void envelopes_are_those_of_both_versions(void **state)
{
    struct world *w = *state;
    assert_string_equal(ask(w, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"getblockcount\"}"),
                        "{\"jsonrpc\":\"2.0\",\"result\":0,\"id\":7}");
    assert_int_equal(w->status, 200);
    assert_string_equal(ask(w, "{\"id\":\"a\",\"method\":\"getblockcount\",\"params\":[]}"),
                        "{\"result\":0,\"error\":null,\"id\":\"a\"}");
    assert_string_equal(ask(w, "{\"id\":1,\"method\":\"nosuch\"}"),
                        "{\"result\":null,\"error\":{\"code\":-32601,\"message\":\"Method not "
                        "found\"},\"id\":1}");
    assert_int_equal(w->status, 404);
    assert_string_equal(
        ask(w, "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getblockhash\",\"params\":[9]},"
               "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"getblockcount\"}]"),
        "[{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-8,\"message\":\"Block height out of "
        "range\"},\"id\":1},{\"jsonrpc\":\"2.0\",\"result\":0,\"id\":2}]");
    assert_string_equal(ask(w, "[]"), "[]");
    expect(ask(w, "{oops"), "-32700");
    assert_int_equal(w->status, 500);
}

static void switches_make_trouble(void **state)
{
    struct world *w = *state;
    gv_sim_node_switch(&node, (struct gv_sim_switches){.unreachable = true});
    expect(call(w, "getblockcount", ""), "http.unavailable");
    gv_sim_node_switch(&node, (struct gv_sim_switches){.unauthorized = true});
    assert_string_equal(call(w, "getblockcount", ""), "");
    assert_int_equal(w->status, 401);
    gv_sim_node_switch(&node, (struct gv_sim_switches){.busy = true});
    expect(call(w, "getblockcount", ""), "Work queue depth exceeded");
    assert_int_equal(w->status, 503);
    gv_sim_node_switch(&node, (struct gv_sim_switches){.warming_up = true});
    expect(ask(w, "{\"id\":1,\"method\":\"getblockcount\"}"), "\"code\":-28");
    assert_int_equal(w->status, 500);
    gv_sim_node_switch(&node, (struct gv_sim_switches){.in_ibd = true, .headers_ahead = 5});
    expect(call(w, "getblockchaininfo", ""), "\"blocks\":0,\"headers\":5");
    expect(w->reply, "\"initialblockdownload\":true");
    gv_sim_node_switch(&node, (struct gv_sim_switches){.no_feed = true});
    expect(call(w, "getzmqnotifications", ""), "\"result\":[]");
    gv_sim_node_switch(&node, (struct gv_sim_switches){.no_feed = false});
    expect(call(w, "getzmqnotifications", ""), "\"type\":\"pubrawtx\"");

    gv_sim_node_require(&node, "user:other");
    assert_string_equal(call(w, "getblockcount", ""), "");
    assert_int_equal(w->status, 401);
    gv_sim_node_require(&node, "user:good");
    expect(call(w, "getnetworkinfo", ""), "\"version\":290000");
}

static void a_coinbase_can_be_spent_and_lost(void **state)
{
    struct world *w = *state;
    uint64_t sat = 0;
    struct letter t = make('T', NULL, 0);
    gv_sim_node_mine(&node, true, NULL, 0);
    t.spends = gv_sim_node_coinbase(&node, &sat);
    assert_int_equal(sat, 5000000000);
    send_letter(&t);
    (void)heard(w, "");
    gv_sim_node_reorg(&node, 1, NULL, 0);
    assert_string_equal(heard(w, "T"), "t* D t* C t* C RT b");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_mempool_sequence_is_the_next_messages),
        TEST(blocks_are_real_enough_to_be_checked),
        TEST(outputs_are_there_until_spent),
        TEST(pruned_blocks_are_not_given_but_headers_are),
        TEST(envelopes_are_those_of_both_versions),
        TEST(switches_make_trouble),
        TEST(a_coinbase_can_be_spent_and_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
