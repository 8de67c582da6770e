/* Purchase builder: the buyer's transaction around the revealed pair, in the one shape that brings
 * the asset to the buyer. The box holds no keys and broadcasts nothing. */
#include "web/api/handlers.h"

#include "app/bitcoin/purchase.h"
#include "firmware/base/text.h"
#include "web/api/conditional.h"
#include "web/api/errors.h"
#include "web/api/find.h"
#include "web/api/render.h"
#include "web/api/small_body.h"

#include <string.h>

#define RECEIVE_SATS 546u /* above dust for every script type */

static const char *const members[] = {"inputs", "receive_address", "change_address",
                                      "fee_rate_sat_vb", NULL};
static const char *const input_members[] = {"txid", "vout", NULL};

struct order {
    struct gv_purchase_coin coins[GV_PURCHASE_INPUTS_MAX];
    struct gv_outpoint outpoints[GV_PURCHASE_INPUTS_MAX];
    struct gv_purchase_order order;
    /* of the listing, copied under the lock */
    struct gv_reveal reveal;
    struct gv_outpoint listed;
    struct gv_sat price;
    size_t served_len;
    uint8_t served[GV_PSBT_SERVED_MAX];
    bool decoded;
    uint32_t indexer_height; /* that tells about every coin */
};

static void copy_revealed(void *ctx, const struct gv_market_row *row)
{
    struct order *order = ctx;
    const struct gv_view text = gv_row_psbt(row);
    order->reveal = row->reveal;
    order->listed = row->listing.terms.utxo;
    order->price = row->price;
    order->decoded = gv_base64_decode(order->served, &order->served_len, sizeof(order->served),
                                      (const char *)text.p, text.n) == GV_OK;
}

static enum gv_err find_revealed(struct gv_exchange *x, struct order *order, struct gv_fail *fail)
{
    struct gv_tip tip;
    const enum gv_err err = gv_find_listing(x, &tip, copy_revealed, order, fail);
    if (err != GV_OK) {
        return err;
    }
    if (order->reveal.kind == GV_REVEAL_NOT_LIVE) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.not_live",
                       "the node is unreachable, syncing or behind");
    }
    if (order->reveal.kind != GV_REVEAL_RUNG || !order->decoded) {
        return gv_fail(fail, GV_ERR_CONFLICT, "dutch.nothing_revealed",
                       "there is nothing to buy now (%s)", gv_reveal_text(order->reveal.kind));
    }
    return GV_OK;
}

/* "2.5" sat/vB as 2500 sat per 1,000 vB, from the number's text: no double is involved. */
static enum gv_err read_fee_rate(gv_json_ref v, uint64_t *per_kvb, struct gv_fail *fail)
{
    struct gv_view text;
    int64_t units = 0; /* of 1e-8 sat/vB */
    if (gv_json_number_text(v, &text) && gv_json_sats(v, &units) && units > 0 &&
        units % 100000 == 0) {
        *per_kvb = (uint64_t)(units / 100000);
        return GV_OK;
    }
    return gv_fail_at(fail, GV_ERR_INVALID, "/fee_rate_sat_vb", "purchase.fee_rate",
                      "fee_rate_sat_vb must be a positive number with at most 3 decimals");
}

static enum gv_err read_inputs(gv_json_ref inputs, struct order *order, struct gv_fail *fail)
{
    struct gv_json_iter it;
    const size_t count = gv_json_len(inputs);
    uint32_t i = 0;
    if (gv_json_type(inputs) != GV_JSON_ARRAY || count == 0 || count > GV_PURCHASE_INPUTS_MAX) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/inputs", "purchase.inputs",
                          "inputs must be a list of 1 to %u of the buyer's UTXOs",
                          GV_PURCHASE_INPUTS_MAX);
    }
    for (gv_json_ref v = gv_json_first(&it, inputs); v != NULL; v = gv_json_next(&it), i++) {
        char pointer[32];
        gv_format_cut(pointer, sizeof(pointer), "/inputs/%u", i);
        enum gv_err err = gv_json_members(v, input_members, pointer, fail);
        if (err == GV_OK) {
            err = gv_member_outpoint(v, "txid", "vout", pointer, &order->outpoints[i], fail);
        }
        if (err != GV_OK) {
            return err;
        }
        if (gv_outpoint_equal(&order->outpoints[i], &order->listed)) {
            return gv_fail_at(fail, GV_ERR_INVALID, pointer, "purchase.listed_input",
                              "this is the UTXO on sale, not one of the buyer's");
        }
    }
    order->order.coin_count = i;
    return GV_OK;
}

static enum gv_err read_order(struct gv_exchange *x, struct order *order, struct gv_fail *fail)
{
    struct gv_json json;
    const struct gv_api *api = gv_api_of(x);
    struct gv_purchase_order *o = &order->order;
    enum gv_err err = gv_small_body(x, members, &json, fail);
    if (err == GV_OK) {
        err = read_inputs(gv_json_get(json.root, "inputs"), order, fail);
    }
    if (err == GV_OK) {
        err = gv_member_address(api, json.root, "receive_address", &o->receive, fail);
    }
    if (err == GV_OK) {
        err = gv_member_address(api, json.root, "change_address", &o->change, fail);
    }
    if (err == GV_OK) {
        err = read_fee_rate(gv_json_get(json.root, "fee_rate_sat_vb"), &o->fee_rate_sat_per_kvb,
                            fail);
    }
    o->coins = order->coins;
    o->receive_value.v = RECEIVE_SATS;
    return err;
}

