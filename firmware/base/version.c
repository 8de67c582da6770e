#include "firmware/base/version.h"

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

uint64_t gv_version_of(const char *fmt, ...)
{
    char text[512];
    struct gv_hash256 hash;
    uint64_t version = 0;
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    GV_ASSERT(n > 0 && (size_t)n < sizeof(text));
    gv_sha256_of(&hash, gv_view_of(text, (size_t)n));
    memcpy(&version, hash.b, sizeof(version));
    return version;
}

enum gv_err gv_expect_check(const struct gv_expect *expect, uint64_t version, struct gv_fail *fail)
{
    bool met = expect->count == 0;
    GV_ASSERT(expect->count <= GV_EXPECT_MAX);
    for (uint32_t i = 0; i < expect->count; i++) {
        met = met || expect->versions[i] == version;
    }
    return met ? GV_OK
               : gv_fail(fail, GV_ERR_STATE, "http.changed",
                         "it was changed meanwhile: read it again");
}
