/* Caller: who sent a request, found once and kept in the worker while it is served.
 *
 * One credential counts, the first of: X-API-Key, Authorization: Bearer (a key or a token), the
 * session cookie. A wrong one is not passed over for the next: on a row that needs a scope it is
 * refused, on a public one it changes nothing. Thread: the worker of the exchange. */
#ifndef GV_WEB_API_CALLER_H
#define GV_WEB_API_CALLER_H

#include "app/engine/accounts.h"
#include "web/server/rate.h"

struct gv_api;
struct gv_arena;

enum gv_caller_kind {
    GV_CALLER_NOBODY,
    GV_CALLER_KEY,     /* a program */
    GV_CALLER_SESSION, /* a person: cookie, or a token that the box made */
    GV_CALLER_GUEST,   /* a person whom another issuer vouches for */
};

enum gv_credential {
    GV_CREDENTIAL_NONE,
    GV_CREDENTIAL_KEY,
    GV_CREDENTIAL_TOKEN,
    GV_CREDENTIAL_COOKIE,
};

struct gv_caller {
    enum gv_caller_kind kind;
    enum gv_credential presented; /* good when kind says so */
    uint32_t granted;             /* scopes and flags */
    char key_id[GV_KEY_ID_LEN + 1];
    struct gv_identity identity;  /* GV_CALLER_SESSION; of a guest: name and role */
    struct gv_view sid;           /* the cookie as presented: a secret, in the request's head */
    struct gv_fail why;           /* a token was refused */
    struct gv_rate_client client; /* the key, the person, else the address (IPv6: its /64) */
};

/** Find out. Before everything else of a request. */
void gv_caller_find(struct gv_exchange *x);
/** Whose key or token is this, outside of a request? In: arena: as gv_token_verify. Out: caller. */
void gv_caller_of_text(struct gv_api *api, struct gv_arena *arena, struct gv_view credential,
                       struct gv_caller *caller);
struct gv_caller *gv_caller_of(const struct gv_exchange *x);
/** For the audit log. */
void gv_caller_actor(const struct gv_exchange *x, struct gv_actor *actor);
/** What he does, into the audit log. In: as gv_engine_note. Returns: as gv_engine_note: what cannot be noted must
 *  not be done. */
GV_MUST_USE enum gv_err gv_caller_note(const struct gv_exchange *x, const char *kind,
                                       const char *subject, const char *detail,
                                       struct gv_fail *fail);

#endif
