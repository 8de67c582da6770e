/* Shows: a box with a database of 200 MB is backed up and tried while it goes on working: a commit succeeds at every
 * step of the copy, the write-ahead log holds what was written meanwhile and shrinks again, and memory stays that of
 * a small box. */
#include "firmware/boot/backup_restore.h"
#include "firmware/boot/backup_shelf.h"
#include "firmware/boot/backup_work.h"

#include "app/store/store.h"
#include "firmware/base/text.h"
#include "hal/linux/clock.h"
#include "hal/linux/entropy.h"
#include "hal/linux/memory_stats.h"
#include "hal/linux/sqlite_storage.h"
#include "hal/linux/third_party_memory.h"

#include "tests/unit/hal/hal_test.h"

#include <sys/stat.h>
#include <unistd.h>

#define MB          (UINT64_C(1024) * 1024)
#define DATABASE_MB 200u
/* What a row of 100 kB needs more than its text, generously. */
#define ROWS      (DATABASE_MB * 11u)
#define MEMORY_MB 16u
/* The setting journal_size_limit of the storage, and a page for each commit of the test since. */
#define LOG_LIMIT    (5u * MB)
#define COMMIT_PAGES 8u

static struct {
    char folder[PATH_BYTES];
    struct gv_entropy entropy;
    struct gv_clock clock;
    struct gv_seal_key seal_key;
    struct gv_backup_key key;
    struct gv_sqlite sqlite;
    struct gv_storage storage;
    unsigned commits; /* during the copy */
    uint64_t log_max;
} world;

static uint64_t size_of(const char *name)
{
    struct stat info;
    return stat(in_folder(world.folder, name), &info) == 0 ? (uint64_t)info.st_size : 0;
}

/* As the engine would: one transaction, durable when it returns, and then a moment for the log. */
static void commit_one(void)
{
    char sql[128];
    assert_true(
        gv_format(sql, sizeof(sql), "INSERT INTO box VALUES ('during.%u', 'x')", world.commits));
    assert_int_equal(gv_storage_begin(&world.storage), GV_OK);
    assert_int_equal(gv_storage_exec(&world.storage, sql), GV_OK);
    assert_int_equal(gv_storage_commit(&world.storage), GV_OK);
    gv_storage_settle(&world.storage);
    world.commits++;
}

static bool work_on(const char *step, uint64_t done, uint64_t all)
{
    (void)done;
    (void)all;
    if (strcmp(step, "copy") == 0) {
        commit_one();
        const uint64_t log = size_of("gavel.db-wal");
        world.log_max = log > world.log_max ? log : world.log_max;
    }
    return true;
}

/* Rows of a table that is only read, and all the answers to repeated requests that a box ever keeps. */
static void fill(void)
{
    char sql[512];
    assert_true(
        gv_format(sql, sizeof(sql),
                  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<%u) "
                  "INSERT INTO oa_event SELECT i, i, 'made', hex(randomblob(50000)), x'00', "
                  "x'00' FROM n",
                  ROWS));
    assert_int_equal(gv_storage_begin(&world.storage), GV_OK);
    assert_int_equal(gv_storage_exec(&world.storage, sql), GV_OK);
    assert_int_equal(gv_storage_commit(&world.storage), GV_OK);
    assert_true(
        gv_format(sql, sizeof(sql),
                  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<%u) "
                  "INSERT INTO replays SELECT randomblob(32), randomblob(32), i, 201, '', "
                  "randomblob(6000) FROM n",
                  GV_REPLAYS_MAX));
    assert_int_equal(gv_storage_begin(&world.storage), GV_OK);
    assert_int_equal(gv_storage_exec(&world.storage, sql), GV_OK);
    assert_int_equal(gv_storage_commit(&world.storage), GV_OK);
}

static int set_up(void **state)
{
    static struct gv_store store;
    (void)state;
    gv_memory_init();
    world.entropy = gv_linux_entropy();
    world.clock = gv_linux_clock();
    world.key.rounds = 1;
    gv_entropy_fill(&world.entropy, &world.seal_key, sizeof(world.seal_key));
    gv_entropy_fill(&world.entropy, &world.key.key, sizeof(world.key.key));
    make_folder(world.folder);
    assert_int_equal(gv_shelf_open(world.folder, NULL), GV_OK);
    assert_int_equal(gv_sqlite_open(&world.sqlite, in_folder(world.folder, "gavel.db"), NULL, NULL),
                     GV_OK);
    world.storage = gv_sqlite_storage(&world.sqlite);
    assert_int_equal(gv_store_open(&store, &world.storage, &world.seal_key, &world.entropy, NULL),
                     GV_OK);
    gv_store_close(&store);
    fill();
    return 0;
}

static int tear_down(void **state)
{
    struct gv_backup rows[GV_BACKUPS_MAX];
    (void)state;
    gv_sqlite_close(&world.sqlite);
    const uint32_t n = gv_shelf_list(world.folder, rows);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(gv_shelf_remove(world.folder, rows[i].id, NULL), GV_OK);
    }
    gv_restore_clear(world.folder, "trial");
    (void)unlink(in_folder(world.folder, "gavel.db"));
    (void)rmdir(in_folder(world.folder, "backups"));
    assert_int_equal(rmdir(world.folder), 0);
    return 0;
}

static void a_large_box_is_backed_up_while_it_works(void **state)
{
    (void)state;
    const struct gv_backup_box box = {.data_dir = world.folder,
                                      .seal_key = &world.seal_key,
                                      .entropy = &world.entropy,
                                      .clock = &world.clock,
                                      .progress = work_on};
    struct gv_fail fail = {.err = GV_OK};
    char id[GV_BACKUP_ID_MAX];
    for (unsigned i = 0; i < 10; i++) {
        commit_one(); /* and the log of the filling is done with */
    }
    world.commits = 10;
    assert_true(size_of("gavel.db") > DATABASE_MB * MB);
    const uint64_t before = gv_resident_bytes();
    const enum gv_err made = gv_backup_make(&box, &world.key, 0, id, &fail);
    assert_string_equal(fail.text, "");
    assert_int_equal(made, GV_OK);
    assert_true(world.commits > DATABASE_MB);
    assert_true(world.log_max <= LOG_LIMIT + (uint64_t)world.commits * COMMIT_PAGES * 4096u);
    assert_int_equal(gv_backup_try(&box, id, &world.key.key, &fail), GV_OK);
    assert_true(gv_resident_bytes() - before < MEMORY_MB * MB || gv_resident_bytes() <= before);
    for (unsigned i = 0; i < 10; i++) {
        commit_one();
    }
    assert_true(size_of("gavel.db-wal") <= LOG_LIMIT);
    printf("%u commits during the copy, log at most %u kB, then %u kB\n", world.commits,
           (unsigned)(world.log_max / 1024u), (unsigned)(size_of("gavel.db-wal") / 1024u));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_large_box_is_backed_up_while_it_works, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
