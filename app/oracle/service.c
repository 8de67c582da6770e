#include "app/oracle/service.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/mem.h"

#include <string.h>

/* Without news the view is published this often, for its ages and states. */
#define QUIET_MS 1000u
/* Payments since the last estimate that the trail follows one by one; after more of them (the first
 * fill, a block after a loss) it is made anew from the window. */
#define PENDING_MAX 256u
/* The clocks of two threads follow a step of UTC a second or two apart, and a little is no harm. */
#define AHEAD_MS 60000

struct gv_oracle_service {
    struct gv_oracle_service_config config;
    struct gv_oracle_inbox inbox;

    /* oracle thread only */
    struct gv_oracle_window window;
    struct gv_oracle_estimate estimate;
    struct gv_oracle_guard guard;
    struct gv_oracle_judgement judgement;
    struct gv_oracle_payment pending[PENDING_MAX];
    uint32_t pending_n;
    bool rebuild; /* the trail, because pending ran over or there was no price */
    bool changed; /* the window, since the last estimate */
    bool node_in_step;
    bool has_price;
    uint32_t fill_permille;
    uint32_t block_cents;
    int64_t newest_ms;
    int64_t estimated_ms;
    uint64_t estimates;
    struct gv_mono started;
    struct gv_mono estimate_at;
    struct gv_mono publish_at;

    /* under the lock */
    pthread_rwlock_t lock;
    struct gv_oracle_view view;
    struct gv_oracle_trail trail;
    struct gv_oracle_history history;

    _Alignas(16) uint8_t memory[GV_ORACLE_WINDOW_BYTES(GV_ORACLE_TX_MAX)];
};
_Static_assert(sizeof(struct gv_oracle_service) <= GV_ORACLE_BYTES, "as counted in limits.h");

static struct gv_oracle_service instance;

struct gv_oracle_service *gv_oracle_service_instance(void)
{
    return &instance;
}

const char *gv_oracle_state_text(enum gv_oracle_state state)
{
    static const char *const texts[] = {
#define GV_ORACLE_STATE_TEXT(name, text) text,
        GV_ORACLE_STATE_LIST(GV_ORACLE_STATE_TEXT)
#undef GV_ORACLE_STATE_TEXT
    };
    GV_ASSERT(state < GV_ORACLE_STATES);
    return texts[state];
}

void gv_oracle_service_init(struct gv_oracle_service *s,
                            const struct gv_oracle_service_config *config, struct gv_oracle_now now)
{
    GV_ASSERT(config->window_hours >= 1);
    GV_ASSERT(config->window_hours <= GV_ORACLE_HOURS_MAX);
    s->config = *config;
    gv_oracle_inbox_init(&s->inbox);
    gv_oracle_window_init(&s->window, s->memory, sizeof(s->memory), GV_ORACLE_TX_MAX,
                          (int64_t)config->window_hours * GV_ORACLE_HOUR_MS, config->seed);
    memset(&s->guard, 0, sizeof(s->guard));
    s->pending_n = 0;
    s->rebuild = true;
    s->changed = false;
    s->node_in_step = false;
    s->has_price = false;
    s->fill_permille = 0;
    s->block_cents = 0;
    s->newest_ms = 0;
    s->estimated_ms = 0;
    s->estimates = 0;
    s->started = now.mono;
    s->estimate_at = now.mono;
    s->publish_at = now.mono;
    const int rc = pthread_rwlock_init(&s->lock, NULL);
    GV_ASSERT(rc == 0);
    memset(&s->view, 0, sizeof(s->view));
    s->view.state = GV_ORACLE_FILLING;
    s->view.state_since_ms = now.utc_ms;
    s->view.window_ms = (uint32_t)s->window.length_ms;
    gv_oracle_trail_init(&s->trail);
    gv_mem_zero(&s->history, sizeof(s->history));
}

/* ---- items ---------------------------------------------------------------------------------------- */

void gv_oracle_service_push(struct gv_oracle_service *s, const struct gv_oracle_item *item)
{
    const enum gv_err err = gv_oracle_inbox_push(&s->inbox, item);
    if (err != GV_OK) {
        gv_log(GV_LOG_DEBUG, "oracle", "item dropped reason=%s", gv_err_slug(err));
    }
}

void gv_oracle_service_close(struct gv_oracle_service *s)
{
    gv_oracle_inbox_close(&s->inbox);
}

static void remember(struct gv_oracle_service *s, const struct gv_oracle_item *item)
{
    if (s->pending_n == PENDING_MAX) {
        s->rebuild = true;
        return;
    }
    struct gv_oracle_payment *payment = &s->pending[s->pending_n++];
    payment->time_ms = item->time_ms;
    payment->value_count = item->tx.value_count;
    memcpy(payment->sats, item->tx.sats, sizeof(payment->sats));
}

