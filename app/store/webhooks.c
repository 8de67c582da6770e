#include "app/store/webhooks.h"

#include "app/store/query.h"
#include "app/store/reseal.h"
#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <string.h>

#define SEALED_LEN (GV_WEBHOOK_SECRET_LEN + GV_SEAL_OVERHEAD)

/* ---- receivers ---------------------------------------------------------------------------------- */

/* What a seal is bound to, so that rows cannot be swapped. */
static struct gv_view bound_to(char text[32], uint64_t id)
{
    gv_format_cut(text, 32, "webhook:%" PRIu64, id);
    return gv_view_str(text);
}

enum gv_err gv_store_webhook_insert(struct gv_store *store, const struct gv_webhook *webhook,
                                    const uint8_t secret[GV_WEBHOOK_SECRET_LEN])
{
    uint8_t nonce[GV_SEAL_NONCE_LEN];
    uint8_t sealed[SEALED_LEN];
    char bound[32];
    gv_entropy_fill(store->entropy, nonce, sizeof(nonce));
    gv_seal(sealed, store->seal_key, nonce, bound_to(bound, webhook->id),
            gv_view_of(secret, GV_WEBHOOK_SECRET_LEN));
    struct gv_query q = gv_query_start(store, GV_SQL_WEBHOOK_INSERT, "webhooks");
    gv_query_put_int(&q, (int64_t)webhook->id);
    gv_query_put_text(&q, webhook->name);
    gv_query_put_text(&q, webhook->url);
    gv_query_put_blob(&q, gv_view_of(sealed, sizeof(sealed)));
    gv_query_put_int(&q, webhook->events);
    gv_query_put_int(&q, webhook->created_at.s);
    return gv_query_run(&q);
}

enum gv_err gv_store_webhook_update(struct gv_store *store, const struct gv_webhook *webhook)
{
    struct gv_query q = gv_query_start(store, GV_SQL_WEBHOOK_UPDATE, "webhooks");
    gv_query_put_text(&q, webhook->name);
    gv_query_put_text(&q, webhook->url);
    gv_query_put_int(&q, webhook->events);
    gv_query_put_int(&q, webhook->disabled_at.s);
    gv_query_put_text(&q, webhook->disabled_why);
    gv_query_put_int(&q, (int64_t)webhook->id);
    return gv_query_run(&q);
}

enum gv_err gv_store_webhook_delete(struct gv_store *store, uint64_t id)
{
    struct gv_query q = gv_query_start(store, GV_SQL_DELIVERIES_DELETE, "deliveries");
    gv_query_put_int(&q, (int64_t)id);
    enum gv_err err = gv_query_run(&q);
    if (err == GV_OK) {
        q = gv_query_start(store, GV_SQL_WEBHOOK_DELETE, "webhooks");
        gv_query_put_int(&q, (int64_t)id);
        err = gv_query_run(&q);
    }
    return err;
}

static enum gv_err reseal_one(struct gv_store *store, const struct gv_seal_key *fresh, uint64_t id)
{
    uint8_t secret[GV_WEBHOOK_SECRET_LEN];
    uint8_t nonce[GV_SEAL_NONCE_LEN];
    uint8_t sealed[SEALED_LEN];
    char bound[32];
    enum gv_err err = gv_store_webhook_secret(store, id, secret);
    if (err == GV_OK) {
        gv_entropy_fill(store->entropy, nonce, sizeof(nonce));
        gv_seal(sealed, fresh, nonce, bound_to(bound, id), gv_view_of(secret, sizeof(secret)));
        struct gv_query q = gv_query_start(store, GV_SQL_WEBHOOK_SEAL, "webhooks");
        gv_query_put_blob(&q, gv_view_of(sealed, sizeof(sealed)));
        gv_query_put_int(&q, (int64_t)id);
        err = gv_query_run(&q);
    }
    gv_secure_zero(secret, sizeof(secret));
    return err;
}

struct ids {
    uint32_t count;
    uint64_t items[GV_WEBHOOKS_MAX];
};

static enum gv_err take_id(void *ctx, const struct gv_webhook *row)
{
    struct ids *ids = ctx;
    if (ids->count == GV_WEBHOOKS_MAX) {
        return GV_ERR_FULL;
    }
    ids->items[ids->count] = row->id;
    ids->count++;
    return GV_OK;
}

