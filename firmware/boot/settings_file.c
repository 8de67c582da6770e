#include "firmware/boot/settings_file.h"

#include "app/config/changes.h"
#include "firmware/base/crypto.h"
#include "firmware/base/text.h"
#include "hal/linux/files.h"

#include <stdio.h>
#include <string.h>

#define FILE_NAME "settings.conf"

static enum gv_err path_of(char path[GV_FILE_PATH_MAX], const char *data_dir, const char *suffix,
                           struct gv_fail *fail)
{
    return gv_format(path, GV_FILE_PATH_MAX, "%s/" FILE_NAME "%s", data_dir, suffix)
               ? GV_OK
               : gv_fail(fail, GV_ERR_INVALID, "config.path", "general.data_dir is too long");
}

static enum gv_err read_text(char text[GV_CHANGES_TEXT_MAX], size_t *n, const char *data_dir,
                             const char *suffix, struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    const enum gv_err err = path_of(path, data_dir, suffix, fail);
    return err != GV_OK ? err : gv_file_read(path, text, GV_CHANGES_TEXT_MAX, n, fail);
}

enum gv_err gv_settings_file_read(struct gv_config *config, const char *data_dir, bool good_copy,
                                  struct gv_fail *fail)
{
    char text[GV_CHANGES_TEXT_MAX];
    size_t n = 0;
    enum gv_err err = read_text(text, &n, data_dir, good_copy ? ".good" : "", fail);
    if (err == GV_ERR_NOT_FOUND && !good_copy) {
        return GV_OK;
    }
    if (err == GV_OK) {
        err = gv_config_read(config, GV_SOURCE_STORED, good_copy ? FILE_NAME ".good" : FILE_NAME,
                             gv_view_of(text, n), fail);
    }
    gv_secure_zero(text, sizeof(text));
    return err;
}

enum gv_err gv_settings_file_write(const char *data_dir, struct gv_view text, struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    const enum gv_err err = path_of(path, data_dir, "", fail);
    return err != GV_OK ? err : gv_file_write_private(path, text, fail);
}

/* Is settings.conf there, and is it the good copy? Out: text, n: of settings.conf. */
static bool differs(char text[GV_CHANGES_TEXT_MAX], size_t *n, const char *data_dir)
{
    char good[GV_CHANGES_TEXT_MAX];
    size_t good_n = 0;
    if (read_text(text, n, data_dir, "", NULL) != GV_OK) {
        return false;
    }
    const bool same = read_text(good, &good_n, data_dir, ".good", NULL) == GV_OK && good_n == *n &&
                      memcmp(good, text, *n) == 0;
    gv_secure_zero(good, sizeof(good));
    return !same;
}

void gv_settings_file_confirm(const char *data_dir)
{
    char text[GV_CHANGES_TEXT_MAX];
    char path[GV_FILE_PATH_MAX];
    struct gv_fail fail;
    size_t n = 0;
    if (differs(text, &n, data_dir) &&
        (path_of(path, data_dir, ".good", &fail) != GV_OK ||
         gv_file_write_private(path, gv_view_of(text, n), &fail) != GV_OK)) {
        gv_log(GV_LOG_UNUSUAL, "settings", "no good copy: %s", fail.text);
    }
    gv_secure_zero(text, sizeof(text));
}

bool gv_settings_file_refuse(const char *data_dir)
{
    char text[GV_CHANGES_TEXT_MAX];
    char from[GV_FILE_PATH_MAX];
    char aside[GV_FILE_PATH_MAX];
    size_t n = 0;
    bool refused = differs(text, &n, data_dir) && path_of(from, data_dir, "", NULL) == GV_OK &&
                   path_of(aside, data_dir, ".refused", NULL) == GV_OK && rename(from, aside) == 0;
    /* The next start reads the good copy; it becomes settings.conf with the next change. */
    if (refused && read_text(text, &n, data_dir, ".good", NULL) == GV_OK &&
        gv_settings_file_write(data_dir, gv_view_of(text, n), NULL) != GV_OK) {
        gv_log(GV_LOG_BROKEN, "settings", "the good copy could not be put back");
    }
    gv_secure_zero(text, sizeof(text));
    return refused;
}
