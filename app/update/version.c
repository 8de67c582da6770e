#include "app/update/bundle.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

bool gv_version_parse(struct gv_version *version, struct gv_view text)
{
    uint16_t numbers[3];
    for (unsigned i = 0; i < 3; i++) {
        uint64_t number = 0;
        const uint8_t *dot = i < 2 && text.n > 0 ? memchr(text.p, '.', text.n) : NULL;
        if (i < 2 && dot == NULL) {
            return false;
        }
        const size_t n = dot == NULL ? text.n : (size_t)(dot - text.p);
        if (!gv_parse_u64(&number, gv_view_of(text.p, n), UINT16_MAX)) {
            return false;
        }
        numbers[i] = (uint16_t)number;
        if (dot != NULL) {
            text = gv_view_of(dot + 1, text.n - n - 1);
        }
    }
    *version = (struct gv_version){.major = numbers[0], .minor = numbers[1], .patch = numbers[2]};
    return true;
}

void gv_version_format(struct gv_version version, char text[GV_VERSION_MAX])
{
    const bool fits =
        gv_format(text, GV_VERSION_MAX, "%u.%u.%u", version.major, version.minor, version.patch);
    GV_ASSERT(fits);
}

static uint64_t rank(struct gv_version v)
{
    return (uint64_t)v.major << 32 | (uint64_t)v.minor << 16 | v.patch;
}

int gv_version_compare(struct gv_version a, struct gv_version b)
{
    return (rank(a) > rank(b)) - (rank(a) < rank(b));
}

struct gv_version gv_version_own(void)
{
    struct gv_version version;
    const bool good = gv_version_parse(&version, gv_view_str(GV_VERSION));
    GV_ASSERT(good);
    return version;
}
