#include "firmware/boot/backup_restore.h"

#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "firmware/boot/backup_shelf.h"
#include "firmware/boot/backup_work.h"
#include "hal/linux/sqlite_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOTE_MAX 64u
/* Id, who, address and route of an order: a line each. */
#define ORDER_MAX (GV_BACKUP_ID_MAX + sizeof(struct gv_actor))

static bool path_of(char path[GV_FILE_PATH_MAX], const char *data_dir, const char *name)
{
    return gv_format(path, GV_FILE_PATH_MAX, "%s/%s", data_dir, name);
}

static bool exists(const char *data_dir, const char *name)
{
    char path[GV_FILE_PATH_MAX];
    return path_of(path, data_dir, name) && access(path, F_OK) == 0;
}

static void drop(const char *data_dir, const char *name)
{
    char path[GV_FILE_PATH_MAX];
    if (path_of(path, data_dir, name)) {
        (void)unlink(path);
    }
}

static bool move(const char *data_dir, const char *from, const char *to)
{
    char old_path[GV_FILE_PATH_MAX];
    char new_path[GV_FILE_PATH_MAX];
    return path_of(old_path, data_dir, from) && path_of(new_path, data_dir, to) &&
           rename(old_path, new_path) == 0 && gv_file_sync_folder(new_path, NULL) == GV_OK &&
           gv_file_sync_folder(old_path, NULL) == GV_OK;
}

/* ---- the folder --------------------------------------------------------------------------------- */

void gv_restore_clear(const char *data_dir, const char *folder)
{
    static const char *const names[] = {
        "ready",         "gavel.db",          "gavel.db-wal", "gavel.db-shm", "gavel.db-journal",
        "settings.conf", "settings.conf.new", "ready.new"};
    char name[NOTE_MAX];
    char path[GV_FILE_PATH_MAX];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (gv_format(name, sizeof(name), "%s/%s", folder, names[i])) {
            drop(data_dir, name);
        }
    }
    if (path_of(path, data_dir, folder)) {
        (void)rmdir(path);
    }
}

enum gv_err gv_restore_folder(char path[GV_FILE_PATH_MAX], const char *data_dir, const char *folder,
                              struct gv_fail *fail)
{
    gv_restore_clear(data_dir, folder);
    if (!path_of(path, data_dir, folder)) {
        return gv_fail(fail, GV_ERR_INVALID, "backup.path", "general.data_dir is too long");
    }
    const enum gv_err err = gv_dir_create(path, fail);
    if (err == GV_OK && !gv_format(path, GV_FILE_PATH_MAX, "%s/%s/gavel.db", data_dir, folder)) {
        return gv_fail(fail, GV_ERR_INVALID, "backup.path", "general.data_dir is too long");
    }
    return err;
}

enum gv_err gv_restore_ready(const char *data_dir, const char *id, const struct gv_actor *actor,
                             struct gv_view settings, struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    char order[ORDER_MAX];
    enum gv_err err = GV_OK;
    gv_format_cut(order, sizeof(order), "%s\n%s\n%s\n%s", id, actor->who, actor->address,
                  actor->route);
    if (settings.n > 0 && path_of(path, data_dir, "restore/settings.conf")) {
        err = gv_file_write_private(path, settings, fail);
    }
    if (err == GV_OK && path_of(path, data_dir, "restore/ready")) {
        err = gv_file_write_private(path, gv_view_str(order), fail);
    }
    return err;
}

/* ---- at start ----------------------------------------------------------------------------------- */

/* The staged database gets this box's users, sessions and keys. */
static enum gv_err keep_own_rows(const char *data_dir, struct gv_fail *fail)
{
    char staged[GV_FILE_PATH_MAX];
    char current[GV_FILE_PATH_MAX];
    if (!exists(data_dir, "gavel.db")) {
        return GV_OK;
    }
    if (!path_of(staged, data_dir, "restore/gavel.db") || !path_of(current, data_dir, "gavel.db")) {
        return gv_fail(fail, GV_ERR_INVALID, "backup.path", "general.data_dir is too long");
    }
    return gv_sqlite_take_tables(staged, current, gv_backup_own_tables, fail);
}

static bool keep_previous(const char *data_dir)
{
    char current[GV_FILE_PATH_MAX];
    char previous[GV_FILE_PATH_MAX];
    if (!path_of(current, data_dir, "gavel.db") || !path_of(previous, data_dir, "previous.db")) {
        return false;
    }
    if (access(current, F_OK) != 0) {
        return true; /* an empty box */
    }
    (void)unlink(previous);
    return link(current, previous) == 0;
}

