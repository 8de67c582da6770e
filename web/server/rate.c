#include "web/server/rate.h"

#include "firmware/base/assert.h"

#include <string.h>

const struct gv_rate_policy *gv_rate_policy(enum gv_rate_class class)
{
    static const struct gv_rate_policy policies[] = {
        [GV_RATE_READ] = {"read", 120, 60, 120}, [GV_RATE_WRITE] = {"write", 20, 60, 20},
        [GV_RATE_BID] = {"bid", 5, 1, 5},        [GV_RATE_LOGIN] = {"login", 5, 60, 3},
        [GV_RATE_CHAT] = {"chat", 5, 5, 5},      [GV_RATE_PSBT] = {"psbt", 6, 60, 6},
    };
    GV_ASSERT((size_t) class < sizeof(policies) / sizeof(policies[0]));
    GV_ASSERT(policies[class].quota > 0);
    return &policies[class];
}

void gv_rate_init(struct gv_rate *rate, uint64_t seed)
{
    rate->seed = seed;
    for (uint32_t i = 0; i < GV_RATE_SETS; i++) {
        struct gv_rate_set *set = &rate->sets[i];
        memset(set->buckets, 0, sizeof(set->buckets));
        const int rc = pthread_mutex_init(&set->lock, NULL);
        GV_ASSERT(rc == 0);
    }
}

/* The finalizer of MurmurHash3: every bit of the input reaches every bit of the result. */
static uint64_t mix(uint64_t h)
{
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdu;
    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53u;
    return h ^ (h >> 33);
}

static struct gv_rate_set *set_of(struct gv_rate *rate, const struct gv_rate_client *client,
                                  enum gv_rate_class class)
{
    uint64_t halves[2];
    memcpy(halves, client->b, sizeof(halves));
    const uint64_t h = mix(mix(rate->seed ^ halves[0]) ^ halves[1] ^ ((uint64_t) class << 56));
    return &rate->sets[h % GV_RATE_SETS];
}

/* The client's bucket, or the place it may have: the one that would be full soonest. */
static struct gv_rate_bucket *
bucket_of(struct gv_rate_set *set, const struct gv_rate_client *client, enum gv_rate_class class)
{
    struct gv_rate_bucket *soonest = &set->buckets[0];
    for (uint32_t i = 0; i < GV_RATE_WAYS; i++) {
        struct gv_rate_bucket *bucket = &set->buckets[i];
        if (bucket->class == class && memcmp(bucket->client.b, client->b, sizeof(client->b)) == 0) {
            return bucket;
        }
        if (bucket->full_at_ms < soonest->full_at_ms) {
            soonest = bucket;
        }
    }
    *soonest = (struct gv_rate_bucket){.client = *client, .class = class};
    return soonest;
}

static uint32_t seconds_up(uint64_t ms)
{
    return (uint32_t)((ms + 999u) / 1000u);
}

struct gv_rate_state gv_rate_take(struct gv_rate *rate, const struct gv_rate_client *client,
                                  enum gv_rate_class class, uint32_t cost, uint64_t now_ms)
{
    const struct gv_rate_policy *policy = gv_rate_policy(class);
    const uint64_t step_ms = (uint64_t)policy->window_s * 1000u / policy->quota;
    const uint64_t whole_ms = step_ms * policy->burst;
    struct gv_rate_set *set = set_of(rate, client, class);
    struct gv_rate_state state = {0};
    GV_ASSERT(cost >= 1);
    GV_ASSERT(cost <= policy->burst);

    pthread_mutex_lock(&set->lock);
    struct gv_rate_bucket *bucket = bucket_of(set, client, class);
    uint64_t used_ms = bucket->full_at_ms > now_ms ? bucket->full_at_ms - now_ms : 0;
    const uint64_t wanted_ms = used_ms + step_ms * cost;
    state.limited = wanted_ms > whole_ms;
    if (!state.limited) {
        used_ms = wanted_ms;
        bucket->full_at_ms = now_ms + used_ms;
    }
    pthread_mutex_unlock(&set->lock);

    state.remaining = (uint32_t)((whole_ms - used_ms) / step_ms);
    state.reset_s = seconds_up(used_ms);
    state.retry_s = state.limited ? seconds_up(wanted_ms - whole_ms) : 0;
    return state;
}
