#include "app/cli/backup_cli.h"

#include "app/cli/ctl_ask.h"
#include "app/cli/ctl_secret.h"
#include "firmware/base/crypto.h"
#include "firmware/base/json.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define PASSPHRASE_MAX 256
#define LOOK_MS        300

struct wanted {
    const char *command; /* of the daemon */
    const char *id;
    bool passphrase;
    bool replace;
    bool without_settings;
};

static bool is_state(gv_json_ref answer, const char *state)
{
    struct gv_view text;
    return gv_json_string(gv_json_get(answer, "state"), &text) && gv_view_is(text, state);
}

/* The job's end, or that of the daemon, which starts again with what it restored. */
static int wait_for_job(const struct gv_ctl_options *options, bool restore)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    struct gv_ctl_options plain = *options;
    plain.json = false;
    for (;;) {
        struct gv_json_out out;
        gv_json_ref answer = NULL;
        (void)nanosleep(&pause, NULL);
        gv_ctl_begin(&out, "backup.list");
        const int status = gv_ctl_ask(&plain, &out, &answer);
        if (status != EX_OK && restore) {
            puts("the box starts again with the restored data");
            return EX_OK;
        }
        if (status != EX_OK || is_state(answer, "running")) {
            if (status != EX_OK) {
                return status;
            }
            continue;
        }
        if (is_state(answer, "failed")) {
            struct gv_view why = {0};
            if (gv_json_string(gv_json_get(answer, "job_error"), &why)) {
                fprintf(stderr, "gavelctl: %.*s\n", (int)why.n, (const char *)why.p);
            }
            return EX_DATAERR;
        }
        fputs("done ", stdout);
        gv_ctl_print(false, gv_json_get(answer, "job_id"));
        return EX_OK;
    }
}

static int run(const struct gv_ctl_options *options, const struct wanted *wanted)
{
    struct gv_json_out out;
    gv_json_ref answer = NULL;
    char passphrase[PASSPHRASE_MAX];
    gv_ctl_begin(&out, wanted->command);
    if (wanted->id != NULL) {
        gv_jo_kstring(&out, "id", wanted->id);
    }
    if (wanted->passphrase) {
        if (!gv_ctl_secret(passphrase, sizeof(passphrase))) {
            return EX_USAGE;
        }
        gv_jo_kstring(&out, "passphrase", passphrase);
        gv_secure_zero(passphrase, sizeof(passphrase));
    }
    if (wanted->replace) {
        gv_jo_kbool(&out, "replace", true);
    }
    if (wanted->without_settings) {
        gv_jo_kbool(&out, "settings", false);
    }
    const int status = gv_ctl_ask(options, &out, &answer);
    gv_ctl_wipe();
    return status;
}

static int list(const struct gv_ctl_options *options)
{
    struct gv_json_out out;
    struct gv_json_iter it;
    gv_json_ref answer = NULL;
    gv_ctl_begin(&out, "backup.list");
    const int status = gv_ctl_ask(options, &out, &answer);
    if (status != EX_OK || answer == NULL) {
        return status;
    }
    for (gv_json_ref e = gv_json_first(&it, gv_json_get(answer, "items")); e != NULL;
         e = gv_json_next(&it)) {
        const bool tried = gv_json_type(gv_json_get(e, "verified_at")) == GV_JSON_STRING;
        gv_ctl_print(true, gv_json_get(e, "id"));
        gv_ctl_print(true, gv_json_get(e, "created_at"));
        printf("%12" PRId64 " bytes  %s  %s\n", gv_ctl_number(e, "bytes"),
               gv_ctl_flag(e, "automatic") ? "nightly" : "by hand",
               !tried                       ? "not tried"
               : gv_ctl_flag(e, "verified") ? "verified"
                                            : "BROKEN");
    }
    return EX_OK;
}

/* Words behind the id. */
static bool read_flags(struct wanted *wanted, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--passphrase") == 0) {
            wanted->passphrase = true;
        } else if (strcmp(argv[i], "--replace") == 0) {
            wanted->replace = true;
        } else if (strcmp(argv[i], "--no-settings") == 0) {
            wanted->without_settings = true;
        } else {
            return false;
        }
    }
    return true;
}

int gv_cli_backup(const struct gv_ctl_options *options, int argc, char **argv)
{
    static const struct {
        const char *word, *command;
        bool has_id, is_job;
    } commands[] = {{"create", "backup.create", false, true},
                    {"verify", "backup.verify", true, true},
                    {"restore", "backup.restore", true, true},
                    {"delete", "backup.remove", true, false}};
    if (argc == 1 && strcmp(argv[0], "list") == 0) {
        return list(options);
    }
    for (size_t i = 0; argc >= 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        const int words = commands[i].has_id ? 2 : 1;
        struct wanted wanted = {.command = commands[i].command};
        if (strcmp(argv[0], commands[i].word) != 0 || argc < words) {
            continue;
        }
        wanted.id = commands[i].has_id ? argv[1] : NULL;
        if (!read_flags(&wanted, argc - words, argv + words)) {
            return EX_USAGE;
        }
        const int status = run(options, &wanted);
        return status != EX_OK || !commands[i].is_job || options->json
                   ? status
                   : wait_for_job(options, strcmp(argv[0], "restore") == 0);
    }
    return EX_USAGE;
}
