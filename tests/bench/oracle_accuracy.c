/* Calibration of the oracle on made-up markets: what share of published prices is right, by number
 * of outputs, margin and agreement of the wide search; how far `price` and `spot` are from the true
 * price of the moment; how often the interval holds it. Prints one JSON object a line; the tables in
 * app/oracle/quality.c and app/oracle/README.md come from here.
 *
 *   oracle_accuracy [MARKETS]      default 40; 400 for the tables */
#include "app/oracle/quality.h"
#include "tests/support/oracle_market.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TX_MAX     65536u
#define OUTPUT_MAX 12800u
#define BANDS      9u
#define MARGINS    5u
#define RIGHT      0.06
#define STEP_MS    900000

static _Alignas(16) uint8_t memory[GV_ORACLE_WINDOW_BYTES(TX_MAX)];
static struct gv_oracle_window window;
static struct gv_oracle_estimate estimate;
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

static void start(void)
{
    gv_oracle_window_init(&window, memory, sizeof memory, TX_MAX, GV_ORACLE_WINDOW_MS, 1);
}

/* Log-uniform in low..high. */
static double any_usd(double low, double high)
{
    return low * exp(log(high / low) * market_uniform(&market));
}

/* ---- confidence --------------------------------------------------------------------------------------- */

/* Sums over the cells of the confidence tables, spread over neighbours as they are read. */
struct share {
    uint32_t n;
    uint32_t right;
};

static struct share shares[2][BANDS][MARGINS];
static struct share told[10]; /* by the confidence that was given */

static void pay_window(void *ctx, const struct market_payment *payment)
{
    const uint32_t *const outputs = ctx;
    if (window.values.count < *outputs) {
        add(payment);
    }
}

static void judge_window(uint32_t band, double true_usd)
{
    static const double border[MARGINS - 1] = {0.005, 0.015, 0.03, 0.06};
    struct gv_oracle_wide wide;
    if (gv_oracle_window_estimate(&window, &estimate, NULL) != GV_OK) {
        return;
    }
    const bool found = gv_oracle_wide(&wide, &window.values, &window.scratch, NULL) == GV_OK;
    const bool agreed =
        found && fabs(wide.price - estimate.near.price) < RIGHT * estimate.near.price;
    const bool right = fabs(estimate.near.price / true_usd - 1) < RIGHT;
    const double margin = gv_oracle_margin(&estimate.slide);
    const double confidence = gv_oracle_confidence(&estimate, found ? &wide : NULL);
    uint32_t column = 0;
    while (column < MARGINS - 1 && margin >= border[column]) {
        column++;
    }
    shares[agreed][band][column].n++;
    shares[agreed][band][column].right += right;
    const uint32_t tenth = confidence < 1.0 ? (uint32_t)(confidence * 10.0) : 9u;
    told[tenth].n++;
    told[tenth].right += right;
}

static void measure_confidence(uint32_t markets)
{
    for (uint32_t i = 0; i < markets; i++) {
        uint32_t outputs = 50;
        for (uint32_t band = 0; band < BANDS; band++, outputs *= 2) {
            market = (struct market){.seed = i * 131u + band, .minutes = 180, .usd = 1};
            market_start(&market);
            market.usd = any_usd(10500, 480000);
            market.usd_share = 0.5 + 0.7 * market_uniform(&market);
            market.daily_deviation = 0.01 + 0.04 * market_uniform(&market);
            market.daily_drift = 0.1 * (market_uniform(&market) - 0.5);
            market.payments_per_s = outputs / 10800.0 * 0.6;
            market_start(&market);
            start();
            market_run(&market, pay_window, &outputs);
            judge_window(band, market.path[90]);
        }
    }
    for (uint32_t agreed = 0; agreed < 2; agreed++) {
        for (uint32_t band = 0; band < BANDS; band++) {
            printf("{\"name\":\"right\",\"agreed\":%u,\"outputs\":%u,\"share\":[", agreed,
                   50u << band);
            for (uint32_t j = 0; j < MARGINS; j++) {
                const struct share *const s = &shares[agreed][band][j];
                printf("%s[%u,%u]", j > 0 ? "," : "", s->right, s->n);
            }
            printf("]}\n");
        }
    }
    for (uint32_t i = 0; i < 10; i++) {
        printf("{\"name\":\"reliability\",\"told\":%.2f,\"right\":%u,\"of\":%u}\n", 0.1 * i + 0.05,
               told[i].right, told[i].n);
    }
}

/* ---- spot and interval ------------------------------------------------------------------------------ */

struct error_sums {
    double price;
    double spot;
    double width;
    uint32_t n;
    uint32_t held;
    int64_t next_ms;
};

