#include "firmware/boot/backup_thread.h"

#include "firmware/base/assert.h"
#include "firmware/base/beat.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "firmware/boot/backup_restore.h"
#include "firmware/boot/backup_shelf.h"
#include "firmware/boot/backup_upload.h"
#include "firmware/boot/thread.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS     200
#define NIGHT_S     86400
#define CLOCK_SET_S 1735689600 /* 2025: a clock before this was never set */
#define SETTLE_MS   60000u     /* after a start, other things come first */
#define RETRY_MS    3600000u   /* each try writes the whole database */

static struct {
    struct gv_backup_thread_config config;
    pthread_t thread;
    atomic_bool stop;
    pthread_mutex_t lock; /* of what follows */
    struct gv_backup_request request;
    struct gv_backup_job job;
    bool has_key;
} self = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- progress ----------------------------------------------------------------------------------- */

static bool on_progress(const char *step, uint64_t done, uint64_t all)
{
    gv_beat();
    pthread_mutex_lock(&self.lock);
    self.job.step = step;
    self.job.done = done;
    self.job.all = all;
    pthread_mutex_unlock(&self.lock);
    return !atomic_load(&self.stop);
}

static void finish(enum gv_err err, const char *id, const struct gv_actor *actor,
                   const struct gv_fail *fail)
{
    pthread_mutex_lock(&self.lock);
    struct gv_backup_job *job = &self.job;
    job->phase = err == GV_OK ? GV_BACKUP_DONE : GV_BACKUP_FAILED;
    job->ended_at = gv_clock_utc(self.config.box.clock);
    gv_format_cut(job->id, sizeof(job->id), "%s", id);
    job->fail = *fail;
    const enum gv_backup_work work = job->work;
    pthread_mutex_unlock(&self.lock);
    static const char *const names[] = {"nothing", "create", "verify", "restore"};
    static const char *const kinds[] = {"backup.nothing", "backup.created", "backup.verified",
                                        "backup.staged"};
    if (err == GV_OK) { /* done all the same when the audit log cannot take it: this line has it */
        (void)!gv_engine_note(self.config.engine, actor, kinds[work], id, "", NULL);
    }
    gv_log(err == GV_OK ? GV_LOG_INFO : GV_LOG_UNUSUAL, "backup", "%s id=%s %s", names[work], id,
           err == GV_OK ? "done" : fail->text);
}

/* ---- keys --------------------------------------------------------------------------------------- */

/* The key of an archive: from the passphrase, or the box's own when that made it. */
static enum gv_err key_for(struct gv_seal_key *key, const struct gv_backup_request *request,
                           struct gv_fail *fail)
{
    uint8_t bytes[GV_ARCHIVE_HEADER_LEN];
    struct gv_archive_header header;
    struct gv_backup_key own;
    enum gv_err err = gv_shelf_header(self.config.box.data_dir, request->id, bytes, &header, fail);
    if (err != GV_OK) {
        return err;
    }
    if (request->passphrase[0] != '\0') {
        gv_archive_derive(key, request->passphrase, header.salt, header.rounds);
        return GV_OK;
    }
    if (gv_backup_key_read(&self.config.box, &own) == GV_OK && gv_backup_key_fits(&own, &header)) {
        *key = own.key;
    } else {
        err = gv_fail(fail, GV_ERR_INVALID, "backup.passphrase_needed",
                      "this backup was made with another passphrase: give it");
    }
    gv_secure_zero(&own, sizeof(own));
    return err;
}

/* The key of a new archive. A passphrase makes a new key of the box, unless it is the one it has. */
static enum gv_err key_for_new(struct gv_backup_key *key, const char *passphrase,
                               struct gv_fail *fail)
{
    const struct gv_backup_box *box = &self.config.box;
    struct gv_seal_key derived;
    const bool has_own = gv_backup_key_read(box, key) == GV_OK;
    if (passphrase[0] == '\0') {
        return has_own ? GV_OK
                       : gv_fail(fail, GV_ERR_INVALID, "backup.passphrase_needed",
                                 "the first backup needs a passphrase");
    }
    if (has_own) {
        gv_archive_derive(&derived, passphrase, key->salt, key->rounds);
        const bool same = gv_constant_time_equal(derived.b, key->key.b, sizeof(derived.b));
        gv_secure_zero(&derived, sizeof(derived));
        if (same) {
            return GV_OK;
        }
    }
    gv_entropy_fill(box->entropy, key->salt, sizeof(key->salt));
    key->rounds = GV_ARCHIVE_ROUNDS;
    gv_archive_derive(&key->key, passphrase, key->salt, key->rounds);
    return gv_backup_key_write(box, key, fail);
}

