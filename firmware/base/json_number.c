/* Numbers of json.h from their text: exact integers, never a double. yyjson has checked that the
 * text is a JSON number: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)? */
#include "firmware/base/json.h"

enum {
    SATS_DECIMALS = 8
};
#define EXPONENT_MAX 1000000000 /* larger ones count as this: still far outside int64 */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Signed value of a magnitude. false when outside int64. */
static bool with_sign(bool negative, uint64_t magnitude, int64_t *out)
{
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0)) {
        return false;
    }
    if (!negative) {
        *out = (int64_t)magnitude;
    } else {
        *out = magnitude == 0 ? 0 : -(int64_t)(magnitude - 1) - 1;
    }
    return true;
}

/* v * 10 + digit. false on overflow. */
static bool shift_in(uint64_t *v, uint64_t digit)
{
    if (*v > (UINT64_MAX - digit) / 10) {
        return false;
    }
    *v = *v * 10 + digit;
    return true;
}

bool gv_json_int(gv_json_ref v, int64_t *out)
{
    struct gv_view text;
    if (!gv_json_number_text(v, &text)) {
        return false;
    }
    bool negative = text.p[0] == '-';
    uint64_t magnitude = 0;
    for (size_t i = negative ? 1 : 0; i < text.n; i++) {
        if (!is_digit(text.p[i]) || !shift_in(&magnitude, (uint64_t)text.p[i] - '0')) {
            return false;
        }
    }
    if (negative && magnitude == 0) {
        return false; /* "-0" */
    }
    return with_sign(negative, magnitude, out);
}

/* mantissa * 10^exponent; the mantissa does not end in zero unless it is zero. */
struct decimal {
    uint64_t mantissa;
    int64_t exponent;
    bool negative;
};

static int64_t read_exponent(const uint8_t *p, size_t n)
{
    size_t i = 0;
    bool negative = n > 0 && p[0] == '-';
    if (n > 0 && !is_digit(p[0])) {
        i = 1;
    }
    int64_t e = 0;
    for (; i < n; i++) {
        if (e < EXPONENT_MAX) {
            e = e * 10 + (p[i] - '0');
        }
    }
    return negative ? -e : e;
}

/* false when there are more significant digits than 64 bits hold. */
static bool read_decimal(struct decimal *d, struct gv_view text)
{
    *d = (struct decimal){.negative = text.p[0] == '-'};
    int64_t zeros = 0; /* read, but not yet part of the mantissa */
    int64_t after_point = 0;
    bool fraction = false;
    size_t i = d->negative ? 1 : 0;
    for (; i < text.n && text.p[i] != 'e' && text.p[i] != 'E'; i++) {
        if (text.p[i] == '.') {
            fraction = true;
            continue;
        }
        after_point += fraction ? 1 : 0;
        zeros++;
        if (text.p[i] == '0') {
            continue;
        }
        for (; zeros > 1; zeros--) {
            if (d->mantissa != 0 && !shift_in(&d->mantissa, 0)) {
                return false;
            }
        }
        if (!shift_in(&d->mantissa, (uint64_t)text.p[i] - '0')) {
            return false;
        }
        zeros = 0;
    }
    if (i < text.n) {
        d->exponent = read_exponent(text.p + i + 1, text.n - i - 1);
    }
    d->exponent += zeros - after_point;
    return true;
}

bool gv_json_sats(gv_json_ref v, int64_t *sats)
{
    struct gv_view text;
    struct decimal d;
    if (!gv_json_number_text(v, &text) || !read_decimal(&d, text)) {
        return false;
    }
    if (d.mantissa == 0) {
        *sats = 0;
        return true;
    }
    int64_t scale = d.exponent + SATS_DECIMALS;
    if (scale < 0) {
        return false; /* the last digit is not zero and stands behind the last unit */
    }
    for (; scale > 0; scale--) {
        if (!shift_in(&d.mantissa, 0)) {
            return false; /* after at most 20 rounds */
        }
    }
    return with_sign(d.negative, d.mantissa, sats);
}