enum gv_err gv_webhooks_reseal(struct gv_store *store, const struct gv_seal_key *fresh)
{
    struct ids ids = {.count = 0};
    enum gv_err err = gv_store_webhooks_each(store, take_id, &ids);
    for (uint32_t i = 0; i < ids.count && err == GV_OK; i++) {
        err = reseal_one(store, fresh, ids.items[i]);
    }
    return err;
}

static bool get_webhook(struct gv_query *q, struct gv_webhook *row)
{
    *row = (struct gv_webhook){.id = gv_query_get_uint(q, INT64_MAX)};
    gv_query_get_text(q, row->name, sizeof(row->name));
    gv_query_get_text(q, row->url, sizeof(row->url));
    row->events = (uint32_t)gv_query_get_uint(q, GV_WEBHOOK_EVENTS_ALL);
    row->created_at = (struct gv_utc){gv_query_get_int(q)};
    row->disabled_at = (struct gv_utc){gv_query_get_int(q)};
    gv_query_get_text(q, row->disabled_why, sizeof(row->disabled_why));
    return !q->corrupt;
}

enum gv_err gv_store_webhooks_each(struct gv_store *store,
                                   enum gv_err (*visit)(void *ctx, const struct gv_webhook *row),
                                   void *ctx)
{
    struct gv_webhook row;
    enum gv_err visited = GV_OK;
    struct gv_query q = gv_query_start(store, GV_SQL_WEBHOOK_EACH, "webhooks");
    while (visited == GV_OK && gv_query_next(&q)) {
        if (get_webhook(&q, &row)) {
            visited = visit(ctx, &row);
        }
    }
    const enum gv_err err = gv_query_end(&q);
    return err != GV_OK ? err : visited;
}

enum gv_err gv_store_webhook_secret(struct gv_store *store, uint64_t id,
                                    uint8_t secret[GV_WEBHOOK_SECRET_LEN])
{
    char bound[32];
    enum gv_err opened = GV_ERR_NOT_FOUND;
    struct gv_query q = gv_query_start(store, GV_SQL_WEBHOOK_SECRET, "webhooks");
    gv_query_put_int(&q, (int64_t)id);
    if (gv_query_next(&q)) {
        const struct gv_view sealed = gv_query_get_blob(&q);
        opened = sealed.n == SEALED_LEN
                     ? gv_unseal(secret, store->seal_key, bound_to(bound, id), sealed)
                     : GV_ERR_CRYPTO;
    }
    const enum gv_err err = gv_query_end(&q);
    if (err == GV_OK && opened == GV_ERR_CRYPTO) {
        gv_log(GV_LOG_BROKEN, "store", "webhook secret does not open id=%" PRIu64, id);
    }
    return err != GV_OK ? err : opened;
}

/* ---- the outbox --------------------------------------------------------------------------------- */

static enum gv_err next_id(struct gv_store *store, uint64_t *id)
{
    struct gv_query q = gv_query_start(store, GV_SQL_DELIVERY_NEWEST, "deliveries");
    *id = 1;
    if (gv_query_next(&q)) {
        *id = gv_query_get_uint(&q, INT64_MAX - 1) + 1;
    }
    return gv_query_end(&q);
}

enum gv_err gv_store_delivery_insert(struct gv_store *store, struct gv_delivery *delivery,
                                     struct gv_view body)
{
    GV_ASSERT(body.n <= GV_WEBHOOK_BODY_MAX);
    enum gv_err err = next_id(store, &delivery->id);
    if (err != GV_OK) {
        return err;
    }
    struct gv_query q = gv_query_start(store, GV_SQL_DELIVERY_INSERT, "deliveries");
    gv_query_put_int(&q, (int64_t)delivery->id);
    gv_query_put_int(&q, (int64_t)delivery->webhook_id);
    gv_query_put_text(&q, delivery->uuid);
    gv_query_put_int(&q, delivery->event);
    gv_query_put_blob(&q, body);
    gv_query_put_int(&q, delivery->created_at.s);
    gv_query_put_int(&q, delivery->next_at.s);
    return gv_query_run(&q);
}

enum gv_err gv_store_delivery_update(struct gv_store *store, const struct gv_delivery *delivery)
{
    struct gv_query q = gv_query_start(store, GV_SQL_DELIVERY_UPDATE, "deliveries");
    gv_query_put_int(&q, delivery->state);
    gv_query_put_int(&q, delivery->attempts);
    gv_query_put_int(&q, delivery->first_at.s);
    gv_query_put_int(&q, delivery->next_at.s);
    gv_query_put_int(&q, delivery->done_at.s);
    gv_query_put_int(&q, delivery->status);
    gv_query_put_text(&q, delivery->error);
    gv_query_put_int(&q, (int64_t)delivery->id);
    return gv_query_run(&q);
}

