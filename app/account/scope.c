#include "app/account/scope.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

#define EVERYTHING (GV_SCOPES_GRANTABLE | GV_SCOPE_OPERATE | GV_SCOPE_LOGIN)

/* The first GV_SCOPES rows are those a key can be given. */
static const struct {
    const char *name;
    uint32_t bit;
} scopes[] = {
    {"auctions:read", GV_SCOPE_AUCTIONS_READ},
    {"auctions:write", GV_SCOPE_AUCTIONS_WRITE},
    {"bids:write", GV_SCOPE_BIDS_WRITE},
    {"orders:solve", GV_SCOPE_ORDERS_SOLVE},
    {"admin", GV_SCOPE_ADMIN},
    {"operate", GV_SCOPE_OPERATE},
    {"login", GV_SCOPE_LOGIN},
    {"public", 0},
};

uint32_t gv_scope_parse(struct gv_view name)
{
    for (uint32_t i = 0; i < GV_SCOPES; i++) {
        if (gv_view_is(name, scopes[i].name)) {
            return scopes[i].bit;
        }
    }
    return 0;
}

const char *gv_scope_name(uint32_t bits, uint32_t i)
{
    return (bits & scopes[i].bit) != 0 ? scopes[i].name : NULL;
}

bool gv_scope_need(const char *word, uint32_t *bit)
{
    for (size_t i = 0; word != NULL && i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        if (strcmp(word, scopes[i].name) == 0) {
            *bit = scopes[i].bit;
            return true;
        }
    }
    return false;
}

/* ---- roles -------------------------------------------------------------------------------------- */

static const struct {
    enum gv_role role;
    const char *name;
    uint32_t scopes;
} roles[] = {
    {GV_ROLE_OWNER, "owner", EVERYTHING},
    {GV_ROLE_OPERATOR, "operator", EVERYTHING & ~(uint32_t)GV_SCOPE_ADMIN},
    {GV_ROLE_HOST, "host", GV_SCOPE_AUCTIONS_READ | GV_SCOPE_AUCTIONS_WRITE | GV_SCOPE_LOGIN},
    {GV_ROLE_BIDDER, "bidder", GV_SCOPE_AUCTIONS_READ | GV_SCOPE_BIDS_WRITE | GV_SCOPE_LOGIN},
    {GV_ROLE_VIEWER, "viewer", GV_SCOPE_AUCTIONS_READ | GV_SCOPE_LOGIN},
};
#define ROLES_N (sizeof(roles) / sizeof(roles[0]))

bool gv_role_parse(struct gv_view name, enum gv_role *role)
{
    for (size_t i = 0; i < ROLES_N; i++) {
        if (gv_view_is(name, roles[i].name)) {
            *role = roles[i].role;
            return true;
        }
    }
    return false;
}

bool gv_role_known(uint64_t number)
{
    for (size_t i = 0; i < ROLES_N; i++) {
        if (number == (uint64_t)roles[i].role) {
            return true;
        }
    }
    return false;
}

static size_t row_of(enum gv_role role)
{
    for (size_t i = 0; i < ROLES_N; i++) {
        if (roles[i].role == role) {
            return i;
        }
    }
    GV_UNREACHABLE("role outside its enumeration");
}

const char *gv_role_name(enum gv_role role)
{
    return roles[row_of(role)].name;
}

uint32_t gv_role_scopes(enum gv_role role)
{
    return roles[row_of(role)].scopes;
}

uint32_t gv_key_scopes(uint32_t stored)
{
    const bool admin = (stored & GV_SCOPE_ADMIN) != 0;
    const uint32_t known = stored & (GV_SCOPES_GRANTABLE | GV_KEY_LEGACY_UNLOCKED);
    return known | (admin ? (uint32_t)GV_SCOPE_OPERATE : 0u);
}
