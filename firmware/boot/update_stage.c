#include "firmware/boot/update_stage.h"

#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "firmware/boot/update_gate.h"
#include "hal/linux/files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    const struct gv_config *config;
    pthread_mutex_t lock; /* of what follows it */
    bool busy;            /* a bundle is coming in */
    bool has_staged;
    struct gv_bundle staged;
    /* Of who is busy. */
    int fd;
    struct gv_bundle_reader reader;
} self = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

static enum gv_err path_of(char path[GV_FILE_PATH_MAX], const char *name, struct gv_fail *fail)
{
    const bool fits = gv_format(path, GV_FILE_PATH_MAX, "%s/" GV_UPDATE_FOLDER "%s%s",
                                self.config->data_dir, name[0] == '\0' ? "" : "/", name);
    return fits ? GV_OK : gv_fail(fail, GV_ERR_INVALID, "update.path", "the path is too long");
}

static enum gv_err io_failed(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_IO, "update.io", "cannot keep the update: %s",
                   errno == ENOSPC ? "the disk is full" : "the disk refuses");
}

/* ---- what the other half says ------------------------------------------------------------------- */

/* Returns: GV_OK; GV_ERR_STATE "update.not_here". */
static enum gv_err read_state(struct gv_update_state *state, struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    char text[GV_UPDATE_STATE_MAX + 1];
    size_t n = 0;
    const bool here =
        self.config->update_folder[0] != '\0' &&
        gv_format(path, sizeof(path), "%s/" GV_UPDATE_STATE, self.config->update_folder) &&
        gv_file_read(path, text, GV_UPDATE_STATE_MAX, &n, NULL) == GV_OK;
    text[n] = '\0';
    return here && gv_update_state_parse(state, text, NULL) == GV_OK
               ? GV_OK
               : gv_fail(fail, GV_ERR_STATE, "update.not_here",
                         "this box is not updated here, but as it was installed");
}

static bool is_asked(void)
{
    char path[GV_FILE_PATH_MAX];
    return path_of(path, GV_UPDATE_WANTED, NULL) == GV_OK && access(path, F_OK) == 0;
}

static void leave(void)
{
    pthread_mutex_lock(&self.lock);
    self.busy = false;
    pthread_mutex_unlock(&self.lock);
}

/* Whoever changes what is staged comes through here, one at a time, and only while the other half is idle.
 * Out: state: what it says. On GV_OK the caller leaves. */
static enum gv_err enter(struct gv_update_state *state, struct gv_fail *fail)
{
    pthread_mutex_lock(&self.lock);
    const bool busy = self.busy;
    self.busy = true;
    pthread_mutex_unlock(&self.lock);
    if (busy) {
        return gv_fail(fail, GV_ERR_CONFLICT, "update.busy", "another upload is under way");
    }
    enum gv_err err = read_state(state, fail);
    if (err == GV_OK && (state->phase != GV_UPDATE_IDLE || is_asked())) {
        err = gv_fail(fail, GV_ERR_CONFLICT, "update.busy", "an update is under way");
    }
    if (err != GV_OK) {
        leave();
    }
    return err;
}

static void stage(const struct gv_bundle *bundle)
{
    pthread_mutex_lock(&self.lock);
    self.has_staged = bundle != NULL;
    if (bundle != NULL) {
        self.staged = *bundle;
    }
    pthread_mutex_unlock(&self.lock);
}

/* ---- bundles in the folder ---------------------------------------------------------------------- */

static bool read_head(int fd, uint8_t head[GV_BUNDLE_HEAD])
{
    size_t n = 0;
    while (n < GV_BUNDLE_HEAD) {
        const ssize_t got = pread(fd, head + n, GV_BUNDLE_HEAD - n, (off_t)n);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        n += (size_t)got;
    }
    return true;
}

/* Head and size of a file that lies there; the caller is busy. */
static enum gv_err judge_file(const char *name, struct gv_bundle *bundle,
                              const struct gv_update_state *state, struct gv_fail *fail)
{
    const struct gv_bundle_rules rules = gv_bundle_own_rules(state->record.floor);
    char path[GV_FILE_PATH_MAX];
    struct stat info;
    enum gv_err err = path_of(path, name, fail);
    if (err != GV_OK) {
        return err;
    }
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "update.none", "there is no update here");
    }
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || !read_head(fd, self.reader.head)) {
        err = gv_fail(fail, GV_ERR_INVALID, "update.truncated", "the update ends too early");
    } else {
        err = gv_bundle_judge(bundle, self.reader.head, &rules, fail);
    }
    if (err == GV_OK && (uint64_t)info.st_size != bundle->bytes) {
        err = gv_fail(fail, GV_ERR_INVALID, "update.truncated",
                      "the update has another size than it says");
    }
    (void)close(fd);
    return err;
}

/* "from" becomes the staged bundle. */
static enum gv_err shelve(const char *from, const struct gv_bundle *bundle, struct gv_fail *fail)
{
    char old[GV_FILE_PATH_MAX];
    char path[GV_FILE_PATH_MAX];
    enum gv_err err = path_of(old, from, fail);
    if (err == GV_OK) {
        err = path_of(path, GV_UPDATE_BUNDLE, fail);
    }
    if (err == GV_OK && rename(old, path) != 0) {
        err = io_failed(fail);
    }
    if (err == GV_OK) {
        err = gv_file_sync_folder(path, fail);
    }
    if (err == GV_OK) {
        stage(bundle);
    }
    return err;
}

