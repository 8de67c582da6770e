/* Engine: receivers of events and the outbox. Events become deliveries in the transaction that makes
 * them true; outbox threads fetch them here, send them, and tell what came of it.
 *
 *   command ─► engine ─► row of what happened + row per receiver ─ one commit
 *   outbox thread: take ─► send ─► done      a lane each for receivers that work and that fail
 *
 * A receiver that fails moves to the slow lane until it answers again, so it delays no other.
 * Common results: GV_OK; GV_ERR_NOT_FOUND; GV_ERR_FULL; GV_ERR_STORAGE; GV_ERR_TIMEOUT;
 * GV_ERR_UNAVAILABLE. Thread: any but the engine's. */
#ifndef GV_APP_ENGINE_WEBHOOKS_H
#define GV_APP_ENGINE_WEBHOOKS_H

#include "app/engine/engine.h"
#include "app/webhook/webhook.h"

/** Add a receiver. In: url, name: checked here. events: bits. Out: secret: shown once, never again.
 *  Returns also: GV_ERR_INVALID "webhook.*"; GV_ERR_FULL "webhook.full". */
GV_MUST_USE enum gv_err gv_engine_webhook_create(struct gv_engine *engine,
                                                 const struct gv_actor *actor, const char *name,
                                                 const char *url, uint32_t events, uint64_t *id,
                                                 char secret[GV_WEBHOOK_SECRET_TEXT],
                                                 struct gv_fail *fail);

struct gv_webhook_change {
    bool has_name, has_url, has_events, has_enabled;
    bool enabled; /* true: also forgets why it was disabled, and tries again at once */
    char name[GV_WEBHOOK_NAME_MAX];
    char url[GV_WEBHOOK_URL_MAX];
    uint32_t events;
};
/** In: expect: versions of the receiver (gv_webhook_version) that are meant; NULL: any.
 *  Returns also: GV_ERR_STATE "http.changed". */
GV_MUST_USE enum gv_err gv_engine_webhook_change(struct gv_engine *engine,
                                                 const struct gv_actor *actor, uint64_t id,
                                                 const struct gv_webhook_change *change,
                                                 const struct gv_expect *expect,
                                                 struct gv_fail *fail);
/** Delete it with its deliveries. In: expect, returns also: as above. */
GV_MUST_USE enum gv_err gv_engine_webhook_delete(struct gv_engine *engine,
                                                 const struct gv_actor *actor, uint64_t id,
                                                 const struct gv_expect *expect,
                                                 struct gv_fail *fail);
/** Queue a ping. Out: delivery: its id. Returns also: GV_ERR_STATE "webhook.disabled". */
GV_MUST_USE enum gv_err gv_engine_webhook_ping(struct gv_engine *engine, uint64_t id,
                                               uint64_t *delivery, struct gv_fail *fail);
/** Queue the event of a delivery once more. Out: fresh: id of the new one. */
GV_MUST_USE enum gv_err gv_engine_redeliver(struct gv_engine *engine, uint64_t delivery,
                                            uint64_t *fresh, struct gv_fail *fail);

struct gv_webhook_status {
    struct gv_webhook webhook;
    uint32_t pending;
    uint32_t attempts; /* of the oldest pending delivery */
};
/** Copy all. Returns: number copied. */
uint32_t gv_engine_webhooks(struct gv_engine *engine,
                            struct gv_webhook_status statuses[GV_WEBHOOKS_MAX]);

#define GV_DELIVERIES_PAGE 50u
/** Deliveries of a receiver below an id, newest first. In: rows_max: at most GV_DELIVERIES_PAGE. */
GV_MUST_USE enum gv_err gv_engine_deliveries(struct gv_engine *engine, uint64_t webhook,
                                             uint64_t before, uint32_t rows_max,
                                             struct gv_delivery rows[GV_DELIVERIES_PAGE],
                                             uint32_t *count, struct gv_fail *fail);

/* ---- outbox threads --------------------------------------------------------------------------- */

enum gv_lane {
    GV_LANE_FAST, /* receivers whose oldest pending delivery was not tried yet */
    GV_LANE_SLOW, /* those that failed */
};
#define GV_LANES 2u

/** A delivery to be sent now. Holds a secret: wipe it. */
struct gv_outgoing {
    struct gv_delivery delivery;
    char url[GV_WEBHOOK_URL_MAX];
    char secret[GV_WEBHOOK_SECRET_TEXT];
    size_t body_n;
    char body[GV_WEBHOOK_BODY_MAX];
};

/** Is anything due in a lane? Asks no lock and no storage. */
bool gv_engine_outbox_due(struct gv_engine *engine, enum gv_lane lane, struct gv_utc now);
/** Fetch the next due delivery of a lane; it is this thread's until done, or until the next start.
 *  Waits as long as the engine takes. Returns: GV_OK; GV_ERR_NOT_FOUND; GV_ERR_FULL; GV_ERR_STORAGE;
 *  GV_ERR_UNAVAILABLE. Out: outgoing: lent memory of the caller. */
GV_MUST_USE enum gv_err gv_engine_outbox_take(struct gv_engine *engine, enum gv_lane lane,
                                              struct gv_outgoing *outgoing);
/** Tell what came of it. In: status: of HTTP, 0 when there was none; error: "" when delivered. */
GV_MUST_USE enum gv_err gv_engine_outbox_done(struct gv_engine *engine, uint64_t delivery,
                                              uint32_t status, const char *error);

#endif
