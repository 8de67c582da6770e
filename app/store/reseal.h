/* Reseal: a database that was sealed by another box's key, made this box's own.
 * Thread: one that owns the connection. */
#ifndef GV_APP_STORE_RESEAL_H
#define GV_APP_STORE_RESEAL_H

#include "app/store/store.h"

/** Seal every PSBT, receiver's secret and the proof of the key anew. The store was opened with the old
 *  key and must be closed afterwards: it knows only that. All or nothing.
 *  Returns: GV_OK; GV_ERR_CRYPTO "store.seal" (a row does not open); GV_ERR_STORAGE.
 *  In: progress: called now and then with the rows done; false ends it with GV_ERR_CLOSED; may be NULL. */
GV_MUST_USE enum gv_err gv_store_reseal(struct gv_store *store, const struct gv_seal_key *fresh,
                                        bool (*progress)(void *ctx, uint64_t rows), void *ctx,
                                        struct gv_fail *fail);

/* The parts, in the files of their tables. Private to app/store. */
GV_MUST_USE enum gv_err gv_rungs_reseal(struct gv_store *store, const struct gv_seal_key *fresh,
                                        bool (*progress)(void *ctx, uint64_t rows), void *ctx);
GV_MUST_USE enum gv_err gv_webhooks_reseal(struct gv_store *store, const struct gv_seal_key *fresh);

#endif
