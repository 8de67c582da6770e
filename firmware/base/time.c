#include "firmware/base/time.h"

#include <inttypes.h>
#include <stdio.h>

#define YEAR_0_S    (-INT64_C(62167219200)) /* 0000-01-01T00:00:00 */
#define YEAR_9999_S (INT64_C(253402300799)) /* 9999-12-31T23:59:59 */

struct civil {
    int64_t year;
    int64_t month; /* 1..12 */
    int64_t day;   /* 1..31 */
};

/* Proleptic Gregorian date of a day count from 1970-01-01. Years start in March, so that the leap
 * day is a year's last; 719468 days lie between 0000-03-01 and 1970-01-01.
 * Source: H. Hinnant, "chrono-compatible low-level date algorithms", civil_from_days. */
static struct civil civil_of_day(int64_t day)
{
    int64_t z = day + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;

    struct civil c;
    c.day = day_of_year - (153 * march_month + 2) / 5 + 1;
    c.month = march_month < 10 ? march_month + 3 : march_month - 9;
    c.year = year_of_era + era * 400 + (c.month <= 2 ? 1 : 0);
    return c;
}

/* The inverse: days_from_civil of the same source. */
static int64_t day_of_civil(struct civil c)
{
    const int64_t march_year = c.month <= 2 ? c.year - 1 : c.year;
    const int64_t era = (march_year >= 0 ? march_year : march_year - 399) / 400;
    const int64_t year_of_era = march_year - era * 400;
    const int64_t march_month = c.month <= 2 ? c.month + 9 : c.month - 3;
    const int64_t day_of_year = (153 * march_month + 2) / 5 + c.day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static void format(struct gv_utc at, const char *zone, char text[GV_ISO_MAX])
{
    if (at.s < YEAR_0_S || at.s > YEAR_9999_S) {
        text[0] = '\0';
        return;
    }
    int64_t second = at.s % GV_DAY_S;
    int64_t day = at.s / GV_DAY_S;
    if (second < 0) {
        second += GV_DAY_S;
        day -= 1;
    }
    struct civil c = civil_of_day(day);
    int n = snprintf(text, GV_ISO_MAX,
                     "%04" PRId64 "-%02" PRId64 "-%02" PRId64 "T%02" PRId64 ":%02" PRId64
                     ":%02" PRId64 "%s",
                     c.year, c.month, c.day, second / 3600, second / 60 % 60, second % 60, zone);
    if (n < 0 || n >= GV_ISO_MAX) {
        text[0] = '\0';
    }
}

void gv_utc_format(struct gv_utc at, char text[GV_ISO_MAX])
{
    format(at, "Z", text);
}

void gv_utc_format_naive(struct gv_utc at, char text[GV_ISO_MAX])
{
    format(at, "", text);
}

/* Two or four digits at text[at]. */
static int64_t digits(const char *text, size_t at, size_t n)
{
    int64_t v = 0;
    for (size_t i = at; i < at + n; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        v = v * 10 + (text[i] - '0');
    }
    return v;
}

bool gv_date_parse(int64_t *day, const char *text, size_t n)
{
    if (n != GV_DATE_LEN || text[4] != '-' || text[7] != '-') {
        return false;
    }
    const struct civil c = {digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2)};
    if (c.year < 0 || c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31) {
        return false;
    }
    *day = day_of_civil(c);
    return civil_of_day(*day).day == c.day; /* no 31st of a short month */
}

bool gv_utc_parse(struct gv_utc *at, const char *text, size_t n)
{
    int64_t day = 0;
    if (n != GV_DATE_LEN + sizeof("T00:00:00Z") - 1 || !gv_date_parse(&day, text, GV_DATE_LEN)) {
        return false;
    }
    const int64_t hour = digits(text, 11, 2);
    const int64_t minute = digits(text, 14, 2);
    const int64_t second = digits(text, 17, 2);
    if (text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != 'Z' || hour < 0 ||
        hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
        return false;
    }
    at->s = day * GV_DAY_S + hour * 3600 + minute * 60 + second;
    return true;
}
