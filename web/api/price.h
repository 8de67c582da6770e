/* Inside web/api: prices as JSON, in the answer of GET and in the messages of /ws/mempool.
 *
 * A message is the published design's object: price, confidence, new points, statistics. `first` is the
 * number of its first point, so that a client which got one twice (in its greeting and at once again)
 * can tell. The greeting brings all points held, in several messages of the same shape.
 * Thread: stated per function. */
#ifndef GV_WEB_API_PRICE_H
#define GV_WEB_API_PRICE_H

#include "firmware/base/json.h"
#include "web/api/api_state.h"

/** Forms of the stream: a channel of the live thread each. */
struct gv_price_form {
    bool enveloped; /* {"type":"mempool_update","data":{...}}, as an older program sends it */
};
extern const struct gv_price_form gv_price_flat;
extern const struct gv_price_form gv_price_enveloped;

/** The form that a request asks for by ?format=. Thread: worker. */
const struct gv_price_form *gv_price_channel_of(const struct gv_exchange *x);
/** Part of the greeting; 0 behind the last. Thread: live. */
size_t gv_price_greet(struct gv_api *api, const struct gv_price_form *form, unsigned part,
                      char *buf, size_t cap);

/** "key":123.45 */
void gv_render_fixed(struct gv_json_out *out, const char *key, double v, int decimals);

#endif
