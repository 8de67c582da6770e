/* Token: JWTs in the API. Whom one belongs to, and making one for a logged-in person.
 *
 * The box's own token is good as long as its session is: ending the session, a new password or
 * disabling the person end it at once, and what he may do follows his role of now. A token of the
 * configured issuer makes a guest, who may bid. Thread: any. */
#ifndef GV_WEB_API_TOKEN_H
#define GV_WEB_API_TOKEN_H

#include "app/account/jwks.h"
#include "web/api/caller.h"

#define GV_TOKEN_ISSUER   "gavel"
#define GV_TOKEN_AUDIENCE "gavel"
#define GV_TOKEN_KID_MAX  17u
/** Scratch memory that verifying takes. */
#define GV_TOKEN_ARENA_BYTES 49152u

struct gv_api;

/** Verify, and describe whose it is.
 *  In:  arena: empty, GV_TOKEN_ARENA_BYTES; free again afterwards.
 *  Returns: GV_OK with kind, granted and identity of the caller; GV_ERR_UNAUTHORIZED with `why`.
 *  identity.expires_at is the token's. */
GV_MUST_USE enum gv_err gv_token_verify(struct gv_api *api, struct gv_arena *arena,
                                        struct gv_view token, struct gv_caller *caller);

/** A token for the person of a session. Out: text: NUL-terminated; expires_at.
 *  Returns: GV_OK; GV_ERR_NOT_FOUND (deleted meanwhile); GV_ERR_FULL. */
GV_MUST_USE enum gv_err gv_token_make(struct gv_api *api, const struct gv_identity *identity,
                                      char text[GV_JWT_MAX], struct gv_utc *expires_at);

/** Name of the box's key: the beginning of its SHA-256. */
void gv_token_kid(const struct gv_api *api, char kid[GV_TOKEN_KID_MAX]);

#endif
