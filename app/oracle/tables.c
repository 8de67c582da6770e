#include "app/oracle/tables.h"

const double gv_oracle_usd[GV_ORACLE_AMOUNTS] = {5,  10,  15,  20,  25,  30,  40,
                                                 50, 100, 150, 200, 300, 500, 1000};

uint32_t gv_oracle_bin_of(uint64_t sats)
{
    uint32_t low = 0; /* first_sat[low] <= sats < first_sat[high] */
    uint32_t high = GV_ORACLE_BINS;
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (gv_oracle_first_sat[middle] <= sats) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

bool gv_oracle_is_round(uint64_t sats)
{
    uint32_t low = 0;
    uint32_t high = GV_ORACLE_ROUNDS;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (gv_oracle_round[middle].last_sat < sats) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < GV_ORACLE_ROUNDS && gv_oracle_round[low].first_sat <= sats;
}
