/* What both kinds of certificates need: their times as seconds, and the fingerprint. Thread: any (pure). */
#ifndef GV_HAL_LINUX_X509_H
#define GV_HAL_LINUX_X509_H

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"
#include "firmware/base/text.h"

#include <mbedtls/x509_crt.h>
#include <stdint.h>

#define GV_X509_FINGERPRINT_LEN 96u /* with its end */

/** Seconds since 1970, UTC. Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil. */
static inline int64_t gv_x509_seconds(const mbedtls_x509_time *t)
{
    const int64_t year = t->year - (t->mon <= 2 ? 1 : 0);
    const int64_t era = year / 400;
    const int64_t year_of_era = year - era * 400;
    const int64_t day_of_year = (153 * (t->mon + (t->mon > 2 ? -3 : 9)) + 2) / 5 + t->day - 1;
    const int64_t days = era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
                         day_of_year - 719468;
    return days * 86400 + (int64_t)t->hour * 3600 + (int64_t)t->min * 60 + t->sec;
}

/** SHA-256 as browsers show it, "AB:CD:...". */
static inline void gv_x509_fingerprint(char text[GV_X509_FINGERPRINT_LEN],
                                       const mbedtls_x509_crt *crt)
{
    struct gv_hash256 hash;
    gv_sha256_of(&hash, gv_view_of(crt->raw.p, crt->raw.len));
    for (size_t i = 0; i < sizeof(hash.b); i++) {
        GV_ASSERT(gv_format(text + 3 * i, 4, i + 1 < sizeof(hash.b) ? "%02X:" : "%02X", hash.b[i]));
    }
}

#endif
