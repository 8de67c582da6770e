#include "app/store/query.h"

enum gv_err gv_store_chain_append(struct gv_store *store, uint32_t height,
                                  const struct gv_hash256 *hash)
{
    struct gv_query q = gv_query_start(store, GV_SQL_CHAIN_APPEND, "chain");
    gv_query_put_int(&q, height);
    gv_query_put_blob(&q, gv_view_of(hash->b, sizeof(hash->b)));
    return gv_query_run(&q);
}

static enum gv_err with_height(struct gv_store *store, enum gv_sql sql, uint32_t height)
{
    struct gv_query q = gv_query_start(store, sql, "chain");
    gv_query_put_int(&q, height);
    return gv_query_run(&q);
}

enum gv_err gv_store_chain_drop(struct gv_store *store, uint32_t height)
{
    return with_height(store, GV_SQL_CHAIN_DROP, height);
}

enum gv_err gv_store_chain_prune(struct gv_store *store, uint32_t height)
{
    return with_height(store, GV_SQL_CHAIN_PRUNE, height);
}

enum gv_err gv_store_chain_each(struct gv_store *store,
                                enum gv_err (*visit)(void *ctx, uint32_t height,
                                                     const struct gv_hash256 *hash),
                                void *ctx)
{
    enum gv_err visited = GV_OK;
    struct gv_query q = gv_query_start(store, GV_SQL_CHAIN_EACH, "chain");
    while (visited == GV_OK && gv_query_next(&q)) {
        struct gv_hash256 hash;
        uint32_t height = (uint32_t)gv_query_get_uint(&q, UINT32_MAX);
        gv_query_get_hash(&q, &hash);
        if (!q.corrupt) {
            visited = visit(ctx, height, &hash);
        }
    }
    enum gv_err err = gv_query_end(&q);
    return err != GV_OK ? err : visited;
}
