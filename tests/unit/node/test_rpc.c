/* JSON-RPC against a scripted peer: every way an answer can be wrong is a named failure and never
 * a default; credentials follow the node's cookie. Shapes are those of bitcoind 29. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/node/rpc.h"
#include "firmware/base/text.h"
#include "tests/unit/node/fake_http.h"

#include <stdio.h>
#include <string.h>

#define HASH_A "07ae00000000000000000000000000000000000000000000000000000000ab01"
#define HASH_B "935e00000000000000000000000000000000000000000000000000000000cd02"

static struct fake_http fake;
static struct gv_http http;
static struct gv_rpc rpc;
static struct gv_rpc_config config;
static struct gv_fail fail;

static const char *cookie_text;
static unsigned cookie_reads;

static enum gv_err read_cookie(void *ctx, const char *path, char *out, size_t cap)
{
    (void)ctx;
    assert_string_equal(path, "/node/.cookie");
    cookie_reads++;
    if (cookie_text == NULL) {
        return GV_ERR_NOT_FOUND;
    }
    assert_true(gv_text_copy(out, cap, cookie_text));
    return GV_OK;
}

static int set_up(void **state)
{
    (void)state;
    http = fake_http_open(&fake);
    config = (struct gv_rpc_config){.url = "http://127.0.0.1:8332",
                                    .cookie_file = "/node/.cookie",
                                    .connect_timeout_ms = 1000,
                                    .timeout_ms = 1000,
                                    .read_cookie = read_cookie};
    cookie_text = "__cookie__:0123\n";
    cookie_reads = 0;
    fail = (struct gv_fail){.err = GV_OK};
    gv_rpc_init(&rpc, &http, &config);
    return 0;
}

static void push(int status, const char *body)
{
    fake_http_push(&fake, GV_OK, status, body);
}

static struct gv_hash256 hash_of_text(const char *text)
{
    struct gv_hash256 hash;
    assert_int_equal(gv_hex_decode_reversed(hash.b, 32, text, strlen(text)), GV_OK);
    return hash;
}

/* ---- transport --------------------------------------------------------------------------------- */

static enum gv_err ask_hash(void)
{
    struct gv_hash256 hash;
    return gv_rpc_block_hash(&rpc, 7, &hash, &fail);
}

static void a_request_names_method_id_and_parameters(void **state)
{
    (void)state;
    push(200, "{\"result\":\"" HASH_A "\",\"error\":null,\"id\":1}\n");
    assert_int_equal(ask_hash(), GV_OK);
    assert_string_equal(fake.request, "{\"id\":1,\"method\":\"getblockhash\",\"params\":[7]}");
    assert_string_equal(fake.user_pass, "__cookie__:0123");
    assert_string_equal(fake.method, "POST");
    assert_int_equal(cookie_reads, 1);
}

static void user_and_password_need_no_cookie(void **state)
{
    (void)state;
    assert_true(gv_text_copy(config.user_pass, sizeof(config.user_pass), "gavel:p:w"));
    push(200, "{\"result\":\"" HASH_A "\",\"error\":null,\"id\":1}");
    assert_int_equal(ask_hash(), GV_OK);
    assert_string_equal(fake.user_pass, "gavel:p:w");
    assert_int_equal(cookie_reads, 0);
}

static void a_new_cookie_is_read_after_401_and_the_call_succeeds(void **state)
{
    (void)state;
    push(200, "{\"result\":\"" HASH_A "\",\"error\":null,\"id\":1}");
    assert_int_equal(ask_hash(), GV_OK);
    cookie_text = "__cookie__:4567";
    push(401, "");
    push(200, "{\"result\":\"" HASH_A "\",\"error\":null,\"id\":2}");
    assert_int_equal(ask_hash(), GV_OK);
    assert_string_equal(fake.user_pass, "__cookie__:4567");
    assert_int_equal(cookie_reads, 2);
}

static void the_same_cookie_is_not_tried_twice(void **state)
{
    (void)state;
    push(401, "");
    assert_int_equal(ask_hash(), GV_ERR_UNAUTHORIZED);
    assert_string_equal(fail.code, "node.unauthorized");
    assert_int_equal(fake.next, 1);
}

