/* Counterparty asset names and exact quantities. Source: Counterparty protocol, asset names and
 * subassets; quantities are int64 base units, divisible assets have 8 decimals. */
#include "app/auction/dutch/dutch.h"

#include "firmware/base/text.h"

#include <inttypes.h>
#include <stdio.h>

#define LONG_NAME_MAX 250u
#define DECIMALS      8u

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

/* Four to twelve letters, the first one not A. */
static bool is_named(struct gv_view name)
{
    if (name.n < 4 || name.n > 12 || name.p[0] == 'A') {
        return false;
    }
    for (size_t i = 0; i < name.n; i++) {
        if (!is_upper(name.p[i])) {
            return false;
        }
    }
    return true;
}

/* "A" and an integer above 26^12, the numbers that no letter name can take. */
static bool is_numeric(struct gv_view name)
{
    const uint64_t letters_end = 95428956661682176u; /* 26^12 */
    uint64_t number;
    if (name.n < 2 || name.p[0] != 'A') {
        return false;
    }
    return gv_parse_u64(&number, gv_view_of(name.p + 1, name.n - 1), UINT64_MAX) &&
           number > letters_end;
}

static bool is_child_char(uint8_t c)
{
    return is_upper(c) || is_digit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '-' ||
           c == '_' || c == '@' || c == '!';
}

/* PARENT.child: a letter name, then dot-separated non-empty parts. */
static bool is_subasset(struct gv_view name)
{
    size_t dot = 0;
    while (dot < name.n && name.p[dot] != '.') {
        dot++;
    }
    if (name.n > LONG_NAME_MAX || dot + 1 >= name.n || !is_named(gv_view_of(name.p, dot))) {
        return false;
    }
    for (size_t i = dot + 1; i < name.n; i++) {
        if (!is_child_char(name.p[i]) || (name.p[i] == '.' && name.p[i - 1] == '.')) {
            return false;
        }
    }
    return name.p[name.n - 1] != '.';
}

enum gv_err gv_asset_name_check(struct gv_view name, struct gv_fail *fail)
{
    if (gv_view_is(name, "BTC")) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/asset_name", "dutch.asset_name",
                          "BTC is the money here and cannot be listed");
    }
    if (gv_view_is(name, "XCP") || is_named(name) || is_numeric(name) || is_subasset(name)) {
        return GV_OK;
    }
    return gv_fail_at(fail, GV_ERR_INVALID, "/asset_name", "dutch.asset_name",
                      "asset_name must be XCP, 4 to 12 capital letters not starting with A, A and "
                      "a number, or PARENT.child");
}

static enum gv_err bad_qty(struct gv_fail *fail, const char *text)
{
    return gv_fail_at(fail, GV_ERR_INVALID, "/asset_qty", "dutch.asset_qty", "%s", text);
}

/* A decimal number while it is read: units of 10^-decimals. */
struct decimal {
    uint64_t units;
    unsigned decimals;
    bool point; /* the point was read */
};

static bool append(struct decimal *d, uint8_t digit)
{
    if (d->units > ((uint64_t)INT64_MAX - digit) / 10u) {
        return false;
    }
    d->units = d->units * 10u + digit;
    return true;
}

static enum gv_err take_digit(struct decimal *d, uint8_t digit, bool divisible,
                              struct gv_fail *fail)
{
    if (d->point && ++d->decimals > DECIMALS) {
        return bad_qty(fail, "asset_qty has more than 8 decimals");
    }
    if (d->point && !divisible) {
        return digit == 0 ? GV_OK
                          : bad_qty(fail, "this asset is indivisible: asset_qty must be whole");
    }
    return append(d, digit) ? GV_OK : bad_qty(fail, "asset_qty is above 2^63-1 base units");
}

enum gv_err gv_asset_qty_parse(int64_t *base, struct gv_view text, bool divisible,
                               struct gv_fail *fail)
{
    struct decimal d = {0};
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '.' && i > 0 && !d.point) {
            d.point = true;
            continue;
        }
        if (!is_digit(text.p[i])) {
            return bad_qty(fail, "asset_qty must be a plain positive decimal number");
        }
        const enum gv_err err = take_digit(&d, (uint8_t)(text.p[i] - '0'), divisible, fail);
        if (err != GV_OK) {
            return err;
        }
    }
    if (text.n == 0 || (d.point && d.decimals == 0)) {
        return bad_qty(fail, "asset_qty must be a plain positive decimal number");
    }
    for (; divisible && d.decimals < DECIMALS; d.decimals++) {
        if (!append(&d, 0)) {
            return bad_qty(fail, "asset_qty is above 2^63-1 base units");
        }
    }
    if (d.units == 0) {
        return bad_qty(fail, "asset_qty must be above 0");
    }
    *base = (int64_t)d.units;
    return GV_OK;
}

void gv_asset_qty_format(char text[GV_QTY_TEXT_MAX], int64_t base, bool divisible)
{
    const int64_t unit = 100000000;
    if (!divisible) {
        snprintf(text, GV_QTY_TEXT_MAX, "%" PRId64 ".0", base);
        return;
    }
    const int n =
        snprintf(text, GV_QTY_TEXT_MAX, "%" PRId64 ".%08" PRId64, base / unit, base % unit);
    for (int i = n - 1; i > 0 && text[i] == '0' && text[i - 1] != '.'; i--) {
        text[i] = '\0';
    }
}
