/* Audit: rows that name who, notes, and the whole chain recomputed on the thread that owns storage. */
#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* "by=", " address=", " route=" and a space. */
_Static_assert(sizeof(struct gv_actor) + 21u + GV_ENGINE_NOTE_MAX <= GV_AUDIT_DETAIL_MAX,
               "a whole note fits behind whoever made it");

enum gv_err gv_audit_by(struct gv_engine *engine, const char *kind, const char *subject,
                        const struct gv_actor *actor, const char *fmt, ...)
{
    char more[GV_ENGINE_NOTE_MAX];
    char detail[GV_AUDIT_DETAIL_MAX];
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(more, sizeof(more), fmt, args);
    va_end(args);
    GV_ASSERT(n >= 0);
    gv_format_cut(detail, sizeof(detail), "by=%s address=%s route=%s%s%s", actor->who,
                  actor->address[0] != '\0' ? actor->address : "-", actor->route,
                  more[0] != '\0' ? " " : "", more);
    if (gv_batch_begin(engine) != GV_OK ||
        gv_store_audit(&engine->store, engine->now, kind, subject, detail) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    gv_log(GV_LOG_INFO, GV_LOG_AUDIT, "%s subject=%s %s", kind, subject, detail);
    return GV_OK;
}

/* Entries a command: some milliseconds on the smallest board. */
#define VERIFY_STEP 256u

enum gv_err gv_do_audit_verify(struct gv_engine *engine, struct gv_command *command)
{
    uint64_t *entries = &command->audit.entries;
    const uint64_t before = *entries;
    const enum gv_err err =
        gv_store_audit_verify_more(&engine->store, VERIFY_STEP, entries, &command->audit.last);
    command->audit.done = *entries - before < VERIFY_STEP;
    if (err == GV_ERR_CRYPTO) {
        return gv_fail(&command->fail, err, "audit.broken",
                       "audit entry %" PRIu64 " was changed, removed or inserted; the %" PRIu64
                       " before it are good",
                       *entries + 1, *entries);
    }
    if (err != GV_OK) {
        return gv_fail(&command->fail, err, "store.read", "the audit log cannot be read");
    }
    return GV_OK;
}

static enum gv_err verify_step(struct gv_engine *engine, uint64_t *entries, struct gv_hash256 *last,
                               bool *done, struct gv_fail *fail)
{
    struct gv_command *command =
        gv_command_acquire(engine, GV_COMMAND_AUDIT_VERIFY, GV_COMMANDS_MARGIN);
    if (command == NULL) {
        return gv_command_busy(fail);
    }
    command->audit.entries = *entries;
    command->audit.last = *last;
    const enum gv_err err = gv_command_ask(engine, command, GV_ENGINE_WAIT_MS, fail);
    if (err == GV_OK) {
        *entries = command->audit.entries;
        *last = command->audit.last;
        *done = command->audit.done;
        gv_command_release(engine, command);
    }
    return err;
}

enum gv_err gv_engine_audit_verify(struct gv_engine *engine, uint64_t *entries,
                                   struct gv_hash256 *last, struct gv_fail *fail)
{
    enum gv_err err = GV_OK;
    bool done = false;
    *entries = 0;
    *last = (struct gv_hash256){{0}};
    while (err == GV_OK && !done) {
        err = verify_step(engine, entries, last, &done, fail);
    }
    return err;
}

enum gv_err gv_do_note(struct gv_engine *engine, struct gv_command *command)
{
    return gv_audit_by(engine, command->note.kind, command->note.subject, &command->note.actor,
                       "%s", command->note.detail);
}

enum gv_err gv_engine_note(struct gv_engine *engine, const struct gv_actor *actor, const char *kind,
                           const char *subject, const char *detail, struct gv_fail *fail)
{
    struct gv_command *command = gv_command_acquire(engine, GV_COMMAND_NOTE, GV_COMMANDS_MARGIN);
    if (command == NULL) {
        return gv_command_busy(fail);
    }
    command->note.actor = *actor;
    command->note.kind = kind;
    gv_format_cut(command->note.subject, sizeof(command->note.subject), "%s", subject);
    gv_format_cut(command->note.detail, sizeof(command->note.detail), "%s", detail);
    return gv_command_tell(engine, command, fail);
}