static void a_missing_or_strange_cookie_makes_no_request(void **state)
{
    (void)state;
    cookie_text = NULL;
    assert_int_equal(ask_hash(), GV_ERR_UNAVAILABLE);
    assert_string_equal(fail.code, "node.cookie");
    cookie_text = "no separator";
    assert_int_equal(ask_hash(), GV_ERR_UNAVAILABLE);
    assert_string_equal(fail.code, "node.cookie");
    cookie_text = "a:b\x01";
    assert_int_equal(ask_hash(), GV_ERR_UNAVAILABLE);
    assert_int_equal(fake.next, 0);
}

static void every_unusable_answer_has_its_own_code(void **state)
{
    static const struct {
        enum gv_err transport;
        int status;
        const char *body;
        enum gv_err err;
        const char *code;
    } cases[] = {
        {GV_ERR_UNAVAILABLE, 0, "", GV_ERR_UNAVAILABLE, "node.unreachable"},
        {GV_ERR_CRYPTO, 0, "", GV_ERR_UNAVAILABLE, "node.unreachable"},
        {GV_ERR_TIMEOUT, 0, "", GV_ERR_TIMEOUT, "node.timeout"},
        {GV_OK, 403, "", GV_ERR_UNAUTHORIZED, "node.forbidden"},
        {GV_OK, 503, "Work queue depth exceeded", GV_ERR_UNAVAILABLE, "node.busy"},
        {GV_OK, 405, "JSONRPC server handles only POST requests", GV_ERR_UNAVAILABLE,
         "node.bad_answer"},
        {GV_OK, 204, "", GV_ERR_UNAVAILABLE, "node.bad_answer"},
        {GV_OK, 302, "", GV_ERR_UNAVAILABLE, "node.bad_answer"},
        {GV_OK, 404, "", GV_ERR_UNAVAILABLE, "node.bad_answer"},
        {GV_OK, 200, "", GV_ERR_UNAVAILABLE, "node.bad_answer"},
        {GV_OK, 200, "<html>", GV_ERR_UNAVAILABLE, "node.bad_answer"},
        {GV_OK, 200, "[]", GV_ERR_UNAVAILABLE, "node.bad_answer"},
        {GV_OK, 200, "{\"result\":\"" HASH_A "\",\"error\":null,\"id\":2}", GV_ERR_UNAVAILABLE,
         "node.bad_answer"},
        {GV_OK, 200, "{\"result\":\"" HASH_A "\",\"error\":null,\"id\":1", GV_ERR_UNAVAILABLE,
         "node.bad_answer"},
        {GV_OK, 200, "{\"result\":\"" HASH_A "\",\"id\":1}", GV_ERR_UNAVAILABLE, "node.bad_answer"},
        {GV_OK, 200, "{\"result\":\"" HASH_A "\",\"result\":\"\",\"error\":null,\"id\":1}",
         GV_ERR_UNAVAILABLE, "node.bad_answer"},
        {GV_OK, 200, "{\"error\":null,\"id\":1}", GV_ERR_UNAVAILABLE, "node.bad_answer"},
        {GV_OK, 500, "{\"result\":\"" HASH_A "\",\"error\":null,\"id\":1}", GV_ERR_UNAVAILABLE,
         "node.bad_answer"},
        {GV_OK, 200, "{\"result\":null,\"error\":{\"code\":\"x\"},\"id\":1}", GV_ERR_UNAVAILABLE,
         "node.bad_answer"},
        {GV_OK, 500,
         "{\"result\":null,\"error\":{\"code\":-28,\"message\":\"Loading block "
         "index\xe2\x80\xa6\"},"
         "\"id\":1}",
         GV_ERR_UNAVAILABLE, "node.warming_up"},
        {GV_OK, 500,
         "{\"result\":null,\"error\":{\"code\":-8,\"message\":\"Block height out of range\"},"
         "\"id\":1}",
         GV_ERR_NOT_FOUND, "node.not_found"},
        {GV_OK, 404,
         "{\"result\":null,\"error\":{\"code\":-32601,\"message\":\"Method not found\"},\"id\":1}",
         GV_ERR_UNAVAILABLE, "node.refused"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_up(state);
        fake_http_push(&fake, cases[i].transport, cases[i].status, cases[i].body);
        enum gv_err err = ask_hash();
        if (err != cases[i].err || strcmp(fail.code, cases[i].code) != 0) {
            fail_msg("case %zu: got %s \"%s\", expected %s", i, gv_err_slug(err), fail.code,
                     cases[i].code);
        }
    }
}

static void an_answer_over_the_buffer_is_refused(void **state)
{
    (void)state;
    static char body[GV_RPC_SMALL_MAX + 100];
    memset(body, ' ', sizeof(body) - 1);
    push(200, body);
    assert_int_equal(ask_hash(), GV_ERR_UNAVAILABLE);
    assert_string_equal(fail.code, "node.bad_answer");
}

static void the_message_of_the_node_is_cut_to_fit(void **state)
{
    (void)state;
    static char body[4096];
    char filler[3001];
    memset(filler, 'x', 3000);
    filler[3000] = '\0';
    snprintf(body, sizeof(body),
             "{\"result\":null,\"error\":{\"code\":-1,\"message\":\"%s\"},\"id\":1}", filler);
    push(500, body);
    assert_int_equal(ask_hash(), GV_ERR_UNAVAILABLE);
    assert_true(strlen(fail.text) < 200);
}

/* ---- typed calls ------------------------------------------------------------------------------- */

static void chain_state_of_a_pruned_node_is_read(void **state)
{
    (void)state;
    push(200,
         "{\"result\":{\"chain\":\"regtest\",\"blocks\":1078,\"headers\":1079,\"bestblockhash\":"
         "\"" HASH_A "\",\"difficulty\":4.656542373906925e-10,\"time\":1700000000,\"mediantime\":1,"
         "\"verificationprogress\":9.5e-01,\"initialblockdownload\":false,\"chainwork\":\"00\","
         "\"size_on_disk\":402161,\"pruned\":true,\"pruneheight\":719,\"automatic_pruning\":false,"
         "\"warnings\":[]},\"error\":null,\"id\":1}");
    struct gv_rpc_chain chain;
    assert_int_equal(gv_rpc_blockchain(&rpc, &chain, &fail), GV_OK);
    assert_string_equal(chain.chain, "regtest");
    assert_int_equal(chain.blocks, 1078);
    assert_int_equal(chain.headers, 1079);
    assert_int_equal(chain.prune_height, 719);
    assert_true(chain.pruned);
    assert_false(chain.initial_download);
    assert_int_equal(chain.time.s, 1700000000);
    assert_true(chain.verification_progress > 0.949);
    assert_true(chain.verification_progress < 0.951);
    struct gv_hash256 expected = hash_of_text(HASH_A);
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
        {"\"bestblockhash\":\"" HASH_A "\"", "\"bestblockhash\":\"07ae\""},
        {"\"time\":9", "\"time\":null"},
        {"\"verificationprogress\":1", "\"verificationprogress\":1.5"},
        {"\"verificationprogress\":1", "\"verificationprogress\":\"1\""},
        {"\"initialblockdownload\":false", "\"initialblockdownload\":0"},
        {"\"pruned\":true", "\"pruned\":\"yes\""},
        {"\"pruneheight\":3", "\"other\":3"},
    };
    static const char *const good =
        "{\"result\":{\"chain\":\"main\",\"blocks\":5,\"headers\":5,\"bestblockhash\":\"" HASH_A
        "\",\"time\":9,\"verificationprogress\":1,\"initialblockdownload\":false,\"pruned\":true,"
        "\"pruneheight\":3},\"error\":null,\"id\":1}";
    struct gv_rpc_chain chain;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        set_up(state);
        const char *at = strstr(good, fields[i][0]);
        assert_non_null(at);
        char body[1024];
        snprintf(body, sizeof(body), "%.*s%s%s", (int)(at - good), good, fields[i][1],
                 at + strlen(fields[i][0]));
        push(200, body);
        if (gv_rpc_blockchain(&rpc, &chain, &fail) != GV_ERR_UNAVAILABLE) {
            fail_msg("accepted %s", fields[i][1]);
        }
    }
    set_up(state);
    push(200, good);
    assert_int_equal(gv_rpc_blockchain(&rpc, &chain, &fail), GV_OK);
}

