#include "tests/support/oracle_market.h"

#include <math.h>

#define MINUTE_MS 60000
#define PI        3.14159265358979323846

/* Shares among passing transactions; what is left is payments of any amount. */
#define SHARE_USD   0.226
#define SHARE_ROUND 0.065
#define SHARE_DUST  0.161

#define QUOTE_AGE_MS  240000.0 /* mean */
#define QUOTE_ERROR   0.0025
#define FEE_SHARE     0.1
#define AMOUNT_USD    111.0 /* median of any amount */
#define AMOUNT_SPREAD 2.3   /* of its logarithm */
#define SATS_MAX      9e12

static const struct {
    double usd;
    double weight;
} popular[] = {
    {1, 2},   {2, 2},   {3, 1},   {5, 5},   {10, 9},   {15, 4},   {20, 9},   {25, 5},   {30, 5},
    {40, 4},  {50, 12}, {60, 2},  {75, 2},  {80, 2},   {100, 18}, {120, 1},  {150, 5},  {200, 9},
    {250, 4}, {300, 5}, {400, 2}, {500, 9}, {1000, 9}, {1500, 2}, {2000, 3}, {5000, 2}, {10000, 1},
};

double market_uniform(struct market *market)
{
    market->random = market->random * 6364136223846793005u + 1442695040888963407u;
    const uint64_t v = market->random ^ (market->random >> 29);
    return ((double)((v * 0xbf58476d1ce4e5b9u) >> 11) + 0.5) / 9007199254740992.0;
}

double market_gauss(struct market *market)
{
    const double radius = sqrt(-2.0 * log(market_uniform(market)));
    return radius * cos(2.0 * PI * market_uniform(market));
}

void market_start(struct market *market)
{
    market->random = market->seed * 0x9e3779b97f4a7c15u + 1;
    (void)market_uniform(market);
    double at = 0;
    for (uint32_t i = 0; i <= market->minutes; i++) {
        market->path[i] = at;
        at += market->daily_deviation / sqrt(1440.0) * market_gauss(market) +
              market->daily_drift / 1440.0;
    }
    const double middle = market->path[market->minutes / 2];
    for (uint32_t i = 0; i <= market->minutes; i++) {
        market->path[i] = market->usd * exp(market->path[i] - middle);
    }
}

double market_price(const struct market *market, int64_t time_ms)
{
    const int64_t last = (int64_t)market->minutes * MINUTE_MS;
    const int64_t t = time_ms < 0 ? 0 : (time_ms >= last ? last - 1 : time_ms);
    const int64_t minute = t / MINUTE_MS;
    const double part = (double)(t % MINUTE_MS) / MINUTE_MS;
    return market->path[minute] * (1 - part) + market->path[minute + 1] * part;
}

static double popular_usd(struct market *market)
{
    double total = 0;
    for (uint32_t i = 0; i < sizeof popular / sizeof popular[0]; i++) {
        total += popular[i].weight;
    }
    double left = market_uniform(market) * total;
    uint32_t i = 0;
    while (left >= popular[i].weight) {
        left -= popular[i].weight;
        i++;
    }
    return popular[i].usd;
}

static uint64_t sats_of(double btc)
{
    const double sats = btc * 1e8;
    return sats < SATS_MAX ? (uint64_t)sats : (uint64_t)SATS_MAX;
}

static uint64_t any_amount(struct market *market, int64_t time_ms)
{
    const double usd = AMOUNT_USD * exp(AMOUNT_SPREAD * market_gauss(market));
    return sats_of(usd / market_price(market, time_ms));
}

static uint64_t usd_amount(struct market *market, int64_t time_ms)
{
    const double age_ms = -QUOTE_AGE_MS * log(market_uniform(market));
    const double quote = market_price(market, time_ms - (int64_t)age_ms);
    double usd = popular_usd(market) * exp(QUOTE_ERROR * market_gauss(market));
    if (market_uniform(market) < FEE_SHARE) {
        usd *= 1 - 0.005 - 0.015 * market_uniform(market);
    }
    return sats_of(usd / quote);
}

static uint64_t round_amount(struct market *market)
{
    static const uint64_t steps[] = {10000,    20000,    50000,    100000,   200000,
                                     500000,   1000000,  2000000,  3000000,  5000000,
                                     10000000, 20000000, 50000000, 100000000};
    const double count = sizeof steps / sizeof steps[0];
    return steps[(uint32_t)(market_uniform(market) * count)];
}

static uint64_t dust_amount(struct market *market)
{
    static const uint64_t dust[] = {294, 330, 546, 600, 999, 1000, 1001, 10000};
    return dust[(uint32_t)(market_uniform(market) * 8)];
}

void market_run(struct market *market, void (*pay)(void *ctx, const struct market_payment *payment),
                void *ctx)
{
    const double end_ms = (double)market->minutes * MINUTE_MS;
    const double usd_share = SHARE_USD * market->usd_share;
    double at_ms = 0;
    for (;;) {
        at_ms += -log(market_uniform(market)) * 1000.0 / market->payments_per_s;
        if (at_ms >= end_ms) {
            return;
        }
        struct market_payment payment = {.time_ms = (int64_t)at_ms};
        const double kind = market_uniform(market);
        if (kind < usd_share) {
            payment.sats[0] = usd_amount(market, payment.time_ms);
        } else if (kind < usd_share + SHARE_ROUND) {
            payment.sats[0] = round_amount(market);
        } else if (kind < usd_share + SHARE_ROUND + SHARE_DUST) {
            payment.sats[0] = dust_amount(market);
        } else {
            payment.sats[0] = any_amount(market, payment.time_ms);
        }
        payment.sats[1] = any_amount(market, payment.time_ms);
        pay(ctx, &payment);
    }
}
