/* Inside web/api: new orders out of a request's body. Thread: the worker of the exchange. */
#ifndef GV_WEB_API_ORDERS_UPLOAD_H
#define GV_WEB_API_ORDERS_UPLOAD_H

#include "app/engine/orders.h"
#include "web/server/server.h"

/** Read the descriptions: application/json, an object {"description"} or an array of them, or text/csv,
 *  whose first column they are ("description" on the first line is its head).
 *  In: n: bytes in the worker's body, which is changed. Returns: GV_OK; GV_ERR_INVALID "json.*",
 *  "orders.*"; GV_ERR_TOO_LARGE. */
GV_MUST_USE enum gv_err gv_orders_upload_parse(struct gv_order_upload *upload,
                                               struct gv_exchange *x, size_t n,
                                               struct gv_fail *fail);

#endif
