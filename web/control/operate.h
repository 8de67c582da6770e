/* Control commands about the box itself; one row each in control.c. Private to web/control.
 *   {"cmd":"config.show"}   {"cmd":"config.show","key":"node.url"}      {"items":[...],"pending":false}
 *   {"cmd":"config.set","values":{"node.poll_seconds":5}}
 *   {"cmd":"backup.list"}   {"cmd":"backup.create","passphrase":"..."}
 *   {"cmd":"backup.verify","id":"...","passphrase":"..."}   {"cmd":"backup.remove","id":"..."}
 *   {"cmd":"backup.restore","id":"...","passphrase":"...","settings":true,"replace":false}
 *   {"cmd":"cert.install","pem":"-----BEGIN..."}   {"cmd":"cert.remove"}   served a moment later
 *   {"cmd":"update.status"}   {"cmd":"update.apply"}: of what gavelctl put into the folder `update`
 *   {"cmd":"update.gate"}: may the box restart now?
 * A job goes on after its answer; backup.list tells how. Thread: control. */
#ifndef GV_WEB_CONTROL_OPERATE_H
#define GV_WEB_CONTROL_OPERATE_H

#include "firmware/base/json.h"
#include "web/control/control.h"

GV_MUST_USE enum gv_err gv_control_config_show(const struct gv_control *control,
                                               gv_json_ref request, struct gv_json_out *out,
                                               struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_config_set(const struct gv_control *control, gv_json_ref request,
                                              struct gv_json_out *out, struct gv_fail *fail);

GV_MUST_USE enum gv_err gv_control_backup_list(const struct gv_control *control,
                                               gv_json_ref request, struct gv_json_out *out,
                                               struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_backup_create(const struct gv_control *control,
                                                 gv_json_ref request, struct gv_json_out *out,
                                                 struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_backup_verify(const struct gv_control *control,
                                                 gv_json_ref request, struct gv_json_out *out,
                                                 struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_backup_restore(const struct gv_control *control,
                                                  gv_json_ref request, struct gv_json_out *out,
                                                  struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_backup_remove(const struct gv_control *control,
                                                 gv_json_ref request, struct gv_json_out *out,
                                                 struct gv_fail *fail);

GV_MUST_USE enum gv_err gv_control_cert_install(const struct gv_control *control,
                                                gv_json_ref request, struct gv_json_out *out,
                                                struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_cert_remove(const struct gv_control *control,
                                               gv_json_ref request, struct gv_json_out *out,
                                               struct gv_fail *fail);

GV_MUST_USE enum gv_err gv_control_update_status(const struct gv_control *control,
                                                 gv_json_ref request, struct gv_json_out *out,
                                                 struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_update_apply(const struct gv_control *control,
                                                gv_json_ref request, struct gv_json_out *out,
                                                struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_update_gate(const struct gv_control *control,
                                               gv_json_ref request, struct gv_json_out *out,
                                               struct gv_fail *fail);

#endif
