/* Power failures below the real engine: a workload over two tables is cut at every sync, before
 * and after it, with several outcomes for what was not synced, and at every write with a full disk.
 * After each: every transaction whose commit answered GV_OK is there with both its halves, and of
 * every other one there is nothing or all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "hal/linux/sqlite_storage.h"
#include "hal/linux/third_party_memory.h"
#include "hal/sim/fault_storage.h"

#include <string.h>

#define TRANSACTIONS 40
#define SEEDS        4
#define BALLAST      3000 /* bytes of each row: a WAL frame or two each, several checkpoints */

struct world {
    struct gv_sqlite sqlite;
    struct gv_storage storage;
    struct gv_stmt put_entry;
    struct gv_stmt put_sum;
    bool acknowledged[TRANSACTIONS + 1];
    uint32_t checks;
};

static bool open_world(struct world *w)
{
    struct gv_fail fail;
    if (gv_sqlite_open(&w->sqlite, "crash.db", GV_FAULT_VFS, &fail) != GV_OK) {
        return false;
    }
    w->storage = gv_sqlite_storage(&w->sqlite);
    return true;
}

static bool create_tables(struct world *w)
{
    /* A short WAL, so that checkpoints (and their syncs of the database) are part of the run. */
    if (gv_storage_exec(&w->storage, "PRAGMA wal_autocheckpoint=20") != GV_OK ||
        gv_storage_begin(&w->storage) != GV_OK) {
        return false;
    }
    if (gv_storage_exec(&w->storage,
                        "CREATE TABLE entry(n INTEGER PRIMARY KEY, ballast BLOB) STRICT;"
                        "CREATE TABLE sum(n INTEGER PRIMARY KEY, total INTEGER) STRICT") != GV_OK) {
        gv_storage_rollback(&w->storage);
        return false;
    }
    return gv_storage_commit(&w->storage) == GV_OK;
}

static bool put(struct world *w, struct gv_stmt *stmt, int64_t n, int64_t v)
{
    bool row = false;
    return gv_storage_reset(&w->storage, stmt) == GV_OK &&
           gv_storage_bind_int(&w->storage, stmt, 1, n) == GV_OK &&
           gv_storage_bind_int(&w->storage, stmt, 2, v) == GV_OK &&
           gv_storage_step(&w->storage, stmt, &row) == GV_OK;
}

/* One transaction: a row here and its running total there. */
static bool transact(struct world *w, int64_t n)
{
    if (gv_storage_begin(&w->storage) != GV_OK) {
        return false;
    }
    if (!put(w, &w->put_entry, n, BALLAST) || !put(w, &w->put_sum, n, n * (n + 1) / 2)) {
        gv_storage_rollback(&w->storage);
        return false;
    }
    return gv_storage_commit(&w->storage) == GV_OK;
}

static void work(void *ctx)
{
    struct world *w = ctx;
    memset(w->acknowledged, 0, sizeof(w->acknowledged));
    if (!open_world(w)) {
        return;
    }
    w->put_entry.handle = NULL;
    w->put_sum.handle = NULL;
    if (create_tables(w) &&
        gv_storage_prepare(&w->storage, &w->put_entry,
                           "INSERT INTO entry VALUES(?, randomblob(?))") == GV_OK &&
        gv_storage_prepare(&w->storage, &w->put_sum, "INSERT INTO sum VALUES(?, ?)") == GV_OK) {
        for (int64_t n = 1; n <= TRANSACTIONS; n++) {
            if (!transact(w, n)) {
                break;
            }
            w->acknowledged[n] = true;
        }
    }
    gv_storage_finish(&w->storage, &w->put_entry);
    gv_storage_finish(&w->storage, &w->put_sum);
    gv_sqlite_close(&w->sqlite);
}

static int64_t ask(struct world *w, const char *sql, int64_t n)
{
    struct gv_stmt stmt;
    bool row = false;
    assert_int_equal(gv_storage_prepare(&w->storage, &stmt, sql), GV_OK);
    assert_int_equal(gv_storage_bind_int(&w->storage, &stmt, 1, n), GV_OK);
    assert_int_equal(gv_storage_step(&w->storage, &stmt, &row), GV_OK);
    assert_true(row);
    int64_t answer = gv_storage_column_int(&w->storage, &stmt, 0);
    gv_storage_finish(&w->storage, &stmt);
    return answer;
}

