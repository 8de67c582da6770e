/* Orders: what a POST brings, as JSON or as a table. */
#include "web/api/orders_upload.h"

#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/orders_csv.h"
#include "web/api/small_body.h"

#include <string.h>

/* ---- JSON: one object, or an array of them -------------------------------------------------------- */

static enum gv_err put_object(struct gv_order_upload *upload, gv_json_ref object,
                              struct gv_fail *fail)
{
    static const char *const members[] = {"description", NULL};
    struct gv_view text;
    enum gv_err err = gv_json_members(object, members, "", fail);
    if (err == GV_OK) {
        err = gv_member_text(object, "description", 1, GV_ORDER_TEXT_MAX, &text, fail);
    }
    return err == GV_OK ? gv_order_upload_put(upload, text, fail) : err;
}

static enum gv_err put_json(struct gv_order_upload *upload, struct gv_api_worker *worker, size_t n,
                            struct gv_fail *fail)
{
    struct gv_json json;
    struct gv_json_iter it;
    struct gv_arena arena;
    gv_arena_init(&arena, worker->arena, sizeof(worker->arena));
    enum gv_err err = gv_json_parse(&json, &arena, worker->body, n, fail);
    if (err != GV_OK || gv_json_type(json.root) != GV_JSON_ARRAY) {
        return err != GV_OK ? err : put_object(upload, json.root, fail);
    }
    for (gv_json_ref e = gv_json_first(&it, json.root); e != NULL && err == GV_OK;
         e = gv_json_next(&it)) {
        err = put_object(upload, e, fail);
    }
    return err;
}

enum gv_err gv_orders_upload_parse(struct gv_order_upload *upload, struct gv_exchange *x, size_t n,
                                   struct gv_fail *fail)
{
    struct gv_api_worker *worker = gv_api_worker_of(x);
    const bool csv = gv_body_expect_type(x, "text/csv", NULL) == GV_OK;
    const enum gv_err err = csv ? gv_orders_csv_parse(upload, worker->body, n, fail)
                                : put_json(upload, worker, n, fail);
    if (err == GV_OK && upload->count == 0) {
        return gv_fail(fail, GV_ERR_INVALID, "orders.none", "the request holds no order");
    }
    return err;
}
