/* The storage contract, statement by statement, on two implementations: SQLite on the file system
 * and SQLite on the simulator's disk. What passes here may be relied on by app/store. */
#include "tests/unit/hal/hal_test.h"

#include "firmware/base/text.h"
#include "hal/linux/sqlite_storage.h"
#include "hal/linux/third_party_memory.h"
#include "hal/sim/fault_storage.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

struct world {
    const char *vfs; /* NULL: the file system */
    char folder[PATH_BYTES];
    char path[2 * PATH_BYTES];
    struct gv_sqlite sqlite;
    struct gv_storage storage;
};

static void reopen(struct world *w)
{
    struct gv_fail fail;
    gv_sqlite_close(&w->sqlite);
    assert_int_equal(gv_sqlite_open(&w->sqlite, w->path, w->vfs, &fail), GV_OK);
    w->storage = gv_sqlite_storage(&w->sqlite);
}

static int setup(void **state, const char *vfs)
{
    static struct world world;
    world = (struct world){.vfs = vfs};
    gv_memory_init();
    if (vfs == NULL) {
        make_folder(world.folder);
        (void)snprintf(world.path, sizeof(world.path), "%s/t.db", world.folder);
    } else {
        gv_fault_init();
        (void)snprintf(world.path, sizeof(world.path), "t.db");
    }
    reopen(&world);
    assert_int_equal(gv_storage_exec(&world.storage,
                                     "CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b TEXT,"
                                     " c BLOB);"
                                     "CREATE TABLE child(t INTEGER REFERENCES t(id));"
                                     "CREATE UNIQUE INDEX t_b ON t(b)"),
                     GV_OK);
    *state = &world;
    return 0;
}

static int setup_file(void **state)
{
    return setup(state, NULL);
}

static int setup_fault(void **state)
{
    return setup(state, GV_FAULT_VFS);
}

static int teardown(void **state)
{
    struct world *w = *state;
    gv_sqlite_close(&w->sqlite);
    if (w->vfs == NULL) {
        (void)unlink(w->path);
        assert_int_equal(rmdir(w->folder), 0); /* closing left neither WAL nor index behind */
    }
    return 0;
}

static int64_t count(struct world *w)
{
    struct gv_stmt stmt;
    bool row = false;
    assert_int_equal(gv_storage_prepare(&w->storage, &stmt, "SELECT count(*) FROM t"), GV_OK);
    assert_int_equal(gv_storage_step(&w->storage, &stmt, &row), GV_OK);
    assert_true(row);
    int64_t n = gv_storage_column_int(&w->storage, &stmt, 0);
    gv_storage_finish(&w->storage, &stmt);
    return n;
}

static enum gv_err insert(struct world *w, int64_t id, const char *b)
{
    struct gv_stmt stmt;
    bool row = true;
    assert_int_equal(gv_storage_prepare(&w->storage, &stmt, "INSERT INTO t(id, b) VALUES(?, ?)"),
                     GV_OK);
    assert_int_equal(gv_storage_bind_int(&w->storage, &stmt, 1, id), GV_OK);
    assert_int_equal(gv_storage_bind_text(&w->storage, &stmt, 2, gv_view_str(b)), GV_OK);
    enum gv_err err = gv_storage_step(&w->storage, &stmt, &row);
    assert_false(row);
    gv_storage_finish(&w->storage, &stmt);
    assert_null(stmt.handle);
    return err;
}