/* ---- jobs --------------------------------------------------------------------------------------- */

static enum gv_err create(const char *passphrase, uint32_t flags, char id[GV_BACKUP_ID_MAX],
                          struct gv_fail *fail)
{
    struct gv_backup_key key;
    id[0] = '\0';
    enum gv_err err = key_for_new(&key, passphrase, fail);
    if (err == GV_OK) {
        pthread_mutex_lock(&self.lock);
        self.has_key = true;
        pthread_mutex_unlock(&self.lock);
        err = gv_backup_make(&self.config.box, &key, flags, id, fail);
    }
    gv_secure_zero(&key, sizeof(key));
    return err;
}

static enum gv_err verify(const struct gv_backup_request *request, struct gv_fail *fail)
{
    struct gv_seal_key key;
    enum gv_err err = key_for(&key, request, fail);
    if (err == GV_OK) {
        err = gv_backup_try(&self.config.box, request->id, &key, fail);
        /* A wrong passphrase, a full disk or our own end say nothing about the backup. */
        const bool judged = err == GV_OK || err == GV_ERR_STORAGE || err == GV_ERR_INVALID ||
                            (err == GV_ERR_CRYPTO && strcmp(fail->code, "backup.passphrase") != 0);
        if (judged) {
            gv_shelf_mark(self.config.box.data_dir, request->id,
                          gv_clock_utc(self.config.box.clock), err == GV_OK);
        }
    }
    gv_secure_zero(&key, sizeof(key));
    return err;
}

static enum gv_err restore(const struct gv_backup_request *request, struct gv_fail *fail)
{
    struct gv_seal_key key;
    enum gv_err err = key_for(&key, request, fail);
    if (err == GV_OK) {
        err = gv_backup_stage(&self.config.box, request, &key, fail);
    }
    gv_secure_zero(&key, sizeof(key));
    return err;
}

/* Takes the request that waits. Returns: false when there is none. */
static bool take(struct gv_backup_request *request)
{
    pthread_mutex_lock(&self.lock);
    *request = self.request;
    gv_secure_zero(&self.request, sizeof(self.request));
    pthread_mutex_unlock(&self.lock);
    return request->work != GV_BACKUP_NOTHING;
}

static void serve(struct gv_backup_request *request)
{
    struct gv_fail fail = {.err = GV_OK};
    char id[GV_BACKUP_ID_MAX];
    enum gv_err err = GV_OK;
    memcpy(id, request->id, sizeof(id));
    switch (request->work) {
    case GV_BACKUP_NOTHING:
        break;
    case GV_BACKUP_CREATE:
        err = create(request->passphrase, 0, id, &fail);
        break;
    case GV_BACKUP_VERIFY:
        err = verify(request, &fail);
        break;
    case GV_BACKUP_RESTORE:
        err = restore(request, &fail);
        break;
    }
    finish(err, id, &request->actor, &fail);
    if (err == GV_OK && request->work == GV_BACKUP_RESTORE) {
        self.config.restart(NULL);
    }
}

/* ---- the night ---------------------------------------------------------------------------------- */

/* Settings of the night as they are now. */
static void read_settings(bool *nightly, uint32_t *keep)
{
    struct gv_draft now;
    gv_changes_draft(self.config.changes, &now);
    *nightly = now.next.backups_nightly;
    *keep = now.next.backups_keep;
    gv_draft_wipe(&now);
}

/* One from the future was made by a clock that was wrong, and says nothing. */
static bool is_due(struct gv_utc now)
{
    struct gv_backup rows[GV_NIGHTS_MAX];
    const uint32_t n = gv_shelf_nights(self.config.box.data_dir, rows);
    for (uint32_t i = 0; i < n; i++) {
        const int64_t age_s = now.s - rows[i].created_at.s;
        if (age_s >= 0 && age_s < NIGHT_S) {
            return false;
        }
    }
    return true;
}

