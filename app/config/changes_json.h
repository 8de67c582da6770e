/* Settings as JSON, for the page and for gavelctl: one shape for both.
 * Numbers and switches are JSON numbers and booleans, everything else is text; null takes a stored
 * value away. A secret has no "value", only "set". Thread: any. */
#ifndef GV_APP_CONFIG_CHANGES_JSON_H
#define GV_APP_CONFIG_CHANGES_JSON_H

#include "app/config/changes.h"
#include "firmware/base/json.h"

/** "items":[{key,group,type,value,default,min,max,choices,help,source,restart,secret,...}], or the one of
 *  `key` when that is not NULL, and "pending": does any setting wait for the next start? */
void gv_changes_write_json(struct gv_changes *changes, const char *key, struct gv_json_out *out);

/** Put one member into a draft. Returns: as gv_draft_put; GV_ERR_INVALID "config.type"; the pointer is
 *  "/key". */
GV_MUST_USE enum gv_err gv_draft_put_json(struct gv_changes *changes, struct gv_draft *draft,
                                          const char *key, gv_json_ref value, struct gv_fail *fail);

#endif