static const struct gv_outpoint some_outpoint = {.txid = {{1, 2, 3}}, .vout = 4294967295u};

static void an_unspent_output_is_read_exactly(void **state)
{
    (void)state;
    push(200, "{\"result\":{\"bestblock\":\"" HASH_A "\",\"confirmations\":360,"
              "\"value\":46.92186124,\"scriptPubKey\":{\"asm\":\"\",\"desc\":\"\",\"hex\":"
              "\"0014000102030405060708090a0b0c0d0e0f10111213\",\"address\":\"bcrt1q\",\"type\":"
              "\"witness_v0_keyhash\"},\"coinbase\":false},\"error\":null,\"id\":1}");
    struct gv_rpc_txout txout;
    assert_int_equal(gv_rpc_txout(&rpc, &some_outpoint, false, &txout, &fail), GV_OK);
    assert_true(txout.found);
    assert_true(txout.value_sat == 4692186124u);
    assert_int_equal(txout.confirmations, 360);
    assert_true(txout.spk_fits);
    assert_int_equal(txout.spk.n, 22);
    assert_int_equal(txout.spk.b[21], 0x13);
    assert_string_equal(txout.address, "bcrt1q");
    assert_false(txout.coinbase);
    assert_non_null(strstr(fake.request, "0000030201\",4294967295,false]"));
}

