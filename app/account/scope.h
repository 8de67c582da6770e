/* Scopes and roles: what somebody may do, as bits.
 *
 * A key holds scopes, a person holds a role, a route needs one scope. OPERATE and LOGIN are the
 * box's own: no key is given them by name, a role or the scope `admin` brings them along.
 * Pure. Thread: any. */
#ifndef GV_APP_ACCOUNT_SCOPE_H
#define GV_APP_ACCOUNT_SCOPE_H

#include "firmware/base/bytes.h"

/* Stored as numbers: never renumber. */
enum {
    GV_SCOPE_AUCTIONS_READ = 1u << 0,
    GV_SCOPE_AUCTIONS_WRITE = 1u << 1,
    GV_SCOPE_ADMIN = 1u << 2,
    GV_SCOPE_BIDS_WRITE = 1u << 3,
    GV_SCOPE_ORDERS_SOLVE = 1u << 4,
    GV_SCOPE_OPERATE = 1u << 8,        /* look after the box: audit, system, logs, webhooks */
    GV_SCOPE_LOGIN = 1u << 9,          /* a person: own session, password, second factor */
    GV_KEY_LEGACY_UNLOCKED = 1u << 16, /* flag: ladders without height locks are accepted */
};

/** Scopes that a key can be given by name. */
#define GV_SCOPES 5u
#define GV_SCOPES_GRANTABLE                                                                        \
    (GV_SCOPE_AUCTIONS_READ | GV_SCOPE_AUCTIONS_WRITE | GV_SCOPE_ADMIN | GV_SCOPE_BIDS_WRITE |     \
     GV_SCOPE_ORDERS_SOLVE)

/** Bit of a scope that a key can be given ("auctions:read"); 0 when there is none. */
uint32_t gv_scope_parse(struct gv_view name);
/** Words that are shown of what somebody may do: those, and "operate". */
#define GV_SCOPE_WORDS 6u
/** Name of scope i < GV_SCOPE_WORDS; NULL when `bits` do not hold it. */
const char *gv_scope_name(uint32_t bits, uint32_t i);

/** What a route's row asks for: "public" is 0, a scope's name is its bit, also "operate" and
 *  "login". Returns: false when nobody knows that word: such a route is closed to everybody. */
GV_MUST_USE bool gv_scope_need(const char *word, uint32_t *bit);

/* Stored as numbers: never renumber. */
enum gv_role {
    GV_ROLE_OWNER = 1,
    GV_ROLE_OPERATOR = 2,
    GV_ROLE_HOST = 3,
    GV_ROLE_BIDDER = 4,
    GV_ROLE_VIEWER = 5,
};

/** Returns: false when there is no such role. */
GV_MUST_USE bool gv_role_parse(struct gv_view name, enum gv_role *role);
/** Is this number of a stored row a role? */
GV_MUST_USE bool gv_role_known(uint64_t number);
const char *gv_role_name(enum gv_role role);
uint32_t gv_role_scopes(enum gv_role role);
/** What a key with these stored scopes may do. */
uint32_t gv_key_scopes(uint32_t stored);

#endif
