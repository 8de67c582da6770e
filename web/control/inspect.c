#include "web/control/inspect.h"

#include "firmware/base/log.h"
#include "web/api/api.h"
#include "web/api/render.h"
#include "web/api/system.h"

/* Behind a list: "],"next":18446744073709551615}" and what encloses it. */
#define TAIL_ROOM 64u

static bool fits(const struct gv_json_out *out)
{
    return !out->full && out->n + TAIL_ROOM <= out->cap;
}

static void write_next(struct gv_json_out *out, uint64_t next)
{
    gv_jo_array_end(out);
    if (next == 0) {
        gv_jo_knull(out, "next");
    } else {
        gv_jo_kint(out, "next", (int64_t)next);
    }
}

/* A whole number of the request; 0 when it is not there. */
static enum gv_err read_number(gv_json_ref request, const char *key, uint64_t *out,
                               struct gv_fail *fail)
{
    int64_t v = 0;
    const gv_json_ref member = gv_json_get(request, key);
    if (member != NULL && (!gv_json_int(member, &v) || v < 0)) {
        return gv_fail(fail, GV_ERR_INVALID, "control.member", "%s must be a whole number", key);
    }
    *out = (uint64_t)v;
    return GV_OK;
}

/* ---- auctions ----------------------------------------------------------------------------------- */

struct list {
    struct gv_json_out *out;
    struct gv_tip tip;
};

static bool list_row(void *ctx, const struct gv_market_row *row)
{
    struct list *list = ctx;
    const struct gv_json_out before = *list->out;
    gv_jo_object(list->out);
    gv_render_v1_members(list->out, row, list->tip);
    gv_jo_object_end(list->out);
    if (fits(list->out)) {
        return true;
    }
    *list->out = before; /* the next answer begins with it */
    return false;
}

enum gv_err gv_control_auction_list(const struct gv_control *control, gv_json_ref request,
                                    struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", "below", NULL};
    struct list list = {.out = out};
    uint64_t below = 0;
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK) {
        err = read_number(request, "below", &below, fail);
    }
    if (err == GV_OK) {
        gv_jo_key(out, "items");
        gv_jo_array(out);
        const uint64_t stopped = gv_market_each(control->market, below, &list.tip, list_row, &list);
        write_next(out, stopped == 0 ? 0 : stopped + 1);
    }
    return err;
}

static void show_row(void *ctx, const struct gv_market_row *row)
{
    struct list *list = ctx;
    gv_jo_key(list->out, "auction");
    gv_jo_object(list->out);
    gv_render_v1_members(list->out, row, list->tip);
    gv_jo_object_end(list->out);
}

enum gv_err gv_control_auction_show(const struct gv_control *control, gv_json_ref request,
                                    struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", "id", NULL};
    struct list list = {.out = out};
    uint64_t id = 0;
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK) {
        err = read_number(request, "id", &id, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    if (gv_market_with(control->market, id, &list.tip, show_row, &list) != GV_OK) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "auction.unknown", "there is no auction %llu",
                       (unsigned long long)id);
    }
    return GV_OK;
}

/* ---- certificate -------------------------------------------------------------------------------- */

enum gv_err gv_control_cert_show(const struct gv_control *control, gv_json_ref request,
                                 struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", NULL};
    struct gv_api_machine machine;
    const enum gv_err err = gv_json_members(request, members, "", fail);
    if (err != GV_OK) {
        return err;
    }
    control->machine(control->boot_ctx, &machine);
    gv_jo_kbool(out, "tls", machine.has_certificate);
    gv_jo_key(out, "names");
    gv_jo_array(out);
    for (const char *_Atomic const *name = control->host_names; *name != NULL; name++) {
        gv_jo_string(out, *name);
    }
    gv_jo_array_end(out);
    if (machine.has_certificate) {
        gv_jo_kstring(out, "ca_sha256", machine.ca_sha256);
        gv_jo_kstring(out, "sha256", machine.leaf_sha256);
        gv_render_utc(out, "not_after", machine.not_after);
        gv_render_utc(out, "renew_at", machine.renew_at);
        gv_jo_key(out, "own");
        gv_system_write_own_cert(out, &machine.own);
    }
    return GV_OK;
}

static enum gv_err need_tls(const struct gv_control *control, gv_json_ref request,
                            struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", NULL};
    const enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK && control->ca_pem.n == 0) {
        return gv_fail(fail, GV_ERR_STATE, "tls.off", "https.tls is off: there is no certificate");
    }
    return err;
}

enum gv_err gv_control_cert_export(const struct gv_control *control, gv_json_ref request,
                                   struct gv_json_out *out, struct gv_fail *fail)
{
    const enum gv_err err = need_tls(control, request, fail);
    if (err == GV_OK) {
        gv_jo_key(out, "ca_pem");
        gv_jo_text(out, control->ca_pem);
    }
    return err;
}

enum gv_err gv_control_cert_renew(const struct gv_control *control, gv_json_ref request,
                                  struct gv_json_out *out, struct gv_fail *fail)
{
    const enum gv_err err = need_tls(control, request, fail);
    (void)out;
    if (err == GV_OK) {
        control->renew(control->boot_ctx);
    }
    return err;
}

/* ---- log ------------------------------------------------------------------------------------------ */

static void write_line(struct gv_json_out *out, const struct gv_log_line *line)
{
    gv_jo_object(out);
    gv_jo_kint(out, "number", (int64_t)line->number);
    gv_jo_kint(out, "at_ms", line->at_ms);
    gv_jo_kstring(out, "level", gv_log_level_name(line->level));
    gv_jo_kstring(out, "module", line->module);
    gv_jo_kstring(out, "text", line->text);
    gv_jo_object_end(out);
}

enum gv_err gv_control_log(const struct gv_control *control, gv_json_ref request,
                           struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", "after", NULL};
    struct gv_log_cursor cursor = {0};
    struct gv_log_line line;
    uint64_t last = 0;
    uint64_t next = 0;
    (void)control;
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK) {
        err = read_number(request, "after", &cursor.after, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    last = cursor.after;
    gv_jo_key(out, "lines");
    gv_jo_array(out);
    while (next == 0 && gv_log_next(&cursor, &line)) {
        const struct gv_json_out before = *out;
        write_line(out, &line);
        if (fits(out)) {
            last = line.number;
        } else {
            *out = before;
            next = last;
        }
    }
    write_next(out, next);
    return GV_OK;
}
