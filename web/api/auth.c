#include "web/api/auth.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/errors.h"

bool gv_api_authorize(struct gv_exchange *x, uint32_t *granted)
{
    const uint32_t need = gv_scope_parse(gv_view_str(x->route->scope));
    GV_ASSERT(need != 0); /* a scope that nobody knows would open the route to every key */
    const struct gv_caller *caller = &gv_api_worker_of(x)->caller;
    if (!caller->has_key) {
        gv_api_refuse(x, GV_ERR_UNAUTHORIZED, "auth.key_missing",
                      "an API key is needed in the X-API-Key header");
        return false;
    }
    if (!caller->key_good) {
        gv_api_refuse(x, GV_ERR_UNAUTHORIZED, "auth.key_wrong", "this API key is not valid");
        return false;
    }
    *granted = caller->granted;
    if ((*granted & need) != need) {
        gv_api_refuse(x, GV_ERR_FORBIDDEN, "auth.scope", "this API key may not do that");
        return false;
    }
    return true;
}
