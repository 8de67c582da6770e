#include "firmware/base/bytes.h"

#include <string.h>

bool gv_view_equal(struct gv_view a, struct gv_view b)
{
    if (a.n != b.n) {
        return false;
    }
    return a.n == 0 || memcmp(a.p, b.p, a.n) == 0;
}

/* ---- reader ------------------------------------------------------------------------------- */

/* The next n bytes, or NULL (and bad) when there are fewer. n > 0. */
static const uint8_t *take(struct gv_reader *r, size_t n)
{
    if (r->bad || r->left < n) {
        r->bad = true;
        return NULL;
    }
    const uint8_t *p = r->p;
    r->p += n;
    r->left -= n;
    return p;
}

/* Little-endian integer of n bytes, 0 on overrun. */
static uint64_t read_le(struct gv_reader *r, size_t n)
{
    const uint8_t *p = take(r, n);
    uint64_t v = 0;
    if (p != NULL) {
        for (size_t i = n; i > 0; i--) {
            v = v << 8 | p[i - 1];
        }
    }
    return v;
}

uint8_t gv_read_u8(struct gv_reader *r)
{
    return (uint8_t)read_le(r, 1);
}

uint16_t gv_read_u16le(struct gv_reader *r)
{
    return (uint16_t)read_le(r, 2);
}

uint32_t gv_read_u32le(struct gv_reader *r)
{
    return (uint32_t)read_le(r, 4);
}

uint64_t gv_read_u64le(struct gv_reader *r)
{
    return read_le(r, 8);
}

uint64_t gv_read_compact(struct gv_reader *r)
{
    uint8_t first = gv_read_u8(r);
    uint64_t v = first;
    uint64_t least = 0; /* smaller values have a shorter form */
    if (first == 0xfd) {
        v = gv_read_u16le(r);
        least = 0xfd;
    } else if (first == 0xfe) {
        v = gv_read_u32le(r);
        least = UINT64_C(1) << 16;
    } else if (first == 0xff) {
        v = gv_read_u64le(r);
        least = UINT64_C(1) << 32;
    }
    if (v < least) {
        r->bad = true;
    }
    return r->bad ? 0 : v;
}

struct gv_view gv_read_bytes(struct gv_reader *r, uint64_t n)
{
    if (r->bad || n > r->left) {
        r->bad = true;
        return gv_view_of(NULL, 0);
    }
    struct gv_view v = gv_view_of(r->p, (size_t)n);
    if (v.n > 0) { /* an empty view may have no address to add to */
        r->p += v.n;
        r->left -= v.n;
    }
    return v;
}

struct gv_view gv_read_var_bytes(struct gv_reader *r)
{
    uint64_t n = gv_read_compact(r);
    return gv_read_bytes(r, n);
}

/* ---- writer ------------------------------------------------------------------------------- */

/* Room for n bytes at the end, or NULL (and full). */
static uint8_t *room(struct gv_writer *w, size_t n)
{
    if (w->full || w->cap - w->n < n) {
        w->full = true;
        return NULL;
    }
    uint8_t *p = w->p + w->n;
    w->n += n;
    return p;
}

static void write_le(struct gv_writer *w, uint64_t v, size_t n)
{
    uint8_t *p = room(w, n);
    if (p == NULL) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
}

void gv_write_u8(struct gv_writer *w, uint8_t v)
{
    write_le(w, v, 1);
}

void gv_write_u32le(struct gv_writer *w, uint32_t v)
{
    write_le(w, v, 4);
}

void gv_write_u64le(struct gv_writer *w, uint64_t v)
{
    write_le(w, v, 8);
}

size_t gv_compact_size(uint64_t v)
{
    if (v < 0xfd) {
        return 1;
    }
    if (v <= 0xffff) {
        return 3;
    }
    return v <= 0xffffffff ? 5 : 9;
}

void gv_write_compact(struct gv_writer *w, uint64_t v)
{
    size_t n = gv_compact_size(v);
    uint8_t *p = room(w, n);
    if (p == NULL) {
        return;
    }
    if (n == 1) {
        p[0] = (uint8_t)v;
        return;
    }
    p[0] = n == 3 ? 0xfd : n == 5 ? 0xfe : 0xff;
    for (size_t i = 1; i < n; i++) {
        p[i] = (uint8_t)(v >> (8 * (i - 1)));
    }
}

void gv_write_bytes(struct gv_writer *w, struct gv_view v)
{
    if (v.n == 0) {
        return;
    }
    uint8_t *p = room(w, v.n);
    if (p != NULL) {
        memcpy(p, v.p, v.n);
    }
}

void gv_write_var_bytes(struct gv_writer *w, struct gv_view v)
{
    size_t left = w->cap - w->n;
    size_t prefix = gv_compact_size(v.n);
    if (left < prefix || left - prefix < v.n) {
        w->full = true; /* both or nothing */
        return;
    }
    gv_write_compact(w, v.n);
    gv_write_bytes(w, v);
}
