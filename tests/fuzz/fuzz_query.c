/* Query strings of lists: filters and pages are refused with a rule of their own, or keep their limits; written out as
 * a query again, the same filter and the same place in the list are read. */
#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "web/api/cursor.h"
#include "web/api/filter.h"

#include <inttypes.h>
#include <string.h>

/* A filter's texts with every byte escaped, its numbers and their names. */
#define QUERY_MAX (3u * sizeof(struct gv_filter) + 512u)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char query[QUERY_MAX];
static size_t query_n;

static void put_number(const char *name, uint64_t value, uint64_t absent)
{
    if (value != absent) {
        gv_format_cut(query + query_n, sizeof(query) - query_n, "&%s=%" PRIu64, name, value);
        query_n += strlen(query + query_n);
    }
}

static void put_text(const char *name, const char *text)
{
    gv_format_cut(query + query_n, sizeof(query) - query_n, "&%s=", name);
    query_n += strlen(query + query_n);
    for (; *text != '\0'; text++) {
        gv_format_cut(query + query_n, sizeof(query) - query_n, "%%%02X", (unsigned char)*text);
        query_n += 3;
    }
}

static void write_query(const struct gv_filter *filter)
{
    static const char *const sorts[] = {"newest", "ending", "price", "-price"};
    char statuses[128] = "";
    for (unsigned i = 0; i < GV_DUTCH_STATUSES; i++) {
        if ((filter->statuses & 1u << i) != 0) {
            const size_t n = strlen(statuses);
            gv_format_cut(statuses + n, sizeof(statuses) - n, "%s%s", n > 0 ? "," : "",
                          gv_dutch_status_text((enum gv_dutch_status)i));
        }
    }
    query_n = 0;
    put_text("status", statuses);
    put_text("asset", filter->asset);
    put_text("seller", filter->seller);
    put_text("q", filter->q);
    put_text("sort", sorts[filter->sort]);
    put_number("min_price_sats", filter->min_price, UINT64_MAX);
    put_number("max_price_sats", filter->max_price, UINT64_MAX);
    put_number("from_block", filter->from_block, 0);
    put_number("to_block", filter->to_block, UINT64_MAX);
    put_number("created_from", filter->created_from, 0);
    put_number("created_to", filter->created_to, INT64_MAX);
}

static enum gv_err read_filter(struct gv_filter *filter, struct gv_view text, struct gv_fail *fail)
{
    const struct gv_web_request request = {.query = text};
    const struct gv_exchange x = {.request = &request};
    return gv_filter_read(filter, &x, fail);
}

static enum gv_err read_page(struct gv_page *page, struct gv_view text, uint32_t mark,
                             struct gv_fail *fail)
{
    const struct gv_web_request request = {.query = text};
    const struct gv_exchange x = {.request = &request};
    return gv_page_read(page, &x, mark, fail);
}

/* As if the row that the cursor names were the last one of this page, and more followed. */
static void check_page(struct gv_page *page)
{
    static struct gv_page again;
    char cursor[GV_CURSOR_TEXT_MAX];
    GV_ASSERT(page->limit >= 1 && page->limit <= GV_PAGE_MAX);
    page->count = page->limit + 1;
    page->rows[page->limit - 1] = page->after;
    GV_ASSERT(gv_page_next(page, cursor));
    query_n = 0;
    put_number("limit", page->limit, 0);
    put_text("cursor", cursor);
    GV_ASSERT(read_page(&again, gv_view_of(query, query_n), page->mark, NULL) == GV_OK);
    GV_ASSERT(again.limit == page->limit && again.has_after);
    GV_ASSERT(again.after.key == page->after.key && again.after.id == page->after.id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gv_page page;
    struct gv_filter filter;
    struct gv_filter again;
    struct gv_fail fail = {.err = GV_OK};
    if (read_filter(&filter, gv_view_of(data, size), &fail) == GV_OK) {
        write_query(&filter);
        GV_ASSERT(read_filter(&again, gv_view_of(query, query_n), NULL) == GV_OK);
        GV_ASSERT(memcmp(&again, &filter, sizeof(filter)) == 0); /* and so is a cursor's mark */
    } else {
        GV_ASSERT(fail.err == GV_ERR_INVALID && strncmp(fail.code, "query.", 6) == 0);
    }
    if (read_page(&page, gv_view_of(data, size), 0x31323334, &fail) == GV_OK) {
        check_page(&page);
    } else {
        GV_ASSERT(fail.err == GV_ERR_INVALID && strncmp(fail.code, "query.", 6) == 0);
    }
    return 0;
}