static void values_come_back_as_they_were_bound(void **state)
{
    struct world *w = *state;
    struct gv_storage *s = &w->storage;
    static const uint8_t bytes[] = {0, 1, 0xff, 0};
    struct gv_stmt put;
    struct gv_stmt get;
    bool row = false;
    assert_int_equal(gv_storage_prepare(s, &put, "INSERT INTO t(a, b, c) VALUES(?, ?, ?)"), GV_OK);
    assert_int_equal(gv_storage_bind_int(s, &put, 1, INT64_MIN), GV_OK);
    assert_int_equal(gv_storage_bind_text(s, &put, 2, gv_view_str("é\"'")), GV_OK);
    assert_int_equal(gv_storage_bind_blob(s, &put, 3, gv_view_of(bytes, sizeof(bytes))), GV_OK);
    assert_int_equal(gv_storage_step(s, &put, &row), GV_OK);

    /* empty is not null, which is what is not bound */
    assert_int_equal(gv_storage_reset(s, &put), GV_OK);
    assert_int_equal(gv_storage_bind_text(s, &put, 2, gv_view_of(NULL, 0)), GV_OK);
    assert_int_equal(gv_storage_bind_blob(s, &put, 3, gv_view_of(NULL, 0)), GV_OK);
    assert_int_equal(gv_storage_step(s, &put, &row), GV_OK);
    gv_storage_finish(s, &put);

    assert_int_equal(
        gv_storage_prepare(s, &get,
                           "SELECT a, b, c, a IS NULL, b IS NULL, c IS NULL FROM t ORDER BY id;\n"),
        GV_OK);
    assert_int_equal(gv_storage_step(s, &get, &row), GV_OK);
    assert_true(row);
    assert_int_equal(gv_storage_column_int(s, &get, 0), INT64_MIN);
    assert_true(gv_view_is(gv_storage_column_text(s, &get, 1), "é\"'"));
    assert_true(
        gv_view_equal(gv_storage_column_blob(s, &get, 2), gv_view_of(bytes, sizeof(bytes))));
    assert_int_equal(gv_storage_step(s, &get, &row), GV_OK);
    assert_true(row);
    assert_int_equal(gv_storage_column_int(s, &get, 3), 1);
    assert_int_equal(gv_storage_column_int(s, &get, 4), 0);
    assert_int_equal(gv_storage_column_int(s, &get, 5), 0);
    assert_int_equal(gv_storage_column_text(s, &get, 1).n, 0);
    assert_int_equal(gv_storage_column_blob(s, &get, 2).n, 0);
    assert_int_equal(gv_storage_step(s, &get, &row), GV_OK);
    assert_false(row);
    gv_storage_finish(s, &get);
    gv_storage_finish(s, &get); /* a finished one is allowed */
}

static void reset_clears_the_parameters(void **state)
{
    struct world *w = *state;
    struct gv_stmt stmt;
    bool row = false;
    assert_int_equal(gv_storage_prepare(&w->storage, &stmt, "SELECT ?1, ?1 IS NULL"), GV_OK);
    assert_int_equal(gv_storage_bind_int(&w->storage, &stmt, 1, 7), GV_OK);
    assert_int_equal(gv_storage_step(&w->storage, &stmt, &row), GV_OK);
    assert_int_equal(gv_storage_column_int(&w->storage, &stmt, 0), 7);
    assert_int_equal(gv_storage_reset(&w->storage, &stmt), GV_OK);
    assert_int_equal(gv_storage_step(&w->storage, &stmt, &row), GV_OK);
    assert_int_equal(gv_storage_column_int(&w->storage, &stmt, 1), 1);
    gv_storage_finish(&w->storage, &stmt);
}

static void commit_keeps_and_rollback_forgets(void **state)
{
    struct world *w = *state;
    gv_storage_rollback(&w->storage); /* allowed outside a transaction */
    assert_int_equal(gv_storage_begin(&w->storage), GV_OK);
    assert_int_equal(insert(w, 1, "kept"), GV_OK);
    assert_int_equal(gv_storage_commit(&w->storage), GV_OK);
    assert_int_equal(gv_storage_begin(&w->storage), GV_OK);
    assert_int_equal(insert(w, 2, "forgotten"), GV_OK);
    gv_storage_rollback(&w->storage);
    assert_int_equal(count(w), 1);

    assert_int_equal(gv_storage_begin(&w->storage), GV_OK);
    assert_int_equal(insert(w, 3, "open at the end"), GV_OK);
    reopen(w);
    assert_int_equal(count(w), 1);
}

