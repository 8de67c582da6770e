/* The price: /api/v1/oracle, its history, and the door of /ws/mempool. */
#include "web/api/handlers.h"

#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/conditional.h"
#include "web/api/price.h"
#include "web/api/price_hint.h"
#include "web/api/prices.h"

#include <string.h>

#define NUMBER_TEXT_MAX 24u
#define HOUR_S          3600
#define WEEK_S          604800
/* Samples read under one lock and written as one chunk; a line of either form is below 64 bytes. */
#define SLICE    256u
#define LINE_MAX 64u
_Static_assert(SLICE *LINE_MAX + 256u <= GV_REPLY_BYTES_MAX, "a slice fits a chunk");

bool gv_has_oracle(struct gv_exchange *x)
{
    struct gv_fail fail;
    if (gv_api_of(x)->config.oracle != NULL) {
        return true;
    }
    gv_fail(&fail, GV_ERR_NOT_FOUND, "oracle.off", "the price oracle is switched off");
    gv_reply_fail(x, 404, &fail);
    return false;
}

void gv_handle_price_stream(struct gv_exchange *x)
{
    (void)gv_has_oracle(x);
}

/* ---- the price now -------------------------------------------------------------------------------- */

static void write_price(struct gv_json_out *out, const struct gv_oracle_view *view)
{
    if (!view->has_price) {
        gv_jo_knull(out, "price");
        gv_jo_knull(out, "rough");
        gv_jo_knull(out, "chart");
        return;
    }
    gv_render_fixed(out, "price", view->price, 2);
    gv_jo_kint(out, "rough", view->rough_usd);
    gv_jo_key(out, "chart");
    gv_jo_object(out);
    gv_render_fixed(out, "low", view->low, 2);
    gv_render_fixed(out, "high", view->high, 2);
    gv_render_fixed(out, "deviation", view->deviation, 4);
    gv_jo_object_end(out);
}

/* Both are null while too few recent points tell the price of now. */
static void write_spot(struct gv_json_out *out, const struct gv_oracle_view *view)
{
    const struct gv_oracle_judgement *judgement = &view->judgement;
    if (!view->has_price || !judgement->has_spot) {
        gv_jo_knull(out, "spot");
        gv_jo_knull(out, "interval");
        return;
    }
    gv_render_fixed(out, "spot", judgement->spot, 2);
    gv_jo_key(out, "interval");
    gv_jo_object(out);
    gv_render_fixed(out, "low", judgement->interval.low, 2);
    gv_render_fixed(out, "high", judgement->interval.high, 2);
    gv_render_fixed(out, "coverage", GV_ORACLE_COVERAGE, 2);
    gv_jo_object_end(out);
}

/* What the wide search says, and the price's ratio to the last good one. */
static void write_guard(struct gv_json_out *out, const struct gv_oracle_view *view)
{
    const struct gv_oracle_judgement *judgement = &view->judgement;
    if (view->has_price && judgement->has_wide) {
        gv_render_fixed(out, "wide", judgement->wide, 2);
    } else {
        gv_jo_knull(out, "wide");
    }
    if (view->has_price && judgement->verdict.ratio > 0.0) {
        gv_render_fixed(out, "ratio_to_good", judgement->verdict.ratio, 4);
    } else {
        gv_jo_knull(out, "ratio_to_good");
    }
}

static void write_window(struct gv_json_out *out, const struct gv_oracle_view *view)
{
    gv_jo_key(out, "window");
    gv_jo_object(out);
    gv_jo_kint(out, "seconds", view->window_ms / 1000u);
    gv_jo_kint(out, "transactions", view->transactions);
    gv_jo_kint(out, "counted", view->active);
    gv_jo_kint(out, "outputs", view->outputs);
    gv_jo_kint(out, "points", view->has_price ? view->points : 0);
    gv_jo_kint(out, "received", (int64_t)view->window.received);
    gv_jo_kint(out, "passed", (int64_t)view->window.passed);
    gv_jo_kint(out, "repeated", (int64_t)view->window.repeated);
    gv_jo_kint(out, "replaced", (int64_t)view->window.replaced);
    gv_jo_kint(out, "evicted", (int64_t)view->window.evicted);
    gv_jo_kint(out, "expired", (int64_t)view->window.expired);
    gv_jo_kint(out, "displaced", (int64_t)view->window.displaced);
    gv_jo_kint(out, "refused", (int64_t)view->inbox.refused);
    gv_jo_object_end(out);
}

