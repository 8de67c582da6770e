/* How updates stand, as the page and gavelctl are told. Thread: any (pure). */
#ifndef GV_WEB_API_UPDATE_H
#define GV_WEB_API_UPDATE_H

#include "app/update/update.h"
#include "firmware/base/json.h"

/** Write the members of an open object. */
void gv_update_write(struct gv_json_out *out, const struct gv_update_status *status);

#endif
