#include "web/api/object.h"

#include "web/api/conditional.h"

void gv_object_begin(struct gv_exchange *x, struct gv_json_out *out)
{
    gv_json_out_init(out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(out);
}

void gv_object_send(struct gv_exchange *x, struct gv_json_out *out, int status)
{
    gv_jo_object_end(out);
    gv_reply_status(x, status);
    gv_api_json(x, out);
}

void gv_object_send_live(struct gv_exchange *x, struct gv_json_out *out)
{
    gv_jo_object_end(out);
    gv_api_live(x, out);
}
