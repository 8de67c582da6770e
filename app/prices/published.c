#include "app/prices/published.h"

#include "firmware/base/assert.h"

#include <string.h>

static struct gv_prices instance;

struct gv_prices *gv_prices_instance(void)
{
    return &instance;
}

const char *gv_prices_state_text(enum gv_prices_state state)
{
    static const char *const texts[] = {
#define GV_PRICES_STATE_TEXT(name, text) text,
        GV_PRICES_STATE_LIST(GV_PRICES_STATE_TEXT)
#undef GV_PRICES_STATE_TEXT
    };
    GV_ASSERT(state < GV_PRICES_STATES);
    return texts[state];
}

void gv_prices_init(struct gv_prices *prices)
{
    memset(prices, 0, sizeof(*prices));
    const int rc = pthread_rwlock_init(&prices->lock, NULL);
    GV_ASSERT(rc == 0);
    prices->view.state = GV_PRICES_FILLING;
}

/* ---- readers ------------------------------------------------------------------------------------ */

void gv_prices_view(struct gv_prices *prices, struct gv_prices_view *view)
{
    pthread_rwlock_rdlock(&prices->lock);
    *view = prices->view;
    pthread_rwlock_unlock(&prices->lock);
}

uint32_t gv_prices_tips(struct gv_prices *prices, struct gv_prices_tip tip[GV_PRICES_WINDOW])
{
    pthread_rwlock_rdlock(&prices->lock);
    const uint32_t n = prices->tip_n;
    memcpy(tip, prices->tip, n * sizeof(*tip));
    pthread_rwlock_unlock(&prices->lock);
    return n;
}

static struct gv_prices_day *place_of(struct gv_prices *prices, int64_t day)
{
    GV_ASSERT(day >= 0);
    return &prices->day[(uint64_t)day % GV_PRICES_DAYS];
}

uint32_t gv_prices_days(struct gv_prices *prices, int64_t first, int64_t last,
                        struct gv_prices_day *day, uint32_t count, int64_t *next)
{
    uint32_t n = 0;
    pthread_rwlock_rdlock(&prices->lock);
    for (*next = first; *next <= last && n < count; ++*next) {
        const struct gv_prices_day *const place = place_of(prices, *next);
        if (place->day == *next && place->fact.price_cents != 0) {
            day[n++] = *place;
        }
    }
    pthread_rwlock_unlock(&prices->lock);
    return n;
}

/* ---- publisher ---------------------------------------------------------------------------------- */

void gv_prices_publish(struct gv_prices *prices, const struct gv_prices_view *view)
{
    pthread_rwlock_wrlock(&prices->lock);
    prices->view = *view;
    pthread_rwlock_unlock(&prices->lock);
}

void gv_prices_publish_tip(struct gv_prices *prices, const struct gv_prices_tip *tip)
{
    pthread_rwlock_wrlock(&prices->lock);
    while (prices->tip_n > 0 && prices->tip[prices->tip_n - 1].height >= tip->height) {
        prices->tip_n--;
    }
    if (tip->price_cents != 0) {
        if (prices->tip_n == GV_PRICES_WINDOW) {
            prices->tip_n--;
            memmove(prices->tip, prices->tip + 1, prices->tip_n * sizeof(*prices->tip));
        }
        prices->tip[prices->tip_n++] = *tip;
    }
    pthread_rwlock_unlock(&prices->lock);
}

void gv_prices_publish_day(struct gv_prices *prices, const struct gv_prices_day *day)
{
    pthread_rwlock_wrlock(&prices->lock);
    struct gv_prices_day *const place = place_of(prices, day->day);
    if (place->day <= day->day || place->fact.price_cents == 0) {
        *place = *day;
    }
    pthread_rwlock_unlock(&prices->lock);
}

void gv_prices_publish_last_day(struct gv_prices *prices, int64_t last)
{
    pthread_rwlock_wrlock(&prices->lock);
    for (uint32_t i = 0; i < GV_PRICES_DAYS; i++) {
        if (prices->day[i].day > last) {
            memset(&prices->day[i], 0, sizeof(prices->day[i]));
        }
    }
    pthread_rwlock_unlock(&prices->lock);
}
