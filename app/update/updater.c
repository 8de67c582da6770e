#include "app/update/updater.h"

#include <string.h>

static void tell(struct gv_updater *updater)
{
    if (updater->tell != NULL) {
        updater->tell(updater->tell_ctx, &updater->state);
    }
}

static enum gv_err save(struct gv_updater *updater, const struct gv_update_record *record,
                        struct gv_fail *fail)
{
    char text[GV_SLOT_RECORD_MAX];
    gv_update_record_format(record, text);
    const enum gv_err err = gv_slots_store(updater->slots, text, fail);
    if (err == GV_OK) {
        updater->state.record = *record;
        tell(updater);
    }
    return err;
}

enum gv_err gv_updater_open(struct gv_updater *updater, struct gv_slots *slots,
                            void (*hears)(void *ctx, const struct gv_update_state *state),
                            void *tell_ctx, struct gv_fail *fail)
{
    char text[GV_SLOT_RECORD_MAX];
    memset(updater, 0, sizeof(*updater));
    updater->slots = slots;
    updater->tell = hears;
    updater->tell_ctx = tell_ctx;
    enum gv_err err = gv_slots_load(slots, text, fail);
    if (err == GV_OK) {
        err = gv_update_record_parse(&updater->state.record, text, fail);
    }
    if (err == GV_OK) {
        err = gv_slots_running(slots, &updater->state.slot, fail);
    }
    return err;
}

/* ---- at a start --------------------------------------------------------------------------------- */

/* The trial of `record` is over. */
static void close_trial(struct gv_update_record *record, bool confirmed)
{
    record->has_last = true;
    record->last = record->trial;
    record->last_confirmed = confirmed;
    record->has_trial = false;
    if (confirmed && gv_version_compare(record->trial, record->floor) > 0) {
        record->floor = record->trial;
    }
}

/* The chosen slot runs. */
static enum gv_err start_chosen(struct gv_updater *updater, struct gv_version own,
                                enum gv_update_start *start, struct gv_fail *fail)
{
    struct gv_update_record record = updater->state.record;
    *start = GV_UPDATE_START_PLAIN;
    if (record.has_trial) {
        const bool confirmed = record.trial_slot == updater->state.slot;
        *start = confirmed ? GV_UPDATE_START_CONFIRMED : GV_UPDATE_START_FELL_BACK;
        close_trial(&record, confirmed);
    }
    const bool rises = gv_version_compare(own, record.floor) > 0;
    if (rises) {
        record.floor = own;
    }
    if (rises || *start != GV_UPDATE_START_PLAIN) {
        return save(updater, &record, fail);
    }
    tell(updater);
    return GV_OK;
}

enum gv_err gv_updater_start(struct gv_updater *updater, struct gv_version own,
                             enum gv_update_start *start, struct gv_fail *fail)
{
    const struct gv_update_record *record = &updater->state.record;
    enum gv_slot chosen;
    const enum gv_err err = gv_slots_chosen(updater->slots, &chosen, fail);
    if (err != GV_OK) {
        return err;
    }
    if (chosen == updater->state.slot) {
        return start_chosen(updater, own, start, fail);
    }
    const bool trial = record->has_trial && record->trial_slot == updater->state.slot;
    *start = !trial                                        ? GV_UPDATE_START_STRAY
             : gv_version_compare(record->trial, own) == 0 ? GV_UPDATE_START_TRIAL
                                                           : GV_UPDATE_START_MISLABELLED;
    updater->state.phase = GV_UPDATE_TRIAL;
    tell(updater);
    return GV_OK;
}

/* ---- installation ------------------------------------------------------------------------------- */

/* The first part: from here on the target holds nothing that could start. */
static enum gv_err clear_target(struct gv_updater *updater, struct gv_fail *fail)
{
    updater->state.all = updater->reader.bundle.bytes;
    return gv_slots_clear(updater->slots, updater->target, fail);
}

static enum gv_err begin_part(void *ctx, const struct gv_bundle_part *part, struct gv_fail *fail)
{
    struct gv_updater *updater = ctx;
    const char *name = gv_bundle_name_in(part, updater->target);
    enum gv_err err = updater->reader.part == 0 ? clear_target(updater, fail) : GV_OK;
    if (err == GV_OK && name != NULL) {
        err = gv_slots_open(updater->slots, updater->target, name, part->bytes, fail);
        updater->open = err == GV_OK;
    }
    return err;
}

static enum gv_err put_part(void *ctx, struct gv_view bytes, struct gv_fail *fail)
{
    struct gv_updater *updater = ctx;
    return updater->open ? gv_slots_write(updater->slots, bytes, fail) : GV_OK;
}

