/* Views, reader and writer: every truncation of a message is noticed, every too small buffer is left
 * unharmed, and CompactSize takes exactly the minimal forms. */
#include "firmware/base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static const uint8_t message[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b,
                                  0x0c, 0x0d, 0x0e, 0x0f, 0xfd, 0x00, 0x01, 0x03, 'a',  'b',  'c'};

struct fields {
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
    uint64_t compact;
    struct gv_view text;
};

static struct fields read_all(struct gv_reader *r)
{
    struct fields f;
    f.a = gv_read_u8(r);
    f.b = gv_read_u16le(r);
    f.c = gv_read_u32le(r);
    f.d = gv_read_u64le(r);
    f.compact = gv_read_compact(r);
    f.text = gv_read_var_bytes(r);
    return f;
}

static void whole_message_reads_little_endian(void **state)
{
    (void)state;
    struct gv_reader r = gv_reader_of(gv_view_of(message, sizeof(message)));
    struct fields f = read_all(&r);
    assert_false(r.bad);
    assert_int_equal(r.left, 0);
    assert_int_equal(f.a, 0x01);
    assert_int_equal(f.b, 0x0302);
    assert_int_equal(f.c, 0x07060504);
    assert_true(f.d == UINT64_C(0x0f0e0d0c0b0a0908));
    assert_int_equal(f.compact, 256);
    assert_true(gv_view_equal(f.text, gv_view_of("abc", 3)));
}

static void every_truncation_is_bad_and_reads_nothing_behind_it(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof(message); n++) {
        /* Exactly n bytes of heap, so that a sanitizer sees one byte too many. */
        uint8_t *copy = malloc(n == 0 ? 1 : n);
        assert_non_null(copy);
        memcpy(copy, message, n);
        struct gv_reader r = gv_reader_of(gv_view_of(copy, n));
        struct fields f = read_all(&r);
        assert_true(r.bad);
        assert_int_equal(f.text.n, 0);
        free(copy);
    }
}

static void bad_is_sticky_and_later_reads_give_zero(void **state)
{
    (void)state;
    struct gv_reader r = gv_reader_of(gv_view_of(message, 3));
    assert_int_equal(gv_read_u64le(&r), 0);
    assert_true(r.bad);
    assert_int_equal(r.left, 3);
    assert_int_equal(gv_read_u8(&r), 0);
    assert_int_equal(gv_read_u16le(&r), 0);
    assert_int_equal(gv_read_compact(&r), 0);
    assert_int_equal(gv_read_bytes(&r, 1).n, 0);
    assert_int_equal(gv_read_bytes(&r, 0).n, 0);
    assert_int_equal(r.left, 3);
}

static void lengths_beyond_any_memory_are_bad(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {4, UINT64_C(1) << 32, (UINT64_C(1) << 32) + 3, UINT64_MAX};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct gv_reader r = gv_reader_of(gv_view_of(message, 3));
        assert_int_equal(gv_read_bytes(&r, lengths[i]).n, 0);
        assert_true(r.bad);
    }
}

static void reading_nothing_from_nothing_is_fine(void **state)
{
    (void)state;
    struct gv_reader r = gv_reader_of(gv_view_of(NULL, 0));
    assert_int_equal(gv_read_bytes(&r, 0).n, 0);
    assert_false(r.bad);
    assert_true(gv_view_equal(gv_view_of(NULL, 0), gv_view_of("", 0)));
    assert_false(gv_view_equal(gv_view_of("a", 1), gv_view_of("ab", 2)));
    assert_false(gv_view_equal(gv_view_of("ab", 2), gv_view_of("aa", 2)));
}

/* Source: Bitcoin Core serialize.h, ReadCompactSize: "non-canonical" forms. */
static const struct {
    uint8_t bytes[9];
    size_t n;
    uint64_t value;
    bool good;
} compact_table[] = {
    {{0x00}, 1, 0, true},
    {{0xfc}, 1, 252, true},
    {{0xfd, 0xfd, 0x00}, 3, 253, true},
    {{0xfd, 0xff, 0xff}, 3, 65535, true},
    {{0xfe, 0x00, 0x00, 0x01, 0x00}, 5, 65536, true},
    {{0xfe, 0xff, 0xff, 0xff, 0xff}, 5, UINT32_MAX, true},
    {{0xff, 0, 0, 0, 0, 1, 0, 0, 0}, 9, UINT64_C(1) << 32, true},
    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 9, UINT64_MAX, true},
    {{0xfd, 0x00, 0x00}, 3, 0, false},
    {{0xfd, 0xfc, 0x00}, 3, 0, false},
    {{0xfe, 0x00, 0x00, 0x00, 0x00}, 5, 0, false},
    {{0xfe, 0xff, 0xff, 0x00, 0x00}, 5, 0, false},
    {{0xff, 0, 0, 0, 0, 0, 0, 0, 0}, 9, 0, false},
    {{0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, 9, 0, false},
};

