#include "app/store/query.h"
#include "app/store/reseal.h"
#include "firmware/base/assert.h"
#include "firmware/base/log.h"

#include <inttypes.h>

#define AAD_LEN    (32u + 4u + 4u + 8u)
#define SEALED_MAX (GV_PSBT_SERVED_MAX + GV_SEAL_OVERHEAD)

/* What a sealed rung is bound to: it cannot be moved to another block, price or outpoint. */
static struct gv_view aad_of(uint8_t memory[AAD_LEN], const struct gv_outpoint *utxo,
                             uint32_t block, struct gv_sat price)
{
    struct gv_writer w = gv_writer_of(memory, AAD_LEN);
    gv_write_bytes(&w, gv_view_of(utxo->txid.b, sizeof(utxo->txid.b)));
    gv_write_u32le(&w, utxo->vout);
    gv_write_u32le(&w, block);
    gv_write_u64le(&w, price.v);
    GV_ASSERT(!w.full);
    return gv_written(&w);
}

enum gv_err gv_store_rung_insert(struct gv_store *store, const struct gv_dutch_listing *listing,
                                 uint32_t block, struct gv_sat price, struct gv_view psbt)
{
    uint8_t aad[AAD_LEN];
    uint8_t nonce[GV_SEAL_NONCE_LEN];
    uint8_t sealed[SEALED_MAX];
    GV_ASSERT(psbt.n <= GV_PSBT_SERVED_MAX);
    gv_entropy_fill(store->entropy, nonce, sizeof(nonce));
    gv_seal(sealed, store->seal_key, nonce, aad_of(aad, &listing->terms.utxo, block, price), psbt);

    struct gv_query q = gv_query_start(store, GV_SQL_RUNG_INSERT, "rungs");
    gv_query_put_int(&q, (int64_t)listing->id);
    gv_query_put_int(&q, block);
    gv_query_put_int(&q, (int64_t)price.v);
    gv_query_put_blob(&q, gv_view_of(sealed, psbt.n + GV_SEAL_OVERHEAD));
    return gv_query_run(&q);
}

struct rung {
    uint32_t block;
    struct gv_sat price;
    size_t psbt_len;
    uint8_t psbt[GV_PSBT_SERVED_MAX];
};

/* The row the query stands on. Returns: GV_OK; GV_ERR_CRYPTO. */
static enum gv_err get_rung(struct gv_store *store, struct gv_query *q,
                            const struct gv_dutch_listing *listing, struct rung *rung)
{
    uint8_t aad[AAD_LEN];
    rung->block = (uint32_t)gv_query_get_uint(q, UINT32_MAX);
    rung->price = (struct gv_sat){gv_query_get_uint(q, GV_SAT_MAX)};
    struct gv_view sealed = gv_query_get_blob(q);
    enum gv_err err = GV_ERR_CRYPTO;
    if (sealed.n >= GV_SEAL_OVERHEAD && sealed.n <= SEALED_MAX) {
        rung->psbt_len = sealed.n - GV_SEAL_OVERHEAD;
        err = gv_unseal(rung->psbt, store->seal_key,
                        aad_of(aad, &listing->terms.utxo, rung->block, rung->price), sealed);
    }
    if (err != GV_OK) {
        gv_log(GV_LOG_BROKEN, "store", "rung_does_not_unseal listing=%" PRIu64 " block=%" PRIu32,
               listing->id, rung->block);
    }
    return err;
}

enum gv_err gv_store_rung_get(struct gv_store *store, const struct gv_dutch_listing *listing,
                              uint32_t block, struct gv_sat *price, uint8_t *psbt, size_t *psbt_len)
{
    struct rung rung;
    enum gv_err found = GV_ERR_NOT_FOUND;
    struct gv_query q = gv_query_start(store, GV_SQL_RUNG_GET, "rungs");
    gv_query_put_int(&q, (int64_t)listing->id);
    gv_query_put_int(&q, block);
    if (gv_query_next(&q)) {
        found = get_rung(store, &q, listing, &rung);
    }
    enum gv_err err = gv_query_end(&q);
    if (err != GV_OK || found != GV_OK) {
        return err != GV_OK ? err : found;
    }
    *price = rung.price;
    *psbt_len = rung.psbt_len;
    memcpy(psbt, rung.psbt, rung.psbt_len);
    return GV_OK;
}

