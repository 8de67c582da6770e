/* Control commands about order auctions; one row each in control.c. Private to web/control.
 *   {"cmd":"orders.list"}   {"cmd":"orders.list","below":17}   {"items":[...],"next":9 or null}, as
 *                                                              /api/v1/orders shows them
 *   {"cmd":"orders.add","descriptions":["..."]}                {"first_id":3,"last_id":4,"count":2}
 *   {"cmd":"orders.verify"}                                    {"entries":…,"last_hash":"…"}
 * Ask again for a list with what `next` says. Thread: control. */
#ifndef GV_WEB_CONTROL_ORDERS_H
#define GV_WEB_CONTROL_ORDERS_H

#include "firmware/base/json.h"
#include "web/control/control.h"

GV_MUST_USE enum gv_err gv_control_orders_list(const struct gv_control *control,
                                               gv_json_ref request, struct gv_json_out *out,
                                               struct gv_fail *fail);
/** All of them or none. */
GV_MUST_USE enum gv_err gv_control_orders_add(const struct gv_control *control, gv_json_ref request,
                                              struct gv_json_out *out, struct gv_fail *fail);
GV_MUST_USE enum gv_err gv_control_orders_verify(const struct gv_control *control,
                                                 gv_json_ref request, struct gv_json_out *out,
                                                 struct gv_fail *fail);

/** What a chain of hashes that holds is answered with: its length and its last hash; the audit log's, too. */
void gv_control_chain(struct gv_json_out *out, uint64_t entries, const struct gv_hash256 *last);

#endif
