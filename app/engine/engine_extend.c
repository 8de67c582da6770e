/* Extension: further rungs below the last one. What was offered stays as it was. */
#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <inttypes.h>

static struct gv_record *find(struct gv_engine *engine, uint64_t id)
{
    for (uint32_t i = 0; i < engine->record_count; i++) {
        if (engine->records[i].listing.id == id) {
            return &engine->records[i];
        }
    }
    return NULL;
}

/* Between the worker's checks and now the tip, the outpoint or the ladder may have moved. */
static enum gv_err check(struct gv_engine *engine, const struct gv_record *record,
                         const struct gv_submission *submission, struct gv_fail *fail)
{
    const uint32_t end = submission->terms.end_block;
    if (record == NULL) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "dutch.not_found", "there is no such listing");
    }
    if (!engine->tip.live) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.not_live",
                       "the node does not know the current tip");
    }
    if (gv_watch_fired(engine->config.watch, &submission->terms.utxo) != submission->watch_fired) {
        return gv_fail(fail, GV_ERR_CONFLICT, "dutch.not_open", "the UTXO has been spent");
    }
    if (record->listing.terms.end_block + 1u != submission->rungs[0].block) {
        return gv_fail(fail, GV_ERR_CONFLICT, "dutch.changed",
                       "the listing was extended meanwhile, to block %" PRIu32,
                       record->listing.terms.end_block);
    }
    return gv_dutch_check_extendable(&record->listing, engine->tip.height, end, fail);
}

static enum gv_err store(struct gv_engine *engine, const struct gv_dutch_listing *listing,
                         const struct gv_submission *submission, uint32_t old_end)
{
    char subject[32];
    char root[GV_HEX_MAX];
    const struct gv_hash256 *hash = &submission->terms.ladder_root;
    const struct gv_dutch_terms *terms = &listing->terms;
    gv_hex_encode(root, gv_view_of(hash->b, sizeof(hash->b)));
    gv_format_cut(subject, sizeof(subject), "listing:%" PRIu64, listing->id);
    if (gv_batch_begin(engine) != GV_OK ||
        gv_store_listing_extend(&engine->store, listing) != GV_OK ||
        gv_store_rungs(engine, listing, submission) != GV_OK ||
        gv_audit_by(
            engine, "listing.extended", subject, &submission->actor,
            "blocks=%" PRIu32 "-%" PRIu32 " end_price_sat=%" PRIu64 " locked=%d ladder_root=%s",
            old_end + 1u, terms->end_block, terms->end_price.v, terms->locked, root) != GV_OK ||
        gv_outbox_tell(engine, GV_WEBHOOK_EXTENDED, listing) != GV_OK ||
        gv_replay_keep(engine, submission, listing) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    return GV_OK;
}

enum gv_err gv_do_extend(struct gv_engine *engine, struct gv_command *command)
{
    struct gv_submission *submission = command->create.submission;
    struct gv_record *record = find(engine, command->create.id);
    GV_ASSERT(submission->watched);
    GV_ASSERT(submission->rung_count >= 1);
    const enum gv_err err = check(engine, record, submission, &command->fail);
    if (err != GV_OK) {
        return err;
    }
    gv_ladder_commit(engine, submission);
    struct gv_dutch_terms *terms = &record->listing.terms;
    const uint32_t old_end = terms->end_block;
    terms->end_block = submission->terms.end_block;
    terms->end_price = submission->rungs[submission->rung_count - 1].price;
    terms->locked = terms->locked && submission->terms.locked;
    if (store(engine, &record->listing, submission, old_end) != GV_OK) {
        return GV_ERR_STORAGE; /* memory is loaded again */
    }
    record->changed = true;
    engine->dirty = true;
    return GV_OK;
}

enum gv_err gv_engine_extend_dutch(struct gv_engine *engine, struct gv_submission **submission,
                                   uint64_t id, struct gv_fail *fail)
{
    return gv_submission_call(engine, GV_COMMAND_EXTEND, submission, &id, fail);
}
