#include "firmware/boot/options.h"

#include "firmware/base/text.h"
#include "firmware/boot/settings_file.h"
#include "hal/linux/files.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define CONFIG_FILE_MAX 65536
#define DROP_INS_MAX    32u

extern char **environ;

static void print_usage(FILE *to)
{
    fputs(
        "usage: gaveld [--config FILE] [--data DIR] [--set SECTION.KEY=VALUE]... [--demo-orders]\n"
        "       gaveld --help | --version | --settings\n"
        "Settings come from the command line, then GAVEL_<SECTION>__<KEY> in the environment,\n"
        "then what was changed on the settings page (DIR/settings.conf), then conf.d/*.conf "
        "beside\n"
        "the file, then the file, then the defaults that --settings lists.\n",
        to);
}

static void print_setting(void *ctx, const char *key, const char *value, const char *standard,
                          const char *help)
{
    (void)ctx;
    (void)value;
    printf("%-28s %-34s %s\n", key, standard[0] != '\0' ? standard : "(empty)", help);
}

static enum gv_err read_file(struct gv_config *config, const char *path, struct gv_fail *fail)
{
    static char text[CONFIG_FILE_MAX];
    size_t n = 0;
    const enum gv_err err = gv_file_read(path, text, sizeof(text), &n, fail);
    return err != GV_OK ? err
                        : gv_config_read(config, GV_SOURCE_FILE, path, gv_view_of(text, n), fail);
}

/* The file, then its drop-ins by name. */
static enum gv_err read_files(struct gv_config *config, const char *path, struct gv_fail *fail)
{
    char folder[GV_FILE_PATH_MAX];
    char drop_in[GV_FILE_PATH_MAX];
    static char names[DROP_INS_MAX][GV_FILE_NAME_MAX];
    size_t n = 0;
    const char *slash = strrchr(path, '/');
    const int dir_len = slash == NULL ? 0 : (int)(slash - path) + 1;
    enum gv_err err = read_file(config, path, fail);
    if (err == GV_OK && !gv_format(folder, sizeof(folder), "%.*sconf.d", dir_len, path)) {
        err = gv_fail(fail, GV_ERR_INVALID, "config.path", "%s: the path is too long", path);
    }
    if (err == GV_OK) {
        err = gv_dir_names(folder, ".conf", names, DROP_INS_MAX, &n, fail);
    }
    for (size_t i = 0; i < n && err == GV_OK; i++) {
        err = gv_format(drop_in, sizeof(drop_in), "%s/%s", folder, names[i])
                  ? read_file(config, drop_in, fail)
                  : gv_fail(fail, GV_ERR_INVALID, "config.path", "%s: the path is too long", path);
    }
    return err;
}

static enum gv_err apply_set(struct gv_config *config, char *assignment, struct gv_fail *fail)
{
    char *equals = strchr(assignment, '=');
    if (equals == NULL) {
        return gv_fail(fail, GV_ERR_INVALID, "config.usage", "--set needs SECTION.KEY=VALUE");
    }
    *equals = '\0';
    const enum gv_err err = gv_config_set(config, assignment, equals + 1, fail);
    *equals = '='; /* it is read again, above the stored settings */
    return err;
}

static enum gv_err apply_demo_orders(struct gv_config *config, struct gv_fail *fail)
{
    const enum gv_err err = gv_config_set(config, "orders.enabled", "on", fail);
    return err == GV_OK ? gv_config_set(config, "orders.demo", "on", fail) : err;
}

static enum gv_err apply_pair(struct gv_config *config, bool file_pass, const char *option,
                              char *value, struct gv_fail *fail)
{
    if (strcmp(option, "--config") == 0) {
        return file_pass ? read_files(config, value, fail) : GV_OK;
    }
    if (strcmp(option, "--data") == 0) {
        return file_pass ? GV_OK : gv_config_set(config, "general.data_dir", value, fail);
    }
    if (strcmp(option, "--set") == 0) {
        return file_pass ? GV_OK : apply_set(config, value, fail);
    }
    return gv_fail(fail, GV_ERR_INVALID, "config.usage", "unknown option %s", option);
}

/* Two passes: the file is named on the command line but ranks below it. */
static enum gv_err apply_arguments(struct gv_config *config, bool file_pass, int argc, char **argv,
                                   struct gv_fail *fail)
{
    for (int i = 1; i < argc; i += 2) {
        enum gv_err err = GV_OK;
        if (strcmp(argv[i], "--demo-orders") == 0) {
            err = file_pass ? GV_OK : apply_demo_orders(config, fail);
            i--; /* it has no value */
        } else if (i + 1 >= argc) {
            return gv_fail(fail, GV_ERR_INVALID, "config.usage", "%s needs a value", argv[i]);
        } else {
            err = apply_pair(config, file_pass, argv[i], argv[i + 1], fail);
        }
        if (err != GV_OK) {
            return err;
        }
    }
    return GV_OK;
}

/* What ranks above the stored settings, and the rules across all. */
static enum gv_err apply_above(struct gv_config *config, int argc, char **argv,
                               struct gv_fail *fail)
{
    enum gv_err err = gv_config_environment(config, environ, fail);
    if (err == GV_OK) {
        err = apply_arguments(config, false, argc, argv, fail);
    }
    return err == GV_OK ? gv_config_check(config, fail) : err;
}

/* `config` comes without the stored settings: first it tells where they lie. */
static enum gv_err apply_stored(struct gv_config *config, const struct gv_config *below, int argc,
                                char **argv, struct gv_fail *fail)
{
    const enum gv_err without = apply_above(config, argc, argv, fail);
    for (int good_copy = 0; good_copy < 2; good_copy++) {
        struct gv_fail why = {.err = GV_OK};
        struct gv_config next = *below;
        enum gv_err err = gv_settings_file_read(&next, config->data_dir, good_copy != 0, &why);
        if (err == GV_OK) {
            err = apply_above(&next, argc, argv, &why);
        }
        if (err == GV_OK) {
            *config = next;
            return GV_OK;
        }
        if (without == GV_OK && err != GV_ERR_NOT_FOUND) {
            gv_log(GV_LOG_BROKEN, "settings", "stored settings not used: %s", why.text);
        }
    }
    return without;
}

static enum gv_err read_all(struct gv_config *config, struct gv_config *below, int argc,
                            char **argv, struct gv_fail *fail)
{
    gv_config_defaults(below);
    enum gv_err err = apply_arguments(below, true, argc, argv, fail);
    *config = *below;
    return err == GV_OK ? apply_stored(config, below, argc, argv, fail) : err;
}

int gv_options_read(struct gv_config *config, struct gv_config *below,
                    enum gv_options_action *action, int argc, char **argv)
{
    struct gv_fail fail;
    memset(&fail, 0, sizeof(fail));
    *action = GV_OPTIONS_EXIT;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        print_usage(stdout);
        return EX_OK;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("gaveld " GV_VERSION);
        return EX_OK;
    }
    if (argc == 2 && strcmp(argv[1], "--settings") == 0) {
        gv_config_defaults(config);
        gv_config_each(config, print_setting, NULL);
        return EX_OK;
    }
    *action = GV_OPTIONS_RUN;
    if (read_all(config, below, argc, argv, &fail) == GV_OK) {
        return EX_OK;
    }
    fprintf(stderr, "gaveld: %s\n", fail.text);
    if (strcmp(fail.code, "config.usage") != 0) {
        return EX_CONFIG;
    }
    print_usage(stderr);
    return EX_USAGE;
}
