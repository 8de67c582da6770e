/* Numbers about many listings: how many of each status, how often they sell, for how much, how soon.
 *
 * A listing is taken down to a fact of fixed size; sums are made of slices of facts, which they sort in
 * place. Only sales in a block count as sales: a pending one may still go away. Its time is that of the
 * block, the time of every other listing is when it was listed.
 * Thread: any (pure). */
#ifndef GV_APP_AUCTION_DUTCH_STATS_H
#define GV_APP_AUCTION_DUTCH_STATS_H

#include "app/auction/dutch/dutch.h"
#include "firmware/base/limits.h"

struct gv_dutch_fact {
    uint64_t asset; /* equal for equal names */
    uint64_t id;    /* of the listing */
    int64_t at_s;
    uint64_t price_sat; /* of a sale */
    uint32_t blocks; /* of a sale: from the first block of the ladder to the one it was mined in */
    enum gv_dutch_status status;
    bool sale;
};

_Static_assert(sizeof(struct gv_dutch_fact) <= GV_FACT_BYTES, "limits.h counts the table");

struct gv_dutch_sums {
    uint32_t by_status[GV_DUTCH_STATUSES];
    uint32_t sales;
    bool has_success;          /* something has come to an end */
    uint32_t success_permille; /* sales of sales + closed + expired */
    uint64_t volume_sat;
    uint64_t mean_sat; /* rounded down, as the medians of even counts are; 0 without sales */
    uint64_t median_sat;
    uint32_t mean_blocks;
    uint32_t median_blocks;
};

void gv_dutch_fact(struct gv_dutch_fact *fact, const struct gv_dutch_listing *listing,
                   enum gv_dutch_status status);

enum gv_dutch_order {
    GV_DUTCH_BY_PRICE, /* sales first */
    GV_DUTCH_BY_BLOCKS,
    GV_DUTCH_BY_ASSET,
    GV_DUTCH_BY_TIME, /* sales first */
};
/** Sort in place, without a heap and without recursion. */
void gv_dutch_facts_sort(struct gv_dutch_fact *facts, uint32_t n, enum gv_dutch_order order);

/** In-out: facts: their order is another afterwards. */
void gv_dutch_sums(struct gv_dutch_sums *sums, struct gv_dutch_fact *facts, uint32_t n);

#endif
