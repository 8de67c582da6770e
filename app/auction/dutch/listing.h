/* A Dutch listing: what was offered (never changes) and what became of its outpoint (facts).
 *
 * The status is not stored: it is a pure function of terms, tip and spend (dutch.h), so a reorg
 * moves it back by itself. Plain values, copied between threads. */
#ifndef GV_APP_AUCTION_DUTCH_LISTING_H
#define GV_APP_AUCTION_DUTCH_LISTING_H

#include "app/bitcoin/tx_types.h"
#include "app/money/sat.h"
#include "firmware/base/time.h"

#define GV_ASSET_NAME_MAX 256u /* a subasset's long name has at most 250 characters */
#define GV_QTY_TEXT_MAX   24u
#define GV_BUNDLE_MAX     8u /* assets of one listing */

/** Offered once, immutable. Heights in blocks, prices in satoshi, quantity in base units. */
struct gv_dutch_terms {
    char asset_name[GV_ASSET_NAME_MAX]; /* as listed: name or long name; behind its NUL, bundle.h */
    uint16_t more_n;                    /* bytes there: the further assets of a bundle */
    int64_t asset_qty_base;             /* 1 .. 2^63-1; divisible assets have 8 decimals */
    bool asset_divisible;
    bool locked; /* every rung carries its height lock, so a leaked one is useless early */
    struct gv_outpoint utxo;
    struct gv_sat utxo_value;
    struct gv_spk utxo_spk;
    struct gv_spk payout_spk; /* output script of every rung */
    uint32_t start_block;
    uint32_t end_block; /* inclusive */
    uint32_t blocks_after_end;
    struct gv_sat start_price;
    struct gv_sat end_price;
    struct gv_sat price_decrement;
    struct gv_sat reserve;         /* secret floor that end_price is not below; 0: none */
    char seller[GV_ADDRESS_MAX];   /* "" when utxo_spk has no address form */
    struct gv_hash256 ladder_root; /* of the rungs it was listed with (ladder_root.h); zero: none */
};

/** Stored as numbers: never renumber. */
enum gv_spend_state {
    GV_SPEND_NONE = 0,
    GV_SPEND_PENDING = 1,   /* in the mempool: provisional */
    GV_SPEND_CONFIRMED = 2, /* in a block of the active chain */
    GV_SPEND_UNKNOWN = 3,   /* gone from the UTXO set while nobody looked; spender not known */
};

enum gv_spend_outcome {
    GV_OUTCOME_CLOSED = 1, /* spent, not by one of this listing's PSBTs */
    GV_OUTCOME_SOLD = 2,
};

/** What is known about the spend of a listing's outpoint, judged for this listing. */
struct gv_dutch_spend {
    enum gv_spend_state state;
    enum gv_spend_outcome outcome; /* meaningless while state is GV_SPEND_NONE */
    struct gv_hash256 txid;        /* unless GV_SPEND_UNKNOWN */
    uint32_t block;                /* GV_SPEND_CONFIRMED: height; GV_SPEND_UNKNOWN: tip at which
                                      the output was missed */
    struct gv_hash256 block_hash;
    struct gv_utc block_time; /* header time */
    uint32_t sold_rung;       /* GV_OUTCOME_SOLD: block_number of the PSBT that was used */
    struct gv_sat sold_price;
    bool early_leak;                /* that PSBT had not been revealed yet */
    bool asset_returned;            /* first non-OP_RETURN output is the pair's: seller keeps it */
    char recipient[GV_ADDRESS_MAX]; /* address that received the asset; "" when none */
};

struct gv_dutch_listing {
    uint64_t id;
    struct gv_utc created_at;
    struct gv_dutch_terms terms;
    struct gv_dutch_spend spend;
    uint32_t revealed_high; /* highest rung ever shown; 0: none yet */
};

#endif
