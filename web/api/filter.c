#include "web/api/filter.h"

#include "app/auction/dutch/bundle.h"
#include "firmware/base/text.h"
#include "web/api/cursor.h"

#include <string.h>

#define STATUS_TEXT_MAX 128u

/* ---- status --------------------------------------------------------------------------------------- */

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
    char unknown[STATUS_TEXT_MAX * 2u] = "";
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

enum gv_err gv_filter_read_status(struct gv_filter *filter, const struct gv_exchange *x,
                                  struct gv_fail *fail)
{
    char text[STATUS_TEXT_MAX];
    bool present;
    const enum gv_err err = gv_query_text(x, "status", text, sizeof(text), &present, fail);
    return err != GV_OK ? err : parse_statuses(text, &filter->statuses, fail);
}

/* ---- the others ------------------------------------------------------------------------------------ */

static char small_letter(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static enum gv_err read_texts(struct gv_filter *filter, const struct gv_exchange *x,
                              struct gv_fail *fail)
{
    bool present;
    enum gv_err err =
        gv_query_text(x, "asset", filter->asset, sizeof(filter->asset), &present, fail);
    if (err == GV_OK) {
        err = gv_query_text(x, "seller", filter->seller, sizeof(filter->seller), &present, fail);
    }
    if (err == GV_OK) {
        err = gv_query_text(x, "q", filter->q, sizeof(filter->q), &present, fail);
    }
    for (char *c = filter->q; *c != '\0'; c++) {
        *c = small_letter(*c);
    }
    return err;
}

static enum gv_err read_numbers(struct gv_filter *filter, const struct gv_exchange *x,
                                struct gv_fail *fail)
{
    const struct {
        const char *name;
        uint64_t max;
        uint64_t absent;
        uint64_t *out;
    } numbers[] = {
        {"min_price_sats", GV_SAT_MAX, UINT64_MAX, &filter->min_price},
        {"max_price_sats", GV_SAT_MAX, UINT64_MAX, &filter->max_price},
        {"from_block", UINT32_MAX, 0, &filter->from_block},
        {"to_block", UINT32_MAX, UINT64_MAX, &filter->to_block},
        {"created_from", INT64_MAX, 0, &filter->created_from},
        {"created_to", INT64_MAX, INT64_MAX, &filter->created_to},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const enum gv_err err = gv_query_number(x, numbers[i].name, numbers[i].max,
                                                numbers[i].absent, numbers[i].out, fail);
        if (err != GV_OK) {
            return err;
        }
    }
    return GV_OK;
}

static enum gv_err read_sort(struct gv_filter *filter, const struct gv_exchange *x,
                             struct gv_fail *fail)
{
    static const char *const names[] = {
        [GV_SORT_NEWEST] = "newest",
        [GV_SORT_ENDING] = "ending",
        [GV_SORT_PRICE] = "price",
        [GV_SORT_PRICE_FALLING] = "-price",
    };
    char text[16];
    bool present = false;
    const enum gv_err err = gv_query_text(x, "sort", text, sizeof(text), &present, fail);
    if (err == GV_OK && !present) {
        return GV_OK;
    }
    for (size_t i = 0; err == GV_OK && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(text, names[i]) == 0) {
            filter->sort = (enum gv_sort)i;
            return GV_OK;
        }
    }
    return gv_fail(fail, GV_ERR_INVALID, "query.sort",
                   "sort must be newest, ending, price or -price");
}

void gv_filter_clear(struct gv_filter *filter)
{
    memset(filter, 0, sizeof(*filter));
    filter->statuses = (1u << GV_DUTCH_STATUSES) - 1u;
    filter->min_price = UINT64_MAX;
    filter->max_price = UINT64_MAX;
    filter->to_block = UINT64_MAX;
    filter->created_to = INT64_MAX;
}

enum gv_err gv_filter_read(struct gv_filter *filter, const struct gv_exchange *x,
                           struct gv_fail *fail)
{
    gv_filter_clear(filter);
    enum gv_err err = gv_filter_read_status(filter, x, fail);
    if (err == GV_OK) {
        err = read_texts(filter, x, fail);
    }
    if (err == GV_OK) {
        err = read_numbers(filter, x, fail);
    }
    return err == GV_OK ? read_sort(filter, x, fail) : err;
}

/* ---- rows ------------------------------------------------------------------------------------------- */

static bool holds_word(struct gv_view text, const char *word)
{
    const size_t n = strlen(word);
    for (size_t at = 0; at + n <= text.n; at++) {
        size_t i = 0;
        while (i < n && small_letter((char)text.p[at + i]) == word[i]) {
            i++;
        }
        if (i == n) {
            return true;
        }
    }
    return false;
}

/* One asset of a bundle is enough. */
static bool assets_pass(const struct gv_filter *filter, const struct gv_dutch_terms *terms)
{
    struct gv_dutch_asset asset;
    for (struct gv_bundle_iter it = gv_bundle_iter(terms); gv_bundle_next(&it, &asset);) {
        const bool named = filter->asset[0] == '\0' || gv_view_is(asset.name, filter->asset);
        if (named && holds_word(asset.name, filter->q)) {
            return true;
        }
    }
    return false;
}

static bool price_passes(const struct gv_filter *filter, const struct gv_market_row *row)
{
    const bool wanted = filter->min_price != UINT64_MAX || filter->max_price != UINT64_MAX;
    if (!wanted) {
        return true;
    }
    const uint64_t min = filter->min_price != UINT64_MAX ? filter->min_price : 0;
    return row->has_price && row->price.v >= min && row->price.v <= filter->max_price;
}

static bool people_pass(const struct gv_filter *filter, const struct gv_market_row *row)
{
    const bool any = filter->seller[0] == '\0' && filter->recipient[0] == '\0';
    const bool sold =
        filter->seller[0] != '\0' && strcmp(row->listing.terms.seller, filter->seller) == 0;
    const bool bought = filter->recipient[0] != '\0' &&
                        strcmp(row->listing.spend.recipient, filter->recipient) == 0;
    return any || sold || bought;
}

bool gv_filter_passes(const struct gv_filter *filter, const struct gv_market_row *row)
{
    const struct gv_dutch_terms *terms = &row->listing.terms;
    const uint64_t created = (uint64_t)row->listing.created_at.s;
    return (filter->statuses & (1u << row->status)) != 0 && people_pass(filter, row) &&
           assets_pass(filter, terms) && price_passes(filter, row) &&
           terms->end_block >= filter->from_block && terms->start_block <= filter->to_block &&
           created >= filter->created_from && created <= filter->created_to;
}

uint64_t gv_filter_key(const struct gv_filter *filter, const struct gv_market_row *row)
{
    switch (filter->sort) {
    case GV_SORT_NEWEST:
        return 0;
    case GV_SORT_ENDING:
        return row->listing.terms.end_block;
    case GV_SORT_PRICE:
        return row->has_price ? row->price.v : UINT64_MAX;
    case GV_SORT_PRICE_FALLING:
        return row->has_price ? GV_SAT_MAX - row->price.v : UINT64_MAX;
    }
    return 0;
}
