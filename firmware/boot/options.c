#include "firmware/boot/options.h"

#include "hal/linux/files.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define CONFIG_FILE_MAX 65536

extern char **environ;

static void print_usage(FILE *to)
{
    fputs("usage: gaveld [--config FILE] [--data DIR] [--set SECTION.KEY=VALUE]...\n"
          "       gaveld --help | --version | --settings\n"
          "Settings come from the command line, then GAVEL_<SECTION>__<KEY> in the environment,\n"
          "then the file, then the defaults that --settings lists.\n",
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
    return err != GV_OK ? err : gv_config_read(config, GV_SOURCE_FILE, path, gv_view_of(text, n), fail);
}

static enum gv_err apply_set(struct gv_config *config, char *assignment, struct gv_fail *fail)
{
    char *equals = strchr(assignment, '=');
    if (equals == NULL) {
        return gv_fail(fail, GV_ERR_INVALID, "config.usage", "--set needs SECTION.KEY=VALUE");
    }
    *equals = '\0';
    return gv_config_set(config, assignment, equals + 1, fail);
}

/* Two passes: the file is named on the command line but ranks below it. */
static enum gv_err apply_arguments(struct gv_config *config, bool file_pass, int argc, char **argv,
                                   struct gv_fail *fail)
{
    for (int i = 1; i < argc; i += 2) {
        enum gv_err err = GV_OK;
        if (i + 1 >= argc) {
            return gv_fail(fail, GV_ERR_INVALID, "config.usage", "%s needs a value", argv[i]);
        }
        if (strcmp(argv[i], "--config") == 0) {
            err = file_pass ? read_file(config, argv[i + 1], fail) : GV_OK;
        } else if (strcmp(argv[i], "--data") == 0) {
            err = file_pass ? GV_OK : gv_config_set(config, "general.data_dir", argv[i + 1], fail);
        } else if (strcmp(argv[i], "--set") == 0) {
            err = file_pass ? GV_OK : apply_set(config, argv[i + 1], fail);
        } else {
            err = gv_fail(fail, GV_ERR_INVALID, "config.usage", "unknown option %s", argv[i]);
        }
        if (err != GV_OK) {
            return err;
        }
    }
    return GV_OK;
}

int gv_options_read(struct gv_config *config, enum gv_options_action *action, int argc, char **argv)
{
    struct gv_fail fail;
    memset(&fail, 0, sizeof(fail));
    *action = GV_OPTIONS_EXIT;
    gv_config_defaults(config);
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        print_usage(stdout);
        return EX_OK;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("gaveld " GV_VERSION);
        return EX_OK;
    }
    if (argc == 2 && strcmp(argv[1], "--settings") == 0) {
        gv_config_each(config, print_setting, NULL);
        return EX_OK;
    }
    *action = GV_OPTIONS_RUN;
    enum gv_err err = apply_arguments(config, true, argc, argv, &fail);
    if (err == GV_OK) {
        err = gv_config_environment(config, environ, &fail);
    }
    if (err == GV_OK) {
        err = apply_arguments(config, false, argc, argv, &fail);
    }
    if (err == GV_OK) {
        err = gv_config_check(config, &fail);
    }
    if (err == GV_OK) {
        return EX_OK;
    }
    fprintf(stderr, "gaveld: %s\n", fail.text);
    if (strcmp(fail.code, "config.usage") != 0) {
        return EX_CONFIG;
    }
    print_usage(stderr);
    return EX_USAGE;
}
