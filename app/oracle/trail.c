#include "app/oracle/trail.h"

void gv_oracle_trail_init(struct gv_oracle_trail *trail)
{
    trail->first = 0;
    trail->next = 0;
}

static void append(struct gv_oracle_trail *trail, int64_t time_ms, double price)
{
    trail->point[trail->next % GV_ORACLE_TRAIL] =
        (struct gv_oracle_point){.time_ms = time_ms, .price = price};
    trail->next++;
    if (trail->next - trail->first > GV_ORACLE_TRAIL) {
        trail->first++;
    }
}

/* Points of a payment inside the chart. Returns how many. */
static uint32_t points_of(double price[GV_ORACLE_OUTPUTS * GV_ORACLE_AMOUNTS],
                          const struct gv_oracle_estimate *estimate,
                          const struct gv_oracle_payment *payment)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < payment->value_count; i++) {
        double point[GV_ORACLE_AMOUNTS];
        const uint32_t count =
            gv_oracle_points_of(point, payment->sats[i], estimate->slide.rough_usd);
        for (uint32_t k = 0; k < count; k++) {
            if (estimate->axis_down < point[k] && point[k] < estimate->axis_up) {
                price[n++] = point[k];
            }
        }
    }
    return n;
}

void gv_oracle_trail_add(struct gv_oracle_trail *trail, const struct gv_oracle_estimate *estimate,
                         const struct gv_oracle_payment *payment)
{
    double price[GV_ORACLE_OUTPUTS * GV_ORACLE_AMOUNTS];
    const uint32_t n = points_of(price, estimate, payment);
    for (uint32_t i = 0; i < n; i++) {
        append(trail, payment->time_ms, price[i]);
    }
}

void gv_oracle_trail_rebuild(struct gv_oracle_trail *trail,
                             const struct gv_oracle_estimate *estimate,
                             const struct gv_oracle_window *window)
{
    struct gv_oracle_payment payment;
    uint32_t at = window->newest;
    uint32_t left = GV_ORACLE_TRAIL;
    const uint64_t first = trail->next;
    /* The window is walked from its newest end, so the places are filled from behind. */
    while (left > 0 && gv_oracle_window_next(window, &at, &payment)) {
        double price[GV_ORACLE_OUTPUTS * GV_ORACLE_AMOUNTS];
        const uint32_t n = points_of(price, estimate, &payment);
        for (uint32_t i = 0; i < n && left > 0; i++) {
            left--;
            trail->point[(first + left) % GV_ORACLE_TRAIL] =
                (struct gv_oracle_point){.time_ms = payment.time_ms, .price = price[i]};
        }
    }
    trail->first = first + left;
    trail->next = first + GV_ORACLE_TRAIL;
}

uint32_t gv_oracle_trail_copy(const struct gv_oracle_trail *trail, uint64_t *from,
                              struct gv_oracle_point *point, uint32_t points_max)
{
    uint64_t number = *from > trail->first ? *from : trail->first;
    uint32_t n = 0;
    while (number < trail->next && n < points_max) {
        point[n++] = trail->point[number++ % GV_ORACLE_TRAIL];
    }
    *from = number;
    return n;
}
