/* RPC stats: how often each method was asked and how long the node took, for the metrics.
 * The number of rows is fixed: what is not in the table counts as "other". Thread: any. */
#ifndef GV_APP_NODE_RPC_STATS_H
#define GV_APP_NODE_RPC_STATS_H

#include <stdint.h>

struct gv_rpc_stats {
    const char *method;
    uint64_t count;
    uint64_t sum_ms;
};

/** One exchange has ended, well or not. */
void gv_rpc_stats_add(const char *method, uint64_t took_ms);
/** Visit every method that was asked. */
void gv_rpc_stats_each(void (*visit)(void *ctx, const struct gv_rpc_stats *stats), void *ctx);

#endif
