#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <inttypes.h>

bool gv_settled(const struct gv_engine *engine, const struct gv_dutch_listing *listing)
{
    switch (listing->spend.state) {
    case GV_SPEND_NONE:
    case GV_SPEND_PENDING:
        return false;
    case GV_SPEND_CONFIRMED:
    case GV_SPEND_UNKNOWN: /* watched for as long: a reorg may bring the output back */
        return engine->chain.tip >= listing->spend.block &&
               engine->chain.tip - listing->spend.block >= GV_SETTLED_DEPTH;
    }
    GV_UNREACHABLE("spend state outside its enumeration");
}

enum gv_err gv_note_reveals(struct gv_engine *engine)
{
    for (uint32_t i = 0; i < engine->record_count; i++) {
        struct gv_dutch_listing *listing = &engine->records[i].listing;
        struct gv_reveal reveal = gv_dutch_reveal(listing, &engine->tip);
        if (reveal.kind == GV_REVEAL_RUNG && reveal.block > listing->revealed_high) {
            const bool first = listing->revealed_high == 0;
            listing->revealed_high = reveal.block;
            if (gv_batch_begin(engine) != GV_OK ||
                gv_store_revealed_put(&engine->store, listing->id, reveal.block) != GV_OK ||
                (first && gv_outbox_tell(engine, GV_WEBHOOK_REVEALED, listing) != GV_OK)) {
                return GV_ERR_STORAGE;
            }
        }
    }
    return GV_OK;
}

/* ---- create ------------------------------------------------------------------------------------------ */

/* As in the original: what is wrong in itself (400) is said before what is in the way (409). */
static enum gv_err check_tip(const struct gv_engine *engine, const struct gv_dutch_terms *terms,
                             struct gv_fail *fail)
{
    if (!engine->tip.live) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.not_live",
                       "the node does not know the current tip");
    }
    if (engine->tip.height.v >= terms->start_block) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/start_block", "dutch.started",
                          "start_block %" PRIu32 " must be above the tip %" PRIu32,
                          terms->start_block, engine->tip.height.v);
    }
    return GV_OK;
}

static enum gv_err check_outpoint(struct gv_engine *engine, const struct gv_outpoint *utxo,
                                  uint32_t watch_fired, struct gv_fail *fail)
{
    bool spent = gv_watch_fired(engine->config.watch, utxo) != watch_fired;
    const struct gv_dutch_listing *live = NULL;
    for (uint32_t i = 0; i < engine->record_count; i++) {
        const struct gv_dutch_listing *listing = &engine->records[i].listing;
        if (!gv_outpoint_equal(&listing->terms.utxo, utxo)) {
            continue;
        }
        if (listing->spend.state != GV_SPEND_NONE) {
            spent = true;
        } else if (gv_dutch_status(listing, engine->tip.height) != GV_DUTCH_EXPIRED) {
            live = listing;
        }
    }
    if (!spent && live == NULL) {
        return GV_OK;
    }
    char text[GV_HEX_MAX + 11u];
    gv_outpoint_text(text, utxo);
    if (spent) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/utxo_txid", "dutch.utxo_spent",
                          "UTXO %s has been spent", text);
    }
    return gv_fail_at(fail, GV_ERR_CONFLICT, "/utxo_txid", "dutch.utxo_listed",
                      "UTXO %s already has a listing that is %s", text,
                      gv_dutch_status_text(gv_dutch_status(live, engine->tip.height)));
}

/* Make room for one more: the oldest settled listing leaves memory. */
static enum gv_err make_room(struct gv_engine *engine, struct gv_fail *fail)
{
    if (engine->record_count < GV_LISTINGS_MAX) {
        return GV_OK;
    }
    for (uint32_t i = 0; i < engine->record_count; i++) {
        struct gv_record *record = &engine->records[i];
        if (record->watched || !gv_settled(engine, &record->listing)) {
            continue;
        }
        uint64_t id = record->listing.id;
        if (gv_batch_begin(engine) != GV_OK ||
            gv_store_listing_retire(&engine->store, id) != GV_OK) {
            return GV_ERR_STORAGE;
        }
        GV_ASSERT(engine->retired_count < GV_RETIRED_MAX);
        engine->retired[engine->retired_count] = id;
        engine->retired_count++;
        engine->record_count--;
        memmove(record, record + 1, (size_t)(engine->record_count - i) * sizeof(*record));
        return GV_OK;
    }
    return gv_fail(fail, GV_ERR_FULL, "dutch.full", "all %u places for listings are taken",
                   GV_LISTINGS_MAX);
}

