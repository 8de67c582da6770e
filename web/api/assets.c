#include "web/api/assets.h"

#include "firmware/base/text.h"
#include "web/api/handlers.h"

void gv_handle_asset(struct gv_exchange *x)
{
    const struct gv_view path =
        gv_view_is(x->request->path, "/") ? gv_view_str("/index.html") : x->request->path;
    for (size_t i = 0; i < gv_assets_count; i++) {
        const struct gv_asset *asset = &gv_assets[i];
        if (!gv_view_is(path, asset->path)) {
            continue;
        }
        gv_reply_header(x, "Cache-Control", "no-cache"); /* ask, and mostly hear 304 */
        if (!gv_reply_not_modified(x, asset->tag)) {
            gv_reply_body(x, gv_view_of(asset->begin, (size_t)(asset->end - asset->begin)),
                          asset->type);
        }
        return;
    }
    struct gv_fail fail;
    gv_fail(&fail, GV_ERR_NOT_FOUND, "route.not_found", "there is nothing at this address");
    gv_reply_fail(x, 404, &fail);
}
