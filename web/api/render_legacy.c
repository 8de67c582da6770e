#include "web/api/api.h"
#include "web/api/render.h"

#include "firmware/base/assert.h"

#include <string.h>

void gv_render_text_or_null(struct gv_json_out *out, const char *key, const char *text)
{
    if (text[0] == '\0') {
        gv_jo_knull(out, key);
    } else {
        gv_jo_kstring(out, key, text);
    }
}

void gv_render_hash_or_null(struct gv_json_out *out, const char *key, const struct gv_hash256 *hash,
                            bool present)
{
    gv_jo_key(out, key);
    if (present) {
        gv_jo_hash(out, hash->b);
    } else {
        gv_jo_null(out);
    }
}

void gv_render_int_or_null(struct gv_json_out *out, const char *key, uint64_t v, bool present)
{
    gv_jo_key(out, key);
    if (present) {
        gv_jo_uint(out, v);
    } else {
        gv_jo_null(out);
    }
}

/* The original's times carry no zone; they are UTC. */
static void naive_time(struct gv_json_out *out, const char *key, struct gv_utc at, bool present)
{
    char text[GV_ISO_MAX];
    if (!present) {
        gv_jo_knull(out, key);
        return;
    }
    gv_utc_format_naive(at, text);
    gv_jo_kstring(out, key, text);
}

static void write_terms(struct gv_json_out *out, const struct gv_dutch_terms *terms)
{
    char qty[GV_QTY_TEXT_MAX];
    gv_asset_qty_format(qty, terms->asset_qty_base, terms->asset_divisible);
    gv_jo_kstring(out, "asset_name", terms->asset_name);
    gv_jo_key(out, "asset_qty");
    gv_jo_raw(out, qty, strlen(qty));
    gv_jo_key(out, "utxo_txid");
    gv_jo_hash(out, terms->utxo.txid.b);
    gv_jo_kint(out, "utxo_vout", terms->utxo.vout);
    gv_jo_kint(out, "start_block", terms->start_block);
    gv_jo_kint(out, "end_block", terms->end_block);
    gv_jo_kint(out, "start_price_sats", (int64_t)terms->start_price.v);
    gv_render_int_or_null(out, "end_price_sats", terms->end_price.v, !gv_dutch_hides_floor(terms));
    gv_render_int_or_null(out, "price_decrement", terms->price_decrement.v,
                          !gv_dutch_hides_floor(terms));
    gv_jo_kint(out, "blocks_after_end", terms->blocks_after_end);
    gv_jo_kbool(out, "locked", terms->locked);
}

static void write_spend(struct gv_json_out *out, const struct gv_dutch_spend *spend)
{
    const bool spent = spend->state != GV_SPEND_NONE;
    const bool confirmed = spend->state == GV_SPEND_CONFIRMED;
    const bool sold =
        (spend->state == GV_SPEND_PENDING || confirmed) && spend->outcome == GV_OUTCOME_SOLD;
    gv_render_hash_or_null(out, "spent_txid", &spend->txid,
                           spent && spend->state != GV_SPEND_UNKNOWN);
    gv_render_int_or_null(out, "spent_block", spend->block, confirmed);
    naive_time(out, "spent_at", spend->block_time, confirmed);
    gv_render_text_or_null(out, "recipient", spent ? spend->recipient : "");
    gv_render_int_or_null(out, "sale_price_sats", spend->sold_price.v, sold);
    gv_jo_kbool(out, "provisional", spend->state == GV_SPEND_PENDING);
    gv_jo_kbool(out, "confirmed", confirmed);
    gv_jo_kbool(out, "asset_returned", spent && spend->asset_returned);
    gv_jo_kbool(out, "early_leak", sold && spend->early_leak);
    gv_jo_kbool(out, "spender_unknown", spend->state == GV_SPEND_UNKNOWN);
}

void gv_render_legacy(struct gv_json_out *out, const struct gv_dutch_listing *listing,
                      enum gv_dutch_status status)
{
    gv_jo_kint(out, "id", (int64_t)listing->id);
    write_terms(out, &listing->terms);
    gv_jo_kstring(out, "status", gv_dutch_status_text(status));
    write_spend(out, &listing->spend);
    gv_render_text_or_null(out, "seller", listing->terms.seller);
    naive_time(out, "created_at", listing->created_at, true);
    gv_render_int_or_null(out, "revealed_high_block", listing->revealed_high,
                          listing->revealed_high != 0);
}

void gv_api_render_row(struct gv_market_row *row, struct gv_view psbt)
{
    struct gv_json_out out;
    gv_json_out_init(&out, row->text, sizeof(row->text));
    gv_jo_object(&out);
    gv_render_legacy(&out, &row->listing, row->status);
    gv_render_int_or_null(&out, "current_price_sats", row->price.v, row->has_price);
    gv_jo_key(&out, "current_psbt_data");
    row->psbt_at = 0;
    row->psbt_len = 0;
    if (psbt.n > 0) {
        row->psbt_len = (uint16_t)GV_BASE64_LEN(psbt.n);
        gv_jo_base64(&out, psbt);
        row->psbt_at = (uint16_t)(out.n - row->psbt_len - 1u); /* before the closing quote */
    } else {
        gv_jo_null(&out);
    }
    gv_jo_object_end(&out);
    GV_ASSERT(!out.full); /* GV_LISTING_JSON_MAX is the sum of what is written here */
    row->text_len = (uint16_t)out.n;
}
