/* PSBT check: is this upload a good listing of this outpoint at this price?
 *
 * Two answers. `valid`: it parses, has one input and one output, its UTXO data agrees with the
 * chain's, and every signature is strict, SINGLE|ANYONECANPAY and good for outpoint and price.
 * `listable`: this service would also take it (script type, place of the pair, payout script, size,
 * dust, locks, price not below the UTXO's value). The code names the first rule that is broken.
 * Whether the outpoint is unspent is not asked here: only the chain can tell.
 *
 * P2PKH and legacy P2SH are never listable. Their signatures fix the pair at the index it was
 * signed at: at 0 the asset would move back to the seller's own output, because Counterparty moves
 * every asset of every input to the first output that is not OP_RETURN; and templates with
 * placeholders before the pair have two inputs, so they are refused by their shape.
 * Payout scripts above GV_SPK_MAX bytes are refused ("psbt.output_script"): nobody lists them.
 * Limits: GV_PSBT_CHECK_BYTES_MAX bytes; 16 keys. Thread: any (pure). */
#ifndef GV_APP_BITCOIN_PSBT_CHECK_H
#define GV_APP_BITCOIN_PSBT_CHECK_H

#include "app/bitcoin/unlock.h"

/** What the checker is told and believes. */
struct gv_psbt_terms {
    struct gv_outpoint outpoint;
    struct gv_tx_output prevout; /* as the chain has it */
    uint64_t price_sat;
    bool has_block; /* without a block a height lock is not judged */
    uint32_t block; /* that the PSBT is to be revealed at */
};

struct gv_psbt_verdict {
    bool valid;
    bool listable;
    bool locked;                 /* useless before its block (without a block: before some block) */
    char code[GV_FAIL_CODE_MAX]; /* "psbt.ok" when listable */
    char detail[GV_FAIL_TEXT_MAX];
    char script_type[GV_UNLOCK_NAME_MAX];
    enum gv_unlock_type type;
    /* only when valid */
    int32_t tx_version;
    uint32_t locktime;
    uint32_t sequence;
    struct gv_spk payout; /* the pair's output */
    uint64_t value_sat;
    size_t served_len; /* of the form below; 0 when the spend is not segwit or too large */
};

/** Judge `raw`.
 *  Out: verdict: complete in every case. served: what buyers are given, finalised and minimal
 *       (unsigned transaction, witness UTXO, final scripts; version 0). */
void gv_psbt_check(struct gv_psbt_verdict *verdict, uint8_t served[GV_PSBT_SERVED_MAX],
                   struct gv_view raw, const struct gv_psbt_terms *terms);

/** Decode the text of a PSBT: canonical base64, nothing around it.
 *  Returns: GV_OK; GV_ERR_INVALID "psbt.parse_empty", "psbt.parse_base64", "psbt.parse_size" (above
 *           cap), "psbt.parse_base64_or_magic" (the bytes as hex).
 *  Out:     out (may be the text's own memory), out_len. */
GV_MUST_USE enum gv_err gv_psbt_decode_text(uint8_t *out, size_t *out_len, size_t cap,
                                            struct gv_view text, struct gv_fail *fail);

/** Fill a verdict for something that never became bytes to judge. */
void gv_psbt_verdict_refused(struct gv_psbt_verdict *verdict, const struct gv_fail *fail,
                             const struct gv_psbt_terms *terms);

#endif
