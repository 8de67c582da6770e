#include "app/auction/dutch/bundle.h"
#include "app/store/query.h"

#include <inttypes.h>

static void put_utc(struct gv_query *q, struct gv_utc at)
{
    gv_query_put_int(q, at.s);
}

static void put_hash(struct gv_query *q, const struct gv_hash256 *hash)
{
    gv_query_put_blob(q, gv_view_of(hash->b, sizeof(hash->b)));
}

static void put_sat(struct gv_query *q, struct gv_sat sat)
{
    gv_query_put_int(q, (int64_t)sat.v); /* at most GV_SAT_MAX */
}

static uint32_t get_u32(struct gv_query *q)
{
    return (uint32_t)gv_query_get_uint(q, UINT32_MAX);
}

static struct gv_sat get_sat(struct gv_query *q)
{
    return (struct gv_sat){gv_query_get_uint(q, GV_SAT_MAX)};
}

/* ---- writing ------------------------------------------------------------------------------------ */

static enum gv_err insert_terms(struct gv_store *store, const struct gv_dutch_listing *listing)
{
    const struct gv_dutch_terms *terms = &listing->terms;
    struct gv_query q = gv_query_start(store, GV_SQL_LISTING_INSERT, "listings");
    gv_query_put_int(&q, (int64_t)listing->id);
    put_utc(&q, listing->created_at);
    gv_query_put_text(&q, terms->asset_name);
    gv_query_put_int(&q, terms->asset_qty_base);
    gv_query_put_int(&q, terms->asset_divisible);
    gv_query_put_int(&q, terms->locked);
    put_hash(&q, &terms->utxo.txid);
    gv_query_put_int(&q, terms->utxo.vout);
    put_sat(&q, terms->utxo_value);
    gv_query_put_blob(&q, gv_spk_view(&terms->utxo_spk));
    gv_query_put_blob(&q, gv_spk_view(&terms->payout_spk));
    gv_query_put_int(&q, terms->start_block);
    gv_query_put_int(&q, terms->end_block);
    gv_query_put_int(&q, terms->blocks_after_end);
    put_sat(&q, terms->start_price);
    put_sat(&q, terms->end_price);
    put_sat(&q, terms->price_decrement);
    gv_query_put_text(&q, terms->seller);
    put_sat(&q, terms->reserve);
    gv_query_put_blob(&q, gv_bundle_packed(terms));
    put_hash(&q, &terms->ladder_root);
    return gv_query_run(&q);
}

enum gv_err gv_store_listing_insert(struct gv_store *store, const struct gv_dutch_listing *listing)
{
    enum gv_err err = insert_terms(store, listing);
    if (err == GV_OK) {
        err = gv_store_spend_put(store, listing->id, &listing->spend);
    }
    if (err == GV_OK) {
        err = gv_store_revealed_put(store, listing->id, listing->revealed_high);
    }
    return err;
}

enum gv_err gv_store_listing_retire(struct gv_store *store, uint64_t id)
{
    struct gv_query q = gv_query_start(store, GV_SQL_LISTING_RETIRE, "listings");
    gv_query_put_int(&q, (int64_t)id);
    return gv_query_run(&q);
}

enum gv_err gv_store_listing_extend(struct gv_store *store, const struct gv_dutch_listing *listing)
{
    struct gv_query q = gv_query_start(store, GV_SQL_LISTING_EXTEND, "listings");
    gv_query_put_int(&q, listing->terms.end_block);
    put_sat(&q, listing->terms.end_price);
    gv_query_put_int(&q, listing->terms.locked);
    gv_query_put_int(&q, (int64_t)listing->id);
    return gv_query_run(&q);
}

enum gv_err gv_store_spend_put(struct gv_store *store, uint64_t listing_id,
                               const struct gv_dutch_spend *spend)
{
    struct gv_query q = gv_query_start(store, GV_SQL_SPEND_PUT, "spends");
    gv_query_put_int(&q, (int64_t)listing_id);
    gv_query_put_int(&q, spend->state);
    gv_query_put_int(&q, spend->outcome);
    put_hash(&q, &spend->txid);
    gv_query_put_int(&q, spend->block);
    put_hash(&q, &spend->block_hash);
    put_utc(&q, spend->block_time);
    gv_query_put_int(&q, spend->sold_rung);
    put_sat(&q, spend->sold_price);
    gv_query_put_int(&q, spend->early_leak);
    gv_query_put_int(&q, spend->asset_returned);
    gv_query_put_text(&q, spend->recipient);
    return gv_query_run(&q);
}

enum gv_err gv_store_revealed_put(struct gv_store *store, uint64_t listing_id,
                                  uint32_t revealed_high)
{
    struct gv_query q = gv_query_start(store, GV_SQL_REVEAL_PUT, "reveals");
    gv_query_put_int(&q, (int64_t)listing_id);
    gv_query_put_int(&q, revealed_high);
    return gv_query_run(&q);
}

