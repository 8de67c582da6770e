/* The scripted node against the facts observed on bitcoind 29: the order of its notifications, and
 * its answers and errors as a pruned node without txindex gives them. */
#include "tests/unit/hal/hal_test.h"

#include "firmware/base/crypto.h"
#include "firmware/base/text.h"
#include "hal/sim/node.h"

static struct gv_sim_node node;

struct world {
    struct gv_http http;
    struct gv_feed feed;
    char reply[65536];
    int status;
};

static int setup(void **state)
{
    static struct world world;
    world = (struct world){.status = 0};
    gv_sim_node_init(&node, (struct gv_utc){1700000000});
    world.http = gv_sim_node_http(&node);
    world.feed = gv_sim_node_feed(&node);
    assert_int_equal(gv_feed_subscribe(&world.feed, "tcp://x", "rawtx", NULL), GV_OK);
    assert_int_equal(gv_feed_subscribe(&world.feed, "tcp://x", "rawblock", NULL), GV_OK);
    assert_int_equal(gv_feed_subscribe(&world.feed, "tcp://x", "sequence", NULL), GV_OK);
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gv_sim_node_deinit(&node);
    return 0;
}

/* ---- transactions of the test: one letter each ---------------------------------------------- */

struct letter {
    char raw[8];
    struct gv_sim_tx tx;
    struct gv_sim_outpoint spends;
    struct gv_sim_output makes[2];
};

/* Spends output `vout` of another letter (NULL: an outpoint nobody else knows). */
static struct letter make(char name, const struct letter *parent, uint32_t vout)
{
    struct letter l = {.makes = {{.sat = 150000000, .script = {0x51, (uint8_t)name}, .script_n = 2},
                                 {.sat = 1, .script = {0x6a}, .script_n = 1}}};
    struct gv_hash256 hash;
    (void)snprintf(l.raw, sizeof(l.raw), "raw-%c", name);
    gv_sha256d_of(&hash, gv_view_str(l.raw));
    memcpy(l.tx.txid, hash.b, 32);
    if (parent != NULL) {
        memcpy(l.spends.txid, parent->tx.txid, 32);
    } else {
        memset(l.spends.txid, name, 32);
    }
    l.spends.vout = vout;
    return l;
}

/* The pointers inside are set late, so that letters may be copied. */
static const struct gv_sim_tx *tx_of(struct letter *l)
{
    l->tx.raw = gv_view_str(l->raw);
    l->tx.spends = &l->spends;
    l->tx.spends_n = 1;
    l->tx.makes = l->makes;
    l->tx.makes_n = 2;
    return &l->tx;
}

static void send(struct letter *l)
{
    assert_true(gv_sim_node_send(&node, tx_of(l)));
}

/* ---- what comes from the node --------------------------------------------------------------- */

/* The waiting messages as words: "tX" rawtx of X ("t*" a coinbase), "b" rawblock, "AX" "RX" with
 * the letter of the transaction, "C" "D". Checks counters and the mempool sequence on the way. */
static const char *heard(struct world *w, const char *letters)
{
    static char text[512];
    static const char *const none = "?";
    struct gv_feed_message m;
    size_t n = 0;
    text[0] = '\0';
    while (gv_feed_recv(&w->feed, &m, 0) == GV_OK) {
        char what = 0;
        char name = '*';
        for (const char *l = letters; *l != '\0'; l++) {
            struct letter known = make(*l, NULL, 0);
            uint8_t reversed[32];
            for (size_t i = 0; i < 32; i++) {
                reversed[i] = known.tx.txid[31 - i];
            }
            if (gv_view_is(m.body, known.raw) ||
                (m.body.n == 41 && memcmp(m.body.p, reversed, 32) == 0)) {
                name = *l;
            }
        }
        if (gv_view_is(m.topic, "rawtx")) {
            what = 't';
        } else if (gv_view_is(m.topic, "rawblock")) {
            what = 'b';
        } else {
            what = m.body.n == 41 || m.body.n == 33 ? (char)m.body.p[32] : *none;
        }
        bool named = what == 't' || what == 'A' || what == 'R';
        n += (size_t)snprintf(text + n, sizeof(text) - n, named ? "%s%c%c" : "%s%c",
                              n == 0 ? "" : " ", what, name);
        assert_true(n < sizeof(text));
    }
    return text;
}

static const char *ask(struct world *w, const char *body)
{
    struct gv_http_buffer buffer = {.p = w->reply, .n = 0, .cap = sizeof(w->reply)};
    const struct gv_http_request request = {
        .url = "http://127.0.0.1:18443/",
        .method = "POST",
        .user_pass = "user:good",
        .body = gv_view_str(body),
        .sink = gv_http_buffer_sink,
        .sink_ctx = &buffer,
    };
    static struct gv_fail fail;
    w->reply[0] = '\0';
    if (gv_http_perform(&w->http, &request, &w->status, &fail) != GV_OK) {
        return fail.code;
    }
    return w->reply;
}

