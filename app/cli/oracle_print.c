#include "app/cli/oracle.h"

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"
#include "firmware/base/json.h"
#include "firmware/base/text.h"

#include <stdio.h>
#include <string.h>

#define FIRST_POINTS 5u

/* 342 scores and up to 2401 bins of some 25 bytes, and everything else. */
static char json[131072];

static void put_double(struct gv_json_out *out, double v)
{
    char text[32];
    GV_ASSERT(gv_format(text, sizeof text, "%.17g", v));
    gv_jo_raw(out, text, strlen(text));
}

static void put_kdouble(struct gv_json_out *out, const char *key, double v)
{
    gv_jo_key(out, key);
    put_double(out, v);
}

static void put_khex(struct gv_json_out *out, const char *key, double v)
{
    char text[32];
    GV_ASSERT(gv_format(text, sizeof text, "%a", v));
    gv_jo_kstring(out, key, text);
}

static void put_digest(struct gv_json_out *out, const char *key, struct gv_sha256 *ctx)
{
    struct gv_hash256 hash;
    char text[65];
    gv_sha256_finish(ctx, &hash);
    gv_hex_encode(text, gv_view_of(hash.b, sizeof hash.b));
    gv_jo_kstring(out, key, text);
}

static void hash_double(struct gv_sha256 *ctx, double v)
{
    uint8_t bytes[8];
    uint64_t bits = 0;
    struct gv_writer w = gv_writer_of(bytes, sizeof bytes);
    memcpy(&bits, &v, sizeof bits);
    gv_write_u64le(&w, bits);
    gv_sha256_add(ctx, gv_written(&w));
}

static void put_slide(struct gv_json_out *out, const struct gv_oracle_slide *slide)
{
    put_kdouble(out, "best_slide_score", slide->best_score);
    put_kdouble(out, "total_score", slide->total);
    put_kdouble(out, "avg_score", slide->average);
    put_kdouble(out, "neighbor_up_score", slide->up);
    put_kdouble(out, "neighbor_down_score", slide->down);
    put_kdouble(out, "w1", slide->weight_best);
    put_kdouble(out, "w2", slide->weight_neighbour);
    put_kdouble(out, "btc_in_usd_best", slide->usd_best);
    put_kdouble(out, "btc_in_usd_2nd", slide->usd_neighbour);
}

static void put_centre(struct gv_json_out *out, const struct gv_oracle_estimate *estimate)
{
    gv_jo_kint(out, "points_in_5pct", estimate->near.points);
    put_kdouble(out, "mad_5pct", estimate->near.deviation);
    put_kdouble(out, "av_dev_10pct", estimate->wide.deviation);
    put_kdouble(out, "dev_pct_10pct", estimate->spread);
    put_kdouble(out, "ax_range", estimate->axis);
    put_kdouble(out, "axis_price_up", estimate->axis_up);
    put_kdouble(out, "axis_price_dn", estimate->axis_down);
    gv_jo_kint(out, "points_on_axis", estimate->points_on_axis);
}

static void put_hex(struct gv_json_out *out, const struct gv_oracle_estimate *estimate)
{
    gv_jo_key(out, "hex");
    gv_jo_object(out);
    put_khex(out, "central_price", estimate->near.price);
    put_khex(out, "curve_sum", estimate->curve_sum);
    put_khex(out, "best_slide_score", estimate->slide.best_score);
    put_khex(out, "total_score", estimate->slide.total);
    put_khex(out, "neighbor_up_score", estimate->slide.up);
    put_khex(out, "neighbor_down_score", estimate->slide.down);
    put_khex(out, "w1", estimate->slide.weight_best);
    put_khex(out, "mad_5pct", estimate->near.deviation);
    put_khex(out, "av_dev_10pct", estimate->wide.deviation);
    put_khex(out, "dev_pct_10pct", estimate->spread);
    put_khex(out, "ax_range", estimate->axis);
    put_khex(out, "axis_price_up", estimate->axis_up);
    put_khex(out, "axis_price_dn", estimate->axis_down);
    gv_jo_object_end(out);
}

