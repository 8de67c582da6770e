/* What clients of gavel.v1 may say: each op with its members as they were sent, and each way to be wrong refused by the
 * rule that names it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "web/live/ops.h"

#include <string.h>

#define SAFE_MAX ((UINT64_C(1) << 53) - 1u)

enum {
    MARKET,
    AUCTION,
    RAW
};

static const struct gv_live_topic topics[] = {
    [MARKET] = {.name = "market"},
    [AUCTION] = {.name = "auction", .has_id = true},
    [RAW] = {.name = "raw", .is_raw = true},
};
static const struct gv_live_config config = {.topics = topics, .topics_n = 3};

static char text[GV_LIVE_FRAME_IN_MAX + GV_JSON_PADDING];
static struct gv_op op;
static struct gv_fail fail;

static enum gv_err parse_text(size_t n)
{
    static _Alignas(16) uint8_t memory[GV_OP_ARENA_BYTES];
    struct gv_arena arena;
    gv_arena_init(&arena, memory, sizeof(memory));
    fail = (struct gv_fail){.err = GV_OK};
    return gv_op_parse(&op, &config, text, n, &arena, &fail);
}

static enum gv_err parse(const char *message)
{
    const size_t n = strlen(message);
    assert_true(n <= GV_LIVE_FRAME_IN_MAX);
    memcpy(text, message, n);
    return parse_text(n);
}

static void expect_refused(const char *code, const char *const *messages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (parse(messages[i]) != GV_ERR_INVALID || strcmp(fail.code, code) != 0) {
            fail_msg("%s: %s instead of %s", messages[i], fail.code, code);
        }
    }
}
#define EXPECT_REFUSED(code, messages)                                                             \
    expect_refused((code), (messages), sizeof(messages) / sizeof((messages)[0]))

/* ---- What is accepted -------------------------------------------------------------------------- */

static void a_subscription_has_its_channel_and_number(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"op\":\"sub\",\"ch\":\"auction:42\",\"since\":1093}"), GV_OK);
    assert_int_equal(op.kind, GV_OP_SUB);
    assert_int_equal(op.channel, gv_live_channel(AUCTION, 42));
    assert_true(op.has_since);
    assert_int_equal(op.since, 1093);
}

static void a_subscription_may_leave_its_number_out(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"op\":\"sub\",\"ch\":\"market\"}"), GV_OK);
    assert_int_equal(op.channel, gv_live_channel(MARKET, 0));
    assert_false(op.has_since);
    assert_int_equal(parse("{\"op\":\"sub\",\"ch\":\"market\",\"since\":null}"), GV_OK);
    assert_false(op.has_since);
    assert_int_equal(parse("{\"op\":\"sub\",\"ch\":\"market\",\"since\":0}"), GV_OK);
    assert_true(op.has_since);
    assert_int_equal(op.since, 0);
}

static void an_end_of_a_subscription_has_its_channel(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"op\":\"unsub\",\"ch\":\"auction:72057594037927935\"}"), GV_OK);
    assert_int_equal(op.kind, GV_OP_UNSUB);
    assert_int_equal(op.channel, gv_live_channel(AUCTION, (UINT64_C(1) << 56) - 1u));
}

static void a_ping_has_the_time_of_who_asks(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"op\":\"ping\",\"t0\":9007199254740991}"), GV_OK);
    assert_int_equal(op.kind, GV_OP_PING);
    assert_true(op.has_t0);
    assert_int_equal(op.t0, SAFE_MAX);
    assert_int_equal(parse("{\"op\":\"ping\"}"), GV_OK);
    assert_false(op.has_t0);
}

static void a_token_is_as_it_was_sent(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"op\":\"auth\",\"token\":\"gvl_\\u0041b.c\"}"), GV_OK);
    assert_int_equal(op.kind, GV_OP_AUTH);
    assert_true(gv_view_is(op.token, "gvl_Ab.c"));
}

static void members_of_newer_clients_are_passed_over(void **state)
{
    (void)state;
    assert_int_equal(parse(" {\"x\":[{\"op\":1}],\"t0\":7,\"op\":\"ping\",\"ch\":9} "), GV_OK);
    assert_int_equal(op.kind, GV_OP_PING);
    assert_int_equal(op.t0, 7);
}

static void the_longest_message_is_read(void **state)
{
    (void)state;
    static const char head[] = "{\"op\":\"auth\",\"token\":\"";
    const size_t begin = sizeof(head) - 1;
    memset(text, ' ', GV_LIVE_FRAME_IN_MAX);
    memcpy(text, head, begin);
    memcpy(text + GV_LIVE_FRAME_IN_MAX - 2, "\"}", 2);
    assert_int_equal(parse_text(GV_LIVE_FRAME_IN_MAX), GV_OK);
    assert_int_equal(op.token.n, GV_LIVE_FRAME_IN_MAX - begin - 2);
}

/* ---- What is refused --------------------------------------------------------------------------- */