static void judge_moment(struct error_sums *sums, int64_t now_ms)
{
    struct gv_oracle_spot spot;
    const double true_usd = market_price(&market, now_ms);
    gv_oracle_window_expire(&window, now_ms);
    if (gv_oracle_window_estimate(&window, &estimate, NULL) != GV_OK ||
        fabs(estimate.near.price / true_usd - 1) > RIGHT ||
        !gv_oracle_spot(&spot, &window, estimate.near.price, now_ms)) {
        return;
    }
    const struct gv_oracle_interval interval = gv_oracle_interval(&spot);
    sums->n++;
    sums->price += fabs(estimate.near.price / true_usd - 1);
    sums->spot += fabs(spot.price / true_usd - 1);
    sums->width += (interval.high - interval.low) / true_usd;
    sums->held += interval.low < true_usd && true_usd < interval.high;
}

static void pay_stream(void *ctx, const struct market_payment *payment)
{
    struct error_sums *const sums = ctx;
    while (payment->time_ms > sums->next_ms) {
        judge_moment(sums, sums->next_ms);
        sums->next_ms += STEP_MS;
    }
    add(payment);
}

static void measure_spot(uint32_t markets, double deviation, double drift)
{
    struct error_sums sums = {.n = 0};
    for (uint32_t i = 0; i < markets; i++) {
        market = (struct market){.seed = 977u * i + 5, .minutes = 360, .usd = 1};
        market_start(&market);
        market.usd = any_usd(20000, 400000);
        market.daily_deviation = deviation;
        market.daily_drift = i % 2 == 0 ? drift : -drift;
        market.payments_per_s = 0.3 + 0.5 * market_uniform(&market);
        market.usd_share = 0.7 + 0.5 * market_uniform(&market);
        market_start(&market);
        sums.next_ms = 3600000;
        start();
        market_run(&market, pay_stream, &sums);
    }
    printf("{\"name\":\"now\",\"daily_deviation\":%.2f,\"daily_drift\":%.2f,\"moments\":%u,"
           "\"price_error\":%.5f,\"spot_error\":%.5f,\"coverage\":%.3f,\"interval_width\":%.5f}\n",
           deviation, drift, sums.n, sums.price / sums.n, sums.spot / sums.n,
           (double)sums.held / sums.n, sums.width / sums.n);
}

/* ---- wide range --------------------------------------------------------------------------------------- */

/* In: spread: prices lie so many times above and below. deviation: of the market in a day. */
static void measure_wide(uint32_t markets, double usd, double spread, double deviation)
{
    uint32_t right[2] = {0};
    for (uint32_t i = 0; i < markets; i++) {
        uint32_t outputs = OUTPUT_MAX;
        struct gv_oracle_wide wide;
        market = (struct market){.seed = 31u * i + 3, .minutes = 180, .usd = 1};
        market_start(&market);
        market.usd = any_usd(usd / spread, usd * spread);
        market.daily_deviation = deviation;
        market.payments_per_s = 1;
        market.usd_share = 0.8;
        market_start(&market);
        start();
        market_run(&market, pay_window, &outputs);
        right[0] += gv_oracle_window_estimate(&window, &estimate, NULL) == GV_OK &&
                    fabs(estimate.near.price / market.path[90] - 1) < RIGHT;
        right[1] += gv_oracle_wide(&wide, &window.values, &window.scratch, NULL) == GV_OK &&
                    fabs(wide.price / market.path[90] - 1) < RIGHT;
    }
    printf("{\"name\":\"range\",\"usd\":%.0f,\"spread\":%.4f,\"markets\":%u,"
           "\"price_right\":%u,\"wide_right\":%u}\n",
           usd, spread, markets, right[0], right[1]);
}

int main(int argc, char **argv)
{
    static const double usd[] = {110,   200,    500,    1500,    5000,    12000,  30000,
                                 90000, 250000, 600000, 1400000, 4000000, 9000000};
    /* Where USD amounts are round amounts of bitcoin as well. */
    static const double round_usd[] = {1000, 10000, 99500, 100000, 1000000};
    const uint32_t markets = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 40u;
    measure_confidence(markets);
    for (uint32_t i = 0; i < sizeof usd / sizeof usd[0]; i++) {
        measure_wide(markets / 4 + 1, usd[i], 1.1, 0.02);
    }
    for (uint32_t i = 0; i < sizeof round_usd / sizeof round_usd[0]; i++) {
        measure_wide(markets / 4 + 1, round_usd[i], 1.0005, 0.004);
    }
    for (uint32_t i = 1; i <= 6; i++) {
        measure_spot(markets / 8 + 1, 0.01 * i, 0.0);
        measure_spot(markets / 8 + 1, 0.01 * i, 0.1);
    }
    return EXIT_SUCCESS;
}
