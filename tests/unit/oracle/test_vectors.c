/* The published algorithm, to the last bit: every field of every recorded run of the reference on
 * synthetic windows, and the prices of real days from their published points. */
#include "tests/unit/oracle/cases.h"

#include "tests/unit/bitcoin/cmocka_include.h"

#include <stdio.h>
#include <stdlib.h>

#define POINTS_MAX 65536u

/* A window as the reference reads it: amounts in arrival order, the parent rule on or off. */
struct window {
    struct gv_oracle_values values;
    uint64_t order[CASES_VALUES_MAX];
    uint32_t transactions;
    uint32_t passing;
    uint32_t first; /* only so many transactions; 0: all */
    bool parents_pass;
};

static struct window window;
static struct gv_oracle_estimate estimate;

static void add(void *ctx, const struct gv_oracle_csv_tx *row)
{
    struct window *const w = ctx;
    if (w->first != 0 && w->transactions == w->first) {
        return;
    }
    w->transactions++;
    if (row->tx.broken != 0 || (row->has_parent && !w->parents_pass)) {
        return;
    }
    w->passing++;
    for (uint32_t i = 0; i < row->tx.value_count; i++) {
        w->order[w->values.count] = row->tx.sats[i];
        gv_oracle_values_put(&w->values, w->values.count, row->tx.sats[i]);
    }
}

static void read_window(const char *name, uint32_t first, bool parents_pass)
{
    cases_values(&window.values);
    window.transactions = 0;
    window.passing = 0;
    window.first = first;
    window.parents_pass = parents_pass;
    cases_read(name, add, &window);
}

static void run(void)
{
    struct gv_fail fail;
    if (gv_oracle_estimate(&estimate, &window.values, cases_scratch(), &fail) != GV_OK) {
        fail_msg("%s", fail.text);
    }
}

static void check_short(gv_json_ref expected)
{
    assert_int_equal(estimate.outputs, cases_int(expected, "filtered_outputs"));
    assert_int_equal(estimate.slide.rough_usd, cases_int(expected, "rough_price"));
    assert_int_equal(estimate.slide.best, cases_int(expected, "best_slide"));
    assert_int_equal(estimate.slide.neighbour, cases_int(expected, "best_neighbor"));
    assert_int_equal(estimate.points, cases_int(expected, "price_points"));
    assert_same_bits(estimate.near.price, cases_double(expected, "central_price"));
}

static void check_slide(gv_json_ref expected)
{
    const struct gv_oracle_slide *const slide = &estimate.slide;
    gv_json_ref runner_up = gv_json_get(expected, "runner_up_more_than_12_away");
    struct gv_json_iter it;
    uint32_t i = 0;
    assert_same_bits(slide->best_score, cases_double(expected, "best_slide_score"));
    assert_same_bits(slide->total, cases_double(expected, "total_score"));
    assert_same_bits(slide->average, cases_double(expected, "avg_score"));
    assert_same_bits(slide->up, cases_double(expected, "neighbor_up_score"));
    assert_same_bits(slide->down, cases_double(expected, "neighbor_down_score"));
    assert_same_bits(slide->weight_best, cases_double(expected, "w1"));
    assert_same_bits(slide->weight_neighbour, cases_double(expected, "w2"));
    assert_same_bits(slide->usd_best, cases_double(expected, "btc_in_usd_best"));
    assert_same_bits(slide->usd_neighbour, cases_double(expected, "btc_in_usd_2nd"));
    assert_int_equal(slide->runner_up, cases_int(runner_up, "slide"));
    assert_same_bits(slide->runner_up_score, cases_double(runner_up, "score"));
    assert_same_bits((slide->best_score - slide->runner_up_score) / slide->best_score,
                     cases_double(runner_up, "margin"));
    gv_json_ref scores = gv_json_get(expected, "slide_scores_from_minus_141");
    assert_int_equal(gv_json_len(scores), GV_ORACLE_SLIDES);
    for (gv_json_ref e = gv_json_first(&it, scores); e != NULL; e = gv_json_next(&it)) {
        struct gv_view text;
        assert_true(gv_json_number_text(e, &text));
        assert_same_bits(slide->score[i++], strtod((const char *)text.p, NULL));
    }
}

static void check_centre(gv_json_ref expected)
{
    assert_int_equal((int64_t)estimate.near.price, cases_int(expected, "usd_price_shown"));
    assert_int_equal(estimate.near.points, cases_int(expected, "points_in_5pct"));
    assert_int_equal(estimate.points_on_axis, cases_int(expected, "points_on_axis"));
    assert_same_bits(estimate.near.deviation, cases_double(expected, "mad_5pct"));
    assert_same_bits(estimate.wide.deviation, cases_double(expected, "av_dev_10pct"));
    assert_same_bits(estimate.spread, cases_double(expected, "dev_pct_10pct"));
    assert_same_bits(estimate.axis, cases_double(expected, "ax_range"));
    assert_same_bits(estimate.axis_up, cases_double(expected, "axis_price_up"));
    assert_same_bits(estimate.axis_down, cases_double(expected, "axis_price_dn"));
}

