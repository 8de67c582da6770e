/* Accounts in the store: people, sessions and what the box remembers about itself.
 * Written in the transaction the caller has begun, read back at start, like all rows (store.h).
 * A second factor's secret is sealed; a password is kept as its PHC string, a cookie as its hash.
 * Common results: GV_OK; GV_ERR_STORAGE. Thread: engine. */
#ifndef GV_APP_STORE_ACCOUNTS_H
#define GV_APP_STORE_ACCOUNTS_H

#include "app/account/session.h"
#include "app/store/store.h"

/** Insert, or replace the row of that id. */
GV_MUST_USE enum gv_err gv_store_user_put(struct gv_store *store, const struct gv_user *user);
/** Its sessions must be gone. */
GV_MUST_USE enum gv_err gv_store_user_delete(struct gv_store *store, const char *id);
/** Visit all, ascending creation time, until `visit` fails.
 *  Returns also: GV_ERR_STORAGE when a second factor does not unseal. */
GV_MUST_USE enum gv_err
gv_store_users_each(struct gv_store *store,
                    enum gv_err (*visit)(void *ctx, const struct gv_user *user), void *ctx);

/** Insert, or replace the row of that id. */
GV_MUST_USE enum gv_err gv_store_session_put(struct gv_store *store,
                                             const struct gv_session *session);
GV_MUST_USE enum gv_err gv_store_session_delete(struct gv_store *store, const char *id);
GV_MUST_USE enum gv_err
gv_store_sessions_each(struct gv_store *store,
                       enum gv_err (*visit)(void *ctx, const struct gv_session *session),
                       void *ctx);

#define GV_BOX_NAME_MAX  32u
#define GV_BOX_VALUE_MAX 32u

/** Insert or replace. In: name, value: shorter than the limits above. */
GV_MUST_USE enum gv_err gv_store_box_put(struct gv_store *store, const char *name,
                                         const char *value);
GV_MUST_USE enum gv_err
gv_store_box_each(struct gv_store *store,
                  enum gv_err (*visit)(void *ctx, const char *name, const char *value), void *ctx);

#endif
