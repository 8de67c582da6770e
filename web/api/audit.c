/* The audit log: pages of it, newest first, and whether its chain is whole. */
#include "web/api/handlers.h"

#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/conditional.h"
#include "web/api/cursor.h"
#include "web/api/errors.h"
#include "web/api/render.h"

#include <string.h>

#define ROWS_SHOWN (GV_AUDIT_PAGE - 1u)

struct view {
    struct gv_page page;
    char kind[GV_AUDIT_KIND_MAX];
    uint64_t before;
};

static enum gv_err read_query(struct gv_exchange *x, struct view *view, struct gv_fail *fail)
{
    bool present = false;
    enum gv_err err = gv_query_text(x, "kind", view->kind, sizeof(view->kind), &present, fail);
    if (err == GV_OK) {
        err = gv_page_read(&view->page, x, gv_page_mark(gv_view_str(view->kind)), fail);
    }
    if (err != GV_OK) {
        return err;
    }
    view->page.limit = view->page.limit < ROWS_SHOWN ? view->page.limit : ROWS_SHOWN;
    view->before = view->page.has_after ? view->page.after.id : INT64_MAX;
    return GV_OK;
}

static void write_row(struct gv_json_out *out, const struct gv_audit_row *row)
{
    char hash[2 * sizeof(row->hash.b) + 1];
    gv_hex_encode(hash, gv_view_of(row->hash.b, sizeof(row->hash.b)));
    gv_jo_object(out);
    gv_jo_kint(out, "id", (int64_t)row->id);
    gv_render_utc(out, "at", row->at);
    gv_jo_kstring(out, "kind", row->kind);
    gv_jo_kstring(out, "subject", row->subject);
    gv_jo_kstring(out, "detail", row->detail);
    gv_jo_kstring(out, "hash", hash);
    gv_jo_object_end(out);
}

static void answer_rows(struct gv_exchange *x, struct view *view, const struct gv_audit_row *rows,
                        uint32_t count)
{
    char cursor[GV_CURSOR_TEXT_MAX];
    struct gv_json_out out;
    for (uint32_t i = 0; i < count; i++) {
        gv_page_offer(&view->page, 0, rows[i].id);
    }
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_key(&out, "items");
    gv_jo_array(&out);
    for (uint32_t i = 0; i < gv_page_rows(&view->page); i++) {
        write_row(&out, &rows[i]); /* newest first, as the page has them */
    }
    gv_jo_array_end(&out);
    if (gv_page_next(&view->page, cursor)) {
        gv_jo_kstring(&out, "next_cursor", cursor);
        gv_page_link(x, cursor);
    } else {
        gv_jo_knull(&out, "next_cursor");
    }
    gv_jo_object_end(&out);
    gv_api_json(x, &out);
}

void gv_handle_audit(struct gv_exchange *x)
{
    struct gv_api_worker *worker = gv_api_worker_of(x);
    struct gv_audit_row *rows = (void *)worker->arena;
    struct view view;
    struct gv_fail fail = {.err = GV_OK};
    uint32_t count = 0;
    _Static_assert(GV_AUDIT_PAGE * sizeof(*rows) <= sizeof(worker->arena), "a page fits");
    enum gv_err err = read_query(x, &view, &fail);
    if (err == GV_OK) {
        err = gv_engine_audit_list(gv_api_of(x)->config.engine, view.before, view.kind,
                                   view.page.limit + 1, rows, &count, &fail);
    }
    if (err == GV_OK) {
        answer_rows(x, &view, rows, count);
    } else {
        gv_api_fail(x, &fail);
    }
}

void gv_handle_audit_verify(struct gv_exchange *x)
{
    struct gv_fail fail = {.err = GV_OK};
    struct gv_hash256 last = {{0}};
    char hash[2 * sizeof(last.b) + 1];
    struct gv_json_out out;
    uint64_t rows = 0;
    const enum gv_err err =
        gv_engine_audit_verify(gv_api_of(x)->config.engine, &rows, &last, &fail);
    if (err != GV_OK && err != GV_ERR_CRYPTO) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_hex_encode(hash, gv_view_of(last.b, sizeof(last.b)));
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_kbool(&out, "ok", err == GV_OK);
    gv_jo_kint(&out, "rows", (int64_t)rows);
    gv_jo_kstring(&out, "last", hash);
    gv_jo_kstring(&out, "detail", fail.text);
    gv_jo_object_end(&out);
    gv_api_live(x, &out);
}
