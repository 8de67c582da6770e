/* Log: one line per event, "module event key=value ...", to stderr with the journal's priority
 * prefix and into a fixed ring that the UI and tests read.
 *
 * Never secrets, tokens, API keys or whole PSBTs. Control characters in values are replaced.
 * Thread: any (one short lock; the line is formatted on the caller's stack, at most
 * GV_LOG_LINE_MAX bytes, cut with "..." beyond). */
#ifndef GV_FIRMWARE_BASE_LOG_H
#define GV_FIRMWARE_BASE_LOG_H

#include "firmware/base/err.h"

#include <stdint.h>

enum gv_log_level {
    GV_LOG_TRACE,
    GV_LOG_DEBUG,
    GV_LOG_INFO,
    GV_LOG_UNUSUAL, /* odd, still fine */
    GV_LOG_BROKEN,  /* a person must look */
};

#define GV_LOG_LINE_MAX   512
#define GV_LOG_RING_LINES 256

/** Level from which lines are kept; default GV_LOG_INFO. */
void gv_log_set_level(enum gv_log_level level);
GV_MUST_USE enum gv_err gv_log_level_parse(enum gv_log_level *level, const char *text);

void gv_log(enum gv_log_level level, const char *module, const char *fmt, ...) GV_PRINTF(3, 4);

/** Copy the newest lines, oldest first, as NUL-terminated strings of GV_LOG_LINE_MAX bytes each.
 *  Returns: number of lines written (<= lines_max). */
uint32_t gv_log_recent(char (*lines)[GV_LOG_LINE_MAX], uint32_t lines_max);

#endif