enum gv_err gv_store_rungs(struct gv_engine *engine, const struct gv_dutch_listing *listing,
                           const struct gv_submission *submission)
{
    enum gv_err err = GV_OK;
    for (uint32_t i = 0; i < submission->rung_count && err == GV_OK; i++) {
        const struct gv_dutch_rung *rung = &submission->rungs[i];
        const struct gv_view psbt =
            gv_view_of(&submission->ladder[submission->psbt_at[i]], submission->psbt_len[i]);
        err = gv_store_rung_insert(&engine->store, listing, rung->block, rung->price, psbt);
    }
    return err != GV_OK
               ? err
               : gv_store_ladder_insert(&engine->store, listing->id, submission->rungs[0].block,
                                        submission->rung_count, engine->tree, engine->tree_n);
}

void gv_ladder_commit(struct gv_engine *engine, struct gv_submission *submission)
{
    for (uint32_t i = 0; i < submission->rung_count; i++) {
        const struct gv_dutch_rung *rung = &submission->rungs[i];
        gv_ladder_leaf(
            &engine->tree[i], rung->block, rung->price,
            gv_view_of(&submission->ladder[submission->psbt_at[i]], submission->psbt_len[i]));
    }
    engine->tree_n = gv_ladder_tree(engine->tree, submission->rung_count);
    submission->terms.ladder_root = engine->tree[engine->tree_n - 1];
}