/* Returns: false: nothing was changed but the staged file. */
static bool swap_database(const char *data_dir)
{
    struct gv_fail fail = {.err = GV_OK};
    if (keep_own_rows(data_dir, &fail) != GV_OK) {
        gv_log(GV_LOG_BROKEN, "restore", "given up: %s", fail.text);
        return false;
    }
    if (!keep_previous(data_dir)) {
        gv_log(GV_LOG_BROKEN, "restore", "given up: the old database cannot be kept errno=%d",
               errno);
        return false;
    }
    /* Its log is empty by now; left beside the new file it would be taken for that one's. */
    drop(data_dir, "gavel.db-wal");
    drop(data_dir, "gavel.db-shm");
    return move(data_dir, "restore/gavel.db", "gavel.db");
}

static bool read_order(const char *data_dir, const char *name, char order[ORDER_MAX])
{
    char path[GV_FILE_PATH_MAX];
    size_t n = 0;
    order[0] = '\0';
    if (!path_of(path, data_dir, name) ||
        gv_file_read(path, order, ORDER_MAX - 1, &n, NULL) != GV_OK) {
        return false;
    }
    order[n] = '\0';
    return true;
}

/* The next line of an order; "" when there is none. */
static void take_line(const char **at, char *out, size_t cap)
{
    const size_t n = strcspn(*at, "\n");
    gv_format_cut(out, cap, "%.*s", (int)n, *at);
    *at += n + ((*at)[n] == '\n' ? 1 : 0);
}

static void take_id(const char **at, char id[GV_BACKUP_ID_MAX])
{
    take_line(at, id, GV_BACKUP_ID_MAX);
    if (!gv_shelf_is_id(id)) {
        gv_format_cut(id, GV_BACKUP_ID_MAX, "unknown");
    }
}

static void note_origin(const char *data_dir, const char *order, const char *id, struct gv_utc now)
{
    char path[GV_FILE_PATH_MAX];
    char text[NOTE_MAX];
    gv_format_cut(text, sizeof(text), "%lld %s", (long long)now.s, id);
    if (!path_of(path, data_dir, "restored.untold") ||
        gv_file_write_private(path, gv_view_str(order), NULL) != GV_OK ||
        !path_of(path, data_dir, "restored") ||
        gv_file_write_private(path, gv_view_str(text), NULL) != GV_OK) {
        gv_log(GV_LOG_UNUSUAL, "restore", "not noted");
    }
}

bool gv_restore_apply(const char *data_dir, struct gv_utc now)
{
    char order[ORDER_MAX];
    char id[GV_BACKUP_ID_MAX];
    const char *at = order;
    gv_restore_clear(data_dir, "trial");
    gv_restore_clear(data_dir, "schema");
    if (!exists(data_dir, "restore/ready")) {
        gv_restore_clear(data_dir, "restore");
        return false;
    }
    (void)read_order(data_dir, "restore/ready", order);
    take_id(&at, id);
    /* Without the staged file an earlier start had come past the rename. */
    if (exists(data_dir, "restore/gavel.db") && !swap_database(data_dir)) {
        gv_restore_clear(data_dir, "restore");
        return false;
    }
    const bool with_settings = exists(data_dir, "restore/settings.conf") &&
                               move(data_dir, "restore/settings.conf", "settings.conf");
    note_origin(data_dir, order, id, now);
    gv_restore_clear(data_dir, "restore");
    gv_log(GV_LOG_UNUSUAL, "restore", "restored id=%s settings=%d; the old database is previous.db",
           id, with_settings);
    return with_settings;
}

bool gv_restore_origin(const char *data_dir, char id[GV_BACKUP_ID_MAX], struct gv_utc *at)
{
    char path[GV_FILE_PATH_MAX];
    char text[NOTE_MAX];
    uint64_t s = 0;
    size_t n = 0;
    if (!path_of(path, data_dir, "restored") ||
        gv_file_read(path, text, sizeof(text) - 1, &n, NULL) != GV_OK) {
        return false;
    }
    text[n] = '\0';
    const char *space = strchr(text, ' ');
    if (space == NULL || !gv_parse_u64(&s, gv_view_of(text, (size_t)(space - text)), INT64_MAX)) {
        return false;
    }
    at->s = (int64_t)s;
    gv_format_cut(id, GV_BACKUP_ID_MAX, "%s", space + 1);
    return true;
}

bool gv_restore_untold(const char *data_dir, char id[GV_BACKUP_ID_MAX], struct gv_actor *actor)
{
    char order[ORDER_MAX];
    const char *at = order;
    if (!read_order(data_dir, "restored.untold", order)) {
        return false;
    }
    take_id(&at, id);
    take_line(&at, actor->who, sizeof(actor->who));
    take_line(&at, actor->address, sizeof(actor->address));
    take_line(&at, actor->route, sizeof(actor->route));
    return true;
}

void gv_restore_told(const char *data_dir)
{
    drop(data_dir, "restored.untold");
}
