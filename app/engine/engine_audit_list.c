/* Audit: pages of the log, read on the thread that owns storage. */
#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

enum gv_err gv_do_audit_list(struct gv_engine *engine, struct gv_command *command)
{
    const char *const subject = command->audit_list.subject;
    uint32_t *const count = &command->audit_list.count;
    const enum gv_err err = subject[0] != '\0'
                                ? gv_store_audit_about(&engine->store, subject, engine->audit_page,
                                                       GV_AUDIT_PAGE, count)
                                : gv_store_audit_list(&engine->store, command->audit_list.before,
                                                      command->audit_list.kind, engine->audit_page,
                                                      command->audit_list.rows_max, count);
    if (err != GV_OK) {
        return gv_fail(&command->fail, err, "store.read", "the audit log cannot be read");
    }
    return GV_OK;
}

/* Ask, and copy the page while nobody else reads. Consumes the command. */
static enum gv_err list(struct gv_engine *engine, struct gv_command *command,
                        struct gv_audit_row rows[GV_AUDIT_PAGE], uint32_t *count,
                        struct gv_fail *fail)
{
    pthread_mutex_lock(&engine->audit_reader);
    const enum gv_err err = gv_command_ask(engine, command, GV_ENGINE_WAIT_MS, fail);
    if (err == GV_OK) {
        *count = command->audit_list.count;
        memcpy(rows, engine->audit_page, *count * sizeof(rows[0]));
        gv_command_release(engine, command);
    }
    pthread_mutex_unlock(&engine->audit_reader);
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
    command->audit_list.subject[0] = '\0';
    gv_format_cut(command->audit_list.kind, sizeof(command->audit_list.kind), "%s", kind);
    return list(engine, command, rows, count, fail);
}

enum gv_err gv_engine_audit_about(struct gv_engine *engine, const char *subject,
                                  struct gv_audit_row rows[GV_AUDIT_PAGE], uint32_t *count,
                                  struct gv_fail *fail)
{
    *count = 0;
    struct gv_command *command =
        gv_command_acquire(engine, GV_COMMAND_AUDIT_LIST, GV_COMMANDS_MARGIN);
    if (command == NULL) {
        return gv_command_busy(fail);
    }
    gv_format_cut(command->audit_list.subject, sizeof(command->audit_list.subject), "%s", subject);
    return list(engine, command, rows, count, fail);
}
