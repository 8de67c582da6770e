/* Bytes: views, a bounds-checked reader and writer, hex and base64.
 *
 * A view does not own. Readers never read past their end and writers never write past theirs: the
 * first failure sticks (`bad`), so a parser may read several fields and check once, but must check
 * before it uses a length to loop or to allocate.
 * Thread: any (pure, no state outside the arguments). */
#ifndef GV_FIRMWARE_BASE_BYTES_H
#define GV_FIRMWARE_BASE_BYTES_H

#include "firmware/base/err.h"

#include <stdint.h>

struct gv_view {
    const uint8_t *p;
    size_t n;
};

static inline struct gv_view gv_view_of(const void *p, size_t n)
{
    return (struct gv_view){.p = p, .n = n};
}

/** Same length and same bytes (not constant time: never for secrets, see crypto.h). */
bool gv_view_equal(struct gv_view a, struct gv_view b);

/* ---- reader ------------------------------------------------------------------------------- */

struct gv_reader {
    const uint8_t *p;
    size_t left;
    bool bad; /* a read went past the end, or a compact size was not minimal: sticky */
};

static inline struct gv_reader gv_reader_of(struct gv_view v)
{
    return (struct gv_reader){.p = v.p, .left = v.n, .bad = false};
}

uint8_t gv_read_u8(struct gv_reader *r);
uint16_t gv_read_u16le(struct gv_reader *r);
uint32_t gv_read_u32le(struct gv_reader *r);
uint64_t gv_read_u64le(struct gv_reader *r);
/** Bitcoin CompactSize; a non-minimal form sets `bad`. Source: Bitcoin Core serialize.h. */
uint64_t gv_read_compact(struct gv_reader *r);
/** The next n bytes as a view into the reader's memory; n = 0 bytes and bad on overrun. */
struct gv_view gv_read_bytes(struct gv_reader *r, uint64_t n);
/** CompactSize length followed by that many bytes. */
struct gv_view gv_read_var_bytes(struct gv_reader *r);

/* ---- writer ------------------------------------------------------------------------------- */

struct gv_writer {
    uint8_t *p;
    size_t n;   /* bytes written */
    size_t cap; /* room in p */
    bool full;  /* a write did not fit: sticky, nothing of it was written */
};

static inline struct gv_writer gv_writer_of(void *p, size_t cap)
{
    return (struct gv_writer){.p = p, .n = 0, .cap = cap, .full = false};
}

static inline struct gv_view gv_written(const struct gv_writer *w)
{
    return (struct gv_view){.p = w->p, .n = w->n};
}

void gv_write_u8(struct gv_writer *w, uint8_t v);
void gv_write_u32le(struct gv_writer *w, uint32_t v);
void gv_write_u64le(struct gv_writer *w, uint64_t v);
void gv_write_compact(struct gv_writer *w, uint64_t v);
void gv_write_bytes(struct gv_writer *w, struct gv_view v);
/** CompactSize length and the bytes. */
void gv_write_var_bytes(struct gv_writer *w, struct gv_view v);

/** Number of bytes of the CompactSize form of v: 1, 3, 5 or 9. */
size_t gv_compact_size(uint64_t v);

/* ---- hex and base64 ----------------------------------------------------------------------- */

/** Lower-case hex and a terminating NUL. text needs 2 * v.n + 1 bytes. */
void gv_hex_encode(char *text, struct gv_view v);
/** As gv_hex_encode with the byte order reversed: how Bitcoin prints hashes. */
void gv_hex_encode_reversed(char *text, struct gv_view v);

/** Returns: 0..15; -1 when c is no hex digit of either case. */
int gv_hex_value(char c);
/** Decode exactly 2 * n hex digits of either case.
 *  Returns: GV_OK; GV_ERR_INVALID when the length differs or a digit is not hex. */
GV_MUST_USE enum gv_err gv_hex_decode(uint8_t *out, size_t n, const char *text, size_t text_len);
/** As gv_hex_decode, reversed: a 64-digit txid or block hash as people write it. */
GV_MUST_USE enum gv_err gv_hex_decode_reversed(uint8_t *out, size_t n, const char *text,
                                               size_t text_len);

#define GV_BASE64_LEN(n) ((((n) + 2u) / 3u) * 4u)

/** Standard alphabet with padding and a terminating NUL. text needs GV_BASE64_LEN(v.n) + 1. */
size_t gv_base64_encode(char *text, struct gv_view v);

/** Strict RFC 4648 section 4 decoding: right padding, zero spare bits, no white space, no NUL.
 *  Returns: GV_OK; GV_ERR_INVALID when not canonical; GV_ERR_TOO_LARGE when over `cap` bytes.
 *  Out:     out (may be the same memory as text), out_len: decoded length. */
GV_MUST_USE enum gv_err gv_base64_decode(uint8_t *out, size_t *out_len, size_t cap,
                                         const char *text, size_t text_len);

/** RFC 4648 section 5 without padding, and a terminating NUL. text needs GV_BASE64_LEN(v.n) + 1.
 *  Returns: length of the text. */
size_t gv_base64url_encode(char *text, struct gv_view v);

/** Strict decoding of the same: no padding, zero spare bits. At most GV_BASE64URL_TEXT_MAX digits.
 *  Returns: GV_OK; GV_ERR_INVALID; GV_ERR_TOO_LARGE.   Out: out_len: decoded length. */
#define GV_BASE64URL_TEXT_MAX 4096u
GV_MUST_USE enum gv_err gv_base64url_decode(uint8_t *out, size_t *out_len, size_t cap,
                                            struct gv_view text);

#endif