/* Begin a job of our own, unless one runs or waits. */
static bool begin_own(enum gv_backup_work work)
{
    pthread_mutex_lock(&self.lock);
    const bool free = self.job.phase != GV_BACKUP_RUNNING;
    if (free) {
        self.job = (struct gv_backup_job){.work = work,
                                          .phase = GV_BACKUP_RUNNING,
                                          .step = "begin",
                                          .began_at = gv_clock_utc(self.config.box.clock)};
    }
    pthread_mutex_unlock(&self.lock);
    return free;
}

static void make_tonights(uint32_t keep)
{
    struct gv_backup_request request = {.work = GV_BACKUP_VERIFY,
                                        .actor = {.who = "box", .route = "nightly"}};
    struct gv_fail fail = {.err = GV_OK};
    if (!begin_own(GV_BACKUP_CREATE)) {
        return;
    }
    enum gv_err err = create("", GV_ARCHIVE_AUTOMATIC, request.id, &fail);
    finish(err, request.id, &request.actor, &fail);
    if (err != GV_OK) {
        return;
    }
    if (begin_own(GV_BACKUP_VERIFY)) {
        err = verify(&request, &fail);
        gv_shelf_prune(self.config.box.data_dir, keep, gv_clock_utc(self.config.box.clock));
        finish(err, request.id, &request.actor, &fail);
    }
}

static void look_at_the_clock(struct gv_mono *next)
{
    const struct gv_clock *clock = self.config.box.clock;
    const struct gv_mono now = gv_clock_mono(clock);
    bool nightly = false;
    uint32_t keep = 0;
    if (now.ms < next->ms) {
        return;
    }
    next->ms = now.ms + SETTLE_MS;
    read_settings(&nightly, &keep);
    pthread_mutex_lock(&self.lock);
    const bool has_key = self.has_key;
    pthread_mutex_unlock(&self.lock);
    const struct gv_utc utc = gv_clock_utc(clock);
    if (nightly && has_key && utc.s >= CLOCK_SET_S && is_due(utc)) {
        next->ms = now.ms + RETRY_MS;
        make_tonights(keep);
    }
}

/* The audit log of the restored database begins its new life with where it came from. */
static void tell_of_restore(void)
{
    char id[GV_BACKUP_ID_MAX];
    struct gv_actor actor;
    const char *dir = self.config.box.data_dir;
    if (gv_restore_untold(dir, id, &actor) &&
        gv_engine_note(self.config.engine, &actor, "backup.restored", id, "", NULL) == GV_OK) {
        gv_restore_told(dir);
    }
}

static void *run(void *unused)
{
    static struct gv_backup_request request;
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    struct gv_mono next = gv_clock_mono(self.config.box.clock);
    (void)unused;
    next.ms += SETTLE_MS;
    tell_of_restore();
    while (!atomic_load(&self.stop)) {
        gv_beat();
        if (take(&request)) {
            serve(&request);
            gv_secure_zero(&request, sizeof(request));
        } else {
            look_at_the_clock(&next);
            (void)nanosleep(&pause, NULL);
        }
    }
    return NULL;
}

enum gv_err gv_backup_thread_start(const struct gv_backup_thread_config *config,
                                   struct gv_fail *fail)
{
    struct gv_backup_key key;
    self.config = *config;
    self.config.box.progress = on_progress;
    atomic_store(&self.stop, false);
    const enum gv_err err = gv_shelf_open(config->box.data_dir, fail);
    if (err != GV_OK) {
        return err;
    }
    self.has_key = gv_backup_key_read(&self.config.box, &key) == GV_OK;
    if (self.has_key) {
        gv_shelf_mark_earlier(config->box.data_dir, &key);
    }
    gv_secure_zero(&key, sizeof(key));
    return gv_thread_start(&self.thread, "backup", run, NULL, fail);
}

void gv_backup_thread_stop(void)
{
    atomic_store(&self.stop, true);
    GV_ASSERT(pthread_join(self.thread, NULL) == 0);
    gv_secure_zero(&self.request, sizeof(self.request));
}

/* ---- operations --------------------------------------------------------------------------------- */

/* Returns: the later of the two, but a time after now, which is a wrong clock's and would hide what is missing. */
static struct gv_utc later(struct gv_utc a, struct gv_utc b, struct gv_utc now)
{
    return b.s > a.s && b.s <= now.s ? b : a;
}

