/* What stands beside the published price: spot halves the lag, intervals hold the truth, the wide
 * search finds prices the slide cannot, the confidence tells right from wrong, the guard keeps a
 * wrong lock from being published. */
#include "tests/unit/oracle/cases.h"

#include "app/oracle/quality.h"
#include "tests/support/oracle_market.h"
#include "tests/unit/bitcoin/cmocka_include.h"

#include <math.h>

#define TX_MAX  65536u
#define STEP_MS 900000

static _Alignas(16) uint8_t memory[GV_ORACLE_WINDOW_BYTES(TX_MAX)];
static struct gv_oracle_window window;
static struct gv_oracle_estimate estimate;

struct errors {
    double price;
    double spot;
    uint32_t n;
    uint32_t held;
};

static void start(void)
{
    gv_oracle_window_init(&window, memory, sizeof memory, TX_MAX, GV_ORACLE_WINDOW_MS, 1);
}

static void judge(struct errors *errors, int64_t now_ms, double true_usd)
{
    struct gv_oracle_spot spot;
    gv_oracle_window_expire(&window, now_ms);
    assert_int_equal(gv_oracle_window_estimate(&window, &estimate, NULL), GV_OK);
    if (fabs(estimate.near.price / true_usd - 1) > 0.06) {
        return; /* a wrong lock: not what is measured here */
    }
    assert_true(gv_oracle_spot(&spot, &window, estimate.near.price, now_ms));
    const struct gv_oracle_interval interval = gv_oracle_interval(&spot);
    errors->n++;
    errors->price += fabs(estimate.near.price / true_usd - 1);
    errors->spot += fabs(spot.price / true_usd - 1);
    errors->held += interval.low < true_usd && true_usd < interval.high;
}

/* ---- the recorded stream --------------------------------------------------------------------------- */

struct stream {
    struct errors errors;
    gv_json_ref list;
    struct gv_json_iter it;
    gv_json_ref next;
};

static void flow(void *ctx, const struct gv_oracle_csv_tx *row)
{
    struct stream *const s = ctx;
    while (s->next != NULL && row->time_s > cases_int(s->next, "at")) {
        judge(&s->errors, cases_int(s->next, "at") * 1000, cases_double(s->next, "true_now"));
        s->next = gv_json_next(&s->it);
    }
    (void)gv_oracle_window_add(&window, &row->tx, row->time_s * 1000);
}

static void spot_halves_the_lag_on_the_recorded_stream(void **state)
{
    (void)state;
    struct stream s = {.errors = {.n = 0}};
    s.list = gv_json_get(vectors_json("oracle/roll6h-98000.json"), "evaluations");
    s.next = gv_json_first(&s.it, s.list);
    start();
    cases_read("roll6h-98000", flow, &s);
    assert_true(s.errors.n >= 22);
    assert_true(s.errors.spot < 0.5 * s.errors.price);
}

/* ---- made-up markets --------------------------------------------------------------------------------- */

static struct market market;
static uint32_t next_id;

static void add(const struct market_payment *payment)
{
    struct gv_oracle_tx tx = {.value_count = 0};
    next_id++;
    memcpy(tx.txid.b, &next_id, sizeof next_id);
    for (uint32_t i = 0; i < GV_ORACLE_OUTPUTS; i++) {
        if (payment->sats[i] > GV_ORACLE_SAT_ABOVE && payment->sats[i] < GV_ORACLE_SAT_BELOW) {
            tx.sats[tx.value_count++] = payment->sats[i];
        }
    }
    (void)gv_oracle_window_add(&window, &tx, payment->time_ms);
}

struct moments {
    struct errors errors;
    int64_t next_ms;
};

static void pay_stream(void *ctx, const struct market_payment *payment)
{
    struct moments *const m = ctx;
    while (payment->time_ms > m->next_ms) {
        judge(&m->errors, m->next_ms, market_price(&market, m->next_ms));
        m->next_ms += STEP_MS;
    }
    add(payment);
}

