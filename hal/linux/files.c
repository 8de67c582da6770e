#include "hal/linux/files.h"

#include "firmware/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static enum gv_err io_failed(struct gv_fail *fail, const char *doing, const char *path)
{
    int code = errno;
    char text[96];
    if (strerror_r(code, text, sizeof(text)) != 0) {
        text[0] = '\0';
    }
    return gv_fail(fail, GV_ERR_IO, "file.io", "cannot %s %s: %s (errno %d)", doing, path, text,
                   code);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* Up to cap bytes; *n == cap + 1 tells that there are more. */
static bool read_up_to(int fd, uint8_t *out, size_t cap, size_t *n)
{
    uint8_t surplus;
    *n = 0;
    while (*n <= cap) {
        bool is_full = *n == cap;
        ssize_t got = is_full ? read(fd, &surplus, 1) : read(fd, out + *n, cap - *n);
        if (got == 0) {
            return true;
        }
        if (got > 0) {
            *n += (size_t)got;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

enum gv_err gv_file_read(const char *path, void *out, size_t cap, size_t *n, struct gv_fail *fail)
{
    struct stat info;
    enum gv_err err = GV_OK;
    *n = 0;
    /* O_NONBLOCK: a FIFO under this name must not hold us up. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT
                   ? gv_fail(fail, GV_ERR_NOT_FOUND, "file.missing", "there is no file %s", path)
                   : io_failed(fail, "open", path);
    }
    if (fstat(fd, &info) != 0) {
        err = io_failed(fail, "look at", path);
    } else if (!S_ISREG(info.st_mode)) {
        err = gv_fail(fail, GV_ERR_INVALID, "file.not_regular", "%s is not a file", path);
    } else if (!read_up_to(fd, out, cap, n)) {
        err = io_failed(fail, "read", path);
    } else if (*n > cap) {
        err = gv_fail(fail, GV_ERR_TOO_LARGE, "file.too_large", "%s has more than %zu bytes", path,
                      cap);
    }
    (void)close(fd);
    if (err != GV_OK) {
        *n = 0;
    }
    return err;
}

/* ---- writing -------------------------------------------------------------------------------- */

bool gv_file_put(int fd, struct gv_view data, enum gv_wear wear)
{
    while (data.n > 0) {
        const ssize_t n = write(fd, data.p, data.n);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        gv_wear_add(wear, (uint64_t)n);
        data = gv_view_of(data.p + n, data.n - (size_t)n);
    }
    return true;
}

static bool write_new(const char *path, struct gv_view data)
{
    (void)unlink(path); /* left by a crash, or somebody's link */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return false;
    }
    bool written = gv_file_put(fd, data, GV_WEAR_FILES) && fsync(fd) == 0;
    return close(fd) == 0 && written;
}

/* The new name is durable only when its folder is. */
static bool sync_folder_of(const char *path)
{
    char folder[GV_FILE_PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        folder[0] = '.';
        folder[1] = '\0';
    } else {
        size_t n = slash == path ? 1 : (size_t)(slash - path);
        if (n >= sizeof(folder)) {
            errno = ENAMETOOLONG;
            return false;
        }
        memcpy(folder, path, n);
        folder[n] = '\0';
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool synced = fsync(fd) == 0;
    (void)close(fd);
    return synced;
}

enum gv_err gv_file_write_private(const char *path, struct gv_view data, struct gv_fail *fail)
{
    char aside[GV_FILE_PATH_MAX];
    if (!gv_format(aside, sizeof(aside), "%s.new", path)) {
        return gv_fail(fail, GV_ERR_INVALID, "file.path", "the path is too long");
    }
    if (!write_new(aside, data)) {
        enum gv_err err = io_failed(fail, "write", aside);
        (void)unlink(aside);
        return err;
    }
    if (rename(aside, path) != 0) {
        enum gv_err err = io_failed(fail, "replace", path);
        (void)unlink(aside);
        return err;
    }
    return sync_folder_of(path) ? GV_OK : io_failed(fail, "make durable", path);
}

enum gv_err gv_file_sync_folder(const char *path, struct gv_fail *fail)
{
    return sync_folder_of(path) ? GV_OK : io_failed(fail, "make durable", path);
}

enum gv_err gv_dir_create(const char *path, struct gv_fail *fail)
{
    struct stat info;
    if (mkdir(path, S_IRWXU) == 0) {
        return sync_folder_of(path) ? GV_OK : io_failed(fail, "make durable", path);
    }
    if (errno != EEXIST) {
        return io_failed(fail, "create the folder", path);
    }
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return gv_fail(fail, GV_ERR_INVALID, "file.not_folder", "%s is not a folder", path);
    }
    return GV_OK;
}

enum gv_err gv_dir_check_mount(const char *path, struct gv_fail *fail)
{
    struct stat here;
    struct stat system;
    struct statfs kind;
    if (stat(path, &here) != 0 || stat("/", &system) != 0 || statfs(path, &kind) != 0) {
        return io_failed(fail, "look at", path);
    }
    const uint32_t type = (uint32_t)kind.f_type; /* int on 32-bit systems */
    const bool in_memory =
        type == TMPFS_MAGIC || type == RAMFS_MAGIC || type == OVERLAYFS_SUPER_MAGIC;
    return here.st_dev != system.st_dev && !in_memory
               ? GV_OK
               : gv_fail(fail, GV_ERR_UNAVAILABLE, "file.no_mount",
                         "%s is not on a disk of its own: the data disk is not mounted", path);
}

enum gv_err gv_dir_lock(const char *path, struct gv_fail *fail)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return io_failed(fail, "open", path);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        return GV_OK; /* stays open: the lock goes with the process */
    }
    enum gv_err err = errno == EWOULDBLOCK
                          ? gv_fail(fail, GV_ERR_CONFLICT, "file.locked",
                                    "another process works with the data in %s", path)
                          : io_failed(fail, "lock", path);
    (void)close(fd);
    return err;
}

static bool is_wanted(const char *name, const char *suffix)
{
    const size_t n = strlen(name);
    const size_t suffix_n = strlen(suffix);
    return n > suffix_n && n < GV_FILE_NAME_MAX && strcmp(name + n - suffix_n, suffix) == 0;
}

/* Insertion into a short sorted list; the last one falls out when it is full. */
static void insert(char (*names)[GV_FILE_NAME_MAX], size_t max, size_t *n, const char *name)
{
    size_t at = *n;
    while (at > 0 && strcmp(names[at - 1], name) > 0) {
        at--;
    }
    if (at == max) {
        return;
    }
    const size_t last = *n < max ? *n : max - 1;
    memmove(names[at + 1], names[at], (last - at) * sizeof(names[0]));
    memcpy(names[at], name, strlen(name) + 1);
    *n = last + 1;
}

enum gv_err gv_dir_names(const char *path, const char *suffix, char (*names)[GV_FILE_NAME_MAX],
                         size_t max, size_t *n, struct gv_fail *fail)
{
    *n = 0;
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return errno == ENOENT ? GV_OK : io_failed(fail, "read the folder", path);
    }
    for (;;) {
        /* Our own stream: no other thread reads it. */
        const struct dirent *entry = readdir(dir); /* NOLINT(concurrency-mt-unsafe) */
        if (entry == NULL) {
            break;
        }
        if (is_wanted(entry->d_name, suffix)) {
            insert(names, max, n, entry->d_name);
        }
    }
    (void)closedir(dir);
    return GV_OK;
}
