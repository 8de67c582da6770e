#include "app/oracle/judgement.h"

#include <string.h>

void gv_oracle_judge(struct gv_oracle_judgement *judgement, struct gv_oracle_guard *guard,
                     struct gv_oracle_window *window, const struct gv_oracle_estimate *estimate,
                     double block_usd, int64_t now_ms)
{
    struct gv_oracle_wide wide;
    struct gv_oracle_spot spot;
    const double price = estimate->near.price;
    memset(judgement, 0, sizeof(*judgement));
    judgement->has_wide = gv_oracle_wide(&wide, &window->values, &window->scratch, NULL) == GV_OK;
    judgement->wide = judgement->has_wide ? wide.price : 0.0;
    judgement->confidence = gv_oracle_confidence(estimate, judgement->has_wide ? &wide : NULL);
    judgement->verdict = gv_oracle_guard(guard, price, judgement->confidence, block_usd, now_ms);
    /* Around a wrong lock an interval would be a lie at any stated rate. */
    judgement->has_spot = judgement->verdict.trust == GV_ORACLE_TRUSTED &&
                          gv_oracle_spot(&spot, window, price, now_ms);
    if (judgement->has_spot) {
        judgement->spot = spot.price;
        judgement->interval = gv_oracle_interval(&spot);
    }
}
