/* The Dutch auction by pre-signed PSBTs: its rules, as pure functions.
 *
 *            h >= s            h > e (b >= 2)       h >= max(e+1, e+b)
 *  upcoming ───────► active ─────────► finished ─────────► expired
 *      └────────────────┴───────┬──────────┴──────────────────┘
 *                               │ the outpoint is spent
 *                     sold ◄────┴────► closed
 *
 * Every arrow is reversible: a lower tip, an evicted spend or a reorg gives the earlier status
 * back. h is the height of the validated tip, s/e first and last block, b blocks after the end.
 * Thread: any (pure). Source: design "Rare Pepe Auction Machine"; BIP141, 143, 174, 341, 370. */
#ifndef GV_APP_AUCTION_DUTCH_DUTCH_H
#define GV_APP_AUCTION_DUTCH_DUTCH_H

#include "app/auction/dutch/listing.h"

enum gv_dutch_status {
    GV_DUTCH_UPCOMING,
    GV_DUTCH_ACTIVE,
    GV_DUTCH_SOLD,
    GV_DUTCH_CLOSED,
    GV_DUTCH_FINISHED,
    GV_DUTCH_EXPIRED,
};
#define GV_DUTCH_STATUSES 6u

/** "upcoming", "active", ... Returns: a static string. */
const char *gv_dutch_status_text(enum gv_dutch_status status);
/** Returns false when the text names no status. */
GV_MUST_USE bool gv_dutch_status_parse(enum gv_dutch_status *status, struct gv_view text);

/** Status at tip height `tip`. */
enum gv_dutch_status gv_dutch_status(const struct gv_dutch_listing *listing, struct gv_height tip);

/** How far the node can be trusted to know the tip. */
struct gv_tip {
    bool known; /* some height has been validated since start or is stored */
    bool live;  /* reachable, not in initial download, blocks == headers: may reveal */
    struct gv_height height;
};

enum gv_reveal_kind {
    GV_REVEAL_RUNG,        /* show the PSBT of `block` */
    GV_REVEAL_NOT_STARTED, /* h < s */
    GV_REVEAL_EXPIRED,
    GV_REVEAL_SPENT,    /* sold or closed, confirmed */
    GV_REVEAL_PENDING,  /* a spend is in the mempool: provisional */
    GV_REVEAL_NOT_LIVE, /* node unreachable, syncing or behind: nothing is shown */
};

struct gv_reveal {
    enum gv_reveal_kind kind;
    uint32_t block; /* GV_REVEAL_RUNG: block_number of the rung to show */
};

/** What may be shown at this tip: never more than one rung, never one above the tip. */
struct gv_reveal gv_dutch_reveal(const struct gv_dutch_listing *listing, const struct gv_tip *tip);

/** Price shown in lists at this tip, in satoshi. Upcoming: start price; active/finished: the rung's
 *  price; sold: the sale price; closed, expired: none.
 *  In: rung_price: price of the rung that gv_dutch_reveal names (ignored otherwise).
 *  Returns: false when no price is shown. */
GV_MUST_USE bool gv_dutch_shown_price(const struct gv_dutch_listing *listing,
                                      const struct gv_tip *tip, struct gv_sat rung_price,
                                      struct gv_sat *price);

/** What earlier listings of an outpoint mean for a new one. A PSBT that was revealed once can be used
 *  until the outpoint is spent, whatever became of its listing. */
struct gv_dutch_prior {
    uint64_t live_id; /* of a listing that is upcoming, active or finished; 0: none */
    enum gv_dutch_status live_status;
    uint64_t lowest_id; /* of the listing with the lowest price ever revealed; 0: nothing was */
    struct gv_sat lowest;
};

/** Take one unspent earlier listing into account.
 *  In: revealed: price of its highest revealed rung, which is its lowest, since prices never rise
 *  (ignored while nothing was revealed). tip: for its status. */
void gv_dutch_prior_add(struct gv_dutch_prior *prior, const struct gv_dutch_listing *listing,
                        struct gv_sat revealed, struct gv_height tip);
