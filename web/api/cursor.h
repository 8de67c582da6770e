/* Pages of a list: limit, cursor, and the link to the next page.
 *
 * A list has an order: rows ascend by a key, and rows of one key descend by id, which is unique. A cursor
 * names the last row of a page in that order, so rows that come or go elsewhere move no other row across
 * a page's edge. It also holds a mark of filters and sort: with others it is refused. It opens nothing:
 * whoever makes one up only chooses where to read on.
 * Thread: any (pure), with an exchange: its worker. */
#ifndef GV_WEB_API_CURSOR_H
#define GV_WEB_API_CURSOR_H

#include "web/server/server.h"

#define GV_PAGE_MAX        200u
#define GV_PAGE_DEFAULT    50u
#define GV_CURSOR_TEXT_MAX 32u /* base64url of 21 bytes, NUL */

struct gv_cursor {
    uint64_t key;
    uint64_t id;
};

/** Does row (key, id) come behind the cursor? */
static inline bool gv_cursor_before(const struct gv_cursor *cursor, uint64_t key, uint64_t id)
{
    return key > cursor->key || (key == cursor->key && id < cursor->id);
}

/** The rows of one page, chosen from rows that come in any order. */
struct gv_page {
    uint32_t limit;         /* 1..GV_PAGE_MAX */
    uint32_t mark;          /* of filters and sort */
    bool has_after;         /* only rows behind: */
    struct gv_cursor after; /* the cursor of the request */
    uint32_t count;         /* of rows; limit + 1 when there is a next page */
    struct gv_cursor rows[GV_PAGE_MAX + 1];
};

/** Read `limit` and `cursor` of the request.
 *  In: mark: gv_page_mark over what the list filters and sorts by.
 *  Returns: GV_OK; GV_ERR_INVALID "query.limit", "query.cursor". */
GV_MUST_USE enum gv_err gv_page_read(struct gv_page *page, const struct gv_exchange *x,
                                     uint32_t mark, struct gv_fail *fail);
/** Mark of any bytes (all of a filter that was zeroed first). */
uint32_t gv_page_mark(struct gv_view bytes);

/** Offer a row: it is kept when it belongs to the page, as far as is known by now. */
void gv_page_offer(struct gv_page *page, uint64_t key, uint64_t id);
/** Rows to show: the first ones of page->rows. */
uint32_t gv_page_rows(const struct gv_page *page);
/** Text of the next page's cursor. Returns: false when this is the last page. */
GV_MUST_USE bool gv_page_next(const struct gv_page *page, char text[GV_CURSOR_TEXT_MAX]);
/** Header Link with rel="next": the request's path and query with the new cursor. */
void gv_page_link(struct gv_exchange *x, const char *cursor);

/** An optional whole number of the query; `absent` when it is not there.
 *  Returns: GV_OK; GV_ERR_INVALID "query.number". */
GV_MUST_USE enum gv_err gv_query_number(const struct gv_exchange *x, const char *name, uint64_t max,
                                        uint64_t absent, uint64_t *out, struct gv_fail *fail);
/** An optional text of the query; "" when it is not there.
 *  Returns: GV_OK; GV_ERR_INVALID "query.encoding", "query.too_long". */
GV_MUST_USE enum gv_err gv_query_text(const struct gv_exchange *x, const char *name, char *out,
                                      size_t cap, bool *present, struct gv_fail *fail);

#endif
