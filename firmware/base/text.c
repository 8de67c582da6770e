#include "firmware/base/text.h"

#include "firmware/base/assert.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool gv_format(char *out, size_t cap, const char *fmt, ...)
{
    GV_ASSERT(cap > 0);
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(out, cap, fmt, args);
    va_end(args);
    if (n < 0) {
        out[0] = '\0';
        return false;
    }
    return (size_t)n < cap;
}

void gv_format_cut(char *out, size_t cap, const char *fmt, ...)
{
    GV_ASSERT(cap > 0);
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(out, cap, fmt, args);
    va_end(args);
    if (n < 0) {
        out[0] = '\0';
    }
}

bool gv_text_copy(char *out, size_t cap, const char *text)
{
    GV_ASSERT(cap > 0);
    size_t n = strnlen(text, cap);
    if (n == cap) {
        out[0] = '\0';
        return false;
    }
    memcpy(out, text, n + 1);
    return true;
}

bool gv_parse_u64(uint64_t *out, struct gv_view text, uint64_t max)
{
    if (text.n == 0 || (text.n > 1 && text.p[0] == '0')) {
        return false;
    }
    uint64_t v = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)text.p[i] - '0';
        if (v > (UINT64_MAX - digit) / 10) {
            return false;
        }
        v = v * 10 + digit;
    }
    if (v > max) {
        return false;
    }
    *out = v;
    return true;
}

bool gv_view_is(struct gv_view v, const char *text)
{
    return gv_view_equal(v, gv_view_str(text));
}

/* A row of Unicode 15, table 3-7: what may follow a first byte. It leaves no room for surrogates,
 * overlong forms and values above U+10FFFF. */
struct utf8_row {
    uint8_t first_min;
    uint8_t first_max;
    uint8_t second_min;
    uint8_t second_max;
    size_t length;
};

static const struct utf8_row utf8_rows[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool within(uint8_t c, uint8_t min, uint8_t max)
{
    return c >= min && c <= max;
}

size_t gv_utf8_sequence(struct gv_view v)
{
    const struct utf8_row *row = utf8_rows;
    const struct utf8_row *end = row + sizeof(utf8_rows) / sizeof(utf8_rows[0]);
    while (row < end && !within(v.p[0], row->first_min, row->first_max)) {
        row++;
    }
    if (row == end || v.n < row->length || !within(v.p[1], row->second_min, row->second_max)) {
        return 0;
    }
    for (size_t i = 2; i < row->length; i++) {
        if (!within(v.p[i], 0x80, 0xbf)) {
            return 0;
        }
    }
    return row->length;
}

bool gv_text_is_plain(struct gv_view v)
{
    size_t i = 0;
    while (i < v.n) {
        const bool ascii = v.p[i] >= 0x20 && v.p[i] < 0x7f;
        const size_t n = ascii ? 1 : gv_utf8_sequence(gv_view_of(v.p + i, v.n - i));
        if (n == 0) {
            return false;
        }
        i += n;
    }
    return true;
}
