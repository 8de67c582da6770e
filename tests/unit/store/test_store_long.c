/* Shows that tables which are never cut may be longer than the fixed heap when a release brings its indexes: on a file
 * system, as on a box. */
#include "app/store/sql.h"
#include "app/store/store.h"
#include "firmware/base/text.h"
#include "hal/linux/sqlite_storage.h"
#include "hal/linux/third_party_memory.h"
#include "hal/sim/entropy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/gavel-long-XXXXXX";
static char path[64];
static struct gv_sqlite sqlite;
static struct gv_storage storage;
static struct gv_store store;
static struct gv_seal_key key;
static struct gv_sim_random numbers;
static struct gv_entropy entropy;

static int make_folder(void **state)
{
    (void)state;
    gv_memory_init();
    numbers = gv_sim_random_of(1);
    entropy = gv_sim_entropy(&numbers);
    assert_non_null(mkdtemp(folder));
    gv_format_cut(path, sizeof(path), "%s/gavel.db", folder);
    return 0;
}

static int remove_folder(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char file[80];
        gv_format_cut(file, sizeof(file), "%s%s", path, ends[i]);
        (void)unlink(file);
    }
    return rmdir(folder);
}

static void open_store(void)
{
    assert_int_equal(gv_sqlite_open(&sqlite, path, NULL, NULL), GV_OK);
    storage = gv_sqlite_storage(&sqlite);
    assert_int_equal(gv_store_open(&store, &storage, &key, &entropy, NULL), GV_OK);
}

static void close_store(void)
{
    gv_store_close(&store);
    gv_sqlite_close(&sqlite);
}

static void run(const char *sql)
{
    assert_int_equal(gv_storage_exec(&storage, sql), GV_OK);
}

/* Six days of somebody who guesses passwords. */
static void a_long_audit_log_gets_its_indexes_within_the_fixed_heap(void **state)
{
    (void)state;
    open_store();
    run("DROP INDEX audit_by_subject");
    run("DROP INDEX audit_by_kind");
    run("DELETE FROM schema_migrations WHERE version > 9");
    run("WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
        "INSERT INTO audit (id, at, kind, subject, detail, prev_hash, hash) "
        "SELECT i, i, 'login.failed', 'address:203.0.113.7', 'count=5', zeroblob(32), zeroblob(32) "
        "FROM n");
    close_store();

    open_store();
    run("SELECT 1 FROM audit INDEXED BY audit_by_kind WHERE kind = 'login.failed'");
    run("SELECT 1 FROM audit INDEXED BY audit_by_subject WHERE subject = 'address:203.0.113.7'");
    close_store();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_audit_log_gets_its_indexes_within_the_fixed_heap),
    };
    return cmocka_run_group_tests_name("store_long", tests, make_folder, remove_folder);
}
