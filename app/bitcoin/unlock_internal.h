/* Unlock, shared between unlock_*.c only: resolving scripts. Thread: any (pure). */
#ifndef GV_APP_BITCOIN_UNLOCK_INTERNAL_H
#define GV_APP_BITCOIN_UNLOCK_INTERNAL_H

#include "app/bitcoin/unlock.h"

/** gv_fail with GV_ERR_INVALID and a fixed sentence. */
enum gv_err gv_unlock_refuse(struct gv_fail *fail, const char *code, const char *text);

/** Begin: the prevout and what its script alone tells. */
void gv_unlock_begin(struct gv_unlock *unlock, const struct gv_tx_output *prevout);

/** Find the type, given the redeem and witness scripts (p = NULL: not given). Taproot comes out as
 *  GV_UNLOCK_P2TR_KEY. Returns: GV_OK; "psbt.script_type", "psbt.script_mismatch". */
GV_MUST_USE enum gv_err gv_unlock_resolve(struct gv_unlock *unlock, struct gv_view redeem,
                                          struct gv_view witness_script, struct gv_fail *fail);

/** Turn a P2TR unlock into one by script path: <key> OP_CHECKSIG under a control block.
 *  Returns: GV_OK; "psbt.script_type", "psbt.script_mismatch". */
GV_MUST_USE enum gv_err gv_unlock_resolve_leaf(struct gv_unlock *unlock, struct gv_view script,
                                               struct gv_view control, struct gv_fail *fail);

#endif
