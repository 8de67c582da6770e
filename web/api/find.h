/* Find: the listing that a route's {id} names, published or retired, and the height at which facts
 * about outpoints hold. */
#ifndef GV_WEB_API_FIND_H
#define GV_WEB_API_FIND_H

#include "app/engine/market.h"
#include "app/node/rpc.h"
#include "web/server/server.h"

/** Call `visit` with the row of the listing that params[0] names. A listing that was retired from
 *  memory is read back from storage; it is settled, so its row reveals nothing.
 *  Out: tip: the one the row was published for, set before the visit.
 *  Returns: GV_OK; GV_ERR_NOT_FOUND in the words of the route's family; GV_ERR_UNAVAILABLE when the
 *  engine could not look. */
GV_MUST_USE enum gv_err gv_find_listing(struct gv_exchange *x, struct gv_tip *tip,
                                        void (*visit)(void *ctx, const struct gv_market_row *row),
                                        void *ctx, struct gv_fail *fail);

/** Facts from our node and from the market must belong to one block. They differ for a moment
 *  whenever a block comes: the client tries again.
 *  Out: tip: the market's, when GV_OK.
 *  Returns: GV_OK; GV_ERR_UNAVAILABLE "node.moved", "node.not_live". */
GV_MUST_USE enum gv_err gv_find_same_tip(struct gv_market *market, const struct gv_rpc_txout *txout,
                                         uint32_t *tip, struct gv_fail *fail);

/** The lowest height whose state of the indexer tells about an output with so many confirmations
 *  at `tip`. The indexer may be one block behind. */
uint32_t gv_indexer_height(uint32_t tip, uint32_t confirmations);

#endif
