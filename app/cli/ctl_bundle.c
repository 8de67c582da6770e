#include "app/cli/ctl_ask.h"
#include "app/cli/ctl_box.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* More pages than the daemon's ring has. */
#define LOG_PAGES_MAX 64u

/* {"name":answer,  the answer lands where options->copy points. A part that is refused leaves its reason there. */
static int add_part(const struct gv_ctl_options *options, const char *name, const char *command)
{
    struct gv_json_out out;
    gv_json_ref answer = NULL;
    fprintf(options->copy, "\"%s\":", name);
    gv_ctl_begin(&out, command);
    const int status = gv_ctl_ask(options, &out, &answer);
    fputc(',', options->copy);
    return status;
}

/* "log":[answer,answer...] */
static int add_log(const struct gv_ctl_options *options)
{
    int64_t after = 0;
    int status = EX_OK;
    fputs("\"log\":[", options->copy);
    for (uint32_t page = 0; page < LOG_PAGES_MAX && status == EX_OK; page++) {
        struct gv_json_out out;
        gv_json_ref answer = NULL;
        fputs(page > 0 ? "," : "", options->copy);
        gv_ctl_begin(&out, "log");
        gv_jo_kint(&out, "after", after);
        status = gv_ctl_ask(options, &out, &answer);
        after = gv_ctl_number(answer, "next");
        if (after == 0) {
            break;
        }
    }
    fputc(']', options->copy);
    return status;
}

static int fill(const struct gv_ctl_options *options)
{
    static const struct {
        const char *name, *command;
    } parts[] = {{"status", "status"},        {"doctor", "doctor"},
                 {"settings", "config.show"}, {"certificate", "cert.show"},
                 {"backups", "backup.list"},  {"price", "oracle"},
                 {"audit", "audit.verify"}};
    fputs("{\"gavel_bundle\":1,\"gavelctl\":\"" GV_VERSION "\",\n", options->copy);
    int status = EX_OK;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        status = add_part(options, parts[i].name, parts[i].command);
        if (status != EX_OK && status != EX_DATAERR) {
            return status; /* nobody answers */
        }
    }
    status = add_log(options);
    fputs("}\n", options->copy);
    return status;
}

int gv_ctl_bundle(const struct gv_ctl_options *options, const char *path)
{
    const bool shown = strcmp(path, "-") == 0;
    struct gv_ctl_options copying = {.data_dir = options->data_dir, .copy = stdout};
    if (!shown) {
        const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        copying.copy = fd < 0 ? NULL : fdopen(fd, "w");
        if (copying.copy == NULL) {
            /* This program has one thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
            fprintf(stderr, "gavelctl: cannot make %s: %s\n", path, strerror(errno));
            return EX_CANTCREAT;
        }
    }
    int status = fill(&copying);
    if (fflush(copying.copy) != 0 || ferror(copying.copy) != 0) {
        status = EX_IOERR;
    }
    if (shown) {
        return status;
    }
    fclose(copying.copy);
    if (status != EX_OK) {
        unlink(path); /* half a bundle helps nobody */
        return status;
    }
    if (options->json) {
        printf("{\"ok\":true}\n");
    } else {
        printf("%s: status, findings, settings without secrets, log. It names addresses and "
               "assets: read it "
               "before you send it.\n",
               path);
    }
    return status;
}
