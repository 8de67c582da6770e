/* Prices of blocks and days: their part of /api/v1/oracle, and lists of both. */
#include "web/api/prices.h"
#include "web/api/conditional.h"

#include "firmware/base/text.h"
#include "web/api/conditional.h"
#include "web/api/handlers.h"
#include "web/api/price.h"

#include <string.h>

/* Days read under one lock and written as one chunk. */
#define DAYS_SLICE 128u
#define ITEM_MAX   256u
/* A price, or a number of four places. */
#define USD_TEXT_MAX 16u
_Static_assert(DAYS_SLICE *ITEM_MAX <= GV_REPLY_BYTES_MAX, "a slice fits a chunk");
_Static_assert(GV_PRICES_WINDOW *ITEM_MAX + 64u <= GV_REPLY_BYTES_MAX, "all tips fit an answer");

static void write_cents(struct gv_json_out *out, const char *key, uint32_t cents, bool present)
{
    if (present) {
        gv_render_fixed(out, key, (double)cents / 100.0, 2);
    } else {
        gv_jo_knull(out, key);
    }
}

void gv_render_block_price(struct gv_json_out *out, struct gv_prices *prices)
{
    struct gv_prices_view view;
    gv_prices_view(prices, &view);
    const struct gv_price_fact *const fact = &view.fact;
    const bool has = fact->price_cents != 0;
    gv_jo_key(out, "block");
    gv_jo_object(out);
    gv_jo_kstring(out, "state", gv_prices_state_text(view.state));
    write_cents(out, "price", fact->price_cents, has);
    gv_jo_key(out, "rough");
    if (has) {
        gv_jo_int(out, fact->rough_usd);
    } else {
        gv_jo_null(out);
    }
    write_cents(out, "low", fact->low_cents, has);
    write_cents(out, "high", fact->high_cents, has);
    gv_render_fixed(out, "deviation", (double)fact->deviation_e4 / 1e4, 4);
    gv_render_fixed(out, "confidence", (double)fact->confidence_e4 / 1e4, 4);
    gv_jo_kint(out, "outputs", fact->outputs);
    gv_jo_kint(out, "height", view.height);
    gv_jo_kint(out, "blocks", fact->blocks);
    gv_jo_kint(out, "of", GV_PRICES_WINDOW);
    gv_render_fixed(out, "progress", (double)view.progress_permille / 1000.0, 3);
    gv_jo_kint(out, "time", view.time_s);
    gv_jo_object_end(out);
}

/* ---- both lists ----------------------------------------------------------------------------------- */

static void begin_list(struct gv_exchange *x)
{
    gv_reply_header(x, "Cache-Control", "no-store");
    gv_reply_header(x, "Vary", "Accept");
}

static const char *list_type(bool csv)
{
    return csv ? "text/csv; charset=utf-8" : "application/json";
}

/* Without a double in between. */
static void format_cents(char text[USD_TEXT_MAX], uint32_t cents)
{
    gv_format_cut(text, USD_TEXT_MAX, "%u.%02u", cents / 100u, cents % 100u);
}

static void format_e4(char text[USD_TEXT_MAX], uint32_t e4)
{
    gv_format_cut(text, USD_TEXT_MAX, "%u.%04u", e4 / 10000u, e4 % 10000u);
}

/* ---- tips ----------------------------------------------------------------------------------------- */

static size_t write_tip(char *p, bool csv, bool first, const struct gv_prices_tip *tip)
{
    char price[USD_TEXT_MAX];
    format_cents(price, tip->price_cents);
    if (csv) {
        gv_format_cut(p, ITEM_MAX, "%u,%lld,%s\r\n", tip->height, (long long)tip->time_s, price);
    } else {
        gv_format_cut(p, ITEM_MAX, "%s{\"height\":%u,\"time\":%lld,\"price\":%s}", first ? "" : ",",
                      tip->height, (long long)tip->time_s, price);
    }
    return strlen(p);
}

static void append(char *p, size_t *n, const char *text)
{
    gv_format_cut(p + *n, ITEM_MAX, "%s", text);
    *n += strlen(text);
}

void gv_handle_oracle_blocks(struct gv_exchange *x)
{
    struct gv_prices_tip tip[GV_PRICES_WINDOW];
    char *p = gv_api_worker_of(x)->reply;
    if (!gv_has_oracle(x)) {
        return;
    }
    const bool csv = gv_wants_csv(x);
    const uint32_t count = gv_prices_tips(gv_api_of(x)->config.prices, tip);
    size_t n = 0;
    append(p, &n, csv ? "height,time,price_usd\r\n" : "{\"items\":[");
    for (uint32_t i = 0; i < count; i++) {
        n += write_tip(p + n, csv, i == 0, &tip[i]);
    }
    append(p, &n, csv ? "" : "]}");
    gv_reply_header(x, "Vary", "Accept");
    gv_api_answer(x, gv_view_of(p, n), list_type(csv));
}

