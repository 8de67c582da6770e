/* Store: receivers of events and the outbox of what they are to be told. See store.h for the common
 * rules: every write runs in the caller's transaction, what is read back is checked.
 *
 *   webhooks ── deliveries   one row per event and receiver, in the transaction of the event
 *
 * A receiver's secret is sealed, bound to its id. Thread: engine. */
#ifndef GV_APP_STORE_WEBHOOKS_H
#define GV_APP_STORE_WEBHOOKS_H

#include "app/store/store.h"
#include "app/webhook/webhook.h"

/** Insert a new receiver. In: webhook->id: above every stored one. */
GV_MUST_USE enum gv_err gv_store_webhook_insert(struct gv_store *store,
                                                const struct gv_webhook *webhook,
                                                const uint8_t secret[GV_WEBHOOK_SECRET_LEN]);
/** Replace all but id, secret and creation. */
GV_MUST_USE enum gv_err gv_store_webhook_update(struct gv_store *store,
                                                const struct gv_webhook *webhook);
/** Delete it and its deliveries. */
GV_MUST_USE enum gv_err gv_store_webhook_delete(struct gv_store *store, uint64_t id);
/** Visit all, ascending id, until `visit` fails. */
GV_MUST_USE enum gv_err
gv_store_webhooks_each(struct gv_store *store,
                       enum gv_err (*visit)(void *ctx, const struct gv_webhook *row), void *ctx);
/** Returns also: GV_ERR_NOT_FOUND; GV_ERR_CRYPTO (the row was tampered with; logged). */
GV_MUST_USE enum gv_err gv_store_webhook_secret(struct gv_store *store, uint64_t id,
                                                uint8_t secret[GV_WEBHOOK_SECRET_LEN]);

/** Append a pending delivery. Out: delivery->id: the next free one.
 *  In: body: at most GV_WEBHOOK_BODY_MAX bytes. */
GV_MUST_USE enum gv_err gv_store_delivery_insert(struct gv_store *store,
                                                 struct gv_delivery *delivery, struct gv_view body);
/** Store what became of an attempt. */
GV_MUST_USE enum gv_err gv_store_delivery_update(struct gv_store *store,
                                                 const struct gv_delivery *delivery);
/** One delivery. Out: body: GV_WEBHOOK_BODY_MAX bytes; may be NULL. Returns also: GV_ERR_NOT_FOUND. */
GV_MUST_USE enum gv_err gv_store_delivery_get(struct gv_store *store, uint64_t id,
                                              struct gv_delivery *delivery, char *body, size_t *n);
/** The oldest pending delivery of a receiver, and how many are pending.
 *  Returns also: GV_ERR_NOT_FOUND when none is. */
GV_MUST_USE enum gv_err gv_store_delivery_head(struct gv_store *store, uint64_t webhook_id,
                                               struct gv_delivery *delivery, uint32_t *pending);
/** Deliveries of a receiver with ids below `before`, newest first. Out: n: rows filled. */
GV_MUST_USE enum gv_err gv_store_deliveries_page(struct gv_store *store, uint64_t webhook_id,
                                                 uint64_t before, struct gv_delivery *rows,
                                                 uint32_t rows_max, uint32_t *n);
/** Delete finished deliveries of a receiver but the newest GV_WEBHOOK_KEPT. */
GV_MUST_USE enum gv_err gv_store_deliveries_prune(struct gv_store *store, uint64_t webhook_id);

#endif
