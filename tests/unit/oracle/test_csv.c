/* The CSV reader: good rows become the transactions they describe, anything else is refused with the
 * number of its line. */
#include "app/oracle/csv.h"
#include "firmware/base/text.h"
#include "tests/unit/bitcoin/cmocka_include.h"

#define HEADER "t,tx,nin,parent,flags,sats\n"
#define TX_MAX 8u

struct seen {
    struct gv_oracle_csv_tx tx[TX_MAX];
    uint32_t n;
};

static struct seen seen;
static struct gv_fail failure;

static void keep(void *ctx, const struct gv_oracle_csv_tx *tx)
{
    struct seen *const s = ctx;
    assert_true(s->n < TX_MAX);
    s->tx[s->n++] = *tx;
}

static enum gv_err read_text(const char *text)
{
    struct gv_oracle_csv csv;
    seen.n = 0;
    gv_oracle_csv_init(&csv, keep, &seen);
    const enum gv_err err = gv_oracle_csv_feed(&csv, gv_view_str(text), &failure);
    return err == GV_OK ? gv_oracle_csv_end(&csv, &failure) : err;
}

static void rows_of_one_index_are_one_transaction(void **state)
{
    (void)state;
    assert_int_equal(read_text(HEADER "10,0,1,-1,0,123456\n10,0,1,-1,0,1000\n"
                                      "11,1,6,-1,2,5000\n12,4,2,0,0,7000\r\n12,4,2,0,0,8000"),
                     GV_OK);
    assert_int_equal(seen.n, 3);
    assert_int_equal(seen.tx[0].time_s, 10);
    assert_int_equal(seen.tx[0].tx.broken, 0);
    assert_int_equal(seen.tx[0].tx.value_count, 1);
    assert_int_equal(seen.tx[0].tx.sats[0], 123456);
    assert_false(seen.tx[0].has_parent);
    assert_int_equal(seen.tx[1].tx.broken,
                     GV_ORACLE_RULE_INPUTS | GV_ORACLE_RULE_OUTPUTS | GV_ORACLE_RULE_DATA);
    assert_int_equal(seen.tx[2].index, 4);
    assert_int_equal(seen.tx[2].tx.value_count, 2);
    assert_true(seen.tx[2].has_parent);
    assert_true(gv_hash256_equal(&seen.tx[2].tx.input[0].txid, &seen.tx[0].tx.txid));
    assert_false(gv_hash256_equal(&seen.tx[2].tx.input[1].txid, &seen.tx[0].tx.txid));
}

static void an_empty_window_is_a_window(void **state)
{
    (void)state;
    assert_int_equal(read_text(HEADER), GV_OK);
    assert_int_equal(seen.n, 0);
}

static void malformed_text_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *code;
    } bad[] = {
        {"", "csv.header"},
        {"t,tx,nin,parent,flags\n", "csv.header"},
        {HEADER "\n", "csv.row"},
        {HEADER "1,0,1,-1,0\n", "csv.row"},
        {HEADER "1,0,1,-1,0,5,6\n", "csv.row"},
        {HEADER "1,0,1,-1,0,\n", "csv.row"},
        {HEADER "1,0,1,-2,0,5\n", "csv.row"},
        {HEADER "-1,0,1,-1,0,5\n", "csv.row"},
        {HEADER "1,0,-1,-1,0,5\n", "csv.row"},
        {HEADER "1,0,1,-1,8,5\n", "csv.row"},
        {HEADER "1,0,1,-1,0,0x5\n", "csv.row"},
        {HEADER "1,0,1,-1,0, 5\n", "csv.row"},
        {HEADER "1,0,1,-1,0,18446744073709551616\n", "csv.row"},
        {HEADER "1,4294967295,1,-1,0,5\n", "csv.row"},
        {HEADER "1,0,1,0,0,5\n", "csv.order"},
        {HEADER "2,0,1,-1,0,5\n1,1,1,-1,0,5\n", "csv.order"},
        {HEADER "1,3,1,-1,0,5\n1,2,1,-1,0,5\n", "csv.order"},
        {HEADER "1,0,1,-1,0,5\n1,0,2,-1,0,5\n", "csv.order"},
        {HEADER "1,0,1,-1,0,5\n2,0,1,-1,0,5\n", "csv.order"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(read_text(bad[i].text), GV_ERR_INVALID);
        if (strcmp(failure.code, bad[i].code) != 0) {
            fail_msg("case %zu: %s instead of %s", i, failure.code, bad[i].code);
        }
    }
}

static void a_line_has_a_longest_length(void **state)
{
    (void)state;
    char text[256] = HEADER;
    const size_t at = strlen(text);
    memset(text + at, '1', GV_ORACLE_CSV_LINE_MAX + 1);
    assert_int_equal(read_text(text), GV_ERR_INVALID);
    assert_string_equal(failure.code, "csv.line");
    assert_non_null(strstr(failure.text, "line 2"));
    text[at + GV_ORACLE_CSV_LINE_MAX] = '\0';
    assert_int_equal(read_text(text), GV_ERR_INVALID);
    assert_string_equal(failure.code, "csv.row");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_one_index_are_one_transaction),
        cmocka_unit_test(an_empty_window_is_a_window),
        cmocka_unit_test(malformed_text_is_refused),
        cmocka_unit_test(a_line_has_a_longest_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
