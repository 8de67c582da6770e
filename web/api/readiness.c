#include "web/api/readiness.h"

#include "web/api/api_state.h"

#define TIP_STALE_S  5400 /* 90 minutes without a block: something is wrong */
#define BEHIND_READY 2u   /* fewer blocks than this behind is still ready */

static const char *const parts[GV_READY_PARTS] = {
    [GV_READY_BITCOIND] = "bitcoind", [GV_READY_IBD] = "ibd",
    [GV_READY_INDEXER] = "indexer",   [GV_READY_DB] = "db",
    [GV_READY_CLOCK] = "clock",       [GV_READY_DISK] = "disk",
};

static const char *const verdict_names[] = {
    [GV_PASS] = "pass",
    [GV_WARN] = "warn",
    [GV_FAIL] = "fail",
};

const char *gv_ready_name(enum gv_ready part)
{
    return parts[part];
}

const char *gv_verdict_name(enum gv_verdict verdict)
{
    return verdict_names[verdict];
}

static enum gv_verdict judge_node(const struct gv_node_status *node, struct gv_utc now)
{
    if (!node->reachable) {
        return GV_FAIL;
    }
    return now.s - node->tip_time.s > TIP_STALE_S ? GV_WARN : GV_PASS;
}

static enum gv_verdict judge_disk(uint64_t free_bytes)
{
    if (free_bytes < GV_DISK_FAIL_BYTES) {
        return GV_FAIL;
    }
    return free_bytes < GV_DISK_WARN_BYTES ? GV_WARN : GV_PASS;
}

enum gv_verdict gv_readiness(enum gv_verdict verdicts[GV_READY_PARTS],
                             const struct gv_market_head *head,
                             const struct gv_engine_stats *engine,
                             const struct gv_api_machine *machine, struct gv_utc now)
{
    const struct gv_node_status *node = &head->node;
    const bool near_tip = node->headers - node->blocks < BEHIND_READY; /* headers >= blocks */
    enum gv_verdict worst = GV_PASS;
    verdicts[GV_READY_BITCOIND] = judge_node(node, now);
    verdicts[GV_READY_IBD] = node->initial_download || !near_tip ? GV_FAIL : GV_PASS;
    /* Without the indexer sales go on, listing waits. */
    verdicts[GV_READY_INDEXER] = node->indexer_ready ? GV_PASS : GV_WARN;
    verdicts[GV_READY_DB] = engine->commits_failed > 0 ? GV_WARN : GV_PASS;
    verdicts[GV_READY_CLOCK] = now.s < GV_CLOCK_SET_S ? GV_FAIL : GV_PASS;
    verdicts[GV_READY_DISK] = judge_disk(machine->disk_free_bytes);
    for (unsigned i = 0; i < GV_READY_PARTS; i++) {
        worst = verdicts[i] > worst ? verdicts[i] : worst;
    }
    return worst;
}
