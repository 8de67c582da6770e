#include "app/cli/slot_cli.h"

#include "app/cli/ctl_ask.h"
#include "app/cli/ready.h"
#include "app/update/update.h"
#include "app/update/updater.h"
#include "firmware/base/text.h"
#include "hal/linux/clock.h"
#include "hal/linux/files.h"
#include "hal/linux/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define WATCH_S_MAX 86400u
#define TELL_BYTES  (UINT64_C(4) << 20) /* the page shows percents */

const char gv_cli_slot_usage[] =
    "  slot look|install|watch|confirm|may-restart PLACES [SECONDS]\n"
    "                                           the updater's own steps, for the image's scripts\n";

/* Paths below PLACES. */
static struct {
    char cmdline[GV_FILE_PATH_MAX];
    char roots[2][GV_FILE_PATH_MAX];
    char card[GV_FILE_PATH_MAX];
    char record[GV_FILE_PATH_MAX];
    char state[GV_FILE_PATH_MAX];
    char state_new[GV_FILE_PATH_MAX];
} places;

static struct gv_updater updater;

static int complain(int status, const struct gv_fail *fail)
{
    fprintf(stderr, "gavelctl slot: %s (%s)\n", fail->text, fail->code);
    return status;
}

/* ---- what is told ------------------------------------------------------------------------------- */

/* A reader sees the old text or the new one. In memory only: a start begins with `look`. */
static void write_state(const char *text)
{
    FILE *file = fopen(places.state_new, "we");
    if (file == NULL) {
        return; /* the installation does not depend on being watched */
    }
    const bool written = fputs(text, file) >= 0;
    if (fclose(file) == 0 && written &&
        chmod(places.state_new, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH) == 0) {
        (void)rename(places.state_new, places.state);
    }
}

static void tell(void *ctx, const struct gv_update_state *state)
{
    static enum gv_update_phase phase = GV_UPDATE_IDLE;
    static uint64_t told;
    static bool ever;
    char text[GV_UPDATE_STATE_MAX];
    (void)ctx;
    if (ever && state->phase == phase && state->phase != GV_UPDATE_IDLE &&
        state->done - told < TELL_BYTES && state->done >= told) {
        return;
    }
    ever = true;
    phase = state->phase;
    told = state->done;
    gv_update_state_format(state, text);
    write_state(text);
}

static bool open_places(const char *folder)
{
    bool fits = gv_format(places.cmdline, GV_FILE_PATH_MAX, "%s/cmdline", folder);
    fits = fits && gv_format(places.roots[GV_SLOT_A], GV_FILE_PATH_MAX, "%s/root-a", folder);
    fits = fits && gv_format(places.roots[GV_SLOT_B], GV_FILE_PATH_MAX, "%s/root-b", folder);
    fits = fits && gv_format(places.card, GV_FILE_PATH_MAX, "%s/card", folder);
    fits = fits && gv_format(places.record, GV_FILE_PATH_MAX, "%s/kept/update", folder);
    fits = fits && gv_format(places.state, GV_FILE_PATH_MAX, "%s/" GV_UPDATE_STATE, folder);
    return fits &&
           gv_format(places.state_new, GV_FILE_PATH_MAX, "%s/" GV_UPDATE_STATE ".new", folder);
}

static enum gv_err open_updater(struct gv_slots *slots, struct gv_fail *fail)
{
    const struct gv_linux_slots_config config = {.cmdline = places.cmdline,
                                                 .roots = {places.roots[0], places.roots[1]},
                                                 .card = places.card,
                                                 .record = places.record};
    *slots = gv_linux_slots(&config);
    return gv_updater_open(&updater, slots, tell, NULL, fail);
}

/* ---- commands ----------------------------------------------------------------------------------- */

static int look(const struct gv_ctl_options *options, uint64_t seconds)
{
    static const char *const words[] = {[GV_UPDATE_START_PLAIN] = "plain",
                                        [GV_UPDATE_START_CONFIRMED] = "confirmed",
                                        [GV_UPDATE_START_FELL_BACK] = "fell-back",
                                        [GV_UPDATE_START_TRIAL] = "trial",
                                        [GV_UPDATE_START_MISLABELLED] = "mislabelled",
                                        [GV_UPDATE_START_STRAY] = "stray"};
    struct gv_fail fail = {.err = GV_OK};
    struct gv_slots slots;
    enum gv_update_start start;
    (void)options;
    (void)seconds;
    enum gv_err err = open_updater(&slots, &fail);
    if (err == GV_OK) {
        err = gv_updater_start(&updater, gv_version_own(), &start, &fail);
    }
    if (err != GV_OK) {
        return complain(EX_IOERR, &fail);
    }
    puts(words[start]);
    return EX_OK;
}

