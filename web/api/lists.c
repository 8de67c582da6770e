/* Lists of listings, of the original and of /api/v1. */
#include "web/api/handlers.h"

#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/errors.h"
#include "web/api/price_hint.h"
#include "web/api/render.h"

#include <string.h>

#define FILTER_TEXT_MAX 128u
#define ADDRESS_MIN     10u
#define TAIL_MAX        96u
/* A row in either form, its comma, and the end of the list. */
#define ROW_ROOM (GV_LIVE_FRAME_OUT_MAX + 1u + TAIL_MAX)

struct filter {
    unsigned statuses;   /* bit per gv_dutch_status */
    const char *address; /* NULL: any */
    bool as_seller, as_buyer;
};

struct page {
    struct gv_exchange *x;
    const struct filter *filter;
    struct gv_tip tip;
    bool v1;
    char *p; /* the worker's reply buffer */
    size_t n;
    uint32_t count;
};

/* One member of the filter, blanks around it taken off. */
static struct gv_view trimmed(const char *at, const char *end)
{
    while (at < end && *at == ' ') {
        at++;
    }
    while (end > at && end[-1] == ' ') {
        end--;
    }
    return gv_view_of(at, (size_t)(end - at));
}

/* The answer names every member that is no status, as the original's did. */
static enum gv_err parse_statuses(const char *text, unsigned *statuses, struct gv_fail *fail)
{
    char unknown[FILTER_TEXT_MAX * 2u] = "";
    *statuses = text[0] == '\0' ? (1u << GV_DUTCH_STATUSES) - 1u : 0u;
    for (const char *at = text; text[0] != '\0';) {
        const char *comma = strchr(at, ',');
        const struct gv_view name = trimmed(at, comma != NULL ? comma : at + strlen(at));
        enum gv_dutch_status status;
        if (gv_dutch_status_parse(&status, name)) {
            *statuses |= 1u << status;
        } else {
            const size_t n = strlen(unknown);
            gv_format_cut(unknown + n, sizeof(unknown) - n, "%s\"%.*s\"", n > 0 ? ", " : "",
                          (int)name.n, (const char *)name.p);
        }
        if (comma == NULL) {
            break;
        }
        at = comma + 1;
    }
    if (unknown[0] == '\0') {
        return GV_OK;
    }
    return gv_fail(fail, GV_ERR_INVALID, "query.status",
                   "unknown status %s: use upcoming, active, finished, sold, closed or expired, "
                   "separated by commas",
                   unknown);
}

/* An absent parameter is the empty text. One that is too long is wrong, not a body that is too
 * large. */
static enum gv_err query_text(struct gv_exchange *x, const char *name, char *out, size_t cap,
                              bool *present, struct gv_fail *fail)
{
    size_t n = 0;
    const enum gv_err err = gv_web_query(x->request, name, out, cap, &n, fail);
    *present = err == GV_OK;
    if (err == GV_ERR_TOO_LARGE) {
        fail->err = GV_ERR_INVALID;
        return GV_ERR_INVALID;
    }
    if (err != GV_ERR_NOT_FOUND) {
        return err;
    }
    out[0] = '\0';
    return GV_OK;
}

static enum gv_err read_status_filter(struct gv_exchange *x, struct filter *filter,
                                      struct gv_fail *fail)
{
    char text[FILTER_TEXT_MAX];
    bool present;
    const enum gv_err err = query_text(x, "status", text, sizeof(text), &present, fail);
    return err != GV_OK ? err : parse_statuses(text, &filter->statuses, fail);
}

static bool passes(const struct filter *filter, const struct gv_market_row *row)
{
    if ((filter->statuses & (1u << row->status)) == 0) {
        return false;
    }
    if (filter->address == NULL) {
        return true;
    }
    return (filter->as_seller && strcmp(row->listing.terms.seller, filter->address) == 0) ||
           (filter->as_buyer && strcmp(row->listing.spend.recipient, filter->address) == 0);
}

/* Under the market's lock: copy what fits, stop at what does not. */
static bool add_row(void *ctx, const struct gv_market_row *row)
{
    struct page *page = ctx;
    if (!passes(page->filter, row)) {
        return true;
    }
    if (page->n + ROW_ROOM > GV_REPLY_BYTES_MAX) {
        return false;
    }
    if (page->count > 0) {
        page->p[page->n++] = ',';
    }
    if (page->v1) {
        struct gv_json_out out;
        gv_json_out_init(&out, page->p + page->n, GV_LIVE_FRAME_OUT_MAX);
        gv_render_v1(&out, row, page->tip);
        page->n += out.n;
    } else {
        memcpy(page->p + page->n, row->text, row->text_len);
        page->n += row->text_len;
    }
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
    if (page->v1) {
        gv_format_cut(tail, cap, "],\"next_cursor\":null,\"tip\":{\"height\":%s,\"live\":%s}}",
                      height, page->tip.live ? "true" : "false");
    } else {
        gv_format_cut(tail, cap, "],\"count\":%u,\"current_block\":%s}", page->count, height);
    }
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
    struct filter filter = {0};
    struct page page = {.x = x, .filter = &filter, .p = gv_api_worker_of(x)->reply};
    struct gv_fail fail;
    if (read_status_filter(x, &filter, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    open_legacy(&page, NULL, NULL, family->list_key);
    send_list(&page);
}

/* ---- by address -------------------------------------------------------------------------------- */

static enum gv_err read_role(struct gv_exchange *x, struct filter *filter, char *role, size_t cap,
                             bool *present, struct gv_fail *fail)
{
    const enum gv_err err = query_text(x, "role", role, cap, present, fail);
    if (err != GV_OK) {
        return err;
    }
    filter->as_seller = !*present || strcmp(role, "seller") == 0;
    filter->as_buyer = !*present || strcmp(role, "buyer") == 0;
    if (filter->as_seller || filter->as_buyer) {
        return GV_OK;
    }
    return gv_fail(fail, GV_ERR_INVALID, "query.role", "role must be seller or buyer");
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
    struct filter filter = {0};
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
    filter.address = address;
    if (read_role(x, &filter, role, sizeof(role), &has_role, &fail) != GV_OK ||
        read_status_filter(x, &filter, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    open_legacy(&page, address, has_role ? role : NULL, "listings");
    send_list(&page);
}

/* ---- /api/v1 ----------------------------------------------------------------------------------- */

void gv_handle_v1_list(struct gv_exchange *x)
{
    struct gv_market_head head;
    struct gv_price_hint hint;
    struct filter filter = {0};
    struct page page = {.x = x, .filter = &filter, .v1 = true, .p = gv_api_worker_of(x)->reply};
    struct gv_json_out out;
    struct gv_fail fail;
    char tag[80];
    if (read_status_filter(x, &filter, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    /* Before the rows: they may be newer than the sequence says, never older. */
    gv_market_head(gv_api_of(x)->config.market, &head);
    gv_price_hint_read(&hint, gv_api_of(x));
    gv_format_cut(tag, sizeof(tag), "%s-%llu-%llu", gv_api_of(x)->epoch,
                  (unsigned long long)head.sequence, (unsigned long long)gv_price_hint_mark(&hint));
    if (gv_reply_not_modified(x, tag)) {
        return;
    }
    gv_json_out_init(&out, page.p, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_kint(&out, "sequence", (int64_t)head.sequence);
    gv_price_hint_render(&out, &hint);
    gv_jo_key(&out, "items");
    gv_jo_array(&out);
    page.n = out.n;
    send_list(&page);
}
