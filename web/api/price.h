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

/** The channel of the form that a request asks for by ?format=. Thread: worker. */
uint64_t gv_price_channel_of(const struct gv_exchange *x);
/** Part of the greeting, as gv_live_snapshot. In: form: the channel's id. Thread: live. */
size_t gv_price_greet(const struct gv_api *api, uint64_t form, uint64_t *next, char *buf,
                      size_t cap);

/** "key":123.45 */
void gv_render_fixed(struct gv_json_out *out, const char *key, double v, int decimals);

#endif
