#include "app/engine/market.h"

#include "firmware/base/assert.h"

#include <string.h>

/* Readers that overlap, as eight busy workers do, would keep a writer out for ever if they went
 * first. No reader takes the lock twice, so the writer may. */
static void init_lock(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t attributes;
    int rc = pthread_rwlockattr_init(&attributes);
    GV_ASSERT(rc == 0);
#ifdef __GLIBC__
    rc = pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    GV_ASSERT(rc == 0);
#endif
    rc = pthread_rwlock_init(lock, &attributes);
    GV_ASSERT(rc == 0);
    pthread_rwlockattr_destroy(&attributes);
}

void gv_market_init(struct gv_market *market, gv_row_renderer *render, uint32_t final_depth)
{
    GV_ASSERT(render != NULL);
    /* Rows beyond `count` are never read: leaving them alone keeps their pages untouched. */
    memset(market, 0, offsetof(struct gv_market, rows));
    market->render = render;
    market->final_depth = final_depth;
    init_lock(&market->lock);
}

/* Index of the first row whose id is not below `id`; count when there is none. */
static uint32_t lower_bound(const struct gv_market *market, uint64_t id)
{
    uint32_t low = 0;
    uint32_t high = market->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (market->rows[middle].listing.id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool holds(const struct gv_market *market, uint32_t at, uint64_t id)
{
    return at < market->count && market->rows[at].listing.id == id;
}

void gv_market_head(struct gv_market *market, struct gv_market_head *head)
{
    pthread_rwlock_rdlock(&market->lock);
    head->sequence = market->sequence;
    head->tip = market->tip;
    head->node = market->node;
    memcpy(head->status_counts, market->status_counts, sizeof(head->status_counts));
    head->count = market->count;
    head->final_depth = market->final_depth;
    pthread_rwlock_unlock(&market->lock);
}

/* Under the read lock. */
static void copy_tip(const struct gv_market *market, struct gv_tip *tip)
{
    if (tip != NULL) {
        *tip = market->tip;
    }
}

enum gv_err gv_market_with(struct gv_market *market, uint64_t id, struct gv_tip *tip,
                           void (*visit)(void *ctx, const struct gv_market_row *row), void *ctx)
{
    pthread_rwlock_rdlock(&market->lock);
    copy_tip(market, tip);
    uint32_t at = lower_bound(market, id);
    bool found = holds(market, at, id);
    if (found) {
        visit(ctx, &market->rows[at]);
    }
    pthread_rwlock_unlock(&market->lock);
    return found ? GV_OK : GV_ERR_NOT_FOUND;
}

uint64_t gv_market_each(struct gv_market *market, uint64_t before_id, struct gv_tip *tip,
                        bool (*visit)(void *ctx, const struct gv_market_row *row), void *ctx)
{
    uint64_t stopped_at = 0;
    pthread_rwlock_rdlock(&market->lock);
    copy_tip(market, tip);
    uint32_t at = before_id == 0 ? market->count : lower_bound(market, before_id);
    while (at > 0 && stopped_at == 0) {
        at--;
        if (!visit(ctx, &market->rows[at])) {
            stopped_at = market->rows[at].listing.id;
        }
    }
    pthread_rwlock_unlock(&market->lock);
    return stopped_at;
}

uint64_t gv_market_newest(struct gv_market *market)
{
    pthread_rwlock_rdlock(&market->lock);
    const uint64_t id = market->count > 0 ? market->rows[market->count - 1].listing.id : 0;
    pthread_rwlock_unlock(&market->lock);
    return id;
}

void gv_market_write_begin(struct gv_market *market)
{
    pthread_rwlock_wrlock(&market->lock);
}

struct gv_market_row *gv_market_row_for(struct gv_market *market, uint64_t id)
{
    uint32_t at = lower_bound(market, id);
    if (holds(market, at, id)) {
        return &market->rows[at];
    }
    GV_ASSERT(at == market->count); /* ids only grow */
    if (market->count == GV_LISTINGS_MAX) {
        return NULL;
    }
    struct gv_market_row *row = &market->rows[market->count];
    memset(row, 0, offsetof(struct gv_market_row, text));
    row->text[0] = '\0';
    row->listing.id = id;
    market->count++;
    return row;
}

void gv_market_row_drop(struct gv_market *market, uint64_t id)
{
    uint32_t at = lower_bound(market, id);
    if (!holds(market, at, id)) {
        return;
    }
    market->count--;
    memmove(&market->rows[at], &market->rows[at + 1],
            (size_t)(market->count - at) * sizeof(market->rows[0]));
}

uint64_t gv_market_write_end(struct gv_market *market)
{
    memset(market->status_counts, 0, sizeof(market->status_counts));
    for (uint32_t i = 0; i < market->count; i++) {
        market->status_counts[market->rows[i].status]++;
    }
    market->sequence++;
    uint64_t sequence = market->sequence;
    pthread_rwlock_unlock(&market->lock);
    return sequence;
}
