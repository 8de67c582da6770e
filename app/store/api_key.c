#include "app/store/api_key.h"

#include "firmware/base/text.h"

static const struct {
    const char *name;
    uint32_t bit;
} scopes[GV_SCOPES] = {
    {"auctions:read", GV_SCOPE_AUCTIONS_READ},
    {"auctions:write", GV_SCOPE_AUCTIONS_WRITE},
    {"admin", GV_SCOPE_ADMIN},
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
