/* Tables of the price algorithm: bin edges, stencils, round amounts, USD amounts.
 *
 * The arrays are made by toolchain/oracle-tables from the published numbers, as hexadecimal doubles
 * and whole satoshis, so that no C library's pow() is in the way of equal bits.
 * Source: UTXOracle 9.1, steps 2, 4 and 6. Thread: any (constant). */
#ifndef GV_APP_ORACLE_TABLES_H
#define GV_APP_ORACLE_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#define GV_ORACLE_BINS    2401u /* zero, then 200 a decade from 1e-6 to 1e6 BTC */
#define GV_ORACLE_EDGES   1203u /* of them the ones that stand for prices from 100 USD up */
#define GV_ORACLE_STENCIL 803u
#define GV_ORACLE_SPIKES  29u /* elements of the spike stencil that are not zero */
#define GV_ORACLE_ROUNDS  366u
#define GV_ORACLE_AMOUNTS 14u

/* Bins that take part in the slide: 1000 sat up to, not including, 100 BTC. */
#define GV_ORACLE_BIN_FIRST 201u
#define GV_ORACLE_BIN_LAST  1600u
/* The bin of 0.001 BTC. Slide 0 puts 100 USD there: 100,000 USD for a bitcoin. */
#define GV_ORACLE_BIN_ORIGIN 601

/* Outputs count strictly between these: 0.00001 and 100,000 BTC. */
#define GV_ORACLE_SAT_ABOVE 1000u
#define GV_ORACLE_SAT_BELOW 10000000000000u

struct gv_oracle_spike {
    uint16_t at;
    double weight;
};

/** Amounts first_sat..last_sat, both included, are taken for a round amount of bitcoin. */
struct gv_oracle_round {
    uint32_t first_sat;
    uint32_t last_sat;
};

extern const double gv_oracle_edge[GV_ORACLE_EDGES];       /* BTC */
extern const uint64_t gv_oracle_first_sat[GV_ORACLE_BINS]; /* smallest amount of the bin */
extern const double gv_oracle_smooth[GV_ORACLE_STENCIL];
extern const struct gv_oracle_spike gv_oracle_spike[GV_ORACLE_SPIKES];
extern const struct gv_oracle_round gv_oracle_round[GV_ORACLE_ROUNDS];
extern const double gv_oracle_usd[GV_ORACLE_AMOUNTS]; /* ascending */

/** Bin of an amount: the last one whose edge is not above it. */
uint32_t gv_oracle_bin_of(uint64_t sats);

/** The amount is a round one of bitcoin: it counts in the histogram, but makes no price point. */
bool gv_oracle_is_round(uint64_t sats);

#endif
