/* Lockout: how often passwords may be tried.
 *
 * Five failures of one address lock it for 15 minutes (an IPv6 address counts by its /64, a
 * neighbour by the whole of it: the caller makes the key). One bucket for all addresses, a try a second, bounds what many of them
 * can do together. The console (the control socket) never asks here, and so is never locked out.
 * A try is charged when it begins and given back when it was right, so tries that run side by side
 * cannot slip past the count. Each remembers whose account it was at: a right one gives back the
 * tries at that account only, so whoever has one here gains none for others'. The caller locks. Pure: time comes in. */
#ifndef GV_APP_ACCOUNT_LOCKOUT_H
#define GV_APP_ACCOUNT_LOCKOUT_H

#include "firmware/base/err.h"
#include "firmware/base/time.h"

#define GV_LOCKOUT_FAILURES  5u
#define GV_LOCKOUT_MS        900000u
#define GV_LOCKOUT_ADDRESSES 64u
#define GV_LOCKOUT_BUCKET    3u /* tries at once after a quiet time */
#define GV_LOCKOUT_REFILL_MS 1000u
#define GV_LOCKOUT_KEY_LEN   16u

struct gv_lockout_key {
    uint8_t b[GV_LOCKOUT_KEY_LEN];
};

struct gv_lockout_entry {
    struct gv_lockout_key key;
    uint32_t failures;                 /* 0: free */
    uint64_t who[GV_LOCKOUT_FAILURES]; /* of each failure */
    uint64_t last_ms;                  /* of the newest try */
};

/** Zeroed is ready for use. */
struct gv_lockout {
    struct gv_lockout_entry entries[GV_LOCKOUT_ADDRESSES];
    uint64_t spent_until_ms; /* the bucket: it is full again at this time */
};

/** Charge a try. In `who`, here and below: a hash of the account's name.
 *  In:  shared: takes part in the bucket of all.
 *  Returns: GV_OK; GV_ERR_FULL with *retry_after_s: locked, or the bucket is empty. */
GV_MUST_USE enum gv_err gv_lockout_begin(struct gv_lockout *lockout,
                                         const struct gv_lockout_key *key, uint64_t who,
                                         bool shared, struct gv_mono now, uint32_t *retry_after_s);
/** The try was right: the address starts anew with this account. */
void gv_lockout_passed(struct gv_lockout *lockout, const struct gv_lockout_key *key, uint64_t who);
/** The try was not judged (no place for a hash): it does not count. */
void gv_lockout_undo(struct gv_lockout *lockout, const struct gv_lockout_key *key, uint64_t who);
/** Is this address locked now? */
GV_MUST_USE bool gv_lockout_locked(const struct gv_lockout *lockout,
                                   const struct gv_lockout_key *key, struct gv_mono now);

#endif
