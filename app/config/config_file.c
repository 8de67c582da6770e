#include "app/config/config.h"

#include "app/config/settings.h"
#include "firmware/base/text.h"

#include <ini.h>
#include <string.h>

#define KEY_MAX 128u

struct file_reader {
    struct gv_view left; /* not yet handed to inih */
    struct gv_config *config;
    enum gv_config_source source;
    bool seen[GV_SETTINGS_COUNT];
    bool failed; /* fail says why */
    struct gv_fail fail;
};

/* fgets() over a view: inih asks for the next line. */
static char *next_line(char *line, int cap, void *ctx)
{
    struct file_reader *file = ctx;
    size_t room = cap > 0 ? (size_t)cap - 1 : 0;
    if (file->left.n == 0 || room == 0) {
        return NULL;
    }
    size_t n = 0;
    while (n < room && n < file->left.n) {
        line[n] = (char)file->left.p[n];
        n++;
        if (line[n - 1] == '\n') {
            break;
        }
    }
    line[n] = '\0';
    file->left = gv_view_of(file->left.p + n, file->left.n - n);
    return line;
}

static enum gv_err take_value(struct file_reader *file, const char *section, const char *name,
                              const char *value)
{
    char key[KEY_MAX];
    if (!gv_format(key, sizeof(key), "%s.%s", section, name)) {
        return gv_fail(&file->fail, GV_ERR_INVALID, "config.unknown_key", "no such setting");
    }
    const struct gv_setting *setting = gv_setting_find(key);
    if (setting == NULL) {
        return gv_fail(&file->fail, GV_ERR_INVALID, "config.unknown_key", "%s: no such setting",
                       key);
    }
    bool *seen = &file->seen[setting - gv_settings];
    if (*seen) {
        return gv_fail(&file->fail, GV_ERR_INVALID, "config.repeated_key", "%s: given twice", key);
    }
    *seen = true;
    return gv_setting_store(file->config, file->source, setting, value, &file->fail);
}

/* Called by inih for each "name = value". Returns: nonzero to go on. */
static int on_value(void *ctx, const char *section, const char *name, const char *value)
{
    struct file_reader *file = ctx;
    if (!file->failed) {
        file->failed = take_value(file, section, name, value) != GV_OK;
    }
    return file->failed ? 0 : 1;
}

enum gv_err gv_config_read(struct gv_config *config, enum gv_config_source source, const char *name,
                           struct gv_view text, struct gv_fail *fail)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == 0) {
            return gv_fail(fail, GV_ERR_INVALID, "config.syntax", "%s: holds a zero byte", name);
        }
    }
    struct gv_config next = *config;
    struct file_reader file = {.left = text, .config = &next, .source = source};
    int line = ini_parse_stream(next_line, &file, on_value, &file);
    enum gv_err err = GV_OK;
    if (file.failed) {
        err = gv_fail(fail, file.fail.err, file.fail.code, "%.120s:%d: %s", name, line,
                      file.fail.text);
    } else if (line != 0) {
        err = gv_fail(fail, GV_ERR_INVALID, "config.syntax",
                      "%.120s:%d: neither [section] nor key = value, or the line is too long", name,
                      line);
    } else {
        *config = next;
    }
    gv_secure_zero(next.node_password, sizeof(next.node_password));
    return err;
}
