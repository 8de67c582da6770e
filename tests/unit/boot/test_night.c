/* Shows: what happens at night, on a simulated clock: once a day a backup is made with the box's own key and
 * restored on trial, old ones go, those made by hand stay; and nothing without a key, a clock or the will. No night that
 * fails its trial takes a good one away, and neither a file from elsewhere nor a clock that was wrong ends the nights.
 * Nights of a release that did not mark them are nights. */
#include "firmware/boot/backup_thread.h"

#include "app/store/store.h"
#include "firmware/boot/backup_restore.h"
#include "firmware/boot/backup_shelf.h"
#include "hal/linux/entropy.h"
#include "hal/linux/sqlite_storage.h"
#include "hal/linux/third_party_memory.h"

#include "tests/support/engine_world.h"
#include "tests/unit/hal/hal_test.h"

#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define MINUTE_S UINT64_C(60)
#define DAY_S    UINT64_C(86400)
#define START_S  1800000000
#define KEEP     2u

/* Looks of the thread after which what was due is over: it reads the clock once in each, and works in between. */
#define LOOKS 2u

static struct {
    char folder[PATH_BYTES];
    struct gv_entropy entropy;
    struct gv_seal_key seal_key;
    struct gv_sim_clock sim;
    struct gv_clock inner;
    atomic_uint reads;
    struct gv_config config;
    struct gv_changes changes;
} world;

/* ---- a clock that counts who looks at it ------------------------------------------------------------ */

static struct gv_mono op_mono(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&world.reads, 1);
    return gv_clock_mono(&world.inner);
}

static struct gv_utc op_utc(void *ctx)
{
    (void)ctx;
    return gv_clock_utc(&world.inner);
}

static const struct gv_clock *counted_clock(void)
{
    static const struct gv_clock_ops ops = {.mono = op_mono, .utc = op_utc};
    static const struct gv_clock clock = {.ops = &ops};
    return &clock;
}

static void rest(void)
{
    const struct timespec pause = {.tv_nsec = 10000000L};
    (void)nanosleep(&pause, NULL);
}

static struct gv_backup_status status(void)
{
    struct gv_backup_status now;
    gv_backup_thread_ops.status(&now);
    return now;
}

static struct gv_backup_job job(void)
{
    return status().job;
}

/* Let time pass, and the thread do what is due by then. */
static void pass(uint64_t seconds)
{
    gv_sim_clock_advance(&world.sim, seconds * 1000u);
    const unsigned before = atomic_load(&world.reads);
    while (atomic_load(&world.reads) - before < LOOKS || job().phase == GV_BACKUP_RUNNING) {
        rest();
    }
}

/* ---- the box ---------------------------------------------------------------------------------------- */

static enum gv_err keep_nothing(void *ctx, struct gv_view text, struct gv_fail *fail)
{
    (void)ctx;
    (void)text;
    (void)fail;
    return GV_OK;
}

static bool has_listings(void)
{
    return false;
}

static void make_box(void)
{
    static struct gv_sqlite sqlite;
    static struct gv_store store;
    make_folder(world.folder);
    assert_int_equal(gv_sqlite_open(&sqlite, in_folder(world.folder, "gavel.db"), NULL, NULL),
                     GV_OK);
    struct gv_storage storage = gv_sqlite_storage(&sqlite);
    assert_int_equal(gv_store_open(&store, &storage, &world.seal_key, &world.entropy, NULL), GV_OK);
    gv_store_close(&store);
    gv_sqlite_close(&sqlite);
}

/* In: at_s: the wall clock. */
static void start(int64_t at_s, bool nightly)
{
    const struct gv_changes_config changes = {
        .running = &world.config, .below = &world.config, .write = keep_nothing};
    const struct gv_backup_thread_config config = {.box = {.data_dir = world.folder,
                                                           .seal_key = &world.seal_key,
                                                           .entropy = &world.entropy,
                                                           .clock = counted_clock()},
                                                   .engine = gv_world_engine(),
                                                   .changes = &world.changes,
                                                   .has_listings = has_listings};
    gv_config_defaults(&world.config);
    world.config.backups_nightly = nightly;
    world.config.backups_keep = KEEP;
    gv_changes_init(&world.changes, &changes);
    world.inner = gv_sim_clock_init(&world.sim, (struct gv_mono){1000}, (struct gv_utc){at_s});
    assert_int_equal(gv_backup_thread_start(&config, NULL), GV_OK);
}

static int set_up(void **state)
{
    (void)state;
    gv_memory_init();
    world.entropy = gv_linux_entropy();
    gv_entropy_fill(&world.entropy, &world.seal_key, sizeof(world.seal_key));
    gv_world_format();
    assert_int_equal(gv_world_open(true), GV_OK);
    make_box();
    return 0;
}

