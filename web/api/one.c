/* One listing, of the original and of /api/v1. Neither holds a PSBT: that is current-psbt's. */
#include "web/api/handlers.h"

#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/errors.h"
#include "web/api/find.h"
#include "web/api/price_hint.h"
#include "web/api/render.h"

struct one {
    struct gv_json_out out;
    struct gv_tip tip;
    const struct gv_family *family;
    struct gv_price_hint hint;
    uint64_t sequence;
};

static void render_legacy(void *ctx, const struct gv_market_row *row)
{
    struct one *one = ctx;
    gv_jo_object(&one->out);
    gv_jo_kbool(&one->out, "success", true);
    gv_jo_key(&one->out, one->family->object_key);
    gv_jo_object(&one->out);
    gv_render_legacy(&one->out, &row->listing, row->status);
    gv_jo_object_end(&one->out);
    gv_jo_object_end(&one->out);
}

static void render_v1(void *ctx, const struct gv_market_row *row)
{
    struct one *one = ctx;
    one->sequence = row->sequence;
    gv_jo_object(&one->out);
    gv_render_v1_members(&one->out, row, one->tip);
    gv_price_hint_render(&one->out, &one->hint);
    gv_jo_object_end(&one->out);
}

void gv_handle_one(struct gv_exchange *x)
{
    const struct gv_family *family = x->route->extra;
    struct one one = {.family = family};
    struct gv_fail fail;
    char tag[80];
    gv_price_hint_read(&one.hint, gv_api_of(x));
    gv_json_out_init(&one.out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    if (gv_find_listing(x, &one.tip, family->v1 ? render_v1 : render_legacy, &one, &fail) !=
        GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    if (family->v1) {
        /* Confirmations are counted from the tip, so it is part of the tag. */
        gv_format_cut(tag, sizeof(tag), "%s-%llu-%u-%llu", gv_api_of(x)->epoch,
                      (unsigned long long)one.sequence, one.tip.height.v,
                      (unsigned long long)gv_price_hint_mark(&one.hint));
        if (gv_reply_not_modified(x, tag)) {
            return;
        }
    }
    gv_reply_header(x, "Cache-Control", "no-cache");
    gv_reply_body(x, gv_view_of(one.out.p, one.out.n), "application/json");
}
