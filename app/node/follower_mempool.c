#include "app/node/follower_parts.h"

#include "firmware/base/log.h"

#include <string.h>

/* ---- one spend ----------------------------------------------------------------------------------- */

/* Tell the engine that input `index` of a transaction in the mempool spends a watched outpoint.
 * A full or failing engine is not fatal here: the next poll finds the spend again. */
static enum gv_err report_spend(struct gv_follower *f, const struct gv_tx *tx, uint32_t index,
                                struct gv_fail *fail)
{
    gv_evidence_of(&f->spends[0], tx, index);
    enum gv_err err = gv_engine_mempool_spend(f->config.engine, &f->spends[0]);
    return err == GV_ERR_NOT_FOUND ? GV_OK : gv_follower_engine_result(err, fail);
}

static bool find_input(const struct gv_tx *tx, const struct gv_outpoint *outpoint, uint32_t *index)
{
    struct gv_tx_inputs inputs = gv_tx_inputs(tx);
    struct gv_tx_input input;
    for (uint32_t i = 0; gv_tx_next_input(&inputs, &input); i++) {
        if (gv_outpoint_equal(&input.outpoint, outpoint)) {
            *index = i;
            return true;
        }
    }
    return false;
}

/* Fetch the spender and report it. One that has just left the mempool is asked about again. */
static enum gv_err fetch_spend(struct gv_follower *f, const struct gv_outpoint *outpoint,
                               const struct gv_hash256 *txid, struct gv_fail *fail)
{
    size_t len = 0;
    enum gv_err err = gv_rpc_mempool_tx(&f->rpc, txid, f->bytes, sizeof(f->bytes), &len, fail);
    if (err == GV_ERR_NOT_FOUND) {
        f->spenders_hint = true;
        return GV_OK;
    }
    if (err != GV_OK) {
        return err;
    }
    struct gv_tx tx;
    struct gv_hash256 same;
    uint32_t index = 0;
    if (gv_tx_parse(&tx, gv_view_of(f->bytes, len), NULL) != GV_OK ||
        !find_input(&tx, outpoint, &index)) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.bad_answer",
                       "getrawtransaction: not a transaction that spends the output");
    }
    gv_tx_txid(&same, &tx);
    if (!gv_hash256_equal(&same, txid)) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.bad_answer",
                       "getrawtransaction: another transaction than asked for");
    }
    gv_watch_fire(f->config.watch, outpoint);
    f->pending++;
    return report_spend(f, &tx, index, fail);
}

/* ---- the feed -------------------------------------------------------------------------------------- */

/* rawtx is published for the mempool, for connected and for disconnected blocks alike: only the
 * node knows which it was. */
static enum gv_err confirm_spend(struct gv_follower *f, const struct gv_tx *tx,
                                 const struct gv_outpoint *outpoint, uint32_t index,
                                 struct gv_fail *fail)
{
    bool spent = false;
    struct gv_hash256 spender;
    struct gv_hash256 txid;
    enum gv_err err = gv_rpc_spenders(&f->rpc, outpoint, 1, &spent, &spender, fail);
    if (err != GV_OK) {
        return err;
    }
    if (!spent) {
        f->tip_hint = true; /* it is in a block, or it was */
        return GV_OK;
    }
    gv_tx_txid(&txid, tx);
    if (!gv_hash256_equal(&txid, &spender)) {
        return fetch_spend(f, outpoint, &spender, fail);
    }
    f->pending++;
    return report_spend(f, tx, index, fail);
}

void gv_follower_take_tx(struct gv_follower *f, struct gv_view raw)
{
    struct gv_tx tx;
    if (gv_tx_parse(&tx, raw, NULL) != GV_OK) {
        f->spenders_hint = true;
        return;
    }
    if (f->config.tap != NULL) {
        f->config.tap->announced(f->config.tap->ctx, &tx);
    }
    struct gv_tx_inputs inputs = gv_tx_inputs(&tx);
    struct gv_tx_input input;
    for (uint32_t i = 0; gv_tx_next_input(&inputs, &input); i++) {
        if (!gv_watch_has(f->config.watch, &input.outpoint)) {
            continue;
        }
        gv_watch_fire(f->config.watch, &input.outpoint);
        struct gv_fail fail = {.err = GV_OK};
        if (confirm_spend(f, &tx, &input.outpoint, i, &fail) != GV_OK) {
            f->tip_hint = true; /* the round finds out what is wrong, and says it */
        }
    }
}

/* ---- the poll -------------------------------------------------------------------------------------- */

/* The engine knows of a spend, the mempool of none. Only an output that is there is known to be
 * unspent: otherwise the spend has just been mined and the walk will find it, or it was mined in a
 * block nobody can give us, which the cross-check after the gap tells. */
static enum gv_err settle_unspent(struct gv_follower *f, const struct gv_outpoint *outpoint,
                                  struct gv_fail *fail)
{
    struct gv_rpc_txout txout;
    enum gv_err err = gv_rpc_txout(&f->rpc, outpoint, true, &txout, fail);
    if (err != GV_OK || !txout.found) {
        return err;
    }
    err = gv_engine_mempool_clear(f->config.engine, outpoint);
    return gv_follower_engine_result(err, fail);
}

static enum gv_err settle_one(struct gv_follower *f, const struct gv_outpoint *outpoint,
                              const struct gv_hash256 *spender, bool mempool_loaded,
                              struct gv_fail *fail)
{
    struct gv_hash256 known;
    enum gv_spend_state state = gv_engine_spend_state(f->config.engine, outpoint, &known);
    if (spender != NULL) {
        if (state == GV_SPEND_PENDING && gv_hash256_equal(&known, spender)) {
            f->pending++;
            return GV_OK;
        }
        return fetch_spend(f, outpoint, spender, fail);
    }
    if ((state == GV_SPEND_PENDING || state == GV_SPEND_UNKNOWN) && mempool_loaded) {
        return settle_unspent(f, outpoint, fail);
    }
    return GV_OK;
}

static enum gv_err poll_page(struct gv_follower *f, const struct gv_outpoint *outpoints,
                             uint32_t count, bool mempool_loaded, struct gv_fail *fail)
{
    bool spent[GV_RPC_BATCH_MAX];
    struct gv_hash256 txids[GV_RPC_BATCH_MAX];
    enum gv_err err = gv_rpc_spenders(&f->rpc, outpoints, count, spent, txids, fail);
    for (uint32_t i = 0; i < count && err == GV_OK; i++) {
        err = settle_one(f, &outpoints[i], spent[i] ? &txids[i] : NULL, mempool_loaded, fail);
    }
    return err;
}

enum gv_err gv_follower_poll_spenders(struct gv_follower *f, struct gv_fail *fail)
{
    f->spenders_hint = false;
    f->pending = 0;
    /* Asked before the spenders: a node that still reads mempool.dat proves nothing by silence. */
    struct gv_rpc_mempool mempool = {.count = -1};
    enum gv_err err = gv_rpc_mempool(&f->rpc, &mempool, fail);
    f->status.mempool_txs = mempool.count;
    /* The set may change between pages; what slips through is found by the feed or the next poll. */
    uint32_t cursor = 0;
    do {
        struct gv_outpoint outpoints[GV_RPC_BATCH_MAX];
        uint32_t count = gv_watch_page(f->config.watch, &cursor, outpoints, GV_RPC_BATCH_MAX);
        if (err == GV_OK && count > 0) {
            err = poll_page(f, outpoints, count, mempool.loaded, fail);
        }
    } while (err == GV_OK && cursor != 0);
    return err;
}
