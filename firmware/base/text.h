/* Text: bounded formatting and strict number parsing. Thread: any (pure). */
#ifndef GV_FIRMWARE_BASE_TEXT_H
#define GV_FIRMWARE_BASE_TEXT_H

#include "firmware/base/bytes.h"

/** snprintf that tells whether all of it fitted; always terminates. */
GV_MUST_USE bool gv_format(char *out, size_t cap, const char *fmt, ...) GV_PRINTF(3, 4);
/** As gv_format where a cut is harmless (log lines, messages for people). */
void gv_format_cut(char *out, size_t cap, const char *fmt, ...) GV_PRINTF(3, 4);
/** Copy a string; false (and out empty) when it does not fit. */
GV_MUST_USE bool gv_text_copy(char *out, size_t cap, const char *text);

/** Decimal digits only (no sign, no blanks, no leading zero but "0" itself), whole view.
 *  Returns false otherwise or above max. */
GV_MUST_USE bool gv_parse_u64(uint64_t *out, struct gv_view text, uint64_t max);

static inline struct gv_view gv_view_str(const char *text)
{
    size_t n = 0;
    while (text[n] != '\0') {
        n++;
    }
    return (struct gv_view){.p = (const uint8_t *)text, .n = n};
}
bool gv_view_is(struct gv_view v, const char *text);

/** Length of the well-formed UTF-8 sequence of two bytes or more at the start of v, or 0.
 *  In: v: not empty. */
size_t gv_utf8_sequence(struct gv_view v);
/** Is it UTF-8 without the control characters of ASCII? */
bool gv_text_is_plain(struct gv_view v);

#endif
