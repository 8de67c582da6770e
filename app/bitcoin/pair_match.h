/* Pair match: was this spend made with that stored PSBT?
 *
 * Value and script of the output at the input's index must be the pair's, and the seller's own
 * signature must cover them: either the very proof that is stored, or another 0x83 signature that
 * verifies over the same pair. An equal value alone proves nothing.
 * Thread: any (pure). */
#ifndef GV_APP_BITCOIN_PAIR_MATCH_H
#define GV_APP_BITCOIN_PAIR_MATCH_H

#include "app/bitcoin/evidence.h"
#include "app/bitcoin/tx.h"

/** In: prevout: what the input spends, as the chain had it. pair: output that the PSBT pays.
 *      served: the stored PSBT in the form gv_psbt_check wrote (segwit only); n = 0 when it is not
 *      at hand, then only the signatures are judged.
 *  Returns: false also when the evidence was too long to keep. */
GV_MUST_USE bool gv_pair_signed_by(const struct gv_spend_evidence *evidence,
                                   const struct gv_tx_output *prevout,
                                   const struct gv_tx_output *pair, struct gv_view served);

#endif
