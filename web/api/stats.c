/* GET /api/v1/stats: numbers about the market, as a whole, by asset and over time.
 *
 * The listings that are in memory are counted; `not_counted` says how many were retired from it (they were
 * settled long ago, and the board was full). One table serves all workers, one at a time. */
#include "web/api/handlers.h"

#include "app/auction/dutch/stats.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/conditional.h"
#include "web/api/cursor.h"
#include "web/api/errors.h"

#include <string.h>

#define ASSETS_MAX  40u
#define WINDOWS_MAX 160u
#define DAY_S       86400u
/* Members of an asset (its name and 13 numbers) and of a window (7 numbers). */
#define ASSET_ROOM  (GV_ASSET_NAME_MAX + 380u)
#define WINDOW_ROOM 220u
_Static_assert(ASSETS_MAX *ASSET_ROOM + WINDOWS_MAX * WINDOW_ROOM + 1024u <= GV_REPLY_BYTES_MAX,
               "an answer fits its buffer: it is made under the lock, and sent without");

static struct {
    pthread_mutex_t lock;
    uint32_t n;
    struct gv_dutch_fact facts[GV_LISTINGS_MAX];
} board = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct query {
    char asset[GV_ASSET_NAME_MAX];
    uint64_t from_s, to_s;
    uint64_t window_s;
};

struct answer {
    struct gv_exchange *x;
    struct gv_json_out out;
    struct query query;
    uint64_t counted;
};

/* ---- the query --------------------------------------------------------------------------------------- */

static enum gv_err read_query(struct answer *answer, struct gv_fail *fail)
{
    struct query *query = &answer->query;
    bool present;
    enum gv_err err =
        gv_query_text(answer->x, "asset", query->asset, sizeof(query->asset), &present, fail);
    if (err == GV_OK) {
        err = gv_query_number(answer->x, "from", INT64_MAX, 0, &query->from_s, fail);
    }
    if (err == GV_OK) {
        err = gv_query_number(answer->x, "to", INT64_MAX, INT64_MAX, &query->to_s, fail);
    }
    if (err == GV_OK) {
        err = gv_query_number(answer->x, "window", INT32_MAX, (uint64_t)30u * DAY_S,
                              &query->window_s, fail);
    }
    if (err == GV_OK && (query->from_s > query->to_s || query->window_s < 3600u)) {
        return gv_fail(fail, GV_ERR_INVALID, "query.range",
                       "from must not be after to, and window has at least 3600 seconds");
    }
    return err;
}

/* ---- facts -------------------------------------------------------------------------------------------- */

/* Under the market's lock. */
static bool take(void *ctx, const struct gv_market_row *row)
{
    struct answer *answer = ctx;
    const struct query *query = &answer->query;
    struct gv_dutch_fact *fact = &board.facts[board.n];
    GV_ASSERT(board.n < GV_LISTINGS_MAX);
    answer->counted++;
    if (query->asset[0] != '\0' && strcmp(query->asset, row->listing.terms.asset_name) != 0) {
        return true;
    }
    gv_dutch_fact(fact, &row->listing, row->status);
    const bool inside = fact->at_s >= (int64_t)query->from_s && fact->at_s <= (int64_t)query->to_s;
    board.n += inside;
    return true;
}

/* ---- writing ------------------------------------------------------------------------------------------ */

static void write_or_null(struct gv_json_out *out, const char *key, uint64_t v, bool present)
{
    gv_jo_key(out, key);
    if (present) {
        gv_jo_uint(out, v);
    } else {
        gv_jo_null(out);
    }
}

static void write_sales(struct gv_json_out *out, const struct gv_dutch_sums *sums)
{
    const bool any = sums->sales > 0;
    gv_jo_kint(out, "sales", sums->sales);
    gv_jo_kint(out, "volume_sats", (int64_t)sums->volume_sat);
    write_or_null(out, "mean_sats", sums->mean_sat, any);
    write_or_null(out, "median_sats", sums->median_sat, any);
    write_or_null(out, "mean_blocks", sums->mean_blocks, any);
    write_or_null(out, "median_blocks", sums->median_blocks, any);
}

static void write_sums(struct gv_json_out *out, const struct gv_dutch_sums *sums)
{
    gv_jo_key(out, "by_status");
    gv_jo_object(out);
    for (unsigned i = 0; i < GV_DUTCH_STATUSES; i++) {
        gv_jo_kint(out, gv_dutch_status_text((enum gv_dutch_status)i), sums->by_status[i]);
    }
    gv_jo_object_end(out);
    write_or_null(out, "success_permille", sums->success_permille, sums->has_success);
    write_sales(out, sums);
}

/* ---- by asset ------------------------------------------------------------------------------------------ */

struct group {
    uint32_t first, n;
    uint32_t sales;
};

