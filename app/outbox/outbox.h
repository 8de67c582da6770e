/* Outbox: one lane of deliveries, from the engine's rows to the receivers.
 *
 *   engine: take ─► POST, signed, no redirects ─► engine: done (2xx, or why not)
 * A crash between take and done sends the delivery again: at least once, never lost. The fast lane is
 * impatient, so that a receiver that hangs for the first time delays the others by seconds, once.
 * Thread: one per lane; each has its own HTTP client. */
#ifndef GV_APP_OUTBOX_OUTBOX_H
#define GV_APP_OUTBOX_OUTBOX_H

#include "app/engine/webhooks.h"
#include "hal/iface/http.h"

#include <stdatomic.h>

struct gv_outbox_config {
    struct gv_engine *engine;
    struct gv_http *http;
    const struct gv_clock *clock;
    enum gv_lane lane;
    const atomic_bool *private_targets; /* receivers in private ranges are allowed; kept */
};

/** Caller's memory; the members are private. */
struct gv_outbox {
    struct gv_outbox_config config;
    atomic_bool stop;
    struct gv_mono pause_until; /* the engine could not take an answer */
    struct gv_outgoing outgoing;
};

void gv_outbox_init(struct gv_outbox *outbox, const struct gv_outbox_config *config);
/** Send what is due, one delivery. Returns: true when one was sent, or tried. */
bool gv_outbox_step(struct gv_outbox *outbox);
/** From any thread: a request under way ends within about a second, and none begins. */
void gv_outbox_stop(struct gv_outbox *outbox);

#endif
