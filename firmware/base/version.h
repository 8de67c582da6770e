/* Version: which state of a thing somebody saw, and which one a change is meant for.
 *
 * A version is made from what a reader sees, so nothing has to be stored for it, and it is the same
 * after a restart. The caller's expectation travels with his change to the one who owns the thing:
 * only there can comparing and changing be one step. Pure. Thread: any. */
#ifndef GV_FIRMWARE_BASE_VERSION_H
#define GV_FIRMWARE_BASE_VERSION_H

#include "firmware/base/err.h"

#include <stddef.h>
#include <stdint.h>

/** 64 bits of the SHA-256 of a formatted text of at most 511 bytes. */
GV_MUST_USE uint64_t gv_version_of(const char *fmt, ...) GV_PRINTF(1, 2);

/* A client names the one it saw; more than one comes from caches. */
#define GV_EXPECT_MAX 4u

/** The states that a change is meant for; none: whatever it is now. */
struct gv_expect {
    uint32_t count;
    uint64_t versions[GV_EXPECT_MAX];
};

/** For a parameter that may be NULL: any state. */
static inline struct gv_expect gv_expect_of(const struct gv_expect *expect)
{
    return expect == NULL ? (struct gv_expect){.count = 0} : *expect;
}

/** Is the thing still what the caller saw?
 *  Returns: GV_OK; GV_ERR_STATE "http.changed". */
GV_MUST_USE enum gv_err gv_expect_check(const struct gv_expect *expect, uint64_t version,
                                        struct gv_fail *fail);

#endif
