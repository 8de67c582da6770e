/* Inside web/api: dollars beside satoshis, for people. A list or a single answer carries it once; no rule of
 * an auction looks at it, and nothing below web/api knows it.
 * Thread: worker. */
#ifndef GV_WEB_API_PRICE_HINT_H
#define GV_WEB_API_PRICE_HINT_H

#include "firmware/base/json.h"
#include "web/api/api_state.h"

struct gv_price_hint {
    bool known; /* else the rest is unset: no price, or the oracle is off */
    double usd_per_btc;
    int64_t time_s; /* UTC, of the estimate */
    int64_t age_s;
    enum gv_oracle_state state;
};

/** The price of now where recent payments tell it, else the window's. */
void gv_price_hint_read(struct gv_price_hint *hint, const struct gv_api *api);

/** "price_hint":{"usd_per_btc","age_s","time","state"}, or null. */
void gv_price_hint_render(struct gv_json_out *out, const struct gv_price_hint *hint);

/** Part of an answer's tag: changes with the state and with the minute of the estimate, so that an answer which
 *  a client keeps shows a hint of this minute while 304 still saves it the rest. */
uint64_t gv_price_hint_mark(const struct gv_price_hint *hint);

#endif
