#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/log.h"

#include <inttypes.h>

/* ---- watch set and view -------------------------------------------------------------------------- */

static void update_watch(struct gv_engine *engine)
{
    struct gv_watch *watch = engine->config.watch;
    for (uint32_t i = 0; i < engine->record_count; i++) {
        struct gv_record *record = &engine->records[i];
        bool wanted = !gv_settled(engine, &record->listing);
        if (wanted && !record->watched) {
            enum gv_err err = gv_watch_add(watch, &record->listing.terms.utxo, NULL);
            GV_ASSERT(err == GV_OK); /* the set holds every listing and every upload */
        } else if (!wanted && record->watched) {
            gv_watch_drop(watch, &record->listing.terms.utxo);
        }
        record->watched = wanted;
    }
}

static void copy_spends(struct gv_engine *engine)
{
    struct gv_view_state *view = &engine->view;
    view->spend_count = 0;
    for (uint32_t i = 0; i < engine->record_count; i++) {
        const struct gv_dutch_listing *listing = &engine->records[i].listing;
        if (listing->spend.state != GV_SPEND_NONE) {
            view->spends[view->spend_count] = (struct gv_spend_view){
                .outpoint = listing->terms.utxo,
                .state = listing->spend.state,
                .txid = listing->spend.txid,
            };
            view->spend_count++;
        }
    }
}

static void update_view(struct gv_engine *engine)
{
    pthread_mutex_lock(&engine->view.lock);
    if (engine->chain_changed) {
        engine->view.chain = engine->chain;
    }
    if (engine->keys_changed) {
        gv_view_keys(engine);
    }
    if (engine->accounts_changed) {
        gv_view_accounts(engine);
    }
    if (engine->dirty) {
        copy_spends(engine);
    }
    pthread_mutex_unlock(&engine->view.lock);
}

/* ---- market ---------------------------------------------------------------------------------------- */

static bool is_shown(const struct gv_record *record, const struct gv_prepared *next)
{
    return !record->changed && record->shown_status == next->status &&
           record->shown_reveal.kind == next->reveal.kind &&
           record->shown_reveal.block == next->reveal.block;
}

/* Fetch the PSBT that is to be shown. A rung that cannot be read is not shown. The database may have
 * its reasons for a moment: the next batch, within a poll period, tries again. A rung that does not
 * unseal waits for the next change of tip or listings. */
static void fetch_rung(struct gv_engine *engine, struct gv_prepared *next)
{
    const struct gv_dutch_listing *listing = &engine->records[next->record].listing;
    size_t n = 0;
    struct gv_ladder_proof proof = {.count = 0};
    GV_ASSERT(engine->psbts_len + GV_PSBT_SERVED_MAX + GV_PROOF_BYTES <= sizeof(engine->psbts));
    enum gv_err err = gv_store_rung_get(&engine->store, listing, next->reveal.block, &next->price,
                                        &engine->psbts[engine->psbts_len], &n);
    if (err == GV_OK) {
        err = gv_store_ladder_prove(&engine->store, listing->id, next->reveal.block, engine->tree,
                                    &proof);
        err = err == GV_ERR_NOT_FOUND ? GV_OK : err; /* listed before there were proofs */
    }
    if (err != GV_OK) {
        gv_log(GV_LOG_BROKEN, "engine", "rung_not_shown id=%" PRIu64 " block=%" PRIu32 " err=%s",
               listing->id, next->reveal.block, gv_err_slug(err));
        next->reveal = (struct gv_reveal){.kind = GV_REVEAL_NOT_LIVE};
        engine->rung_due = engine->rung_due || err == GV_ERR_STORAGE;
        return;
    }
    next->psbt_at = engine->psbts_len;
    next->psbt_len = (uint16_t)n;
    engine->psbts_len += (uint32_t)n;
    memcpy(&engine->psbts[engine->psbts_len], &proof, sizeof(proof));
    engine->psbts_len += GV_PROOF_BYTES;
}

static bool write_row(struct gv_engine *engine, struct gv_prepared *next)
{
    struct gv_market *market = engine->config.market;
    struct gv_record *record = &engine->records[next->record];
    struct gv_market_row *row = gv_market_row_for(market, record->listing.id);
    if (row == NULL) {
        return false;
    }
    struct gv_tip tip = engine->tip;
    tip.live = tip.live && next->reveal.kind != GV_REVEAL_NOT_LIVE;
    bool is_new = row->sequence == 0; /* at start-up every row is */
    next->sold = !is_new && next->status == GV_DUTCH_SOLD && row->status != GV_DUTCH_SOLD;
    row->listing = record->listing;
    row->status = next->status;
    row->reveal = next->reveal;
    row->price = (struct gv_sat){0};
    row->has_price = gv_dutch_shown_price(&record->listing, &tip, next->price, &row->price);
    row->sequence = market->sequence + 1;
    row->proof.count = 0;
    if (next->psbt_len > 0) {
        memcpy(&row->proof, &engine->psbts[next->psbt_at + next->psbt_len], sizeof(row->proof));
    }
    market->render(row, gv_view_of(&engine->psbts[next->psbt_at], next->psbt_len));
    record->changed = false;
    record->shown_status = next->status;
    record->shown_reveal = next->reveal;
    return true;
}

