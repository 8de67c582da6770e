#include "hal/linux/slots.h"

#include "firmware/base/text.h"
#include "hal/linux/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_MAX 4096u /* bytes of config.txt, with what its owner added */
#define PREFIX     "os_prefix="

static struct {
    struct gv_linux_slots_config config;
    int fd;
    char path[GV_FILE_PATH_MAX]; /* of the open part */
} self = {.fd = -1};

static enum gv_err io_failed(struct gv_fail *fail, const char *doing, const char *what)
{
    const int code = errno;
    return gv_fail(fail, GV_ERR_IO, "slot.io", "cannot %s %s: errno %d", doing, what, code);
}

static enum gv_err bad_layout(struct gv_fail *fail, const char *what)
{
    return gv_fail(fail, GV_ERR_STATE, "slot.layout", "this card has no two slots: %s", what);
}

static bool slot_of(char letter, enum gv_slot *slot)
{
    *slot = letter == 'b' ? GV_SLOT_B : GV_SLOT_A;
    return letter == 'a' || letter == 'b';
}

/* A path on the boot partition; more is "" or a name below it. */
static enum gv_err card_path(char path[GV_FILE_PATH_MAX], const char *first, const char *more,
                             struct gv_fail *fail)
{
    const bool fits = gv_format(path, GV_FILE_PATH_MAX, "%s/%s%s%s", self.config.card, first,
                                more[0] == '\0' ? "" : "/", more);
    return fits ? GV_OK : gv_fail(fail, GV_ERR_INVALID, "slot.path", "the path is too long");
}

/* All of the boot partition is on the medium. */
static enum gv_err sync_card(struct gv_fail *fail)
{
    const int fd = open(self.config.card, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return io_failed(fail, "open", self.config.card);
    }
    const bool synced = syncfs(fd) == 0;
    const enum gv_err err = synced ? GV_OK : io_failed(fail, "sync", self.config.card);
    (void)close(fd);
    return err;
}

/* ---- what runs, what is chosen ------------------------------------------------------------------ */

static enum gv_err op_running(void *ctx, enum gv_slot *slot, struct gv_fail *fail)
{
    static const char word[] = "gavel.slot=";
    char text[CONFIG_MAX];
    size_t n = 0;
    (void)ctx;
    const enum gv_err err = gv_file_read(self.config.cmdline, text, sizeof(text) - 1, &n, fail);
    if (err != GV_OK) {
        return err;
    }
    text[n] = '\0';
    const char *at = strstr(text, word);
    if (at == NULL || !slot_of(at[sizeof(word) - 1], slot)) {
        return bad_layout(fail, "the kernel was not told which of them runs");
    }
    return GV_OK;
}

/* Out: text: n bytes. at: offset of the letter. */
static enum gv_err read_config(char text[CONFIG_MAX], size_t *n, size_t *at, struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    enum gv_slot slot;
    enum gv_err err = card_path(path, "config.txt", "", fail);
    if (err == GV_OK) {
        err = gv_file_read(path, text, CONFIG_MAX - 1u, n, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    text[*n] = '\0';
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n' ? 1 : 0;
        const size_t prefix = sizeof(PREFIX) - 1;
        if (strncmp(line, PREFIX, prefix) == 0 && slot_of(line[prefix], &slot) &&
            line[prefix + 1] == '/') {
            *at = (size_t)(line - text) + prefix;
            return GV_OK;
        }
    }
    return bad_layout(fail, "config.txt names none");
}

static enum gv_err op_chosen(void *ctx, enum gv_slot *slot, struct gv_fail *fail)
{
    char text[CONFIG_MAX];
    size_t n = 0;
    size_t at = 0;
    (void)ctx;
    const enum gv_err err = read_config(text, &n, &at, fail);
    if (err == GV_OK) {
        (void)slot_of(text[at], slot); /* read_config has seen it */
    }
    return err;
}

static enum gv_err write_file(const char *path, int flags, struct gv_view bytes, size_t at,
                              struct gv_fail *fail)
{
    enum gv_err err = GV_OK;
    const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return io_failed(fail, "open", path);
    }
    if (pwrite(fd, bytes.p, bytes.n, (off_t)at) != (ssize_t)bytes.n || fsync(fd) != 0) {
        err = io_failed(fail, "write", path);
    }
    (void)close(fd);
    return err;
}

