/* API key: what is kept of one. The key's text is shown once, when it is made, and never stored.
 * Plain values, copied between threads. */
#ifndef GV_APP_STORE_API_KEY_H
#define GV_APP_STORE_API_KEY_H

#include "app/account/scope.h"
#include "firmware/base/bytes.h"
#include "firmware/base/crypto.h"
#include "firmware/base/time.h"

#define GV_KEY_ID_LEN   8u
#define GV_KEY_NAME_MAX 48u
#define GV_KEY_TEXT_MAX 64u /* "gvl_" + 8 + "_" + 43 + NUL = 57 */

struct gv_api_key {
    char id[GV_KEY_ID_LEN + 1];
    char name[GV_KEY_NAME_MAX];
    struct gv_hash256 hash; /* SHA-256 of the whole key text */
    uint32_t scopes;
    struct gv_utc created_at;
    struct gv_utc expires_at;   /* s = 0: never */
    struct gv_utc revoked_at;   /* s = 0: valid */
    struct gv_utc last_used_at; /* s = 0: never; written down once a minute */
};

#endif
