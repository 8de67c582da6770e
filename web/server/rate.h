/* Rate: how often one client may ask, per class of request.
 *
 * A token bucket for each pair of client and class, kept as the one time at which it would be full again
 * (GCRA: I.366.2, ITU-T). A bucket that is full says nothing and needs no place, so a fixed table holds
 * them: sets of GV_RATE_WAYS places, found by hash. A set that is full gives up the bucket that would be
 * full soonest; who has asked most is remembered longest. To lose its bucket a client would have to make
 * as many others ask more than itself.
 * A set has a lock of its own and holds it for some comparisons: workers meet there only when they
 * serve one client.
 * Thread: init main; take any. */
#ifndef GV_WEB_SERVER_RATE_H
#define GV_WEB_SERVER_RATE_H

#include "web/server/server.h"

#include <pthread.h>

#define GV_RATE_WAYS 8u

/** One client: an address key, or a digest of whatever else names it. */
struct gv_rate_client {
    uint8_t b[16];
};

struct gv_rate_policy {
    const char *name; /* in headers */
    uint32_t quota;   /* requests ... */
    uint32_t window_s;
    uint32_t burst; /* at once, after a pause */
};

/** Of a counted class. */
const struct gv_rate_policy *gv_rate_policy(enum gv_rate_class class);

struct gv_rate_bucket {
    struct gv_rate_client client;
    enum gv_rate_class class;
    uint64_t full_at_ms; /* in the past: the place is free */
};

struct gv_rate_set {
    pthread_mutex_t lock;
    struct gv_rate_bucket buckets[GV_RATE_WAYS];
};

struct gv_rate {
    uint64_t seed;
    struct gv_rate_set sets[GV_RATE_SETS];
};

_Static_assert(sizeof(struct gv_rate_set) <= GV_RATE_SET_BYTES, "limits.h counts the table");

/** What a client is told. */
struct gv_rate_state {
    bool limited;
    uint32_t remaining; /* requests that would be taken now */
    uint32_t reset_s;   /* until all would be */
    uint32_t retry_s;   /* limited: until this one would be; at least 1 */
};

/** In: seed: secret, so that nobody can choose who shares a set. */
void gv_rate_init(struct gv_rate *rate, uint64_t seed);

/** Take `cost` (at least 1, at most the burst) requests out of a client's bucket; a refusal takes
 *  nothing. In: class: a counted one; now_ms: monotonic. */
struct gv_rate_state gv_rate_take(struct gv_rate *rate, const struct gv_rate_client *client,
                                  enum gv_rate_class class, uint32_t cost, uint64_t now_ms);

#endif
