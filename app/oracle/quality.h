/* Quality: how far a price can be trusted, and whether it may be published.
 *
 * The published algorithm gives a price for any handful of amounts; a good part of those is wrong by
 * a factor of two or five. Beside its price, never in its place, stand: a confidence that is the
 * measured share of right prices at this number of outputs and this margin, an interval for the
 * price of now, and a guard that knows a wrong lock by what the price was before.
 * Calibration: tests/bench/oracle_accuracy.c; curve and coverage in README.md. Thread: any (pure). */
#ifndef GV_APP_ORACLE_QUALITY_H
#define GV_APP_ORACLE_QUALITY_H

#include "app/oracle/spot.h"
#include "app/oracle/wide.h"

/* Share of intervals that hold the true price. */
#define GV_ORACLE_COVERAGE 0.9

/** Margin of the best position: (best - runner-up) / best. */
double gv_oracle_margin(const struct gv_oracle_slide *slide);

/** Probability that the published price is the true one (within 6 %), 0..1.
 *  In: wide: what the wide search says, NULL when it found nothing. */
double gv_oracle_confidence(const struct gv_oracle_estimate *estimate,
                            const struct gv_oracle_wide *wide);

/** Confidence by count: a function of the number of active transactions alone.
 *  Source: UTXOracle Live. */
double gv_oracle_confidence_count(uint32_t active);

struct gv_oracle_interval {
    double low;
    double high;
};

/** Interval that holds the price of now at the rate GV_ORACLE_COVERAGE, if the spot price is no
 *  wrong lock. */
struct gv_oracle_interval gv_oracle_interval(const struct gv_oracle_spot *spot);

/* ---- guard ----------------------------------------------------------------------------------------- */

enum gv_oracle_trust {
    GV_ORACLE_TRUSTED,
    GV_ORACLE_UNSURE,     /* the confidence alone is too low */
    GV_ORACLE_WRONG_LOCK, /* too far from a price that is known, see ratio */
};

/* A price is published from this confidence up. */
#define GV_ORACLE_CONFIDENCE_LEAST 0.5
/* A lock that stays where it is this long, with high confidence, is the new price. */
#define GV_ORACLE_PERSIST_MS         (90 * INT64_C(60000))
#define GV_ORACLE_PERSIST_CONFIDENCE 0.9

/** Remembers the last good price. All zero: nothing known. */
struct gv_oracle_guard {
    double good_usd;    /* 0: none yet */
    int64_t good_ms;    /* when it was seen last */
    double suspect_usd; /* 0: none */
    int64_t suspect_ms; /* since when the price stands there */
};

struct gv_oracle_verdict {
    enum gv_oracle_trust trust;
    double ratio; /* of the price to the one that it was judged by; 0: there was none */
};

/** Judge a price and remember it when it is good.
 *  In: usd: the price. block_usd: price of the last blocks, 0: unknown. now_ms: UTC. */
struct gv_oracle_verdict gv_oracle_guard(struct gv_oracle_guard *guard, double usd,
                                         double confidence, double block_usd, int64_t now_ms);

#endif
