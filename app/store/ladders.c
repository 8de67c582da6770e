/* Trees of ladders: written with the listing, read for the proof of a rung that is revealed. */
#include "app/store/query.h"
#include "firmware/base/assert.h"

#include <string.h>

enum gv_err gv_store_ladder_insert(struct gv_store *store, uint64_t listing_id, uint32_t from_block,
                                   uint32_t rungs, const struct gv_hash256 *nodes, uint32_t nodes_n)
{
    struct gv_query q = gv_query_start(store, GV_SQL_LADDER_INSERT, "ladders");
    gv_query_put_int(&q, (int64_t)listing_id);
    gv_query_put_int(&q, from_block);
    gv_query_put_int(&q, rungs);
    gv_query_put_blob(&q, gv_view_of(nodes, nodes_n * sizeof(nodes[0])));
    return gv_query_run(&q);
}

/* The row the query stands on. */
static bool get_tree(struct gv_query *q, uint32_t *from_block, uint32_t *rungs,
                     struct gv_hash256 nodes[GV_LADDER_NODES_MAX])
{
    *from_block = (uint32_t)gv_query_get_uint(q, UINT32_MAX);
    *rungs = (uint32_t)gv_query_get_uint(q, GV_RUNGS_MAX);
    const struct gv_view blob = gv_query_get_blob(q);
    if (blob.n > GV_LADDER_NODES_MAX * sizeof(nodes[0]) || *rungs == 0) {
        q->corrupt = true;
    }
    if (q->corrupt) {
        return false;
    }
    memset(nodes, 0, GV_LADDER_NODES_MAX * sizeof(nodes[0]));
    memcpy(nodes, blob.p, blob.n);
    return true;
}

enum gv_err gv_store_ladder_prove(struct gv_store *store, uint64_t listing_id, uint32_t block,
                                  struct gv_hash256 nodes[GV_LADDER_NODES_MAX],
                                  struct gv_ladder_proof *proof)
{
    uint32_t from = 0;
    uint32_t rungs = 0;
    bool found = false;
    struct gv_query q = gv_query_start(store, GV_SQL_LADDER_GET, "ladders");
    gv_query_put_int(&q, (int64_t)listing_id);
    gv_query_put_int(&q, block);
    if (gv_query_next(&q)) {
        found = get_tree(&q, &from, &rungs, nodes) && block - from < rungs;
    }
    const enum gv_err err = gv_query_end(&q);
    if (err == GV_OK && found) {
        gv_ladder_prove(proof, nodes, rungs, block - from);
    }
    return err == GV_OK && !found ? GV_ERR_NOT_FOUND : err;
}
