/* Bundle: the assets of one outpoint. The first has its members in the terms; the others lie packed in
 * what its name leaves free of its place, so a listing of one asset, as most are, costs nothing for them.
 * An ordinary name has 12 letters: seven such assets fit behind the first.
 *
 *   asset_name: first name NUL { u8 length of the name | name | u8 divisible | u64le quantity } ...
 * All of them move when the outpoint is spent, so a bundle is the complete balance of it or refused.
 * Thread: any (pure). */
#ifndef GV_APP_AUCTION_DUTCH_BUNDLE_H
#define GV_APP_AUCTION_DUTCH_BUNDLE_H

#include "app/auction/dutch/listing.h"

struct gv_dutch_asset {
    struct gv_view name; /* inside the terms */
    int64_t qty_base;
    bool divisible;
};

/** Read along a bundle: for (it = first; gv_bundle_next(&it, &asset);) */
struct gv_bundle_iter {
    const struct gv_dutch_terms *terms;
    uint32_t at; /* 0: before the first asset; else 1 + offset in the packed part */
};

static inline struct gv_bundle_iter gv_bundle_iter(const struct gv_dutch_terms *terms)
{
    return (struct gv_bundle_iter){.terms = terms, .at = 0};
}
/** Returns: false behind the last asset. */
GV_MUST_USE bool gv_bundle_next(struct gv_bundle_iter *it, struct gv_dutch_asset *asset);

/** Put another asset behind those that are there. In: qty_base: above 0.
 *  Returns: false when there is no room: GV_BUNDLE_MAX assets, and their names. */
GV_MUST_USE bool gv_bundle_add(struct gv_dutch_terms *terms, struct gv_view name, int64_t qty_base,
                               bool divisible);

/** Take the packed part from storage. Returns: false when it is none that gv_bundle_add made. */
GV_MUST_USE bool gv_bundle_load(struct gv_dutch_terms *terms, struct gv_view packed);
struct gv_view gv_bundle_packed(const struct gv_dutch_terms *terms);

#endif
