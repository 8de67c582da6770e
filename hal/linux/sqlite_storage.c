#include "hal/linux/sqlite_storage.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "hal/linux/sqlite_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One value or statement; a larger one is refused before memory is asked for. */
#define VALUE_BYTES_MAX (1024 * 1024)
#define BUSY_TIMEOUT_MS 5000

static enum gv_err refused(const struct gv_sqlite *sqlite, int rc, const char *doing)
{
    if ((rc & 0xff) == SQLITE_CONSTRAINT) {
        gv_log(GV_LOG_DEBUG, "storage", "constraint doing=%s code=%d text=\"%s\"", doing, rc,
               sqlite3_errmsg(sqlite->db));
        return GV_ERR_CONFLICT;
    }
    gv_log(GV_LOG_BROKEN, "storage", "failed doing=%s code=%d text=\"%s\"", doing, rc,
           sqlite3_errmsg(sqlite->db));
    return GV_ERR_STORAGE;
}

static sqlite3_stmt *engine(const struct gv_stmt *stmt)
{
    GV_ASSERT(stmt->handle != NULL);
    return stmt->handle;
}

/* Run one of our own kept statements (begin, commit, rollback). */
static int run_kept(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);
    (void)sqlite3_reset(stmt); /* repeats the code of the step */
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- transactions --------------------------------------------------------------------------- */

/* Some failures (disk full, I/O) make SQLite end the transaction by itself. What the caller then
 * still runs must not be committed statement by statement. */
static bool transaction_lost(const struct gv_sqlite *sqlite)
{
    return sqlite->in_transaction && sqlite3_get_autocommit(sqlite->db) != 0;
}

static enum gv_err refuse_lost(void)
{
    gv_log(GV_LOG_DEBUG, "storage", "refused: the transaction was ended by an earlier failure");
    return GV_ERR_STORAGE;
}

static void op_rollback(void *ctx)
{
    struct gv_sqlite *sqlite = ctx;
    sqlite->in_transaction = false;
    if (sqlite3_get_autocommit(sqlite->db) != 0) {
        return;
    }
    int rc = run_kept(sqlite->rollback);
    if (rc != SQLITE_OK) {
        (void)refused(sqlite, rc, "rollback");
    }
}

/* ---- wear: what a commit and a checkpoint write ------------------------------------------------ */

#define FRAME_BYTES   (GV_SQLITE_PAGE_BYTES + 24) /* of the WAL: page and frame header */
#define SETTLE_FRAMES 1000                        /* as SQLite's own automatic checkpoint */
#define FORCED_FRAMES 16384                       /* 64 MiB: two seconds of a flood of bids */

static void count_commit(const struct gv_sqlite *sqlite)
{
    int pages = 0;
    int unused = 0;
    if (sqlite3_db_status(sqlite->db, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &unused, 1) ==
        SQLITE_OK) {
        gv_wear_add(sqlite->wear, (uint64_t)pages * FRAME_BYTES);
    }
}

