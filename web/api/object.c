#include "web/api/object.h"

void gv_object_begin(struct gv_exchange *x, struct gv_json_out *out)
{
    gv_json_out_init(out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(out);
}

void gv_object_send(struct gv_exchange *x, struct gv_json_out *out, int status)
{
    gv_jo_object_end(out);
    gv_reply_status(x, status);
    gv_reply_header(x, "Cache-Control", "no-store");
    gv_reply_body(x, gv_view_of(out->p, out->n), "application/json");
}
