/* The compiled tables are the published ones, and the searches in them are right at every border. */
#include "tests/unit/oracle/cases.h"

#include "tests/unit/bitcoin/cmocka_include.h"

#include <stdlib.h>

static uint32_t rows;

static void check_edge(void *ctx, char *const field[], uint32_t fields)
{
    const uint32_t i = (uint32_t)strtoul(field[0], NULL, 10);
    (void)ctx;
    assert_int_equal(fields, 3);
    assert_int_equal(i, rows++);
    assert_int_equal(gv_oracle_first_sat[i], strtoull(field[2], NULL, 10));
    if (i < GV_ORACLE_EDGES) {
        assert_same_bits(gv_oracle_edge[i], strtod(field[1], NULL));
    }
}

static void check_stencil(void *ctx, char *const field[], uint32_t fields)
{
    uint32_t *const spikes = ctx;
    const uint32_t i = (uint32_t)strtoul(field[0], NULL, 10);
    const double weight = strtod(field[2], NULL);
    assert_int_equal(fields, 3);
    assert_int_equal(i, rows++);
    assert_same_bits(gv_oracle_smooth[i], strtod(field[1], NULL));
    if (weight > 0) {
        assert_int_equal(gv_oracle_spike[*spikes].at, i);
        assert_same_bits(gv_oracle_spike[*spikes].weight, weight);
        ++*spikes;
    }
}

static void check_round(void *ctx, char *const field[], uint32_t fields)
{
    const uint32_t i = (uint32_t)strtoul(field[0], NULL, 10);
    (void)ctx;
    assert_int_equal(fields, 4);
    assert_int_equal(i, rows++);
    assert_int_equal(gv_oracle_round[i].first_sat, strtoul(field[2], NULL, 10));
    assert_int_equal(gv_oracle_round[i].last_sat, strtoul(field[3], NULL, 10));
}

static void tables_are_the_published_ones(void **state)
{
    (void)state;
    uint32_t spikes = 0;
    rows = 0;
    cases_lines("table-bin-edges", check_edge, NULL);
    assert_int_equal(rows, GV_ORACLE_BINS);
    rows = 0;
    cases_lines("table-stencils", check_stencil, &spikes);
    assert_int_equal(rows, GV_ORACLE_STENCIL);
    assert_int_equal(spikes, GV_ORACLE_SPIKES);
    rows = 0;
    cases_lines("table-round-amounts", check_round, NULL);
    assert_int_equal(rows, GV_ORACLE_ROUNDS);
}

static void bins_begin_and_end_where_the_table_says(void **state)
{
    (void)state;
    for (uint32_t i = 1; i < GV_ORACLE_BINS; i++) {
        const uint64_t first = gv_oracle_first_sat[i];
        if (i + 1 < GV_ORACLE_BINS && gv_oracle_first_sat[i + 1] == first) {
            continue; /* no whole satoshi is in this bin */
        }
        assert_int_equal(gv_oracle_bin_of(first), i);
        assert_true(gv_oracle_bin_of(first - 1) < i);
    }
    assert_int_equal(gv_oracle_bin_of(0), 0);
    assert_int_equal(gv_oracle_bin_of(UINT64_MAX), GV_ORACLE_BINS - 1);
}

static bool is_in_a_range(uint64_t sats)
{
    for (uint32_t i = 0; i < GV_ORACLE_ROUNDS; i++) {
        if (sats >= gv_oracle_round[i].first_sat && sats <= gv_oracle_round[i].last_sat) {
            return true;
        }
    }
    return false;
}

static void round_amounts_are_the_ranges_and_nothing_else(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < GV_ORACLE_ROUNDS; i++) {
        const struct gv_oracle_round range = gv_oracle_round[i];
        assert_true(gv_oracle_is_round(range.first_sat));
        assert_true(gv_oracle_is_round(range.last_sat));
        for (uint64_t sats = range.first_sat - 3u; sats <= range.last_sat + 3u; sats++) {
            if (gv_oracle_is_round(sats) != is_in_a_range(sats)) {
                fail_msg("%llu", (unsigned long long)sats);
            }
            /* Borders only: the ranges are up to 20,000 satoshis wide. */
            if (sats == range.first_sat + 3u && range.last_sat > range.first_sat + 6u) {
                sats = range.last_sat - 3u;
            }
        }
    }
    assert_false(gv_oracle_is_round(0));
    assert_false(gv_oracle_is_round(100000000));
    assert_false(gv_oracle_is_round(UINT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_the_published_ones),
        cmocka_unit_test(bins_begin_and_end_where_the_table_says),
        cmocka_unit_test(round_amounts_are_the_ranges_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
