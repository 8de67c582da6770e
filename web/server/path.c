#include "web/server/worker.h"

#include "firmware/base/text.h"

#include <string.h>

/* One character, escaped or not. Returns how many characters of `p` it takes; 0 when broken. */
static size_t decode_one(const char *p, size_t n, unsigned char *out)
{
    if (p[0] != '%') {
        *out = (unsigned char)p[0];
        return 1;
    }
    int high = n >= 3 ? gv_hex_value(p[1]) : -1;
    int low = n >= 3 ? gv_hex_value(p[2]) : -1;
    if (high < 0 || low < 0) {
        return 0;
    }
    *out = (unsigned char)(high * 16 + low);
    return 3;
}

static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

/* Absolute, and no segment is ".", ".." or empty (but the last, after a final slash). */
static bool well_formed(const char *path, size_t n)
{
    if (n == 0 || path[0] != '/') {
        return false;
    }
    size_t start = 1;
    while (start < n) {
        const char *slash = memchr(path + start, '/', n - start);
        size_t end = slash != NULL ? (size_t)(slash - path) : n;
        struct gv_view segment = gv_view_of(path + start, end - start);
        if (segment.n == 0 || gv_view_is(segment, ".") || gv_view_is(segment, "..")) {
            return false;
        }
        start = end + 1;
    }
    return true;
}

enum gv_err gv_path_decode(char *out, size_t cap, size_t *out_len, const char *raw,
                           struct gv_fail *fail)
{
    size_t raw_n = strlen(raw);
    size_t n = 0;
    for (size_t i = 0; i < raw_n;) {
        unsigned char c = 0;
        size_t taken = decode_one(raw + i, raw_n - i, &c);
        /* An escaped slash would be a separator for some readers and a character for others. */
        if (taken == 0 || is_control(c) || (taken == 3 && c == '/')) {
            return gv_fail(fail, GV_ERR_INVALID, "path.encoding",
                           "the path holds a broken escape, a control character or %%2F");
        }
        if (n + 1 >= cap) {
            return gv_fail(fail, GV_ERR_TOO_LARGE, "path.too_long",
                           "the path is longer than %zu characters", cap - 1);
        }
        out[n++] = (char)c;
        i += taken;
    }
    out[n] = '\0';
    *out_len = n;
    if (!well_formed(out, n)) {
        return gv_fail(fail, GV_ERR_INVALID, "path.form",
                       "the path must start with / and hold no empty, . or .. segment");
    }
    return GV_OK;
}

/* ---- Query ------------------------------------------------------------------------------------ */

static enum gv_err decode_value(char *out, size_t cap, size_t *out_len, struct gv_view value,
                                struct gv_fail *fail)
{
    const char *p = (const char *)value.p;
    size_t n = 0;
    for (size_t i = 0; i < value.n;) {
        unsigned char c = 0;
        size_t taken = decode_one(p + i, value.n - i, &c);
        if (taken == 0 || c == '\0') {
            return gv_fail(fail, GV_ERR_INVALID, "query.encoding",
                           "the query holds a broken escape or a NUL");
        }
        if (taken == 1 && c == '+') {
            c = ' ';
        }
        if (n + 1 >= cap) {
            return gv_fail(fail, GV_ERR_TOO_LARGE, "query.too_long",
                           "a query parameter is longer than %zu characters", cap - 1);
        }
        out[n++] = (char)c;
        i += taken;
    }
    out[n] = '\0';
    *out_len = n;
    return GV_OK;
}

/* The next "name=value" of a query; false at its end. */
static bool next_pair(struct gv_view *query, struct gv_view *name, struct gv_view *value)
{
    if (query->n == 0) {
        return false;
    }
    const uint8_t *amp = memchr(query->p, '&', query->n);
    struct gv_view pair = gv_view_of(query->p, amp != NULL ? (size_t)(amp - query->p) : query->n);
    size_t taken = pair.n + (amp != NULL ? 1u : 0u);
    *query = gv_view_of(query->p + taken, query->n - taken);
    const uint8_t *equals = pair.n > 0 ? memchr(pair.p, '=', pair.n) : NULL;
    size_t name_n = equals != NULL ? (size_t)(equals - pair.p) : pair.n;
    *name = gv_view_of(pair.p, name_n);
    *value = equals != NULL ? gv_view_of(equals + 1, pair.n - name_n - 1)
                            : gv_view_of(pair.p + pair.n, 0);
    return true;
}

enum gv_err gv_web_query(const struct gv_web_request *request, const char *name, char *out,
                         size_t cap, size_t *out_len, struct gv_fail *fail)
{
    struct gv_view rest = request->query;
    struct gv_view key;
    struct gv_view value;
    struct gv_view found = {0};
    while (next_pair(&rest, &key, &value)) {
        if (gv_view_is(key, name)) {
            if (found.p != NULL) {
                return gv_fail(fail, GV_ERR_INVALID, "query.encoding",
                               "the query parameter %s is given twice", name);
            }
            found = value;
        }
    }
    if (found.p == NULL) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "query.absent", "the query has no %s", name);
    }
    return decode_value(out, cap, out_len, found, fail);
}