static void op_status(struct gv_backup_status *status)
{
    const struct gv_utc now = gv_clock_utc(self.config.box.clock);
    struct gv_backup rows[GV_BACKUPS_MAX];
    const uint32_t n = gv_shelf_list(self.config.box.data_dir, rows);
    *status = (struct gv_backup_status){.has_key = false};
    for (uint32_t i = 0; i < n; i++) {
        status->created_at = later(status->created_at, rows[i].created_at, now);
        if (rows[i].check_good) {
            status->verified_at = later(status->verified_at, rows[i].checked_at, now);
        }
    }
    status->restored =
        gv_restore_origin(self.config.box.data_dir, status->restored_id, &status->restored_at);
    pthread_mutex_lock(&self.lock);
    status->has_key = self.has_key;
    status->job = self.job;
    pthread_mutex_unlock(&self.lock);
}

static uint32_t op_list(struct gv_backup rows[GV_BACKUPS_MAX])
{
    return gv_shelf_list(self.config.box.data_dir, rows);
}

static enum gv_err check_request(const struct gv_backup_request *request, struct gv_fail *fail)
{
    uint8_t bytes[GV_ARCHIVE_HEADER_LEN];
    struct gv_archive_header header;
    const size_t n = strlen(request->passphrase);
    if (n > 0 && n < GV_ARCHIVE_PASSPHRASE_MIN) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/passphrase", "backup.passphrase_short",
                          "a passphrase has at least %u characters", GV_ARCHIVE_PASSPHRASE_MIN);
    }
    if (request->work == GV_BACKUP_CREATE) {
        pthread_mutex_lock(&self.lock);
        const bool has_key = self.has_key;
        pthread_mutex_unlock(&self.lock);
        return n > 0 || has_key
                   ? GV_OK
                   : gv_fail_at(fail, GV_ERR_INVALID, "/passphrase", "backup.passphrase_needed",
                                "the first backup needs a passphrase");
    }
    const enum gv_err err =
        gv_shelf_header(self.config.box.data_dir, request->id, bytes, &header, fail);
    if (err == GV_OK && request->work == GV_BACKUP_RESTORE && !request->replace &&
        self.config.has_listings()) {
        return gv_fail(fail, GV_ERR_STATE, "backup.not_empty",
                       "there are listings here: say that they may be replaced");
    }
    return err;
}

static enum gv_err busy(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_CONFLICT, "backup.busy", "another job runs: wait for its end");
}

static enum gv_err op_start(const struct gv_backup_request *request, struct gv_fail *fail)
{
    pthread_mutex_lock(&self.lock);
    const bool runs = self.job.phase == GV_BACKUP_RUNNING;
    pthread_mutex_unlock(&self.lock);
    enum gv_err err = runs ? busy(fail) : check_request(request, fail);
    if (err != GV_OK) {
        return err;
    }
    pthread_mutex_lock(&self.lock);
    if (self.job.phase == GV_BACKUP_RUNNING) {
        err = busy(fail);
    } else {
        self.request = *request;
        self.job = (struct gv_backup_job){.work = request->work,
                                          .phase = GV_BACKUP_RUNNING,
                                          .step = "begin",
                                          .began_at = gv_clock_utc(self.config.box.clock)};
        memcpy(self.job.id, request->id, sizeof(self.job.id));
    }
    pthread_mutex_unlock(&self.lock);
    return err;
}

static enum gv_err op_remove(const char *id, struct gv_fail *fail)
{
    return gv_shelf_remove(self.config.box.data_dir, id, fail);
}

static enum gv_err op_read(const char *id, uint64_t offset, void *out, size_t cap, size_t *n,
                           struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    int fd = -1;
    *n = 0;
    if (gv_shelf_is_id(id) && gv_shelf_path(path, self.config.box.data_dir, id, ".gavel")) {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    }
    if (fd < 0) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "backup.unknown", "there is no such backup");
    }
    const ssize_t got = pread(fd, out, cap, (off_t)offset);
    (void)close(fd);
    *n = got > 0 ? (size_t)got : 0;
    return got >= 0 ? GV_OK : gv_fail(fail, GV_ERR_IO, "backup.io", "the backup cannot be read");
}

static enum gv_err op_upload_begin(struct gv_fail *fail)
{
    return gv_upload_begin(self.config.box.data_dir, fail);
}

const struct gv_backup_ops gv_backup_thread_ops = {
    .status = op_status,
    .list = op_list,
    .start = op_start,
    .remove = op_remove,
    .read = op_read,
    .upload_begin = op_upload_begin,
    .upload_put = gv_upload_put,
    .upload_end = gv_upload_end,
};
