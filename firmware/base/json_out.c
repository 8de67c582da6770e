/* The writing half of json.h. */
#include "firmware/base/json.h"
#include "firmware/base/text.h"

#include <string.h>

enum {
    UINT64_DIGITS = 20,
    HASH_BYTES = 32
};

#define BYTES(c) (UINT64_C(0x0101010101010101) * (uint64_t)(c)) /* one byte, eight times */

void gv_json_out_init(struct gv_json_out *out, char *p, size_t cap)
{
    *out = (struct gv_json_out){.p = p, .n = 0, .cap = cap, .full = false, .comma = false};
}

/* ---- bytes -------------------------------------------------------------------------------- */

/* Whether `bytes` more fit; if not, nothing is written any more. */
static bool fits(struct gv_json_out *out, size_t bytes)
{
    if (out->full || out->cap - out->n < bytes) {
        out->full = true;
        return false;
    }
    return true;
}

static void put(struct gv_json_out *out, const char *text, size_t n)
{
    if (n > 0 && fits(out, n)) {
        memcpy(out->p + out->n, text, n);
        out->n += n;
    }
}

static void put_char(struct gv_json_out *out, char c)
{
    if (fits(out, 1)) {
        out->p[out->n++] = c;
    }
}

/* Before every value; the value's own writer follows. */
static void separate(struct gv_json_out *out)
{
    if (out->comma) {
        put_char(out, ',');
    }
    out->comma = true;
}

/* ---- structure ---------------------------------------------------------------------------- */

static void begin(struct gv_json_out *out, char bracket)
{
    separate(out);
    put_char(out, bracket);
    out->comma = false;
}

static void end(struct gv_json_out *out, char bracket)
{
    put_char(out, bracket);
    out->comma = true;
}

void gv_jo_object(struct gv_json_out *out)
{
    begin(out, '{');
}

void gv_jo_object_end(struct gv_json_out *out)
{
    end(out, '}');
}

void gv_jo_array(struct gv_json_out *out)
{
    begin(out, '[');
}

void gv_jo_array_end(struct gv_json_out *out)
{
    end(out, ']');
}

void gv_jo_key(struct gv_json_out *out, const char *key)
{
    gv_jo_string(out, key);
    put_char(out, ':');
    out->comma = false;
}

/* ---- text --------------------------------------------------------------------------------- */

/* Bytes that go out as they are: ASCII but the controls, the quote and the backslash. */
static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Whether a word of eight bytes has a zero byte; the high bit of some byte of the result tells.
 * Source: A. Mycroft's test, as in S. Anderson, "Bit Twiddling Hacks". */
static uint64_t zero_byte(uint64_t word)
{
    return (word - BYTES(0x01)) & ~word;
}

/* Length of the plain text at the start of v: eight bytes at a time, the rest one by one. */
static size_t plain_run(struct gv_view v)
{
    size_t n = 0;
    for (; v.n - n >= sizeof(uint64_t); n += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, v.p + n, sizeof(word));
        uint64_t control = (word - BYTES(0x20)) & ~word;
        uint64_t quote = zero_byte(word ^ BYTES('"'));
        uint64_t backslash = zero_byte(word ^ BYTES('\\'));
        if (((word | control | quote | backslash) & BYTES(0x80)) != 0) {
            break;
        }
    }
    while (n < v.n && is_plain(v.p[n])) {
        n++;
    }
    return n;
}

static void put_escape(struct gv_json_out *out, uint8_t c)
{
    static const char hex[] = "0123456789abcdef";
    char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    size_t n = 2;
    switch (c) {
    case '"':
    case '\\':
        text[1] = (char)c;
        break;
    case '\b':
        text[1] = 'b';
        break;
    case '\f':
        text[1] = 'f';
        break;
    case '\n':
        text[1] = 'n';
        break;
    case '\r':
        text[1] = 'r';
        break;
    case '\t':
        text[1] = 't';
        break;
    default:
        n = sizeof(text);
    }
    put(out, text, n);
}