static void a_broken_constraint_is_a_conflict_and_leaves_the_transaction(void **state)
{
    struct world *w = *state;
    assert_int_equal(gv_storage_begin(&w->storage), GV_OK);
    assert_int_equal(insert(w, 1, "x"), GV_OK);
    assert_int_equal(insert(w, 1, "y"), GV_ERR_CONFLICT); /* primary key */
    assert_int_equal(insert(w, 2, "x"), GV_ERR_CONFLICT); /* unique index */
    assert_int_equal(insert(w, 2, "y"), GV_OK);
    assert_int_equal(gv_storage_commit(&w->storage), GV_OK);
    assert_int_equal(count(w), 2);
}

static void foreign_keys_are_on(void **state)
{
    struct world *w = *state;
    assert_int_equal(gv_storage_exec(&w->storage, "INSERT INTO child VALUES(99)"), GV_ERR_CONFLICT);
}

static void wrong_sql_is_refused(void **state)
{
    struct world *w = *state;
    struct gv_stmt stmt;
    assert_int_equal(gv_storage_prepare(&w->storage, &stmt, "SELECT nothing FROM nowhere"),
                     GV_ERR_STORAGE);
    assert_null(stmt.handle);
    assert_int_equal(gv_storage_exec(&w->storage, "NOT SQL"), GV_ERR_STORAGE);
    /* double quotes are names, never strings */
    assert_int_equal(gv_storage_prepare(&w->storage, &stmt, "SELECT \"text\""), GV_ERR_STORAGE);
}

static void binding_outside_the_parameters_is_refused(void **state)
{
    struct world *w = *state;
    struct gv_stmt stmt;
    assert_int_equal(gv_storage_prepare(&w->storage, &stmt, "SELECT ?"), GV_OK);
    assert_int_equal(gv_storage_bind_int(&w->storage, &stmt, 0, 1), GV_ERR_STORAGE);
    assert_int_equal(gv_storage_bind_int(&w->storage, &stmt, 2, 1), GV_ERR_STORAGE);
    gv_storage_finish(&w->storage, &stmt);
}

static void a_value_over_a_megabyte_is_refused(void **state)
{
    static uint8_t big[1024 * 1024 + 1];
    struct world *w = *state;
    struct gv_stmt stmt;
    assert_int_equal(gv_storage_prepare(&w->storage, &stmt, "INSERT INTO t(c) VALUES(?)"), GV_OK);
    assert_int_equal(gv_storage_bind_blob(&w->storage, &stmt, 1, gv_view_of(big, sizeof(big))),
                     GV_ERR_STORAGE);
    gv_storage_finish(&w->storage, &stmt);
}

static void settings_are_the_durable_ones(void **state)
{
    static const struct {
        const char *pragma;
        const char *value;
    } expected[] = {
        {"PRAGMA journal_mode", "wal"},  {"PRAGMA synchronous", "2"},
        {"PRAGMA foreign_keys", "1"},    {"PRAGMA page_size", "4096"},
        {"PRAGMA busy_timeout", "5000"}, {"PRAGMA journal_size_limit", "4194304"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        struct gv_stmt stmt;
        bool row = false;
        assert_int_equal(gv_storage_prepare(&w->storage, &stmt, expected[i].pragma), GV_OK);
        assert_int_equal(gv_storage_step(&w->storage, &stmt, &row), GV_OK);
        assert_true(row);
        assert_true(gv_view_is(gv_storage_column_text(&w->storage, &stmt, 0), expected[i].value));
        gv_storage_finish(&w->storage, &stmt);
    }
}

static void many_rows_survive_checkpoints_and_reopening(void **state)
{
    struct world *w = *state;
    char text[600];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (int64_t batch = 0; batch < 40; batch++) {
        assert_int_equal(gv_storage_begin(&w->storage), GV_OK);
        for (int64_t i = 0; i < 200; i++) {
            (void)snprintf(text, 16, "%08ld", (long)(batch * 200 + i));
            text[8] = 'x';
            assert_int_equal(insert(w, batch * 200 + i, text), GV_OK);
        }
        assert_int_equal(gv_storage_commit(&w->storage), GV_OK);
    }
    reopen(w);
    assert_int_equal(count(w), 8000);
    struct gv_heap_stats stats = gv_memory_sqlite();
    assert_true(stats.high_water <= stats.capacity);
    assert_true(stats.in_use > 0);
}

static int64_t bytes_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return (int64_t)st.st_size;
}

