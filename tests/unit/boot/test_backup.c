/* Shows: a backup is restored with its data and without its people, and one whose database holds more than data is refused: the
 * rows of this box, its users and keys among them, go into it. A box that came back from a newer release restores what it made before,
 * and since. */
#include "firmware/boot/backup_restore.h"
#include "firmware/boot/backup_shelf.h"
#include "firmware/boot/backup_work.h"

#include "app/store/store.h"
#include "firmware/base/text.h"
#include "hal/linux/clock.h"
#include "hal/linux/entropy.h"
#include "hal/linux/sqlite_storage.h"
#include "hal/linux/third_party_memory.h"

#include "tests/unit/hal/hal_test.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    struct gv_entropy entropy;
    struct gv_clock clock;
    struct gv_seal_key seal_key;
    struct gv_backup_key key;
    char own[PATH_BYTES];
    char foreign[PATH_BYTES];
} world;

static bool go_on(const char *step, uint64_t done, uint64_t all)
{
    (void)step;
    (void)done;
    (void)all;
    return true;
}

static struct gv_backup_box box_in(const char *folder)
{
    return (struct gv_backup_box){.data_dir = folder,
                                  .seal_key = &world.seal_key,
                                  .entropy = &world.entropy,
                                  .clock = &world.clock,
                                  .progress = go_on};
}

static void make_box(char folder[PATH_BYTES])
{
    static struct gv_sqlite sqlite;
    static struct gv_store store;
    struct gv_fail fail;
    make_folder(folder);
    assert_int_equal(gv_shelf_open(folder, &fail), GV_OK);
    assert_int_equal(gv_sqlite_open(&sqlite, in_folder(folder, "gavel.db"), NULL, &fail), GV_OK);
    struct gv_storage storage = gv_sqlite_storage(&sqlite);
    assert_int_equal(gv_store_open(&store, &storage, &world.seal_key, &world.entropy, &fail),
                     GV_OK);
    gv_store_close(&store);
    gv_sqlite_close(&sqlite);
}

static int set_up(void **state)
{
    (void)state;
    gv_memory_init();
    world.entropy = gv_linux_entropy();
    world.clock = gv_linux_clock();
    world.key.rounds = 1;
    gv_entropy_fill(&world.entropy, &world.seal_key, sizeof(world.seal_key));
    gv_entropy_fill(&world.entropy, &world.key.key, sizeof(world.key.key));
    make_box(world.own);
    make_box(world.foreign);
    return 0;
}

static void remove_box(const char *folder)
{
    struct gv_backup rows[GV_BACKUPS_MAX];
    const uint32_t n = gv_shelf_list(folder, rows);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(gv_shelf_remove(folder, rows[i].id, NULL), GV_OK);
    }
    gv_restore_clear(folder, "restore");
    (void)rmdir(in_folder(folder, "backups"));
    (void)unlink(in_folder(folder, "gavel.db"));
    assert_int_equal(rmdir(folder), 0);
}

static int tear_down(void **state)
{
    (void)state;
    remove_box(world.own);
    remove_box(world.foreign);
    return 0;
}