static void an_absent_output_is_an_answer_not_an_error(void **state)
{
    (void)state;
    push(200, "{\"result\":null,\"error\":null,\"id\":1}");
    struct gv_rpc_txout txout = {.found = true};
    assert_int_equal(gv_rpc_txout(&rpc, &some_outpoint, true, &txout, &fail), GV_OK);
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
             "{\"result\":{\"bestblock\":\"" HASH_A "\",\"confirmations\":0,\"value\":1e-08,"
             "\"scriptPubKey\":{\"hex\":\"%s\"},\"coinbase\":true},\"error\":null,\"id\":1}",
             script);
    push(200, body);
    struct gv_rpc_txout txout;
    assert_int_equal(gv_rpc_txout(&rpc, &some_outpoint, true, &txout, &fail), GV_OK);
    assert_true(txout.found);
    assert_false(txout.spk_fits);
    assert_true(txout.value_sat == 1);
    assert_true(txout.coinbase);
    assert_string_equal(txout.address, "");
}

static void an_output_with_a_spoilt_field_is_refused(void **state)
{
    static const char *const fields[][2] = {
        {"\"bestblock\":\"" HASH_A "\"", "\"bestblock\":null"},
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
        "{\"result\":{\"bestblock\":\"" HASH_A "\",\"confirmations\":1,\"value\":1.0,"
        "\"scriptPubKey\":{\"hex\":\"51\",\"address\":\"a\"},\"coinbase\":false},\"error\":null,"
        "\"id\":1}";
    struct gv_rpc_txout txout;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        set_up(state);
        const char *at = strstr(good, fields[i][0]);
        assert_non_null(at);
        char body[1024];
        snprintf(body, sizeof(body), "%.*s%s%s", (int)(at - good), good, fields[i][1],
                 at + strlen(fields[i][0]));
        push(200, body);
        if (gv_rpc_txout(&rpc, &some_outpoint, true, &txout, &fail) != GV_ERR_UNAVAILABLE) {
            fail_msg("accepted %s", fields[i][1]);
        }
        assert_false(txout.found);
    }
}

static struct gv_outpoint two[2];

static enum gv_err ask_spenders(const char *body, bool *spent, struct gv_hash256 *txids)
{
    two[0] = (struct gv_outpoint){.txid = hash_of_text(HASH_A), .vout = 20};
    two[1] = (struct gv_outpoint){.txid = hash_of_text(HASH_A), .vout = 0};
    push(200, body);
    return gv_rpc_spenders(&rpc, two, 2, spent, txids, &fail);
}