/* Rows of a page each, one commit. */
static void commit_pages(struct world *w, int64_t first, int64_t n)
{
    char text[3800];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(gv_storage_begin(&w->storage), GV_OK);
    for (int64_t i = first; i < first + n; i++) {
        (void)snprintf(text, 24, "%08ld", (long)i);
        text[8] = 'x';
        assert_int_equal(insert(w, i, text), GV_OK);
    }
    assert_int_equal(gv_storage_commit(&w->storage), GV_OK);
}

static void commits_leave_the_log_to_a_good_moment_but_not_for_ever(void **state)
{
    struct world *w = *state;
    const int64_t before = bytes_of(w->path);
    for (int64_t i = 0; i < 16; i++) {
        commit_pages(w, i * 100, 100); /* two frames a row, with the index */
    }
    assert_int_equal(bytes_of(w->path), before); /* no commit waited for more than its own sync */
    gv_storage_settle(&w->storage);
    const int64_t settled = bytes_of(w->path);
    assert_true(settled > before + INT64_C(1600) * 4096);
    commit_pages(w, 1600, 10);
    gv_storage_settle(&w->storage);
    assert_int_equal(bytes_of(w->path), settled); /* too little to be worth a write */
    for (int64_t i = 0; i < 100; i++) {
        commit_pages(w, 2000 + i * 100, 100);
    }
    assert_true(bytes_of(w->path) > settled); /* nobody ever called: a commit does it */
    assert_int_equal(count(w), 11610);
}

static void an_exhausted_arena_is_an_error_and_not_the_end(void **state)
{
    struct world *w = *state;
    assert_int_equal(insert(w, 1, "before"), GV_OK);
    /* A temporary table lives in memory: eight megabytes of it do not fit. */
    assert_int_equal(gv_storage_exec(&w->storage,
                                     "CREATE TEMP TABLE big AS WITH RECURSIVE n(i) AS (SELECT 1"
                                     " UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
                                     " SELECT randomblob(4000) AS b FROM n"),
                     GV_ERR_STORAGE);
    assert_int_equal(insert(w, 2, "after"), GV_OK);
    assert_int_equal(count(w), 2);
    struct gv_heap_stats stats = gv_memory_sqlite();
    assert_true(stats.high_water <= stats.capacity);
    assert_true(stats.refused > 0); /* more pages than slots */
}

/* Only with the simulator's disk: the engine ends the transaction when the disk is full. */
static void after_a_failed_write_nothing_is_committed_alone(void **state)
{
    struct world *w = *state;
    bool ended = false;
    for (uint32_t n = 1; n <= 12; n++) {
        assert_int_equal(gv_storage_begin(&w->storage), GV_OK);
        gv_fault_refuse_write(n);
        /* Large enough to spill the cache into the WAL in the middle of the transaction. */
        enum gv_err filled = gv_storage_exec(
            &w->storage, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                         " WHERE i < 400) INSERT INTO t(c) SELECT zeroblob(4000) FROM n");
        if (filled == GV_ERR_STORAGE && sqlite3_get_autocommit(w->sqlite.db) != 0) {
            ended = true;
            assert_int_equal(gv_storage_exec(&w->storage, "INSERT INTO t(b) VALUES('alone')"),
                             GV_ERR_STORAGE);
            assert_int_equal(gv_storage_commit(&w->storage), GV_ERR_STORAGE);
        } else {
            gv_storage_rollback(&w->storage);
        }
        gv_fault_refuse_write(0);
        assert_int_equal(count(w), 0);
    }
    assert_true(ended);
}