static enum gv_err op_try_once(void *ctx, enum gv_slot slot, struct gv_fail *fail)
{
    char text[CONFIG_MAX];
    char path[GV_FILE_PATH_MAX];
    size_t n = 0;
    size_t at = 0;
    (void)ctx;
    enum gv_err err = read_config(text, &n, &at, fail);
    if (err == GV_OK) {
        err = card_path(path, "tryboot.txt", "", fail);
    }
    if (err == GV_OK) {
        text[at] = gv_slot_letter(slot);
        err = write_file(path, O_CREAT | O_TRUNC, gv_view_of(text, n), 0, fail);
    }
    return err == GV_OK ? sync_card(fail) : err;
}

static enum gv_err op_choose(void *ctx, enum gv_slot slot, struct gv_fail *fail)
{
    char text[CONFIG_MAX];
    char path[GV_FILE_PATH_MAX];
    const char letter = gv_slot_letter(slot);
    size_t n = 0;
    size_t at = 0;
    (void)ctx;
    enum gv_err err = read_config(text, &n, &at, fail);
    if (err == GV_OK) {
        err = card_path(path, "config.txt", "", fail);
    }
    return err == GV_OK ? write_file(path, 0, gv_view_of(&letter, 1), at, fail) : err;
}

/* ---- writing a slot ----------------------------------------------------------------------------- */

/* Removes what an open folder holds; folders in it only when they are empty. Takes the descriptor. */
static bool remove_all(int folder, bool (*remove_folder)(int parent, const char *name))
{
    DIR *dir = folder < 0 ? NULL : fdopendir(folder);
    bool removed = dir != NULL;
    if (dir == NULL) {
        if (folder >= 0) {
            close(folder);
        }
        return false;
    }
    /* One reader per DIR. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    for (struct dirent *entry = readdir(dir); entry != NULL && removed;
         entry = readdir(dir)) { /* NOLINT(concurrency-mt-unsafe) */
        const bool itself = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        removed = itself || unlinkat(folder, entry->d_name, 0) == 0 ||
                  (errno == EISDIR && remove_folder(folder, entry->d_name));
    }
    (void)closedir(dir);
    return removed;
}