enum gv_err gv_store_rungs_of_price(struct gv_store *store, const struct gv_dutch_listing *listing,
                                    struct gv_sat price,
                                    void (*visit)(void *ctx, uint32_t block, struct gv_view psbt),
                                    void *ctx)
{
    struct rung rung;
    struct gv_query q = gv_query_start(store, GV_SQL_RUNGS_OF_PRICE, "rungs");
    gv_query_put_int(&q, (int64_t)listing->id);
    gv_query_put_int(&q, (int64_t)price.v);
    while (gv_query_next(&q)) {
        if (get_rung(store, &q, listing, &rung) == GV_OK) {
            visit(ctx, rung.block, gv_view_of(rung.psbt, rung.psbt_len));
        }
    }
    gv_secure_zero(&rung, sizeof(rung));
    return gv_query_end(&q);
}

enum gv_err gv_store_rung_count(struct gv_store *store, uint64_t listing_id, uint32_t *count)
{
    struct gv_query q = gv_query_start(store, GV_SQL_RUNG_COUNT, "rungs");
    gv_query_put_int(&q, (int64_t)listing_id);
    *count = gv_query_next(&q) ? (uint32_t)gv_query_get_uint(&q, UINT32_MAX) : 0;
    return gv_query_end(&q);
}

/* One row and its outpoint. Out: *more: false behind the last row. */
static enum gv_err next_sealed(struct gv_store *store, int64_t *listing, int64_t *block,
                               struct gv_dutch_listing *of, struct rung *rung, bool *more)
{
    enum gv_err opened = GV_OK;
    struct gv_query q = gv_query_start(store, GV_SQL_RUNG_AFTER, "rungs");
    gv_query_put_int(&q, *listing);
    gv_query_put_int(&q, *block);
    *more = gv_query_next(&q);
    if (*more) {
        *listing = gv_query_get_int(&q);
        gv_query_get_hash(&q, &of->terms.utxo.txid);
        of->terms.utxo.vout = (uint32_t)gv_query_get_uint(&q, UINT32_MAX);
        if (!q.corrupt) {
            opened = get_rung(store, &q, of, rung);
            *block = rung->block;
        }
    }
    const enum gv_err err = gv_query_end(&q);
    return err != GV_OK ? err : opened;
}

enum gv_err gv_rungs_reseal(struct gv_store *store, const struct gv_seal_key *fresh,
                            bool (*progress)(void *ctx, uint64_t rows), void *ctx)
{
    struct gv_dutch_listing of = {.id = 0};
    struct rung rung = {.psbt_len = 0};
    uint8_t aad[AAD_LEN];
    uint8_t nonce[GV_SEAL_NONCE_LEN];
    uint8_t sealed[SEALED_MAX];
    int64_t listing = 0;
    int64_t block = 0;
    uint64_t rows = 0;
    bool more = true;
    enum gv_err err = GV_OK;
    while (err == GV_OK) {
        err = next_sealed(store, &listing, &block, &of, &rung, &more);
        if (err != GV_OK || !more) {
            break;
        }
        gv_entropy_fill(store->entropy, nonce, sizeof(nonce));
        gv_seal(sealed, fresh, nonce, aad_of(aad, &of.terms.utxo, rung.block, rung.price),
                gv_view_of(rung.psbt, rung.psbt_len));
        struct gv_query q = gv_query_start(store, GV_SQL_RUNG_SEAL, "rungs");
        gv_query_put_blob(&q, gv_view_of(sealed, rung.psbt_len + GV_SEAL_OVERHEAD));
        gv_query_put_int(&q, listing);
        gv_query_put_int(&q, block);
        err = gv_query_run(&q);
        rows++;
        if (err == GV_OK && progress != NULL && !progress(ctx, rows)) {
            err = GV_ERR_CLOSED;
        }
    }
    gv_secure_zero(&rung, sizeof(rung));
    return err;
}
