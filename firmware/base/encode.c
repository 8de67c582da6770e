/* Hex and base64 of bytes.h. */
#include "firmware/base/bytes.h"

/* ---- hex ---------------------------------------------------------------------------------- */

static const char hex_digits[16] = {'0', '1', '2', '3', '4', '5', '6', '7',
                                    '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

void gv_hex_encode(char *text, struct gv_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        text[2 * i] = hex_digits[v.p[i] >> 4];
        text[2 * i + 1] = hex_digits[v.p[i] & 15];
    }
    text[2 * v.n] = '\0';
}

void gv_hex_encode_reversed(char *text, struct gv_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        uint8_t byte = v.p[v.n - 1 - i];
        text[2 * i] = hex_digits[byte >> 4];
        text[2 * i + 1] = hex_digits[byte & 15];
    }
    text[2 * v.n] = '\0';
}

int gv_hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

static enum gv_err hex_decode(uint8_t *out, size_t n, const char *text, size_t text_len,
                              bool reversed)
{
    if (text_len / 2 != n || text_len % 2 != 0) {
        return GV_ERR_INVALID;
    }
    for (size_t i = 0; i < n; i++) {
        int high = gv_hex_value(text[2 * i]);
        int low = gv_hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return GV_ERR_INVALID;
        }
        out[reversed ? n - 1 - i : i] = (uint8_t)(high * 16 + low);
    }
    return GV_OK;
}

enum gv_err gv_hex_decode(uint8_t *out, size_t n, const char *text, size_t text_len)
{
    return hex_decode(out, n, text, text_len, false);
}

enum gv_err gv_hex_decode_reversed(uint8_t *out, size_t n, const char *text, size_t text_len)
{
    return hex_decode(out, n, text, text_len, true);
}

/* ---- base64 ------------------------------------------------------------------------------- */

static const char base64_digits[65] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Value of each byte as a digit plus one, 0 where it is none. */
static const uint8_t base64_values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

size_t gv_base64_encode(char *text, struct gv_view v)
{
    const uint8_t *p = v.p;
    size_t left = v.n;
    char *t = text;
    for (; left >= 3; left -= 3, p += 3, t += 4) {
        uint32_t group = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        t[0] = base64_digits[group >> 18];
        t[1] = base64_digits[group >> 12 & 63];
        t[2] = base64_digits[group >> 6 & 63];
        t[3] = base64_digits[group & 63];
    }
    if (left > 0) {
        uint32_t group = (uint32_t)p[0] << 16 | (left == 2 ? (uint32_t)p[1] << 8 : 0);
        t[0] = base64_digits[group >> 18];
        t[1] = base64_digits[group >> 12 & 63];
        t[2] = '=';
        t[3] = '=';
        if (left == 2) {
            t[2] = base64_digits[group >> 6 & 63];
        }
        t += 4;
    }
    *t = '\0';
    return (size_t)(t - text);
}

/* The last group: two or three digits and padding. Writes digits - 1 bytes. */
static enum gv_err decode_padded(uint8_t *out, const char *text, size_t digits)
{
    uint32_t group = 0;
    for (size_t i = 0; i < digits; i++) {
        uint32_t value = base64_values[(uint8_t)text[i]];
        if (value == 0) {
            return GV_ERR_INVALID;
        }
        group |= (value - 1) << (18 - 6 * i);
    }
    /* Bits that no byte uses must be zero, or one content would have several texts. */
    uint32_t spare = digits == 2 ? 0xffff : 0xff;
    if ((group & spare) != 0) {
        return GV_ERR_INVALID;
    }
    out[0] = (uint8_t)(group >> 16);
    if (digits == 3) {
        out[1] = (uint8_t)(group >> 8);
    }
    return GV_OK;
}

enum gv_err gv_base64_decode(uint8_t *out, size_t *out_len, size_t cap, const char *text,
                             size_t text_len)
{
    *out_len = 0;
    if (text_len % 4 != 0) {
        return GV_ERR_INVALID;
    }
    if (text_len == 0) {
        return GV_OK;
    }
    size_t padding = 0;
    if (text[text_len - 1] == '=') {
        padding = text[text_len - 2] == '=' ? 2 : 1;
    }
    size_t n = text_len / 4 * 3 - padding;
    if (n > cap) {
        return GV_ERR_TOO_LARGE;
    }
    size_t whole = padding == 0 ? text_len : text_len - 4;
    uint8_t *o = out;
    for (size_t i = 0; i < whole; i += 4, o += 3) {
        uint32_t a = base64_values[(uint8_t)text[i]];
        uint32_t b = base64_values[(uint8_t)text[i + 1]];
        uint32_t c = base64_values[(uint8_t)text[i + 2]];
        uint32_t d = base64_values[(uint8_t)text[i + 3]];
        if (a == 0 || b == 0 || c == 0 || d == 0) {
            return GV_ERR_INVALID;
        }
        uint32_t group = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);
        o[0] = (uint8_t)(group >> 16);
        o[1] = (uint8_t)(group >> 8);
        o[2] = (uint8_t)group;
    }
    if (padding != 0) {
        enum gv_err err = decode_padded(o, text + whole, 4 - padding);
        if (err != GV_OK) {
            return err;
        }
    }
    *out_len = n;
    return GV_OK;
}

/* ---- base64url ---------------------------------------------------------------------------- */

size_t gv_base64url_encode(char *text, struct gv_view v)
{
    size_t n = gv_base64_encode(text, v);
    while (n > 0 && text[n - 1] == '=') {
        n--;
    }
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '+') {
            text[i] = '-';
        } else if (text[i] == '/') {
            text[i] = '_';
        }
    }
    text[n] = '\0';
    return n;
}

enum gv_err gv_base64url_decode(uint8_t *out, size_t *out_len, size_t cap, struct gv_view text)
{
    char plain[GV_BASE64URL_TEXT_MAX + 4];
    size_t n = text.n;
    *out_len = 0;
    if (n > GV_BASE64URL_TEXT_MAX) {
        return GV_ERR_TOO_LARGE;
    }
    for (size_t i = 0; i < n; i++) {
        const char c = (char)text.p[i];
        if (c == '+' || c == '/' || c == '=') {
            return GV_ERR_INVALID;
        }
        plain[i] = c;
        if (c == '-') {
            plain[i] = '+';
        } else if (c == '_') {
            plain[i] = '/';
        }
    }
    while (n % 4 != 0) {
        plain[n++] = '=';
    }
    return gv_base64_decode(out, out_len, cap, plain, n);
}
