/* Hex and base64. Base64 is shown over its whole small world: every last group there is, every byte
 * in every place. Vectors: RFC 4648 section 10. */
#include "firmware/base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static const struct {
    const char *plain;
    const char *text;
} rfc4648[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void base64_passes_the_rfc_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rfc4648) / sizeof(rfc4648[0]); i++) {
        const char *plain = rfc4648[i].plain;
        char text[16];
        uint8_t out[8];
        size_t n = 99;
        size_t text_len = gv_base64_encode(text, gv_view_of(plain, strlen(plain)));
        assert_string_equal(text, rfc4648[i].text);
        assert_int_equal(text_len, strlen(rfc4648[i].text));
        assert_int_equal(text_len, GV_BASE64_LEN(strlen(plain)));
        assert_int_equal(gv_base64_decode(out, &n, sizeof(out), text, text_len), GV_OK);
        assert_int_equal(n, strlen(plain));
        assert_memory_equal(out, plain, n);
    }
}

/* Of all groups of `digits` digits and padding exactly those with zero spare bits decode, each to
 * its own bytes. */
static void try_all_padded_groups(size_t digits)
{
    uint32_t groups = digits == 2 ? 64 * 64 : 64 * 64 * 64;
    uint32_t spare = digits == 2 ? 15 : 3;
    uint32_t good = 0;
    for (uint32_t v = 0; v < groups; v++) {
        char text[4] = {'=', '=', '=', '='};
        for (size_t i = 0; i < digits; i++) {
            text[i] = alphabet[v >> (6 * (digits - 1 - i)) & 63];
        }
        uint8_t out[2];
        size_t n = 99;
        enum gv_err err = gv_base64_decode(out, &n, sizeof(out), text, 4);
        if ((v & spare) != 0) {
            assert_int_equal(err, GV_ERR_INVALID);
            continue;
        }
        assert_int_equal(err, GV_OK);
        assert_int_equal(n, digits - 1);
        uint32_t value = digits == 2 ? v >> 4 : v >> 2;
        assert_int_equal(digits == 2 ? out[0] : (uint32_t)out[0] << 8 | out[1], value);
        char again[5];
        assert_int_equal(gv_base64_encode(again, gv_view_of(out, n)), 4);
        assert_memory_equal(again, text, 4);
        good++;
    }
    assert_int_equal(good, digits == 2 ? 256 : 65536);
}

static void base64_refuses_every_nonzero_spare_bit(void **state)
{
    (void)state;
    try_all_padded_groups(2);
    try_all_padded_groups(3);
}

static void base64_refuses_every_byte_outside_the_alphabet_in_every_place(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < 8; at++) {
            char text[] = "AAAAAAAA";
            text[at] = (char)byte;
            uint8_t out[6];
            size_t n = 0;
            bool digit = byte != 0 && strchr(alphabet, byte) != NULL;
            bool padding = byte == '=' && at == 7;
            enum gv_err err = gv_base64_decode(out, &n, sizeof(out), text, 8);
            assert_int_equal(err, digit || padding ? GV_OK : GV_ERR_INVALID);
        }
    }
}

static void base64_refuses_wrong_lengths_and_padding(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "A",        "AA",         "AAA",       "AAAAA",    "AAAAAA", "AAAAAAA", "=",
        "==",       "===",        "====",      "A===",     "=AAA",   "A=AA",    "AA=A",
        "A==A",     "AA=",        "AAA==",     "AA===",    "AAAA=",  "AAAA==",  "AAAA====",
        "AA==AAAA", "AA==AA==",   "AAA=AAA=",  "AAA=AAAA", " AAA",   "AAA ",    "AAA\n",
        "AAAA\n",   "AAAA\r\n\n", "AA\nA",     "AAAA ",    "AA-A",   "AA_A",    "QUJ\xc3",
        "AAAAA===", "AAAA=AAA",   "AAAA\0AAA",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t out[16];
        size_t n = 99;
        size_t len = i + 1 == sizeof(bad) / sizeof(bad[0]) ? 8 : strlen(bad[i]);
        assert_int_equal(gv_base64_decode(out, &n, sizeof(out), bad[i], len), GV_ERR_INVALID);
        assert_int_equal(n, 0);
    }
}

