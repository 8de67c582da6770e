#include "web/api/assets.h"

#include "firmware/base/text.h"
#include "web/api/handlers.h"

#include <string.h>

/* "/" is the index, "/oracle" the page of that name. */
static bool names_asset(struct gv_view path, const struct gv_asset *asset)
{
    static const char page[] = ".html";
    const size_t page_n = sizeof(page) - 1;
    const size_t n = strlen(asset->path);
    if (gv_view_is(path, "/")) {
        return strcmp(asset->path, "/index.html") == 0;
    }
    return gv_view_is(path, asset->path) ||
           (n > page_n && strcmp(asset->path + n - page_n, page) == 0 &&
            gv_view_equal(path, gv_view_of(asset->path, n - page_n)));
}

static void reply_asset(struct gv_exchange *x, struct gv_view path)
{
    for (size_t i = 0; i < gv_assets_count; i++) {
        const struct gv_asset *asset = &gv_assets[i];
        if (!names_asset(path, asset)) {
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

void gv_handle_asset(struct gv_exchange *x)
{
    reply_asset(x, x->request->path);
}

void gv_handle_shell(struct gv_exchange *x)
{
    reply_asset(x, gv_view_str("/"));
}
