/* Who may do that: API keys by the X-API-Key header, against the scope of the route's row. */
#ifndef GV_WEB_API_AUTH_H
#define GV_WEB_API_AUTH_H

#include "web/server/server.h"

/** Check the presented key for the scope that the row of the route table asks for.
 *  Returns: true with *granted (scopes and flags); false when the refusal was answered already:
 *  401 for an absent or wrong key, 403 when the key lacks the scope. */
GV_MUST_USE bool gv_api_authorize(struct gv_exchange *x, uint32_t *granted);

#endif
