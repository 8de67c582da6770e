#include "hal/linux/memory_stats.h"

#include "firmware/base/text.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

uint64_t gv_resident_bytes(void)
{
    char text[128]; /* "size resident shared ..." in pages */
    uint64_t pages = 0;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    ssize_t got = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    if (got <= 0) {
        return 0;
    }
    text[got] = '\0';
    size_t start = strcspn(text, " ") + 1;
    if (start > (size_t)got) {
        return 0;
    }
    size_t n = strcspn(text + start, " ");
    long page_bytes = sysconf(_SC_PAGESIZE);
    if (page_bytes <= 0 ||
        !gv_parse_u64(&pages, gv_view_of(text + start, n), UINT64_MAX / (uint64_t)page_bytes)) {
        return 0;
    }
    return pages * (uint64_t)page_bytes;
}
