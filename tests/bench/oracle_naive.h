/* The published algorithm as it is written down, over a list of amounts: nothing is kept from one
 * estimate to the next, every product is formed. The baseline of bench_oracle. */
#ifndef GV_TESTS_BENCH_ORACLE_NAIVE_H
#define GV_TESTS_BENCH_ORACLE_NAIVE_H

#include "app/oracle/estimate.h"

/** In: point: room for GV_ORACLE_AMOUNTS elements for each amount. Returns: the central price. */
double oracle_naive_price(const uint64_t *sats, uint32_t n, double *point);

#endif
