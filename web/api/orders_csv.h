/* Inside web/api: a table of new orders (RFC 4180). The first column of every line is a description; other
 * columns and empty lines are passed over, "description" on the first line is the table's head.
 * Thread: any (pure but for the upload). */
#ifndef GV_WEB_API_ORDERS_CSV_H
#define GV_WEB_API_ORDERS_CSV_H

#include "app/engine/orders.h"

/** In: text: changed in place. Returns: GV_OK; GV_ERR_INVALID "orders.csv" (a quotation is broken), and as
 *  gv_order_upload_put. */
GV_MUST_USE enum gv_err gv_orders_csv_parse(struct gv_order_upload *upload, char *text, size_t n,
                                            struct gv_fail *fail);

#endif
