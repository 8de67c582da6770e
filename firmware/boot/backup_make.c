#include "app/backup/payload.h"
#include "app/store/store.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "firmware/boot/backup_shelf.h"
#include "firmware/boot/backup_work.h"
#include "hal/linux/sqlite_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_NAME    "copy"
#define SETTINGS_MAX 65536u

/* Answers that were kept for repeated requests are of no use elsewhere, and may hold a secret. */
const char *const gv_backup_own_tables[] = {"sessions", "users",   "api_keys",
                                            "box",      "replays", NULL};

/* Static: too large for a stack, and wiped after use. */
static struct gv_archive_writer writer;
static uint8_t piece[GV_ARCHIVE_CHUNK];
static uint8_t settings[SETTINGS_MAX];

struct job {
    const struct gv_backup_box *box;
    int fd;
    uint64_t written;
    uint64_t all;
    struct gv_manifest manifest;
    size_t settings_n;
    char copy[GV_FILE_PATH_MAX];
    char part[GV_FILE_PATH_MAX];
    struct gv_fail *fail;
};

static enum gv_err io_failed(struct gv_fail *fail, const char *doing)
{
    return gv_fail(fail, GV_ERR_IO, "backup.io", "cannot %s: %s", doing,
                   errno == ENOSPC ? "the disk is full" : "the disk refuses");
}

/* gv_archive_sink */
static enum gv_err write_out(void *ctx, struct gv_view v)
{
    struct job *job = ctx;
    if (!gv_file_put(job->fd, v, GV_WEAR_BACKUP)) {
        return io_failed(job->fail, "write the backup");
    }
    job->written += v.n;
    return job->box->progress("encrypt", job->written, job->all)
               ? GV_OK
               : gv_fail(job->fail, GV_ERR_CLOSED, "backup.stopped", "the backup was given up");
}

static bool on_page(void *ctx, uint32_t done, uint32_t all)
{
    const struct job *job = ctx;
    return job->box->progress("copy", done, all);
}

