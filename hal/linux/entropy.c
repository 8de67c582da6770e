#include "hal/linux/entropy.h"

#include "firmware/base/assert.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/types.h>

static void op_fill(void *ctx, void *out, size_t n)
{
    (void)ctx;
    uint8_t *p = out;
    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0) {
            GV_ASSERT(errno == EINTR);
            continue;
        }
        p += got;
        n -= (size_t)got;
    }
}

struct gv_entropy gv_linux_entropy(void)
{
    static const struct gv_entropy_ops entropy_ops = {.fill = op_fill};
    return (struct gv_entropy){.ops = &entropy_ops, .ctx = NULL};
}