/* A 2.0 call; %s in params stands for an id as people write it. */
static const char *call(struct world *w, const char *method, const char *params)
{
    char body[1024];
    (void)snprintf(body, sizeof(body),
                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":[%s]}", method,
                   params);
    return ask(w, body);
}

static const char *quoted(const uint8_t hash[32])
{
    static char texts[4][80];
    static unsigned turn;
    char *text = texts[turn++ % 4];
    text[0] = '"';
    gv_hex_encode_reversed(text + 1, gv_view_of(hash, 32));
    text[65] = '"';
    text[66] = '\0';
    return text;
}

static void expect(const char *reply, const char *part)
{
    if (strstr(reply, part) == NULL) {
        fail_msg("expected %s in %s", part, reply);
    }
}

/* ---- notifications, row by row of the observed table ---------------------------------------- */

static void a_transaction_enters(void **state)
{
    struct letter t = make('T', NULL, 0);
    send(&t);
    assert_string_equal(heard(*state, "T"), "tT AT");
    assert_false(gv_sim_node_send(&node, tx_of(&t))); /* once only */
    assert_string_equal(heard(*state, "T"), "");
}

static void a_replacement_removes_first(void **state)
{
    struct letter t = make('T', NULL, 0);
    struct letter child = make('C', &t, 0);
    struct letter u = make('U', NULL, 0);
    u.spends = t.spends;
    send(&t);
    send(&child);
    (void)heard(*state, "");
    send(&u);
    assert_string_equal(heard(*state, "TCU"), "RT RC tU AU");
}

static void a_block_tells_its_transactions_then_itself(void **state)
{
    struct letter t = make('T', NULL, 0);
    send(&t);
    (void)heard(*state, "");
    gv_sim_node_mine(&node, true, NULL, 0);
    assert_string_equal(heard(*state, "T"), "t* tT C b");
}

static void a_transaction_may_be_seen_in_a_block_first(void **state)
{
    struct letter t = make('T', NULL, 0);
    gv_sim_node_mine(&node, true, tx_of(&t), 1);
    assert_string_equal(heard(*state, "T"), "t* tT C b");
    struct letter twice = make('X', NULL, 0);
    twice.spends = t.spends;
    assert_false(gv_sim_node_send(&node, tx_of(&twice))); /* a block has spent it */
}

static void a_block_with_a_conflict_removes_first(void **state)
{
    struct letter t = make('T', NULL, 0);
    struct letter u = make('U', NULL, 0);
    u.spends = t.spends;
    send(&t);
    (void)heard(*state, "");
    gv_sim_node_mine(&node, false, tx_of(&u), 1);
    assert_string_equal(heard(*state, "TU"), "RT t* tU C b");
}

static void a_disconnected_block_gives_its_transactions_back(void **state)
{
    struct letter t = make('T', NULL, 0);
    send(&t);
    gv_sim_node_mine(&node, true, NULL, 0);
    (void)heard(*state, "");
    gv_sim_node_disconnect(&node, 1);
    assert_string_equal(heard(*state, "T"), "t* tT D tT AT");
    assert_int_equal(gv_sim_node_height(&node), 0);
}

static void a_reorg_tells_one_rawblock(void **state)
{
    gv_sim_node_mine(&node, true, NULL, 0);
    gv_sim_node_mine(&node, true, NULL, 0);
    (void)heard(*state, "");
    gv_sim_node_reorg(&node, 2, NULL, 0);
    assert_string_equal(heard(*state, ""), "t* D t* D t* C t* C t* C b");
    assert_int_equal(gv_sim_node_height(&node), 3);
}

static void a_reorg_with_a_double_spend_does_not_give_it_back(void **state)
{
    struct letter t = make('T', NULL, 0);
    struct letter child = make('C', &t, 0);
    struct letter u = make('U', NULL, 0);
    u.spends = t.spends;
    send(&t);
    gv_sim_node_mine(&node, true, NULL, 0);
    send(&child);
    (void)heard(*state, "");
    gv_sim_node_reorg(&node, 1, tx_of(&u), 1);
    assert_string_equal(heard(*state, "TCU"), "t* tT D t* tU C t* C RC b");
}

