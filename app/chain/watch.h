/* Watch: the set of outpoints whose spends concern us.
 *
 * Workers reserve an outpoint before they ask the node about it, the engine keeps it for a listing,
 * the node thread looks every input of every transaction up. Because the reservation comes first, a
 * spend that happens while an upload is being checked is seen: it sets `fired`.
 * Open addressing over GV_WATCH_MAX * 2 places, references counted per outpoint.
 * Thread: any (one short mutex). */
#ifndef GV_APP_CHAIN_WATCH_H
#define GV_APP_CHAIN_WATCH_H

#include "app/bitcoin/tx_types.h"

#include <pthread.h>

#define GV_WATCH_PLACES (GV_WATCH_MAX * 2u)

struct gv_watch_entry {
    struct gv_outpoint outpoint;
    uint32_t references; /* 0: free place */
    uint32_t fired;      /* spends seen since the outpoint entered the set */
};

struct gv_watch {
    pthread_mutex_t lock;
    uint32_t count;
    struct gv_watch_entry places[GV_WATCH_PLACES];
};

void gv_watch_init(struct gv_watch *watch);

/** Add a reference. Out: fired_before (may be NULL): to compare with gv_watch_fired later.
 *  Returns: GV_OK; GV_ERR_FULL. */
GV_MUST_USE enum gv_err gv_watch_add(struct gv_watch *watch, const struct gv_outpoint *outpoint,
                                     uint32_t *fired_before);
/** Drop a reference; asserts that there is one. */
void gv_watch_drop(struct gv_watch *watch, const struct gv_outpoint *outpoint);

/** Is it watched? Node thread, for each input. */
bool gv_watch_has(struct gv_watch *watch, const struct gv_outpoint *outpoint);
/** A spend of it was seen (mempool or block). */
void gv_watch_fire(struct gv_watch *watch, const struct gv_outpoint *outpoint);
uint32_t gv_watch_fired(struct gv_watch *watch, const struct gv_outpoint *outpoint);

/** Copy a page of the set, for polling. cursor: 0 to begin; 0 again when done.
 *  Returns: number copied (<= outpoints_max). */
uint32_t gv_watch_page(struct gv_watch *watch, uint32_t *cursor, struct gv_outpoint *outpoints,
                       uint32_t outpoints_max);
uint32_t gv_watch_count(struct gv_watch *watch);

#endif
