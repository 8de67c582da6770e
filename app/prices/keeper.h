/* Keeper: reads blocks, makes block price and day prices of them, and keeps what is to survive a restart.
 *
 *   node ──getblock──► record ──► price.db ──amounts of 144 blocks──► estimate ──► published, guard
 *                                     ▲
 *   live price's history ──once a minute
 *
 * The block price is the published algorithm over the newest GV_PRICES_WINDOW blocks. A block is read
 * once, when it comes; its record stays in the database, so a restart, a sliding window, a day and a
 * reorg cost no call of the node but for blocks that were never seen. What the node has pruned is left
 * out, and the state says so.
 * A day is the blocks from the first one whose time is in it, up to the first one of a later day: every
 * block belongs to one day, though block times are not in order.
 * Each step does one thing (a block, a minute's history) and returns, so that it can be stopped and
 * watched; nothing else in the daemon waits for it.
 * Limits: GV_PRICES_VALUES amounts for an estimate; of more, those of the oldest blocks are left out,
 * which is counted. The large memory is given back whenever there is nothing to do.
 * Thread: the keeper's own. */
#ifndef GV_APP_PRICES_KEEPER_H
#define GV_APP_PRICES_KEEPER_H

#include "app/node/rpc.h"
#include "app/oracle/service.h"
#include "app/prices/db.h"
#include "hal/iface/clock.h"

/* What a pruned node keeps at least: the window, and the day before the one it lies in. */
#define GV_PRICES_FILL 288u
/* Longest pause between two steps. */
#define GV_KEEPER_WAIT_MS 15000u

struct gv_keeper_config {
    struct gv_prices *prices;
    struct gv_oracle_service *oracle;
    const struct gv_clock *clock;
    struct gv_http *http; /* for the keeper alone */
    const struct gv_rpc_config *rpc;
    uint64_t seed; /* random */
};

struct gv_keeper;
/** The one instance (static memory). */
struct gv_keeper *gv_keeper_instance(void);
/** Copies *config. */
void gv_keeper_init(struct gv_keeper *keeper, const struct gv_keeper_config *config);

/** Load what the database holds, and publish it. Keeps storage.
 *  Returns: GV_OK; GV_ERR_STORAGE; GV_ERR_INVALID (the file is spoiled). */
GV_MUST_USE enum gv_err gv_keeper_open(struct gv_keeper *keeper, struct gv_storage *storage,
                                       struct gv_fail *fail);
/** Do the next thing there is to do.
 *  Out:     wait_ms: how long to wait before the next step; a new block is a reason to be early.
 *  Returns: as gv_keeper_open: it has to be closed then, and opened later. */
GV_MUST_USE enum gv_err gv_keeper_step(struct gv_keeper *keeper, uint32_t *wait_ms,
                                       struct gv_fail *fail);
/** Write the newest history and let go of the storage. Opened or not. */
void gv_keeper_close(struct gv_keeper *keeper);
/** Publish that there is no database: no block price, no days. */
void gv_keeper_publish_off(struct gv_keeper *keeper);

#endif
