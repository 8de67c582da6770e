/* An answer that is one JSON object, made in the worker's reply memory. Worker thread. */
#ifndef GV_WEB_API_OBJECT_H
#define GV_WEB_API_OBJECT_H

#include "web/api/api_state.h"

/** Begin the object. Out: out: at most GV_REPLY_BYTES_MAX bytes, the worker's until its next answer. */
void gv_object_begin(struct gv_exchange *x, struct gv_json_out *out);

/** End the object and send it with `status`: as gv_api_json. */
void gv_object_send(struct gv_exchange *x, struct gv_json_out *out, int status);
/** End the object and send it, with 200 unless gv_reply_status was called: as gv_api_live. */
void gv_object_send_live(struct gv_exchange *x, struct gv_json_out *out);

#endif
