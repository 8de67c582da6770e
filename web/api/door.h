/* Door: how people get into the box: tries that are counted, the claim code, and opening a session.
 * Threads: workers, and main (gv_door_tick); the door's own lock is held for comparisons only, never
 * while a password is hashed. */
#ifndef GV_WEB_API_DOOR_H
#define GV_WEB_API_DOOR_H

#include "app/account/claim.h"
#include "app/account/lockout.h"
#include "app/engine/accounts.h"
#include "web/server/server.h"

#include <pthread.h>

struct gv_api;

struct gv_door {
    pthread_mutex_t lock;
    struct gv_lockout lockout;
    struct gv_claim claim;
    bool claim_settled; /* the box is claimed and nothing of the code is left; main thread only */
};

void gv_door_init(struct gv_door *door);

/** Count a try with a password or code at the account of that name, which may be anything.
 *  Returns: false: it was answered with 429. */
GV_MUST_USE bool gv_door_try(struct gv_exchange *x, struct gv_view name);
/** How the try ended. `failed` notes it for the audit log, too. */
void gv_door_passed(struct gv_exchange *x, struct gv_view name);
void gv_door_failed(struct gv_exchange *x, const char *kind);
void gv_door_undo(struct gv_exchange *x, struct gv_view name);
/** A place to hash a password. Returns: false: it was answered with 503. End: gv_hashing_end. */
GV_MUST_USE bool gv_door_hash(struct gv_exchange *x);

/** Judge a claim code. Returns: false: it was answered with 403 or 429. */
GV_MUST_USE bool gv_door_claim(struct gv_exchange *x, struct gv_view code);

/** Give a seat to the person `login` describes and answer with cookie and session object; a session
 *  that the request's cookie belonged to ends, so that no cookie outlives a login.
 *  Returns: GV_OK: answered with 201; else nothing was answered: as gv_engine_login. */
GV_MUST_USE enum gv_err gv_door_enter(struct gv_exchange *x, struct gv_login *login,
                                      struct gv_fail *fail);
/** Answer with the session object. In: sid: "": a token's session, without csrf. */
void gv_door_answer(struct gv_exchange *x, const struct gv_identity *identity, struct gv_view sid);
/** Tell the browser to forget the cookie. */
void gv_door_forget(struct gv_exchange *x);

/** See that a fresh box has a claim code, and a claimed one none. Once a second. Thread: main. */
void gv_door_tick(struct gv_api *api);

#endif