void gv_jo_text(struct gv_json_out *out, struct gv_view text)
{
    separate(out);
    put_char(out, '"');
    size_t i = 0;
    while (i < text.n && !out->full) {
        size_t run = plain_run(gv_view_of(text.p + i, text.n - i));
        put(out, (const char *)text.p + i, run);
        i += run;
        if (i == text.n) {
            break;
        }
        if (text.p[i] < 0x80) {
            put_escape(out, text.p[i]);
            i++;
            continue;
        }
        size_t n = gv_utf8_sequence(gv_view_of(text.p + i, text.n - i));
        if (n > 0) {
            put(out, (const char *)text.p + i, n);
            i += n;
        } else {
            put(out, "\xef\xbf\xbd", 3);
            i++;
        }
    }
    put_char(out, '"');
}

void gv_jo_string(struct gv_json_out *out, const char *text)
{
    gv_jo_text(out, gv_view_of(text, strlen(text)));
}

/* ---- numbers and literals ----------------------------------------------------------------- */

void gv_jo_uint(struct gv_json_out *out, uint64_t v)
{
    char digits[UINT64_DIGITS];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    separate(out);
    put(out, digits + at, sizeof(digits) - at);
}

void gv_jo_int(struct gv_json_out *out, int64_t v)
{
    if (v >= 0) {
        gv_jo_uint(out, (uint64_t)v);
        return;
    }
    separate(out);
    put_char(out, '-');
    out->comma = false; /* the digits belong to the sign */
    gv_jo_uint(out, -(uint64_t)v);
}

void gv_jo_bool(struct gv_json_out *out, bool v)
{
    gv_jo_raw(out, v ? "true" : "false", v ? 4 : 5);
}

void gv_jo_null(struct gv_json_out *out)
{
    gv_jo_raw(out, "null", 4);
}

void gv_jo_raw(struct gv_json_out *out, const char *json, size_t n)
{
    separate(out);
    put(out, json, n);
}

/* ---- bytes as text ------------------------------------------------------------------------ */

/* Room for a quoted text of n characters. Returns where it goes, or NULL. The encoders end with a
 * NUL, which the closing quote replaces. */
static char *open_quoted(struct gv_json_out *out, size_t n)
{
    separate(out);
    if (!fits(out, n + 2)) {
        return NULL;
    }
    out->p[out->n] = '"';
    return out->p + out->n + 1;
}

static void close_quoted(struct gv_json_out *out, size_t n)
{
    out->p[out->n + 1 + n] = '"';
    out->n += n + 2;
}

void gv_jo_base64(struct gv_json_out *out, struct gv_view v)
{
    size_t n = GV_BASE64_LEN(v.n);
    char *p = open_quoted(out, n);
    if (p != NULL) {
        gv_base64_encode(p, v);
        close_quoted(out, n);
    }
}

void gv_jo_hash(struct gv_json_out *out, const uint8_t hash[32])
{
    size_t n = (size_t)2 * HASH_BYTES;
    char *p = open_quoted(out, n);
    if (p != NULL) {
        gv_hex_encode_reversed(p, gv_view_of(hash, HASH_BYTES));
        close_quoted(out, n);
    }
}

/* ---- key and value ------------------------------------------------------------------------ */

void gv_jo_kstring(struct gv_json_out *out, const char *key, const char *text)
{
    gv_jo_key(out, key);
    gv_jo_string(out, text);
}

void gv_jo_kint(struct gv_json_out *out, const char *key, int64_t v)
{
    gv_jo_key(out, key);
    gv_jo_int(out, v);
}

void gv_jo_kbool(struct gv_json_out *out, const char *key, bool v)
{
    gv_jo_key(out, key);
    gv_jo_bool(out, v);
}

void gv_jo_knull(struct gv_json_out *out, const char *key)
{
    gv_jo_key(out, key);
    gv_jo_null(out);
}
