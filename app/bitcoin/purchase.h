/* Purchase: the buyer's transaction around a seller's signed pair, as an unsigned PSBT.
 *
 *   inputs   0 buyer   1 seller (final)   2.. buyer
 *   outputs  0 receive 1 seller's payout  2 change, if it is worth more than dust
 *
 * The asset moves to the first output that is not OP_RETURN, and a Counterparty node believes the
 * first input only: both must be the buyer's, so this is the one shape that is ever built. Version
 * and lock time are the seller's, because the seller's signature covers them. Assets that lie on
 * the buyer's own inputs move to output 0, too: the caller warns about that.
 *
 * The fee is rate x virtual size, estimated with 72-byte signatures: per input 148 (P2PKH), 91
 * (P2SH, taken to be P2SH-P2WPKH), 68 (P2WPKH), 57.5 (P2TR), the seller's from its final scripts.
 * P2PKH inputs carry no UTXO: that would be the whole previous transaction, which the wallet has.
 * Thread: any (pure). */
#ifndef GV_APP_BITCOIN_PURCHASE_H
#define GV_APP_BITCOIN_PURCHASE_H

#include "app/bitcoin/tx_types.h"
#include "app/bitcoin/wire.h"
#include "app/money/sat.h"

#define GV_PURCHASE_INPUTS_MAX 32u /* of the buyer */
/* What nodes relay by default, and far above any fee market so far: beyond, it is a slip. */
#define GV_FEE_RATE_MIN 1000u /* sat per 1,000 vB */
#define GV_FEE_RATE_MAX 2000000u

/* Magic and keys 100, served part, per buyer input 41 in the transaction and 3 + 9 + script. */
#define GV_PURCHASE_BYTES_MAX (256u + 2048u + GV_PURCHASE_INPUTS_MAX * (41u + 16u + GV_SPK_MAX))

struct gv_purchase_coin {
    struct gv_outpoint outpoint;
    struct gv_sat amount;
    struct gv_spk script;
};

struct gv_purchase_order {
    const struct gv_purchase_coin *coins; /* the buyer's; the first goes to index 0 */
    uint32_t coin_count;                  /* 1 .. GV_PURCHASE_INPUTS_MAX */
    struct gv_spk receive;                /* gets the asset */
    struct gv_sat receive_value;          /* 546 is safe for every script type */
    struct gv_spk change;
    uint64_t fee_rate_sat_per_kvb;
};

struct gv_purchase {
    struct gv_sat fee; /* change too small to keep is in it */
    struct gv_sat change;
    uint32_t vsize; /* as estimated, once signed */
    bool has_change;
};

/** Append the purchase PSBT; at most GV_PURCHASE_BYTES_MAX bytes.
 *  In:      served: the revealed PSBT in the form gv_psbt_check wrote.
 *  Returns: GV_OK; GV_ERR_INVALID "purchase.psbt" (served is none), "purchase.inputs",
 *           "purchase.script_type", "purchase.duplicate_input", "purchase.receive",
 *           "purchase.change", "purchase.fee_rate", "purchase.value_range",
 *           "purchase.insufficient_funds" (the text tells how much is missing); GV_ERR_FULL. */
GV_MUST_USE enum gv_err gv_purchase_write(struct gv_writer *w, struct gv_purchase *out,
                                          struct gv_view served,
                                          const struct gv_purchase_order *order,
                                          struct gv_fail *fail);

#endif