/* Visit the copy's bytes; used for its hash and for its contents. */
static enum gv_err
each_piece(struct job *job, enum gv_err (*visit)(struct job *job, struct gv_view), uint64_t *bytes)
{
    const int fd = open(job->copy, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    enum gv_err err = fd < 0 ? io_failed(job->fail, "read the copy") : GV_OK;
    *bytes = 0;
    while (err == GV_OK) {
        const ssize_t n = read(fd, piece, sizeof(piece));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            err = n < 0 ? io_failed(job->fail, "read the copy") : GV_OK;
            break;
        }
        *bytes += (uint64_t)n;
        err = visit(job, gv_view_of(piece, (size_t)n));
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return err;
}

static struct gv_sha256 sha;

static enum gv_err add_to_hash(struct job *job, struct gv_view v)
{
    (void)job;
    gv_sha256_add(&sha, v);
    return GV_OK;
}

static enum gv_err put(struct job *job, struct gv_view v)
{
    (void)job;
    return gv_archive_put(&writer, v);
}

static enum gv_err list_contents(struct job *job)
{
    struct gv_payload_entry *files = job->manifest.files;
    char path[GV_FILE_PATH_MAX];
    gv_format_cut(job->manifest.version, sizeof(job->manifest.version), "%s", GV_VERSION);
    job->manifest.schema = gv_store_schema();
    gv_sha256_init(&sha);
    enum gv_err err = each_piece(job, add_to_hash, &files[GV_PAYLOAD_DATABASE].bytes);
    gv_sha256_finish(&sha, &files[GV_PAYLOAD_DATABASE].sha256);
    files[GV_PAYLOAD_DATABASE].present = true;
    files[GV_PAYLOAD_SEAL_KEY] =
        (struct gv_payload_entry){.present = true, .bytes = GV_SEAL_KEY_LEN};
    gv_sha256_of(&files[GV_PAYLOAD_SEAL_KEY].sha256,
                 gv_view_of(job->box->seal_key->b, GV_SEAL_KEY_LEN));
    if (err == GV_OK && gv_format(path, sizeof(path), "%s/settings.conf", job->box->data_dir) &&
        gv_file_read(path, settings, sizeof(settings), &job->settings_n, NULL) == GV_OK) {
        struct gv_payload_entry *entry = &files[GV_PAYLOAD_SETTINGS];
        *entry = (struct gv_payload_entry){.present = true, .bytes = job->settings_n};
        gv_sha256_of(&entry->sha256, gv_view_of(settings, job->settings_n));
    }
    job->all = files[GV_PAYLOAD_DATABASE].bytes;
    return err;
}

static enum gv_err write_archive(struct job *job, const struct gv_archive_header *header,
                                 const struct gv_seal_key *key)
{
    uint8_t list[GV_PAYLOAD_MANIFEST_MAX + 4];
    uint64_t bytes = 0;
    const size_t n = gv_manifest_write(list, &job->manifest);
    enum gv_err err = gv_archive_begin(&writer, header, key, write_out, job);
    if (err == GV_OK) {
        err = gv_archive_put(&writer, gv_view_of(list, n));
    }
    if (err == GV_OK) {
        err = each_piece(job, put, &bytes);
    }
    if (err == GV_OK) {
        err = gv_archive_put(&writer, gv_view_of(job->box->seal_key->b, GV_SEAL_KEY_LEN));
    }
    if (err == GV_OK) {
        err = gv_archive_put(&writer, gv_view_of(settings, job->settings_n));
    }
    if (err == GV_OK) {
        return gv_archive_end(&writer);
    }
    gv_secure_zero(&writer, sizeof(writer));
    return err;
}

/* Whole and durable under its name, or not there; one made by night has its mark by then, without which it would
 * never make room. */
static enum gv_err put_on_shelf(struct job *job, const struct gv_archive_header *header,
                                const struct gv_seal_key *key, const char *id)
{
    char path[GV_FILE_PATH_MAX];
    if (!gv_shelf_path(job->part, job->box->data_dir, id, ".part") ||
        !gv_shelf_path(path, job->box->data_dir, id, ".gavel")) {
        return gv_fail(job->fail, GV_ERR_INVALID, "backup.path", "general.data_dir is too long");
    }
    (void)unlink(job->part);
    job->fd =
        open(job->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (job->fd < 0) {
        return io_failed(job->fail, "make the backup");
    }
    enum gv_err err = write_archive(job, header, key);
    if (err == GV_OK && fsync(job->fd) != 0) {
        err = io_failed(job->fail, "keep the backup");
    }
    if (close(job->fd) != 0 && err == GV_OK) {
        err = io_failed(job->fail, "keep the backup");
    }
    if (err == GV_OK && (header->flags & GV_ARCHIVE_AUTOMATIC) != 0) {
        err = gv_shelf_mark_night(job->box->data_dir, id, job->fail);
    }
    if (err == GV_OK && rename(job->part, path) != 0) {
        err = io_failed(job->fail, "name the backup");
    }
    if (err == GV_OK) {
        err = gv_file_sync_folder(path, job->fail);
    }
    if (err != GV_OK) {
        (void)unlink(job->part);
    }
    return err;
}

enum gv_err gv_backup_make(const struct gv_backup_box *box, const struct gv_backup_key *key,
                           uint32_t flags, char id[GV_BACKUP_ID_MAX], struct gv_fail *fail)
{
    struct job job = {.box = box, .fd = -1, .fail = fail};
    char database[GV_FILE_PATH_MAX];
    struct gv_archive_header header = {
        .rounds = key->rounds,
        .created_at = gv_clock_utc(box->clock),
        .schema = gv_store_schema(),
        .flags = flags,
    };
    memcpy(header.salt, key->salt, sizeof(header.salt));
    gv_entropy_fill(box->entropy, header.file_id, sizeof(header.file_id));
    gv_shelf_id(id, &header);
    if (!gv_format(database, sizeof(database), "%s/gavel.db", box->data_dir) ||
        !gv_shelf_path(job.copy, box->data_dir, COPY_NAME, ".tmp")) {
        return gv_fail(fail, GV_ERR_INVALID, "backup.path", "general.data_dir is too long");
    }
    enum gv_err err = gv_sqlite_copy(database, job.copy, on_page, &job, fail);
    if (err == GV_OK) {
        err = gv_sqlite_empty_tables(job.copy, gv_backup_own_tables, fail);
    }
    if (err == GV_OK) {
        err = list_contents(&job);
    }
    if (err == GV_OK) {
        err = put_on_shelf(&job, &header, &key->key, id);
    }
    (void)unlink(job.copy);
    gv_secure_zero(settings, sizeof(settings));
    gv_secure_zero(piece, sizeof(piece));
    return err;
}
