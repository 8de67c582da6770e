#include "app/backup/payload.h"
#include "app/config/config.h"
#include "app/store/reseal.h"
#include "app/store/store.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "firmware/boot/backup_restore.h"
#include "firmware/boot/backup_shelf.h"
#include "firmware/boot/backup_work.h"
#include "hal/linux/sqlite_copy.h"
#include "hal/linux/sqlite_storage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTINGS_MAX 65536u

/* Static: too large for a stack; wiped after use. */
static struct gv_archive_reader reader;
static struct gv_payload_reader payload;
static uint8_t piece[GV_ARCHIVE_CHUNK];
static struct gv_store store;
static struct gv_sqlite sqlite;

/* What an archive gives. */
struct unpacked {
    const struct gv_backup_box *box;
    const char *folder; /* "trial" or "restore" */
    int fd;             /* of the database */
    uint64_t taken;
    uint64_t all;
    struct gv_seal_key seal_key;
    size_t seal_key_n;
    size_t settings_n;
    uint8_t settings[SETTINGS_MAX];
    struct gv_fail *fail;
};
static struct unpacked unpacked;

static enum gv_err io_failed(struct gv_fail *fail, const char *doing)
{
    return gv_fail(fail, GV_ERR_IO, "backup.io", "cannot %s: %s", doing,
                   errno == ENOSPC ? "the disk is full" : "the disk refuses");
}

/* ---- unpacking ---------------------------------------------------------------------------------- */

static enum gv_err write_database(struct gv_view v)
{
    return gv_file_put(unpacked.fd, v, GV_WEAR_BACKUP)
               ? GV_OK
               : io_failed(unpacked.fail, "write the database");
}

static enum gv_err take_bytes(void *ctx, enum gv_payload_file file, struct gv_view v)
{
    (void)ctx;
    if (v.n == 0) { /* the end of a file */
        return GV_OK;
    }
    switch (file) {
    case GV_PAYLOAD_DATABASE:
        return write_database(v);
    case GV_PAYLOAD_SEAL_KEY: /* payload.c has bounded both */
        memcpy(unpacked.seal_key.b + unpacked.seal_key_n, v.p, v.n);
        unpacked.seal_key_n += v.n;
        return GV_OK;
    case GV_PAYLOAD_SETTINGS:
        memcpy(unpacked.settings + unpacked.settings_n, v.p, v.n);
        unpacked.settings_n += v.n;
        return GV_OK;
    }
    return GV_ERR_INVALID;
}

static const struct gv_payload_ops payload_ops = {.bytes = take_bytes};

/* gv_archive_sink */
static enum gv_err take_plain(void *ctx, struct gv_view v)
{
    (void)ctx;
    return gv_payload_feed(&payload, v, unpacked.fail);
}

static enum gv_err feed_file(int fd)
{
    enum gv_err err = GV_OK;
    while (err == GV_OK) {
        const ssize_t n = read(fd, piece, sizeof(piece));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            err = n < 0 ? io_failed(unpacked.fail, "read the backup") : GV_OK;
            break;
        }
        unpacked.taken += (uint64_t)n;
        err = gv_archive_feed(&reader, gv_view_of(piece, (size_t)n), unpacked.fail);
        if (err == GV_OK && !unpacked.box->progress("read", unpacked.taken, unpacked.all)) {
            err = gv_fail(unpacked.fail, GV_ERR_CLOSED, "backup.stopped", "the work was given up");
        }
    }
    if (err == GV_OK) {
        err = gv_archive_close(&reader, unpacked.fail);
    }
    gv_secure_zero(&reader, sizeof(reader));
    return err == GV_OK ? gv_payload_close(&payload, unpacked.fail) : err;
}

static enum gv_err read_archive(const char *id, const struct gv_seal_key *key)
{
    uint8_t bytes[GV_ARCHIVE_HEADER_LEN];
    char path[GV_FILE_PATH_MAX];
    struct gv_archive_header header;
    struct stat info;
    enum gv_err err = gv_shelf_header(unpacked.box->data_dir, id, bytes, &header, unpacked.fail);
    if (err == GV_OK) {
        err = gv_archive_open(&reader, gv_view_of(bytes, sizeof(bytes)), key, take_plain, NULL,
                              unpacked.fail);
    }
    if (err != GV_OK || !gv_shelf_path(path, unpacked.box->data_dir, id, ".gavel")) {
        return err;
    }
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &info) != 0 ||
        lseek(fd, GV_ARCHIVE_HEADER_LEN, SEEK_SET) != GV_ARCHIVE_HEADER_LEN) {
        err = io_failed(unpacked.fail, "read the backup");
    } else {
        unpacked.all = (uint64_t)info.st_size;
        gv_payload_open(&payload, &payload_ops, NULL);
        err = feed_file(fd);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return err;
}

/* Out: path: of the database in the folder. */
static enum gv_err unpack(const char *id, const struct gv_seal_key *key,
                          char path[GV_FILE_PATH_MAX])
{
    const struct gv_backup_box *box = unpacked.box;
    enum gv_err err = gv_restore_folder(path, box->data_dir, unpacked.folder, unpacked.fail);
    if (err != GV_OK) {
        return err;
    }
    unpacked.fd =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (unpacked.fd < 0) {
        return io_failed(unpacked.fail, "make a database");
    }
    err = read_archive(id, key);
    if (err == GV_OK && fsync(unpacked.fd) != 0) {
        err = io_failed(unpacked.fail, "keep the database");
    }
    (void)close(unpacked.fd);
    gv_secure_zero(piece, sizeof(piece));
    gv_secure_zero(&payload, sizeof(payload));
    return err;
}