static void put_histogram(struct gv_json_out *out, const struct gv_cli_window *window)
{
    struct gv_sha256 ctx;
    gv_jo_key(out, "raw_histogram");
    gv_jo_object(out);
    gv_sha256_init(&ctx);
    for (uint32_t i = 0; i < GV_ORACLE_BINS; i++) {
        char key[16];
        if (window->values.counts[i] != 0) {
            GV_ASSERT(gv_format(key, sizeof key, "%u", i));
            gv_jo_kint(out, key, window->values.counts[i]);
        }
        hash_double(&ctx, window->scratch.histogram[i]);
    }
    gv_jo_object_end(out);
    put_digest(out, "normalised_histogram_sha256", &ctx);
}

static void put_points(struct gv_json_out *out, const struct gv_cli_window *window)
{
    struct gv_sha256 ctx;
    uint32_t shown = 0;
    gv_jo_key(out, "first_points");
    gv_jo_array(out);
    gv_sha256_init(&ctx);
    for (uint32_t i = 0; i < window->values.count; i++) {
        double point[GV_ORACLE_AMOUNTS];
        const uint32_t n = gv_oracle_points_of(point, window->values.slot[i].sats,
                                               window->estimate.slide.rough_usd);
        for (uint32_t j = 0; j < n; j++) {
            hash_double(&ctx, point[j]);
            if (shown < FIRST_POINTS) {
                shown++;
                put_double(out, point[j]);
            }
        }
    }
    gv_jo_array_end(out);
    put_digest(out, "price_points_sha256", &ctx);
}

static void put_scores(struct gv_json_out *out, const struct gv_oracle_slide *slide)
{
    gv_jo_key(out, "runner_up_more_than_12_away");
    gv_jo_object(out);
    gv_jo_kint(out, "slide", slide->runner_up);
    put_kdouble(out, "score", slide->runner_up_score);
    put_kdouble(out, "margin", (slide->best_score - slide->runner_up_score) / slide->best_score);
    gv_jo_object_end(out);
    gv_jo_key(out, "slide_scores_from_minus_141");
    gv_jo_array(out);
    for (uint32_t i = 0; i < GV_ORACLE_SLIDES; i++) {
        put_double(out, slide->score[i]);
    }
    gv_jo_array_end(out);
}

/* A member that may be missing. */
static void put_maybe(struct gv_json_out *out, const char *key, bool known, double v)
{
    if (known) {
        put_kdouble(out, key, v);
    } else {
        gv_jo_knull(out, key);
    }
}

static void put_quality(struct gv_json_out *out, const struct gv_cli_window *window)
{
    put_kdouble(out, "confidence", window->confidence);
    put_kdouble(out, "confidence_count", gv_oracle_confidence_count(window->passing));
    put_maybe(out, "wide", window->has_wide, window->wide.price);
    put_maybe(out, "spot", window->has_spot, window->spot.price);
    if (!window->has_spot) {
        gv_jo_knull(out, "interval");
        return;
    }
    gv_jo_key(out, "interval");
    gv_jo_object(out);
    put_kdouble(out, "low", window->interval.low);
    put_kdouble(out, "high", window->interval.high);
    put_kdouble(out, "coverage", GV_ORACLE_COVERAGE);
    gv_jo_object_end(out);
}

void gv_cli_oracle_print(const struct gv_cli_window *window)
{
    const struct gv_oracle_estimate *const estimate = &window->estimate;
    struct gv_json_out out;
    gv_json_out_init(&out, json, sizeof json);
    gv_jo_object(&out);
    gv_jo_kint(&out, "transactions", window->transactions);
    gv_jo_kint(&out, "passing_transactions", window->passing);
    gv_jo_kint(&out, "filtered_outputs", estimate->outputs);
    gv_jo_kint(&out, "rough_price", estimate->slide.rough_usd);
    gv_jo_kint(&out, "best_slide", estimate->slide.best);
    gv_jo_kint(&out, "best_neighbor", estimate->slide.neighbour);
    put_kdouble(&out, "central_price", estimate->near.price);
    gv_jo_kint(&out, "price_points", estimate->points);
    gv_jo_kint(&out, "usd_price_shown", (int64_t)estimate->near.price);
    put_kdouble(&out, "curve_sum", estimate->curve_sum);
    put_slide(&out, &estimate->slide);
    put_centre(&out, estimate);
    put_quality(&out, window);
    put_hex(&out, estimate);
    put_histogram(&out, window);
    put_points(&out, window);
    put_scores(&out, &estimate->slide);
    gv_jo_object_end(&out);
    GV_ASSERT(!out.full);
    printf("%.*s\n", (int)out.n, json);
}
