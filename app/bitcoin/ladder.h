/* Ladder: the unsigned PSBT of one rung, which the seller's wallet signs.
 *
 * One input and one output; lock time = block of the rung and a sequence that is not final, so that
 * a signature that leaks is useless before its block; the sighash field asks the wallet for 0x83.
 * Thread: any (pure). */
#ifndef GV_APP_BITCOIN_LADDER_H
#define GV_APP_BITCOIN_LADDER_H

#include "app/bitcoin/psbt.h"

/* Replaceable and not final. */
#define GV_LADDER_SEQUENCE 0xfffffffdu

struct gv_ladder_rung {
    struct gv_outpoint outpoint;
    struct gv_tx_output prevout; /* P2WPKH, P2SH (of segwit), P2WSH or P2TR */
    struct gv_view payout;       /* scriptPubKey of the seller */
    uint32_t block;              /* 1 .. 499999999 */
    struct gv_sat price;
};

/** Append the PSBT of one rung; at most GV_PSBT_SERVED_MAX bytes.
 *  Returns: GV_OK; GV_ERR_INVALID "ladder.script_type", "ladder.payout", "ladder.dust",
 *           "ladder.block", "ladder.price_below_utxo"; GV_ERR_FULL. */
GV_MUST_USE enum gv_err gv_ladder_write(struct gv_writer *w, const struct gv_ladder_rung *rung,
                                        struct gv_fail *fail);

#endif
