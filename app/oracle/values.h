/* Values: the amounts of a window, counted and chained by histogram bin.
 *
 *   bin ──► slot ──► slot ──► none      amounts that can make price points, descending when sorted
 *
 * Putting an amount in and taking it out is O(1). A bin's chain is put in order when an estimate
 * first walks it, and only if something was put in since: an estimate walks amounts in order and
 * never sorts what it has sorted before. Round amounts of bitcoin are counted but not chained.
 * Owner: the slots are the caller's, who also chooses among them.
 * Thread: one owner at a time; reading for an estimate sorts, so it is a change too. */
#ifndef GV_APP_ORACLE_VALUES_H
#define GV_APP_ORACLE_VALUES_H

#include "app/oracle/tables.h"
#include "firmware/base/err.h"

#include <stdint.h>

#define GV_ORACLE_NONE UINT32_MAX

/** An amount in its chain: one cache line to touch at each step. */
struct gv_oracle_slot {
    uint64_t sats; /* 0: the slot is free */
    uint32_t next;
    uint32_t prev;
};

struct gv_oracle_values {
    struct gv_oracle_slot *slot;
    uint32_t capacity;
    uint32_t count;                   /* amounts held */
    uint32_t counts[GV_ORACLE_BINS];  /* all of a bin: the raw histogram */
    uint32_t chained[GV_ORACLE_BINS]; /* those that are not round */
    uint32_t head[GV_ORACLE_BINS];
    bool unsorted[GV_ORACLE_BINS];
};

/** Empty. Keeps the array, which has `capacity` elements. */
void gv_oracle_values_init(struct gv_oracle_values *values, struct gv_oracle_slot *slot,
                           uint32_t capacity);

/** In: slot: free (asserted). sats: strictly between GV_ORACLE_SAT_ABOVE and _BELOW (asserted). */
void gv_oracle_values_put(struct gv_oracle_values *values, uint32_t slot, uint64_t sats);

/** In: slot: in use (asserted); free afterwards. */
void gv_oracle_values_take(struct gv_oracle_values *values, uint32_t slot);

/** Number of amounts that are not round in first_sat..last_sat, both included. */
uint32_t gv_oracle_values_between(struct gv_oracle_values *values, uint64_t first_sat,
                                  uint64_t last_sat);

/** A walk over the amounts that are not round, from a limit downwards. */
struct gv_oracle_walk {
    struct gv_oracle_values *values;
    uint64_t first_sat;
    uint32_t bin;
    uint32_t slot;
};

/** Stand before the largest amount of first_sat..last_sat. Putting and taking end the walk. */
void gv_oracle_walk_begin(struct gv_oracle_walk *walk, struct gv_oracle_values *values,
                          uint64_t first_sat, uint64_t last_sat);
/** Returns: the next amount, not above the one before; 0 behind the last. */
uint64_t gv_oracle_walk_next(struct gv_oracle_walk *walk);

#endif