static void mempool_spenders_are_matched_to_their_outpoints(void **state)
{
    (void)state;
    bool spent[2];
    struct gv_hash256 txids[2];
    assert_int_equal(
        ask_spenders("{\"result\":[{\"txid\":\"" HASH_A "\",\"vout\":20,\"spendingtxid\":\"" HASH_B
                     "\"},{\"txid\":\"" HASH_A "\",\"vout\":0}],\"error\":null,\"id\":1}",
                     spent, txids),
        GV_OK);
    assert_true(spent[0]);
    assert_false(spent[1]);
    struct gv_hash256 expected = hash_of_text(HASH_B);
    assert_memory_equal(txids[0].b, expected.b, 32);
    assert_string_equal(fake.request, "{\"id\":1,\"method\":\"gettxspendingprevout\",\"params\":[["
                                      "{\"txid\":\"" HASH_A "\",\"vout\":20},"
                                      "{\"txid\":\"" HASH_A "\",\"vout\":0}]]}");
}

static void a_confirmed_spender_is_no_mempool_spender(void **state)
{
    (void)state;
    bool spent[2];
    struct gv_hash256 txids[2];
    assert_int_equal(
        ask_spenders("{\"result\":[{\"txid\":\"" HASH_A "\",\"vout\":20,\"spendingtxid\":\"" HASH_B
                     "\",\"blockhash\":\"" HASH_A "\"},{\"txid\":\"" HASH_A "\",\"vout\":0}],"
                     "\"error\":null,\"id\":1}",
                     spent, txids),
        GV_OK);
    assert_false(spent[0]);
}

static void spenders_of_other_outpoints_are_refused(void **state)
{
    static const char *const bodies[] = {
        "{\"result\":null,\"error\":null,\"id\":1}",
        "{\"result\":[],\"error\":null,\"id\":1}",
        "{\"result\":[{\"txid\":\"" HASH_A "\",\"vout\":20}],\"error\":null,\"id\":1}",
        "{\"result\":[{\"txid\":\"" HASH_A "\",\"vout\":0},{\"txid\":\"" HASH_A
        "\",\"vout\":20}],\"error\":null,\"id\":1}",
        "{\"result\":[{\"txid\":\"" HASH_B "\",\"vout\":20},{\"txid\":\"" HASH_A
        "\",\"vout\":0}],\"error\":null,\"id\":1}",
        "{\"result\":[{\"txid\":\"" HASH_A
        "\",\"vout\":20,\"spendingtxid\":null},{\"txid\":\"" HASH_A
        "\",\"vout\":0}],\"error\":null,\"id\":1}",
        "{\"result\":[1,2],\"error\":null,\"id\":1}",
    };
    bool spent[2];
    struct gv_hash256 txids[2];
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        set_up(state);
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
        outpoints[i] = (struct gv_outpoint){.txid = hash_of_text(HASH_A), .vout = UINT32_MAX - i};
        n += (size_t)snprintf(body + n, sizeof(body) - n,
                              "%s{\"txid\":\"" HASH_A "\",\"vout\":%u,\"spendingtxid\":\"" HASH_B
                              "\"}",
                              i == 0 ? "" : ",", UINT32_MAX - i);
    }
    snprintf(body + n, sizeof(body) - n, "],\"error\":null,\"id\":1}");
    push(200, body);
    assert_int_equal(gv_rpc_spenders(&rpc, outpoints, GV_RPC_BATCH_MAX, spent, txids, &fail),
                     GV_OK);
    assert_true(spent[GV_RPC_BATCH_MAX - 1]);
}