static void what_is_no_object_is_refused(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "",
        " ",
        "{",
        "{\"op\":\"ping\"",
        "{\"op\":\"ping\"}}",
        "{\"op\":\"ping\",}",
        "{'op':'ping'}",
        "{\"op\":\"ping\"} {}",
        "{\"op\":\"ping\",\"t0\":01}",
        "{\"op\":\"ping\",\"x\":\"\xff\"}",
        "{\"op\":\"ping\",\"op\":\"auth\"}",
        "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]",
        "[]",
        "null",
        "\"ping\"",
    };
    EXPECT_REFUSED("op.syntax", messages);
}

/* Numbers of one digit, up to the last byte of the longest message. */
static void more_values_than_any_op_needs_are_refused(void **state)
{
    (void)state;
    static const char head[] = "{\"op\":\"ping\",\"x\":[0";
    const size_t begin = sizeof(head) - 1;
    const size_t end = GV_LIVE_FRAME_IN_MAX - 2;
    memset(text, ' ', GV_LIVE_FRAME_IN_MAX);
    memcpy(text, head, begin);
    for (size_t at = begin; at + 2 <= end; at += 2) {
        memcpy(text + at, ",0", 2);
    }
    memcpy(text + end, "]}", 2);
    assert_int_equal(parse_text(GV_LIVE_FRAME_IN_MAX), GV_ERR_INVALID);
    assert_string_equal(fail.code, "op.too_many_values");
}

static void an_op_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "{}",
        "{\"op\":null}",
        "{\"op\":1}",
        "{\"op\":[\"ping\"]}",
        "{\"op\":\"\"}",
        "{\"op\":\"PING\"}",
        "{\"op\":\"ping \"}",
        "{\"op\":\"ping\\u0000\"}",
        "{\"op\":\"publish\",\"ch\":\"market\"}",
        "{\"Op\":\"ping\"}",
    };
    EXPECT_REFUSED("op.unknown", messages);
}

static void a_channel_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "{\"op\":\"sub\"}",
        "{\"op\":\"sub\",\"ch\":null}",
        "{\"op\":\"sub\",\"ch\":7}",
        "{\"op\":\"sub\",\"ch\":[\"market\",\"auction:1\"]}",
        "{\"op\":\"sub\",\"ch\":\"\"}",
        "{\"op\":\"sub\",\"ch\":\"raw\"}",
        "{\"op\":\"sub\",\"ch\":\"market:1\"}",
        "{\"op\":\"sub\",\"ch\":\"markets\"}",
        "{\"op\":\"sub\",\"ch\":\"auction\"}",
        "{\"op\":\"sub\",\"ch\":\"auction:\"}",
        "{\"op\":\"sub\",\"ch\":\"auction:0\"}",
        "{\"op\":\"sub\",\"ch\":\"auction:-1\"}",
        "{\"op\":\"sub\",\"ch\":\"auction:1x\"}",
        "{\"op\":\"sub\",\"ch\":\"auction:72057594037927936\"}",
        "{\"op\":\"unsub\",\"ch\":\"market\\u0000\"}",
        "{\"op\":\"unsub\"}",
    };
    EXPECT_REFUSED("op.channel", messages);
}

static void a_number_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "{\"op\":\"ping\",\"t0\":-1}",
        "{\"op\":\"ping\",\"t0\":1.5}",
        "{\"op\":\"ping\",\"t0\":\"1\"}",
        "{\"op\":\"ping\",\"t0\":true}",
        "{\"op\":\"ping\",\"t0\":{}}",
        "{\"op\":\"ping\",\"t0\":9007199254740992}",
        "{\"op\":\"ping\",\"t0\":18446744073709551616}",
        "{\"op\":\"sub\",\"ch\":\"market\",\"since\":-1}",
        "{\"op\":\"sub\",\"ch\":\"market\",\"since\":\"0\"}",
        "{\"op\":\"sub\",\"ch\":\"market\",\"since\":9007199254740992}",
    };
    EXPECT_REFUSED("op.number", messages);
}

static void a_token_that_is_no_text_is_refused(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "{\"op\":\"auth\"}",
        "{\"op\":\"auth\",\"token\":null}",
        "{\"op\":\"auth\",\"token\":1}",
        "{\"op\":\"auth\",\"token\":[\"gvl_\"]}",
    };
    EXPECT_REFUSED("op.token", messages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_subscription_has_its_channel_and_number),
        cmocka_unit_test(a_subscription_may_leave_its_number_out),
        cmocka_unit_test(an_end_of_a_subscription_has_its_channel),
        cmocka_unit_test(a_ping_has_the_time_of_who_asks),
        cmocka_unit_test(a_token_is_as_it_was_sent),
        cmocka_unit_test(members_of_newer_clients_are_passed_over),
        cmocka_unit_test(the_longest_message_is_read),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(more_values_than_any_op_needs_are_refused),
        cmocka_unit_test(an_op_that_is_none_is_refused),
        cmocka_unit_test(a_channel_that_is_none_is_refused),
        cmocka_unit_test(a_number_that_is_none_is_refused),
        cmocka_unit_test(a_token_that_is_no_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