/** Can a buyer pay less by an old PSBT than the new listing will ever ask? */
bool gv_dutch_prior_undercuts(const struct gv_dutch_prior *prior, struct gv_sat end_price);

/** One rung as its owner sent it, before its PSBT is looked at. */
struct gv_dutch_rung {
    uint32_t block;
    struct gv_sat price;
};

/** Numbers of an upload as written, checked by gv_dutch_check_numbers. */
struct gv_dutch_numbers {
    int64_t start_block, end_block, blocks_after_end;
    int64_t start_price, end_price, price_decrement;
    int64_t reserve; /* 0: none */
};

#define GV_DUTCH_BLOCKS_AFTER_END_MAX 52560u /* one year */

/** What the last rung costs: the end price, or the reserve where that is higher. From the block on where
 *  the price would fall below the reserve, every rung costs the reserve. */
int64_t gv_dutch_floor(const struct gv_dutch_numbers *numbers);

/** With a reserve, end price and decrement are nobody's business: either would tell it. */
static inline bool gv_dutch_hides_floor(const struct gv_dutch_terms *terms)
{
    return terms->reserve.v != 0;
}
/** Is the price that is shown now the lowest there will be? Known to all once it is shown. */
GV_MUST_USE bool gv_dutch_floor_reached(const struct gv_dutch_terms *terms, struct gv_sat shown);

/** Ranges, and the shape of the price: either one block, one price and no decrement, or an end price
 *  below the start price that the decrement reaches to within a satoshi a block.
 *  Returns: GV_OK; GV_ERR_INVALID with code "dutch.<rule>" and the JSON pointer of the member. */
GV_MUST_USE enum gv_err gv_dutch_check_numbers(const struct gv_dutch_numbers *numbers,
                                               struct gv_fail *fail);

/** The ladder: every block from start to end exactly once, price never rising, first and last
 *  price as listed (with a reserve, the last price is gv_dutch_floor).
 *  In-out: rungs: sorted by block on return; order[i] is the position in the upload (for pointers
 *  in messages). count: 1..GV_RUNGS_MAX. */
GV_MUST_USE enum gv_err gv_dutch_check_ladder(const struct gv_dutch_numbers *numbers,
                                              struct gv_dutch_rung *rungs, uint16_t *order,
                                              uint32_t count, struct gv_fail *fail);

/** May the ladder be made longer at this tip? While it is upcoming, active or finished, up to a block that
 *  is still to come, and never beyond GV_RUNGS_MAX blocks in all.
 *  Returns: GV_OK; GV_ERR_CONFLICT "dutch.not_open"; GV_ERR_INVALID "dutch.extension", "dutch.too_long". */
GV_MUST_USE enum gv_err gv_dutch_check_extendable(const struct gv_dutch_listing *listing,
                                                  struct gv_height tip, int64_t end_block,
                                                  struct gv_fail *fail);
/** The rungs of an extension: every block from the old end + 1 to `end_block` once, price never rising,
 *  beginning at or below the old end price. In-out, order, count: as gv_dutch_check_ladder. */
GV_MUST_USE enum gv_err gv_dutch_check_extension(const struct gv_dutch_terms *terms,
                                                 int64_t end_block, struct gv_dutch_rung *rungs,
                                                 uint16_t *order, uint32_t count,
                                                 struct gv_fail *fail);

/** Counterparty name grammar: "XCP", named, numeric ("A" + number), or PARENT.child long name; BTC
 *  is refused. Returns: GV_OK; GV_ERR_INVALID "dutch.asset_name". */
GV_MUST_USE enum gv_err gv_asset_name_check(struct gv_view name, struct gv_fail *fail);

/** Exact quantity: decimal text (a JSON number's text) to base units.
 *  In: divisible: 8 decimals, else no fraction. Returns: GV_OK; GV_ERR_INVALID "dutch.asset_qty". */
GV_MUST_USE enum gv_err gv_asset_qty_parse(int64_t *base, struct gv_view text, bool divisible,
                                           struct gv_fail *fail);
/** Decimal text of a quantity with at least one decimal digit, as the original's JSON has it. */
void gv_asset_qty_format(char text[GV_QTY_TEXT_MAX], int64_t base, bool divisible);

#endif