/* What was committed stands, whatever becomes of this; the next one tries again. */
static void checkpoint(struct gv_sqlite *sqlite)
{
    int in_log = 0;
    int copied = 0;
    int rc =
        sqlite3_wal_checkpoint_v2(sqlite->db, "main", SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
    if (rc != SQLITE_OK && rc != SQLITE_BUSY) {
        gv_log(GV_LOG_UNUSUAL, "storage", "checkpoint code=%d", rc);
        return;
    }
    const int before = sqlite->frames_copied <= copied ? sqlite->frames_copied : 0;
    gv_wear_add(sqlite->wear, (uint64_t)(copied - before) * GV_SQLITE_PAGE_BYTES);
    sqlite->frames_copied = copied;
    sqlite->frames = in_log - copied;
}

/* In place of SQLite's automatic checkpoint, which would keep each thousandth frame's commit waiting. */
static int on_wal(void *ctx, sqlite3 *db, const char *name, int frames)
{
    struct gv_sqlite *sqlite = ctx;
    (void)db;
    (void)name;
    sqlite->frames = frames;
    if (frames >= FORCED_FRAMES) {
        checkpoint(sqlite);
    }
    return SQLITE_OK;
}

static void op_settle(void *ctx)
{
    struct gv_sqlite *sqlite = ctx;
    GV_ASSERT(!sqlite->in_transaction);
    if (sqlite->frames >= SETTLE_FRAMES) {
        checkpoint(sqlite);
    }
}

static enum gv_err op_begin(void *ctx)
{
    struct gv_sqlite *sqlite = ctx;
    GV_ASSERT(!sqlite->in_transaction);
    int rc = run_kept(sqlite->begin);
    sqlite->in_transaction = rc == SQLITE_OK;
    return rc == SQLITE_OK ? GV_OK : refused(sqlite, rc, "begin");
}

static enum gv_err op_commit(void *ctx)
{
    struct gv_sqlite *sqlite = ctx;
    GV_ASSERT(sqlite->in_transaction);
    if (transaction_lost(sqlite)) {
        sqlite->in_transaction = false;
        return refuse_lost();
    }
    int rc = run_kept(sqlite->commit);
    if (rc == SQLITE_OK) {
        sqlite->in_transaction = false;
        count_commit(sqlite);
        return GV_OK;
    }
    enum gv_err err = refused(sqlite, rc, "commit");
    op_rollback(sqlite);
    return err;
}

static enum gv_err op_exec(void *ctx, const char *sql)
{
    struct gv_sqlite *sqlite = ctx;
    if (transaction_lost(sqlite)) {
        return refuse_lost();
    }
    int rc = sqlite3_exec(sqlite->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? GV_OK : refused(sqlite, rc, "exec");
}

/* ---- statements ----------------------------------------------------------------------------- */

static enum gv_err op_prepare(void *ctx, struct gv_stmt *stmt, const char *sql)
{
    struct gv_sqlite *sqlite = ctx;
    sqlite3_stmt *prepared = NULL;
    const char *tail = NULL;
    stmt->handle = NULL;
    int rc = sqlite3_prepare_v3(sqlite->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, &tail);
    if (rc != SQLITE_OK) {
        return refused(sqlite, rc, "prepare");
    }
    GV_ASSERT(prepared != NULL);
    GV_ASSERT(tail[strspn(tail, " \t\r\n;")] == '\0'); /* one statement, nothing lost behind it */
    stmt->handle = prepared;
    return GV_OK;
}

static void op_finish(void *ctx, struct gv_stmt *stmt)
{
    (void)ctx;
    (void)sqlite3_finalize(stmt->handle); /* repeats the code of the last step */
    stmt->handle = NULL;
}

static enum gv_err op_reset(void *ctx, struct gv_stmt *stmt)
{
    (void)ctx;
    (void)sqlite3_reset(engine(stmt)); /* repeats the code of the last step */
    (void)sqlite3_clear_bindings(engine(stmt));
    return GV_OK;
}

static enum gv_err bound(const struct gv_sqlite *sqlite, int rc)
{
    return rc == SQLITE_OK ? GV_OK : refused(sqlite, rc, "bind");
}

static enum gv_err op_bind_int(void *ctx, struct gv_stmt *stmt, int index, int64_t v)
{
    return bound(ctx, sqlite3_bind_int64(engine(stmt), index, v));
}

static enum gv_err op_bind_text(void *ctx, struct gv_stmt *stmt, int index, struct gv_view v)
{
    const char *text = v.n == 0 ? "" : (const char *)v.p;
    return bound(
        ctx, sqlite3_bind_text64(engine(stmt), index, text, v.n, SQLITE_TRANSIENT, SQLITE_UTF8));
}

static enum gv_err op_bind_blob(void *ctx, struct gv_stmt *stmt, int index, struct gv_view v)
{
    const void *bytes = v.n == 0 ? "" : (const void *)v.p; /* a NULL pointer would mean NULL */
    return bound(ctx, sqlite3_bind_blob64(engine(stmt), index, bytes, v.n, SQLITE_TRANSIENT));
}

static enum gv_err op_step(void *ctx, struct gv_stmt *stmt, bool *has_row)
{
    struct gv_sqlite *sqlite = ctx;
    *has_row = false;
    if (transaction_lost(sqlite)) {
        return refuse_lost();
    }
    int rc = sqlite3_step(engine(stmt));
    *has_row = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
        return GV_OK;
    }
    enum gv_err err = refused(sqlite, rc, "step");
    (void)sqlite3_reset(engine(stmt)); /* gives its locks back */
    return err;
}

/* ---- results -------------------------------------------------------------------------------- */

static int64_t op_column_int(void *ctx, struct gv_stmt *stmt, int index)
{
    (void)ctx;
    return sqlite3_column_int64(engine(stmt), index);
}

static struct gv_view op_column_text(void *ctx, struct gv_stmt *stmt, int index)
{
    (void)ctx;
    const unsigned char *text = sqlite3_column_text(engine(stmt), index);
    int n = sqlite3_column_bytes(engine(stmt), index); /* after the call that may convert */
    return gv_view_of(text, text == NULL ? 0 : (size_t)n);
}

static struct gv_view op_column_blob(void *ctx, struct gv_stmt *stmt, int index)
{
    (void)ctx;
    const void *bytes = sqlite3_column_blob(engine(stmt), index);
    int n = sqlite3_column_bytes(engine(stmt), index);
    return gv_view_of(bytes, bytes == NULL ? 0 : (size_t)n);
}

static const struct gv_storage_ops storage_ops = {
    .begin = op_begin,
    .commit = op_commit,
    .rollback = op_rollback,
    .settle = op_settle,
    .exec = op_exec,
    .prepare = op_prepare,
    .finish = op_finish,
    .reset = op_reset,
    .bind_int = op_bind_int,
    .bind_text = op_bind_text,
    .bind_blob = op_bind_blob,
    .step = op_step,
    .column_int = op_column_int,
    .column_text = op_column_text,
    .column_blob = op_column_blob,
};

struct gv_storage gv_sqlite_storage(struct gv_sqlite *sqlite)
{
    return (struct gv_storage){.ops = &storage_ops, .ctx = sqlite};
}

/* ---- open and close ------------------------------------------------------------------------- */

/* SQLite would create the file with the process's umask; the WAL inherits the file's mode. */
static enum gv_err create_private(const char *path, struct gv_fail *fail)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return gv_fail(fail, GV_ERR_IO, "storage.open", "cannot open the database %s (errno %d)",
                       path, errno);
    }
    enum gv_err err = GV_OK;
    if (fchmod(fd, S_IRUSR | S_IWUSR) != 0) {
        err = gv_fail(fail, GV_ERR_IO, "storage.mode",
                      "the database %s is not ours to keep private (errno %d)", path, errno);
    }
    (void)close(fd);
    return err;
}

