/* The two plain values that every Bitcoin-aware module shares. Thread: any (pure). */
#ifndef GV_APP_BITCOIN_TX_TYPES_H
#define GV_APP_BITCOIN_TX_TYPES_H

#include "firmware/base/crypto.h"
#include "firmware/base/limits.h"

#include <string.h>

/** One output of one transaction. txid in internal byte order (printed reversed). */
struct gv_outpoint {
    struct gv_hash256 txid;
    uint32_t vout;
};

/** A scriptPubKey short enough to be listed or matched, by value. */
struct gv_spk {
    uint8_t b[GV_SPK_MAX];
    uint8_t n;
};

static inline struct gv_view gv_spk_view(const struct gv_spk *spk)
{
    return gv_view_of(spk->b, spk->n);
}

/** Returns false (and leaves *spk alone) when the script is longer than GV_SPK_MAX. */
GV_MUST_USE static inline bool gv_spk_set(struct gv_spk *spk, struct gv_view script)
{
    if (script.n > GV_SPK_MAX) {
        return false;
    }
    memcpy(spk->b, script.p, script.n);
    spk->n = (uint8_t)script.n;
    return true;
}

static inline bool gv_spk_equal(const struct gv_spk *a, const struct gv_spk *b)
{
    return a->n == b->n && memcmp(a->b, b->b, a->n) == 0;
}

static inline bool gv_outpoint_equal(const struct gv_outpoint *a, const struct gv_outpoint *b)
{
    return a->vout == b->vout && gv_hash256_equal(&a->txid, &b->txid);
}

#endif
