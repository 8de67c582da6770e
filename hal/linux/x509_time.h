/* Times of certificates as seconds. Thread: any (pure). */
#ifndef GV_HAL_LINUX_X509_TIME_H
#define GV_HAL_LINUX_X509_TIME_H

#include <mbedtls/x509.h>
#include <stdint.h>

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

#endif