static int tear_down(void **state)
{
    struct gv_backup rows[GV_BACKUPS_MAX];
    (void)state;
    gv_backup_thread_stop();
    const uint32_t n = gv_shelf_list(world.folder, rows);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(gv_shelf_remove(world.folder, rows[i].id, NULL), GV_OK);
    }
    gv_restore_clear(world.folder, "trial");
    (void)unlink(in_folder(world.folder, "backup.key"));
    (void)unlink(in_folder(world.folder, "gavel.db"));
    (void)unlink(in_folder(world.folder, "settings.conf"));
    /* No mark outlives its backup. */
    assert_int_equal(rmdir(in_folder(world.folder, "backups")), 0);
    assert_int_equal(rmdir(world.folder), 0);
    gv_world_close();
    return 0;
}

/* The owner's first backup: from now on the box has a key. */
static void back_up_by_hand(void)
{
    const struct gv_backup_request request = {.work = GV_BACKUP_CREATE,
                                              .passphrase = "a passphrase for tests",
                                              .actor = {.who = "owner", .route = "test"}};
    assert_int_equal(gv_backup_thread_ops.start(&request, NULL), GV_OK);
    pass(0);
    assert_int_equal(job().phase, GV_BACKUP_DONE);
}

/* Out: rows: those made here by night, newest first. Returns: how many. */
static uint32_t nightly_ones(struct gv_backup rows[GV_NIGHTS_MAX])
{
    return gv_shelf_nights(world.folder, rows);
}

static bool is_here(const char *id)
{
    uint8_t bytes[GV_ARCHIVE_HEADER_LEN];
    struct gv_archive_header header;
    return gv_shelf_header(world.folder, id, bytes, &header, NULL) == GV_OK;
}

