/* Inside web/api: how the box does, as GET /api/v1/system and the channel `box` tell it.
 * Thread: any; reads files. */
#ifndef GV_WEB_API_SYSTEM_H
#define GV_WEB_API_SYSTEM_H

#include "firmware/base/json.h"
#include "web/api/api.h"

void gv_system_write(const struct gv_api *api, struct gv_json_out *out);

/** Members "pools" and "heaps": the fixed memory and what of it is in use. */
void gv_system_write_pools(struct gv_json_out *out);

/** What the owner's certificate says: {"state":"served","names":[...],...}; null: there is none. */
void gv_system_write_own_cert(struct gv_json_out *out, const struct gv_own_cert *own);

#endif