static void run_in(const char *folder, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(in_folder(folder, "gavel.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Change the foreign box's database by this, back it up there, and restore that here. */
static enum gv_err stage(const char *sql, struct gv_fail *fail)
{
    const struct gv_backup_box own = box_in(world.own);
    const struct gv_backup_box foreign = box_in(world.foreign);
    struct gv_backup_request request = {.work = GV_BACKUP_RESTORE};
    char from[GV_FILE_PATH_MAX];
    char to[GV_FILE_PATH_MAX];
    run_in(world.foreign, sql);
    assert_int_equal(gv_backup_make(&foreign, &world.key, 0, request.id, fail), GV_OK);
    assert_true(gv_shelf_path(from, world.foreign, request.id, ".gavel"));
    assert_true(gv_shelf_path(to, world.own, request.id, ".gavel"));
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(gv_backup_try(&own, request.id, &world.key.key, NULL),
                     gv_backup_stage(&own, &request, &world.key.key, fail));
    return fail->err;
}

static void a_backup_of_another_box_is_made_ready(void **state)
{
    (void)state;
    struct gv_fail fail = {.err = GV_OK};
    assert_int_equal(stage("SELECT 1", &fail), GV_OK);
    assert_int_equal(access(in_folder(world.own, "restore/ready"), F_OK), 0);
}

/* Is this text in the file, in a deleted row perhaps? */
static bool holds(const char *path, const char *text)
{
    static char bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t n = fread(bytes, 1, sizeof(bytes), file);
    assert_int_equal(fclose(file), 0);
    assert_true(n < sizeof(bytes));
    bool found = false;
    for (size_t i = 0; i + strlen(text) <= n && !found; i++) {
        found = memcmp(bytes + i, text, strlen(text)) == 0;
    }
    return found;
}

static void people_sessions_and_keys_are_not_in_a_backup(void **state)
{
    (void)state;
    struct gv_fail fail = {.err = GV_OK};
    assert_int_equal(
        stage("INSERT INTO users VALUES('u1','eve',1,0,'canary-of-a-hash',0,0,x'',0,0);"
              "INSERT INTO sessions(id,hash,user_id,address,agent,created_at,last_seen_at)"
              " VALUES('s1',x'00','u1','canary-of-an-address','',0,0)",
              &fail),
        GV_OK);
    assert_true(holds(in_folder(world.foreign, "gavel.db"), "canary-of-a-hash"));
    assert_false(holds(in_folder(world.own, "restore/gavel.db"), "canary-of"));
}

static void a_database_that_would_act_on_our_rows_is_refused(void **state)
{
    (void)state;
    static const char *const tricks[] = {
        "CREATE TRIGGER backdoor AFTER INSERT ON users BEGIN UPDATE users SET role=1; END",
        "CREATE VIEW surplus AS SELECT * FROM users",
        "CREATE TABLE surplus(x)",
        "ALTER TABLE users ADD COLUMN surplus TEXT",
        "DROP TABLE replays; CREATE TABLE replays(x)",
    };
    for (size_t i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
        struct gv_fail fail = {.err = GV_OK};
        assert_int_not_equal(stage(tricks[i], &fail), GV_OK);
        assert_int_not_equal(access(in_folder(world.own, "restore/ready"), F_OK), 0);
        assert_int_equal(tear_down(NULL), 0);
        assert_int_equal(set_up(NULL), 0);
        if (i == 0) {
            assert_string_equal(fail.code, "storage.schema");
        }
    }
}

/* What a newer release could do to a database, by the rule that it only adds. */
#define NEWER                                                                                      \
    "CREATE TABLE auctioneers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"                       \
    "ALTER TABLE users ADD COLUMN nickname TEXT NOT NULL DEFAULT 'none';"                          \
    "INSERT INTO schema_migrations(version) SELECT MAX(version)+1 FROM schema_migrations;"
#define OWNER "INSERT INTO users VALUES('u1','owner',1,0,'hash-of-the-owner',0,0,x'',0,0);"

/* The next start. */
static void restore_and_open(void)
{
    static struct gv_sqlite sqlite;
    static struct gv_store store;
    assert_false(gv_restore_apply(world.own, (struct gv_utc){1}));
    assert_true(holds(in_folder(world.own, "gavel.db"), "hash-of-the-owner"));
    assert_int_equal(access(in_folder(world.own, "previous.db"), F_OK), 0);
    assert_int_equal(gv_sqlite_open(&sqlite, in_folder(world.own, "gavel.db"), NULL, NULL), GV_OK);
    struct gv_storage storage = gv_sqlite_storage(&sqlite);
    assert_int_equal(gv_store_open(&store, &storage, &world.seal_key, &world.entropy, NULL), GV_OK);
    gv_store_close(&store);
    gv_sqlite_close(&sqlite);
    static const char *const left[] = {"previous.db", "restored", "restored.untold"};
    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        assert_int_equal(unlink(in_folder(world.own, left[i])), 0);
    }
}

static void a_backup_from_before_a_newer_release_is_restored_after_the_way_back(void **state)
{
    (void)state;
    struct gv_fail fail = {.err = GV_OK};
    run_in(world.own, OWNER NEWER);
    assert_int_equal(stage("SELECT 1", &fail), GV_OK);
    assert_int_not_equal(access(in_folder(world.own, "schema"), F_OK), 0);
    restore_and_open();
    assert_false(holds(in_folder(world.own, "gavel.db"), "auctioneers"));
}

static void a_backup_of_the_newer_tables_is_restored_where_they_are(void **state)
{
    (void)state;
    struct gv_fail fail = {.err = GV_OK};
    run_in(world.own, OWNER NEWER "UPDATE users SET nickname='of-the-newer-release'");
    assert_int_equal(stage(NEWER, &fail), GV_OK);
    restore_and_open();
    assert_true(holds(in_folder(world.own, "gavel.db"), "of-the-newer-release"));
}

static void after_the_way_back_a_database_that_would_act_is_refused_as_well(void **state)
{
    (void)state;
    struct gv_fail fail = {.err = GV_OK};
    run_in(world.own, NEWER);
    assert_int_equal(stage("CREATE TRIGGER backdoor AFTER INSERT ON users"
                           " BEGIN UPDATE users SET role=1; END",
                           &fail),
                     GV_ERR_INVALID);
    assert_string_equal(fail.code, "storage.schema");
    assert_int_not_equal(access(in_folder(world.own, "schema"), F_OK), 0);
}

static void newer_tables_that_the_box_does_not_have_are_refused(void **state)
{
    (void)state;
    struct gv_fail fail = {.err = GV_OK};
    assert_int_equal(stage(NEWER, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "storage.schema");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_backup_of_another_box_is_made_ready),
        CASE(people_sessions_and_keys_are_not_in_a_backup),
        CASE(a_database_that_would_act_on_our_rows_is_refused),
        CASE(a_backup_from_before_a_newer_release_is_restored_after_the_way_back),
        CASE(a_backup_of_the_newer_tables_is_restored_where_they_are),
        CASE(after_the_way_back_a_database_that_would_act_is_refused_as_well),
        CASE(newer_tables_that_the_box_does_not_have_are_refused),
    };
    return cmocka_run_group_tests_name("backup", tests, NULL, NULL);
}
