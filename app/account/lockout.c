#include "app/account/lockout.h"

#include <string.h>

static struct gv_lockout_entry *find(struct gv_lockout *lockout, const struct gv_lockout_key *key)
{
    for (size_t i = 0; i < GV_LOCKOUT_ADDRESSES; i++) {
        struct gv_lockout_entry *entry = &lockout->entries[i];
        if (entry->failures > 0 && memcmp(entry->key.b, key->b, sizeof(key->b)) == 0) {
            return entry;
        }
    }
    return NULL;
}

static bool is_over(const struct gv_lockout_entry *entry, struct gv_mono now)
{
    return now.ms - entry->last_ms >= GV_LOCKOUT_MS;
}

/* A free place, or the one whose last try is longest ago, locked ones last: an attacker with many
 * addresses must not push out his own lock with four tries from elsewhere. */
static struct gv_lockout_entry *place_for(struct gv_lockout *lockout)
{
    struct gv_lockout_entry *best = NULL;
    for (size_t i = 0; i < GV_LOCKOUT_ADDRESSES; i++) {
        struct gv_lockout_entry *entry = &lockout->entries[i];
        if (entry->failures == 0) {
            return entry;
        }
        const bool locked = entry->failures >= GV_LOCKOUT_FAILURES;
        const bool best_locked = best != NULL && best->failures >= GV_LOCKOUT_FAILURES;
        if (best == NULL || (best_locked && !locked) ||
            (best_locked == locked && entry->last_ms < best->last_ms)) {
            best = entry;
        }
    }
    return best;
}

static uint32_t seconds_of(uint64_t ms)
{
    return (uint32_t)((ms + 999u) / 1000u);
}

static enum gv_err take_from_bucket(struct gv_lockout *lockout, struct gv_mono now,
                                    uint32_t *retry_after_s)
{
    const uint64_t from = lockout->spent_until_ms > now.ms ? lockout->spent_until_ms : now.ms;
    const uint64_t until = from + GV_LOCKOUT_REFILL_MS;
    const uint64_t limit = now.ms + (uint64_t)GV_LOCKOUT_BUCKET * GV_LOCKOUT_REFILL_MS;
    if (until > limit) {
        *retry_after_s = seconds_of(until - limit);
        return GV_ERR_FULL;
    }
    lockout->spent_until_ms = until;
    return GV_OK;
}

enum gv_err gv_lockout_begin(struct gv_lockout *lockout, const struct gv_lockout_key *key,
                             uint64_t who, bool shared, struct gv_mono now, uint32_t *retry_after_s)
{
    struct gv_lockout_entry *entry = find(lockout, key);
    if (entry != NULL && is_over(entry, now)) {
        entry->failures = 0;
        entry = NULL;
    }
    if (entry != NULL && entry->failures >= GV_LOCKOUT_FAILURES) {
        *retry_after_s = seconds_of(entry->last_ms + GV_LOCKOUT_MS - now.ms);
        return GV_ERR_FULL;
    }
    if (shared && take_from_bucket(lockout, now, retry_after_s) != GV_OK) {
        return GV_ERR_FULL;
    }
    if (entry == NULL) {
        entry = place_for(lockout);
        *entry = (struct gv_lockout_entry){.key = *key};
    }
    entry->who[entry->failures] = who;
    entry->failures++;
    entry->last_ms = now.ms;
    return GV_OK;
}

/* Give back up to `most` tries at an account. */
static void give_back(struct gv_lockout *lockout, const struct gv_lockout_key *key, uint64_t who,
                      uint32_t most)
{
    struct gv_lockout_entry *entry = find(lockout, key);
    const uint32_t failures = entry != NULL ? entry->failures : 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < failures; i++) {
        if (entry->who[i] == who && most > 0) {
            most--;
        } else {
            entry->who[kept] = entry->who[i];
            kept++;
        }
    }
    if (entry != NULL) {
        entry->failures = kept;
    }
}

void gv_lockout_passed(struct gv_lockout *lockout, const struct gv_lockout_key *key, uint64_t who)
{
    give_back(lockout, key, who, GV_LOCKOUT_FAILURES);
}

void gv_lockout_undo(struct gv_lockout *lockout, const struct gv_lockout_key *key, uint64_t who)
{
    give_back(lockout, key, who, 1);
}

bool gv_lockout_locked(const struct gv_lockout *lockout, const struct gv_lockout_key *key,
                       struct gv_mono now)
{
    for (size_t i = 0; i < GV_LOCKOUT_ADDRESSES; i++) {
        const struct gv_lockout_entry *entry = &lockout->entries[i];
        if (memcmp(entry->key.b, key->b, sizeof(key->b)) == 0 &&
            entry->failures >= GV_LOCKOUT_FAILURES && !is_over(entry, now)) {
            return true;
        }
    }
    return false;
}
