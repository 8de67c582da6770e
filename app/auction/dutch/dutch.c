#include "app/auction/dutch/dutch.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

static const char *const status_texts[GV_DUTCH_STATUSES] = {
    [GV_DUTCH_UPCOMING] = "upcoming", [GV_DUTCH_ACTIVE] = "active",
    [GV_DUTCH_SOLD] = "sold",         [GV_DUTCH_CLOSED] = "closed",
    [GV_DUTCH_FINISHED] = "finished", [GV_DUTCH_EXPIRED] = "expired",
};

const char *gv_dutch_status_text(enum gv_dutch_status status)
{
    GV_ASSERT((unsigned)status < GV_DUTCH_STATUSES);
    return status_texts[status];
}

bool gv_dutch_status_parse(enum gv_dutch_status *status, struct gv_view text)
{
    for (unsigned i = 0; i < GV_DUTCH_STATUSES; i++) {
        if (gv_view_is(text, status_texts[i])) {
            *status = (enum gv_dutch_status)i;
            return true;
        }
    }
    return false;
}

/* First height at which an unspent listing is expired: e + b, but never before e + 1. Widened,
 * because both may be close to 2^32 in a hostile database. */
static uint64_t expiry_height(const struct gv_dutch_terms *terms)
{
    const uint64_t after = terms->blocks_after_end == 0 ? 1 : terms->blocks_after_end;
    return (uint64_t)terms->end_block + after;
}

static enum gv_dutch_status unspent_status(const struct gv_dutch_terms *terms, struct gv_height tip)
{
    if (tip.v < terms->start_block) {
        return GV_DUTCH_UPCOMING;
    }
    if (tip.v <= terms->end_block) {
        return GV_DUTCH_ACTIVE;
    }
    return tip.v < expiry_height(terms) ? GV_DUTCH_FINISHED : GV_DUTCH_EXPIRED;
}

enum gv_dutch_status gv_dutch_status(const struct gv_dutch_listing *listing, struct gv_height tip)
{
    switch (listing->spend.state) {
    case GV_SPEND_NONE:
        return unspent_status(&listing->terms, tip);
    case GV_SPEND_PENDING:
    case GV_SPEND_CONFIRMED:
        return listing->spend.outcome == GV_OUTCOME_SOLD ? GV_DUTCH_SOLD : GV_DUTCH_CLOSED;
    case GV_SPEND_UNKNOWN:
        return GV_DUTCH_CLOSED; /* never guess "sold" */
    }
    GV_ASSERT(!"spend state outside its enumeration");
    return GV_DUTCH_CLOSED;
}

struct gv_reveal gv_dutch_reveal(const struct gv_dutch_listing *listing, const struct gv_tip *tip)
{
    if (!tip->known || !tip->live) {
        return (struct gv_reveal){.kind = GV_REVEAL_NOT_LIVE};
    }
    if (listing->spend.state == GV_SPEND_PENDING) {
        return (struct gv_reveal){.kind = GV_REVEAL_PENDING};
    }
    switch (gv_dutch_status(listing, tip->height)) {
    case GV_DUTCH_SOLD:
    case GV_DUTCH_CLOSED:
        return (struct gv_reveal){.kind = GV_REVEAL_SPENT};
    case GV_DUTCH_UPCOMING:
        return (struct gv_reveal){.kind = GV_REVEAL_NOT_STARTED};
    case GV_DUTCH_EXPIRED:
        return (struct gv_reveal){.kind = GV_REVEAL_EXPIRED};
    case GV_DUTCH_ACTIVE:
        return (struct gv_reveal){.kind = GV_REVEAL_RUNG, .block = tip->height.v};
    case GV_DUTCH_FINISHED:
        return (struct gv_reveal){.kind = GV_REVEAL_RUNG, .block = listing->terms.end_block};
    }
    GV_ASSERT(!"status outside its enumeration");
    return (struct gv_reveal){.kind = GV_REVEAL_NOT_LIVE};
}

bool gv_dutch_shown_price(const struct gv_dutch_listing *listing, const struct gv_tip *tip,
                          struct gv_sat rung_price, struct gv_sat *price)
{
    switch (gv_dutch_status(listing, tip->height)) {
    case GV_DUTCH_UPCOMING:
        *price = listing->terms.start_price;
        return true;
    case GV_DUTCH_ACTIVE:
    case GV_DUTCH_FINISHED:
        *price = rung_price;
        return gv_dutch_reveal(listing, tip).kind == GV_REVEAL_RUNG;
    case GV_DUTCH_SOLD:
        *price = listing->spend.sold_price;
        return true;
    case GV_DUTCH_CLOSED:
    case GV_DUTCH_EXPIRED:
        return false;
    }
    GV_ASSERT(!"status outside its enumeration");
    return false;
}

void gv_dutch_prior_add(struct gv_dutch_prior *prior, const struct gv_dutch_listing *listing,
                        struct gv_sat revealed, struct gv_height tip)
{
    const enum gv_dutch_status status = gv_dutch_status(listing, tip);
    if (status == GV_DUTCH_UPCOMING || status == GV_DUTCH_ACTIVE || status == GV_DUTCH_FINISHED) {
        prior->live_id = listing->id;
        prior->live_status = status;
    }
    if (listing->revealed_high != 0 && (prior->lowest_id == 0 || revealed.v < prior->lowest.v)) {
        prior->lowest_id = listing->id;
        prior->lowest = revealed;
    }
}

bool gv_dutch_prior_undercuts(const struct gv_dutch_prior *prior, struct gv_sat end_price)
{
    return prior->lowest_id != 0 && prior->lowest.v < end_price.v;
}
