/* API key: what is kept of one. The key's text is shown once, when it is made, and never stored.
 * Plain values, copied between threads. */
#ifndef GV_APP_STORE_API_KEY_H
#define GV_APP_STORE_API_KEY_H

#include "firmware/base/bytes.h"
#include "firmware/base/crypto.h"
#include "firmware/base/time.h"

/* Stored as numbers: never renumber. */
enum {
    GV_SCOPE_AUCTIONS_READ = 1u << 0,
    GV_SCOPE_AUCTIONS_WRITE = 1u << 1,
    GV_SCOPE_ADMIN = 1u << 2,
    GV_KEY_LEGACY_UNLOCKED = 1u << 16, /* flag: ladders without height locks are accepted */
};

#define GV_SCOPES 3u

/** Bit of a scope's name ("auctions:read", "auctions:write", "admin"); 0 when there is none. */
uint32_t gv_scope_parse(struct gv_view name);
/** Name of scope i < GV_SCOPES; NULL when `bits` do not hold it. */
const char *gv_scope_name(uint32_t bits, uint32_t i);

#define GV_KEY_ID_LEN   8u
#define GV_KEY_NAME_MAX 48u
#define GV_KEY_TEXT_MAX 64u /* "gvl_" + 8 + "_" + 43 + NUL = 57 */

struct gv_api_key {
    char id[GV_KEY_ID_LEN + 1];
    char name[GV_KEY_NAME_MAX];
    struct gv_hash256 hash; /* SHA-256 of the whole key text */
    uint32_t scopes;
    struct gv_utc created_at;
    struct gv_utc expires_at; /* s = 0: never */
    struct gv_utc revoked_at; /* s = 0: valid */
};

#endif
