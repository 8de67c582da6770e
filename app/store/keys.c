#include "app/store/query.h"

enum gv_err gv_store_key_insert(struct gv_store *store, const struct gv_api_key *key)
{
    struct gv_query q = gv_query_start(store, GV_SQL_KEY_INSERT, "api_keys");
    gv_query_put_text(&q, key->id);
    gv_query_put_text(&q, key->name);
    gv_query_put_blob(&q, gv_view_of(key->hash.b, sizeof(key->hash.b)));
    gv_query_put_int(&q, key->scopes);
    gv_query_put_int(&q, key->created_at.s);
    gv_query_put_int(&q, key->expires_at.s);
    gv_query_put_int(&q, key->revoked_at.s);
    gv_query_put_int(&q, key->last_used_at.s);
    return gv_query_run(&q);
}

enum gv_err gv_store_key_used(struct gv_store *store, const char *id, struct gv_utc at)
{
    struct gv_query q = gv_query_start(store, GV_SQL_KEY_USED, "api_keys");
    gv_query_put_int(&q, at.s);
    gv_query_put_text(&q, id);
    return gv_query_run(&q);
}

enum gv_err gv_store_key_revoke(struct gv_store *store, const char *id, struct gv_utc at)
{
    struct gv_query q = gv_query_start(store, GV_SQL_KEY_REVOKE, "api_keys");
    gv_query_put_int(&q, at.s);
    gv_query_put_text(&q, id);
    return gv_query_run(&q);
}

enum gv_err gv_store_key_delete(struct gv_store *store, const char *id)
{
    struct gv_query q = gv_query_start(store, GV_SQL_KEY_DELETE, "api_keys");
    gv_query_put_text(&q, id);
    return gv_query_run(&q);
}

static bool get_key(struct gv_query *q, struct gv_api_key *key)
{
    *key = (struct gv_api_key){.scopes = 0};
    gv_query_get_text(q, key->id, sizeof(key->id));
    gv_query_get_text(q, key->name, sizeof(key->name));
    gv_query_get_hash(q, &key->hash);
    key->scopes = (uint32_t)gv_query_get_uint(q, UINT32_MAX);
    key->created_at = (struct gv_utc){gv_query_get_int(q)};
    key->expires_at = (struct gv_utc){gv_query_get_int(q)};
    key->revoked_at = (struct gv_utc){gv_query_get_int(q)};
    key->last_used_at = (struct gv_utc){gv_query_get_int(q)};
    return !q->corrupt;
}

enum gv_err gv_store_keys_each(struct gv_store *store,
                               enum gv_err (*visit)(void *ctx, const struct gv_api_key *key),
                               void *ctx)
{
    struct gv_api_key key;
    enum gv_err visited = GV_OK;
    struct gv_query q = gv_query_start(store, GV_SQL_KEY_EACH, "api_keys");
    while (visited == GV_OK && gv_query_next(&q)) {
        if (get_key(&q, &key)) {
            visited = visit(ctx, &key);
        }
    }
    enum gv_err err = gv_query_end(&q);
    return err != GV_OK ? err : visited;
}
