/* Entropy: unpredictable bytes for keys, nonces and tokens. Thread: any. */
#ifndef GV_HAL_IFACE_ENTROPY_H
#define GV_HAL_IFACE_ENTROPY_H

#include <stddef.h>

struct gv_entropy_ops {
    void (*fill)(void *ctx, void *out, size_t n); /* cannot fail: aborts if the system has none */
};

struct gv_entropy {
    const struct gv_entropy_ops *ops;
    void *ctx;
};

static inline void gv_entropy_fill(const struct gv_entropy *entropy, void *out, size_t n)
{
    entropy->ops->fill(entropy->ctx, out, n);
}

#endif