static void take_tx(struct gv_oracle_service *s, const struct gv_oracle_item *item)
{
    const uint64_t removed = s->window.stats.replaced + s->window.stats.expired;
    const enum gv_oracle_arrival arrival =
        gv_oracle_window_add(&s->window, &item->tx, item->time_ms);
    if (arrival == GV_ORACLE_COUNTED) {
        remember(s, item);
        s->changed = true;
    }
    if (arrival != GV_ORACLE_KNOWN && item->time_ms > s->newest_ms) {
        s->newest_ms = item->time_ms;
    }
    s->changed = s->changed || removed != s->window.stats.replaced + s->window.stats.expired;
    if (item->kind == GV_ORACLE_ITEM_MINED) {
        (void)gv_oracle_window_confirm(&s->window, &item->tx.txid, true);
    }
}

/* Inputs behind those that the filter holds: they replace as well, but only for one that counts now. */
static void take_spends(struct gv_oracle_service *s, const struct gv_oracle_tx *tx)
{
    if (gv_oracle_window_has(&s->window, &tx->txid) &&
        gv_oracle_window_spend(&s->window, &tx->txid, tx->input, tx->input_count) > 0) {
        s->changed = true;
    }
}

bool gv_oracle_service_take(struct gv_oracle_service *s, uint32_t wait_ms)
{
    struct gv_oracle_item item;
    if (!gv_oracle_inbox_pop(&s->inbox, &item, wait_ms)) {
        return false;
    }
    switch (item.kind) {
    case GV_ORACLE_ITEM_TX:
    case GV_ORACLE_ITEM_MINED:
        take_tx(s, &item);
        break;
    case GV_ORACLE_ITEM_SPENDS:
        take_spends(s, &item.tx);
        break;
    case GV_ORACLE_ITEM_REMOVED:
        s->changed = gv_oracle_window_evict(&s->window, &item.tx.txid) || s->changed;
        break;
    case GV_ORACLE_ITEM_NODE:
        s->node_in_step = item.value != 0;
        break;
    case GV_ORACLE_ITEM_FILL:
        if (item.value > s->fill_permille) { /* a later fill mends a window that stands */
            s->fill_permille = item.value;
        }
        break;
    case GV_ORACLE_ITEM_BLOCK:
        s->changed = s->changed || s->block_cents != item.value; /* the guard may judge anew */
        s->block_cents = item.value;
        break;
    }
    return true;
}

/* ---- state ---------------------------------------------------------------------------------------- */

static enum gv_oracle_state state_of(const struct gv_oracle_service *s, int64_t utc_ms)
{
    if (!s->node_in_step) {
        return GV_ORACLE_NODE_BEHIND;
    }
    if (!s->has_price || s->fill_permille < 1000) {
        return GV_ORACLE_FILLING;
    }
    if (utc_ms - s->newest_ms > GV_ORACLE_STALE_MS) {
        return GV_ORACLE_STALE;
    }
    return s->judgement.verdict.trust == GV_ORACLE_TRUSTED ? GV_ORACLE_OK : GV_ORACLE_UNCERTAIN;
}

/* ---- publishing ----------------------------------------------------------------------------------- */

static void estimate(struct gv_oracle_service *s, int64_t utc_ms)
{
    const bool had_price = s->has_price;
    s->changed = false;
    s->has_price = s->window.values.count >= GV_ORACLE_OUTPUTS_LEAST &&
                   gv_oracle_window_estimate(&s->window, &s->estimate, NULL) == GV_OK;
    if (s->has_price) {
        gv_oracle_judge(&s->judgement, &s->guard, &s->window, &s->estimate,
                        (double)s->block_cents / 100.0, utc_ms);
        s->estimated_ms = utc_ms;
        s->estimates++;
    }
    s->rebuild = s->rebuild || (s->has_price && !had_price);
}

/* Under the lock. */
static void update_trail(struct gv_oracle_service *s)
{
    if (!s->has_price) {
        s->pending_n = 0;
        s->rebuild = true;
        return;
    }
    if (s->rebuild) {
        gv_oracle_trail_rebuild(&s->trail, &s->estimate, &s->window);
        s->rebuild = false;
    } else {
        for (uint32_t i = 0; i < s->pending_n; i++) {
            gv_oracle_trail_add(&s->trail, &s->estimate, &s->pending[i]);
        }
    }
    s->pending_n = 0;
}

/* Under the lock. Only a price that may be shown without a mark is worth keeping. */
static void update_history(struct gv_oracle_service *s, int64_t utc_ms)
{
    if (s->view.state == GV_ORACLE_OK && utc_ms >= 0) {
        const struct gv_oracle_past past = {
            .price_cents = (uint32_t)(s->view.price * 100.0 + 0.5),
            .confidence_permille = (uint32_t)(s->view.confidence * 1000.0 + 0.5),
        };
        gv_oracle_history_put(&s->history, utc_ms / 1000, &past);
    }
}