static void compact_size_takes_only_minimal_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(compact_table) / sizeof(compact_table[0]); i++) {
        struct gv_reader r = gv_reader_of(gv_view_of(compact_table[i].bytes, compact_table[i].n));
        uint64_t v = gv_read_compact(&r);
        assert_int_equal(!r.bad, compact_table[i].good);
        assert_true(v == compact_table[i].value);
        for (size_t n = 0; n < compact_table[i].n; n++) {
            r = gv_reader_of(gv_view_of(compact_table[i].bytes, n));
            assert_int_equal(gv_read_compact(&r), 0);
            assert_true(r.bad);
        }
    }
}

static void compact_size_writes_what_it_reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(compact_table) / sizeof(compact_table[0]); i++) {
        if (!compact_table[i].good) {
            continue;
        }
        uint8_t out[9];
        struct gv_writer w = gv_writer_of(out, sizeof(out));
        gv_write_compact(&w, compact_table[i].value);
        assert_false(w.full);
        assert_int_equal(w.n, compact_table[i].n);
        assert_int_equal(gv_compact_size(compact_table[i].value), w.n);
        assert_memory_equal(out, compact_table[i].bytes, w.n);
    }
}

static void write_all(struct gv_writer *w)
{
    gv_write_u8(w, 0x01);
    gv_write_bytes(w, gv_view_of(message + 1, 2));
    gv_write_u32le(w, 0x07060504);
    gv_write_u64le(w, UINT64_C(0x0f0e0d0c0b0a0908));
    gv_write_compact(w, 256);
    gv_write_var_bytes(w, gv_view_of("abc", 3));
}

static void writer_makes_the_message_it_reads(void **state)
{
    (void)state;
    uint8_t out[sizeof(message)];
    struct gv_writer w = gv_writer_of(out, sizeof(out));
    write_all(&w);
    assert_false(w.full);
    assert_true(gv_view_equal(gv_written(&w), gv_view_of(message, sizeof(message))));
}

static void every_smaller_buffer_is_full_and_not_overrun(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < sizeof(message); cap++) {
        uint8_t out[sizeof(message) + 1];
        memset(out, 0xa5, sizeof(out));
        struct gv_writer w = gv_writer_of(out, cap);
        write_all(&w);
        assert_true(w.full);
        assert_true(w.n <= cap);
        assert_memory_equal(out, message, w.n);
        for (size_t i = w.n; i < sizeof(out); i++) {
            assert_int_equal(out[i], 0xa5);
        }
    }
}

static void length_and_bytes_are_written_both_or_not_at_all(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 4; cap++) {
        uint8_t out[4];
        struct gv_writer w = gv_writer_of(out, cap);
        gv_write_var_bytes(&w, gv_view_of("abc", 3));
        assert_true(w.full);
        assert_int_equal(w.n, 0);
    }
}

static void full_is_sticky(void **state)
{
    (void)state;
    uint8_t out[4];
    struct gv_writer w = gv_writer_of(out, sizeof(out));
    gv_write_u64le(&w, 1);
    gv_write_u8(&w, 1);
    gv_write_compact(&w, 1);
    gv_write_var_bytes(&w, gv_view_of("a", 1));
    assert_true(w.full);
    assert_int_equal(w.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_message_reads_little_endian),
        cmocka_unit_test(every_truncation_is_bad_and_reads_nothing_behind_it),
        cmocka_unit_test(bad_is_sticky_and_later_reads_give_zero),
        cmocka_unit_test(lengths_beyond_any_memory_are_bad),
        cmocka_unit_test(reading_nothing_from_nothing_is_fine),
        cmocka_unit_test(compact_size_takes_only_minimal_forms),
        cmocka_unit_test(compact_size_writes_what_it_reads),
        cmocka_unit_test(writer_makes_the_message_it_reads),
        cmocka_unit_test(every_smaller_buffer_is_full_and_not_overrun),
        cmocka_unit_test(length_and_bytes_are_written_both_or_not_at_all),
        cmocka_unit_test(full_is_sticky),
    };
    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
