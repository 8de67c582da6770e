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

static void refuse_unknown(struct gv_exchange *x)
{
    struct gv_fail fail;
    gv_fail(&fail, GV_ERR_NOT_FOUND, "route.not_found", "there is nothing at this address");
    gv_reply_fail(x, 404, &fail);
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
    refuse_unknown(x);
}

void gv_handle_asset(struct gv_exchange *x)
{
    reply_asset(x, x->request->path);
}

void gv_handle_shell(struct gv_exchange *x)
{
    reply_asset(x, gv_view_str("/"));
}

/* Letters, digits and hyphens: what a problem's type is made of. */
static bool is_slug(struct gv_view text)
{
    for (size_t i = 0; i < text.n; i++) {
        const uint8_t c = text.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return false;
        }
    }
    return text.n > 0 && text.n <= GV_FAIL_CODE_MAX;
}

void gv_handle_problem(struct gv_exchange *x)
{
    const struct gv_view slug = x->params[0];
    char where[GV_FAIL_CODE_MAX + 16];
    if (!is_slug(slug)) {
        refuse_unknown(x);
        return;
    }
    gv_format_cut(where, sizeof(where), "/docs#%.*s", (int)slug.n, (const char *)slug.p);
    gv_reply_status(x, 303);
    gv_reply_header(x, "Location", where);
    gv_reply_empty(x);
}
