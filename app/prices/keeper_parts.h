/* Inside the keeper: its state, and what its files ask of each other. Thread: the keeper's. */
#ifndef GV_APP_PRICES_KEEPER_PARTS_H
#define GV_APP_PRICES_KEEPER_PARTS_H

#include "app/oracle/estimate.h"
#include "app/prices/keeper.h"

/* The longest day that can be cut out exactly, and a reorg of as many blocks as a window has. */
#define GV_PRICES_RECORDS_MAX (GV_RECORD_REACH + 1u + GV_PRICES_WINDOW)
_Static_assert(GV_PRICES_RECORDS_MAX > GV_PRICES_FILL, "what is filled is kept");
_Static_assert(GV_PRICES_WINDOW <= GV_RECORD_REACH + 1u, "parents are known in the whole window");

/* A block is read, or a price is estimated, never both at once. */
union gv_keeper_work {
    struct {
        struct gv_record record;
        uint8_t block[GV_BLOCK_BYTES_MAX];
    } read;
    struct {
        struct gv_oracle_slot slot[GV_PRICES_VALUES];
        double point[(size_t)GV_PRICES_VALUES * GV_ORACLE_POINTS_PER_VALUE];
    } estimate;
};

struct gv_keeper {
    struct gv_keeper_config config;
    struct gv_rpc rpc;
    struct gv_price_db db;
    bool open;
    struct gv_rpc_chain chain;                          /* as last asked for */
    uint32_t floor;                                     /* blocks below are known to be gone */
    struct gv_price_block block[GV_PRICES_RECORDS_MAX]; /* held: consecutive heights */
    uint32_t blocks;
    struct gv_prices_view view; /* as published last */
    bool priced;                /* view holds the price of the newest block */
    uint32_t told_cents;        /* to the guard */
    uint32_t values_max;        /* GV_PRICES_VALUES; less in tests */
    int64_t flushed_s;          /* history is written up to here */
    struct gv_mono flush_at;
    bool resident; /* work was touched */
    union gv_keeper_work *work;
    struct gv_oracle_values values;
    struct gv_oracle_scratch scratch;
};
_Static_assert(sizeof(struct gv_keeper) <= GV_KEEPER_BYTES, "as counted in limits.h");
_Static_assert(sizeof(union gv_keeper_work) <= GV_KEEPER_WORK_BYTES, "as counted in limits.h");

/* ---- keeper_price.c --------------------------------------------------------------------------------- */

/** The price of the blocks first..last (heights, all held).
 *  Out: fact: price_cents 0 when there is none; blocks and outputs in any case.
 *       displaced: amounts that found no room. */
GV_MUST_USE enum gv_err gv_keeper_price(struct gv_keeper *keeper, uint32_t first, uint32_t last,
                                        struct gv_price_fact *fact, uint64_t *displaced);
/** First height of the window that ends with a block that is held. */
uint32_t gv_keeper_window_first(const struct gv_keeper *keeper, uint32_t last);

/** The price of a day, as far as its blocks are held; stored unless a better one is.
 *  In:  ended: a block of a later day is held. Out: day: as it is to be published. */
GV_MUST_USE enum gv_err gv_keeper_day(struct gv_keeper *keeper, int64_t number, bool ended,
                                      struct gv_prices_day *day);

/* ---- keeper_past.c ---------------------------------------------------------------------------------- */

/** Give the service the history that the database holds. */
GV_MUST_USE enum gv_err gv_keeper_load_past(struct gv_keeper *keeper);
/** Write what is new in the service's history: one transaction, none when there is nothing. */
GV_MUST_USE enum gv_err gv_keeper_flush_past(struct gv_keeper *keeper);

#endif
