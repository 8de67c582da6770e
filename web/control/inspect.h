/* Control commands that only look, or ask for a new certificate; one row each in control.c. Private to
 * web/control.
 *   {"cmd":"doctor"}                        {"worst":"warn","checks":[{"name":"disk","verdict":"pass",
 *                                            "found":"812 MB free","advice":null}]}
 *   {"cmd":"auction.list"}   {"cmd":"auction.list","below":17}     {"items":[...],"next":9 or null}
 *   {"cmd":"auction.show","id":17}          {"auction":{...}}, as /api/v1/dutch/17 without its PSBT
 *   {"cmd":"cert.show"}                     {"tls":true,"names":[...],"ca_sha256":"AB:CD...",...}
 *   {"cmd":"cert.export"}                   {"ca_pem":"-----BEGIN..."}
 *   {"cmd":"cert.renew"}                    soon: the answer does not wait for it
 *   {"cmd":"log","after":0}                 {"lines":[{...}],"next":57 or null}
 * Lists stop where an answer is full; ask again with what `next` says. Thread: control. */
#ifndef GV_WEB_CONTROL_INSPECT_H
#define GV_WEB_CONTROL_INSPECT_H

#include "firmware/base/json.h"
#include "web/control/control.h"

GV_MUST_USE enum gv_err gv_control_doctor(const struct gv_control *control, gv_json_ref request,
                                          struct gv_json_out *out, struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_auction_list(const struct gv_control *control,
                                                gv_json_ref request, struct gv_json_out *out,
                                                struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_auction_show(const struct gv_control *control,
                                                gv_json_ref request, struct gv_json_out *out,
                                                struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_cert_show(const struct gv_control *control, gv_json_ref request,
                                             struct gv_json_out *out, struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_cert_export(const struct gv_control *control,
                                               gv_json_ref request, struct gv_json_out *out,
                                               struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_cert_renew(const struct gv_control *control, gv_json_ref request,
                                              struct gv_json_out *out, struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_log(const struct gv_control *control, gv_json_ref request,
                                       struct gv_json_out *out, struct gv_fail *fail);

#endif
