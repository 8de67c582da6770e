#include "web/api/render.h"

#include "app/auction/dutch/bundle.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

const char *gv_reveal_text(enum gv_reveal_kind kind)
{
    switch (kind) {
    case GV_REVEAL_RUNG:
        return "rung";
    case GV_REVEAL_NOT_STARTED:
        return "not_started";
    case GV_REVEAL_EXPIRED:
        return "expired";
    case GV_REVEAL_SPENT:
        return "spent";
    case GV_REVEAL_PENDING:
        return "pending";
    case GV_REVEAL_NOT_LIVE:
        return "not_live";
    }
    GV_UNREACHABLE("reveal kind outside its enumeration");
}

void gv_render_utc(struct gv_json_out *out, const char *key, struct gv_utc at)
{
    char text[GV_ISO_MAX];
    gv_utc_format(at, text);
    gv_jo_kstring(out, key, text);
}

void gv_render_utc_or_null(struct gv_json_out *out, const char *key, struct gv_utc at)
{
    if (at.s == 0) {
        gv_jo_knull(out, key);
    } else {
        gv_render_utc(out, key, at);
    }
}

/* Quantities reach 2^63-1, beyond the integers a browser can hold: text. */
static void write_quantity(struct gv_json_out *out, const struct gv_dutch_terms *terms)
{
    char text[GV_QTY_TEXT_MAX];
    gv_format_cut(text, sizeof(text), "%lld", (long long)terms->asset_qty_base);
    gv_jo_kstring(out, "quantity", text);
    gv_jo_kbool(out, "divisible", terms->asset_divisible);
}

/* All that is sold: one asset, or a bundle. */
static void write_assets(struct gv_json_out *out, const struct gv_dutch_terms *terms)
{
    struct gv_dutch_asset asset;
    gv_jo_key(out, "assets");
    gv_jo_array(out);
    for (struct gv_bundle_iter it = gv_bundle_iter(terms); gv_bundle_next(&it, &asset);) {
        char text[GV_QTY_TEXT_MAX];
        gv_format_cut(text, sizeof(text), "%lld", (long long)asset.qty_base);
        gv_jo_object(out);
        gv_jo_key(out, "asset");
        gv_jo_text(out, asset.name);
        gv_jo_kstring(out, "quantity", text);
        gv_jo_kbool(out, "divisible", asset.divisible);
        gv_jo_object_end(out);
    }
    gv_jo_array_end(out);
}

static void write_utxo(struct gv_json_out *out, const struct gv_dutch_terms *terms)
{
    gv_jo_key(out, "utxo");
    gv_jo_object(out);
    gv_jo_key(out, "txid");
    gv_jo_hash(out, terms->utxo.txid.b);
    gv_jo_kint(out, "vout", terms->utxo.vout);
    gv_jo_kint(out, "value_sats", (int64_t)terms->utxo_value.v);
    gv_jo_object_end(out);
}

static const char *spend_state_text(enum gv_spend_state state)
{
    switch (state) {
    case GV_SPEND_NONE:
        return "none";
    case GV_SPEND_PENDING:
        return "pending";
    case GV_SPEND_CONFIRMED:
        return "confirmed";
    case GV_SPEND_UNKNOWN:
        return "unknown";
    }
    GV_UNREACHABLE("spend state outside its enumeration");
}

static void write_spend(struct gv_json_out *out, const struct gv_dutch_spend *spend,
                        struct gv_tip tip)
{
    const bool confirmed = spend->state == GV_SPEND_CONFIRMED;
    const bool known = spend->state != GV_SPEND_UNKNOWN;
    const bool sold = known && spend->outcome == GV_OUTCOME_SOLD;
    const bool counted = confirmed && tip.known && tip.height.v >= spend->block;
    gv_jo_key(out, "spend");
    if (spend->state == GV_SPEND_NONE) {
        gv_jo_null(out);
        return;
    }
    gv_jo_object(out);
    gv_jo_kstring(out, "state", spend_state_text(spend->state));
    gv_render_hash_or_null(out, "txid", &spend->txid, known);
    gv_render_int_or_null(out, "block", spend->block, confirmed);
    if (confirmed) {
        gv_render_utc(out, "block_time", spend->block_time);
    } else {
        gv_jo_knull(out, "block_time");
    }
    gv_jo_kint(out, "confirmations", counted ? (int64_t)(tip.height.v - spend->block) + 1 : 0);
    gv_render_int_or_null(out, "price_sats", spend->sold_price.v, sold);
    gv_render_int_or_null(out, "rung", spend->sold_rung, sold);
    gv_render_text_or_null(out, "recipient", spend->recipient);
    gv_jo_kbool(out, "early_leak", sold && spend->early_leak);
    gv_jo_kbool(out, "asset_returned", spend->asset_returned);
    gv_jo_object_end(out);
}

