#include "firmware/boot/backup_upload.h"

#include "firmware/boot/backup_shelf.h"
#include "hal/linux/wear.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    pthread_mutex_t lock; /* of busy */
    bool busy;
    const char *data_dir;
    int fd;
    size_t head_n;
    uint8_t head[GV_ARCHIVE_HEADER_LEN];
    char part[GV_FILE_PATH_MAX];
} self = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

static enum gv_err io_failed(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_IO, "backup.io", "cannot keep the upload: %s",
                   errno == ENOSPC ? "the disk is full" : "the disk refuses");
}

static void leave(void)
{
    pthread_mutex_lock(&self.lock);
    self.busy = false;
    pthread_mutex_unlock(&self.lock);
}

enum gv_err gv_upload_begin(const char *data_dir, struct gv_fail *fail)
{
    pthread_mutex_lock(&self.lock);
    const bool busy = self.busy;
    self.busy = true;
    pthread_mutex_unlock(&self.lock);
    if (busy) {
        return gv_fail(fail, GV_ERR_CONFLICT, "backup.busy", "another upload is under way");
    }
    self.data_dir = data_dir;
    self.head_n = 0;
    if (gv_shelf_path(self.part, data_dir, "upload", ".part")) {
        (void)unlink(self.part);
        self.fd = open(self.part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                       S_IRUSR | S_IWUSR);
    }
    if (self.fd < 0) {
        leave();
        return io_failed(fail);
    }
    return GV_OK;
}

enum gv_err gv_upload_put(void *ctx, struct gv_view bytes, struct gv_fail *fail)
{
    (void)ctx;
    const size_t room = sizeof(self.head) - self.head_n;
    const size_t head_n = bytes.n < room ? bytes.n : room;
    memcpy(self.head + self.head_n, bytes.p, head_n);
    self.head_n += head_n;
    return gv_file_put(self.fd, bytes, GV_WEAR_BACKUP) ? GV_OK : io_failed(fail);
}

/* Are these the bytes of that file? One that cannot be read is another. */
static bool same_file(const char *a, const char *b)
{
    uint8_t left[4096];
    uint8_t right[sizeof(left)];
    const int fd_a = open(a, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    const int fd_b = open(b, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool same = fd_a >= 0 && fd_b >= 0;
    bool more = same;
    while (more) {
        const ssize_t n = read(fd_a, left, sizeof(left));
        const ssize_t m = read(fd_b, right, sizeof(right));
        same = n >= 0 && n == m && memcmp(left, right, (size_t)n) == 0;
        more = same && n > 0;
    }
    if (fd_a >= 0) {
        (void)close(fd_a);
    }
    if (fd_b >= 0) {
        (void)close(fd_b);
    }
    return same;
}

/* Nothing is replaced: a head alone is no proof of being that backup, and what is on the shelf may be
 * the only good one. */
static enum gv_err shelve(const char *path, struct gv_fail *fail)
{
    if (fsync(self.fd) != 0) {
        return io_failed(fail);
    }
    if (link(self.part, path) == 0) {
        (void)unlink(self.part);
        return gv_file_sync_folder(path, fail);
    }
    if (errno != EEXIST) {
        return io_failed(fail);
    }
    if (!same_file(self.part, path)) {
        return gv_fail(fail, GV_ERR_CONFLICT, "backup.exists",
                       "another file of this backup is here: delete it first");
    }
    (void)unlink(self.part);
    return GV_OK;
}

/* Under the id that its head gives: the same file twice is one. */
static enum gv_err keep(char id[GV_BACKUP_ID_MAX], struct gv_fail *fail)
{
    struct gv_archive_header header;
    char path[GV_FILE_PATH_MAX];
    enum gv_err err = gv_archive_header_read(&header, gv_view_of(self.head, self.head_n), fail);
    if (err != GV_OK) {
        return err;
    }
    gv_shelf_id(id, &header);
    if (!gv_shelf_is_id(id) || !gv_shelf_path(path, self.data_dir, id, ".gavel")) {
        return gv_fail(fail, GV_ERR_INVALID, "backup.format", "the head of this backup is damaged");
    }
    return shelve(path, fail);
}

enum gv_err gv_upload_end(bool good, char id[GV_BACKUP_ID_MAX], struct gv_fail *fail)
{
    const enum gv_err err = good ? keep(id, fail) : GV_ERR_CLOSED;
    (void)close(self.fd);
    self.fd = -1;
    if (err != GV_OK) {
        (void)unlink(self.part);
    }
    leave();
    return err;
}
