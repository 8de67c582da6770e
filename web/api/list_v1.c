/* GET /api/v1/dutch and /api/v1/auctions: pages of listings.
 *
 * The page is chosen in one visit under the market's lock, then each row is written by its number: a
 * block that arrives in between shows in the rows that follow, and every row is true by itself. A row
 * that was retired meanwhile is left out. The tip comes last, as that of the last row, so that no row
 * shows a PSBT above the height that the answer names. */
#include "web/api/handlers.h"

#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/cursor.h"
#include "web/api/errors.h"
#include "web/api/filter.h"
#include "web/api/price_hint.h"
#include "web/api/render.h"

#include <string.h>

#define TAIL_MAX (GV_CURSOR_TEXT_MAX + 96u)
#define ROW_ROOM (GV_LIVE_FRAME_OUT_MAX + 1u + TAIL_MAX)

struct list {
    struct gv_exchange *x;
    struct gv_filter filter;
    struct gv_page page;
    struct gv_tip tip;
    char *p; /* the worker's reply buffer */
    size_t n;
    uint32_t written;
};

static bool choose(void *ctx, const struct gv_market_row *row)
{
    struct list *list = ctx;
    if (gv_filter_passes(&list->filter, row)) {
        gv_page_offer(&list->page, gv_filter_key(&list->filter, row), row->listing.id);
    }
    return true;
}

static void write_row(void *ctx, const struct gv_market_row *row)
{
    struct list *list = ctx;
    struct gv_json_out out;
    if (list->written > 0) {
        list->p[list->n++] = ',';
    }
    gv_json_out_init(&out, list->p + list->n, GV_LIVE_FRAME_OUT_MAX);
    gv_render_v1(&out, row, list->tip);
    list->n += out.n;
    list->written++;
}

static enum gv_err write_rows(struct list *list)
{
    struct gv_market *market = gv_api_of(list->x)->config.market;
    for (uint32_t i = 0; i < gv_page_rows(&list->page); i++) {
        if (list->n + ROW_ROOM > GV_REPLY_BYTES_MAX) {
            const enum gv_err err = gv_reply_chunk(list->x, gv_view_of(list->p, list->n));
            if (err != GV_OK) {
                return err;
            }
            list->n = 0;
        }
        if (gv_market_with(market, list->page.rows[i].id, &list->tip, write_row, list) != GV_OK) {
            continue; /* retired meanwhile */
        }
    }
    return GV_OK;
}

static void send_list(struct list *list, const char *next)
{
    char height[16] = "null";
    if (write_rows(list) != GV_OK) {
        return;
    }
    if (list->tip.known) {
        gv_format_cut(height, sizeof(height), "%u", list->tip.height.v);
    }
    const char *const quote = next[0] != '\0' ? "\"" : "";
    gv_format_cut(list->p + list->n, TAIL_MAX,
                  "],\"next_cursor\":%s%s%s,\"tip\":{\"height\":%s,\"live\":%s}}", quote,
                  next[0] != '\0' ? next : "null", quote, height,
                  list->tip.live ? "true" : "false");
    list->n += strlen(list->p + list->n);
    if (gv_reply_chunk(list->x, gv_view_of(list->p, list->n)) == GV_OK) {
        gv_reply_end(list->x);
    }
}

static enum gv_err read_query(struct list *list, struct gv_fail *fail)
{
    const enum gv_err err = gv_filter_read(&list->filter, list->x, fail);
    if (err != GV_OK) {
        return err;
    }
    const struct gv_view bytes = gv_view_of(&list->filter, sizeof(list->filter));
    return gv_page_read(&list->page, list->x, gv_page_mark(bytes), fail);
}

void gv_handle_v1_list(struct gv_exchange *x)
{
    struct list list = {.x = x, .p = gv_api_worker_of(x)->reply};
    struct gv_market *market = gv_api_of(x)->config.market;
    struct gv_market_head head;
    struct gv_price_hint hint;
    struct gv_json_out out;
    struct gv_fail fail;
    char next[GV_CURSOR_TEXT_MAX];
    char tag[80];
    if (read_query(&list, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    /* Before the rows: they may be newer than the sequence says, never older. */
    gv_market_head(market, &head);
    gv_price_hint_read(&hint, gv_api_of(x));
    gv_format_cut(tag, sizeof(tag), "%s-%llu-%llu", gv_api_of(x)->epoch,
                  (unsigned long long)head.sequence, (unsigned long long)gv_price_hint_mark(&hint));
    if (gv_reply_not_modified(x, tag)) {
        return;
    }
    (void)gv_market_each(market, 0, &list.tip, choose, &list);
    if (gv_page_next(&list.page, next)) {
        gv_page_link(x, next);
    }
    gv_json_out_init(&out, list.p, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_kint(&out, "sequence", (int64_t)head.sequence);
    gv_price_hint_render(&out, &hint);
    gv_jo_key(&out, "items");
    gv_jo_array(&out);
    list.n = out.n;
    gv_reply_header(x, "Cache-Control", "no-cache");
    gv_reply_begin_chunked(x, "application/json");
    send_list(&list, next);
}