/* In the order of bytes, as SHA-256 gives them: these are no block or transaction hashes. */
static void write_plain_hash(struct gv_json_out *out, const struct gv_hash256 *hash)
{
    char text[2u * sizeof(hash->b) + 1u];
    gv_hex_encode(text, gv_view_of(hash->b, sizeof(hash->b)));
    gv_jo_string(out, text);
}

void gv_render_ladder_root(struct gv_json_out *out, const struct gv_hash256 *root)
{
    static const struct gv_hash256 none;
    gv_jo_key(out, "ladder_root");
    if (gv_hash256_equal(root, &none)) {
        gv_jo_null(out);
    } else {
        write_plain_hash(out, root);
    }
}

void gv_render_proof(struct gv_json_out *out, const struct gv_ladder_proof *proof)
{
    gv_jo_key(out, "proof");
    if (proof->count == 0) {
        gv_jo_null(out);
        return;
    }
    gv_jo_object(out);
    gv_render_ladder_root(out, &proof->root);
    gv_jo_kint(out, "index", proof->index);
    gv_jo_kint(out, "count", proof->count);
    gv_jo_key(out, "path");
    gv_jo_array(out);
    for (uint32_t i = 0; i < proof->depth; i++) {
        write_plain_hash(out, &proof->path[i]);
    }
    gv_jo_array_end(out);
    gv_jo_object_end(out);
}

static void write_reveal(struct gv_json_out *out, const struct gv_market_row *row)
{
    gv_jo_key(out, "reveal");
    gv_jo_object(out);
    gv_jo_kstring(out, "kind", gv_reveal_text(row->reveal.kind));
    gv_render_int_or_null(out, "block_number", row->reveal.block,
                          row->reveal.kind == GV_REVEAL_RUNG);
    gv_render_proof(out, &row->proof);
    gv_jo_object_end(out);
}

/* That there is a reserve is no secret, what it is only until it is shown. */
static void write_reserve(struct gv_json_out *out, const struct gv_market_row *row)
{
    const struct gv_dutch_terms *terms = &row->listing.terms;
    gv_jo_key(out, "reserve");
    if (!gv_dutch_hides_floor(terms)) {
        gv_jo_null(out);
        return;
    }
    gv_jo_object(out);
    gv_jo_kbool(out, "reached",
                row->reveal.kind == GV_REVEAL_RUNG && gv_dutch_floor_reached(terms, row->price));
    gv_jo_object_end(out);
}

void gv_render_v1_members(struct gv_json_out *out, const struct gv_market_row *row,
                          struct gv_tip tip)
{
    const struct gv_dutch_terms *terms = &row->listing.terms;
    gv_jo_kstring(out, "kind", "dutch");
    gv_jo_kint(out, "id", (int64_t)row->listing.id);
    gv_jo_kstring(out, "asset", terms->asset_name);
    write_quantity(out, terms);
    write_assets(out, terms);
    write_utxo(out, terms);
    gv_jo_kint(out, "start_block", terms->start_block);
    gv_jo_kint(out, "end_block", terms->end_block);
    gv_jo_kint(out, "blocks_after_end", terms->blocks_after_end);
    gv_jo_kint(out, "start_price_sats", (int64_t)terms->start_price.v);
    gv_render_int_or_null(out, "end_price_sats", terms->end_price.v, !gv_dutch_hides_floor(terms));
    gv_render_int_or_null(out, "price_decrement", terms->price_decrement.v,
                          !gv_dutch_hides_floor(terms));
    write_reserve(out, row);
    gv_jo_kbool(out, "locked", terms->locked);
    gv_render_ladder_root(out, &terms->ladder_root);
    gv_render_text_or_null(out, "seller", terms->seller);
    gv_render_utc(out, "created_at", row->listing.created_at);
    gv_jo_kstring(out, "status", gv_dutch_status_text(row->status));
    gv_render_int_or_null(out, "price_sats", row->price.v, row->has_price);
    write_spend(out, &row->listing.spend, tip);
    gv_render_int_or_null(out, "revealed_high_block", row->listing.revealed_high,
                          row->listing.revealed_high != 0);
    write_reveal(out, row);
}

