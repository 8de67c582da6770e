/* Published: what readers see of the block price, the prices of the last blocks and of the days.
 *
 *   keeper (its own thread) ──► gv_prices_publish_* ──► under the lock ──► readers copy out
 *
 * State:
 *   off          no database for it could be opened
 *   filling      blocks of the window are still being read
 *   ok           the price of the last GV_PRICES_WINDOW blocks stands
 *   short        so few blocks are there that the price, if any, is one of fewer
 *   node_behind  the node is away, or behind its network
 * Limits: GV_PRICES_WINDOW tips, GV_PRICES_DAYS days.
 * Threads: init main; publish the keeper's; reading any, never waiting for work. */
#ifndef GV_APP_PRICES_PUBLISHED_H
#define GV_APP_PRICES_PUBLISHED_H

#include "firmware/base/limits.h"
#include "firmware/base/time.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Source: UTXOracle 9.1, block mode. */
#define GV_PRICES_WINDOW 144u
#define GV_PRICES_DAYS   732u

#define GV_PRICES_STATE_LIST(X)                                                                    \
    X(GV_PRICES_OFF, "off")                                                                        \
    X(GV_PRICES_FILLING, "filling")                                                                \
    X(GV_PRICES_OK, "ok")                                                                          \
    X(GV_PRICES_SHORT, "short")                                                                    \
    X(GV_PRICES_NODE_BEHIND, "node_behind")

enum gv_prices_state {
#define GV_PRICES_STATE_ENUM(name, text) name,
    GV_PRICES_STATE_LIST(GV_PRICES_STATE_ENUM)
#undef GV_PRICES_STATE_ENUM
    GV_PRICES_STATES
};
const char *gv_prices_state_text(enum gv_prices_state state);

/** The price of a run of blocks. Dollars are for a bitcoin. */
struct gv_price_fact {
    uint32_t price_cents; /* 0: there is none */
    uint32_t rough_usd;
    uint32_t low_cents; /* limits of the chart */
    uint32_t high_cents;
    uint32_t deviation_e4; /* ten-thousandths */
    uint32_t confidence_e4;
    uint32_t outputs;
    uint32_t blocks;
};

struct gv_prices_view {
    enum gv_prices_state state;
    struct gv_price_fact fact;
    uint32_t height; /* of the newest block behind the price */
    int64_t time_s;  /* of that block */
    uint32_t progress_permille;
    uint64_t displaced; /* amounts of the oldest blocks left out: more than the memory holds */
};

/** The price of the window that ends with a block. */
struct gv_prices_tip {
    uint32_t height;
    uint32_t price_cents;
    int64_t time_s;
};

struct gv_prices_day {
    int64_t day; /* from 1970-01-01, UTC */
    bool complete;
    struct gv_price_fact fact;
};

struct gv_prices {
    pthread_rwlock_t lock;
    struct gv_prices_view view;
    struct gv_prices_tip tip[GV_PRICES_WINDOW]; /* ascending height, [0, tip_n) */
    uint32_t tip_n;
    struct gv_prices_day day[GV_PRICES_DAYS]; /* day d at d % GV_PRICES_DAYS; price 0: none */
};
_Static_assert(sizeof(struct gv_prices) <= GV_PRICES_PUBLISHED_BYTES, "as counted in limits.h");

/** The one instance (static memory). */
struct gv_prices *gv_prices_instance(void);
/** Empty, "filling". */
void gv_prices_init(struct gv_prices *prices);

/* ---- readers ---------------------------------------------------------------------------------- */

void gv_prices_view(struct gv_prices *prices, struct gv_prices_view *view);
/** Prices of the last blocks, the oldest first. Returns: how many. */
uint32_t gv_prices_tips(struct gv_prices *prices, struct gv_prices_tip tip[GV_PRICES_WINDOW]);
/** Days first..last that have a price, the oldest first.
 *  In:      count: most that are wanted. Out: day[0, returned). next: day to go on with. */
uint32_t gv_prices_days(struct gv_prices *prices, int64_t first, int64_t last,
                        struct gv_prices_day *day, uint32_t count, int64_t *next);

/* ---- publisher (keeper) ------------------------------------------------------------------------- */

void gv_prices_publish(struct gv_prices *prices, const struct gv_prices_view *view);
/** Add the price of a block; those of its height and above are dropped first, as after a reorg.
 *  A price of 0 only drops. */
void gv_prices_publish_tip(struct gv_prices *prices, const struct gv_prices_tip *tip);
/** Set a day; with a price of 0: drop it. */
void gv_prices_publish_day(struct gv_prices *prices, const struct gv_prices_day *day);
/** Drop the days after `last`, as after a reorg. */
void gv_prices_publish_last_day(struct gv_prices *prices, int64_t last);

#endif
