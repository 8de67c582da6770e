#include "tests/unit/base/board_sums.h"

#undef GV_BOARD_LIMITS_H
#define GV_BOARD_LIMITS_H "board/host/limits.h"
#include "firmware/base/limits.h"

struct board_sums board_sums_host(void)
{
    return (struct board_sums){GV_BOARD_NAME, GV_FIXED_BYTES, GV_BUDGET_BYTES};
}
