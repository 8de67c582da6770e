#include "firmware/boot/alive.h"

void gv_alive_init(struct gv_alive *alive, uint32_t poll_ms, uint32_t timeout_ms,
                   struct gv_mono now)
{
    alive->reports = 0;
    alive->moved_at = now;
    alive->patience_ms = 2u * (poll_ms + timeout_ms);
}

bool gv_alive_check(struct gv_alive *alive, uint64_t reports, struct gv_mono now)
{
    if (reports != alive->reports) {
        alive->reports = reports;
        alive->moved_at = now;
    }
    return now.ms - alive->moved_at.ms <= alive->patience_ms;
}