/* What the medium gives back is what was promised. */
static enum gv_err read_back(struct gv_updater *updater, const struct gv_bundle_part *part,
                             struct gv_fail *fail)
{
    struct gv_sha256 sha;
    struct gv_hash256 hash;
    gv_sha256_init(&sha);
    for (uint64_t at = 0; at < part->bytes; at += GV_UPDATE_PIECE) {
        const uint64_t left = part->bytes - at;
        const size_t n = left < GV_UPDATE_PIECE ? (size_t)left : GV_UPDATE_PIECE;
        const enum gv_err err = gv_slots_read(updater->slots, at, updater->piece, n, fail);
        if (err != GV_OK) {
            return err;
        }
        gv_sha256_add(&sha, gv_view_of(updater->piece, n));
    }
    gv_sha256_finish(&sha, &hash);
    return gv_hash256_equal(&hash, &part->hash)
               ? GV_OK
               : gv_fail(fail, GV_ERR_IO, "update.readback",
                         "the card gave back other bytes of %s than were written", part->name);
}

static enum gv_err end_part(void *ctx, const struct gv_bundle_part *part, struct gv_fail *fail)
{
    struct gv_updater *updater = ctx;
    if (!updater->open) {
        return GV_OK;
    }
    enum gv_err err = gv_slots_sync(updater->slots, fail);
    updater->state.phase = GV_UPDATE_CHECKING;
    tell(updater);
    if (err == GV_OK) {
        err = read_back(updater, part, fail);
    }
    updater->state.phase = GV_UPDATE_INSTALLING;
    updater->open = false;
    const enum gv_err closed = gv_slots_close(updater->slots, err == GV_OK ? fail : NULL);
    return err == GV_OK ? closed : err;
}

enum gv_err gv_updater_begin(struct gv_updater *updater, const struct gv_bundle_rules *rules,
                             struct gv_fail *fail)
{
    enum gv_slot chosen;
    const struct gv_bundle_sink sink = {
        .begin = begin_part, .put = put_part, .end = end_part, .ctx = updater};
    struct gv_bundle_rules own = *rules;
    const enum gv_err err = gv_slots_chosen(updater->slots, &chosen, fail);
    if (err != GV_OK) {
        return err;
    }
    if (chosen != updater->state.slot) {
        return gv_fail(fail, GV_ERR_STATE, "update.trial",
                       "the release that runs has not proved itself yet");
    }
    updater->target = gv_slot_other(updater->state.slot);
    own.floor = updater->state.record.floor;
    gv_bundle_reader_init(&updater->reader, &own, &sink);
    updater->state.phase = GV_UPDATE_INSTALLING;
    updater->state.done = 0;
    updater->state.all = 0;
    updater->state.fail = (struct gv_fail){.err = GV_OK};
    tell(updater);
    return GV_OK;
}

enum gv_err gv_updater_put(struct gv_updater *updater, struct gv_view bytes, struct gv_fail *fail)
{
    const enum gv_err err = gv_bundle_put(&updater->reader, bytes, fail);
    if (err == GV_OK) {
        updater->state.done = updater->reader.got;
        tell(updater);
    }
    return err;
}

enum gv_err gv_updater_end(struct gv_updater *updater, enum gv_err err, struct gv_fail *fail)
{
    struct gv_update_record record = updater->state.record;
    if (updater->open) {
        updater->open = false;
        (void)!gv_slots_close(updater->slots, NULL); /* the installation has failed already */
    }
    if (err == GV_OK) {
        err = gv_bundle_end(&updater->reader, fail);
    }
    if (err == GV_OK) {
        record.has_trial = true;
        record.trial = updater->reader.bundle.version;
        record.trial_slot = updater->target;
        err = save(updater, &record, fail);
    }
    if (err == GV_OK) {
        err = gv_slots_try_once(updater->slots, updater->target, fail);
    }
    updater->state.phase = err == GV_OK ? GV_UPDATE_WAITING : GV_UPDATE_IDLE;
    if (err != GV_OK) {
        updater->state.fail = *fail;
    }
    tell(updater);
    return err;
}

/* ---- trial -------------------------------------------------------------------------------------- */

enum gv_err gv_updater_confirm(struct gv_updater *updater, struct gv_fail *fail)
{
    struct gv_update_record record = updater->state.record;
    if (!record.has_trial || record.trial_slot != updater->state.slot) {
        return gv_fail(fail, GV_ERR_STATE, "update.no_trial", "no trial is under way");
    }
    const enum gv_err err = gv_slots_choose(updater->slots, updater->state.slot, fail);
    if (err != GV_OK) {
        return err;
    }
    close_trial(&record, true);
    updater->state.phase = GV_UPDATE_IDLE;
    return save(updater, &record, fail);
}

enum gv_trial_verdict gv_trial_look(struct gv_trial *trial, bool ready, uint64_t now_ms)
{
    if (ready && !trial->is_ready) {
        trial->ready_ms = now_ms;
    }
    trial->is_ready = ready;
    if (ready && now_ms - trial->ready_ms >= GV_TRIAL_READY_MS) {
        return GV_TRIAL_PROVED;
    }
    return now_ms - trial->began_ms >= trial->limit_ms ? GV_TRIAL_FAILED : GV_TRIAL_GOES_ON;
}