static void tell(const struct gv_engine *engine, enum gv_event_kind kind, uint64_t sequence,
                 uint64_t id, bool sold)
{
    if (engine->config.on_event != NULL) {
        struct gv_event event = {.kind = kind, .sequence = sequence, .id = id, .sold = sold};
        engine->config.on_event(engine->config.on_event_ctx, &event);
    }
}

static void tell_rows(const struct gv_engine *engine, uint64_t sequence)
{
    bool many = engine->prepared_count > GV_EVENT_ROWS_MAX;
    bool any_sold = false;
    for (uint32_t i = 0; i < engine->prepared_count; i++) {
        const struct gv_prepared *prepared = &engine->prepared[i];
        uint64_t id = engine->records[prepared->record].listing.id;
        any_sold = any_sold || prepared->sold;
        if (!many) {
            tell(engine, GV_EVENT_LISTING, sequence, id, prepared->sold);
        }
    }
    if (many) {
        tell(engine, GV_EVENT_LISTINGS, sequence, 0, any_sold);
    }
}

/* Changes that readers see at a glance; counters and progress alone are not worth an event. */
static bool node_differs(const struct gv_node_status *a, const struct gv_node_status *b)
{
    return a->reachable != b->reachable || a->initial_download != b->initial_download ||
           a->pruned != b->pruned || a->feed_alive != b->feed_alive || a->blocks != b->blocks ||
           a->headers != b->headers || !gv_hash256_equal(&a->tip_hash, &b->tip_hash) ||
           a->indexer_reachable != b->indexer_reachable || a->indexer_ready != b->indexer_ready ||
           a->indexer_height != b->indexer_height;
}

static bool tip_differs(const struct gv_tip *a, const struct gv_tip *b)
{
    return a->known != b->known || a->live != b->live || a->height.v != b->height.v;
}

/* Show what has been prepared, in one turn under the lock, then tell about it. */
static void flush(struct gv_engine *engine)
{
    struct gv_market *market = engine->config.market;
    bool tip_event =
        tip_differs(&market->tip, &engine->tip) || node_differs(&market->node, &engine->node);
    gv_market_write_begin(market);
    market->tip = engine->tip;
    market->node = engine->node;
    for (uint32_t i = 0; i < engine->retired_count; i++) {
        gv_market_row_drop(market, engine->retired[i]);
    }
    for (uint32_t i = 0; i < engine->prepared_count; i++) {
        bool written = write_row(engine, &engine->prepared[i]);
        GV_ASSERT(written); /* as many rows as records */
    }
    uint64_t sequence = gv_market_write_end(market);

    if (tip_event) {
        tell(engine, GV_EVENT_TIP, sequence, 0, false);
    }
    tell_rows(engine, sequence);
    engine->retired_count = 0;
    engine->prepared_count = 0;
    engine->psbts_len = 0;
}

static void prepare_rows(struct gv_engine *engine)
{
    for (uint32_t i = 0; i < engine->record_count; i++) {
        const struct gv_record *record = &engine->records[i];
        struct gv_prepared next = {
            .record = i,
            .status = gv_dutch_status(&record->listing, engine->tip.height),
            .reveal = gv_dutch_reveal(&record->listing, &engine->tip),
        };
        if (is_shown(record, &next)) {
            continue;
        }
        if (engine->psbts_len + GV_PSBT_SERVED_MAX + GV_PROOF_BYTES > GV_PUBLISH_BYTES) {
            flush(engine);
        }
        if (next.reveal.kind == GV_REVEAL_RUNG) {
            fetch_rung(engine, &next);
        }
        engine->prepared[engine->prepared_count] = next;
        engine->prepared_count++;
    }
}

void gv_publish(struct gv_engine *engine)
{
    if (engine->dirty) {
        update_watch(engine);
    }
    if (engine->dirty || engine->chain_changed || engine->keys_changed ||
        engine->accounts_changed) {
        update_view(engine);
    }
    if (engine->hooks_changed) {
        gv_outbox_publish(engine);
    }
    if (engine->orders.changed) {
        gv_orders_publish(engine);
    }
    engine->rung_due = false;
    if (engine->dirty) {
        prepare_rows(engine);
    }
    if (engine->dirty || engine->node_changed) {
        flush(engine);
    }
    engine->dirty = engine->rung_due;
    engine->chain_changed = false;
    engine->keys_changed = false;
    engine->accounts_changed = false;
    engine->node_changed = false;
}

void gv_publish_dark(struct gv_engine *engine)
{
    struct gv_market *market = engine->config.market;
    gv_market_write_begin(market);
    market->tip.live = false;
    for (uint32_t i = 0; i < market->count; i++) {
        struct gv_market_row *row = &market->rows[i];
        row->reveal = (struct gv_reveal){.kind = GV_REVEAL_NOT_LIVE};
        row->proof.count = 0;
        row->price = (struct gv_sat){0};
        row->has_price = gv_dutch_shown_price(&row->listing, &market->tip, row->price, &row->price);
        row->sequence = market->sequence + 1;
        market->render(row, gv_view_of(NULL, 0));
    }
    uint64_t sequence = gv_market_write_end(market);
    tell(engine, GV_EVENT_TIP, sequence, 0, false);
    tell(engine, GV_EVENT_LISTINGS, sequence, 0, false);
}
