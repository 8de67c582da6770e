#include "app/account/claim.h"

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"
#include "firmware/base/text.h"

#define CODES 100000000u

bool gv_claim_due(const struct gv_claim *claim, struct gv_mono now)
{
    return claim->code[0] == '\0' && now.ms >= claim->next_ms;
}

void gv_claim_renew(struct gv_claim *claim, uint64_t random)
{
    /* 2^64 is so many times 10^8 that no code is noticeably likelier than another. */
    const bool fits = gv_format(claim->code, sizeof(claim->code), "%0*u", (int)GV_CLAIM_DIGITS,
                                (unsigned)(random % CODES));
    GV_ASSERT(fits);
    claim->tries_left = GV_CLAIM_TRIES;
}

void gv_claim_clear(struct gv_claim *claim)
{
    gv_secure_zero(claim->code, sizeof(claim->code));
    claim->tries_left = 0;
}

enum gv_err gv_claim_try(struct gv_claim *claim, struct gv_view code, struct gv_mono now,
                         uint32_t *tries_left, uint32_t *retry_after_s)
{
    *tries_left = 0;
    if (claim->code[0] == '\0') {
        const uint64_t left_ms = claim->next_ms > now.ms ? claim->next_ms - now.ms : 0;
        *retry_after_s = (uint32_t)(left_ms / 1000u) + 1u;
        return GV_ERR_FULL;
    }
    if (code.n == GV_CLAIM_DIGITS && gv_constant_time_equal(code.p, claim->code, code.n)) {
        return GV_OK;
    }
    claim->tries_left--;
    *tries_left = claim->tries_left;
    if (claim->tries_left == 0) {
        gv_claim_clear(claim);
        claim->next_ms = now.ms + GV_CLAIM_PAUSE_MS;
    }
    return GV_ERR_FORBIDDEN;
}