static void base64_decodes_to_exactly_cap_and_into_its_own_text(void **state)
{
    (void)state;
    for (size_t len = 0; len < 64; len++) {
        uint8_t plain[64];
        for (size_t i = 0; i < len; i++) {
            plain[i] = (uint8_t)(i * 37 + len);
        }
        char text[GV_BASE64_LEN(64) + 1];
        size_t text_len = gv_base64_encode(text, gv_view_of(plain, len));
        uint8_t out[65];
        size_t n = 99;
        memset(out, 0xa5, sizeof(out));
        assert_int_equal(gv_base64_decode(out, &n, len, text, text_len), GV_OK);
        assert_int_equal(n, len);
        assert_memory_equal(out, plain, len);
        assert_int_equal(out[len], 0xa5);
        if (len > 0) {
            assert_int_equal(gv_base64_decode(out, &n, len - 1, text, text_len), GV_ERR_TOO_LARGE);
            assert_int_equal(n, 0);
        }
        assert_int_equal(gv_base64_decode((uint8_t *)text, &n, len, text, text_len), GV_OK);
        assert_memory_equal(text, plain, len);
    }
}

static void hex_encodes_forward_and_reversed(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x01, 0x7f, 0x80, 0xab, 0xff};
    char text[13];
    gv_hex_encode(text, gv_view_of(bytes, sizeof(bytes)));
    assert_string_equal(text, "00017f80abff");
    gv_hex_encode_reversed(text, gv_view_of(bytes, sizeof(bytes)));
    assert_string_equal(text, "ffab807f0100");
    gv_hex_encode(text, gv_view_of(NULL, 0));
    assert_string_equal(text, "");
}

static void hex_decodes_both_cases_both_ways(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0xab, 0xcd, 0xef, 0x09};
    static const uint8_t reversed[] = {0x09, 0xef, 0xcd, 0xab};
    uint8_t out[4];
    assert_int_equal(gv_hex_decode(out, 4, "aBCdEf09", 8), GV_OK);
    assert_memory_equal(out, bytes, 4);
    assert_int_equal(gv_hex_decode_reversed(out, 4, "abcdef09", 8), GV_OK);
    assert_memory_equal(out, reversed, 4);
    assert_int_equal(gv_hex_decode(out, 0, "", 0), GV_OK);
}

static void hex_takes_exactly_the_hex_digits(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < 4; at++) {
            char text[] = "1234";
            text[at] = (char)byte;
            bool digit = byte != 0 && strchr("0123456789abcdefABCDEF", byte) != NULL;
            uint8_t out[2];
            assert_int_equal(gv_hex_decode(out, 2, text, 4), digit ? GV_OK : GV_ERR_INVALID);
        }
    }
}

static void hex_refuses_every_other_length(void **state)
{
    (void)state;
    for (size_t len = 0; len < 12; len++) {
        uint8_t out[4];
        enum gv_err want = len == 8 ? GV_OK : GV_ERR_INVALID;
        assert_int_equal(gv_hex_decode(out, 4, "0011223344556677", len), want);
        assert_int_equal(gv_hex_decode_reversed(out, 4, "0011223344556677", len), want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_passes_the_rfc_vectors),
        cmocka_unit_test(base64_refuses_every_nonzero_spare_bit),
        cmocka_unit_test(base64_refuses_every_byte_outside_the_alphabet_in_every_place),
        cmocka_unit_test(base64_refuses_wrong_lengths_and_padding),
        cmocka_unit_test(base64_decodes_to_exactly_cap_and_into_its_own_text),
        cmocka_unit_test(hex_encodes_forward_and_reversed),
        cmocka_unit_test(hex_decodes_both_cases_both_ways),
        cmocka_unit_test(hex_takes_exactly_the_hex_digits),
        cmocka_unit_test(hex_refuses_every_other_length),
    };
    return cmocka_run_group_tests_name("encode", tests, NULL, NULL);
}