/* ---- reading ------------------------------------------------------------------------------------ */

static void get_terms(struct gv_query *q, struct gv_dutch_terms *terms)
{
    gv_query_get_text(q, terms->asset_name, sizeof(terms->asset_name));
    terms->asset_qty_base = (int64_t)gv_query_get_uint(q, INT64_MAX);
    terms->asset_divisible = gv_query_get_bool(q);
    terms->locked = gv_query_get_bool(q);
    gv_query_get_hash(q, &terms->utxo.txid);
    terms->utxo.vout = get_u32(q);
    terms->utxo_value = get_sat(q);
    gv_query_get_spk(q, &terms->utxo_spk);
    gv_query_get_spk(q, &terms->payout_spk);
    terms->start_block = get_u32(q);
    terms->end_block = get_u32(q);
    terms->blocks_after_end = get_u32(q);
    terms->start_price = get_sat(q);
    terms->end_price = get_sat(q);
    terms->price_decrement = get_sat(q);
    gv_query_get_text(q, terms->seller, sizeof(terms->seller));
    terms->reserve = get_sat(q);
    if (!gv_bundle_load(terms, gv_query_get_blob(q))) {
        q->corrupt = true;
    }
    gv_query_get_hash(q, &terms->ladder_root);
    if (terms->end_block < terms->start_block) {
        q->corrupt = true;
    }
}

static void get_spend(struct gv_query *q, struct gv_dutch_spend *spend)
{
    spend->state = (enum gv_spend_state)gv_query_get_uint(q, GV_SPEND_UNKNOWN);
    spend->outcome = (enum gv_spend_outcome)gv_query_get_uint(q, GV_OUTCOME_SOLD);
    gv_query_get_hash(q, &spend->txid);
    spend->block = get_u32(q);
    gv_query_get_hash(q, &spend->block_hash);
    spend->block_time = (struct gv_utc){gv_query_get_int(q)};
    spend->sold_rung = get_u32(q);
    spend->sold_price = get_sat(q);
    spend->early_leak = gv_query_get_bool(q);
    spend->asset_returned = gv_query_get_bool(q);
    gv_query_get_text(q, spend->recipient, sizeof(spend->recipient));
}

static bool get_listing(struct gv_query *q, struct gv_dutch_listing *listing)
{
    *listing = (struct gv_dutch_listing){.id = gv_query_get_uint(q, INT64_MAX)};
    listing->created_at = (struct gv_utc){gv_query_get_int(q)};
    get_terms(q, &listing->terms);
    get_spend(q, &listing->spend);
    listing->revealed_high = get_u32(q);
    return !q->corrupt;
}

enum gv_err gv_store_listings_each(struct gv_store *store,
                                   enum gv_err (*visit)(void *ctx,
                                                        const struct gv_dutch_listing *listing),
                                   void *ctx, struct gv_fail *fail)
{
    struct gv_dutch_listing listing = {0};
    enum gv_err visited = GV_OK;
    struct gv_query q = gv_query_start(store, GV_SQL_LISTING_EACH, "listings");
    while (visited == GV_OK && gv_query_next(&q)) {
        if (get_listing(&q, &listing)) {
            visited = visit(ctx, &listing);
        }
    }
    const bool unusable = q.corrupt;
    enum gv_err err = gv_query_end(&q);
    if (unusable) {
        return gv_fail(fail, err, "store.listing",
                       "the database's row of listing %" PRIu64 " cannot be used", listing.id);
    }
    return err != GV_OK ? err : visited;
}

enum gv_err gv_store_listing_get(struct gv_store *store, uint64_t id,
                                 struct gv_dutch_listing *listing)
{
    bool found = false;
    if (id > INT64_MAX) {
        return GV_ERR_NOT_FOUND;
    }
    struct gv_query q = gv_query_start(store, GV_SQL_LISTING_GET, "listings");
    gv_query_put_int(&q, (int64_t)id);
    if (gv_query_next(&q)) {
        found = get_listing(&q, listing);
    }
    enum gv_err err = gv_query_end(&q);
    if (err != GV_OK) {
        return err;
    }
    return found ? GV_OK : GV_ERR_NOT_FOUND;
}

enum gv_err gv_store_newest(struct gv_store *store, uint64_t *id, struct gv_utc *created_at)
{
    struct gv_query q = gv_query_start(store, GV_SQL_LISTING_NEWEST, "listings");
    *id = 0;
    *created_at = (struct gv_utc){0};
    if (gv_query_next(&q)) {
        *id = gv_query_get_uint(&q, INT64_MAX);
        *created_at = (struct gv_utc){gv_query_get_int(&q)};
    }
    return gv_query_end(&q);
}
