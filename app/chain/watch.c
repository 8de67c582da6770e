#include "app/chain/watch.h"

#include "firmware/base/assert.h"

/* Linear probing; a removal shifts the rest of its run back, so a free place always ends a search.
 * Source: D. E. Knuth, "The Art of Computer Programming" 6.4, algorithm R. */

static uint32_t home_of(const struct gv_outpoint *outpoint)
{
    /* A txid is a hash already; the odd factor spreads the outputs of one transaction. */
    uint32_t h = 0;
    memcpy(&h, outpoint->txid.b, sizeof(h));
    h ^= outpoint->vout * 0x9e3779b1u;
    return h % GV_WATCH_PLACES;
}

static uint32_t after(uint32_t place)
{
    return place + 1 < GV_WATCH_PLACES ? place + 1 : 0;
}

/* The entry's place, or the free place where it would go. At most half of the places are taken. */
static uint32_t find(const struct gv_watch *watch, const struct gv_outpoint *outpoint)
{
    uint32_t at = home_of(outpoint);
    while (watch->places[at].references > 0 &&
           !gv_outpoint_equal(&watch->places[at].outpoint, outpoint)) {
        at = after(at);
    }
    return at;
}

/* Is `place` within the cyclic range (hole, at]? */
static bool between(uint32_t hole, uint32_t place, uint32_t at)
{
    if (hole <= at) {
        return hole < place && place <= at;
    }
    return hole < place || place <= at;
}

static void close_hole(struct gv_watch *watch, uint32_t hole)
{
    for (uint32_t at = after(hole); watch->places[at].references > 0; at = after(at)) {
        uint32_t home = home_of(&watch->places[at].outpoint);
        if (!between(hole, home, at)) {
            watch->places[hole] = watch->places[at];
            hole = at;
        }
    }
    watch->places[hole] = (struct gv_watch_entry){0};
}

void gv_watch_init(struct gv_watch *watch)
{
    memset(watch, 0, sizeof(*watch));
    int rc = pthread_mutex_init(&watch->lock, NULL);
    GV_ASSERT(rc == 0);
}

enum gv_err gv_watch_add(struct gv_watch *watch, const struct gv_outpoint *outpoint,
                         uint32_t *fired_before)
{
    enum gv_err err = GV_OK;
    pthread_mutex_lock(&watch->lock);
    struct gv_watch_entry *entry = &watch->places[find(watch, outpoint)];
    if (entry->references == 0 && watch->count == GV_WATCH_MAX) {
        err = GV_ERR_FULL;
    } else {
        if (entry->references == 0) {
            *entry = (struct gv_watch_entry){.outpoint = *outpoint};
            watch->count++;
        }
        entry->references++;
        if (fired_before != NULL) {
            *fired_before = entry->fired;
        }
    }
    pthread_mutex_unlock(&watch->lock);
    return err;
}

void gv_watch_drop(struct gv_watch *watch, const struct gv_outpoint *outpoint)
{
    pthread_mutex_lock(&watch->lock);
    uint32_t at = find(watch, outpoint);
    GV_ASSERT(watch->places[at].references > 0);
    watch->places[at].references--;
    if (watch->places[at].references == 0) {
        watch->count--;
        close_hole(watch, at);
    }
    pthread_mutex_unlock(&watch->lock);
}

bool gv_watch_has(struct gv_watch *watch, const struct gv_outpoint *outpoint)
{
    pthread_mutex_lock(&watch->lock);
    bool has = watch->places[find(watch, outpoint)].references > 0;
    pthread_mutex_unlock(&watch->lock);
    return has;
}

void gv_watch_fire(struct gv_watch *watch, const struct gv_outpoint *outpoint)
{
    pthread_mutex_lock(&watch->lock);
    struct gv_watch_entry *entry = &watch->places[find(watch, outpoint)];
    if (entry->references > 0) {
        entry->fired++;
    }
    pthread_mutex_unlock(&watch->lock);
}

uint32_t gv_watch_fired(struct gv_watch *watch, const struct gv_outpoint *outpoint)
{
    pthread_mutex_lock(&watch->lock);
    const struct gv_watch_entry *entry = &watch->places[find(watch, outpoint)];
    uint32_t fired = entry->references > 0 ? entry->fired : 0;
    pthread_mutex_unlock(&watch->lock);
    return fired;
}

uint32_t gv_watch_page(struct gv_watch *watch, uint32_t *cursor, struct gv_outpoint *outpoints,
                       uint32_t outpoints_max)
{
    uint32_t n = 0;
    uint32_t at = *cursor;
    pthread_mutex_lock(&watch->lock);
    while (at < GV_WATCH_PLACES && n < outpoints_max) {
        if (watch->places[at].references > 0) {
            outpoints[n] = watch->places[at].outpoint;
            n++;
        }
        at++;
    }
    pthread_mutex_unlock(&watch->lock);
    *cursor = at < GV_WATCH_PLACES ? at : 0;
    return n;
}

uint32_t gv_watch_count(struct gv_watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    uint32_t count = watch->count;
    pthread_mutex_unlock(&watch->lock);
    return count;
}