/* What is stored now decides whether the next backup passes its trial. */
static void store_settings(const char *text)
{
    FILE *file = fopen(in_folder(world.folder, "settings.conf"), "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static enum gv_err upload(void *ctx, struct gv_view bytes)
{
    return gv_backup_thread_ops.upload_put(ctx, bytes, NULL);
}

static const struct gv_backup_key foreign_key = {.rounds = 1, .key = {.b = {7}}};

static struct gv_backup_key own_key(void)
{
    const struct gv_backup_box box = {.data_dir = world.folder, .seal_key = &world.seal_key};
    struct gv_backup_key key;
    assert_int_equal(gv_backup_key_read(&box, &key), GV_OK);
    return key;
}

/* Bring a file whose head says: made with this key, then. Out: id. */
static void bring(const struct gv_backup_key *key, int64_t at_s, uint32_t flags,
                  char id[GV_BACKUP_ID_MAX])
{
    static struct gv_archive_writer writer;
    struct gv_archive_header header = {.rounds = key->rounds,
                                       .file_id = {0xab, 0xcd},
                                       .created_at = {at_s},
                                       .schema = 1,
                                       .flags = flags};
    memcpy(header.salt, key->salt, sizeof(header.salt));
    assert_int_equal(gv_backup_thread_ops.upload_begin(NULL), GV_OK);
    assert_int_equal(gv_archive_begin(&writer, &header, &key->key, upload, NULL), GV_OK);
    assert_int_equal(gv_archive_end(&writer), GV_OK);
    assert_int_equal(gv_backup_thread_ops.upload_end(true, id, NULL), GV_OK);
}

/* ---- nights ----------------------------------------------------------------------------------------- */

static void a_night_makes_a_backup_and_restores_it_on_trial(void **state)
{
    (void)state;
    struct gv_backup rows[GV_NIGHTS_MAX];
    start(START_S, true);
    back_up_by_hand();
    pass(2 * MINUTE_S);
    assert_int_equal(nightly_ones(rows), 1);
    assert_true(rows[0].check_good);
    assert_true(rows[0].checked_at.s >= rows[0].created_at.s);
    assert_int_not_equal(access(in_folder(world.folder, "trial/gavel.db"), F_OK), 0);
}

static void the_next_one_comes_a_day_later(void **state)
{
    (void)state;
    struct gv_backup rows[GV_NIGHTS_MAX];
    start(START_S, true);
    back_up_by_hand();
    pass(2 * MINUTE_S);
    pass(DAY_S - 10 * MINUTE_S);
    assert_int_equal(nightly_ones(rows), 1);
    pass(20 * MINUTE_S);
    assert_int_equal(nightly_ones(rows), 2);
    assert_true(rows[0].created_at.s - rows[1].created_at.s >= (int64_t)DAY_S);
    assert_true(rows[0].check_good);
}

static void old_nights_go_and_what_was_made_by_hand_stays(void **state)
{
    (void)state;
    struct gv_backup rows[GV_NIGHTS_MAX];
    start(START_S, true);
    back_up_by_hand();
    for (unsigned night = 0; night < KEEP + 2; night++) {
        pass(DAY_S + MINUTE_S);
    }
    assert_int_equal(gv_backup_thread_ops.list(rows), KEEP + 1);
    assert_int_equal(nightly_ones(rows), KEEP);
    assert_true(rows[0].created_at.s >= START_S + (int64_t)((KEEP + 2) * DAY_S));
}

static void nights_that_fail_their_trial_take_no_good_one_away(void **state)
{
    (void)state;
    struct gv_backup rows[GV_NIGHTS_MAX];
    char good[KEEP][GV_BACKUP_ID_MAX];
    start(START_S, true);
    back_up_by_hand();
    for (unsigned night = 0; night < KEEP; night++) {
        pass(DAY_S + MINUTE_S);
    }
    assert_int_equal(nightly_ones(rows), KEEP);
    for (unsigned i = 0; i < KEEP; i++) {
        memcpy(good[i], rows[i].id, sizeof(good[i]));
    }
    store_settings("no such setting = 1\n");
    for (unsigned night = 0; night < KEEP + 2; night++) {
        pass(DAY_S + MINUTE_S);
        assert_int_equal(job().phase, GV_BACKUP_FAILED);
    }
    assert_int_equal(nightly_ones(rows), 2 * KEEP); /* and they do not fill the disk */
    for (unsigned i = 0; i < KEEP; i++) {
        assert_false(rows[i].check_good);
        assert_true(is_here(good[i]));
    }
    store_settings("");
    for (unsigned night = 0; night < KEEP; night++) {
        assert_true(is_here(good[0]));
        pass(DAY_S + MINUTE_S);
    }
    assert_int_equal(nightly_ones(rows), KEEP);
    assert_true(rows[KEEP - 1].check_good);
}

static void a_file_from_elsewhere_neither_counts_nor_goes(void **state)
{
    static const int64_t ages_s[] = {-3650 * (int64_t)DAY_S, 0, 1000};
    (void)state;
    struct gv_backup rows[GV_NIGHTS_MAX];
    char ids[3][GV_BACKUP_ID_MAX];
    start(START_S, true);
    back_up_by_hand();
    for (size_t i = 0; i < 3; i++) {
        bring(&foreign_key, START_S - ages_s[i], GV_ARCHIVE_AUTOMATIC, ids[i]);
        gv_shelf_mark(world.folder, ids[i], (struct gv_utc){START_S}, true);
    }
    pass(2 * MINUTE_S);
    for (unsigned night = 1; night <= KEEP + 1; night++) {
        assert_int_equal(nightly_ones(rows), night < KEEP ? night : KEEP);
        pass(DAY_S + MINUTE_S);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_true(is_here(ids[i]));
    }
    assert_int_equal(nightly_ones(rows), KEEP);
    assert_int_equal(status().created_at.s, rows[0].created_at.s); /* the latest of ours */
}

/* Stop, and begin again a minute later. */
static void start_again(bool nightly)
{
    const int64_t now_s = gv_clock_utc(&world.inner).s;
    gv_backup_thread_stop();
    start(now_s + (int64_t)MINUTE_S, nightly);
}

static void nights_of_a_release_without_marks_count_and_go(void **state)
{
    (void)state;
    struct gv_backup rows[GV_NIGHTS_MAX];
    char nights[GV_BACKUPS_MAX][GV_BACKUP_ID_MAX];
    char others[2][GV_BACKUP_ID_MAX];
    start(START_S, false);
    back_up_by_hand();
    const struct gv_backup_key own = own_key();
    for (unsigned i = 0; i < GV_BACKUPS_MAX; i++) {
        bring(&own, START_S - (int64_t)(i * DAY_S), GV_ARCHIVE_AUTOMATIC, nights[i]);
    }
    bring(&foreign_key, START_S - 1, GV_ARCHIVE_AUTOMATIC, others[0]);
    bring(&own, START_S - 2 * (int64_t)DAY_S - 2, 0, others[1]); /* by hand, and not on the list */
    assert_int_equal(nightly_ones(rows), 0);
    start_again(true);
    assert_int_equal(nightly_ones(rows), GV_BACKUPS_MAX);
    pass(2 * MINUTE_S);
    assert_int_equal(nightly_ones(rows), GV_BACKUPS_MAX); /* this night has its backup */
    pass(DAY_S);
    assert_int_equal(nightly_ones(rows), KEEP + 1); /* one tried, as many others as are kept */
    assert_true(rows[0].check_good);
    for (unsigned i = 0; i < KEEP; i++) {
        assert_string_equal(rows[1 + i].id, nights[i]);
    }
    assert_int_equal(gv_backup_thread_ops.list(rows), KEEP + 1 + 3);
    assert_true(is_here(others[0]));
    assert_true(is_here(others[1]));
}

static void what_is_brought_to_marked_nights_is_none_of_them(void **state)
{
    (void)state;
    struct gv_backup rows[GV_NIGHTS_MAX];
    char id[GV_BACKUP_ID_MAX];
    start(START_S, true);
    back_up_by_hand();
    pass(2 * MINUTE_S);
    const struct gv_backup_key own = own_key();
    bring(&own, START_S - (int64_t)DAY_S, GV_ARCHIVE_AUTOMATIC, id);
    start_again(true);
    assert_int_equal(nightly_ones(rows), 1);
    assert_string_not_equal(rows[0].id, id);
}

static void a_clock_that_was_ahead_does_not_end_the_nights(void **state)
{
    (void)state;
    struct gv_backup rows[GV_NIGHTS_MAX];
    start(START_S + 3650 * (int64_t)DAY_S, true);
    back_up_by_hand();
    for (unsigned night = 0; night < KEEP; night++) {
        pass(DAY_S + MINUTE_S);
    }
    gv_sim_clock_set_utc(&world.sim, (struct gv_utc){START_S});
    assert_int_equal(status().created_at.s, 0);
    assert_int_equal(status().verified_at.s, 0);
    pass(61 * MINUTE_S);
    assert_int_equal(nightly_ones(rows), KEEP);
    char first[GV_BACKUP_ID_MAX];
    memcpy(first, rows[KEEP - 1].id, sizeof(first));
    assert_true(rows[KEEP - 1].created_at.s < START_S + (int64_t)DAY_S);
    pass(61 * MINUTE_S);
    assert_true(is_here(first)); /* one a night, and it stays */
    for (unsigned night = 1; night < KEEP; night++) {
        pass(DAY_S + MINUTE_S);
    }
    assert_int_equal(nightly_ones(rows), KEEP);
    assert_true(rows[0].created_at.s < START_S + (int64_t)(KEEP * DAY_S));
}

static void a_night_that_cannot_be_made_is_tried_again_after_an_hour(void **state)
{
    (void)state;
    struct gv_backup rows[GV_NIGHTS_MAX];
    char away[PATH_BYTES];
    start(START_S, true);
    back_up_by_hand();
    (void)snprintf(away, sizeof(away), "%s", in_folder(world.folder, "away.db"));
    assert_int_equal(rename(in_folder(world.folder, "gavel.db"), away), 0);
    pass(2 * MINUTE_S);
    assert_int_equal(job().phase, GV_BACKUP_FAILED);
    const int64_t tried_s = job().began_at.s;
    assert_int_equal(rename(away, in_folder(world.folder, "gavel.db")), 0);
    pass(50 * MINUTE_S);
    assert_int_equal(job().began_at.s, tried_s);
    assert_int_equal(nightly_ones(rows), 0);
    pass(11 * MINUTE_S);
    assert_int_equal(nightly_ones(rows), 1);
}

static void a_box_without_a_key_makes_none(void **state)
{
    (void)state;
    struct gv_backup rows[GV_NIGHTS_MAX];
    start(START_S, true);
    pass(2 * DAY_S);
    assert_int_equal(gv_backup_thread_ops.list(rows), 0);
}

static void a_clock_that_was_never_set_waits(void **state)
{
    (void)state;
    struct gv_backup rows[GV_NIGHTS_MAX];
    start(1000, true);
    back_up_by_hand();
    pass(2 * MINUTE_S);
    assert_int_equal(nightly_ones(rows), 0);
    gv_sim_clock_set_utc(&world.sim, (struct gv_utc){START_S});
    pass(2 * MINUTE_S);
    assert_int_equal(nightly_ones(rows), 1);
}

static void switched_off_is_off(void **state)
{
    (void)state;
    struct gv_backup rows[GV_NIGHTS_MAX];
    start(START_S, false);
    back_up_by_hand();
    pass(2 * DAY_S);
    assert_int_equal(nightly_ones(rows), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_night_makes_a_backup_and_restores_it_on_trial),
        CASE(the_next_one_comes_a_day_later),
        CASE(old_nights_go_and_what_was_made_by_hand_stays),
        CASE(nights_that_fail_their_trial_take_no_good_one_away),
        CASE(a_file_from_elsewhere_neither_counts_nor_goes),
        CASE(nights_of_a_release_without_marks_count_and_go),
        CASE(what_is_brought_to_marked_nights_is_none_of_them),
        CASE(a_clock_that_was_ahead_does_not_end_the_nights),
        CASE(a_night_that_cannot_be_made_is_tried_again_after_an_hour),
        CASE(a_box_without_a_key_makes_none),
        CASE(a_clock_that_was_never_set_waits),
        CASE(switched_off_is_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
