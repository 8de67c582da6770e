/* The cross-check: gettxout of every watched outpoint, at start, after a gap in the block scan and
 * every hour. It finds what no feed can: an output that was spent in a block nobody will ever see
 * again. It never guesses who spent it. */
#include "app/node/follower_parts.h"

#include "firmware/base/log.h"

#define CHECK_PAGE 64u

/* Gone from the chain, and no spend is known. Three things look alike: the funding transaction went
 * back to the mempool in a reorg, a spend waits in the mempool, or the spending block is lost. */
static enum gv_err explain_absence(struct gv_follower *f, const struct gv_outpoint *outpoint,
                                   struct gv_fail *fail)
{
    bool spent = false;
    bool same = false;
    struct gv_hash256 spender;
    struct gv_rpc_txout txout = {.found = false};
    enum gv_err err = gv_rpc_spenders(&f->rpc, outpoint, 1, &spent, &spender, fail);
    if (err == GV_OK && !spent) {
        err = gv_rpc_txout(&f->rpc, outpoint, true, &txout, fail);
    }
    if (err == GV_OK && !spent && !txout.found) {
        err = gv_follower_at_tip(f, &same, fail);
    }
    if (err != GV_OK || !same) {
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
    if (state == GV_SPEND_CONFIRMED) {
        return GV_OK;
    }
    struct gv_rpc_txout txout;
    enum gv_err err = gv_rpc_txout(&f->rpc, outpoint, false, &txout, fail);
    if (err != GV_OK) {
        return err;
    }
    if (!txout.found) {
        return state == GV_SPEND_UNKNOWN ? GV_OK : explain_absence(f, outpoint, fail);
    }
    if (state == GV_SPEND_UNKNOWN) {
        /* The lost spend was reorganised away: the output is there again. */
        err = gv_engine_mempool_clear(f->config.engine, outpoint);
    }
    return gv_follower_engine_result(err, fail);
}

enum gv_err gv_follower_check_outputs(struct gv_follower *f, struct gv_fail *fail)
{
    uint32_t cursor = 0;
    enum gv_err err = GV_OK;
    do {
        struct gv_outpoint outpoints[CHECK_PAGE];
        uint32_t count = gv_watch_page(f->config.watch, &cursor, outpoints, CHECK_PAGE);
        for (uint32_t i = 0; i < count && err == GV_OK; i++) {
            err = check_output(f, &outpoints[i], fail);
        }
    } while (err == GV_OK && cursor != 0);
    return err;
}
