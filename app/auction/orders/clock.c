#include "app/auction/orders/clock.h"

/* The last second of the year 9999: what ISO 8601 and everybody's tools can still write. */
#define UTC_MAX_S INT64_C(253402300799)

static int64_t within(int64_t s)
{
    if (s < 0) {
        return 0;
    }
    return s > UTC_MAX_S ? UTC_MAX_S : s;
}

void gv_order_clock_init(struct gv_order_clock *clock, struct gv_utc utc, struct gv_mono mono,
                         int64_t stored_s)
{
    const int64_t utc_s = within(utc.s);
    const int64_t base_s = stored_s > utc_s ? stored_s : utc_s;
    *clock = (struct gv_order_clock){
        .base_s = base_s, .base = mono, .now_s = base_s, .utc_ahead_s = utc_s - base_s};
}

void gv_order_clock_set(struct gv_order_clock *clock, struct gv_utc utc, struct gv_mono mono)
{
    clock->now_s = clock->base_s + (int64_t)((mono.ms - clock->base.ms) / 1000);
    const int64_t ahead_s = within(utc.s) - clock->now_s;
    const int64_t step_s = ahead_s - clock->utc_ahead_s;
    if (step_s < -1 || step_s > 1) {
        clock->utc_ahead_s = ahead_s;
    }
}

int64_t gv_order_clock_to_utc(const struct gv_order_clock *clock, int64_t book_s)
{
    return within(within(book_s) + clock->utc_ahead_s);
}

int64_t gv_order_clock_from_utc(const struct gv_order_clock *clock, int64_t utc_s)
{
    return within(utc_s) - clock->utc_ahead_s;
}
