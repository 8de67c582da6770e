/* Shows what a table of new orders may look like: quotations, line ends and heads as spreadsheets write
 * them, and which lines are refused. */
#include "web/api/orders_csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct gv_order_upload upload;
static struct gv_fail fail;

static enum gv_err parse(const char *text)
{
    static char copy[2 * GV_ORDER_UPLOAD_BYTES];
    const size_t n = strlen(text);
    assert_true(n <= sizeof(copy));
    memcpy(copy, text, n); /* without a NUL: nothing may be read behind the end */
    memset(&upload, 0, sizeof(upload));
    return gv_orders_csv_parse(&upload, copy, n, &fail);
}

/* In: expected: descriptions joined by '|'. */
static void assert_reads(const char *text, const char *expected)
{
    char found[256] = "";
    size_t n = 0;
    const char *at = upload.text;
    assert_int_equal(parse(text), GV_OK);
    for (uint32_t i = 0; i < upload.count; i++) {
        n += (size_t)snprintf(found + n, sizeof(found) - n, "%s%s", i == 0 ? "" : "|", at);
        at += strlen(at) + 1;
    }
    assert_string_equal(found, expected);
}

static void assert_refused(const char *text, const char *code)
{
    assert_int_not_equal(parse(text), GV_OK);
    assert_string_equal(fail.code, code);
}

static void the_first_column_of_every_line_is_an_order(void **state)
{
    (void)state;
    assert_reads("", "");
    assert_reads("one", "one");
    assert_reads("one\ntwo\r\nthree\rfour\n", "one|two|three|four");
    assert_reads("one,x,y\ntwo,\"a,b\nc\"\n", "one|two");
    assert_reads("\n\none\n,unnamed\n\"\"\n", "one");
}

static void the_head_and_the_byte_order_mark_are_no_orders(void **state)
{
    (void)state;
    assert_reads("description\none\n", "one");
    assert_reads("description,note\none,x\n", "one");
    assert_reads("one\ndescription\n", "one|description");
    assert_reads("\xef\xbb\xbf"
                 "description\none\n",
                 "one");
    assert_reads("\xef\xbb\xbf"
                 "one\n",
                 "one");
    assert_reads("\xef\xbb\xbf", "");
}

static void quotation_marks_hold_commas_and_are_doubled(void **state)
{
    (void)state;
    assert_reads("\"a, b\",c\n", "a, b");
    assert_reads("\"say \"\"hi\"\"\"\n", "say \"hi\"");
    assert_reads("\"\"\"\"", "\"");
    assert_reads("in \"the\" middle\n", "in \"the\" middle");
}

static void what_is_no_table_is_refused_with_its_line(void **state)
{
    (void)state;
    assert_refused("one\n\"two", "orders.csv");
    assert_non_null(strstr(fail.text, "line 2"));
    assert_refused("\"two\"three", "orders.csv");
    assert_refused("\"", "orders.csv");
    assert_refused("one,\"x", "orders.csv");
    assert_refused("one\ttwo", "orders.description");
    assert_refused("\"one\ntwo\"", "orders.description");
    assert_refused("\xff", "orders.description");
}

static void a_table_has_as_much_as_a_request_may_have(void **state)
{
    (void)state;
    static char text[2 * GV_ORDER_UPLOAD_MAX + 3];
    for (uint32_t i = 0; i <= GV_ORDER_UPLOAD_MAX; i++) {
        memcpy(text + 2 * (size_t)i, "x\n", 3);
    }
    assert_refused(text, "orders.too_many");
    text[2 * GV_ORDER_UPLOAD_MAX] = '\0';
    assert_int_equal(parse(text), GV_OK);
    assert_int_equal(upload.count, GV_ORDER_UPLOAD_MAX);
    static char longest[GV_ORDER_TEXT_MAX + 2];
    memset(longest, 'x', GV_ORDER_TEXT_MAX + 1);
    assert_refused(longest, "orders.description");
    longest[GV_ORDER_TEXT_MAX] = '\0';
    assert_int_equal(parse(longest), GV_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_column_of_every_line_is_an_order),
        cmocka_unit_test(the_head_and_the_byte_order_mark_are_no_orders),
        cmocka_unit_test(quotation_marks_hold_commas_and_are_doubled),
        cmocka_unit_test(what_is_no_table_is_refused_with_its_line),
        cmocka_unit_test(a_table_has_as_much_as_a_request_may_have),
    };
    return cmocka_run_group_tests_name("orders_csv", tests, NULL, NULL);
}
