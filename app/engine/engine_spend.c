#include "app/bitcoin/address.h"
#include "app/bitcoin/pair_match.h"
#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <inttypes.h>

/* ---- the sold test -------------------------------------------------------------------------------- */

struct match {
    const struct gv_dutch_listing *listing;
    const struct gv_spend_evidence *evidence;
    uint32_t sight;
    bool found;
    uint32_t block;
};

/* Rungs come by ascending block. Of several that fit, the highest that was due when the spend was
 * first seen; when none was due, the lowest: the smallest leak that explains it. */
static void match_rung(void *ctx, uint32_t block, struct gv_view psbt)
{
    struct match *match = ctx;
    if (match->found && block > match->sight) {
        return;
    }
    const struct gv_dutch_terms *terms = &match->listing->terms;
    const struct gv_tx_output prevout = {.value_sat = terms->utxo_value.v,
                                         .script = gv_spk_view(&terms->utxo_spk)};
    const struct gv_tx_output pair = {.value_sat = match->evidence->pair_value_sat,
                                      .script = gv_spk_view(&terms->payout_spk)};
    if (gv_pair_signed_by(match->evidence, &prevout, &pair, psbt)) {
        match->found = true;
        match->block = block;
    }
}

static enum gv_err find_rung(struct gv_engine *engine, struct match *match)
{
    const struct gv_spend_evidence *evidence = match->evidence;
    const struct gv_dutch_terms *terms = &match->listing->terms;
    struct gv_sat price;
    if (!evidence->has_pair || !evidence->has_proof ||
        !gv_spk_equal(&evidence->pair_script, &terms->payout_spk) ||
        !gv_sat_of(&price, evidence->pair_value_sat)) {
        return GV_OK;
    }
    return gv_store_rungs_of_price(&engine->store, match->listing, price, match_rung, match);
}

enum gv_err gv_judge_spend(struct gv_engine *engine, const struct gv_dutch_listing *listing,
                           const struct gv_spend_evidence *evidence, uint32_t sight,
                           struct gv_dutch_spend *spend)
{
    struct match match = {.listing = listing, .evidence = evidence, .sight = sight};
    enum gv_err err = find_rung(engine, &match);
    if (err != GV_OK) {
        return GV_ERR_STORAGE;
    }
    *spend = (struct gv_dutch_spend){.outcome = GV_OUTCOME_CLOSED, .txid = evidence->txid};
    if (match.found) {
        spend->outcome = GV_OUTCOME_SOLD;
        spend->sold_rung = match.block;
        spend->sold_price = (struct gv_sat){evidence->pair_value_sat};
        spend->early_leak = match.block > sight && match.block > listing->revealed_high;
        spend->asset_returned = evidence->asset_output == (int64_t)evidence->input_index;
    }
    if (evidence->asset_output >= 0 && evidence->has_asset_script) {
        /* Out is "" when the script has no address form. */
        (void)!gv_address_encode(spend->recipient, engine->config.network,
                                 gv_spk_view(&evidence->asset_script));
    }
    return GV_OK;
}

/* ---- recording --------------------------------------------------------------------------------------- */

void gv_outpoint_text(char text[GV_HEX_MAX + 11u], const struct gv_outpoint *outpoint)
{
    char txid[GV_HEX_MAX];
    gv_hex_encode_reversed(txid, gv_view_of(outpoint->txid.b, sizeof(outpoint->txid.b)));
    gv_format_cut(text, GV_HEX_MAX + 11u, "%s:%" PRIu32, txid, outpoint->vout);
}

static const char *outcome_text(const struct gv_dutch_spend *spend)
{
    if (spend->state == GV_SPEND_NONE) {
        return "unspent";
    }
    return spend->outcome == GV_OUTCOME_SOLD ? "sold" : "closed";
}

static enum gv_err audit_spend(struct gv_engine *engine, const struct gv_dutch_listing *listing,
                               const char *why)
{
    const struct gv_dutch_spend *spend = &listing->spend;
    char subject[32];
    char txid[GV_HEX_MAX];
    char detail[GV_AUDIT_DETAIL_MAX];
    gv_hex_encode_reversed(txid, gv_view_of(spend->txid.b, sizeof(spend->txid.b)));
    gv_format_cut(subject, sizeof(subject), "listing:%" PRIu64, listing->id);
    gv_format_cut(detail, sizeof(detail),
                  "outcome=%s txid=%s block=%" PRIu32 " rung=%" PRIu32 " price_sat=%" PRIu64
                  " early_leak=%d asset_returned=%d",
                  outcome_text(spend), txid, spend->block, spend->sold_rung, spend->sold_price.v,
                  spend->early_leak, spend->asset_returned);
    gv_log(GV_LOG_INFO, "engine", "%s id=%" PRIu64 " %s", why, listing->id, detail);
    return gv_store_audit(&engine->store, engine->now, why, subject, detail);
}

