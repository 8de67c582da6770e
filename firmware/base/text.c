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
