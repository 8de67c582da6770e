#include "app/cli/ctl_ask.h"

#include "firmware/base/crypto.h"
#include "firmware/base/json.h"
#include "firmware/base/text.h"
#include "hal/linux/ctl_socket.h"
#include "web/control/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

/* The daemon gives up on its engine after GV_ENGINE_WAIT_MS and then says so. */
#define ANSWER_TIMEOUT_S 20

static char request_text[GV_CONTROL_LINE_MAX];
static char reply_text[GV_CONTROL_REPLY_MAX + GV_JSON_PADDING];
static _Alignas(16) uint8_t arena_memory[GV_CONTROL_REPLY_MAX * 8u];

/* ---- one request, one answer ------------------------------------------------------------------ */

static enum gv_err exchange(int fd, size_t request_n, size_t *reply_n)
{
    size_t done = 0;
    while (done < request_n) {
        const ssize_t sent = send(fd, request_text + done, request_n - done, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) {
            return GV_ERR_CLOSED;
        }
        done += sent > 0 ? (size_t)sent : 0;
    }
    *reply_n = 0;
    while (*reply_n < GV_CONTROL_REPLY_MAX) {
        const ssize_t got = recv(fd, reply_text + *reply_n, GV_CONTROL_REPLY_MAX - *reply_n, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            break;
        }
        *reply_n += (size_t)got;
    }
    return *reply_n > 0 ? GV_OK : GV_ERR_CLOSED;
}

static int connect_to(const struct gv_ctl_options *options, int *fd)
{
    char path[GV_CTL_PATH_MAX];
    struct gv_fail fail = {0};
    if (!gv_format(path, sizeof(path), "%s/ctl.sock", options->data_dir)) {
        fprintf(stderr, "gavelctl: --data is too long\n");
        return EX_USAGE;
    }
    const enum gv_err err = gv_ctl_connect(fd, path, &fail);
    if (err == GV_OK) {
        const struct timeval patience = {.tv_sec = ANSWER_TIMEOUT_S};
        return setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0
                   ? EX_OK
                   : EX_OSERR;
    }
    fprintf(stderr, "gavelctl: %s\n", fail.text);
    return err == GV_ERR_FORBIDDEN ? EX_NOPERM : EX_UNAVAILABLE;
}

int gv_ctl_ask(const struct gv_ctl_options *options, struct gv_json_out *out, gv_json_ref *answer)
{
    static struct gv_json json;
    struct gv_arena arena;
    bool ok = false;
    size_t n = 0;
    int fd = -1;
    gv_jo_object_end(out);
    if (out->full || out->n + 1 > sizeof(request_text)) {
        fprintf(stderr, "gavelctl: the arguments are too long\n");
        return EX_USAGE;
    }
    request_text[out->n] = '\n';
    const int status = connect_to(options, &fd);
    if (status != EX_OK) {
        return status;
    }
    const enum gv_err err = exchange(fd, out->n + 1, &n);
    close(fd);
    if (err != GV_OK) {
        fprintf(stderr, "gavelctl: the daemon gave no answer (are you root or its user?)\n");
        return EX_NOPERM;
    }
    *answer = NULL;
    if (options->json || options->copy != NULL) {
        fwrite(reply_text, 1, n, options->copy != NULL ? options->copy : stdout);
    }
    gv_arena_init(&arena, arena_memory, sizeof(arena_memory));
    if (gv_json_parse(&json, &arena, reply_text, n, NULL) != GV_OK ||
        !gv_json_bool(gv_json_get(json.root, "ok"), &ok)) {
        fprintf(stderr, "gavelctl: the daemon's answer is broken\n");
        return EX_PROTOCOL;
    }
    if (!ok) {
        struct gv_view text = {0};
        if (!options->json && gv_json_string(gv_json_get(json.root, "error"), &text)) {
            fprintf(stderr, "gavelctl: %.*s\n", (int)text.n, (const char *)text.p);
        }
        return EX_DATAERR;
    }
    if (!options->json) {
        *answer = json.root;
    }
    return EX_OK;
}

void gv_ctl_begin(struct gv_json_out *out, const char *command)
{
    gv_json_out_init(out, request_text, sizeof(request_text) - 1u);
    gv_jo_object(out);
    gv_jo_kstring(out, "cmd", command);
}

/* ---- printing ---------------------------------------------------------------------------------- */

void gv_ctl_print(bool column, gv_json_ref v)
{
    char text[256] = "-";
    struct gv_view view;
    if (gv_json_string(v, &view)) {
        size_t n = view.n < sizeof(text) - 1 ? view.n : sizeof(text) - 1;
        for (size_t i = 0; i < n; i++) {
            const bool shown = view.p[i] >= 0x20 && view.p[i] != 0x7f;
            text[i] = '?';
            if (shown) {
                text[i] = (char)view.p[i];
            }
        }
        text[n] = '\0';
    }
    if (column) {
        printf("%-20s ", text);
    } else {
        printf("%s\n", text);
    }
}

int64_t gv_ctl_number(gv_json_ref object, const char *key)
{
    int64_t v = 0;
    return gv_json_int(gv_json_get(object, key), &v) ? v : 0;
}

bool gv_ctl_flag(gv_json_ref object, const char *key)
{
    bool v = false;
    return gv_json_bool(gv_json_get(object, key), &v) && v;
}

int gv_ctl_list(const struct gv_ctl_options *options, const char *command,
                void (*print_row)(gv_json_ref row))
{
    const struct gv_ctl_options reading = {.data_dir = options->data_dir,
                                           .copy = options->json ? stdout : NULL};
    int64_t below = INT64_MAX;
    do {
        struct gv_json_out out;
        struct gv_json_iter it;
        gv_json_ref answer = NULL;
        gv_ctl_begin(&out, command);
        gv_jo_kint(&out, "below", below);
        const int status = gv_ctl_ask(&reading, &out, &answer);
        if (status != EX_OK) {
            return status;
        }
        for (gv_json_ref e = gv_json_first(&it, gv_json_get(answer, "items"));
             e != NULL && !options->json; e = gv_json_next(&it)) {
            print_row(e);
        }
        below = gv_ctl_number(answer, "next");
    } while (below > 0);
    return EX_OK;
}

void gv_ctl_wipe(void)
{
    gv_secure_zero(request_text, sizeof(request_text));
    gv_secure_zero(reply_text, sizeof(reply_text));
}
