#include "web/api/find.h"

#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/handlers.h"

#include <string.h>

/* From 1 to 2^63-1: what JSON and the database can hold. */
static bool parse_id(const struct gv_exchange *x, uint64_t *id)
{
    return gv_parse_u64(id, x->params[0], INT64_MAX) && *id > 0;
}

static enum gv_err not_found(const struct gv_exchange *x, struct gv_fail *fail)
{
    const struct gv_family *family = x->route->extra;
    return gv_fail(fail, GV_ERR_NOT_FOUND, "dutch.not_found", "%s", family->not_found);
}

/* A row as it would be published: the spend decides, nothing is revealed. */
static void make_row(struct gv_market_row *row, const struct gv_dutch_listing *listing,
                     const struct gv_tip *tip)
{
    memset(row, 0, offsetof(struct gv_market_row, text));
    row->listing = *listing;
    row->status = gv_dutch_status(listing, tip->height);
    row->reveal = gv_dutch_reveal(listing, tip);
    row->has_price = gv_dutch_shown_price(listing, tip, (struct gv_sat){0}, &row->price);
}

static enum gv_err find_retired(struct gv_exchange *x, uint64_t id, struct gv_tip *tip,
                                void (*visit)(void *ctx, const struct gv_market_row *row),
                                void *ctx, struct gv_fail *fail)
{
    const struct gv_api *api = gv_api_of(x);
    struct gv_dutch_listing listing;
    struct gv_market_row row;
    if (id >= gv_market_newest(api->config.market)) {
        return not_found(x, fail); /* never given out: the engine need not be asked */
    }
    const enum gv_err err = gv_engine_dutch_retired(api->config.engine, id, &listing);
    if (err == GV_ERR_NOT_FOUND) {
        return not_found(x, fail);
    }
    if (err != GV_OK) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "engine.busy",
                       "the listing could not be read now, try again");
    }
    make_row(&row, &listing, tip);
    visit(ctx, &row);
    return GV_OK;
}

enum gv_err gv_find_listing(struct gv_exchange *x, struct gv_tip *tip,
                            void (*visit)(void *ctx, const struct gv_market_row *row), void *ctx,
                            struct gv_fail *fail)
{
    uint64_t id = 0;
    if (!parse_id(x, &id)) {
        return not_found(x, fail);
    }
    if (gv_market_with(gv_api_of(x)->config.market, id, tip, visit, ctx) == GV_OK) {
        return GV_OK;
    }
    return find_retired(x, id, tip, visit, ctx, fail);
}

enum gv_err gv_find_same_tip(struct gv_market *market, const struct gv_rpc_txout *txout,
                             uint32_t *tip, struct gv_fail *fail)
{
    struct gv_market_head head;
    gv_market_head(market, &head);
    if (!head.tip.live) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.not_live",
                       "the node is unreachable, syncing or behind");
    }
    if (!gv_hash256_equal(&head.node.tip_hash, &txout->best_hash)) { /* of a live tip: ours, too */
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.moved",
                       "the chain moved while this was checked, try again");
    }
    *tip = head.tip.height.v;
    return GV_OK;
}

uint32_t gv_indexer_height(uint32_t tip, uint32_t confirmations)
{
    const uint32_t confirmed_at = confirmations <= tip ? tip - confirmations + 1u : 0u;
    const uint32_t parent = tip > 0 ? tip - 1u : 0u;
    return confirmed_at > parent ? confirmed_at : parent;
}
