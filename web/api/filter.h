/* Filters of lists of listings. Thread: any (pure), with an exchange: its worker. */
#ifndef GV_WEB_API_FILTER_H
#define GV_WEB_API_FILTER_H

#include "app/engine/market.h"
#include "web/server/server.h"

#define GV_FILTER_Q_MAX 65u

enum gv_sort {
    GV_SORT_NEWEST,
    GV_SORT_ENDING,
    GV_SORT_PRICE,
    GV_SORT_PRICE_FALLING,
};

/** Zeroed first: its bytes are what a cursor's mark is made of. */
struct gv_filter {
    unsigned statuses; /* bit per gv_dutch_status */
    enum gv_sort sort;
    uint64_t min_price, max_price; /* of the price shown; UINT64_MAX: any */
    uint64_t from_block, to_block;
    uint64_t created_from, created_to;
    char asset[GV_ASSET_NAME_MAX]; /* "": any */
    char seller[GV_ADDRESS_MAX];
    char recipient[GV_ADDRESS_MAX]; /* with seller: one of both is enough */
    char q[GV_FILTER_Q_MAX];        /* part of the asset's name, in small letters */
};

/** Parameter `status`: one or several, separated by commas; absent or empty: all.
 *  Returns: GV_OK; GV_ERR_INVALID "query.status" naming every member that is no status. */
GV_MUST_USE enum gv_err gv_filter_read_status(struct gv_filter *filter, const struct gv_exchange *x,
                                              struct gv_fail *fail);
/** All parameters of /api/v1/dutch but limit and cursor. Zeroes the filter first.
 *  Returns: GV_OK; GV_ERR_INVALID query.*. */
GV_MUST_USE enum gv_err gv_filter_read(struct gv_filter *filter, const struct gv_exchange *x,
                                       struct gv_fail *fail);
/** A filter that lets everything pass. */
void gv_filter_clear(struct gv_filter *filter);

GV_MUST_USE bool gv_filter_passes(const struct gv_filter *filter, const struct gv_market_row *row);
/** Where the row stands in the filter's order (cursor.h). */
uint64_t gv_filter_key(const struct gv_filter *filter, const struct gv_market_row *row);

#endif
