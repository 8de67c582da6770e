/* Bundles: a good one is believed, in pieces of any size; whatever is not signed, not whole, not ours or not newer is
 * refused with the rule that it breaks. */
#include "tests/unit/update/bundles.h"

#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct test_bundle bundle;
static struct gv_bundle_reader reader;

/* Reads the bundle in pieces. Returns: the code of the refusal, "" when there is none. */
static const char *read_in(size_t piece, const struct gv_bundle_rules *rules)
{
    static struct gv_fail fail;
    const struct gv_bundle_sink nowhere = {.ctx = NULL};
    enum gv_err err = GV_OK;
    fail = (struct gv_fail){.err = GV_OK};
    gv_bundle_reader_init(&reader, rules, &nowhere);
    for (size_t at = 0; err == GV_OK && at < bundle.n; at += piece) {
        const size_t n = bundle.n - at < piece ? bundle.n - at : piece;
        err = gv_bundle_put(&reader, gv_view_of(bundle.b + at, n), &fail);
    }
    if (err == GV_OK) {
        err = gv_bundle_end(&reader, &fail);
    }
    assert_int_equal(err, fail.err);
    return fail.code;
}

static const char *read_by(const char *running)
{
    const struct gv_bundle_rules rules = test_rules(running);
    return read_in(4096, &rules);
}

static void a_good_bundle_is_believed_in_pieces_of_any_size(void **state)
{
    (void)state;
    const struct gv_bundle_rules rules = test_rules("0.1.0");
    const size_t pieces[] = {1, 7, 8191, 8192, 8193, 65536};
    test_bundle_make(&bundle, "0.2.0", "0.1.0");
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        assert_string_equal(read_in(pieces[i], &rules), "");
        assert_int_equal(reader.got, bundle.n);
        assert_int_equal(reader.bundle.bytes, bundle.n);
        assert_int_equal(reader.bundle.parts_n, 4);
    }
}

static void without_a_pinned_key_nothing_is_believed(void **state)
{
    (void)state;
    struct gv_bundle_rules rules = test_rules("0.1.0");
    test_bundle_make(&bundle, "0.2.0", "0.1.0");
    rules.has_key = false;
    assert_string_equal(read_in(4096, &rules), "update.no_key");
}

static void another_key_and_every_changed_byte_of_the_head_are_refused(void **state)
{
    (void)state;
    struct gv_bundle_rules rules = test_rules("0.1.0");
    test_bundle_make(&bundle, "0.2.0", "0.1.0");
    const size_t lines = strlen((const char *)bundle.b);
    for (size_t at = 0; at < GV_BUNDLE_HEAD; at += at < lines + 8 ? 1 : 509) {
        for (unsigned bit = 1; bit < 256; bit *= 16) {
            bundle.b[at] ^= (uint8_t)bit;
            assert_string_not_equal(read_in(BUNDLE_MAX, &rules), "");
            bundle.b[at] ^= (uint8_t)bit;
        }
    }
    assert_string_equal(read_in(BUNDLE_MAX, &rules), "");
    rules.key[31] ^= 1u;
    assert_string_equal(read_in(4096, &rules), "update.signature");
}

static void a_changed_byte_in_any_part_is_refused(void **state)
{
    (void)state;
    test_bundle_make(&bundle, "0.2.0", "0.1.0");
    for (size_t at = GV_BUNDLE_HEAD; at < bundle.n; at += 211) {
        bundle.b[at] ^= 0x10u;
        assert_string_equal(read_by("0.1.0"), "update.hash");
        bundle.b[at] ^= 0x10u;
    }
    bundle.b[bundle.n - 1] ^= 1u;
    assert_string_equal(read_by("0.1.0"), "update.hash");
}

static void a_bundle_that_ends_early_or_goes_on_is_refused(void **state)
{
    (void)state;
    test_bundle_make(&bundle, "0.2.0", "0.1.0");
    const size_t whole = bundle.n;
    for (bundle.n = 0; bundle.n < whole; bundle.n += 97) {
        assert_string_equal(read_by("0.1.0"), "update.truncated");
    }
    bundle.n = whole + 1;
    assert_string_equal(read_by("0.1.0"), "update.size");
}

static void only_what_is_newer_and_not_below_the_floor_passes(void **state)
{
    (void)state;
    test_bundle_make(&bundle, "0.2.0", "0.1.5");
    assert_string_equal(read_by("0.1.5"), "");
    assert_string_equal(read_by("0.1.65535"), "");
    assert_string_equal(read_by("0.2.0"), "update.downgrade");
    assert_string_equal(read_by("0.2.1"), "update.downgrade");
    assert_string_equal(read_by("1.0.0"), "update.downgrade");
    assert_string_equal(read_by("0.1.4"), "update.from");
    struct gv_bundle_rules rules = test_rules("0.1.5"); /* a card that was flashed again */
    rules.floor = test_version("0.3.0");
    assert_string_equal(read_in(4096, &rules), "update.downgrade");
    rules.floor = test_version("0.2.0");
    assert_string_equal(read_in(4096, &rules), "");
    rules.floor = test_version("9.0.0");
    rules.any_version = true;
    assert_string_equal(read_in(4096, &rules), "");
}