/* Reads the staged bundle to its end. */
static enum gv_err feed(int fd, struct gv_fail *fail)
{
    static uint8_t piece[GV_UPDATE_PIECE];
    for (;;) {
        const ssize_t n = read(fd, piece, sizeof(piece));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n == 0 ? GV_OK
                          : gv_fail(fail, GV_ERR_IO, "update.io", "the update cannot be read");
        }
        const enum gv_err err = gv_updater_put(&updater, gv_view_of(piece, (size_t)n), fail);
        if (err != GV_OK) {
            return err;
        }
    }
}

static int install(const struct gv_ctl_options *options, uint64_t seconds)
{
    const struct gv_bundle_rules rules = gv_bundle_own_rules((struct gv_version){0});
    char path[GV_FILE_PATH_MAX];
    struct gv_fail fail = {.err = GV_OK};
    struct gv_slots slots;
    (void)seconds;
    enum gv_err err = open_updater(&slots, &fail);
    if (err == GV_OK) {
        err = gv_updater_begin(&updater, &rules, &fail);
    }
    if (err != GV_OK) {
        return complain(EX_IOERR, &fail);
    }
    int fd = -1;
    if (gv_format(path, sizeof(path), "%s/" GV_UPDATE_FOLDER "/" GV_UPDATE_BUNDLE,
                  options->data_dir)) {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    }
    err = fd >= 0 ? feed(fd, &fail)
                  : gv_fail(&fail, GV_ERR_NOT_FOUND, "update.none", "there is no update here");
    if (fd >= 0) {
        (void)close(fd);
    }
    err = gv_updater_end(&updater, err, &fail);
    return err == GV_OK ? EX_OK : complain(EX_DATAERR, &fail);
}

static int watch(const struct gv_ctl_options *options, uint64_t seconds)
{
    const struct timespec pause = {.tv_sec = 1};
    const struct gv_clock clock = gv_linux_clock();
    struct gv_trial trial = {.began_ms = gv_clock_mono(&clock).ms, .limit_ms = seconds * 1000u};
    for (;;) {
        const bool ready = gv_cli_is_ready(options->data_dir);
        switch (gv_trial_look(&trial, ready, gv_clock_mono(&clock).ms)) {
        case GV_TRIAL_GOES_ON:
            break;
        case GV_TRIAL_PROVED:
            return EX_OK;
        case GV_TRIAL_FAILED:
            fputs("gavelctl slot: the new release did not become ready\n", stderr);
            return EX_TEMPFAIL;
        }
        (void)nanosleep(&pause, NULL);
    }
}

static int confirm(const struct gv_ctl_options *options, uint64_t seconds)
{
    struct gv_fail fail = {.err = GV_OK};
    struct gv_slots slots;
    (void)options;
    (void)seconds;
    enum gv_err err = open_updater(&slots, &fail);
    if (err == GV_OK) {
        err = gv_updater_confirm(&updater, &fail);
    }
    return err == GV_OK ? EX_OK : complain(EX_IOERR, &fail);
}

static int may_restart(const struct gv_ctl_options *options, uint64_t seconds)
{
    struct gv_json_out out;
    gv_json_ref answer = NULL;
    (void)seconds;
    gv_ctl_begin(&out, "update.gate");
    return gv_ctl_ask(options, &out, &answer);
}

int gv_cli_slot(const struct gv_ctl_options *options, int argc, char **argv)
{
    static const struct {
        const char *word;
        int words; /* with PLACES, and SECONDS */
        int (*run)(const struct gv_ctl_options *options, uint64_t seconds);
    } commands[] = {{"look", 2, look},
                    {"install", 2, install},
                    {"watch", 3, watch},
                    {"confirm", 2, confirm},
                    {"may-restart", 2, may_restart}};
    uint64_t seconds = 0;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (argc == commands[i].words && strcmp(argv[0], commands[i].word) == 0 &&
            open_places(argv[1]) &&
            (argc < 3 || gv_parse_u64(&seconds, gv_view_str(argv[2]), WATCH_S_MAX))) {
            return commands[i].run(options, seconds);
        }
    }
    fprintf(stderr, "usage: gavelctl\n%s", gv_cli_slot_usage);
    return EX_USAGE;
}