static void spot_and_interval_hold_on_drifting_markets(void **state)
{
    (void)state;
    struct moments m = {.errors = {.n = 0}};
    for (uint32_t seed = 1; seed <= 12; seed++) {
        market = (struct market){.seed = seed,
                                 .usd = 25000.0 * seed,
                                 .daily_deviation = 0.01 + 0.01 * (seed % 4),
                                 .daily_drift = seed % 2 == 0 ? 0.1 : -0.1,
                                 .payments_per_s = 0.6,
                                 .usd_share = 0.9,
                                 .minutes = 360};
        market_start(&market);
        m.next_ms = 7200000;
        start();
        market_run(&market, pay_stream, &m);
    }
    assert_true(m.errors.n >= 150);
    assert_true(m.errors.spot < 0.5 * m.errors.price);
    const double held = (double)m.errors.held / m.errors.n;
    assert_true(held > GV_ORACLE_COVERAGE - 0.06);
    assert_true(held < 0.99); /* an interval that always holds says nothing */
}

static void pay_window(void *ctx, const struct market_payment *payment)
{
    const uint32_t *const outputs = ctx;
    if (window.values.count < *outputs) {
        add(payment);
    }
}

static double window_of(uint64_t seed, double usd, uint32_t outputs)
{
    market = (struct market){.seed = seed,
                             .usd = usd,
                             .daily_deviation = 0.02,
                             .payments_per_s = 1,
                             .usd_share = 0.8,
                             .minutes = 180};
    market_start(&market);
    start();
    market_run(&market, pay_window, &outputs);
    return market.path[90];
}

static void prices_from_100_to_10_million_usd_are_found(void **state)
{
    (void)state;
    /* The round ones stand where round amounts of bitcoin do. */
    static const double usd[] = {110,    230,     560,     1000,    1700,   6000,
                                 10000,  13000,   42000,   87000,   100000, 240000,
                                 620000, 1000000, 1300000, 3100000, 9400000};
    for (uint32_t i = 0; i < sizeof usd / sizeof usd[0]; i++) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            struct gv_oracle_wide wide;
            const double true_usd = window_of(seed, usd[i], 12800);
            assert_int_equal(gv_oracle_wide(&wide, &window.values, &window.scratch, NULL), GV_OK);
            if (fabs(wide.price / true_usd - 1) > 0.01) {
                fail_msg("seed %u: %.0f USD, found %.2f", (unsigned)seed, true_usd, wide.price);
            }
        }
    }
}

static void the_wide_search_finds_what_the_reference_cannot(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double usd;
    } recorded[] = {{"w3h-500", 501.09},
                    {"w3h-8000", 7994.30},
                    {"w3h-27000", 26995.89},
                    {"w3h-113600", 113610.77},
                    {"w3h-250000", 249794.43}};
    for (uint32_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
        struct stream s = {.next = NULL};
        struct gv_oracle_wide wide;
        start();
        cases_read(recorded[i].name, flow, &s);
        assert_int_equal(gv_oracle_wide(&wide, &window.values, &window.scratch, NULL), GV_OK);
        if (fabs(wide.price / recorded[i].usd - 1) > 0.01) {
            fail_msg("%s: found %.2f", recorded[i].name, wide.price);
        }
    }
}

static void confidence_tells_right_prices_from_wrong_ones(void **state)
{
    (void)state;
    double told[2] = {0};
    uint32_t n[2] = {0};
    double expected = 0;
    for (uint64_t seed = 1; seed <= 120; seed++) {
        struct gv_oracle_wide wide;
        const double usd = 12000 * exp((double)(seed % 40) * 0.09);
        const double true_usd = window_of(seed, usd, 100u << (seed % 6));
        assert_int_equal(gv_oracle_window_estimate(&window, &estimate, NULL), GV_OK);
        const bool found = gv_oracle_wide(&wide, &window.values, &window.scratch, NULL) == GV_OK;
        const double confidence = gv_oracle_confidence(&estimate, found ? &wide : NULL);
        const bool right = fabs(estimate.near.price / true_usd - 1) < 0.06;
        assert_true(confidence >= 0 && confidence <= 1);
        told[right] += confidence;
        n[right]++;
        expected += confidence;
    }
    assert_true(n[0] > 5 && n[1] > 50);
    assert_true(told[1] / n[1] > 0.8);
    assert_true(told[0] / n[0] < 0.4);
    assert_true(fabs(expected - n[1]) / (n[0] + n[1]) < 0.1);
}

static void confidence_by_count_is_the_designs(void **state)
{
    (void)state;
    assert_true(fabs(gv_oracle_confidence_count(0)) < 1e-12);
    assert_true(fabs(gv_oracle_confidence_count(99) - 0.297) < 1e-12);
    assert_true(fabs(gv_oracle_confidence_count(100) - 0.3) < 1e-12);
    assert_true(fabs(gv_oracle_confidence_count(571) - 0.56166666666666) < 1e-9);
    assert_true(fabs(gv_oracle_confidence_count(1000) - 0.8) < 1e-12);
    assert_true(fabs(gv_oracle_confidence_count(4309) - 0.93236) < 1e-9);
    assert_true(fabs(gv_oracle_confidence_count(100000) - 1.0) < 1e-12);
}

