#include "firmware/boot/front.h"

#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "hal/linux/files.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MARK      "factory-reset"
#define FILES_MAX 8 /* folders open at a time */

static enum gv_err mark_path(char path[GV_FILE_PATH_MAX], const char *data_dir,
                             struct gv_fail *fail)
{
    return gv_format(path, GV_FILE_PATH_MAX, "%s/%s", data_dir, MARK)
               ? GV_OK
               : gv_fail(fail, GV_ERR_INVALID, "boot.path", "general.data_dir is too long");
}

enum gv_err gv_factory_reset_ask(const char *data_dir, struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    const enum gv_err err = mark_path(path, data_dir, fail);
    return err == GV_OK ? gv_file_write_private(path, gv_view_str("asked\n"), fail) : err;
}

bool gv_factory_reset_is_asked(const char *data_dir)
{
    char path[GV_FILE_PATH_MAX];
    return mark_path(path, data_dir, NULL) == GV_OK && access(path, F_OK) == 0;
}

/* Everything but the folder itself and the mark, which goes last. */
static int forget(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    if (at->level == 0 || (at->level == 1 && strcmp(path + at->base, MARK) == 0)) {
        return 0;
    }
    return remove(path) == 0 ? 0 : errno;
}

enum gv_err gv_factory_reset_apply(const char *data_dir, bool *done, struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    char inside[GV_FILE_PATH_MAX];
    enum gv_err err = mark_path(path, data_dir, fail);
    *done = gv_factory_reset_is_asked(data_dir);
    if (!*done) {
        return err;
    }
    /* The folder may be a link. In it links are not followed, and other file systems are not entered. */
    gv_format_cut(inside, sizeof(inside), "%s/.", data_dir);
    /* No other thread runs yet. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const int failed = nftw(inside, forget, FILES_MAX, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    if (failed != 0) {
        return gv_fail(fail, GV_ERR_IO, "boot.factory_reset", "cannot empty %s (errno %d)",
                       data_dir, failed > 0 ? failed : errno);
    }
    err = gv_file_sync_folder(path, fail);
    if (err == GV_OK && unlink(path) != 0) {
        err = gv_fail(fail, GV_ERR_IO, "boot.factory_reset", "cannot remove %s (errno %d)", path,
                      errno);
    }
    if (err == GV_OK) {
        err = gv_file_sync_folder(path, fail);
    }
    if (err == GV_OK) {
        gv_log(GV_LOG_UNUSUAL, "boot", "factory reset: %s is empty", data_dir);
    }
    return err;
}
