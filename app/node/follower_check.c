/* The cross-check: gettxout of every watched outpoint, at start, after a gap in the block scan and
 * every hour. It finds what no feed can: an output that was spent in a block nobody will ever see
 * again. It never guesses who spent it. */
#include "app/node/follower_parts.h"

#include "firmware/base/log.h"

#define CHECK_PAGE 64u

/* What was asked holds for the block this round walked to, and for no other. */
static enum gv_err require_same_tip(struct gv_follower *f, struct gv_fail *fail)
{
    struct gv_rpc_chain now;
    enum gv_err err = gv_rpc_blockchain(&f->rpc, &now, fail);
    if (err == GV_OK && !gv_hash256_equal(&now.best_hash, &f->walked_to)) {
        return gv_fail(fail, GV_ERR_AGAIN, "node.moved", "the chain changed while it was read");
    }
    return err;
}

/* Gone from the chain, and no spend is known. Three things look alike: the funding transaction went
 * back to the mempool in a reorg, a spend waits in the mempool, or the spending block is lost. */
static enum gv_err explain_absence(struct gv_follower *f, const struct gv_outpoint *outpoint,
                                   struct gv_fail *fail)
{
    bool spent = false;
    struct gv_hash256 spender;
    struct gv_rpc_txout txout = {.found = false};
    enum gv_err err = gv_rpc_spenders(&f->rpc, outpoint, 1, &spent, &spender, fail);
    if (err == GV_OK && !spent) {
        err = gv_rpc_txout(&f->rpc, outpoint, true, &txout, fail);
    }
    if (err != GV_OK || spent || txout.found) {
        return err;
    }
    err = require_same_tip(f, fail);
    if (err != GV_OK) {
        return err;
    }
    gv_log(GV_LOG_UNUSUAL, "node", "spender_unknown vout=%u", (unsigned)outpoint->vout);
    err = gv_engine_spender_unknown(f->config.engine, outpoint);
    return err == GV_ERR_NOT_FOUND ? GV_OK : gv_follower_engine_result(err, fail);
}

static enum gv_err check_output(struct gv_follower *f, const struct gv_outpoint *outpoint,
                                struct gv_fail *fail)
{
    struct gv_hash256 txid;
    enum gv_spend_state state = gv_engine_spend_state(f->config.engine, outpoint, &txid);
    if (state == GV_SPEND_CONFIRMED || state == GV_SPEND_UNKNOWN) {
        return GV_OK;
    }
    struct gv_rpc_txout txout;
    enum gv_err err = gv_rpc_txout(&f->rpc, outpoint, false, &txout, fail);
    if (err != GV_OK || txout.found) {
        return err;
    }
    return explain_absence(f, outpoint, fail);
}

enum gv_err gv_follower_check_outputs(struct gv_follower *f, struct gv_fail *fail)
{
    uint32_t cursor = 0;
    enum gv_err err = GV_OK;
    do {
        struct gv_outpoint outpoints[CHECK_PAGE];
        uint32_t count = gv_watch_page(f->config.watch, &cursor, outpoints, CHECK_PAGE);
        for (uint32_t i = 0; i < count && err == GV_OK && !atomic_load(&f->stop); i++) {
            err = check_output(f, &outpoints[i], fail);
        }
    } while (err == GV_OK && cursor != 0 && !atomic_load(&f->stop));
    return err;
}