static void forget(const char *name)
{
    char path[GV_FILE_PATH_MAX];
    if (path_of(path, name, NULL) == GV_OK) {
        (void)unlink(path);
    }
}

void gv_update_stage_open(const struct gv_config *config)
{
    static struct gv_bundle bundle;
    struct gv_update_state state = {.fail = {.err = GV_OK}};
    char path[GV_FILE_PATH_MAX];
    self.config = config;
    if (config->update_folder[0] == '\0' || path_of(path, "", NULL) != GV_OK ||
        gv_dir_create(path, NULL) != GV_OK) {
        return;
    }
    forget("part"); /* of an upload that a stop has cut */
    forget(GV_UPDATE_INCOMING);
    if (read_state(&state, NULL) != GV_OK) {
        return;
    }
    if (judge_file(GV_UPDATE_BUNDLE, &bundle, &state, NULL) == GV_OK) {
        stage(&bundle);
    } else {
        forget(GV_UPDATE_BUNDLE); /* installed, or overtaken */
    }
}

/* ---- operations --------------------------------------------------------------------------------- */

static void op_status(struct gv_update_status *status)
{
    *status = (struct gv_update_status){.gate = {.err = GV_OK}};
    uint8_t key[GV_RELEASE_KEY_LEN];
    status->trusts = gv_release_key(key);
    status->here = read_state(&status->state, NULL) == GV_OK;
    status->asked = status->here && is_asked();
    pthread_mutex_lock(&self.lock);
    status->has_staged = self.has_staged;
    status->staged = self.staged.version;
    status->staged_bytes = self.staged.bytes;
    pthread_mutex_unlock(&self.lock);
    if (status->here) {
        (void)!gv_update_gate_install(&status->gate); /* the fail says it */
    }
}

static enum gv_err op_upload_begin(struct gv_fail *fail)
{
    const struct gv_bundle_sink nowhere = {.ctx = NULL};
    char path[GV_FILE_PATH_MAX];
    struct gv_update_state state = {.fail = {.err = GV_OK}};
    enum gv_err err = path_of(path, "part", fail);
    if (err == GV_OK) {
        err = enter(&state, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    const struct gv_bundle_rules rules = gv_bundle_own_rules(state.record.floor);
    gv_bundle_reader_init(&self.reader, &rules, &nowhere);
    stage(NULL); /* the one before makes room */
    forget(GV_UPDATE_BUNDLE);
    (void)unlink(path);
    self.fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (self.fd < 0) {
        leave();
        return io_failed(fail);
    }
    return GV_OK;
}

static enum gv_err op_upload_put(void *ctx, struct gv_view bytes, struct gv_fail *fail)
{
    (void)ctx;
    const enum gv_err err = gv_bundle_put(&self.reader, bytes, fail);
    if (err == GV_OK && !gv_file_put(self.fd, bytes, GV_WEAR_FILES)) {
        return io_failed(fail);
    }
    return err;
}

static enum gv_err op_upload_end(bool good, struct gv_fail *fail)
{
    enum gv_err err = good ? gv_bundle_end(&self.reader, fail) : GV_OK;
    if (good && err == GV_OK && fsync(self.fd) != 0) {
        err = io_failed(fail);
    }
    (void)close(self.fd);
    self.fd = -1;
    if (good && err == GV_OK) {
        err = shelve("part", &self.reader.bundle, fail);
    }
    if (!good || err != GV_OK) {
        forget("part");
    }
    leave();
    return err;
}

static enum gv_err op_adopt(struct gv_fail *fail)
{
    struct gv_update_state state = {.fail = {.err = GV_OK}};
    enum gv_err err = enter(&state, fail);
    if (err != GV_OK) {
        return err;
    }
    err = judge_file(GV_UPDATE_INCOMING, &self.reader.bundle, &state, fail);
    if (err == GV_OK) {
        err = shelve(GV_UPDATE_INCOMING, &self.reader.bundle, fail);
    }
    forget(GV_UPDATE_INCOMING);
    leave();
    return err;
}

/* As enter, and a bundle is staged. */
static enum gv_err enter_staged(struct gv_fail *fail)
{
    struct gv_update_state state = {.fail = {.err = GV_OK}};
    const enum gv_err err = enter(&state, fail);
    if (err == GV_OK && !self.has_staged) { /* who is busy may read it without the lock */
        leave();
        return gv_fail(fail, GV_ERR_NOT_FOUND, "update.none", "there is no update here");
    }
    return err;
}

static enum gv_err op_remove(struct gv_fail *fail)
{
    const enum gv_err err = enter_staged(fail);
    if (err == GV_OK) {
        stage(NULL);
        forget(GV_UPDATE_BUNDLE);
        leave();
    }
    return err;
}

static enum gv_err op_apply(struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    enum gv_err err = enter_staged(fail);
    if (err != GV_OK) {
        return err;
    }
    err = gv_update_gate_install(fail);
    if (err == GV_OK) {
        err = path_of(path, GV_UPDATE_WANTED, fail);
    }
    if (err == GV_OK) {
        err = gv_file_write_private(path, gv_view_str("now\n"), fail);
    }
    if (err == GV_OK) {
        gv_log(GV_LOG_INFO, "update", "installation asked for");
    }
    leave();
    return err;
}

const struct gv_update_ops gv_update_stage_ops = {
    .status = op_status,
    .upload_begin = op_upload_begin,
    .upload_put = op_upload_put,
    .upload_end = op_upload_end,
    .adopt = op_adopt,
    .remove = op_remove,
    .apply = op_apply,
    .may_restart = gv_update_gate_restart,
};
