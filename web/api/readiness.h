/* Readiness: pass, warn or fail of each part that sales need; behind /ready and `gavelctl doctor`.
 * Thread: any (pure). */
#ifndef GV_WEB_API_READINESS_H
#define GV_WEB_API_READINESS_H

#include "web/api/api.h"

enum gv_verdict {
    GV_PASS,
    GV_WARN,
    GV_FAIL,
};

enum gv_ready {
    GV_READY_BITCOIND,
    GV_READY_IBD, /* initial block download */
    GV_READY_INDEXER,
    GV_READY_DB,
    GV_READY_CLOCK,
    GV_READY_DISK,
};
#define GV_READY_PARTS 6u

/** Judge every part.
 *  Out:     verdicts: by enum gv_ready.
 *  Returns: the worst of them. One fail makes the box not ready.
 *  Source:  ready means fewer than two blocks behind; what may be revealed is the engine's business. */
enum gv_verdict gv_readiness(enum gv_verdict verdicts[GV_READY_PARTS],
                             const struct gv_market_head *head,
                             const struct gv_engine_stats *engine,
                             const struct gv_api_machine *machine, struct gv_utc now);

/** "bitcoind", "ibd", ... Returns: a static string. */
const char *gv_ready_name(enum gv_ready part);
/** "pass", "warn", "fail". Returns: a static string. */
const char *gv_verdict_name(enum gv_verdict verdict);

#endif