static void check_hex(gv_json_ref hex)
{
    assert_same_bits(estimate.near.price, cases_hex(hex, "central_price"));
    assert_same_bits(estimate.curve_sum, cases_hex(hex, "curve_sum"));
    assert_same_bits(estimate.slide.best_score, cases_hex(hex, "best_slide_score"));
    assert_same_bits(estimate.slide.total, cases_hex(hex, "total_score"));
    assert_same_bits(estimate.slide.up, cases_hex(hex, "neighbor_up_score"));
    assert_same_bits(estimate.slide.down, cases_hex(hex, "neighbor_down_score"));
    assert_same_bits(estimate.slide.weight_best, cases_hex(hex, "w1"));
    assert_same_bits(estimate.near.deviation, cases_hex(hex, "mad_5pct"));
    assert_same_bits(estimate.wide.deviation, cases_hex(hex, "av_dev_10pct"));
    assert_same_bits(estimate.spread, cases_hex(hex, "dev_pct_10pct"));
    assert_same_bits(estimate.axis, cases_hex(hex, "ax_range"));
    assert_same_bits(estimate.axis_up, cases_hex(hex, "axis_price_up"));
    assert_same_bits(estimate.axis_down, cases_hex(hex, "axis_price_dn"));
}

static void check_histogram(gv_json_ref expected)
{
    gv_json_ref raw = gv_json_get(expected, "raw_histogram");
    struct gv_sha256 ctx;
    uint32_t bins = 0;
    for (uint32_t i = 0; i < GV_ORACLE_BINS; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "%u", i);
        int64_t n = 0;
        if (gv_json_int(gv_json_get(raw, key), &n)) {
            bins++;
        }
        assert_int_equal(window.values.counts[i], n);
    }
    assert_int_equal(gv_json_len(raw), bins);
    gv_sha256_init(&ctx);
    for (uint32_t i = 0; i < GV_ORACLE_BINS; i++) {
        cases_hash_double(&ctx, cases_scratch()->histogram[i]);
    }
    cases_check_hash(&ctx, expected, "normalised_histogram_sha256");
}

static void check_points(gv_json_ref expected)
{
    struct gv_sha256 ctx;
    struct gv_json_iter it;
    double first[8];
    uint32_t total = 0;
    gv_sha256_init(&ctx);
    for (uint32_t i = 0; i < window.values.count; i++) {
        double point[GV_ORACLE_AMOUNTS];
        const uint32_t n = gv_oracle_points_of(point, window.order[i], estimate.slide.rough_usd);
        for (uint32_t j = 0; j < n; j++) {
            cases_hash_double(&ctx, point[j]);
            if (total < sizeof first / sizeof first[0]) {
                first[total] = point[j];
            }
            total++;
        }
    }
    assert_int_equal(total, estimate.points);
    cases_check_hash(&ctx, expected, "price_points_sha256");
    gv_json_ref points = gv_json_get(expected, "first_points");
    uint32_t i = 0;
    for (gv_json_ref e = gv_json_first(&it, points); e != NULL; e = gv_json_next(&it)) {
        struct gv_view text;
        assert_true(gv_json_number_text(e, &text));
        assert_same_bits(first[i++], strtod((const char *)text.p, NULL));
    }
    assert_true(i > 0);
}

static gv_json_ref case_json(const char *name)
{
    char path[64];
    (void)snprintf(path, sizeof path, "oracle/%s.json", name);
    return vectors_json(path);
}

static void check_case(const char *name)
{
    gv_json_ref root = case_json(name);
    gv_json_ref reference = gv_json_get(root, "reference");
    struct gv_json_iter it;
    read_window(name, 0, false);
    assert_int_equal(window.transactions, cases_int(root, "transactions"));
    assert_int_equal(window.passing, cases_int(root, "passing_transactions"));
    run();
    check_short(reference);
    check_slide(reference);
    check_centre(reference);
    check_hex(gv_json_get(reference, "hex"));
    assert_same_bits(estimate.curve_sum, cases_double(reference, "curve_sum"));
    check_histogram(reference);
    check_points(reference);

    read_window(name, 0, true);
    run();
    check_short(gv_json_get(root, "reference_without_same_window_rule"));

    gv_json_ref first = gv_json_get(root, "first_n_transactions");
    for (gv_json_ref e = gv_json_first(&it, first); e != NULL; e = gv_json_next(&it)) {
        read_window(name, (uint32_t)cases_int(e, "transactions"), false);
        assert_int_equal(window.passing, cases_int(e, "passing_transactions"));
        run();
        check_short(e);
    }
}