static void fill_view(const struct gv_oracle_service *s, struct gv_oracle_view *view,
                      struct gv_oracle_now now)
{
    const enum gv_oracle_state state = state_of(s, now.utc_ms);
    view->sequence++;
    if (state != view->state || view->state_since_ms > now.utc_ms) {
        view->state = state;
        view->state_since_ms = now.utc_ms;
    }
    view->has_price = s->has_price;
    view->confidence_count = gv_oracle_confidence_count(s->window.counted_count);
    view->confidence = s->has_price ? s->judgement.confidence : 0.0;
    if (s->has_price) {
        const struct gv_oracle_estimate *e = &s->estimate;
        view->price = e->near.price;
        view->low = e->axis_down;
        view->high = e->axis_up;
        view->deviation = e->spread;
        view->margin = gv_oracle_margin(&e->slide);
        view->judgement = s->judgement;
        view->rough_usd = e->slide.rough_usd;
        view->points = e->points;
    }
    view->block_cents = s->block_cents;
    view->outputs = s->window.values.count;
    view->estimated_ms = s->estimated_ms;
    view->newest_ms = s->newest_ms;
    view->fill_permille = s->fill_permille;
    view->transactions = s->window.tx_count;
    view->active = s->window.counted_count;
    view->window = s->window.stats;
    view->estimates = s->estimates;
    view->uptime_s = (now.mono.ms - s->started.ms) / 1000;
}

static void publish(struct gv_oracle_service *s, struct gv_oracle_now now)
{
    struct gv_oracle_inbox_stats inbox;
    gv_oracle_inbox_stats(&s->inbox, &inbox);
    pthread_rwlock_wrlock(&s->lock);
    fill_view(s, &s->view, now);
    update_trail(s);
    update_history(s, now.utc_ms);
    s->view.inbox = inbox;
    s->view.trail_first = s->trail.first;
    s->view.trail_next = s->trail.next;
    pthread_rwlock_unlock(&s->lock);
    if (s->config.published != NULL) {
        s->config.published(s->config.ctx);
    }
}

/* UTC was set back: until it came to the old time again, everything would be too old for the window and
 * what it holds would look new. A leap forward is taken for time that has passed. */
static void follow_clock(struct gv_oracle_service *s, int64_t utc_ms)
{
    if (s->window.now_ms <= utc_ms + AHEAD_MS) {
        return;
    }
    const int64_t back_ms = s->window.now_ms - utc_ms;
    gv_log(GV_LOG_UNUSUAL, "oracle", "clock_set_back seconds=%lld", (long long)back_ms / 1000);
    gv_oracle_window_set_back(&s->window, back_ms);
    s->guard.good_ms -= back_ms;
    s->guard.suspect_ms -= back_ms;
    s->newest_ms -= back_ms;
    s->estimated_ms -= back_ms;
    s->rebuild = true; /* the trail has the old times */
    s->changed = true;
}

uint32_t gv_oracle_service_tick(struct gv_oracle_service *s, struct gv_oracle_now now)
{
    follow_clock(s, now.utc_ms);
    const uint64_t expired = s->window.stats.expired;
    gv_oracle_window_expire(&s->window, now.utc_ms);
    s->changed = s->changed || expired != s->window.stats.expired;
    const bool due = s->changed && now.mono.ms >= s->estimate_at.ms;
    if (due) {
        estimate(s, now.utc_ms);
        s->estimate_at.ms = now.mono.ms + GV_ORACLE_ESTIMATE_EVERY_MS;
    }
    if (due || now.mono.ms >= s->publish_at.ms) {
        publish(s, now);
        s->publish_at.ms = now.mono.ms + QUIET_MS;
    }
    const uint64_t next =
        s->changed && s->estimate_at.ms < s->publish_at.ms ? s->estimate_at.ms : s->publish_at.ms;
    return next > now.mono.ms ? (uint32_t)(next - now.mono.ms) : 0;
}

/* ---- readers -------------------------------------------------------------------------------------- */

void gv_oracle_service_view(struct gv_oracle_service *s, struct gv_oracle_view *view)
{
    pthread_rwlock_rdlock(&s->lock);
    *view = s->view;
    pthread_rwlock_unlock(&s->lock);
}

uint32_t gv_oracle_service_points(struct gv_oracle_service *s, uint64_t *from,
                                  struct gv_oracle_point *point, uint32_t points_max)
{
    pthread_rwlock_rdlock(&s->lock);
    const uint32_t n = gv_oracle_trail_copy(&s->trail, from, point, points_max);
    pthread_rwlock_unlock(&s->lock);
    return n;
}

void gv_oracle_service_history(struct gv_oracle_service *s, enum gv_oracle_step step,
                               int64_t from_s, struct gv_oracle_past *past, uint32_t count)
{
    pthread_rwlock_rdlock(&s->lock);
    for (uint32_t i = 0; i < count; i++) {
        if (!gv_oracle_history_get(&s->history, step, from_s + (int64_t)i * (int64_t)step,
                                   &past[i])) {
            past[i] = (struct gv_oracle_past){.price_cents = 0};
        }
    }
    pthread_rwlock_unlock(&s->lock);
}

void gv_oracle_service_restore(struct gv_oracle_service *s, enum gv_oracle_step step,
                               int64_t from_s, const struct gv_oracle_past *past, uint32_t count)
{
    pthread_rwlock_wrlock(&s->lock);
    for (uint32_t i = 0; i < count; i++) {
        if (past[i].price_cents != 0) {
            gv_oracle_history_restore(&s->history, step, from_s + (int64_t)i * (int64_t)step,
                                      &past[i]);
        }
    }
    pthread_rwlock_unlock(&s->lock);
}