static enum gv_err store_listing(struct gv_engine *engine, const struct gv_dutch_listing *listing,
                                 const struct gv_submission *submission)
{
    char subject[32];
    char utxo[GV_HEX_MAX + 11u];
    char root[GV_HEX_MAX];
    const bool hidden = gv_dutch_hides_floor(&listing->terms); /* logs are read by others, too */
    if (gv_batch_begin(engine) != GV_OK ||
        gv_store_listing_insert(&engine->store, listing) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    if (gv_store_rungs(engine, listing, submission) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    gv_outpoint_text(utxo, &listing->terms.utxo);
    gv_hex_encode(root,
                  gv_view_of(listing->terms.ladder_root.b, sizeof(listing->terms.ladder_root.b)));
    gv_format_cut(subject, sizeof(subject), "listing:%" PRIu64, listing->id);
    return gv_audit_by(engine, "listing.created", subject, &submission->actor,
                       "utxo=%s qty_base=%" PRId64 " blocks=%" PRIu32 "-%" PRIu32 "+%" PRIu32
                       " price_sat=%" PRIu64 "-%" PRIu64
                       " reserve=%d locked=%d ladder_root=%s asset=%s",
                       utxo, listing->terms.asset_qty_base, listing->terms.start_block,
                       listing->terms.end_block, listing->terms.blocks_after_end,
                       listing->terms.start_price.v, hidden ? 0 : listing->terms.end_price.v,
                       hidden, listing->terms.locked, root, listing->terms.asset_name) == GV_OK &&
                   gv_outbox_tell(engine, GV_WEBHOOK_CREATED, listing) == GV_OK
               ? GV_OK
               : GV_ERR_STORAGE;
}

static enum gv_err insert(struct gv_engine *engine, struct gv_submission *submission, uint64_t *id)
{
    GV_ASSERT(submission->rung_count >= 1);
    gv_ladder_commit(engine, submission);
    struct gv_record *record = &engine->records[engine->record_count];
    *record = (struct gv_record){.changed = true};
    record->listing.id = engine->newest_id + 1;
    record->listing.terms = submission->terms;
    /* The clock may step back; ids and times must keep one order. */
    record->listing.created_at =
        engine->now.s > engine->newest_at.s ? engine->now : engine->newest_at;
    if (store_listing(engine, &record->listing, submission) != GV_OK ||
        gv_replay_keep(engine, submission, &record->listing) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    engine->record_count++;
    engine->newest_id = record->listing.id;
    engine->newest_at = record->listing.created_at;
    engine->dirty = true;
    *id = record->listing.id;
    return GV_OK;
}

enum gv_err gv_do_create(struct gv_engine *engine, struct gv_command *command)
{
    struct gv_submission *submission = command->create.submission;
    GV_ASSERT(submission->watched);
    enum gv_err err = check_tip(engine, &submission->terms, &command->fail);
    if (err == GV_OK) {
        err = check_outpoint(engine, &submission->terms.utxo, submission->watch_fired,
                             &command->fail);
    }
    if (err == GV_OK) {
        err = make_room(engine, &command->fail);
    }
    return err == GV_OK ? insert(engine, submission, &command->create.id) : err;
}

/* ---- all or nothing ----------------------------------------------------------------------------------- */

/* Is there room for `n` more, or can it be made? */
static enum gv_err check_room(const struct gv_engine *engine, uint32_t n, struct gv_fail *fail)
{
    uint32_t room = GV_LISTINGS_MAX - engine->record_count;
    for (uint32_t i = 0; i < engine->record_count; i++) {
        const struct gv_record *record = &engine->records[i];
        room += !record->watched && gv_settled(engine, &record->listing);
    }
    return room >= n ? GV_OK
                     : gv_fail(fail, GV_ERR_FULL, "dutch.full",
                               "there are places for %" PRIu32 " more listings", room);
}

static enum gv_err check_twice(const struct gv_submission *submission, uint32_t i,
                               struct gv_fail *fail)
{
    const struct gv_outpoint *utxo = &submission->parked[i].terms.utxo;
    for (uint32_t before = 0; before < i; before++) {
        if (gv_outpoint_equal(&submission->parked[before].terms.utxo, utxo)) {
            return gv_fail_at(fail, GV_ERR_CONFLICT, "/utxo_txid", "dutch.utxo_listed",
                              "item %" PRIu32 " of the batch lists this UTXO", before);
        }
    }
    return GV_OK;
}

/* Everything that can refuse one of them, before anything is written. In-out: i: the one that is. */
static enum gv_err check_all(struct gv_engine *engine, const struct gv_submission *submission,
                             uint64_t *i, struct gv_fail *fail)
{
    enum gv_err err = check_room(engine, submission->parked_count, fail);
    if (err != GV_OK) {
        return err;
    }
    for (*i = 0; *i < submission->parked_count && err == GV_OK; (*i)++) {
        const struct gv_parked *parked = &submission->parked[*i];
        GV_ASSERT(parked->watched);
        err = check_tip(engine, &parked->terms, fail);
        if (err == GV_OK) {
            err = check_outpoint(engine, &parked->terms.utxo, parked->watch_fired, fail);
        }
        if (err == GV_OK) {
            err = check_twice(submission, (uint32_t)*i, fail);
        }
        if (err != GV_OK) {
            return err;
        }
    }
    return err;
}

enum gv_err gv_do_create_all(struct gv_engine *engine, struct gv_command *command)
{
    struct gv_submission *submission = command->create.submission;
    enum gv_err err = check_all(engine, submission, &command->create.id, &command->fail);
    for (uint32_t i = 0; i < submission->parked_count && err == GV_OK; i++) {
        gv_submission_recall(submission, i);
        err = make_room(engine, &command->fail);
        if (err == GV_OK) {
            err = insert(engine, submission, &submission->parked[i].id);
        }
        GV_ASSERT(err == GV_OK || err == GV_ERR_STORAGE); /* check_all has passed */
    }
    return err;
}

/* ---- watch references --------------------------------------------------------------------------------- */

static void keep_watch(struct gv_engine *engine, uint64_t id, bool *watched)
{
    for (uint32_t i = engine->record_count; i > 0; i--) {
        struct gv_record *record = &engine->records[i - 1];
        if (record->listing.id == id) {
            record->watched = true;
            *watched = false;
            return;
        }
    }
    GV_UNREACHABLE("a committed listing is in memory");
}

void gv_keep_submission(struct gv_engine *engine, struct gv_command *command)
{
    struct gv_submission *submission = command->create.submission;
    if (command->kind == GV_COMMAND_CREATE) {
        keep_watch(engine, command->create.id, &submission->watched);
    } else if (command->kind == GV_COMMAND_CREATE_ALL) {
        for (uint32_t i = 0; i < submission->parked_count; i++) {
            keep_watch(engine, submission->parked[i].id, &submission->parked[i].watched);
        }
    }
}

enum gv_err gv_do_retired(struct gv_engine *engine, struct gv_command *command)
{
    return gv_store_listing_get(&engine->store, command->retired.id, &command->retired.listing);
}

/* Price of the highest revealed rung; when it cannot be read, the lowest it can have been. */
static struct gv_sat revealed_price(struct gv_engine *engine,
                                    const struct gv_dutch_listing *listing)
{
    uint8_t psbt[GV_PSBT_SERVED_MAX];
    struct gv_sat price = listing->terms.end_price;
    size_t n = 0;
    if (gv_store_rung_get(&engine->store, listing, listing->revealed_high, &price, psbt, &n) !=
        GV_OK) {
        price = listing->terms.end_price;
    }
    return price;
}

enum gv_err gv_do_prior(struct gv_engine *engine, struct gv_command *command)
{
    command->prior.prior = (struct gv_dutch_prior){0};
    for (uint32_t i = 0; i < engine->record_count; i++) {
        const struct gv_dutch_listing *listing = &engine->records[i].listing;
        if (gv_outpoint_equal(&listing->terms.utxo, &command->prior.outpoint) &&
            listing->spend.state == GV_SPEND_NONE) {
            const struct gv_sat revealed = listing->revealed_high != 0
                                               ? revealed_price(engine, listing)
                                               : listing->terms.start_price;
            gv_dutch_prior_add(&command->prior.prior, listing, revealed, engine->tip.height);
        }
    }
    return GV_OK;
}

/* ---- callers ----------------------------------------------------------------------------------------- */

static enum gv_err timed_out(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_TIMEOUT, "engine.timeout",
                   "the engine did not answer in time; it may still do what was asked");
}

enum gv_err gv_submission_call(struct gv_engine *engine, enum gv_command_kind kind,
                               struct gv_submission **submission, uint64_t *id,
                               struct gv_fail *fail)
{
    struct gv_command *command = gv_command_acquire(engine, kind, GV_COMMANDS_MARGIN);
    if (command == NULL) {
        gv_submission_unwatch(*submission, engine->config.watch);
        return gv_command_busy(fail);
    }
    command->create.submission = *submission;
    command->create.id = *id;
    enum gv_err err = gv_command_call(engine, command, GV_ENGINE_WAIT_MS);
    if (err == GV_ERR_TIMEOUT) {
        *submission = NULL;
        return timed_out(fail);
    }
    *id = command->create.id;
    if (err != GV_OK && fail != NULL) {
        *fail = command->fail;
    }
    gv_submission_unwatch(*submission, engine->config.watch);
    command->create.submission = NULL;
    gv_command_release(engine, command);
    return err;
}

enum gv_err gv_engine_create_dutch(struct gv_engine *engine, struct gv_submission **submission,
                                   uint64_t *id, struct gv_fail *fail)
{
    *id = 0;
    return gv_submission_call(engine, GV_COMMAND_CREATE, submission, id, fail);
}

enum gv_err gv_engine_create_all(struct gv_engine *engine, struct gv_submission **submission,
                                 uint32_t *refused, struct gv_fail *fail)
{
    uint64_t at = (*submission)->parked_count;
    const enum gv_err err =
        gv_submission_call(engine, GV_COMMAND_CREATE_ALL, submission, &at, fail);
    *refused = (uint32_t)at;
    return err;
}

enum gv_err gv_engine_dutch_retired(struct gv_engine *engine, uint64_t id,
                                    struct gv_dutch_listing *listing)
{
    struct gv_command *command = gv_command_acquire(engine, GV_COMMAND_RETIRED, GV_COMMANDS_MARGIN);
    if (command == NULL) {
        return GV_ERR_FULL;
    }
    command->retired.id = id;
    enum gv_err err = gv_command_call(engine, command, GV_ENGINE_WAIT_MS);
    if (err == GV_ERR_TIMEOUT) {
        return err;
    }
    if (err == GV_OK) {
        *listing = command->retired.listing;
    }
    gv_command_release(engine, command);
    return err;
}

enum gv_err gv_engine_dutch_prior(struct gv_engine *engine, const struct gv_outpoint *outpoint,
                                  struct gv_dutch_prior *prior, struct gv_fail *fail)
{
    struct gv_command *command = gv_command_acquire(engine, GV_COMMAND_PRIOR, GV_COMMANDS_MARGIN);
    if (command == NULL) {
        return gv_command_busy(fail);
    }
    command->prior.outpoint = *outpoint;
    enum gv_err err = gv_command_call(engine, command, GV_ENGINE_WAIT_MS);
    if (err == GV_ERR_TIMEOUT) {
        return timed_out(fail);
    }
    if (err == GV_OK) {
        *prior = command->prior.prior;
    } else if (fail != NULL) {
        *fail = command->fail;
    }
    gv_command_release(engine, command);
    return err;
}