static void windows_of_3_hours_give_the_reference_results(void **state)
{
    (void)state;
    check_case("w3h-500");
    check_case("w3h-8000");
    check_case("w3h-27000");
    check_case("w3h-64000");
    check_case("w3h-113600");
    check_case("w3h-250000");
}

static void a_window_of_24_hours_gives_the_reference_results(void **state)
{
    (void)state;
    check_case("w24h-113600");
}

/* ---- real days ---------------------------------------------------------------------------------- */

struct day {
    double point[POINTS_MAX];
    uint32_t points;
};

static struct day day;

static void add_point(void *ctx, char *const field[], uint32_t fields)
{
    struct day *const d = ctx;
    assert_int_equal(fields, 3);
    assert_true(d->points < POINTS_MAX);
    d->point[d->points++] = strtod(field[2], NULL);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void check_deviation(gv_json_ref check, double price)
{
    uint32_t inside = 0;
    estimate.near.price = price;
    assert_non_null(check);
    assert_true(gv_oracle_axis(&estimate, day.point, day.points));
    assert_same_bits(estimate.wide.deviation, cases_double(check, "mad_10pct"));
    assert_same_bits(estimate.spread, cases_double(check, "dev_pct"));
    assert_same_bits(estimate.axis, cases_double(check, "ax_range"));
    assert_same_bits(estimate.axis_up, cases_double(check, "axis_price_up"));
    assert_same_bits(estimate.axis_down, cases_double(check, "axis_price_dn"));
    for (uint32_t i = 0; i < day.points; i++) {
        inside += estimate.axis_down < day.point[i] && day.point[i] < estimate.axis_up;
    }
    assert_int_equal(inside, cases_int(check, "points_strictly_inside"));
}

static void check_day(const char *name)
{
    gv_json_ref root = case_json(name);
    const double published = cases_double(root, "published_price");
    gv_json_ref roughs = gv_json_get(root, "rough_prices_that_give_the_published_price");
    struct gv_oracle_centre centre;
    uint32_t matches = 0;
    day.points = 0;
    cases_lines(name, add_point, &day);
    assert_int_equal(day.points, cases_int(root, "points"));
    qsort(day.point, day.points, sizeof day.point[0], by_value);
    for (int64_t usd = (int64_t)(published * 0.97); usd <= (int64_t)(published * 1.03); usd++) {
        const double rough = (double)usd;
        assert_true(gv_oracle_centre(&centre, day.point, day.points, rough - 0.05 * rough,
                                     rough + 0.05 * rough));
        struct gv_json_iter it;
        bool listed = false;
        for (gv_json_ref e = gv_json_first(&it, roughs); e != NULL; e = gv_json_next(&it)) {
            int64_t v = 0;
            listed = listed || (gv_json_int(e, &v) && v == usd);
        }
        assert_int_equal(centre.price == published, listed);
        matches += listed;
    }
    assert_int_equal(matches, gv_json_len(roughs));
    check_deviation(gv_json_get(root, "deviation_check"), published);
}

static void real_days_give_the_published_price(void **state)
{
    (void)state;
    check_day("real-2023-12-15");
    check_day("real-2024-06-09");
    check_day("real-2025-02-25");
}

/* ---- few values ---------------------------------------------------------------------------------- */

static void one_lonely_output_gives_what_the_reference_gives(void **state)
{
    (void)state;
    cases_values(&window.values);
    gv_oracle_values_put(&window.values, 0, 123000);
    run();
    assert_int_equal(estimate.slide.rough_usd, 81613);
    assert_same_bits(estimate.near.price, 100 / 0.00123);
}

static void nothing_or_only_cleared_bins_is_no_price(void **state)
{
    (void)state;
    static const uint64_t cleared[] = {100000, 999999999999u, 10000};
    struct gv_fail fail;
    cases_values(&window.values);
    for (uint32_t n = 0; n <= sizeof cleared / sizeof cleared[0]; n++) {
        assert_int_equal(gv_oracle_estimate(&estimate, &window.values, cases_scratch(), &fail),
                         GV_ERR_NOT_FOUND);
        assert_string_equal(fail.code, "oracle.no_values");
        if (n < sizeof cleared / sizeof cleared[0]) {
            gv_oracle_values_put(&window.values, n, cleared[n]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_of_3_hours_give_the_reference_results),
        cmocka_unit_test(a_window_of_24_hours_gives_the_reference_results),
        cmocka_unit_test(real_days_give_the_published_price),
        cmocka_unit_test(one_lonely_output_gives_what_the_reference_gives),
        cmocka_unit_test(nothing_or_only_cleared_bins_is_no_price),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
