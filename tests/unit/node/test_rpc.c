/* JSON-RPC transport against a scripted peer: every way an answer can be wrong is a named failure and
 * never a default; credentials follow the node's cookie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "tests/unit/node/rpc_fixture.h"

#include <stdio.h>
#include <string.h>

static enum gv_err ask_hash(void)
{
    struct gv_hash256 hash;
    return gv_rpc_block_hash(&rpc_under_test, 7, &hash, &rpc_fail);
}

static void a_request_names_method_id_and_parameters(void **state)
{
    (void)state;
    rpc_push(200, "{\"result\":\"" RPC_HASH_A "\",\"error\":null,\"id\":1}\n");
    assert_int_equal(ask_hash(), GV_OK);
    assert_string_equal(rpc_fake.request, "{\"id\":1,\"method\":\"getblockhash\",\"params\":[7]}");
    assert_string_equal(rpc_fake.user_pass, "__cookie__:0123");
    assert_string_equal(rpc_fake.method, "POST");
    assert_int_equal(rpc_cookie_reads, 1);
}

static void user_and_password_need_no_cookie(void **state)
{
    (void)state;
    assert_true(gv_text_copy(rpc_config.user_pass, sizeof(rpc_config.user_pass), "gavel:p:w"));
    rpc_push(200, "{\"result\":\"" RPC_HASH_A "\",\"error\":null,\"id\":1}");
    assert_int_equal(ask_hash(), GV_OK);
    assert_string_equal(rpc_fake.user_pass, "gavel:p:w");
    assert_int_equal(rpc_cookie_reads, 0);
}

static void a_new_cookie_is_read_after_401_and_the_call_succeeds(void **state)
{
    (void)state;
    rpc_push(200, "{\"result\":\"" RPC_HASH_A "\",\"error\":null,\"id\":1}");
    assert_int_equal(ask_hash(), GV_OK);
    rpc_cookie = "__cookie__:4567";
    rpc_push(401, "");
    rpc_push(200, "{\"result\":\"" RPC_HASH_A "\",\"error\":null,\"id\":2}");
    assert_int_equal(ask_hash(), GV_OK);
    assert_string_equal(rpc_fake.user_pass, "__cookie__:4567");
    assert_int_equal(rpc_cookie_reads, 2);
}

static void the_same_cookie_is_not_tried_twice(void **state)
{
    (void)state;
    rpc_push(401, "");
    assert_int_equal(ask_hash(), GV_ERR_UNAUTHORIZED);
    assert_string_equal(rpc_fail.code, "node.unauthorized");
    assert_int_equal(rpc_fake.next, 1);
}

static void a_missing_or_strange_cookie_makes_no_request(void **state)
{
    (void)state;
    rpc_cookie = NULL;
    assert_int_equal(ask_hash(), GV_ERR_UNAVAILABLE);
    assert_string_equal(rpc_fail.code, "node.cookie");
    rpc_cookie = "no separator";
    assert_int_equal(ask_hash(), GV_ERR_UNAVAILABLE);
    assert_string_equal(rpc_fail.code, "node.cookie");
    rpc_cookie = "a:b\x01";
    assert_int_equal(ask_hash(), GV_ERR_UNAVAILABLE);
    assert_int_equal(rpc_fake.next, 0);
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
        {GV_OK, 200, "{\"result\":\"" RPC_HASH_A "\",\"error\":null,\"id\":2}", GV_ERR_UNAVAILABLE,
         "node.bad_answer"},
        {GV_OK, 200, "{\"result\":\"" RPC_HASH_A "\",\"error\":null,\"id\":1", GV_ERR_UNAVAILABLE,
         "node.bad_answer"},
        {GV_OK, 200, "{\"result\":\"" RPC_HASH_A "\",\"id\":1}", GV_ERR_UNAVAILABLE,
         "node.bad_answer"},
        {GV_OK, 200, "{\"result\":\"" RPC_HASH_A "\",\"result\":\"\",\"error\":null,\"id\":1}",
         GV_ERR_UNAVAILABLE, "node.bad_answer"},
        {GV_OK, 200, "{\"error\":null,\"id\":1}", GV_ERR_UNAVAILABLE, "node.bad_answer"},
        {GV_OK, 500, "{\"result\":\"" RPC_HASH_A "\",\"error\":null,\"id\":1}", GV_ERR_UNAVAILABLE,
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
        rpc_set_up(state);
        fake_http_push(&rpc_fake, cases[i].transport, cases[i].status, cases[i].body);
        enum gv_err err = ask_hash();
        if (err != cases[i].err || strcmp(rpc_fail.code, cases[i].code) != 0) {
            fail_msg("case %zu: got %s \"%s\", expected %s", i, gv_err_slug(err), rpc_fail.code,
                     cases[i].code);
        }
    }
}

static void an_answer_over_the_buffer_is_refused(void **state)
{
    (void)state;
    static char body[GV_RPC_SMALL_MAX + 100];
    memset(body, ' ', sizeof(body) - 1);
    rpc_push(200, body);
    assert_int_equal(ask_hash(), GV_ERR_UNAVAILABLE);
    assert_string_equal(rpc_fail.code, "node.bad_answer");
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
    rpc_push(500, body);
    assert_int_equal(ask_hash(), GV_ERR_UNAVAILABLE);
    assert_true(strlen(rpc_fail.text) < 200);
}

#define CASE(name) cmocka_unit_test_setup(name, rpc_set_up)

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
