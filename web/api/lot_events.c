/* GET /api/v1/dutch/{id}/events: what has happened to a lot, from the audit log, which is written in the
 * transaction of what it tells. Who did it, and from where, is for operators only. */
#include "app/engine/accounts.h"

#include "firmware/base/text.h"
#include "web/api/conditional.h"
#include "web/api/errors.h"
#include "web/api/handlers.h"
#include "web/api/object.h"
#include "web/api/render.h"

#include <inttypes.h>
#include <string.h>

/* What everybody may know. */
static const struct {
    const char *kind;
    bool is_spend;
} shown[] = {
    {"listing.created", false}, {"listing.extended", false}, {"spend.pending", true},
    {"spend.confirmed", true},  {"spend.unconfirmed", true}, {"spend.undone", true},
    {"spend.unknown", true},
};

/* The value of "name=" in a detail, which are our own words. Returns: n = 0 when it has none. */
static struct gv_view value_of(const char *detail, const char *name)
{
    const size_t n = strlen(name);
    const char *at = detail;
    while (at != NULL && (strncmp(at, name, n) != 0 || at[n] != '=')) {
        at = strchr(at, ' ');
        at = at != NULL ? at + 1 : NULL;
    }
    return at != NULL ? gv_view_of(at + n + 1, strcspn(at + n + 1, " ")) : gv_view_of(at, 0);
}

static void write_spend(struct gv_json_out *out, const char *detail)
{
    const struct gv_view outcome = value_of(detail, "outcome");
    const struct gv_view txid = value_of(detail, "txid");
    uint64_t block = 0;
    const bool spent = gv_view_is(outcome, "sold") || gv_view_is(outcome, "closed");
    const bool known = txid.n > 0 && strspn((const char *)txid.p, "0") < txid.n;
    const bool placed = gv_parse_u64(&block, value_of(detail, "block"), UINT32_MAX) && block > 0;
    gv_jo_key(out, "outcome");
    if (spent) {
        gv_jo_text(out, outcome);
    } else {
        gv_jo_null(out);
    }
    gv_jo_key(out, "txid");
    if (spent && known) {
        gv_jo_text(out, txid);
    } else {
        gv_jo_null(out);
    }
    gv_render_int_or_null(out, "block", block, placed);
}

static void write_event(struct gv_json_out *out, const struct gv_audit_row *row)
{
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        if (strcmp(row->kind, shown[i].kind) == 0) {
            gv_jo_object(out);
            gv_render_utc(out, "at", row->at);
            gv_jo_kstring(out, "type", row->kind);
            write_spend(out, shown[i].is_spend ? row->detail : "");
            gv_jo_object_end(out);
        }
    }
}

void gv_handle_lot_events(struct gv_exchange *x)
{
    struct gv_api_worker *worker = gv_api_worker_of(x);
    struct gv_audit_row *rows = (void *)worker->arena;
    struct gv_json_out out;
    struct gv_fail fail = {.err = GV_OK};
    char subject[GV_AUDIT_SUBJECT_MAX];
    uint64_t id = 0;
    uint32_t count = 0;
    _Static_assert(GV_AUDIT_PAGE * sizeof(*rows) <= sizeof(worker->arena), "a page fits");
    enum gv_err err = GV_OK;
    if (gv_parse_u64(&id, x->params[0], INT64_MAX)) {
        gv_format_cut(subject, sizeof(subject), "listing:%" PRIu64, id);
        err = gv_engine_audit_about(gv_api_of(x)->config.engine, subject, rows, &count, &fail);
    }
    if (err == GV_OK && count == 0) {
        err = gv_fail(&fail, GV_ERR_NOT_FOUND, "dutch.not_found", "there is no such listing");
    }
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_object_begin(x, &out);
    gv_jo_key(&out, "items");
    gv_jo_array(&out);
    for (uint32_t i = 0; i < count; i++) {
        write_event(&out, &rows[i]); /* newest first */
    }
    gv_jo_array_end(&out);
    gv_object_send(x, &out, 200);
}