/* Every buyer's UTXO must exist and be confirmed, so that the purchase can be mined. */
static enum gv_err find_coins(struct gv_exchange *x, struct order *order, struct gv_fail *fail)
{
    for (uint32_t i = 0; i < order->order.coin_count; i++) {
        struct gv_rpc_txout txout;
        char pointer[32];
        gv_format_cut(pointer, sizeof(pointer), "/inputs/%u", i);
        if (gv_rpc_txout(&gv_api_worker_of(x)->rpc, &order->outpoints[i], true, &txout, fail) !=
            GV_OK) {
            fail->err = GV_ERR_UNAVAILABLE;
            return fail->err;
        }
        if (!txout.found || !txout.spk_fits || txout.confirmations == 0 ||
            (txout.coinbase && txout.confirmations < GV_COINBASE_MATURITY)) {
            return gv_fail_at(
                fail, GV_ERR_INVALID, pointer, "purchase.input",
                "this UTXO is spent, unknown, unconfirmed, an immature coinbase or of an "
                "unusual script");
        }
        uint32_t tip = 0;
        if (gv_find_same_tip(gv_api_of(x)->config.market, &txout, &tip, fail) != GV_OK) {
            return GV_ERR_UNAVAILABLE;
        }
        const uint32_t needed = gv_indexer_height(tip, txout.confirmations);
        if (needed > order->indexer_height) {
            order->indexer_height = needed;
        }
        order->coins[i] = (struct gv_purchase_coin){
            .outpoint = order->outpoints[i], .amount = {txout.value_sat}, .script = txout.spk};
    }
    return GV_OK;
}

/* Every asset on every input moves to output 0: to the buyer again, but mixed with the purchase.
 * Nobody wants that by accident. */
static enum gv_err refuse_assets(struct gv_exchange *x, struct order *order, struct gv_fail *fail)
{
    bool carries[GV_PURCHASE_INPUTS_MAX];
    if (gv_cp_with_balances(&gv_api_worker_of(x)->counterparty, order->outpoints,
                            order->order.coin_count, order->indexer_height, carries,
                            fail) != GV_OK) {
        fail->err = GV_ERR_UNAVAILABLE;
        return fail->err;
    }
    for (uint32_t i = 0; i < order->order.coin_count; i++) {
        char pointer[32];
        gv_format_cut(pointer, sizeof(pointer), "/inputs/%u", i);
        if (carries[i]) {
            return gv_fail_at(fail, GV_ERR_INVALID, pointer, "purchase.input_carries_asset",
                              "this UTXO carries an asset, which would move with the purchase: "
                              "choose another one");
        }
    }
    return GV_OK;
}

static void send_purchase(struct gv_exchange *x, const struct order *order,
                          const struct gv_purchase *purchase, struct gv_view psbt)
{
    struct gv_json_out out;
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_key(&out, "psbt");
    gv_jo_base64(&out, psbt);
    gv_jo_kint(&out, "pair_index", 1);
    gv_jo_kint(&out, "block_number", order->reveal.block);
    gv_jo_kint(&out, "price_sats", (int64_t)order->price.v);
    gv_jo_kint(&out, "receive_sats", RECEIVE_SATS);
    gv_jo_kint(&out, "fee_sats", (int64_t)purchase->fee.v);
    gv_jo_kint(&out, "change_sats", purchase->has_change ? (int64_t)purchase->change.v : 0);
    gv_jo_kint(&out, "vsize", purchase->vsize);
    gv_jo_key(&out, "warnings");
    gv_jo_array(&out);
    gv_jo_string(&out, "keep the order of inputs and outputs, nLockTime and version: the seller's "
                       "signature and the asset's way to you depend on them");
    if (!purchase->has_change) {
        gv_jo_string(&out, "the change would be dust and was left to the fee");
    }
    gv_jo_array_end(&out);
    gv_jo_object_end(&out);
    gv_api_json(x, &out);
}

void gv_handle_purchase(struct gv_exchange *x)
{
    struct order order = {0};
    struct gv_purchase purchase;
    struct gv_fail fail = {0};
    uint8_t psbt[GV_PURCHASE_BYTES_MAX];
    struct gv_writer w = gv_writer_of(psbt, sizeof(psbt));
    enum gv_err err = find_revealed(x, &order, &fail);
    if (err == GV_OK) {
        err = read_order(x, &order, &fail);
    }
    if (err == GV_OK) {
        err = find_coins(x, &order, &fail);
    }
    if (err == GV_OK) {
        err = refuse_assets(x, &order, &fail);
    }
    if (err == GV_OK) {
        err = gv_purchase_write(&w, &purchase, gv_view_of(order.served, order.served_len),
                                &order.order, &fail);
    }
    if (err == GV_OK) {
        send_purchase(x, &order, &purchase, gv_written(&w));
    } else {
        gv_api_fail(x, &fail);
    }
}
