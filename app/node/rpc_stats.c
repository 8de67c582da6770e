#include "app/node/rpc_stats.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

static const char *const methods[] = {
    "getblock",       "getblockchaininfo",    "getblockhash",
    "getblockheader", "getmempoolentry",      "getmempoolinfo",
    "getnetworkinfo", "getrawmempool",        "getrawtransaction",
    "gettxout",       "gettxspendingprevout", "getzmqnotifications",
    "other",
};

#define METHODS (sizeof(methods) / sizeof(methods[0]))

static struct {
    _Atomic uint64_t count;
    _Atomic uint64_t sum_ms;
} rows[METHODS];

void gv_rpc_stats_add(const char *method, uint64_t took_ms)
{
    size_t i = 0;
    while (i + 1 < METHODS && strcmp(methods[i], method) != 0) {
        i++;
    }
    atomic_fetch_add_explicit(&rows[i].count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&rows[i].sum_ms, took_ms, memory_order_relaxed);
}

void gv_rpc_stats_each(void (*visit)(void *ctx, const struct gv_rpc_stats *stats), void *ctx)
{
    for (size_t i = 0; i < METHODS; i++) {
        const struct gv_rpc_stats stats = {
            .method = methods[i],
            .count = atomic_load_explicit(&rows[i].count, memory_order_relaxed),
            .sum_ms = atomic_load_explicit(&rows[i].sum_ms, memory_order_relaxed),
        };
        if (stats.count > 0) {
            visit(ctx, &stats);
        }
    }
}
