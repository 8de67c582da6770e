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
#define GV_LOG_MODULE_MAX 24
#define GV_LOG_RING_BYTES 131072u /* 800 lines of usual length */

/** Level from which lines are kept; default GV_LOG_INFO. */
void gv_log_set_level(enum gv_log_level level);
GV_MUST_USE enum gv_err gv_log_level_parse(enum gv_log_level *level, const char *text);
/** Returns: a static string that gv_log_level_parse takes. */
const char *gv_log_level_name(enum gv_log_level level);

void gv_log(enum gv_log_level level, const char *module, const char *fmt, ...) GV_PRINTF(3, 4);

/** The request that this thread serves from now on: its number ends each of the thread's lines as
 *  "request_id=r<number>", as clients read it in a problem. 0: none. Returns: what it was. */
uint64_t gv_log_set_request(uint64_t number);
/** What this thread serves; for one that will serve it on. */
uint64_t gv_log_request(void);
/** "r<number>", as a log line and a problem name a request. */
#define GV_LOG_REQUEST_MAX 24u
void gv_log_request_text(char text[GV_LOG_REQUEST_MAX], uint64_t number);

/** Audit lines (module GV_LOG_AUDIT) are offered to `writer` before they go to standard error; NULL: no longer. It
 *  gets the priority of sd-daemon(3) and the line without its end, and returns whether it took it. */
#define GV_LOG_AUDIT "audit"
void gv_log_set_audit_writer(bool (*writer)(char priority, const char *line));

/* ---- the ring ------------------------------------------------------------------------------- */

/** One line of the ring. Numbers begin at 1 with each start of the program and have no gaps. */
struct gv_log_line {
    uint64_t number;
    int64_t at_ms; /* UTC; by the system's clock itself: a line is no part of the core's state */
    enum gv_log_level level;
    char module[GV_LOG_MODULE_MAX];
    char text[GV_LOG_LINE_MAX]; /* "event key=value ..." */
};

/** Where a reader stands: {.after = n} begins behind line n, zero at the oldest line held. */
struct gv_log_cursor {
    uint64_t after;
    uint64_t position; /* private */
    bool placed;       /* private */
};

/** Copy the next line that is held. Returns: false when there is none yet. Lines that were pushed out
 *  meanwhile are skipped: compare the numbers. */
GV_MUST_USE bool gv_log_next(struct gv_log_cursor *cursor, struct gv_log_line *line);

/** Number of the newest line ever kept; 0: none. */
uint64_t gv_log_newest(void);

#endif
