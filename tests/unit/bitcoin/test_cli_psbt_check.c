/* gavelctl psbt check, called as main calls it: exit status and printed verdict for every vector,
 * and what counts as a usage error. Standard output is a temporary file for the length of a call. */
#include "app/cli/psbt_check.h"
#include "firmware/base/text.h"
#include "tests/unit/bitcoin/cmocka_include.h"
#include "tests/unit/bitcoin/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WORDS_MAX 24

static char input_path[] = "/tmp/gavel-psbt-check-XXXXXX";
static char output[4096];

struct command {
    int count;
    char text[WORDS_MAX][256];
    char *words[WORDS_MAX];
};

static void add(struct command *command, const char *word)
{
    assert_true(command->count < WORDS_MAX);
    assert_true(gv_text_copy(command->text[command->count], 256, word));
    command->words[command->count] = command->text[command->count];
    command->count++;
}

static void add_number(struct command *command, const char *option, uint64_t value)
{
    char text[24];
    assert_true(gv_format(text, sizeof text, "%llu", (unsigned long long)value));
    add(command, option);
    add(command, text);
}

static void add_terms(struct command *command, const struct gv_psbt_terms *terms)
{
    char hex[256];
    gv_hex_encode_reversed(hex, gv_view_of(terms->outpoint.txid.b, 32));
    add(command, "--txid");
    add(command, hex);
    add_number(command, "--vout", terms->outpoint.vout);
    gv_hex_encode(hex, terms->prevout.script);
    add(command, "--script");
    add(command, hex);
    add_number(command, "--amount", terms->prevout.value_sat);
    add_number(command, "--price", terms->price_sat);
    add(command, "--network");
    add(command, "regtest");
}

static void write_input(struct gv_view data)
{
    FILE *const file = fopen(input_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data.p, 1, data.n, file), data.n);
    assert_int_equal(fclose(file), 0);
}

/* As main does: options of every command are taken out before a command sees its words. */
static bool take_json(struct command *command)
{
    int left = 0;
    for (int i = 0; i < command->count; i++) {
        if (strcmp(command->words[i], "--json") != 0) {
            command->words[left++] = command->words[i];
        }
    }
    const bool json = left < command->count;
    command->count = left;
    return json;
}

/* Run with standard output and standard error caught. */
static int run(struct command *command)
{
    const bool json = take_json(command);
    FILE *const caught = tmpfile();
    assert_non_null(caught);
    fflush(stdout);
    fflush(stderr);
    const int out = dup(STDOUT_FILENO);
    const int err = dup(STDERR_FILENO);
    assert_true(out >= 0 && err >= 0);
    assert_true(dup2(fileno(caught), STDOUT_FILENO) >= 0);
    assert_true(dup2(fileno(caught), STDERR_FILENO) >= 0);
    const int status = gv_cli_psbt_check(json, command->count, command->words);
    fflush(stdout);
    fflush(stderr);
    assert_true(dup2(out, STDOUT_FILENO) >= 0);
    assert_true(dup2(err, STDERR_FILENO) >= 0);
    (void)close(out);
    (void)close(err);
    rewind(caught);
    const size_t n = fread(output, 1, sizeof output - 1, caught);
    output[n] = '\0';
    assert_int_equal(fclose(caught), 0);
    return status;
}

static int check_text(struct gv_view text, const struct gv_psbt_terms *terms)
{
    struct command command = {0};
    write_input(text);
    add_terms(&command, terms);
    add(&command, "--json");
    add(&command, input_path);
    return run(&command);
}

static void expect_json(bool valid, bool listable, const char *code)
{
    char head[128];
    assert_true(gv_format(head, sizeof head, "{\"valid\":%s,\"listable\":%s,\"locked\":",
                          valid ? "true" : "false", listable ? "true" : "false"));
    assert_memory_equal(output, head, strlen(head));
    if (code != NULL) {
        char member[80];
        assert_true(gv_format(member, sizeof member, "\"code\":\"%s\"", code));
        assert_non_null(strstr(output, member));
    }
}