/* ---- guard --------------------------------------------------------------------------------------------- */

#define MINUTE_MS 60000

static void guard_refuses_multiples_of_what_was_good(void **state)
{
    (void)state;
    static const double ratio[] = {2, 0.5, 5, 0.2, 2.5, 0.4, 1.5, 1.333, 0.75};
    for (uint32_t i = 0; i < sizeof ratio / sizeof ratio[0]; i++) {
        struct gv_oracle_guard guard = {0};
        assert_int_equal(gv_oracle_guard(&guard, 100000, 0.95, 0, 0).trust, GV_ORACLE_TRUSTED);
        const struct gv_oracle_verdict verdict =
            gv_oracle_guard(&guard, 100000 * ratio[i], 0.95, 0, 10 * MINUTE_MS);
        assert_int_equal(verdict.trust, GV_ORACLE_WRONG_LOCK);
        assert_true(fabs(verdict.ratio - ratio[i]) < 1e-9);
        assert_int_equal(gv_oracle_guard(&guard, 101000, 0.95, 0, 11 * MINUTE_MS).trust,
                         GV_ORACLE_TRUSTED);
    }
}

static void guard_judges_the_first_price_by_the_blocks(void **state)
{
    (void)state;
    struct gv_oracle_guard guard = {0};
    assert_int_equal(gv_oracle_guard(&guard, 192474, 0.95, 96500, 0).trust, GV_ORACLE_WRONG_LOCK);
    assert_int_equal(gv_oracle_guard(&guard, 96487, 0.95, 96500, MINUTE_MS).trust,
                     GV_ORACLE_TRUSTED);
}

static void guard_says_unsure_without_confidence(void **state)
{
    (void)state;
    struct gv_oracle_guard guard = {0};
    assert_int_equal(gv_oracle_guard(&guard, 100000, 0.4, 0, 0).trust, GV_ORACLE_UNSURE);
    assert_int_equal(gv_oracle_guard(&guard, 50000, 0.95, 0, MINUTE_MS).trust, GV_ORACLE_TRUSTED);
}

static void guard_gives_in_to_a_price_that_stays(void **state)
{
    (void)state;
    struct gv_oracle_guard guard = {0};
    assert_int_equal(gv_oracle_guard(&guard, 200000, 0.95, 0, 0).trust, GV_ORACLE_TRUSTED);
    for (int64_t minute = 1; minute <= 90; minute++) {
        assert_int_equal(gv_oracle_guard(&guard, 100000, 0.95, 0, minute * MINUTE_MS).trust,
                         GV_ORACLE_WRONG_LOCK);
    }
    assert_int_equal(gv_oracle_guard(&guard, 100500, 0.95, 0, 91 * MINUTE_MS).trust,
                     GV_ORACLE_TRUSTED);
}

static void guard_believes_the_blocks_over_an_old_mistake(void **state)
{
    (void)state;
    struct gv_oracle_guard guard = {0};
    assert_int_equal(gv_oracle_guard(&guard, 200000, 0.95, 0, 0).trust, GV_ORACLE_TRUSTED);
    assert_int_equal(gv_oracle_guard(&guard, 100000, 0.95, 99000, MINUTE_MS).trust,
                     GV_ORACLE_TRUSTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spot_halves_the_lag_on_the_recorded_stream),
        cmocka_unit_test(spot_and_interval_hold_on_drifting_markets),
        cmocka_unit_test(prices_from_100_to_10_million_usd_are_found),
        cmocka_unit_test(the_wide_search_finds_what_the_reference_cannot),
        cmocka_unit_test(confidence_tells_right_prices_from_wrong_ones),
        cmocka_unit_test(confidence_by_count_is_the_designs),
        cmocka_unit_test(guard_refuses_multiples_of_what_was_good),
        cmocka_unit_test(guard_judges_the_first_price_by_the_blocks),
        cmocka_unit_test(guard_says_unsure_without_confidence),
        cmocka_unit_test(guard_gives_in_to_a_price_that_stays),
        cmocka_unit_test(guard_believes_the_blocks_over_an_old_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
