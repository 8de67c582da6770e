#include "app/cli/config_cli.h"

#include "app/cli/ctl_ask.h"
#include "app/config/settings.h"
#include "firmware/base/crypto.h"
#include "firmware/base/text.h"
#include "hal/linux/files.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define FILE_MAX     65536u
#define DROP_INS_MAX 32u

/* ---- check ------------------------------------------------------------------------------------ */

/* Out: found: the file could not be used, and why was printed. */
static int check_file(struct gv_config *config, const char *path)
{
    static char text[FILE_MAX];
    struct gv_fail fail = {.err = GV_OK};
    size_t n = 0;
    int status = EX_OK;
    enum gv_err err = gv_file_read(path, text, sizeof(text), &n, &fail);
    if (err != GV_OK) {
        status = err == GV_ERR_NOT_FOUND ? EX_NOINPUT : EX_DATAERR;
    } else if (gv_config_read(config, GV_SOURCE_FILE, path, gv_view_of(text, n), &fail) != GV_OK) {
        status = EX_DATAERR;
    }
    if (status != EX_OK) {
        fprintf(stderr, "gavelctl: %s\n", fail.text);
    }
    gv_secure_zero(text, sizeof(text));
    return status;
}

int gv_cli_config_check(const char *path)
{
    static char names[DROP_INS_MAX][GV_FILE_NAME_MAX];
    char folder[GV_FILE_PATH_MAX];
    char drop_in[GV_FILE_PATH_MAX];
    struct gv_config config;
    struct gv_fail fail = {.err = GV_OK};
    size_t n = 0;
    const char *slash = strrchr(path, '/');
    const int dir_len = slash == NULL ? 0 : (int)(slash - path) + 1;
    gv_config_defaults(&config);
    int status = check_file(&config, path);
    if (status != EX_OK || !gv_format(folder, sizeof(folder), "%.*sconf.d", dir_len, path)) {
        return status;
    }
    if (gv_dir_names(folder, ".conf", names, DROP_INS_MAX, &n, &fail) != GV_OK) {
        fprintf(stderr, "gavelctl: %s\n", fail.text);
        return EX_NOINPUT;
    }
    for (size_t i = 0; i < n && status == EX_OK; i++) {
        if (gv_format(drop_in, sizeof(drop_in), "%s/%s", folder, names[i])) {
            status = check_file(&config, drop_in);
        }
    }
    if (status == EX_OK && gv_config_check(&config, &fail) != GV_OK) {
        fprintf(stderr, "gavelctl: %s: %s\n", path, fail.text);
        status = EX_DATAERR;
    }
    gv_secure_zero(&config, sizeof(config));
    return status;
}

/* ---- show and get ----------------------------------------------------------------------------- */

static void print_value(gv_json_ref item)
{
    const gv_json_ref value = gv_json_get(item, "value");
    struct gv_view text;
    bool on = false;
    if (gv_ctl_flag(item, "secret")) {
        printf("%s", gv_ctl_flag(item, "set") ? "(set, not shown)" : "");
    } else if (gv_json_bool(value, &on)) {
        printf("%s", on ? "on" : "off");
    } else if (gv_json_number_text(value, &text) || gv_json_string(value, &text)) {
        for (size_t i = 0; i < text.n; i++) { /* a terminal obeys control characters */
            putchar(text.p[i] >= 0x20 && text.p[i] != 0x7f ? text.p[i] : '?');
        }
    }
}

int gv_cli_config_show(const struct gv_ctl_options *options, const char *key)
{
    struct gv_json_out out;
    struct gv_json_iter it;
    gv_json_ref answer = NULL;
    gv_ctl_begin(&out, "config.show");
    if (key != NULL) {
        gv_jo_kstring(&out, "key", key);
    }
    const int status = gv_ctl_ask(options, &out, &answer);
    if (status != EX_OK || answer == NULL) {
        return status;
    }
    for (gv_json_ref e = gv_json_first(&it, gv_json_get(answer, "items")); e != NULL;
         e = gv_json_next(&it)) {
        if (key == NULL) {
            gv_ctl_print(true, gv_json_get(e, "key"));
            gv_ctl_print(true, gv_json_get(e, "source"));
            printf("%s ", gv_ctl_flag(e, "pending") ? "pending" : "       ");
        }
        print_value(e);
        putchar('\n');
    }
    return EX_OK;
}

/* ---- set -------------------------------------------------------------------------------------- */

/* The daemon judges the value; only its JSON type is chosen here, by the table both share. */
static bool write_member(struct gv_json_out *out, char *assignment)
{
    uint64_t number = 0;
    char *equals = strchr(assignment, '=');
    const bool reset = equals == NULL;
    if (!reset) {
        *equals = '\0';
    }
    const struct gv_setting *setting = gv_setting_find(assignment);
    if (setting == NULL) {
        fprintf(stderr, "gavelctl: there is no setting %s\n", assignment);
        return false;
    }
    if (reset) {
        gv_jo_knull(out, assignment);
        return true;
    }
    const char *value = equals + 1;
    if (setting->kind == GV_SETTING_NUMBER &&
        gv_parse_u64(&number, gv_view_str(value), INT64_MAX)) {
        gv_jo_kint(out, assignment, (int64_t)number);
    } else if (setting->kind == GV_SETTING_SWITCH &&
               (strcmp(value, "on") == 0 || strcmp(value, "off") == 0)) {
        gv_jo_kbool(out, assignment, strcmp(value, "on") == 0);
    } else {
        gv_jo_kstring(out, assignment, value);
    }
    return true;
}

int gv_cli_config_set(const struct gv_ctl_options *options, int argc, char **argv)
{
    struct gv_json_out out;
    gv_json_ref answer = NULL;
    gv_ctl_begin(&out, "config.set");
    gv_jo_key(&out, "values");
    gv_jo_object(&out);
    for (int i = 0; i < argc; i++) {
        if (!write_member(&out, argv[i])) {
            return EX_USAGE;
        }
    }
    gv_jo_object_end(&out);
    const int status = gv_ctl_ask(options, &out, &answer);
    if (status == EX_OK && answer != NULL) {
        printf("changed   ");
        gv_ctl_print(false, gv_json_get(answer, "changed"));
        if (gv_ctl_flag(answer, "pending")) {
            puts("some changes hold from the next start on (pending)");
        }
    }
    gv_ctl_wipe();
    return status;
}