/* Only with the file system. */
static void the_files_are_private(void **state)
{
    struct world *w = *state;
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char path[3 * PATH_BYTES];
        struct stat info;
        (void)snprintf(path, sizeof(path), "%s%s", w->path, suffixes[i]);
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
}

static void two_connections_wait_for_each_other(void **state)
{
    struct world *w = *state;
    struct world other = {.vfs = NULL};
    struct gv_fail fail;
    assert_int_equal(gv_sqlite_open(&other.sqlite, w->path, NULL, &fail), GV_OK);
    other.storage = gv_sqlite_storage(&other.sqlite);
    assert_int_equal(gv_storage_begin(&w->storage), GV_OK);
    assert_int_equal(insert(w, 1, "x"), GV_OK);
    assert_int_equal(count(&other), 0); /* a reader sees the last commit meanwhile */
    assert_int_equal(gv_storage_commit(&w->storage), GV_OK);
    assert_int_equal(count(&other), 1);
    gv_sqlite_close(&other.sqlite);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    struct world *w = *state;
    struct gv_sqlite other;
    struct gv_fail fail;
    const char *path = in_folder(w->folder, "junk.db");
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    char junk[8192];
    memset(junk, 'j', sizeof(junk));
    assert_int_equal(write(fd, junk, sizeof(junk)), sizeof(junk));
    assert_int_equal(close(fd), 0);
    assert_int_equal(gv_sqlite_open(&other, path, NULL, &fail), GV_ERR_STORAGE);
    assert_string_equal(fail.code, "storage.damaged");
    assert_null(other.db);
    gv_sqlite_close(&other); /* a closed one is allowed */
    assert_int_equal(unlink(path), 0);
}

static void a_path_that_cannot_be_opened_is_refused(void **state)
{
    char path[GV_SQLITE_PATH_MAX + 1];
    struct gv_sqlite sqlite;
    struct gv_fail fail;
    (void)state;
    gv_memory_init();
    memset(path, 'a', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(gv_sqlite_open(&sqlite, path, NULL, &fail), GV_ERR_INVALID);
    assert_int_equal(gv_sqlite_open(&sqlite, "/nowhere/at/all.db", NULL, &fail), GV_ERR_IO);
}

#define ON_BOTH(test)                                                                              \
    cmocka_unit_test_setup_teardown(test, setup_file, teardown),                                   \
    {                                                                                              \
#test "_on_fault_disk", test, setup_fault, teardown, NULL                                  \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(values_come_back_as_they_were_bound),
        ON_BOTH(reset_clears_the_parameters),
        ON_BOTH(commit_keeps_and_rollback_forgets),
        ON_BOTH(a_broken_constraint_is_a_conflict_and_leaves_the_transaction),
        ON_BOTH(foreign_keys_are_on),
        ON_BOTH(wrong_sql_is_refused),
        ON_BOTH(binding_outside_the_parameters_is_refused),
        ON_BOTH(a_value_over_a_megabyte_is_refused),
        ON_BOTH(settings_are_the_durable_ones),
        ON_BOTH(an_exhausted_arena_is_an_error_and_not_the_end),
        ON_BOTH(many_rows_survive_checkpoints_and_reopening),
        cmocka_unit_test_setup_teardown(commits_leave_the_log_to_a_good_moment_but_not_for_ever,
                                        setup_file, teardown),
        cmocka_unit_test_setup_teardown(after_a_failed_write_nothing_is_committed_alone,
                                        setup_fault, teardown),
        cmocka_unit_test_setup_teardown(the_files_are_private, setup_file, teardown),
        cmocka_unit_test_setup_teardown(two_connections_wait_for_each_other, setup_file, teardown),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_database_is_refused, setup_file,
                                        teardown),
        cmocka_unit_test(a_path_that_cannot_be_opened_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
