/* Any bytes as If-Match: as many versions as a change may be meant for, each of which stands in the list as a tag of
 * ours, and is read again from the tag that we would send. */
#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "web/api/conditional.h"

#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds(struct gv_view list, const char *quoted)
{
    const size_t n = strlen(quoted);
    for (size_t at = 0; at + n <= list.n; at++) {
        if (strncasecmp((const char *)list.p + at, quoted, n) == 0) {
            return true;
        }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char tags[GV_EXPECT_MAX * (GV_TAG_MAX + 4u)] = "";
    struct gv_expect expect;
    struct gv_expect again;
    gv_expect_read(&expect, gv_view_of(data, size));
    GV_ASSERT(expect.count <= GV_EXPECT_MAX);
    for (uint32_t i = 0; i < expect.count; i++) {
        char tag[GV_TAG_MAX];
        char quoted[GV_TAG_MAX + 2u];
        const size_t n = strlen(tags);
        gv_tag_of(tag, expect.versions[i]);
        gv_format_cut(quoted, sizeof(quoted), "\"%s\"", tag);
        GV_ASSERT(holds(gv_view_of(data, size), quoted));
        gv_format_cut(tags + n, sizeof(tags) - n, "%s%s", n > 0 ? ", " : "", quoted);
    }
    gv_expect_read(&again, gv_view_str(tags));
    GV_ASSERT(again.count == expect.count);
    GV_ASSERT(memcmp(again.versions, expect.versions, again.count * sizeof(uint64_t)) == 0);
    return 0;
}