void gv_render_v1(struct gv_json_out *out, const struct gv_market_row *row, struct gv_tip tip)
{
    gv_jo_object(out);
    gv_render_v1_members(out, row, tip);
    gv_jo_key(out, "psbt");
    if (row->psbt_len > 0) {
        gv_jo_text(out, gv_row_psbt(row));
    } else {
        gv_jo_null(out);
    }
    gv_jo_object_end(out);
}

static void write_feed(struct gv_json_out *out, const struct gv_node_status *node)
{
    gv_jo_key(out, "feed");
    gv_jo_object(out);
    gv_jo_kbool(out, "enabled", node->feed_enabled);
    gv_jo_kbool(out, "alive", node->feed_alive);
    gv_jo_kint(out, "messages", (int64_t)node->feed_messages);
    gv_jo_kint(out, "gaps", (int64_t)node->feed_gaps);
    gv_jo_object_end(out);
}

static void write_indexer(struct gv_json_out *out, const struct gv_node_status *node)
{
    gv_jo_key(out, "indexer");
    gv_jo_object(out);
    gv_jo_kstring(out, "source", "remote-indexer");
    gv_jo_kbool(out, "reachable", node->indexer_reachable);
    gv_jo_kbool(out, "ready", node->indexer_ready);
    gv_jo_kint(out, "height", node->indexer_height);
    gv_jo_object_end(out);
}

/* A ratio with four decimals, from a double that only tells how far a sync is. */
static void write_progress(struct gv_json_out *out, double ratio)
{
    char text[16];
    const double bounded = ratio >= 0.0 && ratio <= 1.0 ? ratio : 0.0;
    gv_format_cut(text, sizeof(text), "%.4f", bounded);
    gv_jo_key(out, "verification_progress");
    gv_jo_raw(out, text, gv_view_str(text).n);
}

void gv_render_node(struct gv_json_out *out, const struct gv_market_head *head, struct gv_utc now)
{
    const struct gv_node_status *node = &head->node;
    gv_jo_object(out);
    gv_jo_kstring(out, "source", "own-node");
    gv_jo_kstring(out, "network", gv_network_name(node->network));
    gv_jo_kbool(out, "reachable", node->reachable);
    gv_jo_kbool(out, "live", head->tip.live);
    gv_jo_kint(out, "height", head->tip.height.v);
    gv_jo_kint(out, "headers", node->headers);
    gv_jo_kbool(out, "initial_download", node->initial_download);
    write_progress(out, node->verification_progress);
    gv_jo_kbool(out, "pruned", node->pruned);
    gv_jo_kint(out, "prune_height", node->prune_height);
    gv_jo_key(out, "tip_hash");
    gv_jo_hash(out, node->tip_hash.b);
    gv_render_utc(out, "tip_time", node->tip_time);
    gv_render_utc(out, "checked_at", node->checked_at);
    gv_render_int_or_null(out, "mempool_txs", (uint64_t)node->mempool_txs, node->mempool_txs >= 0);
    gv_jo_kint(out, "reorgs", (int64_t)node->reorgs);
    write_feed(out, node);
    write_indexer(out, node);
    gv_render_text_or_null(out, "error", node->error);
    gv_jo_kint(out, "sequence", (int64_t)head->sequence);
    gv_jo_kint(out, "server_time_ms", now.s * 1000);
    gv_jo_object_end(out);
}
