/* Lists of listings of the original: all rows, in the order of their making. */
#include "web/api/handlers.h"

#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/cursor.h"
#include "web/api/errors.h"
#include "web/api/filter.h"

#include <string.h>

#define ADDRESS_MIN 10u
#define TAIL_MAX    64u
/* A row, its comma, and the end of the list. */
#define ROW_ROOM (GV_LISTING_JSON_MAX + 1u + TAIL_MAX)

struct page {
    struct gv_exchange *x;
    const struct gv_filter *filter;
    struct gv_tip tip;
    char *p; /* the worker's reply buffer */
    size_t n;
    uint32_t count;
};

/* Under the market's lock: copy what fits, stop at what does not. */
static bool add_row(void *ctx, const struct gv_market_row *row)
{
    struct page *page = ctx;
    if (!gv_filter_passes(page->filter, row)) {
        return true;
    }
    if (page->n + ROW_ROOM > GV_REPLY_BYTES_MAX) {
        return false;
    }
    if (page->count > 0) {
        page->p[page->n++] = ',';
    }
    memcpy(page->p + page->n, row->text, row->text_len);
    page->n += row->text_len;
    page->count++;
    return true;
}

/* Send every matching row. Each chunk is one locked visit; a block that arrives in between shows in
 * the rows that follow, and every row is true by itself. page->tip ends as the tip of the last. */
static enum gv_err stream_rows(struct page *page)
{
    struct gv_market *market = gv_api_of(page->x)->config.market;
    uint64_t before = 0;
    for (;;) {
        const uint64_t stopped = gv_market_each(market, before, &page->tip, add_row, page);
        if (stopped == 0) {
            return GV_OK; /* the rest goes out with the end of the answer */
        }
        const enum gv_err err = gv_reply_chunk(page->x, gv_view_of(page->p, page->n));
        if (err != GV_OK) {
            return err;
        }
        page->n = 0;
        before = stopped + 1;
    }
}

/* Count and tip come last, so that they are true whatever happened while the rows went out: no row
 * shows a PSBT above the height that the answer names. */
static size_t print_tail(const struct page *page, char *tail, size_t cap)
{
    char height[16] = "null";
    if (page->tip.known) {
        gv_format_cut(height, sizeof(height), "%u", page->tip.height.v);
    }
    gv_format_cut(tail, cap, "],\"count\":%u,\"current_block\":%s}", page->count, height);
    return strlen(tail);
}

static void send_list(struct page *page)
{
    char tail[TAIL_MAX];
    gv_reply_header(page->x, "Cache-Control", "no-cache");
    gv_reply_begin_chunked(page->x, "application/json");
    if (stream_rows(page) != GV_OK) {
        return;
    }
    const size_t tail_n = print_tail(page, tail, sizeof(tail));
    memcpy(page->p + page->n, tail, tail_n); /* add_row left room */
    page->n += tail_n;
    if (gv_reply_chunk(page->x, gv_view_of(page->p, page->n)) == GV_OK) {
        gv_reply_end(page->x);
    }
}

/* {"success":true,... up to and including the opening of the array named `key` */
static void open_legacy(struct page *page, const char *address, const char *role, const char *key)
{
    struct gv_json_out out;
    gv_json_out_init(&out, page->p, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_kbool(&out, "success", true);
    if (address != NULL) {
        gv_jo_kstring(&out, "address", address);
    }
    if (role != NULL) {
        gv_jo_kstring(&out, "role", role);
    }
    gv_jo_key(&out, key);
    gv_jo_array(&out);
    page->n = out.n;
}

void gv_handle_legacy_list(struct gv_exchange *x)
{
    const struct gv_family *family = x->route->extra;
    struct gv_filter filter;
    struct page page = {.x = x, .filter = &filter, .p = gv_api_worker_of(x)->reply};
    struct gv_fail fail;
    gv_filter_clear(&filter);
    if (gv_filter_read_status(&filter, x, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    open_legacy(&page, NULL, NULL, family->list_key);
    send_list(&page);
}

/* ---- by address -------------------------------------------------------------------------------- */

/* In: role: of the request, "" when it has none: then either. */
static enum gv_err filter_address(struct gv_filter *filter, const char *address, const char *role,
                                  bool has_role, struct gv_fail *fail)
{
    const bool seller = !has_role || strcmp(role, "seller") == 0;
    const bool buyer = !has_role || strcmp(role, "buyer") == 0;
    if (!seller && !buyer) {
        return gv_fail(fail, GV_ERR_INVALID, "query.role", "role must be seller or buyer");
    }
    gv_format_cut(filter->seller, sizeof(filter->seller), "%s", seller ? address : "");
    gv_format_cut(filter->recipient, sizeof(filter->recipient), "%s", buyer ? address : "");
    return GV_OK;
}

/* Bech32 may be written in capitals; stored addresses are in small letters. */
static void normalise_address(char out[GV_ADDRESS_MAX], struct gv_view text)
{
    bool small = false;
    for (size_t i = 0; i < text.n; i++) {
        small = small || (text.p[i] >= 'a' && text.p[i] <= 'z');
    }
    const bool bech32 = memcmp(text.p, "BC1", 3) == 0 || memcmp(text.p, "TB1", 3) == 0 ||
                        memcmp(text.p, "BCRT1", 5) == 0;
    const bool lower = bech32 && !small;
    for (size_t i = 0; i < text.n; i++) {
        const bool capital = text.p[i] >= 'A' && text.p[i] <= 'Z';
        out[i] = (char)(lower && capital ? text.p[i] + ('a' - 'A') : text.p[i]);
    }
    out[text.n] = '\0';
}

void gv_handle_legacy_address(struct gv_exchange *x)
{
    struct gv_filter filter;
    struct page page = {.x = x, .filter = &filter, .p = gv_api_worker_of(x)->reply};
    struct gv_fail fail;
    char address[GV_ADDRESS_MAX];
    char role[16];
    bool has_role = false;
    const struct gv_view given = x->params[0];
    if (given.n < ADDRESS_MIN || given.n >= sizeof(address)) {
        gv_api_refuse(x, GV_ERR_INVALID, "address.length",
                      "an address has at least 10 and at most 90 characters");
        return;
    }
    normalise_address(address, given);
    gv_filter_clear(&filter);
    if (gv_query_text(x, "role", role, sizeof(role), &has_role, &fail) != GV_OK ||
        filter_address(&filter, address, role, has_role, &fail) != GV_OK ||
        gv_filter_read_status(&filter, x, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    open_legacy(&page, address, has_role ? role : NULL, "listings");
    send_list(&page);
}