static void a_header_gives_parent_time_and_height(void **state)
{
    (void)state;
    push(200, "{\"result\":{\"hash\":\"" HASH_A "\",\"confirmations\":1,\"height\":12,"
              "\"time\":1700000001,\"previousblockhash\":\"" HASH_B "\"},\"error\":null,\"id\":1}");
    struct gv_hash256 hash = hash_of_text(HASH_A);
    struct gv_hash256 prev;
    struct gv_utc time;
    uint32_t height = 0;
    assert_int_equal(gv_rpc_header(&rpc, &hash, &prev, &time, &height, &fail), GV_OK);
    struct gv_hash256 expected = hash_of_text(HASH_B);
    assert_memory_equal(prev.b, expected.b, 32);
    assert_int_equal(height, 12);
    assert_int_equal(time.s, 1700000001);

    push(200, "{\"result\":{\"hash\":\"" HASH_A "\",\"height\":0,\"time\":1},\"error\":null,"
              "\"id\":2}");
    assert_int_equal(gv_rpc_header(&rpc, &hash, &prev, &time, &height, &fail), GV_OK);
    static const uint8_t zero[32];
    assert_memory_equal(prev.b, zero, 32);

    push(200, "{\"result\":{\"hash\":\"" HASH_A "\",\"height\":1,\"time\":1},\"error\":null,"
              "\"id\":3}");
    assert_int_equal(gv_rpc_header(&rpc, &hash, &prev, &time, &height, &fail), GV_ERR_UNAVAILABLE);
    push(200, "{\"result\":{\"hash\":\"" HASH_B "\",\"height\":0,\"time\":1},\"error\":null,"
              "\"id\":4}");
    assert_int_equal(gv_rpc_header(&rpc, &hash, &prev, &time, &height, &fail), GV_ERR_UNAVAILABLE);
    push(500, "{\"result\":null,\"error\":{\"code\":-5,\"message\":\"Block not found\"},\"id\":5}");
    assert_int_equal(gv_rpc_header(&rpc, &hash, &prev, &time, &height, &fail), GV_ERR_NOT_FOUND);
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
    push(200, text);
    assert_int_equal(gv_rpc_zmq_endpoint(&rpc, "pubrawtx", endpoint, sizeof(endpoint), &fail),
                     GV_OK);
    assert_string_equal(endpoint, "tcp://127.0.0.1:28551");
    char text_2[512];
    snprintf(text_2, sizeof(text_2), body, 2);
    push(200, text_2);
    assert_int_equal(gv_rpc_zmq_endpoint(&rpc, "pubsequence", endpoint, sizeof(endpoint), &fail),
                     GV_OK);
    assert_string_equal(endpoint, "");
    push(200, "{\"result\":{},\"error\":null,\"id\":3}");
    assert_int_equal(gv_rpc_zmq_endpoint(&rpc, "pubrawtx", endpoint, sizeof(endpoint), &fail),
                     GV_ERR_UNAVAILABLE);
}

static void mempool_size_and_loading_are_read(void **state)
{
    (void)state;
    struct gv_rpc_mempool mempool;
    push(200, "{\"result\":{\"loaded\":false,\"size\":12,\"mempoolminfee\":1e-05},\"error\":null,"
              "\"id\":1}");
    assert_int_equal(gv_rpc_mempool(&rpc, &mempool, &fail), GV_OK);
    assert_false(mempool.loaded);
    assert_int_equal(mempool.count, 12);
    push(200, "{\"result\":{\"size\":12},\"error\":null,\"id\":2}");
    assert_int_equal(gv_rpc_mempool(&rpc, &mempool, &fail), GV_ERR_UNAVAILABLE);
}

/* ---- streamed hex ------------------------------------------------------------------------------ */

static const uint8_t abc[] = {0xab, 0xcd, 0xef};

static enum gv_err ask_block(uint8_t *block, size_t cap, size_t *len)
{
    struct gv_hash256 hash = hash_of_text(HASH_A);
    return gv_rpc_block(&rpc, &hash, block, cap, len, &fail);
}

