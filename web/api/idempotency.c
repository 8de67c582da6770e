#include "web/api/idempotency.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/caller.h"
#include "web/api/errors.h"

#include <string.h>

void gv_idempotency_init(struct gv_idempotency_table *table)
{
    const int rc = pthread_mutex_init(&table->lock, NULL);
    GV_ASSERT(rc == 0);
    memset(table->busy, 0, sizeof(table->busy));
}

static bool well_formed(struct gv_view key)
{
    for (size_t i = 0; i < key.n; i++) {
        const uint8_t c = key.p[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') {
            return false;
        }
    }
    return key.n >= GV_IDEMPOTENCY_KEY_MIN && key.n <= GV_IDEMPOTENCY_KEY_MAX;
}

static void add_text(struct gv_sha256 *sha, struct gv_view text)
{
    const uint64_t n = text.n; /* in front, so that no two texts can be read as others */
    gv_sha256_add(sha, gv_view_of(&n, sizeof(n)));
    gv_sha256_add(sha, text);
}

static struct gv_hash256 digest_of(struct gv_exchange *x, struct gv_view key)
{
    const struct gv_rate_client *client = &gv_caller_of(x)->client;
    struct gv_sha256 sha;
    struct gv_hash256 digest;
    gv_sha256_init(&sha);
    add_text(&sha, gv_view_of(client->b, sizeof(client->b)));
    add_text(&sha, x->request->method);
    add_text(&sha, x->request->path);
    add_text(&sha, key);
    gv_sha256_finish(&sha, &digest);
    return digest;
}

/* Returns: false when another worker has the key. */
static bool take(struct gv_idempotency_table *table, unsigned worker, const struct gv_hash256 *key)
{
    bool free = true;
    pthread_mutex_lock(&table->lock);
    for (unsigned i = 0; i < GV_HTTP_WORKERS; i++) {
        free = free && !(table->busy[i] && gv_hash256_equal(&table->keys[i], key));
    }
    if (free) {
        table->busy[worker] = true;
        table->keys[worker] = *key;
    }
    pthread_mutex_unlock(&table->lock);
    return free;
}

static void give_back(struct gv_idempotency_table *table, unsigned worker)
{
    pthread_mutex_lock(&table->lock);
    table->busy[worker] = false;
    pthread_mutex_unlock(&table->lock);
}

void gv_replay_send(struct gv_exchange *x, const struct gv_replay *replay)
{
    gv_reply_status(x, (int)replay->status);
    if (replay->location[0] != '\0') {
        gv_reply_header(x, "Location", replay->location);
    }
    gv_reply_header(x, "Cache-Control", "no-store");
    gv_reply_body(x, gv_view_of(replay->text, replay->text_len), "application/json");
}

void gv_idempotency_refuse(struct gv_exchange *x)
{
    struct gv_fail fail;
    gv_fail(&fail, GV_ERR_CONFLICT, "idempotency.body",
            "this Idempotency-Key was used with another body");
    gv_reply_fail(x, 422, &fail);
}

/* Returns: true when there is no kept answer. */
static bool is_first(struct gv_idempotency *idempotency, struct gv_exchange *x)
{
    struct gv_replay replay;
    struct gv_fail fail = {.err = GV_OK};
    const enum gv_err err =
        gv_engine_replay(gv_api_of(x)->config.engine, &idempotency->key, &replay, &fail);
    if (err == GV_ERR_NOT_FOUND) {
        return true;
    }
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
    } else if (!gv_hash256_equal(&replay.body, &idempotency->body)) {
        gv_idempotency_refuse(x);
    } else {
        gv_reply_header(x, "Idempotency-Replayed", "true");
        gv_replay_send(x, &replay);
    }
    return false;
}

bool gv_idempotency_begin(struct gv_idempotency *idempotency, struct gv_exchange *x, bool required,
                          struct gv_view body)
{
    struct gv_idempotency_table *table = &gv_api_of(x)->idempotency;
    const struct gv_view key = gv_web_header(x->request, "Idempotency-Key");
    *idempotency = (struct gv_idempotency){.used = false};
    if (key.p == NULL && !required) {
        return true;
    }
    if (key.p == NULL) {
        gv_api_refuse(x, GV_ERR_INVALID, "idempotency.missing",
                      "send an Idempotency-Key, new for each thing you want done once");
        return false;
    }
    if (!well_formed(key)) {
        gv_api_refuse(x, GV_ERR_INVALID, "idempotency.key",
                      "an Idempotency-Key has 8 to 64 letters, digits, hyphens or underscores");
        return false;
    }
    idempotency->key = digest_of(x, key);
    gv_sha256_of(&idempotency->body, body);
    if (!take(table, x->worker, &idempotency->key)) {
        gv_api_refuse(x, GV_ERR_CONFLICT, "idempotency.running",
                      "a request with this Idempotency-Key is under way");
        return false;
    }
    idempotency->used = is_first(idempotency, x);
    if (!idempotency->used) {
        give_back(table, x->worker);
    }
    return idempotency->used;
}

void gv_idempotency_end(const struct gv_idempotency *idempotency, struct gv_exchange *x)
{
    if (idempotency->used) {
        give_back(&gv_api_of(x)->idempotency, x->worker);
    }
}