#define HEAD "gavel-bundle 1\nproduct gavel\nversion 0.2.0\nfrom 0.1.0\nboard sd-arm64\n"
#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void signed_heads_that_mean_nothing_here_are_refused_by_name(void **state)
{
    static const struct {
        const char *code, *lines;
    } cases[] = {
        {"update.format", "gavel-bundle 2\n"},
        {"update.format", "something else\n"},
        {"update.product", "gavel-bundle 1\nproduct hammer\nversion 0.2.0\n"},
        {"update.format", "gavel-bundle 1\nproduct gavel\nversion 0.2\nfrom 0.1.0\n"},
        {"update.format", "gavel-bundle 1\nproduct gavel\nversion 0.2.0.1\nfrom 0.1.0\n"},
        {"update.format", "gavel-bundle 1\nproduct gavel\nversion 0.65536.0\nfrom 0.1.0\n"},
        {"update.format", "gavel-bundle 1\nproduct gavel\nversion 0.2.0\n"},
        {"update.board",
         "gavel-bundle 1\nproduct gavel\nversion 0.2.0\nfrom 0.1.0\nboard toaster\n"},
        {"update.part", HEAD},
        {"update.part", HEAD "part vmlinuz 1 " HASH "\n"},
        {"update.part", HEAD "part ../root 1 " HASH "\n"},
        {"update.part", HEAD "part .root 1 " HASH "\n"},
        {"update.part", HEAD "part Root 1 " HASH "\n"},
        {"update.part", HEAD "part root 0 " HASH "\n"},
        {"update.part", HEAD "part root -1 " HASH "\n"},
        {"update.part", HEAD "part root 419430401 " HASH "\n"},
        {"update.part", HEAD "part root 1 " HASH "0\n"},
        {"update.part", HEAD "part root 1 " HASH "\npart root 1 " HASH "\n"},
        {"update.size", HEAD "part root 419430400 " HASH "\npart vmlinuz 419430400 " HASH "\n"},
        {"update.format", HEAD "party root 1 " HASH "\n"},
        {"update.format", HEAD "\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_bundle_with_lines(&bundle, cases[i].lines);
        const char *code = read_by("0.1.0");
        if (strcmp(code, cases[i].code) != 0) {
            fail_msg("%s for: %s", code, cases[i].lines);
        }
    }
}

static void parts_beyond_the_table_are_refused(void **state)
{
    char lines[GV_BUNDLE_HEAD];
    (void)state;
    gv_format_cut(lines, sizeof(lines), "%s", HEAD);
    for (unsigned i = 0; i <= GV_BUNDLE_PARTS_MAX; i++) {
        const size_t n = strlen(lines);
        gv_format_cut(lines + n, sizeof(lines) - n, "part p%u 1 " HASH "\n", i);
    }
    test_bundle_with_lines(&bundle, lines);
    assert_string_equal(read_by("0.1.0"), "update.part");
}

static void each_slot_gets_its_own_command_line(void **state)
{
    (void)state;
    const struct gv_bundle_part a = {.name = "cmdline-a.txt"};
    const struct gv_bundle_part b = {.name = "cmdline-b.txt"};
    const struct gv_bundle_part root = {.name = "root"};
    assert_string_equal(gv_bundle_name_in(&a, GV_SLOT_A), "cmdline.txt");
    assert_null(gv_bundle_name_in(&a, GV_SLOT_B));
    assert_string_equal(gv_bundle_name_in(&b, GV_SLOT_B), "cmdline.txt");
    assert_null(gv_bundle_name_in(&b, GV_SLOT_A));
    assert_string_equal(gv_bundle_name_in(&root, GV_SLOT_B), "root");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_bundle_is_believed_in_pieces_of_any_size),
        cmocka_unit_test(without_a_pinned_key_nothing_is_believed),
        cmocka_unit_test(another_key_and_every_changed_byte_of_the_head_are_refused),
        cmocka_unit_test(a_changed_byte_in_any_part_is_refused),
        cmocka_unit_test(a_bundle_that_ends_early_or_goes_on_is_refused),
        cmocka_unit_test(only_what_is_newer_and_not_below_the_floor_passes),
        cmocka_unit_test(signed_heads_that_mean_nothing_here_are_refused_by_name),
        cmocka_unit_test(parts_beyond_the_table_are_refused),
        cmocka_unit_test(each_slot_gets_its_own_command_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
