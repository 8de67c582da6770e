/* Vectors: files under tests/vectors, read into static memory, for the tests of app/bitcoin.
 * A file that is missing or malformed fails the test that asks for it. One test at a time. */
#ifndef GV_TESTS_UNIT_BITCOIN_VECTORS_H
#define GV_TESTS_UNIT_BITCOIN_VECTORS_H

#include "app/bitcoin/psbt_check.h"
#include "firmware/base/json.h"

/** Bytes of tests/vectors/<name>; valid until the next call. */
struct gv_view vectors_file(const char *name);

/** Root of a JSON file under tests/vectors; valid until the next call. */
gv_json_ref vectors_json(const char *name);

/** Member of an object that must be there and be a string. */
struct gv_view vectors_text(gv_json_ref object, const char *key);
/** As above, hex decoded into `out`. Returns: a view of it. */
struct gv_view vectors_hex(gv_json_ref object, const char *key, uint8_t *out, size_t cap);
/** Member that must be an unsigned integer. */
uint64_t vectors_u64(gv_json_ref object, const char *key);
/** A string of hex that must decode. */
struct gv_view vectors_hex_of(struct gv_view text, uint8_t *out, size_t cap);

/** One case of psbt/valid.json or psbt/hostile.json. */
struct psbt_case {
    struct gv_view id;
    bool expect_valid;
    char reason[64]; /* "" when there is none */
    struct gv_view text;
    struct gv_psbt_terms terms;
    uint8_t script[128];
};

/** Read one case. The views point into the JSON document and into the case. */
void vectors_psbt_case(struct psbt_case *out, gv_json_ref object);

/** Decode and judge a text as the command line does. Out: raw: the bytes, when they decode. */
void vectors_judge(struct gv_psbt_verdict *verdict, uint8_t served[GV_PSBT_SERVED_MAX],
                   struct gv_view text, const struct gv_psbt_terms *terms);

/** Bytes of a base64 text in static memory of its own; valid until the next call. */
struct gv_view vectors_base64(struct gv_view text);

#endif
