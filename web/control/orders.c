#include "web/control/orders.h"

#include "app/engine/orders.h"
#include "web/api/orders_render.h"
#include "web/control/people.h"

/* Rows of an answer: 2.8 kB each when a description is all quotation marks. */
#define ROWS_MAX 10u
_Static_assert(ROWS_MAX * 2900u <= GV_CONTROL_REPLY_MAX, "the longest rows fit");

enum gv_err gv_control_orders_list(const struct gv_control *control, gv_json_ref request,
                                   struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", "below", NULL};
    struct gv_order_row rows[ROWS_MAX];
    uint32_t count = 0;
    int64_t below = INT64_MAX;
    const gv_json_ref member = gv_json_get(request, "below");
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK && member != NULL && (!gv_json_int(member, &below) || below < 0)) {
        err = gv_fail(fail, GV_ERR_INVALID, "control.member", "below must be a whole number");
    }
    if (err == GV_OK) {
        err = gv_engine_orders_page(control->engine, GV_ORDER_ANY_STATE, (uint64_t)below, ROWS_MAX,
                                    rows, &count, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    gv_jo_key(out, "items");
    gv_jo_array(out);
    for (uint32_t i = 0; i < count; i++) {
        gv_render_order(out, &rows[i]);
    }
    gv_jo_array_end(out);
    if (count == ROWS_MAX) {
        gv_jo_kint(out, "next", (int64_t)rows[count - 1].order.id);
    } else {
        gv_jo_knull(out, "next");
    }
    return GV_OK;
}

static enum gv_err read_descriptions(struct gv_order_upload *upload, gv_json_ref request,
                                     struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", "descriptions", NULL};
    struct gv_json_iter it;
    const gv_json_ref array = gv_json_get(request, "descriptions");
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK && gv_json_type(array) != GV_JSON_ARRAY) {
        err = gv_fail(fail, GV_ERR_INVALID, "control.member", "descriptions must be an array");
    }
    for (gv_json_ref e = err == GV_OK ? gv_json_first(&it, array) : NULL; e != NULL && err == GV_OK;
         e = gv_json_next(&it)) {
        struct gv_view text;
        const bool is_text = gv_json_string(e, &text); /* another type is as good as nothing */
        err = gv_order_upload_put(upload, is_text ? text : gv_view_of(NULL, 0), fail);
    }
    if (err == GV_OK && upload->count == 0) {
        err = gv_fail(fail, GV_ERR_INVALID, "orders.none", "the request holds no order");
    }
    return err;
}

enum gv_err gv_control_orders_add(const struct gv_control *control, gv_json_ref request,
                                  struct gv_json_out *out, struct gv_fail *fail)
{
    struct gv_order_upload *upload = gv_order_upload_acquire();
    struct gv_actor actor;
    uint64_t first_id = 0;
    if (upload == NULL) {
        return gv_fail(fail, GV_ERR_FULL, "orders.busy",
                       "too many orders are being added just now");
    }
    enum gv_err err = read_descriptions(upload, request, fail);
    if (err != GV_OK) {
        gv_order_upload_release(upload);
        return err;
    }
    const uint32_t count = upload->count;
    gv_control_actor(&actor, request);
    err = gv_engine_orders_add(control->engine, &actor, upload, &first_id, fail);
    if (err == GV_OK) {
        gv_jo_kint(out, "first_id", (int64_t)first_id);
        gv_jo_kint(out, "last_id", (int64_t)first_id + count - 1);
        gv_jo_kint(out, "count", count);
    }
    return err;
}

void gv_control_chain(struct gv_json_out *out, uint64_t entries, const struct gv_hash256 *last)
{
    char hex[2 * sizeof(last->b) + 1];
    gv_hex_encode(hex, gv_view_of(last->b, sizeof(last->b)));
    gv_jo_kint(out, "entries", (int64_t)entries);
    gv_jo_kstring(out, "last_hash", hex);
}

enum gv_err gv_control_orders_verify(const struct gv_control *control, gv_json_ref request,
                                     struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", NULL};
    struct gv_orders_verified verified;
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK) {
        err = gv_engine_orders_verify(control->engine, &verified, fail);
    }
    if (err == GV_OK) {
        gv_jo_kint(out, "from", (int64_t)verified.first);
        gv_control_chain(out, verified.count, &verified.last);
    }
    return err;
}
