/* Service: the price as the box publishes it, from items in the inbox to a picture for readers.
 *
 *   inbox ──► window ──► estimate, at most every 500 ms ──► judgement ──► view, trail, history
 *                                                                            └──► readers copy out
 *
 * The oracle has a thread and memory of its own and touches nothing of the auctions: an estimate of
 * a busy day takes milliseconds, and no commit of the engine may wait for it. Nothing here decides
 * about an auction; a price is a hint for people.
 * Time is passed in, so a test plays a day in a second.
 * State of what is published:
 *   filling      the first fill is under way, or too few amounts came for a price
 *   ok           the price stands
 *   uncertain    low confidence, or far from the last good price: shown, marked, not to be relied on
 *   stale        nothing came from the node for GV_ORACLE_STALE_MS
 *   node_behind  the node is away or behind its network
 * Memory: static, untouched (so not resident) while the oracle is switched off.
 * Threads: init and step the oracle thread; push (node thread, keeper of prices) and reading any. */
#ifndef GV_APP_ORACLE_SERVICE_H
#define GV_APP_ORACLE_SERVICE_H

#include "app/oracle/history.h"
#include "app/oracle/inbox.h"
#include "app/oracle/judgement.h"
#include "app/oracle/trail.h"
#include "firmware/base/time.h"

#define GV_ORACLE_ESTIMATE_EVERY_MS 500u
#define GV_ORACLE_STALE_MS          600000 /* ten minutes */
/* With fewer amounts nothing tells a right price from a wrong one. Source: oracle measurements on
 * synthetic days: right in 57 % of 100-amount windows, in 79 % of 200, in 90 % of 400. */
#define GV_ORACLE_OUTPUTS_LEAST 100u

#define GV_ORACLE_STATE_LIST(X)                                                                    \
    X(GV_ORACLE_FILLING, "filling")                                                                \
    X(GV_ORACLE_OK, "ok")                                                                          \
    X(GV_ORACLE_UNCERTAIN, "uncertain")                                                            \
    X(GV_ORACLE_STALE, "stale")                                                                    \
    X(GV_ORACLE_NODE_BEHIND, "node_behind")

enum gv_oracle_state {
#define GV_ORACLE_STATE_ENUM(name, text) name,
    GV_ORACLE_STATE_LIST(GV_ORACLE_STATE_ENUM)
#undef GV_ORACLE_STATE_ENUM
    GV_ORACLE_STATES
};
const char *gv_oracle_state_text(enum gv_oracle_state state);

/** What readers see. Prices are USD for a bitcoin, and only there with has_price. */
struct gv_oracle_view {
    uint64_t sequence; /* one more with every publication */
    enum gv_oracle_state state;
    int64_t state_since_ms; /* UTC */
    bool has_price;
    double price; /* the published algorithm's, untouched */
    double confidence;
    double confidence_count; /* the published design's, from the number of transactions */
    double low;              /* limits of the chart */
    double high;
    double deviation; /* median distance of the points from the price, in parts of their range */
    double margin;    /* (best - runner-up) / best of the slide */
    struct gv_oracle_judgement judgement;
    uint32_t rough_usd;
    uint32_t block_cents; /* price of the last blocks that the guard goes by; 0: none */
    uint32_t outputs;
    uint32_t points;
    int64_t estimated_ms; /* UTC, of the estimate behind the price */
    int64_t newest_ms;    /* UTC, of the newest transaction; 0: none yet */
    uint32_t fill_permille;
    uint32_t window_ms;
    uint32_t transactions; /* known in the window */
    uint32_t active;       /* of them counted */
    struct gv_oracle_window_stats window;
    struct gv_oracle_inbox_stats inbox;
    uint64_t estimates;
    uint64_t uptime_s;
    uint64_t trail_first; /* number of the oldest point held */
    uint64_t trail_next;  /* of the point after the newest */
};

struct gv_oracle_now {
    struct gv_mono mono;
    int64_t utc_ms;
};

struct gv_oracle_service_config {
    uint32_t window_hours; /* 1..GV_ORACLE_HOURS_MAX */
    uint64_t seed;         /* random */
    /** A new view stands. Thread: oracle. May be NULL. */
    void (*published)(void *ctx);
    void *ctx;
};

struct gv_oracle_service;
/** The one instance (static memory). */
struct gv_oracle_service *gv_oracle_service_instance(void);
/** Copies *config. The view says "filling" afterwards. */
void gv_oracle_service_init(struct gv_oracle_service *service,
                            const struct gv_oracle_service_config *config,
                            struct gv_oracle_now now);

/** Hand an item over; never waits. A full inbox is counted, the item dropped. Thread: any. */
void gv_oracle_service_push(struct gv_oracle_service *service, const struct gv_oracle_item *item);
/** No more items; a waiting step returns. Thread: any. */
void gv_oracle_service_close(struct gv_oracle_service *service);

/** Apply one item of the inbox, waiting up to wait_ms for it. Returns: false when none came. */
bool gv_oracle_service_take(struct gv_oracle_service *service, uint32_t wait_ms);
/** Estimate and publish if it is time. Returns: milliseconds until it may be time again. */
uint32_t gv_oracle_service_tick(struct gv_oracle_service *service, struct gv_oracle_now now);

/* ---- readers: any thread, never wait for an estimate ---------------------------------------------- */

void gv_oracle_service_view(struct gv_oracle_service *service, struct gv_oracle_view *view);
/** gv_oracle_trail_copy of the published trail. */
uint32_t gv_oracle_service_points(struct gv_oracle_service *service, uint64_t *from,
                                  struct gv_oracle_point *point, uint32_t points_max);
/** gv_oracle_history_get of count steps from from_s on. Out: past[i], price_cents 0 for holes. */
void gv_oracle_service_history(struct gv_oracle_service *service, enum gv_oracle_step step,
                               int64_t from_s, struct gv_oracle_past *past, uint32_t count);

/** gv_oracle_history_restore of count steps from from_s on. In: past[i], price_cents 0 for holes.
 *  Thread: any. */
void gv_oracle_service_restore(struct gv_oracle_service *service, enum gv_oracle_step step,
                               int64_t from_s, const struct gv_oracle_past *past, uint32_t count);

#endif
