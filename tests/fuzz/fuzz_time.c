/* Any bytes as a time or a date: no form but the one we write is taken, so what is read is written the same. */
#include "firmware/base/assert.h"
#include "firmware/base/time.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *const text = (const char *)data;
    char written[GV_ISO_MAX];
    struct gv_utc at;
    int64_t day = 0;
    if (gv_utc_parse(&at, text, size)) {
        gv_utc_format(at, written);
        GV_ASSERT(strlen(written) == size);
        GV_ASSERT(memcmp(written, text, size) == 0);
    }
    if (gv_date_parse(&day, text, size)) {
        gv_utc_format((struct gv_utc){.s = day * GV_DAY_S}, written);
        GV_ASSERT(size == GV_DATE_LEN);
        GV_ASSERT(memcmp(written, text, size) == 0);
    }
    return 0;
}
