#include "web/api/orders_csv.h"

#include "firmware/base/text.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* what spreadsheets put before UTF-8 */

/* Take a field off the text, unquoted in place (RFC 4180). Returns: false when a quotation is broken. */
static bool take_field(char **at, const char *end, struct gv_view *field)
{
    char *p = *at;
    char *out = p;
    const bool quoted = p < end && *p == '"';
    *field = gv_view_of(p, 0);
    for (p += quoted; p < end; p++) {
        if (quoted && *p == '"' && p + 1 < end && p[1] == '"') {
            p++;
        } else if (quoted ? *p == '"' : (*p == ',' || *p == '\n' || *p == '\r')) {
            break;
        }
        *out++ = *p;
    }
    field->n = (size_t)(out - (char *)*at);
    if (quoted && p++ == end) {
        return false;
    }
    *at = p;
    return p >= end || *p == ',' || *p == '\n' || *p == '\r';
}

/* Take a line off the text, with its end. Out: first: its first field. */
static bool take_line(char **at, const char *end, struct gv_view *first)
{
    struct gv_view rest;
    bool good = take_field(at, end, first);
    while (good && *at < end && **at == ',') {
        (*at)++;
        good = take_field(at, end, &rest);
    }
    *at += *at < end && **at == '\r';
    *at += *at < end && **at == '\n';
    return good;
}

enum gv_err gv_orders_csv_parse(struct gv_order_upload *upload, char *text, size_t n,
                                struct gv_fail *fail)
{
    const size_t mark = sizeof(BYTE_ORDER_MARK) - 1;
    char *at = text + (n >= mark && memcmp(text, BYTE_ORDER_MARK, mark) == 0 ? mark : 0);
    const char *end = text + n;
    for (unsigned line = 1; at < end; line++) {
        struct gv_view field;
        if (!take_line(&at, end, &field)) {
            return gv_fail(fail, GV_ERR_INVALID, "orders.csv", "line %u is no line of a table",
                           line);
        }
        if (field.n == 0 || (line == 1 && gv_view_is(field, "description"))) {
            continue;
        }
        const enum gv_err err = gv_order_upload_put(upload, field, fail);
        if (err != GV_OK) {
            return err;
        }
    }
    return GV_OK;
}
