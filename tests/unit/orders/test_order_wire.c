/* Shows: lines are read as the original's parser reads them and written to the byte as it writes them. */
#include "app/auction/orders/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static _Alignas(16) uint8_t arena_bytes[GV_ORDER_LINE_ARENA];
static char text[GV_ORDER_LINE_MAX + GV_JSON_PADDING];
static struct gv_arena arena;
static struct gv_fail fail;

static enum gv_err parse(struct gv_order_line *line, const char *json)
{
    const size_t n = strlen(json);
    assert_true(n <= GV_ORDER_LINE_MAX);
    memcpy(text, json, n);
    gv_arena_init(&arena, arena_bytes, sizeof(arena_bytes));
    memset(&fail, 0, sizeof(fail));
    return gv_order_line_parse(line, &arena, text, n, &fail);
}

static void assert_written(const struct gv_json_out *out, const char *expected)
{
    assert_false(out->full);
    assert_int_equal(out->n, strlen(expected));
    assert_memory_equal(out->p, expected, out->n);
}

#define BID_3                                                                                      \
    "{\"SubmitBid\":{\"order_id\":3,\"solver_id\":\"s1\",\"max_input\":174,"                       \
    "\"conversion_rate\":0.9646770440214334,\"valid_till\":1795210509}}"
#define BID_4                                                                                      \
    "{\"SubmitBid\":{\"order_id\":4,\"solver_id\":\"s1\",\"max_input\":78,"                        \
    "\"conversion_rate\":1.1027385625194817,\"valid_till\":1795210539}}"
#define COMMITMENT_3                                                                               \
    "{\"CommitmentNotification\":{\"order_id\":3,\"solver_id\":\"s1\",\"input_amount\":174,"       \
    "\"min_output_amount\":167,\"deadline\":1795210503}}"
#define BATCH_3                                                                                    \
    "{\"NewOrderBatch\":[{\"id\":3,\"description\":\"Sample Order #3\","                           \
    "\"creation_time\":1795210487}]}"
#define CLAIM_3 "{\"FulfillmentComplete\":{\"order_id\":3,\"solver_id\":\"s1\"}}"

static void captured_lines_are_read_and_written_again_to_the_byte(void **state)
{
    (void)state;
    struct gv_order_line line;
    char buf[512];
    struct gv_json_out out;

    const char *bids[] = {BID_3, BID_4};
    const uint64_t outputs[] = {167, 86};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(parse(&line, bids[i]), GV_OK);
        assert_int_equal(line.kind, GV_ORDER_LINE_BID);
        uint64_t min_output;
        assert_int_equal(
            gv_order_min_output(&min_output, line.bid.bid.max_input, line.bid.bid.rate, &fail),
            GV_OK);
        assert_int_equal(min_output, outputs[i]);
        char expected[256];
        (void)snprintf(expected, sizeof(expected), "%s\n", bids[i]);
        gv_json_out_init(&out, buf, sizeof(buf));
        gv_order_write_bid(&out, &line.bid);
        assert_written(&out, expected);
    }

    assert_int_equal(parse(&line, COMMITMENT_3), GV_OK);
    assert_int_equal(line.kind, GV_ORDER_LINE_COMMITMENT);
    gv_json_out_init(&out, buf, sizeof(buf));
    gv_order_write_commitment(&out, &line.commitment);
    assert_written(&out, COMMITMENT_3 "\n");

    assert_int_equal(parse(&line, CLAIM_3), GV_OK);
    gv_json_out_init(&out, buf, sizeof(buf));
    gv_order_write_claim(&out, &line.claim);
    gv_order_write_closed(&out, 2);
    assert_written(&out, CLAIM_3 "\n{\"AuctionClosedNoWinner\":2}\n");

    assert_int_equal(parse(&line, BATCH_3), GV_OK);
    assert_int_equal(line.batch.count, 1);
    struct gv_json_iter it;
    struct gv_order_wire_order order;
    assert_int_equal(gv_order_wire_order_read(&order, gv_json_first(&it, line.batch.orders), &fail),
                     GV_OK);
    gv_json_out_init(&out, buf, sizeof(buf));
    gv_order_write_batch_begin(&out);
    gv_order_write_batch_order(&out, &order);
    gv_order_write_batch_end(&out);
    assert_written(&out, BATCH_3 "\n");
}

