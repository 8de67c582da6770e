/* Inside web/api: the block price as JSON. Thread: any. */
#ifndef GV_WEB_API_PRICES_H
#define GV_WEB_API_PRICES_H

#include "firmware/base/json.h"
#include "web/api/api_state.h"

/** "block":{...}, for /api/v1/oracle. */
void gv_render_block_price(struct gv_json_out *out, struct gv_prices *prices);

/** The request prefers CSV. Thread: worker. */
bool gv_wants_csv(const struct gv_exchange *x);
/** Returns: false when it was answered that there is no oracle. Thread: worker. */
bool gv_has_oracle(struct gv_exchange *x);

#endif