/* ---- vectors --------------------------------------------------------------------------------- */

static void the_status_tells_listable_valid_and_invalid(void **state)
{
    (void)state;
    struct gv_json_iter it;
    uint32_t listable = 0;
    gv_json_ref root = vectors_json("psbt/valid.json");
    for (gv_json_ref e = gv_json_first(&it, root); e != NULL; e = gv_json_next(&it)) {
        struct psbt_case c;
        vectors_psbt_case(&c, e);
        const int status = check_text(c.text, &c.terms);
        assert_true(status == 0 || status == 2);
        expect_json(true, status == 0, NULL);
        listable += status == 0 ? 1 : 0;
    }
    assert_true(listable >= 8);
    root = vectors_json("psbt/hostile.json");
    for (gv_json_ref e = gv_json_first(&it, root); e != NULL; e = gv_json_next(&it)) {
        struct psbt_case c;
        vectors_psbt_case(&c, e);
        const int status = check_text(c.text, &c.terms);
        assert_true(status == 1 || status == 2);
        expect_json(status == 2, false, NULL);
    }
}

/* The first case: valid, priced above the UTXO, P2WPKH. */
static void good_case(struct psbt_case *c)
{
    struct gv_json_iter it;
    gv_json_ref root = vectors_json("psbt/valid.json");
    for (gv_json_ref e = gv_json_first(&it, root); e != NULL; e = gv_json_next(&it)) {
        vectors_psbt_case(c, e);
        if (gv_view_is(c->id, "p2wpkh-1")) {
            return;
        }
    }
    fail_msg("no case p2wpkh-1");
}

/* ---- input ------------------------------------------------------------------------------------- */

static void one_line_end_and_the_binary_form_are_taken(void **state)
{
    (void)state;
    static uint8_t data[4096];
    struct psbt_case c;
    good_case(&c);
    memcpy(data, c.text.p, c.text.n);
    memcpy(data + c.text.n, "\r\n\n", 3);
    assert_int_equal(check_text(gv_view_of(data, c.text.n), &c.terms), 0);
    expect_json(true, true, "psbt.ok");
    assert_int_equal(check_text(gv_view_of(data, c.text.n + 2), &c.terms), 0);
    assert_int_equal(check_text(gv_view_of(data, c.text.n + 3), &c.terms), 1);
    expect_json(false, false, "psbt.parse_base64");
    assert_int_equal(check_text(vectors_base64(c.text), &c.terms), 0);
}

static void input_above_128_kib_is_invalid(void **state)
{
    (void)state;
    static uint8_t data[GV_PSBT_CHECK_BYTES_MAX + 1];
    struct psbt_case c;
    good_case(&c);
    memset(data, 'A', sizeof data);
    assert_int_equal(check_text(gv_view_of(data, sizeof data - 1), &c.terms), 1);
    expect_json(false, false, "psbt.parse_magic");
    assert_int_equal(check_text(gv_view_of(data, sizeof data), &c.terms), 1);
    expect_json(false, false, "psbt.parse_size");
}

static void words_name_the_payout_address(void **state)
{
    (void)state;
    struct command command = {0};
    struct psbt_case c;
    good_case(&c);
    write_input(c.text);
    add_terms(&command, &c.terms);
    add(&command, input_path);
    assert_int_equal(run(&command), 0);
    assert_non_null(strstr(output, "valid, listable"));
    assert_non_null(strstr(output, "120000000 sat to bcrt1q"));
}

/* ---- locks --------------------------------------------------------------------------------------- */