/* The first row of a pragma must be `expected`: SQLite answers what it did, not whether it could.
 */
static bool pragma_gives(struct gv_sqlite *sqlite, const char *sql, const char *expected)
{
    sqlite3_stmt *stmt = NULL;
    bool same = false;
    if (sqlite3_prepare_v2(sqlite->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        const unsigned char *text = sqlite3_column_text(stmt, 0);
        same = text != NULL && strcmp((const char *)text, expected) == 0;
    }
    (void)sqlite3_finalize(stmt);
    return same;
}

static bool prepare_kept(struct gv_sqlite *sqlite, sqlite3_stmt **stmt, const char *sql)
{
    return sqlite3_prepare_v3(sqlite->db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL) ==
           SQLITE_OK;
}

static bool configure(struct gv_sqlite *sqlite)
{
    static const char settings[] =
        "PRAGMA page_size=4096;"             /* GV_SQLITE_PAGE_BYTES; counts for a new file only */
        "PRAGMA cache_size=192;"             /* pages, of GV_SQLITE_PAGE_SLOTS */
        "PRAGMA foreign_keys=ON;"            /* off is the engine's default */
        "PRAGMA journal_size_limit=4194304;" /* a WAL that grew in a burst shrinks again */
        "PRAGMA mmap_size=0;"                /* an I/O error must be an error, not a signal */
        "PRAGMA cell_size_check=ON;"         /* find a damaged page before following it */
        "PRAGMA trusted_schema=OFF;";
    _Static_assert(GV_SQLITE_PAGE_BYTES == 4096, "page_size above");
    _Static_assert(GV_SQLITE_PAGE_SLOTS > 192, "cache_size above");

    (void)sqlite3_extended_result_codes(sqlite->db, 1);
    (void)sqlite3_limit(sqlite->db, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
    (void)sqlite3_limit(sqlite->db, SQLITE_LIMIT_ATTACHED, 0);
    return sqlite3_busy_timeout(sqlite->db, BUSY_TIMEOUT_MS) == SQLITE_OK &&
           sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) == SQLITE_OK &&
           sqlite3_exec(sqlite->db, settings, NULL, NULL, NULL) == SQLITE_OK &&
           pragma_gives(sqlite, "PRAGMA journal_mode=WAL", "wal") &&
           sqlite3_exec(sqlite->db, "PRAGMA synchronous=FULL", NULL, NULL, NULL) == SQLITE_OK &&
           pragma_gives(sqlite, "PRAGMA synchronous", "2") &&
           prepare_kept(sqlite, &sqlite->begin, "BEGIN IMMEDIATE") &&
           prepare_kept(sqlite, &sqlite->commit, "COMMIT") &&
           prepare_kept(sqlite, &sqlite->rollback, "ROLLBACK");
}

/* What the engine said last is about the file itself. */
static bool is_damaged(const struct gv_sqlite *sqlite)
{
    const int rc = sqlite->db == NULL ? SQLITE_NOMEM : sqlite3_errcode(sqlite->db) & 0xff;
    return rc == SQLITE_NOTADB || rc == SQLITE_CORRUPT;
}

enum gv_err gv_sqlite_open(struct gv_sqlite *sqlite, const char *path, const char *vfs_name,
                           struct gv_fail *fail)
{
    *sqlite = (struct gv_sqlite){.db = NULL};
    if (gv_view_str(path).n >= GV_SQLITE_PATH_MAX) {
        return gv_fail(fail, GV_ERR_INVALID, "storage.path", "the database path is too long");
    }
    if (vfs_name == NULL) {
        enum gv_err err = create_private(path, fail);
        if (err != GV_OK) {
            return err;
        }
    }
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &sqlite->db, flags, vfs_name) == SQLITE_OK && configure(sqlite)) {
        (void)sqlite3_wal_hook(sqlite->db, on_wal, sqlite);
        return GV_OK;
    }
    (void)gv_fail(fail, GV_ERR_STORAGE, is_damaged(sqlite) ? "storage.damaged" : "storage.open",
                  "cannot use the database %s: %s", path,
                  sqlite->db == NULL ? "out of memory" : sqlite3_errmsg(sqlite->db));
    gv_sqlite_close(sqlite);
    return GV_ERR_STORAGE;
}

