#include "web/api/price_hint.h"

#include "web/api/price.h"

#define MARK_S 60

void gv_price_hint_read(struct gv_price_hint *hint, const struct gv_api *api)
{
    struct gv_oracle_view view;
    hint->known = false;
    if (api->config.oracle == NULL) {
        return;
    }
    gv_oracle_service_view(api->config.oracle, &view);
    if (!view.has_price) {
        return;
    }
    const int64_t time_s = view.estimated_ms / 1000;
    const int64_t age_s = gv_clock_utc(api->config.clock).s - time_s;
    *hint = (struct gv_price_hint){
        .known = true,
        .usd_per_btc = view.judgement.has_spot ? view.judgement.spot : view.price,
        .time_s = time_s,
        .age_s = age_s > 0 ? age_s : 0,
        .state = view.state,
    };
}

void gv_price_hint_render(struct gv_json_out *out, const struct gv_price_hint *hint)
{
    if (!hint->known) {
        gv_jo_knull(out, "price_hint");
        return;
    }
    gv_jo_key(out, "price_hint");
    gv_jo_object(out);
    gv_render_fixed(out, "usd_per_btc", hint->usd_per_btc, 2);
    gv_jo_kint(out, "age_s", hint->age_s);
    gv_jo_kint(out, "time", hint->time_s);
    gv_jo_kstring(out, "state", gv_oracle_state_text(hint->state));
    gv_jo_object_end(out);
}

uint64_t gv_price_hint_mark(const struct gv_price_hint *hint)
{
    return hint->known ? (uint64_t)(hint->time_s / MARK_S) * GV_ORACLE_STATES + hint->state + 1u
                       : 0u;
}