static void a_block_is_decoded_at_every_piece_size(void **state)
{
    for (size_t piece = 1; piece < 50; piece++) {
        set_up(state);
        fake.piece = piece;
        push(200, "{\"result\":\"abcdef\",\"error\":null,\"id\":1}\n");
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
    push(200, "{\"result\":\"abcdef\",\"error\":null,\"id\":1}");
    uint8_t block[8];
    size_t len = 0;
    assert_int_equal(ask_block(block, sizeof(block), &len), GV_OK);
    cookie_text = "__cookie__:new";
    push(401, "{\"result\":\"ffffff");
    push(200, "{\"result\":\"abcdef\",\"error\":null,\"id\":2}");
    assert_int_equal(ask_block(block, sizeof(block), &len), GV_OK);
    assert_int_equal(len, 3);
    assert_memory_equal(block, abc, 3);
}

static void a_block_cut_short_at_any_byte_is_refused(void **state)
{
    static const char whole[] = "{\"result\":\"abcdef\",\"error\":null,\"id\":1}";
    for (size_t n = 0; n < sizeof(whole) - 1; n++) {
        set_up(state);
        char cut[sizeof(whole)];
        memcpy(cut, whole, n);
        cut[n] = '\0';
        push(200, cut);
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
        set_up(state);
        push(200, bodies[i]);
        uint8_t block[8];
        size_t len = 0;
        if (ask_block(block, sizeof(block), &len) != GV_ERR_UNAVAILABLE) {
            fail_msg("accepted %s", bodies[i]);
        }
        assert_string_equal(fail.code, "node.bad_answer");
    }
}

static void a_block_over_the_buffer_is_too_large(void **state)
{
    (void)state;
    push(200, "{\"result\":\"abcdef\",\"error\":null,\"id\":1}");
    uint8_t block[2];
    size_t len = 0;
    assert_int_equal(ask_block(block, sizeof(block), &len), GV_ERR_TOO_LARGE);
    assert_string_equal(fail.code, "node.answer_too_large");
}

static void a_pruned_or_unknown_block_is_missing(void **state)
{
    (void)state;
    uint8_t block[8];
    size_t len = 0;
    push(500, "{\"result\":null,\"error\":{\"code\":-1,\"message\":\"Block not available (pruned "
              "data)\"},\"id\":1}");
    assert_int_equal(ask_block(block, sizeof(block), &len), GV_ERR_NOT_FOUND);
    assert_string_equal(fail.code, "node.block_missing");
    push(500, "{\"result\":null,\"error\":{\"code\":-5,\"message\":\"Block not found\"},\"id\":2}");
    assert_int_equal(ask_block(block, sizeof(block), &len), GV_ERR_NOT_FOUND);
}

static void a_transaction_that_left_the_mempool_is_not_found(void **state)
{
    (void)state;
    struct gv_hash256 txid = hash_of_text(HASH_A);
    uint8_t tx[8];
    size_t len = 0;
    push(500, "{\"result\":null,\"error\":{\"code\":-5,\"message\":\"No such mempool transaction. "
              "Use -txindex\"},\"id\":1}");
    assert_int_equal(gv_rpc_mempool_tx(&rpc, &txid, tx, sizeof(tx), &len, &fail), GV_ERR_NOT_FOUND);
    assert_string_equal(fake.request,
                        "{\"id\":1,\"method\":\"getrawtransaction\",\"params\":[\"" HASH_A "\"]}");
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_request_names_method_id_and_parameters),
        CASE(user_and_password_need_no_cookie),
        CASE(a_new_cookie_is_read_after_401_and_the_call_succeeds),
        CASE(the_same_cookie_is_not_tried_twice),
        CASE(a_missing_or_strange_cookie_makes_no_request),
        CASE(every_unusable_answer_has_its_own_code),
        CASE(an_answer_over_the_buffer_is_refused),
        CASE(the_message_of_the_node_is_cut_to_fit),
        CASE(chain_state_of_a_pruned_node_is_read),
        CASE(chain_state_with_a_spoilt_field_is_refused),
        CASE(an_unspent_output_is_read_exactly),
        CASE(an_absent_output_is_an_answer_not_an_error),
        CASE(a_long_script_is_flagged_and_an_address_may_be_absent),
        CASE(an_output_with_a_spoilt_field_is_refused),
        CASE(mempool_spenders_are_matched_to_their_outpoints),
        CASE(a_confirmed_spender_is_no_mempool_spender),
        CASE(spenders_of_other_outpoints_are_refused),
        CASE(a_full_batch_of_spenders_fits_the_request),
        CASE(a_header_gives_parent_time_and_height),
        CASE(endpoints_of_a_topic_are_found),
        CASE(mempool_size_and_loading_are_read),
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
