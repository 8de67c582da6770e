/* Inside web/api: the order auction as JSON, the same for REST and the live stream.
 *
 * Amounts are numbers of at most 53 bits, with their decimal text beside them under "<name>_text".
 * Times are seconds of the book's clock ("_s"); `now_s` beside them is of the same clock.
 * Thread: any (pure). */
#ifndef GV_WEB_API_ORDERS_RENDER_H
#define GV_WEB_API_ORDERS_RENDER_H

#include "app/engine/solvers.h"

/** Counters and how things stand, as an object. */
void gv_render_orders_status(struct gv_json_out *out, const struct gv_orders_status *status);
/** One thing that has happened (topic "orders"). */
void gv_render_order_news(struct gv_json_out *out, const struct gv_order_news *news);
void gv_render_order(struct gv_json_out *out, const struct gv_order_row *row);
void gv_render_order_bid(struct gv_json_out *out, const struct gv_order_bid_row *row);
void gv_render_order_commitment(struct gv_json_out *out, const struct gv_order_commitment_row *row);
void gv_render_order_claim(struct gv_json_out *out, const struct gv_order_claim_row *row);
void gv_render_order_event(struct gv_json_out *out, const struct gv_order_event_row *row);
/** In: now_s: of the book's clock. */
void gv_render_solver(struct gv_json_out *out, const struct gv_solver_status *status,
                      int64_t now_s);

#endif