static bool remove_empty(int parent, const char *name)
{
    return unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

static int open_folder(int parent, const char *name)
{
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool remove_filled(int parent, const char *name)
{
    return remove_all(open_folder(parent, name), remove_empty) && remove_empty(parent, name);
}

/* What a release put into its slot, and what an owner did: overlays/, files in a folder. */
static enum gv_err empty_folder(const char *path, struct gv_fail *fail)
{
    if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST) {
        return io_failed(fail, "make", path);
    }
    return remove_all(open_folder(AT_FDCWD, path), remove_filled)
               ? GV_OK
               : io_failed(fail, "remove what is in", path);
}

static enum gv_err op_clear(void *ctx, enum gv_slot slot, struct gv_fail *fail)
{
    const char folder[] = {gv_slot_letter(slot), '\0'};
    char path[GV_FILE_PATH_MAX];
    (void)ctx;
    enum gv_err err = card_path(path, "tryboot.txt", "", fail);
    if (err == GV_OK && unlink(path) != 0 && errno != ENOENT) {
        err = io_failed(fail, "remove", path);
    }
    if (err == GV_OK) {
        err = sync_card(fail); /* before anything it would start goes */
    }
    if (err == GV_OK) {
        err = card_path(path, folder, "", fail);
    }
    if (err == GV_OK) {
        err = empty_folder(path, fail);
    }
    return err == GV_OK ? sync_card(fail) : err;
}

/* A partition has its size; a file of the boot partition grows, and says when it cannot. */
static enum gv_err check_room(bool root, uint64_t bytes, struct gv_fail *fail)
{
    const off_t room = root ? lseek(self.fd, 0, SEEK_END) : 0;
    if (room < 0 || lseek(self.fd, 0, SEEK_SET) != 0) {
        return io_failed(fail, "measure", self.path);
    }
    return !root || (uint64_t)room >= bytes ? GV_OK
                                            : gv_fail(fail, GV_ERR_TOO_LARGE, "slot.room",
                                                      "the new system is larger than its slot");
}

static enum gv_err op_open(void *ctx, enum gv_slot slot, const char *part, uint64_t bytes,
                           struct gv_fail *fail)
{
    const bool root = strcmp(part, GV_SLOT_ROOT) == 0;
    const char folder[] = {gv_slot_letter(slot), '\0'};
    (void)ctx;
    enum gv_err err = GV_OK;
    if (!root) {
        err = card_path(self.path, folder, part, fail);
    } else if (!gv_text_copy(self.path, sizeof(self.path), self.config.roots[slot])) {
        err = gv_fail(fail, GV_ERR_INVALID, "slot.path", "the path is too long");
    }
    if (err != GV_OK) {
        return err;
    }
    /* A partition is a link of udev's, so only the files may insist on being none. */
    self.fd = root ? open(self.path, O_RDWR | O_CLOEXEC)
                   : open(self.path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                          S_IRUSR | S_IWUSR);
    if (self.fd < 0) {
        return io_failed(fail, "open", self.path);
    }
    err = check_room(root, bytes, fail);
    if (err != GV_OK) {
        (void)close(self.fd);
        self.fd = -1;
    }
    return err;
}

static enum gv_err op_write(void *ctx, struct gv_view bytes, struct gv_fail *fail)
{
    (void)ctx;
    return gv_file_put(self.fd, bytes, GV_WEAR_FILES) ? GV_OK : io_failed(fail, "write", self.path);
}

static enum gv_err op_sync(void *ctx, struct gv_fail *fail)
{
    (void)ctx;
    if (fsync(self.fd) != 0) {
        return io_failed(fail, "sync", self.path);
    }
    /* What is read from now on comes from the card: clean pages are let go. */
    const int error = posix_fadvise(self.fd, 0, 0, POSIX_FADV_DONTNEED);
    errno = error;
    return error == 0 ? GV_OK : io_failed(fail, "forget", self.path);
}

static enum gv_err op_read(void *ctx, uint64_t offset, void *out, size_t n, struct gv_fail *fail)
{
    uint8_t *to = out;
    (void)ctx;
    while (n > 0) {
        const ssize_t got = pread(self.fd, to, n, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return io_failed(fail, "read", self.path);
        }
        to += got;
        offset += (uint64_t)got;
        n -= (size_t)got;
    }
    return GV_OK;
}

static enum gv_err op_close(void *ctx, struct gv_fail *fail)
{
    (void)ctx;
    const int status = close(self.fd);
    self.fd = -1;
    return status == 0 ? GV_OK : io_failed(fail, "close", self.path);
}

/* ---- the record --------------------------------------------------------------------------------- */

static enum gv_err op_load(void *ctx, char record[GV_SLOT_RECORD_MAX], struct gv_fail *fail)
{
    size_t n = 0;
    (void)ctx;
    enum gv_err err = gv_file_read(self.config.record, record, GV_SLOT_RECORD_MAX - 1u, &n, fail);
    if (err == GV_ERR_NOT_FOUND) {
        err = GV_OK;
    }
    record[n] = '\0';
    return err;
}

static enum gv_err op_store(void *ctx, const char *record, struct gv_fail *fail)
{
    (void)ctx;
    return gv_file_write_private(self.config.record, gv_view_str(record), fail);
}

struct gv_slots gv_linux_slots(const struct gv_linux_slots_config *config)
{
    static const struct gv_slots_ops ops = {
        .running = op_running,
        .chosen = op_chosen,
        .clear = op_clear,
        .open = op_open,
        .write = op_write,
        .sync = op_sync,
        .read = op_read,
        .close = op_close,
        .try_once = op_try_once,
        .choose = op_choose,
        .load = op_load,
        .store = op_store,
    };
    self.config = *config;
    return (struct gv_slots){.ops = &ops, .ctx = &self};
}
