/* Time and height are different types, so the compiler refuses to compare them.
 *
 * Monotonic milliseconds measure deadlines and never go back; UTC seconds are for people and for
 * the record; a height counts blocks of the validated chain (`blocks`, not `headers`). */
#ifndef GV_FIRMWARE_BASE_TIME_H
#define GV_FIRMWARE_BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_mono {
    uint64_t ms;
};

struct gv_utc {
    int64_t s;
};

/** Block height; valid block heights stay below GV_LOCKTIME_THRESHOLD of Bitcoin (500,000,000). */
struct gv_height {
    uint32_t v;
};

#define GV_ISO_MAX 32

/** "2026-11-20T21:31:17Z" (zulu) or the same without a zone (the original API). Any thread.
 *  Out: text, at least GV_ISO_MAX bytes. Times outside years 0..9999 give "". */
void gv_utc_format(struct gv_utc at, char text[GV_ISO_MAX]);
void gv_utc_format_naive(struct gv_utc at, char text[GV_ISO_MAX]);

#define GV_DAY_S    86400
#define GV_DATE_LEN 10u /* "2026-11-20" */

/** Days from 1970-01-01 to a date of the years 0..9999, GV_DATE_LEN characters. Any thread.
 *  Returns: false when the text is not a date of the calendar. */
bool gv_date_parse(int64_t *day, const char *text, size_t n);

/** A time as gv_utc_format writes it, and no other form. Any thread.
 *  Returns: false when it is none of the calendar's and the clock's (leap seconds included). */
bool gv_utc_parse(struct gv_utc *at, const char *text, size_t n);

#endif