static void get_delivery(struct gv_query *q, struct gv_delivery *row)
{
    *row = (struct gv_delivery){.id = gv_query_get_uint(q, INT64_MAX)};
    row->webhook_id = gv_query_get_uint(q, INT64_MAX);
    gv_query_get_text(q, row->uuid, sizeof(row->uuid));
    row->event = (enum gv_webhook_event)gv_query_get_uint(q, GV_WEBHOOK_EVENTS - 1u);
    row->state = (enum gv_delivery_state)gv_query_get_uint(q, GV_DELIVERY_DONE);
    row->created_at = (struct gv_utc){gv_query_get_int(q)};
    row->attempts = (uint32_t)gv_query_get_uint(q, UINT32_MAX);
    row->first_at = (struct gv_utc){gv_query_get_int(q)};
    row->next_at = (struct gv_utc){gv_query_get_int(q)};
    row->done_at = (struct gv_utc){gv_query_get_int(q)};
    row->status = (uint32_t)gv_query_get_uint(q, 999);
    gv_query_get_text(q, row->error, sizeof(row->error));
}

enum gv_err gv_store_delivery_get(struct gv_store *store, uint64_t id, struct gv_delivery *delivery,
                                  char *body, size_t *n)
{
    bool found = false;
    struct gv_query q = gv_query_start(store, GV_SQL_DELIVERY_GET, "deliveries");
    gv_query_put_int(&q, (int64_t)id);
    if (gv_query_next(&q)) {
        get_delivery(&q, delivery);
        const struct gv_view bytes = gv_query_get_blob(&q);
        found = !q.corrupt && bytes.n <= GV_WEBHOOK_BODY_MAX;
        q.corrupt = !found;
        if (found && body != NULL) {
            memcpy(body, bytes.p, bytes.n);
            *n = bytes.n;
        }
    }
    const enum gv_err err = gv_query_end(&q);
    return err != GV_OK ? err : found ? GV_OK : GV_ERR_NOT_FOUND;
}

enum gv_err gv_store_delivery_head(struct gv_store *store, uint64_t webhook_id,
                                   struct gv_delivery *delivery, uint32_t *pending)
{
    *pending = 0;
    struct gv_query q = gv_query_start(store, GV_SQL_DELIVERY_PENDING, "deliveries");
    gv_query_put_int(&q, (int64_t)webhook_id);
    if (gv_query_next(&q)) {
        *pending = (uint32_t)gv_query_get_uint(&q, UINT32_MAX);
    }
    enum gv_err err = gv_query_end(&q);
    if (err != GV_OK || *pending == 0) {
        return err != GV_OK ? err : GV_ERR_NOT_FOUND;
    }
    q = gv_query_start(store, GV_SQL_DELIVERY_HEAD, "deliveries");
    gv_query_put_int(&q, (int64_t)webhook_id);
    if (gv_query_next(&q)) {
        get_delivery(&q, delivery);
    }
    return gv_query_end(&q);
}

enum gv_err gv_store_deliveries_page(struct gv_store *store, uint64_t webhook_id, uint64_t before,
                                     struct gv_delivery *rows, uint32_t rows_max, uint32_t *n)
{
    *n = 0;
    struct gv_query q = gv_query_start(store, GV_SQL_DELIVERY_PAGE, "deliveries");
    gv_query_put_int(&q, (int64_t)webhook_id);
    gv_query_put_int(&q, before > INT64_MAX ? INT64_MAX : (int64_t)before);
    gv_query_put_int(&q, rows_max);
    while (*n < rows_max && gv_query_next(&q)) {
        get_delivery(&q, &rows[*n]);
        *n += q.corrupt ? 0 : 1;
    }
    return gv_query_end(&q);
}

enum gv_err gv_store_deliveries_prune(struct gv_store *store, uint64_t webhook_id)
{
    struct gv_query q = gv_query_start(store, GV_SQL_DELIVERY_PRUNE, "deliveries");
    gv_query_put_int(&q, (int64_t)webhook_id);
    gv_query_put_int(&q, (int64_t)webhook_id);
    gv_query_put_int(&q, (int64_t)GV_WEBHOOK_KEPT);
    return gv_query_run(&q);
}
