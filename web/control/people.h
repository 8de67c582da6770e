/* Control commands about people and their sessions; one row each in control.c. Private to web/control.
 *   {"cmd":"claim","name":"alice","password":"...","language":"en"}     the first person: the owner
 *   {"cmd":"user.create","name":"bob","role":"operator","password":"..."}       {"id":"..."}
 *   {"cmd":"user.list"}                                                         {"users":[...]}
 *   {"cmd":"user.change","name":"bob", and any of "role","disabled","password","totp":false}
 *   {"cmd":"user.delete","name":"bob"}
 *   {"cmd":"session.list"}   {"cmd":"session.end","id":"abcdefgh"}
 * The console needs no password of its own and is never locked out. Thread: control. */
#ifndef GV_WEB_CONTROL_PEOPLE_H
#define GV_WEB_CONTROL_PEOPLE_H

#include "firmware/base/json.h"
#include "web/control/control.h"

/** Who asks, for the audit log: whoever owns the socket has checked that. */
void gv_control_actor(struct gv_actor *actor, gv_json_ref request);

GV_MUST_USE enum gv_err gv_control_claim(const struct gv_control *control, gv_json_ref request,
                                         struct gv_json_out *out, struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_user_create(const struct gv_control *control,
                                               gv_json_ref request, struct gv_json_out *out,
                                               struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_user_list(const struct gv_control *control, gv_json_ref request,
                                             struct gv_json_out *out, struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_user_change(const struct gv_control *control,
                                               gv_json_ref request, struct gv_json_out *out,
                                               struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_user_delete(const struct gv_control *control,
                                               gv_json_ref request, struct gv_json_out *out,
                                               struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_session_list(const struct gv_control *control,
                                                gv_json_ref request, struct gv_json_out *out,
                                                struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_session_end(const struct gv_control *control,
                                               gv_json_ref request, struct gv_json_out *out,
                                               struct gv_fail *fail);

#endif
