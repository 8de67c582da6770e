#include "app/bitcoin/ladder.h"

#include "app/bitcoin/script.h"
#include "app/bitcoin/sighash.h"

#define TX_VERSION 2
/* Bitcoin Core script.h: from here on a lock time is a time. */
#define LOCKTIME_THRESHOLD 500000000u

static bool can_be_listed(struct gv_view script)
{
    const enum gv_script_type type = gv_script_classify(script);
    return type == GV_SCRIPT_P2WPKH || type == GV_SCRIPT_P2SH || type == GV_SCRIPT_P2WSH ||
           type == GV_SCRIPT_P2TR;
}

static bool can_be_paid(struct gv_view script)
{
    return can_be_listed(script) || gv_script_classify(script) == GV_SCRIPT_P2PKH;
}

enum gv_err gv_ladder_write(struct gv_writer *w, const struct gv_ladder_rung *rung,
                            struct gv_fail *fail)
{
    const struct gv_sat dust = gv_script_dust(rung->payout);
    if (!can_be_listed(rung->prevout.script)) {
        return gv_fail(fail, GV_ERR_INVALID, "ladder.script_type",
                       "only segwit outpoints can be listed: P2WPKH, P2WSH, P2TR, or wrapped in "
                       "P2SH");
    }
    if (!can_be_paid(rung->payout)) {
        return gv_fail(fail, GV_ERR_INVALID, "ladder.payout",
                       "the payout script belongs to no ordinary address");
    }
    if (rung->price.v < dust.v) {
        return gv_fail(fail, GV_ERR_INVALID, "ladder.dust",
                       "a price of %llu sat is below the %llu sat that nodes relay",
                       (unsigned long long)rung->price.v, (unsigned long long)dust.v);
    }
    if (rung->price.v < rung->prevout.value_sat) {
        return gv_fail(fail, GV_ERR_INVALID, "ladder.price_below_utxo",
                       "a price of %llu sat is below the %llu sat of the UTXO itself",
                       (unsigned long long)rung->price.v,
                       (unsigned long long)rung->prevout.value_sat);
    }
    if (rung->block == 0 || rung->block >= LOCKTIME_THRESHOLD) {
        return gv_fail(fail, GV_ERR_INVALID, "ladder.block", "%u is no block height",
                       (unsigned)rung->block);
    }

    const struct gv_psbt_write_input input = {
        .outpoint = rung->outpoint,
        .sequence = GV_LADDER_SEQUENCE,
        .utxo = rung->prevout,
        .sighash = GV_SIGHASH_LISTING,
    };
    const struct gv_tx_output output = {.value_sat = rung->price.v, .script = rung->payout};
    gv_psbt_write(w, TX_VERSION, rung->block, &input, 1, &output, 1);
    if (w->full) {
        return gv_fail(fail, GV_ERR_FULL, "ladder.full", "the buffer for the ladder is full");
    }
    return GV_OK;
}