static void an_eviction_removes_what_hangs_on_it(void **state)
{
    struct letter t = make('T', NULL, 0);
    struct letter child = make('C', &t, 1);
    struct letter other = make('O', NULL, 0);
    send(&t);
    send(&child);
    send(&other);
    (void)heard(*state, "");
    assert_true(gv_sim_node_evict(&node, t.tx.txid));
    assert_string_equal(heard(*state, "TCO"), "RT RC");
    assert_false(gv_sim_node_evict(&node, t.tx.txid));
    send(&t); /* it may come back */
    assert_string_equal(heard(*state, "TCO"), "tT AT");
}

static void a_restart_begins_counters_anew_and_tells_the_mempool(void **state)
{
    struct world *w = *state;
    struct gv_feed_message m;
    struct letter t = make('T', NULL, 0);
    send(&t);
    (void)heard(w, "");
    gv_sim_node_restart(&node);
    assert_int_equal(gv_feed_recv(&w->feed, &m, 0), GV_OK);
    assert_int_equal(m.counter, 0);
    assert_true(gv_view_is(m.body, "raw-T"));
    assert_string_equal(heard(w, "T"), "AT");
}

static void lost_messages_leave_a_gap(void **state)
{
    struct world *w = *state;
    struct gv_feed_message m;
    struct letter t = make('T', NULL, 0);
    struct letter u = make('U', NULL, 0);
    gv_sim_node_switch(&node, (struct gv_sim_switches){.drops_feed = true});
    send(&t);
    gv_sim_node_switch(&node, (struct gv_sim_switches){.drops_feed = false});
    send(&u);
    assert_int_equal(gv_feed_recv(&w->feed, &m, 0), GV_OK);
    assert_int_equal(m.counter, 1);
    assert_int_equal(gv_feed_recv(&w->feed, &m, 0), GV_OK);
    assert_int_equal(m.counter, 1);
    assert_int_equal(m.body.p[33], 2); /* mempool sequence 1 was lost */
    assert_int_equal(gv_feed_recv(&w->feed, &m, 1), GV_ERR_AGAIN);
}

static void *mine_later(void *ctx)
{
    (void)ctx;
    gv_sim_node_mine(&node, true, NULL, 0);
    return NULL;
}

/* The code under test may wait in a thread of its own. */
static void a_waiting_reader_is_woken(void **state)
{
    struct world *w = *state;
    struct gv_feed_message m;
    pthread_t script;
    assert_int_equal(pthread_create(&script, NULL, mine_later, NULL), 0);
    for (int i = 0; i < 3; i++) { /* coinbase, C, rawblock */
        assert_int_equal(gv_feed_recv(&w->feed, &m, 20000), GV_OK);
        (void)call(w, "getblockchaininfo", "");
    }
    assert_true(gv_view_is(m.topic, "rawblock"));
    assert_int_equal(pthread_join(script, NULL), 0);
}

/* ---- answers -------------------------------------------------------------------------------- */

static void the_mempool_sequence_is_the_next_messages(void **state)
{
    struct world *w = *state;
    struct letter t = make('T', NULL, 0);
    struct letter u = make('U', NULL, 0);
    struct gv_feed_message m;
    send(&t);
    gv_sim_node_mine(&node, true, NULL, 0); /* counts one for the mined transaction */
    (void)heard(w, "");
    expect(call(w, "getrawmempool", "false,true"),
           "\"result\":{\"txids\":[],\"mempool_sequence\":3}");
    send(&u);
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
    send(&t);
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
    send(&t);
    expect(call(w, "gettxout", with), "\"confirmations\":0,\"value\":1.50000000");
    expect(w->reply, "\"hex\":\"5154\"");
    expect(call(w, "gettxout", without), "\"result\":null");
    gv_sim_node_mine(&node, true, NULL, 0);
    gv_sim_node_mine(&node, true, NULL, 0);
    expect(call(w, "gettxout", with), "\"confirmations\":2");
    send(&u);
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
    send(&t);
    (void)heard(w, "");
    gv_sim_node_reorg(&node, 1, NULL, 0);
    assert_string_equal(heard(w, "T"), "t* D t* C t* C RT b");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_transaction_enters),
        TEST(a_replacement_removes_first),
        TEST(a_block_tells_its_transactions_then_itself),
        TEST(a_transaction_may_be_seen_in_a_block_first),
        TEST(a_block_with_a_conflict_removes_first),
        TEST(a_disconnected_block_gives_its_transactions_back),
        TEST(a_reorg_tells_one_rawblock),
        TEST(a_reorg_with_a_double_spend_does_not_give_it_back),
        TEST(an_eviction_removes_what_hangs_on_it),
        TEST(a_restart_begins_counters_anew_and_tells_the_mempool),
        TEST(lost_messages_leave_a_gap),
        TEST(a_waiting_reader_is_woken),
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