static void what_the_original_accepts_is_accepted(void **state)
{
    (void)state;
    const char *good[] = {
        ("{\"SubmitBid\":{\"valid_till\":5,\"conversion_rate\":1,\"max_input\":7,"
         "\"solver_id\":\"s\",\"order_id\":3,\"note\":[1,{\"a\":null}]}}"),
        "{\"SubmitBid\":[3,\"s\",7,1.0,5]}",
        " {\"SubmitBid\":[3,\"s\",7,1e0,5]}\r",
        ("{\"SubmitBid\":{\"order_id\":3,\"solver_id\":\"s\",\"max_input\":7,\"conversion_rate\":1,"
         "\"valid_till\":5,\"auth\":\"gvl_k\"}}"),
        "{\"SubmitBid\":[3,\"s\",7,1,5,\"gvl_k\"]}",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct gv_order_line line;
        assert_int_equal(parse(&line, good[i]), GV_OK);
        assert_int_equal(line.kind, GV_ORDER_LINE_BID);
        assert_int_equal(line.bid.bid.order_id, 3);
        assert_int_equal(line.bid.bid.max_input, 7);
        assert_true(line.bid.bid.rate == 1.0);
        assert_int_equal(line.bid.bid.valid_till_s, 5);
        assert_string_equal(line.bid.auth, i < 3 ? "" : "gvl_k");
    }
    struct gv_order_line line;
    assert_int_equal(parse(&line, ""), GV_OK);
    assert_int_equal(line.kind, GV_ORDER_LINE_BLANK);
    assert_int_equal(parse(&line, " \t\r"), GV_OK);
    assert_int_equal(line.kind, GV_ORDER_LINE_BLANK);
}

