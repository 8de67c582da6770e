/* Price thread: the keeper of prices with its database price.db and its connection to the node.
 *
 * It runs at a lower priority than everything else. A database that cannot be used is set aside
 * (price.db.bad) when it is damaged, and tried again later when the disk is full or away; the live
 * price and the auctions hear nothing of it.
 * Thread: start and stop main; wake any. */
#ifndef GV_FIRMWARE_BOOT_PRICE_THREAD_H
#define GV_FIRMWARE_BOOT_PRICE_THREAD_H

#include "app/prices/keeper.h"

/** Start the thread. Keeps what config points to, and data_dir.
 *  Returns: GV_OK; GV_ERR_INVALID (path too long); GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_price_thread_start(const struct gv_keeper_config *config,
                                              const char *data_dir, struct gv_fail *fail);
/** Does nothing when it never started. */
void gv_price_thread_stop(void);
/** There may be a new block. Does nothing when it does not run. */
void gv_price_thread_wake(void);

#endif
