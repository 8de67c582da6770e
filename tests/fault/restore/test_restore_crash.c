/* A restore that loses power at any moment: while it is staged, and while it is done at the next start. Before
 * every change of a file or folder the process ends, and what was not durable is taken back in four ways. The start
 * after that leaves the old box or the new one, whole, with this box's own rows and nothing half-done beside it; the
 * new one for certain once the order stood. Calls that change files are counted below SQLite (fault_files.h). */
#include "firmware/boot/backup_restore.h"
#include "firmware/boot/backup_shelf.h"
#include "firmware/boot/backup_work.h"

#include "app/store/store.h"
#include "firmware/base/text.h"
#include "hal/linux/clock.h"
#include "hal/linux/entropy.h"
#include "hal/linux/sqlite_storage.h"
#include "hal/linux/third_party_memory.h"

#include "tests/fault/restore/fault_files.h"
#include "tests/unit/hal/hal_test.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#define OLD         1
#define NEW         2
#define EVENTS_MAX  2000u
#define MINE        "INSERT INTO box (name, value) VALUES ('marker', 'mine')"
#define SAME_AS_NEW "SELECT 1"

static struct {
    struct gv_entropy entropy;
    struct gv_clock clock;
    struct gv_seal_key seal_key;
    struct gv_backup_key key;
    struct gv_backup_request request;
    char folder[PATH_BYTES];
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

/* world.folder/name/file; "" for no file. In a static buffer that the next call but seven overwrites. */
static const char *in(const char *name, const char *file)
{
    static char paths[8][2 * PATH_BYTES];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    gv_format_cut(path, sizeof(paths[0]), "%s/%s%s%s", world.folder, name,
                  file[0] != '\0' ? "/" : "", file);
    return path;
}

static const char *at(const char *name)
{
    return in(name, "");
}

static void shell(const char *what, const char *a, const char *b)
{
    char command[6 * PATH_BYTES];
    gv_format_cut(command, sizeof(command), "%s %s %s", what, a, b);
    assert_int_equal(system(command), 0);
}

static int64_t ask(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    const int64_t value = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : -1;
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return value;
}

static void make_box(const char *folder, int version)
{
    static struct gv_sqlite sqlite;
    static struct gv_store store;
    struct gv_fail fail;
    char path[2 * PATH_BYTES];
    char sql[64];
    gv_format_cut(path, sizeof(path), "%s/gavel.db", folder);
    shell("mkdir -p", folder, "");
    assert_int_equal(gv_shelf_open(folder, &fail), GV_OK);
    assert_int_equal(gv_sqlite_open(&sqlite, path, NULL, &fail), GV_OK);
    struct gv_storage storage = gv_sqlite_storage(&sqlite);
    assert_int_equal(gv_store_open(&store, &storage, &world.seal_key, &world.entropy, &fail),
                     GV_OK);
    gv_format_cut(sql, sizeof(sql), "PRAGMA user_version=%d", version);
    assert_int_equal(gv_storage_exec(&storage, sql), GV_OK);
    assert_int_equal(gv_storage_exec(&storage, version == OLD ? MINE : SAME_AS_NEW), GV_OK);
    gv_store_close(&store);
    gv_sqlite_close(&sqlite);
}

/* OLD with the backup of NEW on its shelf, as "begin"; and the same with the restore staged, as "staged". */
static int set_up(void **state)
{
    (void)state;
    struct gv_fail fail = {.err = GV_OK};
    char from[GV_FILE_PATH_MAX];
    gv_memory_init();
    world.entropy = gv_linux_entropy();
    world.clock = gv_linux_clock();
    world.key.rounds = 1;
    world.request = (struct gv_backup_request){.work = GV_BACKUP_RESTORE,
                                               .actor = {.who = "user:alice", .route = "restore"}};
    gv_entropy_fill(&world.entropy, &world.seal_key, sizeof(world.seal_key));
    gv_entropy_fill(&world.entropy, &world.key.key, sizeof(world.key.key));
    make_folder(world.folder);
    make_box(at("begin"), OLD);
    make_box(at("other"), NEW);
    const struct gv_backup_box other = box_in(at("other"));
    assert_int_equal(gv_backup_make(&other, &world.key, 0, world.request.id, &fail), GV_OK);
    assert_true(gv_shelf_path(from, at("other"), world.request.id, ".gavel"));
    shell("cp", from, in("begin", "backups/"));
    shell("cp -a", at("begin"), at("staged"));
    const struct gv_backup_box staged = box_in(at("staged"));
    assert_int_equal(gv_backup_stage(&staged, &world.request, &world.key.key, &fail), GV_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    shell("rm -rf", world.folder, "");
    return 0;
}

static void stage(void)
{
    struct gv_fail fail = {.err = GV_OK};
    const struct gv_backup_box box = box_in(at("box"));
    _exit(gv_backup_stage(&box, &world.request, &world.key.key, &fail) == GV_OK ? 0 : 1);
}

static void start(void)
{
    (void)!gv_restore_apply(at("box"), (struct gv_utc){1780000000});
    _exit(0);
}

/* Returns: its exit status. at_event 0: nothing happens to it. */
static int run_child(void (*body)(void), unsigned at_event, enum fault_loss loss)
{
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (at_event > 0) {
            fault_files_arm(at_event, loss, at("grave"));
        }
        body();
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool is_there(const char *name)
{
    return access(in("box", name), F_OK) == 0;
}

/* The start after the crash, and what it leaves. Returns: OLD or NEW. */
static int64_t start_again(void)
{
    char id[GV_BACKUP_ID_MAX];
    struct gv_actor actor;
    struct gv_utc when;
    assert_int_equal(run_child(start, 0, FAULT_LOSES_NOTHING), 0);
    const char *path = in("box", "gavel.db");
    const int64_t version = ask(path, "PRAGMA user_version");
    assert_true(version == OLD || version == NEW);
    assert_int_equal(ask(path, "SELECT count(*) FROM pragma_integrity_check"
                               " WHERE integrity_check = 'ok'"),
                     1);
    assert_int_equal(ask(path, "SELECT count(*) FROM box WHERE name='marker' AND value='mine'"), 1);
    assert_false(is_there("restore"));
    assert_int_equal(gv_restore_origin(at("box"), id, &when), version == NEW);
    assert_int_equal(gv_restore_untold(at("box"), id, &actor), version == NEW);
    if (version == NEW) {
        assert_string_equal(id, world.request.id);
        assert_string_equal(actor.who, "user:alice");
        assert_int_equal(ask(in("box", "previous.db"), "PRAGMA user_version"), OLD);
    }
    return version;
}

static void take_fresh(const char *name)
{
    char command[4 * PATH_BYTES];
    gv_format_cut(command, sizeof(command),
                  "cd %s && rm -rf box grave && cp -a %s box && mkdir grave", world.folder, name);
    assert_int_equal(system(command), 0);
}

/* Cut at every event; at every third one, where less is lost. Returns: how many there are. Out: seen: how often which box was found. */
static unsigned cut_everywhere(const char *from, void (*body)(void), enum fault_loss loss,
                               unsigned seen[NEW + 1])
{
    const unsigned step = loss < FAULT_LOSES_HALF_OF_NAMES ? 3 : 1;
    for (unsigned event = 1; event <= EVENTS_MAX; event += step) {
        take_fresh(from);
        const int status = run_child(body, event, loss);
        seen[start_again()]++;
        if (status == 0) {
            return event;
        }
        assert_int_equal(status, FAULT_EXIT);
    }
    fail_msg("it has no end");
    return 0;
}

static void a_restore_that_is_done_is_done_however_often_it_is_cut_off(void **state)
{
    (void)state;
    for (enum fault_loss loss = 0; loss < FAULT_LOSSES; loss++) {
        unsigned seen[NEW + 1] = {0};
        const unsigned events = cut_everywhere("staged", start, loss, seen);
        assert_true(events > 20);
        assert_int_equal(seen[OLD], 0); /* its order stood */
    }
}

static void a_restore_that_is_staged_is_there_as_a_whole_or_not_at_all(void **state)
{
    (void)state;
    for (enum fault_loss loss = 0; loss < FAULT_LOSSES; loss++) {
        unsigned seen[NEW + 1] = {0};
        const unsigned events = cut_everywhere("begin", stage, loss, seen);
        assert_true(events > 20);
        assert_true(seen[OLD] > 0);
        assert_true(seen[NEW] > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restore_that_is_done_is_done_however_often_it_is_cut_off),
        cmocka_unit_test(a_restore_that_is_staged_is_there_as_a_whole_or_not_at_all),
    };
    return cmocka_run_group_tests_name("restore_crash", tests, set_up, tear_down);
}
