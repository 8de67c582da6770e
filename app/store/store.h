/* Store: everything that survives a restart, as typed rows over a storage connection.
 *
 *   meta                 schema version, proof that the seal key fits
 *   listings ─┬─ rungs   terms once, one sealed PSBT per block: written together, never changed
 *             ├─ spends  what became of the outpoint
 *             └─ reveals highest rung ever shown
 *   chain                the newest block hashes
 *   api_keys             hashes of keys
 *   users ─── sessions   people (accounts.h)
 *   box                  what the box remembers about itself
 *   replays              answers to requests with an Idempotency-Key (replay.h)
 *   webhooks ─ deliveries  receivers of events, and their outbox (webhooks.h)
 *   oa_*                 order auctions (orders.h)
 *   audit                append-only, each row holds the hash of the row before it
 *
 * The SQL (sql.c, migration_*.c) stays within what SQLite and PostgreSQL both speak: $n parameters
 * in order of appearance, BIGINT, TEXT, BYTEA, ON CONFLICT. Every write runs in the transaction the
 * caller has begun. What is read back is checked like any other input: a row outside its limits is
 * GV_ERR_STORAGE and a "broken" log line that names the table.
 * Common results: GV_OK; GV_ERR_STORAGE. Thread: engine (one connection). */
#ifndef GV_APP_STORE_STORE_H
#define GV_APP_STORE_STORE_H

#include "app/auction/dutch/ladder_root.h"
#include "app/auction/dutch/listing.h"
#include "app/store/api_key.h"
#include "hal/iface/entropy.h"
#include "hal/iface/storage.h"

#define GV_STORE_STATEMENTS 97u

/** Caller's storage; gv_store_open fills it, the members are private. */
struct gv_store {
    struct gv_storage *storage;
    const struct gv_seal_key *seal_key;
    const struct gv_entropy *entropy;
    struct gv_stmt statements[GV_STORE_STATEMENTS];
};

/** Bring the schema up to date, prove that the seal key fits, prepare all statements.
 *  Keeps storage, seal_key and entropy.
 *  Returns: GV_OK; GV_ERR_STORAGE ("store.newer": the database comes from a later release that does
 *  not allow the way back; one that does is used as it is, see GV_SCHEMA_OLDEST);
 *  GV_ERR_CRYPTO "store.seal_key". */
GV_MUST_USE enum gv_err gv_store_open(struct gv_store *store, struct gv_storage *storage,
                                      const struct gv_seal_key *seal_key,
                                      const struct gv_entropy *entropy, struct gv_fail *fail);
/** The schema that this release works with. */
uint32_t gv_store_schema(void);
/** Finishes the statements; the storage stays open. An unopened (zeroed) store is allowed. */
void gv_store_close(struct gv_store *store);

/* ---- listings --------------------------------------------------------------------------------- */

/** Insert terms, spend and reveal state of a new listing. Its rungs follow in the same
 *  transaction. In: listing->id: above every stored one (gv_store_newest). */
GV_MUST_USE enum gv_err gv_store_listing_insert(struct gv_store *store,
                                                const struct gv_dutch_listing *listing);
/** Visit the listings that are not retired, ascending id, until `visit` fails.
 *  Returns: as common (GV_ERR_STORAGE "store.listing" names a row that cannot be used), or what
 *  `visit` returned. */
GV_MUST_USE enum gv_err
gv_store_listings_each(struct gv_store *store,
                       enum gv_err (*visit)(void *ctx, const struct gv_dutch_listing *listing),
                       void *ctx, struct gv_fail *fail);
/** One listing, retired or not. Returns also: GV_ERR_NOT_FOUND. */
GV_MUST_USE enum gv_err gv_store_listing_get(struct gv_store *store, uint64_t id,
                                             struct gv_dutch_listing *listing);
/** Mark as retired: kept, but not loaded any more. */
GV_MUST_USE enum gv_err gv_store_listing_retire(struct gv_store *store, uint64_t id);
/** Write the new end of a ladder: end_block, end_price and locked of its terms. */
GV_MUST_USE enum gv_err gv_store_listing_extend(struct gv_store *store,
                                                const struct gv_dutch_listing *listing);
/** Highest id and latest creation time of all listings; zeros when there are none. */
GV_MUST_USE enum gv_err gv_store_newest(struct gv_store *store, uint64_t *id,
                                        struct gv_utc *created_at);
GV_MUST_USE enum gv_err gv_store_spend_put(struct gv_store *store, uint64_t listing_id,
                                           const struct gv_dutch_spend *spend);
GV_MUST_USE enum gv_err gv_store_revealed_put(struct gv_store *store, uint64_t listing_id,
                                              uint32_t revealed_high);

/* ---- rungs (sealed at rest, bound to outpoint, block and price) ------------------------------- */

/** Keep the tree of a ladder. In: nodes: of gv_ladder_tree over the rungs of from_block and on. */
GV_MUST_USE enum gv_err gv_store_ladder_insert(struct gv_store *store, uint64_t listing_id,
                                               uint32_t from_block, uint32_t rungs,
                                               const struct gv_hash256 *nodes, uint32_t nodes_n);
/** The proof of a rung. In: nodes: room for the tree. Returns also: GV_ERR_NOT_FOUND: a ladder of before
 *  there were trees. */
GV_MUST_USE enum gv_err gv_store_ladder_prove(struct gv_store *store, uint64_t listing_id,
                                              uint32_t block,
                                              struct gv_hash256 nodes[GV_LADDER_NODES_MAX],
                                              struct gv_ladder_proof *proof);