static void what_the_original_refuses_is_refused(void **state)
{
    (void)state;
    const struct {
        const char *json;
        const char *code;
    } bad[] = {
        {"{\"SubmitBid\":[3,\"s\",100.0,1.0,5]}", "orders.member"},
        {"{\"SubmitBid\":[3,\"s\",-5,1.0,5]}", "orders.member"},
        {"{\"SubmitBid\":[3,\"s\",18446744073709551616,1.0,5]}", "orders.member"},
        {"{\"SubmitBid\":[3,\"s\",\"7\",1.0,5]}", "orders.member"},
        {"{\"SubmitBid\":[3,\"s\",null,1.0,5]}", "orders.member"},
        {"{\"SubmitBid\":[3,\"s\",7,null,5]}", "orders.member"},
        {"{\"SubmitBid\":[3,\"s\",7,1e400,5]}", "orders.member"},
        {"{\"SubmitBid\":[3,\"s\",7,\"1.1\",5]}", "orders.member"},
        {"{\"SubmitBid\":[3,\"s\",7,1.0]}", "orders.member"},
        {"{\"SubmitBid\":[3,\"s\",7,1.0,5,\"a\",6]}", "orders.member"},
        {"{\"SubmitBid\":[3,\"s\",7,1.0,-0]}", "orders.member"},
        {"{\"SubmitBid\":{\"order_id\":3,\"order_id\":3,\"solver_id\":\"s\",\"max_input\":7,"
         "\"conversion_rate\":1,\"valid_till\":5}}",
         "json.duplicate_member"},
        {"{\"SubmitBid\":{\"order_id\":3,\"solver_id\":\"s\",\"max_input\":7,\"valid_till\":5}}",
         "orders.member"},
        {"{\"submitBid\":[3,\"s\",7,1.0,5]}", "orders.message"},
        {"{\"SubmitBid\":[3,\"s\",7,1.0,5],\"x\":1}", "orders.message"},
        {"\"SubmitBid\"", "orders.message"},
        {"[]", "orders.message"},
        {"{\"AuctionClosedNoWinner\":1.0}", "orders.message"},
        {"{\"SubmitBid\":[3,\"\",7,1.0,5]}", "orders.solver_id"},
        {"{\"SubmitBid\":[3,\"../s\",7,1.0,5]}", "orders.solver_id"},
        {"{\"SubmitBid\":[3,\"a\\nb\",7,1.0,5]}", "orders.solver_id"},
        {"{\"SubmitBid\":[3,\"\\ud800\",7,1.0,5]}", "json.syntax"},
        {"{\"SubmitBid\":[3,\"\xff\",7,1.0,5]}", "json.syntax"},
        {"[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", "json.depth"},
        {"{\"SubmitBid\":[3,\"s\",7,1.0,5]", "json.syntax"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct gv_order_line line;
        assert_int_not_equal(parse(&line, bad[i].json), GV_OK);
        assert_string_equal(fail.code, bad[i].code);
    }
}

/* A bid with a name, a rate and an auth of so many characters. */
static enum gv_err parse_long(struct gv_order_line *line, int name, int rate, int auth)
{
    static char json[2048];
    static char many[1024];
    memset(many, '1', sizeof(many));
    (void)snprintf(json, sizeof(json), "{\"SubmitBid\":[3,\"%.*s\",7,1.%.*s,5,\"%.*s\"]}", name,
                   many, rate - 2, many, auth, many);
    return parse(line, json);
}

static void texts_are_taken_to_their_last_character_and_no_further(void **state)
{
    (void)state;
    struct gv_order_line line;
    const int name = GV_SOLVER_ID_MAX;
    const int rate = GV_ORDER_RATE_MAX - 1;
    const int auth = GV_ORDER_AUTH_MAX - 1;
    assert_int_equal(parse_long(&line, name, rate, auth), GV_OK);
    assert_int_equal(strlen(line.bid.bid.solver.text), name);
    assert_int_equal(strlen(line.bid.rate_text), rate);
    assert_int_equal(strlen(line.bid.auth), auth);
    assert_int_equal(parse_long(&line, name + 1, rate, auth), GV_ERR_INVALID);
    assert_string_equal(fail.code, "orders.solver_id");
    assert_int_equal(parse_long(&line, name, rate + 1, auth), GV_ERR_INVALID);
    assert_string_equal(fail.code, "orders.member");
    assert_int_equal(parse_long(&line, name, rate, auth + 1), GV_ERR_INVALID);
    assert_string_equal(fail.code, "orders.member");
}

static void rates_are_written_in_their_shortest_form(void **state)
{
    (void)state;
    const struct {
        double v;
        const char *text;
    } forms[] = {
        {1.0, "1.0"},
        {0.29, "0.29"},
        {1e300, "1e300"},
        {1.5e-7, "1.5e-7"},
        {0.0001, "0.0001"},
        {0.00001, "0.00001"},
        {0.000001, "1e-6"},
        {123.456, "123.456"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e16"},
        {9007199254740993.0, "9007199254740992.0"},
        {0.9646770440214334, "0.9646770440214334"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e308"},
        {0.0, "0.0"},
        {-3.5, "-3.5"},
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char form[GV_ORDER_RATE_MAX];
        gv_order_rate_format(form, forms[i].v);
        assert_string_equal(form, forms[i].text);
    }
}

static void the_least_output_is_the_floor_of_the_rounded_product(void **state)
{
    (void)state;
    const struct {
        uint64_t input;
        double rate;
        uint64_t output;
    } good[] = {{140, 1.4, 196}, {100, 0.29, 28},
                {100, 1.1, 110}, {174, 0.9646770440214334, 167},
                {0, 1.0, 0},     {GV_ORDER_AMOUNT_MAX, 1.0, GV_ORDER_AMOUNT_MAX}};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint64_t output = 0;
        assert_int_equal(gv_order_min_output(&output, good[i].input, good[i].rate, &fail), GV_OK);
        assert_int_equal(output, good[i].output);
    }
    uint64_t output;
    const double bad[] = {1e300, -3.5, 0.0, -0.0};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(gv_order_min_output(&output, 7, bad[i], &fail), GV_ERR_INVALID);
        assert_string_equal(fail.code, "orders.rate");
    }
    assert_int_equal(gv_order_min_output(&output, GV_ORDER_AMOUNT_MAX, 1.5, &fail), GV_ERR_INVALID);
    assert_int_equal(gv_order_min_output(&output, GV_ORDER_AMOUNT_MAX + 1, 0.5, &fail),
                     GV_ERR_INVALID);
}

static void texts_are_escaped_as_the_original_escapes_them(void **state)
{
    (void)state;
    char buf[256];
    struct gv_json_out out;
    gv_json_out_init(&out, buf, sizeof(buf));
    const char raw[] = "a\"b\\c\n\t\x01/\xc3\xa9";
    const struct gv_order_wire_order order = {
        .id = 1, .description = gv_view_of(raw, sizeof(raw) - 1), .created_s = 2};
    gv_order_write_batch_begin(&out);
    gv_order_write_batch_order(&out, &order);
    gv_order_write_batch_order(&out, &order);
    gv_order_write_batch_end(&out);
#define ORDER_1                                                                                    \
    "{\"id\":1,\"description\":\"a\\\"b\\\\c\\n\\t\\u0001/\xc3\xa9\",\"creation_time\":2}"
    assert_written(&out, "{\"NewOrderBatch\":[" ORDER_1 "," ORDER_1 "]}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captured_lines_are_read_and_written_again_to_the_byte),
        cmocka_unit_test(what_the_original_accepts_is_accepted),
        cmocka_unit_test(what_the_original_refuses_is_refused),
        cmocka_unit_test(texts_are_taken_to_their_last_character_and_no_further),
        cmocka_unit_test(rates_are_written_in_their_shortest_form),
        cmocka_unit_test(the_least_output_is_the_floor_of_the_rounded_product),
        cmocka_unit_test(texts_are_escaped_as_the_original_escapes_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