enum gv_err gv_set_spend(struct gv_engine *engine, struct gv_record *record,
                         const struct gv_dutch_spend *spend, const char *why)
{
    const enum gv_spend_state old = record->listing.spend.state;
    record->listing.spend = *spend;
    record->changed = true;
    engine->dirty = true;
    if (gv_batch_begin(engine) != GV_OK ||
        gv_store_spend_put(&engine->store, record->listing.id, spend) != GV_OK ||
        audit_spend(engine, &record->listing, why) != GV_OK ||
        gv_outbox_tell_spend(engine, &record->listing, old) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    return GV_OK;
}

/* ---- what the mempool says ------------------------------------------------------------------------- */

static enum gv_err seen_in_mempool(struct gv_engine *engine, struct gv_record *record,
                                   const struct gv_spend_evidence *evidence)
{
    const struct gv_dutch_spend *old = &record->listing.spend;
    struct gv_dutch_spend spend;
    if (old->state == GV_SPEND_CONFIRMED) {
        return GV_OK; /* blocks decide; the feed may be older than they are */
    }
    if (old->state == GV_SPEND_PENDING && gv_hash256_equal(&old->txid, &evidence->txid)) {
        return GV_OK;
    }
    enum gv_err err = gv_judge_spend(engine, &record->listing, evidence, engine->chain.tip, &spend);
    if (err != GV_OK) {
        return err;
    }
    spend.state = GV_SPEND_PENDING;
    return gv_set_spend(engine, record, &spend, "spend.pending");
}

enum gv_err gv_do_mempool_spend(struct gv_engine *engine, struct gv_command *command)
{
    enum gv_err err = GV_OK;
    for (uint32_t i = 0; i < engine->record_count && err == GV_OK; i++) {
        struct gv_record *record = &engine->records[i];
        if (gv_outpoint_equal(&record->listing.terms.utxo, &command->evidence->outpoint)) {
            err = seen_in_mempool(engine, record, command->evidence);
        }
    }
    return err;
}

/* Set the spend of every listing of an outpoint that is in one of two states. */
static enum gv_err set_all(struct gv_engine *engine, const struct gv_outpoint *outpoint,
                           enum gv_spend_state from, enum gv_spend_state or_from,
                           const struct gv_dutch_spend *spend, const char *why)
{
    enum gv_err err = GV_OK;
    for (uint32_t i = 0; i < engine->record_count && err == GV_OK; i++) {
        struct gv_record *record = &engine->records[i];
        enum gv_spend_state state = record->listing.spend.state;
        if ((state == from || state == or_from) &&
            gv_outpoint_equal(&record->listing.terms.utxo, outpoint)) {
            err = gv_set_spend(engine, record, spend, why);
        }
    }
    return err;
}

enum gv_err gv_do_mempool_clear(struct gv_engine *engine, struct gv_command *command)
{
    static const struct gv_dutch_spend unspent = {.state = GV_SPEND_NONE};
    return set_all(engine, &command->outpoint, GV_SPEND_PENDING, GV_SPEND_UNKNOWN, &unspent,
                   "spend.undone");
}

enum gv_err gv_do_spender_unknown(struct gv_engine *engine, struct gv_command *command)
{
    const struct gv_dutch_spend unknown = {
        .state = GV_SPEND_UNKNOWN, .outcome = GV_OUTCOME_CLOSED, .block = engine->chain.tip};
    return set_all(engine, &command->outpoint, GV_SPEND_NONE, GV_SPEND_PENDING, &unknown,
                   "spend.unknown");
}

/* ---- callers ----------------------------------------------------------------------------------------- */

enum gv_err gv_engine_mempool_spend(struct gv_engine *engine,
                                    const struct gv_spend_evidence *evidence)
{
    struct gv_command *command = gv_command_acquire(engine, GV_COMMAND_MEMPOOL_SPEND, 0);
    if (command == NULL) {
        return GV_ERR_FULL;
    }
    command->evidence = evidence;
    enum gv_err err = gv_command_call(engine, command, 0);
    gv_command_release(engine, command);
    return err;
}

static enum gv_err call_outpoint(struct gv_engine *engine, enum gv_command_kind kind,
                                 const struct gv_outpoint *outpoint)
{
    struct gv_command *command = gv_command_acquire(engine, kind, 0);
    if (command == NULL) {
        return GV_ERR_FULL;
    }
    command->outpoint = *outpoint;
    enum gv_err err = gv_command_call(engine, command, 0);
    gv_command_release(engine, command);
    return err;
}

enum gv_err gv_engine_mempool_clear(struct gv_engine *engine, const struct gv_outpoint *outpoint)
{
    return call_outpoint(engine, GV_COMMAND_MEMPOOL_CLEAR, outpoint);
}

enum gv_err gv_engine_spender_unknown(struct gv_engine *engine, const struct gv_outpoint *outpoint)
{
    return call_outpoint(engine, GV_COMMAND_SPENDER_UNKNOWN, outpoint);
}

enum gv_spend_state gv_engine_spend_state(struct gv_engine *engine,
                                          const struct gv_outpoint *outpoint,
                                          struct gv_hash256 *txid)
{
    enum gv_spend_state state = GV_SPEND_NONE;
    pthread_mutex_lock(&engine->view.lock);
    for (uint32_t i = 0; i < engine->view.spend_count; i++) {
        const struct gv_spend_view *spend = &engine->view.spends[i];
        if (gv_outpoint_equal(&spend->outpoint, outpoint)) {
            state = spend->state;
            *txid = spend->txid;
            break; /* all listings of one outpoint share its state */
        }
    }
    pthread_mutex_unlock(&engine->view.lock);
    return state;
}
