/* Control commands about the box itself; one row each in control.c. Private to web/control.
 *   {"cmd":"config.show"}   {"cmd":"config.show","key":"node.url"}      {"items":[...],"pending":false}
 *   {"cmd":"config.set","values":{"node.poll_seconds":5}}
 * Thread: control. */
#ifndef GV_WEB_CONTROL_OPERATE_H
#define GV_WEB_CONTROL_OPERATE_H

#include "firmware/base/json.h"
#include "web/control/control.h"

GV_MUST_USE enum gv_err gv_control_config_show(const struct gv_control *control,
                                               gv_json_ref request, struct gv_json_out *out,
                                               struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_config_set(const struct gv_control *control, gv_json_ref request,
                                              struct gv_json_out *out, struct gv_fail *fail);

#endif