/* ---- days ----------------------------------------------------------------------------------------- */

/* In: absent: value of a parameter that is not there. */
static enum gv_err read_date(const struct gv_exchange *x, const char *name, int64_t absent,
                             int64_t *day, struct gv_fail *fail)
{
    char text[GV_DATE_LEN + 2];
    size_t n = 0;
    const enum gv_err err = gv_web_query(x->request, name, text, sizeof(text), &n, fail);
    *day = absent;
    if (err == GV_ERR_NOT_FOUND) {
        return GV_OK;
    }
    if (err != GV_OK || !gv_date_parse(day, text, n)) {
        return gv_fail(fail, GV_ERR_INVALID, "query.date", "%s must be a date as 2026-11-20", name);
    }
    return GV_OK;
}

static enum gv_err read_days(const struct gv_exchange *x, int64_t *first, int64_t *last,
                             struct gv_fail *fail)
{
    /* A block's time may be two hours ahead, and so in a day that has not begun. */
    const int64_t newest = gv_clock_utc(gv_api_of(x)->config.clock).s / GV_DAY_S + 1;
    const int64_t oldest = newest > (int64_t)GV_PRICES_DAYS ? newest - (int64_t)GV_PRICES_DAYS : 0;
    enum gv_err err = read_date(x, "from", oldest, first, fail);
    if (err == GV_OK) {
        err = read_date(x, "to", newest, last, fail);
    }
    if (err == GV_OK && *first > *last) {
        err = gv_fail(fail, GV_ERR_INVALID, "query.range", "from must not be after to");
    }
    /* What is not kept is not looked for. */
    *first = *first > oldest ? *first : oldest;
    *last = *last < newest ? *last : newest;
    return err;
}

static size_t write_day(char *p, bool csv, bool first, const struct gv_prices_day *day)
{
    char date[GV_ISO_MAX];
    char usd[3][USD_TEXT_MAX];
    char part[2][USD_TEXT_MAX];
    const struct gv_price_fact *const fact = &day->fact;
    const char *const complete = day->complete ? "true" : "false";
    gv_utc_format((struct gv_utc){.s = day->day * GV_DAY_S}, date);
    date[GV_DATE_LEN] = '\0';
    format_cents(usd[0], fact->price_cents);
    format_cents(usd[1], fact->low_cents);
    format_cents(usd[2], fact->high_cents);
    format_e4(part[0], fact->deviation_e4);
    format_e4(part[1], fact->confidence_e4);
    if (csv) {
        gv_format_cut(p, ITEM_MAX, "%s,%s,%s,%s,%s,%s,%u,%u,%s\r\n", date, usd[0], usd[1], usd[2],
                      part[0], part[1], fact->outputs, fact->blocks, complete);
    } else {
        gv_format_cut(p, ITEM_MAX,
                      "%s{\"date\":\"%s\",\"price\":%s,\"low\":%s,\"high\":%s,"
                      "\"deviation\":%s,\"confidence\":%s,\"outputs\":%u,\"blocks\":%u,"
                      "\"complete\":%s}",
                      first ? "" : ",", date, usd[0], usd[1], usd[2], part[0], part[1],
                      fact->outputs, fact->blocks, complete);
    }
    return strlen(p);
}

static bool send_days(struct gv_exchange *x, bool csv, int64_t first_day, int64_t last_day)
{
    struct gv_prices_day day[DAYS_SLICE];
    char *p = gv_api_worker_of(x)->reply;
    bool first = true;
    for (int64_t at = first_day; at <= last_day;) {
        size_t n = 0;
        const uint32_t count =
            gv_prices_days(gv_api_of(x)->config.prices, at, last_day, day, DAYS_SLICE, &at);
        for (uint32_t i = 0; i < count; i++) {
            n += write_day(p + n, csv, first, &day[i]);
            first = false;
        }
        if (n > 0 && gv_reply_chunk(x, gv_view_of(p, n)) != GV_OK) {
            return false;
        }
    }
    return true;
}

void gv_handle_oracle_days(struct gv_exchange *x)
{
    struct gv_fail fail;
    int64_t first = 0;
    int64_t last = 0;
    if (!gv_has_oracle(x)) {
        return;
    }
    if (read_days(x, &first, &last, &fail) != GV_OK) {
        gv_reply_fail(x, 400, &fail);
        return;
    }
    const bool csv = gv_wants_csv(x);
    begin_list(x);
    gv_reply_begin_chunked(x, list_type(csv));
    const char *const head =
        csv ? "date,price_usd,low_usd,high_usd,deviation,confidence,outputs,blocks,complete\r\n"
            : "{\"items\":[";
    if (gv_reply_chunk(x, gv_view_str(head)) != GV_OK || !send_days(x, csv, first, last)) {
        return;
    }
    if (csv || gv_reply_chunk(x, gv_view_str("]}")) == GV_OK) {
        (void)gv_reply_end(x);
    }
}
