#include "tests/fault/restore/fault_files.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX 256
#define DIRTY_MAX 16

int __real_open64(const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __real_pwrite64(int fd, const void *p, size_t n, off_t at);
int __real_ftruncate64(int fd, off_t n);
int __real_rename(const char *from, const char *to);
int __real_link(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_rmdir(const char *path);
int __wrap_open64(const char *path, int flags, ...);
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t __wrap_pwrite64(int fd, const void *p, size_t n, off_t at);
int __wrap_ftruncate64(int fd, off_t n);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_rmdir(const char *path);

enum what {
    CREATED,
    RENAMED,
    LINKED,
    UNLINKED,
    REMOVED
};

struct name {
    enum what what;
    char path[PATH_MAX];
    char to[PATH_MAX];
    char kept[PATH_MAX]; /* what had the name before; "": nothing */
};

struct dirty {
    char path[PATH_MAX]; /* "": free */
    char kept[PATH_MAX]; /* its durable contents */
};

static struct {
    bool armed;
    unsigned left;
    enum fault_loss loss;
    char grave[PATH_MAX];
    unsigned graves;
    unsigned names_n;
    struct name names[NAMES_MAX];
    struct dirty dirty[DIRTY_MAX];
} disk;

static void must(bool good)
{
    if (!good) {
        perror("fault_files");
        _exit(1);
    }
}

static void next_grave(char out[PATH_MAX])
{
    must(snprintf(out, PATH_MAX, "%s/%u", disk.grave, disk.graves++) < PATH_MAX);
}

static void copy(const char *from, const char *to)
{
    char bytes[4096];
    const int in = __real_open64(from, O_RDONLY);
    const int out = __real_open64(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    must(in >= 0 && out >= 0);
    for (ssize_t n = read(in, bytes, sizeof(bytes)); n > 0; n = read(in, bytes, sizeof(bytes))) {
        must(__real_write(out, bytes, (size_t)n) == n);
    }
    (void)close(in);
    (void)close(out);
}

/* ---- the loss ------------------------------------------------------------------------------------ */

static void take_back(const struct name *name)
{
    switch (name->what) {
    case CREATED:
        must(__real_unlink(name->path) == 0);
        break;
    case LINKED:
        must(__real_unlink(name->to) == 0);
        break;
    case RENAMED:
        must(__real_rename(name->to, name->path) == 0);
        if (name->kept[0] != '\0') {
            must(__real_rename(name->kept, name->to) == 0);
        }
        break;
    case UNLINKED:
        must(__real_rename(name->kept, name->path) == 0);
        break;
    case REMOVED:
        must(mkdir(name->path, 0700) == 0);
        break;
    }
}

static void lose_power(void)
{
    for (unsigned i = 0; i < DIRTY_MAX && disk.loss != FAULT_LOSES_NOTHING; i++) {
        if (disk.dirty[i].path[0] != '\0' && access(disk.dirty[i].path, F_OK) == 0) {
            copy(disk.dirty[i].kept, disk.dirty[i].path);
        }
    }
    unsigned stay = disk.names_n;
    if (disk.loss == FAULT_LOSES_ALL) {
        stay = 0;
    } else if (disk.loss == FAULT_LOSES_HALF_OF_NAMES) {
        stay = disk.names_n / 2;
    }
    while (disk.names_n > stay) {
        take_back(&disk.names[--disk.names_n]);
    }
    _exit(FAULT_EXIT);
}

void fault_files_arm(unsigned at, enum fault_loss loss, const char *grave)
{
    memset(&disk, 0, sizeof(disk));
    must(snprintf(disk.grave, sizeof(disk.grave), "%s", grave) < (int)sizeof(disk.grave));
    disk.left = at;
    disk.loss = loss;
    disk.armed = true;
}

static void event(void)
{
    if (disk.armed && --disk.left == 0) {
        lose_power();
    }
}

/* ---- what is not durable ----------------------------------------------------------------------- */

static struct name *note(enum what what, const char *path, const char *to)
{
    static struct name unwatched;
    struct name *name = &unwatched;
    if (disk.armed) {
        must(disk.names_n < NAMES_MAX);
        name = &disk.names[disk.names_n++];
    }
    *name = (struct name){.what = what};
    (void)snprintf(name->path, sizeof(name->path), "%s", path);
    (void)snprintf(name->to, sizeof(name->to), "%s", to);
    return name;
}

static void keep(struct name *name, const char *path)
{
    if (disk.armed && access(path, F_OK) == 0) {
        next_grave(name->kept);
        must(__real_link(path, name->kept) == 0);
    }
}

static struct dirty *find_dirty(const char *path)
{
    for (unsigned i = 0; i < DIRTY_MAX; i++) {
        if (strcmp(disk.dirty[i].path, path) == 0) {
            return &disk.dirty[i];
        }
    }
    return NULL;
}

static bool path_of(int fd, char path[PATH_MAX])
{
    char link[64];
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    const ssize_t n = readlink(link, path, PATH_MAX - 1);
    path[n > 0 ? n : 0] = '\0';
    return n > 0 && path[0] == '/' && strncmp(path, "/dev/", 5) != 0;
}

/* The first change of a file since it was durable. */
static void spoil(int fd)
{
    char path[PATH_MAX];
    if (!disk.armed || !path_of(fd, path) || find_dirty(path) != NULL) {
        return;
    }
    struct dirty *dirty = find_dirty("");
    must(dirty != NULL);
    next_grave(dirty->kept);
    copy(path, dirty->kept);
    memcpy(dirty->path, path, sizeof(path));
}

/* ---- the calls ------------------------------------------------------------------------------------ */

int __wrap_open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    const bool creates = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
    if (creates) {
        event();
    }
    const int fd = __real_open64(path, flags, mode);
    if (creates && fd >= 0) {
        (void)note(CREATED, path, "");
    }
    return fd;
}

ssize_t __wrap_write(int fd, const void *p, size_t n)
{
    char path[PATH_MAX];
    if (path_of(fd, path)) { /* not the log */
        event();
        spoil(fd);
    }
    return __real_write(fd, p, n);
}

ssize_t __wrap_pwrite64(int fd, const void *p, size_t n, off_t at)
{
    event();
    spoil(fd);
    return __real_pwrite64(fd, p, n, at);
}

int __wrap_ftruncate64(int fd, off_t n)
{
    event();
    spoil(fd);
    return __real_ftruncate64(fd, n);
}

int __wrap_fsync(int fd)
{
    char path[PATH_MAX];
    struct stat info;
    event();
    if (disk.armed && fstat(fd, &info) == 0 && path_of(fd, path)) {
        struct dirty *dirty = find_dirty(path);
        if (S_ISDIR(info.st_mode)) {
            disk.names_n = 0; /* a journal keeps the order of all */
        } else if (dirty != NULL) {
            dirty->path[0] = '\0';
        }
    }
    return 0; /* this disk is the one that decides */
}

int __wrap_rename(const char *from, const char *to)
{
    event();
    keep(note(RENAMED, from, to), to);
    struct dirty *dirty = find_dirty(from);
    if (dirty != NULL) {
        (void)snprintf(dirty->path, sizeof(dirty->path), "%s", to);
    }
    return __real_rename(from, to);
}

int __wrap_link(const char *from, const char *to)
{
    event();
    const int rc = __real_link(from, to);
    if (rc == 0) {
        (void)note(LINKED, from, to);
    }
    return rc;
}

int __wrap_unlink(const char *path)
{
    event();
    if (access(path, F_OK) == 0) {
        keep(note(UNLINKED, path, ""), path);
        struct dirty *dirty = find_dirty(path);
        if (dirty != NULL) {
            dirty->path[0] = '\0';
        }
    }
    return __real_unlink(path);
}

int __wrap_rmdir(const char *path)
{
    event();
    const int rc = __real_rmdir(path);
    if (rc == 0) {
        (void)note(REMOVED, path, "");
    }
    return rc;
}