void gv_handle_oracle(struct gv_exchange *x)
{
    struct gv_oracle_view view;
    struct gv_price_hint hint;
    struct gv_json_out out;
    if (!gv_has_oracle(x)) {
        return;
    }
    const int64_t now_s = gv_clock_utc(gv_api_of(x)->config.clock).s;
    gv_oracle_service_view(gv_api_of(x)->config.oracle, &view);
    const int64_t since_s = now_s - view.estimated_ms / 1000;
    const int64_t age_s = since_s > 0 ? since_s : 0;
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_kstring(&out, "source", "own-node");
    gv_jo_kstring(&out, "state", gv_oracle_state_text(view.state));
    gv_jo_kint(&out, "state_since", view.state_since_ms / 1000);
    write_price(&out, &view);
    write_spot(&out, &view);
    write_guard(&out, &view);
    gv_render_fixed(&out, "confidence", view.confidence, 4);
    gv_render_fixed(&out, "confidence_count", view.confidence_count, 4);
    gv_render_fixed(&out, "margin", view.has_price ? view.margin : 0.0, 6);
    gv_jo_key(&out, "age_s");
    if (view.has_price) {
        gv_jo_int(&out, age_s);
    } else {
        gv_jo_null(&out);
    }
    gv_render_fixed(&out, "filled", (double)view.fill_permille / 1000.0, 3);
    write_window(&out, &view);
    gv_render_block_price(&out, gv_api_of(x)->config.prices);
    gv_price_hint_read(&hint, gv_api_of(x));
    gv_price_hint_render(&out, &hint);
    gv_jo_kint(&out, "sequence", (int64_t)view.sequence);
    gv_jo_kint(&out, "server_time_ms", now_s * 1000);
    gv_jo_object_end(&out);
    gv_api_live(x, &out);
}

/* ---- the past --------------------------------------------------------------------------------------- */

struct span {
    enum gv_oracle_step step;
    int64_t from_s; /* a multiple of the step */
    int64_t to_s;   /* last step, included */
    bool csv;
};

/* In: absent: value of a parameter that is not there. */
static enum gv_err number(const struct gv_exchange *x, const char *name, int64_t absent,
                          int64_t *out, struct gv_fail *fail)
{
    char text[NUMBER_TEXT_MAX];
    size_t n = 0;
    uint64_t v = 0;
    const enum gv_err err = gv_web_query(x->request, name, text, sizeof(text), &n, fail);
    *out = absent;
    if (err == GV_ERR_NOT_FOUND) {
        return GV_OK;
    }
    if (err != GV_OK || !gv_parse_u64(&v, gv_view_of(text, n), (uint64_t)INT32_MAX * 2u)) {
        return gv_fail(fail, GV_ERR_INVALID, "query.number", "%s must be a whole number of seconds",
                       name);
    }
    *out = (int64_t)v;
    return GV_OK;
}

/* The finest grain that reaches back far enough. */
static int64_t step_for(int64_t age_s)
{
    return age_s <= HOUR_S   ? GV_ORACLE_STEP_SECOND
           : age_s <= WEEK_S ? GV_ORACLE_STEP_MINUTE
                             : GV_ORACLE_STEP_HOUR;
}

static bool is_step(int64_t v)
{
    return v == GV_ORACLE_STEP_SECOND || v == GV_ORACLE_STEP_MINUTE || v == GV_ORACLE_STEP_HOUR;
}

bool gv_wants_csv(const struct gv_exchange *x)
{
    static const char csv[] = "text/csv";
    const struct gv_view accept = gv_web_header(x->request, "Accept");
    return accept.n >= sizeof(csv) - 1 && memcmp(accept.p, csv, sizeof(csv) - 1) == 0;
}

