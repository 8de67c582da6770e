/* Market: made-up windows of payments with a known price behind them, for calibrating the oracle and
 * for its tests. Seeded: the same market gives the same payments on one machine.
 *
 * The price takes a Gaussian step each minute. Only transactions that pass the oracle's rules are
 * made, at random times: payments of a popular USD amount (a quote some minutes old, an error, now
 * and then a fee taken off) with change, payments of any amount, round amounts of bitcoin, dust.
 * Shares and spreads are those of the recorded synthetic windows (tests/vectors/README.md).
 * Thread: one owner at a time. */
#ifndef GV_TESTS_SUPPORT_ORACLE_MARKET_H
#define GV_TESTS_SUPPORT_ORACLE_MARKET_H

#include <stdint.h>

#define MARKET_MINUTES_MAX 1440u

struct market {
    uint64_t seed;
    double usd;             /* in the middle of the path */
    double daily_deviation; /* of the logarithm, 0.02 is calm */
    double daily_drift;
    double payments_per_s; /* passing transactions; 0.68 on a real day */
    double usd_share;      /* scales the popular USD amounts: 1 is a usual day */
    uint32_t minutes;
    uint64_t random;
    double path[MARKET_MINUTES_MAX + 1]; /* price at each minute */
};

struct market_payment {
    int64_t time_ms; /* from the start */
    uint64_t sats[2];
};

/** Draw the path. In: seed, usd, deviation, drift, rate, share and minutes are set. */
void market_start(struct market *market);

/** Hand over every payment in order of time. */
void market_run(struct market *market, void (*pay)(void *ctx, const struct market_payment *payment),
                void *ctx);

/** True price at a time, between the minutes as well. */
double market_price(const struct market *market, int64_t time_ms);

/** Uniform in 0..1 and standard Gaussian numbers of the market's own sequence. */
double market_uniform(struct market *market);
double market_gauss(struct market *market);

#endif
