/* Claim code: the eight digits that make the first person the owner of a fresh box.
 *
 *   made ─► shown ──five wrong tries──► void ──60 s──► made anew
 *             └──right─► the box is claimed, there is no code any more
 *
 * The caller shows the code on the console and in a file, locks, and lends randomness and time. */
#ifndef GV_APP_ACCOUNT_CLAIM_H
#define GV_APP_ACCOUNT_CLAIM_H

#include "firmware/base/bytes.h"
#include "firmware/base/time.h"

#define GV_CLAIM_DIGITS   8u
#define GV_CLAIM_TRIES    5u
#define GV_CLAIM_PAUSE_MS 60000u

/** Zeroed: no code yet. */
struct gv_claim {
    char code[GV_CLAIM_DIGITS + 1]; /* a secret; "" while there is none */
    uint32_t tries_left;
    uint64_t next_ms; /* when the next code may be made */
};

/** Is it time for a new code? */
GV_MUST_USE bool gv_claim_due(const struct gv_claim *claim, struct gv_mono now);
void gv_claim_renew(struct gv_claim *claim, uint64_t random);
/** No more codes: the box is claimed. */
void gv_claim_clear(struct gv_claim *claim);
/** Judge a try. Returns: GV_OK; GV_ERR_FORBIDDEN (wrong; *tries_left); GV_ERR_FULL (no code now;
 *  *retry_after_s). */
GV_MUST_USE enum gv_err gv_claim_try(struct gv_claim *claim, struct gv_view code,
                                     struct gv_mono now, uint32_t *tries_left,
                                     uint32_t *retry_after_s);

#endif