static enum gv_err read_span(const struct gv_exchange *x, struct span *span, struct gv_fail *fail)
{
    const int64_t now_s = gv_clock_utc(gv_api_of(x)->config.clock).s;
    int64_t step = 0;
    enum gv_err err = number(x, "to", now_s, &span->to_s, fail);
    if (err == GV_OK) {
        err = number(x, "from", now_s - HOUR_S, &span->from_s, fail);
    }
    if (err == GV_OK) {
        err = number(x, "step", step_for(now_s - span->from_s), &step, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    if (!is_step(step)) {
        return gv_fail(fail, GV_ERR_INVALID, "query.step", "step must be 1, 60 or 3600 seconds");
    }
    if (span->from_s > span->to_s) {
        return gv_fail(fail, GV_ERR_INVALID, "query.range", "from must not be after to");
    }
    span->step = (enum gv_oracle_step)step;
    span->to_s = span->to_s < now_s ? span->to_s : now_s;
    /* What the grain does not keep is not looked for. */
    const int64_t oldest_s = now_s - (int64_t)gv_oracle_history_length(span->step) * step;
    span->from_s = span->from_s > oldest_s ? span->from_s : oldest_s;
    span->from_s = span->from_s < 0 ? 0 : span->from_s - span->from_s % step;
    span->csv = gv_wants_csv(x);
    return GV_OK;
}

static size_t write_sample(char *p, bool csv, bool first, int64_t at_s,
                           const struct gv_oracle_past *past)
{
    char values[40];
    gv_format_cut(values, sizeof(values), "%lld,%u.%02u,%u.%03u", (long long)at_s,
                  past->price_cents / 100u, past->price_cents % 100u,
                  past->confidence_permille / 1000u, past->confidence_permille % 1000u);
    if (csv) {
        gv_format_cut(p, LINE_MAX, "%s\r\n", values);
    } else {
        gv_format_cut(p, LINE_MAX, "%s[%s]", first ? "" : ",", values);
    }
    return strlen(p);
}

static bool send_samples(struct gv_exchange *x, const struct span *span)
{
    struct gv_oracle_past past[SLICE];
    char *p = gv_api_worker_of(x)->reply;
    bool first = true;
    for (int64_t at_s = span->from_s; at_s <= span->to_s;) {
        const int64_t left = (span->to_s - at_s) / (int64_t)span->step + 1;
        const uint32_t count = left < (int64_t)SLICE ? (uint32_t)left : SLICE;
        size_t n = 0;
        gv_oracle_service_history(gv_api_of(x)->config.oracle, span->step, at_s, past, count);
        for (uint32_t i = 0; i < count; i++, at_s += (int64_t)span->step) {
            if (past[i].price_cents != 0) {
                n += write_sample(p + n, span->csv, first, at_s, &past[i]);
                first = false;
            }
        }
        if (n > 0 && gv_reply_chunk(x, gv_view_of(p, n)) != GV_OK) {
            return false;
        }
    }
    return true;
}

/* Holes are left out: every sample has its time. */
void gv_handle_oracle_history(struct gv_exchange *x)
{
    struct gv_fail fail;
    struct span span = {.step = GV_ORACLE_STEP_SECOND};
    char head[96];
    if (!gv_has_oracle(x)) {
        return;
    }
    if (read_span(x, &span, &fail) != GV_OK) {
        gv_reply_fail(x, 400, &fail);
        return;
    }
    if (span.csv) {
        gv_format_cut(head, sizeof(head), "time,price_usd,confidence\r\n");
    } else {
        gv_format_cut(head, sizeof(head),
                      "{\"step\":%d,\"columns\":[\"time\",\"price\",\"confidence\"],\"samples\":[",
                      (int)span.step);
    }
    gv_reply_header(x, "Cache-Control", "no-store");
    gv_reply_header(x, "Vary", "Accept");
    gv_reply_begin_chunked(x, span.csv ? "text/csv; charset=utf-8" : "application/json");
    if (gv_reply_chunk(x, gv_view_str(head)) != GV_OK || !send_samples(x, &span)) {
        return;
    }
    if (span.csv || gv_reply_chunk(x, gv_view_str("]}")) == GV_OK) {
        (void)gv_reply_end(x);
    }
}