static void a_height_lock_is_judged_only_with_a_block(void **state)
{
    (void)state;
    struct gv_json_iter it;
    struct psbt_case c;
    bool found = false;
    gv_json_ref root = vectors_json("psbt/hostile.json");
    for (gv_json_ref e = gv_json_first(&it, root); e != NULL && !found; e = gv_json_next(&it)) {
        vectors_psbt_case(&c, e);
        found = gv_view_is(c.id, "locktime-future");
    }
    assert_true(found);
    assert_int_equal(check_text(c.text, &c.terms), 2);
    expect_json(true, false, "psbt.price_below_utxo");
    assert_non_null(strstr(output, "\"locked\":true"));

    static const char *const blocks[] = {"4999", "5000"};
    static const char *const codes[] = {"psbt.locktime", "psbt.price_below_utxo"};
    for (size_t i = 0; i < 2; i++) {
        struct command command = {0};
        add_terms(&command, &c.terms);
        add(&command, "--block");
        add(&command, blocks[i]);
        add(&command, "--json");
        add(&command, input_path);
        assert_int_equal(run(&command), 2);
        expect_json(true, false, codes[i]);
        assert_true((strstr(output, "\"locked\":true") != NULL) == (i == 1));
    }
}

/* ---- usage --------------------------------------------------------------------------------------- */

static void expect_usage(const char *option, const char *value)
{
    struct command command = {0};
    struct psbt_case c;
    good_case(&c);
    write_input(c.text);
    add_terms(&command, &c.terms);
    add(&command, input_path);
    for (int i = 0; i + 1 < command.count; i++) {
        if (strcmp(command.words[i], option) == 0) {
            assert_true(gv_text_copy(command.text[i + 1], 256, value));
        }
    }
    if (run(&command) != 64) {
        fail_msg("%s %s: expected a usage error, got: %s", option, value, output);
    }
    assert_non_null(strstr(output, option));
}

static void bad_values_are_usage_errors(void **state)
{
    (void)state;
    expect_usage("--txid", "00");
    expect_usage("--txid", "zz63bb22e1a0123725119ce3381a772a722ed8f45cd31adf2ea3b5f94e3f55b4");
    expect_usage("--vout", "-1");
    expect_usage("--vout", "4294967296");
    expect_usage("--script", "");
    expect_usage("--script", "001");
    expect_usage("--amount", "2100000000000001");
    expect_usage("--amount", "1.0");
    expect_usage("--price", "");
    expect_usage("--price", "1e3");
    expect_usage("--network", "mainnet");
}

static void missing_unknown_and_repeated_options_are_usage_errors(void **state)
{
    (void)state;
    struct command empty = {0};
    assert_int_equal(run(&empty), 64);

    struct psbt_case c;
    good_case(&c);
    static const char *const extra[] = {"--nonsense", "--price", "--block", "second-file"};
    for (size_t i = 0; i < sizeof extra / sizeof extra[0]; i++) {
        struct command command = {0};
        add_terms(&command, &c.terms);
        add(&command, input_path);
        add(&command, extra[i]);
        assert_int_equal(run(&command), 64);
    }
    struct command gone = {0};
    add_terms(&gone, &c.terms);
    add(&gone, "/nonexistent/listing.psbt");
    assert_int_equal(run(&gone), 64);
}

static void price_zero_is_data(void **state)
{
    (void)state;
    struct psbt_case c;
    good_case(&c);
    c.terms.price_sat = 0;
    assert_int_equal(check_text(c.text, &c.terms), 1);
    expect_json(false, false, "psbt.price_mismatch");
}

static int set_up(void **state)
{
    (void)state;
    const int file = mkstemp(input_path);
    return file < 0 ? -1 : close(file);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(input_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_status_tells_listable_valid_and_invalid),
        cmocka_unit_test(one_line_end_and_the_binary_form_are_taken),
        cmocka_unit_test(input_above_128_kib_is_invalid),
        cmocka_unit_test(words_name_the_payout_address),
        cmocka_unit_test(a_height_lock_is_judged_only_with_a_block),
        cmocka_unit_test(bad_values_are_usage_errors),
        cmocka_unit_test(missing_unknown_and_repeated_options_are_usage_errors),
        cmocka_unit_test(price_zero_is_data),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
