#include "hal/linux/sqlite_copy.h"

#include "firmware/base/text.h"
#include "hal/linux/wear.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP_PAGES 64
#define BUSY_MS    5000
#define SQL_MAX    256
/* Few pages: the page slots are the working connection's. */
#define SMALL_CACHE "PRAGMA cache_size=16"

static enum gv_err failed(sqlite3 *db, const char *doing, struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_STORAGE, "storage.copy", "cannot %s: %s", doing,
                   db == NULL ? "out of memory" : sqlite3_errmsg(db));
}

static bool run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static enum gv_err open_db(sqlite3 **db, const char *path, int flags, struct gv_fail *fail)
{
    if (sqlite3_open_v2(path, db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(*db, BUSY_MS) != SQLITE_OK || !run(*db, SMALL_CACHE)) {
        return failed(*db, "open a database", fail);
    }
    return GV_OK;
}

/* ---- copy ------------------------------------------------------------------------------------- */

static enum gv_err copy_pages(sqlite3 *from, sqlite3 *to, gv_sqlite_progress *progress, void *ctx,
                              struct gv_fail *fail)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (backup == NULL) {
        return failed(to, "begin a copy", fail);
    }
    enum gv_err err = GV_OK;
    int rc = SQLITE_OK;
    uint32_t before = 0;
    while (rc == SQLITE_OK && err == GV_OK) {
        rc = sqlite3_backup_step(backup, STEP_PAGES);
        const uint32_t all = (uint32_t)sqlite3_backup_pagecount(backup);
        const uint32_t done = all - (uint32_t)sqlite3_backup_remaining(backup);
        gv_wear_add(GV_WEAR_BACKUP, (uint64_t)(done - before) * 4096u);
        before = done;
        if (progress != NULL && !progress(ctx, done, all)) {
            err = gv_fail(fail, GV_ERR_CLOSED, "storage.stopped", "the copy was stopped");
        }
    }
    if (sqlite3_backup_finish(backup) != SQLITE_OK && err == GV_OK) {
        err = failed(to, "copy the database", fail);
    }
    return err;
}

/* The file is made here, because SQLite would take the mode from the umask. */
static enum gv_err make_file(const char *path, struct gv_fail *fail)
{
    (void)unlink(path);
    const int fd =
        open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return gv_fail(fail, GV_ERR_IO, "storage.copy", "cannot make %s (errno %d)", path, errno);
    }
    (void)close(fd);
    return GV_OK;
}

enum gv_err gv_sqlite_copy(const char *from, const char *to, gv_sqlite_progress *progress,
                           void *ctx, struct gv_fail *fail)
{
    sqlite3 *source = NULL;
    sqlite3 *target = NULL;
    enum gv_err err = make_file(to, fail);
    if (err == GV_OK) {
        err = open_db(&source, from, SQLITE_OPEN_READWRITE, fail);
    }
    /* The first read takes the snapshot; it stands until the transaction ends. */
    if (err == GV_OK &&
        !(run(source, "BEGIN") && run(source, "SELECT COUNT(*) FROM sqlite_schema"))) {
        err = failed(source, "read the database", fail);
    }
    if (err == GV_OK) {
        err = open_db(&target, to, SQLITE_OPEN_READWRITE, fail);
    }
    if (err == GV_OK &&
        !(run(target, "PRAGMA journal_mode=OFF") && run(target, "PRAGMA synchronous=OFF"))) {
        err = failed(target, "prepare a copy", fail);
    }
    if (err == GV_OK) {
        err = copy_pages(source, target, progress, ctx, fail);
    }
    (void)sqlite3_close(target);
    (void)sqlite3_close(source);
    if (err != GV_OK) {
        (void)unlink(to);
    }
    return err;
}

/* ---- tables ----------------------------------------------------------------------------------- */

/* A statement about one table; our own names, so no quoting. */
static bool run_on(sqlite3 *db, const char *fmt_before, const char *table, const char *fmt_after)
{
    char sql[SQL_MAX];
    return gv_format(sql, sizeof(sql), "%s%s%s", fmt_before, table, fmt_after) && run(db, sql);
}

static bool has_table(sqlite3 *db, const char *schema, const char *table)
{
    char sql[SQL_MAX];
    sqlite3_stmt *stmt = NULL;
    const bool found = gv_format(sql, sizeof(sql),
                                 "SELECT 1 FROM %s.sqlite_schema WHERE type='table' AND name='%s'",
                                 schema, table) &&
                       sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
                       sqlite3_step(stmt) == SQLITE_ROW;
    (void)sqlite3_finalize(stmt);
    return found;
}

static bool empty_all(sqlite3 *db, const char *const *tables)
{
    bool good = true;
    for (size_t i = 0; tables[i] != NULL && good; i++) {
        good = !has_table(db, "main", tables[i]) || run_on(db, "DELETE FROM main.", tables[i], "");
    }
    return good;
}