/* ---- trying ------------------------------------------------------------------------------------- */

static bool on_row(void *ctx, uint64_t rows)
{
    (void)ctx;
    return rows % 256u != 0 || unpacked.box->progress("seal", rows, 0);
}

static enum gv_err check_settings(void)
{
    struct gv_config config;
    gv_config_defaults(&config);
    const enum gv_err err =
        gv_config_read(&config, GV_SOURCE_STORED, "settings.conf",
                       gv_view_of(unpacked.settings, unpacked.settings_n), unpacked.fail);
    gv_secure_zero(&config, sizeof(config));
    return err;
}

/* In: fresh: key to seal everything anew with, or NULL. */
static enum gv_err try_database(struct gv_storage *storage, const struct gv_seal_key *fresh)
{
    struct gv_hash256 last;
    uint64_t rows = 0;
    (void)!unpacked.box->progress("check", 0, 0);
    enum gv_err err = gv_sqlite_check(&sqlite, unpacked.fail);
    if (err == GV_OK) {
        err = gv_store_open(&store, storage, &unpacked.seal_key, unpacked.box->entropy,
                            unpacked.fail);
    }
    if (err != GV_OK) {
        return err;
    }
    err = gv_store_audit_verify(&store, &rows, &last);
    if (err != GV_OK) {
        err = gv_fail(unpacked.fail, err, "backup.audit",
                      "the audit log of this backup breaks after entry %" PRIu64, rows);
    }
    if (err == GV_OK && fresh != NULL) {
        err = gv_store_reseal(&store, fresh, on_row, NULL, unpacked.fail);
    }
    gv_store_close(&store);
    return err;
}

/* Few pages: the page slots are the engine's connection's. */
static enum gv_err open_database(const char *path, struct gv_storage *storage)
{
    const enum gv_err err = gv_sqlite_open(&sqlite, path, NULL, unpacked.fail);
    if (err != GV_OK) {
        return err;
    }
    *storage = gv_sqlite_storage(&sqlite);
    sqlite.wear = GV_WEAR_BACKUP;
    return gv_storage_exec(storage, "PRAGMA cache_size=24");
}

static enum gv_err open_and_try(const char *path, const struct gv_seal_key *fresh)
{
    struct gv_storage storage;
    enum gv_err err = open_database(path, &storage);
    if (err == GV_OK) {
        err = try_database(&storage, fresh);
    }
    gv_sqlite_close(&sqlite);
    return err;
}

static void begin(const struct gv_backup_box *box, const char *folder, struct gv_fail *fail)
{
    gv_secure_zero(&unpacked, sizeof(unpacked));
    unpacked.box = box;
    unpacked.folder = folder;
    unpacked.fail = fail;
}

/* Out: path: of a database of this release without a row. */
static enum gv_err make_empty(char path[GV_FILE_PATH_MAX])
{
    struct gv_storage storage;
    enum gv_err err = gv_restore_folder(path, unpacked.box->data_dir, "schema", unpacked.fail);
    if (err != GV_OK) {
        return err;
    }
    err = open_database(path, &storage);
    if (err == GV_OK) {
        err = gv_store_open(&store, &storage, unpacked.box->seal_key, unpacked.box->entropy,
                            unpacked.fail);
        gv_store_close(&store);
    }
    gv_sqlite_close(&sqlite);
    return err;
}

/* By now its schema is this box's, or this release's: after the way back from a newer release the box keeps that one's. */
static enum gv_err check_schema(const char *path)
{
    char other[GV_FILE_PATH_MAX];
    if (gv_format(other, sizeof(other), "%s/gavel.db", unpacked.box->data_dir) &&
        gv_sqlite_same_schema(path, other, NULL) == GV_OK) {
        return GV_OK;
    }
    enum gv_err err = make_empty(other);
    if (err == GV_OK) {
        err = gv_sqlite_same_schema(path, other, unpacked.fail);
    }
    gv_restore_clear(unpacked.box->data_dir, "schema");
    return err;
}

/* In: fresh: as of try_database(). */
static enum gv_err unpack_and_try(const char *id, const struct gv_seal_key *key,
                                  const struct gv_seal_key *fresh)
{
    char path[GV_FILE_PATH_MAX];
    enum gv_err err = unpack(id, key, path);
    if (err == GV_OK) {
        err = check_settings();
    }
    if (err == GV_OK) {
        err = open_and_try(path, fresh);
    }
    return err == GV_OK ? check_schema(path) : err;
}

enum gv_err gv_backup_try(const struct gv_backup_box *box, const char *id,
                          const struct gv_seal_key *key, struct gv_fail *fail)
{
    begin(box, "trial", fail);
    const enum gv_err err = unpack_and_try(id, key, NULL);
    gv_restore_clear(box->data_dir, "trial");
    gv_secure_zero(&unpacked, sizeof(unpacked));
    return err;
}

enum gv_err gv_backup_stage(const struct gv_backup_box *box,
                            const struct gv_backup_request *request, const struct gv_seal_key *key,
                            struct gv_fail *fail)
{
    begin(box, "restore", fail);
    enum gv_err err = unpack_and_try(request->id, key, box->seal_key);
    if (err == GV_OK) {
        const size_t n = request->with_settings ? unpacked.settings_n : 0;
        err = gv_restore_ready(box->data_dir, request->id, &request->actor,
                               gv_view_of(unpacked.settings, n), fail);
    }
    if (err != GV_OK) {
        gv_restore_clear(box->data_dir, "restore");
    }
    gv_secure_zero(&unpacked, sizeof(unpacked));
    return err;
}
