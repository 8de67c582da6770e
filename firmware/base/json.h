/* JSON: reading with yyjson on a lent arena, writing straight into a lent buffer.
 *
 * Reading is strict RFC 8259: no NaN, no comments, no trailing commas, UTF-8 checked, and numbers
 * are kept as their text ("raw"), so 1e3, 1.0, -0 and 2^63 can be told apart and no amount ever
 * passes through a double. Objects with a repeated key are refused by gv_json_members.
 * Writing never allocates: a body that does not fit sets `full`, checked once at the end.
 * Thread: one owner per document or writer. */
#ifndef GV_FIRMWARE_BASE_JSON_H
#define GV_FIRMWARE_BASE_JSON_H

#include "firmware/base/arena.h"
#include "firmware/base/bytes.h"

/* ---- reading ------------------------------------------------------------------------------ */

struct yyjson_val;
struct yyjson_doc;

struct gv_json {
    struct yyjson_doc *doc; /* lives in the arena */
    struct yyjson_val *root;
};

/** A value; NULL means "absent". Every accessor below takes NULL and answers "wrong type". */
typedef struct yyjson_val *gv_json_ref;

#define GV_JSON_DEPTH_MAX 16u

/** Parse `text`, which is changed in place and must have GV_JSON_PADDING writable bytes behind it
 *  (strings are not copied; both memories must outlive the document).
 *  Returns: GV_OK; GV_ERR_INVALID (code "json.syntax", with the byte offset, or "json.depth");
 *           GV_ERR_TOO_LARGE (code "json.too_many_values") when the arena is too small. */
#define GV_JSON_PADDING 4u
GV_MUST_USE enum gv_err gv_json_parse(struct gv_json *json, struct gv_arena *arena, char *text,
                                      size_t text_len, struct gv_fail *fail);

enum gv_json_type {
    GV_JSON_ABSENT,
    GV_JSON_NULL,
    GV_JSON_BOOL,
    GV_JSON_NUMBER,
    GV_JSON_STRING,
    GV_JSON_ARRAY,
    GV_JSON_OBJECT,
};
enum gv_json_type gv_json_type(gv_json_ref v);

/** Member of an object; NULL when absent or v is no object. */
gv_json_ref gv_json_get(gv_json_ref v, const char *key);

/** Refuse unknown and repeated members of an object.
 *  In: names: NULL-terminated list of all allowed keys. pointer: of the object; that of the
 *  member goes into `fail`.
 *  Returns: GV_OK; GV_ERR_INVALID "json.not_object", "json.unknown_member",
 *  "json.duplicate_member", "json.too_many_members". */
#define GV_JSON_MEMBERS_MAX 128u /* keeps the search for repeated keys short */
GV_MUST_USE enum gv_err gv_json_members(gv_json_ref object, const char *const *names,
                                        const char *pointer, struct gv_fail *fail);
/** Only the checks for repeated and too many keys (routes that ignore unknown members, as the original did). */
GV_MUST_USE enum gv_err gv_json_unique(gv_json_ref object, const char *pointer,
                                       struct gv_fail *fail);

/** Text of a string. Returns false when v is no string or holds a NUL. */
GV_MUST_USE bool gv_json_string(gv_json_ref v, struct gv_view *text);
/** Text of a number exactly as written. */
GV_MUST_USE bool gv_json_number_text(gv_json_ref v, struct gv_view *text);
/** Integer written as digits only ("-"? digits; no fraction, exponent, leading zero or "-0").
 *  Returns false for everything else or when outside int64. */
GV_MUST_USE bool gv_json_int(gv_json_ref v, int64_t *out);
GV_MUST_USE bool gv_json_bool(gv_json_ref v, bool *out);
/** A JSON number (exponent forms included, the node writes 1e-05) as an exact count of 1e-8 units.
 *  Returns false when it is no number, is not a whole number of units (a ninth decimal that is not
 *  zero), or leaves int64. */
GV_MUST_USE bool gv_json_sats(gv_json_ref v, int64_t *sats);

/** Array access. gv_json_len of anything but an array or object is 0. */
size_t gv_json_len(gv_json_ref v);

/** Iterate an array: for (gv_json_ref e = gv_json_first(&it, a); e; e = gv_json_next(&it)) */
struct gv_json_iter {
    gv_json_ref cur;
    size_t left;
};
gv_json_ref gv_json_first(struct gv_json_iter *it, gv_json_ref array);
gv_json_ref gv_json_next(struct gv_json_iter *it);

/* ---- writing ------------------------------------------------------------------------------ */

struct gv_json_out {
    char *p;
    size_t n;
    size_t cap;
    bool full;
    bool comma; /* a separator is due before the next member or element */
};

void gv_json_out_init(struct gv_json_out *out, char *p, size_t cap);

void gv_jo_object(struct gv_json_out *out);     /* {  */
void gv_jo_object_end(struct gv_json_out *out); /* }  */
void gv_jo_array(struct gv_json_out *out);      /* [  */
void gv_jo_array_end(struct gv_json_out *out);  /* ]  */
/** Escaped like any text: a key need not be a literal of ours. */
void gv_jo_key(struct gv_json_out *out, const char *key);

void gv_jo_string(struct gv_json_out *out, const char *text);
/** Escapes per RFC 8259; invalid UTF-8 becomes U+FFFD. */
void gv_jo_text(struct gv_json_out *out, struct gv_view text);
void gv_jo_int(struct gv_json_out *out, int64_t v);
void gv_jo_uint(struct gv_json_out *out, uint64_t v);
void gv_jo_bool(struct gv_json_out *out, bool v);
void gv_jo_null(struct gv_json_out *out);
/** Bytes that are JSON already (a number's text, a prepared object). */
void gv_jo_raw(struct gv_json_out *out, const char *json, size_t n);
/** Base64 of the bytes as a string. */
void gv_jo_base64(struct gv_json_out *out, struct gv_view v);
/** Hex in printed (reversed) order: txids and block hashes. */
void gv_jo_hash(struct gv_json_out *out, const uint8_t hash[32]);

/* key and value in one call, the common case */
void gv_jo_kstring(struct gv_json_out *out, const char *key, const char *text);
void gv_jo_kint(struct gv_json_out *out, const char *key, int64_t v);
void gv_jo_kbool(struct gv_json_out *out, const char *key, bool v);
void gv_jo_knull(struct gv_json_out *out, const char *key);

#endif