/** In: psbt: served form, at most GV_PSBT_SERVED_MAX bytes. */
GV_MUST_USE enum gv_err gv_store_rung_insert(struct gv_store *store,
                                             const struct gv_dutch_listing *listing, uint32_t block,
                                             struct gv_sat price, struct gv_view psbt);
/** Fetch and unseal the rung of one block.
 *  Returns also: GV_ERR_NOT_FOUND; GV_ERR_CRYPTO (the row was tampered with; logged).
 *  Out: psbt: GV_PSBT_SERVED_MAX bytes. */
GV_MUST_USE enum gv_err gv_store_rung_get(struct gv_store *store,
                                          const struct gv_dutch_listing *listing, uint32_t block,
                                          struct gv_sat *price, uint8_t *psbt, size_t *psbt_len);
/** Visit all rungs of a price, ascending block. A row that cannot be unsealed is logged and
 *  skipped: it must not stop the recording of a spend. */
GV_MUST_USE enum gv_err
gv_store_rungs_of_price(struct gv_store *store, const struct gv_dutch_listing *listing,
                        struct gv_sat price,
                        void (*visit)(void *ctx, uint32_t block, struct gv_view psbt), void *ctx);
GV_MUST_USE enum gv_err gv_store_rung_count(struct gv_store *store, uint64_t listing_id,
                                            uint32_t *count);

/* ---- chain ring -------------------------------------------------------------------------------- */

/** Returns also: GV_ERR_CONFLICT when the height is stored. */
GV_MUST_USE enum gv_err gv_store_chain_append(struct gv_store *store, uint32_t height,
                                              const struct gv_hash256 *hash);
/** Remove the block of that height. */
GV_MUST_USE enum gv_err gv_store_chain_drop(struct gv_store *store, uint32_t height);
/** Remove all blocks below `height`. */
GV_MUST_USE enum gv_err gv_store_chain_prune(struct gv_store *store, uint32_t height);
/** Visit all blocks, ascending height, until `visit` fails. */
GV_MUST_USE enum gv_err gv_store_chain_each(struct gv_store *store,
                                            enum gv_err (*visit)(void *ctx, uint32_t height,
                                                                 const struct gv_hash256 *hash),
                                            void *ctx);

/* ---- API keys ------------------------------------------------------------------------------------ */

GV_MUST_USE enum gv_err gv_store_key_insert(struct gv_store *store, const struct gv_api_key *key);
GV_MUST_USE enum gv_err gv_store_key_revoke(struct gv_store *store, const char *id,
                                            struct gv_utc at);
GV_MUST_USE enum gv_err gv_store_key_used(struct gv_store *store, const char *id, struct gv_utc at);
GV_MUST_USE enum gv_err gv_store_key_delete(struct gv_store *store, const char *id);
/** Visit all keys, ascending creation time, until `visit` fails. */
GV_MUST_USE enum gv_err
gv_store_keys_each(struct gv_store *store,
                   enum gv_err (*visit)(void *ctx, const struct gv_api_key *key), void *ctx);

/* ---- audit --------------------------------------------------------------------------------------- */

#define GV_AUDIT_KIND_MAX    48u
#define GV_AUDIT_SUBJECT_MAX 96u
#define GV_AUDIT_DETAIL_MAX  480u

/** A row as it is read. */
struct gv_audit_row {
    uint64_t id; /* 1, 2, 3, ... */
    struct gv_utc at;
    char kind[GV_AUDIT_KIND_MAX];
    char subject[GV_AUDIT_SUBJECT_MAX];
    char detail[GV_AUDIT_DETAIL_MAX];
    struct gv_hash256 prev_hash;
    struct gv_hash256 hash;
};

/** Append a row. In: kind: "listing.created", "spend.pending", ...; subject: what it is about;
 *  detail: key=value words. Longer texts are cut to the limits above. */
GV_MUST_USE enum gv_err gv_store_audit(struct gv_store *store, struct gv_utc at, const char *kind,
                                       const char *subject, const char *detail);
/** Recompute the whole chain. A cut at its end cannot be seen from inside: compare `last` with a
 *  copy kept elsewhere.
 *  Returns also: GV_ERR_CRYPTO when a row was changed, removed or inserted.
 *  Out: rows: number of good rows; last: hash of the last good one (zeros when none). */
GV_MUST_USE enum gv_err gv_store_audit_verify(struct gv_store *store, uint64_t *rows,
                                              struct gv_hash256 *last);
/** Go on with that after `rows` good ones, the last of which has the hash `last` (0 and zeros: from the start), by
 *  at most rows_max. Fewer were left when fewer were added.
 *  Returns: as gv_store_audit_verify. In/out: rows, last. */
GV_MUST_USE enum gv_err gv_store_audit_verify_more(struct gv_store *store, uint32_t rows_max,
                                                   uint64_t *rows, struct gv_hash256 *last);
/** Read rows below an id, newest first. In: kind: "login", or with what follows its dot; "": all.
 *  Out: count: how many were put into rows. */
GV_MUST_USE enum gv_err gv_store_audit_list(struct gv_store *store, uint64_t before,
                                            const char *kind, struct gv_audit_row *rows,
                                            uint32_t rows_max, uint32_t *count);
/** Read the newest rows about a subject ("listing:42"), newest first. Out: count: as above. */
GV_MUST_USE enum gv_err gv_store_audit_about(struct gv_store *store, const char *subject,
                                             struct gv_audit_row *rows, uint32_t rows_max,
                                             uint32_t *count);

#endif
