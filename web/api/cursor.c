#include "web/api/cursor.h"

#include "firmware/base/text.h"

#include <string.h>

#define CURSOR_BYTES  21u
#define CURSOR_FORMAT 1u
#define LINK_MAX      900u
#define NUMBER_MAX    24u

uint32_t gv_page_mark(struct gv_view bytes)
{
    uint32_t h = 0x811c9dc5u; /* FNV-1a: two lists rarely share a mark, and nothing is lost if so */
    for (size_t i = 0; i < bytes.n; i++) {
        h = (h ^ bytes.p[i]) * 0x01000193u;
    }
    return h;
}

/* ---- query --------------------------------------------------------------------------------------- */

/* A parameter that is too long is wrong, not a body that is too large. */
enum gv_err gv_query_text(const struct gv_exchange *x, const char *name, char *out, size_t cap,
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

enum gv_err gv_query_number(const struct gv_exchange *x, const char *name, uint64_t max,
                            uint64_t absent, uint64_t *out, struct gv_fail *fail)
{
    char text[NUMBER_MAX];
    bool present = false;
    const enum gv_err err = gv_query_text(x, name, text, sizeof(text), &present, fail);
    *out = absent;
    if (err == GV_OK && !present) {
        return GV_OK;
    }
    if (err != GV_OK || !gv_parse_u64(out, gv_view_str(text), max)) {
        return gv_fail(fail, GV_ERR_INVALID, "query.number", "%s must be a whole number up to %llu",
                       name, (unsigned long long)max);
    }
    return GV_OK;
}

/* ---- cursor --------------------------------------------------------------------------------------- */

static enum gv_err read_cursor(struct gv_page *page, const char *text, struct gv_fail *fail)
{
    uint8_t bytes[CURSOR_BYTES];
    size_t n = 0;
    if (gv_base64url_decode(bytes, &n, sizeof(bytes), gv_view_str(text)) == GV_OK &&
        n == sizeof(bytes)) {
        struct gv_reader r = gv_reader_of(gv_view_of(bytes, n));
        const bool ours =
            gv_read_u8(&r) == CURSOR_FORMAT && gv_read_u32le(&r) == page->mark && !r.bad;
        page->after.key = gv_read_u64le(&r);
        page->after.id = gv_read_u64le(&r);
        page->has_after = true;
        if (ours) {
            return GV_OK;
        }
    }
    return gv_fail(fail, GV_ERR_INVALID, "query.cursor",
                   "cursor must be the next_cursor of a list with the same filters and sort");
}

enum gv_err gv_page_read(struct gv_page *page, const struct gv_exchange *x, uint32_t mark,
                         struct gv_fail *fail)
{
    char text[GV_CURSOR_TEXT_MAX];
    uint64_t limit = 0;
    bool present = false;
    *page = (struct gv_page){.mark = mark};
    if (gv_query_number(x, "limit", GV_PAGE_MAX, GV_PAGE_DEFAULT, &limit, fail) != GV_OK ||
        limit == 0) {
        return gv_fail(fail, GV_ERR_INVALID, "query.limit",
                       "limit must be a whole number from 1 to %u", GV_PAGE_MAX);
    }
    page->limit = (uint32_t)limit;
    const enum gv_err err = gv_query_text(x, "cursor", text, sizeof(text), &present, fail);
    return err == GV_OK && present ? read_cursor(page, text, fail) : err;
}

bool gv_page_next(const struct gv_page *page, char text[GV_CURSOR_TEXT_MAX])
{
    uint8_t bytes[CURSOR_BYTES];
    struct gv_writer w = gv_writer_of(bytes, sizeof(bytes));
    text[0] = '\0';
    if (page->count <= page->limit) {
        return false;
    }
    const struct gv_cursor *last = &page->rows[page->limit - 1];
    gv_write_u8(&w, CURSOR_FORMAT);
    gv_write_u32le(&w, page->mark);
    gv_write_u64le(&w, last->key);
    gv_write_u64le(&w, last->id);
    (void)gv_base64url_encode(text, gv_written(&w));
    return true;
}

/* ---- rows ------------------------------------------------------------------------------------------ */

uint32_t gv_page_rows(const struct gv_page *page)
{
    return page->count < page->limit ? page->count : page->limit;
}

void gv_page_offer(struct gv_page *page, uint64_t key, uint64_t id)
{
    if (page->has_after && !gv_cursor_before(&page->after, key, id)) {
        return;
    }
    uint32_t low = 0;
    for (uint32_t high = page->count; low < high;) {
        const uint32_t middle = low + (high - low) / 2u;
        if (gv_cursor_before(&page->rows[middle], key, id)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low > page->limit) {
        return;
    }
    const uint32_t kept = page->count <= page->limit ? page->count : page->limit;
    memmove(&page->rows[low + 1], &page->rows[low], (size_t)(kept - low) * sizeof(page->rows[0]));
    page->rows[low] = (struct gv_cursor){.key = key, .id = id};
    page->count = kept + 1;
}

/* ---- link ------------------------------------------------------------------------------------------- */

struct link {
    char text[LINK_MAX];
    size_t n;
    bool full;
};

/* What could end the <...> or the header stays escaped. */
static void put(struct link *link, struct gv_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        const uint8_t c = v.p[i];
        const bool plain = c > 0x20 && c < 0x7f && c != '<' && c != '>' && c != '"';
        if (link->n + 4 > sizeof(link->text)) {
            link->full = true;
            return;
        }
        gv_format_cut(link->text + link->n, 4, plain ? "%c" : "%%%02X", c);
        link->n += plain ? 1 : 3;
    }
}

static bool is_cursor(struct gv_view pair)
{
    static const char name[] = "cursor=";
    return pair.n >= sizeof(name) - 1 && memcmp(pair.p, name, sizeof(name) - 1) == 0;
}

void gv_page_link(struct gv_exchange *x, const char *cursor)
{
    struct link link = {.n = 0};
    struct gv_view rest = x->request->query;
    char tail[GV_CURSOR_TEXT_MAX + 32];
    link.text[0] = '<';
    link.n = 1;
    put(&link, x->request->path);
    put(&link, gv_view_str("?"));
    while (rest.n > 0) {
        const uint8_t *amp = memchr(rest.p, '&', rest.n);
        const struct gv_view pair =
            gv_view_of(rest.p, amp != NULL ? (size_t)(amp - rest.p) : rest.n);
        const size_t taken = pair.n + (amp != NULL ? 1u : 0u);
        rest = gv_view_of(rest.p + taken, rest.n - taken);
        if (pair.n > 0 && !is_cursor(pair)) {
            put(&link, pair);
            put(&link, gv_view_str("&"));
        }
    }
    gv_format_cut(tail, sizeof(tail), "cursor=%s>; rel=\"next\"", cursor);
    if (!link.full && link.n + sizeof(tail) <= sizeof(link.text)) {
        gv_format_cut(link.text + link.n, sizeof(link.text) - link.n, "%s", tail);
        gv_reply_header(x, "Link", link.text);
    } /* a query that long is still answered, with next_cursor alone */
}