enum gv_err gv_sqlite_empty_tables(const char *path, const char *const *tables,
                                   struct gv_fail *fail)
{
    sqlite3 *db = NULL;
    enum gv_err err = open_db(&db, path, SQLITE_OPEN_READWRITE, fail);
    /* A journal would hold every page that is overwritten, and all the replies of a day do not fit in memory. */
    if (err == GV_OK && !(run(db, "PRAGMA journal_mode=OFF") && run(db, "PRAGMA synchronous=OFF") &&
                          run(db, "PRAGMA secure_delete=ON") && run(db, "BEGIN") &&
                          empty_all(db, tables) && run(db, "COMMIT"))) {
        err = failed(db, "take credentials out of the copy", fail);
    }
    (void)sqlite3_close(db);
    return err;
}

/* By name: a newer release may have added columns to one of the two. */
static bool take_rows(sqlite3 *db, const char *table)
{
    static const char make[] =
        "SELECT 'INSERT INTO main.'||$1||'('||names||') SELECT '||names||' FROM box.'||$1 FROM"
        " (SELECT group_concat('\"'||name||'\"') AS names FROM"
        " (SELECT name FROM pragma_table_info($1,'main')"
        " INTERSECT SELECT name FROM pragma_table_info($1,'box')))";
    sqlite3_stmt *stmt = NULL;
    const unsigned char *sql = NULL;
    if (sqlite3_prepare_v2(db, make, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        sql = sqlite3_column_text(stmt, 0);
    }
    const bool good = sql != NULL && run(db, (const char *)sql);
    (void)sqlite3_finalize(stmt);
    return good;
}

static bool take_all(sqlite3 *db, const char *const *tables)
{
    size_t n = 0;
    while (tables[n] != NULL) {
        n++;
    }
    bool good = true;
    for (size_t i = n; i > 0 && good; i--) { /* those that are referred to first */
        const char *table = tables[i - 1];
        good =
            !has_table(db, "main", table) || !has_table(db, "box", table) || take_rows(db, table);
    }
    return good;
}

static bool attach(sqlite3 *db, const char *path)
{
    sqlite3_stmt *stmt = NULL;
    const bool good = sqlite3_prepare_v2(db, "ATTACH $1 AS box", -1, &stmt, NULL) == SQLITE_OK &&
                      sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC) == SQLITE_OK &&
                      sqlite3_step(stmt) == SQLITE_DONE;
    (void)sqlite3_finalize(stmt);
    return good;
}

enum gv_err gv_sqlite_take_tables(const char *path, const char *from, const char *const *tables,
                                  struct gv_fail *fail)
{
    sqlite3 *db = NULL;
    enum gv_err err = open_db(&db, path, SQLITE_OPEN_READWRITE, fail);
    bool good = err == GV_OK && attach(db, from);
    /* Out of WAL: then the file is whole by itself, ready to be moved. */
    good = good && run(db, "PRAGMA main.journal_mode=DELETE") &&
           run(db, "PRAGMA main.synchronous=FULL") && run(db, "BEGIN") && empty_all(db, tables) &&
           take_all(db, tables) && run(db, "COMMIT");
    /* The other one's log goes home, so that nothing of it is left beside its successor. */
    good = good && run(db, "PRAGMA box.wal_checkpoint(TRUNCATE)") && run(db, "DETACH box");
    if (err == GV_OK && !good) {
        err = failed(db, "keep this box's own rows", fail);
    }
    (void)sqlite3_close(db);
    return err;
}

/* ---- schema ----------------------------------------------------------------------------------- */

enum gv_err gv_sqlite_same_schema(const char *path, const char *other, struct gv_fail *fail)
{
    static const char difference[] =
        "SELECT 1 FROM"
        " (SELECT type,name,tbl_name,sql FROM main.sqlite_schema"
        " EXCEPT SELECT type,name,tbl_name,sql FROM box.sqlite_schema)"
        " UNION ALL SELECT 1 FROM"
        " (SELECT type,name,tbl_name,sql FROM box.sqlite_schema"
        " EXCEPT SELECT type,name,tbl_name,sql FROM main.sqlite_schema)";
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    int rc = SQLITE_ERROR;
    enum gv_err err = open_db(&db, path, SQLITE_OPEN_READWRITE, fail);
    if (err == GV_OK && attach(db, other) &&
        sqlite3_prepare_v2(db, difference, -1, &stmt, NULL) == SQLITE_OK) {
        rc = sqlite3_step(stmt);
    }
    (void)sqlite3_finalize(stmt);
    if (rc == SQLITE_ROW) {
        err = gv_fail(fail, GV_ERR_INVALID, "storage.schema",
                      "its tables are not those of this release");
    } else if (err == GV_OK && rc != SQLITE_DONE) {
        err = failed(db, "compare two databases", fail);
    }
    (void)sqlite3_close(db);
    return err;
}