static void check(void *ctx)
{
    struct world *w = ctx;
    w->checks++;
    assert_true(open_world(w));
    struct gv_stmt stmt;
    bool row = false;
    assert_int_equal(gv_storage_prepare(&w->storage, &stmt, "PRAGMA integrity_check"), GV_OK);
    assert_int_equal(gv_storage_step(&w->storage, &stmt, &row), GV_OK);
    assert_true(gv_view_is(gv_storage_column_text(&w->storage, &stmt, 0), "ok"));
    gv_storage_finish(&w->storage, &stmt);

    bool has_tables = ask(w,
                          "SELECT count(*) FROM sqlite_schema WHERE name IN ('entry','sum')"
                          " AND ?",
                          1) == 2;
    assert_true(has_tables || !w->acknowledged[1]);
    for (int64_t n = 1; n <= TRANSACTIONS && has_tables; n++) {
        int64_t entries = ask(w, "SELECT count(*) FROM entry WHERE n = ?", n);
        int64_t sums =
            ask(w, "SELECT count(*) FROM sum WHERE n = ? AND total = n * (n + 1) / 2", n);
        assert_int_equal(entries, sums);
        if (w->acknowledged[n]) {
            assert_int_equal(entries, 1);
        }
    }
    gv_sqlite_close(&w->sqlite);
}

static void a_crash_at_any_sync_loses_no_acknowledged_transaction(void **state)
{
    static struct world world;
    const struct gv_fault_run run = {.work = work, .check = check, .ctx = &world};
    (void)state;
    uint32_t syncs = gv_fault_each_sync(&run, SEEDS);
    print_message("%u syncs, %u crashes judged\n", syncs, world.checks);
    assert_true(syncs >= TRANSACTIONS); /* every commit is synced ... */
    assert_true(world.checks >= syncs * SEEDS * 2);
    for (size_t n = 1; n <= TRANSACTIONS; n++) { /* ... and the last run was complete */
        assert_true(world.acknowledged[n]);
    }
}

static void a_full_disk_at_any_write_loses_no_acknowledged_transaction(void **state)
{
    static struct world world;
    const struct gv_fault_run run = {.work = work, .check = check, .ctx = &world};
    (void)state;
    uint32_t writes = gv_fault_each_write(&run);
    print_message("%u writes refused\n", writes);
    assert_true(writes > TRANSACTIONS);
}

/* The fake itself must be able to find fault: without syncs the same workload loses data. */
static void without_sync_the_fault_disk_loses_transactions(void **state)
{
    static struct world world;
    (void)state;
    uint32_t lost = 0;
    for (uint64_t seed = 0; seed < 16; seed++) {
        gv_fault_init();
        assert_true(open_world(&world));
        assert_true(create_tables(&world));
        assert_int_equal(gv_storage_exec(&world.storage, "PRAGMA synchronous=OFF"), GV_OK);
        assert_int_equal(gv_storage_exec(&world.storage, "INSERT INTO sum VALUES(1, 1)"), GV_OK);
        /* The power fails with the connection open: it answers nothing but errors from here. */
        gv_fault_crash_at_sync(1, GV_DISK_BEFORE_SYNC);
        assert_int_equal(gv_storage_exec(&world.storage, "PRAGMA synchronous=FULL;"
                                                         "INSERT INTO sum VALUES(2, 3)"),
                         GV_ERR_STORAGE);
        gv_sqlite_close(&world.sqlite);
        gv_fault_restart(seed);
        assert_true(open_world(&world));
        if (ask(&world, "SELECT count(*) FROM sum WHERE n = ?", 1) == 0) {
            lost++;
        }
        gv_sqlite_close(&world.sqlite);
    }
    assert_true(lost > 0);
}

static int setup(void **state)
{
    (void)state;
    gv_memory_init();
    gv_fault_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crash_at_any_sync_loses_no_acknowledged_transaction),
        cmocka_unit_test(a_full_disk_at_any_write_loses_no_acknowledged_transaction),
        cmocka_unit_test(without_sync_the_fault_disk_loses_transactions),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
