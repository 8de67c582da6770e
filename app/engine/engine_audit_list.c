/* Audit: pages of the log, read on the thread that owns storage. */
#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

enum gv_err gv_do_audit_list(struct gv_engine *engine, struct gv_command *command)
{
    const enum gv_err err = gv_store_audit_list(
        &engine->store, command->audit_list.before, command->audit_list.kind, engine->audit_page,
        command->audit_list.rows_max, &command->audit_list.count);
    if (err != GV_OK) {
        return gv_fail(&command->fail, err, "store.read", "the audit log cannot be read");
    }
    return GV_OK;
}

/* The reader's lock is held. */
static enum gv_err list(struct gv_engine *engine, struct gv_command *command,
                        struct gv_audit_row rows[GV_AUDIT_PAGE], uint32_t *count,
                        struct gv_fail *fail)
{
    const enum gv_err err = gv_command_ask(engine, command, GV_ENGINE_WAIT_MS, fail);
    if (err == GV_OK) {
        *count = command->audit_list.count;
        memcpy(rows, engine->audit_page, *count * sizeof(rows[0]));
        gv_command_release(engine, command);
    }
    return err;
}

enum gv_err gv_engine_audit_list(struct gv_engine *engine, uint64_t before, const char *kind,
                                 uint32_t rows_max, struct gv_audit_row rows[GV_AUDIT_PAGE],
                                 uint32_t *count, struct gv_fail *fail)
{
    GV_ASSERT(rows_max <= GV_AUDIT_PAGE);
    *count = 0;
    struct gv_command *command =
        gv_command_acquire(engine, GV_COMMAND_AUDIT_LIST, GV_COMMANDS_MARGIN);
    if (command == NULL) {
        return gv_command_busy(fail);
    }
    command->audit_list.before = before;
    command->audit_list.rows_max = rows_max;
    gv_format_cut(command->audit_list.kind, sizeof(command->audit_list.kind), "%s", kind);
    pthread_mutex_lock(&engine->audit_reader);
    const enum gv_err err = list(engine, command, rows, count, fail);
    pthread_mutex_unlock(&engine->audit_reader);
    return err;
}
