#include "app/cli/update_cli.h"

#include "app/cli/ctl_ask.h"
#include "app/update/update.h"
#include "firmware/base/text.h"
#include "hal/linux/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define PIECE  65536u
#define LOOK_S 2

const char gv_cli_update_usage[] =
    "  update FILE | update                     install a signed release on an SD card's box; how "
    "it "
    "goes\n"
    "  verify FILE                              a release in hand: signature, parts and version\n";

static uint8_t piece[PIECE];

/* ---- verify ------------------------------------------------------------------------------------- */

int gv_cli_verify(const char *path)
{
    static struct gv_bundle_reader reader;
    struct gv_bundle_rules rules = gv_bundle_own_rules((struct gv_version){0});
    const struct gv_bundle_sink nowhere = {.ctx = NULL};
    struct gv_fail fail = {.err = GV_OK};
    char version[GV_VERSION_MAX];
    enum gv_err err = GV_OK;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        fprintf(stderr, "gavelctl verify: cannot open %s\n", path);
        return EX_NOINPUT;
    }
    rules.any_version = true;
    gv_bundle_reader_init(&reader, &rules, &nowhere);
    for (size_t n = 1; err == GV_OK && n > 0;) {
        n = fread(piece, 1, sizeof(piece), file);
        err = gv_bundle_put(&reader, gv_view_of(piece, n), &fail);
    }
    (void)fclose(file);
    if (err == GV_OK) {
        err = gv_bundle_end(&reader, &fail);
    }
    if (err != GV_OK) {
        fprintf(stderr, "gavelctl verify: %s (%s)\n", fail.text, fail.code);
        return EX_DATAERR;
    }
    gv_version_format(reader.bundle.version, version);
    printf("release %s", version);
    gv_version_format(reader.bundle.from, version);
    printf(", for boxes from %s on: good, %" PRIu32 " parts, %" PRIu64 " bytes\n", version,
           reader.bundle.parts_n, reader.bundle.bytes);
    return EX_OK;
}

/* ---- update ------------------------------------------------------------------------------------- */

/* The rest of a file, safe on the disk and the daemon's. */
static bool fill(int fd, FILE *from, const struct stat *owner)
{
    bool good = true;
    for (size_t n = 1; good && n > 0;) {
        n = fread(piece, 1, sizeof(piece), from);
        good = ferror(from) == 0 && gv_file_put(fd, gv_view_of(piece, n), GV_WEAR_FILES);
    }
    return good && fsync(fd) == 0 &&
           (owner->st_uid == geteuid() || fchown(fd, owner->st_uid, owner->st_gid) == 0);
}

/* The daemon may not read where the file lies, so it gets a copy in its folder, and as its own. That folder
 * could be a link of a daemon that obeys a stranger, so nothing is written by its path: root's files elsewhere
 * are not the daemon's. */
static bool copy(FILE *from, const char *data_dir)
{
    char path[GV_FILE_PATH_MAX];
    struct stat owner;
    if (!gv_format(path, sizeof(path), "%s/" GV_UPDATE_FOLDER, data_dir) ||
        stat(data_dir, &owner) != 0) {
        return false;
    }
    const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder < 0) {
        return false;
    }
    (void)unlinkat(folder, GV_UPDATE_INCOMING, 0);
    const int fd = openat(folder, GV_UPDATE_INCOMING,
                          O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    const bool good = fd >= 0 && fill(fd, from, &owner);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (!good) {
        (void)unlinkat(folder, GV_UPDATE_INCOMING, 0);
    }
    (void)close(folder);
    return good;
}

static gv_json_ref here_of(gv_json_ref answer)
{
    return gv_json_get(answer, "here");
}

static bool phase_is(gv_json_ref here, const char *phase)
{
    struct gv_view text;
    return gv_json_string(gv_json_get(here, "phase"), &text) && gv_view_is(text, phase);
}

/* Says how it goes. Returns: whether it goes on. */
static bool show(gv_json_ref answer)
{
    const gv_json_ref here = here_of(answer);
    const gv_json_ref last = gv_json_get(here, "last");
    const gv_json_ref failed = gv_json_get(here, "failed");
    if (gv_json_type(here) != GV_JSON_OBJECT) {
        puts("this box is not updated here, but as it was installed");
        return false;
    }
    fputs("phase ", stdout);
    gv_ctl_print(true, gv_json_get(here, "phase"));
    if (gv_ctl_number(here, "all") > 0) {
        printf("%" PRId64 " of %" PRId64 " MB", gv_ctl_number(here, "done") / 1000000,
               gv_ctl_number(here, "all") / 1000000);
    }
    putchar('\n');
    if (!phase_is(here, "idle")) {
        return true;
    }
    if (gv_json_type(failed) == GV_JSON_OBJECT) {
        fputs("failed: ", stdout);
        gv_ctl_print(false, gv_json_get(failed, "error"));
    }
    if (gv_json_type(last) == GV_JSON_OBJECT) {
        fputs(gv_ctl_flag(last, "confirmed")
                  ? "runs since the last update: "
                  : "not kept (not ready here, or the power was cut before): ",
              stdout);
        gv_ctl_print(false, gv_json_get(last, "version"));
    }
    return false;
}

/* Until the box restarts, or it ends. */
static int follow(const struct gv_ctl_options *options, gv_json_ref answer)
{
    const struct timespec pause = {.tv_sec = LOOK_S};
    while (show(answer)) {
        struct gv_json_out out;
        (void)nanosleep(&pause, NULL);
        gv_ctl_begin(&out, "update.status");
        const int status = gv_ctl_ask(options, &out, &answer);
        if (status != EX_OK) {
            return status;
        }
    }
    const gv_json_ref failed = gv_json_get(here_of(answer), "failed");
    return gv_json_type(failed) == GV_JSON_OBJECT ? EX_DATAERR : EX_OK;
}

int gv_cli_update(const struct gv_ctl_options *options, const char *path)
{
    struct gv_json_out out;
    gv_json_ref answer = NULL;
    if (path != NULL) {
        const int judged = gv_cli_verify(path);
        FILE *file = judged == EX_OK ? fopen(path, "re") : NULL;
        if (file == NULL) {
            return judged == EX_OK ? EX_NOINPUT : judged;
        }
        const bool copied = copy(file, options->data_dir);
        (void)fclose(file);
        if (!copied) {
            fprintf(stderr, "gavelctl update: cannot copy it into %s/" GV_UPDATE_FOLDER "\n",
                    options->data_dir);
            return EX_CANTCREAT;
        }
    }
    gv_ctl_begin(&out, path != NULL ? "update.apply" : "update.status");
    const int status = gv_ctl_ask(options, &out, &answer);
    if (status != EX_OK || answer == NULL) {
        return status;
    }
    if (path != NULL) {
        return follow(options, answer);
    }
    (void)show(answer);
    return EX_OK;
}