/* Keep the groups with most sales, most first. */
static void offer(struct group *groups, uint32_t *groups_n, struct group group)
{
    uint32_t at = *groups_n < ASSETS_MAX ? (*groups_n)++ : ASSETS_MAX;
    while (at > 0 && groups[at - 1].sales < group.sales) {
        if (at < ASSETS_MAX) {
            groups[at] = groups[at - 1];
        }
        at--;
    }
    if (at < ASSETS_MAX) {
        groups[at] = group;
    }
}

static uint32_t find_groups(struct group groups[ASSETS_MAX])
{
    uint32_t groups_n = 0;
    gv_dutch_facts_sort(board.facts, board.n, GV_DUTCH_BY_ASSET);
    for (uint32_t i = 0; i < board.n;) {
        struct group group = {.first = i};
        while (i < board.n && board.facts[i].asset == board.facts[group.first].asset) {
            group.sales += board.facts[i].sale;
            group.n++;
            i++;
        }
        offer(groups, &groups_n, group);
    }
    return groups_n;
}

static void write_name(void *ctx, const struct gv_market_row *row)
{
    gv_jo_kstring(ctx, "asset", row->listing.terms.asset_name);
}

static void write_assets(struct answer *answer)
{
    struct group groups[ASSETS_MAX];
    const uint32_t groups_n = find_groups(groups);
    struct gv_market *market = gv_api_of(answer->x)->config.market;
    gv_jo_key(&answer->out, "assets");
    gv_jo_array(&answer->out);
    for (uint32_t i = 0; i < groups_n; i++) {
        struct gv_dutch_sums sums;
        const uint64_t id = board.facts[groups[i].first].id;
        gv_jo_object(&answer->out);
        if (gv_market_with(market, id, NULL, write_name, &answer->out) != GV_OK) {
            gv_jo_knull(&answer->out, "asset"); /* retired meanwhile */
        }
        gv_dutch_sums(&sums, &board.facts[groups[i].first], groups[i].n);
        write_sums(&answer->out, &sums);
        gv_jo_object_end(&answer->out);
    }
    gv_jo_array_end(&answer->out);
}

/* ---- over time ------------------------------------------------------------------------------------------ */

/* End of the window that begins with the sale at `i`. */
static uint32_t window_end(const struct answer *answer, uint32_t i, int64_t *begin)
{
    const int64_t window_s = (int64_t)answer->query.window_s;
    *begin = board.facts[i].at_s / window_s * window_s;
    while (i < board.n && board.facts[i].sale && board.facts[i].at_s < *begin + window_s) {
        i++;
    }
    return i;
}

static void write_window(struct answer *answer, int64_t begin, uint32_t first, uint32_t end)
{
    struct gv_dutch_sums sums;
    gv_dutch_sums(&sums, &board.facts[first], end - first);
    gv_jo_object(&answer->out);
    gv_jo_kint(&answer->out, "from", begin);
    write_sales(&answer->out, &sums);
    gv_jo_object_end(&answer->out);
}

/* The newest ones, oldest first; a window without a sale is left out. */
static void write_windows(struct answer *answer)
{
    int64_t begin = 0;
    uint32_t windows = 0;
    gv_dutch_facts_sort(board.facts, board.n, GV_DUTCH_BY_TIME); /* sales first */
    for (uint32_t i = 0; i < board.n && board.facts[i].sale; windows++) {
        i = window_end(answer, i, &begin);
    }
    gv_jo_key(&answer->out, "windows");
    gv_jo_array(&answer->out);
    for (uint32_t i = 0; i < board.n && board.facts[i].sale; windows--) {
        const uint32_t end = window_end(answer, i, &begin);
        if (windows <= WINDOWS_MAX) {
            write_window(answer, begin, i, end);
        }
        i = end;
    }
    gv_jo_array_end(&answer->out);
}

/* ---- the answer ------------------------------------------------------------------------------------------ */

/* With the board's lock. */
static void write_all(struct answer *answer, uint64_t newest)
{
    struct gv_json_out *out = &answer->out;
    struct gv_dutch_sums sums;
    gv_dutch_sums(&sums, board.facts, board.n);
    gv_jo_object(out);
    write_sums(out, &sums);
    gv_jo_kint(out, "not_counted", (int64_t)(newest - answer->counted));
    gv_jo_kint(out, "window_s", (int64_t)answer->query.window_s);
    write_assets(answer);
    write_windows(answer);
    gv_jo_object_end(out);
    GV_ASSERT(!out->full);
}

void gv_handle_stats(struct gv_exchange *x)
{
    struct answer answer = {.x = x};
    struct gv_market *market = gv_api_of(x)->config.market;
    struct gv_fail fail;
    if (read_query(&answer, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_json_out_init(&answer.out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    pthread_mutex_lock(&board.lock);
    board.n = 0;
    (void)gv_market_each(market, 0, NULL, take, &answer);
    write_all(&answer, gv_market_newest(market)); /* asked last: no number counted is above it */
    pthread_mutex_unlock(&board.lock);
    gv_api_json(x, &answer.out);
}
