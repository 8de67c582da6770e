/* The sums of limits.h, one function per board, each in its own source file. */
#ifndef GV_TESTS_UNIT_BASE_BOARD_SUMS_H
#define GV_TESTS_UNIT_BASE_BOARD_SUMS_H

struct board_sums {
    const char *name;
    unsigned long long fixed_bytes;
    unsigned long long budget_bytes;
};

struct board_sums board_sums_host(void);
struct board_sums board_sums_sim(void);

#endif