enum gv_err gv_sqlite_make_soft(struct gv_sqlite *sqlite, struct gv_fail *fail)
{
    static const char settings[] = "PRAGMA synchronous=NORMAL;"
                                   "PRAGMA cache_size=32;"; /* pages, of GV_SQLITE_PAGE_SLOTS */
    _Static_assert(GV_SQLITE_PAGE_SLOTS >= 192 + 32, "a durable and a soft connection");
    if (sqlite3_exec(sqlite->db, settings, NULL, NULL, NULL) == SQLITE_OK &&
        pragma_gives(sqlite, "PRAGMA synchronous", "1")) {
        return GV_OK;
    }
    return gv_fail(fail, GV_ERR_STORAGE, "storage.soft", "the connection cannot be made soft: %s",
                   sqlite3_errmsg(sqlite->db));
}

enum gv_err gv_sqlite_check(struct gv_sqlite *sqlite, struct gv_fail *fail)
{
    sqlite3_stmt *stmt = NULL;
    bool sound = false;
    int rc = sqlite3_prepare_v2(sqlite->db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
    }
    if (rc == SQLITE_ROW) {
        const unsigned char *text = sqlite3_column_text(stmt, 0);
        sound = text != NULL && strcmp((const char *)text, "ok") == 0;
    }
    const bool damaged = rc == SQLITE_ROW ? !sound : is_damaged(sqlite);
    (void)sqlite3_finalize(stmt);
    if (sound) {
        return GV_OK;
    }
    return gv_fail(fail, GV_ERR_STORAGE, damaged ? "storage.damaged" : "storage.check",
                   "the database is %s (code %d)", damaged ? "damaged" : "not readable", rc);
}

enum gv_err gv_sqlite_set_aside(const char *path, struct gv_fail *fail)
{
    static const char *const logs[] = {"-wal", "-shm"};
    char other[GV_SQLITE_PATH_MAX + 8];
    if (!gv_format(other, sizeof(other), "%s.bad", path)) {
        return gv_fail(fail, GV_ERR_INVALID, "storage.path", "the database path is too long");
    }
    if (rename(path, other) != 0) {
        return gv_fail(fail, GV_ERR_IO, "storage.aside", "cannot set %s aside (errno %d)", path,
                       errno);
    }
    for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
        if (!gv_format(other, sizeof(other), "%s%s", path, logs[i]) ||
            (unlink(other) != 0 && errno != ENOENT)) {
            return gv_fail(fail, GV_ERR_IO, "storage.aside", "cannot remove %s (errno %d)", other,
                           errno);
        }
    }
    return GV_OK;
}

void gv_sqlite_close(struct gv_sqlite *sqlite)
{
    if (sqlite->db == NULL) {
        return;
    }
    if (sqlite->rollback != NULL) {
        op_rollback(sqlite);
    }
    (void)sqlite3_finalize(sqlite->begin);
    (void)sqlite3_finalize(sqlite->commit);
    (void)sqlite3_finalize(sqlite->rollback);
    GV_ASSERT(sqlite3_close(sqlite->db) == SQLITE_OK); /* BUSY: a statement was not finished */
    *sqlite = (struct gv_sqlite){.db = NULL};
}
